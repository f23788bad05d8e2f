"""Definitions out of values: what made an object, read off what it is."""

from miglint.model import (
    Column,
    ColumnDefinition,
    Constraint,
    ConstraintDefinition,
    CreateIndex,
    CreateTrigger,
    Expression,
    Index,
    IndexElement,
    Name,
    Policy,
    PolicyDefinition,
    Schema,
    Table,
    Trigger,
)
from miglint.model.remedy import NOWHERE, created

PARAMETER = "the parameter "
OPTION = "the option "
Properties = tuple[tuple[str, str], ...]
_SERIALS = ("smallint", "integer", "bigint")


def parameters(properties: Properties) -> Properties:
    """Give the storage parameters among what is set on an object."""
    return tuple(each for each in properties if each[0].startswith(PARAMETER))


def is_serial(table: Name, column: Column, schema: Schema) -> bool:
    """Whether one word makes a column with its sequence, which has the usual name and options."""
    sequence = schema.sequence(column.sequence) if column.sequence is not None else None
    if sequence is None or sequence.identity or column.type.name not in _SERIALS or column.type.array:
        return False
    usual = {"the option as": column.type.name} if column.type.name != "bigint" else {}
    options = {key: value for key, value in sequence.properties if key.startswith(OPTION)}
    return (
        column.default is not None
        and column.default.functions == ("nextval",)
        and sequence.owner == (table, column.name)
        and sequence.name == Name(table.schema, f"{table.name}_{column.name}_seq")
        and options == usual
    )


def identity_options(column: Column, schema: Schema) -> Properties:
    """Give what is set on the sequence of an identity column; its type follows that of the column."""
    sequence = schema.sequence(column.sequence) if column.sequence is not None else None
    options = sequence.properties if sequence is not None else ()
    return tuple(each for each in options if each[0].startswith(OPTION) and each[0] != "the option as")


def default_of(column: Column) -> Expression | None:
    """Give the default of a column; the name of its sequence may be another since it was written."""
    if column.sequence is None or column.default is None or column.default.functions != ("nextval",):
        return column.default
    return column.default._replace(text=f"nextval({_literal(column.sequence.sql)})")


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def column_definition(column: Column, schema: Schema, *, serial: bool) -> ColumnDefinition:
    """Give the definition of a column; `serial`: its sequence is to be made with it."""
    return ColumnDefinition(
        column.name,
        column.type,
        not_null=not column.nullable,
        default=None if serial or column.generated else default_of(column),
        serial=serial,
        identity=column.identity,
        generated=column.generated,
        generation=column.default if column.generated else None,
        collation=column.collation,
        sequence=identity_options(column, schema) if column.identity else (),
    )


def constraint_definition(table: Table, constraint: Constraint, schema: Schema) -> ConstraintDefinition:
    """Give the definition of a constraint, with what the index behind it holds."""
    index = schema.index_named(Name(table.name.schema, constraint.index_name or ""))
    made = ConstraintDefinition(
        NOWHERE,
        constraint.kind,
        constraint.name,
        constraint.columns,
        references=constraint.references,
        referenced_columns=constraint.referenced_columns,
        on_delete=constraint.on_delete,
        on_update=constraint.on_update,
        not_valid=not constraint.valid,
        deferrable=constraint.deferrable,
        initially_deferred=constraint.initially_deferred,
        match=constraint.match,
        set_columns=constraint.set_columns,
        no_inherit=constraint.no_inherit,
        enforced=constraint.enforced,
    )
    if constraint.kind == "exclude":
        made = made._replace(predicate=constraint.expression)
    else:
        made = made._replace(expression=constraint.expression)
    if index is None:
        return made
    return made._replace(
        include=index.include,
        nulls_not_distinct=index.nulls_not_distinct,
        method=index.method,
        elements=elements_of(index) if constraint.kind == "exclude" else (),
        options=parameters(index.properties),
    )


def elements_of(index: Index) -> tuple[IndexElement, ...]:
    """Give the keys of an index, with the operators of an exclusion."""
    operators = dict(index.operators)
    keys = zip(created(index).elements, index.elements, strict=True)
    return tuple(element._replace(operator=operators.get(text, "")) for element, text in keys)


def index_definition(index: Index) -> CreateIndex:
    """Give the statement that makes an index as it is."""
    return created(index)._replace(options=parameters(index.properties))


def trigger_definition(table: Name, trigger: Trigger) -> CreateTrigger:
    """Give the statement that makes a trigger as it is."""
    return CreateTrigger(
        NOWHERE,
        trigger.name,
        table,
        trigger.function,
        constraint=trigger.constraint,
        events=trigger.events,
        row=trigger.row,
        from_table=trigger.from_table,
        timing=trigger.timing,
        columns=trigger.columns,
        condition=trigger.condition,
        arguments=trigger.arguments,
        transitions=trigger.transitions,
        deferrable=trigger.deferrable,
        initially_deferred=trigger.initially_deferred,
    )


def policy_definition(policy: Policy) -> PolicyDefinition:
    """Give the definition of a policy."""
    roles = () if policy.roles == ("public",) else policy.roles
    return PolicyDefinition(policy.name, policy.command, policy.permissive, roles, policy.using, policy.check)
