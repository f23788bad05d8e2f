"""Dropping: what goes with the object, and what CASCADE takes along."""

from collections.abc import Callable, Iterable

from miglint.dialects.sql.replay.columns import change_column
from miglint.dialects.sql.replay.constraints import keys_on_index, unlink_reference
from miglint.dialects.sql.replay.indexes import remove_index
from miglint.dialects.sql.replay.naming import part_words
from miglint.model import (
    Column,
    CompositeType,
    Constraint,
    DomainType,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropSchema,
    DropSequence,
    DropTable,
    DropTrigger,
    DropType,
    DropView,
    Function,
    Name,
    Policy,
    Schema,
    Sequence,
    Table,
    Trigger,
    View,
    reached,
)


def drop_table(operation: DropTable, schema: Schema) -> Schema:
    """`DROP TABLE`; CASCADE takes the functions over its rows."""
    if operation.cascade:
        schema = _without_functions_over(operation.table, schema)
    return remove_table(operation.table, schema)


def remove_table(name: Name, schema: Schema) -> Schema:
    """Remove a table with its indexes, sequences, partitions, views on it, and foreign keys to it.

    Without CASCADE the server refuses where views or foreign keys are left: then nothing later
    depends on the difference.
    """
    for member in reversed(schema.family(name)):
        schema = _remove_one_table(member, schema)
    return schema


def _remove_one_table(name: Name, schema: Schema) -> Schema:
    table = schema.table(name)
    if table is None:
        return schema
    for view in table.dependents:
        schema = remove_view(view, schema)
    for holder in schema.tables_among(table.referenced_by):
        others = (c for c in holder.constraints if not (c.kind == "foreign" and c.references == name))
        schema = schema.with_relation(holder._replace(constraints=tuple(others)))
    for index in table.indexes:
        schema = schema.without_relation(index)
    for column in table.columns:
        schema = _remove_owned_sequence(name, column, schema)
    for key in table.foreign_keys:
        if key.references is not None and key.references != name:
            current = schema.table(name)
            if current is not None:
                rest = tuple(c for c in current.constraints if c is not key)
                schema = schema.with_relation(current._replace(constraints=rest))
            schema = unlink_reference(key.references, name, schema)
    for parent in table.inherits:
        schema = _unlink_child(parent, name, schema)
    if table.partition_of is not None:
        schema = _unlink_child(table.partition_of, name, schema)
    return schema.without_relation(name)


def _unlink_child(parent: Name, child: Name, schema: Schema) -> Schema:
    table = schema.table(parent)
    if table is None:
        return schema
    return schema.with_relation(
        table.without_partition(child)._replace(children=tuple(filter(child.__ne__, table.children)))
    )


def _remove_owned_sequence(table: Name, column: Column, schema: Schema) -> Schema:
    if column.sequence is None:
        return schema
    sequence = schema.sequence(column.sequence)
    if sequence is not None and sequence.owner == (table, column.name):
        return schema.without_relation(column.sequence)
    return schema


def drop_column(operation: DropColumn, schema: Schema) -> Schema:
    """`DROP COLUMN` with every index and constraint that uses the column, here and in the children.

    With ONLY the children keep it, as their own.
    """
    for member in (operation.table,) if operation.only else schema.family(operation.table):
        schema = remove_column(member, operation.column, schema)
    return schema


def remove_column(name: Name, column: str, schema: Schema) -> Schema:
    """Remove a column with all that uses it."""
    waiting = [column]
    for used in waiting:
        schema, generated = _remove_one_column(name, used, schema)
        waiting += generated
    return schema


def _remove_one_column(name: Name, column: str, schema: Schema) -> tuple[Schema, list[str]]:
    """Give the schema without a column, and the columns that are generated from it."""
    table = schema.table(name)
    found = table.column(column) if table else None
    if table is None or found is None:
        return schema, []
    for constraint in table.constraints:
        if column in constraint.columns:
            schema = remove_constraint(name, constraint, schema)
    current = schema.table(name) or table
    for index in schema.indexes_of(current):
        if column in index.columns:
            schema = remove_index(index.name, schema)
    for view in table.dependents:
        dependent = schema.view(view)
        if dependent is not None and (name, column) in dependent.columns_read:
            schema = remove_view(view, schema)
    schema = _remove_owned_sequence(name, found, schema)
    current = schema.table(name) or table
    generated = [c.name for c in current.columns if c.generated and c.default and column in c.default.columns]
    schema = schema.with_relation(
        current._replace(
            columns=tuple(c for c in current.columns if c.name != column),
            # With CASCADE; else the server refuses.
            triggers=tuple(t for t in current.triggers if not _fires_by(t, column)),
            policies=tuple(p for p in current.policies if not _asks_for(p, column)),
        )
    )
    return _without_parts(name, column, schema), generated


def _fires_by(trigger: Trigger, column: str) -> bool:
    return column in trigger.columns or (
        trigger.condition is not None and column in trigger.condition.columns
    )


def _asks_for(policy: Policy, column: str) -> bool:
    conditions = (policy.using, policy.check)
    return any(column in condition.columns for condition in conditions if condition is not None)


def _without_parts(table: Name, column: str, schema: Schema) -> Schema:
    """Remove the rules and statistics whose text names a column."""
    for other in [o for o in schema.others.values() if o.part_of == table] if schema.others else ():
        if other.mentions(column):
            schema = schema.without_other(other.kind, other.name)
    return schema


def drop_constraint(operation: DropConstraint, schema: Schema) -> Schema:
    """`DROP CONSTRAINT`, also where it was inherited, unless for ONLY this table."""
    table = schema.table(operation.table)
    constraint = table.constraint(operation.name) if table else None
    if table is None or constraint is None:
        return schema
    schema = remove_constraint(operation.table, constraint, schema, cascade=operation.cascade)
    for heir in () if operation.only else schema.tables_among((*table.partitions, *table.children)):
        for inherited in heir.constraints:
            same = inherited.name == constraint.name or (
                inherited.inherited
                and (inherited.kind, inherited.columns) == (constraint.kind, constraint.columns)
            )
            if same:
                schema = remove_constraint(heir.name, inherited, schema, cascade=operation.cascade)
    return schema


def remove_constraint(name: Name, constraint: Constraint, schema: Schema, *, cascade: bool = True) -> Schema:
    """Remove a constraint and the index behind it; CASCADE takes the foreign keys that rest on that index."""
    holders: tuple[Name, ...] = ()
    for table in schema.tables_among([name]):
        schema = schema.with_relation(table.without_constraint(constraint.name))
        holders = table.referenced_by
    if constraint.index_name is not None:
        schema = remove_index(Name(name.schema, constraint.index_name), schema)
        for holder in schema.tables_among(holders if cascade else ()):
            schema = _remove_keys_on(name, constraint.columns, holder, schema)
            schema = unlink_reference(name, holder.name, schema)
    if constraint.references is not None:
        schema = unlink_reference(constraint.references, name, schema)
    return schema


def _remove_keys_on(parent: Name, columns: tuple[str, ...], table: Table, schema: Schema) -> Schema:
    rest = tuple(
        c
        for c in table.constraints
        if not (c.kind == "foreign" and c.references == parent and set(c.referenced_columns) == set(columns))
    )
    return schema.with_relation(table._replace(constraints=rest))


def drop_index(operation: DropIndex, schema: Schema) -> Schema:
    """`DROP INDEX`, with the partitions' indexes attached to it; CASCADE takes the keys that rest on it."""
    index = schema.index_named(operation.name)
    if index is None or index.constraint is not None:
        return schema
    owner = schema.table(index.table)
    if operation.cascade and index.unique:
        for holder, key in [*keys_on_index(index, schema)]:
            schema = remove_constraint(holder, key, schema)
    for child in owner.partitions if owner else ():
        heir = schema.table(child)
        for inner in schema.indexes_of(heir) if heir else ():
            same = inner.elements == index.elements and inner.unique == index.unique
            if inner.parent == index.name or (inner.parent is None and not index.only and same):
                schema = remove_index(inner.name, schema)
    return remove_index(operation.name, schema)


def drop_view(operation: DropView, schema: Schema) -> Schema:
    """`DROP VIEW`; where a table has the name, the author has another schema in mind than the history."""
    if schema.table(operation.view) is not None:
        return schema._replace(shaken=schema.shaken | {operation.view})
    return remove_view(operation.view, schema)


def remove_view(name: Name, schema: Schema) -> Schema:
    """Remove a view, its indexes, and the views on it."""
    for view in (name, *schema.views_on(name)):
        schema = _remove_one_view(view, schema)
    return schema


def _remove_one_view(name: Name, schema: Schema) -> Schema:
    view = schema.view(name)
    if view is None:
        return schema
    schema = schema.without_relation(name)
    for index in view.indexes:
        schema = schema.without_relation(index)
    for source in view.reads:
        schema = _forget_dependent(source, name, schema)
    return schema


def _forget_dependent(source: Name, view: Name, schema: Schema) -> Schema:
    relation = schema.relations.get(source)
    if not isinstance(relation, (Table, View)):
        return schema
    rest = tuple(filter(view.__ne__, relation.dependents))
    return schema.with_relation(relation._replace(dependents=rest))


def drop_sequence(operation: DropSequence, schema: Schema) -> Schema:
    """`DROP SEQUENCE`; with CASCADE the defaults that use it go too."""
    sequence = schema.sequence(operation.sequence)
    if sequence is None:
        return schema
    schema = schema.without_relation(operation.sequence)
    if sequence.owner is not None:
        table = schema.table(sequence.owner[0])
        if table is not None:
            columns = tuple(
                c._replace(sequence=None, default=None) if c.sequence == operation.sequence else c
                for c in table.columns
            )
            schema = schema.with_relation(table._replace(columns=columns))
    return schema


def drop_trigger(operation: DropTrigger, schema: Schema) -> Schema:
    table = schema.table(operation.table)
    if table is None:
        return schema.without_other("trigger", part_words(operation.trigger, operation.table))
    rest = tuple(t for t in table.triggers if t.name != operation.trigger)
    return schema.with_relation(table._replace(triggers=rest))


def without_triggers(callers: Iterable[Table], functions: Callable[[Name], bool], schema: Schema) -> Schema:
    """Give a schema without the triggers that call one of these functions, as CASCADE leaves it."""
    for table in callers:
        kept = tuple(t for t in table.triggers if t.function is None or not functions(t.function))
        schema = schema.with_relation(table._replace(triggers=kept))
    return schema


def drop_type(operation: DropType, schema: Schema) -> Schema:
    """`DROP TYPE` and `DROP DOMAIN`; CASCADE takes the columns of that type."""
    if operation.type not in schema.types:
        return schema
    if not operation.cascade:
        return schema.without_type(operation.type)
    for table, column in columns_of_type(operation.type, schema):
        schema = remove_column(table, column, schema)
    schema = _without_functions_over(operation.type, schema)
    for type_ in _with_domains(operation.type, schema):
        for table, column in defaults_of_type(type_, schema):
            schema = change_column(table, column, schema, lambda c: c._replace(default=None))
        for composite in _composites_of(type_, schema):
            columns = tuple(c for c in composite.columns if c.type.qualified != type_)
            schema = schema.with_type(composite._replace(columns=columns))
        schema = schema.without_type(type_)
    return schema


def _without_functions_over(type_: Name, schema: Schema) -> Schema:
    """Remove the functions that take or give a type."""
    for name, overloads in [*schema.functions.items()]:
        rest = tuple(function for function in overloads if not _takes(function, type_))
        if len(rest) < len(overloads):
            schema = schema.with_functions(name, rest)
    return schema


def _takes(function: Function, type_: Name) -> bool:
    words = {function.returns, *(argument.rpartition(".")[2] for argument in function.arguments)}
    return not words.isdisjoint({type_.name, f"{type_.name}[]"})


def _with_domains(type_: Name, schema: Schema) -> tuple[Name, ...]:
    """Give a type and the domains over it, those over other domains included."""

    def domains(of: Name) -> tuple[Name, ...]:
        users = [(user, schema.types.get(user)) for user in schema.types_with_type(of)]
        return tuple(user for user, d in users if isinstance(d, DomainType) and d.type.qualified == of)

    return tuple(reached(type_, domains))


def _composites_of(type_: Name, schema: Schema) -> list[CompositeType]:
    users = [schema.types.get(user) for user in schema.types_with_type(type_)]
    return [user for user in users if isinstance(user, CompositeType)]


def defaults_of_type(type_: Name, schema: Schema) -> list[tuple[Name, str]]:
    """Give every column of another type whose default casts to a user-defined type."""
    spellings = {type_.name, str(type_)}
    return [
        (table.name, column.name)
        for table in schema.tables_with_type(type_)
        for column in table.columns
        if column.default is not None and spellings & set(column.default.casts)
    ]


def columns_of_type(type_: Name, schema: Schema) -> list[tuple[Name, str]]:
    """Give every column of a user-defined type, of a domain over it, or of arrays of these."""
    return [
        (table.name, column.name)
        for each in _with_domains(type_, schema)
        for table in schema.tables_with_type(each)
        for column in table.columns
        if column.type.qualified == each
    ]


def drop_schema(operation: DropSchema, schema: Schema) -> Schema:
    """`DROP SCHEMA` with everything in it."""
    name = operation.schema
    if name not in schema.schemas:
        return schema
    for relation in [schema.relations.get(key) for key in schema.relations_in(name)]:
        if isinstance(relation, Table):
            schema = remove_table(relation.name, schema)
        elif isinstance(relation, View):
            schema = remove_view(relation.name, schema)
        elif isinstance(relation, Sequence):
            schema = schema.without_relation(relation.name)
    for type_ in schema.types_in(name):
        schema = drop_type(DropType(span=operation.span, type=type_, cascade=True), schema)
    for function in schema.functions_in(name):
        schema = schema.with_functions(function, ())
    callers = schema.tables_calling(schema=name)
    schema = without_triggers(callers, lambda function: function.schema == name, schema)
    return schema._replace(
        schemas=schema.schemas - {name},
        extensions=frozenset(each for each in schema.extensions if _place(each, schema) != name),
    )


def _place(extension: str, schema: Schema) -> str:
    """Give the schema that an extension was put into, with which it falls."""
    found = schema.others.get(("extension", extension))
    return dict(found.properties).get("the schema", schema.home) if found is not None else schema.home
