"""
micrate, for Crystal: flat files `N_name.sql` with `-- +micrate Up` and `-- +micrate Down`.

The order is that of the numbers. From version 0.15 on each migration runs in a transaction; before that, each
statement commits on its own. The version is that of shard.lock or shard.yml. A last statement without a
semicolon is never run.

Facts from its source: src/micrate/migration.cr (sections), statement_builder.cr and micrate.cr.
"""

import re

from miglint.model.irregularity import Irregularity, UnreachableFile
from miglint.model.migration import Advice, Commands, History, Migration, Reaction, TransactionMode
from miglint.model.source import Source, Span
from miglint.project.dialects import dialect_of
from miglint.project.files import Files, Folder
from miglint.text.lazy import expression
from miglint.text.line_statements import refusals
from miglint.tools._flat import marked, numbered
from miglint.tools._numbering import Stem
from miglint.tools._places import (
    FileText,
    NoPlace,
    Place,
    Sql,
    Written,
    each,
    file_of,
    in_blocks,
    in_root,
    inside,
    with_section,
)
from miglint.tools._scripts import Cut, MigrationFiles, Wrapping, joined, read_sections
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings

_NAME = expression(r"(\d+)_.*\.sql", re.DOTALL)
_MARK = expression(r"^-- \+micrate (Up|Down)[ \t\r]*$", re.MULTILINE)
_LOCKED = expression(r"^  micrate:\n(?:    .*\n)*?    version: *[\"']?[^\d\n]*(\d+)\.(\d+)", re.MULTILINE)
_WITH_TRANSACTIONS = (0, 15)


def recognise(folder: Folder, files: Files) -> Evidence | None:
    """Know a folder by `-- +micrate Up` in one of its files."""
    name = marked(folder, files, _MARK)
    return Evidence(Rank.MARKER, f"`+micrate` in {name} in {files.shown(folder.path)}") if name else None


def read(folder: Folder, files: Files, settings: ToolSettings) -> History:
    """Read the files in the order of their numbers."""
    wrapping = _wrapping(folder, files, settings)

    def cut(unit: MigrationFiles, source: Source) -> list[Cut]:
        return [_cut(unit, source, wrapping)]

    order, odd = numbered(folder, files, _NAME, tool.title)
    reading = read_sections(files, order, cut)
    shards = [text for text in (_near(folder, files, name) for name in ("shard.yml", "shard.lock")) if text]
    names = ("pg", "mysql", "sqlite3")
    found = [name for name in names if any(f"\n  {name}:" in text for text in shards)]
    return reading.history(
        tool.name,
        files.shown(folder.path),
        dialect_of(folder, files, reading.texts(), found[0] if len(found) == 1 else None),
        _ADVICE if wrapping.mode is TransactionMode.PER_MIGRATION else _BEFORE_TRANSACTIONS,
        odd,
    )


def _near(folder: Folder, files: Files, name: str) -> str:
    path = files.nearest(folder.path, name)
    return files.text(path) if path else ""


def _wrapping(folder: Folder, files: Files, settings: ToolSettings) -> Wrapping:
    asked = re.match(r"(\d+)\.(\d+)", settings.tool_version or "")
    found = asked or next(
        (
            match
            for name in ("shard.lock", "shard.yml")
            if (match := _LOCKED.search(_near(folder, files, name)))
        ),
        None,
    )
    version = (int(found[1][:9]), int(found[2][:9])) if found else _WITH_TRANSACTIONS
    if version >= _WITH_TRANSACTIONS:
        return Wrapping(TransactionMode.PER_MIGRATION, "micrate runs each migration in a transaction")
    reason = f"micrate {version[0]}.{version[1]} sends the statements one by one, outside its transaction"
    return Wrapping(TransactionMode.PER_STATEMENT, reason)


def _cut(unit: MigrationFiles, source: Source, wrapping: Wrapping) -> Cut:
    """Put the sections of each direction together; a direction can have several."""
    text = source.text
    marks = list(_MARK.finditer(text))
    ends = [*(mark.start() for mark in marks), len(text)][1:]
    spans: dict[str, list[Span]] = {"Up": [], "Down": []}
    odd: list[Irregularity] = []
    if not marks:
        odd.append(
            UnreachableFile(
                source,
                "micrate runs nothing in this file: it has no `-- +micrate Up`",
                "write `-- +micrate Up` above the statements",
                migration=unit.id,
            )
        )
    for mark, end in zip(marks, ends, strict=False):
        span = Span(mark.end(), end)
        spans[mark[1]].append(span)
        for refusal in refusals(text, span, wrapped=True):
            if refusal.open:
                told = "micrate never runs this statement: it does not end with a semicolon"
                odd.append(UnreachableFile(source, told, refusal.help, refusal.span, unit.id))
    up, down = (joined(text, parts, wrapping) for parts in spans.values())
    return Cut(up, down, irregularities=tuple(odd))


_ADVICE = Advice(
    has_downs=True,
    down_file="SQL below `-- +micrate Down`",
    without_down="`micrate down` of a migration without Down records it as undone but undoes nothing",
    begin_downs="`micrate scaffold <name>` writes both sections; fill in the second",
    set_lock_timeout="run `ALTER ROLE <the migrating role> SET lock_timeout = '5s'` once",
    always_in_transaction="from version 0.15 on micrate runs every migration in a transaction",
    late=Reaction.STOPS,
    commands=Commands(
        apply="micrate up",
        roll_back="micrate down",
        mark_applied="INSERT INTO micrate_db_version (version_id, is_applied) VALUES ({version}, true);",
        unmark="INSERT INTO micrate_db_version (version_id, is_applied) VALUES ({version}, false);",
    ),
    version=r"\d+",
)

_BEFORE_TRANSACTIONS = _ADVICE._replace(always_in_transaction="")

_BLOCK = ("-- +micrate StatementBegin", "-- +micrate StatementEnd")


def _place_down(history: History, migration: Migration, back: Sql) -> FileText | NoPlace:
    refused = inside(back, history.advice.always_in_transaction)
    file = file_of(migration)
    marks = list(_MARK.finditer(file.text))
    downs = [mark for mark in marks if mark[1] == "Down"]
    if len(downs) > 1 or any(mark.start() > downs[0].start() for mark in marks if downs and mark[1] == "Up"):
        return NoPlace("its sections are not one of each kind, the way back last")
    at = (downs[0].start(), downs[0].end(), len(file.text)) if downs else None
    return refused or with_section(file, "-- +micrate Down", in_blocks(back.text, *_BLOCK), at)


def _place_new(history: History, stem: Stem, written: Written) -> tuple[FileText, ...] | NoPlace:
    up = f"-- +micrate Up\n{in_blocks(written.up, *_BLOCK)}"
    down = f"\n-- +micrate Down\n{in_blocks(written.down, *_BLOCK)}" if written.down.strip() else ""
    made = (FileText(in_root(history, f"{stem.text}.sql"), up + down),)
    return inside(written.ups, history.advice.always_in_transaction) or made


tool = Tool(
    name="micrate",
    title="micrate",
    recognise=recognise,
    read=read,
    copy_fails=True,
    place=Place(down=_place_down, new=each(_place_new)),
)
