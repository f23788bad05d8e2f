"""An UPDATE among the other statements of its migration: what it fills, and what makes it needless."""

from collections.abc import Iterable

from miglint.model import (
    AddColumn,
    AddConstraint,
    CreateIndex,
    DropDefault,
    Expression,
    Filter,
    Name,
    SetDefault,
    SetNotNull,
    Table,
    Update,
    ValidateConstraint,
    quote,
)
from miglint.model.remedy import NOWHERE, RemedyStep, Say, do
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


def as_added(change: Update, added: dict[str, AddColumn], own: str = "") -> tuple[str, ...]:
    """The conditions under which a row has what new columns were added with; () where it is not known.

    A later UPDATE without them would overwrite what the application has written in between. A column that
    its own WHERE tests needs none: that says which of its values are to be changed.
    """
    if len(added) < len(change.columns):
        return ()
    conditions = []
    tested = _tested(change.filter)
    for name, adder in added.items():
        if name in tested:
            continue
        column = adder.column
        if column.serial or column.identity or column.generated or (d := column.default) is None or d.is_null:
            conditions.append(f"{own}{quote(name)} IS NULL")
        elif not (d.columns or d.functions or d.has_subquery):
            conditions.append(f"{own}{quote(name)} = {d.text}")
    return tuple(conditions)


def _tested(where: Filter) -> set[str]:
    """The columns of the table that a WHERE tests, as far as it is known whose they are."""
    branches = (_tested(branch) for each in where.alternatives for branch in each)
    own = {*where.equals, *where.nulls, *where.ranges}.union(*branches)
    return own if where.joins else own | set(where.columns)


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
) -> tuple[RemedyStep, ...]:
    """Give the ADD COLUMN that gives old rows the constant of the UPDATE; nothing where it is none.

    `after` is the table at the end of the migration, whose defaults are set in a second step.
    """
    constants = dict(change.constants)
    whole = change.filter.absent or change.filter.tautology or _is_of_nulls(change)
    if not whole or change.filter.joins or not change.columns or after is None:
        return ()
    if any(name not in added or name not in constants for name in change.columns):
        return ()
    required = {r.operation.column for r in later if isinstance(r.operation, SetNotNull)}
    said = Say("no UPDATE is needed: write its ADD COLUMN with a default, which all old rows have at once")
    steps: list[RemedyStep] = [said]
    dropped: list[RemedyStep] = []
    for name, adder in added.items():
        column, left = adder.column, after.column(name)
        if column.constraints or column.serial or column.identity or column.generated or left is None:
            return ()
        default = Expression(constants[name])
        filled = column._replace(default=default, not_null=column.not_null or name in required)
        steps.append(do(AddColumn(NOWHERE, change.table, filled)))
        drop = do(DropDefault(NOWHERE, change.table, name))
        if left.default is None and filled.not_null:
            # Until then a release that does not know the column needs the default.
            dropped.append(drop)
        elif left.default is None:
            steps.append(drop)
        elif left.default.text != default.text:
            steps.append(do(SetDefault(NOWHERE, change.table, name, left.default)))
    wait = (Say("in a later migration, when all running code writes the column:"),) if dropped else ()
    return (*steps, *wait, *dropped)


def _is_of_nulls(change: Update) -> bool:
    return change.filter.only_of_nulls and set(change.filter.nulls) == set(change.columns)


def last_fillings(records: tuple[Record, ...]) -> dict[tuple[Name, str], int]:
    """Give the places of the last UPDATEs that set columns to constants, by table and column."""
    return {
        (record.operation.table, column): place
        for place, record in enumerate(records)
        if isinstance(record.operation, Update)
        for column, _ in record.operation.constants
    }
