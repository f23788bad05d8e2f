"""SQL that is made of pieces of a file, with the way back to each of them."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from miglint.model.source import Segment, Source, Span
from miglint.text.layout import blank


class Piece(NamedTuple):
    """SQL for a span of a file: what it says there, or what is `made` of it and of more that stands in it."""

    span: Span
    text: str
    made: bool = False


def pieces_of(
    text: str, start: int, pattern: "re.Pattern[str]", meaning: Callable[["re.Match[str]"], str]
) -> Iterator[Piece]:
    """Give a text that begins at `start` in its file, with what each match of the pattern means."""
    at = 0
    for found in pattern.finditer(text):
        if at < found.start():
            yield Piece(Span(start + at, start + found.start()), text[at : found.start()])
        yield Piece(Span(start + found.start(), start + found.end()), meaning(found))
        at = found.end()
    if at < len(text):
        yield Piece(Span(start + at, start + len(text)), text[at:])


def replaced(source: Source, pattern: "re.Pattern[str]", meaning: Callable[["re.Match[str]"], str]) -> Source:
    """Put what each match in the SQL means in its place, at any length."""
    parts: list[Segment] = []
    at = 0
    for found in pattern.finditer(source.sql):
        own = Span(*found.span())
        parts += source.segments(Span(at, own.start))
        parts.append(Segment(meaning(found), *source.place(own)))
        at = own.end
    return Source.mapped((*parts, *source.segments(Span(at, len(source.sql))))) if parts else source


# Properties and aliases of YAML can make a short text say the same again and again.
_MOST_TIMES = 10
_MOST_MORE = 2_000


def laid_out(file: Source, span: Span, pieces: Iterable[Piece]) -> Source | None:
    """Give the pieces in their order as the SQL of a span of a file, which keeps its layout around them.

    What is made comes where it has room: in its place, or later, or earlier. If there is none, or other
    pieces have gone past its place, it stands for all that it is made of.
    None where the SQL is more than ten times as long as the span.
    """
    pieces = tuple(pieces)
    length = sum(len(piece.text) for piece in pieces)
    if length > _MOST_TIMES * (span.end - span.start) + _MOST_MORE:
        return None
    return Source.mapped(_segments(file, span, pieces))


def _segments(file: Source, span: Span, pieces: tuple[Piece, ...]) -> Iterator[Segment]:
    at = furthest = span.start
    left = sum(len(piece.text) for piece in pieces)

    def gap(end: int) -> Iterator[Segment]:
        if at < end:
            own = Span(at, end)
            yield Segment(blank(file[own]), file, own)

    for piece in pieces:
        is_within = span.start <= piece.span.start and piece.span.end <= span.end
        place = max(at, min(piece.span.start, span.end - left))
        end = place + len(piece.text)
        if is_within and piece.span.start < piece.span.end <= furthest:
            yield Segment(piece.text, file, piece.span)
        elif is_within and not piece.made:
            yield from gap(piece.span.start)
            yield Segment(piece.text, file, piece.span)
            at = max(at, piece.span.end)
        elif end <= span.end:
            yield from gap(place)
            yield Segment(piece.text, file, Span(place, end))
            at = end
        else:
            yield Segment(piece.text, file, piece.span if is_within else span)
        left -= len(piece.text)
        furthest = max(furthest, piece.span.start)
    yield from gap(span.end)
    if span.start == span.end:
        yield Segment("", file, span)
