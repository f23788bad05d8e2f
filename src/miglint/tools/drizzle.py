"""
Drizzle Kit: `N_name.sql` in the order of `meta/_journal.json`, or `<name>/migration.sql` with snapshot.json.

Only what the journal lists runs, and only what is newer than the last migration that ran. All pending
migrations run in one transaction; nothing in a file can leave it. `--> statement-breakpoint` separates
statements. Drizzle has no down migrations.

Facts from its source: drizzle-orm/src/migrator.ts, drizzle-orm/src/pg-core/dialect.ts and drizzle-kit.
"""

import os
import re
from typing import NamedTuple

from miglint.model.irregularity import Irregularity, MissingFile, SkippedMigration, UnreachableFile
from miglint.model.migration import Advice, Commands, Direction, History, Problem, Reaction, TransactionMode
from miglint.model.source import Source, Span
from miglint.project.dialects import dialect_of
from miglint.project.files import Files, Folder, join
from miglint.text.lazy import expression
from miglint.tools._places import Place, nowhere, without_downs
from miglint.tools._releases import with_releases
from miglint.tools._scripts import MigrationFiles, Wrapping, read_migrations, words
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings

SNAPSHOT = "snapshot.json"
UP = "migration.sql"
_JOURNAL = "_journal.json"
# More files than that have one cause: the journal is another one.
_MOST = 3
_SNAPSHOTS = "_snapshot.json"
_NUMBERED = expression(r"\d{4,}_[^/]*\.sql")
_CONFIGURATIONS = tuple(
    f"drizzle.config.{ending}" for ending in ("ts", "js", "mts", "mjs", "cts", "cjs", "json")
)
_OUT = expression(r"""\bout["']?\s*:\s*["'`]([^"'`]*)["'`]""")
# Where drizzle-kit writes if its configuration does not say.
_USUAL_OUT = "drizzle"
_BREAKPOINT = expression(r"--> statement-breakpoint")


class _Entry(NamedTuple):
    tag: str
    when: int
    span: Span


def recognise(folder: Folder, files: Files) -> Evidence | None:
    """Know a folder by its journal or snapshots in meta/, by a snapshot.json beside a migration.sql.

    One that has lost its journal is still one that drizzle-kit's configuration names.
    """
    shown = files.shown(folder.path)
    if "meta" in folder.folders:
        meta = files.child(folder, "meta")
        mark = _JOURNAL if meta.has(_JOURNAL) else next(iter(meta.ending(_SNAPSHOTS)), "")
        if mark:
            return Evidence(Rank.MARKER, f"meta/{mark} in {shown}")
    names = [name for name, child in files.children(folder) if child.has(UP) and child.has(SNAPSHOT)]
    if names:
        return Evidence(Rank.LAYOUT_AND_NAMES, f"{names[0]}/{SNAPSHOT} in {shown}")
    if any(map(_NUMBERED.fullmatch, folder.files)):
        configuration = files.nearest(folder.path, *_CONFIGURATIONS)
        if configuration is not None and _names(configuration, folder, files):
            return Evidence(Rank.LAYOUT, f"{files.shown(configuration)} names {shown}")
    return None


def _names(configuration: str, folder: Folder, files: Files) -> bool:
    """Tell whether drizzle-kit's configuration has its migrations written into a folder."""
    found = _OUT.search(files.text(configuration))
    out = join(os.path.dirname(configuration), found[1] if found else _USUAL_OUT)
    return files.full(out) == files.full(folder.path)


def read(folder: Folder, files: Files, settings: ToolSettings) -> History:
    """Read what the journal lists, in its order; without one the folders in the order of their names."""
    odd: list[Irregularity] = []
    problems: tuple[Problem, ...] = ()
    gaps: tuple[Problem, ...] = ()
    dialect = None
    journal = files.read(join(folder.path, f"meta/{_JOURNAL}")) if "meta" in folder.folders else None
    if isinstance(journal, Source):
        entries = _entries(journal)
        if not _LIST.search(journal.text):
            problems = (Problem(journal.path, "no list of entries in the journal: drizzle stops"),)
        named = re.search(r'"dialect"\s*:\s*"(\w+)"', journal.text)
        dialect = named and named[1]
        odd += _oddities(journal, entries, folder, files)
        order = [
            MigrationFiles(entry.tag, folder.file(f"{entry.tag}.sql"))
            for entry in entries
            if folder.has(f"{entry.tag}.sql")
        ]
        reason = ""
        if entries and not order:
            reason = f"the journal lists {len(entries)}, none of which exists"
        elif not (order or problems) and any(map(_NUMBERED.fullmatch, folder.files)):
            reason = "the journal lists none of the files"
        gaps = (Problem(files.shown(folder.path), reason),) if reason else ()
    else:
        order = [
            MigrationFiles(name, child.file(UP)) for name, child in files.children(folder) if child.has(UP)
        ]
        if isinstance(journal, Problem) and files.child(folder, "meta").has(_JOURNAL):
            problems = (journal,)
        elif not order and (journal is not None or folder.ending(".sql")):
            place = files.shown(join(folder.path, f"meta/{_JOURNAL}"))
            problems = (Problem(place, "no such file: without its journal drizzle stops"),)
    reading = read_migrations(files, order, _wrap, words(_fill))
    if isinstance(journal, Source):
        times = {entry.tag: (entry.when // 1000, entry.when % 1000) for entry in entries}
        together = with_releases(reading.migrations, [times.get(one.id) for one in reading.migrations])
        reading = reading._replace(migrations=together)
    return reading.history(
        tool.name,
        files.shown(folder.path),
        dialect_of(folder, files, reading.texts(), "sqlite" if dialect == "turso" else dialect),
        _ADVICE,
        odd,
        problems=problems,
        gaps=gaps,
    )


_LIST = expression(r'"entries"\s*:\s*\[')


def _entries(journal: Source) -> list[_Entry]:
    """Read the entries with their places; objects in them hold no braces, so no parser is needed."""
    found = []
    for item in re.finditer(r"\{[^{}]*\}", journal.text):
        tag = re.search(r'"tag"\s*:\s*"([^"]*)"', item.group())
        when = re.search(r'"when"\s*:\s*(\d{1,18})', item.group())
        if tag and when:
            found.append(_Entry(tag[1], int(when[1]), Span(*item.span())))
    return found


def _oddities(journal: Source, entries: list[_Entry], folder: Folder, files: Files) -> list[Irregularity]:
    odd: list[Irregularity] = []
    newest: _Entry | None = None
    for entry in entries:
        if not folder.has(f"{entry.tag}.sql"):
            message = f"the journal lists {entry.tag}, and there is no {entry.tag}.sql: drizzle stops"
            odd.append(MissingFile(journal, message, "commit the file", entry.span, entry.tag))
        if newest is not None and entry.when < newest.when:
            message = (
                f"{entry.tag} is older than {newest.tag}: a database that has run that one never runs it"
            )
            above = max(entry.when for entry in entries)
            help_text = f"move it to the end of the journal, with a `when` above {above}"
            odd.append(SkippedMigration(journal, message, help_text, entry.span, entry.tag))
        else:
            newest = entry
    listed = {f"{entry.tag}.sql" for entry in entries}
    left = [name for name in folder.ending(".sql") if name not in listed and name[:1].isdigit()]
    for name in left if len(left) <= _MOST else left[:1]:
        others = f" and {len(left) - 1} more" if len(left) > _MOST else ""
        them = "them" if others else "it"
        message = f"drizzle never runs this file{others}: the journal does not list {them}"
        source = Source(files.shown(folder.file(name)), "")
        odd.append(UnreachableFile(source, message, f"delete {them}, or generate the migration again"))
    return odd


def _fill(text: str) -> str:
    # Drizzle splits here, so that the statement before needs no semicolon.
    return _BREAKPOINT.sub(lambda mark: ";".ljust(len(mark.group())), text)


def _wrap(_: MigrationFiles, _direction: Direction, _source: Source) -> Wrapping:
    return Wrapping(TransactionMode.PER_RUN, "drizzle runs all pending migrations in one transaction")


_ADVICE = Advice(
    has_downs=False,
    down_file="<tag>.down.sql, which no command runs",
    without_down="Drizzle has no down migrations: only SQL by hand, or a new migration, undoes one",
    set_lock_timeout=(
        "add `options=-c%20lock_timeout%3D5s` to the connection URL that migrates, "
        "or run `ALTER ROLE <the migrating role> SET lock_timeout = '5s'` once"
    ),
    always_in_transaction="Drizzle runs all pending migrations in one transaction",
    late=Reaction.SKIPS,
    commands=Commands(
        apply="npx drizzle-kit migrate",
        mark_applied=(
            "INSERT INTO drizzle.__drizzle_migrations (hash, created_at) VALUES ('{id}', {version});"
        ),
        unmark="DELETE FROM drizzle.__drizzle_migrations WHERE created_at = <its when in the journal>;",
    ),
)

tool = Tool(
    name="drizzle",
    title="Drizzle Kit",
    recognise=recognise,
    read=read,
    traces=(".sql", _JOURNAL, _SNAPSHOTS),
    depth=1,
    copy_fails=True,
    mark_fails=True,
    place=Place(
        down=without_downs,
        new=nowhere(
            "drizzle-kit keeps a journal and a snapshot of its own: "
            "`npx drizzle-kit generate --custom --name <name>` writes the file, and the SQL goes there"
        ),
    ),
)
