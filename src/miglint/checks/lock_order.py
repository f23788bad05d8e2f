"""The order in which a transaction locks tables that other sessions use, and holds them until it commits."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from miglint.model import Commit, DropTable, Lock, LockMode, LockTable, Name, Rollback
from miglint.simulate.trace import Record

if TYPE_CHECKING:
    from miglint.checks.context import Context

_Transaction = tuple[int | None, int, int]


class Moment(NamedTuple):
    """When a lock is taken: the first action of its statement, and the turn of the table in a LOCK TABLE.

    The other locks of a statement are of one moment: the text does not tell their order. `place` is that of
    the operation.
    """

    statement: int
    turn: int
    place: int

    def precedes(self, other: "Moment") -> bool:
        """Whether this comes first, and something of another session can come in between."""
        return self[:2] < other[:2]


class Taken(NamedTuple):
    """A table in use that a transaction locks until it commits.

    `mode` is the strongest lock; writers wait from the moment `writers` on, readers from `readers` on, if
    they do at all.
    """

    table: Name
    mode: LockMode
    writers: Moment
    readers: Moment | None


def lock_orders(ctx: "Context") -> tuple[tuple[Taken, ...], ...]:
    """Give, by transaction, the tables in use that each locks and leaves there, in the order of the text.

    There are at least two in each.
    """
    found: dict[_Transaction, dict[Name, Taken]] = {}
    last: dict[_Transaction, Record] = {}
    for transaction, place, record in _by_transaction(ctx.records):
        last[transaction] = record
        taken = found.setdefault(transaction, {})
        waiting = [lock for lock in record.effects.locks if lock.mode.blocks_writes]
        for lock in filter(ctx.at(place).waits.makes_wait, waiting):
            before = taken.get(lock.table)
            if before is None or before.mode < lock.mode:
                now = Moment(ctx.facts.action_range(place).start, _turn(record, lock), place)
                taken[lock.table] = _stronger(before, lock, now)
        if isinstance(record.operation, DropTable):
            taken.pop(record.operation.table, None)
    kept = (
        tuple(each for each in taken.values() if not _is_gone(each, ctx.records, last[transaction]))
        for transaction, taken in found.items()
    )
    return tuple(each for each in kept if each[1:])


def _stronger(before: Taken | None, lock: Lock, now: Moment) -> Taken:
    writers, readers = (before.writers, before.readers) if before is not None else (now, None)
    return Taken(lock.table, lock.mode, writers, readers or (now if lock.mode.blocks_reads else None))


def _is_gone(taken: Taken, records: tuple[Record, ...], last: Record) -> bool:
    stood = taken.table in records[taken.writers.place].schema.relations
    return stood and taken.table not in last.after.relations


def _by_transaction(records: tuple[Record, ...]) -> Iterator[tuple[_Transaction, int, Record]]:
    commits = 0
    for place, record in enumerate(records):
        transaction = record.session.transaction
        yield (transaction, -1 if transaction is not None else record.number, commits), place, record
        commits += isinstance(record.operation, (Commit, Rollback))


def _turn(record: Record, lock: Lock) -> int:
    named = record.operation.tables if isinstance(record.operation, LockTable) else ()
    return named.index(lock.table) if lock.table in named else 0
