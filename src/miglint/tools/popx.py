"""
popx, the migrator of Ory's projects: `N_name[.dialect][.autocommit].up.sql`.

One folder is for all databases: a file for this database replaces the one for all, up and down separately;
those for others are left out. The database is PostgreSQL, or what `dialect` says.
Versions are compared as text. Each migration runs in a transaction, on MySQL and CockroachDB in none;
`.autocommit` turns it off, and the file is sent as one query. Of a Go template, the part for this database is
read.

Facts from popx/match.go, migration_info.go and migrator.go in ory/x.
"""

from collections.abc import Iterable

from miglint.model.irregularity import Irregularity, MissingFile, RefusedFile
from miglint.model.migration import Advice, Commands, Direction, History, Migration, TransactionMode
from miglint.model.source import Source
from miglint.project.dialects import POSTGRES
from miglint.project.files import Files, Folder
from miglint.project.go_mod import go_requires
from miglint.text.go_template import rendered
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
    renamed,
)
from miglint.tools._pop_files import NAME, TRACES, PopFile, chosen_for, pop_files
from miglint.tools._scripts import MigrationFiles, Wrapping, read_migrations, words
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings

_CONDITIONS = {
    POSTGRES: ".IsPostgreSQL",
    "mysql": ".IsMySQL",
    "sqlite": ".IsSQLite",
    "cockroach": ".IsCockroach",
}


def recognise(folder: Folder, files: Files) -> Evidence | None:
    """Know a folder by `autocommit` before `.up.sql`, or a database there in a module that requires ory/x."""
    shown = files.shown(folder.path)
    names = pop_files(folder, autocommit=True)
    alone = next((name for name in names if name.autocommit), None)
    if alone is not None:
        return Evidence(Rank.MARKER, f"{alone.name} in {shown}")
    own = next((name for name in names if name.dialect), None)
    if own is not None and go_requires(files, folder.path, "github.com/ory/x"):
        return Evidence(Rank.MARKER, f"{own.name} in {shown}, and ory/x in go.mod")
    return None


def read(folder: Folder, files: Files, settings: ToolSettings) -> History:
    """Read what runs on one database, in the order of the versions as texts."""
    dialect = settings.dialect or POSTGRES
    names = [name for name in pop_files(folder, autocommit=True) if name.name.endswith(".sql")]
    order, autocommit, odd = chosen_for(dialect, names, folder, files, tool.title)

    def wrap(unit: MigrationFiles, direction: Direction, _: Source) -> Wrapping:
        if dialect in ("mysql", "cockroach"):
            return Wrapping(TransactionMode.PER_STATEMENT, f"popx uses no transaction on {dialect}")
        if (unit.up if direction is Direction.UP else unit.down) in autocommit:
            reason = "`.autocommit` in the name turns popx's transaction off; the file is sent as one batch"
            return Wrapping(TransactionMode.IMPLICIT_BATCH, reason)
        return Wrapping(TransactionMode.PER_MIGRATION, "popx runs each migration in a transaction")

    holds = _CONDITIONS.get(dialect, "")
    reading = read_migrations(files, order, wrap, words(lambda text: rendered(text, holds)))
    odd += _refused(folder, files, names)
    return reading.history(tool.name, files.shown(folder.path), dialect, _ADVICE, odd)


def _refused(folder: Folder, files: Files, names: Iterable[PopFile]) -> list[Irregularity]:
    """Give what popx refuses the whole folder for: a name that does not fit, a version without a way back."""
    found: list[Irregularity] = []
    for name in folder.ending(".sql"):
        if not NAME.fullmatch(name):
            message = f"popx refuses the folder: {name} is not a valid migration name"
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


_ADVICE = Advice(
    has_downs=True,
    down_file="N_name.down.sql beside N_name.up.sql",
    without_down="popx refuses to start while a version has no down file",
    half_way="nothing of it stays, but on MySQL and CockroachDB what came before does",
    half_way_back="nothing is undone, but on MySQL and CockroachDB what came before is",
    older_program=(
        "a program without the newest files starts, and leaves versions that it does not know out of its "
        "status"
    ),
    begin_downs="write N_name.down.sql beside each N_name.up.sql",
    set_lock_timeout="run `ALTER ROLE <the migrating role> SET lock_timeout = '5s'` once",
    run_outside_transaction=(
        "put the statement alone in a file named `N_name.autocommit.up.sql`, "
        "`N_name.postgres.autocommit.up.sql` where it is for PostgreSQL only"
    ),
    version=r"\d+",
    commands=Commands(
        apply="<program> migrate sql up -e --yes",
        roll_back="<program> migrate sql down -e --steps 1",
        roll_back_some="<program> migrate sql down -e --steps {count}",
        check="<program> migrate sql status -e",
    ),
)


def _place_down(history: History, migration: Migration, back: Sql) -> FileText | NoPlace:
    own = renamed(migration, ".up.", ".down.")
    bare = own.replace(".autocommit.down.", ".down.")
    path = bare.removesuffix(".down.sql") + ".autocommit.down.sql" if back.outside else bare
    if back.outside and migration.down is not None and ".autocommit." not in migration.down.source.path:
        return NoPlace(f"rename {migration.down.source.path} first: only `.autocommit.down.sql` runs outside")
    return alone(back, tool.title) or down_at(migration, path, back.body)


def _place_new(history: History, stem: Stem, written: Written) -> tuple[FileText, ...] | NoPlace:
    path = in_root(history, stem.text) + (".autocommit" if written.outside else "")
    refused = alone(written.ups, tool.title) or alone(written.downs, tool.title)
    # A version without a down file would keep popx from starting.
    down = FileText(
        f"{path}.down.sql", written.downs.body if written.down.strip() else "-- nothing to undo\n"
    )
    return refused or (FileText(f"{path}.up.sql", written.ups.body), down)


tool = Tool(
    name="popx",
    title="popx",
    recognise=recognise,
    read=read,
    traces=TRACES,
    copy_fails=True,
    place=Place(down=_place_down, new=each(_place_new, as_text=True)),
)
