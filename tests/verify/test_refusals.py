"""What the rules about refused statements say of their own examples, and what the servers do with them."""

import re

import psycopg
import pytest
from tests.verify.server import Connection, Server

from miglint.registry import load_rules
from miglint.rule import Bad, Good
from miglint.testing import clean_sql, lint

NOTES = ("duplicates-in-the-way", "if-not-exists-keeps-another")
"""The server makes an index without duplicates, and keeps what is there."""
RULES = tuple(rule for rule in load_rules() if rule.category == "conflicts" and rule.name not in NOTES)
EXAMPLES = [
    pytest.param(rule, example, id=f"{rule.name}: {example.title}")
    for rule in RULES
    for example in rule.examples
    if "another rule reports" not in example.title and example.dialect == "postgres"
]


@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_the_server_refuses_what_the_rule_reports(rule, example: Bad | Good, server: Server):
    settings = {**dict(example.settings), "postgres_version": server.major}
    found = lint((rule,), example._replace(settings=tuple(settings.items())))
    foretold = [code for report in found for code in re.findall(r"SQLSTATE (\w{5})", report.finding.message)]

    with server.database("refusals") as database, server.connect(database) as connection:
        connection.execute(example.history)
        refused = [_refusal(connection, sql) for sql in clean_sql(example).split("-- migration")]

    assert foretold == [sqlstate for sqlstate in refused if sqlstate]


def _refusal(connection: Connection, sql: str) -> str | None:
    try:
        connection.execute(sql)
    except psycopg.Error as error:
        return error.sqlstate
    return None
