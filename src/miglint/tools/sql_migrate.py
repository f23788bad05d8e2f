"""
sql-migrate: flat files `N_name.sql` with `-- +migrate Up` and `-- +migrate Down`.

Files whose names start with digits come first, in the order of the numbers. Each direction runs in a
transaction; `notransaction` after the directive turns it off, and the statements run one by one. A direction
can have several sections.

Facts from its source: sqlparse/sqlparse.go (directives) and migrate.go (order, transactions).
"""

import re

from miglint.model.irregularity import IgnoredDirective, Irregularity, RefusedFile
from miglint.model.migration import Advice, Commands, History, Migration, Reaction, TransactionMode
from miglint.model.source import Source, Span
from miglint.project.dialects import dialect_of
from miglint.project.files import Files, Folder
from miglint.project.go_mod import go_requires
from miglint.text.lazy import expression
from miglint.text.line_statements import refusals
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
    in_blocks,
    in_root,
    with_section,
)
from miglint.tools._scripts import Cut, MigrationFiles, Wrapping, joined, read_sections
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings

_MARK = expression(r"^-- \+migrate (Up|Down)\b([^\n]*)$", re.MULTILINE)
_DIALECT = expression(r"^[ \t]*dialect:\s*[\"']?(\w+)", re.MULTILINE)


def recognise(folder: Folder, files: Files) -> Evidence | None:
    """Know a folder by `-- +migrate Up` in one of its files."""
    name = marked(folder, files, _MARK)
    return Evidence(Rank.MARKER, f"`+migrate` in {name} in {files.shown(folder.path)}") if name else None


def read(folder: Folder, files: Files, settings: ToolSettings) -> History:
    """Read the files, those with a number first; an id is the whole file name, as the tool stores it."""
    order = [MigrationFiles(name, folder.file(name)) for name in sorted(folder.ending(".sql"), key=_order)]
    config = files.nearest(folder.path, "dbconfig.yml")
    reading = read_sections(files, order, _cut)
    if config is None and _is_another_runner(folder, files):
        reading = reading._replace(irregularities=())
    named = _DIALECT.search(files.text(config)) if config else None
    return reading.history(
        tool.name,
        files.shown(folder.path),
        dialect_of(folder, files, reading.texts(), named and named[1]),
        _ADVICE,
    )


def _is_another_runner(folder: Folder, files: Files) -> bool:
    """Tell whether a Go module runs these files without sql-migrate: what that refuses is of no interest."""
    manifest = files.nearest(folder.path, "go.mod")
    return manifest is not None and not go_requires(files, folder.path, "github.com/rubenv/sql-migrate")


def _order(name: str) -> tuple[bool, int, str]:
    found = re.match(r"\d{1,200}", name)
    return found is None, int(found[0]) if found else 0, name


def _cut(unit: MigrationFiles, source: Source) -> list[Cut]:
    """Put the sections of each direction together; a direction can have several."""
    text = source.text
    marks = list(_MARK.finditer(text))
    if not marks:
        message = "sql-migrate refuses a file without `-- +migrate Up`"
        return [Cut(None, irregularities=(RefusedFile(source, message, migration=unit.id),))]
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    spans: dict[str, list[Span]] = {"Up": [], "Down": []}
    unwrapped = {mark[1] for mark in marks if "notransaction" in mark[2].split()}
    odd: list[Irregularity] = []
    if source.marked and marks[0].start() == 0:
        message = f"sql-migrate does not see `{marks[0].group().strip()}` after a byte order mark"
        help_text = "save the file without a byte order mark"
        odd.append(IgnoredDirective(source, message, help_text, Span(*marks[0].span()), unit.id))
    for mark, end in zip(marks, ends, strict=True):
        span = Span(mark.end(), end)
        spans[mark[1]].append(span)
        for place, message, why, _ in refusals(text, span, wrapped=mark[1] not in unwrapped):
            told = f"sql-migrate refuses this file, or the server does: {message}"
            odd.append(RefusedFile(source, told, why, place, unit.id))
    up, down = (
        joined(text, parts, _UNWRAPPED if word in unwrapped else _WRAPPED) for word, parts in spans.items()
    )
    return [Cut(up, down, irregularities=tuple(odd))]


_WRAPPED = Wrapping(TransactionMode.PER_MIGRATION, "sql-migrate runs each migration in a transaction")
_UNWRAPPED = Wrapping(
    TransactionMode.PER_STATEMENT, "`notransaction`: sql-migrate sends the statements one by one"
)

_BLOCK = ("-- +migrate StatementBegin", "-- +migrate StatementEnd")

_ADVICE = Advice(
    has_downs=True,
    down_file="SQL below `-- +migrate Down`",
    without_down="`sql-migrate down` of a migration without Down removes its row but undoes nothing",
    half_way="nothing of it stays",
    half_way_back="nothing is undone, and it stays recorded as applied",
    older_program=(
        "a program without the newest file stops at the migration that it does not know, unless "
        "`IgnoreUnknown` is set"
    ),
    older_refuses=True,
    begin_downs="`sql-migrate new <name>` writes both directives; fill in the second",
    set_lock_timeout=(
        "add `options=-c%20lock_timeout%3D5s` to the datasource in dbconfig.yml, "
        "or run `ALTER ROLE <the migrating role> SET lock_timeout = '5s'` once"
    ),
    run_outside_transaction="begin a file of its own with `-- +migrate Up notransaction`",
    block_marks=_BLOCK,
    removed=Reaction.STOPS,
    commands=Commands(
        apply="sql-migrate up",
        roll_back="sql-migrate down -limit 1",
        mark_applied="sql-migrate skip -limit 1",
        unmark="DELETE FROM gorp_migrations WHERE id = '{id}';",
        apply_some="sql-migrate up -limit {count}",
        roll_back_some="sql-migrate down -limit {count}",
        preview_back="sql-migrate down -limit {count} -dryrun",
        check="sql-migrate status",
    ),
)


def _place_down(_: History, migration: Migration, back: Sql) -> FileText | NoPlace:
    file = file_of(migration)
    marks = list(_MARK.finditer(file.text))
    downs = [mark for mark in marks if mark[1] == "Down"]
    if len(downs) > 1 or any(mark.start() > downs[0].start() for mark in marks if downs and mark[1] == "Up"):
        return NoPlace("its sections are not one of each kind, the way back last")
    at = (downs[0].start(), downs[0].end(), len(file.text)) if downs else None
    return with_section(file, _mark("Down", outside=back.outside), in_blocks(back.text, *_BLOCK), at)


def _place_new(history: History, stem: Stem, written: Written) -> tuple[FileText, ...]:
    up = f"{_mark('Up', outside=written.outside)}\n{in_blocks(written.up, *_BLOCK)}"
    back = f"\n{_mark('Down', outside=written.outside)}\n{in_blocks(written.down, *_BLOCK)}"
    text = up + (back if written.down.strip() else "")
    return (FileText(in_root(history, stem.text.removesuffix(".sql") + ".sql"), text),)


def _mark(direction: str, *, outside: bool) -> str:
    return f"-- +migrate {direction}" + (" notransaction" if outside else "")


tool = Tool(
    name="sql-migrate",
    title="sql-migrate",
    recognise=recognise,
    read=read,
    copy_fails=True,
    place=Place(down=_place_down, new=each(_place_new)),
)
