"""The one walk: each statement, in order, through session, effects, replay and rules. No I/O."""

import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from miglint.dialects.dialect import Dialect
from miglint.errors import RuleCrashed
from miglint.model import (
    NO_EFFECTS,
    BlockStatement,
    Call,
    Diagnostic,
    Direction,
    DoBlock,
    Effects,
    Finding,
    Function,
    History,
    Migration,
    NotAnalysed,
    Operation,
    Schema,
    Script,
    Select,
    Source,
    Span,
    Statement,
    Step,
    Unparsed,
)
from miglint.replay import apply
from miglint.risk import risk_of
from miglint.rule import Context, HistoryEnd, MigrationEnd, Policy, Record, Rule, SuppressionProblem
from miglint.session import Session, Settings, advance, start

_MAX_CALL_DEPTH = 3


class Plan(NamedTuple):
    """How to run: the rules, what the project says of itself, and a deadline in seconds for each file."""

    rules: tuple[Rule, ...] = ()
    policy: Policy = Policy()
    time_zone: str | None = None
    seconds_per_file: float = 30.0
    selected: Callable[[Migration], bool] = lambda _migration: True
    progress: Callable[[int], None] = lambda _count: None


class Run(NamedTuple):
    """What came of one history.

    `steps` are the statements as `miglint plan` prints them; `schema` is the last one.
    """

    history: History
    diagnostics: tuple[Diagnostic, ...] = ()
    steps: tuple[Step, ...] = ()
    schema: Schema = Schema()
    not_analysed: tuple[NotAnalysed, ...] = ()
    crashes: tuple[RuleCrashed, ...] = ()
    sources: tuple[Source, ...] = ()


def run(history: History, dialect: Dialect, plan: Plan, until: str | None = None) -> Run:
    """Replay a history and check it; `until` names the migration after which to stop."""
    return _Engine(history, dialect, plan).run(until)


class _Engine:
    """The state of one walk."""

    def __init__(self, history: History, dialect: Dialect, plan: Plan) -> None:
        self.history = history
        self.dialect = dialect
        self.plan = plan
        self.schema = Schema()
        self.session = Session()
        self.steps: list[Step] = []
        self.diagnostics: list[Diagnostic] = []
        self.not_analysed: list[NotAnalysed] = []
        self.crashes: list[RuleCrashed] = []
        self.sources: dict[str, Source] = {}
        self.ordinals: dict[tuple[str, str, str], int] = {}
        self.checks = _dispatch(plan, dialect.name, Direction.UP)
        self.down_checks = _dispatch(plan, dialect.name, Direction.DOWN)

    def run(self, until: str | None) -> Run:
        for number, migration in enumerate(self.history.migrations):
            self.plan.progress(number)
            self._migration(migration)
            if until is not None and migration.id == until:
                break
        self._history_end()
        return Run(
            history=self.history,
            diagnostics=tuple(self.diagnostics),
            steps=tuple(self.steps),
            schema=self.schema,
            not_analysed=tuple(self.not_analysed),
            crashes=tuple(self.crashes),
            sources=tuple(self.sources.values()),
        )

    def _migration(self, migration: Migration) -> None:
        for script in (migration.up, migration.down):
            if script is not None:
                self.sources[script.source.path] = script.source
        selected = self.plan.selected(migration)
        left_out = len(self.not_analysed)
        if migration.up is not None:
            records = self._script(migration, migration.up)
            if selected and self.checks:
                self._check(migration, migration.up, records)
        if selected and migration.down is not None:
            self._down(migration, migration.down)
        if not selected:
            del self.not_analysed[left_out:]

    # --- the simulation -----------------------------------------------------------------------

    def _script(self, migration: Migration, script: Script) -> tuple[Record, ...]:
        text = script.source[script.span]
        raws = list(self.dialect.parse(text, script.span.start))
        settings = Settings(time_zone=self.plan.time_zone)
        self.session = start(self.session, script.mode, len(raws), settings)
        deadline = time.monotonic() + self.plan.seconds_per_file
        records: list[Record] = []
        for number, raw in enumerate(raws):
            if time.monotonic() > deadline:
                span = Span(self.dialect.span(raw).start, script.span.end)
                self._leave_out(script.source, span, "the deadline for one file has passed")
                break
            statement = self.dialect.lower(raw, script.source, self.schema, self.session.settings.search_path)
            self._statement(migration, statement, number, records)
        return tuple(records)

    def _statement(
        self, migration: Migration, statement: Statement, number: int, records: list[Record]
    ) -> None:
        before = self.session
        first = len(records)
        for operation in statement.operations:
            self._operation(operation, statement, number, records)
        effects = _sum(record.effects for record in records[first:])
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
    ) -> None:
        schema, session = self.schema, self.session
        effects = self.dialect.effects(operation, schema, session, self.plan.policy.postgres_version)
        if isinstance(operation, Unparsed):
            self._leave_out(statement.source, operation.span, operation.reason)
        if isinstance(operation, DoBlock) and not operation.parsed:
            self._leave_out(statement.source, operation.span, operation.reason)
        self.schema = apply(operation, schema, self.dialect.naming)
        self.session = advance(session, operation, effects, schema, statement.source)
        records.append(Record(operation, statement, number, schema, session, effects, self.schema, block))
        for inner in self._body(operation, depth):
            for nested in inner.operations:
                self._operation(nested, statement, number, records, inner, depth + 1)

    def _body(self, operation: Operation, depth: int) -> tuple[BlockStatement, ...]:
        """The statements that run inside an operation; those of a called function all stand at the call."""
        if isinstance(operation, DoBlock):
            return operation.body
        if depth >= _MAX_CALL_DEPTH:
            return ()
        if isinstance(operation, Call):
            functions = self.schema.functions.get(operation.procedure) or ()
        elif isinstance(operation, Select) and self.schema.functions:
            functions = tuple(self._called(operation.query.functions))
        else:
            return ()
        return tuple(_at_call(inner, operation.span) for function in functions for inner in function.body)

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

    def _check(self, migration: Migration, script: Script, records: tuple[Record, ...]) -> None:
        whole = self._context(migration, script, records, len(records))
        for at, record in enumerate(records):
            checks = self.checks.get(type(record.operation))
            if checks:
                self._ask(checks, record.operation, whole.at(at), record.statement.span)
        checks = self.checks.get(MigrationEnd)
        if checks:
            end = MigrationEnd(migration, script.span)
            self._ask(checks, end, whole, script.span)

    def _down(self, migration: Migration, script: Script) -> None:
        """A down script is parsed, so that what no server would run is known before it is needed."""
        for raw in self.dialect.parse(script.source[script.span], script.span.start):
            if not raw.reason:
                continue
            operation = Unparsed(span=raw.span, reason=raw.reason, at=raw.at)
            self._leave_out(script.source, raw.span, raw.reason)
            checks = self.down_checks.get(Unparsed)
            if checks:
                context = self._context(migration, script, (), 0)
                self._ask(checks, operation, context, raw.span)

    def _context(self, migration: Migration, script: Script, records: tuple[Record, ...], at: int) -> Context:
        return Context(
            policy=self.plan.policy,
            history=self.history,
            migration=migration,
            script=script,
            records=records,
            at=at,
        )

    def _history_end(self) -> None:
        checks = self.checks.get(HistoryEnd)
        if checks and self.history.migrations:
            steps = tuple(self.steps)
            context = Context(policy=self.plan.policy, history=self.history, steps=steps)
            self._ask(checks, HistoryEnd(self.history), context, Span(0, 0))

    def _ask(
        self,
        checks: list[tuple[Rule, Callable[[Any, Context], Any]]],
        event: Any,
        context: Context,
        span: Span,
    ) -> None:
        for rule, check in checks:
            try:
                found = list(check(event, context))
            except Exception as error:  # noqa: BLE001 - one rule's mistake must not stop the others
                place = context.script.source.path if context.script else self.history.root
                self.crashes.append(RuleCrashed(rule.name, place, error))
                continue
            for finding in found:
                self.diagnostics.append(self._place(rule, finding, context, span))

    def _place(self, rule: Rule, finding: Finding, context: Context, span: Span) -> Diagnostic:
        script = context.script
        source = finding.source or (script.source if script else Source(self.history.root, ""))
        statement = span if finding.source is None else finding.span
        migration = context.migration.id if context.migration else self._migration_of(source)
        return place(
            rule,
            finding,
            source=source,
            statement=statement,
            migration=migration,
            direction=script.direction.value if script else Direction.UP.value,
            ordinals=self.ordinals,
            normalise=self.dialect.normalise,
        )

    def _migration_of(self, source: Source) -> str:
        for migration in self.history.migrations:
            if migration.up is not None and migration.up.source.path == source.path:
                return migration.id
        return ""


def check_suppressions(
    problems: Iterable[tuple[Source, SuppressionProblem]], history: History, dialect: Dialect, plan: Plan
) -> tuple[Diagnostic, ...]:
    """Give the findings about comments that should hide findings and do not."""
    checks = _dispatch(plan, dialect.name, Direction.UP).get(SuppressionProblem, [])
    ordinals: dict[tuple[str, str, str], int] = {}
    found = []
    for source, problem in problems:
        context = Context(policy=plan.policy, history=history)
        for rule, check in checks:
            found += [
                place(
                    rule,
                    finding,
                    source=source,
                    statement=problem.span,
                    migration="",
                    direction=Direction.UP.value,
                    ordinals=ordinals,
                    normalise=dialect.normalise,
                )
                for finding in check(problem, context)
            ]
    return tuple(found)


def place(
    rule: Rule,
    finding: Finding,
    *,
    source: Source,
    statement: Span,
    migration: str,
    direction: str,
    ordinals: dict[tuple[str, str, str], int],
    normalise: Callable[[str], str],
) -> Diagnostic:
    """Put a finding where it stands, with a fingerprint that survives reformatting.

    The fingerprint is made of the rule, the migration, the normalised statement and a number that
    tells equal ones apart; no line number is in it.
    """
    from hashlib import sha256

    text = normalise(source[statement])
    key = (rule.name, migration or source.path, text)
    ordinal = ordinals.get(key, 0)
    ordinals[key] = ordinal + 1
    fingerprint = sha256("\0".join((*key, str(ordinal))).encode("utf-8", "replace")).hexdigest()[:32]
    return Diagnostic(
        rule=rule.name,
        category=rule.category,
        severity=finding.severity or rule.severity,
        confidence=finding.confidence or rule.confidence,
        finding=finding,
        source=source,
        statement=statement,
        migration=migration,
        direction=direction,
        fingerprint=fingerprint,
    )


def _dispatch(
    plan: Plan, dialect: str, direction: Direction
) -> dict[type, list[tuple[Rule, Callable[[Any, Context], Any]]]]:
    table: dict[type, list[tuple[Rule, Callable[[Any, Context], Any]]]] = {}
    for rule in plan.rules:
        applies = dialect in rule.dialects and plan.policy.postgres_version >= rule.min_version
        if applies and direction.value in rule.directions:
            for kind, check in rule.checks:
                table.setdefault(kind, []).append((rule, check))
    return table


def _at_call(inner: BlockStatement, span: Span) -> BlockStatement:
    operations = tuple(operation._replace(span=span) for operation in inner.operations)  # type: ignore[attr-defined]
    return inner._replace(operations=operations, span=span)


def _sum(parts: Iterable[Effects]) -> Effects:
    total = NO_EFFECTS
    for part in parts:
        if part is not NO_EFFECTS:
            total = part if total is NO_EFFECTS else total.also(part)
    return total


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
        failures=tuple(f for f in effects.failures if not session.is_new(f.table)),
    )
