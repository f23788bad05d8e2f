"""What a migration may ask of the schema before it runs, and a block of it while it runs."""

from collections.abc import Iterable, Iterator

from miglint.model import (
    Absent,
    CatalogTest,
    EnumType,
    Index,
    Name,
    Relation,
    Schema,
    Sequence,
    Table,
    View,
)

_KINDS: dict[str, type] = {"table": Table, "view": View, "sequence": Sequence, "index": Index}


def exists(what: Absent, schema: Schema) -> bool:
    """Tell whether it is there; what the replay does not know counts as absent."""
    kind = _KINDS.get(what.kind)
    if kind is not None:
        return any(isinstance(found, kind) for found in _relations(what, what.name, schema))
    tables = [found for found in _relations(what, what.table, schema) if isinstance(found, Table)]
    names = _spellings(what.name)
    if what.kind == "column":
        return any(table.column(name) for table in tables for name in names)
    if what.kind == "primary key":
        return any(table.primary_key for table in tables)
    return any(table.constraint(name) for table in tables for name in names)


def _relations(what: Absent, name: str, schema: Schema) -> Iterator[Relation]:
    for spelling in _spellings(name):
        found = schema.relations.get(Name(what.schema or schema.home, spelling))
        if found is not None:
            yield found


def _spellings(name: str) -> set[str]:
    return {name, name.lower()}


def is_there(test: CatalogTest, schema: Schema, near: Iterable[Name]) -> bool:
    """Tell whether what a block asks for is in the schema; `near` are the tables that the block is about."""
    places = [test.schema] if test.schema else sorted(schema.schemas)
    names = [Name(place, test.name) for place in places]
    if test.kind == "relation":
        return any(name in schema.relations for name in names)
    if test.kind == "type":
        return any(name in schema.types for name in names)
    if test.kind == "function":
        return any(name in schema.functions for name in names)
    if test.kind == "extension":
        return test.name in schema.extensions
    if test.kind == "schema":
        return test.name in schema.schemas
    owners = [Name(place, test.table) for place in places] if test.table else list(near)
    if test.kind == "enum value":
        types = [schema.types.get(owner) for owner in owners]
        return any(isinstance(type_, EnumType) and test.name in type_.values for type_ in types)
    tables = [table for owner in owners if (table := schema.table(owner)) is not None]
    if test.kind == "column":
        return any(table.column(test.name) for table in tables)
    if test.kind == "trigger":
        return any(trigger.name == test.name for table in tables for trigger in table.triggers)
    return any(table.constraint(test.name) for table in tables)
