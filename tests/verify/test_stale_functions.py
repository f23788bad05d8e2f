"""Functions whose bodies name what is gone: the examples of the rule on the servers.

A session that has called one before keeps what it has looked up of types; the next one does not.
"""

import psycopg
import pytest

from miglint.rule import Bad
from miglint.verify.server import Connection, Server
from miglint_rules.compatibility.stale_function import rule

BAD = [example for example in rule.examples if isinstance(example, Bad)]


@pytest.mark.parametrize("example", BAD, ids=lambda example: example.title)
def test_what_calls_the_function_fails_in_the_next_session(example: Bad, server: Server) -> None:
    if "CREATE TRIGGER" in example.history:
        calls = [f"INSERT INTO users (id, email) VALUES ({n}, 'a')" for n in (1, 2)]
        if "users DROP COLUMN email" in example.sql:
            calls[1] = "INSERT INTO users (id) VALUES (2)"
    else:
        calls = ["SELECT f(1)", "SELECT f(1)"]
    with server.database("stale") as database:
        with server.connect(database) as connection:
            connection.execute(example.history)
            assert _is_taken(connection, calls[0])
            connection.execute(example.sql)
        with server.connect(database) as connection:
            assert not _is_taken(connection, calls[1])


def _is_taken(connection: Connection, statement: str) -> bool:
    try:
        connection.execute(statement)
    except psycopg.Error:
        return False
    return True
