"""Folders of up.sql and down.sql that none of Diesel, Hasura and Sourcegraph seems to run."""

import re

from miglint.model.migration import Advice, Direction, History, Migration, TransactionMode
from miglint.model.source import Source
from miglint.project.dialects import dialect_of
from miglint.project.files import Files, Folder
from miglint.tools._migration_folders import DOWN, UP, holders, migration_files, recognisable
from miglint.tools._numbering import Stem
from miglint.tools._places import (
    FileText,
    NoPlace,
    Place,
    Sql,
    Written,
    down_at,
    each,
    in_root,
    inside,
    neighbour,
    pair,
)
from miglint.tools._scripts import MigrationFiles, Wrapping, read_migrations
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings


def recognise(folder: Folder, files: Files) -> Evidence | None:
    """Know the bare layout."""
    names = recognisable(folder, files)
    return Evidence(Rank.LAYOUT, f"{names[0]}/{UP} in {files.shown(folder.path)}") if names else None


def read(folder: Folder, files: Files, settings: ToolSettings) -> History:
    """Read the sub-folders in the order of the numbers that their names start with."""
    order = [migration_files(folder, files, name) for name in sorted(holders(folder, files), key=_order)]
    reading = read_migrations(files, order, _wrap)
    return reading.history(
        tool.name,
        files.shown(folder.path),
        dialect_of(folder, files, reading.texts()),
        _ADVICE,
    )


def _order(name: str) -> tuple[bool, int, str]:
    found = re.match(r"\d+", name.partition("_")[0].replace("-", ""))
    return found is None, int(found[0]) if found else 0, name


def _wrap(_: MigrationFiles, _direction: Direction, _source: Source) -> Wrapping:
    return Wrapping(
        TransactionMode.PER_MIGRATION,
        "no migration tool known; those that use this layout run each migration in a transaction",
    )


_ADVICE = Advice(
    has_downs=True,
    down_file="down.sql beside up.sql",
    without_down="without a down.sql only hand-written SQL undoes the migration",
    begin_downs="write a down.sql beside each new up.sql, and run it once on a copy of the database",
    set_lock_timeout="run `ALTER ROLE <the migrating role> SET lock_timeout = '5s'` once",
    run_outside_transaction="put the statement alone in its migration, and use your runner's opt-out for it",
)

_ASSUMED = "no tool is known that would run it outside a transaction"


def _place_down(_: History, migration: Migration, back: Sql) -> FileText | NoPlace:
    return inside(back, _ASSUMED) or down_at(migration, neighbour(migration, DOWN), back.body)


def _place_new(history: History, stem: Stem, written: Written) -> tuple[FileText, ...] | NoPlace:
    folder = in_root(history, stem.text)
    return inside(written.ups, _ASSUMED) or pair(f"{folder}/{UP}", f"{folder}/{DOWN}", written)


tool = Tool(
    name="up-down-folders",
    title="folders of up.sql and down.sql",
    recognise=recognise,
    read=read,
    depth=1,
    place=Place(down=_place_down, new=each(_place_new)),
)
