"""The ways through a block of code: which of them runs, and what is known after those that may."""

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from functools import reduce
from typing import NamedTuple, TypeVar

from miglint.dialects.sql.replay.branches import either as either_schema
from miglint.dialects.sql.replay.conditions import is_there
from miglint.dialects.sql.session import Held, Session, Settings
from miglint.model import BlockStatement, CatalogTest, Decision, Name, Schema
from miglint.model.frozen_map import FrozenMap, FrozenSet
from miglint.simulate.undo import State

T = TypeVar("T", bound=Hashable)


class Way(NamedTuple):
    """A way through a decision; one that is `unlikely` is not taken on the schema that the history makes."""

    statements: tuple[BlockStatement, ...]
    unlikely: bool = False


def ways(decision: Decision, group: Sequence[BlockStatement], level: int, schema: Schema) -> Iterator[Way]:
    """Give the ways that can be taken, in order, by what their conditions ask of the schema.

    What the schema has is there, so that a way for its absence is left out; what it lacks may still be in
    the database, where the history does not tell all of it: then the way is unlikely.
    """
    by_way: list[list[BlockStatement]] = [[] for _ in range(decision.ways)]
    for statement in group:
        by_way[statement.branches[level][1]].append(statement)
    near = (getattr(o, kind, None) for s in group for o in s.operations for kind in ("table", "type"))
    tables = sorted({name for name in near if isinstance(name, Name)})
    unlikely = False
    for number, statements in enumerate(by_way):
        tests = decision.tests[number] if number < len(decision.tests) else None
        if tests is None:
            yield Way(tuple(statements), unlikely)
            continue
        holds, sure = _holds(tests, schema, tables)
        if holds:
            yield Way(tuple(statements), unlikely)
            if sure:
                return
            unlikely = True
        elif not sure:
            yield Way(tuple(statements), unlikely=True)


def _holds(tests: Sequence[CatalogTest], schema: Schema, near: Sequence[Name]) -> tuple[bool, bool]:
    """Tell whether all tests hold, and whether that rests on what is there, not on what is missing."""
    found = [(test, is_there(test, schema, near)) for test in tests]
    failing = [there for test, there in found if there == test.absent]
    if failing:
        return False, any(failing)
    return True, all(there for _, there in found)


def either(before: State, ways: Sequence[State]) -> State:
    """Give what is known after a decision, of the states at the end of its ways."""
    schema = either_schema(before.schema, [way.schema for way in ways])
    return State(schema, _session(before.session, [way.session for way in ways]))


def _session(before: Session, ways: Sequence[Session]) -> Session:
    """What may be new is new, what may have rows has some, and a lock that may be held is held."""
    if len(ways) == 1 or all(way is before for way in ways):
        return ways[0]
    return ways[0]._replace(
        settings=reduce(_settings, (way.settings for way in ways)),
        committed=reduce(_settings, (way.committed for way in ways)),
        held=_held(before.held, [way.held for way in ways]),
        created=_any(before.created, [way.created for way in ways]),
        earlier=_any(before.earlier, [way.earlier for way in ways]),
        objects=_any(before.objects, [way.objects for way in ways]),
        columns_added=_any(before.columns_added, [way.columns_added for way in ways]),
        columns_given=_any(before.columns_given, [way.columns_given for way in ways]),
        columns_of_release=_any(before.columns_of_release, [way.columns_of_release for way in ways]),
        filled=_any(before.filled, [way.filled for way in ways]),
        emptied=_all(before.emptied, [way.emptied for way in ways]),
        truncated=_all(before.truncated, [way.truncated for way in ways]),
        proved_empty=_all(before.proved_empty, [way.proved_empty for way in ways]),
        found_empty=_all(before.found_empty, [way.found_empty for way in ways]),
        dead=_any(before.dead, [way.dead for way in ways]),
        dropped_keys=frozenset.intersection(*(way.dropped_keys for way in ways)),
        backfilled=_any(before.backfilled, [way.backfilled for way in ways]),
        nulls_deleted=_any(before.nulls_deleted, [way.nulls_deleted for way in ways]),
        listed=_any(before.listed, [way.listed for way in ways]),
        poured=_any(before.poured, [way.poured for way in ways]),
    )


def _settings(one: Settings, other: Settings) -> Settings:
    """A setting with two values is as good as not set."""
    if one == other:
        return one
    return Settings(
        lock_timeout=one.lock_timeout if one.lock_timeout == other.lock_timeout else None,
        statement_timeout=one.statement_timeout if one.statement_timeout == other.statement_timeout else None,
        time_zone=one.time_zone if one.time_zone == other.time_zone else None,
        search_path=one.search_path,
        switches=one.switches & other.switches,
    )


def _any(before: FrozenSet[T], ways: Sequence[FrozenSet[T]]) -> FrozenSet[T]:
    gone = Counter(element for way in ways for element in before.changed(way))
    added = [element for way in ways for element in way.changed(before)]
    return before - [element for element, times in gone.items() if times == len(ways)] | added


def _all(before: FrozenSet[T], ways: Sequence[FrozenSet[T]]) -> FrozenSet[T]:
    gone = [element for way in ways for element in before.changed(way)]
    added = Counter(element for way in ways for element in way.changed(before))
    return before - gone | [element for element, times in added.items() if times == len(ways)]


def _held(before: FrozenMap[Name, Held], ways: Sequence[FrozenMap[Name, Held]]) -> FrozenMap[Name, Held]:
    found = before
    for way in ways:
        for name in way.changed(before):
            mine, its = found.get(name), way[name]
            if mine is None or mine.mode < its.mode:
                found = found.with_item(name, its)
    return found
