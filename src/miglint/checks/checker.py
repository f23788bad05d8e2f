"""Asks the rules about events, and puts what they report in its place."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from itertools import accumulate
from typing import Any, NamedTuple

from miglint.checks.context import Context
from miglint.checks.events import SuppressionProblem
from miglint.checks.policy import Policy
from miglint.checks.refused import surely_fails
from miglint.checks.rules import Rule
from miglint.checks.written import help_as_written, message_as_written
from miglint.dialects import SUPPORTED
from miglint.errors import Crash
from miglint.model import (
    Confidence,
    Diagnostic,
    Direction,
    Edit,
    Finding,
    History,
    InFile,
    Listed,
    Name,
    Related,
    Server,
    Severity,
    Source,
    Span,
    TransactionMode,
)

_NOWHERE = Span(0, 0)
_WORK = ("locks", "rewrites")
Normalise = Callable[[str], tuple[str, ...]]
"""Gives the parts of a text that make a difference to the server."""
Table = dict[type, list[tuple[Rule, Callable[[Any, Context], Any]]]]


class Plan(NamedTuple):
    """What to ask: the rules, and what the project says of itself.

    `fixes`: somebody will see the fixes, so each is tried out first; `judges` are the rules that decide
    whether it is offered, those that run if there are none. `downs`: somebody wants the ways back, whether
    a rule asks about them or not. Histories for other `dialects` are not run.
    """

    rules: tuple[Rule, ...] = ()
    judges: tuple[Rule, ...] = ()
    fixes: bool = True
    downs: bool = False
    dialects: tuple[str, ...] = SUPPORTED
    policy: Policy = Policy()
    progress: Callable[[int], None] = lambda _count: None


_BOTH_WAYS = ("backfill", "locks", "rewrites", "transactions")
"""Categories whose rules are asked about the ways back of a change as well, and mind them one level less."""
_COUNTED = ("conflicts", "locks", "rewrites")
"""Categories whose findings bring the query for the rows on which the operation would fail."""


class _Place(NamedTuple):
    """Where a script stands; neither it nor one that starts before it ends behind `reach`."""

    start: int
    end: int
    number: int
    migration: str
    reach: int = 0


class Checker:
    """The rules that apply to a history, and what they have reported so far.

    `server` is its database; `normalise` gives the parts of a statement for fingerprints.
    """

    def __init__(self, history: History, plan: Plan, server: Server, normalise: Normalise) -> None:
        self.history = history
        self.diagnostics: list[Diagnostic] = []
        self.crashes: list[Crash] = []
        self._normalise = normalise
        self._ordinals: dict[tuple[str, str, str], int] = {}
        self._spelled: tuple[Source, Span, str] | None = None
        self._unread: list[Source] = []
        self._placeholders: dict[str, str] = {}
        self._places: dict[str, list[_Place]] | None = None
        self._tables: dict[Direction, Table] = {
            direction: _dispatch(history, plan, server, direction) for direction in Direction
        }

    def wants(self, *kinds: type, direction: Direction = Direction.UP) -> bool:
        """Tell whether any rule asks for events of one of these kinds; without kinds: for any at all."""
        table = self._tables[direction]
        return not table.keys().isdisjoint(kinds) if kinds else bool(table)

    def ask(self, event: Any, context: Context, span: Span = _NOWHERE) -> None:
        """Run the checks for an event; `span` is that of its statement."""
        direction = context.script.direction if context.script else Direction.UP
        for rule, check in self._tables[direction].get(type(event), ()):
            try:
                found = list(check(event, context))
                if found:
                    if rule.category == "compatibility" and surely_fails(context):
                        continue
                    found = [self._place(rule, finding, context, span) for finding in found]
            except Exception as error:  # noqa: BLE001 - one rule's mistake must not stop the others
                place = context.script.source.path if context.script else self.history.root
                self.crashes.append(Crash(f"rule {rule.name!r}", place, error))
                continue
            self.diagnostics += found

    def knows(self, source: Source) -> None:
        """Take note of a file that is part of the history."""
        if source.sql is not source.text:
            self._unread.append(source)

    def _as_written(self, finding: Finding) -> Finding:
        """Name tables as the files do where a placeholder stands in their names."""
        while self._unread:
            self._placeholders.update(self._unread.pop().placeholders())
        known, home = self._placeholders, self.history.home_as_written
        if not known and not home:
            return finding

        related = tuple(
            other._replace(message=message_as_written(other.message, known)) for other in finding.related
        )
        listed = finding.listed
        return finding._replace(
            message=message_as_written(finding.message, known),
            help=help_as_written(finding.help, known, home),
            related=related,
            rows_query=message_as_written(finding.rows_query, known),
            listed=_listed_as_written(listed, known) if listed else None,
        )

    def _migration_at(self, place: InFile) -> str:
        """Give the first migration with a script around a place: a down script can stand in its up script."""
        if self._places is None:
            self._places = _places(self.history)
        places = self._places.get(place.file.path, [])
        found = []
        start = place.span.start
        at = bisect_right(places, start, key=lambda place: place.start)
        while at > 0 and places[at - 1].reach >= start:
            at -= 1
            if places[at].end >= start:
                found.append((places[at].number, places[at].migration))
        return min(found, default=(0, ""))[1]

    def _place(self, rule: Rule, finding: Finding, context: Context, span: Span) -> Diagnostic:
        """Put a finding where it stands, with a fingerprint that survives reformatting.

        The fingerprint is made of the rule, the migration, the normalised statement and a number that
        tells equal ones apart; no line number is in it.
        """
        from hashlib import sha256

        from miglint.checks.remedies.steps import in_later_release, with_later_names

        if names := context.renamed_later:
            finding = finding._replace(help=with_later_names(finding.help, names))
        script = context.script
        if script is not None and script.mode is TransactionMode.PER_RUN:
            finding = finding._replace(help=in_later_release(finding.help))
        at = context.record.operation.span if context.record else None
        if rule.category in _COUNTED and finding.span == at and (query := context.rows.in_the_way):
            finding = finding._replace(rows_query=query)
        severity = _severity(rule, finding, context)
        finding = self._as_written(context.volume.quoted(finding, rule.category))
        source = finding.source or (script.source if script else Source(self.history.root, ""))
        statement = span if finding.source is None else finding.span
        if finding.fix is not None and not source.is_literal(statement):
            # The server gets something else than what is written here, so an edit would miss.
            finding = finding._replace(fix=None)
        migration = (
            context.migration.id if context.migration else self._migration_at(source.place(finding.span))
        )
        key = (rule.name, migration or source.path, self._spell(source, statement))
        ordinal = self._ordinals.get(key, 0)
        self._ordinals[key] = ordinal + 1
        fingerprint = sha256("\0".join((*key, str(ordinal))).encode("utf-8", "replace")).hexdigest()[:32]
        return Diagnostic(
            rule=rule.name,
            category=rule.category,
            severity=severity,
            confidence=_confidence(rule, finding, context),
            finding=finding,
            source=source,
            statement=statement,
            migration=migration,
            direction=(script.direction if script else Direction.UP).value,
            fingerprint=fingerprint,
            group=self._group(rule, finding, context, migration),
            untold=tuple(name.display for name in _untold(finding, context)),
            sizes=context.volume.measured(finding.tables),
        )

    def _spell(self, source: Source, statement: Span) -> str:
        """Give a statement as fingerprints see it; many findings about one follow each other."""
        known = self._spelled
        if known is None or known[1] != statement or known[0] is not source:
            text = "".join(self._normalise(source.sql[statement.start : statement.end]))
            known = self._spelled = (source, statement, text)
        return known[2]

    def _group(self, rule: Rule, finding: Finding, context: Context, migration: str) -> tuple[str, ...]:
        """Give what is the same for all findings that the rule takes for one."""
        if rule.together is None:
            return ()
        whole = (rule.together.noun, rule.name, self.history.root)
        if rule.together.by == "cause":
            return (*whole, finding.cause) if finding.cause else ()
        direction = context.script.direction.value if context.script else ""
        words = (finding.listed.before, finding.listed.after) if finding.listed else ()
        if rule.together.by == "migration":
            # Of a table that the history does not show, a list with the others would say too much.
            sure = str(_confidence(rule, finding, context))
            return (*whole, migration, direction, sure, *words) if words else ()
        return (*whole, migration, direction, str(finding.tables[0]), *words) if finding.tables else ()


def placed(diagnostic: Diagnostic) -> Diagnostic:
    """Give a finding with its spans in files, no longer in the SQL that its script is made of."""
    source, finding = diagnostic.source, diagnostic.finding
    file, statement = source.place(diagnostic.statement)
    related = tuple(_placed(other, source, file) for other in finding.related)
    if file is source and related == finding.related:
        return diagnostic
    fix = finding.fix
    if fix is not None:
        shift = statement.start - diagnostic.statement.start
        fix = fix._replace(edits=tuple(Edit(e.start + shift, e.end + shift, e.text) for e in fix.edits))
    span = source.place(finding.span).span
    own = file if finding.source is not None else None
    finding = finding._replace(span=span, related=related, fix=fix, source=own)
    return diagnostic._replace(finding=finding, source=file, statement=statement)


def _listed_as_written(listed: Listed, known: Mapping[str, str]) -> Listed:
    before, item, after = (message_as_written(part, known) for part in listed[:3])
    return Listed(before, item, after, tuple(message_as_written(other, known) for other in listed.others))


def _placed(related: Related, source: Source, file: Source) -> Related:
    """Give another place of a finding, which counts in the source of that unless it names its own."""
    place = (related.source or source).place(related.span)
    own = place.file if related.source is not None or place.file is not file else None
    return related._replace(span=place.span, source=own)


def _severity(rule: Rule, finding: Finding, context: Context) -> Severity:
    """Give how bad a finding is: by how long it takes, where the project leaves that to us.

    Work on rows that its transaction has deleted is little beside the DELETE, which has read each of them,
    and written to it. What came in after it counts as ever.
    """
    said = finding.severity or rule.severity
    if context.script is not None and context.script.direction.value not in rule.directions:
        said = Severity(max(said - 1, Severity.NOTE))
    if not rule.is_severity_set:
        may_rise = finding.severity is None
        said = context.volume.scaled(said, may_rise=may_rise, category=rule.category)
    if rule.category not in _WORK or context.record is None or not finding.tables:
        return said
    table = finding.tables[0]
    is_of_dead = table in context.session.dead and not context.has_rows(table) and context.waits.leading_work
    return min(said, Severity.NOTE) if is_of_dead else said


def _confidence(rule: Rule, finding: Finding, context: Context) -> Confidence:
    """Give how sure a finding is; of a table that the history does not tell of, no rule can be sure."""
    return Confidence.LOW if _untold(finding, context) else finding.confidence or rule.confidence


def _untold(finding: Finding, context: Context) -> list[Name]:
    if context.record is None:
        return []
    return [name for name in finding.tables if not context.knows(name)]


def check_suppressions(
    problems: Iterable[SuppressionProblem],
    history: History,
    plan: Plan,
    server: Server,
    normalise: Normalise,
) -> tuple[Diagnostic, ...]:
    """Give the findings about what should hide findings and does not."""
    checker = Checker(history._replace(migrations=()), plan, server, normalise)
    context = Context(policy=plan.policy, history=history, server=server)
    for problem in problems:
        checker.ask(problem, context)
    return tuple(checker.diagnostics)


def _places(history: History) -> dict[str, list[_Place]]:
    """Give where scripts stand, by their files, in the order of the text."""
    found: dict[str, list[_Place]] = {}
    for number, migration in enumerate(history.migrations):
        for script in migration.scripts:
            file, span = script.source.place(script.span)
            found.setdefault(file.path, []).append(_Place(*span, number, migration.id))
    for path, places in found.items():
        places.sort()
        reaches = accumulate((place.end for place in places), max)
        found[path] = [place._replace(reach=reach) for place, reach in zip(places, reaches, strict=True)]
    return found


def _dispatch(history: History, plan: Plan, server: Server, direction: Direction) -> Table:
    table: Table = {}
    back = direction is Direction.DOWN and history.selected is not None and plan.policy.down != "off"
    for rule in plan.rules:
        since = rule.dialects.get(server.dialect)
        applies = not rule.dialects or (since is not None and server.version >= since)
        if applies and (direction.value in rule.directions or (back and rule.category in _BOTH_WAYS)):
            for kind, check in rule.checks:
                table.setdefault(kind, []).append((rule, check))
    return table
