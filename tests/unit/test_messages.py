"""What a message says of the case at hand, where one rule has several."""

import pytest

from miglint.registry import load_rules
from miglint.rule import Bad
from miglint.testing import lint

RULES = {rule.name: rule for rule in load_rules()}
USERS = "CREATE TABLE users (id bigint PRIMARY KEY, name text, email text);"
TOTALS = f"""
    {USERS}
    CREATE MATERIALIZED VIEW totals AS SELECT name, count(*) FROM users GROUP BY name;
    CREATE INDEX totals_name ON totals (name);
"""


def said(rule, sql, **settings):
    """Give the one finding of a rule."""
    (report,) = lint((RULES[rule],), Bad("", sql, **settings))
    return report.finding


@pytest.mark.parametrize(
    ("clearing", "unfilled"),
    [
        ("SELECT 1;", True),
        ("DELETE FROM users WHERE name IS NULL;", True),
        ("DELETE FROM users WHERE email IS NULL;", False),
        ("DELETE FROM users WHERE name IS NULL OR email IS NULL;", False),
        ("UPDATE users SET email = '' WHERE email IS NULL;", False),
        ("DELETE FROM users WHERE email IS NULL;\nALTER TABLE users DROP email, ADD email text;", True),
    ],
)
@pytest.mark.parametrize("between", ["", "-- migration"])
def test_a_delete_of_the_rows_with_nulls_counts_as_a_backfill(clearing, unfilled, between):
    sql = f"{clearing}\n{between}\nALTER TABLE users ALTER COLUMN email SET NOT NULL;"
    message = said("not-null-scan", sql, history=USERS).message
    assert ("no migration fills the column" in message) == unfilled


def test_only_readers_wait_for_the_index_of_a_materialized_view():
    dropped = "DROP INDEX totals_name;\nUPDATE users SET name = lower(name);"
    message = said("blocking-index-drop", dropped, history=TOTALS).message
    assert message.startswith("index drop locks totals against reads while ")
    message = said("blocking-reindex", "REINDEX TABLE totals;", history=TOTALS).message
    assert message == "REINDEX keeps most readers of totals waiting until it ends"


def test_the_copy_of_a_column_of_the_key_names_it_once():
    rule = next(rule for rule in load_rules() if rule.name == "dropped-column")
    example = Bad(
        "",
        "ALTER TABLE seats DROP COLUMN hall;",
        history="CREATE TABLE seats (hall int, number int, PRIMARY KEY (hall, number));",
    )
    (report,) = lint((rule,), example)
    assert "AS SELECT hall, number FROM seats;" in report.finding.help
