"""
Umzug, and Slonik's and pgkit's migrators on it: SQL files in the order of their names.

The down script is `down/name.sql`, or `name.down.sql` beside `name.up.sql`. What runs a file is the project's
own code; as in Umzug's documentation, it is assumed to be sent as one query. Migrations in JavaScript and
TypeScript keep their place in the sequence but are not read.

Facts from its source: src/umzug.ts (order), README.md (SQL files), and @slonik/migrator.
"""

import re

from miglint.model.migration import Advice, Direction, History, Migration, TransactionMode
from miglint.model.source import Source
from miglint.project.dialects import dialect_of
from miglint.project.files import Files, Folder
from miglint.project.npm import npm_version
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
    neighbour,
    pair,
    renamed,
)
from miglint.tools._scripts import MigrationFiles, Wrapping, read_migrations
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings

_PACKAGES = ("umzug", "@slonik/migrator", "@pgkit/migrator")
_NAME = expression(r"(\d.*?)(?:[.-]up)?\.(?:sql|js|ts|cjs|mjs)", re.DOTALL)
_DOWN = expression(r".*[.-]down\.sql", re.DOTALL)


def recognise(folder: Folder, files: Files) -> Evidence | None:
    """Know a folder of numbered SQL files in a project that depends on one of the packages."""
    names = [name for name in folder.ending(".sql") if _NAME.fullmatch(name) and not _DOWN.fullmatch(name)]
    place = files.full(folder.path).replace("\\", "/").rpartition("/")[2].lower()
    if not names or place == "down" or "migrat" not in files.full(folder.path).lower():
        return None
    if npm_version(files, folder.path, _PACKAGES) is None:
        return None
    return Evidence(Rank.PROJECT, f"{names[0]} in {files.shown(folder.path)}, and Umzug in package.json")


def read(folder: Folder, files: Files, settings: ToolSettings) -> History:
    """Read the files in the order of their names, compared byte by byte."""
    beside = files.child(folder, "down")
    order = []
    for name in folder.files:
        found = _NAME.fullmatch(name)
        if found is None or _DOWN.fullmatch(name):
            continue
        path, stem = folder.file(name), name.rpartition(".")[0]
        if not name.endswith(".sql"):
            order.append(MigrationFiles(stem, None, opaque=path))
            continue
        pairs = (f"{found[1]}{dot}down.sql" for dot in ".-")
        down = next((folder.file(pair) for pair in pairs if folder.has(pair)), None)
        if down is None and beside.has(name):
            down = beside.file(name)
        order.append(MigrationFiles(stem, path, down))
    reading = read_migrations(files, order, _wrap)
    return reading.history(
        tool.name, files.shown(folder.path), dialect_of(folder, files, reading.texts()), _ADVICE
    )


def _wrap(_: MigrationFiles, _direction: Direction, _source: Source) -> Wrapping:
    return Wrapping(TransactionMode.IMPLICIT_BATCH, "with Umzug a file is sent as one query")


_ADVICE = Advice(
    has_downs=True,
    down_file="down/name.sql, or name.down.sql beside name.up.sql",
    without_down="a rollback fails at a migration whose down file does not exist",
    begin_downs="write a down file beside each new migration",
    set_lock_timeout="run `ALTER ROLE <the migrating role> SET lock_timeout = '5s'` once",
    run_outside_transaction="put the statement alone in its file",
)


def _place_down(_: History, migration: Migration, back: Sql) -> FileText | NoPlace:
    name = migration.path.rpartition("/")[2]
    infix = next((word for word in (".up.sql", "-up.sql") if name.endswith(word)), None)
    path = (
        renamed(migration, infix, infix.replace("up", "down"))
        if infix
        else neighbour(migration, f"down/{name}")
    )
    return alone(back, tool.title) or down_at(migration, path, back.body)


def _place_new(history: History, stem: Stem, written: Written) -> tuple[FileText, ...] | NoPlace:
    newest = next((one.path for one in reversed(history.migrations) if one.up is not None), "")
    infix = next((word for word in (".up.sql", "-up.sql") if newest.endswith(word)), None)
    path = in_root(history, stem.text.removesuffix(".up").removesuffix("-up"))
    up, down = f"{path}.sql", in_root(history, f"down/{path.rpartition('/')[2]}.sql")
    if infix:
        up, down = f"{path}{infix}", f"{path}{infix.replace('up', 'down')}"
    refused = alone(written.ups, tool.title) or alone(written.downs, tool.title)
    return refused or pair(up, down, written)


tool = Tool(
    name="umzug",
    title="Umzug",
    recognise=recognise,
    read=read,
    depth=1,
    place=Place(down=_place_down, new=each(_place_new, as_text=True)),
)
