"""What is no longer there: dropped, or under another name."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from miglint.model import (
    DropFunction,
    DropIndex,
    DropSchema,
    DropSequence,
    DropTable,
    DropType,
    DropView,
    Index,
    MoveTable,
    MoveType,
    Name,
    Operation,
    RenameFunction,
    RenameSchema,
    RenameTable,
    RenameType,
    Schema,
    Table,
    View,
)


class _Named(NamedTuple):
    kind: str
    name: Name
    new: Name | None = None


def _named(operation: Operation) -> _Named:
    """Give what an operation drops, or gives a new name to."""
    match operation:
        case DropTable(table=name) | DropView(view=name) | DropSequence(sequence=name) | DropIndex(name=name):
            return _Named("relation", name)
        case RenameTable(table=name):
            return _Named("relation", name, Name(name.schema, operation.new_name))
        case MoveTable(table=name):
            return _Named("relation", name, Name(operation.new_schema, name.name))
        case DropType(type=name):
            return _Named("type", name)
        case RenameType(type=name):
            return _Named("type", name, Name(name.schema, operation.new_name))
        case MoveType(type=name):
            return _Named("type", name, Name(operation.new_schema, name.name))
        case DropFunction(function=name):
            return _Named("function", name)
        case RenameFunction(function=name):
            return _Named("function", name, operation.new_name)
    assert isinstance(operation, (DropSchema, RenameSchema))
    new = Name("", operation.new_name) if isinstance(operation, RenameSchema) else None
    return _Named("schema", Name("", operation.schema), new)


def with_gone(operation: Operation, before: Schema, after: Schema) -> Schema:
    """Take note of what an operation has dropped, or given another name."""
    named = _named(operation)
    if not getattr(operation, "cascade", False) and _is_needed(named, before):
        return after
    gone = after.gone
    for key in _keys(named, before):
        if not _is_there(key, after):
            gone = gone.with_item(key, len(after.doubts))
    return after._replace(gone=gone)


def _is_needed(named: _Named, schema: Schema) -> bool:
    """Whether something else needs it, so that the server may refuse to drop it."""
    if named.new is not None:
        return False
    if named.kind == "type":
        return bool(schema.tables_with_type(named.name))
    found = schema.relations.get(named.name)
    if isinstance(found, Table):
        return bool(found.dependents or set(found.referenced_by) - {named.name})
    return bool(
        found.dependents if isinstance(found, View) else isinstance(found, Index) and found.constraint
    )


def _keys(named: _Named, before: Schema) -> Iterator[tuple[str, Name]]:
    yield named.kind, named.name
    table = before.table(named.name) if named.kind == "relation" else None
    if table is not None and named.new is None:
        yield from (("relation", name) for name in _parts_of(table))
    if named.kind == "schema" and named.new is None:
        yield from (("relation", name) for name in before.relations_in(named.name.name))
        yield from (("type", name) for name in before.types_in(named.name.name))
        yield from (("function", name) for name in before.functions_in(named.name.name))


def _parts_of(table: Table) -> Iterable[Name]:
    return (*table.indexes, *(column.sequence for column in table.columns if column.sequence is not None))


def _is_there(key: tuple[str, Name], schema: Schema) -> bool:
    kind, name = key
    if kind == "relation":
        return name in schema.relations
    if kind == "type":
        return name in schema.types
    return name in schema.functions if kind == "function" else name.name in schema.schemas
