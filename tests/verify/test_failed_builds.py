"""What a CREATE UNIQUE INDEX CONCURRENTLY that fails leaves behind, and what the next attempt makes of it."""

import psycopg
import pytest

from miglint.verify.server import Connection, Server

BUILD = "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS one_email ON users (email)"


def is_valid(connection: Connection) -> bool:
    row = connection.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = 'one_email'::regclass")
    return row.fetchone() == (True,)


def test_if_not_exists_keeps_the_invalid_index_unless_it_is_dropped_first(server: Server):
    with server.database("failed_builds") as database, server.connect(database) as connection:
        connection.execute("CREATE TABLE users (email text); INSERT INTO users VALUES ('a'), ('a')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute(BUILD)
        assert not is_valid(connection)

        connection.execute("DELETE FROM users")
        connection.execute(BUILD)
        assert not is_valid(connection)

        connection.execute("DROP INDEX CONCURRENTLY IF EXISTS one_email")
        connection.execute(BUILD)
        assert is_valid(connection)
