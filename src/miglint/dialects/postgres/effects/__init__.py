"""The effects model: what PostgreSQL 12 to 18 does for each operation.

Every row of it is executed on real servers by `tests/verify`.
"""

from collections.abc import Callable
from typing import Any

from miglint.dialects.postgres.effects import columns, constraints, data, relations
from miglint.dialects.postgres.effects.situation import Situation
from miglint.model import (
    AddColumn,
    AddConstraint,
    AddEnumValue,
    AddIdentity,
    AlterColumnType,
    AlterConstraint,
    AlterDomain,
    AlterInheritance,
    AttachPartition,
    CreateIndex,
    CreateTable,
    CreateTrigger,
    CreateView,
    Delete,
    DetachPartition,
    DropColumn,
    DropConstraint,
    DropDefault,
    DropExpression,
    DropFunction,
    DropIdentity,
    DropIndex,
    DropNotNull,
    DropSchema,
    DropSequence,
    DropTable,
    DropTrigger,
    DropType,
    DropView,
    Effects,
    Insert,
    LockTable,
    Maintenance,
    MoveTable,
    Operation,
    RefreshMaterializedView,
    Reindex,
    RenameColumn,
    RenameConstraint,
    RenameTable,
    RenameTrigger,
    Select,
    ServerCommand,
    SetDefault,
    SetExpression,
    SetIdentity,
    SetNotNull,
    TableCommand,
    Truncate,
    Update,
    ValidateConstraint,
)

_ENUM_IN_TRANSACTION_VERSION = 12


def _add_enum_value(operation: AddEnumValue, situation: Situation) -> Effects:
    if situation.version >= _ENUM_IN_TRANSACTION_VERSION:
        return Effects()
    return Effects(outside_transaction="ALTER TYPE ... ADD VALUE")


_EFFECTS: dict[type, Callable[[Any, Situation], Effects]] = {
    AddColumn: columns.add_column,
    AddConstraint: constraints.add_constraint,
    AddEnumValue: _add_enum_value,
    AddIdentity: relations.on_table,
    AlterColumnType: columns.alter_type,
    AlterConstraint: relations.on_table,
    AlterDomain: relations.alter_domain,
    AlterInheritance: relations.alter_inheritance,
    AttachPartition: relations.attach_partition,
    CreateIndex: relations.create_index,
    CreateTable: relations.create_table,
    CreateTrigger: relations.create_trigger,
    CreateView: relations.create_view,
    Delete: data.delete,
    DetachPartition: relations.detach_partition,
    DropColumn: columns.drop_column,
    DropConstraint: constraints.drop_constraint,
    DropDefault: relations.on_table,
    DropExpression: relations.on_table,
    DropFunction: relations.drop_function,
    DropIdentity: relations.on_table,
    DropIndex: relations.drop_index,
    DropNotNull: relations.on_table,
    DropSchema: relations.drop_schema,
    DropSequence: relations.drop_sequence,
    DropTable: relations.drop_table,
    DropTrigger: relations.drop_trigger,
    DropType: relations.drop_type,
    DropView: relations.drop_view,
    Insert: data.insert,
    LockTable: data.lock_table,
    Maintenance: relations.maintenance,
    MoveTable: relations.rename_table,
    RefreshMaterializedView: relations.refresh_view,
    Reindex: relations.reindex,
    RenameColumn: relations.on_table,
    RenameConstraint: relations.rename_constraint,
    RenameTable: relations.rename_table,
    RenameTrigger: relations.drop_trigger,
    Select: data.select,
    ServerCommand: data.server_command,
    SetDefault: relations.on_table,
    SetExpression: columns.set_expression,
    SetIdentity: relations.on_table,
    SetNotNull: columns.set_not_null,
    TableCommand: relations.table_command,
    Truncate: relations.truncate,
    Update: data.update,
    ValidateConstraint: constraints.validate_constraint,
}


def effects_of(operation: Operation, situation: Situation) -> Effects:
    """Give what the server does for one operation, as far as it concerns tables and views."""
    effects = _EFFECTS.get(type(operation))
    return effects(operation, situation) if effects is not None else Effects()
