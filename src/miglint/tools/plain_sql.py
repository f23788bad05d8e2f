"""
SQL files without a migration tool: a flat folder, in the order of the numbers in the file names.

Where a single file is named, so is the folder around it if all SQL in that is numbered, each number once.

A file for PostgreSQL by its name, `x.sql.postgres` or `x.postgres.sql`, replaces `x.sql`; those for another
database are left out. What sqlc only generates code from is not a history: its queries, and a schema that
nothing alters; nor queries that a program knows by a name above each (`-- name: parts`), nor a folder called
`schema` whose tables another history makes. The tests of an extension
(`sql` beside `expected`) are none either, nor are its updates (`1.0--1.1.sql`), of which each database runs
others, nor scripts in a folder such as `sql` that all can run again and again, which set a database up.
"""

import os
import re
import stat
from collections.abc import Iterable, Mapping

from miglint.model.migration import Advice, Direction, History, Migration, Problem, TransactionMode
from miglint.model.source import Source
from miglint.project.dialects import POSTGRES, dialect_of
from miglint.project.files import Files, Folder, parent
from miglint.project.named_queries import holds_named_queries
from miglint.project.sqlc import is_for_sqlc
from miglint.text.lazy import expression
from miglint.text.sql import blanked
from miglint.tools._by_database import SUFFIXED, for_postgres, plain
from miglint.tools._go_runner import wrapping_in_go
from miglint.tools._numbering import Stem
from miglint.tools._places import (
    FileText,
    NoPlace,
    Place,
    Sql,
    Written,
    beside_newest,
    down_at,
    each,
    pair,
    renamed,
)
from miglint.tools._scripts import MigrationFiles, Wrapping, read_migrations
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings
from miglint.tools._unsupported import marked_by, not_yet

_ORDERED = expression(r"(?:(?i:migration|migrate|update|upgrade|patch|delta)[-_.]?)?[vV]?(\d+(?:[._-]\d+)*)")
_NOT_A_MIGRATION = expression(r"(?:schema|structure)\.sql|(?:seed|dump)[^/]*\.sql", re.IGNORECASE)

_FOLDER_WORDS = frozenset(
    "migration migrations migrate sql ddl delta deltas changes patches upgrade upgrades versioned".split()
)
# What holds scripts of any kind. A longer row of numbers than this is a history, however it is written.
_MOST_SET_UP = 12
_NAMED = 3
_SET_UP_WORDS = frozenset(("sql", "ddl"))
_TELLING_FOLDERS = frozenset(("migration", "migrations"))
_OTHER_FOLDERS = frozenset(
    """
    seed seeds down rollback rollbacks revert undo verify dumps queries query test tests
    reconcile reconciliation reconciliations reports
    """.split()
)
# Flyway's own way to write a name, or the word itself: that says enough whatever the folder is called.
_VERSIONED = expression(r"(?:V\d+(?:[._]\d+)*__|(?i:migration)[-_.]?\d).*\.sql")

# The last parts of names such as `x.sql.postgres`.
_DATABASES = frozenset(
    "postgres postgresql pgsql psql pg mysql mariadb sqlite sqlite3 mssql h2 oracle".split()
)
# What a script may say that is run each time; at least one of its statements has to say so by `GUARDED`.
_RUNS_AGAIN = expression(
    r"(?:alter\s+default\s+privileges|analy[sz]e|begin|comment|commit|do|end|grant|revoke|reset|select|set|vacuum)\b",
    re.IGNORECASE,
)
_GUARDED = expression(
    r"create\s+or\s+replace\b|(?:create|drop|alter)\s(?:[^(]*\s)?if\s+(?:not\s+)?exists\b|insert\s.*\son\s+conflict\b",
    re.IGNORECASE | re.DOTALL,
)
# `1.0--1.1.sql`, or `name--1.0--1.1.sql` as the server looks for it.
_UPDATE = expression(r"(?:\w[\w-]*?--)?v?\d[\w.-]*?--v?\d[\w.-]*\.sql")
# What no runner can have run in a transaction.
_ALONE = expression(r"\bCONCURRENTLY\b|\bVACUUM\b", re.IGNORECASE)
_DOWN = expression(r"(.+)([._-])(?:down|undo|rollback|revert)\.sql", re.IGNORECASE)


def recognise(folder: Folder, files: Files) -> Evidence | None:
    """Know a folder that is named, or called as if it held migrations, by its numbered files.

    One numbered file is no order: it takes two, unless the user named the folder or its name says it all.
    """
    ordered = [name for name in migration_names(folder) if _ORDERED.match(name)]
    if not ordered:
        return None
    evidence = Evidence(Rank.FALLBACK, f"numbered SQL files in {files.shown(folder.path)}")
    says_all = os.path.basename(files.full(folder.path)).lower() in _TELLING_FOLDERS
    if ordered and (files.is_named(folder) or says_all):
        return evidence
    if len(ordered) < 2 or is_for_sqlc(folder, files) or tests_an_extension(folder, files):
        return None
    if holds_named_queries(folder, files):
        return None
    if is_called_so(folder, files) or all(_VERSIONED.fullmatch(name) for name in ordered):
        return evidence
    return None


def read(folder: Folder, files: Files, settings: ToolSettings) -> History:
    """Read all SQL files of a folder but schema.sql, structure.sql, seed*.sql and dump*.sql."""
    names = migration_names(folder)
    left_out = None if settings.tool or files.is_named(folder) else _no_history(folder, files, names)
    if left_out:
        shown = files.shown(folder.path)
        reason = f"{left_out}: not read unless the folder is named"
        return History(tool.name, shown, POSTGRES, (), gaps=(Problem(shown, reason),))
    order, left = in_order(folder, files, names)
    return history_of(tool.name, folder, files, order, settings, left, wrapping_in_go(folder, files))


def is_row_around(folder: Folder, files: Files, name: str) -> bool:
    """Tell whether a file is one of a row of migrations: all SQL beside it is numbered, no number twice."""
    names, downs = migration_names(folder), _downs(folder.files)
    numbers = [by_number(each)[1] for each in names if each not in downs]
    is_row = len(numbers) > 1 and all(numbers) and len(set(numbers)) == len(numbers)
    if not is_row or name not in names or is_of_others(folder) or _is_anybodys(files.full(folder.path)):
        return False
    return not (is_for_sqlc(folder, files) or tests_an_extension(folder, files)) and not holds_named_queries(
        folder, files
    )


def _is_anybodys(full: str) -> bool:
    """Whether a folder is somebody's home, or one into which all write, such as that of temporary files."""
    try:
        shared = bool(os.stat(full).st_mode & stat.S_ISVTX)
    except OSError:  # it stands nowhere but in a text
        shared = False
    return shared or full in (os.path.expanduser("~"), os.path.dirname(full))


def beside(folder: Folder, files: Files, name: str) -> tuple[Problem, ...]:
    """Say that a numbered file was read without the numbered ones beside it, if there are some."""
    downs = _downs(folder.files)
    others = [
        each for each in migration_names(folder) if each not in (name, downs.get(name)) and each not in downs
    ]
    if not _ORDERED.match(name) or not any(map(_ORDERED.match, others)):
        return ()
    shown = f"{', '.join(others[:_NAMED])}{', ...' if len(others) > _NAMED else ''}"
    reason = f"checked without the files beside it: {shown}"
    hint = "if they are its history, name the folder under `[[histories]]`"
    return (Problem(files.shown(folder.file(name)), f"{reason}; {hint}"),)


def read_one(folder: Folder, files: Files, name: str, settings: ToolSettings) -> History:
    """Read one file, whatever its name, with its down script or the script that it reverts."""
    up = _downs(folder.files).get(name)
    chosen = {one: one for one in folder.files}
    order = _in_order(folder, [name, up] if up else [name], chosen)
    return history_of(tool.name, folder, files, order, settings, beside(folder, files, name))


def history_of(
    name: str,
    folder: Folder,
    files: Files,
    order: list[MigrationFiles],
    settings: ToolSettings,
    left: Iterable[Problem] = (),
    runner: Wrapping | None = None,
) -> History:
    """Read these files as psql would run them, unless a mark in them names a tool with other rules.

    What a `runner` says of itself is believed, as far as it can be so.
    """
    reading = read_migrations(files, order, _wrap)
    if runner is not None and not any(map(_ALONE.search, map(blanked, reading.texts()))):
        reading = read_migrations(files, order, lambda *_: runner)
    if settings.tool != name:
        other = next(filter(None, map(marked_by, reading.texts())), None)
        if other is not None:
            return not_yet(other.lower(), other, folder, files, len(order))
    return History(
        tool=name,
        root=files.shown(folder.path),
        dialect=dialect_of(folder, files, reading.texts()),
        migrations=reading.migrations,
        advice=_ADVICE._replace(by_hand=runner is None),
        problems=reading.problems,
        gaps=tuple(left),
    )


def in_order(
    folder: Folder, files: Files, names: Iterable[str], among: Iterable[str] = ()
) -> tuple[list[MigrationFiles], tuple[Problem, ...]]:
    """Order these files of a folder by their numbers, each with its down script, and say what is left out.

    2 comes before 10, 1.9 before 1.10; names without a number come last. What is for another database by its
    name is left out; `x.sql.postgres` replaces `x.sql`. `among` are all files of the history, where
    these are a part of them.
    """
    chosen = for_postgres(names, among)
    left = tuple(
        Problem(
            files.shown(folder.path),
            f"{count} SQL file{'s' if count > 1 else ''} for {dialect} only: not read",
        )
        for dialect, count in sorted(chosen.others.items())
    )
    return _in_order(
        folder, list(chosen.files), {**{name: name for name in folder.files}, **chosen.files}
    ), left


def _in_order(folder: Folder, names: list[str], where: Mapping[str, str]) -> list[MigrationFiles]:
    """Order scripts by the numbers in their names; `where` gives the file of each name."""
    pairs = _downs(tuple(where))
    down_of = {up: down for down, up in pairs.items() if up}
    order = []
    for name in sorted(names, key=by_number):
        path = folder.file(where.get(name, name))  # one that is named may stand where the folder is not read
        if name not in pairs:
            down = down_of.get(name)
            order.append(MigrationFiles(_id(name), path, down and folder.file(where[down])))
        elif not pairs[name]:
            order.append(MigrationFiles(_id(name), None, path))
    return order


def migration_names(folder: Folder) -> list[str]:
    """Give the SQL files of a folder that are not, by their names, something else."""
    return [name for name in sql_files(folder) if not _NOT_A_MIGRATION.fullmatch(name)]


def sql_files(folder: Folder) -> tuple[str, ...]:
    """Give the SQL files of a folder, with those whose names end in a database (`x.sql.postgres`)."""
    if folder.endings.isdisjoint(_DATABASES):
        return folder.ending(".sql")
    return tuple(name for name in folder.files if plain(name).endswith(".sql"))


def is_called_so(folder: Folder, files: Files) -> bool:
    """Tell whether a folder, or one of the two above it, is called as if it held migrations."""
    names = [step.rpartition(os.sep)[2].lower() for step in files.upward(folder.path)[:3]]
    if is_of_others(folder):
        return False
    return any(word in _FOLDER_WORDS for name in names for word in re.split(r"[^a-z]+", name))


def tests_an_extension(folder: Folder, files: Files) -> bool:
    """Tell whether pg_regress runs these files, and compares what they print with files beside them."""
    full = files.full(folder.path)
    return os.path.basename(full) == "sql" and "expected" in files.folder(parent(folder.path)).folders


def updates_an_extension(names: list[str]) -> int:
    """Give how many of these files update an extension from one version to another, if most of them do."""
    count = sum(map(bool, map(_UPDATE.fullmatch, names)))
    return count if count > 1 and 2 * count > len(names) else 0


def _no_history(folder: Folder, files: Files, names: list[str]) -> str:
    """Say what the files of a folder are, if they are not run one after the other once."""
    updates = updates_an_extension(names)
    if updates:
        return f"{updates} SQL files that update an extension"
    if _sets_up(folder, files, names):
        return f"{len(names)} SQL files that can all run again and again"
    return ""


def _sets_up(folder: Folder, files: Files, names: list[str]) -> bool:
    """Tell whether these files are run as a whole each time, and not one after the other once."""
    words = re.split(r"[^a-z]+", os.path.basename(files.full(folder.path)).lower())
    if len(names) > _MOST_SET_UP or not _SET_UP_WORDS.issuperset(words):
        return False
    guarded = False
    for name in names:
        for statement in blanked(files.beginning(folder.file(name))).split(";"):
            code = statement.strip()
            if _GUARDED.match(code):
                guarded = True
            elif code and not _RUNS_AGAIN.match(code):
                return False
    return guarded


def is_of_others(folder: Folder) -> bool:
    """Tell whether a folder is called as one of SQL that no migration is."""
    return os.path.basename(os.path.normpath(folder.path)).lower() in _OTHER_FOLDERS


def by_number(name: str) -> tuple[bool, tuple[int, ...], str]:
    """Give what to sort the names of files by: their numbers, then the text; those without come last."""
    found = _ORDERED.match(name)
    numbers = tuple(map(int, re.findall(r"\d+", found[1]))) if found else ()
    return found is None, numbers, name


def _id(name: str) -> str:
    stem = name[: -len(".sql")] if name.endswith(".sql") else name
    return stem.removesuffix(".up")


def _downs(names: tuple[str, ...]) -> dict[str, str]:
    """Give for each down script the file that it reverts, "" if that is missing.

    `x.down.sql` reverts `x.sql` or `x.up.sql`; `012_shut_down.sql` reverts nothing unless there is a
    `012_shut.sql`.
    """
    pairs: dict[str, str] = {}
    for name in names:
        found = _DOWN.fullmatch(name)
        if found:
            stem, separator = found.groups()
            ends = (f"{separator}up.sql", ".up.sql", f"{separator}do.sql", ".sql")
            up = next((stem + end for end in ends if stem + end in names), "")
            if up or separator == ".":
                pairs[name] = up
    return pairs


def _wrap(_: MigrationFiles, _direction: Direction, _source: Source) -> Wrapping:
    return Wrapping(
        TransactionMode.SCRIPT,
        "no migration tool known: taken as psql runs it, so that a statement outside the file's own BEGIN "
        "commits on its own; if your runner wraps files, set `transaction` under `[[histories]]`",
        guessed=True,
    )


_ADVICE = Advice(
    has_downs=False,
    down_file="<name>.down.sql beside <name>.sql",
    without_down="only hand-written SQL undoes a migration without a down script",
    begin_downs="write <name>.down.sql beside each new <name>.sql, and run it once on a copy of the database",
    set_lock_timeout=(
        "run `ALTER ROLE <the migrating role> SET lock_timeout = '5s'` once, "
        "or set `PGOPTIONS='-c lock_timeout=5s'` if psql runs the migrations"
    ),
    # Nobody said that psql is what runs these files.
    run_outside_transaction=(
        "put it into a file without BEGIN; if your runner wraps files in a transaction, have it run this one "
        "without, and set `transaction` for the others under `[[histories]]` in miglint's configuration"
    ),
)


def place_down(_: History, migration: Migration, back: Sql) -> FileText | NoPlace:
    """Give `x.down.sql` beside `x.sql` or `x.up.sql`."""
    if not migration.path.endswith(".sql"):
        return NoPlace("its name does not end in .sql, and nothing says how that of its way back would")
    ending = ".up.sql" if migration.path.endswith(".up.sql") else ".sql"
    return down_at(migration, renamed(migration, ending, ".down.sql"), back.body)


def place_new(history: History, stem: Stem, written: Written) -> tuple[FileText, ...]:
    """Give the next file in the folder of the newest, and its way back beside it."""
    path = beside_newest(history, stem.text)
    paired = any(one.path.endswith(".up.sql") for one in history.migrations)
    return pair(f"{path}.up.sql" if paired else f"{path}.sql", f"{path}.down.sql", written)


tool = Tool(
    name="plain-sql",
    title="plain SQL files",
    recognise=recognise,
    read=read,
    traces=(".sql", *SUFFIXED),
    place=Place(down=place_down, new=each(place_new)),
)
