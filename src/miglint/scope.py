"""What a change adds to a history: the history as it is, beside the history as it was."""

import re
from collections.abc import Callable, Iterator

from miglint.events import EditedMigration, LateMigration, RemovedMigration
from miglint.model import Checksum, History, Irregularity, Migration, Script

Change = EditedMigration | RemovedMigration | LateMigration


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
    return frozenset(m.id for m in history.migrations if m.id not in before and _text(m) not in there)


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


def changes(history: History, normalise: Callable[[str], tuple[str, ...]]) -> Iterator[Change]:
    """Give what the change at hand does to migrations that were there, and where it puts new ones.

    `normalise` gives the parts of a text that make a difference to the server.
    """
    if history.base is None:
        return
    before = _before(history)
    fresh = {m.id: m for m in history.migrations if m.id not in before}
    for migration in history.migrations:
        was = before.get(migration.id)
        if was is None or migration.repeatable or _file(migration) == _file(was):
            continue
        checksum = history.advice.checksum
        noticed = _covered(migration, checksum) != _covered(was, checksum)
        same = normalise(_text(migration)) == normalise(_text(was))
        if noticed or _text(migration) != _text(was):
            yield EditedMigration(migration, was, comments_only=same, noticed=noticed)
    # A new migration of the same text, else of the same file, is the old one under another name.
    moved = {_text(m): m for m in fresh.values() if _text(m)}
    renamed: set[str] = set()
    kept = {was.id for was in before.values()}
    for was in history.base.migrations:
        if was.id in kept or was.repeatable:
            continue
        to = moved.get(_text(was))
        if to is not None:
            renamed.add(to.id)
        yield RemovedMigration(was, to)
    yield from _late(history, before, fresh.keys() - renamed)


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
