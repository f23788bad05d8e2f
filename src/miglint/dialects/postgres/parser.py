"""A script's text, cut into raw statements of the server's own parser, each in its place.

One bad statement costs one statement: when the whole text does not parse, the server's scanner
splits it and each piece is parsed alone.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from miglint.dialects.postgres.lexer import code_start
from miglint.dialects.postgres.library import (
    MAX_STATEMENT_BYTES,
    Node,
    Piece,
    SyntaxProblem,
    parse,
    split,
)
from miglint.model import Span

# Above this size statements are parsed one by one, so that only one tree is in memory at a time.
_WHOLE_TEXT_BYTES = 256 * 1024

_META_COMMAND = re.compile(r"^\\(?![.]).*$", re.MULTILINE)
_OTHER_FILE = re.compile(r"^(\\(?:i|ir|include|include_relative|c|connect))(?=[ \t\r\n]|\Z).*$", re.MULTILINE)
_COPY_FROM_STDIN = re.compile(
    r"^[ \t]*COPY\b[^;]*?\bFROM\s+STDIN\b[^;]*;[^\n]*\n(?P<data>.*?^\\\.[ \t]*\r?$|.*\Z)",
    re.IGNORECASE | re.MULTILINE | re.DOTALL,
)


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
            width = len(match.group().encode("utf-8"))
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

    `span` is in characters of the source; `base` is the byte to which the node's locations count.
    `refused` is false for what the server may accept, and what only cannot be read here.
    """

    span: Span
    kind: str = ""
    node: Node = {}
    base: int = 0
    offsets: Offsets | None = None
    shift: int = 0
    reason: str = ""
    at: int | None = None
    refused: bool = True

    def place(self, location: int) -> int:
        """Give the character offset in the source of a location in the node."""
        byte = self.base + location
        return (self.offsets.character(byte) if self.offsets else byte) + self.shift


def statements(text: str, shift: int = 0, *, psql: bool = False) -> Iterator[RawStatement]:
    """Give the statements of a text in order; `shift` is where the text begins in its source.

    `psql`: the text goes through psql, which keeps its meta-commands to itself.
    """
    clean = _without_copied_rows(text)
    if psql and "\\" in clean:
        for found in _OTHER_FILE.finditer(clean):
            span = Span(found.start() + shift, found.end() + shift)
            yield RawStatement(span, reason=f"{found[1]} goes on elsewhere: not read", refused=False)
        clean = _META_COMMAND.sub(lambda m: _blank(m.group()), clean)
    data = clean.encode("utf-8", "surrogatepass")
    offsets = Offsets(clean)
    if len(data) <= _WHOLE_TEXT_BYTES:
        try:
            nodes = parse(data)
        except SyntaxProblem:
            pass
        else:
            for node in nodes:
                start = node.get("stmt_location", 0)
                length = node.get("stmt_len", 0) or len(data) - start
                yield _raw(clean, offsets, node["stmt"], Piece(start, length), 0, shift)
            return
    yield from _one_by_one(clean, data, offsets, shift)


def _one_by_one(text: str, data: bytes, offsets: Offsets, shift: int) -> Iterator[RawStatement]:
    pieces, rest = _pieces(data)
    done = 0
    for piece in pieces:
        # The scanner leaves out pieces without any keyword.
        yield from _parse_piece(text, data, offsets, Piece(done, piece.start - done), shift)
        yield from _parse_piece(text, data, offsets, piece, shift)
        done = piece.start + piece.length
    if rest is None:
        yield from _parse_piece(text, data, offsets, Piece(done, len(data) - done), shift)
    if rest is not None:
        start, problem = rest
        span = _span(text, offsets, Piece(start, len(data) - start), shift)
        at = offsets.character(problem.at) + shift if problem.at is not None else None
        if span.start == span.end and at is not None:
            # A comment that never ends is all there is.
            span = Span(at, max(at + 1, shift + len(text.rstrip())))
        yield RawStatement(span, reason=problem.message, at=at, refused=problem.refused)


def _pieces(data: bytes) -> tuple[list[Piece], tuple[int, SyntaxProblem] | None]:
    """Split; where a string never ends, give the pieces before it, and where the rest starts."""
    try:
        return split(data), None
    except SyntaxProblem as problem:
        stop = problem.at if problem.at is not None else 0
        try:
            pieces = split(data[:stop])
        except SyntaxProblem:
            pieces = []
        # The piece that the open string belongs to has no semicolon yet.
        closed = [p for p in pieces if data[p.start + p.length : p.start + p.length + 1] == b";"]
        start = closed[-1].start + closed[-1].length + 1 if closed else 0
        return closed, (start, problem)


def _parse_piece(
    text: str, data: bytes, offsets: Offsets, piece: Piece, shift: int
) -> Iterator[RawStatement]:
    span = _span(text, offsets, piece, shift)
    if span.start == span.end:
        return
    if piece.length > MAX_STATEMENT_BYTES:
        megabytes = MAX_STATEMENT_BYTES // (1024 * 1024)
        yield RawStatement(span, reason=f"the statement is longer than {megabytes} MiB", refused=False)
        return
    try:
        nodes = parse(data[piece.start : piece.start + piece.length])
    except SyntaxProblem as problem:
        at = offsets.character(piece.start + problem.at) + shift if problem.at is not None else None
        yield RawStatement(span, reason=problem.message, at=at, refused=problem.refused)
        return
    for node in nodes:
        yield _raw(text, offsets, node["stmt"], piece, piece.start, shift)


def _raw(text: str, offsets: Offsets, stmt: Node, piece: Piece, base: int, shift: int) -> RawStatement:
    kind, node = next(iter(stmt.items()))
    return RawStatement(_span(text, offsets, piece, shift), kind, node, base, offsets, shift)


def _span(text: str, offsets: Offsets, piece: Piece, shift: int) -> Span:
    start = offsets.character(piece.start)
    end = offsets.character(piece.start + piece.length)
    start = code_start(text, start, end)
    while start < end and text[start] == ";":
        start = code_start(text, start + 1, end)
    while end > start and (text[end - 1].isspace() or text[end - 1] == ";"):
        end -= 1
    return Span(start + shift, end + shift)


def _without_copied_rows(text: str) -> str:
    """Replace the rows that follow COPY FROM STDIN with spaces of the same length: the offsets stay."""
    if "\\" not in text:
        return text
    return _COPY_FROM_STDIN.sub(
        lambda m: m.group()[: m.start("data") - m.start()] + _blank(m.group("data")), text
    )


def _blank(text: str) -> str:
    return re.sub(r"[^\n]", " ", text)
