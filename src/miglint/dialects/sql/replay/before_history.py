"""Tables that no migration makes: what statements prove of them is kept from then on."""

from collections.abc import Callable
from typing import Any

from miglint.model import (
    AddColumn,
    AddConstraint,
    AddIdentity,
    AlterColumnType,
    Column,
    CreateIndex,
    CreateSequence,
    CreateTable,
    CreateTrigger,
    CreateView,
    DropView,
    MoveTable,
    Name,
    Operation,
    RenameColumn,
    RenameTable,
    Schema,
    SetDefault,
    SetNotNull,
    Table,
    TableCommand,
    Type,
)

UNTOLD = Type("unknown")
"""The type of a column of which statements have told other things."""

_OF_TABLE = (AddColumn, AddConstraint, CreateIndex, CreateTrigger)
_OF_COLUMN = (AddIdentity, AlterColumnType, RenameColumn, SetDefault, SetNotNull)
_FREED: dict[type, Callable[[Any], Name]] = {
    CreateSequence: lambda operation: operation.sequence,
    CreateTable: lambda operation: operation.table,
    CreateView: lambda operation: operation.view,
    DropView: lambda operation: operation.view,
}


def noted(operation: Operation, schema: Schema) -> Schema:
    """Give the schema in which the table that an operation changes is there, and its column, as it has to be.

    A name that is given to something new is free: the table that had it, if there was one, has gone out of
    sight, or the migrations do not run in this order. What is dropped as a view was none.
    """
    if isinstance(operation, _OF_COLUMN):
        return _with_column(operation.column, _with_table(operation, schema), operation.table)
    if isinstance(operation, _OF_TABLE) or (isinstance(operation, TableCommand) and operation.policy):
        return _with_table(operation, schema)
    if isinstance(operation, (MoveTable, RenameTable)):
        known = operation.keyword == "table" and not operation.if_exists
        return _with_table(operation, schema) if known else schema
    freed = _FREED.get(type(operation))
    name = freed(operation) if freed is not None else None
    table = schema.table(name) if name is not None else None
    keeps = table is not None and not table.perhaps and getattr(operation, "if_not_exists", False)
    if name is None or keeps or not schema.is_from_before(name):
        return schema
    return without(name, schema)


def _with_table(operation: Any, schema: Schema) -> Schema:
    name: Name = operation.table
    perhaps: bool = getattr(operation, "if_table_exists", False)
    if name not in schema.relations:
        is_gone = perhaps and schema.is_gone("relation", name)
        return schema if is_gone else schema.with_relation(nothing_told(name)._replace(perhaps=perhaps))
    table = schema.table(name)
    if table is None or perhaps or not table.perhaps:
        return schema
    return schema.with_relation(table._replace(perhaps=False))


def nothing_told(name: Name) -> Table:
    """Give a table of which nothing is known but its name."""
    return Table(name, complete=False, from_before=True)


def _with_column(name: str, schema: Schema, table: Name) -> Schema:
    owner = schema.table(table)
    return schema.with_relation(with_columns(owner, (name,))) if owner is not None else schema


def with_columns(table: Table, names: tuple[str, ...]) -> Table:
    """Give a table, of which not all columns are known, with columns that it has to have."""
    missing = [Column(name, UNTOLD) for name in names if table.column(name) is None]
    return table if table.complete or not missing else table._replace(columns=(*table.columns, *missing))


def without(name: Name, schema: Schema) -> Schema:
    """Give the schema without what was known of such a table."""
    table = schema.table(name)
    for index in table.indexes if table is not None else ():
        schema = schema.without_relation(index)
    return schema.without_relation(name)
