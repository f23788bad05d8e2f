"""What a block may ask of the schema while it runs."""

from collections.abc import Iterable

from miglint.model import CatalogTest, EnumType, Name, Schema

_ALWAYS_INSTALLED = "plpgsql"


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
        return test.name in schema.extensions or test.name == _ALWAYS_INSTALLED
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
