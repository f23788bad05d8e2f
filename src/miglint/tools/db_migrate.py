"""
db-migrate: `<stamp>-<name>.js`, each with `sqls/<stamp>-<name>-up.sql` and -down.sql.

The order is that of the stamps. The code decides which files it runs: the first names in it that end in
-up.sql and -down.sql count, and code without one stands in the sequence, unread. Each migration runs in a
transaction, unless the command is given `--non-transactional`.

Facts from its source: lib/file.js (names), db-migrate-shared (order), lib/template.js (files of SQL),
lib/executors/versioned/v1.js and db-migrate-pg (transactions).
"""

import re

from miglint.model.irregularity import Irregularity, MissingFile, UnreachableFile
from miglint.model.migration import Advice, Commands, Direction, History, Migration, TransactionMode
from miglint.model.source import Source, Span
from miglint.project.dialects import dialect_of
from miglint.project.files import Files, Folder
from miglint.text.lazy import expression
from miglint.tools._places import FileText, NoPlace, Place, Sql, down_at, inside, nowhere, renamed
from miglint.tools._scripts import MigrationFiles, Wrapping, read_migrations
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings

_SQLS = "sqls"
_UP, _DOWN = "-up.sql", "-down.sql"
_CODE = expression(r"(([0-9]{14})-[^.]+)\..*(?:js|ts|cjs|coffee)", re.DOTALL)


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
    code = sorted(
        (int(found[2]), found[1], name) for name in folder.files if (found := _CODE.fullmatch(name))
    )
    order = []
    odd: list[Irregularity] = []
    run: set[str] = set()
    for _, stem, name in code:
        source = Source(files.shown(folder.file(name)), files.text(folder.file(name)))
        up, down = (_named(source.text, way, stem) for way in (_UP, _DOWN))
        for named in (up, down):
            if named and not sqls.has(named) and named in source.text:
                at = source.text.index(named)
                message = f"it runs {named}, which does not exist: db-migrate fails at this migration"
                why = "correct the name"
                odd.append(MissingFile(source, message, why, Span(at, at + len(named)), stem))
        run |= {up, down}
        back = sqls.file(down) if sqls.has(down) else None
        if not sqls.has(up):
            order.append(MigrationFiles(stem, None, back, opaque=folder.file(name)))
        else:
            order.append(MigrationFiles(stem, sqls.file(up), back))
    odd += [
        UnreachableFile(
            Source(files.shown(sqls.file(name)), ""),
            f"no migration in {files.shown(folder.path)} runs this file",
            "name it in the code of its migration, or delete it",
        )
        for name in sqls.ending(_UP)
        if name not in run
    ]
    reading = read_migrations(files, order, _wrap)
    return reading.history(
        tool.name, files.shown(folder.path), dialect_of(folder, files, reading.texts()), _ADVICE, odd
    )


def _named(code: str, ending: str, stem: str) -> str:
    """Give the file of SQL that a migration's code runs; the usual one where it names none."""
    found = re.search(rf"([^'\"`/\\]*{re.escape(ending)})['\"`]", code)
    return found[1] if found else f"{stem}{ending}"


def _wrap(_: MigrationFiles, _direction: Direction, _source: Source) -> Wrapping:
    return Wrapping(TransactionMode.PER_MIGRATION, "db-migrate runs each migration in a transaction")


_ADVICE = Advice(
    has_downs=True,
    down_file="sqls/<stamp>-<name>-down.sql",
    without_down="`db-migrate down` fails at a migration whose down file does not exist",
    begin_downs="`db-migrate create <name> --sql-file` writes both files; fill in the second",
    set_lock_timeout="run `ALTER ROLE <the migrating role> SET lock_timeout = '5s'` once",
    run_outside_transaction="put the statement alone in its migration and run it with `--non-transactional`",
    commands=Commands(
        apply="db-migrate up --migrations-dir {folder}",
        roll_back="db-migrate down --migrations-dir {folder}",
        unmark="DELETE FROM migrations WHERE name = '/{id}';",
    ),
)

_NEEDS_A_FLAG = "only `db-migrate` with `--non-transactional` runs a file outside a transaction"


def _place_down(_: History, migration: Migration, back: Sql) -> FileText | NoPlace:
    return inside(back, _NEEDS_A_FLAG) or down_at(migration, renamed(migration, _UP, _DOWN), back.body)


tool = Tool(
    name="db-migrate",
    title="db-migrate",
    recognise=recognise,
    read=read,
    depth=1,
    copy_fails=True,
    place=Place(
        down=_place_down,
        new=nowhere(
            "`db-migrate create <name> --sql-file` writes the code that runs both files: fill them in"
        ),
    ),
)
