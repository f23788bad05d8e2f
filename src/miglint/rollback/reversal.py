"""What becomes of a database that goes a migration up and down again: a verdict with its reasons. Pure."""

import re
from collections.abc import Iterable, Iterator
from typing import Literal, NamedTuple

from miglint.dialects.dialect import Dialect
from miglint.model import AddEnumValue, EnumType, Schema, Source, Span, Statement, leaves_no_trace
from miglint.rollback import failing, losses
from miglint.rollback.compare import Comparison, are_equal, compare
from miglint.rollback.reasons import Kind, Reason, Verdict, worst
from miglint.simulate import Ran, Record, Trace

__all__ = ["NoReturn", "Reason", "Reversal", "Verdict", "reversal"]

Moment = Literal["commit", "statement"]


class NoReturn(NamedTuple):
    """The statement after which an old value cannot be had back from the database, and why.

    `moment`: once the migration's transaction commits, or as soon as the statement has run.
    """

    words: str
    statement: Statement
    span: Span
    moment: Moment

    @property
    def place(self) -> tuple[Source, Span]:
        """The file that people edit, and the place in it."""
        file, span = self.statement.source.place(self.span)
        return file, span


class Reversal(NamedTuple):
    """The way back of a migration, or of several that go back together, the last one first.

    `has_down`: there is a way back to judge; without one the verdict is what the best one could reach.
    `reasons` are ordered by how bad they are; `comparison` is that of the schemas before the ways up and
    after the ways back, None without them; `stays` are rows that the way back leaves where they came.
    """

    migrations: tuple[str, ...]
    verdict: Verdict
    has_down: bool
    reasons: tuple[Reason, ...] = ()
    comparison: Comparison | None = None
    no_return: NoReturn | None = None

    def without(self, *kinds: Kind) -> "Reversal":
        """Give the verdict that is left without reasons of some kinds."""
        reasons = tuple(reason for reason in self.reasons if reason.kind not in kinds)
        return self._replace(reasons=reasons, verdict=worst(reason.verdict for reason in reasons))

    @property
    def failures(self) -> tuple[Reason, ...]:
        """Why the written way back fails, whatever rows there are."""
        return tuple(r for r in self.reasons if r.kind in ("fails", "declared"))

    @property
    def in_the_way(self) -> tuple[Reason, ...]:
        """Why it fails on some rows, with the queries that count them."""
        return tuple(r for r in self.reasons if r.kind == "rows")

    @property
    def lost(self) -> tuple[Reason, ...]:
        """What of the data is gone for good."""
        return tuple(r for r in self.reasons if r.verdict == "lossy")


def reversal(ran: Ran, dialect: Dialect) -> Reversal:
    """Judge the way back of a migration as it is written, or what one could do that is not written."""
    up, down, id_ = ran.up, ran.down, (ran.migration.id,)
    if up is None:
        untold = Reason("not known", "unread", "what it does is not analysed", direction="up")
        return Reversal(id_, "not known", down is not None, (untold,))
    before = ran.start.schema
    gone = tuple(losses.of_up(up, down))
    if ran.migration.down_unread:
        unread = Reason(
            "not known", "unread", "the way back that is there could not be read", direction="down"
        )
        return _judged(id_, (*gone, unread), None, up)._replace(has_down=True)
    if down is None:
        opaque = () if gone else _unread(up)
        if not gone and not opaque and _leaves_nothing(up, before, dialect):
            return Reversal(id_, "nothing to undo", has_down=False)
        return _judged(id_, (*gone, *opaque, *_without_inverse(up)), None, up)
    comparison = compare(before, down.schema, dialect.alike)
    failures = tuple(failing.of_down(up, down))
    if (
        not (gone or failures)
        and _leaves_nothing(up, before, dialect)
        and _leaves_nothing(down, up.schema, dialect)
    ):
        return Reversal(id_, "nothing to undo", True, (), comparison)
    # The rest could make what seems to be missing, or bring back what seems to stay gone.
    is_certain = not (_is_cut(up) or _is_cut(down))
    reasons = (
        *(failures if is_certain else ()),
        *(_stays(comparison, down, failures) if is_certain else ()),
        *gone,
        *losses.of_down(up, down),
        *_unread(up),
        *_unread(down),
    )
    return _judged(id_, reasons, comparison, up)


def _judged(
    migrations: tuple[str, ...], reasons: Iterable[Reason], comparison: Comparison | None, up: Trace
) -> Reversal:
    ordered = tuple(sorted(dict.fromkeys(reasons), key=lambda reason: -reason.weight))
    return Reversal(
        migrations,
        worst(reason.verdict for reason in ordered),
        comparison is not None,
        ordered,
        comparison,
        _no_return(up, ordered),
    )


def left(comparison: Comparison) -> Iterator[Reason]:
    """Give what stays different in the schema."""
    for each in comparison.differences:
        if each.weight == "difference":
            yield Reason("irreversible", "stays", each.brief, direction="down")
    for unknown in comparison.unknown:
        yield Reason("not known", "unknown", f"whether {unknown} is as before is not known", direction="down")


def _stays(comparison: Comparison, down: Trace, failures: tuple[Reason, ...]) -> Iterator[Reason]:
    """Give what stays different, as far as the way back is told: what it names may be under another name.

    Of one that fails it is told.
    """
    if any(reason.kind == "fails" for reason in failures):
        yield from left(comparison)
        return
    untold = {name.name for record in down.records for name in record.effects.unmade}
    for reason in left(comparison):
        about = next((name for name in untold if re.search(rf"\b{re.escape(name)}\b", reason.words)), None)
        if about is None or reason.kind != "stays":
            yield reason
        else:
            words = f"what it does to {about}, which the history does not make under this name"
            yield Reason("not known", "unknown", words)


def _leaves_nothing(trace: Trace, before: Schema, dialect: Dialect) -> bool:
    """Whether a script leaves rows and schema as they were, as far as that makes a difference."""
    if not _is_cut(trace) and all(leaves_no_trace(record.operation) for record in trace.records):
        return True
    if any(map(_touches_rows, trace.records)) or _unread(trace):
        return False
    return are_equal(before, trace.schema, dialect.alike)


def _touches_rows(record: Record) -> bool:
    """Whether an operation writes or destroys rows of a table that its script has not made."""
    effects, session = record.effects, record.session
    tables = (change.table for changes in (effects.rows_written, effects.destroys) for change in changes)
    return any(not losses.has_made(table, session) for table in tables)


def _unread(trace: Trace) -> tuple[Reason, ...]:
    """What is not analysed, and could do anything."""
    direction = trace.script.direction.value
    words = "what it does is not analysed"
    cut = Reason("not known", "unread", f"the rest of {_file(trace)} is not analysed", direction=direction)
    return (
        *((cut,) if _is_cut(trace) else ()),
        *(
            Reason("not known", "unread", words, record.statement, record.operation.span, direction)
            for record in trace.records
            if losses.is_opaque(record.operation)
        ),
    )


def _is_cut(trace: Trace) -> bool:
    """Whether a part of a script was left out, which could do anything."""
    return trace.cut_off or bool(trace.crashes)


def _file(trace: Trace) -> str:
    return trace.not_analysed[0].path if trace.not_analysed else trace.script.source.path


def _without_inverse(up: Trace) -> Iterator[Reason]:
    """What no statement undoes."""
    for record in up.records:
        operation = record.operation
        if isinstance(operation, AddEnumValue) and not record.session.is_new_object("type", operation.type):
            before = record.schema.types.get(operation.type)
            if isinstance(before, EnumType) and operation.value not in before.values:
                words = f"no statement takes the value '{operation.value}' out of {operation.type.display}"
                yield Reason("irreversible", "no inverse", words, record.statement, operation.span, "up")


def _no_return(up: Trace, reasons: tuple[Reason, ...]) -> NoReturn | None:
    lost = [r for r in reasons if r.direction == "up" and r.verdict == "lossy" and r.statement]
    first = min(lost, key=lambda reason: reason.span, default=None)
    if first is None or first.statement is None:
        return None
    in_transaction = any(
        record.session.transaction is not None
        for record in up.records
        if record.operation.span == first.span and record.statement is first.statement
    )
    return NoReturn(first.words, first.statement, first.span, "commit" if in_transaction else "statement")
