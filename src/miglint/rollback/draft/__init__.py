"""A draft of the way back: the steps that undo a script, out of the schemas around each of its operations."""

from collections.abc import Iterable, Iterator
from typing import Any, Literal, NamedTuple

from miglint.dialects.dialect import Dialect
from miglint.dialects.sql.replay.before_history import noted
from miglint.dialects.sql.words import NotSpelled
from miglint.model import (
    FailureCause,
    FrozenMap,
    Insert,
    Name,
    Operation,
    Rollback,
    Schema,
    Span,
    Version,
)
from miglint.model.remedy import Do, Given, RemedyStep, Say
from miglint.rollback.draft import rows, unseen
from miglint.rollback.draft.between import way
from miglint.rollback.draft.columns import CONVERSION, FILL
from miglint.rollback.draft.copies import copies
from miglint.rollback.draft.enums import IN_USE
from miglint.rollback.draft.inserted import deleted
from miglint.rollback.draft.late import Late, late
from miglint.rollback.draft.plan import Lost, Planned
from miglint.rollback.draft.proof import Proof, proved
from miglint.rollback.draft.renamed import renamed_back
from miglint.rollback.draft.simpler import simpler
from miglint.rollback.draft.text import text_of
from miglint.rollback.draft.world import World
from miglint.simulate import Start
from miglint.simulate.trace import Record, Trace

__all__ = ["REFUSED", "Draft", "Gap", "draft", "draft_release", "text_of"]

REFUSED = "a statement of the draft"
"""What a gap calls a statement of the draft itself that a server would not take."""
GapKind = Literal["schema", "rows", "fill", "note"]


class Gap(NamedTuple):
    """What a draft does not bring back: what it is, and why; `span` is the statement of the way up.

    `kind`: a part of the schema, rows and values, what people have to `fill` in the draft before it runs on a
    table with rows, or a `note` on what makes no difference.
    """

    what: str
    why: str
    kind: GapKind = "schema"
    span: Span | None = None

    def __str__(self) -> str:
        return f"{self.what}: {self.why}"


class Draft(NamedTuple):
    """The steps back, in order, and what they do not bring back."""

    steps: tuple[RemedyStep, ...] = ()
    gaps: tuple[Gap, ...] = ()

    @property
    def restores_schema(self) -> bool:
        """Whether nothing of the schema is known to stay different."""
        return not any(gap.kind == "schema" for gap in self.gaps)


class _Segment(NamedTuple):
    """A stretch of a script between two schemas, and the operations in it."""

    then: Schema
    now: Schema
    records: tuple[Record, ...]


def draft(
    up: Trace, before: Schema, dialect: Dialect, *, outside: bool = False, version: Version | None = None
) -> Draft:
    """Give the steps that undo a script; `outside`: they run outside a transaction."""
    drafting = _Drafting(up, before, dialect, version or dialect.assumed_version, outside=outside)
    return drafting.draft()


def draft_release(
    ups: Iterable[tuple[Trace, Schema]],
    dialect: Dialect,
    *,
    outside: bool = False,
    version: Version | None = None,
) -> Draft:
    """Give the steps that undo several scripts, the last one first, each with the schema before it."""
    steps: list[RemedyStep] = []
    gaps: list[Gap] = []
    for up, before in reversed([*ups]):
        made = draft(up, before, dialect, outside=outside, version=version)
        if made.steps:
            steps += (Say(f"undoes {up.script.source.path}"), *made.steps)
        gaps += made.gaps
    return Draft(tuple(steps), tuple(gaps))


class _Drafting:
    """A draft in the making."""

    def __init__(
        self, up: Trace, before: Schema, dialect: Dialect, version: Version, *, outside: bool
    ) -> None:
        self.up = up
        self.before = before
        self.dialect = dialect
        self.version = version
        self.copies = copies(up.records)
        self.world = World(
            dialect.apply,
            self._refuses,
            set(),
            dialect.session.private_schemas,
            outside=outside,
            copies=self.copies,
        )
        self.late = Late()
        self.stays = False
        self.older = unseen.older(before)
        self.gaps: list[Gap] = []

    def draft(self) -> Draft:
        segments = [_learned(segment) for segment in _segments(self.up, self.before)]
        self.late = late((each.now, each.then) for each in segments if not _is_renaming(each))
        bare = self.late.without(self.up.schema, self.world), self.late.without(self.before, self.world)
        steps = self._way(self.up.schema, bare[0], None)
        for segment in reversed(segments):
            steps += self._back(segment)
        steps += self._way(bare[1], self.before, None)
        steps = self._spelled(steps)
        proof = self._proved(steps)
        shorter = simpler(steps, self.up.schema, self.dialect.apply)
        if shorter != steps and (again := self._proved(shorter)).is_no_worse(proof):
            steps, proof = shorter, again
        if not proof.holds:
            more = self._repaired(steps, proof)
            steps, proof = more if more is not None else (steps, proof)
        self._left(proof)
        return Draft(
            tuple(steps), tuple({(gap.what, gap.why): gap for gap in reversed(self.gaps)}.values())[::-1]
        )

    def _refuses(self, operation: Operation, schema: Schema) -> bool:
        effects = self.dialect.effects(operation, schema, self.up.session, self.version, (operation,))
        return any(f.certain and f.cause is FailureCause.CAST for f in effects.failures)

    def _back(self, segment: _Segment) -> list[RemedyStep]:
        operation = segment.records[-1].operation
        span = operation.span
        for record in segment.records:
            listed = deleted(record, self.dialect) if record.session.was_there(_table_of(record)) else ""
            listed = "" if listed and self._are_referenced(record) else listed
            self._rows(record, listed)
            if listed and len(segment.records) == 1:
                return [Given(listed)]
        for number in segment.now.doubts.changed(segment.then.doubts):
            words = segment.now.doubts.get(number)
            if words is not None:
                self.gaps.append(Gap(words, "it is not known, and so not undone", "schema", span))
        untold = self._untold(segment)
        if untold is not None:
            self.stays = True
            self.gaps.append(_gap(untold, span))
        if untold is not None or _is_same(segment.now, segment.then):
            return []
        if _is_renaming(segment):
            back = renamed_back(operation)
            return [Do((back,))] if back is not None and not self.late.names(operation) else []
        if len(segment.records) > 1 and any(renamed_back(each.operation) for each in segment.records):
            reason = "it is only made in a branch: look whether the draft drops what has its new name"
            self.gaps.append(Gap("a renaming", reason, "schema", span))
        now, then = (self.late.without(schema, self.world) for schema in (segment.now, segment.then))
        return self._way(now, then, span)

    def _are_referenced(self, record: Record) -> bool:
        """Whether rows that refer to those of an INSERT may stay, so that these cannot go."""
        table = record.schema.table(_table_of(record))
        readers = table.referenced_by if table is not None else ()
        return any(
            isinstance(each.operation, Insert)
            and each.operation.table in readers
            and not deleted(each, self.dialect)
            for each in self.up.records
        )

    def _untold(self, segment: _Segment) -> Lost | None:
        """Say what the history does not tell of what an operation has made or taken away."""
        if len(segment.records) > 1:
            return None
        if _is_same(segment.now, segment.then):
            return unseen.taken(segment.records[0])
        return unseen.perhaps_there(segment.records[0], self.older) if self.older else None

    def _rows(self, record: Record, listed: str) -> None:
        """Say what becomes of rows, but for those that have a copy."""
        columns, tables = self.copies
        copied = {f"values of {table.display}.{column}" for table, column in columns}
        copied |= {f"rows of {table.display}" for table in tables}
        for lost in (*rows.undone(record, listed=bool(listed)), *rows.falls(record)):
            if lost.object not in copied:
                self.gaps.append(Gap(lost.object, lost.reason, "rows", record.operation.span))

    def _way(self, now: Schema, then: Schema, span: Span | None) -> list[RemedyStep]:
        if now is then:
            return []
        found = way(now, then, self.world)
        self.gaps += (_gap(each, span) for each in found if isinstance(each, Lost))
        return [each.step for each in found if isinstance(each, Planned)]

    def _spelled(self, steps: list[RemedyStep]) -> list[RemedyStep]:
        """Leave out what no SQL can be written for."""
        return [step for step in steps if self._is_spelled(step)]

    def _is_spelled(self, step: RemedyStep) -> bool:
        """Whether SQL can be written for a step; where not, the proof says what is missing."""
        if not isinstance(step, Do):
            return True
        try:
            return bool(self.dialect.write(*step.operations))
        except NotSpelled:
            return False

    def _proved(self, steps: list[RemedyStep]) -> Proof:
        start = Start(self.up.schema, self.up.session)
        sql = text_of(steps, self.dialect.write)
        return proved(sql, start, self.before, self.dialect, self.version)

    def _repaired(self, steps: list[RemedyStep], proof: Proof) -> tuple[list[RemedyStep], Proof] | None:
        """Add what is still missing, where that brings the schema nearer."""
        self.world.late.clear()
        found = way(proof.trace.schema, self.before, self.world)
        more = self._spelled([each.step for each in found if isinstance(each, Planned)])
        if not more or proof.failures or self.stays:
            return None
        longer = [*steps, *more]
        again = self._proved(longer)
        better = len(again.comparison.differences) < len(proof.comparison.differences)
        return (longer, again) if better and not again.failures else None

    def _left(self, proof: Proof) -> None:
        known = {gap.what for gap in self.gaps}
        for difference in proof.comparison.differences:
            if difference.weight != "information" and difference.object not in known:
                kind: GapKind = "schema" if difference.weight == "difference" else "note"
                self.gaps.append(Gap(difference.object, f"after the draft, {difference}", kind))
        for unknown in proof.comparison.unknown:
            if unknown not in known and unknown not in self.before.doubts.values():
                self.gaps.append(Gap(unknown, "whether it is as it was is not known"))
        for failure in proof.failures:
            self.gaps.append(Gap(REFUSED, f"a server refuses it: {failure}"))


def _table_of(record: Record) -> Name:
    table = getattr(record.operation, "table", None)
    return table if isinstance(table, Name) else Name("", "")


def _is_same(now: Schema, then: Schema) -> bool:
    """Whether two schemas hold the same objects."""
    if now is then:
        return True
    maps: tuple[tuple[FrozenMap[Any, Any], FrozenMap[Any, Any]], ...] = (
        (now.relations, then.relations),
        (now.types, then.types),
        (now.functions, then.functions),
        (now.others, then.others),
    )
    sets = (now.schemas, now.extensions, now.unsure) == (then.schemas, then.extensions, then.unsure)
    return sets and not any(one.changed(other) or other.changed(one) for one, other in maps)


def _is_renaming(segment: _Segment) -> bool:
    """Whether one operation has only given something another name."""
    return len(segment.records) == 1 and renamed_back(segment.records[0].operation) is not None


def _learned(segment: _Segment) -> _Segment:
    """What an operation has proved of an older table was so before it."""
    if len(segment.records) != 1 or segment.now is segment.then:
        return segment
    return segment._replace(then=noted(segment.records[0].operation, segment.then))


def _gap(lost: Lost, span: Span | None) -> Gap:
    to_do = lost.reason in (FILL, CONVERSION, IN_USE)
    return Gap(lost.object, lost.reason, "fill" if to_do else "schema", span)


def _segments(up: Trace, before: Schema) -> Iterator[_Segment]:
    """Cut a script where one schema follows the other; a statement with branches is one stretch."""
    if any(
        isinstance(record.operation, Rollback) and record.after is not record.schema for record in up.records
    ):
        yield _Segment(before, up.schema, up.records)
        return
    if not up.records:
        return
    groups: dict[int, list[Record]] = {}
    for record in up.records:
        groups.setdefault(record.number, []).append(record)
    starts = [group[0].schema for group in groups.values()]
    for group, end in zip(groups.values(), [*starts[1:], up.schema], strict=True):
        chain = _chain(group, end)
        if chain:
            yield from (_Segment(record.schema, record.after, (record,)) for record in chain)
        else:
            yield _Segment(group[0].schema, end, tuple(group))


def _chain(group: list[Record], end: Schema) -> list[Record]:
    """Give the records of a statement that lead from its first schema to its last; [] where ways meet."""
    found: list[Record] = []
    later = end
    for record in reversed(group):
        if record.after is later or (record.after is not record.schema and _is_same(record.after, later)):
            found.append(record)
            later = record.schema
    return found[::-1] if found and _is_same(later, group[0].schema) else []
