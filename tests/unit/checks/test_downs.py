"""The way back of a change is looked at as its way up is, one level less."""

from typing import NamedTuple

import pytest

from miglint.checks.checker import Plan
from miglint.checks.policy import Policy
from miglint.engine import run
from miglint.findings import Reporting, report
from miglint.model import Direction, History, Migration, Script, Source, Span, TransactionMode
from miglint.registry import load_rules

RULES = tuple(rule for rule in load_rules() if rule.profile == "safety")
POLICY = Policy()
ORDERS = "CREATE TABLE orders (id bigint PRIMARY KEY, status text); CREATE INDEX i ON orders (status);"


def script(name: str, text: str, direction: Direction) -> Script:
    return Script(Source(name, text), Span(0, len(text)), direction, TransactionMode.PER_MIGRATION)


def history(down: str, *, of_change: bool) -> History:
    migrations = (
        Migration("1", script("1.sql", ORDERS, Direction.UP)),
        Migration(
            "2",
            script("2.up.sql", "ALTER TABLE orders ADD n int;", Direction.UP),
            script("2.down.sql", f"SET lock_timeout = '5s';\n{down}", Direction.DOWN),
        ),
    )
    selected = frozenset({"2"}) if of_change else None
    return History("test", ".", "postgres", migrations, selected=selected)


def said(down: str, *, of_change: bool, policy: Policy = POLICY) -> set[tuple[str, str]]:
    runs = [run(history(down, of_change=of_change), Plan(rules=RULES, policy=policy))]
    shown = report(runs, Plan(rules=RULES), Reporting(RULES)).shown
    return {(d.rule, str(d.severity)) for d in shown if d.direction == "down"}


class Way(NamedTuple):
    down: str
    of_change: set[tuple[str, str]]
    of_history: set[tuple[str, str]]


@pytest.mark.parametrize(
    "way",
    [
        Way(
            "ALTER TABLE orders DROP n;\nCREATE INDEX j ON orders (status);",
            {("blocking-index-build", "warning"), ("incomplete-down", "warning")},
            {("incomplete-down", "warning")},
        ),
        Way(
            "ALTER TABLE orders DROP n;\nDROP INDEX CONCURRENTLY i;",
            {("concurrently-in-transaction", "warning")},
            {("failing-down", "error")},
        ),
        Way(
            "ALTER TABLE orders DROP n;\nDROP INDX i;",
            {("unparsed-statement", "error")},
            {("unparsed-statement", "error")},
        ),
        Way("ALTER TABLE orders DROP n;", set(), set()),
    ],
    ids=lambda way: way.down,
)
def test_the_way_back_of_a_change_blocks_as_its_way_up_would(way: Way) -> None:
    assert said(way.down, of_change=True) == way.of_change
    assert said(way.down, of_change=False) == way.of_history


def test_a_project_that_only_rolls_forward_hears_nothing() -> None:
    down = "ALTER TABLE orders DROP n;\nCREATE INDEX j ON orders (status);"

    assert said(down, of_change=True, policy=Policy(down="off")) == set()
