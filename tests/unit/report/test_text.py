import pytest
from reports import FULL, GAP, HIDDEN, INDEX, diagnostic, report

from miglint.model import Diagnostic, Fix, NotAnalysed, Related, Report, Severity, Source, Span
from miglint.report import RenderOptions
from miglint.report.text import render


def frame(found: Diagnostic, width: int = 120) -> str:
    """Give the lines between the place and the count."""
    text = render(report(found), RenderOptions(width=width))
    return text.split("\n", 2)[2].rsplit("\n\n", 1)[0] + "\n"


def last_line(full: Report) -> str:
    return render(full).splitlines()[-1]


def test_a_whole_report() -> None:
    assert render(FULL) == (
        """\
error[blocking-index-build]: index build blocks writes to orders until it ends
 --> migrations/2.sql:2:1
  |
2 | CREATE INDEX orders_status ON orders (status);
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
3 | ALTER TABLE orders ADD COLUMN note text;
  | --------------------------------------- the lock is still held here
  |
  = help: build it concurrently, in a migration of its own:
            CREATE INDEX CONCURRENTLY orders_status
              ON orders (status);

warning[unbounded-update]: UPDATE writes every row of orders
 --> migrations/3 b.sql:2:1
  |
2 | / UPDATE orders
3 | |    SET status = 'new'
  | |_____________________^

note[other]: only a note
 --> migrations/5.sql:1:1
  |
1 | SELECT 2
  | ^^^^^^^^

not analysed: 1 place
  migrations/6.sql:9-14: syntax error at or near "foo"

Found 1 error, 1 warning, 1 note (1 suppressed) in 12 migrations of 1 history; 1 place not analysed.
"""
    )


@pytest.mark.parametrize(
    ("full", "expected"),
    [
        (report(), "No findings in 12 migrations (80 statements)."),
        (report(HIDDEN), "No findings (1 suppressed) in 12 migrations (80 statements)."),
        (report(not_analysed=(GAP,)), "No findings in 12 migrations (80 statements); 1 place not analysed."),
        (report(INDEX, INDEX), "Found 2 errors in 12 migrations of 1 history."),
        (
            Report((INDEX,), (), histories=2, migrations=1),
            "Found 1 error in 1 migration of 2 histories.",
        ),
    ],
)
def test_the_last_line_counts(full: Report, expected: str) -> None:
    assert last_line(full) == expected


def test_places_that_share_a_reason_are_counted() -> None:
    code = tuple(NotAnalysed(f"{number}.ts", 1, 1, "in TypeScript") for number in range(4))

    assert render(report(not_analysed=(*code, GAP))).splitlines()[:3] == [
        "not analysed: 5 places",
        "  0.ts:1 and 3 more: in TypeScript",
        '  migrations/6.sql:9-14: syntax error at or near "foo"',
    ]


@pytest.mark.parametrize(
    ("full", "advised"),
    [
        (report(*[INDEX] * 50), True),
        (report(*[INDEX] * 49), False),
        (report(*[INDEX] * 50, HIDDEN), False),
        (report(*[INDEX] * 50)._replace(in_scope=3), False),
    ],
)
def test_a_project_that_is_new_to_it_hears_how_to_put_its_history_aside(full: Report, advised: bool) -> None:
    assert ("`miglint baseline`" in last_line(full)) is advised


def test_a_clean_report_is_one_line() -> None:
    assert render(report()) == "No findings in 12 migrations (80 statements).\n"


def test_a_tall_span_shows_its_first_lines_and_its_last() -> None:
    found = diagnostic(
        "ok; «UPDATE t\n   SET a = 1,\n       b = 2,\n       c = 3,\n d = 4,\n e = 5\n WHERE true»;"
    )

    assert frame(found) == (
        """\
  |
1 |   ok; UPDATE t
  |  _____^
2 | |    SET a = 1,
3 | |        b = 2,
... |
7 | |  WHERE true;
  | |___________^
"""
    )


def test_a_related_place_inside_a_tall_span_keeps_the_bar() -> None:
    found = diagnostic("«UPDATE t\n   SET a = 1\n WHERE true»")
    found = found._replace(finding=found.finding._replace(related=(Related(Span(12, 15), "here"),)))

    assert frame(found) == (
        """\
  |
1 | / UPDATE t
2 | |    SET a = 1
  | |    --- here
3 | |  WHERE true
  | |___________^
"""
    )


def test_lines_far_apart_have_dots_between_them_and_near_ones_their_line() -> None:
    found = diagnostic("«one»\ntwo\n«three»\nfour\nfive\n«six»\n", also=("near", "far"))

    assert frame(found) == (
        """\
  |
1 | one
  | ^^^
2 | two
3 | three
  | ----- near
...
6 | six
  | --- far
"""
    )


def test_a_place_in_another_file_has_its_own_frame() -> None:
    other = Source("migrations/1.sql", "\n" * 9 + "CREATE TABLE orders ();\n")
    found = diagnostic("«DROP TABLE orders»", related=(Related(Span(9, 31), "created here", other),))

    assert frame(found) == (
        """\
   |
 1 | DROP TABLE orders
   | ^^^^^^^^^^^^^^^^^
  ::: migrations/1.sql:10:1
   |
10 | CREATE TABLE orders ();
   | ---------------------- created here
"""
    )


def test_tabs_and_wide_characters_keep_the_marks_below_the_code() -> None:
    assert frame(diagnostic('\tALTER TABLE "注文e\u0301" «DROP» a')) == (
        """\
  |
1 |     ALTER TABLE "注文e\u0301" DROP a
  |                         ^^^^
"""
    )


def test_control_and_invisible_characters_are_shown_as_escapes() -> None:
    found = diagnostic(
        "«DROP \x1b[31m\u202etable\x9b»",
        path="a\x1b.sql",
        message="drops \x07it",
        help="run\r\n\x1b[2J\tthis",
    )

    assert render(report(found)) == (
        r"""error[blocking-index-build]: drops \x07it
 --> a\x1b.sql:1:1
  |
1 | DROP \x1b[31m\u202etable\x9b
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
  |
  = help: run
          \x1b[2J    this

Found 1 error in 12 migrations of 1 history.
"""
    )


def test_a_long_line_is_cut_around_each_mark() -> None:
    values = ", ".join(f"({n})" for n in range(100))
    found = diagnostic(f"«INSERT» INTO t VALUES {values} «ON CONFLICT» DO NOTHING", also=("here",))

    assert frame(found, width=40) == (
        """\
  |
1 | INSERT INTO t VALUES (0), (1), (2), (3),...
  | ^^^^^^
1 | ...98), (99) ON CONFLICT DO NOTHING
  |              ----------- here
"""
    )


def test_a_mark_wider_than_the_line_ends_where_the_line_is_cut() -> None:
    assert frame(diagnostic(f"«{'x' * 100}»"), width=20) == (
        """\
  |
1 | xxxxxxxxxxxxxxxxxxxx...
  | ^^^^^^^^^^^^^^^^^^^^
"""
    )


def test_an_empty_span_has_one_mark() -> None:
    assert frame(diagnostic("SELECT 1«»")) == "  |\n1 | SELECT 1\n  |         ^\n"
    assert frame(diagnostic("«»")) == "  |\n1 |\n  | ^\n"


def test_the_title_of_a_fix_stands_in_for_help() -> None:
    found = diagnostic("«DROP TABLE a»", fix=Fix("Add IF EXISTS", ()))

    assert "\n  = help: Add IF EXISTS\n" in render(report(found))


def test_colour_only_where_it_is_asked_for() -> None:
    plain = render(FULL)
    colored = render(FULL, RenderOptions(color=True))

    assert "\x1b" not in plain
    assert colored.startswith(
        "\x1b[1;31merror[blocking-index-build]\x1b[0m"
        "\x1b[1m: index build blocks writes to orders until it ends\x1b[0m\n"
        " \x1b[1;36m-->\x1b[0m migrations/2.sql:2:1\n"
    )


def test_severities_differ_in_colour() -> None:
    heads = {
        render(report(diagnostic("«x»", severity=severity)), RenderOptions(color=True)).partition("m")[0]
        for severity in Severity
    }

    assert len(heads) == 3
