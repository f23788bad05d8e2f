"""The observer itself: what it says about statements whose effects are known."""

import pytest
from tests.verify import catalog, compare, replay, script
from tests.verify.observe import MODES, IndexBuild, Loss, Observation, RowsWritten, TableLock

from miglint.verify.server import Server

_SETUP = """
CREATE TYPE mood AS ENUM ('sad', 'happy');
CREATE TABLE customers (id serial PRIMARY KEY, name varchar(50) NOT NULL, mood mood);
CREATE TABLE orders (id int PRIMARY KEY, customer_id int, total numeric(8,2), note text);
CREATE INDEX orders_customer ON orders (customer_id);
CREATE MATERIALIZED VIEW totals AS SELECT sum(total) AS total FROM orders;
CREATE TABLE events (at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE events_2020 PARTITION OF events FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE events_rest PARTITION OF events DEFAULT;
CREATE DOMAIN positive AS int;
CREATE TABLE stock (count positive);
"""


def _observe(server: Server, sql: str, setup: str = _SETUP) -> list[Observation]:
    statements = script.statements("1.sql", setup, "1") + script.statements("2.sql", sql, "2")
    with server.database("observe") as database:
        replayed = replay.replay(server, database, statements, 3)
    assert not [seen for seen in replayed.observations if seen.failure and seen.statement.migration == "1"]
    return [seen for seen in replayed.observations if seen.statement.migration == "2"]


def _locks(seen: Observation) -> dict[str, str]:
    weakest_first = sorted(seen.locks, key=lambda lock: MODES.index(lock.mode))
    return {lock.table.removeprefix("public."): lock.mode for lock in weakest_first}


@pytest.mark.parametrize(
    ("sql", "locks", "rewrites", "scans", "builds"),
    [
        ("ALTER TABLE orders ADD COLUMN a int", {"orders": "ACCESS EXCLUSIVE"}, [], [], []),
        (
            "ALTER TABLE orders ALTER COLUMN customer_id TYPE bigint",
            {"orders": "ACCESS EXCLUSIVE"},
            ["orders"],
            [],
            ["orders_customer", "orders_pkey"],
        ),
        ("ALTER TABLE orders ADD CHECK (id > 0)", {"orders": "ACCESS EXCLUSIVE"}, [], ["orders"], []),
        ("ALTER TABLE orders ADD CHECK (id > 0) NOT VALID", {"orders": "ACCESS EXCLUSIVE"}, [], [], []),
        ("CREATE INDEX i ON orders (note)", {"orders": "SHARE"}, [], [], ["i"]),
        (
            "CREATE INDEX CONCURRENTLY i ON orders (note)",
            {"orders": "SHARE UPDATE EXCLUSIVE"},
            [],
            [],
            ["i"],
        ),
        ("DROP INDEX CONCURRENTLY orders_customer", {"orders": "SHARE UPDATE EXCLUSIVE"}, [], [], []),
        ("VACUUM orders", {"orders": "SHARE UPDATE EXCLUSIVE"}, [], [], []),
        ("DO $$BEGIN UPDATE orders SET total = 0; COMMIT; END$$", {"orders": "ROW EXCLUSIVE"}, [], [], []),
        (
            "ALTER TABLE orders ADD UNIQUE (note)",
            {"orders": "ACCESS EXCLUSIVE"},
            [],
            [],
            ["orders_note_key"],
        ),
        (
            "ALTER DOMAIN positive ADD CHECK (VALUE > 0)",
            {"stock": "SHARE"},
            [],
            ["stock"],
            [],
        ),
        (
            "REFRESH MATERIALIZED VIEW totals",
            {"totals": "ACCESS EXCLUSIVE", "orders": "ACCESS SHARE"},
            ["totals"],
            [],
            [],
        ),
        ("CREATE TABLE fresh (id int); ALTER TABLE fresh ADD CHECK (id > 0)", {}, [], [], []),
    ],
)
def test_effects(
    server: Server, sql: str, locks: dict[str, str], rewrites: list[str], scans: list[str], builds: list[str]
) -> None:
    seen = _observe(server, sql)[-1]
    assert seen.failure is None
    strongest = {table: mode for table, mode in _locks(seen).items() if mode != "ACCESS SHARE"}
    assert strongest == {table: mode for table, mode in locks.items() if mode != "ACCESS SHARE"}
    assert list(seen.rewrites) == [f"public.{table}" for table in rewrites]
    assert list(seen.scans) == [f"public.{table}" for table in scans]
    assert [build.name for build in seen.index_builds] == builds


def test_foreign_key_scans_the_child_and_locks_both(server: Server) -> None:
    (seen,) = _observe(server, "ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers")
    assert _locks(seen)["orders"] == "SHARE ROW EXCLUSIVE"
    assert _locks(seen)["customers"] == "SHARE ROW EXCLUSIVE"
    assert seen.scans == ("public.orders",)
    assert seen.failed_on_rows is None


def test_default_partition_is_scanned_when_a_partition_is_made(server: Server) -> None:
    (seen,) = _observe(
        server,
        "CREATE TABLE events_2022 PARTITION OF events FOR VALUES FROM ('2022-01-01') TO ('2023-01-01')",
    )
    assert _locks(seen)["events_rest"] == "ACCESS EXCLUSIVE"


def test_losses(server: Server) -> None:
    seen = _observe(
        server,
        "ALTER TABLE orders DROP COLUMN note, DROP COLUMN total CASCADE; TRUNCATE customers;DROP TABLE stock",
    )
    assert seen[0].destroyed == (
        Loss("column", "public.orders", "total"),
        Loss("column", "public.orders", "note"),
        Loss("materialized view", "public.totals"),
    )
    assert seen[1].destroyed == (Loss("rows", "public.customers"),)
    assert seen[2].destroyed == (Loss("table", "public.stock"),)


def test_rows_written(server: Server) -> None:
    (seen,) = _observe(server, "UPDATE orders SET note = 'x'")
    assert seen.rows_written == (RowsWritten("public.orders", 0, 3, 0),)
    assert _locks(seen) == {"orders": "ROW EXCLUSIVE"}


def test_a_failure_on_rows_is_noted_and_the_history_goes_on(server: Server) -> None:
    first, second = _observe(
        server, "ALTER TABLE orders ADD COLUMN code text NOT NULL; CREATE INDEX i ON orders (code)"
    )
    assert first.failure is None
    assert first.failed_on_rows is not None
    assert first.failed_on_rows.sqlstate == "23502"
    assert second.index_builds == (IndexBuild("public.orders", "i"),)


def test_a_failed_statement_leaves_the_others(server: Server) -> None:
    first, second = _observe(server, "DROP TABLE missing; ALTER TABLE orders ADD COLUMN a int")
    assert first.failure is not None
    assert first.failure.sqlstate == "42P01"
    assert _locks(second) == {"orders": "ACCESS EXCLUSIVE"}


def test_a_lock_held_before_is_told_apart(server: Server) -> None:
    first, second = _observe(
        server, "ALTER TABLE orders ADD COLUMN a int; ALTER TABLE orders ADD COLUMN b int"
    )
    assert first.locks == (TableLock("public.orders", "ACCESS EXCLUSIVE"),)
    assert second.locks == ()
    assert TableLock("public.orders", "ACCESS EXCLUSIVE") in second.held


def test_a_new_enum_value_is_committed_before_its_use(server: Server) -> None:
    seen = _observe(server, "ALTER TYPE mood ADD VALUE 'calm'; UPDATE customers SET mood = 'calm'")
    assert [each.failure for each in seen] == [None, None]
    assert seen[1].notes


def test_missing_extensions_and_roles_do_not_stop_a_history(server: Server) -> None:
    seen = _observe(
        server,
        """
        CREATE EXTENSION IF NOT EXISTS "uuid-ossp";
        CREATE EXTENSION pg_trgm;
        CREATE EXTENSION vector;
        CREATE TABLE t (id uuid DEFAULT uuid_generate_v4(), name text, v vector(3));
        CREATE INDEX i ON t USING gin (name gin_trgm_ops);
        GRANT SELECT ON t TO somebody;
        """,
    )
    assert [each.failure for each in seen] == [None] * 6


def test_the_catalog_in_the_form_of_miglint_schema(server: Server) -> None:
    with server.database("catalog") as database, server.connect(database) as connection:
        connection.execute(
            """
            CREATE TABLE a (id bigint PRIMARY KEY, name varchar(20) DEFAULT 'x' UNIQUE);
            CREATE TABLE b (a_id bigint NOT NULL);
            ALTER TABLE b ADD CONSTRAINT fk FOREIGN KEY (a_id) REFERENCES a NOT VALID;
            CREATE INDEX b_lower ON a (lower(name), id) INCLUDE (name);
            CREATE TYPE mood AS ENUM ('b', 'a');
            """
        )
        public = catalog.dump(connection)["schemas"]["public"]
    a, b = public["tables"]["a"], public["tables"]["b"]
    assert [column["type"] for column in a["columns"]] == ["bigint", "character varying(20)"]
    assert a["primary_key"] == {"name": "a_pkey", "columns": ["id"]}
    assert a["unique"] == [{"name": "a_name_key", "columns": ["name"]}]
    assert [index["name"] for index in a["indexes"]] == ["a_name_key", "a_pkey", "b_lower"]
    assert a["indexes"][2]["columns"] == ["lower(name::text)", "id"]
    assert b["foreign_keys"][0] == {
        "name": "fk",
        "columns": ["a_id"],
        "references": "public.a",
        "referenced_columns": ["id"],
        "valid": False,
    }
    assert public["enums"] == {"mood": ["b", "a"]}


def test_comparing_counts_what_either_side_claims(server: Server) -> None:
    seen = _observe(server, "ALTER TABLE orders ADD CHECK (id > 0); CREATE INDEX i ON orders (note)")
    rows = [
        {
            "path": "2.sql",
            "start": seen[0].statement.start,
            "locks": [{"table": "public.orders", "mode": "ACCESS EXCLUSIVE"}],
            "scans": ["public.orders"],
        },
        {
            "path": "2.sql",
            "start": seen[1].statement.start,
            "locks": [{"table": "public.orders", "mode": "SHARE ROW EXCLUSIVE"}],
            "index_builds": [{"table": "public.orders", "reason": "new index"}],
        },
    ]
    comparison = compare.compare_plan(rows, seen)
    assert comparison.rates["locks"] == compare.Rate(2, 1)
    assert comparison.rates["scans"] == compare.Rate(1, 1)
    assert comparison.rates["index builds"] == compare.Rate(1, 1)
    assert comparison.rates["statements"] == compare.Rate(2, 1)
    assert [difference.kind for difference in comparison.differences] == ["locks"]
