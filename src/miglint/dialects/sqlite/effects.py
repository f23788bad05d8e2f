"""What SQLite does for one operation: locks, rewrites, scans, losses, refusals.

One lock holds the whole database, so what is said of one table keeps writers off all of them. Each row is
proved by `tests/verify/sqlite`; versions are from https://www.sqlite.org/changes.html.
"""

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from miglint.dialects.sql.session import Session
from miglint.dialects.sqlite.locks import RESERVED
from miglint.model import (
    AddColumn,
    AddConstraint,
    CreateIndex,
    CreateTable,
    CreateView,
    Delete,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropNotNull,
    DropTable,
    DropTrigger,
    DropView,
    Effects,
    Expression,
    Failure,
    FailureCause,
    Insert,
    Lock,
    LockMode,
    Loss,
    Maintenance,
    Name,
    Operation,
    RenameColumn,
    RenameTable,
    RowsWritten,
    Schema,
    SetNotNull,
    Table,
    Update,
    Version,
    Work,
    WorkCause,
)
from miglint.text.lazy import expression

_DROP_COLUMN = (3, 35)
_RENAME_COLUMN = (3, 25)
_CONSTRAINTS = (3, 53)
_REBUILD = "make a table of the new form, copy the rows, drop the old table and rename the new one"


_LITERAL = expression(
    r"""(?i)\(*[-+\s]*(?:x?'(?:[^']|'')*'|"(?:[^"]|"")*"|[0-9.][\w.]*(?:(?<=e)[-+][0-9]+)?"""
    r"""|(?!current_(?:timestamp|date|time)\b)[^\W\d]\w*)\)*"""
)


class Situation(NamedTuple):
    """The schema before the operation, the session it runs in, and the version."""

    schema: Schema
    session: Session
    version: Version

    def works_on(self, table: Name, reason: str, *causes: WorkCause) -> tuple[Work, ...]:
        """Work that takes time in proportion to a table; none on a new one."""
        return (Work(table, reason, causes),) if self.session.has_pages(table) else ()

    def fails(self, table: Name, reason: str, *, certain: bool = True) -> tuple[Failure, ...]:
        """A failure that needs rows."""
        found = Failure(table, reason, certain, FailureCause.ROWS, remedy=_REBUILD if certain else "")
        return (found,) if self.session.has_rows(table) else ()


def effects_of(operation: Operation, situation: Situation) -> Effects:
    """Give what the server does for one operation."""
    effects = _EFFECTS.get(type(operation))
    return effects(operation, situation) if effects is not None else Effects()


def _locked(table: Name, mode: LockMode = RESERVED) -> tuple[Lock, ...]:
    return (Lock(table, mode),)


def _refused(table: Name | None, reason: str, remedy: str = "") -> tuple[Failure, ...]:
    return (Failure(table, reason, certain=True, remedy=remedy),)


def _on_table(operation: Any, _situation: Situation) -> Effects:
    return Effects(locks=_locked(operation.table))


def _create_table(operation: CreateTable, situation: Situation) -> Effects:
    if operation.table not in situation.schema.relations:
        return Effects(locks=_locked(operation.table))
    if operation.if_not_exists:
        return Effects()
    return Effects(failures=_refused(operation.table, f"{operation.table.display} already exists"))


def _create_view(operation: CreateView, situation: Situation) -> Effects:
    there = operation.view in situation.schema.relations and not operation.if_not_exists
    return Effects(
        failures=_refused(operation.view, f"{operation.view.display} already exists") if there else ()
    )


def _add_column(operation: AddColumn, situation: Situation) -> Effects:
    table, column = operation.table, operation.column
    found = situation.schema.table(table)
    kinds = {constraint.kind for constraint in column.constraints}
    failures: tuple[Failure, ...] = ()
    scans: tuple[Work, ...] = ()
    if found is not None and any(c.name.lower() == column.name.lower() for c in found.columns):
        failures += _refused(table, f"{table.display} has a column {column.name} already")
    for kind, words in (("primary", "PRIMARY KEY"), ("unique", "UNIQUE")):
        if kind in kinds:
            failures += _refused(table, f"SQLite adds no {words} column to a table that is there", _REBUILD)
    default = None if column.default is None or column.default.is_null else column.default
    if column.generated == "stored":
        failures += situation.fails(table, "a STORED column is added to a table with rows")
    elif not column.generated:
        if column.not_null and default is None:
            failures += situation.fails(table, "the column is NOT NULL without a default")
        if default is not None and not _is_constant(default):
            failures += situation.fails(table, f"the default {default.text} is no constant")
    tested: list[WorkCause] = ["check"] if "check" in kinds else []
    if column.generated and column.not_null:
        tested.append("not null")
    if tested:
        scans = situation.works_on(table, "the new condition is tested on every row", *tested)
    return Effects(locks=_locked(table), scans=scans, failures=failures)


def _is_constant(default: Expression) -> bool:
    """Whether the server can put a default into the rows that are there: a literal, with a sign or not."""
    return _LITERAL.fullmatch(default.text) is not None


def _drop_column(operation: DropColumn, situation: Situation) -> Effects:
    name, column = operation.table, operation.column
    table = situation.schema.table(name)
    locks = _locked(name)
    if situation.version < _DROP_COLUMN:
        return Effects(locks=locks, failures=_refused(name, "SQLite drops columns since 3.35", _REBUILD))
    if table is None:
        loss = (Loss("column", name, column),) if situation.session.has_rows(name) else ()
        return Effects(locks=locks, destroys=loss, rewrites=_written_anew(name, situation))
    if reason := _needed_by(column, table, situation.schema):
        return Effects(locks=locks, failures=_refused(name, reason, f"drop that first, or {_REBUILD}"))
    found = table.column(column)
    if found is not None and found.generated == "virtual":
        return Effects(locks=locks)
    destroys = (Loss("column", name, column),) if situation.session.has_rows(name) else ()
    return Effects(locks=locks, destroys=destroys, rewrites=_written_anew(name, situation))


def _written_anew(table: Name, situation: Situation) -> tuple[Work, ...]:
    return situation.works_on(table, "every row is written anew without the column", "dropped column")


def _needed_by(column: str, table: Table, schema: Schema) -> str:
    """Why the server does not drop a column; "" if it does, as far as the schema tells."""
    if table.complete and table.column(column) is None:
        return f"{table.name.display} has no column {column}"
    if table.complete and len(table.columns) == 1:
        return f"{column} is the only column of {table.name.display}"
    for constraint in table.constraints:
        if column in constraint.columns and constraint.kind in ("primary", "unique"):
            words = "PRIMARY KEY" if constraint.kind == "primary" else "a UNIQUE constraint"
            return f"{column} is in {words}"
    for index in schema.indexes_of(table):
        if column in index.columns and index.constraint is None:
            return f"{column} is in the index {index.name.name}"
    for other in table.columns:
        made_of = other.default.columns if other.generated and other.default is not None else ()
        if other.name != column and column.lower() in map(str.lower, made_of):
            return f"{other.name} is generated from {column}"
    return ""


def _drop_table(operation: DropTable, situation: Situation) -> Effects:
    name, session, schema = operation.table, situation.session, situation.schema
    table = schema.table(name)
    if table is None:
        if operation.if_exists:
            return Effects()
        loss = (Loss("table", name),) if session.has_rows(name) else ()
        return Effects(locks=_locked(name), destroys=loss)
    lost: tuple[Loss, ...] = ()
    if session.has_rows(name) and not _is_copied(table, session):
        lost = (Loss("table", name),)
    return Effects(locks=_locked(name), destroys=lost)


def _is_copied(table: Table, session: Session) -> bool:
    """Whether this migration has made a table and filled it from all columns of this one: a rebuild.

    The rows get numbers again where the INTEGER PRIMARY KEY is left out, which nothing refers to.
    """
    key = table.primary_key.columns if table.primary_key and not table.referenced_by else ()
    numbers = {c.name for c in table.columns if (c.name,) == key and c.type.name.upper() == "INTEGER"}
    stored = [c.name for c in table.columns if not c.generated and c.name not in numbers]
    made = any(new in session.filled for new in session.created)
    return made and bool(stored) and all((table.name, column) in session.copied for column in stored)


def _create_index(operation: CreateIndex, situation: Situation) -> Effects:
    name = Name(operation.table.schema, operation.name or "")
    locks = _locked(operation.table)
    if name in situation.schema.relations:
        if operation.if_not_exists:
            return Effects()
        return Effects(
            locks=locks, failures=_refused(operation.table, f"the index {name.name} already exists")
        )
    failures: tuple[Failure, ...] = ()
    if operation.unique:
        failures = situation.fails(operation.table, "rows with equal values", certain=False)
    builds: tuple[Work, ...] = ()
    if situation.session.has_pages(operation.table):
        builds = (Work(operation.table, f"every row goes into {name.name}", ("index",), name.name),)
    return Effects(locks=locks, index_builds=builds, failures=failures)


def _drop_index(operation: DropIndex, situation: Situation) -> Effects:
    index = situation.schema.index_named(operation.name)
    if index is None:
        return Effects()
    if index.constraint is not None:
        reason = f"{operation.name.name} belongs to a UNIQUE or PRIMARY KEY constraint"
        return Effects(locks=_locked(index.table), failures=_refused(index.table, reason, _REBUILD))
    return Effects(locks=_locked(index.table))


def _since(version: Version, words: str) -> Callable[[Any, Situation], Effects]:
    def effects(operation: Any, situation: Situation) -> Effects:
        table = operation.table
        if situation.version < version:
            written = ".".join(map(str, version))
            return Effects(failures=_refused(table, f"SQLite knows {words} since {written}", _REBUILD))
        scans: tuple[Work, ...] = ()
        if isinstance(operation, (SetNotNull, AddConstraint)):
            cause = operation.constraint.kind if isinstance(operation, AddConstraint) else "not null"
            scans = situation.works_on(table, "the new condition is tested on every row", cause)
        return Effects(locks=_locked(table), scans=scans)

    return effects


def _rename_column(operation: RenameColumn, situation: Situation) -> Effects:
    return _since(_RENAME_COLUMN, "RENAME COLUMN")(operation, situation)


def _rename_table(operation: RenameTable, situation: Situation) -> Effects:
    new = operation.becomes
    failures: tuple[Failure, ...] = ()
    if new in situation.schema.relations or new.name.lower() == operation.table.name.lower():
        failures = _refused(operation.table, f"{new.display} already exists")
    return Effects(locks=_locked(operation.table), failures=failures)


def _written(table: Name, kind: str, *, bounded: bool) -> Effects:
    return Effects(locks=_locked(table), rows_written=(RowsWritten(table, kind, bounded),))


def _insert(operation: Insert, situation: Situation) -> Effects:
    reads = _read(operation.query.reads, situation)
    return _written(operation.table, "insert", bounded=operation.rows is not None)._replace(reads=reads)


def _read(tables: Iterable[Name], situation: Situation) -> tuple[Work, ...]:
    return tuple(work for name in tables for work in situation.works_on(name, "its rows are read", "query"))


def _update(operation: Update, _situation: Situation) -> Effects:
    return _written(operation.table, "update", bounded=operation.filter.limited)


def _delete(operation: Delete, situation: Situation) -> Effects:
    whole = operation.filter.absent and situation.session.has_rows(operation.table)
    lost = (Loss("rows", operation.table),) if whole else ()
    return _written(operation.table, "delete", bounded=operation.filter.limited)._replace(destroys=lost)


def _maintenance(operation: Maintenance, _situation: Situation) -> Effects:
    return Effects(outside_transaction="VACUUM" if operation.command == "VACUUM" else "")


_EFFECTS: dict[type, Callable[[Any, Situation], Effects]] = {
    AddColumn: _add_column,
    AddConstraint: _since(_CONSTRAINTS, "ADD CHECK"),
    CreateIndex: _create_index,
    CreateTable: _create_table,
    CreateView: _create_view,
    Delete: _delete,
    DropColumn: _drop_column,
    DropConstraint: _since(_CONSTRAINTS, "DROP CONSTRAINT"),
    DropIndex: _drop_index,
    DropNotNull: _since(_CONSTRAINTS, "DROP NOT NULL"),
    DropTable: _drop_table,
    DropTrigger: _on_table,
    DropView: lambda _operation, _situation: Effects(),
    Insert: _insert,
    Maintenance: _maintenance,
    RenameColumn: _rename_column,
    RenameTable: _rename_table,
    SetNotNull: _since(_CONSTRAINTS, "SET NOT NULL"),
    Update: _update,
}
