"""
MyBatis Migrations: `scripts/N_name.sql` beside `environments/`, up above and down below `-- //@UNDO`.

The order is that of the numbers. Each script runs in a transaction, which `auto_commit=true` in the
environment turns off. With `send_full_script=true`, as `migrate init` writes it, it is sent as one query;
otherwise `-- @DELIMITER` says where statements end. The environment is development, or what all of them agree
on; one for PostgreSQL is enough. `bootstrap.sql` and `onabort.sql` are not migrations. `${name}` is a
variable.

Facts from its source: MigrationReader.java (@UNDO), BaseCommand.java (names), Environment.java, and
ScriptRunner.java of MyBatis (@DELIMITER).
"""

import re

from miglint.model.migration import Advice, Commands, History, Migration, Reaction, TransactionMode
from miglint.model.source import Source, Span
from miglint.project.dialects import dialect_of
from miglint.project.files import Files, Folder, join, parent
from miglint.text.lazy import expression
from miglint.text.placeholders import DOLLAR_BRACES, filler
from miglint.text.possessive import possessive
from miglint.text.settings import properties
from miglint.text.sql import redelimited
from miglint.tools._flat import marked, numbered
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
    inside,
    with_section,
)
from miglint.tools._scripts import Cut, MigrationFiles, Section, Wrapping, read_sections
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings

_NAME = expression(r"(\d{1,100})_.*\.sql", re.DOTALL)
_UNDO = possessive(r"(?m)^[ \t]*+(?:--|//)[ \t]*+//[ \t]*+@UNDO[^\n]*+", "@undo")
_DELIMITER = possessive(
    r"(?im)^[ \t]*+(?:--|//)[ \t]*+(?://)?+[ \t]*+@DELIMITER[ \t]++(\S++)[^\n]*+", "@delimiter"
)
_FILL = filler(DOLLAR_BRACES)


def recognise(folder: Folder, files: Files) -> Evidence | None:
    """Know a folder by `-- //@UNDO` in one of its files."""
    name = marked(folder, files, _UNDO)
    return Evidence(Rank.MARKER, f"`@UNDO` in {name} in {files.shown(folder.path)}") if name else None


def read(folder: Folder, files: Files, settings: ToolSettings) -> History:
    """Read the files in the order of their numbers."""
    order, odd = numbered(folder, files, _NAME, "MyBatis Migrations")
    said = _environment(folder, files)
    is_whole = said.get("send_full_script", "").lower() == "true"
    unwrapped = _WHOLE if is_whole else _ONE_BY_ONE
    wrapping = unwrapped if said.get("auto_commit", "").lower() == "true" else _WRAPPED
    delimiter = ";" if is_whole else said.get("delimiter", ";")

    def sent(text: str) -> str:
        return _FILL(text if is_whole else _delimited(text, delimiter))

    def cut(_: MigrationFiles, source: Source) -> list[Cut]:
        text = source.text
        undo = _UNDO.search(text)
        up = Span(0, undo.start() if undo else len(text))
        down = Span(undo.end(), len(text)) if undo else None
        back = Section(down, wrapping, sent(source[down])) if down else None
        return [Cut(Section(up, wrapping, sent(source[up])), back)]

    reading = read_sections(files, order, cut)
    return reading.history(
        tool.name,
        files.shown(folder.path),
        dialect_of(folder, files, reading.texts(), said.get("url")),
        _ADVICE,
        odd,
    )


def _environment(folder: Folder, files: Files) -> dict[str, str]:
    """Give what the default environment says, else what all agree on."""
    environments = files.folder(join(parent(folder.path), "environments"))
    said = {
        name: properties(files.text(environments.file(name))) for name in environments.ending(".properties")
    }
    chosen = [said[_DEFAULT]] if _DEFAULT in said else list(said.values())
    agreed = dict(chosen[0].items()) if chosen else {}
    for other in chosen[1:]:
        agreed = {key: value for key, value in agreed.items() if other.get(key) == value}
    # An embedded database for tests is no reason to pass over the one that counts.
    urls = (one["url"] for one in said.values() if "url" in one)
    url = next((url for url in urls if url.startswith("jdbc:postgresql:")), agreed.get("url", ""))
    return {**agreed, "url": url}


def _delimited(text: str, delimiter: str) -> str:
    """Put a semicolon where a statement ends, up to each `@DELIMITER` with the delimiter before it."""
    parts: list[str] = []
    at = 0
    for found in _DELIMITER.finditer(text):
        parts += (redelimited(text[at : found.start()], delimiter), found.group())
        at, delimiter = found.end(), found[1]
    return "".join(parts) + redelimited(text[at:], delimiter)


_DEFAULT = "development.properties"
_WRAPPED = Wrapping(TransactionMode.PER_MIGRATION, "MyBatis Migrations runs each script in a transaction")
_WHOLE = Wrapping(
    TransactionMode.IMPLICIT_BATCH,
    "`auto_commit=true` turns the transaction off; the script is sent as one query",
)
_ONE_BY_ONE = Wrapping(
    TransactionMode.PER_STATEMENT,
    "`auto_commit=true` turns the transaction off; the statements are sent one by one",
)

_ADVICE = Advice(
    has_downs=True,
    down_file="SQL below `-- //@UNDO`",
    without_down="`migrate down` of a script without @UNDO removes its row but undoes nothing",
    half_way="nothing of it stays",
    half_way_back="nothing is undone, and it stays recorded as applied",
    begin_downs="`migrate new <name>` writes the mark; put the SQL that undoes it below",
    set_lock_timeout="run `ALTER ROLE <the migrating role> SET lock_timeout = '5s'` once",
    run_outside_transaction="run the script with an environment that says `auto_commit=true`",
    late=Reaction.IGNORES,
    number=r"\d+",
    commands=Commands(
        apply="migrate up",
        roll_back="migrate down",
        mark_applied="INSERT INTO CHANGELOG (ID, APPLIED_AT, DESCRIPTION) VALUES ({version}, now(), '{id}');",
        unmark="DELETE FROM CHANGELOG WHERE ID = {version};",
        apply_some="migrate up {count}",
        apply_to="migrate version {version}",
        roll_back_some="migrate down {count}",
        roll_back_to="migrate version {version}",
        preview_back="migrate script {version} {previous}",
        check="migrate status",
    ),
)

_NEVER_OUTSIDE = "only an environment with `auto_commit=true` runs a script outside a transaction"


def _place_down(_: History, migration: Migration, back: Sql) -> FileText | NoPlace:
    file = file_of(migration)
    undo = _UNDO.search(file.text)
    at = (undo.start(), undo.end(), len(file.text)) if undo else None
    return _refused(migration, back) or with_section(file, "-- //@UNDO", back.body, at)


def _place_new(history: History, stem: Stem, written: Written) -> tuple[FileText, ...] | NoPlace:
    down = f"\n-- //@UNDO\n{written.downs.body}" if written.down.strip() else ""
    made = FileText(in_root(history, f"{stem.text}.sql"), written.ups.body + down)
    return _refused(history.migrations[-1] if history.migrations else None, written.ups) or (made,)


def _refused(like: Migration | None, sql: Sql) -> NoPlace | None:
    """Refuse what the environment does not allow: all scripts run as the others do."""
    if like and like.up and like.up.mode is not TransactionMode.PER_MIGRATION:
        return alone(sql, tool.title) if like.up.mode is TransactionMode.IMPLICIT_BATCH else None
    return inside(sql, _NEVER_OUTSIDE)


tool = Tool(
    name="mybatis",
    title="MyBatis Migrations",
    recognise=recognise,
    read=read,
    copy_fails=True,
    place=Place(down=_place_down, new=each(_place_new)),
)
