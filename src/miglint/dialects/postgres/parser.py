"""A script's text, cut into raw statements of the server's own parser, each in its place.

One bad statement costs one statement: when the whole text does not parse, it is cut where the client cuts it,
and each piece is parsed alone. Whatever of the text is in none of them is given as lost.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from miglint.dialects.postgres.lexer import pieces, scannable
from miglint.dialects.postgres.library import MAX_STATEMENT_BYTES, Node, SyntaxProblem, parse
from miglint.dialects.postgres.psql import sent
from miglint.model import Span
from miglint.text.lazy import expression
from miglint.text.sql import BLANKS, code_start

# Above this size statements are parsed one by one, so that only one tree is in memory at a time.
_WHOLE_TEXT_BYTES = 256 * 1024
_NOTHING = BLANKS + ";"
_LOST = "no statement contains this text, which is a bug in miglint"
# A comment in place of a schema, `/* schema */.users`: whoever runs the file writes a name over it.
_STAND_IN = expression(r"(?<![\w\"])/\*[^*/\n]{1,100}\*/\.(?=[\w\"])")


class Offsets:
    """Byte offsets of a text's UTF-8 form, turned into character offsets of the text."""

    __slots__ = ("_ends", "_extra")

    def __init__(self, text: str) -> None:
        # For each non-ASCII character: the byte offset after it, and how many bytes more than
        # characters stand before that point.
        self._ends: list[int] = []
        self._extra: list[int] = []
        if text.isascii():
            return
        surplus = 0
        for match in re.finditer(r"[^\x00-\x7f]", text):
            width = len(match.group().encode("utf-8", "surrogatepass"))
            self._ends.append(match.start() + surplus + width)
            surplus += width - 1
            self._extra.append(surplus)

    def character(self, byte: int) -> int:
        """Give the character offset of a byte offset."""
        if not self._ends:
            return byte
        at = bisect_right(self._ends, byte)
        return byte - (self._extra[at - 1] if at else 0)


class RawStatement(NamedTuple):
    """A parsed statement before lowering: the parser's node, or why there is none.

    `span` is in characters of the source; to `base`, in characters too, the node's locations are added, which
    are in bytes. `refused` is false for what the server may accept, and what only cannot be read here;
    `lost`: what should be a part of a statement and is of none.
    """

    span: Span
    kind: str = ""
    node: Node = {}
    base: int = 0
    offsets: Offsets | None = None
    reason: str = ""
    at: int | None = None
    refused: bool = True
    lost: bool = False

    def place(self, location: int) -> int:
        """Give the character offset in the source of a location in the node."""
        return (self.offsets.character(location) if self.offsets else location) + self.base


def statements(text: str, shift: int = 0, *, psql: bool = False) -> Iterator[RawStatement]:
    """Give the statements of a text in order; `shift` is where the text begins in its source.

    `psql`: the text goes through psql, which keeps its meta-commands to itself.
    Every character that is no comment, blank or semicolon, no command of psql and no row of a COPY stands in
    one of them.
    """
    given, gaps = sent(text, psql=psql)
    if not gaps:
        return _without_loss(given, shift)
    from heapq import merge

    unread = (RawStatement(_shifted(gap.span, shift), reason=gap.reason, refused=False) for gap in gaps)
    return merge(_without_loss(given, shift), unread, key=lambda raw: raw.span.start)


def _without_loss(text: str, shift: int) -> Iterator[RawStatement]:
    """Give the statements of a text, and in its place what is in none of them."""
    done = 0
    for raw in _statements(text, shift):
        yield from _lost(text, done, raw.span.start - shift, shift)
        yield raw
        done = max(done, raw.span.end - shift)
    yield from _lost(text, done, len(text), shift)


def _lost(text: str, start: int, end: int, shift: int) -> Iterator[RawStatement]:
    if not text[start:end].strip(_NOTHING):
        return
    span = _span(text, start, end)
    if span.start < span.end:
        yield RawStatement(_shifted(span, shift), reason=_LOST, refused=False, lost=True)


def _statements(text: str, shift: int) -> Iterator[RawStatement]:
    if len(text) <= _WHOLE_TEXT_BYTES:
        try:
            yield from _parsed(text, Span(0, len(text)), shift)
        except SyntaxProblem:
            pass
        else:
            return
    for piece in pieces(text):
        span = _span(text, *piece)
        if span.start == span.end:
            continue
        try:
            yield from _parsed(text, Span(span.start, piece.end), shift)
        except SyntaxProblem as problem:
            plain = _without_stand_ins(text[span.start : piece.end], span.start + shift)
            if plain is not None:
                yield from plain
                continue
            at = None
            if problem.at is not None:
                at = Offsets(text[span.start : piece.end]).character(problem.at) + span.start + shift
            yield RawStatement(_shifted(span, shift), reason=problem.message, at=at, refused=problem.refused)


def _without_stand_ins(piece: str, shift: int) -> list[RawStatement] | None:
    """Give the statements of a piece without comments that stand for a schema, if that is what it needs."""
    plain = _STAND_IN.sub(lambda found: " " * len(found[0]), piece) if "*/." in piece else piece
    if plain == piece:
        return None
    try:
        return list(_parsed(plain, Span(0, len(plain)), shift))
    except SyntaxProblem:
        return None


def _parsed(text: str, piece: Span, shift: int) -> Iterator[RawStatement]:
    """Give the statements of a piece. Raises SyntaxProblem, before the first of them."""
    part = scannable(text[slice(*piece)])
    data = part.encode("utf-8", "surrogatepass")
    if len(data) > MAX_STATEMENT_BYTES:
        megabytes = MAX_STATEMENT_BYTES // (1024 * 1024)
        raise SyntaxProblem(f"the statement is longer than {megabytes} MiB", None, refused=False)
    offsets = Offsets(part)
    for statement in parse(data):
        start = statement.get("stmt_location", 0)
        length = statement.get("stmt_len", 0) or len(data) - start
        span = _span(text, *(piece.start + offsets.character(at) for at in (start, start + length)))
        kind, node = next(iter(statement["stmt"].items()))
        yield RawStatement(_shifted(span, shift), kind, node, piece.start + shift, offsets)


def _span(text: str, start: int, end: int) -> Span:
    """Give what is left of a place without the comments, blanks and semicolons around."""
    start = code_start(text, start, end)
    while start < end and text[start] == ";":
        start = code_start(text, start + 1, end)
    return Span(start, start + len(text[start:end].rstrip(_NOTHING)))


def _shifted(span: Span, shift: int) -> Span:
    return Span(span.start + shift, span.end + shift)
