import re
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miglint.findings.suppressions import Applied, Directive, apply, parse, unknown
from miglint.model import Confidence, Diagnostic, Finding, Severity, Source, Span

RULES = ("blocking-index-build", "dropped-column", "unbounded-update")


def directives(sql: str, *, require_reason: bool = False) -> tuple[Directive, ...]:
    return parse(Source("a.sql", textwrap.dedent(sql)), require_reason=require_reason)


def names(sql: str) -> list[str]:
    """Give the rules that the well-formed directives of a text name."""
    return [rule.name for directive in directives(sql) for rule in directive.rules]


def problem(sql: str, *, require_reason: bool = False) -> tuple[str, str]:
    (directive,) = directives(sql, require_reason=require_reason)
    assert directive.rules == ()
    return directive.problem, directive.hint


def check(sql: str, active: tuple[str, ...] = ("a", "b")) -> tuple[list[tuple[int, str]], list[str]]:
    """Find rule `a` at each word `bad`, rule `b` at each word `poor`; a semicolon ends a statement.

    Give the lines and rules of what is left, and the names that hid nothing.
    """
    source = Source("a.sql", textwrap.dedent(sql))
    found = []
    for word in re.finditer("bad|poor", source.text):
        start = source.text.rfind(";", 0, word.start()) + 1
        end = source.text.find(";", word.start())
        rule = "a" if word[0] == "bad" else "b"
        found.append(diagnostic(source, rule, Span(*word.span()), Span(start, end)))
    applied = apply(found, {source.path: parse(source)}, active)
    left = [d for d in applied.diagnostics if d.suppressed is None]
    return (
        [(source.position(d.finding.span.start).line, d.rule) for d in left],
        [unused.rule.name for unused in applied.unused],
    )


def diagnostic(source: Source, rule: str, span: Span, statement: Span) -> Diagnostic:
    finding = Finding(span, "message")
    return Diagnostic(
        rule, "locks", Severity.ERROR, Confidence.HIGH, finding, source, statement, "1", "up", "f00d"
    )


# --- what is read ------------------------------------------------------------------------------------


def test_a_directive_has_rules_and_a_reason() -> None:
    sql = "DROP TABLE a; -- miglint: ignore[dropped-table, other-rule] nobody reads it\n"
    source = Source("a.sql", sql)
    (directive,) = parse(source)

    assert directive.kind == "ignore"
    assert source[directive.span] == sql.strip()[14:]
    assert [(rule.name, source[rule.span]) for rule in directive.rules] == [
        ("dropped-table", "dropped-table"),
        ("other-rule", "other-rule"),
    ]
    assert directive.reason == "nobody reads it"
    assert directive.problem == ""


@pytest.mark.parametrize(
    "comment",
    [
        "--miglint:ignore[a]why",
        "--  miglint:  ignore [ a ]  why  ",
        "-- miglint: ignore[a]: why\r",
        "-- miglint: ignore[a] -- why",
        "---- miglint: ignore[a] \u2014 why",
        "-- miglint: ignore[a, a] why",
    ],
)
def test_spaces_and_punctuation_are_free(comment: str) -> None:
    (directive,) = directives(f"SELECT 1; {comment}\nSELECT 2;")

    assert ([rule.name for rule in directive.rules], directive.reason) == (["a"], "why")


@pytest.mark.parametrize(
    "sql",
    [
        pytest.param("SELECT 1; -- see the manual of miglint: ignore[a]", id="the mark is not at the start"),
        pytest.param("SELECT 1; -- miglint ignores rules that are off", id="prose"),
        pytest.param("SELECT 1; /* miglint is right: ignore[a] */", id="prose in a block comment"),
        pytest.param("SELECT 1; -- miglinter: ignore[a]", id="another tool"),
        pytest.param("/* /* */ -- miglint: ignore[a]\n*/ SELECT 1;", id="nested block comment"),
        pytest.param("SELECT '\n-- miglint: ignore[a]\n';", id="string"),
        pytest.param("SELECT 'it''s\n-- miglint: ignore[a]\n';", id="string with a doubled quote"),
        pytest.param(r"SELECT E'it\'s" + "\n-- miglint: ignore[a]\n';", id="string with escapes"),
        pytest.param('SELECT "a""\n-- miglint: ignore[a]\n";', id="quoted name"),
        pytest.param("INSERT INTO t VALUES ($$\n-- miglint: ignore[a]\n$$);", id="dollar-quoted value"),
        pytest.param(
            "COMMENT ON FUNCTION f() IS $$\n-- miglint: ignore[a]\n$$;",
            id="dollar-quoted remark on a function",
        ),
        pytest.param("DO $$ BEGIN x := $q$\n-- miglint: ignore[a]\n$q$; END $$;", id="string in a block"),
        pytest.param("SELECT '\n-- miglint: ignore[a]", id="string without an end"),
        pytest.param("SELECT $x$\n-- miglint: ignore[a]", id="dollar quote without an end"),
        pytest.param("/* \n-- miglint: ignore[a]", id="block comment without an end"),
    ],
)
def test_what_only_looks_like_a_directive_is_none(sql: str) -> None:
    assert parse(Source("a.sql", sql)) == ()


@pytest.mark.parametrize(
    "sql",
    [
        pytest.param("DO $$ BEGIN\n  DROP TABLE t; -- miglint: ignore[a]\nEND $$;", id="DO block"),
        pytest.param("DO LANGUAGE plpgsql $x$\n-- miglint: ignore[a]\nBEGIN END $x$;", id="DO with language"),
        pytest.param(
            "CREATE OR REPLACE FUNCTION f() RETURNS void AS $$\n-- miglint: ignore[a]\nSELECT 1 $$;",
            id="function",
        ),
        pytest.param("create procedure p() as $$ --miglint: ignore[a]\nselect 1 $$;", id="procedure"),
        pytest.param("DO $$ BEGIN\n-- miglint: ignore[a]\n", id="block without an end"),
        pytest.param("SELECT nameE'\\'; -- miglint: ignore[a]", id="after a backslash in a plain string"),
        pytest.param("SELECT a$b$c; -- miglint: ignore[a]\nSELECT d$b$;", id="dollars inside a name"),
        pytest.param("SELECT $1, $2; -- miglint: ignore[a]", id="parameters"),
        pytest.param("SELECT /* x */ 1; -- miglint: ignore[a]", id="after a block comment"),
        pytest.param("-- miglint: ignore[a]", id="nothing else in the file"),
    ],
)
def test_a_comment_counts_where_the_server_reads_one(sql: str) -> None:
    assert names(sql) == ["a"]


@pytest.mark.parametrize(
    ("comment", "expected", "hint"),
    [
        ("ingore[a]", "miglint does not know 'ingore'", "did you mean 'ignore'?"),
        ("ignore-flie[a]", "miglint does not know 'ignore-flie'", "did you mean 'ignore-file'?"),
        ("wat", "miglint does not know 'wat'", "write `-- miglint: ignore[rule-name] reason`"),
        ("", "the comment says nothing", "write `-- miglint: ignore[rule-name] reason`"),
        ("[a]", "the comment says nothing", "write `-- miglint: ignore[rule-name] reason`"),
        ("ignore", "ignore names no rule in brackets", "write `-- miglint: ignore[rule-name] reason`"),
        ("ignore a", "ignore names no rule in brackets", "write `-- miglint: ignore[rule-name] reason`"),
        (
            "ignore-file a",
            "ignore-file names no rule in brackets",
            "write `-- miglint: ignore-file[rule-name] reason`",
        ),
        (
            "ignore[a",
            "the list of rules has no closing bracket",
            "write `-- miglint: ignore[rule-name] reason`",
        ),
        ("ignore[]", "the list of rules has an empty entry", "write rule names with commas between them"),
        ("ignore[a,]", "the list of rules has an empty entry", "write rule names with commas between them"),
        ("ignore[a b]", "'a b' is not a rule name", "write rule names with commas between them"),
    ],
)
def test_a_malformed_directive_names_no_rule_and_says_why(comment: str, expected: str, hint: str) -> None:
    assert problem(f"SELECT 1; -- miglint: {comment}\n") == (expected, hint)


@pytest.mark.parametrize(
    ("comment", "expected", "hint"),
    [
        ("-- miglint ignore[a] why", "begin with `miglint: ignore[`", "ignore[a] reason"),
        ("-- Miglint: Ignore[a]", "begin with `miglint: ignore[`", "ignore[a] reason"),
        ("-- miglint-ignore a", "begin with `miglint: ignore[`", "ignore[rule-name] reason"),
        ("-- miglint_ignore: a", "begin with `miglint: ignore[`", "ignore[rule-name] reason"),
        ("-- miglint[a]", "begin with `miglint: ignore[`", "ignore[a] reason"),
        ("-- @miglint-disable (a, b)", "begin with `miglint: ignore[`", "ignore[a, b] reason"),
        ("-- MIGLINT ignore-file[a]", "begin with `miglint: ignore-file[`", "ignore-file[a] reason"),
        ("/* miglint: ignore[a] why */", "only line comments", "ignore[a] reason"),
        ("/*\n * miglint: ignore[a]\n */", "only line comments", "ignore[a] reason"),
    ],
)
def test_a_comment_that_comes_close_is_malformed(comment: str, expected: str, hint: str) -> None:
    found, advice = problem(f"{comment}\nSELECT 1;")

    assert expected in found
    assert hint in advice


def test_each_line_of_a_block_comment_can_come_close() -> None:
    source = Source("a.sql", "/* old\n   miglint: ignore[a]\n   miglint: ignore[b] why */\nSELECT 1;")

    assert [source[d.span] for d in parse(source)] == ["miglint: ignore[a]", "miglint: ignore[b] why"]


def test_a_category_hides_what_its_rules_report() -> None:
    assert check("-- miglint: ignore[locks] small\nSELECT bad, poor;", ("a", "b", "locks")) == ([], [])
    assert check("SELECT 1; -- miglint: ignore[locks] small", ("a", "b", "locks")) == ([], ["locks"])
    assert check("SELECT 1; -- miglint: ignore[locks] small", ("a", "b")) == ([], [])


def test_a_reason_can_be_required() -> None:
    assert problem("SELECT 1; -- miglint: ignore[a]", require_reason=True) == (
        "ignore gives no reason",
        "say why after the brackets",
    )
    assert directives("SELECT 1; -- miglint: ignore[a] why", require_reason=True)[0].problem == ""


def test_ignore_file_stands_above_the_first_statement() -> None:
    assert names("-- first\n/* second */\n-- miglint: ignore-file[a]\n\nSELECT 1;") == ["a"]
    (late,) = directives("SELECT 1; -- miglint: ignore-file[a]")
    assert (late.problem, late.hint) == ("ignore-file is below the first statement", "move it to the top")


def test_unknown_names_come_with_the_nearest_known_one() -> None:
    source = Source("a.sql", "SELECT 1; -- miglint: ignore[droped-column, blocking-index-build, xyz]")
    first, second = unknown({"a.sql": parse(source)}, RULES)

    assert (first.path, first.rule.name, source[first.rule.span]) == (
        "a.sql",
        "droped-column",
        "droped-column",
    )
    assert first.hint == "did you mean 'dropped-column'?"
    assert (second.rule.name, second.hint) == ("xyz", "")


def test_names_in_a_malformed_directive_are_not_unknown_too() -> None:
    assert unknown({"a.sql": directives("SELECT 1; -- miglint: ignore[xyz, ]")}, RULES) == ()


# --- what is hidden ----------------------------------------------------------------------------------


def test_a_trailing_comment_hides_the_findings_of_its_rules_on_its_line() -> None:
    assert check("bad poor; -- miglint: ignore[a]\nbad;") == ([(1, "b"), (2, "a")], [])


def test_a_trailing_comment_may_name_several_rules() -> None:
    assert check("bad poor bad; -- miglint: ignore[b, a] reason") == ([], [])


def test_a_trailing_comment_on_a_line_without_findings_is_for_the_whole_statement() -> None:
    assert check(
        """\
        ALTER TABLE t -- miglint: ignore[a]
          bad,
          poor,
          bad;
        bad;
        """
    ) == ([(3, "b"), (5, "a")], [])


def test_a_trailing_comment_on_the_line_of_a_finding_is_for_that_line_only() -> None:
    assert check(
        """\
        ALTER TABLE t
          bad, -- miglint: ignore[a]
          bad;
        """
    ) == ([(3, "a")], [])


def test_comments_on_a_line_and_on_its_statement_work_together() -> None:
    assert check(
        """\
        ALTER TABLE t -- miglint: ignore[a] the rest
          bad, -- miglint: ignore[a] this one
          bad;
        """
    ) == ([], [])


def test_a_comment_after_a_semicolon_on_its_own_line_belongs_to_the_statement() -> None:
    assert check("UPDATE t SET\n  bad\n-- so\n; -- miglint: ignore[a]\nbad;") == ([(5, "a")], [])


def test_a_comment_above_a_statement_hides_in_the_whole_statement() -> None:
    assert check(
        """\
        -- miglint: ignore[a]
        bad,
          bad,
          poor;
        bad;
        """
    ) == ([(4, "b"), (5, "a")], [])


def test_a_comment_above_a_line_of_a_statement_is_for_that_line() -> None:
    assert check(
        """\
        ALTER TABLE t
          -- miglint: ignore[a]
          bad,
          bad;
        """
    ) == ([(4, "a")], [])


def test_other_comments_may_stand_between_a_comment_and_its_statement() -> None:
    assert check("-- miglint: ignore[a]\n-- CreateIndex\n/* two\nlines */\nbad;") == ([], [])


def test_comments_above_a_statement_add_up() -> None:
    assert check("-- miglint: ignore[a]\n-- miglint: ignore[b]\nbad poor;") == ([], [])


def test_a_blank_line_ends_what_a_comment_reaches() -> None:
    assert check("-- miglint: ignore[a]\n\nbad;") == ([(3, "a")], ["a"])


def test_a_comment_below_the_last_statement_reaches_nothing() -> None:
    assert check("bad;\n-- miglint: ignore[a]\n") == ([(1, "a")], ["a"])


def test_a_trailing_comment_does_not_reach_the_next_line() -> None:
    assert check("SELECT 1; -- miglint: ignore[a]\nbad;") == ([(2, "a")], ["a"])


def test_a_comment_in_a_block_is_for_its_line() -> None:
    source = Source(
        "a.sql", "DO $$ BEGIN\n  bad;\n  -- miglint: ignore[a]\n  bad;\n  bad; -- miglint: ignore[a]\nEND $$;"
    )
    whole = Span(0, len(source.text) - 1)
    found = [diagnostic(source, "a", Span(*word.span()), whole) for word in re.finditer("bad", source.text)]
    applied = apply(found, {"a.sql": parse(source)}, ("a",))

    assert [d.suppressed for d in applied.diagnostics] == [None, "", ""]
    assert applied.unused == ()


def test_ignore_file_hides_in_the_whole_file() -> None:
    assert check("-- miglint: ignore-file[a] old\n\nbad;\n\nbad poor;") == ([(5, "b")], [])


def test_the_narrowest_comment_hides_and_the_wide_one_is_unused() -> None:
    assert check("-- miglint: ignore-file[a]\n\nbad; -- miglint: ignore[a]") == ([], ["a"])


def test_a_malformed_comment_hides_nothing() -> None:
    assert check("bad; -- miglint: ignore[a") == ([(1, "a")], [])
    assert check("bad; -- miglint: ignore-file[a]") == ([(1, "a")], [])


def test_unused_is_said_for_each_name_that_hid_nothing() -> None:
    assert check("bad; -- miglint: ignore[a, b]") == ([], ["b"])


def test_rules_that_did_not_run_are_not_unused() -> None:
    assert check("SELECT 1; -- miglint: ignore[a, b, unheard-of]", active=("b",)) == ([], ["b"])


def test_the_reason_goes_with_the_finding() -> None:
    source = Source("a.sql", "bad; -- miglint: ignore[a] nobody reads it")
    found = diagnostic(source, "a", Span(0, 3), Span(0, 3))

    assert apply([found], {"a.sql": parse(source)}, ("a",)).diagnostics[0].suppressed == "nobody reads it"


def test_a_finding_is_hidden_in_the_file_that_it_points_at() -> None:
    source = Source("a.sql", "bad; -- miglint: ignore[a]")
    other = Source("b.sql", "bad;")
    found = diagnostic(other, "a", Span(0, 3), Span(0, 3))
    elsewhere = found._replace(finding=found.finding._replace(source=source))
    applied = apply([found, elsewhere], {"a.sql": parse(source)}, ("a",))

    assert [d.suppressed for d in applied.diagnostics] == [None, ""]


def test_without_directives_the_findings_stay_as_they_are() -> None:
    found = diagnostic(Source("a.sql", "bad"), "a", Span(0, 3), Span(0, 3))

    assert apply([found], {}, ("a",)) == Applied((found,), ())


PIECES = st.sampled_from(
    (
        *("'", '"', "$$", "$a$", "E'", "\\", "--", "/*", "*/", "\n", "\r", ";", "[", "]", ",", "é", "x "),
        *("DO ", "CREATE FUNCTION ", "bad", "miglint:"),
        *("-- miglint: ignore[a]", "-- miglint: ignore-file[b] why"),
    )
)


@given(st.lists(PIECES).map("".join))
def test_any_text_can_be_read(text: str) -> None:
    source = Source("a.sql", text)
    found = [diagnostic(source, "a", Span(*w.span()), Span(0, len(text))) for w in re.finditer("bad", text)]
    read = parse(source)
    applied = apply(found, {"a.sql": read}, ("a", "b"))

    assert len(applied.diagnostics) == len(found)
    for directive in read:
        assert source[directive.span].startswith(("--", "/*", "miglint"))
        assert "\n" not in source[directive.span]
        assert [source[rule.span] for rule in directive.rules] == [rule.name for rule in directive.rules]


IN_XML = """<?xml version="1.0"?>
<databaseChangeLog>
<!-- miglint: ignore-file[a] it's all new -->
<changeSet id="don't">
  <!-- miglint: ignore[b] small -->
  <poor/>
  <sql>bad -- miglint: ignore[a] in SQL
  </sql> <!-- a comment -->
</changeSet>
"""
IN_YAML = """# miglint: ignore-file[a] it's all new
databaseChangeLog:
- changeSet:
    id: don't
    # miglint: ignore[b] small
    poor: {}
    sql: |
      bad -- miglint: ignore[a] in SQL
    none: "#miglint: ignore[b]"
"""


@pytest.mark.parametrize(("path", "text"), [("a.xml", IN_XML), ("a.yaml", IN_YAML), ("a.yml", IN_YAML)])
def test_a_changelog_has_comments_of_its_own(path: str, text: str) -> None:
    source = Source(path, text)
    found = parse(source)
    assert [(one.kind, one.reason, one.problem) for one in found] == [
        ("ignore-file", "it's all new", ""),
        ("ignore", "small", ""),
        ("ignore", "in SQL", ""),
    ]
    lines = text.splitlines()
    assert ["poor" in lines[one.line - 1] or "bad" in lines[one.line - 1] for one in found[1:]] == [
        True,
        True,
    ]
    for one in found:
        (rule,) = one.rules
        assert source[rule.span] == rule.name
