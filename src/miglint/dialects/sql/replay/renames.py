"""Renaming and moving: every place that holds a name follows."""

from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import TypeVar

from miglint.dialects.sql.replay.naming import part_words
from miglint.dialects.sql.replay.respelling import Renamed, respelled
from miglint.model import (
    CompositeType,
    Constraint,
    DomainType,
    Expression,
    Index,
    MoveTable,
    MoveType,
    Name,
    RenameColumn,
    RenameFunction,
    RenameSchema,
    RenameTable,
    RenameTrigger,
    RenameType,
    Schema,
    Sequence,
    Table,
    Trigger,
    Type,
    View,
    reached,
)

_GENERATED = attrgetter("generated")
T = TypeVar("T")


def rename_relation(operation: RenameTable, schema: Schema) -> Schema:
    """`RENAME TO` of a table, view, sequence or index."""
    new = operation.becomes
    schema = _move(operation.table, new, schema)
    return _followed(operation.table, new, schema)


def move_relation(operation: MoveTable, schema: Schema) -> Schema:
    """`SET SCHEMA`; indexes and owned sequences of a table go along."""
    new = operation.becomes
    schema = _move_to(operation.table, operation.new_schema, schema)
    return _followed(operation.table, new, schema)


def _followed(old: Name, new: Name, schema: Schema) -> Schema:
    """Let texts follow a relation; few name one, views aside, which have a list of what they read."""
    if not isinstance(schema.relations.get(new), (Table, View)):
        return schema
    return respelled(schema, Renamed(types={old: new}, relations={old: new}))


def _move_to(name: Name, new_schema: str, schema: Schema) -> Schema:
    relation = schema.relations.get(name)
    if isinstance(relation, (Table, View)):
        for index in relation.indexes:
            schema = _move(index, Name(new_schema, index.name), schema)
    if isinstance(relation, Table):
        for column in relation.columns:
            sequence = schema.sequence(column.sequence) if column.sequence else None
            if sequence is not None and sequence.owner == (name, column.name):
                schema = _move(sequence.name, Name(new_schema, sequence.name.name), schema)
    return _move(name, Name(new_schema, name.name), schema)


def _move(old: Name, new: Name, schema: Schema) -> Schema:
    relation = schema.relations.get(old)
    if relation is None or old == new:
        return schema
    schema = schema.without_relation(old).with_relation(relation._replace(name=new))
    if isinstance(relation, Index):
        return _index_moved(relation, old, new, schema)
    if isinstance(relation, Sequence):
        return _sequence_moved(relation, old, new, schema)
    for name in relation.indexes:
        index = schema.index_named(name)
        if index is not None:
            schema = schema.with_relation(index._replace(table=new))
    for view in filter(None, map(schema.view, relation.dependents)):
        schema = schema.with_relation(_reader_moved(view, old, new))
    if isinstance(relation, View):
        for source in relation.reads:
            schema = _swap(source, old, new, schema)
        return schema
    return _table_moved(relation, old, new, schema)


def _table_moved(table: Table, old: Name, new: Name, schema: Schema) -> Schema:
    for column in table.columns:
        sequence = schema.sequence(column.sequence) if column.sequence else None
        if sequence is not None and sequence.owner == (old, column.name):
            schema = schema.with_relation(sequence._replace(owner=(new, column.name)))
    for holder in schema.tables_among(_swapped(table.referenced_by, old, new)):
        schema = schema.with_relation(_keys_moved(holder, old, new))
    for key in table.foreign_keys:
        if key.references is not None and key.references != old:
            schema = _swap(key.references, old, new, schema)
    current = schema.table(new)
    if current is not None and old in current.referenced_by:
        schema = _swap(new, old, new, schema)
    for parent in (*table.inherits, *((table.partition_of,) if table.partition_of else ())):
        schema = _swap(parent, old, new, schema)
    for child in (*table.partitions, *table.children):
        heir = schema.table(child)
        if heir is not None:
            inherits = tuple(new if p == old else p for p in heir.inherits)
            partition_of = new if heir.partition_of == old else heir.partition_of
            schema = schema.with_relation(heir._replace(inherits=inherits, partition_of=partition_of))
    return schema


def _swap(holder: Name, old: Name, new: Name, schema: Schema) -> Schema:
    """Replace a name wherever a relation lists others: no two relations share a name."""
    relation = schema.relations.get(holder)
    if isinstance(relation, Table):
        relation = relation._replace(
            indexes=_swapped(relation.indexes, old, new),
            partitions=_swapped(relation.partitions, old, new),
            default_partition=new if relation.default_partition == old else relation.default_partition,
            children=_swapped(relation.children, old, new),
            referenced_by=_swapped(relation.referenced_by, old, new),
            dependents=_swapped(relation.dependents, old, new),
        )
    elif isinstance(relation, View):
        relation = relation._replace(
            indexes=_swapped(relation.indexes, old, new),
            dependents=_swapped(relation.dependents, old, new),
        )
    else:
        return schema
    return schema.with_relation(relation)


def _keys_moved(table: Table, old: Name, new: Name) -> Table:
    constraints = tuple(c._replace(references=new) if c.references == old else c for c in table.constraints)
    return table._replace(constraints=constraints)


def _reader_moved(view: View, old: Name, new: Name) -> View:
    return view._replace(
        reads=_swapped(view.reads, old, new),
        columns_read=tuple((new if t == old else t, c) for t, c in view.columns_read),
    )


def _index_moved(index: Index, old: Name, new: Name, schema: Schema) -> Schema:
    schema = _swap(index.table, old, new, schema)
    table = schema.table(index.table)
    if table is not None and index.constraint is not None:
        constraints = tuple(
            c._replace(name=new.name, index_name=new.name) if c.name == index.constraint else c
            for c in table.constraints
        )
        schema = schema.with_relation(table._replace(constraints=constraints))
        schema = schema.with_relation(index._replace(name=new, constraint=new.name))
    return schema


def _sequence_moved(sequence: Sequence, old: Name, new: Name, schema: Schema) -> Schema:
    if sequence.owner is None:
        return schema
    table = schema.table(sequence.owner[0])
    if table is None:
        return schema
    columns = tuple(c._replace(sequence=new) if c.sequence == old else c for c in table.columns)
    return schema.with_relation(table._replace(columns=columns))


def rename_column(operation: RenameColumn, schema: Schema) -> Schema:
    """`RENAME COLUMN`: constraints, indexes, foreign keys to it, views and children follow."""
    old, new = operation.column, operation.new_name
    relation = schema.relations.get(operation.table)
    if isinstance(relation, View):
        columns = tuple(c._replace(name=new) if c.name == old else c for c in relation.columns or ())
        return schema.with_relation(relation._replace(columns=columns or None))

    def heirs(name: Name) -> tuple[Name, ...]:
        table = schema.table(name)
        return schema.heirs(name) if table is not None and table.column(old) is not None else ()

    for name in tuple(reached(operation.table, heirs)):
        table = schema.table(name)
        if table is not None and table.column(old) is not None:
            schema = _rename_in_table(table, old, new, schema)
    return schema


def _rename_in_table(table: Table, old: str, new: str, schema: Schema) -> Schema:
    columns = list(table.columns)
    renamed = table.column(old)
    if renamed is not None:
        columns[columns.index(renamed)] = renamed._replace(name=new)
    # A table can have many columns; no other default can name one.
    for column in filter(_GENERATED, table.columns):
        if column.name != old:
            default = _expression_renamed(column.default, old, new)
            columns[columns.index(column)] = column._replace(default=default)
    schema = schema.with_relation(
        table._replace(
            columns=tuple(columns),
            constraints=tuple(_constraint_renamed(c, table.name, old, new) for c in table.constraints),
            partition_columns=tuple(new if c == old else c for c in table.partition_columns),
            triggers=tuple(_trigger_column_renamed(trigger, old, new) for trigger in table.triggers),
            policies=tuple(
                policy._replace(
                    using=_expression_renamed(policy.using, old, new),
                    check=_expression_renamed(policy.check, old, new),
                )
                for policy in table.policies
            ),
        )
    )
    for index in schema.indexes_of(table):
        schema = schema.with_relation(_index_column_renamed(index, old, new))
    for holder in table.referenced_by:
        child = schema.table(holder)
        if child is not None:
            constraints = tuple(
                c._replace(referenced_columns=_swapped(c.referenced_columns, old, new))
                if c.references == table.name
                else c
                for c in child.constraints
            )
            schema = schema.with_relation(child._replace(constraints=constraints))
    for name in table.dependents:
        view = schema.view(name)
        if view is not None:
            reads = tuple((t, new) if (t, c) == (table.name, old) else (t, c) for t, c in view.columns_read)
            schema = schema.with_relation(view._replace(columns_read=reads))
    owned = schema.sequence(renamed.sequence) if renamed is not None and renamed.sequence else None
    if owned is not None and owned.owner == (table.name, old):
        schema = schema.with_relation(owned._replace(owner=(table.name, new)))
    return schema


def _trigger_column_renamed(trigger: Trigger, old: str, new: str) -> Trigger:
    if old not in trigger.columns and (trigger.condition is None or old not in trigger.condition.columns):
        return trigger
    condition = _expression_renamed(trigger.condition, old, new)
    return trigger._replace(columns=_swapped(trigger.columns, old, new), condition=condition)


def _index_column_renamed(index: Index, old: str, new: str) -> Index:
    expressions = tuple(e.with_column_renamed(old, new) for e in index.expressions)
    spelled = {e.text: renamed.text for e, renamed in zip(index.expressions, expressions, strict=True)}
    spelled[old] = new

    def spelled_anew(facts: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
        return tuple((spelled.get(element, element), fact) for element, fact in facts)

    return index._replace(
        elements=tuple(spelled.get(element, element) for element in index.elements),
        columns=_swapped(index.columns, old, new),
        include=_swapped(index.include, old, new),
        predicate=_expression_renamed(index.predicate, old, new),
        expressions=expressions,
        descending=tuple(spelled.get(element, element) for element in index.descending),
        operator_classes=spelled_anew(index.operator_classes),
        nulls=spelled_anew(index.nulls),
        collations=spelled_anew(index.collations),
        operators=spelled_anew(index.operators),
    )


def _swapped(names: tuple[T, ...], old: T, new: T) -> tuple[T, ...]:
    return tuple(new if name == old else name for name in names)


def _constraint_renamed(constraint: Constraint, table: Name, old: str, new: str) -> Constraint:
    referenced = constraint.referenced_columns
    return constraint._replace(
        columns=_swapped(constraint.columns, old, new),
        set_columns=_swapped(constraint.set_columns, old, new),
        expression=_expression_renamed(constraint.expression, old, new),
        referenced_columns=_swapped(referenced, old, new) if constraint.references == table else referenced,
    )


def _expression_renamed(expression: Expression | None, old: str, new: str) -> Expression | None:
    return expression.with_column_renamed(old, new) if expression is not None else None


def rename_trigger(operation: RenameTrigger, schema: Schema) -> Schema:
    table = schema.table(operation.table)
    if table is None:
        old, new = (part_words(name, operation.table) for name in (operation.trigger, operation.new_name))
        found = schema.others.get(("trigger", old))
        return schema.without_other("trigger", old).with_other(found._replace(name=new)) if found else schema
    triggers = tuple(
        t._replace(name=operation.new_name) if t.name == operation.trigger else t for t in table.triggers
    )
    return schema.with_relation(table._replace(triggers=triggers))


def rename_type(operation: RenameType, schema: Schema) -> Schema:
    new = Name(operation.type.schema, operation.new_name)
    return respelled(_type_moved(operation.type, new, schema), Renamed(types={operation.type: new}))


def move_type(operation: MoveType, schema: Schema) -> Schema:
    new = Name(operation.new_schema, operation.type.name)
    return respelled(_type_moved(operation.type, new, schema), Renamed(types={operation.type: new}))


def _type_moved(old: Name, new: Name, schema: Schema) -> Schema:
    found = schema.types.get(old)
    if found is None:
        return schema
    tables, types = schema.tables_with_type(old), schema.types_with_type(old)
    schema = schema.without_type(old).with_type(found._replace(name=new))

    def follow(type_: Type) -> Type:
        return type_._replace(name=new.name, schema=new.schema) if type_.qualified == old else type_

    for table in tables:
        if any(c.type.qualified == old for c in table.columns):
            columns = tuple(c._replace(type=follow(c.type)) for c in table.columns)
            schema = schema.with_relation(table._replace(columns=columns))
    for type_ in [schema.types.get(name) for name in types]:
        if isinstance(type_, DomainType) and type_.type.qualified == old:
            schema = schema.with_type(type_._replace(type=follow(type_.type)))
        elif isinstance(type_, CompositeType) and any(c.type.qualified == old for c in type_.columns):
            columns = tuple(c._replace(type=follow(c.type)) for c in type_.columns)
            schema = schema.with_type(type_._replace(columns=columns))
    return schema


def rename_schema(operation: RenameSchema, schema: Schema) -> Schema:
    """`ALTER SCHEMA ... RENAME TO`: everything in it moves."""
    old, new = operation.schema, operation.new_name
    if old not in schema.schemas:
        return schema
    schema = schema._replace(schemas=schema.schemas - {old} | {new})
    held = (schema.functions_in(old), schema.types_in(old), schema.relations_in(old))
    functions, types, relations = ({name: Name(new, name.name) for name in names} for names in held)
    for name in schema.types_in(old):
        schema = _type_moved(name, Name(new, name.name), schema)
    for name in schema.relations_in(old):
        schema = _move(name, Name(new, name.name), schema)
    for name in schema.functions_in(old):
        schema = _function_moved(name, Name(new, name.name), None, schema)
    callers = schema.tables_calling(schema=old)
    schema = _triggers_follow(callers, lambda f: f.schema == old, lambda f: Name(new, f.name), schema)
    return respelled(schema, Renamed(functions, {**types, **relations}, relations))


def rename_function(operation: RenameFunction, schema: Schema) -> Schema:
    """`RENAME TO` and `SET SCHEMA` of functions, procedures and aggregates."""
    for other in [o for o in schema.others.values() if o.kind == "aggregate"]:
        name, mark, arguments = other.name.partition("(")
        if name == str(operation.function):
            renamed = other._replace(name=f"{operation.new_name}{mark}{arguments}")
            schema = schema.without_other(other.kind, other.name).with_other(renamed)
    old, new = operation.function, operation.new_name
    schema = _function_moved(old, new, operation.arguments, schema)
    if schema.functions.get(old):  # Which of the overloads an expression calls is not known.
        return schema.with_doubt(f"what calls the function {old.display}")
    return respelled(schema, Renamed(functions={old: new}))


def _triggers_follow(
    callers: Iterable[Table], functions: Callable[[Name], bool], new: Callable[[Name], Name], schema: Schema
) -> Schema:
    for table in callers:
        triggers = tuple(
            t._replace(function=new(t.function)) if t.function is not None and functions(t.function) else t
            for t in table.triggers
        )
        schema = schema.with_relation(table._replace(triggers=triggers))
    return schema


def _function_moved(old: Name, new: Name, arguments: tuple[str, ...] | None, schema: Schema) -> Schema:
    if not arguments:  # The function of a trigger has none.
        callers = schema.tables_calling(function=old)
        schema = _triggers_follow(callers, lambda function: function == old, lambda _: new, schema)
    found = schema.functions.get(old)
    if found is None:
        return schema
    moved = tuple(f for f in found if arguments is None or f.arguments == arguments)
    rest = tuple(f for f in found if f not in moved)
    others = schema.functions.get(new) or ()
    renamed = tuple(f._replace(name=new) for f in moved)
    return schema.with_functions(old, rest).with_functions(new, (*others, *renamed))
