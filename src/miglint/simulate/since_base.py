"""What a change adds to a history: the history as it is, beside the history as it was."""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import NamedTuple

from miglint.model import Checksum, History, Irregularity, Migration, Script
from miglint.text.lazy import expression


class EditedMigration(NamedTuple):
    """The change at hand edits a migration that was there before.

    `comments_only`: the server gets the same statements, only comments and layout differ.
    `noticed`: the tool's checksum covers what differs.
    """

    migration: Migration
    comments_only: bool
    noticed: bool


class RemovedMigration(NamedTuple):
    """The change at hand deletes a migration, or renames it to `renamed_to`."""

    before: Migration
    renamed_to: Migration | None


class SquashedMigrations(NamedTuple):
    """The change at hand puts new migrations in the place of others that made the same tables.

    `before` are those others, `into` the new ones. `known`: all the new ones were there, and were edited.
    `fails`: they fail on a database that has run the others. `differences` is what they do not make as it
    was, in words. `newest` is what was there and comes after them, if anything does.
    """

    before: tuple[Migration, ...]
    into: tuple[Migration, ...]
    known: bool
    fails: bool
    differences: tuple[str, ...] = ()
    newest: Migration | None = None


class LateMigration(NamedTuple):
    """The change at hand adds a migration that comes before one that was there."""

    migration: Migration
    newest: Migration


Change = EditedMigration | RemovedMigration | SquashedMigrations | LateMigration
Migrations = tuple[Migration, ...]
Squash = Callable[[Migrations, Migrations], SquashedMigrations | None]
"""Tells of migrations that are gone, and of new or edited ones, whether these were put in their place."""


def added(history: History) -> frozenset[str]:
    """Give the ids of the migrations that are new or not as they were."""
    before = _before(history)
    return frozenset(
        m.id for m in history.migrations if m.id not in before or _as_run(m) != _as_run(before[m.id])
    )


def brought(history: History) -> frozenset[str]:
    """Give the ids of the migrations that no database has run before the change at hand."""
    if history.base is None:
        return frozenset()
    before = _before(history)
    there = {_text(was) for was in history.base.migrations} - {""}
    renamed = {m.id for m in _moved(history, before).values()}
    return frozenset(
        m.id
        for m in history.migrations
        if m.id not in before and m.id not in renamed and _text(m) not in there
    )


def earlier(history: History) -> dict[str, Migration]:
    """Give what each migration was before the change at hand, by its id: those renamed by it as well."""
    if history.base is None:
        return {}
    before, base = _before(history), {was.id: was for was in history.base.migrations}
    return before | {to.id: base[id_] for id_, to in _moved(history, before).items()}


def shared(history: History) -> int:
    """Give how many migrations at the beginning the change at hand leaves as they were."""
    base = history.base.migrations if history.base else ()
    pairs = zip(history.migrations, base, strict=False)
    same = (new.id == was.id and _as_run(new) == _as_run(was) for new, was in pairs)
    return next((at for at, alike in enumerate(same) if not alike), min(len(history.migrations), len(base)))


def new_irregularities(history: History) -> tuple[Irregularity, ...]:
    """Give the irregularities that the change at hand brings, or that concern a migration asked for."""
    if history.selected is None:
        return history.irregularities
    known = {(type(i), i.source.path, i.message) for i in history.base.irregularities} if history.base else ()
    return tuple(
        i
        for i in history.irregularities
        if (history.base is not None and (type(i), i.source.path, i.message) not in known)
        or (history.base is None and i.migration in history.selected)
    )


def changes(
    history: History, normalise: Callable[[str], tuple[str, ...]], squash: Squash
) -> Iterator[Change]:
    """Give what the change at hand does to migrations that were there, and where it puts new ones.

    `normalise` gives the parts of a text that make a difference to the server.
    """
    if history.base is None:
        return
    before = _before(history)
    edited = list(_edited(history, before, normalise))
    moved = _moved(history, before)
    kept = {was.id for was in before.values()}
    removed = [
        RemovedMigration(was, moved.get(was.id))
        for was in history.base.migrations
        if was.id not in kept and not was.repeatable
    ]
    renamed = {change.renamed_to.id for change in removed if change.renamed_to is not None}
    fresh = [m for m in history.migrations if m.id not in before and m.id not in renamed]
    gone = tuple(change.before for change in removed if change.renamed_to is None)
    replacing = (*(change.migration for change in edited if not change.comments_only), *fresh)
    squashed = squash(gone, replacing) if gone and replacing else None
    into = {migration.id for migration in squashed.into} if squashed else set()
    yield from (change for change in edited if change.migration.id not in into)
    yield from (change for change in removed if squashed is None or change.renamed_to is not None)
    late = list(_late(history, before, {migration.id for migration in fresh}))
    if squashed is not None:
        newest = next((change.newest for change in late if change.migration.id in into), None)
        yield squashed._replace(newest=newest)
    yield from (change for change in late if change.migration.id not in into)


def _edited(
    history: History, before: dict[str, Migration], normalise: Callable[[str], tuple[str, ...]]
) -> Iterator[EditedMigration]:
    for migration in history.migrations:
        was = before.get(migration.id)
        if was is None or migration.repeatable or _file(migration) == _file(was):
            continue
        checksum = history.advice.checksum
        noticed = _covered(migration, checksum) != _covered(was, checksum)
        same = normalise(_text(migration)) == normalise(_text(was))
        if noticed or _text(migration) != _text(was):
            yield EditedMigration(migration, comments_only=same, noticed=noticed)


def _moved(history: History, before: dict[str, Migration]) -> dict[str, Migration]:
    """Give the new migrations that are old ones under another name, by the old ids.

    They have the same text, or else the same name behind another number and most of the text.
    """
    kept = {was.id for was in before.values()}
    gone = [m for m in history.base.migrations if m.id not in kept and _text(m)] if history.base else []
    fresh = [m for m in history.migrations if m.id not in before and _text(m)] if gone else []
    texts = {_text(m): m for m in fresh}
    found = {was.id: texts[_text(was)] for was in gone if _text(was) in texts}
    taken = {m.id for m in found.values()}
    names = {_NUMBER.sub("", m.id): m for m in fresh if m.id not in taken}
    for was in gone:
        to = names.get(_NUMBER.sub("", was.id))
        if was.id not in found and to is not None and _is_mostly(was, to):
            found[was.id] = names.pop(_NUMBER.sub("", to.id))
    return found


_NUMBER = expression(r"^[vV]?\d[\d._-]*")


def _is_mostly(was: Migration, now: Migration) -> bool:
    before, after = (Counter(line.strip() for line in _text(m).split("\n")) for m in (was, now))
    return 2 * (before & after).total() > max(before.total(), after.total())


def _late(history: History, before: dict[str, Migration], fresh: set[str]) -> Iterator[LateMigration]:
    newest: Migration | None = None
    late = []
    for migration in reversed(history.migrations):
        if migration.repeatable:
            continue
        if migration.id in before:
            newest = newest or migration
        elif newest is not None and migration.id in fresh:
            late.append(LateMigration(migration, newest))
    yield from reversed(late)


def _before(history: History) -> dict[str, Migration]:
    """Give what each migration was before the change, by its id: the one that the tool takes for the same."""
    base = {migration.id: migration for migration in history.base.migrations} if history.base else {}
    found = {m.id: base[m.id] for m in history.migrations if m.id in base}
    if pattern := history.advice.version:
        left = {_version(pattern, id_): was for id_, was in base.items() if id_ not in found}
        for migration in history.migrations:
            version = _version(pattern, migration.id)
            if migration.id not in found and version and version in left:
                found[migration.id] = left.pop(version)
    return found


def _version(pattern: str, name: str) -> str:
    version = re.match(pattern, name)
    return version[0].lstrip("0") if version else ""


def _text(migration: Migration) -> str:
    """The up script without what differs between checkouts: line breaks, blanks at the ends."""
    return migration.up.sql.replace("\r\n", "\n").strip() if migration.up else ""


def _file(migration: Migration) -> tuple[str, bool]:
    """The whole file of the up script, and whether a byte order mark stands in front."""
    return (migration.up.source.text, migration.up.source.marked) if migration.up else ("", False)


def _covered(migration: Migration, checksum: Checksum) -> object:
    """What the tool's checksum is made of."""
    text, marked = _file(migration)
    if checksum is Checksum.NONE:
        return ""
    if checksum is Checksum.BYTES:
        return (text, marked)
    text = text.replace("\r\n", "\n")
    if checksum is Checksum.TRIMMED:
        return text.strip()
    if checksum is Checksum.LINES:
        return text.replace("\r", "\n").replace("\n", "")
    return _text(migration).split() if checksum is Checksum.WORDS else text


def _as_run(migration: Migration) -> tuple[tuple[str, str], ...]:
    """What both scripts do, and how: their text and transaction mode."""
    scripts: tuple[Script | None, ...] = (migration.up, migration.down)
    return tuple((s.sql.replace("\r\n", "\n").strip(), s.mode.value) if s else ("", "") for s in scripts)
