"""Indexes: what one is made of, and where it stands."""

from miglint.dialects.sql.replay.naming import Naming
from miglint.model import (
    AttachIndex,
    CreateIndex,
    Expression,
    Index,
    IndexElement,
    Name,
    Schema,
    Table,
    View,
    reached,
)


def partitions_without(index: Index, table: Name, schema: Schema) -> tuple[Name, ...]:
    """Give the partitions of a table that have no index like this one."""
    found = schema.table(table)
    return tuple(part for part in found.partitions if not has_matching(part, index, schema)) if found else ()


def create_index(operation: CreateIndex, schema: Schema, naming: Naming) -> Schema:
    """`CREATE INDEX`, on a partitioned table also on its partitions."""
    name = Name(operation.table.schema, operation.name or "")
    if operation.if_not_exists and name in schema.relations:
        return schema
    created: dict[Name, Index] = {}

    def lacking(name: Name) -> tuple[Name, ...]:
        index = None if operation.only else created.get(name)
        return partitions_without(index, name, schema) if index is not None else ()

    for member in reached(operation.table, lacking):
        owner = schema.relations.get(member)
        if isinstance(owner, (Table, View)):
            above = owner.partition_of if isinstance(owner, Table) else None
            parent = created.get(above) if above is not None else None
            made = created_index(_named(operation, owner, schema, naming), owner)
            created[member] = made._replace(parent=parent.name if parent is not None else None)
            schema = put_index(created[member], schema)
        operation = operation._replace(name=None)
    return schema


def _named(operation: CreateIndex, owner: Table | View, schema: Schema, naming: Naming) -> CreateIndex:
    if operation.name is not None:
        return operation
    labels = tuple(e.label for e in operation.elements) + operation.include
    return operation._replace(name=naming.plain_index(schema, owner.name, labels))


def created_index(operation: CreateIndex, owner: Table | View) -> Index:
    """Give the index as it stands on a table, or on a partition of it."""
    predicate = operation.predicate
    return index_of(Name(owner.name.schema, operation.name or ""), owner.name, operation.elements)._replace(
        include=operation.include,
        columns=tuple(
            dict.fromkeys(
                (
                    *columns_of(operation.elements),
                    *operation.include,
                    *(predicate.columns if predicate else ()),
                )
            )
        ),
        unique=operation.unique,
        method=operation.method,
        predicate=predicate,
        nulls_not_distinct=operation.nulls_not_distinct,
        only=operation.only,
        properties=tuple(sorted((*operation.options, *_twice(operation.elements)))),
        # An index ON ONLY a partitioned table stays invalid until every partition has its own.
        valid=not (operation.only and isinstance(owner, Table) and bool(owner.partitions)),
    )


def _twice(elements: tuple[IndexElement, ...]) -> tuple[tuple[str, str], ...]:
    """All that is said of the elements, where one stands there twice: its facts are by its text."""
    if len(set(map(_element_text, elements))) == len(elements):
        return ()
    shown = (" ".join(map(str, (_element_text(e), *e[3:]))) for e in elements)
    return (("the elements", ", ".join(shown)),)


def index_of(name: Name, table: Name, elements: tuple[IndexElement, ...]) -> Index:
    """Give an index with what its elements say."""
    return Index(
        name=name,
        table=table,
        elements=tuple(_element_text(e) for e in elements),
        columns=columns_of(elements),
        expressions=tuple(e.expression for e in elements if e.expression is not None),
        descending=tuple(_element_text(e) for e in elements if e.descending),
        operator_classes=tuple((_element_text(e), e.operator_class) for e in elements if e.operator_class),
        nulls=tuple((_element_text(e), e.nulls) for e in elements if e.nulls),
        collations=tuple((_element_text(e), e.collation) for e in elements if e.collation),
        operators=tuple((_element_text(e), e.operator) for e in elements if e.operator),
    )


def _element_text(element: IndexElement) -> str:
    return element.column or (element.expression.text if element.expression else "")


def columns_of(elements: tuple[IndexElement, ...]) -> tuple[str, ...]:
    """Give the columns that elements read, each once."""
    found: dict[str, None] = {}
    for element in elements:
        if element.column is not None:
            found[element.column] = None
        elif element.expression is not None:
            found.update(dict.fromkeys(element.expression.columns))
    return tuple(found)


def put_index(index: Index, schema: Schema) -> Schema:
    """Put an index on its table."""
    owner = schema.relations.get(index.table)
    schema = schema.with_relation(index)
    if isinstance(owner, (Table, View)) and index.name not in owner.indexes:
        schema = schema.with_relation(owner._replace(indexes=(*owner.indexes, index.name)))
    return schema


def remove_index(name: Name, schema: Schema) -> Schema:
    """Take an index off its table."""
    index = schema.index_named(name)
    owner = schema.relations.get(index.table) if index else None
    schema = schema.without_relation(name)
    if isinstance(owner, (Table, View)):
        rest = tuple(filter(name.__ne__, owner.indexes))
        schema = schema.with_relation(owner._replace(indexes=rest))
    return schema


def has_matching(table: Name, index: Index, schema: Schema) -> bool:
    """Whether a table has an index like this one, which a partitioned parent's index takes for its part."""
    return matching(table, index, schema) is not None


def matching(table: Name, index: Index, schema: Schema) -> Index | None:
    """Give the index of a table that is like this one."""
    owner = schema.table(table)
    indexes = schema.indexes_of(owner) if owner is not None else ()
    return next((each for each in indexes if _matches(each, index)), None)


def _matches(one: Index, other: Index) -> bool:
    return (one.elements, one.unique, one.method, one.include, _text(one.predicate)) == (
        other.elements,
        other.unique,
        other.method,
        other.include,
        _text(other.predicate),
    )


def _text(expression: Expression | None) -> str:
    return expression.text if expression else ""


def attach_index(operation: AttachIndex, schema: Schema) -> Schema:
    """`ATTACH PARTITION` of an index; the parent is valid once every partition has one."""
    parent, child = schema.index_named(operation.name), schema.index_named(operation.partition)
    if parent is None or child is None:
        return schema
    schema = schema.with_relation(child._replace(parent=parent.name))
    table = schema.table(parent.table)
    if table is None or parent.valid:
        return schema
    # In the order in which most are attached, the last partition is the one that lacks an index.
    partitions = (schema.table(partition) for partition in reversed(table.partitions))
    valid = all(
        found is not None and any(index.parent == parent.name for index in schema.indexes_of(found))
        for found in partitions
    )
    return schema.with_relation(parent._replace(valid=valid))


def column_is_unique(table: Table, columns: tuple[str, ...], schema: Schema) -> bool:
    """Whether equality on these columns picks at most one row."""
    wanted = set(columns)
    return any(
        index.unique and index.predicate is None and index.valid and set(index.elements) <= wanted
        for index in schema.indexes_of(table)
    )
