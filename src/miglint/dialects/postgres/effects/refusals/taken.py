"""What the server refuses because the name is taken, before it reads a row or locks another table."""

from collections.abc import Iterable

from miglint.dialects.postgres.effects.refusals import taken_by_renaming
from miglint.dialects.postgres.effects.refusals.names import (
    NONE,
    column_taken,
    constraint_taken,
    failure,
    function_taken,
    relation_taken,
    schema_taken,
    trigger_taken,
    type_taken,
)
from miglint.dialects.postgres.effects.situation import Refusals, Situation
from miglint.model import (
    AddColumn,
    AddConstraint,
    AddEnumValue,
    AlterCompositeType,
    AlterDomain,
    AlterInheritance,
    AttachPartition,
    CompositeType,
    ConstraintDefinition,
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
    DomainType,
    EnumType,
    Failure,
    Name,
    Opaque,
    OtherType,
    TableCommand,
    View,
)

Failures = tuple[Failure, ...]
_INDEXED = ("primary", "unique", "exclude")
_ALWAYS_INSTALLED = "plpgsql"
_WITHOUT_IF_NOT_EXISTS = ("rule", "publication", "event trigger", "cast")
"""Kinds of objects that a statement cannot make with IF NOT EXISTS."""


def _table(operation: CreateTable, situation: Situation) -> Failures:
    if operation.if_not_exists and operation.table in situation.schema.relations:
        return NONE
    return (
        relation_taken(operation.table, situation)
        or type_taken(operation.table, situation)
        or _indexes_taken(operation.table, operation.all_constraints, situation)
    )


def _indexes_taken(
    table: Name, constraints: Iterable[ConstraintDefinition], situation: Situation
) -> Failures:
    """Keys have an index of their name, which stands among the tables."""
    for constraint in constraints:
        if constraint.name is not None and constraint.kind in _INDEXED:
            taken = relation_taken(Name(table.schema, constraint.name), situation, table)
            if taken:
                return taken
    return NONE


def _view(operation: CreateView, situation: Situation) -> Failures:
    found = situation.schema.relations.get(operation.view)
    if operation.if_not_exists and found is not None:
        return NONE
    if operation.replace and found is not None:
        if isinstance(found, View) and not found.materialized:
            return NONE
        sure = not situation.schema.may_lack(operation.view) and not situation.schema.is_from_before(
            operation.view
        )
        return failure(operation.view, f"{operation.view.display} is not a view", "42809", sure=sure)
    return relation_taken(operation.view, situation) or type_taken(operation.view, situation)


def _index(operation: CreateIndex, situation: Situation) -> Failures:
    if operation.if_not_exists or operation.name is None:
        return NONE
    return relation_taken(Name(operation.table.schema, operation.name), situation, operation.table)


def _sequence(operation: CreateSequence, situation: Situation) -> Failures:
    if operation.if_not_exists and operation.sequence in situation.schema.relations:
        return NONE
    return relation_taken(operation.sequence, situation) or type_taken(operation.sequence, situation)


def _constraint(operation: AddConstraint, situation: Situation) -> Failures:
    table, new = situation.schema.table(operation.table), operation.constraint
    # NOT NULL is merged with the one that is there, and so is a CHECK with an inherited one; a constraint
    # that takes an index may have its name.
    if table is None or new.using_index is not None or new.kind == "not null":
        return NONE
    if new.kind == "primary" and table.primary_key is not None:
        sure = not situation.schema.may_lack(table.name)
        return failure(table.name, "a primary key already exists", "42P16", sure=sure)
    if new.name is None or (new.kind == "check" and (table.inherits or table.partition_of)):
        return NONE
    taken = _indexes_taken(table.name, (new,), situation)
    return taken or constraint_taken(table, new.name, situation)


def _column(operation: AddColumn, situation: Situation) -> Failures:
    table, name = situation.schema.table(operation.table), operation.column.name
    there = table is not None and table.column(name) is not None
    if operation.if_not_exists and there:
        return NONE
    taken = column_taken(operation.table, table.columns if table is not None else (), name, situation)
    return taken or _indexes_taken(operation.table, operation.column.constraints, situation)


def _attached(operation: AttachPartition, situation: Situation) -> Failures:
    child = situation.schema.table(operation.partition)
    if child is None or child.partition_of is None:
        return NONE
    reason = f"{child.name.display} is a partition of {child.partition_of.display} already"
    return failure(operation.table, reason, "42809", sure=not situation.schema.may_lack(child.name))


def _inherited(operation: AlterInheritance, situation: Situation) -> Failures:
    child = situation.schema.table(operation.table)
    if child is None or not operation.inherit or operation.parent not in child.inherits:
        return NONE
    reason = f"{child.name.display} inherits from {operation.parent.display} already"
    return failure(child.name, reason, "42P07", sure=not situation.schema.may_lack(child.name))


def _enum(operation: CreateEnum, situation: Situation) -> Failures:
    return type_taken(operation.type, situation)


def _domain(operation: CreateDomain, situation: Situation) -> Failures:
    return type_taken(operation.domain, situation)


def _other_type(operation: CreateOtherType, situation: Situation) -> Failures:
    # A base type is made of a shell type, which has its name.
    if operation.kind == "base" and isinstance(situation.schema.types.get(operation.type), OtherType):
        return NONE
    return type_taken(operation.type, situation)


def _composite(operation: CreateCompositeType, situation: Situation) -> Failures:
    return type_taken(operation.type, situation) or relation_taken(operation.type, situation)


def _attribute(operation: AlterCompositeType, situation: Situation) -> Failures:
    type_ = situation.schema.types.get(operation.type)
    if not isinstance(type_, CompositeType):
        return NONE
    if operation.action == "add" and operation.column is not None:
        return column_taken(operation.type, type_.columns, operation.column.name, situation)
    if operation.action == "rename":
        return column_taken(operation.type, type_.columns, operation.new_name, situation)
    return NONE


def _value(operation: AddEnumValue, situation: Situation) -> Failures:
    type_ = situation.schema.types.get(operation.type)
    if operation.if_not_exists or not isinstance(type_, EnumType) or operation.value not in type_.values:
        return NONE
    sure = not situation.schema.may_lack(operation.type)
    return failure(None, f"the value {operation.value} already exists", "42710", sure=sure)


def _domain_constraint(operation: AlterDomain, situation: Situation) -> Failures:
    domain = situation.schema.types.get(operation.domain)
    name = operation.constraint.name if operation.constraint is not None else operation.new_name
    if not isinstance(domain, DomainType) or name not in {check.name for check in domain.checks}:
        return NONE
    sure = not situation.schema.may_lack(operation.domain)
    return failure(None, f"constraint {name} already exists", "42710", sure=sure)


def _schema(operation: CreateSchema, situation: Situation) -> Failures:
    return NONE if operation.if_not_exists else schema_taken(operation.schema, situation)


def _extension(operation: CreateExtension, situation: Situation) -> Failures:
    name = operation.extension
    there = name == _ALWAYS_INSTALLED or name in situation.schema.extensions
    if operation.if_not_exists or not there:
        return NONE
    return failure(None, f"extension {name} already exists", "42710")


def _function(operation: CreateFunction, situation: Situation) -> Failures:
    if operation.replace:
        return NONE
    return function_taken(operation.function, operation.arguments, situation)


def _trigger(operation: CreateTrigger, situation: Situation) -> Failures:
    return NONE if operation.replace else trigger_taken(operation.table, operation.trigger, situation)


def _command(operation: TableCommand, situation: Situation) -> Failures:
    table = situation.schema.table(operation.table)
    name = {
        "create policy": operation.policy.name if operation.policy is not None else "",
        "rename policy": operation.argument,
    }.get(operation.action)
    if table is not None and name in {policy.name for policy in table.policies}:
        sure = not situation.schema.may_lack(table.name)
        return failure(table.name, f"policy {name} already exists", "42710", sure=sure)
    return _other(operation, situation)


def _other(operation: TableCommand | Opaque, situation: Situation) -> Failures:
    for deed in operation.deeds:
        if deed.action == "make" and deed.kind in _WITHOUT_IF_NOT_EXISTS:
            found = situation.schema.others.get((deed.kind, deed.name))
            if found is not None and found.statements:
                return failure(deed.part_of, f"{deed.kind} {deed.name} already exists", "42710")
    return NONE


REFUSALS: Refusals = {
    AddColumn: _column,
    AddConstraint: _constraint,
    AddEnumValue: _value,
    AlterCompositeType: _attribute,
    AlterDomain: _domain_constraint,
    AlterInheritance: _inherited,
    AttachPartition: _attached,
    CreateCompositeType: _composite,
    CreateDomain: _domain,
    CreateEnum: _enum,
    CreateExtension: _extension,
    CreateFunction: _function,
    CreateIndex: _index,
    CreateOtherType: _other_type,
    CreateSchema: _schema,
    CreateSequence: _sequence,
    CreateTable: _table,
    CreateTrigger: _trigger,
    CreateView: _view,
    Opaque: _other,
    TableCommand: _command,
    **taken_by_renaming.REFUSALS,
}
