"""
dbmate: flat files `N_name.sql` with `-- migrate:up` and `-- migrate:down`.

The order is that of the file names as text. Each block runs in a transaction and is sent as one query;
`-- migrate:up transaction:false` turns the transaction off, `transaction: false` with a blank does not.
A file without `-- migrate:down` is refused.

Facts from its source: pkg/dbmate/migration.go (names, blocks, options) and db.go (transactions).
"""

import re

from miglint.model.irregularity import IgnoredDirective, Irregularity, RefusedFile
from miglint.model.migration import Advice, Commands, History, TransactionMode
from miglint.model.source import Source, Span
from miglint.project.dialects import dialect_of
from miglint.project.files import Files, Folder
from miglint.text.lazy import expression
from miglint.tools._flat import marked
from miglint.tools._scripts import Cut, MigrationFiles, Section, Wrapping, read_sections
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings

_NAME = expression(r"(\d+).*\.sql", re.DOTALL)
_MARK = expression(r"^--[ \t]*migrate:(up|down)(?:[ \t]+(\S[^\n]*?))?[ \t\r]*$", re.MULTILINE)
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
    """Cut a file into its pairs of blocks; most have one."""
    marks = list(_MARK.finditer(source.text))
    odd: list[Irregularity] = []
    sections: list[tuple[str, Section]] = []
    for at, mark in enumerate(marks):
        end = marks[at + 1].start() if at + 1 < len(marks) else len(source.text)
        options = (mark[2] or "").split()
        if any(option == "transaction:" for option in options):
            message = "dbmate does not see `transaction: false` with a blank, and opens a transaction"
            help_text = f"write `-- migrate:{mark[1]} transaction:false`"
            odd.append(IgnoredDirective(source, message, help_text, Span(*mark.span()), unit.id))
        wrapping = _UNWRAPPED if "transaction:false" in options else _WRAPPED
        sections.append((mark[1], Section(Span(mark.end(), end), wrapping)))
    ups = [section for direction, section in sections if direction == "up"]
    downs = [section for direction, section in sections if direction == "down"]
    if len(ups) != len(downs) or not ups:
        missing = "-- migrate:up" if len(ups) < len(downs) or not ups else "-- migrate:down"
        message = f"dbmate refuses a file without `{missing}`"
        odd.append(
            RefusedFile(
                source, message, "add the line, also where nothing stands below it", migration=unit.id
            )
        )
    cuts = [
        Cut(up, downs[at] if at < len(downs) else None, str(at + 1) if len(ups) > 1 else "")
        for at, up in enumerate(ups)
    ]
    return (
        [cuts[0]._replace(irregularities=tuple(odd)), *cuts[1:]]
        if cuts
        else [Cut(None, irregularities=tuple(odd))]
    )


_WRAPPED = Wrapping(TransactionMode.PER_MIGRATION, "dbmate runs each migration in a transaction")
_UNWRAPPED = Wrapping(
    TransactionMode.IMPLICIT_BATCH,
    "`transaction:false` turns dbmate's transaction off; it sends the block as one query",
)

_ADVICE = Advice(
    has_downs=True,
    down_file="SQL below `-- migrate:down`",
    without_down="`dbmate rollback` of an empty block removes the version and undoes nothing",
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
    ),
    version=r"\d+",
)

tool = Tool(name="dbmate", title="dbmate", recognise=recognise, read=read)
