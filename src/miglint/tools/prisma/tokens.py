"""The tokens of a Prisma schema.

Source of the grammar: prisma-engines, psl/schema-ast/src/parser/datamodel.pest.
"""

import re
from typing import NamedTuple

from miglint.text.lazy import expression
from miglint.text.possessive import possessive

NEWLINE = "newline"
STRING = "string"
WORD = "word"
MARK = "mark"
END = "end"

# White space is the Unicode category Zs and the tab; a newline ends a field. The engine refuses a byte
# order mark, and a block comment in the middle of a field; both are passed over here.
_SPACE = "[\\t \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\ufeff]"

# Every attempt matches, and no repetition can begin where another one stopped: the time is linear.
# Identifiers may begin with a digit, so whole numbers are words.
_TOKEN = possessive(
    rf"""(?x)(?:{_SPACE}++|//[^\r\n]*+|/\*(?s:.*?)(?:\*/|\Z))*+
         (?:(?P<word>-?\w[\w-]*+)
           |(?P<mark>@@?|[\[\]{{}}(),:?!=.])
           |(?P<newline>\r\n|\n|\r)
           |(?P<string>"(?:[^"\\\x00-\x1f]++|\\[^\x00-\x1f])*+")
           |(?P<end>\Z)
           |(?P<broken>"[^\r\n]*+|.))"""
)
_ESCAPE = expression(r"\\(?:u([0-9a-fA-F]{4})|(.))")
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}


class Token(NamedTuple):
    """A token, its text as written, and where it stands."""

    kind: str
    text: str
    start: int
    end: int


def tokenize(text: str) -> list[Token]:
    """Cut a schema into tokens, comments and white space left out; the last one is END."""
    found: list[Token] = []
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or END
        start, end = match.span(kind)
        found.append(Token(kind, text[start:end], start, end))
        if kind == END:
            break
    return found


def unquoted(literal: str) -> str:
    """Give what a string literal means: JSON's escapes, surrogate pairs included."""
    content = literal[1:-1]
    if "\\" not in content:
        return content
    value = _ESCAPE.sub(_unescaped, content)
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _unescaped(match: re.Match[str]) -> str:
    code, character = match.groups()
    return chr(int(code, 16)) if code else _ESCAPED.get(character, character)
