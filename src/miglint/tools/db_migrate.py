"""
db-migrate: `<stamp>-<name>.js`, each with `sqls/<stamp>-<name>-up.sql` and -down.sql.

The order is that of the names. Each migration runs in a transaction, unless the command is given
`--non-transactional`. A migration without files of SQL stands in the sequence, and is not read.

Facts from its source: lib/file.js (order), lib/template.js (files of SQL), lib/executors/versioned/v1.js and
db-migrate-pg (transactions).
"""

import re

from miglint.model.irregularity import Irregularity, UnreachableFile
from miglint.model.migration import Advice, Commands, Direction, History, TransactionMode
from miglint.model.source import Source
from miglint.tools._dialects import dialect_of
from miglint.tools._files import Files, Folder
from miglint.tools._scripts import MigrationFiles, Wrapping, read_migrations
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings

_SQLS = "sqls"
_UP, _DOWN = "-up.sql", "-down.sql"
_CODE = re.compile(r"([0-9]{8,20}-.*)\.(?:js|ts|cjs|coffee)", re.DOTALL)


def recognise(folder: Folder, files: Files) -> Evidence | None:
    """Know a folder by a sqls/ in it with files that end in -up.sql."""
    if _SQLS not in folder.folders:
        return None
    name = next(iter(files.child(folder, _SQLS).ending(_UP)), None)
    shown = files.shown(folder.path)
    return Evidence(Rank.LAYOUT_AND_NAMES, f"{_SQLS}/{name} in {shown}") if name else None


def read(folder: Folder, files: Files, settings: ToolSettings) -> History:
    """Read the migrations in the order of their names."""
    sqls = files.child(folder, _SQLS)
    stems = [found[1] for name in folder.files if (found := _CODE.fullmatch(name))]
    code = {found[1]: name for name in folder.files if (found := _CODE.fullmatch(name))}
    order = []
    for stem in sorted(stems):
        up, down = f"{stem}{_UP}", f"{stem}{_DOWN}"
        if sqls.has(up):
            order.append(MigrationFiles(stem, sqls.file(up), sqls.file(down) if sqls.has(down) else None))
        else:
            order.append(MigrationFiles(stem, None, opaque=folder.file(code[stem])))
    odd: list[Irregularity] = [
        UnreachableFile(
            Source(files.shown(sqls.file(name)), ""),
            f"no migration runs it: {name.removesuffix(_UP)}.js is not there",
            "create the migration, or delete the file",
        )
        for name in sqls.ending(_UP)
        if name.removesuffix(_UP) not in code
    ]
    reading = read_migrations(files, order, _wrap)
    return reading.history(
        tool.name, files.shown(folder.path), dialect_of(folder, files, reading.texts()), _ADVICE, odd
    )


def _wrap(_: MigrationFiles, _direction: Direction, _source: Source) -> Wrapping:
    return Wrapping(TransactionMode.PER_MIGRATION, "db-migrate runs each migration in a transaction")


_ADVICE = Advice(
    has_downs=True,
    down_file="sqls/<stamp>-<name>-down.sql",
    without_down="`db-migrate down` fails at a migration whose down file is not there",
    begin_downs="`db-migrate create <name> --sql-file` writes both files; fill in the second",
    set_lock_timeout="run `ALTER ROLE <the migrating role> SET lock_timeout = '5s'` once",
    run_outside_transaction="put the statement alone in its migration and run it with `--non-transactional`",
    commands=Commands(
        apply="db-migrate up --migrations-dir {folder}",
        roll_back="db-migrate down --migrations-dir {folder}",
        unmark="DELETE FROM migrations WHERE name = '/{id}';",
    ),
)

tool = Tool(name="db-migrate", title="db-migrate", recognise=recognise, read=read, depth=1)
