"""Objects that nothing here looks into: they are what the statements that made them say."""

from collections.abc import Callable

from miglint.dialects.sql.replay.drops import remove_table
from miglint.dialects.sql.replay.naming import part_words
from miglint.dialects.sql.replay.properties import apply_settings
from miglint.model import (
    Deed,
    DropSchema,
    MoveTable,
    Name,
    Opaque,
    Operation,
    Other,
    RenameSchema,
    RenameTable,
    Schema,
    TableCommand,
)


def apply_command(operation: TableCommand | Opaque, schema: Schema) -> Schema:
    """Set what a command sets, and note what it does to objects that nothing looks into."""
    return apply_deeds(operation.deeds, apply_settings(operation, schema))


def apply_deeds(deeds: tuple[Deed, ...], schema: Schema) -> Schema:
    """Note what a statement does to such objects."""
    for deed in deeds:
        schema = _done(deed, schema)
    return schema


def _done(deed: Deed, schema: Schema) -> Schema:
    if deed.action == "doubt":
        return schema.with_doubt(f"what `{deed.text}` does")
    found = schema.others.get((deed.kind, deed.name))
    if deed.action == "drop":
        return schema.without_other(deed.kind, deed.name)
    if deed.action == "drop with all":
        return _without_all(deed.kind, deed.name, schema)
    part_of = deed.part_of if deed.part_of in schema.relations else None
    other = found or Other(deed.kind, deed.name, part_of=part_of)
    if deed.action == "rename":
        return _put(other, other._replace(name=deed.text), schema)
    if deed.action == "make" and found is not None and found.statements:
        return schema  # IF NOT EXISTS, or the server refuses it.
    text = " ".join(deed.text.split())
    statements = (*other.statements, text) if deed.action == "change" else (text,)
    return schema.with_other(other._replace(statements=statements))


def _without_all(kind: str, name: str, schema: Schema) -> Schema:
    schema = schema.without_other(kind, name)
    for other in list(schema.others.values()):
        if other.mentions(name) and (other.kind, other.name) in schema.others:
            schema = _without_all(other.kind, other.name, schema)
    if kind == "server":
        for table in filter(None, map(schema.table, list(schema.relations))):
            if dict(table.properties).get("the server", "").split(" ")[0] == name:
                schema = remove_table(table.name, schema)
    return schema


def follow(operation: Operation, schema: Schema) -> Schema:
    """Let the objects go where that goes of which they are a part, and fall with it."""
    others = list(schema.others.values())
    if isinstance(operation, (RenameTable, MoveTable)):
        old = operation.table
        if isinstance(operation, RenameTable):
            new = Name(old.schema, operation.new_name)
        else:
            new = Name(operation.new_schema, old.name)
        return _each(others, lambda other: _moved(other, old, new), schema)
    if isinstance(operation, RenameSchema):
        return _each(others, lambda other: _in_schema(other, operation.schema, operation.new_name), schema)
    dropped = next((getattr(operation, f).name for f in _DROPPED if hasattr(operation, f)), "")
    for other in others:
        of_schema = isinstance(operation, DropSchema) and (
            (other.kind, other.name) == ("schema", operation.schema)
            or other.name.startswith(f"{operation.schema}.")
        )
        if of_schema or (other.part_of is not None and other.part_of not in schema.relations):
            schema = schema.without_other(other.kind, other.name)
        elif other.part_of is None and other.mentions(dropped):
            # A publication without the table, a cast without its function: it is another, or none.
            schema = schema.with_other(other._replace(statements=(*other.statements, f"DROP {dropped}")))
    return schema


_DROPPED = ("table", "view", "function", "type")


def _each(others: list[Other], change: Callable[[Other], Other], schema: Schema) -> Schema:
    for other in others:
        schema = _put(other, change(other), schema)
    return schema


def _put(old: Other, new: Other, schema: Schema) -> Schema:
    return schema if old is new else schema.without_other(old.kind, old.name).with_other(new)


def _moved(other: Other, old: Name, new: Name) -> Other:
    if other.part_of != old:
        return other
    part = other.name.removesuffix(part_words("", old))
    name = other.name if part == other.name else part_words(part, new)  # Statistics have one of their own.
    return other._replace(name=name, part_of=new)


def _in_schema(other: Other, old: str, new: str) -> Other:
    if (other.kind, other.name) == ("schema", old):
        return other._replace(name=new)
    if other.name.startswith(f"{old}."):
        other = other._replace(name=new + other.name[len(old) :])
    if other.part_of is not None and other.part_of.schema == old:
        return _moved(other, other.part_of, Name(new, other.part_of.name))
    return other
