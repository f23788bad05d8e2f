"""What cannot be renamed or moved because the new name is taken."""

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
    CompositeType,
    EnumType,
    Failure,
    Index,
    MoveTable,
    MoveType,
    Name,
    RenameColumn,
    RenameConstraint,
    RenameEnumValue,
    RenameFunction,
    RenameSchema,
    RenameTable,
    RenameTrigger,
    RenameType,
    Table,
    View,
)

Failures = tuple[Failure, ...]


def _table(operation: RenameTable, situation: Situation) -> Failures:
    found, new = (
        situation.schema.relations.get(operation.table),
        operation.becomes,
    )
    if found is None:
        return NONE
    if taken := relation_taken(new, situation, operation.table):
        return taken
    if isinstance(found, (Table, View)):
        return type_taken(new, situation)
    owner = situation.schema.table(found.table) if isinstance(found, Index) and found.constraint else None
    return constraint_taken(owner, operation.new_name, situation) if owner is not None else NONE


def _move(operation: MoveTable, situation: Situation) -> Failures:
    found, place = situation.schema.relations.get(operation.table), operation.new_schema
    if found is None or place == operation.table.schema:
        return NONE
    indexes = found.indexes if isinstance(found, (Table, View)) else ()
    for name in (operation.table, *indexes):
        if taken := relation_taken(Name(place, name.name), situation, operation.table):
            return taken
    return NONE


def _column(operation: RenameColumn, situation: Situation) -> Failures:
    schema = situation.schema
    relation = schema.table(operation.table) or schema.view(operation.table)
    if relation is None or relation.column(operation.column) is None:
        return NONE
    for name in schema.family(operation.table):
        member = schema.table(name) or relation
        if taken := column_taken(operation.table, member.columns or (), operation.new_name, situation):
            return taken
    return NONE


def _constraint(operation: RenameConstraint, situation: Situation) -> Failures:
    table = situation.schema.table(operation.table)
    found = table.constraint(operation.name) if table is not None else None
    if table is None or found is None:
        return NONE
    if found.index_name is not None:
        new = Name(table.name.schema, operation.new_name)
        if taken := relation_taken(new, situation, table.name):
            return taken
    return constraint_taken(table, operation.new_name, situation)


def _type(operation: RenameType, situation: Situation) -> Failures:
    found, new = situation.schema.types.get(operation.type), Name(operation.type.schema, operation.new_name)
    if found is None:
        return NONE
    taken = relation_taken(new, situation) if isinstance(found, CompositeType) else NONE
    return taken or type_taken(new, situation)


def _move_type(operation: MoveType, situation: Situation) -> Failures:
    if operation.type not in situation.schema.types or operation.new_schema == operation.type.schema:
        return NONE
    return type_taken(Name(operation.new_schema, operation.type.name), situation)


def _value(operation: RenameEnumValue, situation: Situation) -> Failures:
    found = situation.schema.types.get(operation.type)
    if not isinstance(found, EnumType) or not {operation.value, operation.new_value} <= set(found.values):
        return NONE
    sure = not situation.schema.may_lack(operation.type)
    return failure(None, f"the value {operation.new_value} already exists", "42710", sure=sure)


def _schema(operation: RenameSchema, situation: Situation) -> Failures:
    there = operation.schema in situation.schema.schemas
    return schema_taken(operation.new_name, situation) if there else NONE


def _function(operation: RenameFunction, situation: Situation) -> Failures:
    old, new = operation.function, operation.new_name
    found = situation.schema.functions.get(old) or ()
    wanted = [f.arguments for f in found if operation.arguments in (None, f.arguments)]
    if len(wanted) != 1 or old == new:
        return NONE
    return function_taken(new, wanted[0], situation)


def _trigger(operation: RenameTrigger, situation: Situation) -> Failures:
    return trigger_taken(operation.table, operation.new_name, situation)


REFUSALS: Refusals = {
    MoveTable: _move,
    MoveType: _move_type,
    RenameColumn: _column,
    RenameConstraint: _constraint,
    RenameEnumValue: _value,
    RenameFunction: _function,
    RenameSchema: _schema,
    RenameTable: _table,
    RenameTrigger: _trigger,
    RenameType: _type,
}
