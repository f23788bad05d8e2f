"""
Postgrator: flat files `N.do.name.sql` and `N.undo.name.sql`, in the order of the numbers.

Each file is sent as one query. Migrations in JavaScript keep their place in the sequence but are not read. A
file whose number is not above the last that ran is never run.

Facts from its source: postgrator.js (names, order, checksums) and lib/Client.js.
"""

import re

from miglint.model.irregularity import DuplicateVersion, Irregularity, UnreachableFile
from miglint.model.migration import Advice, Checksum, Direction, History, Migration, Reaction, TransactionMode
from miglint.model.source import Source
from miglint.project.dialects import dialect_of
from miglint.project.files import Files, Folder
from miglint.text.lazy import expression
from miglint.tools._numbering import Stem
from miglint.tools._places import (
    FileText,
    NoPlace,
    Place,
    Sql,
    Written,
    alone,
    down_at,
    each,
    in_root,
    pair,
    renamed,
)
from miglint.tools._scripts import MigrationFiles, Wrapping, read_migrations
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings

_NAME = expression(r"([0-9]{1,200})\.(do|undo)(?:\.([^.]*).*)?\.(sql|js|mjs|cjs)", re.DOTALL)


def recognise(folder: Folder, files: Files) -> Evidence | None:
    """Know a folder by `do` between the dots of a SQL file's name."""
    for name in folder.ending(".sql"):
        found = _NAME.fullmatch(name)
        if found and found[2] == "do":
            return Evidence(Rank.LAYOUT_AND_NAMES, f"{name} in {files.shown(folder.path)}")
    return None


def read(folder: Folder, files: Files, settings: ToolSettings) -> History:
    """Read the pairs in the order of their numbers."""
    found: dict[tuple[int, str], str] = {}
    odd: list[Irregularity] = []
    for name in folder.files:
        match = _NAME.fullmatch(name)
        if match is None:
            if name.endswith(".sql") and name[0].isdigit():
                message = f"Postgrator never runs this file: {name} has neither do nor undo in it"
                source = Source(files.shown(folder.file(name)), "")
                odd.append(UnreachableFile(source, message, "name it N.do.name.sql or N.undo.name.sql"))
            continue
        key = (int(match[1]), match[2])
        if found.setdefault(key, name) != name:
            message = f"version {key[0]} is taken by {found[key]}: Postgrator refuses the folder"
            source = Source(files.shown(folder.file(name)), "")
            odd.append(DuplicateVersion(source, message, "give it a number of its own", migration=name))
    order = []
    for number, direction in sorted(found):
        if direction == "undo":
            continue
        name, back = found[number, direction], found.get((number, "undo"), "")
        path, stem = folder.file(name), name.rpartition(".")[0]
        down = folder.file(back) if back.endswith(".sql") else None
        is_sql = name.endswith(".sql")
        order.append(MigrationFiles(stem, path if is_sql else None, down, None if is_sql else path))
    reading = read_migrations(files, order, _wrap)
    return reading.history(
        tool.name, files.shown(folder.path), dialect_of(folder, files, reading.texts()), _ADVICE, odd
    )


def _wrap(_: MigrationFiles, _direction: Direction, _source: Source) -> Wrapping:
    return Wrapping(TransactionMode.IMPLICIT_BATCH, "Postgrator sends each file as one query")


_ADVICE = Advice(
    has_downs=True,
    down_file="N.undo.name.sql beside N.do.name.sql",
    without_down="Postgrator skips a version without an undo file when it rolls back",
    begin_downs="write N.undo.name.sql beside each N.do.name.sql",
    set_lock_timeout="run `ALTER ROLE <the migrating role> SET lock_timeout = '5s'` once",
    run_outside_transaction="put the statement alone in its file",
    edited=Reaction.STOPS,
    checksum=Checksum.BYTES,
    late=Reaction.SKIPS,
    version=r"\d+",
)


def _place_down(_: History, migration: Migration, back: Sql) -> FileText | NoPlace:
    return alone(back, tool.title) or down_at(migration, renamed(migration, ".do", ".undo"), back.body)


def _place_new(history: History, stem: Stem, written: Written) -> tuple[FileText, ...] | NoPlace:
    up, down = (in_root(history, f"{stem.number}.{way}.{stem.name}.sql") for way in ("do", "undo"))
    refused = alone(written.ups, tool.title) or alone(written.downs, tool.title)
    return refused or pair(up, down, written)


tool = Tool(
    name="postgrator",
    title="Postgrator",
    recognise=recognise,
    read=read,
    copy_fails=True,
    place=Place(down=_place_down, new=each(_place_new)),
)
