"""Where a finding stands, in lines and columns: the only module that turns offsets into places."""

from typing import NamedTuple

from miglint.model import Diagnostic, Related, Source, Span


class Place(NamedTuple):
    """A range of text: 1-based, columns in Unicode characters, `end_column` exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


def tight(source: Source, span: Span) -> Span:
    """Give the span without white space at its ends; a blank span shrinks to its start."""
    text = source[span]
    end = span.start + len(text.rstrip())
    start = span.start + len(text) - len(text.lstrip())
    return Span(start, end) if start < end else Span(span.start, span.start)


def place(source: Source, span: Span) -> Place:
    """Give the place of a span's text, white space at its ends left out."""
    return exact_place(source, tight(source, span))


def exact_place(source: Source, span: Span) -> Place:
    """Give the place of a span as it is."""
    start, end = source.position(span.start), source.position(span.end)
    return Place(start.line, start.column, end.line, end.column)


def source_of(diagnostic: Diagnostic) -> Source:
    """Give the source that a finding's span counts in."""
    return diagnostic.finding.source or diagnostic.source


def related_source(diagnostic: Diagnostic, related: Related) -> Source:
    """Give the source that a related span counts in: the finding's, if it names none."""
    return related.source or source_of(diagnostic)


def primary(diagnostic: Diagnostic) -> Place:
    """Give the place of a finding."""
    return place(source_of(diagnostic), diagnostic.finding.span)
