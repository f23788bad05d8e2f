"""
pop, with its command soda: `N_name[.dialect].up.sql`, and `.fizz` files between them, which are not read.

One folder is for all databases: a file for this database replaces the one for all, up and down separately;
those for others are left out. The database is PostgreSQL, or what `dialect` says.
Versions are compared as text. Each migration runs in a transaction, and nothing turns it off.

Facts from its source: match.go, migration_info.go and migrator.go in gobuffalo/pop.
"""

from miglint.model.migration import Advice, Commands, Direction, History, TransactionMode
from miglint.model.source import Source
from miglint.project.dialects import POSTGRES
from miglint.project.files import Files, Folder
from miglint.project.go_mod import go_requires
from miglint.text.placeholders import GO_TEMPLATE, filler
from miglint.tools._places import PAIRS_IN_TRANSACTION
from miglint.tools._pop_files import TRACES, chosen_for, pop_files
from miglint.tools._scripts import MigrationFiles, Wrapping, read_migrations, words
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings

_FILL = filler(GO_TEMPLATE)


def recognise(folder: Folder, files: Files) -> Evidence | None:
    """Know a folder by a module that requires pop, by a `.fizz` file, or by a database before `.up.sql`."""
    names = [name for name in pop_files(folder, autocommit=False) if name.direction == "up"]
    if not names:
        return None
    shown = files.shown(folder.path)
    if go_requires(files, folder.path, "github.com/gobuffalo/pop"):
        return Evidence(Rank.PROJECT, f"{names[0].name} in {shown}, and pop in go.mod")
    own = next((name for name in names if name.is_telling), None)
    return own and Evidence(Rank.LAYOUT_AND_NAMES, f"{own.name} in {shown}")


def read(folder: Folder, files: Files, settings: ToolSettings) -> History:
    """Read what runs on one database, in the order of the versions as texts."""
    dialect = settings.dialect or POSTGRES
    chosen = chosen_for(dialect, pop_files(folder, autocommit=False), folder, files, tool.title)
    reading = read_migrations(files, chosen.order, _wrap, words(_FILL))
    return reading.history(tool.name, files.shown(folder.path), dialect, _ADVICE, chosen.odd)


def _wrap(_: MigrationFiles, _direction: Direction, _source: Source) -> Wrapping:
    return Wrapping(TransactionMode.PER_MIGRATION, "pop runs each migration in a transaction")


_ADVICE = Advice(
    has_downs=True,
    down_file="N_name.down.sql beside N_name.up.sql",
    without_down="`soda migrate down` counts the down files: without one it undoes another version",
    begin_downs="write N_name.down.sql beside each N_name.up.sql",
    set_lock_timeout="run `ALTER ROLE <the migrating role> SET lock_timeout = '5s'` once",
    always_in_transaction="pop runs every migration in a transaction",
    commands=Commands(
        apply="soda migrate up -p {folder}",
        roll_back="soda migrate down -p {folder}",
        mark_applied="INSERT INTO schema_migration (version) VALUES ('{version}');",
        unmark="DELETE FROM schema_migration WHERE version = '{version}';",
        roll_back_some="soda migrate down -s {count} -p {folder}",
        check="soda migrate status -p {folder}",
    ),
    version=r"\d+",
)


tool = Tool(
    name="pop",
    title="pop",
    recognise=recognise,
    read=read,
    traces=TRACES,
    copy_fails=True,
    place=PAIRS_IN_TRANSACTION,
)
