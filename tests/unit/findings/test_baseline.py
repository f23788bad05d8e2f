"""A baseline knows findings again after an edit of the layout, as often as they stand in it, and no other."""

import pytest

from miglint.checks.checker import Plan
from miglint.engine import run
from miglint.errors import ConfigError
from miglint.findings.baseline import apply, entry_of, parse, render
from miglint.model import Direction, History, Migration, Script, Source, Span, TransactionMode
from miglint.registry import load_rules

RULES = tuple(rule for rule in load_rules() if rule.name in ("dropped-column", "dropped-table"))
TABLE = "CREATE TABLE orders (id int, a text, b text);"


def found_in(sql):
    scripts = {"1": TABLE, "2": sql}
    migrations = tuple(
        Migration(
            id_,
            up=Script(
                Source(f"{id_}.sql", text), Span(0, len(text)), Direction.UP, TransactionMode.PER_MIGRATION
            ),
        )
        for id_, text in scripts.items()
    )
    return run(History("test", ".", "postgres", migrations), Plan(rules=RULES)).diagnostics


def baseline_of(sql):
    return Source("baseline.json", render(map(entry_of, found_in(sql))))


def applied(sql, known, rules=RULES):
    return apply(found_in(sql), known, parse(known), [rule.name for rule in rules])


def test_what_is_written_is_read():
    entries = [entry_of(diagnostic) for diagnostic in found_in("ALTER TABLE orders DROP a, DROP b;")]

    assert len(entries) == 2
    assert parse(Source("b.json", render(entries))) == tuple(sorted(entries))
    assert parse(Source("b.json", render(()))) == ()


def marks(result):
    return [diagnostic.in_baseline for diagnostic in result.diagnostics]


@pytest.mark.parametrize(
    "sql", ["ALTER TABLE orders DROP a;", "-- no longer used\n\nALTER TABLE orders\n    DROP a;\n"]
)
def test_a_finding_is_known_after_an_edit_of_the_layout(sql):
    result = applied(sql, baseline_of("ALTER TABLE orders DROP a;"))

    assert marks(result) == [True]
    assert not result.stale


def test_another_finding_is_not_known_and_an_entry_that_nothing_fits_is_stale():
    known = baseline_of("ALTER TABLE orders DROP a;")
    result = applied("ALTER TABLE orders DROP b;", known)

    assert marks(result) == [False]
    (problem,) = result.stale
    assert problem.text == "dropped-column in 2"
    assert known.text[problem.span.start : problem.span.end].strip().startswith('{"migration": "2"')


def test_an_entry_of_a_rule_that_did_not_run_is_not_stale():
    known = baseline_of("ALTER TABLE orders DROP a;")

    assert not apply((), known, parse(known), ["dropped-table"]).stale
    assert apply((), known, parse(known), ["dropped-column"]).stale


def test_an_entry_knows_one_finding():
    twice = "ALTER TABLE orders DROP a;\nALTER TABLE orders ADD a text;\nALTER TABLE orders DROP a;"
    entries = [entry_of(diagnostic) for diagnostic in found_in(twice)]
    result = applied(twice, Source("b.json", render(entries[:1])))

    assert len(set(entries)) == len(entries)
    assert marks(result) == [True, *[False] * (len(entries) - 1)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not JSON"),
        ("[]", "not a baseline of version 1"),
        ('{"version": 2, "findings": []}', "not a baseline of version 1"),
        (
            '{"version": 1, "findings": [{"migration": "1", "rule": "", "fingerprint": "x"}]}',
            "entry 1 of findings",
        ),
        ('{"version": 1, "findings": [1]}', "entry 1 of findings"),
    ],
)
def test_what_is_no_baseline_is_refused(text, message):
    with pytest.raises(ConfigError, match=message):
        parse(Source("b.json", text))
