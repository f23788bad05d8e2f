"""What of a migration has to move behind it together with a write, and what fires for a write that moved."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from miglint.model import (
    AddColumn,
    AddConstraint,
    AlterColumnType,
    CreateEnum,
    CreateFunction,
    CreateIndex,
    CreateSequence,
    CreateTable,
    CreateView,
    Delete,
    DropColumn,
    DropFunction,
    DropSequence,
    DropTable,
    DropType,
    DropView,
    Insert,
    Name,
    Operation,
    Query,
    RenameColumn,
    RenameTable,
    Schema,
    SetNotNull,
    Truncate,
    Update,
    ValidateConstraint,
)
from miglint.simulate.trace import Record
from miglint.text.lazy import expression

_NEAREST = 20
_CONSTANT = expression(r"(?<!val\()'(?:[^']|'')*'(?!\s*::\s*reg)", re.IGNORECASE)
"""A string that names no object: other than in `nextval('...')` and `'...'::regclass`."""
_BARS = ("no action", "restrict")


class Moving(NamedTuple):
    """Later statements that can only run after a write: those that need it, and those that end it.

    `relies`: some need the rows as the write leaves them; `takes`: some drop, rename or change what it uses.
    """

    places: tuple[int, ...]
    relies: bool
    takes: bool


class _Moved(NamedTuple):
    """What the statements that move write and use.

    `changed` are the columns that they change in the rows of tables, None for rows that go; `gained` the
    tables that get rows; `made` the names of the relations that they create. They go through the `tables`,
    use what `used` names, and do not care which other rows of their `own` tables there are. `whole` are the
    numbers of the blocks whose whole text `used` names.
    """

    changed: dict[Name, set[str] | None]
    gained: set[Name]
    made: set[str]
    tables: set[Name]
    own: set[Name]
    used: set[str]
    whole: set[int]


def _add(moved: _Moved, record: Record, text: str) -> None:
    operation = record.operation
    moved.used.update(re.findall(r"\w+", _CONSTANT.sub("''", text)))
    moved.tables.update(_read(operation))
    for table, columns in _changed(record).items():
        moved.tables.add(table)
        known = moved.changed.setdefault(table, set())
        moved.changed[table] = None if known is None or columns is None else known | columns
    if isinstance(operation, Insert):
        moved.gained.add(operation.table)
    elif made := _made(operation):
        moved.gained.add(made)
        moved.made.add(made.name)
    if isinstance(operation, Delete) or (isinstance(operation, Update) and not operation.reads_itself):
        moved.own.add(operation.table)


def _add_later(moved: _Moved, record: Record, number: int) -> None:
    """Take a later write; one of the block that moves, by its `number`, goes without the rest of it.

    A block can hold thousands of writes, each of which would read all of it for each write before it.
    """
    block = record.block
    if block is None:
        text = record.statement.text
    elif record.number == number and not block.dynamic:
        text = record.statement.source.shown(block.span)
    else:
        text = "" if record.number in moved.whole else record.statement.text
        moved.whole.add(record.number)
    _add(moved, record, text)


class Movable(NamedTuple):
    """The places of what may have to move with a write before it: other writes, new rows, and all else.

    `literals` are the INSERTs of rows that are spelled out: they read nothing, but may refer to other rows.
    """

    writes: tuple[int, ...]
    literals: tuple[int, ...]
    others: tuple[int, ...]

    def after(self, at: int) -> list[int]:
        """Give those after a place, of the writes only the nearest: a script may have thousands."""
        near = (places[bisect_right(places, at) :][:_NEAREST] for places in (self.writes, self.literals))
        others = self.others[bisect_right(self.others, at) :]
        return sorted((*(place for places in near for place in places), *others))


def movable(records: tuple[Record, ...]) -> Movable:
    """Find what may have to move with a write before it."""
    writes: list[int] = []
    literals: list[int] = []
    others: list[int] = []
    for place, record in enumerate(records):
        operation = record.operation
        if isinstance(operation, Insert) and operation.rows is not None and not operation.updates:
            literals.append(place)
        elif _writes(operation):
            writes.append(place)
        elif isinstance(operation, _MOVABLE) or _is_required(operation):
            others.append(place)
    return Movable(tuple(writes), tuple(literals), tuple(others))


def moving_with(records: Sequence[Record], at: int, text: str, candidates: Movable) -> Moving:
    """Find what has to move to a later migration together with a write, whose text names what it uses.

    What names a column that is dropped or renamed finds another one before that than after it: it moves, too,
    as does what uses an object that is made, and what takes the name of one that is dropped. `candidates` are
    the places that `movable` gives.
    """
    first = records[at]
    moved = _Moved({}, set(), set(), set(), set(), set(), set())
    _add(moved, first, text)
    relying: list[int] = []
    taking: list[int] = []
    lost: set[str] = set()
    losers: set[Name] = set()
    dropped: set[str] = set()
    remade: set[str] = set()
    for place in _with_all_after(candidates.after(at), len(records), lost, moved.made, dropped):
        record = records[place]
        operation = record.operation
        table = getattr(operation, "table", None)
        if record.number == first.number and record.block is first.block:
            continue
        if names := dropped & _named(operation):
            taking.append(place)
            remade |= names
        elif isinstance(operation, RenameTable) and table in moved.tables:
            new = operation.becomes
            moved.tables.add(new)
            if table in moved.gained:
                moved.gained.add(new)
            if table in moved.changed:
                moved.changed[new] = moved.changed[table]
        elif isinstance(operation, (DropColumn, RenameColumn)) and table in moved.tables:
            if operation.column in moved.used | lost:
                lost |= {operation.column, getattr(operation, "new_name", operation.column)}
                losers.add(operation.table)
                taking.append(place)
        elif _dropped(operation) in moved.used or (lost and _means(record, lost, losers)):
            taking.append(place)
            dropped.add(_dropped(operation))
        elif _relies(record, moved) or (record.block is None and moved.made & _words(record)):
            relying.append(place)
            moved.made.update(_named(operation))
            if isinstance(operation, AlterColumnType):
                # What comes after it may need the new type, as a default does.
                lost.add(operation.column)
                losers.add(operation.table)
            if _writes(operation):
                _add_later(moved, record, first.number)
        elif record.block is None and remade & _words(record):
            taking.append(place)
        elif _takes(record, moved):
            taking.append(place)
            _add_later(moved, record, first.number)
    return Moving(tuple(sorted((*relying, *taking))), bool(relying), bool(taking))


def _with_all_after(places: Iterable[int], end: int, *names: set[str]) -> Iterator[int]:
    """Give these places, and once there are such names all others: what uses them may be anything."""
    if any(names):
        places = range(next(iter(places), end), end)
    for place in places:
        yield place
        if any(names):
            yield from range(place + 1, end)
            return


def _writes(operation: Operation) -> bool:
    return isinstance(operation, (Delete, Insert, Truncate, Update)) or _made(operation) is not None


def _made(operation: Operation) -> Name | None:
    """The relation that a query fills as it is made."""
    if isinstance(operation, CreateTable) and operation.query is not None and operation.with_data:
        return operation.table
    if isinstance(operation, CreateView) and operation.materialized and operation.with_data:
        return operation.view
    return None


def _read(operation: Operation) -> tuple[Name, ...]:
    query = getattr(operation, "query", None)
    return query.reads if isinstance(query, Query) else ()


def _changed(record: Record) -> dict[Name, set[str] | None]:
    """The columns that change in the rows of each table; None: rows of it go."""
    operation = record.operation
    if isinstance(operation, Update):
        return {operation.table: set(operation.columns)}
    if isinstance(operation, Insert) and operation.updates:
        return {operation.table: set(operation.columns)}
    if not isinstance(operation, (Delete, Truncate)):
        return {}
    tables = operation.tables if isinstance(operation, Truncate) else (operation.table,)
    changed: dict[Name, set[str] | None] = {}
    left = list(tables)
    while left:
        table = left.pop()
        if changed.get(table, ()) is None:
            continue
        changed[table] = None
        for holder, columns, on_delete in _keys_to(record.schema, table):
            if on_delete == "cascade":
                left.append(holder)
            elif on_delete not in _BARS:
                known = changed.setdefault(holder, set())
                changed[holder] = None if known is None else known | columns
    return changed


def _keys_to(schema: Schema, table: Name) -> Iterator[tuple[Name, set[str], str]]:
    found = schema.table(table)
    for holder in schema.tables_among(found.referenced_by) if found is not None else ():
        for key in holder.foreign_keys:
            if key.references == table:
                yield holder.name, set(key.columns), key.on_delete


def _relies(record: Record, moved: _Moved) -> bool:
    """Whether an operation finds, or the server checks, rows as what moved leaves them."""
    operation = record.operation
    if not _writes(operation):
        return _checks(operation, moved)
    if _refers(record, moved):
        return True
    words = _words(record) if record.block is None else _columns(operation)
    own = (operation.table,) if isinstance(operation, (Delete, Update)) else ()
    for table in (*_read(operation), *own):
        columns = moved.changed.get(table, set())
        if table not in own and (table in moved.gained or columns is None):
            return True
        if columns and columns & words:
            return True
    return isinstance(operation, (Delete, Truncate)) and any(
        # Rows that no longer refer to those that go would be deleted with them, or be in their way.
        columns & kept if kept is not None else on_delete in _BARS
        for table in _changed(record)
        for holder, columns, on_delete in _keys_to(record.schema, table)
        if (kept := moved.changed.get(holder, set())) != set()
    )


def _refers(record: Record, moved: _Moved) -> bool:
    """Whether a write gives a table references to rows that come with what moved."""
    operation = record.operation
    found = record.schema.table(operation.table) if isinstance(operation, (Insert, Update)) else None
    if found is None or not moved.gained:
        return False
    columns = set(getattr(operation, "columns", ())) or {column.name for column in found.columns}
    return any(
        key.references in moved.gained and not columns.isdisjoint(key.columns) for key in found.foreign_keys
    )


def _checks(operation: Operation, moved: _Moved) -> bool:
    """Whether the server checks the rows that a write changes, and could refuse them without it."""
    table = getattr(operation, "table", None)
    if isinstance(operation, AddConstraint) and not operation.constraint.not_valid:
        constraint = operation.constraint
        changed = moved.changed.get(constraint.references, set()) if constraint.references else set()
        named = set(constraint.referenced_columns)
        if constraint.references in moved.gained or (changed and (not named or named & changed)):
            return True
        read = constraint.expression.columns if constraint.expression else ()
        columns = {*constraint.columns, *read}
    elif isinstance(operation, (AlterColumnType, SetNotNull)):
        columns = {operation.column}
    elif _is_required(operation):
        return isinstance(table, Name) and moved.changed.get(table, ()) is None
    elif isinstance(operation, CreateIndex) and operation.unique:
        columns = {name for element in operation.elements if (name := element.column) is not None}
    elif not isinstance(operation, ValidateConstraint):
        return False
    else:
        return table in moved.changed
    changed = moved.changed.get(table, set()) if isinstance(table, Name) else set()
    return changed is None or not columns.isdisjoint(changed)


def _is_required(operation: Operation) -> bool:
    """Whether a new column has no value for old rows: the server adds it only where there are none."""
    if not isinstance(operation, AddColumn) or not operation.column.not_null:
        return False
    column = operation.column
    made = column.serial or column.identity or column.generated
    return not made and (column.default is None or column.default.is_null)


def _takes(record: Record, moved: _Moved) -> bool:
    """Whether an operation changes or deletes rows out of which what moved makes its own."""
    operation = record.operation
    if isinstance(operation, Insert) and not operation.updates:
        return False
    return any(
        table in moved.tables and (table not in moved.own if columns is None else bool(columns & moved.used))
        for table, columns in _changed(record).items()
    )


def _columns(operation: Operation) -> set[str]:
    query, rows = getattr(operation, "query", None), getattr(operation, "filter", None)
    columns = {column for _, column in query.columns_read} if isinstance(query, Query) else set()
    return columns | set(rows.columns if rows is not None else ()) | set(getattr(operation, "columns", ()))


def _words(record: Record) -> set[str]:
    return set(re.findall(r"\w+", record.statement.text))


def _dropped(operation: Operation) -> str:
    """The name of the table, view, sequence, function or type that is dropped; "" if none is."""
    for kind, field in _DROPS:
        if isinstance(operation, kind):
            name: Name = getattr(operation, field)
            return name.name
    return ""


def _named(operation: Operation) -> set[str]:
    """The name that an operation gives to a relation, a function or a type."""
    if isinstance(operation, RenameTable):
        return {operation.new_name}
    found = next((getattr(operation, field) for kind, field in _CREATES if isinstance(operation, kind)), None)
    return {found.name} if isinstance(found, Name) else set()


_CREATES = (
    (CreateTable, "table"),
    (CreateView, "view"),
    (CreateSequence, "sequence"),
    (CreateFunction, "function"),
    (CreateEnum, "type"),
)
_DROPS = (
    (DropTable, "table"),
    (DropView, "view"),
    (DropSequence, "sequence"),
    (DropFunction, "function"),
    (DropType, "type"),
)
_MOVABLE = (
    *(kind for kind, _ in _DROPS), AlterColumnType, RenameTable, DropColumn, RenameColumn, AddConstraint,
    CreateIndex, SetNotNull, ValidateConstraint, Delete, Truncate, Update,
)  # fmt: skip


def _means(record: Record, columns: set[str], tables: set[Name]) -> bool:
    words = _words(record) if record.block is None else set()
    return not words.isdisjoint(columns) and not words.isdisjoint(table.name for table in tables)
