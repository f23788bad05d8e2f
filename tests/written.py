"""What is written of operations, and read again: the law of a writer, whichever dialect it is for."""

from collections.abc import Iterator
from typing import Any

from miglint.dialects.dialect import Dialect
from miglint.model import Operation, Schema, SetVariable, Source, Span, Statement

_PLACES = ("keyword", "places")


def bare(value: Any) -> Any:
    """Give a value without the places in a text."""
    if isinstance(value, Span):
        return None
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        fields = zip(value._fields, value, strict=True)
        return (type(value).__name__, *(bare(each) for name, each in fields if name not in _PLACES))
    return tuple(map(bare, value)) if isinstance(value, tuple) else value


def operations(dialect: Dialect, sql: str, schema: Schema, path: tuple[str, ...]) -> list[Operation]:
    """Read the operations of one statement."""
    raws = list(dialect.parse(sql, 0, psql=False))
    return [
        o for raw in raws for o in dialect.lower(raw, Source("written.sql", sql), schema, path).operations
    ]


def statements(dialect: Dialect, sql: str) -> Iterator[tuple[Statement, Schema, tuple[str, ...]]]:
    """Give each statement of a text with the schema and the search path as they are then."""
    schema, path = dialect.schema, ("public",)
    for raw in dialect.parse(sql, 0, psql=False):
        statement = dialect.lower(raw, Source("given.sql", sql), schema, path)
        yield statement, schema, path
        for operation in statement.operations:
            if isinstance(operation, SetVariable) and operation.name == "search_path" and operation.value:
                path = tuple(part.strip() for part in operation.value.split(","))
            schema = dialect.apply(operation, schema)
