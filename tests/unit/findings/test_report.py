"""From runs to a report: what is asked for, hidden, known already, and in which order it comes."""

import json

import pytest

from miglint.checks.checker import Plan
from miglint.engine import run
from miglint.findings import Reporting, report
from miglint.model import (
    Direction,
    History,
    Migration,
    Problem,
    Report,
    Script,
    Source,
    Span,
    TransactionMode,
)
from miglint.registry import load_rules

RULES = load_rules()
TABLES = "CREATE TABLE a (id int); CREATE TABLE b (id int);\n"
DROP = "DROP TABLE a;"


def history(selected=None, problems=(), **texts):
    migrations = []
    for id_, text in texts.items():
        source = Source(f"{id_}.sql", text)
        script = Script(source, Span(0, len(text)), Direction.UP, TransactionMode.PER_MIGRATION)
        migrations.append(Migration(id_, up=script))
    chosen = None if selected is None else frozenset(selected)
    return History("test", ".", "postgres", tuple(migrations), selected=chosen, problems=problems)


def reported(*histories, baseline=None, **reporting) -> Report:
    plan = Plan(rules=RULES, judges=RULES)
    known = Source("baseline.json", baseline) if baseline else None
    return report([run(one, plan) for one in histories], plan, Reporting(RULES, baseline=known, **reporting))


def shown(found: Report) -> list[tuple[str, str]]:
    return [(d.migration, d.rule) for d in found.shown]


def test_a_comment_hides_without_a_reason_unless_one_is_asked_for():
    asked = history(m1=TABLES, m2=f"{DROP} -- miglint: ignore[dropped-table]")

    assert ("m2", "dropped-table") not in shown(reported(asked))
    assert ("m2", "dropped-table") in shown(reported(asked, require_reason=True))
    assert "malformed-suppression" in dict(map(reversed, shown(reported(asked, require_reason=True))))


@pytest.mark.parametrize(("selected", "is_told"), [(None, True), (["m2"], True), (["m1"], False)])
def test_a_comment_that_is_wrong_is_said_where_its_migration_is_asked_for(selected, is_told):
    found = reported(history(selected, m1=TABLES, m2=f"{DROP} -- miglint: ignore[]"))

    assert any(d.rule == "malformed-suppression" for d in found.shown) == is_told


@pytest.mark.parametrize(("selected", "is_told"), [(None, True), (["m2"], True), (["m1"], False)])
def test_a_comment_that_hides_nothing_is_said_where_its_migration_is_asked_for(selected, is_told):
    unused = "SELECT 1; -- miglint: ignore[dropped-table] nothing is dropped"
    found = reported(history(selected, m1=TABLES, m2=unused))

    assert any(d.rule == "unused-suppression" for d in found.shown) == is_told


def test_findings_come_in_the_order_in_which_the_migrations_run():
    drops = history(m0=TABLES, m10="DROP TABLE b;", m2="SELECT 1; DROP TABLE a;")

    found = [d for d in reported(drops).shown if d.rule == "dropped-table"]
    assert [d.migration for d in found] == ["m10", "m2"]


def test_what_the_configuration_does_not_want_is_left_out():
    asked = history(m1=TABLES, m2=DROP)

    assert ("m2", "dropped-table") in shown(reported(asked))
    assert ("m2", "dropped-table") not in shown(
        reported(asked, is_ignored=lambda d: d.rule == "dropped-table")
    )


def test_what_was_looked_at_is_counted():
    one, other = history(m1=TABLES, m2=DROP), history(["m1"], m1="SELECT 1; SELECT 2;", m2="SELECT 3;")
    whole, part = reported(one), reported(one, other)

    assert (whole.histories, whole.migrations, whole.in_scope, whole.statements) == (1, 2, None, 3)
    assert (part.histories, part.migrations, part.in_scope, part.statements) == (2, 4, 3, 6)
    assert {rule.name for rule in whole.rules} == {rule.name for rule in RULES}


def known(migration: str, rule: str, fingerprint: str) -> str:
    entry = {"migration": migration, "rule": rule, "fingerprint": fingerprint}
    return json.dumps({"version": 1, "findings": [entry]}, indent=2)


@pytest.mark.parametrize(
    ("asked", "narrowed", "is_told"),
    [
        (history(m1=TABLES), False, True),
        (history(m1=TABLES), True, False),
        (history(["m1"], m1=TABLES), False, False),
        (history(m1=TABLES, problems=(Problem("m2.sql", "no UTF-8"),)), False, False),
        (history(m1=TABLES)._replace(dialect="mysql"), False, False),
    ],
)
def test_what_the_baseline_knows_is_missed_only_where_all_was_looked_at(asked, narrowed, is_told):
    found = reported(asked, baseline=known("m2", "dropped-table", "f00d"), narrowed=narrowed)

    assert any(d.rule == "stale-baseline-entry" for d in found.shown) == is_told


def test_what_the_baseline_knows_is_hidden():
    asked = history(m1=TABLES, m2=DROP)
    (dropped,) = [d for d in reported(asked).shown if d.rule == "dropped-table"]

    found = reported(asked, baseline=known("m2", "dropped-table", dropped.fingerprint))
    assert [d.in_baseline for d in found.diagnostics if d.rule == "dropped-table"] == [True]
