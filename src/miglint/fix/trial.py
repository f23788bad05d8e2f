"""Fixes on trial: a fix is offered only where the edited migration gives nothing new to report."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from itertools import accumulate

from miglint.model import Diagnostic, Edit, Script, Segment, Severity, Source, Span


def edits_of(found: Iterable[Diagnostic], script: Script) -> list[Edit]:
    """Give the edits of all fixes in a script, in order; of two that overlap, the first."""
    edits: list[Edit] = []
    for edit in sorted(
        {e for d in found if d.finding.fix and d.source is script.source for e in d.finding.fix.edits}
    ):
        if not edits or edits[-1].end <= edit.start:
            edits.append(edit)
    return edits


def edited(script: Script, edits: Sequence[Edit]) -> Script:
    """Give a script after edits; what a tool fills in stays as it is."""
    source = script.source
    segments: list[Segment] = []
    at = 0
    for edit in edits:
        segments += source.segments(Span(at, edit.start))
        segments.append(Segment(edit.text, *source.place(Span(edit.start, edit.end))))
        at = edit.end
    segments += source.segments(Span(at, len(source.sql)))
    span = Span(script.span.start, script.span.end + sum(map(_growth, edits)))
    return script._replace(source=Source.mapped(segments), span=span)


def _growth(edit: Edit) -> int:
    return len(edit.text) - (edit.end - edit.start)


def kept(
    found: Sequence[Diagnostic],
    before: Sequence[Diagnostic],
    after: Sequence[Diagnostic] | None,
    edits: Sequence[Edit],
) -> list[Diagnostic]:
    """Give what was found, without the fixes that a check of the edited script speaks against.

    `before` and `after` are what all rules say without and with the edits; None if that cannot be known.
    What speaks against a fix is its finding, if it stays, or a new one that is at least a warning: about the
    statement itself, or about one without a fix, such as a later use of what the fix leaves undone.
    """
    grown = [0, *accumulate(map(_growth, edits))]
    starts = [edit.start + sum_ for edit, sum_ in zip(edits, grown, strict=False)]

    def was_at(place: int) -> int:
        return place - grown[bisect_right(starts, place - 1)]

    known = {(d.rule, d.statement.start) for d in before}
    placed = [(d, was_at(d.statement.start)) for d in after or ()]
    left = {(d.rule, at) for d, at in placed}
    worse = [(d, at) for d, at in placed if d.severity >= Severity.WARNING and (d.rule, at) not in known]
    fixed = {d.statement.start for d in found if d.finding.fix}
    harmed = {at for _, at in worse}
    elsewhere = [d.finding.tables for d, at in worse if at not in fixed]
    concerned = {table for tables in elsewhere for table in tables}

    def stands(diagnostic: Diagnostic) -> bool:
        start, tables = diagnostic.statement.start, diagnostic.finding.tables
        if after is None or start in harmed or (diagnostic.rule, start) in left or () in elsewhere:
            return False
        # One that names no table may be about any.
        return not elsewhere or (bool(tables) and concerned.isdisjoint(tables))

    return [
        d if d.finding.fix is None or stands(d) else d._replace(finding=d.finding._replace(fix=None))
        for d in found
    ]
