"""
Evolve, for .NET: `V1_2__name.sql` in the order of its versions, then `R__name.sql` in that of their names.

Files can be at any depth below a folder, or below those that the program names as its `Locations`. Each runs
in a transaction; `evolve-tx-off` in its first line turns that off, and the file is sent as one query.
`evolve-repeat-always` there makes an R script run each time. `${name}` is a placeholder. There are no down
migrations.

Facts from its source: MigrationUtil.cs (names), MigrationVersion.cs (order), MigrationScript.cs (options)
and Evolve.cs (what it refuses).
"""

import os
import re
from collections.abc import Iterator
from itertools import pairwise

from miglint.model.irregularity import DuplicateVersion, Irregularity, RefusedFile
from miglint.model.migration import Advice, Checksum, Commands, Direction, History, Reaction, TransactionMode
from miglint.model.source import Source
from miglint.project.dialects import dialect_of
from miglint.project.dotnet import depends_on, projects, solution
from miglint.project.files import Files, Folder, below, parent
from miglint.text.lazy import expression
from miglint.text.placeholders import DOLLAR_BRACES, filler
from miglint.tools._numbering import Stem
from miglint.tools._places import (
    FileText,
    NoPlace,
    Place,
    Written,
    alone,
    beside_newest,
    each,
    one_way,
    without_downs,
)
from miglint.tools._scripts import MigrationFiles, Wrapping, read_migrations, words
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings

_NAME = expression(r"(?:V(\d+(?:[._]\d+)*)|R.*?)__.+\.sql", re.IGNORECASE | re.DOTALL)
_FILL = filler(DOLLAR_BRACES)
_DEEPEST = 4
_TEXT = expression(r"\"([\w./-]{1,200})\"")
_DRIVERS = (("Npgsql", "postgres"), ("Microsoft.Data.SqlClient", "mssql"), ("MySql", "mysql"))


def recognise(folder: Folder, files: Files) -> Evidence | None:
    """Know a folder by a versioned file in a project that refers to Evolve."""
    own = next((name for name in folder.ending(".sql", ".SQL") if _NAME.fullmatch(name)), None)
    if own is None:
        return None
    for path, text in solution(files, folder.path):
        if depends_on(text, "Evolve"):
            reason = f"{own} in {files.shown(folder.path)}, and Evolve in {files.shown(path)}"
            return Evidence(Rank.PROJECT, reason)
    return None


def read(folder: Folder, files: Files, settings: ToolSettings) -> History:
    """Read the versions in their order, then what is repeatable."""
    versions: list[tuple[tuple[int, ...], str, MigrationFiles]] = []
    repeatable: list[tuple[str, MigrationFiles]] = []
    odd: list[Irregularity] = []
    for full in dict.fromkeys(_candidates(folder, files)):
        name = full.replace("\\", "/").rpartition("/")[2]
        stem = name[: -len(".sql")]
        match = _NAME.fullmatch(name)
        if match is None:
            message = f"Evolve refuses to run anything: {name} is not a valid migration name"
            why = "name it V1__name.sql or R__name.sql"
            odd.append(RefusedFile(Source(files.shown(full), ""), message, why))
        elif match[1] is None:
            repeatable.append((stem, MigrationFiles(stem, full, repeatable=True)))
        else:
            number = tuple(int(part[:200]) for part in re.split(r"[._]", match[1]))
            versions.append((number, stem, MigrationFiles(stem, full)))
    versions.sort(key=lambda entry: entry[:2])
    for (number, other, _), (version, stem, unit) in pairwise(versions):
        if number == version:
            message = f"version {'.'.join(map(str, version))} is taken by {other}: Evolve refuses to run"
            source = Source(files.shown(unit.up or ""), "")
            odd.append(DuplicateVersion(source, message, "give it a version of its own", migration=stem))
    order = [unit for _, _, unit in versions] + [unit for _, unit in sorted(repeatable)]
    reading = read_migrations(files, order, _wrap, words(_FILL))
    texts = [text for _, text in solution(files, folder.path)]
    driver = next((name for package, name in _DRIVERS if any(package in text for text in texts)), None)
    return reading.history(
        tool.name, files.shown(folder.path), dialect_of(folder, files, reading.texts(), driver), _ADVICE, odd
    )


def _candidates(folder: Folder, files: Files) -> Iterator[str]:
    """Give the paths of all that Evolve takes for migrations, wherever the program looks for them."""
    places = _locations(folder, files)
    full = files.full(folder.path)
    is_named = any(full == place or full.startswith(place + os.sep) for place in places)
    tops = [files.folder(place) for place in places] if is_named else [folder]
    for top in tops:
        for path in below(top, files, _DEEPEST):
            name = path.rpartition("/")[2].lower()
            if name.endswith(".sql") and name.startswith(("v", "r")) and "/." not in f"/{path}":
                yield top.file(path)


def _locations(folder: Folder, files: Files) -> list[str]:
    """Give the absolute paths of the folders that the program names in a file that speaks of Evolve."""
    own = next(projects(files, folder.path), None)
    if own is None:
        return []
    home = files.folder(parent(own[0]))
    for project, _ in solution(files, folder.path):
        place = files.folder(parent(project))
        for path in below(place, files, 2):
            text = files.beginning(place.file(path)) if path.endswith(".cs") else ""
            if "Evolve" not in text:
                continue
            named = dict.fromkeys(_TEXT.findall(text))
            found = [files.full(home.file(name)) for name in named if _is_below(home, name, files)]
            if found:
                return found
    return []


def _is_below(home: Folder, name: str, files: Files) -> bool:
    """Tell whether a path leads from a folder to one that holds SQL, without a detour."""
    parts = name.split("/")
    for part in parts:
        if part not in home.folders:
            return False
        home = files.child(home, part)
    return any(one.ending(".sql", ".SQL") for one in (home, *(child for _, child in files.children(home))))


def _wrap(_: MigrationFiles, _direction: Direction, source: Source) -> Wrapping:
    if "evolve-tx-off" in source.line(1).lower():
        reason = "`evolve-tx-off` turns Evolve's transaction off; the file is sent as one query"
        return Wrapping(TransactionMode.IMPLICIT_BATCH, reason)
    return Wrapping(TransactionMode.PER_MIGRATION, "Evolve runs each migration in a transaction")


_ADVICE = Advice(
    has_downs=False,
    down_file="a file outside the locations, which Evolve does not run",
    without_down="Evolve has no down migrations: only SQL by hand, or a new migration, undoes one",
    set_lock_timeout="run `ALTER ROLE <the migrating role> SET lock_timeout = '5s'` once",
    run_outside_transaction="put the statement alone in a file whose first line is `-- evolve-tx-off`",
    edited=Reaction.STOPS,
    checksum=Checksum.CHARACTERS,
    late=Reaction.STOPS,
    reset_edited="`evolve repair` takes the new checksum",
    number=r"\d+(?:[._]\d+)*(?=__|$)",
    commands=Commands(
        apply="evolve migrate postgresql -c $CONNECTION -l {folder}",
        unmark="DELETE FROM changelog WHERE version = '{version}';",
    ),
)


def _place_new(history: History, stem: Stem, written: Written) -> tuple[FileText, ...] | NoPlace:
    text = ("-- evolve-tx-off\n" if written.outside else "") + written.ups.body
    return alone(written.ups, tool.title) or one_way(
        beside_newest(history, f"{stem.text}.sql"), text, written, history
    )


tool = Tool(
    name="evolve",
    title="Evolve",
    recognise=recognise,
    read=read,
    traces=(".sql", ".SQL"),
    depth=_DEEPEST,
    copy_fails=True,
    place=Place(down=without_downs, new=each(_place_new, dots="._")),
)
