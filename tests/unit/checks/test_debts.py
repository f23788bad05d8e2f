"""What migrations have begun and not finished, and the SQL that finishes it."""

import pytest

from miglint.checks.checker import Plan
from miglint.checks.debts import Debt, debts
from miglint.dialects import load
from miglint.engine import run
from miglint.model import Advice, Direction, History, Migration, Script, Source, Span, TransactionMode

TABLE = "CREATE TABLE orders (id bigint PRIMARY KEY, total int, note text);"
TRIGGER = (
    f"{TABLE}\nCREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';\n"
    "CREATE TRIGGER watch BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION f();"
)
DAYS = (
    "CREATE TABLE days (day date) PARTITION BY RANGE (day);\n"
    "CREATE TABLE days_1 PARTITION OF days FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');"
)


def left(*migrations: str) -> tuple[Debt, ...]:
    history = History(
        tool="example",
        root=".",
        dialect="postgres",
        migrations=tuple(
            Migration(
                id=f"{number:04}",
                up=Script(
                    source=Source(f"{number}.sql", sql),
                    span=Span(0, len(sql)),
                    direction=Direction.UP,
                    mode=TransactionMode.PER_STATEMENT,
                ),
            )
            for number, sql in enumerate(migrations)
        ),
        advice=Advice(),
    )
    done = run(history, Plan())
    return debts(done.schema, done.steps, history, load("postgres"))


CASES = [
    (
        "not validated",
        TABLE,
        "ALTER TABLE orders ADD CONSTRAINT positive CHECK (total > 0) NOT VALID;",
        ["ALTER TABLE orders VALIDATE CONSTRAINT positive;"],
    ),
    (
        "not validated",
        "CREATE DOMAIN grade AS int;",
        "ALTER DOMAIN grade ADD CONSTRAINT small CHECK (VALUE < 6) NOT VALID;",
        ["ALTER DOMAIN grade VALIDATE CONSTRAINT small;"],
    ),
    (
        "not null proved",
        f"{TABLE}\nALTER TABLE orders ADD CONSTRAINT has_note CHECK (note IS NOT NULL) NOT VALID;",
        "ALTER TABLE orders VALIDATE CONSTRAINT has_note;",
        [
            "ALTER TABLE orders ALTER COLUMN note SET NOT NULL;",
            "ALTER TABLE orders DROP CONSTRAINT has_note;",
        ],
    ),
    (
        "proof left over",
        f"{TABLE}\nALTER TABLE orders ADD CONSTRAINT has_note CHECK (note IS NOT NULL) NOT VALID;",
        "ALTER TABLE orders VALIDATE CONSTRAINT has_note;\nALTER TABLE orders ALTER note SET NOT NULL;",
        ["ALTER TABLE orders DROP CONSTRAINT has_note;"],
    ),
    (
        "index incomplete",
        DAYS,
        "CREATE INDEX days_day ON ONLY days (day);",
        [
            "CREATE INDEX CONCURRENTLY days_1_days_day ON days_1 (day);",
            "ALTER INDEX days_day ATTACH PARTITION days_1_days_day;",
        ],
    ),
    (
        "trigger disabled",
        TRIGGER,
        "ALTER TABLE orders DISABLE TRIGGER watch;",
        ["ALTER TABLE orders ENABLE TRIGGER watch;"],
    ),
    (
        "deprecated",
        TABLE,
        "COMMENT ON COLUMN orders.note IS 'deprecated, see remarks';",
        ["ALTER TABLE orders DROP COLUMN note;"],
    ),
    ("deprecated", TABLE, "COMMENT ON TABLE orders IS 'Deprecated';", ["DROP TABLE orders;"]),
    (
        "put away",
        TABLE,
        "ALTER TABLE orders RENAME note TO note_old;",
        ["ALTER TABLE orders DROP COLUMN note_old;"],
    ),
    ("put away", TABLE, "ALTER TABLE orders RENAME TO _old_orders;", ["DROP TABLE _old_orders;"]),
    (
        "old name",
        TABLE,
        "ALTER TABLE orders RENAME TO sales;\nCREATE VIEW orders AS SELECT * FROM sales;",
        ["DROP VIEW orders;"],
    ),
    (
        "successor",
        TABLE,
        "ALTER TABLE orders ADD COLUMN total_new bigint;",
        ["ALTER TABLE orders DROP COLUMN total;", "ALTER TABLE orders RENAME COLUMN total_new TO total;"],
    ),
    (
        "narrow sequence",
        "CREATE TABLE orders (id serial PRIMARY KEY);",
        "ALTER TABLE orders ALTER id TYPE bigint;",
        ["ALTER SEQUENCE orders_id_seq AS bigint;"],
    ),
]
"""The kind of a debt, the migration before it, the one that makes it, and what finishes it."""


@pytest.mark.parametrize(("kind", "before", "sql", "finish"), CASES)
def test_what_is_begun_is_listed_with_what_finishes_it(kind, before, sql, finish):
    (debt,) = left(before, sql, "SELECT 1;")

    assert debt.kind == kind
    assert [line for line in debt.finish.splitlines() if not line.startswith("--")] == finish
    # Of a column that gets its proof in one migration and is validated in the next, the first has begun it.
    assert debt.age in (1, 2)


LINES = "CREATE TABLE lines (of bigint REFERENCES orders);"


@pytest.mark.parametrize(
    ("before", "sql", "missing"),
    [
        (
            f"{TABLE}\n{LINES}",
            "ALTER TABLE orders ADD COLUMN id_new bigint;",
            [
                "-- id_new needs first what the DROP of id takes along: the constraint orders_pkey, NOT NULL",
                "-- the server refuses the DROP as long as the foreign key lines_of_fkey of lines uses the "
                "column id",
            ],
        ),
        (
            f"{TABLE}\nCREATE INDEX by_total ON orders (total);",
            "ALTER TABLE orders ADD COLUMN total_new bigint;",
            ["-- total_new needs first what the DROP of total takes along: the index by_total"],
        ),
        (
            f"{TABLE}\nALTER TABLE orders ALTER total SET DEFAULT 0;",
            "ALTER TABLE orders ADD COLUMN total_new bigint;",
            ["-- total_new needs first what the DROP of total takes along: the default"],
        ),
        (
            f"{TABLE}\nCREATE VIEW totals AS SELECT total FROM orders;",
            "ALTER TABLE orders ADD COLUMN total_new bigint;",
            ["-- the server refuses the DROP as long as the view totals uses the column total"],
        ),
        (
            f"{TABLE}\n{LINES}",
            "COMMENT ON TABLE orders IS 'deprecated';",
            ["-- the server refuses the DROP as long as the foreign key lines_of_fkey of lines needs orders"],
        ),
        (
            f"{TABLE}\nCREATE VIEW notes AS SELECT note FROM orders;",
            "ALTER TABLE orders RENAME note TO note_old;",
            ["-- the server refuses the DROP as long as the view notes uses the column note_old"],
        ),
    ],
)
def test_where_the_server_refuses_it_or_something_gets_lost_that_comes_first(before, sql, missing):
    (debt,) = left(before, sql)

    assert debt.finish.splitlines() == missing


def test_what_the_successor_has_too_is_not_lost():
    (debt,) = left(
        f"{TABLE}\nCREATE INDEX by_total ON orders (total);",
        "ALTER TABLE orders ADD COLUMN total_new bigint;\nCREATE INDEX by_total_new ON orders (total_new);",
    )

    assert debt.finish.startswith("ALTER TABLE orders DROP COLUMN total;")


@pytest.mark.parametrize(
    ("before", "sql", "after"),
    [
        (
            TABLE,
            "ALTER TABLE orders ADD CONSTRAINT positive CHECK (total > 0) NOT VALID;",
            "ALTER TABLE orders VALIDATE CONSTRAINT positive;",
        ),
        (
            TABLE,
            "ALTER TABLE orders ADD CONSTRAINT positive CHECK (total > 0) NOT VALID;",
            "ALTER TABLE orders DROP CONSTRAINT positive;",
        ),
        (
            "CREATE DOMAIN grade AS int;",
            "ALTER DOMAIN grade ADD CONSTRAINT small CHECK (VALUE < 6) NOT VALID;",
            "ALTER DOMAIN grade VALIDATE CONSTRAINT small;",
        ),
        (TRIGGER, "ALTER TABLE orders DISABLE TRIGGER watch;", "ALTER TABLE orders ENABLE TRIGGER watch;"),
        (
            DAYS,
            "CREATE INDEX days_day ON ONLY days (day);",
            "CREATE INDEX of_1 ON days_1 (day);\nALTER INDEX days_day ATTACH PARTITION of_1;",
        ),
        (TABLE, "COMMENT ON COLUMN orders.note IS 'deprecated';", "ALTER TABLE orders DROP COLUMN note;"),
        (TABLE, "COMMENT ON COLUMN orders.note IS 'deprecated';", "COMMENT ON COLUMN orders.note IS NULL;"),
        (TABLE, "ALTER TABLE orders RENAME note TO note_old;", "ALTER TABLE orders DROP COLUMN note_old;"),
        (TABLE, "ALTER TABLE orders RENAME TO orders_old;", "DROP TABLE orders_old;"),
        (TABLE, "ALTER TABLE orders RENAME TO sales;", "SELECT 1;"),
        (TABLE, "ALTER TABLE orders ADD COLUMN total_new bigint;", "ALTER TABLE orders DROP COLUMN total;"),
    ],
)
def test_what_is_finished_is_not_listed(before, sql, after):
    assert left(before, sql, after) == ()


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE users (email text, new_email text);",
        "CREATE TABLE users (address text, address_2 text);",
        "CREATE TABLE users (name text CHECK (name IS NOT NULL));",
        "CREATE TABLE users (old text, age int);",
    ],
)
def test_a_name_alone_is_no_debt(sql):
    assert left(sql) == ()


def test_what_was_begun_first_comes_first():
    (first, second) = left(
        f"{TABLE}\nALTER TABLE orders ADD CONSTRAINT positive CHECK (total > 0) NOT VALID;",
        "ALTER TABLE orders RENAME note TO note_old;\nALTER TABLE orders ADD CHECK (id > 0) NOT VALID;",
    )[:2]

    assert (first.age, second.age) == (1, 0)
