"""Migrations that lock two tables beside a request that writes to one and checks its key in the other."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from miglint.verify.server import Connection, Server

TABLES = """
    CREATE TABLE users (id int PRIMARY KEY);
    CREATE TABLE orders (id int PRIMARY KEY, user_id int REFERENCES users);
    CREATE TABLE notes (user_id int REFERENCES users, order_id int REFERENCES orders);
    INSERT INTO users VALUES (1);
"""
USERS, ORDERS = "ALTER TABLE users ADD COLUMN note text", "ALTER TABLE orders ADD COLUMN note text"
INSERT = "INSERT INTO orders VALUES (1, 1)"


class Request(threading.Thread):
    """A request of the application, which waits for locks in a session of its own."""

    def __init__(self, connection: Connection) -> None:
        super().__init__()
        self._connection = connection
        self.failed = ""

    def run(self) -> None:
        try:
            self._connection.execute(INSERT)
        except psycopg.Error as error:
            self.failed = error.sqlstate or "?"


@contextmanager
def requested_between(server: Server, first: str, *then: str) -> Iterator[tuple[str, str]]:
    """Give the SQLSTATEs with which a migration, and a request after its first statement, end."""
    with (
        server.database("deadlocks") as database,
        server.connect(database) as migration,
        server.connect(database) as other,
    ):
        migration.execute(TABLES)
        migration.execute("BEGIN")
        migration.execute(first)
        request = Request(other)
        request.start()
        _wait_until_it_waits(server, other.info.backend_pid, request)
        failed = ""
        try:
            for statement in then:
                migration.execute(statement)
            migration.execute("COMMIT")
        except psycopg.Error as error:
            failed = error.sqlstate or "?"
            migration.execute("ROLLBACK")
        request.join()
        yield failed, request.failed


def _wait_until_it_waits(server: Server, process: int, request: Request) -> None:
    with server.connect() as watcher:
        for _ in range(500):
            if not request.is_alive():
                return
            if watcher.execute("SELECT pg_blocking_pids(%s) <> '{}'", (process,)).fetchone() == (True,):
                return
            time.sleep(0.01)
    raise AssertionError("the request neither waits nor ends")


@pytest.mark.parametrize("then", [ORDERS, "CREATE INDEX ON orders (user_id)"])
def test_one_insert_between_parent_and_child_is_a_deadlock(then, server: Server):
    with requested_between(server, USERS, then) as failed:
        assert sorted(failed) == ["", "40P01"]


@pytest.mark.parametrize(
    ("first", "then"),
    [
        (ORDERS, (USERS,)),
        ("LOCK TABLE orders, users IN ACCESS EXCLUSIVE MODE", (USERS, ORDERS)),
        ("CREATE INDEX ON users ((id + 1))", (ORDERS,)),  # a key is checked beside this lock
    ],
)
def test_it_is_none_in_the_other_order_or_beside_a_weaker_lock(first, then, server: Server):
    with requested_between(server, first, *then) as failed:
        assert failed == ("", "")


def test_with_a_short_lock_timeout_only_the_migration_gives_up(server: Server):
    settings = "SET LOCAL lock_timeout = '500ms'"
    with requested_between(server, f"{settings}; {USERS}", ORDERS) as failed:
        assert failed == ("55P03", "")


def test_dropping_a_table_locks_all_that_it_refers_to_or_that_refer_to_it(server: Server):
    with server.database("deadlocks") as database, server.connect(database) as migration:
        migration.execute(f"{TABLES}CREATE TABLE lines (order_id int REFERENCES orders)")
        migration.execute("BEGIN; DROP TABLE orders CASCADE")
        found = migration.execute(
            "SELECT relname FROM pg_locks JOIN pg_class ON pg_class.oid = relation "
            "WHERE mode = 'AccessExclusiveLock' AND relkind = 'r' AND pid = pg_backend_pid() ORDER BY 1"
        ).fetchall()
        assert [name for (name,) in found] == ["lines", "notes", "users"]
