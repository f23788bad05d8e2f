"""
maragu.dev/migrate, formerly github.com/maragudk/migrate: flat pairs of `name.up.sql` and `name.down.sql`.

The order is that of the file names, compared byte by byte; the database knows only the name of the last
one that ran. Each file runs in a transaction, and nothing turns that off.

Facts from its source: migrate.go (names, order, one transaction and one Exec for each file).
"""

import re

from miglint.model.migration import Advice, Commands, Direction, History, Reaction, TransactionMode
from miglint.model.source import Source
from miglint.project.dialects import dialect_of
from miglint.project.files import Files, Folder
from miglint.project.go_mod import go_requires
from miglint.text.lazy import expression
from miglint.tools import golang_migrate
from miglint.tools._places import PAIRS_IN_TRANSACTION
from miglint.tools._scripts import MigrationFiles, Wrapping, read_migrations
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings

_UP = expression(r"([\w-]+)\.up\.sql", re.ASCII)
_MODULES = ("maragu.dev/migrate", "github.com/maragudk/migrate")


def recognise(folder: Folder, files: Files) -> Evidence | None:
    """Know a folder with a file `name.up.sql` in a Go module that requires the package."""
    first = next((name for name in folder.ending(".up.sql") if _UP.fullmatch(name)), None)
    module = next((one for one in _MODULES if first and go_requires(files, folder.path, one)), None)
    if module is None or golang_migrate.is_required_too(folder, files):
        return None
    return Evidence(Rank.PROJECT, f"{first} in {files.shown(folder.path)}, and {module} in go.mod")


def read(folder: Folder, files: Files, settings: ToolSettings) -> History:
    """Read the pairs in the order of their names."""
    order = []
    for name in sorted(folder.files):
        found = _UP.fullmatch(name)
        if found is not None:
            down = f"{found[1]}.down.sql"
            order.append(
                MigrationFiles(found[1], folder.file(name), folder.file(down) if folder.has(down) else None)
            )
    reading = read_migrations(files, order, _wrap)
    return reading.history(
        tool.name, files.shown(folder.path), dialect_of(folder, files, reading.texts()), _ADVICE
    )


def _wrap(_: MigrationFiles, _direction: Direction, _source: Source) -> Wrapping:
    return Wrapping(
        TransactionMode.PER_MIGRATION, "maragu.dev/migrate runs each file in a transaction, always"
    )


_ADVICE = Advice(
    has_downs=True,
    down_file="name.down.sql beside name.up.sql",
    without_down="`migrate.To` an earlier version skips a migration whose down file does not exist",
    begin_downs="write a down file beside each new migration",
    set_lock_timeout="run `ALTER ROLE <the migrating role> SET lock_timeout = '5s'` once",
    always_in_transaction="maragu.dev/migrate runs every file in a transaction",
    late=Reaction.SKIPS,
    commands=Commands(
        mark_applied="UPDATE migrations SET version = '{id}'",
        unmark="UPDATE migrations SET version = '{previous}'",
    ),
    version=r"[\w-]+",
)


tool = Tool(
    name="maragu-migrate",
    title="maragu.dev/migrate",
    recognise=recognise,
    read=read,
    place=PAIRS_IN_TRANSACTION,
)
