"""What must be true of all rules."""

import inspect
import sys

import pytest

from miglint.registry import load_rules
from miglint.rule import Bad, Good

RULES = load_rules()
CATEGORIES = {
    "locks", "rewrites", "data-loss", "compatibility", "rollback", "backfill", "transactions",
    "conflicts", "hygiene", "history", "security", "suppressions",
}  # fmt: skip
CURES = ("avoid-", "ban-", "disallow-", "no-", "prefer-", "require-", "use-")


@pytest.fixture(params=RULES, ids=lambda rule: rule.name)
def rule(request):
    return request.param


def test_there_are_rules():
    assert len(RULES) >= 30


def test_the_name_says_the_hazard_not_the_cure(rule):
    assert not rule.name.startswith(CURES)


def test_the_category_is_one_of_the_house(rule):
    assert rule.category in CATEGORIES


def test_the_check_has_the_name_of_the_rule(rule):
    assert rule.name.replace("-", "_") in {function.__name__ for _, function in rule.checks}


def test_the_first_line_of_the_page_is_a_short_noun_phrase(rule):
    first = rule.documentation.splitlines()[0]

    assert len(first) <= 72
    assert first.endswith(".")
    assert first[0].isupper()


def test_the_page_says_more_than_its_first_line(rule):
    assert len(rule.documentation.splitlines()) >= 4


def test_the_rule_has_bad_and_good_examples_with_titles_of_their_own(rule):
    titles = [example.title for example in rule.examples]

    assert any(isinstance(example, Bad) for example in rule.examples)
    assert any(isinstance(example, Good) for example in rule.examples)
    assert len(titles) == len(set(titles))


def test_the_logic_stays_under_80_lines(rule):
    module = sys.modules[rule.module]
    functions = [f for _, f in inspect.getmembers(module, inspect.isfunction) if f.__module__ == rule.module]

    assert sum(len(inspect.getsource(function).splitlines()) for function in functions) < 80


def test_two_rules_never_share_a_summary():
    summaries = [rule.summary for rule in RULES]

    assert len(summaries) == len(set(summaries))
