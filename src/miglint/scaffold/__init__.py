"""A row of migrations in the place of one that is hazardous: drafted, tried out, and said to be so."""

from collections.abc import Sequence
from typing import NamedTuple

from miglint.checks.checker import Plan
from miglint.checks.context import Context
from miglint.checks.facts import HistoryFacts
from miglint.checks.strategies import Value
from miglint.errors import UsageError
from miglint.findings import Reporting
from miglint.model import (
    AddColumn,
    Direction,
    History,
    Migration,
    Schema,
    Script,
    SetNotNull,
    Source,
    Span,
    TransactionMode,
)
from miglint.model.remedy import column_added
from miglint.model.strategy import NotDrafted, Strategy
from miglint.scaffold.back import with_ways_back
from miglint.scaffold.row import find, in_row, rest_of, together
from miglint.scaffold.texts import TIMEOUT, Drafted, Way, drafted, headed
from miglint.scaffold.trial import Tried, try_out, with_answers, without_names
from miglint.simulate import Machine, Ran, Record, Start, migrations, run

__all__ = ["Drafted", "Place", "Row", "scaffold"]

_TIMEOUT_RULE = "missing-lock-timeout"


class Place(NamedTuple):
    """What is to be drafted: a migration, or the statement in one of its lines (0: all of it)."""

    migration: str
    line: int = 0


class NotDone(NamedTuple):
    """A statement of which nothing is drafted, with its line and why."""

    line: int
    name: str
    reason: str


class Row(NamedTuple):
    """The migrations that take the place of a hazardous one, or of a statement in it.

    `strategies` stand with their lines; `problems` say what the trial has found; `left` are the statements
    that stay where they are, because another line was asked for.
    """

    place: Place
    path: str
    strategies: tuple[tuple[int, Strategy], ...] = ()
    not_done: tuple[NotDone, ...] = ()
    drafted: tuple[Drafted, ...] = ()
    problems: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


def scaffold(
    history: History,
    place: Place,
    machine: Machine,
    plan: Plan,
    reporting: Reporting,
    values: dict[str, str] | None = None,
) -> Row:
    """Draft the row; `values` are what old rows get, as SQL, by the name of their column ("": in any)."""
    ran, facts = _ran(history, place.migration, machine)
    trace = ran.up
    if trace is None:
        raise UsageError(f"{place.migration} is not a migration in SQL")
    whole = Context(
        policy=plan.policy,
        history=history,
        server=machine.server,
        migration=ran.migration,
        script=trace.script,
        records=trace.records,
        at=len(trace.records),
        of_history=facts,
    )
    places = _places(trace.records, place, trace.script)
    given = {name: _value(text, name, whole, places, machine) for name, text in (values or {}).items()}
    found = find(whole, places, given)
    row = Row(
        place,
        ran.migration.path,
        tuple((_line(trace.records[at]), strategy) for at, strategy in found.strategies),
        tuple(_not_done(trace.records[at], each) for at, each in found.not_drafted),
    )
    if not found.strategies:
        return row
    rest = () if place.line else tuple(rest_of(whole, found))
    first = min(places)
    start = trace.records[first].schema if place.line else ran.start.schema
    groups = with_ways_back(in_row(found, rest), start, history.advice, machine)
    stages = tuple(map(together, groups))
    earlier = _earlier(history, ran.migration, trace.records[:first] if place.line else ())
    wanted = trace.records[max(places)].after if place.line else trace.schema
    way = Way(whole.remedies.write, history.advice, trace.script.mode, found.settings)
    made = tuple(drafted(stage, way) for stage in stages)

    def tried(row: tuple[Drafted, ...]) -> Tried:
        return try_out(earlier, row, wanted, trace.script.mode, machine, plan, reporting)

    outcome = tried(made)
    if _TIMEOUT_RULE in outcome.rules:
        way = way._replace(settings=(*way.settings, TIMEOUT))
        made = tuple(drafted(stage, way) for stage in stages)
        outcome = tried(made)
    if any(outcome.answers) or any(outcome.needless):
        found_out = zip(made, outcome.answers, outcome.needless, strict=True)
        made = tuple(
            each._replace(down=with_answers(each.down, answers), up=without_names(each.up, names))
            for each, answers, names in found_out
        )
        outcome = tried(made)
    waits = zip(made, outcome.waits, outcome.waits_back, strict=True)
    said = (each._replace(waits=up, waits_back=back) for each, up, back in waits)
    return row._replace(
        drafted=tuple(headed(tuple(said))),
        problems=outcome.problems,
        left=_left(trace.records, places) if place.line else (),
    )


def _ran(history: History, id_: str, machine: Machine) -> tuple[Ran, HistoryFacts]:
    facts = HistoryFacts(history)
    for ran in migrations(history, machine, id_):
        facts.steps += ran.up.steps if ran.up is not None else ()
        if ran.migration.id == id_:
            return ran, facts
    raise UsageError(f"no migration is named {id_!r}")


def _places(records: Sequence[Record], place: Place, script: Script) -> tuple[int, ...]:
    """Give the places of the operations that are asked for."""
    if not place.line:
        return tuple(range(len(records)))
    found = []
    for at, record in enumerate(records):
        file, span = record.statement.place
        if file.position(span.start).line <= place.line <= file.position(max(span.start, span.end - 1)).line:
            found.append(at)
    if not found:
        raise UsageError(f"{script.source.path}:{place.line}: there is no statement in this line")
    return tuple(found)


def _line(record: Record) -> int:
    file, span = record.statement.source.place(record.operation.span)
    return file.position(span.start).line


def _not_done(record: Record, each: NotDrafted) -> NotDone:
    return NotDone(_line(record), each.name, each.reason)


def _left(records: Sequence[Record], places: Sequence[int]) -> tuple[str, ...]:
    own = {records[at].number for at in places}
    others = (record.statement.text for record in records if record.number not in own)
    return tuple(dict.fromkeys(others))


def _earlier(history: History, migration: Migration, records: Sequence[Record]) -> History:
    """Give the history before a migration, with the statements of that which come before a line."""
    before = history.migrations[: history.migrations.index(migration)]
    if records and migration.up is not None:
        source, end = migration.up.source, records[-1].statement.span.end
        start = migration.up.span.start
        text = source.sql[:end] + ";"
        kept = migration.up._replace(source=Source(source.path, text), span=Span(start, len(text)))
        before = (*before, migration._replace(up=kept, down=None))
    return history._replace(migrations=before)


def _value(text: str, column: str, whole: Context, places: Sequence[int], machine: Machine) -> Value:
    """Read what the user says that old rows get."""
    for at in places:
        record = whole.records[at]
        add = _added(record)
        if add is not None and column in ("", add.column.name):
            return _value_of(text, add, record.schema, machine)
    what = f"column {column}" if column else "column"
    raise UsageError(f"--value: no {what} gets one here")


def _added(record: Record) -> AddColumn | None:
    """Give the column that an operation adds or makes NOT NULL, as one that is added."""
    operation = record.operation
    if isinstance(operation, SetNotNull):
        table = record.schema.table(operation.table)
        column = table.column(operation.column) if table is not None else None
        return column_added(operation.table, column.name, column.type) if column is not None else None
    return operation if isinstance(operation, AddColumn) else None


def _value_of(text: str, add: AddColumn, schema: Schema, machine: Machine) -> Value:
    bare = add._replace(column=add.column._replace(not_null=False, default=None, constraints=()))
    sql = f"{machine.dialect.write(bare)} DEFAULT ({text});"
    script = Script(Source("--value", sql), Span(0, len(sql)), Direction.UP, TransactionMode.PER_STATEMENT)
    records = run(script, Start(schema), machine).records
    read = records[0].operation if len(records) == 1 else None
    if not isinstance(read, AddColumn) or read.column.default is None:
        raise UsageError(f"--value: {text} is no expression in SQL")
    expression = read.column.default._replace(text=text)
    constant = not (records[0].effects.rewrites or expression.columns or expression.has_subquery)
    return Value(expression, constant)
