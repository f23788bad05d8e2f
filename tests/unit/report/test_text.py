import re

import pytest
from reports import FULL, GAP, HIDDEN, INDEX, diagnostic, report

from miglint.model import Diagnostic, Fix, NotAnalysed, Related, Report, Severity, Source, Span
from miglint.report import RenderOptions
from miglint.report.text import render
from miglint.text.visible import width as cells


def frame(found: Diagnostic, width: int = 120) -> str:
    """Give the lines between the place and what to do."""
    text = render(report(found), RenderOptions(width=width))
    framed = text.partition("-->")[2].partition("\n")[2]
    return re.sub(r" +\|\n +=(?s:.*)", "", framed)


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
  = more: miglint explain blocking-index-build

warning[unbounded-update]: UPDATE writes every row of orders
 --> migrations/3 b.sql:2:1
  |
2 | / UPDATE orders
3 | |    SET status = 'new'
  | |_____________________^
  |
  = more: miglint explain unbounded-update

note[other]: only a note
 --> migrations/5.sql:1:1
  |
1 | SELECT 2
  | ^^^^^^^^
  |
  = more: miglint explain other

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


# --- many findings -----------------------------------------------------------------------------------


UPDATE = diagnostic("«UPDATE t SET a = 1»", rule="unbounded-update", severity=Severity.WARNING)


def test_many_findings_begin_with_a_table_and_the_first_steps() -> None:
    text = render(report(*[UPDATE] * 12, *[INDEX] * 9))

    assert text.startswith(
        """\
Found 9 errors, 12 warnings in 12 migrations of 1 history, by rule:
   9  error    blocking-index-build  Index build that blocks writes to a live table.
  12  warning  unbounded-update      UPDATE of all rows in one statement.

Most of it has run already. To begin:
  miglint init                write a configuration
  miglint baseline            set these findings aside, and see only new ones
  miglint check --since REF   report only what is new since a branch or commit
  miglint check --statistics  show nothing but the table above

warning[unbounded-update]"""
    )
    assert text.count("= more:") == 21
    assert text.splitlines()[-1] == "Found 9 errors, 12 warnings in 12 migrations of 1 history."


@pytest.mark.parametrize(
    ("full", "options", "table", "steps"),
    [
        (report(*[INDEX] * 21), RenderOptions(), True, True),
        (report(*[INDEX] * 20), RenderOptions(), False, False),
        (report(*[INDEX] * 21)._replace(in_scope=3), RenderOptions(), True, False),
        (report(*[INDEX] * 21, HIDDEN._replace(in_baseline=True)), RenderOptions(), True, False),
        (report(*[INDEX] * 21), RenderOptions(quiet=True), False, False),
        (report(INDEX), RenderOptions(statistics=True), True, False),
        (report(), RenderOptions(statistics=True), False, False),
    ],
)
def test_when_there_is_a_table(full: Report, options: RenderOptions, table: bool, steps: bool) -> None:
    text = render(full, options)

    assert ("  error    blocking-index-build  Index" in text) is table
    assert ("miglint baseline" in text) is steps


def test_statistics_stand_alone() -> None:
    assert render(report(INDEX, UPDATE, UPDATE), RenderOptions(statistics=True, width=50)) == (
        """\
  1  error    blocking-index-build
  2  warning  unbounded-update

Found 1 error, 2 warnings in 12 migrations of 1 history.
"""
    )


def test_a_project_with_a_configuration_is_not_told_to_write_one() -> None:
    assert "miglint init" not in render(report(*[INDEX] * 21), RenderOptions(configured=True))


def test_quiet_prints_findings_and_what_was_not_analysed_only() -> None:
    quiet = RenderOptions(quiet=True)

    assert render(report(), quiet) == ""
    assert render(report(INDEX), quiet).endswith("= more: miglint explain blocking-index-build\n")
    assert "not analysed: 1 place" in render(report(not_analysed=(GAP,)), quiet)


@pytest.mark.parametrize(
    ("untold", "said"),
    [
        (["carts"], "makes carts, which is taken"),
        (["carts", "users"], "makes carts and users, which are taken"),
        (["carts", "notes", "users"], "makes carts, notes and users, which"),
        (["carts", "notes", "users", "zones"], "makes carts, notes, users and zones, which"),
        (["carts", "notes", "users", "yards", "zones"], "makes carts, notes, users and 2 more tables, which"),
    ],
)
def test_what_is_not_known_is_said_once(untold: list[str], said: str) -> None:
    found = [INDEX._replace(untold=(name,)) for name in (*untold, untold[0])]
    text = " ".join(render(report(*found)).split())

    assert text.count(f"No migration here {said}") == 1
    assert "No migration here" not in render(FULL)


def test_a_clean_report_is_one_line() -> None:
    assert render(report()) == "No findings in 12 migrations (80 statements).\n"


# --- frames ------------------------------------------------------------------------------------------


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
  = more: miglint explain blocking-index-build

Found 1 error in 12 migrations of 1 history.
"""
    )


def test_a_long_line_is_cut_around_each_mark() -> None:
    values = ", ".join(f"({n})" for n in range(100))
    found = diagnostic(f"«INSERT» INTO t VALUES {values} «ON CONFLICT» DO NOTHING", also=("here",))

    assert frame(found, width=44) == (
        """\
  |
1 | INSERT INTO t VALUES (0), (1), (2), (...
  | ^^^^^^
1 | ...98), (99) ON CONFLICT DO NOTHING
  |              ----------- here
"""
    )


def test_a_mark_wider_than_the_line_ends_where_the_line_is_cut() -> None:
    assert frame(diagnostic(f"«{'x' * 100}»"), width=24) == (
        """\
  |
1 | xxxxxxxxxxxxxxxxx...
  | ^^^^^^^^^^^^^^^^^
"""
    )


def test_an_empty_span_has_one_mark() -> None:
    assert frame(diagnostic("SELECT 1«»")) == "  |\n1 | SELECT 1\n  |         ^\n"
    assert frame(diagnostic("«»")) == "  |\n1 |\n  | ^\n"


def test_a_label_without_room_beside_its_mark_stands_below_it() -> None:
    found = diagnostic("«a»\nSELECT «bbbbbbbbbbbbbbbbbbbbbbbbb» c", also=("a label of some words",))

    assert frame(found, width=44) == (
        """\
  |
1 | a
  | ^
2 | SELECT bbbbbbbbbbbbbbbbbbbbbbbbb c
  |        -------------------------
  |        a label of some words
"""
    )


@pytest.mark.parametrize("width", [40, 44, 60, 80, 120])
@pytest.mark.parametrize("before", ["", "SELECT 1; ", "x" * 70, "\u6ce8" * 40])
@pytest.mark.parametrize("inside", ["DROP", "y" * 75, "\u6587" * 50, "UPDATE\n a\n WHERE", "", "\t\t"])
def test_no_line_of_a_frame_is_wider_than_the_terminal(width: int, before: str, inside: str) -> None:
    label = "the lock is held here until the transaction ends"
    found = diagnostic(f"{before}«{inside}» and «more {'z' * 90}»", also=(label,))

    assert max(map(cells, frame(found, width).splitlines())) <= width


# --- help --------------------------------------------------------------------------------------------


def helped(text: str, width: int = 60) -> str:
    """Give the lines of a help."""
    found = render(report(diagnostic("«x»", help=text)), RenderOptions(width=width))
    return found.partition("  |\n  = ")[2].partition("  = more:")[0]


def test_sql_stands_on_lines_of_its_own() -> None:
    assert helped("outside a transaction: CREATE INDEX CONCURRENTLY i ON t (a);") == (
        """\
help: outside a transaction:
            CREATE INDEX CONCURRENTLY i ON t (a);
"""
    )


def test_sql_is_never_broken_and_prose_is() -> None:
    sql = f"ALTER TABLE t ADD COLUMN a text, {'b ' * 40};"

    assert helped(f"first add the column, then fill it in batches that commit:\n{sql}\nand then read it") == (
        f"""\
help: first add the column, then fill it in batches that
          commit:
            {sql}
          and then read it
"""
    )


def test_sql_keeps_its_own_indentation_and_its_comments() -> None:
    assert helped("DO $$\nBEGIN\n  UPDATE t SET a = 1;\nEND $$;\n-- later:\nDROP TABLE t;") == (
        """\
help:
            DO $$
            BEGIN
              UPDATE t SET a = 1;
            END $$;
            -- later:
            DROP TABLE t;
"""
    )


def test_words_in_capitals_are_not_sql_without_a_semicolon() -> None:
    assert helped("SET NOT NULL needs a proof: ADD a CHECK first") == (
        "help: SET NOT NULL needs a proof: ADD a CHECK first\n"
    )


def test_code_in_prose_is_not_broken() -> None:
    assert "\n          `tool migrate --file a.sql` and" in helped(
        f"{'word ' * 8}`tool migrate --file a.sql` and more"
    )


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


def test_links_only_where_they_are_asked_for() -> None:
    linked = render(FULL, RenderOptions(links=True, folder="/project"))

    assert (
        "\x1b]8;;https://example.org/rules/blocking-index-build\x1b\\blocking-index-build\x1b]8;;" in linked
    )
    assert "\x1b]8;;file:///project/migrations/3%20b.sql\x1b\\migrations/3 b.sql\x1b]8;;\x1b\\:2:1" in linked
    assert "\x1b" not in render(FULL)
