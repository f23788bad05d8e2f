"""Every example of every rule: the examples are the tests, the docs and the help."""

import pytest

from miglint.model import Source
from miglint.registry import load_rules
from miglint.rule import Bad, Good
from miglint.testing import apply_fixes, clean_sql, expected, found, lint, without_expectations

RULES = load_rules()
EXAMPLES = [pytest.param(r, e, id=f"{r.name}-{e.title}") for r in RULES for e in r.examples]
FIXABLE = [p for p in EXAMPLES if isinstance(p.values[1], Bad)]
RECOMMENDED = [p for p in EXAMPLES if isinstance(p.values[1], Good) and p.values[1].recommended]


@pytest.mark.parametrize(("rule", "example"), EXAMPLES)
def test_the_rule_reports_exactly_what_the_example_expects(rule, example):
    assert bool(expected(example)) == isinstance(example, Bad), "Bad has `-- expect:`, Good has none"

    assert found(rule, example) == {(line, name) for line, name in expected(example)}


@pytest.mark.parametrize(("rule", "example"), FIXABLE)
def test_the_fix_is_shown_exactly_and_removes_its_finding(rule, example):
    fixed = apply_fixes(rule, example)

    assert fixed == without_expectations(example.fixed or clean_sql(example))
    if example.fixed is not None:
        assert not lint((rule,), example, Source("fixed", fixed).text)


@pytest.mark.parametrize(("rule", "example"), RECOMMENDED)
def test_no_rule_reports_a_recommended_form(rule, example):
    # Rows can be in the way of a constraint however it is made: the note brings the query that finds them.
    safety = tuple(r for r in RULES if r.profile == "safety" and r.name != "duplicates-in-the-way")

    assert found(safety, example) == set()
