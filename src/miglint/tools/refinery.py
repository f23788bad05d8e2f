"""
refinery: `V1__name.sql` and `U1__name.sql` in a Rust project, in the order of their numbers, at any depth.

`U` means that the number may come late, not that it undoes anything; there are no down migrations. Each
migration runs in a transaction, and nothing can leave it. Migrations in Rust are not read.

Facts from its source: refinery_core/src/util.rs (names) and runner.rs, traits/sync.rs (transactions).
"""

import os
import re

from miglint.model.irregularity import DuplicateVersion, Irregularity
from miglint.model.migration import Advice, Checksum, Commands, Direction, History, Reaction, TransactionMode
from miglint.model.source import Source
from miglint.project.cargo import manifests
from miglint.project.dialects import dialect_of, dialect_of_provider
from miglint.project.files import Files, Folder, below
from miglint.text.lazy import expression
from miglint.tools._numbering import Stem
from miglint.tools._places import (
    FileText,
    NoPlace,
    Place,
    Written,
    beside_newest,
    each,
    inside,
    one_way,
    without_downs,
)
from miglint.tools._scripts import MigrationFiles, Wrapping, read_migrations
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings

_NAME = expression(r"[UV](\d{1,18})(?:\.\d+)?__\w+\.(sql|rs)", re.DOTALL)
_FOLDERS = ("migration", "migrations")
_DEEPEST = 6


def recognise(folder: Folder, files: Files) -> Evidence | None:
    """Know `V1__name.sql` in a project that depends on refinery, or in the folders of one for migrations."""
    name = next((name for name in folder.files if _NAME.fullmatch(name)), None)
    if name is None:
        if os.path.basename(files.full(folder.path)).lower() not in _FOLDERS:
            return None
        found = _below(folder, files)
        # Those of several databases, each with its own numbers, are not one history.
        if not found or len({number for number, _ in found}) < len(found):
            return None
        if any(dialect_of_provider(path.partition("/")[0]) for _, path in found):
            return None
        name = found[0][1]
    if not (files.nearest(folder.path, "refinery.toml") or manifests(files, folder.path, "refinery")):
        return None
    return Evidence(Rank.PROJECT, f"{name} in {files.shown(folder.path)}, and refinery in the project")


def _below(folder: Folder, files: Files) -> list[tuple[int, str]]:
    """Give the numbers and the relative paths of the migrations, in the order of both."""
    return sorted(
        (int(match[1]), path)
        for path in below(folder, files, _DEEPEST)
        if (match := _NAME.fullmatch(path.rpartition("/")[2]))
    )


def read(folder: Folder, files: Files, settings: ToolSettings) -> History:
    """Read the files at any depth in the order of their numbers."""
    found = _below(folder, files)
    odd: list[Irregularity] = []
    order: list[MigrationFiles] = []
    for at, (number, name) in enumerate(found):
        path, stem = folder.file(name), name.rpartition("/")[2].rpartition(".")[0]
        if at and found[at - 1][0] == number:
            message = f"version {number} is taken by {found[at - 1][1]}: refinery refuses to run"
            odd.append(DuplicateVersion(Source(files.shown(path), ""), message, migration=stem))
        is_sql = name.endswith(".sql")
        order.append(MigrationFiles(stem, path if is_sql else None, None, None if is_sql else path))
    reading = read_migrations(files, order, _wrap)
    named = {
        dialect_of_provider(feature)
        for features in manifests(files, folder.path, "refinery")
        for feature in features
    }
    only = named - {None}
    return reading.history(
        tool.name,
        files.shown(folder.path),
        dialect_of(folder, files, reading.texts(), only.pop() if len(only) == 1 else None),
        _ADVICE,
        odd,
    )


def _wrap(_: MigrationFiles, _direction: Direction, _source: Source) -> Wrapping:
    return Wrapping(TransactionMode.PER_MIGRATION, "refinery runs each migration in a transaction")


_ADVICE = Advice(
    has_downs=False,
    down_file="a file in another folder, which no command runs",
    without_down="refinery has no down migrations: only SQL by hand, or a new migration, undoes one",
    half_way=(
        "nothing of it stays; a crash between the migration and its row leaves it applied and not recorded"
    ),
    set_lock_timeout="run `ALTER ROLE <the migrating role> SET lock_timeout = '5s'` once",
    always_in_transaction="refinery runs every migration in a transaction",
    edited=Reaction.STOPS,
    checksum=Checksum.BYTES,
    removed=Reaction.STOPS,
    late=Reaction.STOPS,
    number=r"\d+",
    commands=Commands(
        apply="refinery migrate -e DATABASE_URL -p {folder}",
        mark_applied="refinery migrate -e DATABASE_URL -p {folder} --fake",
        unmark="DELETE FROM refinery_schema_history WHERE version = {version};",
        apply_to="refinery migrate -e DATABASE_URL -p {folder} -t {version}",
    ),
)


def _place_new(history: History, stem: Stem, written: Written) -> tuple[FileText, ...] | NoPlace:
    return inside(written.ups, history.advice.always_in_transaction) or one_way(
        beside_newest(history, f"{stem.text}.sql"), written.ups.body, written, history
    )


tool = Tool(
    name="refinery",
    title="refinery",
    recognise=recognise,
    read=read,
    traces=(".sql", ".rs"),
    depth=_DEEPEST,
    copy_fails=True,
    mark_fails=True,
    place=Place(down=without_downs, new=each(_place_new)),
)
