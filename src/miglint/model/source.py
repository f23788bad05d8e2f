"""Where SQL stands: a source, a span in it, its place in a file, and the line and column a person reads."""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import NamedTuple


class Span(NamedTuple):
    """A range of characters in a source: `start` inclusive, `end` exclusive, both 0-based."""

    start: int
    end: int


class Position(NamedTuple):
    """A place as people count it: both 1-based, the column in Unicode characters."""

    line: int
    column: int


class InFile(NamedTuple):
    """A span of a file's text."""

    file: "Source"
    span: Span


class Segment(NamedTuple):
    """Characters of SQL, and the span of a file that they come from.

    As many as the span has stand for its characters one by one, fewer or more for all of it.
    """

    text: str
    file: "Source"
    span: Span

    @property
    def is_even(self) -> bool:
        """Tell whether each character has a place of its own."""
        return len(self.text) == self.span.end - self.span.start


class _Laid(NamedTuple):
    """Where a segment is in the SQL, and what it comes from."""

    start: int
    end: int
    file: "Source"
    span: Span

    @property
    def is_even(self) -> bool:
        return self.end - self.start == self.span.end - self.span.start

    def place(self, span: Span) -> Span:
        """Give the part of the file that a span of the SQL has in this segment."""
        if not self.is_even:
            return self.span
        shift = self.span.start - self.start
        return Span(*(min(max(at, self.start), self.end) + shift for at in span))


class Source:
    """SQL, and the file that people edit.

    `path` is what messages print: relative to the working directory, with `/`; `text` is the file's;
    `marked`: a byte order mark stood before it.
    `sql` is what the server gets: of a file of SQL its text. Other SQL is `mapped`: it can be of any length,
    and from any places of one or several files, and is known by the file of its first segment.
    Statements, operations and findings have their spans in `sql`; `place` leads from there to the file.
    """

    __slots__ = ("_laid", "_starts", "marked", "path", "sql", "text")

    def __init__(self, path: str, text: str, *, marked: bool = False) -> None:
        self.marked = marked
        self.path = path
        self.text = text
        self.sql = text
        self._laid: tuple[_Laid, ...] = ()
        self._starts: list[int] | None = None

    @staticmethod
    def mapped(segments: Iterable[Segment]) -> "Source":
        """Give SQL that is made of segments, one at least."""
        joined = list(_joined(segments))
        file = joined[0].file
        source = Source(file.path, file.text, marked=file.marked)
        source.sql = "".join(one.text for one in joined)
        ends = list(accumulate(len(one.text) for one in joined))
        source._laid = tuple(
            _Laid(end - len(one.text), end, one.file, one.span) for one, end in zip(joined, ends, strict=True)
        )
        return source

    def filled(self, sql: str) -> "Source":
        """Give the source with other words in its SQL, at the same length."""
        if sql == self.sql:
            return self
        source = Source(self.path, self.text, marked=self.marked)
        source.sql = sql
        source._laid = self._laid or (_Laid(0, len(sql), self, Span(0, len(sql))),)
        return source

    @property
    def files(self) -> tuple["Source", ...]:
        """The files that it comes from."""
        return tuple(dict.fromkeys(one.file for one in self._laid)) or (self,)

    def place(self, span: Span) -> InFile:
        """Give what a span of the SQL covers of the file in which it begins."""
        if not self._laid:
            return InFile(self, span)
        first = max(bisect_right(self._laid, span.start, key=_start) - 1, 0)
        last = max(bisect_left(self._laid, span.end, key=_start), first + 1)
        file = self._laid[first].file
        parts = [one.place(span) for one in self._laid[first:last] if one.file is file]
        return InFile(file, Span(min(part.start for part in parts), max(part.end for part in parts)))

    def segments(self, span: Span) -> Iterator[Segment]:
        """Give the segments that a span of the SQL is made of."""
        if not self._laid:
            yield Segment(self.sql[span.start : span.end], self, span)
        for one in self._laid:
            own = Span(max(span.start, one.start), min(span.end, one.end))
            if own.start < own.end:
                yield Segment(self.sql[own.start : own.end], one.file, one.place(own))

    def is_literal(self, span: Span) -> bool:
        """Tell whether a span of the SQL stands in the file as it is, so that it can be edited there."""
        return self[span] == self.sql[span.start : span.end]

    def shown(self, span: Span) -> str:
        """Give SQL as people know it: as it is written, or as the tool makes it of what is no SQL itself."""
        return self.sql[span.start : span.end] if self._is_made else self[span]

    @property
    def _is_made(self) -> bool:
        return self.path.lower().endswith((".xml", ".yaml", ".yml", ".json", ".py"))

    def placeholders(self) -> dict[str, str]:
        """Give what is written where the server gets another word, by that word and as it folds it."""
        if self.sql is self.text or self._is_made:
            return {}
        evens = (one for one in self.segments(Span(0, len(self.sql))) if one.is_even)
        pairs = ((sql, file[span]) for sql, file, span in evens)
        filled = [
            (word.group(), text[slice(*word.span())])
            for sql, text in pairs
            if sql != text
            for word in re.finditer(r"\w+", sql)
        ]
        return {form: text for word, text in filled if word != text for form in (word.lower(), word)}

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
        """Give the line and column of a character of the file."""
        line = bisect_right(self._line_starts, offset)
        return Position(line, offset - self._line_starts[line - 1] + 1)

    def line(self, number: int) -> str:
        """Give the text of a 1-based line of the file without its line break."""
        start = self._line_starts[number - 1]
        end = self._line_starts[number] if number < len(self._line_starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")

    def __getitem__(self, span: Span) -> str:
        """Give what is written in the file where a span of the SQL comes from."""
        file, place = self.place(span)
        return file.text[place.start : place.end]


def _start(one: _Laid) -> int:
    return one.start


def _joined(segments: Iterable[Segment]) -> Iterator[Segment]:
    """Put together what goes on in the file as it does in the SQL, and leave out what is empty."""
    group: list[Segment] = []
    for one in segments:
        if not group:
            group = [one]
        elif one.text:
            if not _goes_on(group[-1], one):
                yield _whole(group)
                group.clear()
            group.append(one)
    if group:
        yield _whole(group)


def _goes_on(one: Segment, after: Segment) -> bool:
    is_next = one.file is after.file and one.span.end == after.span.start
    return is_next and one.is_even and after.is_even


def _whole(group: list[Segment]) -> Segment:
    first, last = group[0], group[-1]
    return Segment("".join(one.text for one in group), first.file, Span(first.span.start, last.span.end))
