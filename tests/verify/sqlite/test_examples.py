"""The rules' examples for SQLite, and what SQLite does with them."""

import sqlite3
from contextlib import closing

import pytest

from miglint.registry import load_rules
from miglint.rule import Bad, Good, Rule
from miglint.testing import clean_sql

EXAMPLES = [
    pytest.param(rule, example, id=f"{rule.name}: {example.title}")
    for rule in load_rules()
    for example in rule.examples
    if example.dialect == "sqlite"
]


@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_sqlite_refuses_what_the_rule_reports_and_no_more(rule: Rule, example: Bad | Good):
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.executescript(example.history)
        try:
            connection.executescript(clean_sql(example))
        except sqlite3.Error:
            refused = True
        else:
            refused = False

    assert refused == isinstance(example, Bad)
    assert rule.dialects["sqlite"] == ()
