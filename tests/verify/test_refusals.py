"""What the rules about refused statements say of their own examples, and what the servers do with them."""

import re

import psycopg
import pytest

from miglint.registry import load_rules
from miglint.rule import Bad, Good
from miglint.testing import clean_sql, lint
from miglint.verify.server import Connection, Server

RULES = tuple(rule for rule in load_rules() if rule.category == "conflicts")
_UNKNOWN = (
    "another rule reports", "the history does not make", "another part", "takes its place", "of a platform",
    "which others have made", "from before the history",
)  # fmt: skip
"""What the server refuses in an example, and its rule is right to be silent about."""
EXAMPLES = [
    pytest.param(rule, example, id=f"{rule.name}: {example.title}")
    for rule in RULES
    for example in rule.examples
    if not any(words in example.title for words in _UNKNOWN) and example.dialect == "postgres"
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
    # Several statements that are sent as one are in a transaction.
    statements = sql.split(";") if "CONCURRENTLY" in sql else [sql]
    try:
        for statement in statements:
            connection.execute(statement)
    except psycopg.Error as error:
        return error.sqlstate
    return None
