"""What lowering needs besides the node: where it stands, and what the names mean at this moment."""

from typing import Any, NamedTuple

from miglint.dialects.postgres.library import Node
from miglint.dialects.postgres.parser import RawStatement
from miglint.model import DEFAULT_SCHEMA, Name, Schema, Source, Span

TEMPORARY_SCHEMA = "pg_temp"


class Scope(NamedTuple):
    """One statement's surroundings: its raw form, its source's text, the schema and the search path.

    `variables` are the PL/pgSQL variables in sight: they look like columns and are values.
    `common` are the queries of the WITH around: they look like tables and are none.
    `source` is where the statement stands, None for those in the body of a routine or block.
    """

    raw: RawStatement
    text: str
    schema: Schema
    search_path: tuple[str, ...]
    variables: frozenset[str] = frozenset()
    common: frozenset[str] = frozenset()
    source: Source | None = None

    @property
    def is_literal(self) -> bool:
        """Whether each name in the statement is what it looks like: no variable, and no placeholder."""
        return self.source is not None and self.source.is_literal(self.raw.span)

    @property
    def sql(self) -> str:
        """The statement's text."""
        return self.text[slice(*self.raw.span)]

    def span(self, start: int, end: int) -> Span:
        """Make a span out of two locations in the node."""
        return Span(self.raw.place(start), self.raw.place(end))

    def relation(self, node: Node) -> Name:
        """Resolve the name of a relation that the statement expects to exist (a RangeVar)."""
        return self.existing(node["relname"], node.get("schemaname"))

    def existing(self, name: str, schema: str | None = None) -> Name:
        """Resolve a name along the search path; one that nothing has goes where it would be created."""
        if schema is not None:
            return Name(schema, name)
        for candidate in (TEMPORARY_SCHEMA, *self.search_path):
            found = Name(candidate, name)
            if found in self.schema.relations:
                return found
        return Name("pg_catalog", name) if name.startswith("pg_") else self.created(name)

    def created(self, name: str, schema: str | None = None, *, temporary: bool = False) -> Name:
        """Resolve the name of a new object: the first schema of the search path that exists."""
        if temporary:
            return Name(TEMPORARY_SCHEMA, name)
        return Name(schema if schema is not None else self.creation_schema, name)

    @property
    def creation_schema(self) -> str:
        """The schema of new objects without a schema."""
        return next((s for s in self.search_path if s in self.schema.schemas), DEFAULT_SCHEMA)

    def type_name(self, parts: list[str]) -> Name:
        """Resolve the name of a user-defined type."""
        if len(parts) > 1:
            return Name(parts[-2], parts[-1])
        for candidate in self.search_path:
            name = Name(candidate, parts[0])
            if name in self.schema.types or name in self.schema.relations:
                return name
        return Name(self.creation_schema, parts[0])

    def function_name(self, parts: list[str]) -> Name:
        """Resolve the name of a function."""
        if len(parts) > 1:
            return Name(parts[-2], parts[-1])
        for candidate in self.search_path:
            if Name(candidate, parts[0]) in self.schema.functions:
                return Name(candidate, parts[0])
        return Name(self.creation_schema, parts[0])


def strings(nodes: list[Any] | None) -> list[str]:
    """Give the strings of a list of String nodes."""
    return [node["String"].get("sval", "") for node in nodes or () if "String" in node]


def items(node: Any) -> list[Any]:
    """Give the items of a List node."""
    return node["List"].get("items", []) if isinstance(node, dict) and "List" in node else []
