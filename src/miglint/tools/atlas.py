"""
Atlas: flat files `VERSION_name.sql` with their hashes in atlas.sum, in the order of their names.

Each file runs in a transaction, statement by statement; `-- atlas:txmode none` at the top, followed by an
empty line, turns the transaction off. Then Atlas records each statement, and resumes where a failed run
stopped. `-- atlas:delimiter` names what ends a statement instead of the semicolon. A new database begins with
the last `-- atlas:checkpoint`. In a `-- atlas:txtar` archive, `migration.sql` is the up script and `down.sql`
the down script. Atlas stops at a hash that does not match.

Facts from its source: sql/migrate/dir.go and lex.go (names, directives), cmd/atlas (transactions).
"""

import re

from miglint.model.irregularity import IgnoredDirective, Irregularity
from miglint.model.migration import Advice, Checksum, Commands, History, Migration, Reaction, TransactionMode
from miglint.model.source import Source, Span
from miglint.project.dialects import dialect_of
from miglint.project.files import Files, Folder
from miglint.text.lazy import expression
from miglint.text.sql import redelimited
from miglint.tools._atlas_sum import SUM
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
    one_way,
    with_section,
)
from miglint.tools._scripts import Cut, MigrationFiles, Section, Wrapping, read_sections
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings

# The lines at the top that are comments; they are directives of the file if an empty line follows.
_HEAD = expression(r"\A(?:(?:--|#)[^\n]*(?:\n|\Z))+")
_DIRECTIVE = expression(r"^[ -~]*?atlas:(\w+)(?:[ \t]+([^\r\n]+))?", re.MULTILINE)
_DELIMITER = expression(r"\A-- atlas:delimiter[ \t]+([^\r\n]+)\r?\n")
_PART = expression(r"^-- ([^\n]*?)\.sql --[ \t\r]*$", re.MULTILINE)


def recognise(folder: Folder, files: Files) -> Evidence | None:
    """Know a folder by its atlas.sum; one beside another tool's files is that tool's folder."""
    if not folder.has(SUM) or not folder.ending(".sql"):
        return None
    pairs = any(name.endswith((".up.sql", ".down.sql")) for name in folder.files)
    return None if pairs else Evidence(Rank.PROJECT, f"{SUM} in {files.shown(folder.path)}")


def read(folder: Folder, files: Files, settings: ToolSettings) -> History:
    """Read the files in the order of their names, from the last checkpoint on."""
    names = folder.ending(".sql")
    checkpoints = [
        at for at, name in enumerate(names) if "checkpoint" in _directives(files.beginning(folder.file(name)))
    ]
    order = [
        MigrationFiles(name[: -len(".sql")], folder.file(name))
        for name in names[checkpoints[-1] if checkpoints else 0 :]
    ]
    reading = read_sections(files, order, _cut)
    return reading.history(
        tool.name, files.shown(folder.path), dialect_of(folder, files, reading.texts()), _ADVICE
    )


def _directives(text: str) -> dict[str, str]:
    """Give the directives of a file, by their names."""
    head = _HEAD.match(text)
    if head is None or not re.match(r"\r?\n|\Z", text[head.end() :]):
        return {}
    return {name: value.strip() for name, value in _DIRECTIVE.findall(head.group())}


def _cut(unit: MigrationFiles, source: Source) -> list[Cut]:
    text = source.text
    directives = _directives(text)
    wrapping = _UNWRAPPED if directives.get("txmode") == "none" else _WRAPPED
    odd: list[Irregularity] = []
    head = _HEAD.match(text)
    if head is not None and not directives:
        for found in _DIRECTIVE.finditer(head.group()):
            if found[1] == "txmode":
                message = (
                    "Atlas treats this directive as a comment of the statement, because no empty line follows"
                )
                why = "put an empty line after it"
                odd.append(IgnoredDirective(source, message, why, Span(*found.span()), unit.id))
    delimiter = _DELIMITER.match(text)
    sql = redelimited(text, delimiter[1].encode().decode("unicode_escape", "ignore")) if delimiter else text
    if "txtar" not in directives:
        return [Cut(Section(Span(0, len(text)), wrapping, sql), irregularities=tuple(odd))]
    parts = list(_PART.finditer(text))
    ends = [part.start() for part in parts[1:]] + [len(text)]
    sections = {
        _script_of(part[1]): Section(Span(part.end(), end), wrapping, sql[part.end() : end])
        for part, end in zip(parts, ends, strict=True)
    }
    return [Cut(sections.get("migration"), sections.get("down"), irregularities=tuple(odd))]


def _script_of(path: str) -> str:
    """Give the last part of a path in an archive that is one word: `migration` of `migration/2.up`."""
    parts = path.split("/")
    # After a blank, what follows is no path but a part of a name.
    blank = next((at for at, part in enumerate(parts) if re.search(r"\s", part)), len(parts) - 1)
    return next((part for part in reversed(parts[: blank + 1]) if re.fullmatch(r"\w+", part)), "")


_WRAPPED = Wrapping(TransactionMode.PER_MIGRATION, "Atlas runs each file in a transaction")
_UNWRAPPED = Wrapping(
    TransactionMode.PER_STATEMENT,
    "`atlas:txmode none`: Atlas sends the statements one by one",
    resumable=True,
)

_ADVICE = Advice(
    has_downs=False,
    down_file="`-- down.sql --` in a txtar archive",
    without_down="`atlas migrate down` works out the rollback, but only with an account",
    roll_back_needs="an account at Atlas; it plans the way back from the live database, not from files",
    half_way="nothing of it stays",
    half_way_back="the next run resumes where it stopped",
    set_lock_timeout=(
        "add `options=-c%20lock_timeout%3D5s` to the URL of the environment, "
        "or run `ALTER ROLE <the migrating role> SET lock_timeout = '5s'` once"
    ),
    run_outside_transaction="begin a file of its own with `-- atlas:txmode none` and an empty line",
    edited=Reaction.STOPS,
    checksum=Checksum.BYTES,
    removed=Reaction.STOPS,
    late=Reaction.STOPS,
    reset_edited="`atlas migrate hash` takes the new one",
    number=r"[^_]+",
    commands=Commands(
        apply="atlas migrate apply --dir file://{folder} --url $DATABASE_URL",
        roll_back="atlas migrate down --dir file://{folder} --url $DATABASE_URL",
        mark_applied="atlas migrate set {version} --dir file://{folder} --url $DATABASE_URL",
        unmark="atlas migrate set {previous} --dir file://{folder} --url $DATABASE_URL",
        apply_some="atlas migrate apply {count} --dir file://{folder} --url $DATABASE_URL",
        roll_back_to="atlas migrate down --to-version {version} --dir file://{folder} --url $DATABASE_URL",
        preview_back="atlas migrate down --dry-run --dir file://{folder} --url $DATABASE_URL",
        check="atlas migrate status --dir file://{folder} --url $DATABASE_URL",
    ),
)

_REHASH = "run `atlas migrate hash` afterwards: Atlas refuses the folder while atlas.sum does not fit"


def _place_down(history: History, migration: Migration, back: Sql) -> FileText | NoPlace:
    """Fill in the section of an archive; no other file has a place for it."""
    file = file_of(migration)
    if "txtar" not in _directives(file.text):
        return NoPlace(history.advice.without_down)
    if back.outside:
        return NoPlace("a directive at the top of the archive holds for both directions")
    found = list(_PART.finditer(file.text))
    down = next((at for at, part in enumerate(found) if _script_of(part[1]) == "down"), None)
    place = None
    if down is not None:
        end = found[down + 1].start() if down + 1 < len(found) else len(file.text)
        place = (found[down].start(), found[down].end(), end)
    return with_section(file, "-- down.sql --", back.body, place)._replace(note=_REHASH)


def _place_new(history: History, stem: Stem, written: Written) -> tuple[FileText, ...]:
    text = ("-- atlas:txmode none\n\n" if written.outside else "") + written.ups.body
    return one_way(in_root(history, f"{stem.text}.sql"), text, written, history, _REHASH)


tool = Tool(
    name="atlas",
    title="Atlas",
    recognise=recognise,
    read=read,
    copy_fails=True,
    place=Place(down=_place_down, new=each(_place_new, as_text=True)),
)
