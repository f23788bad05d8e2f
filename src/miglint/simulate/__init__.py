"""The simulation: what the scripts of a history do, one after the other. It knows no rule.

`run` takes one script, up or down alike, from a schema and a session to its trace; `migrations` takes a
whole history, each migration's way back included.
"""

from collections.abc import Callable, Iterator

from miglint.dialects.sql.session import NO_SESSION, Session, after_code
from miglint.model import History, Migration, Schema
from miglint.simulate import since_base
from miglint.simulate.preconditions import passes_over
from miglint.simulate.trace import Ran, Record, Start, Trace
from miglint.simulate.walk import CRASHED, Conditions, Machine, place_of, run

__all__ = [
    "CRASHED",
    "Conditions",
    "Machine",
    "Ran",
    "Record",
    "Start",
    "Trace",
    "migrations",
    "place_of",
    "run",
]


def migrations(
    history: History,
    machine: Machine,
    until: str | None = None,
    downs: Callable[[Migration], bool] = lambda _migration: False,
    schema: Schema | None = None,
) -> Iterator[Ran]:
    """Run the migrations of a history, up to one that `until` names; `downs` says whose way back runs too.

    `schema` is there before the first one, that of an empty database if None. A way back starts from the
    schema that its way up leaves, and leaves no trace in what follows.
    """
    brought = since_base.brought(history)
    # Others can stand between those of a release, which were deployed before it.
    releases: dict[tuple[str, bool], Session] = {}
    day: int | None = None
    schema, session = machine.dialect.schema if schema is None else schema, NO_SESSION
    if history.problems:
        schema = schema.with_doubt("what a file does that cannot be read")
    at_last_code = schema
    for migration in history.migrations:
        if any(passes_over(what, schema) for what in migration.unless):
            yield Ran(migration, Start(schema, session), skipped=True)
        else:
            up = down = None
            start = Start(schema, session)
            if migration.up is not None:
                release = _release(migration, brought)
                yesterday, day = day, migration.day
                start = start._replace(
                    release=releases.get(release) if release else None,
                    same_day=day is not None and day == yesterday,
                )
                up = run(migration.up, start, machine, migration.id)
                schema, session = _after_session(up.schema, machine), up.session
                if release:
                    releases[release] = session
            if migration.opaque is not None:
                changed = schema.relations.changed(at_last_code.relations)
                tables = [table for name in changed if (table := schema.table(name)) is not None]
                session, at_last_code = after_code(session, tables), schema
                schema = schema.with_doubt(f"what a step in code does: {migration.id}")
            if migration.down is not None and downs(migration):
                down = run(migration.down, Start(schema, session), machine, migration.id)
            yield Ran(migration, start, up, down)
        if until is not None and migration.id == until:
            break


def _after_session(schema: Schema, machine: Machine) -> Schema:
    """Give the schema without temporary tables: the next migration may run in a later deploy, on its own."""
    for place in machine.dialect.session.private_schemas:
        for name in schema.relations_in(place):
            schema = schema.without_relation(name)
    return schema


def _release(migration: Migration, brought: frozenset[str]) -> tuple[str, bool] | None:
    """What a change brings is deployed at once, and later than what was there of the same release."""
    if migration.id in brought:
        return ("", True)
    return (migration.release, False) if migration.release else None
