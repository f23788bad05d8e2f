"""The schema after a branch that runs or does not: what holds on both ways is known, the rest is not."""

from collections.abc import Hashable, Iterable
from functools import reduce
from typing import Any, TypeVar

from miglint.dialects.sql.replay.before_history import nothing_told
from miglint.model import (
    AddColumn,
    AddConstraint,
    Column,
    CreateCompositeType,
    CreateDomain,
    CreateEnum,
    CreateSequence,
    CreateTable,
    CreateView,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropSequence,
    DropTable,
    DropType,
    DropView,
    EnumType,
    FrozenMap,
    Operation,
    Relation,
    Schema,
    Sequence,
    Table,
    UserType,
    View,
)

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


def either(before: Schema, ways: list[Schema]) -> Schema:
    """Give what is known when the schema is one of several, which `before` became on its ways."""
    if all(way is before for way in ways):
        return before
    unsure = set().union(*(way.unsure for way in ways))
    schema = before._replace(
        # A name is looked up in a schema that may be there, for it is made to be used.
        schemas=frozenset().union(*(way.schemas for way in ways)),
        extensions=frozenset.intersection(*(way.extensions for way in ways)),
        shaken=frozenset().union(*(way.shaken for way in ways)),
    )
    for name, relations in _values(before.relations, [way.relations for way in ways]).items():
        both = reduce(_relation, _from_before(relations))
        schema = schema.with_relation(both) if both is not None else schema.without_relation(name)
        if both is None and any(relations):
            unsure.add(name)
    for name, types in _values(before.types, [way.types for way in ways]).items():
        kept = reduce(_type, types)
        schema = schema.with_type(kept) if kept is not None else schema.without_type(name)
        if any(kept != each for each in types):
            unsure.add(name)
    for name, overloads in _values(before.functions, [way.functions for way in ways]).items():
        schema = schema.with_functions(name, reduce(_common, (each or () for each in overloads)))
    return _doubting(before, ways, schema._replace(unsure=frozenset(unsure)))


def _doubting(before: Schema, ways: list[Schema], schema: Schema) -> Schema:
    """Note what has another value on one way than on another: nobody can tell what it is after them."""
    for way in ways:
        for number in way.doubts.changed(before.doubts):
            schema = schema.with_doubt(way.doubts[number])
    for field in ("relations", "types", "functions"):
        maps = [getattr(way, field) for way in ways]
        for name, values in _values(getattr(before, field), maps).items():
            if any(value != values[0] for value in values):
                schema = schema.with_doubt(f"{_KINDS.get(field) or _kind(values)} {name.display}")
    for key, others in _values(before.others, [way.others for way in ways]).items():
        kept = next((other for other in others if other is not None), None)
        if kept is not None and all(other == kept for other in others):
            schema = schema.with_other(kept)
        elif kept is not None:
            schema = schema.without_other(*key).with_doubt(f"{kept.kind} {kept.name}")
    for kind, sets in (("schema", [w.schemas for w in ways]), ("extension", [w.extensions for w in ways])):
        for name in frozenset().union(*sets) - frozenset.intersection(*sets):
            schema = schema.with_doubt(f"{kind} {name}")
    return schema


_KINDS = {"types": "type", "functions": "function"}


def _kind(values: list[Any]) -> str:
    return next(type(value).__name__.lower() for value in values if value is not None)


def _values(before: FrozenMap[K, V], ways: list[FrozenMap[K, V]]) -> dict[K, list[V | None]]:
    """Give the different values of each key that some way changes, at the cost of the changes."""
    found: dict[K, list[V | None]] = {}
    for way in ways:
        for key in {*before.changed(way), *way.changed(before)}:
            found.setdefault(key, []).append(way.get(key))
    for key, values in found.items():
        if len(values) < len(ways):
            values.append(before.get(key))
    return found


def _from_before(relations: list[Relation | None]) -> list[Relation | None]:
    """Of a table that no migration makes, a way that says nothing leaves all as it was."""
    known = next((r for r in relations if isinstance(r, Table) and r.from_before), None)
    return [r or nothing_told(known.name) for r in relations] if known is not None else relations


def _relation(one: Relation | None, other: Relation | None) -> Relation | None:
    if one == other:
        return one
    if isinstance(one, Table) and isinstance(other, Table):
        return _table(one, other)
    if isinstance(one, View) and isinstance(other, View):
        return one._replace(
            columns=one.columns if one.columns == other.columns else None,
            columns_read=_common(one.columns_read, other.columns_read),
            indexes=_common(one.indexes, other.indexes),
            dependents=_common(one.dependents, other.dependents),
            populated=one.populated and other.populated,
            definition=one.definition if one.definition == other.definition else None,
        )
    if isinstance(one, Sequence) and isinstance(other, Sequence):
        return one._replace(owner=None)
    return None


def _table(one: Table, other: Table) -> Table:
    columns: list[Column] = []
    unsure: set[str] = set()
    others = {column.name: column for column in other.columns}
    for column in one.columns:
        against = others.get(column.name)
        if against == column:
            columns.append(column)
            continue
        unsure.add(f"column {column.name}")
        if against is not None and against.type == column.type:
            columns.append(
                column._replace(
                    nullable=column.nullable or against.nullable,
                    default=column.default if column.default == against.default else None,
                    sequence=column.sequence if column.sequence == against.sequence else None,
                )
            )
    names = {column.name for column in one.columns}
    unsure |= {f"column {column.name}" for column in other.columns if column.name not in names}
    against_keys = {constraint.name: constraint for constraint in other.constraints}
    constraints = tuple(
        c._replace(valid=c.valid and found.valid)
        for c in one.constraints
        if (found := against_keys.get(c.name)) is not None and c._replace(valid=found.valid) == found
    )
    triggers = _common(one.triggers, other.triggers)
    indexes = _common(one.indexes, other.indexes)
    keys = (c.name for c in (*one.constraints, *other.constraints))
    calls = (t.name for t in (*one.triggers, *other.triggers))
    unsure |= _missing("constraint", keys, (c.name for c in constraints))
    unsure |= _missing("trigger", calls, (t.name for t in triggers))
    unsure |= _missing("index", (i.name for i in (*one.indexes, *other.indexes)), (i.name for i in indexes))
    kept = {column.name for column in columns}
    return one._replace(
        columns=tuple(columns),
        constraints=constraints,
        indexes=indexes,
        triggers=triggers,
        partitions=_common(one.partitions, other.partitions),
        default_partition=one.default_partition if one.default_partition == other.default_partition else None,
        inherits=_common(one.inherits, other.inherits),
        children=_common(one.children, other.children),
        referenced_by=_common(one.referenced_by, other.referenced_by),
        dependents=_common(one.dependents, other.dependents),
        from_before=one.from_before and other.from_before,
        complete=one.complete and other.complete and kept == names == {c.name for c in other.columns},
        unsure=one.unsure | other.unsure | unsure,
    )


def _common(one: tuple[T, ...], other: tuple[T, ...]) -> tuple[T, ...]:
    if one == other:
        return one
    known = set(other)
    return tuple(item for item in one if item in known)


def _missing(kind: str, either: Iterable[str], kept: Iterable[str]) -> set[str]:
    return {f"{kind} {name}" for name in set(either) - set(kept)}


def _type(one: UserType | None, other: UserType | None) -> UserType | None:
    if isinstance(one, EnumType) and isinstance(other, EnumType):
        return one._replace(values=_common(one.values, other.values))
    return one if one == other else None


def settled(operation: Operation, schema: Schema) -> Schema:
    """Give the schema in which what an operation makes or drops, whatever was before, is known again."""
    if schema.unsure:
        named = {getattr(operation, field, None) for field in _MADE.get(type(operation), ())}
        if named & schema.unsure:
            schema = schema._replace(unsure=schema.unsure - named)
    if not isinstance(operation, (AddColumn, DropColumn, AddConstraint, DropConstraint)):
        return schema
    table = schema.table(operation.table)
    if table is None or not table.unsure:
        return schema
    return schema.with_relation(table._replace(unsure=table.unsure - {_part(operation)}))


def _part(operation: AddColumn | DropColumn | AddConstraint | DropConstraint) -> str:
    if isinstance(operation, AddColumn):
        return f"column {operation.column.name}"
    if isinstance(operation, DropColumn):
        return f"column {operation.column}"
    name = operation.constraint.name if isinstance(operation, AddConstraint) else operation.name
    return f"constraint {name}"


_MADE: dict[type, tuple[str, ...]] = {
    CreateTable: ("table",),
    DropTable: ("table",),
    CreateView: ("view",),
    DropView: ("view",),
    CreateSequence: ("sequence",),
    DropSequence: ("sequence",),
    CreateEnum: ("type",),
    CreateDomain: ("domain",),
    CreateCompositeType: ("type",),
    DropType: ("type",),
    DropIndex: ("name",),
}
