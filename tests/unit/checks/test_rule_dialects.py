"""On which databases, and since which version of them, a rule is asked."""

import pickle

import pytest

from miglint.engine import Plan, run
from miglint.model import (
    CreateTable,
    Direction,
    Finding,
    History,
    Migration,
    Script,
    Server,
    Severity,
    Source,
    Span,
    TransactionMode,
)
from miglint.rule import Policy, Rule


def asked(dialects, server: Server) -> bool:
    rule = Rule(__name__, severity=Severity.NOTE, since="0.1.0", examples=(), dialects=dialects)

    @rule.check(CreateTable)
    def check(table, _ctx):
        yield Finding(table.span, "seen")

    source = Source("a.sql", "CREATE TABLE t (a int);")
    script = Script(source, Span(0, len(source.text)), Direction.UP, TransactionMode.PER_STATEMENT)
    history = History("test", ".", server.dialect, (Migration("a", script),))
    found = run(history, Plan(rules=(rule,), policy=Policy(servers=(server,) if server.version else ())))
    pickle.dumps(found.steps)
    return bool(found.diagnostics)


@pytest.mark.parametrize(
    ("dialects", "server", "expected"),
    [
        ({}, Server("postgres", (14,)), True),
        ({"postgres": ()}, Server("postgres", (12,)), True),
        ({"postgres": (16,)}, Server("postgres", (15,)), False),
        ({"postgres": (16,)}, Server("postgres", (16,)), True),
        ({"postgres": (14,)}, Server("postgres"), True),
        ({"postgres": (15,)}, Server("postgres"), False),
        ({"sqlite": ()}, Server("postgres", (18,)), False),
    ],
)
def test_a_rule_is_asked_where_its_hazard_is(dialects, server, expected):
    assert asked(dialects, server) is expected


def test_a_server_has_what_came_with_its_version_or_an_earlier_one():
    server = Server("postgres", (16,))

    assert server.has("postgres")
    assert server.has("postgres", 16)
    assert not server.has("postgres", 17)
    assert not server.has("sqlite", 3)
