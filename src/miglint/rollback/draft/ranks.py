"""Among steps of one kind: what depends on others goes first, and comes after them."""

from collections.abc import Iterable

from miglint.model import (
    CompositeType,
    CreateCompositeType,
    CreateDomain,
    CreateTable,
    CreateView,
    DomainType,
    DropTable,
    DropType,
    DropView,
    Name,
    Operation,
    Schema,
    Table,
    View,
)
from miglint.model.remedy import Do, RemedyStep


def rank(step: RemedyStep, now: Schema, then: Schema) -> int:
    """Give the place of a step among those of its phase."""
    operation: Operation | None = step.operations[0] if isinstance(step, Do) else None
    if isinstance(operation, (DropTable, DropView)):
        name = operation.table if isinstance(operation, DropTable) else operation.view
        return -_depth(name, now, frozenset())
    if isinstance(operation, (CreateTable, CreateView)):
        name = operation.table if isinstance(operation, CreateTable) else operation.view
        return _depth(name, then, frozenset())
    if isinstance(operation, DropType):
        return -_type_depth(operation.type, now, frozenset())
    if isinstance(operation, (CreateDomain, CreateCompositeType)):
        name = operation.domain if isinstance(operation, CreateDomain) else operation.type
        return _type_depth(name, then, frozenset())
    return 0


def _depth(name: Name, schema: Schema, seen: frozenset[Name]) -> int:
    if name in seen:
        return 0
    relation = schema.relations.get(name)
    below: Iterable[Name] = ()
    if isinstance(relation, View):
        below = relation.reads
    elif isinstance(relation, Table):
        keys = (key.references for key in relation.foreign_keys)
        below = (*relation.inherits, *filter(None, keys))
    return 1 + max((_depth(each, schema, seen | {name}) for each in below), default=0)


def _type_depth(name: Name, schema: Schema, seen: frozenset[Name]) -> int:
    type_ = schema.types.get(name)
    if name in seen or type_ is None:
        return 0
    parts = [type_.type] if isinstance(type_, DomainType) else []
    if isinstance(type_, CompositeType):
        parts = [column.type for column in type_.columns]
    below = [part.qualified for part in parts if part.qualified is not None]
    return 1 + max((_type_depth(each, schema, seen | {name}) for each in below), default=0)
