"""
Serverpod, for Dart: `migrations/<version>/migration.sql` beside a definition.sql, in the order of the names.

A file is sent as one query and brings its own BEGIN and COMMIT. A new database gets the definition.sql of the
last version instead. There are no down migrations: `serverpod create-repair-migration` writes SQL that leads
from a database as it is to any version.

Facts from its source: migration_manager.dart (order, what is run), migration_runner.dart (the lock) and
file_system.dart (names).
"""

from miglint.model.migration import Advice, Commands, Direction, History, Reaction, TransactionMode
from miglint.model.source import Source
from miglint.project.dialects import dialect_of
from miglint.project.files import Files, Folder
from miglint.tools._places import Place, nowhere, without_downs
from miglint.tools._scripts import MigrationFiles, Wrapping, read_migrations
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings

_UP = "migration.sql"
_DEFINITION = "definition.sql"


def recognise(folder: Folder, files: Files) -> Evidence | None:
    """Know a folder by a version in it that has both files."""
    names = [name for name, child in files.children(folder) if child.has(_UP) and child.has(_DEFINITION)]
    return Evidence(Rank.MARKER, f"{names[0]}/{_DEFINITION} in {files.shown(folder.path)}") if names else None


def read(folder: Folder, files: Files, settings: ToolSettings) -> History:
    """Read the versions in the order of their names."""
    order = [
        MigrationFiles(name, child.file(_UP))
        for name, child in sorted(files.children(folder))
        if child.has(_UP)
    ]
    reading = read_migrations(files, order, _wrap)
    return reading.history(
        tool.name, files.shown(folder.path), dialect_of(folder, files, reading.texts()), _ADVICE
    )


def _wrap(_: MigrationFiles, _direction: Direction, _source: Source) -> Wrapping:
    return Wrapping(
        TransactionMode.IMPLICIT_BATCH,
        "Serverpod sends the file as one query, with the file's own BEGIN and COMMIT",
    )


_ADVICE = Advice(
    has_downs=False,
    down_file="a repair migration",
    without_down="Serverpod has no down migrations: a repair migration leads back to an earlier version",
    set_lock_timeout="run `ALTER ROLE <the migrating role> SET lock_timeout = '5s'` once",
    run_outside_transaction="put the statement alone in a migration of its own, without BEGIN and COMMIT",
    removed=Reaction.STOPS,
    late=Reaction.SKIPS,
    commands=Commands(apply="dart bin/main.dart --apply-migrations"),
)

tool = Tool(
    name="serverpod",
    title="Serverpod",
    recognise=recognise,
    read=read,
    depth=1,
    copy_fails=True,
    place=Place(
        down=without_downs,
        new=nowhere("`serverpod create-migration` writes a definition beside each migration"),
    ),
)
