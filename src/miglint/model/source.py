"""Where text stands: a source, a span in it, and the line and column a person reads."""

import re
from bisect import bisect_right
from typing import NamedTuple


class Span(NamedTuple):
    """A range of characters in a source: `start` inclusive, `end` exclusive, both 0-based."""

    start: int
    end: int


class Position(NamedTuple):
    """A place as people count it: both 1-based, the column in Unicode characters."""

    line: int
    column: int


class Source:
    """The text of one file.

    `path` is what messages print: relative to the working directory, with `/`.
    `sql` is what the server gets of it, in its place: of the same length as `text`, with the rest blank.
    Templates are filled in there, and comments that the migration tool takes for SQL are SQL.
    `marked`: a byte order mark stood before the text.
    """

    __slots__ = ("_starts", "marked", "path", "sql", "text")

    def __init__(self, path: str, text: str, sql: str | None = None, *, marked: bool = False) -> None:
        self.marked = marked
        self.path = path
        self.text = text
        self.sql = text if sql is None else sql
        self._starts: list[int] | None = None

    def shown(self, span: Span) -> str:
        """Give SQL as people know it: as it is written, or as the tool makes it of what is no SQL itself."""
        return (self.sql if self._is_made else self.text)[span.start : span.end]

    @property
    def _is_made(self) -> bool:
        return self.path.lower().endswith((".xml", ".yaml", ".yml", ".json", ".py"))

    def placeholders(self) -> dict[str, str]:
        """Give what is written where the server gets another word, by that word and as it folds it."""
        if self.sql is self.text or self._is_made:
            return {}
        words = ((word.group(), self.text[slice(*word.span())]) for word in re.finditer(r"\w+", self.sql))
        filled = [(word, text) for word, text in words if word != text]
        return {form: text for word, text in filled for form in (word.lower(), word)}

    @property
    def _line_starts(self) -> list[int]:
        if self._starts is None:
            starts = [0]
            at = self.text.find("\n")
            while at != -1:
                starts.append(at + 1)
                at = self.text.find("\n", at + 1)
            self._starts = starts
        return self._starts

    def position(self, offset: int) -> Position:
        """Give the line and column of a character offset."""
        line = bisect_right(self._line_starts, offset)
        return Position(line, offset - self._line_starts[line - 1] + 1)

    def line(self, number: int) -> str:
        """Give the text of a 1-based line without its line break."""
        start = self._line_starts[number - 1]
        end = self._line_starts[number] if number < len(self._line_starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")

    def __getitem__(self, span: Span) -> str:
        return self.text[span.start : span.end]
