"""The commands of a tool that take a database from one version to another, in order, ready to be run."""

import re
from collections.abc import Sequence

from miglint.model.migration import History, Migration

_OF_CHANGESET = r"\(\d+\)\Z"
_ALONE = re.compile(r"\b(?:CONCURRENTLY|VACUUM)\b", re.IGNORECASE)
_PSQL = 'psql "$DATABASE_URL" -v ON_ERROR_STOP=1 {one}-f {path}'
NO_FILE = "<the SQL of the way back of {id}>"


def undone_with(history: History, first: str) -> tuple[Migration, ...]:
    """Give the migrations that go when one of a history goes: it, and all that came after it."""
    ids = [migration.id for migration in history.migrations]
    return tuple(one for one in history.migrations[ids.index(first) :] if not one.repeatable)


def kept_before(history: History, first: Migration) -> Migration | None:
    """Give the migration that is the newest one when this and all later ones are undone."""
    before = history.migrations[: history.migrations.index(first)]
    return next((one for one in reversed(before) if not one.repeatable), None)


def steps_back(history: History, undone: Sequence[Migration]) -> tuple[str, ...]:
    """
    Give the commands that undo the newest migrations of a history, `undone`, in the order in which they run.

    A tool that runs no way back has its SQL run by hand, newest first, and each migration unmarked after it.
    A line in angle brackets is for people to fill in.
    """
    if not undone:
        return ()
    advice, commands = history.advice, history.advice.commands
    kept = kept_before(history, undone[0])
    newest_first = _one_each(undone)[::-1]
    count = len(newest_first)
    if not advice.has_downs:
        return tuple(line for one in newest_first for line in _by_hand(history, one))
    if count > 1:
        # The count is what the person at the keyboard checks against the list of what is to go.
        some = history.command(commands.roll_back_some, undone[-1], count)
        to = history.command(commands.roll_back_to, kept) if kept else ""
        if some or to:
            return (some or to,)
    each = tuple(history.command(commands.roll_back, one) for one in newest_first)
    return each if all(each) else ()


def steps_up(history: History, applied: Sequence[Migration]) -> tuple[str, ...]:
    """Give the commands that run these migrations, which follow each other in a history."""
    if not applied:
        return ()
    commands = history.advice.commands
    is_rest = applied[-1].id == [one.id for one in history.migrations if not one.repeatable][-1:][0]
    targeted = (
        history.command(commands.apply_some, applied[-1], len(_one_each(applied))),
        history.command(commands.apply_to, applied[-1]),
    )
    all_of_it = history.command(commands.apply, applied[-1])
    found = (all_of_it, *targeted) if is_rest else (*targeted[::-1], all_of_it)
    return tuple(filter(None, found))[:1]


def _one_each(migrations: Sequence[Migration]) -> list[Migration]:
    """Leave out what is part of another one to the tool: the further files of one changeset."""
    kept = {re.sub(_OF_CHANGESET, "", one.id): one for one in reversed(migrations)}
    return list(kept.values())[::-1]


def _by_hand(history: History, migration: Migration) -> tuple[str, ...]:
    commands = history.advice.commands
    down = migration.down.source.path if migration.down else ""
    own_file = down and down != (migration.up.source.path if migration.up else "")
    path = down if own_file else NO_FILE.format(id=migration.id)
    # The tool's own way to run a file, as Prisma has one, is in `roll_back`.
    own = history.command(commands.roll_back, migration) if _runs_a_file(commands.roll_back) else ""
    if own and own_file:
        own = own.replace(f"{history.root}/{migration.id}/down.sql", down)
    psql = _PSQL.format(one="" if _is_apart(migration) else "-1 ", path=path)
    run = own or (psql if _is_postgres(history) else path)
    unmark = history.command(commands.unmark, migration)
    return tuple(filter(None, (run, unmark)))


def _runs_a_file(command: str) -> bool:
    return "{id}" in command and ".sql" in command


def _is_apart(migration: Migration) -> bool:
    """Tell whether the way back holds what cannot run in psql's one transaction."""
    return migration.down is not None and bool(_ALONE.search(migration.down.sql))


def _is_postgres(history: History) -> bool:
    return history.dialect == "postgres"
