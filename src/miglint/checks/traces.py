"""The rules are asked about each migration that ran, and its fixes are tried out."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from miglint.checks.checker import Checker, Normalise, Plan
from miglint.checks.context import Context
from miglint.checks.earlier_history import Base, End, tables_made
from miglint.checks.events import HistoryEnd, MigrationEnd, WayBack
from miglint.checks.facts import HistoryFacts
from miglint.checks.whereabouts import made_by, unmade
from miglint.fix.trial import edited, edits_of, kept
from miglint.model import (
    Diagnostic,
    Direction,
    DropTable,
    Edit,
    History,
    Migration,
    Name,
    NotAnalysed,
    Related,
    Schema,
    Server,
    Source,
    Span,
    Statement,
    Step,
    Unparsed,
)
from miglint.simulate import Machine, Ran, Start, Trace, place_of, run, since_base
from miglint.simulate.since_base import SquashedMigrations

if TYPE_CHECKING:
    from miglint.checks.ways_back import WaysBack
    from miglint.rollback.reversal import Reason, Reversal

_NO_SCHEMA = Schema()
_REFUSED = "conflicts"
"""The category of the rules that say of a statement that it fails."""


def _covers(whole: Span, part: Span) -> bool:
    return whole.start <= part.start and part.end <= whole.end


class Unread(NamedTuple):
    """What of a migration was not analysed, and no finding says; `lost`: a limit has cut something off.

    `late`: that limit is the time, so that rules were not asked about all of it.
    """

    places: tuple[NotAnalysed, ...] = ()
    lost: bool = False
    late: bool = False


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
        self._earlier = {} if machine is None else since_base.earlier(history)
        self._base = Base(history, machine)
        self._end_of_history = End(_NO_SCHEMA, {})
        self._is_late = False
        self._ways_back: WaysBack | None = None
        self._told_by = {rule.name: rule.told_by for rule in plan.rules if rule.told_by}

    @property
    def wants_downs(self) -> bool:
        """Whether a rule is asked about ways back."""
        return self.checker.wants(direction=Direction.DOWN) or self.checker.wants(MigrationEnd)

    def replayed(self, number: int, ran: Ran) -> None:
        """Take note of a migration that ran, whether it is asked for or not."""
        self._facts.steps += ran.up.steps if ran.up is not None else ()
        if number == self._base.shared:
            self._base.parts_at(ran.start.schema)

    def of_migration(self, ran: Ran) -> Unread:
        """Ask about a migration that is asked for."""
        known = len(self.checker.diagnostics)
        if self._history.base is not None:
            self._end_of_history.made[ran.migration.id] = tables_made(ran)
        wholes = [self._context(ran.migration, trace) for trace in ran.traces]
        unread = [self._of_script(self.checker, whole) for whole in wholes]
        if self.checker.wants(WayBack, direction=Direction.DOWN):
            self._take_way_back(ran)
        if ran.up is not None:
            self._end(self.checker, ran, wholes[0])
            self._mark_told(known)
            found = self.checker.diagnostics[known:]
            # Without a help the title of a fix is shown in its place.
            shown = self._plan.fixes or any(d.finding.fix and not d.finding.help for d in found)
            if shown and (edits := edits_of(found, ran.up.script)):
                before, after = self._on_trial(ran, ran.up, edits, found)
                self.checker.diagnostics[known:] = kept(found, before, after, edits)
        was = self._earlier.get(ran.migration.id)
        if was is not None and not was.repeatable and len(self.checker.diagnostics) > known:
            self._mark_unchanged(known, self._said_of(ran, was))
        return Unread(tuple(p for u in unread for p in u.places), any(u.lost for u in unread))

    def of_end(self, steps: tuple[Step, ...], schema: Schema) -> None:
        """Ask about the history as a whole; `schema` is the last."""
        if self._ways_back is not None:
            self._ask_back(self._ways_back.rest())
        known = len(self.checker.diagnostics)
        if self._base.shared == len(self._history.migrations):
            self._base.parts_at(schema)
        self._end_of_history = self._end_of_history._replace(schema=schema)
        if self._history.migrations:
            context = self._outside(steps, schema)
            self.checker.ask(HistoryEnd(self._history), context)
            self._mark_failing(known, context)
            self._mark_covered(known)
            self._name_made(steps)
        for at, found in enumerate(self.checker.diagnostics[known:], known):
            if self._stood_before(found):
                self.checker.diagnostics[at] = found._replace(told=True)

    def of_folder(self) -> None:
        """Ask about the files: their order and names, and what the change at hand did to them."""
        context = self._outside()
        for irregularity in since_base.new_irregularities(self._history):
            self.checker.ask(irregularity, context)
        for change in since_base.changes(self._history, self._normalise, self._squash):
            self.checker.ask(change, context)

    def _squash(
        self, gone: tuple[Migration, ...], others: tuple[Migration, ...]
    ) -> SquashedMigrations | None:
        return self._base.squash(gone, others, self._end_of_history)

    def _said_of(self, ran: Ran, was: Migration) -> list[Diagnostic]:
        """Give what the rules say of a migration as it was before the change at hand, in its place."""
        assert self._machine is not None
        machine, id_ = self._machine, ran.migration.id
        up = run(was.up, ran.start, machine, id_) if was.up else None
        start = Start(up.schema, up.session) if up else ran.start
        down = run(was.down, start, machine, id_) if was.down and ran.down else None
        old = Ran(ran.migration._replace(up=was.up, down=was.down), ran.start, up, down)
        checker = Checker(self._history, self._plan, self._server, self._normalise)
        wholes = [self._context(old.migration, trace) for trace in old.traces]
        for trace, whole in zip(old.traces, wholes, strict=True):
            checker.knows(trace.script.source)
            self._of_script(checker, whole)
        if up is not None:
            self._end(checker, old, wholes[0])
        return checker.diagnostics

    def _mark_told(self, first: int) -> None:
        """Mark the findings of a migration that say what another rule's about the same statement says.

        A finding about an action of a statement speaks of the others that it names as well.
        """
        others = self._told_by
        found = self.checker.diagnostics[first:]
        if any(d.rule in others for d in found):
            said = {
                (d.rule, d.direction, span)
                for d in found
                for span in (d.finding.span, *(r.span for r in d.finding.related if _is_within(r, d)))
            }
            for at, d in enumerate(found, first):
                if any((other, d.direction, d.finding.span) in said for other in others.get(d.rule, ())):
                    self.checker.diagnostics[at] = d._replace(told=True)

    def _mark_failing(self, first: int, context: Context) -> None:
        """Mark what rules say of a statement that fails, as one found after the last migration says.

        It fails for want of a table, so what others say of that table will not happen.
        """
        said = {
            (d.source, d.finding.span) for d in self.checker.diagnostics[first:] if d.category == _REFUSED
        }
        failing: dict[tuple[Source, Name], list[Span]] = {}
        for each in unmade(context) if said else ():
            if (each.step.statement.source, each.operation.span) in said:
                if each.made is not None:
                    steps = [each.step, *(step for step, _ in each.others)]
                else:
                    # It may have been made by hand; of its drop the finding says what becomes of the rows.
                    steps = [each.step] if isinstance(each.operation, DropTable) else []
                for step in steps:
                    failing.setdefault((step.statement.source, each.name), []).append(step.statement.span)
        for at, d in enumerate(self.checker.diagnostics if failing else ()):
            spans = failing.get((d.source, d.finding.tables[0]), ()) if len(d.finding.tables) == 1 else ()
            if d.category != _REFUSED and any(_covers(span, d.finding.span) for span in spans):
                self.checker.diagnostics[at] = d._replace(told=True)

    def _mark_covered(self, first: int) -> None:
        """Mark the findings of the whole history about a part of a statement that another rule reports."""
        found = self.checker.diagnostics[first:]
        telling = frozenset(rule for rules in self._told_by.values() for rule in rules)
        said: dict[tuple[str, Source], list[Span]] = {}
        for d in found:
            if d.rule in telling:
                said.setdefault((d.rule, d.source), []).append(d.finding.span)
        for at, d in enumerate(found, first):
            spans = (
                span for rule in self._told_by.get(d.rule, ()) for span in said.get((rule, d.source), ())
            )
            if any(_covers(span, d.finding.span) for span in spans):
                self.checker.diagnostics[at] = d._replace(told=True)

    def _name_made(self, steps: tuple[Step, ...]) -> None:
        """Keep no table for one that no migration makes if a later one than the finding's does."""
        if not any(d.untold for d in self.checker.diagnostics):
            return
        operations = (operation for step in steps for operation in step.statement.operations)
        made = {name.display for name in map(made_by, operations) if name is not None}
        for at, d in enumerate(self.checker.diagnostics):
            if not made.isdisjoint(d.untold):
                untold = tuple(name for name in d.untold if name not in made)
                self.checker.diagnostics[at] = d._replace(untold=untold)

    def _mark_unchanged(self, first: int, before: Sequence[Diagnostic]) -> None:
        said = Counter(map(self._likeness, before))
        for at, found in enumerate(self.checker.diagnostics[first:], first):
            likeness = self._likeness(found)
            if said[likeness] > 0:
                said[likeness] -= 1
                self.checker.diagnostics[at] = found._replace(told=True)

    def _likeness(self, found: Diagnostic) -> tuple[str, ...]:
        return found.rule, found.direction, found.finding.message, self._text_at(found)

    def _text_at(self, found: Diagnostic) -> str:
        span = found.finding.span
        return "".join(self._normalise(found.source.sql[span.start : span.end]))

    def _stood_before(self, found: Diagnostic) -> bool:
        """Whether a finding of the whole history is about what the change at hand leaves as it was."""
        was = self._earlier.get(found.migration)
        if was is None or was.repeatable or not self._history.asks_for(found.migration):
            return False
        now = next(m for m in self._history.migrations if m.id == found.migration)
        if found.category == "rollback" and (was.down is None) != (now.down is None):
            return False
        text = self._text_at(found)
        return any(text in "".join(self._normalise(script.sql)) for script in was.scripts)

    def _of_script(self, checker: Checker, whole: Context) -> Unread:
        assert whole.script is not None and self._machine is not None
        direction = whole.script.direction
        of_statements = checker.wants(Statement, direction=direction)
        places: list[NotAnalysed] = []
        number, lost = -1, False
        out_of_time = self._machine.conditions.deadline()
        for at, record in enumerate(whole.records):
            if reason := out_of_time():
                start = record.block.span.start if record.block else record.statement.span.start
                rest = Span(start, whole.script.span.end)
                return Unread((*places, place_of(whole.script.source, rest, reason)), lost=True, late=True)
            operation, span = record.operation, record.statement.span
            of_statement = of_statements and record.number != number
            number = record.number
            of_operation = checker.wants(type(operation), direction=direction)
            here = whole.at(at) if of_statement or of_operation else whole
            if of_statement:
                checker.ask(record.statement, here, span)
            if of_operation:
                found = len(checker.diagnostics)
                checker.ask(operation, here, span)
                if len(checker.diagnostics) > found:
                    lost = lost or (isinstance(operation, Unparsed) and operation.lost)
                    continue
            if isinstance(operation, Unparsed):
                lost = lost or operation.lost
                places.append(place_of(record.statement.source, operation.span, operation.reason))
        return Unread(tuple(places), lost)

    def _end(self, checker: Checker, ran: Ran, whole: Context) -> None:
        assert whole.script is not None
        down = ran.down and tuple(
            operation for step in ran.down.steps for operation in step.statement.operations
        )
        lost: tuple[Reason, ...] = ()
        if ran.up is not None and ran.down is not None:
            from miglint.rollback import losses

            lost = tuple(losses.of_up(ran.up, ran.down))
        checker.ask(MigrationEnd(ran.migration, down, lost), whole, whole.script.span)

    def _take_way_back(self, ran: Ran) -> None:
        if self._ways_back is None:
            from miglint.checks.ways_back import WaysBack

            assert self._machine is not None
            self._ways_back = WaysBack(self._machine)
        self._ask_back(self._ways_back.take(ran))

    def _ask_back(self, judged: Iterable[tuple[Ran, "Reversal"]]) -> None:
        for ran, reversal in judged:
            if ran.down is not None:
                whole = self._context(ran.migration, ran.down)
                self.checker.ask(WayBack(ran.migration, reversal), whole, ran.down.script.span)

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
        failed = after.crashes or after.cut_off or self._is_late or judge.crashes
        judge.crashes.clear()
        return before, None if failed else said

    def _judged(self, ran: Ran, trace: Trace) -> list[Diagnostic]:
        self._judge.diagnostics = []
        whole = self._context(ran.migration, trace)
        self._is_late = self._of_script(self._judge, whole).late
        self._end(self._judge, ran, whole)
        return self._judge.diagnostics

    def _outside(self, steps: tuple[Step, ...] = (), schema: Schema = _NO_SCHEMA) -> Context:
        return Context(
            policy=self._plan.policy,
            history=self._history,
            server=self._server,
            steps=steps,
            schema=schema,
            base=self._base,
        )

    def _context(self, migration: Migration, trace: Trace) -> Context:
        """Give what is asked at the end of a script, and leads to each of its operations."""
        return Context(
            policy=self._plan.policy,
            history=self._history,
            server=self._server,
            migration=migration,
            script=trace.script,
            records=trace.records,
            at=len(trace.records),
            of_history=self._facts,
        )


def _is_within(related: Related, of: Diagnostic) -> bool:
    """Whether something that a finding names stands in its own statement."""
    statement = of.statement
    return related.source is None and statement.start <= related.span.start < statement.end
