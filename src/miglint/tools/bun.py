"""
Bun, for Go: flat pairs of `N_name.up.sql` and `N_name.down.sql`, in the order of the numbers as text.

There is no transaction: a file is sent as one query, or as several where there is a `--bun:split`. Only in
`N_name.tx.up.sql` is there one. Migrations in Go keep their place in the sequence but are not read. A
migration without a down file is recorded as undone without running anything.

Facts from its source: migrate/migrations.go (names) and migrate/migration.go (splitting, transactions).
"""

import re

from miglint.model.irregularity import DuplicateVersion, Irregularity, RefusedFile
from miglint.model.migration import Advice, Direction, History, TransactionMode
from miglint.model.source import Source
from miglint.project.build_files import build_file_with
from miglint.project.dialects import dialect_of
from miglint.project.files import Files, Folder
from miglint.project.go_mod import go_requires
from miglint.text.lazy import expression
from miglint.tools._embedded import go_texts_around
from miglint.tools._flat import marked
from miglint.tools._places import marked_by_tx
from miglint.tools._scripts import MigrationFiles, Wrapping, read_migrations
from miglint.tools._split import wrapping_of_parts
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings

_NAME = expression(r"([0-9]{1,14})_([0-9a-z_\-]+)\.(?:.*\.)?(up|down)\.sql", re.DOTALL)
_GO = expression(r"([0-9]{1,14})_([0-9a-z_\-]+)(?:\.(?:up|down))?\.go")
_SPLIT = expression(r"^--bun:split\r?$", re.MULTILINE)
_IMPORT = expression(r"\"github\.com/uptrace/bun/migrate\"")
_GOLANG_MIGRATE = expression(r"\bgolang-migrate\b|\bmigrate/migrate\b")
_DIRECTIVE = expression(r"^--bun:(?!split\r?$)[^\n]*", re.MULTILINE)


def recognise(folder: Folder, files: Files) -> Evidence | None:
    """Know a folder by `.tx.` in a name, a `--bun:split`, or a module that requires Bun.

    Bun is an ORM in the first place: where nothing imports its migrations, another runner can be at work.
    """
    names = [name for name in folder.ending(".up.sql") if _NAME.fullmatch(name)]
    if not names or go_requires(files, folder.path, "github.com/go-pg/migrations"):
        return None
    shown = files.shown(folder.path)
    own = next((name for name in names if name.endswith(".tx.up.sql")), None)
    if own:
        return Evidence(Rank.LAYOUT_AND_NAMES, f"{own} in {shown}")
    name = marked(folder, files, _SPLIT, names[:3])
    if name:
        return Evidence(Rank.MARKER, f"`--bun:split` in {name} in {shown}")
    if go_requires(files, folder.path, "github.com/uptrace/bun") and not _is_of_golang_migrate(folder, files):
        return Evidence(Rank.PROJECT, f"{names[0]} in {shown}, and Bun in go.mod")
    return None


def _is_of_golang_migrate(folder: Folder, files: Files) -> bool:
    """Tell whether the project has golang-migrate, and no code near the folder imports Bun's runner."""
    if any(_IMPORT.search(text) for text in go_texts_around(folder.path, files)):
        return False
    is_required = go_requires(files, folder.path, "github.com/golang-migrate/migrate")
    return is_required or build_file_with(files, folder.path, _GOLANG_MIGRATE) is not None


def read(folder: Folder, files: Files, settings: ToolSettings) -> History:
    """Read the pairs in the order of their numbers, compared as text."""
    found: dict[str, dict[str, str]] = {}
    names: dict[str, str] = {}
    odd: list[Irregularity] = []
    for name in folder.files:
        match = _NAME.fullmatch(name) or _GO.fullmatch(name)
        if match is None:
            if name.endswith((".up.sql", ".down.sql")):
                message = f"Bun refuses the folder: {name} is not a valid migration name"
                why = "name it <up to 14 digits>_<small letters, digits, - and _>.up.sql"
                odd.append(RefusedFile(Source(files.shown(folder.file(name)), ""), message, why))
            continue
        number, direction = match[1], "go" if name.endswith(".go") else match[3]
        stem = f"{number}_{match[2]}"
        if names.setdefault(number, stem) != stem:
            message = f"version {number} is taken by {names[number]}: Bun refuses the folder"
            source = Source(files.shown(folder.file(name)), "")
            odd.append(DuplicateVersion(source, message, "give it a number of its own", migration=stem))
        found.setdefault(stem, {})[direction] = folder.file(name)
    order = [
        MigrationFiles(stem, ways.get("up"), ways.get("down"), None if "up" in ways else ways.get("go"))
        for stem, ways in sorted(found.items(), key=lambda entry: entry[0].partition("_"))
    ]

    def wrap(unit: MigrationFiles, direction: Direction, source: Source) -> Wrapping:
        for directive in _DIRECTIVE.finditer(source.text):
            message = f"Bun refuses `{directive.group()[:40]}`: the only directive is `--bun:split`"
            odd.append(RefusedFile(source, message, migration=unit.id))
        return _wrapping(source)

    reading = read_migrations(files, order, wrap)
    return reading.history(
        tool.name, files.shown(folder.path), dialect_of(folder, files, reading.texts()), _ADVICE, odd
    )


def _wrapping(source: Source) -> Wrapping:
    if re.search(r"\.tx\.(?:up|down)\.sql\Z", source.path):
        return Wrapping(
            TransactionMode.PER_MIGRATION, "`.tx` in the name: Bun runs the file in a transaction"
        )
    return wrapping_of_parts(source.text, _SPLIT, "--bun:split", "Bun")


_ADVICE = Advice(
    has_downs=True,
    down_file="N_name.down.sql beside N_name.up.sql",
    without_down="a rollback of a migration without a down file removes its row but undoes nothing",
    begin_downs="write N_name.down.sql beside each N_name.up.sql",
    set_lock_timeout="begin each file with `SET lock_timeout = '5s';` and `--bun:split`",
    run_outside_transaction="put the statement between two `--bun:split`, in a file without `.tx`",
    version=r"\d+",
)


tool = Tool(
    name="bun",
    title="Bun",
    recognise=recognise,
    read=read,
    copy_fails=True,
    place=marked_by_tx("--bun:split", as_text=True),
)
