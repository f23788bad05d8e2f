"""Tables and their columns: creating, altering, attaching."""

from collections.abc import Callable

from miglint.model import (
    AddColumn,
    AddIdentity,
    AlterColumnType,
    AlterInheritance,
    AttachPartition,
    Column,
    ColumnDefinition,
    CompositeType,
    ConstraintDefinition,
    CreateTable,
    DetachPartition,
    DropDefault,
    DropExpression,
    DropIdentity,
    DropNotNull,
    Expression,
    Name,
    Schema,
    Sequence,
    SetDefault,
    SetExpression,
    SetIdentity,
    SetNotNull,
    Table,
    TableCommand,
    Type,
    View,
    reached,
)
from miglint.replay.constraints import add_constraint, clone_indexes
from miglint.replay.naming import Naming
from miglint.replay.properties import apply_settings, change_policies

Change = Callable[[Column], Column]


def create_table(operation: CreateTable, schema: Schema, naming: Naming) -> Schema:
    """Make a table with everything it brings along."""
    if operation.if_not_exists and operation.table in schema.relations:
        return schema
    parents = tuple(p for p in (*operation.inherits, operation.partition_of) if p is not None)
    if operation.table in parents:
        return schema  # Of itself: the server knows no such table.
    columns = _inherited_columns(parents, schema)
    complete = all(schema.table(parent) is not None for parent in parents)
    if operation.query is not None:
        output = operation.query.output or ()
        columns += [Column(name=c.name, type=c.type or Type("unknown")) for c in output]
        complete = operation.query.output is not None
    if operation.of_type is not None:
        composite = schema.types.get(operation.of_type)
        columns += composite.columns if isinstance(composite, CompositeType) else ()
    for source, options in operation.like:
        columns += _like_columns(source, options, schema)
        complete = complete and source in schema.relations
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
        properties=tuple(sorted(operation.options)),
    )
    schema = schema.with_relation(table)
    for definition in operation.columns:
        schema = _put_column(table.name, definition, schema, naming)
    schema = _inherit_checks(table.name, parents, schema)
    for source, options in operation.like:
        schema = _like_rest(table.name, source, options, schema, naming)
    inline = [c for definition in operation.columns for c in definition.constraints]
    for constraint in _merged([*inline, *operation.constraints]):
        schema = add_constraint(table.name, constraint, schema, naming, at_creation=True)
    for parent in parents:
        schema = _link_child(parent, table.name, schema, partition=parent == operation.partition_of)
    if operation.partition_of is not None:
        schema = clone_indexes(operation.partition_of, operation.table, schema, naming, partition=True)
    return schema


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


def _inherited_columns(parents: tuple[Name, ...], schema: Schema) -> list[Column]:
    found: dict[str, Column] = {}
    for parent in parents:
        table = schema.table(parent)
        for column in table.columns if table else ():
            found.setdefault(column.name, column._replace(inherited=True, sequence=None, properties=()))
    return list(found.values())


def _like_columns(source: Name, options: frozenset[str], schema: Schema) -> list[Column]:
    relation = schema.relations.get(source)
    if isinstance(relation, View):
        return list(relation.columns or ())
    if not isinstance(relation, Table):
        return []
    found = []
    for column in relation.columns:
        generated = column.generated if "generated" in options else ""
        keeps = ("defaults" in options and not column.generated) or bool(generated)
        found.append(
            column._replace(
                default=column.default if keeps else None,
                generated=generated,
                identity=column.identity if "identity" in options else "",
                sequence=None,
                inherited=False,
                properties=column.properties if "comments" in options else (),
            )
        )
    return found


def _like_rest(table: Name, source: Name, options: frozenset[str], schema: Schema, naming: Naming) -> Schema:
    original, copy = schema.table(source), schema.table(table)
    if original is None or copy is None:
        return schema
    if "constraints" in options:
        checks = tuple(
            c._replace(inherited=False, valid=True) for c in original.constraints if c.kind == "check"
        )
        copy = copy._replace(constraints=copy.constraints + checks)
        schema = schema.with_relation(copy)
    for column in copy.columns:
        if column.identity and column.sequence is None:
            schema = _own_sequence(table, column.name, schema, naming, identity=True)
    if "indexes" in options:
        schema = clone_indexes(source, table, schema, naming)
    return schema


def _inherit_checks(table: Name, parents: tuple[Name, ...], schema: Schema) -> Schema:
    child = schema.table(table) or Table(table)
    checks = {
        c.name: c._replace(inherited=True)
        for parent in parents
        if (found := schema.table(parent)) is not None
        for c in found.constraints
        if c.kind == "check" and not c.no_inherit
    }
    return schema.with_relation(child._replace(constraints=(*checks.values(), *child.constraints)))


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


def _put_column(table: Name, definition: ColumnDefinition, schema: Schema, naming: Naming) -> Schema:
    """Add a column to a table, or merge it with the inherited one of the same name."""
    owner = schema.table(table) or Table(table)
    column = Column(
        name=definition.name,
        type=definition.type,
        nullable=not definition.not_null,
        default=definition.generation if definition.generated else _stored(definition.default),
        identity=definition.identity,
        generated=definition.generated,
        collation=definition.collation,
    )
    existing = owner.column(definition.name)
    if existing is None:
        owner = owner._replace(columns=(*owner.columns, column))
    else:
        merged = existing._replace(
            nullable=existing.nullable and column.nullable, default=column.default or existing.default
        )
        owner = owner.with_column(merged)
    schema = schema.with_relation(owner)
    if definition.serial or definition.identity:
        return _own_sequence(table, definition.name, schema, naming, identity=bool(definition.identity))
    return schema


def _stored(default: Expression | None) -> Expression | None:
    """A default of NULL is none."""
    return None if default is not None and default.is_null else default


def _own_sequence(table: Name, column: str, schema: Schema, naming: Naming, *, identity: bool) -> Schema:
    name = Name(table.schema, naming.sequence(schema, table, column))
    options = _options_of_sequence(schema.table(table), column)
    sequence = Sequence(name, owner=(table, column), identity=identity, properties=options)
    schema = schema.with_relation(sequence)
    default = None if identity else Expression(text=f"nextval('{name}')", functions=("nextval",))
    return change_column(
        table, column, schema, lambda c: c._replace(sequence=name, default=default or c.default)
    )


def _options_of_sequence(table: Table | None, column: str) -> tuple[tuple[str, str], ...]:
    """A sequence of a column counts in its type; bigint is the default."""
    found = table.column(column) if table is not None else None
    type_ = found.type.name if found is not None else "bigint"
    return (("the option as", type_),) if type_ in ("integer", "smallint") else ()


def change_column(table: Name, column: str, schema: Schema, change: Change) -> Schema:
    """Change one column of a table, and of its partitions and children."""
    for member in schema.family(table):
        owner = schema.table(member)
        found = owner.column(column) if owner is not None else None
        if owner is not None and found is not None:
            schema = schema.with_relation(owner.with_column(change(found)))
    return schema


_MOST_COLUMNS = 1600
"""Of a table: https://www.postgresql.org/docs/current/limits.html."""


def add_column(operation: AddColumn, schema: Schema, naming: Naming) -> Schema:
    """`ADD COLUMN` with its constraints, also on children."""
    column = operation.column
    inherited = column._replace(constraints=(), serial=False, identity="")
    if operation.table not in schema.relations and not operation.if_exists:
        # The history does not make the table, but it is there: from now on a part of it is known.
        schema = schema.with_relation(Table(operation.table, complete=False))

    def heirs(name: Name) -> tuple[Name, ...]:
        return schema.heirs(name) if _takes_column(name, operation, schema) else ()

    taking = [m for m in reached(operation.table, heirs) if _takes_column(m, operation, schema)]
    for member in taking:
        schema = _put_column(member, column, schema, naming)
        column = inherited
    for constraint in operation.column.constraints if taking else ():
        schema = add_constraint(taking[0], constraint, schema, naming)
    return schema


def _takes_column(table: Name, operation: AddColumn, schema: Schema) -> bool:
    owner = schema.table(table)
    if owner is None or (operation.if_not_exists and owner.column(operation.column.name) is not None):
        return False
    return len(owner.columns) < _MOST_COLUMNS  # Beyond it the server refuses.


def alter_type(operation: AlterColumnType, schema: Schema) -> Schema:
    """`ALTER COLUMN TYPE`; the sequence of an identity column counts in the new type."""
    schema = _column_retyped(operation, schema)
    table = schema.table(operation.table)
    column = table.column(operation.column) if table is not None else None
    sequence = schema.sequence(column.sequence) if column is not None and column.sequence else None
    if sequence is None or not sequence.identity:
        return schema
    others = tuple(each for each in sequence.properties if each[0] != "the option as")
    options = (*_options_of_sequence(table, operation.column), *others)
    return schema.with_relation(sequence._replace(properties=tuple(sorted(options))))


def _column_retyped(operation: AlterColumnType, schema: Schema) -> Schema:
    return change_column(
        operation.table,
        operation.column,
        schema,
        lambda c: c._replace(type=operation.type, collation=operation.collation, default=_recast(c)),
    )


def _recast(column: Column) -> Expression | None:
    """The default is still written in the old type, and cast to the new one."""
    old = column.type.qualified
    if column.default is None or old is None:
        return column.default
    return column.default._replace(casts=(*column.default.casts, str(old)))


def set_not_null(operation: SetNotNull, schema: Schema) -> Schema:
    return change_column(operation.table, operation.column, schema, lambda c: c._replace(nullable=False))


def drop_not_null(operation: DropNotNull, schema: Schema) -> Schema:
    return change_column(operation.table, operation.column, schema, lambda c: c._replace(nullable=True))


def set_default(operation: SetDefault, schema: Schema) -> Schema:
    """`SET DEFAULT`; a default of NULL is none."""
    default = _stored(operation.default)
    return change_column(operation.table, operation.column, schema, lambda c: c._replace(default=default))


def drop_default(operation: DropDefault, schema: Schema) -> Schema:
    return change_column(operation.table, operation.column, schema, lambda c: c._replace(default=None))


def add_identity(operation: AddIdentity, schema: Schema, naming: Naming) -> Schema:
    schema = _own_sequence(operation.table, operation.column, schema, naming, identity=True)
    return change_column(
        operation.table, operation.column, schema, lambda c: c._replace(identity=operation.identity)
    )


def set_identity(operation: SetIdentity, schema: Schema) -> Schema:
    return change_column(
        operation.table,
        operation.column,
        schema,
        lambda c: c._replace(identity=operation.identity or c.identity),
    )


def drop_identity(operation: DropIdentity, schema: Schema) -> Schema:
    table = schema.table(operation.table)
    column = table.column(operation.column) if table else None
    if column is None or not column.identity:
        return schema
    if column.sequence is not None:
        schema = schema.without_relation(column.sequence)
    return change_column(
        operation.table, operation.column, schema, lambda c: c._replace(identity="", sequence=None)
    )


def set_expression(operation: SetExpression, schema: Schema) -> Schema:
    return change_column(
        operation.table, operation.column, schema, lambda c: c._replace(default=operation.expression)
    )


def drop_expression(operation: DropExpression, schema: Schema) -> Schema:
    return change_column(
        operation.table, operation.column, schema, lambda c: c._replace(generated="", default=None)
    )


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


def table_command(operation: TableCommand, schema: Schema) -> Schema:
    """How a table is stored, its policies, and what else is set on it and its parts."""
    schema = apply_settings(operation, schema) if operation.sets else schema
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
