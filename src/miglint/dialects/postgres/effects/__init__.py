"""The effects model: what PostgreSQL 12 to 18 does for each operation.

Every row of it is executed on PostgreSQL 16 and 18 by `tests/verify`.
"""

from collections.abc import Callable
from typing import Any

from miglint.dialects.postgres.effects import columns, constraints, data, indexes, objects, partitions, tables
from miglint.dialects.postgres.effects.refusals import is_unmade, refusal_of
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
    Name,
    Operation,
    RefreshMaterializedView,
    Reindex,
    RenameColumn,
    RenameConstraint,
    RenameTable,
    RenameTrigger,
    Savepoint,
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
    # https://www.postgresql.org/docs/11/sql-altertype.html
    return Effects(outside_transaction="ALTER TYPE ... ADD VALUE")


_EFFECTS: dict[type, Callable[[Any, Situation], Effects]] = {
    AddColumn: columns.add_column,
    AddConstraint: constraints.add_constraint,
    AddEnumValue: _add_enum_value,
    AddIdentity: tables.on_table,
    AlterColumnType: columns.alter_type,
    AlterConstraint: constraints.alter_constraint,
    AlterDomain: objects.alter_domain,
    AlterInheritance: tables.alter_inheritance,
    AttachPartition: partitions.attach_partition,
    CreateIndex: indexes.create_index,
    CreateTable: tables.create_table,
    CreateTrigger: objects.create_trigger,
    CreateView: objects.create_view,
    Delete: data.delete,
    DetachPartition: partitions.detach_partition,
    DropColumn: columns.drop_column,
    DropConstraint: constraints.drop_constraint,
    DropDefault: tables.on_table,
    DropExpression: tables.on_table,
    DropFunction: objects.drop_function,
    DropIdentity: tables.on_table,
    DropIndex: indexes.drop_index,
    DropNotNull: tables.on_table,
    DropSchema: tables.drop_schema,
    DropSequence: objects.drop_sequence,
    DropTable: tables.drop_table,
    DropTrigger: objects.drop_trigger,
    DropType: objects.drop_type,
    DropView: objects.drop_view,
    Insert: data.insert,
    LockTable: data.lock_table,
    Maintenance: tables.maintenance,
    MoveTable: tables.rename_table,
    RefreshMaterializedView: objects.refresh_view,
    Reindex: indexes.reindex,
    RenameColumn: tables.on_table,
    RenameConstraint: tables.rename_constraint,
    RenameTable: tables.rename_table,
    RenameTrigger: objects.drop_trigger,
    Savepoint: data.savepoint,
    Select: data.select,
    ServerCommand: data.server_command,
    SetDefault: tables.on_table,
    SetExpression: columns.set_expression,
    SetIdentity: tables.on_table,
    SetNotNull: columns.set_not_null,
    TableCommand: tables.table_command,
    Truncate: tables.truncate,
    Update: data.update,
    ValidateConstraint: constraints.validate_constraint,
}


def effects_of(operation: Operation, situation: Situation) -> Effects:
    """Give what the server does for one operation, as far as it concerns tables and views."""
    if getattr(operation, "if_table_exists", False):
        table: Name = getattr(operation, "table")  # noqa: B009 - of those that can say IF EXISTS
        if table not in situation.schema.relations and situation.schema.is_gone("relation", table):
            return Effects()
    effects = _EFFECTS.get(type(operation))
    found = effects(operation, situation) if effects is not None else Effects()
    refused = refusal_of(operation, situation)
    if refused and is_unmade(refused[0]):
        return found._replace(unmade=tuple(f.table for f in refused[:1] if f.table is not None))
    return found._replace(failures=(*found.failures, *refused)) if refused else found
