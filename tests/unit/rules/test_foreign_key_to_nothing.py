"""A foreign key to a table without rows looks nothing up: it fails on the first row with a value."""

import pytest

from miglint.model import Severity
from miglint.registry import load_rules
from miglint.rule import Bad
from miglint.testing import lint

RULE = next(rule for rule in load_rules() if rule.name == "foreign-key-scan")
ORDERS = "CREATE TABLE orders (id bigint PRIMARY KEY, region bigint);"
NEW = "CREATE TABLE regions (id bigint PRIMARY KEY);"


def found(sql, history=ORDERS):
    (report,) = lint((RULE,), Bad("", sql, history=history))
    return report.severity, report.finding.message


@pytest.mark.parametrize("before", ["", "INSERT INTO regions VALUES (1); DELETE FROM regions;"])
def test_a_new_table_without_rows(before):
    sql = f"{NEW} {before} ALTER TABLE orders ADD CONSTRAINT k FOREIGN KEY (region) REFERENCES regions;"
    message = "foreign key k fails if a row of orders has a value in region: regions has no rows"
    assert found(sql) == (Severity.WARNING, message)


def test_an_old_table_that_was_emptied():
    sql = "DELETE FROM regions; ALTER TABLE orders ADD FOREIGN KEY (region) REFERENCES regions;"
    severity, message = found(sql, ORDERS + NEW)
    assert severity is Severity.WARNING
    assert message.endswith("regions has no rows")


def test_a_default_gives_every_row_a_value():
    sql = f"{NEW} ALTER TABLE orders ADD COLUMN area bigint DEFAULT 0 REFERENCES regions;"
    assert "fails if orders has any row" in found(sql)[1]


@pytest.mark.parametrize(
    "filled", ["INSERT INTO regions VALUES (1);", "INSERT INTO regions SELECT region FROM orders;"]
)
def test_a_new_table_with_rows_is_looked_up(filled):
    sql = f"{NEW} {filled} ALTER TABLE orders ADD FOREIGN KEY (region) REFERENCES regions;"
    severity, message = found(sql)
    assert severity is Severity.ERROR
    assert "looked up" in message


def test_a_table_that_points_to_itself_has_its_own_rows():
    severity, _ = found("ALTER TABLE orders ADD FOREIGN KEY (region) REFERENCES orders;")
    assert severity is Severity.ERROR
