"""
Yuniql, for .NET: SQL files in a folder for each version, `v0.00`, `v1.01-label`, in the order of the numbers.

Before all versions run the files of `_init`, the first time only, and those of `_pre`; after them those of
`_draft` and `_post`. A version's sub-folders run before the files that stand in it. One transaction holds the
whole run, unless `--transaction-mode` says otherwise; there are no down migrations. `${name}` is a token.

Facts from its source: MigrationService.cs (order), LocalVersion.cs (versions), Configuration.cs (the mode of
transactions) and PostgreSqlDataService.cs (a file is sent as a whole).
"""

import re
from collections.abc import Iterator

from miglint.model.migration import Advice, Commands, Direction, History, Reaction, TransactionMode
from miglint.model.source import Source
from miglint.project.dialects import dialect_of
from miglint.project.dotnet import depends_on, solution
from miglint.project.files import Files, Folder, below
from miglint.text.lazy import expression
from miglint.text.placeholders import DOLLAR_BRACES, filler
from miglint.tools._places import Place, nowhere, without_downs
from miglint.tools._scripts import MigrationFiles, Wrapping, read_migrations, words
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings

_VERSION = expression(r"v(\d{1,9})\.(\d{1,9})(?:\.(\d{1,9}))?(.*)", re.DOTALL)
_AROUND = frozenset(("_init", "_pre", "_draft", "_post", "_erase"))
_BEFORE, _AFTER = ("_init", "_pre"), ("_draft", "_post")
_FILL = filler(DOLLAR_BRACES)
_DEEPEST = 3


def recognise(folder: Folder, files: Files) -> Evidence | None:
    """Know a folder by a version beside two of the folders that run around it, or by a package of Yuniql."""
    version = next((name for name in folder.folders if _VERSION.fullmatch(name)), None)
    if version is None:
        return None
    around = _AROUND.intersection(folder.folders)
    shown = files.shown(folder.path)
    if len(around) > 1:
        return Evidence(Rank.LAYOUT_AND_NAMES, f"{version} and {min(around)} in {shown}")
    for path, text in solution(files, folder.path):
        if depends_on(text, "Yuniql"):
            return Evidence(Rank.PROJECT, f"{version} in {shown}, and Yuniql in {files.shown(path)}")
    return None


def read(folder: Folder, files: Files, settings: ToolSettings) -> History:
    """Read what the first run sends to the server, in its order; an id is `folder/file`."""
    versions = sorted(filter(_VERSION.fullmatch, folder.folders), key=_place)
    order = [unit for name in (*_BEFORE, *versions, *_AFTER) for unit in _scripts(folder, name, files)]
    reading = read_migrations(files, order, _wrap, words(_FILL))
    return reading.history(
        tool.name, files.shown(folder.path), dialect_of(folder, files, reading.texts()), _ADVICE
    )


def _place(name: str) -> tuple[int, int, int, str]:
    found = _VERSION.fullmatch(name)
    major, minor, revision, label = found.groups() if found else ("0", "0", "0", name)
    return int(major), int(minor), int(revision or 0), label


def _scripts(folder: Folder, name: str, files: Files) -> Iterator[MigrationFiles]:
    if name not in folder.folders:
        return
    child = files.child(folder, name)
    paths = [path for path in below(child, files, _DEEPEST - 1) if path.endswith(".sql")]
    for path in sorted(paths, key=lambda path: ("/" not in path, path.rpartition("/")[::2])):
        stem = path[: -len(".sql")]
        yield MigrationFiles(f"{name}/{stem}", child.file(path), repeatable=name in ("_pre", *_AFTER))


def _wrap(_: MigrationFiles, _direction: Direction, _source: Source) -> Wrapping:
    return Wrapping(TransactionMode.PER_RUN, "Yuniql runs all pending versions in one transaction")


_ADVICE = Advice(
    has_downs=False,
    down_file="a file outside the workspace, which Yuniql does not run",
    without_down="Yuniql has no down migrations: only SQL by hand, or a new version, undoes one",
    set_lock_timeout="run `ALTER ROLE <the migrating role> SET lock_timeout = '5s'` once",
    run_outside_transaction=(
        "put the statement alone in a file of a version of its own, and run that with "
        "`yuniql run --transaction-mode none`"
    ),
    late=Reaction.IGNORES,
    commands=Commands(apply="yuniql run -p {folder} --platform postgresql -c $CONNECTION"),
)

tool = Tool(
    name="yuniql",
    title="Yuniql",
    recognise=recognise,
    read=read,
    depth=_DEEPEST,
    copy_fails=True,
    place=Place(
        down=without_downs,
        new=nowhere("`yuniql vnext` makes the folder of the next version, and the SQL goes there"),
    ),
)
