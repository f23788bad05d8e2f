"""Which transaction a statement runs in, what it holds, and which settings are in force."""

import pytest

from miglint.dialects import load
from miglint.dialects.sql.session import NO_SESSION
from miglint.engine import Plan, run
from miglint.model import Direction, History, Migration, Name, Script, Source, Span, TransactionMode
from miglint.simulate import Machine, Start
from miglint.simulate import run as simulate

TABLE = "CREATE TABLE orders (id bigint PRIMARY KEY, status text);"


def replay(sql, mode=TransactionMode.SCRIPT, earlier=TABLE):
    migrations = []
    for name, text in (("1", earlier), ("2", sql)):
        source = Source(f"{name}.sql", text)
        script = Script(source=source, span=Span(0, len(text)), direction=Direction.UP, mode=mode)
        migrations.append(Migration(id=name, up=script))
    history = History(tool="test", root=".", dialect="postgres", migrations=tuple(migrations))
    return run(history, Plan())


def steps(sql, mode=TransactionMode.SCRIPT, earlier=TABLE):
    return [step for step in replay(sql, mode, earlier).steps if step.migration == "2"]


def trace_of(sql):
    dialect = load("postgres")
    script = Script(Source("1.sql", sql), Span(0, len(sql)), Direction.UP, TransactionMode.SCRIPT)
    return simulate(script, Start(dialect.schema, NO_SESSION), Machine(dialect, (16,)))


def transactions(sql, mode):
    numbers = [step.transaction for step in steps(sql, mode)]
    first = next((n for n in numbers if n is not None), 0)
    return [None if n is None else n - first for n in numbers]


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (TransactionMode.PER_MIGRATION, [0, 0]),
        (TransactionMode.PER_RUN, [0, 0]),
        (TransactionMode.PIPELINE, [0, 0]),
        (TransactionMode.IMPLICIT_BATCH, [0, 0]),
        (TransactionMode.PER_STATEMENT, [None, None]),
        (TransactionMode.SCRIPT, [None, None]),
    ],
)
def test_the_mode_of_the_tool_decides(mode, expected):
    assert transactions("SELECT 1; SELECT 2;", mode) == expected


def test_a_batch_of_one_statement_is_no_transaction():
    assert transactions("SELECT 1;", TransactionMode.IMPLICIT_BATCH) == [None]


def test_begin_and_commit_bound_a_transaction_of_the_script():
    sql = "SELECT 1; BEGIN; SELECT 2; COMMIT; SELECT 3;"

    assert transactions(sql, TransactionMode.SCRIPT) == [None, 0, 0, 0, None]


def test_after_a_commit_in_a_batch_a_new_implicit_transaction_begins():
    sql = "SELECT 1; COMMIT; SELECT 2; SELECT 3;"

    assert transactions(sql, TransactionMode.IMPLICIT_BATCH) == [0, 0, 1, 1]


@pytest.mark.parametrize(
    ("sql", "mode", "expected"),
    [
        ("SET lock_timeout = '5s'; SELECT 1;", TransactionMode.SCRIPT, True),
        ("SET lock_timeout = 0; SELECT 1;", TransactionMode.SCRIPT, False),
        ("SET lock_timeout = '5s'; RESET lock_timeout; SELECT 1;", TransactionMode.SCRIPT, False),
        ("SET lock_timeout = '5s'; RESET ALL; SELECT 1;", TransactionMode.SCRIPT, False),
        ("SELECT set_config('lock_timeout', '2s', false); SELECT 1;", TransactionMode.SCRIPT, True),
        ("SET LOCAL lock_timeout = '5s'; SELECT 1;", TransactionMode.PER_MIGRATION, True),
        ("SET LOCAL lock_timeout = '5s'; SELECT 1;", TransactionMode.PER_STATEMENT, False),
        ("BEGIN; SET LOCAL lock_timeout = '5s'; COMMIT; SELECT 1;", TransactionMode.SCRIPT, False),
        ("BEGIN; SET lock_timeout = '5s'; COMMIT; SELECT 1;", TransactionMode.SCRIPT, True),
        ("BEGIN; SET lock_timeout = '5s'; ROLLBACK; SELECT 1;", TransactionMode.SCRIPT, False),
    ],
)
def test_lock_timeout_is_in_force_where_the_server_has_it(sql, mode, expected):
    assert steps(sql, mode)[-1].lock_timeout is expected


def test_the_search_path_decides_where_names_point():
    earlier = "CREATE SCHEMA app; CREATE TABLE app.orders (id int);"
    sql = "SET search_path = app, public; ALTER TABLE orders ADD COLUMN n int;"

    (lock,) = steps(sql, earlier=earlier)[-1].effects.locks

    assert str(lock.table) == "app.orders"


def test_a_table_made_in_the_migration_is_no_concern_of_others():
    sql = "CREATE TABLE fresh (id int); CREATE INDEX ON fresh (id); DROP TABLE fresh;"

    assert [step.effects.locks for step in steps(sql)] == [(), (), ()]


def test_a_renamed_new_table_stays_new():
    sql = "CREATE TABLE fresh (id int); ALTER TABLE fresh RENAME TO done; CREATE INDEX ON done (id);"

    assert steps(sql)[-1].effects.index_builds == ()


def test_each_foreign_key_is_a_scan_of_its_own():
    sql = (
        "ALTER TABLE orders ADD CHECK (id > 0), ADD CHECK (id < 9),"
        " ADD FOREIGN KEY (id) REFERENCES orders, ADD FOREIGN KEY (status) REFERENCES orders (status);"
    )

    assert [work.reason for work in steps(sql)[-1].effects.scans] == [
        "every row is read to test the CHECK",
        "the id of every row is looked up in orders",
        "the status of every row is looked up in orders",
    ]


@pytest.mark.parametrize(
    ("sql", "mode", "sqlstates"),
    [
        ("LOCK TABLE orders;", TransactionMode.PER_MIGRATION, []),
        ("LOCK TABLE orders;", TransactionMode.PER_STATEMENT, ["25P01"]),
        ("LOCK TABLE orders;", TransactionMode.IMPLICIT_BATCH, ["25P01"]),
        ("LOCK TABLE orders; SELECT 1;", TransactionMode.IMPLICIT_BATCH, []),
        ("START TRANSACTION; LOCK TABLE orders; END;", TransactionMode.SCRIPT, []),
        ("BEGIN WORK; ABORT; LOCK TABLE orders;", TransactionMode.SCRIPT, ["25P01"]),
        ("BEGIN; COMMIT AND CHAIN; LOCK TABLE orders;", TransactionMode.SCRIPT, []),
        ("BEGIN; ROLLBACK AND CHAIN; LOCK TABLE orders;", TransactionMode.SCRIPT, []),
        ("BEGIN; PREPARE TRANSACTION 'x'; LOCK TABLE orders;", TransactionMode.SCRIPT, ["25P01"]),
        ("ROLLBACK AND CHAIN;", TransactionMode.SCRIPT, ["25P01"]),
        ("BEGIN; SAVEPOINT a; RELEASE a; COMMIT;", TransactionMode.SCRIPT, []),
        ("SAVEPOINT a;", TransactionMode.SCRIPT, ["25P01"]),
        ("SELECT 1; SAVEPOINT a;", TransactionMode.IMPLICIT_BATCH, ["25P01"]),
        ("RELEASE a;", TransactionMode.SCRIPT, ["25P01"]),
        ("ROLLBACK TO a;", TransactionMode.SCRIPT, ["25P01"]),
        ("DO $$ BEGIN LOCK TABLE orders; END $$;", TransactionMode.SCRIPT, []),
    ],
)
def test_some_commands_need_a_transaction(sql, mode, sqlstates):
    assert [f.sqlstate for step in steps(sql, mode) for f in step.effects.refused] == sqlstates


@pytest.mark.parametrize(
    ("sql", "columns"),
    [
        ("BEGIN; ALTER TABLE orders ADD a int; ROLLBACK;", ["id", "status"]),
        ("ALTER TABLE orders ADD a int; ROLLBACK;", ["id", "status", "a"]),
        ("BEGIN; ALTER TABLE orders ADD a int; COMMIT; ROLLBACK;", ["id", "status", "a"]),
        ("BEGIN; SAVEPOINT s; ALTER TABLE orders ADD a int; ROLLBACK TO s; COMMIT;", ["id", "status"]),
        (
            "BEGIN; ALTER TABLE orders ADD a int; SAVEPOINT s; ALTER TABLE orders ADD b int; ROLLBACK TO s;"
            " ALTER TABLE orders ADD c int; COMMIT;",
            ["id", "status", "a", "c"],
        ),
        (
            "BEGIN; SAVEPOINT s; ALTER TABLE orders ADD a int; RELEASE s; ROLLBACK TO s; COMMIT;",
            ["id", "status", "a"],
        ),
        ("BEGIN; ALTER TABLE orders ADD a int; ROLLBACK AND CHAIN; COMMIT;", ["id", "status"]),
    ],
)
def test_a_rollback_takes_back_what_its_transaction_did(sql, columns):
    table = replay(sql, TransactionMode.SCRIPT).schema.table(Name("public", "orders"))

    assert [column.name for column in table.columns] == columns


def test_a_table_that_was_rolled_back_is_not_new_any_more():
    sql = "BEGIN; CREATE TABLE t (id int); ROLLBACK; CREATE INDEX ON t (id);"

    assert steps(sql)[-1].effects.locks


BOUNDED = [
    "UPDATE orders SET status = 'x' WHERE id = (SELECT max(id) FROM orders)",
    "UPDATE orders SET status = 'x' WHERE id = 1 OR id = 2",
    "UPDATE orders SET status = 'x' WHERE status = 'y' AND (id = 1 OR id IN (2, 3) OR false)",
    "UPDATE orders SET status = 'x' WHERE id = ANY ('{1,2}')",
    "UPDATE orders SET status = 'x' WHERE id = (SELECT o.id FROM orders AS o ORDER BY status LIMIT 1)",
    "DELETE FROM orders AS o WHERE id IN (SELECT id FROM orders WHERE orders.id > 7 LIMIT 5)",
    "INSERT INTO orders SELECT * FROM orders LIMIT 5",
    "INSERT INTO orders SELECT * FROM orders FETCH FIRST 5 ROWS ONLY",
]
UNBOUNDED = [
    "UPDATE orders SET status = 'x' WHERE id = 1 OR status = 'y'",
    "UPDATE orders SET status = 'x' WHERE id IN (1, length(status))",
    "UPDATE orders SET status = 'x' WHERE id = ANY (ARRAY[1, length(status)])",
    "UPDATE orders SET status = 'x' WHERE id = (SELECT max(o.id) FROM orders AS o WHERE o.id = orders.id)",
    "UPDATE orders SET status = 'x' WHERE id IN (SELECT id FROM orders)",
    "UPDATE orders SET status = 'x' WHERE id = (SELECT i.n FROM item AS i WHERE i.n = id LIMIT 1)",
    "DELETE FROM orders AS o WHERE id = (SELECT id FROM orders WHERE orders.status = o.status LIMIT 1)",
    "INSERT INTO orders SELECT * FROM orders",
    "INSERT INTO orders SELECT * FROM orders LIMIT ALL",
]


@pytest.mark.parametrize(
    ("sql", "bounded"), [*((sql, True) for sql in BOUNDED), *((sql, False) for sql in UNBOUNDED)]
)
def test_what_bounds_the_rows_that_a_statement_writes(sql, bounded):
    (written,) = steps(sql, earlier=f"{TABLE} CREATE TABLE item (n bigint);")[-1].effects.rows_written

    assert written.bounded is bounded


def test_a_column_of_this_migration_loses_nothing_though_rows_were_inserted():
    sql = "ALTER TABLE orders ADD n int; INSERT INTO orders SELECT 1, 'x', 2; ALTER TABLE orders DROP n;"

    assert steps(sql)[-1].effects.destroys == ()


def test_a_deleted_table_is_still_read_and_a_truncated_one_is_not():
    index = "CREATE INDEX ON orders (status);"

    assert steps(f"DELETE FROM orders; {index}")[-1].effects.index_builds
    assert not steps(f"TRUNCATE orders; {index}")[-1].effects.index_builds
    refilled = f"TRUNCATE orders; INSERT INTO orders SELECT 1; {index}"
    assert steps(refilled)[-1].effects.index_builds


def fails_and_works(sql):
    return [
        (any(f.certain for f in step.effects.failures), bool(step.effects.works or step.effects.destroys))
        for step in steps(sql, TransactionMode.PER_MIGRATION)
    ]


def test_what_fails_on_the_first_row_leaves_an_empty_table_behind():
    required, index = "ALTER TABLE orders ADD COLUMN a int NOT NULL;", "CREATE INDEX ON orders (status);"

    assert fails_and_works(index) == [(False, True)]
    assert fails_and_works(f"{required} {index}")[1] == (False, False)
    assert fails_and_works(f"{required} ALTER TABLE orders DROP COLUMN status;")[1] == (False, False)
    assert fails_and_works(f"{required} ALTER TABLE orders RENAME TO o; CREATE INDEX ON o (id);")[2] == (
        False,
        False,
    )


def test_a_second_required_column_fails_as_the_first_does():
    again = "ALTER TABLE orders ADD COLUMN b int NOT NULL;"

    assert fails_and_works(f"ALTER TABLE orders ADD COLUMN a int NOT NULL; {again}")[1][0]


def test_rows_that_come_later_are_read():
    required, index = "ALTER TABLE orders ADD COLUMN a int NOT NULL;", "CREATE INDEX ON orders (id);"

    assert fails_and_works(f"{required} INSERT INTO orders VALUES (1, '', 1); {index}")[2] == (False, True)


@pytest.mark.parametrize(
    ("value", "limits"),
    [
        ("'5s'", 5000), ("'500ms'", 500), ("'2min'", 120_000), ("'1h'", 3_600_000), ("'1d'", 86_400_000),
        ("'500us'", 0.5), ("250", 250), ("'5 s'", 5000), ("0", 0), ("'soon'", None), ("DEFAULT", None),
    ],
)  # fmt: skip
def test_timeouts_are_read_in_the_units_of_the_server(value, limits):
    for name in ("lock_timeout", "statement_timeout"):
        assert getattr(trace_of(f"SET {name} = {value};").session.settings, name) == limits


def test_the_user_of_the_search_path_is_no_schema_of_the_history():
    schema = trace_of(
        'CREATE SCHEMA shop; SET search_path = "$user", shop; CREATE TABLE carts (id int);'
    ).schema
    assert schema.table(Name("shop", "carts")) is not None


LINKED = (
    "CREATE TABLE users (id int PRIMARY KEY); CREATE TABLE posts (user_id int CONSTRAINT k REFERENCES users);"
)
AGAIN = "ALTER TABLE posts ADD CONSTRAINT k FOREIGN KEY (user_id) REFERENCES users;"


@pytest.mark.parametrize(
    ("between", "can_fail"),
    [
        ("", False),
        ("ALTER TABLE posts ADD COLUMN text text;", False),
        ("INSERT INTO posts VALUES (1);", True),
        ("UPDATE posts SET user_id = 2;", True),
        ("DELETE FROM users;", True),
    ],
)
def test_a_key_that_was_dropped_still_holds_until_rows_change(between, can_fail):
    (*_, step) = steps(f"ALTER TABLE posts DROP CONSTRAINT k; {between} {AGAIN}", earlier=LINKED)
    assert bool(step.effects.failures) == can_fail


@pytest.mark.parametrize(
    ("delete", "is_empty"),
    [
        ("DELETE FROM orders", True),
        ("DELETE FROM orders WHERE true", True),
        ("DELETE FROM orders WHERE id > 5", False),
        ("DELETE FROM orders USING other WHERE true", False),
        ("TRUNCATE orders", True),
    ],
)
def test_a_table_is_empty_when_all_its_rows_are_deleted(delete, is_empty):
    earlier = f"{TABLE} CREATE TABLE other (id int);"
    (*_, step) = steps(f"{delete}; ALTER TABLE orders ADD COLUMN n int NOT NULL;", earlier=earlier)
    assert bool(step.effects.failures) != is_empty


@pytest.mark.parametrize(
    ("kind", "sql"),
    [
        ("view", "CREATE VIEW v AS SELECT 1 AS n;"),
        ("function", "CREATE FUNCTION v() RETURNS int LANGUAGE sql AS 'SELECT 1';"),
        ("sequence", "CREATE SEQUENCE v;"),
        ("type", "CREATE TYPE v AS ENUM ('a');"),
        ("type", "CREATE DOMAIN v AS int;"),
        ("type", "CREATE TYPE v AS (a int);"),
        ("schema", "CREATE SCHEMA v;"),
    ],
)
def test_what_a_migration_makes_is_new_and_what_it_finds_is_not(kind, sql):
    name = Name("" if kind == "schema" else "public", "v")
    assert trace_of(sql).session.is_new_object(kind, name)
    again = sql.replace("CREATE", "CREATE OR REPLACE") if kind in ("view", "function") else sql
    dialect = load("postgres")
    script = Script(Source("2.sql", again), Span(0, len(again)), Direction.UP, TransactionMode.SCRIPT)
    later = simulate(script, Start(trace_of(sql).schema, NO_SESSION), Machine(dialect, (16,)))
    assert not later.session.is_new_object(kind, name)
