"""What help says of the server, on servers: the drafted SQL does what it is for."""

import re

import psycopg
import pytest

from miglint.registry import load_rules
from miglint.rule import Bad
from miglint.testing import lint
from miglint.verify.server import Connection, Server

RULES = {rule.name: rule for rule in load_rules()}
HITS = "CREATE TABLE hits (id bigint PRIMARY KEY, n bigint);"


def help_of(rule: str, sql: str, history: str) -> str:
    return next(report.finding.help for report in lint((RULES[rule],), Bad("", sql, history=history)))


def test_a_batch_that_is_stopped_and_run_again_changes_each_row_once(server: Server):
    advised = help_of("unbatched-update", "UPDATE hits SET n = n + 1;", HITS)
    first, _, loop = advised.replace("n = n + 1", "n = n + 1 / (n + 1)").partition("-- then")
    with server.database("batches") as database, server.connect(database) as connection:
        connection.execute(f"{HITS} INSERT INTO hits SELECT i, 0 FROM generate_series(1, 25000) i")
        connection.execute("UPDATE hits SET n = -1 WHERE id = 15000")  # stops the second batch
        connection.execute(first)
        with pytest.raises(psycopg.errors.DivisionByZero):
            connection.execute(loop.partition("\n")[2])
        assert values(connection) == {-1: 1, 0: 14999, 1: 10000}
        connection.execute("UPDATE hits SET n = 0 WHERE id = 15000")
        for _ in range(2):
            connection.execute(loop.partition("\n")[2])
            assert values(connection) == {1: 25000}


@pytest.mark.parametrize(
    ("change", "value"),
    [("n = n + 1", "n = n + 1"), ("n = random() * day", "n = n + 1"), ("n = 1", "n = 1")],
)
def test_batches_go_once_over_the_rows_of_a_key_of_several_columns(
    server: Server, change: str, value: str
) -> None:
    visits = "CREATE TABLE visits (day int, page int, n int NOT NULL, PRIMARY KEY (day, page));"
    advised = help_of("unbatched-update", f"UPDATE visits SET {change};", visits)
    with server.database("walks") as database, server.connect(database) as connection:
        connection.execute(visits)
        connection.execute("INSERT INTO visits SELECT i % 7, i, 0 FROM generate_series(1, 25000) i")
        for step in re.split(r"^-- then.*$", advised.replace(change, value), flags=re.MULTILINE):
            connection.execute(step)
        assert values(connection, "visits") == {1: 25000}


def test_a_partition_is_attached_beside_queries_that_run(server: Server):
    events = "CREATE TABLE events (id int, at date NOT NULL DEFAULT now()) PARTITION BY RANGE (at);"
    made = "CREATE TABLE later PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');"
    advised = help_of("blocking-partition-creation", made, events)
    with (
        server.database("partitions") as database,
        server.connect(database) as connection,
        server.connect(database) as reader,
    ):
        connection.execute(f"{events} SET lock_timeout = '500ms'")
        reader.execute("BEGIN; SELECT * FROM events")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            connection.execute(made)
        connection.execute(advised)
        connection.execute("INSERT INTO events VALUES (1, '2026-05-06')")


def values(connection: Connection, table: str = "hits") -> dict[int, int]:
    return dict(connection.execute(f"SELECT n, count(*) FROM {table} GROUP BY n").fetchall())


def test_a_view_that_keeps_the_old_names_takes_writes(server: Server):
    sql = "ALTER TABLE hits RENAME TO visits;\n" + (
        "ALTER TABLE visits RENAME n TO number;\nALTER TABLE visits ALTER number TYPE numeric;"
    )
    prose, _, view = help_of("renamed-table", sql, HITS).partition("\n")
    assert "after the last statement" in prose
    with server.database("views") as database, server.connect(database) as connection:
        connection.execute(f"{HITS}\n{sql}\n{view}")
        connection.execute("INSERT INTO hits (id, n) VALUES (1, 1)")
        connection.execute("UPDATE hits SET n = 2 WHERE n = 1")
        assert connection.execute("SELECT id, number FROM visits").fetchall() == [(1, 2)]
        with pytest.raises(psycopg.errors.FeatureNotSupported):
            connection.execute("ALTER TABLE visits ALTER number TYPE bigint")


@pytest.mark.parametrize(("timeout", "fails"), [("100ms", True), ("0", False)])
def test_a_lock_timeout_stops_a_concurrent_build_and_leaves_an_invalid_index(
    server: Server, timeout: str, fails: bool
):
    with server.database("timeouts") as database, server.connect(database) as connection:
        connection.execute(HITS)
        connection.execute(f"SET lock_timeout = '{timeout}'; SET statement_timeout = '1s'")
        with server.connect(database) as older:
            older.execute("BEGIN; INSERT INTO hits VALUES (1, 1)")
            with pytest.raises(psycopg.Error) as stopped:
                connection.execute("CREATE INDEX CONCURRENTLY hits_n ON hits (n)")
        # Without a limit it waits on, until the statement's own limit ends it here.
        assert (stopped.value.sqlstate == "55P03") == fails
        valid = connection.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = 'hits_n'::regclass")
        assert valid.fetchone() == (False,)
