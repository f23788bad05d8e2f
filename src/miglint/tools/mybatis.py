"""
MyBatis Migrations: `scripts/N_name.sql` beside `environments/`, up above and down below `-- //@UNDO`.

The order is that of the numbers. Each script runs in a transaction, as one statement string where
`send_full_script` is on, which is the default; `auto_commit=true` in the environment turns it off.
`bootstrap.sql` and `onabort.sql` are no migrations. `${name}` stands for a variable.

Facts from its source: MigrationReader.java (@UNDO), BaseCommand.java (names) and Environment.java.
"""

import re

from miglint.model.migration import Advice, Commands, History, Reaction, TransactionMode
from miglint.model.source import Source, Span
from miglint.project.dialects import dialect_of
from miglint.project.files import Files, Folder, join, parent
from miglint.text.lazy import expression
from miglint.text.placeholders import DOLLAR_BRACES, filler
from miglint.tools._flat import marked, numbered
from miglint.tools._scripts import Cut, MigrationFiles, Section, Wrapping, read_sections
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings

_NAME = expression(r"(\d{1,100})_.*\.sql", re.DOTALL)
_UNDO = expression(r"^[ \t]*(?:--|//)[ \t]*//[ \t]*@UNDO[^\n]*", re.MULTILINE)
_SETTING = expression(r"^[ \t]*(url|auto_commit)\s*=\s*(\S+)", re.MULTILINE)
_FILL = filler(DOLLAR_BRACES)


def recognise(folder: Folder, files: Files) -> Evidence | None:
    """Know a folder by `-- //@UNDO` in one of its files."""
    name = marked(folder, files, _UNDO)
    return Evidence(Rank.MARKER, f"`@UNDO` in {name} in {files.shown(folder.path)}") if name else None


def read(folder: Folder, files: Files, settings: ToolSettings) -> History:
    """Read the files in the order of their numbers."""
    order, odd = numbered(folder, files, _NAME, "MyBatis Migrations")
    said = _environment(folder, files)
    wrapping = _UNWRAPPED if said.get("auto_commit") == "true" else _WRAPPED

    def cut(_: MigrationFiles, source: Source) -> list[Cut]:
        text = source.text
        undo = _UNDO.search(text)
        up = Span(0, undo.start() if undo else len(text))
        down = Span(undo.end(), len(text)) if undo else None
        back = Section(down, wrapping, _FILL(source[down])) if down else None
        return [Cut(Section(up, wrapping, _FILL(source[up])), back)]

    reading = read_sections(files, order, cut)
    return reading.history(
        tool.name,
        files.shown(folder.path),
        dialect_of(folder, files, reading.texts(), said.get("url")),
        _ADVICE,
        odd,
    )


def _environment(folder: Folder, files: Files) -> dict[str, str]:
    environments = files.folder(join(parent(folder.path), "environments"))
    texts = (files.text(environments.file(name)) for name in environments.ending(".properties"))
    return dict(pair for text in texts for pair in _SETTING.findall(text))


_WRAPPED = Wrapping(TransactionMode.PER_MIGRATION, "MyBatis Migrations runs each script in a transaction")
_UNWRAPPED = Wrapping(
    TransactionMode.IMPLICIT_BATCH,
    "`auto_commit=true` turns the transaction off; the script goes out as one query",
)

_ADVICE = Advice(
    has_downs=True,
    down_file="SQL below `-- //@UNDO`",
    without_down="`migrate down` of a script without @UNDO removes its row and undoes nothing",
    begin_downs="`migrate new <name>` writes the mark; put the way back below it",
    set_lock_timeout="run `ALTER ROLE <the migrating role> SET lock_timeout = '5s'` once",
    run_outside_transaction="run the script with an environment that says `auto_commit=true`",
    late=Reaction.IGNORES,
    commands=Commands(
        apply="migrate up",
        roll_back="migrate down",
        mark_applied="INSERT INTO CHANGELOG (ID, APPLIED_AT, DESCRIPTION) VALUES ({version}, now(), '{id}');",
        unmark="DELETE FROM CHANGELOG WHERE ID = {version};",
    ),
)

tool = Tool(name="mybatis", title="MyBatis Migrations", recognise=recognise, read=read)
