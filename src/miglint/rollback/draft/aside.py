"""What has to go, and to come again: no statement changes it in place, or it stands in the way of one."""

from collections.abc import Iterator

from miglint.dialects.sql.replay.drops import columns_of_type
from miglint.model import (
    DropColumn,
    DropConstraint,
    DropFunction,
    DropIndex,
    DropTrigger,
    DropView,
    EnumType,
    Expression,
    Name,
    Operation,
    Schema,
    Table,
    TableCommand,
    Type,
    View,
)
from miglint.model.remedy import NOWHERE
from miglint.rollback.draft.code import takes_new_text, takes_replacing
from miglint.rollback.draft.world import World

_COMPARED_ALIKE = (
    frozenset({"smallint", "integer", "bigint"}),
    frozenset({"character varying", "text"}),
)
"""Types between which an expression keeps its text."""


def without_what_is_in_the_way(now: Schema, then: Schema, world: World) -> Schema:
    """Give the schema without what must be dropped first; all that depends on it falls, to come again."""
    schema = now
    for operation in _in_the_way(now, then):
        schema = world.apply(operation, schema)
    return schema


def _in_the_way(now: Schema, then: Schema) -> Iterator[Operation]:
    for name in now.functions.changed(then.functions):
        theirs = {function.arguments: function for function in then.functions.get(name) or ()}
        for function in now.functions.get(name) or ():
            was = theirs.get(function.arguments)
            changes = was is not None and was.definition != function.definition
            if was is not None and changes and not takes_new_text(function, was):
                yield DropFunction(NOWHERE, name, function.arguments, cascade=True)
    for name in now.relations.changed(then.relations):
        one, other = now.relations.get(name), then.relations.get(name)
        if isinstance(one, View) and isinstance(other, View):
            if one.definition != other.definition and not takes_replacing(one, other):
                yield DropView(NOWHERE, name, one.materialized, cascade=True)
        elif isinstance(one, Table) and isinstance(other, Table):
            yield from _columns(one, other, now)
    for name in now.types.changed(then.types):
        type_, old = now.types.get(name), then.types.get(name)
        if isinstance(type_, EnumType) and isinstance(old, EnumType) and set(type_.values) - set(old.values):
            yield from _users(name, now)


def _columns(now: Table, then: Table, schema: Schema) -> Iterator[Operation]:
    for column in now.columns:
        other = then.column(column.name)
        if other is None or other == column:
            continue
        if other.generated and other.generated != column.generated:
            yield DropColumn(NOWHERE, now.name, column.name, cascade=True)
        elif other.type != column.type:
            alike = _compares_alike(column.type, other.type)
            yield from _comparisons(now, column.name, schema, alike=alike)


def _compares_alike(one: Type, other: Type) -> bool:
    same = one._replace(modifiers=()) == other._replace(modifiers=())
    return same or any({one.name, other.name} <= names for names in _COMPARED_ALIKE)


def _users(type_: Name, schema: Schema) -> Iterator[Operation]:
    """Give what drops all that compares values of a type, takes or gives them."""
    for table, column in columns_of_type(type_, schema):
        holder = schema.table(table)
        if holder is not None:
            yield from _comparisons(holder, column, schema)
            yield from _foreign_keys(holder, column, schema)
    for name, overloads in schema.functions.items():
        for function in overloads:
            if takes(type_, function.arguments, function.returns):
                yield DropFunction(NOWHERE, name, function.arguments, cascade=True)


def _foreign_keys(table: Table, column: str, schema: Schema) -> Iterator[Operation]:
    for key in table.foreign_keys:
        if column in key.columns:
            yield DropConstraint(NOWHERE, table.name, key.name)
    for other in schema.tables_among(table.referenced_by):
        for key in other.foreign_keys:
            if key.references == table.name and column in key.referenced_columns:
                yield DropConstraint(NOWHERE, other.name, key.name)


def takes(type_: Name, arguments: tuple[str, ...], returns: str) -> bool:
    """Whether a function takes or gives values of a type."""
    named = {returns, *(argument.rpartition(".")[2] for argument in arguments)}
    return not named.isdisjoint({type_.name, f"{type_.name}[]", str(type_)})


def _comparisons(table: Table, column: str, schema: Schema, *, alike: bool = False) -> Iterator[Operation]:
    """Give what drops all that holds an expression over a column.

    `alike`: one that compares the column with constants keeps its text.
    """

    def reads(*expressions: Expression | None) -> bool:
        return any(expression is not None and _is_about(expression) for expression in expressions)

    def _is_about(expression: Expression) -> bool:
        if alike and expression.columns == (column,) and not expression.functions:
            return False
        return column in expression.columns

    for name in table.dependents:
        view = schema.view(name)
        if view is not None and (table.name, column) in view.columns_read:
            yield DropView(NOWHERE, name, view.materialized, cascade=True)
    for constraint in table.constraints:
        if constraint.kind == "check" and reads(constraint.expression):
            yield DropConstraint(NOWHERE, table.name, constraint.name)
    for index in schema.indexes_of(table):
        if index.constraint is None and reads(index.predicate, *index.expressions):
            yield DropIndex(NOWHERE, index.name)
    for policy in table.policies:
        if reads(policy.using, policy.check):
            yield TableCommand(NOWHERE, table.name, "drop policy", part=policy.name)
    for trigger in table.triggers:
        if column in trigger.columns or reads(trigger.condition):
            yield DropTrigger(NOWHERE, trigger.name, table.name)
