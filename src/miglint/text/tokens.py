"""The words, names, strings and signs of SQL text, whichever database it is for."""

from collections.abc import Iterator
from typing import NamedTuple

from miglint.text.lazy import expression
from miglint.text.sql import BLANKS, IN_WORD, LETTER, POSTGRES, Lexis, parts


class Token(NamedTuple):
    """A token; `text` is lower case for words, as written for the rest."""

    kind: str
    text: str
    start: int
    end: int


_PLAIN = expression(rf"(?P<word>{LETTER}{IN_WORD}*)|(?P<number>[0-9][A-Za-z0-9_.]*)|(?P<mark>[^{BLANKS}])")
_KINDS = {"body": "string"}


def tokens(text: str, start: int = 0, end: int | None = None, lexis: Lexis = POSTGRES) -> Iterator[Token]:
    """Give the tokens of a text that are neither space nor comment.

    Strings of every kind have the kind `string`, words `word`, quoted names `quoted`.
    """
    at = start
    end = len(text) if end is None else end
    for part in parts(text, start, end, lexis=lexis):
        yield from _plain(text, at, part.start)
        if part.kind not in ("comment", "block"):
            kind = _KINDS.get(part.kind, part.kind)
            yield Token(kind, text[part.start : part.end], part.start, part.end)
        at = part.end
    yield from _plain(text, at, end)


def words(text: str) -> tuple[str, ...]:
    """Give the text of each token, without its kind and place."""
    found: list[str] = []
    at = 0
    for part in parts(text):
        found += _plain_words(text, at, part.start)
        if part.kind not in ("comment", "block"):
            found.append(text[part.start : part.end])
        at = part.end
    found += _plain_words(text, at, len(text))
    return tuple(found)


def _plain_words(text: str, start: int, end: int) -> list[str]:
    return [
        found.group() if found.lastgroup == "number" else found.group().lower()
        for found in _PLAIN.finditer(text, start, end)
    ]


def _plain(text: str, start: int, end: int) -> Iterator[Token]:
    for found in _PLAIN.finditer(text, start, end):
        kind = found.lastgroup or "mark"
        word = found.group().lower() if kind == "word" else found.group()
        yield Token(kind, word, found.start(), found.end())
