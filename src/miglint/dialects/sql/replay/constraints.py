"""Constraints: adding, validating, renaming, and what they prove."""

from collections.abc import Iterator

from miglint.dialects.sql.replay.before_history import with_columns
from miglint.dialects.sql.replay.indexes import (
    columns_of,
    index_of,
    partitions_without,
    put_index,
    remove_index,
)
from miglint.dialects.sql.replay.naming import Naming
from miglint.model import (
    AddConstraint,
    AlterConstraint,
    Constraint,
    ConstraintDefinition,
    Index,
    IndexElement,
    Name,
    RenameConstraint,
    Schema,
    Table,
    ValidateConstraint,
    reached,
)

_INDEXED = ("primary", "unique", "exclude")


def add_constraint(
    table: Name,
    definition: ConstraintDefinition,
    schema: Schema,
    naming: Naming,
    *,
    at_creation: bool = False,
    only: bool = False,
) -> Schema:
    """Add a constraint to a table and, as far as the server does, to its partitions and children.

    In CREATE TABLE, NOT VALID has no meaning: an empty table satisfies everything.
    """
    owner = schema.table(table)
    if owner is None:
        return schema
    if definition.kind == "not null":
        return forbid_nulls(owner, definition.columns, schema)
    if definition.kind in _INDEXED:
        return _add_indexed(owner, definition, schema, naming, only=only)
    constraint = _constraint(owner, definition, schema, naming, at_creation=at_creation)
    definition = definition._replace(name=constraint.name)

    def heirs(name: Name) -> tuple[Name, ...]:
        if only or definition.no_inherit:
            return ()
        found = schema.table(name)
        below = found.partitions if found and definition.kind == "foreign" else schema.heirs(name)
        return tuple(heir for heir in below if not _has_key(schema.table(heir), constraint))

    for owner in schema.tables_among(reached(table, heirs)):
        constraint = _constraint(
            owner, definition, schema, naming, at_creation=at_creation and owner.name == table
        )
        schema = put_constraint(owner, constraint, schema)
        if definition.references is not None:
            schema = link_reference(definition.references, owner.name, schema)
    return schema


def _constraint(
    owner: Table, definition: ConstraintDefinition, schema: Schema, naming: Naming, *, at_creation: bool
) -> Constraint:
    """Give a check or a foreign key as a table holds it."""
    if definition.kind == "check":
        columns = _check_columns(definition, owner, naming)
        name = definition.name or naming.check(schema, owner, columns)
    else:
        columns = definition.columns
        name = definition.name or naming.foreign_key(schema, owner, definition.columns)
    return Constraint(
        name=name,
        kind=definition.kind,
        columns=columns,
        expression=definition.expression,
        references=definition.references,
        referenced_columns=definition.referenced_columns or _key_of(definition.references, schema),
        on_delete=definition.on_delete,
        on_update=definition.on_update,
        valid=(at_creation or not definition.not_valid) and definition.enforced,
        enforced=definition.enforced,
        deferrable=definition.deferrable,
        initially_deferred=definition.initially_deferred,
        match=definition.match,
        set_columns=definition.set_columns,
        no_inherit=definition.no_inherit,
    )


def _has_key(table: Table | None, key: Constraint) -> bool:
    """Whether a partition already has the foreign key that its parent gets: then the parent takes it over."""
    wanted = (key.references, key.columns, key.referenced_columns)
    keys = table.foreign_keys if table is not None else ()
    return any((k.references, k.columns, k.referenced_columns) == wanted for k in keys)


def _check_columns(definition: ConstraintDefinition, table: Table, naming: Naming) -> tuple[str, ...]:
    columns = definition.expression.columns if definition.expression else ()
    there = naming.system_columns | {column.name for column in table.columns}
    return tuple(c for c in columns if c in there) if table.complete else columns


def put_constraint(table: Table, constraint: Constraint, schema: Schema) -> Schema:
    """Put a constraint on its table, in place of one with its name."""
    current = schema.table(table.name) or table
    others = current.without_constraint(constraint.name).constraints
    return schema.with_relation(current._replace(constraints=(*others, constraint)))


def _key_of(table: Name | None, schema: Schema) -> tuple[str, ...]:
    parent = schema.table(table) if table else None
    key = parent.primary_key if parent else None
    return key.columns if key else ()


def forbid_nulls(table: Table, columns: tuple[str, ...], schema: Schema) -> Schema:
    """Make columns NOT NULL, on partitions and children too."""
    for name in schema.family(table.name):
        member = schema.table(name)
        member = with_columns(member, columns) if member is not None else None
        if member is not None and any(c.nullable and c.name in columns for c in member.columns):
            changed = tuple(c._replace(nullable=False) if c.name in columns else c for c in member.columns)
            schema = schema.with_relation(member._replace(columns=changed))
    return schema


def _add_indexed(
    table: Table, definition: ConstraintDefinition, schema: Schema, naming: Naming, *, only: bool = False
) -> Schema:
    if definition.using_index is not None:
        return _adopt_index(table, definition, schema)
    added: dict[Name, Index] = {}

    def lacking(name: Name) -> tuple[Name, ...]:
        index = None if only else added.get(name)
        return partitions_without(index, name, schema) if index is not None else ()

    for member in reached(table.name, lacking):
        owner = schema.table(member)
        is_second = definition.kind == "primary" and owner is not None and owner.primary_key is not None
        if owner is None or (is_second and not schema.may_lack(member)):
            continue  # The server refuses a second primary key.
        if definition.kind == "primary":
            schema = _without_primary_key(owner, schema)
            owner = schema.table(member) or owner
            schema = forbid_nulls(owner, definition.columns, schema)
        constraint, added[member] = _key(owner, definition, schema, naming)
        constraint = constraint._replace(inherited=member != table.name)
        schema = put_constraint(owner, constraint, schema)
        schema = put_index(added[member], schema)
        definition = definition._replace(name=None)
    return schema


def _without_primary_key(table: Table, schema: Schema) -> Schema:
    key = table.primary_key
    if key is None:
        return schema
    schema = schema.with_relation(table.without_constraint(key.name))
    return remove_index(Name(table.name.schema, key.index_name or ""), schema)


def _key(
    table: Table, definition: ConstraintDefinition, schema: Schema, naming: Naming
) -> tuple[Constraint, Index]:
    """Give a key, or an exclusion constraint, as a table holds it, and the index behind it."""
    columns = definition.columns
    if definition.kind == "primary":
        name = definition.name or naming.primary_key(schema, table.name)
    elif definition.kind == "unique":
        name = definition.name or naming.unique(schema, table.name, (*columns, *definition.include))
    else:
        labels = tuple(e.label for e in definition.elements)
        name = definition.name or naming.exclusion(schema, table.name, labels)
    constraint = Constraint(
        name=name,
        kind=definition.kind,
        columns=columns,
        expression=definition.predicate,
        deferrable=definition.deferrable,
        initially_deferred=definition.initially_deferred,
        index_name=name,
    )
    elements = definition.elements or tuple(IndexElement(column=c, label=c) for c in columns)
    index = index_of(Name(table.name.schema, name), table.name, elements)._replace(
        include=definition.include,
        columns=tuple(dict.fromkeys((*columns_of(elements), *definition.include))),
        unique=definition.kind != "exclude",
        method=definition.method,
        predicate=definition.predicate,
        constraint=name,
        nulls_not_distinct=definition.nulls_not_distinct,
        properties=tuple(sorted(definition.options)),
    )
    return constraint, index


def _adopt_index(table: Table, definition: ConstraintDefinition, schema: Schema) -> Schema:
    """`USING INDEX`: the index takes the constraint's name."""
    old = Name(table.name.schema, definition.using_index or "")
    index = schema.index_named(old)
    if index is None:
        return schema
    name = definition.name or old.name
    constraint = Constraint(
        name=name,
        kind=definition.kind,
        columns=index.elements,
        deferrable=definition.deferrable,
        initially_deferred=definition.initially_deferred,
        index_name=name,
    )
    if definition.kind == "primary":
        schema = forbid_nulls(schema.table(table.name) or table, index.elements, schema)
    schema = remove_index(old, schema)
    schema = put_index(index._replace(name=Name(old.schema, name), constraint=name), schema)
    return put_constraint(table, constraint, schema)


def alter_constraint(operation: AlterConstraint, schema: Schema) -> Schema:
    """`ALTER CONSTRAINT`, also of the partitions' keys that came with it."""
    for name in schema.family(operation.table):
        table = schema.table(name)
        found = table.constraint(operation.name) if table is not None else None
        if table is None or found is None:
            continue
        if operation.deferrable is not None:
            deferred = operation.initially_deferred
            found = found._replace(deferrable=operation.deferrable, initially_deferred=deferred)
        if operation.enforced is not None:
            found = found._replace(enforced=operation.enforced, valid=operation.enforced)
        kept = tuple(found if c.name == found.name else c for c in table.constraints)
        schema = schema.with_relation(table._replace(constraints=kept))
    return schema


def link_reference(parent: Name, child: Name, schema: Schema) -> Schema:
    """Note that a child's foreign key points to a parent."""
    table = schema.table(parent)
    if table is None or child in table.referenced_by:
        return schema
    return schema.with_relation(table._replace(referenced_by=(*table.referenced_by, child)))


def unlink_reference(parent: Name, child: Name, schema: Schema) -> Schema:
    """Forget it when no foreign key of the child is left."""
    table, holder = schema.table(parent), schema.table(child)
    if table is None:
        return schema
    if holder is not None and any(key.references == parent for key in holder.foreign_keys):
        return schema
    rest = tuple(filter(child.__ne__, table.referenced_by))
    return schema.with_relation(table._replace(referenced_by=rest))


def apply_add_constraint(operation: AddConstraint, schema: Schema, naming: Naming) -> Schema:
    return add_constraint(operation.table, operation.constraint, schema, naming, only=operation.only)


def validate_constraint(operation: ValidateConstraint, schema: Schema) -> Schema:
    """`VALIDATE CONSTRAINT`, also on the partitions and children that inherited it."""
    for name in schema.family(operation.table):
        table = schema.table(name)
        if table is not None:
            changed = tuple(
                c._replace(valid=True) if c.name == operation.name else c for c in table.constraints
            )
            schema = schema.with_relation(table._replace(constraints=changed))
    return schema


def rename_constraint(operation: RenameConstraint, schema: Schema) -> Schema:
    """`RENAME CONSTRAINT`; the index behind it goes along."""

    def heirs(name: Name) -> tuple[Name, ...]:
        table = schema.table(name)
        found = table.constraint(operation.name) if table else None
        return schema.heirs(name) if found is not None and found.kind == "check" else ()

    for name in tuple(reached(operation.table, heirs)):
        schema = _rename_one_constraint(name, operation, schema)
    return schema


def _rename_one_constraint(name: Name, operation: RenameConstraint, schema: Schema) -> Schema:
    table = schema.table(name)
    constraint = table.constraint(operation.name) if table else None
    if table is None or constraint is None:
        return schema
    index_name = operation.new_name if constraint.index_name else None
    renamed = constraint._replace(name=operation.new_name, index_name=index_name)
    changed = tuple(renamed if c.name == operation.name else c for c in table.constraints)
    schema = schema.with_relation(table._replace(constraints=changed))
    index = schema.index_named(Name(table.name.schema, constraint.index_name or ""))
    if index is not None:
        schema = remove_index(index.name, schema)
        moved = Name(index.name.schema, operation.new_name)
        schema = put_index(index._replace(name=moved, constraint=operation.new_name), schema)
    return schema


def not_null_columns(table: Table) -> frozenset[str]:
    """The columns that cannot hold NULL, by their own constraint or by a valid CHECK."""
    proved = {
        column
        for constraint in table.constraints
        if constraint.kind == "check" and constraint.valid and constraint.expression
        for column in constraint.expression.proves_not_null
    }
    return frozenset(proved | {c.name for c in table.columns if not c.nullable})


def keys_on_index(index: Index, schema: Schema) -> Iterator[tuple[Name, Constraint]]:
    """Give the foreign keys that rest on an index, with the tables that hold them."""
    owner = schema.table(index.table)
    if owner is None or not _serves_keys(index, owner, schema):
        return
    for holder in schema.tables_among(owner.referenced_by):
        for key in holder.foreign_keys:
            if key.references == owner.name and set(key.referenced_columns) == set(index.elements):
                yield holder.name, key


def _serves_keys(index: Index, owner: Table, schema: Schema) -> bool:
    """Whether foreign keys to these columns rest on the index: the server takes the oldest that fits."""
    columns = set(index.elements)
    fitting = [
        i for i in schema.indexes_of(owner) if i.unique and not i.predicate and set(i.elements) == columns
    ]
    key = owner.primary_key
    # A key that names no columns takes the primary key, whatever is older.
    of_primary = [i for i in fitting if key is not None and i.constraint == key.name]
    return fitting[:1] == [index] and of_primary in ([], [index])
