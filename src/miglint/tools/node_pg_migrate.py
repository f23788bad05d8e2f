"""
node-pg-migrate: `N_name.sql` with `-- Up Migration` and `-- Down Migration`, beside migrations in code.

The order is that of the numbers. All pending migrations run in one transaction, which no SQL file can leave.
A file without marks is entirely an up script. Migrations in JavaScript and TypeScript are not read.
For PostgreSQL only.

Facts from its source: src/sqlMigration.ts (marks), src/migration.ts (names, order), src/runner.ts.
"""

import re

from miglint.model.migration import Advice, Commands, History, Migration, Reaction, TransactionMode
from miglint.model.source import Source, Span
from miglint.project.dialects import POSTGRES
from miglint.project.files import Files, Folder
from miglint.project.npm import npm_version
from miglint.text.lazy import expression
from miglint.tools._flat import marked
from miglint.tools._numbering import Stem
from miglint.tools._places import (
    FileText,
    NoPlace,
    Place,
    Sql,
    Written,
    each,
    file_of,
    in_root,
    inside,
    with_section,
)
from miglint.tools._scripts import Cut, MigrationFiles, Section, Wrapping, read_sections
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings

_NAME = expression(r"(\d{1,17})[_-].*\.(?:sql|js|ts|cjs|mjs|cts|mts)", re.DOTALL)
_MARK = expression(r"^[ \t]*--[ \t-]*(up|down)[ \t]+migration[^\n]*", re.IGNORECASE | re.MULTILINE)


def recognise(folder: Folder, files: Files) -> Evidence | None:
    """Know a folder by its marks, or by numbered SQL files in a project that depends on the package."""
    names = [name for name in folder.ending(".sql") if _NAME.fullmatch(name)]
    shown = files.shown(folder.path)
    # "-- Up migration" is what people write at the top of another tool's x.up.sql as well.
    whole = [name for name in names if not name.endswith((".up.sql", ".down.sql"))]
    name = marked(folder, files, _MARK, whole[:3]) if whole else None
    if name:
        return Evidence(Rank.MARKER, f"`-- Up Migration` in {name} in {shown}")
    if names and "migration" in folder.path.lower() and npm_version(files, folder.path, ("node-pg-migrate",)):
        return Evidence(Rank.PROJECT, f"{names[0]} in {shown}, and node-pg-migrate in package.json")
    return None


def read(folder: Folder, files: Files, settings: ToolSettings) -> History:
    """Read the files in the order of their numbers; a stamp of 17 digits counts in milliseconds."""
    found = sorted((_number(match[1]), name) for name in folder.files if (match := _NAME.fullmatch(name)))
    order = [
        MigrationFiles(name.rpartition(".")[0], folder.file(name))
        if name.endswith(".sql")
        else MigrationFiles(name.rpartition(".")[0], None, opaque=folder.file(name))
        for _, name in found
    ]
    reading = read_sections(files, order, _cut)
    return reading.history(tool.name, files.shown(folder.path), POSTGRES, _ADVICE)


def _number(digits: str) -> float:
    if len(digits) != 17:
        return int(digits)
    from datetime import datetime, timezone

    try:
        stamp = datetime.strptime(digits[:14], "%Y%m%d%H%M%S").replace(tzinfo=timezone.utc)
    except ValueError:
        return int(digits)
    return stamp.timestamp() * 1000 + int(digits[14:])


def _cut(_: MigrationFiles, source: Source) -> list[Cut]:
    marks = {mark[1].lower(): mark for mark in reversed(list(_MARK.finditer(source.text)))}
    if not marks:
        return [Cut(Section(Span(0, len(source.text)), _WRAPPING))]
    edges = sorted(mark.start() for mark in marks.values())
    sections = {
        word: Section(
            Span(mark.end(), next((edge for edge in edges if edge > mark.start()), len(source.text))),
            _WRAPPING,
        )
        for word, mark in marks.items()
    }
    return [Cut(sections.get("up"), sections.get("down"))]


_WRAPPING = Wrapping(
    TransactionMode.PER_RUN, "node-pg-migrate runs all pending migrations in one transaction"
)

_ADVICE = Advice(
    has_downs=True,
    down_file="SQL below `-- Down Migration`",
    without_down="`node-pg-migrate down` stops with an error at a migration without the section",
    half_way="nothing stays of this migration, nor of any other of the same run",
    half_way_back="nothing is undone, of this migration and of any other of the same run",
    begin_downs="`node-pg-migrate create <name> --migration-file-language sql` writes both marks",
    set_lock_timeout=(
        "add `options=-c%20lock_timeout%3D5s` to DATABASE_URL, "
        "or run `ALTER ROLE <the migrating role> SET lock_timeout = '5s'` once"
    ),
    run_outside_transaction="write the migration in JavaScript, with `pgm.noTransaction()`",
    late=Reaction.STOPS,
    removed=Reaction.STOPS,
    commands=Commands(
        apply="npx node-pg-migrate up",
        roll_back="npx node-pg-migrate down 1",
        mark_applied="npx node-pg-migrate up 1 --fake",
        unmark="npx node-pg-migrate down 1 --fake",
        apply_some="npx node-pg-migrate up {count}",
        roll_back_some="npx node-pg-migrate down {count}",
    ),
)

_ALWAYS = "node-pg-migrate runs SQL files in one transaction with all that is pending"


def _place_down(_: History, migration: Migration, back: Sql) -> FileText | NoPlace:
    file = file_of(migration)
    marks = {mark[1].lower(): mark for mark in reversed(list(_MARK.finditer(file.text)))}
    down, up = marks.get("down"), marks.get("up")
    if down and up and down.start() < up.start():
        return NoPlace("its way back stands above the way there")
    at = (down.start(), down.end(), len(file.text)) if down else None
    if not marks:
        # Without marks the file is all way there, and one mark makes the rest of it none.
        return inside(back, _ALWAYS) or _marked(file, back)
    return inside(back, _ALWAYS) or with_section(file, "-- Down Migration", back.body, at)


def _marked(file: Source, back: Sql) -> FileText:
    made = with_section(file, "-- Down Migration", back.body, None)
    return made._replace(text=f"-- Up Migration\n{made.text}")


def _place_new(history: History, stem: Stem, written: Written) -> tuple[FileText, ...] | NoPlace:
    down = f"\n-- Down Migration\n{written.downs.body}" if written.down.strip() else ""
    made = FileText(in_root(history, f"{stem.text}.sql"), f"-- Up Migration\n{written.ups.body}{down}")
    return inside(written.ups, _ALWAYS) or (made,)


tool = Tool(
    name="node-pg-migrate",
    title="node-pg-migrate",
    recognise=recognise,
    read=read,
    copy_fails=True,
    place=Place(down=_place_down, new=each(_place_new)),
)
