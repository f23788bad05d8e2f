"""What a table takes over from others: LIKE, INHERITS, PARTITION OF."""

from miglint.dialects.sql.replay.columns import own_sequence
from miglint.dialects.sql.replay.constraints import forbid_nulls, link_reference, put_constraint
from miglint.dialects.sql.replay.indexes import matching, put_index
from miglint.dialects.sql.replay.naming import Naming, part_words
from miglint.model import Column, Index, Name, Schema, Table, View


def inherited_columns(parents: tuple[Name, ...], schema: Schema) -> list[Column]:
    """Give the columns that a table has from those it inherits of, or is a partition of."""
    found: dict[str, Column] = {}
    for parent in parents:
        table = schema.table(parent)
        for column in table.columns if table else ():
            found.setdefault(column.name, column._replace(sequence=None, properties=()))
    return list(found.values())


_COPIED = {"the comment": "comments", "the storage": "storage", "the compression": "compression"}
"""The options of LIKE that take along what is set on a column."""


def like_columns(source: Name, options: frozenset[str], schema: Schema) -> list[Column]:
    """Give the columns that `LIKE source` writes, with what its options take along."""
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
                properties=tuple(p for p in column.properties if _COPIED.get(p[0]) in options),
            )
        )
    return found


def like_rest(table: Name, source: Name, options: frozenset[str], schema: Schema, naming: Naming) -> Schema:
    """Give a table what else `LIKE source` takes along: checks, sequences, indexes."""
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
            schema = own_sequence(table, column.name, schema, naming, identity=True)
    if "indexes" in options:
        schema = clone_indexes(source, table, schema, naming)
    if "statistics" in options:
        for other in [o for o in schema.others.values() if (o.kind, o.part_of) == ("statistics", source)]:
            name = part_words(other.name, table)
            schema = schema.with_other(other._replace(name=name, part_of=table))
    return schema


def inherit_checks(table: Name, parents: tuple[Name, ...], schema: Schema) -> Schema:
    """Give a table the checks of its parents."""
    if not parents:
        return schema
    child = schema.table(table) or Table(table)
    checks = {
        c.name: c._replace(inherited=True)
        for parent in parents
        if (found := schema.table(parent)) is not None
        for c in found.constraints
        if c.kind == "check" and not c.no_inherit
    }
    return schema.with_relation(child._replace(constraints=(*checks.values(), *child.constraints)))


def clone_indexes(
    source: Name, target: Name, schema: Schema, naming: Naming, *, partition: bool = False
) -> Schema:
    """Give a table the indexes and keys of another (LIKE); a partition also gets the foreign keys."""
    original, copy = schema.table(source), schema.table(target)
    if original is None or copy is None:
        return schema
    for index in schema.indexes_of(original):
        if partition and (own := matching(target, index, schema)) is not None:
            schema = schema.with_relation(own._replace(parent=own.parent or index.name))
            continue
        copy = schema.table(target) or copy
        constraint = original.constraint(index.constraint) if index.constraint else None
        labels = tuple(_label(e, index) for e in index.elements) + index.include
        if constraint is not None and constraint.kind == "primary":
            name = naming.primary_key(schema, target)
            schema = forbid_nulls(copy, constraint.columns, schema)
        elif constraint is not None and constraint.kind == "unique":
            name = naming.unique(schema, target, labels)
        elif constraint is not None:
            name = naming.exclusion(schema, target, labels)
        else:
            name = naming.plain_index(schema, target, labels)
        if constraint is not None:
            inner = constraint._replace(name=name, index_name=name, inherited=partition, properties=())
            schema = put_constraint(schema.table(target) or copy, inner, schema)
        clone = index._replace(
            name=Name(target.schema, name),
            table=target,
            constraint=name if constraint is not None else None,
            properties=tuple(p for p in index.properties if p[0].startswith("the parameter ")),
            parent=index.name if partition else None,
            valid=True,
        )
        schema = put_index(clone, schema)
    if partition:
        for key in original.foreign_keys:
            copy = schema.table(target) or copy
            if any(k.columns == key.columns and k.references == key.references for k in copy.foreign_keys):
                continue
            schema = put_constraint(copy, key._replace(inherited=True), schema)
            if key.references is not None:
                schema = link_reference(key.references, target, schema)
    return schema


def _label(element: str, index: Index) -> str:
    if element in index.columns:
        return element
    head = element.strip("( ").partition("(")[0].strip().rpartition(".")[2]
    return head.lower() if head.isidentifier() and "(" in element else "expr"
