"""What others wait for while a statement works, how long that takes, and since when."""

from typing import TYPE_CHECKING, Literal, get_args

from miglint.checks.facts import Known
from miglint.checks.lock_order import Taken, lock_orders
from miglint.dialects.sql.session import Held
from miglint.model import (
    AddColumn,
    AddConstraint,
    ConstraintDefinition,
    ConstraintKind,
    CreateIndex,
    CreateTable,
    CreateView,
    Delete,
    DropIndex,
    Insert,
    Lock,
    LockMode,
    LockTable,
    Name,
    Operation,
    Reindex,
    Related,
    Span,
    Update,
    Work,
    WorkCause,
    WorkKind,
    blocked_by,
)
from miglint.simulate.trace import Record

if TYPE_CHECKING:
    from miglint.checks.context import Context
    from miglint.checks.contexts import Contexts

_WORK_ORDER: tuple[WorkKind, ...] = get_args(WorkKind)
# A constrained domain copies the table whatever the default is; the column of a CHECK is added without what
# else is tested of it; a UNIQUE on the columns of the primary key has no index of its own.
_TELLS_FIRST: tuple[WorkCause, ...] = ("domain", "check", "foreign", "primary")


class Waits:
    """What others wait for while an operation works."""

    __slots__ = ("_ctx",)

    def __init__(self, context: "Context") -> None:
        self._ctx = context

    def blocked(self, work: tuple[Work, ...]) -> tuple[Work, ...]:
        """Give the work during which this operation keeps writers off a live table.

        There is none in a statement that fails as soon as there is a row.
        """
        return () if not work or self.fails else self._blocked(work)

    def _blocked(self, work: tuple[Work, ...]) -> tuple[Work, ...]:
        """Give those of the works of this operation for which writers wait."""
        waited_for = self._waited_for if work else ()
        return tuple(w for w in work if w in waited_for) if waited_for else ()

    @property
    def _waited_for(self) -> tuple[Work, ...]:
        known = self._ctx.facts.waited_for.get(self._ctx.place)
        if known is None:
            effects = self._ctx.effects
            works = effects.works if any(map(self.makes_wait, effects.locks)) else ()
            known = self._ctx.facts.waited_for[self._ctx.place] = tuple(
                w for w in works if self._is_blocked(w)
            )
        return known

    def _is_blocked(self, work: Work) -> bool:
        if self._ctx.has_few_rows(work.table):
            return False
        own = self._ctx.effects.lock_on(work.table)
        return self._ctx.is_new(work.table) or (own is not None and own.blocks_writes)

    @property
    def fails(self) -> bool:
        """Whether this statement fails for certain, so that it does nothing else."""
        return self.of_statement.fails

    @property
    def blocking(self) -> "Contexts":
        """The actions of this statement that keep writers off a live table while they work.

        Writers wait for the statement as a whole, so one finding stands for it, that of the first: a copy
        of a table comes before an index build, that before a scan, and else the order of the text decides.
        """
        return self._ctx.among(self.of_statement.blocking)

    @property
    def of_statement(self) -> Known:
        """What is the same for all actions of this statement."""
        known = self._ctx.facts.statements.get(self._ctx.place)
        if known is None:
            places = self._ctx.action_range
            records = self._ctx.records[places.start : places.stop]
            fails = any(failure.certain for record in records for failure in record.effects.failures)
            working = (
                self._ctx.at(place).waits for place in places if self._ctx.records[place].effects.works
            )
            found = [a for a in working if a._blocked(a._ctx.effects.works)] if not fails else []
            found.sort(key=lambda a: (_WORK_ORDER.index(a._heaviest), a._start, a._ctx.place))
            apart = None
            if found and found[0]._heaviest == "scan" and not found[0].scans_apart:
                apart = next((action._ctx.place for action in found if action.scans_apart), None)
            known = Known(places, fails, tuple(action._ctx.place for action in found), apart)
            self._ctx.facts.statements.update((place, known) for place in places)
        return known

    @property
    def _heaviest(self) -> WorkKind:
        if self._blocked(self._ctx.effects.rewrites):
            return "rewrite"
        return "index build" if self._blocked(self._ctx.effects.index_builds) else "scan"

    @property
    def _start(self) -> int:
        return self._ctx.record.operation.span.start if self._ctx.record else 0

    @property
    def leading_work(self) -> WorkKind | Literal[""]:
        """What writers wait for here: "rewrite", "index build" or "scan".

        It is "" if they wait for nothing, or if the finding belongs to another action of this statement.
        """
        if not self.blocked(self._ctx.effects.works):
            return ""
        return self._heaviest if self.of_statement.blocking[0] == self._ctx.place else ""

    @property
    def cause(self) -> WorkCause | Literal[""]:
        """Why writers wait for this action; "" if they do not. Of several causes, what a finding is about."""
        works = self.blocked(self._ctx.effects.works_of(self._heaviest))
        causes = [cause for work in works for cause in work.causes]
        first = (cause for cause in _TELLS_FIRST if cause in causes)
        return next(first, causes[0]) if causes else ""

    @property
    def leading_cause(self) -> WorkCause | Literal[""]:
        """The `cause` of `leading_work`; "" where that is "" as well."""
        return self.cause if self.leading_work else ""

    def constraint(self, kind: ConstraintKind) -> ConstraintDefinition | None:
        """Give the constraint of a kind that this action adds, if it is what writers wait for."""
        operation = self._ctx.record.operation if self._ctx.record else None
        written: tuple[ConstraintDefinition, ...] = ()
        if isinstance(operation, AddConstraint):
            written = (operation.constraint,)
        elif isinstance(operation, AddColumn):
            written = operation.column.constraints
        found = next((constraint for constraint in written if constraint.kind == kind), None)
        return found if found is not None and self.cause == kind else None

    @property
    def leads_own_scan(self) -> bool:
        """Whether this is the first scan of the statement in a pass of its own, beside another's scan."""
        return self.of_statement.apart == self._ctx.place

    @property
    def scans_apart(self) -> bool:
        """Whether this reads its rows in a pass of its own, so that it has a finding of its own."""
        return any(work.apart for work in self._blocked(self._ctx.effects.scans))

    @property
    def also_blocking(self) -> tuple[Related, ...]:
        """The other actions of this statement that block, to be named in its one finding."""
        return tuple(
            Related(
                action.record.operation.span, f"and {action.waits.blocked(action.effects.works)[0].reason}"
            )
            for action in self.blocking
            if action.record is not None and action.place != self._ctx.place
        )

    @property
    def slow(self) -> str:
        """What takes time in proportion to a table here, as a clause; "" if nothing does."""
        known = self._ctx.facts.slow.get(self._ctx.place)
        if known is None:
            known = self._ctx.facts.slow[self._ctx.place] = self._slow()
        return known

    def _slow(self) -> str:
        operation = self._ctx.record.operation if self._ctx.record else None
        for work in self._ctx.effects.works:
            if not self._ctx.has_few_rows(work.table) and not self.fails:
                return work.reason_elsewhere
        for work in self._ctx.effects.reads:
            if not self._ctx.has_few_rows(work.table):
                return work.reason_elsewhere
        for written in self._ctx.effects.rows_written:
            if isinstance(operation, (Update, Delete)) and not (
                written.bounded or self._ctx.has_few_rows(written.table)
            ):
                article = "an" if written.kind == "update" else "a"
                return f"{article} {written.kind.upper()} works through {written.table.display}"
        fills = (
            (isinstance(operation, Insert) and operation.rows is None)
            or (isinstance(operation, CreateTable) and operation.with_data)
            or (isinstance(operation, CreateView) and operation.materialized and operation.with_data)
        )
        query = getattr(operation, "query", None) if fills else None
        for source in query.reads if query is not None and not query.limited else ():
            if self._ctx.has_rows(source) and not self._ctx.has_few_rows(source):
                return f"rows are copied from {source.display}"
        return ""

    @property
    def first_slow(self) -> "Context | None":
        """The first action of this statement that takes time."""
        places = self.of_statement.places
        place = self._ctx.at(places.start).waits._next_slow() if places else None
        return self._ctx.at(place) if place is not None and place in places else None

    @property
    def slow_while_held(self) -> "Context | None":
        """The first later operation that takes time while what this one locks is still locked."""
        place = self._ctx.at(self._ctx.place + 1).waits._next_slow()
        return (
            self._ctx.at(place)
            if place is not None and self._ctx.commits_with(self._ctx.records[place])
            else None
        )

    def _next_slow(self) -> int | None:
        known = self._ctx.facts.next_slow
        if self._ctx.place not in known:
            found: int | None = None
            for place in reversed(range(len(self._ctx.records))):
                found = place if self._ctx.at(place).waits.slow else found
                known[place] = found
            known[len(self._ctx.records)] = None
        return known[self._ctx.place]

    @property
    def lock_orders(self) -> tuple[tuple[Taken, ...], ...]:
        """The tables in use that each transaction of this migration locks together; see `lock_order`."""
        return lock_orders(self._ctx)

    def held(self, name: Name) -> Held | None:
        """Give the lock that earlier statements of the transaction, or of the block, hold on a table."""
        held = self._ctx.session.lock_held(name)
        # A block that runs on its own is a transaction, up to each COMMIT in it.
        return held if held is not None or not self._ctx.block else self.held_in_statement(name)

    def held_for_key(self, table: Name) -> Held | None:
        """Give the lock of a LOCK TABLE that keeps writers off a table until it has got a unique key.

        What comes in between makes the rows fit for the key, and no writer may undo that.
        """
        held = self.held(table)
        if held is None or not held.mode.blocks_writes or held.span not in self._ctx.once(_lock_statements):
            return None
        later = (place for place in self._ctx.once(_new_keys, table) if place > self._ctx.place)
        place = next(later, None)
        return held if place is not None and self._ctx.commits_with(self._ctx.records[place]) else None

    def locked_between(self, name: Name, start: int, end: int) -> Held | None:
        """Give the first lock against reads that this transaction takes on a table between two places.

        An index can be dropped CONCURRENTLY, so that a DROP INDEX does not count.
        """
        for record in self._ctx.records[start:end]:
            mode = record.effects.lock_on(name) if not isinstance(record.operation, DropIndex) else None
            if mode is not None and mode.blocks_reads and self._ctx.commits_with(record):
                return Held(mode, record.operation.span, record.statement.source)
        return None

    def held_in_statement(self, name: Name) -> Held | None:
        """Give the lock that earlier operations of this statement have on a table until it commits."""
        return self._ctx.facts.held_in_statement(self._ctx.place).get(name) if self._ctx.record else None

    def keeps_rows_locked(self, table: Name) -> bool:
        """Whether this write keeps any number of a live table's rows locked, and nothing else does more harm.

        It does not in a loop that commits, under a lock that keeps all other writers away, or where it makes
        rows fit for a unique key under a LOCK TABLE.
        """
        ctx = self._ctx
        if all(written.bounded for written in ctx.effects.rows_written) or not ctx.is_live(table):
            return False
        if ctx.record is not None and self._copies_few(ctx.record.operation):
            return False
        held = self.held(table)
        return not (
            ctx.has_few_rows(table)
            or ctx.commits_in_loop
            or (held is not None and held.mode.keeps_writers_to_one)
            or self.held_for_key(table) is not None
        )

    def _copies_few(self, operation: Operation) -> bool:
        """Whether an INSERT or MERGE takes its rows from tables that have few, and makes no others."""
        if not isinstance(operation, Insert) or operation.query.functions:
            return False
        merged = operation.table if operation.keyword == "merge" else None
        sources = [name for name in operation.query.reads if name != merged]
        return bool(sources) and all(map(self._ctx.has_few_rows, sources))

    def blocked_uses(self, *tables: Name) -> str:
        """Say what waits while this operation works: "reads and writes to orders, and writes to users".

        Of the locks on a table the strongest counts, whichever action or earlier statement has taken it.
        """
        waiting: dict[str, dict[str, None]] = {}
        for table in dict.fromkeys(tables):
            held, own = self._held_more(table), self._own_lock(table)
            mode = held.mode if held else own
            if mode is not None and mode.blocks_writes and self._ctx.is_live(table):
                name = f"{table.display} (already locked)" if held else table.display
                waiting.setdefault(blocked_by(mode), {})[name] = None
        return ", and ".join(f"{uses} to {' and '.join(names)}" for uses, names in sorted(waiting.items()))

    def locks(self, table: Name) -> str:
        """Say that the statement locks a table, or that it keeps one locked which is locked already."""
        held = self.held(table)
        already = held is not None and held.mode.blocks_reads
        return f"keeps {table.display} locked" if already else f"locks {table.display}"

    def locked_before(self, *tables: Name) -> tuple[Related, ...]:
        """The earlier statements whose locks keep more uses of live tables waiting than this one's do."""
        return tuple(
            Related(held.span, f"takes {held.mode} on {table.display}", held.source)
            for table in dict.fromkeys(tables)
            if self._ctx.is_live(table) and (held := self._held_more(table)) is not None
        )

    def _held_more(self, table: Name) -> Held | None:
        held, own = self.held(table), self._own_lock(table)
        if held is None or not held.mode.blocks_writes:
            return None
        more = own is None or not own.blocks_writes or (held.mode.blocks_reads and not own.blocks_reads)
        return held if more else None

    def _own_lock(self, table: Name) -> LockMode | None:
        # ALTER TABLE takes at its start the strongest lock that one of its actions needs.
        effects = (self._ctx.records[place].effects for place in self.of_statement.places)
        return max((lock.mode for e in effects for lock in e.locks if lock.table == table), default=None)

    def makes_wait(self, lock: Lock) -> bool:
        """Whether other sessions that use a live table wait for a lock on it.

        Nobody writes to a materialized view: only what keeps readers away counts there.
        """
        if not lock.mode.blocks_writes or not self._ctx.is_live(lock.table):
            return False
        if lock.mode.blocks_reads or self._ctx.schema.view(lock.table) is None:
            return True
        # It locks the index as well, which nearly every query opens.
        return self._ctx.record is not None and isinstance(self._ctx.record.operation, Reindex)


def _lock_statements(records: tuple[Record, ...]) -> frozenset[Span]:
    return frozenset(r.operation.span for r in records if isinstance(r.operation, LockTable))


def _new_keys(records: tuple[Record, ...], table: Name) -> list[int]:
    """The places at which a table gets a unique index or key."""
    found = []
    for place, record in enumerate(records):
        operation = record.operation
        if (isinstance(operation, CreateIndex) and operation.unique and operation.table == table) or (
            isinstance(operation, AddConstraint)
            and operation.constraint.kind in ("primary", "unique", "exclude")
            and operation.table == table
        ):
            found.append(place)
    return found
