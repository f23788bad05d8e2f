"""What one schema has and the next has not, of what other objects can take along when they are dropped."""

from collections.abc import Iterator
from typing import NamedTuple

from miglint.model.names import Name
from miglint.model.objects import Relation, Table, View
from miglint.model.schema import Schema

DependentIdentity = tuple[Name, str, str | tuple[str, ...]]


class Dependent(NamedTuple):
    """A view, or a part of a table: a column, a foreign key ("key") or a trigger, told apart by `key`.

    `name` is what a DROP of its own calls it.
    """

    relation: Name
    kind: str
    key: str | tuple[str, ...] = ""
    name: str = ""
    materialized: bool = False

    @property
    def identity(self) -> DependentIdentity:
        """What it still is under another name of its own."""
        return (self.relation, self.kind, self.key)

    @property
    def title(self) -> str:
        """What sentences call it."""
        relation = self.relation.display
        if self.kind == "view":
            return f"the {'materialized view' if self.materialized else 'view'} {relation}"
        if self.kind == "column":
            return f"the column {relation}.{self.name}"
        return f"the {'foreign key' if self.kind == 'key' else self.kind} {self.name} of {relation}"


class Dependents:
    """What there is in a schema."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._known: dict[Name, set[DependentIdentity]] = {}

    def __contains__(self, part: Dependent) -> bool:
        if part.relation not in self._known:
            relation = self._schema.relations.get(part.relation)
            self._known[part.relation] = {p.identity for p in _parts(relation)} if relation else set()
        return part.identity in self._known[part.relation]


def lost_dependents(before: Schema, after: Schema) -> list[Dependent]:
    """Give the views, and the parts of tables that are still there, that only the first schema has."""
    changed = [before.relations[name] for name in before.relations.changed(after.relations)]
    parts = [
        part
        for relation in changed
        if isinstance(relation, View) or after.table(relation.name) is not None
        for part in _parts(relation)
    ]
    left = Dependents(after)
    return [part for part in parts if part not in left]


def _parts(relation: Relation) -> Iterator[Dependent]:
    name = relation.name
    if isinstance(relation, View):
        yield Dependent(name, "view", materialized=relation.materialized)
    if isinstance(relation, Table):
        yield from (Dependent(name, "column", column.name, column.name) for column in relation.columns)
        yield from (Dependent(name, "key", key.columns, key.name) for key in relation.foreign_keys)
        yield from (Dependent(name, "trigger", trigger.name, trigger.name) for trigger in relation.triggers)
