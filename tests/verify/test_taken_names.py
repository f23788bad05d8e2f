"""What is there already: the servers refuse it with the foretold code, and lock only what the model says."""

import psycopg
import pytest
from tests.verify.form import ORDERS

from miglint import model
from miglint.engine import Plan, run
from miglint.model import Effects, FailureCause, Step
from miglint.rule import Policy
from miglint.tools import histories_of_texts
from miglint.verify.server import Connection, Server

SETUP = (
    ORDERS + "CREATE TABLE users (id int PRIMARY KEY, k int, name text);"
    "CREATE TABLE posts (id int PRIMARY KEY, user_id int CONSTRAINT posts_user REFERENCES users,"
    " n int CONSTRAINT posts_n CHECK (n > 0), m int CONSTRAINT posts_m UNIQUE);"
    "CREATE INDEX posts_i ON posts (n);"
    "CREATE TYPE mood AS ENUM ('good');"
)
TAKEN = [
    "ALTER TABLE posts ADD CONSTRAINT posts_user FOREIGN KEY (user_id) REFERENCES users",
    "ALTER TABLE posts ADD CONSTRAINT posts_user FOREIGN KEY (user_id) REFERENCES users NOT VALID",
    "ALTER TABLE posts ADD CONSTRAINT posts_n FOREIGN KEY (user_id) REFERENCES users",
    "ALTER TABLE posts ADD CONSTRAINT posts_n CHECK (n > 5)",
    "ALTER TABLE posts ADD CONSTRAINT posts_user CHECK (n > 5)",
    "ALTER TABLE posts ADD CONSTRAINT posts_m UNIQUE (n)",
    "ALTER TABLE posts ADD CONSTRAINT posts_user UNIQUE (n)",
    "ALTER TABLE posts ADD CONSTRAINT orders UNIQUE (n)",
    "ALTER TABLE posts ADD CONSTRAINT other PRIMARY KEY (n)",
    "ALTER TABLE posts ADD COLUMN q int, ADD CONSTRAINT posts_m UNIQUE (m)",
    "ALTER TABLE users ADD COLUMN name text DEFAULT random()::text",
    "CREATE INDEX posts_i ON posts (m)",
    "CREATE TABLE posts (id int REFERENCES users)",
    "CREATE TYPE mood AS ENUM ('bad')",
]
NOT_TAKEN = [
    "ALTER TABLE posts ADD CONSTRAINT posts_i UNIQUE USING INDEX posts_i",
    "ALTER TABLE posts ADD CONSTRAINT orders FOREIGN KEY (user_id) REFERENCES users",
    "ALTER TABLE heirs ADD CONSTRAINT n_ok CHECK (n > 0)",
    "ALTER TABLE posts ADD COLUMN IF NOT EXISTS n int",
]
INHERITED = "CREATE TABLE old (n int CONSTRAINT n_ok CHECK (n > 0)); CREATE TABLE heirs () INHERITS (old);"
WRITES = "ROW EXCLUSIVE"


def block(statement):
    return f"DO $$ BEGIN {statement}; EXCEPTION WHEN OTHERS THEN NULL; END $$"


@pytest.mark.parametrize("statement", TAKEN)
def test_a_taken_name_is_refused_before_another_table_is_locked(statement, server: Server):
    foretold = [f.sqlstate for f in step(SETUP, statement, server).effects.failures if is_taken(f)]
    swallowed = step(SETUP, block(statement), server).effects

    with (
        server.database("taken") as database,
        server.connect(database) as connection,
        server.connect(database) as other,
    ):
        connection.execute(SETUP)
        assert foretold[:1] == [refusal(connection, statement)]
        waits = {table for table in ("posts", "users") if waits_for(connection, other, table, statement)}
        assert {lock.table.name for lock in swallowed.locks} == waits
        assert swallowed == Effects(locks=swallowed.locks)
        connection.execute(f"BEGIN; {block(statement)}")
        held = connection.execute(
            "SELECT relation::regclass::text FROM pg_locks WHERE pid = pg_backend_pid() AND relation > 16384"
        )
        assert held.fetchall() == []


@pytest.mark.parametrize("statement", NOT_TAKEN)
def test_a_name_that_is_not_in_the_way_is_not_refused(statement, server: Server):
    setup = SETUP + INHERITED + "DROP INDEX posts_i; CREATE UNIQUE INDEX posts_i ON posts (n);"
    assert not any(map(is_taken, step(setup, statement, server).effects.failures))
    with server.database("taken") as database, server.connect(database) as connection:
        connection.execute(setup)
        assert refusal(connection, statement) is None


def is_taken(failure):
    return failure.cause is FailureCause.TAKEN


def step(setup, statement, server) -> Step:
    texts = {"m/V1__a.sql": setup.encode(), "m/V2__b.sql": f"{statement};\n".encode()}
    (history,) = histories_of_texts(texts)
    return run(history, Plan(policy=Policy(servers=(model.Server("postgres", (server.major,)),)))).steps[-1]


def refusal(connection: Connection, statement: str) -> str | None:
    try:
        connection.execute(statement)
    except psycopg.Error as error:
        return error.sqlstate
    return None


def waits_for(connection: Connection, other: Connection, table: str, statement: str) -> bool:
    with other.transaction():
        other.execute(f"LOCK TABLE {table} IN {WRITES} MODE")
        connection.execute("SET lock_timeout = '100ms'")
        return refusal(connection, statement) == "55P03"
