"""Tables that no migration makes: what statements have proved of them is kept, and nothing else is said."""

import pytest

from miglint.model import Confidence
from miglint.registry import load_rules
from miglint.rule import Bad
from miglint.testing import lint

RULES = load_rules()
NEXT = "\n-- migration\n"


def found(*migrations: str) -> dict[str, Confidence]:
    """Give the rules that report something other than a note, with how sure they are."""
    reports = lint(RULES, Bad("", NEXT.join(migrations), history="SELECT 1;"))
    return {report.rule: report.confidence for report in reports if str(report.severity) != "note"}


@pytest.mark.parametrize("table", ["orders", "IF EXISTS orders"])
def test_a_proved_check_makes_not_null_short(table):
    steps = (
        f"ALTER TABLE {table} ADD CONSTRAINT given CHECK (status IS NOT NULL) NOT VALID;",
        f"ALTER TABLE {table} VALIDATE CONSTRAINT given;",
        f"ALTER TABLE {table} ALTER COLUMN status SET NOT NULL;",
    )

    assert found(*steps) == {}
    assert "not-null-scan" in found(*steps[:1], *steps[2:])
    # It is not null from then on.
    assert found(*steps, f"ALTER TABLE {table} DROP CONSTRAINT given, ALTER status SET NOT NULL;") == {}


@pytest.mark.parametrize(
    "steps",
    [
        (
            "ALTER TABLE orders ADD CONSTRAINT buyer FOREIGN KEY (user_id) REFERENCES users (id) NOT VALID;",
            "ALTER TABLE orders VALIDATE CONSTRAINT buyer;",
        ),
        ("ALTER TABLE orders ALTER no TYPE varchar(200);", "ALTER TABLE orders ALTER no TYPE varchar(300);"),
        (
            "ALTER TABLE days ADD CONSTRAINT bound CHECK (at IS NOT NULL AND at > '2025-01-01') NOT VALID;",
            "ALTER TABLE days VALIDATE CONSTRAINT bound;",
            "ALTER TABLE years ATTACH PARTITION days FOR VALUES FROM ('2025-01-02') TO ('2026-01-01');",
        ),
        ("ALTER TABLE orders ADD PRIMARY KEY (id);", "ALTER TABLE orders ALTER id SET NOT NULL;"),
    ],
)
def test_what_statements_have_told_holds_for_the_last_of_them(steps):
    assert found(steps[-1]) or "VALIDATE" in steps[-1]
    assert not found("SELECT 1;", *steps).keys() - found("SELECT 1;", *steps[:-1]).keys()


def test_a_key_from_an_index_asks_whether_its_column_can_be_null():
    index = "CREATE UNIQUE INDEX CONCURRENTLY orders_no ON orders (no);"
    key = "ALTER TABLE orders ADD CONSTRAINT orders_pk PRIMARY KEY USING INDEX orders_no;"

    assert found(key) == {}
    assert found(index, key)["nullable-key-index-scan"] is Confidence.LOW
    proof = "ALTER TABLE orders ADD CONSTRAINT c CHECK (no IS NOT NULL) NOT VALID;"
    assert found(proof, "ALTER TABLE orders VALIDATE CONSTRAINT c;", index, key) == {}


def test_a_table_that_is_made_after_all_is_a_new_one():
    assert found("ALTER TABLE IF EXISTS orders ADD a int;", "CREATE TABLE orders (a int, b int);") == {}
    assert found("CREATE TABLE orders (a int);\nCREATE INDEX orders_a ON orders (a);") == {}
    # Whether it was there is not told, but what it is is.
    made = "CREATE TABLE IF NOT EXISTS orders (a int NOT NULL);"
    assert (
        found("ALTER TABLE IF EXISTS orders ADD b int;", made, "ALTER TABLE orders ALTER a SET NOT NULL;")
        == {}
    )


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("ALTER TABLE orders RENAME COLUMN a TO b;", "renamed-column"),
        ("REINDEX INDEX orders_a;", "blocking-reindex"),
        ("REINDEX TABLE orders;", "blocking-reindex"),
    ],
)
def test_nothing_is_certain(sql, rule):
    assert found(sql) == {rule: Confidence.LOW}


def test_a_branch_that_tells_something_leaves_the_table_as_it_was():
    added = "ALTER TABLE orders ADD b int;"
    step = "ALTER TABLE orders ADD CONSTRAINT c CHECK (a IS NOT NULL) NOT VALID;"
    last = ("ALTER TABLE orders VALIDATE CONSTRAINT c;", "ALTER TABLE orders ALTER a SET NOT NULL;")

    def block(condition: str) -> str:
        return f"DO $$ BEGIN IF {condition} THEN {step} END IF; END $$;"

    assert found(block("NOT EXISTS (SELECT FROM pg_constraint WHERE conname = 'c')"), *last) == {}
    guarded = block("EXISTS (SELECT FROM pg_roles WHERE rolsuper)")
    assert "not-null-scan" in found(guarded, *last)
    assert found(added, guarded, "ALTER TABLE orders ALTER b SET DEFAULT 1;") == {}


@pytest.mark.parametrize("before", ["SELECT 1;", "ALTER TABLE users RENAME email TO mail;"])
def test_where_something_went_is_told_of_earlier_statements(before):
    table = "CREATE TABLE users (id bigint, email text);"
    table = table if "RENAME" in before else table.replace("email", "mail")
    reports = lint(RULES, Bad("", f"{table}{NEXT}{before}{NEXT}ALTER TABLE users DROP COLUMN email;"))
    (message,) = (each.finding.message for each in reports if each.rule == "missing-object")

    assert message.startswith("this statement fails: users has no column email")
    assert ("renamed it to mail" in message) == ("RENAME" in before)
    assert "dropped it" not in message
