"""The walk of one script: each statement, in order, through effects, replay and session. No I/O, no clock."""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from miglint.dialects.dialect import Dialect
from miglint.dialects.sql.session import advance, start
from miglint.errors import Crash
from miglint.model import (
    BlockStatement,
    Call,
    Decision,
    DoBlock,
    DropFunction,
    DropIndex,
    DropSequence,
    DropTable,
    DropType,
    DropView,
    Effects,
    Failure,
    FailureCause,
    Function,
    Name,
    NotAnalysed,
    Operation,
    Script,
    Select,
    Server,
    Source,
    Span,
    Statement,
    Step,
    TransactionMode,
    Version,
    sum_of,
)
from miglint.simulate import branches, handlers
from miglint.simulate.risk import risk_of
from miglint.simulate.trace import Record, Start, Trace
from miglint.simulate.undo import State, Undo

_MAX_CALL_DEPTH = 30
# A short file can call a long function again and again.
_MOST_CALLED = 5_000
_OF_SEVERAL = (DropFunction, DropIndex, DropSequence, DropTable, DropType, DropView)
"""What names all that goes, in one statement."""
CRASHED = "miglint failed here, which is a bug"


def _never() -> str:
    return ""


class Conditions(NamedTuple):
    """What the edge knows of where scripts run: the time zone of sessions, and how long a script may take.

    `deadline` is asked when a script begins; what it gives is asked before each statement, those of blocks
    among them: why the rest is left out, "" to go on.
    """

    time_zone: str | None = None
    deadline: Callable[[], Callable[[], str]] = lambda: _never


class Machine(NamedTuple):
    """Where scripts run: the database, its version, the conditions, and who says the version ("": nobody), a
    file of the project that was found if `is_found`.
    """

    dialect: Dialect
    version: Version
    conditions: Conditions = Conditions()
    said_by: str = ""
    is_found: bool = False

    @property
    def server(self) -> Server:
        """The database as rules know it."""
        return Server(self.dialect.name, self.version, self.said_by, self.is_found)


def run(script: Script, before: Start, machine: Machine, migration: str = "") -> Trace:
    """Run a script of a migration; an exception costs one statement, and is part of the trace."""
    walk = _Walk(script, machine, migration)
    raws = walk.parse()
    session = start(
        before.session,
        machine.dialect.session,
        script.mode,
        len(raws),
        machine.conditions.time_zone,
        release=before.release,
        same_day=before.same_day,
    )
    state = State(before.schema, session)
    undo = Undo(state)
    server = machine.server
    for number, raw in enumerate(raws):
        if walk.is_over(machine.dialect.span(raw).start):
            break
        try:
            path = state.session.settings.search_path
            statement = machine.dialect.lower(raw, script.source, state.schema, path)
            newer = machine.dialect.newer(raw, script.source, state.schema, server) if server.said_by else ()
            ran = _Statement(walk, statement, number, state, undo, newer)
            step = ran.run()
        except Exception as error:  # noqa: BLE001 - it must not hide what the other statements do
            walk.crashed(machine.dialect.span(raw), error)
            continue
        walk.records += ran.records
        walk.steps.append(step)
        state, undo = ran.state, ran.undo
    return Trace(
        script,
        tuple(walk.records),
        tuple(walk.steps),
        state.schema,
        state.session,
        tuple(walk.not_analysed),
        tuple(walk.crashes),
        walk.cut_off,
    )


class _Walk:
    """What has come of a script so far."""

    def __init__(self, script: Script, machine: Machine, migration: str) -> None:
        self.script = script
        self.machine = machine
        self.migration = migration
        self.called = 0
        self.records: list[Record] = []
        self.steps: list[Step] = []
        self.not_analysed: list[NotAnalysed] = []
        self.crashes: list[Crash] = []
        self.cut_off = False
        self._out_of_time = machine.conditions.deadline()

    def is_over(self, at: int) -> bool:
        """Whether the time is over; what comes from a place on is left out then."""
        if not self.cut_off and (reason := self._out_of_time()):
            self.cut_off = True
            self.leave_out(Span(at, self.script.span.end), reason)
        return self.cut_off

    def parse(self) -> list[Any]:
        script = self.script
        try:
            psql = script.mode is TransactionMode.SCRIPT
            return list(self.machine.dialect.parse(script.sql, script.span.start, psql=psql))
        except Exception as error:  # noqa: BLE001 - it must not hide what the other files do
            self.crashed(script.span, error)
            return []

    def leave_out(self, span: Span, reason: str) -> None:
        self.not_analysed.append(place_of(self.script.source, span, reason))

    def crashed(self, span: Span, error: Exception) -> None:
        self.leave_out(span, CRASHED)
        file, place = self.script.source.place(span)
        where = f"{file.path}:{file.position(place.start).line}"
        self.crashes.append(Crash("the statement", where, error))


def place_of(source: Source, span: Span, reason: str) -> NotAnalysed:
    """Give a place that was not analysed."""
    file, place = source.place(span)
    last = file.position(max(place.start, place.end - 1)).line
    return NotAnalysed(file.path, file.position(place.start).line, last, reason)


class _Statement:
    """One statement on its way, with all that it calls: thrown away as a whole if something fails.

    `newer` is why the server does not know it.
    """

    def __init__(
        self,
        walk: _Walk,
        statement: Statement,
        number: int,
        state: State,
        undo: Undo,
        newer: tuple[Failure, ...] = (),
    ) -> None:
        self.walk = walk
        self.statement = statement
        self.number = number
        self.state = state
        self.begun = state
        self.undo = undo
        self.newer = newer
        self.records: list[Record] = []
        self.entered: dict[int, State] = {}
        self.failed: set[int] = set()

    def run(self) -> Step:
        before = self.state.session
        for operation in self.statement.operations:
            self._operation(operation)
        effects = sum_of(record.effects for record in self.records)
        live = _about(effects, lambda table: not before.is_new(table))
        transaction, session = before.transaction, self.state.session
        if transaction is None and session.opened_by == "script":
            transaction = session.transaction
        return Step(
            statement=self.statement,
            migration=self.walk.migration,
            direction=self.walk.script.direction.value,
            transaction=transaction,
            effects=live,
            listed=_about(effects, before.was_there) if before.earlier else live,
            risk=risk_of([record.operation for record in self.records], live, before),
            lock_timeout=before.lock_timeout,
        )

    def _operation(
        self,
        operation: Operation,
        block: BlockStatement | None = None,
        depth: int = 0,
        called: "set[tuple[Name, tuple[str, ...]]] | None" = None,
    ) -> None:
        """Run an operation with all that it calls; `called` are the functions that the same call has run."""
        schema, session = self.state
        machine = self.walk.machine
        together = self.statement.operations if block is None else block.operations
        effects = machine.dialect.effects(operation, schema, session, machine.version, together)
        if block is None and self.records and isinstance(operation, _OF_SEVERAL):
            effects = self._as_named(operation, effects)
        if self.newer and not self.records:
            effects = effects._replace(failures=(*self.newer, *effects.failures))
        if isinstance(operation, DoBlock) and not operation.parsed:
            self.walk.leave_out(operation.span, operation.reason)
        after = machine.dialect.apply(operation, schema)
        reached = State(after, advance(session, operation, effects, schema, self.statement.source))
        self.state, self.undo = self.undo.after(operation, session, reached)
        self.records.append(
            Record(operation, self.statement, self.number, schema, session, effects, self.state.schema, block)
        )
        if isinstance(operation, DoBlock):
            body, called = operation.body, None
        else:
            called = set() if called is None else called
            body = self._called_body(operation, called)
            if body and depth >= _MAX_CALL_DEPTH:
                self.walk.leave_out(
                    operation.span, f"functions call each other more than {_MAX_CALL_DEPTH} deep"
                )
                return
            self.walk.called += len(body)
            if body and self.walk.called > _MOST_CALLED:
                reason = f"the migration calls functions with more than {_MOST_CALLED:,} statements in all"
                self.walk.leave_out(operation.span, reason)
                return
        if not body:
            return
        outer = self.entered, self.failed
        self.entered, self.failed = {}, set()
        in_code = self.state.session.in_code
        self.state = self.state._replace(session=self.state.session._replace(in_code=True))
        self._block(body, 0, lambda nested, inner: self._operation(nested, inner, depth + 1, called))
        self.state = self.state._replace(session=self.state.session._replace(in_code=in_code))
        self.entered, self.failed = outer

    def _as_named(self, operation: Operation, effects: Effects) -> Effects:
        """Leave out that something is missing which was there when the statement began.

        The server looks all names of a DROP up before it takes the first away, and by CASCADE another.
        """
        if not _misses(effects):
            return effects
        machine, (schema, session) = self.walk.machine, self.begun
        together = self.statement.operations
        if _misses(machine.dialect.effects(operation, schema, session, machine.version, together)):
            return effects
        failures = tuple(f for f in effects.failures if f.cause is not FailureCause.MISSING)
        return effects._replace(failures=failures, unmade=())

    def _block(
        self,
        body: Sequence[BlockStatement],
        level: int,
        run: Callable[[Operation, BlockStatement], None],
    ) -> None:
        """Run the statements of a body; `level` is the number of decisions around them."""
        for decision, group in groupby(body, lambda inner: _decision(inner, level)):
            if decision is None:
                for inner in group:
                    self._inner(inner, run)
                continue
            before, after = self.state, []
            for way in branches.ways(decision, tuple(group), level, before.schema):
                self.state = before
                self._block(way.statements, level + 1, run)
                if not way.unlikely:
                    after.append(self.state)
            self.state = branches.either(before, after)

    def _inner(self, inner: BlockStatement, run: Callable[[Operation, BlockStatement], None]) -> None:
        """Run a statement of a body; where a handler catches its error, its block is undone."""
        if self.walk.is_over(inner.span.start):
            return
        for block in inner.handled:
            self.entered.setdefault(block.number, self.state)
        if any(block.number in self.failed for block in inner.handled):
            return
        first, before = len(self.records), self.state
        for operation in inner.operations:
            run(operation, inner)
        found = handlers.caught(inner, self.records[first:]) if inner.handled else None
        if found is None:
            return
        block, failure = found
        self.records[first:] = [handlers.undone(record, failure) for record in self.records[first:]]
        if len(inner.branches) > block.depth:
            self.state = before  # On another way through the block it goes on.
        else:
            self.state = self.entered[block.number]
            self.failed.add(block.number)

    def _called_body(
        self, operation: Operation, called: set[tuple[Name, tuple[str, ...]]]
    ) -> tuple[BlockStatement, ...]:
        """The statements of a called function, which all stand at the call.

        Functions that call each other would run many times: the second time changes nothing.
        """
        if isinstance(operation, Call):
            functions = self.state.schema.functions.get(operation.procedure) or ()
        elif isinstance(operation, Select) and self.state.schema.functions:
            functions = tuple(self._called(operation.query.functions))
        else:
            return ()
        found = {(function.name, function.arguments): function for function in functions}
        new = [function for key, function in found.items() if key not in called]
        called.update(found)
        return tuple(_at_call(inner, operation.span) for function in new for inner in function.body)

    def _called(self, names: tuple[str, ...]) -> Iterator[Function]:
        for written in names:
            schema, _, name = written.rpartition(".")
            for place in (schema,) if schema else self.state.session.settings.search_path:
                yield from self.state.schema.functions.get((place, name)) or ()  # type: ignore[arg-type]


def _misses(effects: Effects) -> bool:
    return bool(effects.unmade) or any(f.cause is FailureCause.MISSING for f in effects.failures)


def _decision(statement: BlockStatement, level: int) -> Decision | None:
    return statement.branches[level][0] if len(statement.branches) > level else None


def _at_call(inner: BlockStatement, span: Span) -> BlockStatement:
    operations = tuple(operation._replace(span=span) for operation in inner.operations)  # type: ignore[attr-defined]
    return inner._replace(operations=operations, span=span)


def _about(effects: Effects, wanted: Callable[[Name], bool]) -> Effects:
    """Keep what concerns some relations."""
    if all(wanted(lock.table) for lock in effects.locks):
        return effects
    return effects._replace(
        locks=tuple(lock for lock in effects.locks if wanted(lock.table)),
        rewrites=tuple(w for w in effects.rewrites if wanted(w.table)),
        scans=tuple(w for w in effects.scans if wanted(w.table)),
        index_builds=tuple(w for w in effects.index_builds if wanted(w.table)),
        rows_written=tuple(r for r in effects.rows_written if wanted(r.table)),
        destroys=tuple(d for d in effects.destroys if wanted(d.table)),
        failures=tuple(f for f in effects.failures if f.table is None or wanted(f.table)),
    )
