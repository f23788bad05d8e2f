"""What is given another name gets its old one again."""

from collections.abc import Callable
from typing import Any

from miglint.model import (
    AlterCompositeType,
    AlterDomain,
    MoveTable,
    MoveType,
    Name,
    Operation,
    RenameColumn,
    RenameConstraint,
    RenameEnumValue,
    RenameFunction,
    RenameSchema,
    RenameTable,
    RenameTrigger,
    RenameType,
    TableCommand,
)
from miglint.model.remedy import NOWHERE


def _table(done: RenameTable) -> Operation:
    return RenameTable(NOWHERE, Name(done.table.schema, done.new_name), done.table.name, done.keyword)


def _moved(done: MoveTable) -> Operation:
    return MoveTable(NOWHERE, Name(done.new_schema, done.table.name), done.table.schema, done.keyword)


def _type(done: RenameType) -> Operation:
    return RenameType(NOWHERE, Name(done.type.schema, done.new_name), done.type.name)


def _moved_type(done: MoveType) -> Operation:
    return MoveType(NOWHERE, Name(done.new_schema, done.type.name), done.type.schema)


def _function(done: RenameFunction) -> Operation:
    return RenameFunction(NOWHERE, done.new_name, done.function, done.arguments)


def _schema(done: RenameSchema) -> Operation:
    return RenameSchema(NOWHERE, done.new_name, done.schema)


def _value(done: RenameEnumValue) -> Operation:
    return RenameEnumValue(NOWHERE, done.type, done.new_value, done.value)


def _trigger(done: RenameTrigger) -> Operation:
    return RenameTrigger(NOWHERE, done.new_name, done.table, done.trigger)


def _column(done: RenameColumn) -> Operation:
    return RenameColumn(NOWHERE, done.table, done.new_name, done.column)


def _constraint(done: RenameConstraint) -> Operation:
    return RenameConstraint(NOWHERE, done.table, done.new_name, done.name)


def _of_domain(done: AlterDomain) -> Operation | None:
    if done.action != "rename constraint" or not done.name:
        return None
    return AlterDomain(NOWHERE, done.domain, done.action, name=done.new_name, new_name=done.name)


def _of_composite(done: AlterCompositeType) -> Operation | None:
    if done.action != "rename" or not done.name:
        return None
    return AlterCompositeType(NOWHERE, done.type, done.action, name=done.new_name, new_name=done.name)


def _of_table(done: TableCommand) -> Operation | None:
    if done.action not in ("rename policy", "rename rule"):
        return None
    return TableCommand(NOWHERE, done.table, done.action, argument=done.part, part=done.argument)


_BACK: dict[type[Any], Callable[[Any], Operation | None]] = {
    RenameTable: _table,
    MoveTable: _moved,
    RenameType: _type,
    MoveType: _moved_type,
    RenameFunction: _function,
    RenameSchema: _schema,
    RenameEnumValue: _value,
    RenameTrigger: _trigger,
    RenameColumn: _column,
    RenameConstraint: _constraint,
    AlterDomain: _of_domain,
    AlterCompositeType: _of_composite,
    TableCommand: _of_table,
}


def renamed_back(operation: Operation) -> Operation | None:
    """Give what undoes a renaming or a move; None for another operation."""
    back = _BACK.get(type(operation))
    return back(operation) if back is not None else None
