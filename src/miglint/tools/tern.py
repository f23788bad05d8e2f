"""
tern: flat files `N_name.sql`, up above and down below `---- create above / drop below ----`.

The numbers must go from 1 without a gap, otherwise tern stops. Each migration runs in a transaction; a line
`---- tern: disable-tx ----` turns it off for its direction. Files are Go templates, whose actions are not
executed here. For PostgreSQL only.

Facts from its source: migrate/migrate.go (names, gaps, sections, disable-tx).
"""

import os
import re

from miglint.model.irregularity import Irregularity, VersionGap
from miglint.model.migration import Advice, Commands, History, Migration, Reaction, TransactionMode
from miglint.model.source import Source, Span
from miglint.project.build_files import build_file_with
from miglint.project.dialects import POSTGRES
from miglint.project.files import Files, Folder
from miglint.project.go_mod import go_requires
from miglint.text.lazy import expression
from miglint.text.placeholders import GO_TEMPLATE, filler
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
    in_root,
    inside,
    with_section,
)
from miglint.tools._scripts import Cut, MigrationFiles, Section, Wrapping, read_sections
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings

_NAME = expression(r"(\d{1,9})_.+\.sql", re.DOTALL)
_SEPARATOR = "---- create above / drop below ----"
_UNWRAPPED_MARK = expression(r"^---- tern: disable-tx ----$", re.MULTILINE)
_MARK = expression(r"^---- (?:create above / drop below|tern: disable-tx) ----", re.MULTILINE)
_FILL = filler(GO_TEMPLATE)
_MODULE = "github.com/jackc/tern"
_INSTALLED = expression(rf"\bgo\s+(?:install|get|run)\s[^\n]*{re.escape(_MODULE)}(?:[@/\s]|$)", re.MULTILINE)
_FIRST_INSTALLED = expression(rf"\bgo\s+(?:install|get)\s[^\n]*{re.escape(_MODULE)}(?:@|\s|$)", re.MULTILINE)


def recognise(folder: Folder, files: Files) -> Evidence | None:
    """Know a folder by tern's separator in one of its files, or a tern.conf beside them.

    Without these by a project that has tern, and files that it would run.
    """
    shown = files.shown(folder.path)
    name = marked(folder, files, _MARK)
    if name:
        return Evidence(Rank.MARKER, f"`{_SEPARATOR}` in {name} in {shown}")
    if folder.has("tern.conf") and any(map(_NAME.fullmatch, folder.files)):
        return Evidence(Rank.MARKER, f"tern.conf in {shown}")
    if _is_called_so(folder, files) and _counts_up(folder):
        if go_requires(files, folder.path, _MODULE):
            return Evidence(Rank.PROJECT, f"numbered files in {shown}, and tern in go.mod")
        if installed := build_file_with(files, folder.path, _INSTALLED):
            return Evidence(Rank.PROJECT, f"numbered files in {shown}, and tern in {files.shown(installed)}")
    return None


def _is_called_so(folder: Folder, files: Files) -> bool:
    words = re.split(r"[^a-z]+", os.path.basename(files.full(folder.path)).lower())
    return not {"migration", "migrations", "tern"}.isdisjoint(words)


def _counts_up(folder: Folder) -> bool:
    """Tell whether the SQL files of a folder have numbers without a gap, one for both ways."""
    names = folder.ending(".sql")
    numbers = sorted(int(found[1]) for found in map(_NAME.fullmatch, names) if found)
    split = any(name.endswith((".up.sql", ".down.sql")) for name in names)
    return not split and bool(names) and numbers == list(range(1, len(names) + 1))


def read(folder: Folder, files: Files, settings: ToolSettings) -> History:
    """Read the files in the order of their numbers."""
    order, odd = numbered(folder, files, _NAME, "tern")
    reading = read_sections(files, order, _cut)
    advice = _FIRST_VERSION if _is_first_version(folder, files) else _ADVICE
    return reading.history(
        tool.name, files.shown(folder.path), POSTGRES, advice, (*odd, *_gaps(order, files))
    )


def _is_first_version(folder: Folder, files: Files) -> bool:
    """Tell whether go.mod or a build file names tern by its path before 2.0.0, with which `@latest` stays."""
    if go_requires(files, folder.path, _MODULE):
        return not go_requires(files, folder.path, f"{_MODULE}/v2")
    return build_file_with(files, folder.path, _FIRST_INSTALLED) is not None


def _gaps(order: list[MigrationFiles], files: Files) -> list[Irregularity]:
    numbers = [int(unit.id.partition("_")[0]) for unit in order]
    for expected, (number, unit) in enumerate(zip(numbers, order, strict=True), start=1):
        if number > expected:
            message = f"no migration has the number {expected}: tern stops before it runs anything"
            source = Source(files.shown(unit.up or ""), "")
            return [VersionGap(source, message, f"give this one the number {expected}", migration=unit.id)]
        if number < expected:
            break
    return []


def _cut(_: MigrationFiles, source: Source) -> list[Cut]:
    text = source.text
    at = text.find(_SEPARATOR)
    up = Span(0, at if at >= 0 else len(text))
    down = Span(at + len(_SEPARATOR), len(text)) if at >= 0 else None
    return [Cut(_section(source, up), down and _section(source, down))]


def _section(source: Source, span: Span) -> Section:
    text = source[span]
    return Section(span, _UNWRAPPED if _UNWRAPPED_MARK.search(text) else _WRAPPED, _FILL(text))


_WRAPPED = Wrapping(TransactionMode.PER_MIGRATION, "tern runs each migration in a transaction")
_UNWRAPPED = Wrapping(
    TransactionMode.PER_STATEMENT, "`tern: disable-tx`: tern sends the statements one by one"
)

_ADVICE = Advice(
    has_downs=True,
    down_file=f"SQL below `{_SEPARATOR}`",
    without_down="`tern migrate` to an earlier version stops at a migration without the separator",
    half_way="nothing of it stays",
    half_way_back="nothing is undone, and it stays recorded as applied",
    older_program=(
        "a program without the newest file stops: the current version is outside the valid versions"
    ),
    older_refuses=True,
    begin_downs="`tern new <name>` writes the separator; put the SQL that undoes it below",
    set_lock_timeout="run `ALTER ROLE <the migrating role> SET lock_timeout = '5s'` once",
    run_outside_transaction=(
        "give it a migration of its own, with a line `---- tern: disable-tx ----` (from tern 2.0.0 on)"
    ),
    late=Reaction.STOPS,
    removed=Reaction.STOPS,
    commands=Commands(
        apply="tern migrate --migrations {folder}",
        roll_back="tern migrate --migrations {folder} --destination -1",
        mark_applied="tern override-version {version}",
        unmark="tern override-version {previous}",
        apply_to="tern migrate --migrations {folder} --destination {version}",
        roll_back_some="tern migrate --migrations {folder} --destination -{count}",
        roll_back_to="tern migrate --migrations {folder} --destination {version}",
        check="tern status --migrations {folder}",
    ),
    version=r"\d+",
)
_FIRST_VERSION = _ADVICE._replace(
    run_outside_transaction="",
    always_in_transaction="before version 2.0.0 tern runs every migration in a transaction",
)

_OUTSIDE = "---- tern: disable-tx ----\n"


def _place_down(history: History, migration: Migration, back: Sql) -> FileText | NoPlace:
    file = file_of(migration)
    at = file.text.find(_SEPARATOR)
    place = (at, at + len(_SEPARATOR), len(file.text)) if at >= 0 else None
    refused = inside(back, history.advice.always_in_transaction)
    return refused or with_section(file, _SEPARATOR, _opened(back), place)


def _place_new(history: History, stem: Stem, written: Written) -> tuple[FileText, ...] | NoPlace:
    down = f"\n{_SEPARATOR}\n{_opened(written.downs)}" if written.down.strip() else ""
    made = FileText(in_root(history, f"{stem.text}.sql"), _opened(written.ups) + down)
    return inside(written.ups, history.advice.always_in_transaction) or (made,)


def _opened(sql: Sql) -> str:
    return (_OUTSIDE if sql.outside else "") + sql.body


tool = Tool(
    name="tern",
    title="tern",
    recognise=recognise,
    read=read,
    copy_fails=True,
    mark_fails=True,
    place=Place(down=_place_down, new=each(_place_new)),
)
