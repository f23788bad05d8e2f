"""
golang-migrate: flat pairs of `N_name.up.sql` and `N_name.down.sql`.

Facts from its source: source/parse.go (names), source/driver.go and migrate.go (order, duplicates,
missing downs), database/postgres (one Exec per file, and x-multi-statement).
"""

import re
from typing import NamedTuple

from miglint.model.irregularity import DuplicateVersion, Irregularity, UnreachableFile
from miglint.model.migration import Advice, Commands, Direction, History, Migration, Reaction, TransactionMode
from miglint.model.source import Source
from miglint.project.dialects import dialect_of
from miglint.project.files import Files, Folder
from miglint.project.go_mod import go_requires
from miglint.text.lazy import expression
from miglint.tools._numbering import Stem
from miglint.tools._places import (
    FileText,
    NoPlace,
    Place,
    Sql,
    Written,
    alone,
    down_at,
    each,
    in_root,
    pair,
    renamed,
)
from miglint.tools._scripts import MigrationFiles, Wrapping, read_migrations
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings

_NAME = expression(r"([0-9]+)_(.*)\.(up|down)\.(.*)", re.DOTALL)
_LARGEST_VERSION = 2**64 - 1


class _Name(NamedTuple):
    version: int
    direction: str
    name: str

    @property
    def stem(self) -> str:
        """The file name without `.up.sql` or `.down.sql`."""
        return self.name.rpartition(".")[0].rpartition(".")[0]


def recognise(folder: Folder, files: Files) -> Evidence | None:
    """Know a folder by at least one file `N_name.up.sql`.

    golang-migrate refuses a version that is taken twice and passes over other names. One of those is an
    accident of a merge; where they are common, another runner is at work that takes them all.
    """
    names = [parsed for name in folder.files if (parsed := _parsed(name)) and name.endswith(".sql")]
    ups = [parsed for parsed in names if parsed.direction == "up"]
    if not ups:
        return None
    others = [name for name in folder.ending(".sql") if name[0].isdigit() and not _parsed(name)]
    twice = len(ups) - len({parsed.version for parsed in ups})
    if twice + len(others) > max(3, len(ups) // 20) or len(others) > len(ups):
        return None
    return Evidence(Rank.NAMES, f"{ups[0].name} in {files.shown(folder.path)}")


def is_required_too(folder: Folder, files: Files) -> bool:
    """Tell whether the module requires golang-migrate as well, and the names are as it wants them."""
    other = go_requires(files, folder.path, "github.com/golang-migrate/migrate")
    return other and recognise(folder, files) is not None


def read(folder: Folder, files: Files, settings: ToolSettings) -> History:
    """Read the pairs in the order of their numbers, as unsigned 64-bit integers.

    All scripts of a version that is taken twice are read, in the order of their names.
    """
    scripts: list[_Name] = []
    first: dict[tuple[int, str], str] = {}
    odd: list[Irregularity] = []
    for name in folder.files:
        parsed = _parsed(name)
        if parsed is None:
            if name.endswith(".sql") and name[0].isdigit():
                source = Source(files.shown(folder.file(name)), "")
                message = "golang-migrate ignores this file"
                odd.append(UnreachableFile(source, message, "name it N_name.up.sql or N_name.down.sql"))
            continue
        taken = first.setdefault((parsed.version, parsed.direction), name)
        if taken != name:
            source = Source(files.shown(folder.file(name)), "")
            message = f"version {parsed.version} is taken by {taken}: golang-migrate refuses the whole folder"
            odd.append(
                DuplicateVersion(source, message, "give it a number of its own", migration=parsed.stem)
            )
        scripts.append(parsed)
    reading = read_migrations(files, _pairs(folder, scripts), _wrap)
    return reading.history(
        tool.name, files.shown(folder.path), dialect_of(folder, files, reading.texts()), _ADVICE, odd
    )


def _parsed(name: str) -> _Name | None:
    found = _NAME.fullmatch(name)
    if found is None or int(found[1]) > _LARGEST_VERSION:
        return None
    return _Name(int(found[1]), found[3], name)


def _pairs(folder: Folder, scripts: list[_Name]) -> list[MigrationFiles]:
    """Put up and down scripts together: those of one stem, else those of one version."""
    downs: dict[int, list[_Name]] = {}
    for script in sorted(scripts):
        if script.direction == "down" and script.name.endswith(".sql"):
            downs.setdefault(script.version, []).append(script)
    paired: list[tuple[_Name, MigrationFiles]] = []
    for up in sorted(scripts):
        if up.direction != "up":
            continue
        path = folder.file(up.name)
        if not up.name.endswith(".sql"):
            paired.append((up, MigrationFiles(up.stem, None, opaque=path)))
            continue
        own = downs.get(up.version, [])
        down = next((one for one in own if one.stem == up.stem), own[0] if own else None)
        if down is not None:
            own.remove(down)
        paired.append((up, MigrationFiles(up.stem, path, down and folder.file(down.name))))
    paired.extend(
        (down, MigrationFiles(down.stem, None, folder.file(down.name)))
        for own in downs.values()
        for down in own
    )
    return [pair for _, pair in sorted(paired)]


def _wrap(_: MigrationFiles, _direction: Direction, _source: Source) -> Wrapping:
    return Wrapping(
        TransactionMode.IMPLICIT_BATCH,
        "golang-migrate opens no transaction and sends the file as one query",
    )


_ADVICE = Advice(
    has_downs=True,
    down_file="N_name.down.sql beside N_name.up.sql",
    without_down=(
        "`migrate down` treats a missing down file as an empty one: it lowers the version but undoes nothing"
    ),
    half_way=(
        "the file is one query, of which nothing stays unless it commits by itself; "
        "its version is recorded all the same, as dirty, and nothing more runs until that is mended"
    ),
    half_way_back=(
        "the file is one query, of which nothing is undone unless it commits by itself; "
        "the version before is recorded all the same, as dirty"
    ),
    older_program=(
        "a program without the newest file stops with `no migration found for version`, so the way back has"
        " to run from an image that has the files, before the older program starts"
    ),
    older_refuses=True,
    begin_downs="`migrate create -ext sql -dir <folder> -seq <name>` writes both files; fill in the second",
    set_lock_timeout=(
        "add `options=-c%20lock_timeout%3D5s` to the database URL that `migrate` is given, "
        "or run `ALTER ROLE <the migrating role> SET lock_timeout = '5s'` once"
    ),
    run_outside_transaction=(
        "put the statement alone in its file: golang-migrate opens no transaction of its own, "
        "and only a file with several statements runs as one"
    ),
    late=Reaction.SKIPS,
    commands=Commands(
        apply="migrate -path {folder} -database $DATABASE_URL up",
        roll_back="migrate -path {folder} -database $DATABASE_URL down 1",
        mark_applied="migrate -path {folder} -database $DATABASE_URL force {version}",
        unmark="migrate -path {folder} -database $DATABASE_URL force {previous}",
        apply_some="migrate -path {folder} -database $DATABASE_URL up {count}",
        apply_to="migrate -path {folder} -database $DATABASE_URL goto {version}",
        roll_back_some="migrate -path {folder} -database $DATABASE_URL down {count}",
        roll_back_to="migrate -path {folder} -database $DATABASE_URL goto {version}",
        check="migrate -path {folder} -database $DATABASE_URL version",
        mend="migrate -path {folder} -database $DATABASE_URL force {previous}",
        mend_back="migrate -path {folder} -database $DATABASE_URL force {version}",
    ),
    version=r"\d+",
)


def _place_down(_: History, migration: Migration, back: Sql) -> FileText | NoPlace:
    return alone(back, tool.title) or down_at(migration, renamed(migration, ".up.", ".down."), back.body)


def _place_new(history: History, stem: Stem, written: Written) -> tuple[FileText, ...] | NoPlace:
    path = in_root(history, stem.text)
    refused = alone(written.ups, tool.title) or alone(written.downs, tool.title)
    return refused or pair(f"{path}.up.sql", f"{path}.down.sql", written)


tool = Tool(
    name="golang-migrate",
    title="golang-migrate",
    recognise=recognise,
    read=read,
    copy_fails=True,
    mark_fails=True,
    place=Place(down=_place_down, new=each(_place_new)),
)
