"""What databases take for comments, strings and quoted names."""

import pytest

from miglint.text.sql import POSTGRES, Lexis, blanked, code_start, parts
from miglint.text.tokens import tokens

SQLITE = Lexis(names='"`[', line_ends="\n", open_block=True)
MYSQL = Lexis(names='"`', hash=True, line_ends="\n", backslash="all")
PLAIN = Lexis()


def found(text: str, lexis: Lexis) -> list[tuple[str, str]]:
    return [(part.kind, text[part.start : part.end]) for part in parts(text, lexis=lexis)]


@pytest.mark.parametrize(
    ("text", "lexis", "expected"),
    [
        ("a `b;c` d", SQLITE, [("quoted", "`b;c`")]),
        ("a `b``c` d", SQLITE, [("quoted", "`b``c`")]),
        ("a `b` d", POSTGRES, []),
        ("a [b;'c] d", SQLITE, [("quoted", "[b;'c]")]),
        ("a[1] 'x'", POSTGRES, [("string", "'x'")]),
        ("a # b\nc", MYSQL, [("comment", "# b")]),
        ("a # b\nc", SQLITE, []),
        ("-- a\rb\nc", SQLITE, [("comment", "-- a\rb")]),
        ("-- a\rb\nc", POSTGRES, [("comment", "-- a")]),
        ("/* a /* b */ c", SQLITE, [("block", "/* a /* b */")]),
        ("/* a /* b */ c */ d", POSTGRES, [("block", "/* a /* b */ c */")]),
        (r"'a\' b'", MYSQL, [("string", r"'a\' b'")]),
        (r"'a\' b", PLAIN, [("string", r"'a\'")]),
        (r"E'a\' b'", POSTGRES, [("string", r"E'a\' b'")]),
        (r"E'a\' b", PLAIN, [("string", r"'a\'")]),
        ("$x$ ; $x$", POSTGRES, [("body", "$x$ ; $x$")]),
        ("$x$ ; $x$", SQLITE, []),
    ],
)
def test_what_is_no_plain_sql(text, lexis, expected):
    assert found(text, lexis) == expected


@pytest.mark.parametrize(("lexis", "closed"), [(SQLITE, True), (POSTGRES, False)])
def test_a_comment_that_never_ends(lexis, closed):
    (part,) = parts("/* a", lexis=lexis)

    assert part.closed is closed


def test_code_starts_behind_the_comments_of_the_database():
    assert code_start("# a\nb", 0, 5, MYSQL) == 4
    assert code_start("# a\nb", 0, 5, SQLITE) == 0


def test_names_are_blank_and_tokens_are_whole():
    assert blanked("drop [a b]", SQLITE) == "drop      "
    assert [token.text for token in tokens("DROP `a b`;", lexis=SQLITE)] == ["drop", "`a b`", ";"]
