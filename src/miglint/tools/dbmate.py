"""
dbmate: flat files `N_name.sql` with `-- migrate:up` and `-- migrate:down`.

The order is that of the file names as text. Each block runs in a transaction and is sent as one query;
`-- migrate:up transaction:false` turns the transaction off, `transaction: false` with a space does not.
A file without `-- migrate:down`, or with something before `-- migrate:up`, is refused. Only the first of
several pairs in one file is applied: the second fails on the version that the first has recorded.

Facts from its source: pkg/dbmate/migration.go (names, blocks, options) and db.go (transactions).
"""

import re

from miglint.model.irregularity import IgnoredDirective, Irregularity, RefusedFile
from miglint.model.migration import Advice, Commands, History, Migration, TransactionMode
from miglint.model.source import Source, Span
from miglint.project.dialects import dialect_of
from miglint.project.files import Files, Folder
from miglint.text.lazy import expression
from miglint.text.possessive import possessive
from miglint.tools._flat import marked
from miglint.tools._numbering import Stem
from miglint.tools._places import (
    FileText,
    NoPlace,
    Place,
    Sql,
    Written,
    alone,
    each,
    file_of,
    in_root,
    with_section,
)
from miglint.tools._scripts import Cut, MigrationFiles, Section, Wrapping, read_sections
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings

_NAME = expression(r"(\d+).*\.sql", re.DOTALL)
_MARK = possessive(
    r"(?m)^--[ \t]*+migrate:(up|down)(?:[ \t]++(\S++(?:[^\S\n]++\S++)*+))?+[^\S\n]*+$", "migrate:"
)
# A line that is neither blank nor a comment; a block comment is one for dbmate.
_STATEMENT = expression(r"^[ \t\r\f\v]*(?!--)[^\s][^\n]*", re.MULTILINE)
_URL = expression(r"^[ \t]*(?:export\s+)?DATABASE_URL\s*=\s*[\"']?(\w+):", re.MULTILINE)


def recognise(folder: Folder, files: Files) -> Evidence | None:
    """Know a folder by `-- migrate:up` in one of its files."""
    name = marked(folder, files, _MARK)
    return Evidence(Rank.MARKER, f"`migrate:up` in {name} in {files.shown(folder.path)}") if name else None


def read(folder: Folder, files: Files, settings: ToolSettings) -> History:
    """Read the files in the order of their names."""
    names = [name for name in folder.files if _NAME.fullmatch(name)]
    order = [MigrationFiles(name[: -len(".sql")], folder.file(name)) for name in names]
    reading = read_sections(files, order, _cut)
    environment = files.nearest(folder.path, ".env")
    url = _URL.search(files.text(environment)) if environment else None
    return reading.history(
        tool.name,
        files.shown(folder.path),
        dialect_of(folder, files, reading.texts(), url and url[1]),
        _ADVICE,
    )


def _cut(unit: MigrationFiles, source: Source) -> list[Cut]:
    """Cut a file into its blocks, and say why dbmate does not run them, or not all of them."""
    marks = list(_MARK.finditer(source.text))
    odd: list[Irregularity] = []
    sections: list[tuple[str, Section]] = []
    for at, mark in enumerate(marks):
        end = marks[at + 1].start() if at + 1 < len(marks) else len(source.text)
        options = (mark[2] or "").split()
        if any(option == "transaction:" for option in options):
            message = "dbmate does not see `transaction: false` with a space, and opens a transaction"
            help_text = f"write `-- migrate:{mark[1]} transaction:false`"
            odd.append(IgnoredDirective(source, message, help_text, Span(*mark.span()), unit.id))
        wrapping = _UNWRAPPED if "transaction:false" in options else _WRAPPED
        sections.append((mark[1], Section(Span(mark.end(), end), wrapping)))
    ups = [section for direction, section in sections if direction == "up"]
    downs = [section for direction, section in sections if direction == "down"]
    refused = _refused(source, marks)
    if refused is not None:
        message, help_text, span = refused
        odd.append(RefusedFile(source, message, help_text, span, unit.id))
    elif len(ups) > 1:
        # Outside a transaction its SQL has run by then, and stays.
        ups = ups[: 2 if ups[1].wrapping is _UNWRAPPED else 1]
        second = [mark for mark in marks if mark[1] == "up"][1]
        message = "the second `-- migrate:up` of a file fails: dbmate has recorded the version with the first"
        help_text = (
            "put it into a file of its own; dbmate considers this one applied, and does not come back to it"
        )
        odd.append(RefusedFile(source, message, help_text, Span(*second.span()), unit.id))
    cuts = [
        Cut(up, downs[at] if at < len(downs) else None, str(at + 1) if len(ups) > 1 else "")
        for at, up in enumerate(ups)
    ]
    return (
        [cuts[0]._replace(irregularities=tuple(odd)), *cuts[1:]]
        if cuts
        else [Cut(None, irregularities=tuple(odd))]
    )


def _refused(source: Source, marks: "list[re.Match[str]]") -> tuple[str, str, Span] | None:
    """Give why dbmate runs nothing of a file, how to change that, and where it shows."""
    words = [mark[1] for mark in marks]
    for word in ("up", "down"):
        if word not in words:
            help_text = "add the line, even if nothing follows it"
            return f"dbmate refuses a file without `-- migrate:{word}`", help_text, Span(0, 0)
    if source.marked:
        # It takes the first line for neither a mark nor a comment.
        message = "dbmate refuses a file that begins with a byte order mark"
        return message, "save the file without a byte order mark", Span(0, 0)
    expected = ("up", "down")
    for at, mark in enumerate(marks):
        if mark[1] != expected[at % 2]:
            message = (
                f"dbmate refuses a file in which no `-- migrate:{expected[at % 2]}` comes before this line"
            )
            return (
                message,
                "write its `-- migrate:down` after each `-- migrate:up`",
                Span(*mark.span()),
            )
    if len(marks) % 2:
        message = "dbmate refuses a file in which no `-- migrate:down` follows this line"
        help_text = "add the line, even if nothing follows it"
        return message, help_text, Span(*marks[-1].span())
    before = _STATEMENT.search(source.text, 0, marks[0].start())
    if before is not None:
        message = "dbmate refuses a file with a statement before `-- migrate:up`"
        return message, "move it below the line", Span(*before.span())
    return None


_WRAPPED = Wrapping(TransactionMode.PER_MIGRATION, "dbmate runs each migration in a transaction")
_UNWRAPPED = Wrapping(
    TransactionMode.IMPLICIT_BATCH,
    "`transaction:false` turns dbmate's transaction off; it sends the block as one query",
)

_ADVICE = Advice(
    has_downs=True,
    down_file="SQL below `-- migrate:down`",
    without_down="`dbmate rollback` of an empty block removes the version but undoes nothing",
    half_way="nothing of it stays",
    half_way_back="nothing is undone, and it stays recorded as applied",
    older_program="a program without the newest file starts",
    begin_downs="`dbmate new <name>` writes both marks; fill in the second",
    set_lock_timeout=(
        "add `options=-c%20lock_timeout%3D5s` to DATABASE_URL, "
        "or run `ALTER ROLE <the migrating role> SET lock_timeout = '5s'` once"
    ),
    run_outside_transaction="put the statement alone in a file that begins `-- migrate:up transaction:false`",
    commands=Commands(
        apply="dbmate --migrations-dir {folder} migrate",
        roll_back="dbmate --migrations-dir {folder} rollback",
        mark_applied="INSERT INTO schema_migrations (version) VALUES ('{version}');",
        unmark="DELETE FROM schema_migrations WHERE version = '{version}';",
        check="dbmate --migrations-dir {folder} status",
    ),
    version=r"\d+",
)


def _place_down(_: History, migration: Migration, back: Sql) -> FileText | NoPlace:
    file = file_of(migration)
    marks = list(_MARK.finditer(file.text))
    if [mark[1] for mark in marks[2:]]:
        return NoPlace("its file holds several migrations, of which dbmate applies one")
    downs = [mark for mark in marks if mark[1] == "down"]
    at = (downs[0].start(), downs[0].end(), len(file.text)) if downs else None
    return alone(back, tool.title) or with_section(file, _mark("down", outside=back.outside), back.body, at)


def _place_new(history: History, stem: Stem, written: Written) -> tuple[FileText, ...] | NoPlace:
    up = f"{_mark('up', outside=written.outside)}\n{written.ups.body}"
    # Without the second mark dbmate refuses the file.
    down = f"\n{_mark('down', outside=written.outside and bool(written.down))}\n{written.downs.body.lstrip()}"
    refused = alone(written.ups, tool.title) or alone(written.downs, tool.title)
    return refused or (FileText(in_root(history, f"{stem.text}.sql"), up + down),)


def _mark(direction: str, *, outside: bool) -> str:
    return f"-- migrate:{direction}" + (" transaction:false" if outside else "")


tool = Tool(
    name="dbmate",
    title="dbmate",
    recognise=recognise,
    read=read,
    copy_fails=True,
    place=Place(down=_place_down, new=each(_place_new, as_text=True)),
)
