"""A finding that another one about the same statement says as well is no second one."""

import pytest

from miglint.registry import load_rules
from miglint.rule import Good
from miglint.testing import lint

RULES = tuple(rule for rule in load_rules() if rule.profile == "safety")
NOTE = "irreversible-without-note"
USERS = "CREATE TABLE users (id bigint PRIMARY KEY, name varchar(80));"


def said(sql: str, down: str, names: tuple[str, ...] = ()) -> set[str]:
    rules = tuple(rule for rule in RULES if not names or rule.name in names)
    example = Good("", sql, history=USERS, down=down, has_downs=True)
    return {report.rule for report in lint(rules, example)} - {"missing-lock-timeout", "incomplete-down"}


@pytest.mark.parametrize(
    ("sql", "down", "rule"),
    [
        ("ALTER TABLE users DROP COLUMN name;", "ALTER TABLE users ADD COLUMN name text;", "dropped-column"),
        ("DROP TABLE users;", USERS, "dropped-table"),
        ("TRUNCATE users;", "ALTER TABLE users ADD COLUMN gone date;", "truncated-table"),
    ],
)
def test_what_is_lost_is_said_once(sql: str, down: str, rule: str) -> None:
    assert said(sql, down) == {rule}
    assert said(f"-- miglint: ignore[{rule}] nobody reads it\n{sql}", down) == set()
    assert NOTE in said(sql, down, (NOTE,))
