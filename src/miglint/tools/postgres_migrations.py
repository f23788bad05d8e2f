"""
postgres-migrations: `N-name.sql` or `N_name.sql`, numbered from 1 without a gap, in an npm project.

Each migration runs in a transaction; the text `postgres-migrations disable-transaction` in a comment turns it
off, and the file is sent as one query. Names and contents may not change. There are no down migrations.

Facts from its source: src/file-name-parser.ts, src/run-migration.ts, src/validation.ts.
"""

import re

from miglint.model.irregularity import Irregularity, VersionGap
from miglint.model.migration import Advice, Checksum, Commands, Direction, History, Reaction, TransactionMode
from miglint.model.source import Source
from miglint.project.dialects import POSTGRES
from miglint.project.files import Files, Folder
from miglint.project.npm import npm_version
from miglint.text.lazy import expression
from miglint.tools._flat import numbered
from miglint.tools._numbering import Stem
from miglint.tools._places import (
    FileText,
    NoPlace,
    Place,
    Written,
    alone,
    each,
    in_root,
    one_way,
    without_downs,
)
from miglint.tools._scripts import MigrationFiles, Wrapping, read_migrations
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings

_NAME = expression(r"(\d{1,9})[-_]?.*\.(?:sql|js)", re.DOTALL | re.IGNORECASE)
_UNWRAPPED = "-- postgres-migrations disable-transaction"


def recognise(folder: Folder, files: Files) -> Evidence | None:
    """Know numbered files in a project that depends on the package."""
    name = next((name for name in folder.ending(".sql") if _NAME.fullmatch(name)), None)
    if name is None or not npm_version(files, folder.path, ("postgres-migrations",)):
        return None
    return Evidence(
        Rank.PROJECT, f"{name} in {files.shown(folder.path)}, and postgres-migrations in package.json"
    )


def read(folder: Folder, files: Files, settings: ToolSettings) -> History:
    """Read the files in the order of their numbers."""
    order, odd = numbered(folder, files, _NAME, "postgres-migrations")
    numbers = [int(found[0]) for unit in order if (found := re.match(r"\d+", unit.id))]
    gaps: list[Irregularity] = []
    # 0 is the tool's own, which makes its table.
    for before, after, unit in zip((0, *numbers), numbers, order, strict=False):
        if after > before + 1:
            message = f"no migration has the number {before + 1}: postgres-migrations refuses to run"
            gaps.append(VersionGap(Source(files.shown(unit.up or ""), ""), message, migration=unit.id))
            break
    reading = read_migrations(files, order, _wrap)
    return reading.history(tool.name, files.shown(folder.path), POSTGRES, _ADVICE, (*odd, *gaps))


def _wrap(_: MigrationFiles, _direction: Direction, source: Source) -> Wrapping:
    if _UNWRAPPED in source.text:
        reason = "`disable-transaction` turns the transaction off; the file is sent as one query"
        return Wrapping(TransactionMode.IMPLICIT_BATCH, reason)
    return Wrapping(TransactionMode.PER_MIGRATION, "postgres-migrations runs each migration in a transaction")


_ADVICE = Advice(
    has_downs=False,
    down_file="a file in another folder, which no command runs",
    without_down="postgres-migrations has no down migrations: only SQL by hand, or a new file, undoes one",
    set_lock_timeout="run `ALTER ROLE <the migrating role> SET lock_timeout = '5s'` once",
    run_outside_transaction=f"put the statement alone in a file with the line `{_UNWRAPPED}`",
    edited=Reaction.STOPS,
    checksum=Checksum.BYTES,
    removed=Reaction.STOPS,
    late=Reaction.STOPS,
    number=r"\d+",
    commands=Commands(unmark="DELETE FROM migrations WHERE id = {version};"),
)


def _place_new(history: History, stem: Stem, written: Written) -> tuple[FileText, ...] | NoPlace:
    text = (f"{_UNWRAPPED}\n" if written.outside else "") + written.ups.body
    return alone(written.ups, tool.title) or one_way(
        in_root(history, f"{stem.text}.sql"), text, written, history
    )


tool = Tool(
    name="postgres-migrations",
    title="postgres-migrations",
    recognise=recognise,
    read=read,
    copy_fails=True,
    mark_fails=True,
    place=Place(down=without_downs, new=each(_place_new)),
)
