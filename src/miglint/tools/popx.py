"""
popx, the migrator of Ory's projects, and pop: `N_name[.dialect][.autocommit].up.sql`.

One folder is for all databases: a file for the database at hand takes the place of the one for all, up and
down each by itself; those for others are left out. The database is PostgreSQL, or what `dialect` says.
Versions are compared as text. Each migration runs in a transaction, on MySQL and CockroachDB in none;
`.autocommit` turns it off, and the file is sent as one query. Of a Go template, what holds for the database
is read. `.fizz` files are not.

Facts from popx/match.go, migration_info.go and migrator.go in ory/x.
"""

from collections.abc import Iterable
from typing import NamedTuple

from miglint.model.irregularity import Irregularity, MissingFile, RefusedFile, UnreachableFile
from miglint.model.migration import Advice, Direction, History, TransactionMode
from miglint.model.source import Source
from miglint.tools._dialects import POSTGRES, dialect_of_provider
from miglint.tools._files import Files, Folder
from miglint.tools._go_template import rendered
from miglint.tools._lazy import expression
from miglint.tools._scripts import MigrationFiles, Wrapping, read_migrations
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings

_NAME = expression(r"([0-9]+)_([^.]+)(?:\.([a-z0-9]+))?(\.autocommit)?\.(up|down)\.(sql|fizz)")
_CONDITIONS = {
    POSTGRES: ".IsPostgreSQL",
    "mysql": ".IsMySQL",
    "sqlite": ".IsSQLite",
    "cockroach": ".IsCockroach",
}


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
    """Know a folder by a database or `autocommit` before `.up.sql`, or by a `.fizz` file."""
    shown = files.shown(folder.path)
    for name in _names(folder):
        if name.dialect or name.autocommit or name.name.endswith(".fizz"):
            return Evidence(Rank.LAYOUT_AND_NAMES, f"{name.name} in {shown}")
    return None


def read(folder: Folder, files: Files, settings: ToolSettings) -> History:
    """Read what runs on one database, in the order of the versions as texts."""
    dialect = settings.dialect or POSTGRES
    names = _names(folder)
    odd: list[Irregularity] = []
    chosen: dict[tuple[str, str], _Name] = {}
    for name in sorted(names, key=lambda name: (name.dialect is not None, name.name)):
        if name.dialect not in (None, dialect):
            continue
        other = chosen.get((name.version, name.direction))
        if other is not None and other.dialect == name.dialect:
            message = f"popx never runs this file: {name.name} has the same version and takes its place"
            source = Source(files.shown(folder.file(other.name)), "")
            odd.append(UnreachableFile(source, message, "give it a version of its own", migration=other.stem))
        chosen[name.version, name.direction] = name
    odd += _refused(folder, files, names)
    order = []
    for version in sorted(version for version, direction in chosen if direction == "up"):
        up, down = chosen[version, "up"], chosen.get((version, "down"))
        back = folder.file(down.name) if down and down.name.endswith(".sql") else None
        path = folder.file(up.name)
        if up.name.endswith(".sql"):
            order.append(MigrationFiles(up.stem, path, back))
        else:
            order.append(MigrationFiles(up.stem, None, back, opaque=path))
    autocommit = {folder.file(name.name) for name in chosen.values() if name.autocommit}

    def wrap(unit: MigrationFiles, direction: Direction, _: Source) -> Wrapping:
        if dialect in ("mysql", "cockroach"):
            return Wrapping(TransactionMode.PER_STATEMENT, f"popx uses no transaction on {dialect}")
        if (unit.up if direction is Direction.UP else unit.down) in autocommit:
            reason = "`.autocommit` in the name turns popx's transaction off; the file is sent as one batch"
            return Wrapping(TransactionMode.IMPLICIT_BATCH, reason)
        return Wrapping(TransactionMode.PER_MIGRATION, "popx runs each migration in a transaction")

    holds = _CONDITIONS.get(dialect, "")
    reading = read_migrations(files, order, wrap, lambda text: rendered(text, holds))
    return reading.history(tool.name, files.shown(folder.path), dialect, _ADVICE, odd)


def _refused(folder: Folder, files: Files, names: Iterable[_Name]) -> list[Irregularity]:
    """Give what popx refuses the whole folder for: a name that does not fit, a version without a way back."""
    found: list[Irregularity] = []
    for name in folder.ending(".sql"):
        if not _NAME.fullmatch(name):
            message = f"popx refuses the folder: {name} is no name of a migration"
            found.append(RefusedFile(Source(files.shown(folder.file(name)), ""), message))
    downs = {name.version for name in names if name.direction == "down"}
    for up in names:
        if up.direction == "up" and up.version not in downs:
            downs.add(up.version)
            message = f"version {up.version} has no down file: popx refuses to start"
            source = Source(files.shown(folder.file(up.name)), "")
            why = "an empty file, or one with a comment, is enough for popx"
            found.append(MissingFile(source, message, why, migration=up.stem))
    return found


def _names(folder: Folder) -> list[_Name]:
    found = []
    for name in folder.ending(".sql", ".fizz"):
        match = _NAME.fullmatch(name)
        if match is None:
            continue
        version, _, infix, autocommit, direction, _ = match.groups()
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

tool = Tool(name="popx", title="popx", recognise=recognise, read=read, traces=(".sql", ".fizz"))
