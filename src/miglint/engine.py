"""The one walk: each statement, in order, through session, effects, replay and rules. No I/O."""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from miglint import branches, scope
from miglint.checking import Checker, Plan
from miglint.context import Context
from miglint.dialects import SUPPORTED, load
from miglint.dialects.dialect import Dialect
from miglint.errors import Crash
from miglint.events import HistoryEnd, MigrationEnd
from miglint.fixes import edited, edits_of, kept
from miglint.model import (
    BlockStatement,
    Call,
    Decision,
    Diagnostic,
    Direction,
    DoBlock,
    Edit,
    Effects,
    Function,
    History,
    Migration,
    Name,
    NotAnalysed,
    Operation,
    Schema,
    Script,
    Select,
    Source,
    Span,
    Statement,
    Step,
    TransactionMode,
    Unparsed,
    sum_of,
)
from miglint.records import HistoryFacts, Record
from miglint.replay import apply
from miglint.replay.conditions import exists
from miglint.risk import risk_of
from miglint.session import Session, Settings, advance, start
from miglint.undo import Undo

_MAX_CALL_DEPTH = 3
# A short file can call a long function again and again.
_MOST_CALLED = 5_000
_TOO_LONG = "the file takes longer than {:g} s (`max_file_seconds`): the rest is left out"
_CRASHED = "miglint failed here, which is a bug"


class Run(NamedTuple):
    """What came of one history.

    `steps` are the statements as `miglint plan` prints them; `schema` is the last one.
    `cut_off`: a part of it was not looked at because a limit was reached, or something went wrong.
    """

    history: History
    diagnostics: tuple[Diagnostic, ...] = ()
    steps: tuple[Step, ...] = ()
    schema: Schema = Schema()
    not_analysed: tuple[NotAnalysed, ...] = ()
    crashes: tuple[Crash, ...] = ()
    sources: tuple[Source, ...] = ()
    cut_off: bool = False


def run(history: History, plan: Plan, until: str | None = None) -> Run:
    """Replay a history and check it; `until` names the migration after which to stop.

    Of a database that is not supported only the folder is checked: the order of its files, their names,
    what a change did.
    """
    dialect = load(history.dialect) if history.dialect in SUPPORTED else None
    if dialect is None:
        checker = Checker(history, plan, history.dialect, _squeeze)
        _check_folder(checker, history, plan, _squeeze)
        return Run(history, diagnostics=tuple(checker.diagnostics), crashes=tuple(checker.crashes))
    engine = _Engine(history, dialect, plan)
    try:
        engine.walk(until)
    except Exception as error:  # noqa: BLE001 - one history's mistake must not hide what the others have
        engine.crashed("the replay", history.root, 1, error)
    return engine.result()


# Strings and quoted names, in which blanks count, and all between them that is no blank.
_PARTS = r"""'(?:[^'\\]|\\.)*'?|"(?:[^"\\]|\\.)*"?|`[^`]*`?|[^\s'"`]+"""


def _squeeze(text: str) -> tuple[str, ...]:
    """Give the parts of a text in a dialect that is not analysed, so that blanks make no difference."""
    return tuple(re.findall(_PARTS, text, re.DOTALL))


def _check_folder(
    checker: Checker, history: History, plan: Plan, normalise: Callable[[str], tuple[str, ...]]
) -> None:
    context = Context(policy=plan.policy, history=history)
    for irregularity in scope.new_irregularities(history):
        checker.ask(irregularity, context)
    for change in scope.changes(history, normalise):
        checker.ask(change, context)


class _Engine:
    """The state of one walk."""

    def __init__(self, history: History, dialect: Dialect, plan: Plan) -> None:
        self.history = history
        self.dialect = dialect
        self.plan = plan
        self.schema = Schema()
        self.session = Session()
        self.undo = Undo(self.schema, self.session)
        self.release: tuple[str, bool] | None = None
        self.called = 0
        self.before = frozenset(migration.id for migration in history.base.migrations) if history.base else ()
        self.facts = HistoryFacts(history)
        self.steps: list[Step] = []
        self.not_analysed: list[NotAnalysed] = []
        self.sources: dict[str, Source] = {}
        self.crashes: list[Crash] = []
        self.cut_off = False
        self.checker = Checker(history, plan, dialect.name, dialect.normalise)
        self.judge: _Engine | None = None

    def walk(self, until: str | None) -> None:
        for number, migration in enumerate(self.history.migrations):
            self.plan.progress(number)
            self._migration(migration)
            if until is not None and migration.id == until:
                break
        context = Context(
            policy=self.plan.policy, history=self.history, steps=tuple(self.steps), schema=self.schema
        )
        if self.history.migrations:
            self.checker.ask(HistoryEnd(self.history), context)
        _check_folder(self.checker, self.history, self.plan, self.dialect.normalise)

    def result(self) -> Run:
        return Run(
            history=self.history,
            diagnostics=tuple(self.checker.diagnostics),
            steps=tuple(self.steps),
            schema=self.schema,
            not_analysed=tuple(self.not_analysed),
            crashes=(*self.crashes, *self.checker.crashes),
            sources=tuple(self.sources.values()),
            cut_off=self.cut_off,
        )

    def _migration(self, migration: Migration) -> None:
        for script in migration.scripts:
            if self.sources.get(script.source.path) is not script.source:
                self.checker.knows(script.source)
            self.sources[script.source.path] = script.source
        if any(exists(what, self.schema) for what in migration.unless):
            return
        selected = self.history.asks_for(migration.id)
        left_out = len(self.not_analysed)
        if migration.opaque is not None:
            place = migration.opaque
            self.not_analysed.append(NotAnalysed(place.path, place.line, place.end_line, place.reason))
        if migration.up is not None:
            state, known = (self.schema, self.session, self.release), len(self.checker.diagnostics)
            records = self._script(migration, migration.up)
            down = self._down(migration, migration.down, check=selected)
            if selected:
                self._check(migration, migration.up, records, down)
                found = self.checker.diagnostics[known:]
                # Without a help the title of a fix is shown in its place.
                shown = self.plan.fixes or any(d.finding.fix and not d.finding.help for d in found)
                if shown and (edits := edits_of(found, migration.up)):
                    before, after = self._on_trial(migration, records, down, edits, state, found)
                    self.checker.diagnostics[known:] = kept(found, before, after, edits)
        elif migration.down is not None:
            self._down(migration, migration.down, check=selected)
        if not selected:
            del self.not_analysed[left_out:]

    # --- the simulation -----------------------------------------------------------------------

    def _script(self, migration: Migration, script: Script) -> tuple[Record, ...]:
        raws = self._parse(script)
        settings = Settings(time_zone=self.plan.time_zone)
        release = (migration.release, migration.id in self.before) if migration.release else None
        goes_on = release is not None and release == self.release
        self.release = release
        self.session = start(self.session, script.mode, len(raws), settings, goes_on=goes_on)
        self.undo = Undo(self.schema, self.session)
        # The time of the processor: the answer must not depend on what else the machine does.
        self.called = 0
        deadline = time.process_time() + self.plan.seconds_per_file
        records: list[Record] = []
        for number, raw in enumerate(raws):
            if time.process_time() > deadline:
                span = Span(self.dialect.span(raw).start, script.span.end)
                self.cut_off = True
                self._leave_out(script.source, span, _TOO_LONG.format(self.plan.seconds_per_file))
                break
            before = self.schema, self.session, len(records), len(self.steps)
            try:
                path = self.session.settings.search_path
                statement = self.dialect.lower(raw, script.source, self.schema, path)
                self._statement(migration, statement, number, records)
            except Exception as error:  # noqa: BLE001 - it must not hide what the other statements do
                self.schema, self.session, *kept = before
                del records[kept[0] :], self.steps[kept[1] :]
                self._crashed_at(script.source, self.dialect.span(raw), error)
        return tuple(records)

    def _crashed_at(self, source: Source, span: Span, error: Exception) -> None:
        self._leave_out(source, span, _CRASHED)
        place = f"{source.path}:{source.position(span.start).line}"
        self.crashes.append(Crash("the statement", place, error))

    def crashed(self, what: str, path: str, line: int, error: Exception) -> None:
        """Note that a part of miglint raised, and that the place was not analysed."""
        self.not_analysed.append(NotAnalysed(path, line, line, _CRASHED))
        self.crashes.append(Crash(what, path, error))

    def _statement(
        self, migration: Migration, statement: Statement, number: int, records: list[Record]
    ) -> None:
        before = self.session
        first = len(records)
        for operation in statement.operations:
            self._operation(operation, statement, number, records)
        effects = sum_of(record.effects for record in records[first:])
        live = _live(effects, before)
        transaction = before.transaction
        if transaction is None and self.session.opened_by == "script":
            transaction = self.session.transaction
        self.steps.append(
            Step(
                statement=statement,
                migration=migration.id,
                direction=Direction.UP.value,
                transaction=transaction,
                effects=live,
                risk=risk_of([r.operation for r in records[first:]], live, before),
                lock_timeout=before.lock_timeout,
            )
        )

    def _operation(
        self,
        operation: Operation,
        statement: Statement,
        number: int,
        records: list[Record],
        block: BlockStatement | None = None,
        depth: int = 0,
        called: "set[tuple[Name, tuple[str, ...]]] | None" = None,
    ) -> None:
        """Run an operation with all that it calls; `called` are the functions that the same call has run."""
        schema, session = self.schema, self.session
        effects = self.dialect.effects(operation, schema, session, self.plan.policy.postgres_version)
        if isinstance(operation, DoBlock) and not operation.parsed:
            self._leave_out(statement.source, operation.span, operation.reason)
        self.schema = apply(operation, schema, self.dialect.naming)
        self.session = advance(session, operation, effects, schema, statement.source)
        self.schema, self.session = self.undo.after(operation, session, self.schema, self.session)
        records.append(Record(operation, statement, number, schema, session, effects, self.schema, block))
        if isinstance(operation, DoBlock):
            body, called = operation.body, None
        else:
            called = set() if called is None else called
            body = self._called_body(operation, depth, called)
            self.called += len(body)
            if body and self.called > _MOST_CALLED:
                reason = f"the migration calls functions with more than {_MOST_CALLED:,} statements in all"
                self._leave_out(statement.source, operation.span, reason)
                return
        if not body:
            return
        in_code = self.session.in_code
        self.session = self.session._replace(in_code=True)
        self._block(
            body,
            0,
            lambda nested, inner: self._operation(
                nested, statement, number, records, inner, depth + 1, called
            ),
        )
        self.session = self.session._replace(in_code=in_code)

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
                    for operation in inner.operations:
                        run(operation, inner)
                continue
            before, after = (self.schema, self.session), []
            for way in branches.ways(decision, tuple(group), level, self.schema):
                self.schema, self.session = before
                self._block(way.statements, level + 1, run)
                if not way.unlikely:
                    after.append((self.schema, self.session))
            self.schema, self.session = branches.either(before, after)

    def _called_body(
        self, operation: Operation, depth: int, called: set[tuple[Name, tuple[str, ...]]]
    ) -> tuple[BlockStatement, ...]:
        """The statements of a called function, which all stand at the call.

        Functions that call each other would run many times: the second time changes nothing.
        """
        if depth >= _MAX_CALL_DEPTH:
            return ()
        if isinstance(operation, Call):
            functions = self.schema.functions.get(operation.procedure) or ()
        elif isinstance(operation, Select) and self.schema.functions:
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
            for place in (schema,) if schema else self.session.settings.search_path:
                yield from self.schema.functions.get((place, name)) or ()  # type: ignore[arg-type]

    def _leave_out(self, source: Source, span: Span, reason: str) -> None:
        self.not_analysed.append(
            NotAnalysed(
                path=source.path,
                line=source.position(span.start).line,
                end_line=source.position(max(span.start, span.end - 1)).line,
                reason=reason,
            )
        )

    # --- the rules ----------------------------------------------------------------------------

    def _check(
        self,
        migration: Migration,
        script: Script,
        records: tuple[Record, ...],
        down: tuple[Operation, ...] | None,
    ) -> None:
        whole = self._context(migration, script, records, len(records))
        number = -1
        for at, record in enumerate(records):
            if record.number != number and self.checker.wants(Statement):
                self.checker.ask(record.statement, whole.at(at), record.statement.span)
            number = record.number
            if isinstance(record.operation, Unparsed):
                self._ask_unparsed(record.operation, whole.at(at), record.statement)
            elif self.checker.wants(type(record.operation)):
                self.checker.ask(record.operation, whole.at(at), record.statement.span)
        self.checker.ask(MigrationEnd(migration, script.span, down), whole, script.span)

    def _on_trial(
        self,
        migration: Migration,
        records: tuple[Record, ...],
        down: tuple[Operation, ...] | None,
        edits: Sequence[Edit],
        state: tuple[Schema, Session, tuple[str, bool] | None],
        found: list[Diagnostic],
    ) -> tuple[list[Diagnostic], list[Diagnostic] | None]:
        """Give what all rules say of a migration, and what they say of it after edits; None if one fails.

        `state` is that of the walk before the migration, `found` what the rules that run say of it.
        """
        if self.judge is None:
            plan = self.plan._replace(rules=self.plan.judges or self.plan.rules)
            self.judge = _Engine(self.history, self.dialect, plan)
            self.judge.facts = self.facts
        judge = self.judge
        assert migration.up is not None
        judge.checker.diagnostics = []
        before = found
        if judge.plan.rules != self.plan.rules:
            judge._check(migration, migration.up, records, down)
            before, judge.checker.diagnostics = judge.checker.diagnostics, []
        judge.schema, judge.session, judge.release = state
        judge.steps, judge.not_analysed, judge.crashes, judge.checker.crashes = [], [], [], []
        script = edited(migration.up, edits)
        changed = migration._replace(up=script)
        judge._check(changed, script, judge._script(changed, script), down)
        failed = judge.crashes or judge.checker.crashes or judge.cut_off
        return before, None if failed else judge.checker.diagnostics

    def _down(
        self, migration: Migration, script: Script | None, *, check: bool
    ) -> tuple[Operation, ...] | None:
        """A down script is read on the schema that its up script leaves, but not run.

        So what no server would run is known before it is needed.
        """
        if script is None or not check:
            return None
        operations: list[Operation] = []
        path = self.session.settings.search_path
        for raw in self._parse(script):
            try:
                statement = self.dialect.lower(raw, script.source, self.schema, path)
            except Exception as error:  # noqa: BLE001 - it must not hide what the other statements do
                self._crashed_at(script.source, self.dialect.span(raw), error)
                continue
            operations += statement.operations
            for operation in statement.operations:
                if isinstance(operation, Unparsed):
                    self._ask_unparsed(operation, self._context(migration, script, (), 0), statement)
        return tuple(operations)

    def _ask_unparsed(self, operation: Unparsed, context: Context, statement: Statement) -> None:
        """List what was not analysed, unless a finding says so."""
        self.cut_off = self.cut_off or operation.lost
        found = len(self.checker.diagnostics)
        self.checker.ask(operation, context, statement.span)
        if len(self.checker.diagnostics) == found:
            self._leave_out(statement.source, operation.span, operation.reason)

    def _parse(self, script: Script) -> list[Any]:
        try:
            psql = script.mode is TransactionMode.SCRIPT
            return list(self.dialect.parse(script.sql, script.span.start, psql=psql))
        except Exception as error:  # noqa: BLE001 - it must not hide what the other files do
            self._crashed_at(script.source, script.span, error)
            return []

    def _context(self, migration: Migration, script: Script, records: tuple[Record, ...], at: int) -> Context:
        return Context(
            policy=self.plan.policy,
            history=self.history,
            migration=migration,
            script=script,
            records=records,
            at=at,
            of_history=self.facts,
        )


def _decision(statement: BlockStatement, level: int) -> Decision | None:
    return statement.branches[level][0] if len(statement.branches) > level else None


def _at_call(inner: BlockStatement, span: Span) -> BlockStatement:
    operations = tuple(operation._replace(span=span) for operation in inner.operations)  # type: ignore[attr-defined]
    return inner._replace(operations=operations, span=span)


def _live(effects: Effects, session: Session) -> Effects:
    """Keep what concerns relations that were there before the migration."""
    if not any(session.is_new(lock.table) for lock in effects.locks):
        return effects
    return effects._replace(
        locks=tuple(lock for lock in effects.locks if not session.is_new(lock.table)),
        rewrites=tuple(w for w in effects.rewrites if not session.is_new(w.table)),
        scans=tuple(w for w in effects.scans if not session.is_new(w.table)),
        index_builds=tuple(w for w in effects.index_builds if not session.is_new(w.table)),
        rows_written=tuple(r for r in effects.rows_written if not session.is_new(r.table)),
        destroys=tuple(d for d in effects.destroys if not session.is_new(d.table)),
        failures=tuple(f for f in effects.failures if f.table is None or not session.is_new(f.table)),
    )
