"""
popx, the migrator of Ory's projects: `N_name[.dialect][.autocommit].up.sql`, one folder for all databases.

Facts from popx/migration_box.go and popx/match.go in ory/x.
"""

import re
from typing import NamedTuple

from miglint.model.migration import Advice, Direction, History, TransactionMode
from miglint.model.source import Source
from miglint.tools._dialects import POSTGRES, dialect_of_provider
from miglint.tools._files import Files, Folder
from miglint.tools._scripts import MigrationFiles, Wrapping, read_migrations
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings

_NAME = re.compile(r"(\d+)_([^.]+)(?:\.([a-z0-9]+))?(\.autocommit)?\.(up|down)\.sql")


class _Name(NamedTuple):
    version: str
    dialect: str | None
    autocommit: bool
    direction: str
    name: str

    @property
    def stem(self) -> str:
        """The file name up to its first dot."""
        return self.name.partition(".")[0]


def recognise(folder: Folder, files: Files) -> Evidence | None:
    """Know a folder by a database or `autocommit` before `.up.sql`."""
    own = next((name for name in _names(folder) if name.dialect or name.autocommit), None)
    return own and Evidence(Rank.LAYOUT_AND_NAMES, f"{own.name} in {files.shown(folder.path)}")


def read(folder: Folder, files: Files, settings: ToolSettings) -> History:
    """Read what runs on PostgreSQL, in the order of the versions as strings.

    A file for PostgreSQL takes the place of the one for all databases; those for others are left out.
    """
    chosen: dict[tuple[str, str], _Name] = {}
    for name in sorted(_names(folder), key=lambda name: name.dialect or ""):
        if name.dialect in (None, POSTGRES):
            chosen[name.version, name.direction] = name
    order = []
    for version in sorted({version for version, _ in chosen}):
        up, down = chosen.get((version, "up")), chosen.get((version, "down"))
        if up is not None:
            order.append(
                MigrationFiles(up.stem, folder.file(up.name), down and folder.file(down.name)),
            )
    autocommit = {folder.file(name.name) for name in chosen.values() if name.autocommit}

    def wrap(unit: MigrationFiles, direction: Direction, _: Source) -> Wrapping:
        if (unit.up if direction is Direction.UP else unit.down) in autocommit:
            reason = "`.autocommit` in the name turns popx's transaction off; the file is sent as one batch"
            return Wrapping(TransactionMode.IMPLICIT_BATCH, reason)
        return Wrapping(TransactionMode.PER_MIGRATION, "popx runs each migration in a transaction")

    reading = read_migrations(files, order, wrap)
    return reading.history(tool.name, files.shown(folder.path), POSTGRES, _ADVICE)


def _names(folder: Folder) -> list[_Name]:
    found = []
    for name in folder.ending(".sql"):
        match = _NAME.fullmatch(name)
        if match is None:
            continue
        version, _, infix, autocommit, direction = match.groups()
        dialect = dialect_of_provider(infix) if infix and infix != "autocommit" else None
        if infix and infix != "autocommit" and dialect is None:
            continue
        found.append(_Name(version, dialect, bool(autocommit) or infix == "autocommit", direction, name))
    return found


_ADVICE = Advice(
    has_downs=True,
    down_file="N_name.down.sql beside N_name.up.sql",
    without_down="popx refuses to start while a version has no down file",
    begin_downs="write N_name.down.sql beside each N_name.up.sql",
    set_lock_timeout="run `ALTER ROLE <the migrating role> SET lock_timeout = '5s'` once",
    run_outside_transaction="put the statement alone in a file named `N_name.autocommit.up.sql`",
)

tool = Tool(name="popx", title="popx", recognise=recognise, read=read)
