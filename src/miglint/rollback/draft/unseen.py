"""What a history does not tell: objects that no migration makes, and what stood in the place of new ones."""

from typing import Any

from miglint.model import (
    AddColumn,
    CreateExtension,
    CreateFunction,
    CreateIndex,
    CreateSchema,
    CreateSequence,
    CreateTable,
    CreateView,
    DropColumn,
    DropConstraint,
    DropDefault,
    DropFunction,
    DropIndex,
    DropNotNull,
    DropSequence,
    DropTable,
    DropTrigger,
    DropType,
    DropView,
    Name,
    Schema,
    Table,
)
from miglint.rollback.draft.plan import Lost
from miglint.simulate.trace import Record

_DROPS: dict[type[Any], tuple[str, str]] = {
    DropTable: ("table", "table"),
    DropView: ("view", "view"),
    DropIndex: ("index", "name"),
    DropSequence: ("sequence", "sequence"),
    DropType: ("type", "type"),
    DropFunction: ("function", "function"),
    DropColumn: ("column", "column"),
    DropConstraint: ("constraint", "name"),
    DropTrigger: ("trigger", "trigger"),
    DropNotNull: ("nullability of column", "column"),
    DropDefault: ("default of column", "column"),
}
"""What takes something away: the words for it, and the field of its name."""
_PERHAPS: dict[type[Any], tuple[str, str, str]] = {
    CreateFunction: ("function", "function", "replace"),
    CreateView: ("view", "view", "replace"),
    CreateTable: ("table", "table", "if_not_exists"),
    CreateSequence: ("sequence", "sequence", "if_not_exists"),
    CreateIndex: ("index", "name", "if_not_exists"),
    CreateSchema: ("schema", "schema", "if_not_exists"),
    CreateExtension: ("extension", "extension", "if_not_exists"),
}
"""What makes something that may be there: the words for it, the fields of its name and of that condition."""


def taken(record: Record) -> Lost | None:
    """Say what an operation takes away that no migration has made."""
    operation: Any = record.operation
    if type(operation) not in _DROPS or getattr(operation, "if_exists", False):
        return None
    words, field = _DROPS[type(operation)]
    table = getattr(operation, "table", None)
    if isinstance(operation, (DropNotNull, DropDefault)):
        found = record.schema.table(operation.table)
        if found is not None and (found.complete or found.column(operation.column) is not None):
            return None  # It was nullable, or without a default.
    name = _shown(getattr(operation, field))
    of = f" of {table.display}" if isinstance(table, Name) and table.display != name else ""
    return Lost(f"{words} {name}{of}", "no migration makes it, so that nothing says what it was")


def perhaps_there(record: Record, older: frozenset[str]) -> Lost | None:
    """Say what may have been there when the history begins, so that a way back must not drop it.

    `older` are the schemas in which there was something.
    """
    operation: Any = record.operation
    if isinstance(operation, AddColumn):
        table = record.schema.table(operation.table)
        if operation.if_not_exists and table is not None and not table.complete:
            name = f"{operation.table.display}.{operation.column.name}"
            return Lost(f"column {name}", _UNTOLD)
        return None
    if type(operation) not in _PERHAPS:
        return None
    words, field, condition = _PERHAPS[type(operation)]
    if isinstance(operation, CreateIndex) and not record.schema.is_from_before(operation.table):
        return None
    name = getattr(operation, field)
    place = name.schema if isinstance(name, Name) else record.schema.home
    if place not in older or not getattr(operation, condition) or _is_known(operation, field, record.schema):
        return None
    return Lost(f"{words} {_shown(getattr(operation, field))}", _UNTOLD)


_UNTOLD = "whether it was there before is not known, and so it stays"


def _is_known(operation: Any, field: str, schema: Schema) -> bool:
    name = getattr(operation, field)
    if isinstance(operation, CreateIndex):
        name = Name(operation.table.schema, operation.name or "")
    return name in schema.relations or name in schema.functions


def older(schema: Schema) -> frozenset[str]:
    """Give the schemas in which something was there before the first migration of a history."""
    tables = (each for each in schema.relations.values() if isinstance(each, Table))
    return frozenset(table.name.schema for table in tables if table.from_before and not table.perhaps)


def _shown(name: Any) -> str:
    return name.display if isinstance(name, Name) else str(name)
