"""A changelog in XML, YAML or JSON as one kind of tree, in which each SQL text knows where it stands."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from miglint.model.source import Span
from miglint.tools._lazy import expression
from miglint.tools._scripts import blank


class Piece(NamedTuple):
    """Text as the server gets it, and the offset in the file at which it begins.

    It is never longer than what stands in the file in its place.
    """

    start: int
    text: str


class Node(NamedTuple):
    """An element of a changelog: a changeset, a change, a column.

    `pieces` are its own text; `attributes` what is written as `name="value"` or `name: value`.
    """

    name: str
    span: Span
    attributes: dict[str, str]
    children: list["Node"]
    pieces: list[Piece]

    def get(self, name: str) -> str:
        """Give an attribute, "" where it is not there."""
        return self.attributes.get(name, "")

    def all(self, *names: str) -> Iterator["Node"]:
        """Give the children of these names."""
        return (child for child in self.children if child.name in names)

    @property
    def text(self) -> str:
        """Its own text, without its place."""
        return "".join(piece.text for piece in self.pieces)


class Malformed(Exception):
    """A changelog that cannot be read: the reason, and the 1-based line."""

    def __init__(self, reason: str, line: int = 1) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


_BLANK = expression(r"\s")


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
