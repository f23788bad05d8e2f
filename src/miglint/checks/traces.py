"""The rules are asked about each migration that ran, and its fixes are tried out."""

from collections.abc import Sequence
from typing import NamedTuple

from miglint import scope
from miglint.checking import Checker, Normalise, Plan
from miglint.context import Context
from miglint.events import HistoryEnd, MigrationEnd
from miglint.fixes import edited, edits_of, kept
from miglint.model import (
    Diagnostic,
    Direction,
    Edit,
    History,
    Migration,
    NotAnalysed,
    Schema,
    Server,
    Statement,
    Step,
    Unparsed,
)
from miglint.records import HistoryFacts
from miglint.simulate import Machine, Ran, Trace, place_of, run

_NO_SCHEMA = Schema()


class Unread(NamedTuple):
    """What of a migration was not analysed, and no finding says; `lost`: a limit has cut something off."""

    places: tuple[NotAnalysed, ...] = ()
    lost: bool = False


class Checks:
    """All that is asked about one history."""

    def __init__(self, history: History, plan: Plan, machine: Machine | None, normalise: Normalise) -> None:
        self._server = machine.server if machine else Server(history.dialect)
        self.checker = Checker(history, plan, self._server, normalise)
        self._judges = plan.judges or plan.rules
        self._judge = Checker(history, plan._replace(rules=self._judges), self._server, normalise)
        self._history = history
        self._plan = plan
        self._machine = machine
        self._normalise = normalise
        self._facts = HistoryFacts(history)

    @property
    def wants_downs(self) -> bool:
        """Whether a rule is asked about ways back."""
        return self.checker.wants(direction=Direction.DOWN) or self.checker.wants(MigrationEnd)

    def of_migration(self, ran: Ran) -> Unread:
        """Ask about a migration that is asked for."""
        known = len(self.checker.diagnostics)
        unread = [self._of_script(self.checker, ran, trace) for trace in ran.traces]
        if ran.up is not None:
            self._end(self.checker, ran, ran.up)
            found = self.checker.diagnostics[known:]
            # Without a help the title of a fix is shown in its place.
            shown = self._plan.fixes or any(d.finding.fix and not d.finding.help for d in found)
            if shown and (edits := edits_of(found, ran.up.script)):
                before, after = self._on_trial(ran, ran.up, edits, found)
                self.checker.diagnostics[known:] = kept(found, before, after, edits)
        return Unread(tuple(p for u in unread for p in u.places), any(u.lost for u in unread))

    def of_end(self, steps: tuple[Step, ...], schema: Schema) -> None:
        """Ask about the history as a whole; `schema` is the last."""
        if self._history.migrations:
            context = self._outside(steps, schema)
            self.checker.ask(HistoryEnd(self._history), context)

    def of_folder(self) -> None:
        """Ask about the files: their order and names, and what the change at hand did to them."""
        context = self._outside()
        for irregularity in scope.new_irregularities(self._history):
            self.checker.ask(irregularity, context)
        for change in scope.changes(self._history, self._normalise):
            self.checker.ask(change, context)

    def _of_script(self, checker: Checker, ran: Ran, trace: Trace) -> Unread:
        whole = self._context(ran.migration, trace, len(trace.records))
        direction = trace.script.direction
        places: list[NotAnalysed] = []
        number, lost = -1, False
        for at, record in enumerate(trace.records):
            span = record.statement.span
            if record.number != number and checker.wants(Statement, direction=direction):
                checker.ask(record.statement, whole.at(at), span)
            number = record.number
            operation = record.operation
            if checker.wants(type(operation), direction=direction):
                found = len(checker.diagnostics)
                checker.ask(operation, whole.at(at), span)
                if len(checker.diagnostics) > found:
                    lost = lost or (isinstance(operation, Unparsed) and operation.lost)
                    continue
            if isinstance(operation, Unparsed):
                lost = lost or operation.lost
                places.append(place_of(record.statement.source, operation.span, operation.reason))
        return Unread(tuple(places), lost)

    def _end(self, checker: Checker, ran: Ran, trace: Trace) -> None:
        whole = self._context(ran.migration, trace, len(trace.records))
        down = ran.down and tuple(
            operation for step in ran.down.steps for operation in step.statement.operations
        )
        checker.ask(MigrationEnd(ran.migration, trace.script.span, down), whole, trace.script.span)

    def _on_trial(
        self, ran: Ran, trace: Trace, edits: Sequence[Edit], found: list[Diagnostic]
    ) -> tuple[list[Diagnostic], list[Diagnostic] | None]:
        """Give what all rules say of a migration, and what they say of it after edits; None if one fails.

        `found` is what the rules that run say of it.
        """
        assert self._machine is not None
        judge = self._judge
        before = found if self._judges == self._plan.rules else self._judged(ran, trace)
        script = edited(trace.script, edits)
        after = run(script, ran.start, self._machine, ran.migration.id)
        changed = ran._replace(migration=ran.migration._replace(up=script), up=after)
        said = self._judged(changed, after)
        failed = after.crashes or after.cut_off or judge.crashes
        judge.crashes.clear()
        return before, None if failed else said

    def _judged(self, ran: Ran, trace: Trace) -> list[Diagnostic]:
        self._judge.diagnostics = []
        self._of_script(self._judge, ran, trace)
        self._end(self._judge, ran, trace)
        return self._judge.diagnostics

    def _outside(self, steps: tuple[Step, ...] = (), schema: Schema = _NO_SCHEMA) -> Context:
        return Context(
            policy=self._plan.policy, history=self._history, server=self._server, steps=steps, schema=schema
        )

    def _context(self, migration: Migration, trace: Trace, at: int) -> Context:
        return Context(
            policy=self._plan.policy,
            history=self._history,
            server=self._server,
            migration=migration,
            script=trace.script,
            records=trace.records,
            at=at,
            of_history=self._facts,
        )
