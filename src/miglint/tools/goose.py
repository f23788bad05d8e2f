"""
goose: flat files `N_name.sql` with `-- +goose Up` and `-- +goose Down`, and Go migrations between them.

Facts from its source: internal/sqlparser/parser.go (directives, how statements are split), migrate.go and
provider_collect.go (names, order), provider_run.go (transactions).
"""

import re

from miglint.model.irregularity import DuplicateVersion, Irregularity, RefusedFile
from miglint.model.migration import Advice, Commands, History, Migration, Reaction, TransactionMode
from miglint.model.source import Source, Span
from miglint.project.dialects import dialect_of
from miglint.project.files import Files, Folder
from miglint.text.lazy import expression
from miglint.text.line_statements import refusals
from miglint.text.placeholders import DOLLAR_BRACES, filler
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
from miglint.tools._scripts import Cut, MigrationFiles, Section, Wrapping, read_sections
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings

_NAME = expression(r"(\d+)_.*\.(sql|go)", re.DOTALL)
# A directive has no blank before it; what stands between the dashes and `+goose` does not matter.
_DIRECTIVE = expression(r"^--[^\n]*?\+goose[ \t]+(?P<what>[^\n\r]*)", re.IGNORECASE | re.MULTILINE)
_INDENTED = expression(r"^[ \t]+--[^\n]*?\+goose[ \t]+(?P<what>[^\n\r]*)", re.IGNORECASE | re.MULTILINE)
_KNOWN = ("up", "down", "statementbegin", "statementend", "no transaction", "envsub on", "envsub off")
_VARIABLE = filler(DOLLAR_BRACES, r"\$[A-Za-z_]\w*")


def recognise(folder: Folder, files: Files) -> Evidence | None:
    """Know a folder by a directive in one of its numbered files."""
    for name in folder.sample(".sql"):
        if _NAME.fullmatch(name) and _DIRECTIVE.search(files.beginning(folder.file(name))):
            return Evidence(Rank.MARKER, f"`+goose` in {name} in {files.shown(folder.path)}")
    return None


def read(folder: Folder, files: Files, settings: ToolSettings) -> History:
    """Read the files in the order of their numbers; those in Go stand in the sequence, unread."""
    numbered = sorted(
        (int(found[1]), name)
        for name in folder.files
        if (found := _NAME.fullmatch(name)) and int(found[1]) > 0 and not name.endswith("_test.go")
    )
    order = []
    odd: list[Irregularity] = []
    taken: dict[int, str] = {}
    for number, name in numbered:
        path, stem = folder.file(name), name.rpartition(".")[0]
        if number in taken:
            message = f"version {number} is taken by {taken[number]}: goose refuses the whole folder"
            odd.append(DuplicateVersion(Source(files.shown(path), ""), message, migration=stem))
        taken.setdefault(number, name)
        if name.endswith(".go"):
            order.append(MigrationFiles(stem, None, opaque=path))
        else:
            order.append(MigrationFiles(stem, path))
    reading = read_sections(files, order, _cut)
    return reading.history(
        tool.name, files.shown(folder.path), dialect_of(folder, files, reading.texts()), _ADVICE, odd
    )


def _cut(unit: MigrationFiles, source: Source) -> list[Cut]:
    """Cut a file at its `Up` and `Down`, each of which may stand there once."""
    text = source.text
    found = {}
    odd: list[Irregularity] = []
    wrapping = _WRAPPED
    for directive in _DIRECTIVE.finditer(text):
        what = " ".join(directive["what"].lower().split())
        if what == "no transaction":
            wrapping = _UNWRAPPED
        elif what in ("up", "down") and what not in found:
            found[what] = directive
        elif what not in _KNOWN or what in found:
            message = f"goose refuses this file: `+goose {directive['what'].strip()[:40]}`"
            why = "it is here twice" if what in found else f"the directives are {', '.join(_KNOWN)}"
            odd.append(RefusedFile(source, message, why, Span(*directive.span()), unit.id))
    for directive in _INDENTED.finditer(text):
        message = (
            f"goose refuses `+goose {directive['what'].strip()[:40]}`, because there is a space before it"
        )
        odd.append(RefusedFile(source, message, "begin the line with it", Span(*directive.span()), unit.id))
    up, down = found.get("up"), found.get("down")
    if up is None or (down is not None and down.start() < up.start()):
        message = "goose refuses a file without `-- +goose Up`" + (" before `Down`" if up else "")
        return [Cut(None, irregularities=(*odd, RefusedFile(source, message, migration=unit.id)))]
    end = down.start() if down else len(text)
    for section in (Span(up.end(), end), Span(down.end() if down else end, len(text))):
        odd += (
            RefusedFile(source, f"goose refuses this file, or the server does: {message}", why, span, unit.id)
            for span, message, why, _ in refusals(text, section, wrapped=wrapping is _WRAPPED)
        )
    filled = _filled(text)
    back = Section(Span(down.end(), len(text)), wrapping, filled[down.end() :]) if down else None
    return [Cut(Section(Span(up.end(), end), wrapping, filled[up.end() : end]), back, "", tuple(odd))]


def _filled(text: str) -> str:
    """Neutralise environment variables where `ENVSUB ON` has goose put them in."""
    if "envsub" not in text.lower():
        return text
    parts, at, on = [], 0, False
    for directive in _DIRECTIVE.finditer(text):
        words = directive["what"].lower().split()
        if words[:1] == ["envsub"]:
            part = text[at : directive.start()]
            parts.append(_VARIABLE(part) if on else part)
            at, on = directive.start(), words[1:] == ["on"]
    parts.append(_VARIABLE(text[at:]) if on else text[at:])
    return "".join(parts)


_WRAPPED = Wrapping(TransactionMode.PER_MIGRATION, "goose runs each migration in a transaction")
_UNWRAPPED = Wrapping(
    TransactionMode.PER_STATEMENT, "`-- +goose NO TRANSACTION`: goose sends the statements one by one"
)

_BLOCK = ("-- +goose StatementBegin", "-- +goose StatementEnd")

_ADVICE = Advice(
    has_downs=True,
    down_file="SQL below `-- +goose Down`",
    without_down="`goose down` of a migration without Down removes its version but undoes nothing",
    half_way="nothing of it stays",
    half_way_back="nothing is undone, and it stays recorded as applied",
    older_program="a program without the newest file starts, and runs nothing",
    begin_downs="`goose create <name> sql` writes both sections; fill in the second",
    set_lock_timeout=(
        "add `options=-c%20lock_timeout%3D5s` to the connection string that goose is given, "
        "or run `ALTER ROLE <the migrating role> SET lock_timeout = '5s'` once"
    ),
    run_outside_transaction="put the statement into a migration of its own, with `-- +goose NO TRANSACTION`",
    block_marks=_BLOCK,
    late=Reaction.STOPS,
    commands=Commands(
        apply="goose -dir {folder} $GOOSE_DRIVER $GOOSE_DBSTRING up",
        roll_back="goose -dir {folder} $GOOSE_DRIVER $GOOSE_DBSTRING down",
        mark_applied="INSERT INTO goose_db_version (version_id, is_applied) VALUES ({version}, true);",
        unmark="DELETE FROM goose_db_version WHERE version_id = {version};",
        apply_to="goose -dir {folder} $GOOSE_DRIVER $GOOSE_DBSTRING up-to {version}",
        roll_back_to="goose -dir {folder} $GOOSE_DRIVER $GOOSE_DBSTRING down-to {version}",
        check="goose -dir {folder} $GOOSE_DRIVER $GOOSE_DBSTRING status",
    ),
    version=r"\d+",
)


def _place_down(_: History, migration: Migration, back: Sql) -> FileText | NoPlace:
    file = file_of(migration)
    words = {" ".join(found["what"].lower().split()): found for found in _DIRECTIVE.finditer(file.text)}
    if back.outside and "no transaction" not in words:
        reason = "`-- +goose NO TRANSACTION` holds for both directions, and the way there runs in one"
        return NoPlace(reason)
    down = words.get("down")
    at = (down.start(), down.end(), len(file.text)) if down else None
    mark = "-- +goose Down"
    outside = words.get("no transaction")
    if down and outside and outside.start() > down.start():
        # It holds for the file wherever it stands, and this is what is written anew.
        mark = f"-- +goose NO TRANSACTION\n{mark}"
    return with_section(file, mark, in_blocks(back.text, *_BLOCK), at)


def _place_new(history: History, stem: Stem, written: Written) -> tuple[FileText, ...]:
    head = "-- +goose NO TRANSACTION\n" if written.outside else ""
    up = f"{head}-- +goose Up\n{in_blocks(written.up, *_BLOCK)}"
    down = f"\n-- +goose Down\n{in_blocks(written.down, *_BLOCK)}" if written.down.strip() else ""
    return (FileText(in_root(history, f"{stem.text}.sql"), up + down),)


tool = Tool(
    name="goose",
    title="goose",
    recognise=recognise,
    read=read,
    traces=(".sql",),
    copy_fails=True,
    place=Place(down=_place_down, new=each(_place_new)),
)
