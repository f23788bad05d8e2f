"""What the rules of upkeep and the list of debts say, on servers: which index counts, and that SQL is run."""

import re

import psycopg
import pytest
from tests.unit.checks.test_debts import CASES, left

from miglint.registry import load_rules
from miglint.rule import Bad
from miglint.testing import lint
from miglint.verify.server import Server

RULE = next(rule for rule in load_rules() if rule.name == "foreign-key-without-index")
KEY = """
    CREATE TABLE places (shop int, number int, PRIMARY KEY (shop, number));
    CREATE TABLE items (shop int, number int, at date);
    ALTER TABLE items ADD CONSTRAINT of_place FOREIGN KEY (shop, number) REFERENCES places;
"""
LOOKUP = "SELECT 1 FROM ONLY items x WHERE $1 = shop AND $2 = number FOR KEY SHARE OF x"
"""How the server looks for rows that refer to one that goes."""


@pytest.mark.parametrize(
    ("index", "counts"),
    [
        ("CREATE INDEX ON items (shop, number)", True),
        ("CREATE INDEX ON items (number, shop, at)", True),
        ("CREATE INDEX ON items (shop, number) WHERE shop IS NOT NULL", True),
        ("CREATE INDEX ON items (shop, number) WHERE number > 5", False),
        ("CREATE INDEX ON items (at, number, shop)", False),
    ],
)
def test_an_index_counts_if_the_server_looks_rows_up_by_it(index: str, counts: bool, server: Server):
    silent = not lint((RULE,), Bad("", f"{KEY}{index};"))
    with server.database("upkeep") as database, server.connect(database) as connection:
        connection.execute(KEY)
        connection.execute("INSERT INTO places SELECT i % 100, i FROM generate_series(1, 5000) i")
        connection.execute("INSERT INTO items SELECT i % 100, i FROM generate_series(1, 5000) i")
        connection.execute(f"{index}; ANALYZE items; SET plan_cache_mode = force_generic_plan")
        connection.execute(f"PREPARE look (int, int) AS {LOOKUP}")
        plan = connection.execute("EXPLAIN EXECUTE look (1, 2)").fetchall()

    by_keys = re.search(r"Index Cond: \(.*shop.*number|Index Cond: \(.*number.*shop", str(plan)) is not None
    assert (silent, by_keys and counts) == (counts, counts)


@pytest.mark.parametrize(("kind", "before", "sql", "finish"), CASES, ids=lambda value: str(value)[:40])
def test_what_finishes_a_debt_is_accepted(kind, before, sql, finish, server: Server):
    (debt,) = left(before, sql)
    statements = [line for line in debt.finish.splitlines() if not line.startswith("--")]
    with server.database("debts") as database, server.connect(database) as connection:
        connection.execute(before)
        connection.execute(sql)
        for statement in statements:
            connection.execute(statement)

    assert left(before, sql, "\n".join(statements)) == ()


def test_a_row_cannot_be_deleted_that_a_required_column_would_lose(server: Server):
    with server.database("upkeep") as database, server.connect(database) as connection:
        connection.execute("CREATE TABLE shops (id int PRIMARY KEY)")
        connection.execute("CREATE TABLE orders (shop int NOT NULL REFERENCES shops ON DELETE SET NULL)")
        connection.execute("INSERT INTO shops VALUES (1); INSERT INTO orders VALUES (1)")
        with pytest.raises(psycopg.errors.NotNullViolation):
            connection.execute("DELETE FROM shops")
