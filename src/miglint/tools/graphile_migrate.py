"""
Graphile Migrate: `committed/N-name.sql` in the order of the numbers, and current.sql as the last.

Each migration runs in a transaction; `--! no-transaction` in the first line of its body turns it off, and the
file goes out as one query. `:NAME` stands for a placeholder. There is no way back. For PostgreSQL only.

Facts from its source: src/migration.ts (headers, placeholders) and src/commands/migrate.ts.
"""

import re

from miglint.model.migration import Advice, Commands, Direction, History, Reaction, TransactionMode
from miglint.model.source import Source
from miglint.tools._dialects import POSTGRES
from miglint.tools._files import Files, Folder
from miglint.tools._placeholders import filler
from miglint.tools._scripts import MigrationFiles, Wrapping, read_migrations
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings

_NAME = re.compile(r"([0-9]+)(?:-[-_a-zA-Z0-9]*)?\.sql")
_HEADER = re.compile(r"^--! (?:Previous|Hash): ", re.MULTILINE)
_UNWRAPPED = re.compile(r"\A(?:--! (?!no-transaction)[^\n]*\n|[ \t\r]*\n)*--! no-transaction\b")
_FILL = filler(r"(?<![:\w]):[A-Z][A-Z0-9_]+\b")


def recognise(folder: Folder, files: Files) -> Evidence | None:
    """Know a folder by a committed/ with headers in its files."""
    if "committed" not in folder.folders:
        return None
    committed = files.child(folder, "committed")
    name = next(
        (n for n in committed.sample(".sql") if _HEADER.search(files.beginning(committed.file(n)))), None
    )
    return (
        Evidence(Rank.MARKER, f"`--! Hash` in committed/{name} in {files.shown(folder.path)}")
        if name
        else None
    )


def read(folder: Folder, files: Files, settings: ToolSettings) -> History:
    """Read what is committed in the order of the numbers, then the current migration."""
    committed = files.child(folder, "committed")
    found = sorted((int(match[1]), name) for name in committed.files if (match := _NAME.fullmatch(name)))
    order = [MigrationFiles(name[: -len(".sql")], committed.file(name)) for _, name in found]
    if folder.has("current.sql"):
        order.append(MigrationFiles("current", folder.file("current.sql"), repeatable=True))
    elif "current" in folder.folders:
        current = files.child(folder, "current")
        order += [
            MigrationFiles(f"current/{name[: -len('.sql')]}", current.file(name), repeatable=True)
            for name in current.ending(".sql")
        ]
    reading = read_migrations(files, order, _wrap, _FILL)
    return reading.history(tool.name, files.shown(folder.path), POSTGRES, _ADVICE)


def _wrap(_: MigrationFiles, _direction: Direction, source: Source) -> Wrapping:
    if _UNWRAPPED.match(source.text):
        reason = "`--! no-transaction` turns the transaction off; the file goes out as one query"
        return Wrapping(TransactionMode.IMPLICIT_BATCH, reason)
    return Wrapping(TransactionMode.PER_MIGRATION, "Graphile Migrate runs each migration in a transaction")


_ADVICE = Advice(
    has_downs=False,
    down_file="a file in another folder, which no command runs",
    without_down="Graphile Migrate has no way back: only SQL by hand, or a new migration, undoes one",
    set_lock_timeout="run `ALTER ROLE <the migrating role> SET lock_timeout = '5s'` once",
    run_outside_transaction="put the statement alone in a migration that begins `--! no-transaction`",
    edited=Reaction.STOPS,
    removed=Reaction.STOPS,
    late=Reaction.STOPS,
    commands=Commands(
        apply="graphile-migrate migrate",
        unmark="DELETE FROM graphile_migrate.migrations WHERE filename = '{id}.sql';",
    ),
)

tool = Tool(name="graphile-migrate", title="Graphile Migrate", recognise=recognise, read=read, depth=1)
