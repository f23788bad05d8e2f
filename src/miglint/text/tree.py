"""A document in XML, YAML or JSON as one kind of tree, in which each text knows where it stands."""

from collections.abc import Iterator
from typing import NamedTuple

from miglint.model.source import Span
from miglint.text.source_map import Piece

MAX_DEPTH = 100
"""Levels of a document: more than any has, and few enough to walk it by recursion."""


class Node(NamedTuple):
    """An element of XML, or a key of YAML and JSON with its value.

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
    """A document that cannot be read: the reason, and the 1-based line."""

    def __init__(self, reason: str, line: int = 1) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line
