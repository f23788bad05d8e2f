"""Tables: creating, attaching, and what is set on a whole table."""

from collections.abc import Iterator

from miglint.dialects.sql.replay.columns import put_columns
from miglint.dialects.sql.replay.constraints import add_constraint
from miglint.dialects.sql.replay.copies import (
    clone_indexes,
    inherit_checks,
    inherited_columns,
    like_columns,
    like_rest,
)
from miglint.dialects.sql.replay.naming import Naming
from miglint.dialects.sql.replay.others import apply_command
from miglint.dialects.sql.replay.properties import change_policies
from miglint.model import (
    AlterInheritance,
    AttachPartition,
    Column,
    CompositeType,
    ConstraintDefinition,
    CreateTable,
    DetachPartition,
    Name,
    Schema,
    Table,
    TableCommand,
    Type,
    View,
)


def create_table(operation: CreateTable, schema: Schema, naming: Naming) -> Schema:
    """Make a table with everything it brings along."""
    if operation.if_not_exists and operation.table in schema.relations:
        return schema
    parents = tuple(p for p in (*operation.inherits, operation.partition_of) if p is not None)
    if operation.table in parents:
        return schema  # Of itself: the server knows no such table.
    columns = inherited_columns(parents, schema)
    complete = all(_is_known(parent, schema) for parent in parents)
    if operation.query is not None:
        output = operation.query.output or ()
        columns += [Column(name=c.name, type=c.type or Type("unknown")) for c in output]
        complete = operation.query.output is not None
    if operation.of_type is not None:
        composite = schema.types.get(operation.of_type)
        columns += composite.columns if isinstance(composite, CompositeType) else ()
        complete = complete and isinstance(composite, CompositeType)
    for source, options in operation.like:
        columns += like_columns(source, options, schema)
        complete = complete and _is_known(source, schema)
    table = Table(
        name=operation.table,
        columns=tuple(columns),
        temporary=operation.temporary,
        unlogged=operation.unlogged,
        foreign=operation.foreign,
        partition_by=operation.partition_by,
        partition_columns=operation.partition_columns,
        partition_of=operation.partition_of,
        partition_default=operation.partition_default,
        partition_bound=operation.partition_bound,
        inherits=parents,
        complete=complete,
        tablespace=operation.tablespace,
        access_method=operation.access_method,
        properties=tuple(sorted((*operation.options, *_origin(operation)))),
    )
    schema = put_columns(table, operation.columns, schema, naming)
    schema = inherit_checks(table.name, parents, schema)
    for source, options in operation.like:
        schema = like_rest(table.name, source, options, schema, naming)
    for constraint in _merged([*operation.all_constraints]):
        schema = add_constraint(table.name, constraint, schema, naming, at_creation=True)
    for parent in parents:
        schema = _link_child(parent, table.name, schema, partition=parent == operation.partition_of)
    if operation.partition_of is not None:
        schema = clone_indexes(operation.partition_of, operation.table, schema, naming, partition=True)
    return schema


def _is_known(name: Name, schema: Schema) -> bool:
    """Whether all columns of a table or view are known."""
    relation = schema.relations.get(name)
    if isinstance(relation, View):
        return relation.columns is not None
    return isinstance(relation, Table) and relation.complete


def _merged(constraints: list[ConstraintDefinition]) -> list[ConstraintDefinition]:
    """Put the primary key first; keys on the same columns become one, under the first name given."""
    found: list[ConstraintDefinition] = []
    keys: dict[tuple[tuple[str, ...], tuple[str, ...]], int] = {}
    for constraint in sorted(constraints, key=lambda c: c.kind != "primary"):
        at = len(found)
        if constraint.kind in ("primary", "unique"):
            at = keys.setdefault((constraint.columns, constraint.include), at)
        if at == len(found):
            found.append(constraint)
        elif found[at].name is None:
            found[at] = found[at]._replace(name=constraint.name)
    return found


def _link_child(parent: Name, child: Name, schema: Schema, *, partition: bool) -> Schema:
    table = schema.table(parent)
    if table is None:
        return schema
    if partition:
        new = schema.table(child)
        default = child if new is not None and new.partition_default else table.default_partition
        return schema.with_relation(
            table._replace(partitions=(*table.partitions, child), default_partition=default)
        )
    return schema.with_relation(table._replace(children=(*table.children, child)))


def attach_partition(operation: AttachPartition, schema: Schema, naming: Naming) -> Schema:
    """`ATTACH PARTITION`: the partition gets the parent's indexes that it lacks."""
    parent, child = schema.table(operation.table), schema.table(operation.partition)
    if parent is None or child is None or parent.name in schema.family(child.name):
        return schema  # In a circle: the server refuses it.
    required = {c.name for c in parent.columns if not c.nullable}
    child = child._replace(
        partition_of=parent.name,
        partition_default=operation.default,
        partition_bound=operation.bound,
        columns=tuple(c._replace(nullable=False) if c.name in required else c for c in child.columns),
    )
    schema = schema.with_relation(child)
    schema = _link_child(parent.name, child.name, schema, partition=True)
    return clone_indexes(parent.name, child.name, schema, naming, partition=True)


def detach_partition(operation: DetachPartition, schema: Schema) -> Schema:
    parent, child = schema.table(operation.table), schema.table(operation.partition)
    if parent is not None:
        schema = schema.with_relation(parent.without_partition(operation.partition))
    if child is not None:
        schema = schema.with_relation(child._replace(partition_of=None, partition_bound="", inherits=()))
        for index in schema.indexes_of(child):
            schema = schema.with_relation(index._replace(parent=None))
    return schema


def alter_inheritance(operation: AlterInheritance, schema: Schema) -> Schema:
    """`INHERIT` and `NO INHERIT`."""
    child, parent = schema.table(operation.table), schema.table(operation.parent)
    if child is None or parent is None:
        return schema
    if operation.inherit:
        if parent.name in schema.family(child.name):
            return schema  # In a circle: the server refuses it.
        schema = schema.with_relation(child._replace(inherits=(*child.inherits, parent.name)))
        return _link_child(parent.name, child.name, schema, partition=False)
    kept = tuple(p for p in child.inherits if p != parent.name)
    rest = tuple(filter(child.name.__ne__, parent.children))
    schema = schema.with_relation(child._replace(inherits=kept))
    return schema.with_relation(parent._replace(children=rest))


def _origin(operation: CreateTable) -> Iterator[tuple[str, str]]:
    """Where columns come from: two tables of one query are alike, whatever types it gives."""
    if operation.of_type is not None:
        yield "the type", str(operation.of_type)
    if operation.query is not None and not all(column.type for column in operation.query.output or ()):
        yield "the query", " ".join(operation.made_by.split())


def table_command(operation: TableCommand, schema: Schema) -> Schema:
    """How a table is stored, its policies, and what else is set on it and its parts."""
    schema = apply_command(operation, schema) if operation.sets or operation.deeds else schema
    table = schema.table(operation.table)
    if table is None:
        return schema
    if operation.action in ("set logged", "set unlogged"):
        return schema.with_relation(table._replace(unlogged=operation.action == "set unlogged"))
    if operation.action == "set tablespace":
        return schema.with_relation(table._replace(tablespace=operation.argument))
    if operation.action == "set access method":
        return schema.with_relation(table._replace(access_method=operation.argument))
    if operation.action.endswith("policy"):
        return schema.with_relation(change_policies(operation, table))
    return schema
