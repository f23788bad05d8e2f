"""
Encore: `<service>/migrations/N_name.up.sql` in a project with an encore.app, in the order of the numbers.

Encore adds its own statement to each file before it sends it, so a file is always one transaction, and
nothing can leave it. Down files are never run. For PostgreSQL only.

Facts from its source: cli/daemon/sqldb/migrate.go.
"""

import re

from miglint.model.migration import Advice, Commands, Direction, History, TransactionMode
from miglint.model.source import Source
from miglint.project.dialects import POSTGRES
from miglint.project.files import Files, Folder
from miglint.text.lazy import expression
from miglint.tools._flat import numbered
from miglint.tools._numbering import Stem
from miglint.tools._places import (
    FileText,
    NoPlace,
    Place,
    Written,
    each,
    in_root,
    inside,
    one_way,
    without_downs,
)
from miglint.tools._scripts import MigrationFiles, Wrapping, read_migrations
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings

_NAME = expression(r"(\d{1,18})_[^/]*\.up\.sql", re.DOTALL)


def recognise(folder: Folder, files: Files) -> Evidence | None:
    """Know numbered up files below an encore.app."""
    name = next((name for name in folder.ending(".up.sql") if _NAME.fullmatch(name)), None)
    if name is None or not files.nearest(folder.path, "encore.app"):
        return None
    return Evidence(Rank.PROJECT, f"{name} in {files.shown(folder.path)}, and an encore.app")


def read(folder: Folder, files: Files, settings: ToolSettings) -> History:
    """Read the up files in the order of their numbers."""
    order, odd = numbered(folder, files, _NAME, "Encore")
    order = [unit._replace(id=unit.id.removesuffix(".up")) for unit in order]
    odd = [one._replace(migration=one.migration.removesuffix(".up")) for one in odd]
    reading = read_migrations(files, order, _wrap)
    return reading.history(tool.name, files.shown(folder.path), POSTGRES, _ADVICE, odd)


def _wrap(_: MigrationFiles, _direction: Direction, _source: Source) -> Wrapping:
    return Wrapping(TransactionMode.PER_MIGRATION, "Encore adds a statement of its own to each file it sends")


_ADVICE = Advice(
    has_downs=False,
    down_file="N_name.down.sql, which Encore never runs",
    without_down="Encore has no down migrations: only SQL by hand, or a new migration, undoes one",
    set_lock_timeout="begin each file with `SET lock_timeout = '5s';`",
    always_in_transaction="Encore runs every migration in a transaction",
    commands=Commands(
        mark_applied="UPDATE schema_migrations SET version = {version}, dirty = false;",
        unmark="UPDATE schema_migrations SET version = {previous}, dirty = false;",
    ),
    version=r"\d+",
)


def _place_new(history: History, stem: Stem, written: Written) -> tuple[FileText, ...] | NoPlace:
    return inside(written.ups, history.advice.always_in_transaction) or one_way(
        in_root(history, f"{stem.text}.up.sql"), written.ups.body, written, history
    )


tool = Tool(
    name="encore",
    title="Encore",
    recognise=recognise,
    read=read,
    copy_fails=True,
    mark_fails=True,
    place=Place(down=without_downs, new=each(_place_new)),
)
