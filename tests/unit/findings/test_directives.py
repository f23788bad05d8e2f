"""What a comment says to miglint, and what is wrong with one that says nothing."""

import pytest

from miglint.findings.directive import Directive, read
from miglint.model import Span


def said(comment: str, *, require_reason: bool = False) -> list[Directive]:
    text = f"  {comment}"
    return list(read(text, Span(2, len(text)), require_reason=require_reason))


@pytest.mark.parametrize("dashes", ["--", "---", "-- "])
@pytest.mark.parametrize("between", [" ", ": ", " - ", " \u2014 ", "  :  "])
def test_the_rules_and_the_reason_are_read(dashes: str, between: str) -> None:
    (found,) = said(f"{dashes}miglint: ignore[a-rule, other]{between}few rows")
    assert [rule.name for rule in found.rules] == ["a-rule", "other"]
    assert (found.kind, found.reason, found.problem) == ("ignore", "few rows", "")


def test_each_rule_is_at_its_place() -> None:
    comment = "-- miglint: ignore-file[a-rule,  other, a-rule]"
    (found,) = said(comment)
    text = f"  {comment}"
    assert found.kind == "ignore-file"
    assert [text[rule.span.start : rule.span.end] for rule in found.rules] == ["a-rule", "other"]
    assert found.rules[1].span.start == text.index("other")


@pytest.mark.parametrize(
    "comment",
    [
        "-- miglint is right about this index",
        "-- see miglint's page",
        "-- miglinter: ignore[a]",
        "/* -- miglint: ignore[a] few rows */",
        "-- the table is small",
    ],
)
def test_prose_about_miglint_says_nothing_to_it(comment: str) -> None:
    assert said(comment) == []


def test_a_reason_can_be_required() -> None:
    (without,) = said("-- miglint: ignore[a]", require_reason=True)
    (with_one,) = said("-- miglint: ignore[a] few rows", require_reason=True)
    assert (without.problem, without.hint) == ("ignore gives no reason", "say why after the brackets")
    assert without.rules == ()
    assert with_one.problem == ""


def test_a_block_may_try_several_times_each_at_its_place() -> None:
    comment = "/* miglint: ignore[a]\n * miglint disable b\n */"
    text = f"  {comment}"
    found = said(comment)
    assert [text[each.span.start : each.span.end] for each in found] == [
        "miglint: ignore[a]",
        "miglint disable b",
    ]
