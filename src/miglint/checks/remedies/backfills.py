"""An UPDATE among the other statements of its migration: new columns, what relies on it, what ends it."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from miglint.model import (
    AddColumn,
    AddConstraint,
    CreateIndex,
    Delete,
    DropColumn,
    DropFunction,
    DropSequence,
    DropTable,
    DropType,
    DropView,
    Expression,
    Name,
    Operation,
    RenameColumn,
    RenameTable,
    SetNotNull,
    Table,
    Update,
    ValidateConstraint,
    quote,
)
from miglint.simulate.trace import Record


def adders(records: tuple[Record, ...]) -> dict[tuple[Name, str], list[tuple[int, AddColumn]]]:
    """Find each ADD COLUMN, by table and column, with its place."""
    found: dict[tuple[Name, str], list[tuple[int, AddColumn]]] = {}
    for place, record in enumerate(records):
        operation = record.operation
        if isinstance(operation, AddColumn):
            found.setdefault((operation.table, operation.column.name), []).append((place, operation))
    return found


def checks(records: tuple[Record, ...]) -> dict[Name, list[tuple[int, Record]]]:
    """Find each operation that checks rows, by table, with its place."""
    found: dict[Name, list[tuple[int, Record]]] = {}
    for place, record in enumerate(records):
        operation = record.operation
        if isinstance(operation, (AddConstraint, CreateIndex, SetNotNull, ValidateConstraint)):
            found.setdefault(operation.table, []).append((place, record))
    return found


def as_added(change: Update, added: dict[str, AddColumn]) -> tuple[str, ...]:
    """The conditions under which a row has what new columns were added with; () where it is not known.

    A later UPDATE without them would overwrite what the application has written in between.
    """
    if len(added) < len(change.columns):
        return ()
    conditions = []
    for name, adder in added.items():
        column = adder.column
        if column.serial or column.identity or column.generated or (d := column.default) is None or d.is_null:
            conditions.append(f"{quote(name)} IS NULL")
        elif not (d.columns or d.functions or d.has_subquery):
            conditions.append(f"{quote(name)} = {d.text}")
    return tuple(conditions)


def while_not_done(change: Update, old: tuple[str, ...]) -> tuple[str, ...]:
    """The conditions that hold for a row until it is changed, and not after; () where none is known.

    A loop that picks rows by any other condition has no end: a value may be what it is picked by, such as a
    NULL that is copied to where a NULL is looked for. `old` is what new columns were added with.
    """
    if change.reads_itself or change.cumulative or change.filter.joins:
        return ()
    values = {**dict(change.constants), **dict.fromkeys(change.nulls_assigned, "NULL")}
    nulls = dict.fromkeys(f"{quote(column)} IS NULL" for column in change.filter.nulls)
    marks = tuple(dict.fromkeys((*nulls, *old)))
    filled = (f"{quote(column)} IS NULL" for column, value in values.items() if value.upper() != "NULL")
    if not set(marks).isdisjoint(filled):
        return marks
    if len(values) < len(change.columns) and not marks:
        # A function may give another value each time.
        return ()
    still = [_differs(column, values.get(column, "...")) for column in change.columns]
    return (*marks, still[0] if len(still) == 1 else f"({' OR '.join(still)})")


def _differs(column: str, value: str) -> str:
    return f"{quote(column)} IS " + ("NOT NULL" if value == "NULL" else f"DISTINCT FROM {value}")


def filled_by_default(
    change: Update, added: dict[str, AddColumn], later: Iterable[Record], after: Table | None
) -> str:
    """Write the ADD COLUMN that gives old rows the constant of the UPDATE; "" where it is none.

    `after` is the table at the end of the migration, whose defaults are set in a second step.
    """
    constants = dict(change.constants)
    whole = change.filter.absent or change.filter.tautology or _is_of_nulls(change)
    if not whole or change.filter.joins or not change.columns or after is None:
        return ""
    if any(name not in added or name not in constants for name in change.columns):
        return ""
    required = {r.operation.column for r in later if isinstance(r.operation, SetNotNull)}
    steps = ["-- no UPDATE is needed: as a default, the constant is there for all old rows at once"]
    dropped: list[str] = []
    for name, adder in added.items():
        column, left = adder.column, after.column(name)
        if column.constraints or column.serial or column.identity or column.generated or left is None:
            return ""
        default = Expression(constants[name])
        filled = column._replace(default=default, not_null=column.not_null or name in required)
        steps.append(f"ALTER TABLE {change.table.sql} ADD COLUMN {filled.sql};")
        head = f"ALTER TABLE {change.table.sql} ALTER COLUMN {quote(name)}"
        if left.default is None and filled.not_null:
            # Until then a release that does not know the column needs the default.
            dropped.append(f"{head} DROP DEFAULT;")
        elif left.default is None:
            steps.append(f"{head} DROP DEFAULT;")
        elif left.default.text != default.text:
            steps.append(f"{head} SET DEFAULT {left.default.text};")
    wait = ["-- in a later migration, when all running code writes the column:"] if dropped else []
    return "\n".join([*steps, *wait, *dropped])


def _is_of_nulls(change: Update) -> bool:
    return change.filter.only_of_nulls and set(change.filter.nulls) == set(change.columns)


class Moving(NamedTuple):
    """Later statements that can only run after a change: those that need it, and those that end it.

    `relies`: some check the rows as the change leaves them; `takes`: some drop or rename what it uses.
    """

    places: tuple[int, ...]
    relies: bool
    takes: bool


def movable(records: tuple[Record, ...]) -> tuple[int, ...]:
    """Give the places of what may have to move with a change before it."""
    return tuple(place for place, record in enumerate(records) if isinstance(record.operation, _MOVABLE))


def moving_with(
    records: Sequence[Record], at: int, change: Update | Delete, text: str, candidates: Sequence[int]
) -> Moving:
    """Find what has to move to a later migration together with a change, whose text names what it uses.

    What names a column that is dropped or renamed finds another one before that than after it: it moves, too.
    `candidates` are the places that `movable` gives.
    """
    tables = {change.table, *change.query.reads}
    used = set(re.findall(r"\w+", text))
    relying: list[int] = []
    taking: list[int] = []
    lost: set[str] = set()
    later: Iterable[int] = candidates[bisect_right(candidates, at) :]
    for place in _with_all_after(later, len(records), lost):
        record = records[place]
        operation = record.operation
        table = getattr(operation, "table", None)
        if isinstance(operation, RenameTable) and table in tables:
            tables.add(Name(operation.table.schema, operation.new_name))
        elif isinstance(operation, (DropColumn, RenameColumn)) and table in tables:
            if operation.column in used | lost:
                lost |= {operation.column, getattr(operation, "new_name", operation.column)}
                taking.append(place)
        elif _dropped(operation) in used or (lost and _means(record, lost, tables)):
            taking.append(place)
        elif table == change.table and relies_on(operation, change):
            relying.append(place)
    return Moving(tuple(sorted((*relying, *taking))), bool(relying), bool(taking))


def _with_all_after(places: Iterable[int], end: int, lost: set[str]) -> Iterator[int]:
    """Give these places, and from where a name is `lost` on all others: what uses it may be anything."""
    for place in places:
        yield place
        if lost:
            yield from range(place + 1, end)
            return


def _words(record: Record) -> set[str]:
    return set(re.findall(r"\w+", record.statement.text))


def _dropped(operation: Operation) -> str:
    """The name of the table, view, sequence, function or type that is dropped; "" if none is."""
    for kind, field in _DROPS:
        if isinstance(operation, kind):
            name: Name = getattr(operation, field)
            return name.name
    return ""


_DROPS = (
    (DropTable, "table"),
    (DropView, "view"),
    (DropSequence, "sequence"),
    (DropFunction, "function"),
    (DropType, "type"),
)
_MOVABLE = (
    *(kind for kind, _ in _DROPS), RenameTable, DropColumn, RenameColumn,
    AddConstraint, CreateIndex, SetNotNull, ValidateConstraint,
)  # fmt: skip


def _means(record: Record, columns: set[str], tables: set[Name]) -> bool:
    words = _words(record) if record.block is None else set()
    return not words.isdisjoint(columns) and not words.isdisjoint(table.name for table in tables)


def relies_on(operation: Operation, change: Update | Delete) -> bool:
    """Whether the server checks the rows that a change writes, and could refuse them without it."""
    if isinstance(operation, ValidateConstraint):
        return True
    if isinstance(operation, SetNotNull):
        columns: tuple[str, ...] = (operation.column,)
    elif isinstance(operation, AddConstraint) and not operation.constraint.not_valid:
        constraint = operation.constraint
        read = constraint.expression.columns if constraint.expression else ()
        columns = (*constraint.columns, *read)
    elif isinstance(operation, CreateIndex) and operation.unique:
        columns = tuple(name for element in operation.elements if (name := element.column) is not None)
    else:
        return False
    return isinstance(change, Delete) or not set(columns).isdisjoint(change.columns)


def last_fillings(records: tuple[Record, ...]) -> dict[tuple[Name, str], int]:
    """Give the places of the last UPDATEs that set columns to constants, by table and column."""
    return {
        (record.operation.table, column): place
        for place, record in enumerate(records)
        if isinstance(record.operation, Update)
        for column, _ in record.operation.constants
    }
