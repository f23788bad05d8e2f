"""Views and what is made of them: gone before all steps, and there again after all.

A view stands in the way of what its tables become, and its text may name what comes back only later.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from miglint.model import DropFunction, DropView, Function, Name, Operation, Relation, Schema, View
from miglint.model.remedy import NOWHERE
from miglint.rollback.draft.between import changed
from miglint.rollback.draft.code import takes_replacing
from miglint.rollback.draft.world import World

Between = tuple[Schema, Schema]
"""Two schemas that follow each other, the later one first."""


class Late(NamedTuple):
    """The views that come last, and the functions over them, by name and arguments."""

    views: frozenset[Name] = frozenset()
    functions: frozenset[tuple[Name, tuple[str, ...]]] = frozenset()

    def names(self, operation: Operation) -> bool:
        """Whether an operation is about one of the views."""
        return getattr(operation, "table", None) in self.views

    def without(self, schema: Schema, world: World) -> Schema:
        """Give a schema without them."""
        for name in self.views:
            view = schema.view(name)
            if view is not None:
                schema = world.apply(DropView(NOWHERE, name, view.materialized, cascade=True), schema)
        for name, arguments in self.functions:
            if any(function.arguments == arguments for function in schema.functions.get(name) or ()):
                schema = world.apply(DropFunction(NOWHERE, name, arguments, cascade=True), schema)
        return schema


def late(stretches: Iterable[Between]) -> Late:
    """Find what comes last, among what changes between schemas."""
    stretches = [*stretches]
    views = {name for stretch in stretches for name in _views(*stretch)}
    views -= {name for name in views if _is_replaced(name, stretches)}
    if not views:
        return Late()
    for schema in {id(schema): schema for stretch in stretches for schema in stretch}.values():
        views |= {reader for name in views for reader in schema.views_on(name)}
    functions = {key for stretch in stretches for key in _functions(views, *stretch)}
    return Late(frozenset(views), frozenset(functions))


def _views(now: Schema, then: Schema) -> Iterator[Name]:
    """Give the views that two schemas have not both as they are."""
    for name, one, other in changed(now.relations, then.relations):
        if (isinstance(one, View) or isinstance(other, View)) and _made(one) != _made(other):
            yield name


def _made(relation: Relation | None) -> object:
    return (relation.materialized, relation.definition) if isinstance(relation, View) else None


def _is_replaced(name: Name, stretches: list[Between]) -> bool:
    """Whether a view is there all the time, and CREATE OR REPLACE makes it what it was each time."""
    for now, then in stretches:
        one, other = now.view(name), then.view(name)
        if one is None or other is None:
            return False
        if one is not other and _made(one) != _made(other) and not takes_replacing(one, other):
            return False
    reads = {read for stretch in stretches for schema in stretch for read in _reads(schema.view(name))}
    return not any(
        _has_other_columns(now.relations.get(read), then.relations.get(read))
        for now, then in stretches
        for read in reads
    )


def _reads(view: View | None) -> tuple[Name, ...]:
    return view.reads if view is not None else ()


def _has_other_columns(one: Relation | None, other: Relation | None) -> bool:
    return one is not other and getattr(one, "columns", None) != getattr(other, "columns", None)


def _functions(views: set[Name], now: Schema, then: Schema) -> Iterator[tuple[Name, tuple[str, ...]]]:
    words = {view.name for view in views}
    for name, ours, theirs in changed(now.functions, then.functions):
        for function in {*(ours or ()), *(theirs or ())}:
            if _is_over(function, words):
                yield name, function.arguments


def _is_over(function: Function, words: set[str]) -> bool:
    """Whether a function needs one of these views to be there when it is made."""
    text = " ".join((*function.arguments, function.returns))
    if function.language == "sql":
        text += f" {function.definition}"
    return not words.isdisjoint(re.findall(r"[\w$]+", text))
