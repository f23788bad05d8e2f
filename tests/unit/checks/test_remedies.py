"""A remedy is steps as values, and becomes text in one place."""

import pytest

from miglint.checks.remedies.shown import shown
from miglint.dialects import load
from miglint.model import Advice, CreateIndex, DropIndex, IndexElement, Name
from miglint.model.remedy import (
    NOWHERE,
    Given,
    Outside,
    Say,
    check_later,
    created,
    do,
    validated,
    without_constraint,
)
from miglint.registry import load_rules
from miglint.rule import Bad
from miglint.testing import lint

ORDERS = Name("public", "orders")
WRITE = load("postgres").write
KEY = (
    "ADD CONSTRAINT p FOREIGN KEY (c, d) REFERENCES users (a, b) MATCH FULL ON DELETE SET NULL (c) "
    "DEFERRABLE INITIALLY DEFERRED"
)


def text(*steps, **ways):
    return shown(steps, WRITE, Advice(**ways))


def test_steps_become_lines_of_sql_and_of_sentences():
    steps = (
        Say("in two steps:", plain=True),
        do(without_constraint(ORDERS, "paid"), check_later(ORDERS, "paid", "total > 0", no_inherit=True)),
        Say("in a later migration:"),
        do(validated(ORDERS, "paid")),
        Given("UPDATE orders SET ...;"),
    )

    assert text(*steps).split("\n") == [
        "in two steps:",
        "ALTER TABLE orders DROP CONSTRAINT paid, "
        "ADD CONSTRAINT paid CHECK (total > 0) NO INHERIT NOT VALID;",
        "-- in a later migration:",
        "ALTER TABLE orders VALIDATE CONSTRAINT paid;",
        "UPDATE orders SET ...;",
    ]


def test_what_runs_outside_a_transaction_goes_the_way_of_the_tool():
    drop = DropIndex(NOWHERE, Name("public", "orders_total"), concurrently=True)
    again = do(drop._replace(concurrently=False, if_exists=True))
    outside = Outside((do(drop),), again=(again,))

    assert text(outside, run_outside_transaction="add `-- no-transaction`").split("\n") == [
        "-- in a migration of its own, outside a transaction:",
        "-- add `-- no-transaction`",
        "DROP INDEX CONCURRENTLY orders_total;",
    ]
    by_hand = text(outside, always_in_transaction="the tool always opens one")
    assert by_hand.split("\n") == [
        "-- by hand with psql, before the deploy: the tool always opens one",
        "DROP INDEX CONCURRENTLY orders_total;",
        "-- and in the migration, which then finds it done:",
        "DROP INDEX IF EXISTS orders_total;",
    ]


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE INDEX i ON orders (total DESC, lower(name) text_pattern_ops, ((total + 1))) WHERE total > 1",
        "CREATE UNIQUE INDEX i ON ONLY orders (total NULLS FIRST) INCLUDE (name) NULLS NOT DISTINCT",
        'CREATE INDEX i ON orders USING gin ("Odd" COLLATE "C")',
    ],
)
def test_an_index_is_made_again_as_it_is(sql):
    from tests.written import statements

    dialect = load("postgres")
    made = 'CREATE TABLE orders (total int, name text, "Odd" text);'
    *_, (last, schema, _) = statements(dialect, f"{made} {sql}")
    (operation,) = last.operations
    index = dialect.apply(operation, schema).index_named(Name("public", "i"))

    assert index is not None
    assert isinstance(operation, CreateIndex)
    assert all(isinstance(element, IndexElement) for element in created(index).elements)
    assert WRITE(created(index)) == WRITE(operation)


@pytest.mark.parametrize(
    ("rule", "history", "sql", "line"),
    [
        (
            "foreign-key-scan",
            "CREATE TABLE users (a int, b int, UNIQUE (a, b)); CREATE TABLE posts (c int, d int);",
            f"ALTER TABLE posts {KEY};",
            f"ALTER TABLE posts {KEY} NOT VALID;",
        ),
        (
            "constraint-recheck",
            "CREATE TABLE posts (at timestamp(3)); CREATE INDEX by_time ON posts (at DESC NULLS LAST);",
            "SET timezone = 'UTC'; ALTER TABLE posts ALTER COLUMN at TYPE timestamptz;",
            "CREATE INDEX CONCURRENTLY by_time ON posts (at DESC NULLS LAST);",
        ),
        (
            "not-null-scan",
            "CREATE TABLE posts (id int);",
            "ALTER TABLE posts ADD ok bool DEFAULT (NOT false); ALTER TABLE posts ALTER ok SET NOT NULL;",
            "ALTER TABLE posts ADD COLUMN ok boolean DEFAULT (NOT false) NOT NULL;",
        ),
    ],
)
def test_the_steps_keep_all_that_a_definition_says(rule, history, sql, line):
    rules = {each.name: each for each in load_rules()}
    helps = [report.finding.help for report in lint((rules[rule],), Bad("", sql, history=history))]

    assert line in helps[0].split("\n")
