"""
go-pg/migrations, for Go: flat pairs of `N_name.up.sql` and `N_name.down.sql`, in the order of the numbers.

A file runs in a transaction if its name has `.tx` before `.up.sql` or `.down.sql`, each on its own. Otherwise
there is none: the file is sent as one query, or as several where there is a `--gopg:split`. Migrations in Go
keep their place in the sequence but are not read. A migration without a down file is recorded as undone
without running anything. The database knows only the last version that ran: a lower one is skipped.

Facts from its source: collection.go (names, order, splitting, transactions, the table gopg_migrations).
"""

import re

from miglint.model.irregularity import DuplicateVersion, Irregularity, RefusedFile
from miglint.model.migration import Advice, Commands, Direction, History, Reaction, TransactionMode
from miglint.model.source import Source
from miglint.project.dialects import POSTGRES
from miglint.project.files import Files, Folder
from miglint.project.go_mod import go_requires
from miglint.text.lazy import expression
from miglint.tools import golang_migrate
from miglint.tools._flat import marked
from miglint.tools._places import marked_by_tx
from miglint.tools._scripts import MigrationFiles, Wrapping, read_migrations
from miglint.tools._split import wrapping_of_parts
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings

_NAME = expression(r"([0-9]+)_(.*?)(?:\.tx)?\.(up|down)\.sql", re.DOTALL)
_GO = expression(r"([0-9]+)_(.*)\.go", re.DOTALL)
_SPLIT = expression(r"^--gopg:split\r?$", re.MULTILINE)
_UNKNOWN = expression(r"^--gopg:(?!split\r?$)[^\n]*", re.MULTILINE)


def recognise(folder: Folder, files: Files) -> Evidence | None:
    """Know a folder by `--gopg:split`, or by its names in a Go module that requires the package."""
    names = [name for name in folder.ending(".up.sql") if _NAME.fullmatch(name)]
    if not names:
        return None
    shown = files.shown(folder.path)
    name = marked(folder, files, _SPLIT, names[:3])
    if name:
        return Evidence(Rank.MARKER, f"`--gopg:split` in {name} in {shown}")
    if not go_requires(files, folder.path, "github.com/go-pg/migrations"):
        return None
    own = next((name for name in names if name.endswith(".tx.up.sql")), None)
    if own is None and golang_migrate.is_required_too(folder, files):
        return None
    return Evidence(Rank.PROJECT, f"{own or names[0]} in {shown}, and go-pg/migrations in go.mod")


def read(folder: Folder, files: Files, settings: ToolSettings) -> History:
    """Read the pairs in the order of their numbers. Nothing but PostgreSQL is there for go-pg."""
    found: dict[int, dict[str, str]] = {}
    stems: dict[int, str] = {}
    odd: list[Irregularity] = []
    for name in folder.files:
        match = _NAME.fullmatch(name) or _GO.fullmatch(name)
        source = Source(files.shown(folder.file(name)), "")
        if match is None:
            if name.endswith(".sql"):
                message = f"go-pg/migrations refuses the folder: {name} is not a valid migration name"
                odd.append(RefusedFile(source, message, "name it N_name.up.sql or N_name.down.sql"))
            continue
        number, direction = int(match[1]), "go" if name.endswith(".go") else match[3]
        stem = f"{match[1]}_{match[2]}"
        ways = found.setdefault(number, {})
        # A file in Go gives both ways; beside SQL of the same number there are two migrations.
        taken = ways.get(direction) or ways.get("go") or (direction == "go" and next(iter(ways.values()), ""))
        if taken:
            message = f"version {number} is taken by {taken}: go-pg/migrations refuses the whole folder"
            odd.append(DuplicateVersion(source, message, "give it a number of its own", migration=stem))
        if number not in stems or (direction == "up" and "up" not in ways):
            stems[number] = stem
        ways.setdefault(direction, name)
    order = [_files(folder, stems[number], ways) for number, ways in sorted(found.items())]

    def wrap(unit: MigrationFiles, direction: Direction, source: Source) -> Wrapping:
        for directive in _UNKNOWN.finditer(source.text):
            message = (
                f"go-pg/migrations refuses `{directive.group()[:40]}`: the only directive is `--gopg:split`"
            )
            odd.append(RefusedFile(source, message, migration=unit.id))
        return _wrapping(source)

    reading = read_migrations(files, order, wrap)
    return reading.history(tool.name, files.shown(folder.path), POSTGRES, _ADVICE, odd)


def _files(folder: Folder, stem: str, ways: dict[str, str]) -> MigrationFiles:
    paths = {way: folder.file(name) for way, name in ways.items()}
    return MigrationFiles(
        stem, paths.get("up"), paths.get("down"), None if "up" in paths else paths.get("go")
    )


def _wrapping(source: Source) -> Wrapping:
    if re.search(r"\.tx\.(?:up|down)\.sql\Z", source.path):
        return Wrapping(
            TransactionMode.PER_MIGRATION,
            "`.tx` in the name: go-pg/migrations runs the file in a transaction",
        )
    return wrapping_of_parts(source.text, _SPLIT, "--gopg:split", "go-pg/migrations")


_ADVICE = Advice(
    has_downs=True,
    down_file="N_name.tx.down.sql beside N_name.tx.up.sql",
    without_down=(
        "`down` treats a missing down file as an empty one: it lowers the version but undoes nothing"
    ),
    begin_downs="write N_name.tx.down.sql beside each N_name.tx.up.sql",
    set_lock_timeout="run `ALTER ROLE <the migrating role> SET lock_timeout = '5s'` once",
    run_outside_transaction=(
        "put the statement alone in a file N_name.up.sql, without `.tx`, or between two `--gopg:split` there"
    ),
    late=Reaction.SKIPS,
    commands=Commands(
        mark_applied="INSERT INTO gopg_migrations (version, created_at) VALUES ({version}, now())",
        unmark="INSERT INTO gopg_migrations (version, created_at) VALUES ({previous}, now())",
    ),
    version=r"\d+",
)


tool = Tool(
    name="go-pg-migrations",
    title="go-pg/migrations",
    recognise=recognise,
    read=read,
    copy_fails=True,
    mark_fails=True,
    place=marked_by_tx("--gopg:split"),
)
