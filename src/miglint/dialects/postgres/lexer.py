"""A small lexer for SQL text: enough to find statements' parts without being fooled by strings."""

import re
from collections.abc import Iterator
from typing import NamedTuple


class Token(NamedTuple):
    """A token; `text` is lower case for words, as written for the rest."""

    kind: str
    text: str
    start: int
    end: int


_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<comment>--[^\n]*)
  | (?P<block>/\*)
  | (?P<escape>[eE]'(?:[^'\\]|\\.|'')*(?:'|\Z))
  | (?P<string>(?:[bBxXnN]|[uU]&)?'(?:[^']|'')*(?:'|\Z))
  | (?P<quoted>(?:[uU]&)?"(?:[^"]|"")*(?:"|\Z))
  | (?P<dollar>\$(?:[^\W\d]\w*)?\$)
  | (?P<word>[^\W\d][\w$]*)
  | (?P<number>\d[\w.]*)
  | (?P<mark>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_BLOCK_MARK = re.compile(r"/\*|\*/")


def tokens(text: str, start: int = 0, end: int | None = None) -> Iterator[Token]:
    """Give the tokens of a text that are neither space nor comment.

    Strings of every kind have the kind `string`, words `word`, quoted names `quoted`.
    """
    for token in _all_tokens(text, start, len(text) if end is None else end):
        if token.kind not in ("space", "comment"):
            yield token


_LEADING = re.compile(r"(?:\s+|--[^\n]*)*")


def code_start(text: str, start: int, end: int) -> int:
    """Give where the first token that is neither space nor comment starts; `end` if there is none."""
    leading = _LEADING.match(text, start, end)
    start = leading.end() if leading else start
    if not text.startswith("/*", start):
        return start
    for token in _all_tokens(text, start, end):
        if token.kind not in ("space", "comment"):
            return token.start
    return end


def _all_tokens(text: str, start: int, end: int) -> Iterator[Token]:
    at = start
    while at < end:
        match = _TOKEN.match(text, at, end)
        if match is None:  # pragma: no cover - the last branch matches any character
            return
        kind = match.lastgroup or "mark"
        stop = match.end()
        if kind == "block":
            kind, stop = "comment", _block_end(text, stop, end)
        elif kind == "dollar":
            close = text.find(match.group(), stop, end)
            kind, stop = "string", end if close < 0 else close + len(match.group())
        elif kind == "escape":
            kind = "string"
        word = match.group().lower() if kind == "word" else text[at:stop]
        yield Token(kind, word, at, stop)
        at = stop


def _block_end(text: str, at: int, end: int) -> int:
    depth = 1
    while depth:
        mark = _BLOCK_MARK.search(text, at, end)
        if mark is None:
            return end
        depth += 1 if mark.group() == "/*" else -1
        at = mark.end()
    return at
