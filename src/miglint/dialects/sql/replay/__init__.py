"""One operation on one schema gives the next schema. Nothing here knows locks or rules."""

from collections.abc import Callable
from typing import Any

from miglint.dialects.sql.replay import (
    columns,
    constraints,
    drops,
    indexes,
    objects,
    properties,
    renames,
    tables,
)
from miglint.dialects.sql.replay.before_history import noted
from miglint.dialects.sql.replay.branches import settled
from miglint.dialects.sql.replay.gone import with_gone
from miglint.dialects.sql.replay.naming import Naming
from miglint.dialects.sql.replay.others import apply_command, apply_deeds, follow
from miglint.dialects.sql.replay.privileges import granted_by_default
from miglint.model import (
    AddColumn,
    AddConstraint,
    AddEnumValue,
    AddIdentity,
    AlterColumnType,
    AlterCompositeType,
    AlterConstraint,
    AlterDomain,
    AlterInheritance,
    AlterSequence,
    AttachIndex,
    AttachPartition,
    Call,
    CreateCompositeType,
    CreateDomain,
    CreateEnum,
    CreateExtension,
    CreateFunction,
    CreateIndex,
    CreateOtherType,
    CreateSchema,
    CreateSequence,
    CreateTable,
    CreateTrigger,
    CreateView,
    DetachPartition,
    DoBlock,
    DropColumn,
    DropConstraint,
    DropDefault,
    DropExpression,
    DropExtension,
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
    Maintenance,
    MoveTable,
    MoveType,
    Opaque,
    Operation,
    RefreshMaterializedView,
    RenameColumn,
    RenameConstraint,
    RenameEnumValue,
    RenameFunction,
    RenameSchema,
    RenameTable,
    RenameTrigger,
    RenameType,
    Schema,
    Select,
    SetDefault,
    SetExpression,
    SetIdentity,
    SetNotNull,
    TableCommand,
    Unparsed,
    ValidateConstraint,
)

# What an operation changes; operations that are not here leave the schema as it is.
_CHANGES: dict[type, Callable[[Any, Schema], Schema]] = {
    AddEnumValue: objects.add_enum_value,
    AlterColumnType: columns.alter_type,
    AlterConstraint: constraints.alter_constraint,
    AlterCompositeType: objects.alter_composite,
    AlterDomain: objects.alter_domain,
    AlterInheritance: tables.alter_inheritance,
    AlterSequence: objects.alter_sequence,
    AttachIndex: indexes.attach_index,
    Call: lambda operation, schema: apply_deeds(operation.deeds, schema),
    CreateCompositeType: objects.create_composite,
    CreateDomain: objects.create_domain,
    CreateEnum: objects.create_enum,
    CreateExtension: objects.create_extension,
    CreateFunction: objects.create_function,
    CreateOtherType: objects.create_other_type,
    CreateSchema: objects.create_schema,
    CreateSequence: objects.create_sequence,
    CreateTrigger: objects.create_trigger,
    CreateView: objects.create_view,
    DetachPartition: tables.detach_partition,
    DropColumn: drops.drop_column,
    DropConstraint: drops.drop_constraint,
    DropDefault: columns.drop_default,
    DropExpression: columns.drop_expression,
    DropExtension: objects.drop_extension,
    DropFunction: objects.drop_function,
    DropIdentity: columns.drop_identity,
    DropIndex: drops.drop_index,
    DropNotNull: columns.drop_not_null,
    DropSchema: drops.drop_schema,
    DropSequence: drops.drop_sequence,
    DropTable: drops.drop_table,
    DropTrigger: drops.drop_trigger,
    DropType: drops.drop_type,
    DropView: drops.drop_view,
    MoveTable: renames.move_relation,
    MoveType: renames.move_type,
    Maintenance: properties.cluster,
    Opaque: apply_command,
    Unparsed: objects.leave_unknown,
    DoBlock: objects.run_block,
    RefreshMaterializedView: objects.refresh_view,
    RenameColumn: renames.rename_column,
    RenameConstraint: constraints.rename_constraint,
    RenameEnumValue: objects.rename_enum_value,
    RenameFunction: renames.rename_function,
    RenameSchema: renames.rename_schema,
    RenameTable: renames.rename_relation,
    RenameTrigger: renames.rename_trigger,
    RenameType: renames.rename_type,
    Select: lambda operation, schema: apply_deeds(operation.deeds, schema),
    SetDefault: columns.set_default,
    SetExpression: columns.set_expression,
    SetIdentity: columns.set_identity,
    SetNotNull: columns.set_not_null,
    TableCommand: tables.table_command,
    ValidateConstraint: constraints.validate_constraint,
}
_NAMED_CHANGES: dict[type, Callable[[Any, Schema, Naming], Schema]] = {
    AddColumn: columns.add_column,
    AddConstraint: constraints.apply_add_constraint,
    AddIdentity: columns.add_identity,
    AttachPartition: tables.attach_partition,
    CreateIndex: indexes.create_index,
    CreateTable: tables.create_table,
}


def apply(operation: Operation, schema: Schema, naming: Naming) -> Schema:
    """Give the schema after an operation; `naming` gives names to objects without one."""
    schema = noted(operation, schema)
    before, kind = schema, type(operation)
    if kind in _CHANGES:
        schema = settled(operation, _CHANGES[kind](operation, schema))
    elif kind in _NAMED_CHANGES:
        schema = settled(operation, _NAMED_CHANGES[kind](operation, schema, naming))
    schema = with_gone(operation, before, schema) if kind in _TAKING_AWAY else schema
    if not schema.others:
        return schema
    if isinstance(operation, _TAKING):
        return follow(operation, schema)
    return granted_by_default(before, schema) if isinstance(operation, _MAKING) else schema


_MAKING = (
    AddColumn,
    AddIdentity,
    CreateCompositeType,
    CreateDomain,
    CreateEnum,
    CreateFunction,
    CreateOtherType,
    CreateSequence,
    CreateTable,
    CreateView,
)
"""What makes objects that have privileges."""
_TAKING = (
    DropColumn,
    DropExtension,
    DropFunction,
    DropSchema,
    DropTable,
    DropType,
    DropView,
    MoveTable,
    RenameSchema,
    RenameTable,
)
"""What relations may fall with or go away by: what is a part of them follows."""
_TAKING_AWAY = frozenset(
    {
        DropFunction,
        DropIndex,
        DropSchema,
        DropSequence,
        DropTable,
        DropType,
        DropView,
        MoveTable,
        MoveType,
        RenameFunction,
        RenameSchema,
        RenameTable,
        RenameType,
    }
)
