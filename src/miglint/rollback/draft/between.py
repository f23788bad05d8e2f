"""The way from one schema to another: what is there and should not be, what is not there, what is another."""

from collections.abc import Hashable, Iterator
from typing import TypeVar

from miglint.model import (
    AlterSequence,
    CreateExtension,
    CreateSchema,
    CreateSequence,
    DropExtension,
    DropIndex,
    DropSchema,
    DropSequence,
    DropTable,
    DropView,
    FrozenMap,
    Index,
    Name,
    Relation,
    Schema,
    Sequence,
    Table,
    View,
)
from miglint.model.remedy import NOWHERE
from miglint.rollback.draft import code, others, tables, types
from miglint.rollback.draft.aside import without_what_is_in_the_way
from miglint.rollback.draft.definitions import OPTION, index_definition, parameters
from miglint.rollback.draft.plan import Lost, Phase, Planned, Way, planned
from miglint.rollback.draft.ranks import rank
from miglint.rollback.draft.settings import marks, of_relation, settings, without_marks
from miglint.rollback.draft.world import World

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


def way(now: Schema, then: Schema, world: World) -> list[Planned | Lost]:
    """Give the steps from a schema to another, in the order in which a server takes them."""
    found = list(_way(now, then, world))
    steps = [each for each in found if isinstance(each, Planned)]
    steps.sort(key=lambda each: (each.phase, rank(each.step, now, then)))
    return [*(each for each in found if isinstance(each, Lost)), *steps]


def _way(now: Schema, then: Schema, world: World) -> Way:
    aside = without_what_is_in_the_way(now, then, world)
    if aside is not now:
        yield from _first(way(now, aside, world))
        now = aside
    yield from _schemas(now, then)
    for name, has, had in changed(now.relations, then.relations):
        if name not in now.unsure | then.unsure and name.schema not in world.private:
            yield from _relation(name, has, had, now, then, world)
    for name, is_now, was in changed(now.types, then.types):
        if name.schema in world.private:
            continue
        yield from types.changed(is_now, was, now, then)
    for name, ours, theirs in changed(now.functions, then.functions):
        if name.schema in world.private:
            continue
        yield from code.functions(ours or (), theirs or (), now, then)
    for _, there, here in changed(now.others, then.others):
        yield from others.changed(there, here, then)


def _first(steps: list[Planned | Lost]) -> Way:
    """Give steps that come before all others, in their order."""
    for step in steps:
        yield step._replace(phase=Phase.NO_TRIGGERS) if isinstance(step, Planned) else step


def changed(now: FrozenMap[K, V], then: FrozenMap[K, V]) -> Iterator[tuple[K, V | None, V | None]]:
    """Give what is another in two maps, with both values."""
    for key in sorted({*now.changed(then), *then.changed(now)}):  # type: ignore[type-var]
        one, other = now.get(key), then.get(key)
        if one != other:
            yield key, one, other


def _schemas(now: Schema, then: Schema) -> Way:
    for name in sorted(now.schemas - then.schemas):
        yield planned(Phase.NO_SCHEMAS, DropSchema(NOWHERE, name))
    for name in sorted(then.schemas - now.schemas):
        owner = others.set_on(then, "schema", name).get("the owner", "")
        yield planned(Phase.SCHEMAS, CreateSchema(NOWHERE, name, owner=owner))
    for name in sorted(now.extensions - then.extensions):
        yield planned(Phase.NO_SCHEMAS, DropExtension(NOWHERE, name))
    for name in sorted(then.extensions - now.extensions):
        place = others.set_on(then, "extension", name).get("the schema")
        yield planned(Phase.TYPES, CreateExtension(NOWHERE, name, place))


def _relation(
    name: Name, now: Relation | None, then: Relation | None, has: Schema, had: Schema, world: World
) -> Way:
    if isinstance(now, Table) and now.from_before and then is None:
        return
    if now is not None and (then is None or type(now) is not type(then)):
        yield from _gone(now, has, had, world)
        now = None
    if then is None:
        return
    if isinstance(then, Table):
        if now is None:
            yield from tables.made(then, has, had, world)
        yield from tables.altered(now if isinstance(now, Table) else None, then, has, had, world)
    elif isinstance(then, View):
        yield from code.view(now if isinstance(now, View) else None, then, world)
    elif isinstance(then, Index):
        yield from _index(now if isinstance(now, Index) else None, then, has, had, world)
    elif isinstance(then, Sequence):
        yield from _sequence(now if isinstance(now, Sequence) else None, then, has, had)


def _gone(relation: Relation, now: Schema, then: Schema, world: World) -> Way:
    name = relation.name
    if isinstance(relation, Table):
        if relation.partition_of is None or relation.partition_of in then.relations:
            yield planned(Phase.NO_TABLES, DropTable(NOWHERE, name, foreign=relation.foreign))
    elif isinstance(relation, View):
        yield planned(Phase.NO_VIEWS, DropView(NOWHERE, name, relation.materialized))
    elif isinstance(relation, Index):
        # A constraint, a table, and the index of a partitioned table take theirs along.
        stays = relation.constraint is None and relation.parent is None
        owner = then.relations.get(relation.table)
        if stays and isinstance(owner, (Table, View)) and not _falls_with_column(relation, now, owner):
            apart = world.outside and not _is_partitioned(owner)
            yield planned(Phase.NO_INDEXES, DropIndex(NOWHERE, name, concurrently=apart))
    elif not _goes_with_column(relation, then):
        yield planned(Phase.NO_SEQUENCES, DropSequence(NOWHERE, name))


def _falls_with_column(index: Index, now: Schema, owner: Table | View) -> bool:
    """Whether an index reads a column that its table has no longer."""
    table = now.table(index.table)
    gone = (column for column in index.columns if owner.column(column) is None)
    return table is not None and any(table.column(column) is not None for column in gone)


def _is_partitioned(relation: Table | View) -> bool:
    return isinstance(relation, Table) and bool(relation.partition_by)


def _goes_with_column(sequence: Sequence, schema: Schema) -> bool:
    """Whether a sequence comes and goes with its column."""
    if sequence.owner is None:
        return False
    table = schema.table(sequence.owner[0])
    return table is None or table.column(sequence.owner[1]) is None or sequence.identity


def _index(now: Index | None, then: Index, has: Schema, had: Schema, world: World) -> Way:
    if then.constraint is None and then.parent is None:
        if now is not None and now.constraint is not None:
            now = None  # It falls with the constraint.
        made_of = then._replace(properties=(), valid=True)
        if now is not None and now._replace(properties=(), valid=True) != made_of:
            yield planned(Phase.NO_INDEXES, DropIndex(NOWHERE, then.name))
            now = None
        if now is None:
            if any(key == "the elements" for key, _ in then.properties):
                yield Lost(f"index {then.name.display}", "it has one key twice")
                return
            there = has.relations.get(then.table)
            apart = world.outside and isinstance(there, (Table, View)) and not _is_partitioned(there)
            phase = Phase.TRIGGERS if isinstance(had.relations.get(then.table), View) else Phase.INDEXES
            if any(" of key " in key for key, _ in then.properties):
                yield Lost(f"index {then.name.display}", "the options of its operator class are not written")
                return
            yield planned(phase, index_definition(then)._replace(concurrently=apart))
    current = now.properties if now is not None else parameters(then.properties)
    yield from settings(of_relation(then), without_marks(current), _own(then))
    yield from (planned(Phase.SETTINGS, each) for each in marks(then.table, then, current))


def _own(index: Index) -> tuple[tuple[str, str], ...]:
    return tuple(each for each in without_marks(index.properties) if each[0] != "the replica identity")


def _sequence(now: Sequence | None, then: Sequence, has: Schema, had: Schema) -> Way:
    usual = then.properties
    if now is None:
        if then.temporary:
            return
        if not tables.brings_sequence(then, has, had):
            options = tuple(each for each in then.properties if each[0].startswith(OPTION))
            yield planned(Phase.SEQUENCES, CreateSequence(NOWHERE, then.name, options=options))
            if then.owner is not None:
                yield planned(Phase.SETTINGS, AlterSequence(NOWHERE, then.name, owned_by=then.owner))
        usual = tuple(each for each in then.properties if each[0].startswith(OPTION))
    else:
        usual = now.properties
        if now.owner != then.owner:
            yield planned(Phase.SETTINGS, AlterSequence(NOWHERE, then.name, owned_by=then.owner or ()))
    yield from settings(of_relation(then), usual, then.properties)
