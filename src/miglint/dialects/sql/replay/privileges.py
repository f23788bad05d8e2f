"""What new objects begin with, as `ALTER DEFAULT PRIVILEGES` says."""

from typing import Any

from miglint.dialects.sql.replay.properties import with_setting
from miglint.model import Name, Other, Schema, Sequence, Setting, Table, View

_MAKER = " on what "


def granted_by_default(before: Schema, schema: Schema) -> Schema:
    """Give the objects that are new the privileges that such objects begin with."""
    if not any(other.kind == "default privileges" for other in schema.others.values()):
        return schema
    for name in _new(schema.relations.changed(before.relations), before.relations):
        relation = schema.relations[name]
        word = "table" if isinstance(relation, (Table, View)) else "sequence"
        if isinstance(relation, (Table, View, Sequence)):
            schema = schema.with_relation(_granted(relation, word, name, schema))
    for name in _new(schema.types.changed(before.types), before.types):
        schema = schema.with_type(_granted(schema.types[name], "type", name, schema))
    for name in _new(schema.functions.changed(before.functions), {}):
        known = before.functions.get(name) or ()
        arguments = {function.arguments for function in known}
        overloads = tuple(
            function if function.arguments in arguments else _granted(function, "function", name, schema)
            for function in schema.functions[name]
        )
        schema = schema.with_functions(name, overloads)
    return schema


def _new(names: list[Name], before: Any) -> list[Name]:
    return [name for name in names if name not in before]


def _granted(holder: Any, word: str, name: Name, schema: Schema) -> Any:
    for place in (word, f"{word} in {name.schema}"):
        found = schema.others.get(("default privileges", place)) or Other("", "")
        for key, value in found.properties:
            privilege, of_maker, _ = key.partition(_MAKER)
            shown = f"{value} by default" if of_maker else value
            holder = with_setting(holder, Setting("", name, privilege, shown))
    return holder
