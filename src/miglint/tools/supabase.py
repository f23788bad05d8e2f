"""
Supabase CLI: flat files `N_name.sql` in supabase/migrations, in the order of their names.

Each file is one transaction without BEGIN; from version 2.109 on, CONCURRENTLY and the like are run alone
automatically, and the file is then no longer all or nothing. There are no down migrations. For PostgreSQL
only.

Facts from its source: pkg/migration/list.go (names), pkg/migration/file.go (batches).
"""

import re

from miglint.model.migration import Advice, Commands, Direction, History, TransactionMode, Way
from miglint.model.source import Source
from miglint.project.dialects import POSTGRES
from miglint.project.files import Files, Folder, parent
from miglint.project.npm import lowest_version, npm_version
from miglint.project.servers import workflows_in
from miglint.text.lazy import expression
from miglint.text.sql import blanked
from miglint.tools._numbering import Stem
from miglint.tools._places import (
    FileText,
    NoPlace,
    Place,
    Written,
    alone,
    each,
    in_root,
    one_way,
    without_downs,
)
from miglint.tools._scripts import MigrationFiles, Wrapping, read_migrations
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings

_NAME = expression(r"(\d+)_.*\.sql", re.DOTALL)
_ALONE = expression(r"\b(?:CONCURRENTLY|VACUUM|ALTER\s+SYSTEM|CLUSTER)\b", re.IGNORECASE)
_RUNS_ALONE_SINCE = (2, 109, 0)
_SET_UP = expression(
    r"uses:\s*[\"']?supabase/setup-cli@[^\n]*\n(?:[ \t]*\n)*[ \t]+with:\s+version:\s*[\"']?([\d.]+)"
)
_REMARK = expression(r"(?m)^[ \t]*#.*\n?")


def recognise(folder: Folder, files: Files) -> Evidence | None:
    """Know supabase/migrations by its place, and numbered files in it."""
    steps = files.full(folder.path).replace("\\", "/").split("/")[-2:]
    name = next((name for name in folder.ending(".sql") if _NAME.fullmatch(name)), None)
    if steps != ["supabase", "migrations"] or name is None:
        return None
    sure = files.folder(parent(folder.path)).has("config.toml")
    return Evidence(Rank.MARKER if sure else Rank.PLACE, f"{name} in {files.shown(folder.path)}")


def read(folder: Folder, files: Files, settings: ToolSettings) -> History:
    """Read the files in the order of their names."""
    number = lowest_version(settings.tool_version) if settings.tool_version else _version(folder, files)
    runs_alone = number is None or number >= _RUNS_ALONE_SINCE
    order = [
        MigrationFiles(n[: -len(".sql")], folder.file(n)) for n in folder.ending(".sql") if _NAME.fullmatch(n)
    ]

    def wrap(_: MigrationFiles, _direction: Direction, source: Source) -> Wrapping:
        if runs_alone and _ALONE.search(blanked(source.text)):
            reason = "the Supabase CLI from 2.109 on runs such statements alone, and the rest in batches"
            return Wrapping(TransactionMode.PER_STATEMENT, reason)
        return Wrapping(TransactionMode.PIPELINE, "the Supabase CLI sends each file as one batch")

    reading = read_migrations(files, order, wrap)
    advice = _ADVICE if runs_alone else _ADVICE._replace(run_alone=())
    return reading.history(tool.name, files.shown(folder.path), POSTGRES, advice)


def _version(folder: Folder, files: Files) -> tuple[int, int, int] | None:
    """Give the version of the CLI that deploys: the oldest that a workflow sets up, else the project's."""
    root = files.folder(files.repository(folder.path) or files.full("."))
    asked = (
        each
        for path in workflows_in(root, files)
        for each in _SET_UP.findall(_REMARK.sub("", files.text(path)))
    )
    deploying = [number for each in asked if (number := lowest_version(each)) is not None]
    if deploying:
        return min(deploying)
    version = npm_version(files, folder.path, ("supabase",))
    return version and version.number


_ADVICE = Advice(
    has_downs=False,
    down_file="<name>.down.sql in another folder, which no command runs",
    without_down="the Supabase CLI has no down migrations: only SQL by hand, or a new migration, undoes one",
    set_lock_timeout="begin each file with `SET lock_timeout = '5s';`, or set it for the role once",
    run_alone=(
        Way(
            r"(?:CREATE|DROP|REINDEX|ALTER)\b[^;]*\bCONCURRENTLY\b|VACUUM\b|ALTER\s+SYSTEM\b|CLUSTER\b",
            "put the statement alone in its file: from 2.109 on the CLI runs it without a transaction",
        ),
    ),
    always_in_transaction="the Supabase CLI runs such a file in a transaction",
    commands=Commands(
        apply="supabase db push",
        mark_applied="supabase migration repair {version} --status applied",
        unmark="supabase migration repair {version} --status reverted",
        check="supabase migration list",
    ),
    version=r"\d+",
)


def _place_new(history: History, stem: Stem, written: Written) -> tuple[FileText, ...] | NoPlace:
    return alone(written.ups, tool.title) or one_way(
        in_root(history, f"{stem.text}.sql"), written.ups.body, written, history
    )


tool = Tool(
    name="supabase",
    title="Supabase CLI",
    recognise=recognise,
    read=read,
    copy_fails=True,
    place=Place(down=without_downs, new=each(_place_new, as_text=True)),
)
