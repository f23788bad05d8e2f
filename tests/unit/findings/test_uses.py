"""What code still names of what a migration removes."""

import pytest

from miglint.findings.uses import spellings, with_uses
from miglint.model import Confidence, Diagnostic, Finding, Removed, Severity, Source, Span
from miglint.model.change import Code, CodeLine, CodeLines

NICK = Removed("column", "nick_name", "users")
NONE = CodeLines()
SOURCE = Source("1.sql", "x")


def diagnostic(*removes, suppressed=None):
    return Diagnostic(
        rule="dropped-column",
        category="data-loss",
        severity=Severity.ERROR,
        confidence=Confidence.HIGH,
        finding=Finding(Span(0, 1), "dropping it", help="drop it later", removes=removes),
        source=SOURCE,
        statement=Span(0, 1),
        migration="1",
        direction="up",
        fingerprint="",
        suppressed=suppressed,
    )


def lines(*places):
    return CodeLines(
        tuple(CodeLine(path, number, frozenset(words.split())) for path, number, words in places)
    )


def _of(code, words, files):
    """The lines with some of the words, of some files or of all."""
    wanted = [line._replace(words=line.words & set(words)) for line in code.lines]
    return code._replace(lines=tuple(one for one in wanted if one.words and (not files or one.path in files)))


def told(now, before=None, *removes, found=None):
    asked = []

    def look_up(words, files):
        asked.extend(words)
        return Code(_of(now, words, files), before and _of(before, words, files))

    (after,) = with_uses([found or diagnostic(*(removes or (NICK,)))], look_up, lambda _d, _r: False)
    return after, asked


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("full_name", {"full_name", "fullName", "FullName"}),
        ("fullName", {"full_name", "fullName", "FullName"}),
        ("userIDs", {"userIDs", "user_i_ds", "UserIDs"}),
        ("email", {"email", "Email"}),
        ("straße", {"straße"}),
        ("日本", {"日本"}),
        ("!", {"!"}),
    ],
)
def test_code_spells_a_name_in_its_own_way(name, expected):
    assert name in spellings(name)
    assert set(spellings(name)) >= (expected if name.isascii() and name != "userIDs" else {name})


def test_a_column_counts_where_its_table_is_named_in_the_same_file():
    after, asked = told(lines(("a.ts", 3, "nickName"), ("a.ts", 1, "User"), ("b.ts", 9, "nickName")))
    assert after.finding.help == "code still names nick_name in a.ts:3\ndrop it later"
    assert {"nick_name", "nickName", "NickName", "users", "user", "User"} <= set(asked)


def test_a_table_is_only_looked_for_where_a_column_is_named():
    lots = lines(*((f"{n}.ts", 1, "users") for n in range(9)), ("a.ts", 2, "nick_name"))
    after, asked = told(lots)
    assert after.finding.help == "drop it later"
    assert asked.index("nick_name") < asked.index("users")


def test_no_more_than_three_places_are_listed():
    after, _ = told(lines(*(("a.sql", n, "nick_name users") for n in range(1, 6))))
    assert "a.sql:1, a.sql:2, a.sql:3 and 2 more" in after.finding.help


def test_code_that_ran_before_the_change_runs_until_the_deploy_has_ended():
    after, _ = told(NONE, lines(("a.sql", 4, "nick_name users")))
    assert after.finding.help.startswith(
        "the code before this change, which runs until the deploy has ended,"
    )
    assert "a.sql:4" in after.finding.help
    assert after.confidence is Confidence.HIGH


def test_a_name_that_no_code_had_before_the_change_is_less_sure_to_break_something():
    after, _ = told(NONE, NONE)
    assert after.finding.help.startswith("no code under `code_paths` names it")
    assert after.confidence is Confidence.MEDIUM


@pytest.mark.parametrize(
    ("now", "before"), [(NONE, None), (CodeLines(cut=True), NONE), (NONE, CodeLines(cut=True))]
)
def test_nothing_is_said_where_it_is_not_known_what_code_named(now, before):
    after, _ = told(now, before)
    assert after == diagnostic(NICK)


def test_the_value_of_an_enum_is_looked_for_as_it_is():
    after, asked = told(lines(("a.ts", 2, "sad Mood")), None, Removed("value", "sad", "mood"))
    assert after.finding.help.startswith("code still names sad in a.ts:2")
    assert "Sad" not in asked


def test_nothing_is_looked_for_where_a_finding_is_hidden_or_removes_nothing():
    for found in (diagnostic(NICK, suppressed=""), diagnostic()):
        after, asked = told(NONE, NONE, found=found)
        assert (after, asked) == (found, [])


def test_what_has_the_name_again_is_what_code_means():
    found = diagnostic(NICK)
    assert with_uses([found], lambda _words, _files: Code(NONE, NONE), lambda _d, _r: True) == (found,)
