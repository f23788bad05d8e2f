"""Findings of one cause: the first stands for all of them."""

from miglint.findings.groups import together
from miglint.model import Confidence, Diagnostic, Edit, Finding, Fix, Listed, Related, Severity, Source, Span

SOURCE = Source("1.sql", "SELECT 1;\n" * 20)
OTHER = Source("2.sql", "SELECT 1;\n" * 20)


def diagnostic(at, message="slow", source=SOURCE, group=("statement", "cause"), hidden=None, **fields):
    severity = fields.pop("severity", Severity.WARNING)
    finding = Finding(Span(at, at + 8), message, **fields)
    return Diagnostic(
        "rule", "locks", severity, Confidence.HIGH, finding, source, finding.span, "1", "up", f"f{at}",
        suppressed=hidden, group=group,
    )  # fmt: skip


def one(*diagnostics):
    (found,) = together(diagnostics)
    return found


def test_the_first_counts_those_that_it_stands_for():
    first, second = diagnostic(0), diagnostic(10)
    found = one(first, second)

    assert found.finding.message == "slow (the first of 2 such statements)"
    assert found.more == (second,)
    assert found.finding.related == (Related(Span(10, 18), "and here", SOURCE),)


def test_a_finding_by_itself_and_one_without_a_cause_stay_as_they_are():
    alone, without, other = diagnostic(0), diagnostic(10, group=()), diagnostic(20, group=())

    assert together([alone, without, other]) == (alone, without, other)


def test_another_message_is_said_at_its_place():
    found = one(diagnostic(0), diagnostic(10, "slower", OTHER))

    assert found.finding.related == (Related(Span(10, 18), "and here: slower", OTHER),)


def test_the_worst_of_them_says_how_bad_it_is():
    found = one(diagnostic(0, severity=Severity.NOTE), diagnostic(10, severity=Severity.ERROR))

    assert found.severity is Severity.ERROR


def test_what_is_hidden_is_neither_counted_nor_left_out():
    hidden, first, second = diagnostic(0, hidden="few rows"), diagnostic(10), diagnostic(20)
    kept = together([hidden, first, second])

    assert kept[0] == hidden
    assert kept[1].more == (second,)


def test_what_the_first_has_named_is_not_named_twice():
    begin = Related(Span(30, 38), "BEGIN opens the transaction")
    found = one(diagnostic(0, related=(begin, Related(Span(10, 18), "waits as well"))), diagnostic(10))

    assert [related.message for related in found.finding.related] == [
        "BEGIN opens the transaction",
        "and here",
    ]


def listed(at, item):
    return diagnostic(at, f"dropping {item} loses it", listed=Listed("dropping ", item, " loses them"))


def test_a_list_takes_the_place_of_the_number():
    assert one(listed(0, "a"), listed(10, "b")).finding.message == "dropping a and b loses them"
    assert one(*(listed(at * 10, name) for at, name in enumerate("abc"))).finding.message == (
        "dropping a, b and c loses them"
    )


def test_a_long_list_is_cut_short():
    found = one(*(listed(at * 10, name) for at, name in enumerate("abcde")))

    assert found.finding.message == "dropping a, b, c and 2 more loses them"


def test_all_items_of_one_finding_are_in_the_list():
    whole = Listed("dropping ", "a", " loses them", ("b", "c"))
    assert one(
        diagnostic(0, "dropping a, b and c loses them", listed=whole), listed(10, "d")
    ).finding.message == ("dropping a, b, c and 1 more loses them")


def test_one_thing_several_times_is_no_list():
    assert one(listed(0, "a"), listed(10, "a")).finding.message == "dropping a loses it"


def fix(*edits, safe=True):
    return Fix("Add CONCURRENTLY", tuple(Edit(start, end, text) for start, end, text in edits), safe)


def test_the_fixes_in_the_file_of_the_first_are_one():
    found = one(
        diagnostic(0, fix=fix((0, 1, "x"))),
        diagnostic(10, fix=fix((10, 11, "y"))),
        diagnostic(20, source=OTHER, fix=fix((20, 21, "z"))),
    )

    assert found.finding.fix == fix((0, 1, "x"), (10, 11, "y"))


def test_one_edit_is_made_once_and_none_into_another():
    found = one(
        diagnostic(0, fix=fix((0, 5, "x"))),
        diagnostic(10, fix=fix((0, 5, "x"), (7, 8, "z"))),
        diagnostic(20, fix=fix((3, 7, "y"))),
    )

    assert found.finding.fix == fix((0, 5, "x"), (7, 8, "z"))


def test_a_fix_is_as_safe_as_all_of_them():
    found = one(diagnostic(0, fix=fix((0, 1, "x"))), diagnostic(10, fix=fix((10, 11, "y"), safe=False)))

    assert not found.finding.fix.safe
    assert one(diagnostic(0), diagnostic(10)).finding.fix is None


def test_helps_whose_steps_are_not_alike_follow_each_other():
    helps = (
        "-- in a later migration:\nCREATE INDEX CONCURRENTLY a ON t (a);",
        "-- in a migration of its own:\nCREATE INDEX CONCURRENTLY b ON t (b);",
        "-- in a later migration:\nCREATE INDEX CONCURRENTLY c ON t (c);",
    )
    found = one(*(diagnostic(10 * at, help=text) for at, text in enumerate(helps)))

    assert found.finding.help.splitlines() == [
        "-- in a later migration:",
        "CREATE INDEX CONCURRENTLY a ON t (a);",
        "CREATE INDEX CONCURRENTLY c ON t (c);",
        "-- in a migration of its own:",
        "CREATE INDEX CONCURRENTLY b ON t (b);",
    ]
