"""Text in place of other text, at equal length, so that every offset stays."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from miglint.model.source import Span
from miglint.text.lazy import expression

_NOT_NEWLINE = expression(r"[^\n]+")
_BLANK = expression(r"\s")


class Piece(NamedTuple):
    """Text as the server gets it, and the offset in the file at which it begins.

    It is never longer than what stands in the file in its place.
    """

    start: int
    text: str


def blank(text: str) -> str:
    """Give spaces in place of a text, with its line breaks."""
    return _NOT_NEWLINE.sub(lambda run: " " * len(run.group()), text)


def only(text: str, spans: Iterable[Span]) -> str:
    """Give a text with everything outside these spans (in order) blank."""
    return "".join(_kept(text, spans))


def _kept(text: str, spans: Iterable[Span]) -> Iterator[str]:
    at = 0
    for span in spans:
        yield blank(text[at : span.start])
        yield text[span.start : span.end]
        at = span.end
    yield blank(text[at:])


def padded(text: str, spare: int) -> tuple[str, int]:
    """Put spare characters, those of an escape that is longer than its meaning, where a blank stands already.

    Gives what is left of them. Right after the escape they would tear `&lt;=` apart.
    """
    found = _BLANK.search(text) if spare else None
    return (text[: found.start()] + " " * spare + text[found.start() :], 0) if found else (text, spare)


def shortened(text: str, pattern: "re.Pattern[str]", meaning: Callable[["re.Match[str]"], str]) -> str:
    """Put what each match means in its place, at equal length: what that leaves over goes to the next blank.

    No meaning may be longer than what stands for it.
    """
    parts: list[str] = []
    at = spare = 0
    for found in pattern.finditer(text):
        before, spare = padded(text[at : found.start()], spare)
        means = meaning(found)
        if means.isspace():
            before, spare = before + " " * spare, 0
        parts += (before, means)
        spare += len(found.group()) - len(means)
        at = found.end()
    rest, spare = padded(text[at:], spare)
    return "".join(parts) + rest + " " * spare


def laid_out(text: str, span: Span, pieces: Iterable[Piece]) -> str | None:
    """Give the span of a text with the pieces in their order, each in its place, and the rest blank.

    Where there is no room, a piece comes later than its place, or earlier. None where they do not fit at all.
    """
    pieces = tuple(pieces)
    left = sum(len(piece.text) for piece in pieces)
    parts: list[str] = []
    at = span.start
    for start, piece in pieces:
        place = max(at, min(start, span.end - left))
        parts += (blank(text[at:place]), piece)
        at = place + len(piece)
        left -= len(piece)
    return None if at > span.end else "".join(parts) + blank(text[at : span.end])
