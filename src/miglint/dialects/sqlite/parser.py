"""A script's text, cut into the statements that SQLite would run one after the other."""

from collections.abc import Iterator
from typing import NamedTuple

from miglint.model import Span
from miglint.text.sql import Lexis
from miglint.text.tokens import Token, tokens

# https://www.sqlite.org/lang_comment.html and https://www.sqlite.org/lang_keywords.html
LEXIS = Lexis(names='"`[', line_ends="\n", open_block=True, prefixes="[xX]")


class RawStatement(NamedTuple):
    """A statement as tokens, whose places are those of the source."""

    span: Span
    tokens: tuple[Token, ...]


def statements(text: str, shift: int = 0, *, psql: bool = False) -> Iterator[RawStatement]:
    """Give the statements of a text in order; `shift` is where the text begins in its source.

    A trigger's body has semicolons of its own: it ends with `; END`, as sqlite3_complete() has it.
    """
    found: list[Token] = []
    for token in tokens(text, lexis=LEXIS):
        if token.text == ";" and not (_is_trigger(found) and not _is_closed(found)):
            if found:
                yield _raw(found)
            found = []
        elif token.text != ";" or found:
            found.append(token._replace(start=token.start + shift, end=token.end + shift))
    if found:
        yield _raw(found)


def _raw(found: list[Token]) -> RawStatement:
    return RawStatement(Span(found[0].start, found[-1].end), tuple(found))


def _is_trigger(found: list[Token]) -> bool:
    words = [token.text for token in found[:3]]
    return words[:1] == ["create"] and "trigger" in words


def _is_closed(found: list[Token]) -> bool:
    return [token.text for token in found[-2:]] == [";", "end"]
