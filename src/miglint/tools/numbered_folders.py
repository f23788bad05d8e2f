"""SQL files in folders that are numbered: `migrations/0.9/01_users.sql`, `delta/72/02_index.sql`."""

import os
import re

from miglint.model.migration import History, Migration, Problem
from miglint.project.dialects import dialect_of_provider
from miglint.project.files import Files, Folder
from miglint.text.lazy import expression
from miglint.tools._by_database import SUFFIXED, plain
from miglint.tools._go_runner import wrapping_in_go
from miglint.tools._places import Place, each
from miglint.tools._scripts import MigrationFiles
from miglint.tools._tool import Evidence, Rank, Tool, ToolSettings
from miglint.tools.plain_sql import (
    by_number,
    history_of,
    in_order,
    is_called_so,
    place_down,
    place_new,
    sql_files,
)

# Also `3-4`, the step from one version to the next.
_NUMBER = expression(r"[vV]?\d+(?:[._]\d+)*(?:-\d+(?:[._]\d+)*)?")
_RELEASE = expression(r"[vV]?\d+(?:[._]\d+)+")
# The whole schema of a release, beside the steps towards it.
_WHOLE_SCHEMA = "latest.sql"
_CODE = expression(r"(?!__init__\.).*(?<!_test)\.(?:py|go|js|ts|rb|java)", re.DOTALL)


def _numbered(folder: Folder, files: Files) -> list[tuple[str, Folder]]:
    """Give the sub-folders that are numbered and hold SQL files or steps in code, in their order."""
    found = [
        (name, child)
        for name, child in files.children(folder)
        if _NUMBER.fullmatch(name) and (_names(child) or _code(child))
    ]
    return sorted(found, key=lambda entry: [int(part) for part in re.findall(r"\d+", entry[0])])


def _names(folder: Folder) -> list[str]:
    return [name for name in sql_files(folder) if name.lower() != _WHOLE_SCHEMA]


def _code(folder: Folder) -> list[MigrationFiles]:
    """Give the steps in code."""
    names = filter(_CODE.fullmatch, folder.files)
    return [MigrationFiles(name, None, opaque=folder.file(name)) for name in names]


def _place(unit: MigrationFiles) -> tuple[bool, tuple[int, ...], str]:
    return by_number(os.path.basename(unit.up or unit.opaque or unit.down or ""))


def _is_for_many(names: list[str]) -> bool:
    """Tell whether the names speak of several databases, `app_mysql.sql` and `app_postgresql.sql`.

    Which of them are for PostgreSQL, a suffix behind a dot says and no other word.
    """
    words = (re.findall(r"[a-z]+[0-9]*", plain(name).lower()) for name in names)
    return len({dialect for name in words for dialect in map(dialect_of_provider, name) if dialect}) > 2


def recognise(folder: Folder, files: Files) -> Evidence | None:
    """Know a folder that is named, or called as if it held migrations, by two numbered sub-folders."""
    found = _numbered(folder, files)
    if sum(bool(_names(child)) for _, child in found) < 2 or not (
        files.is_named(folder) or is_called_so(folder, files)
    ):
        return None
    if any(_is_for_many(_names(child)) for _, child in found):
        return None
    return Evidence(Rank.NAMES, f"numbered folders in {files.shown(folder.path)}")


def read(folder: Folder, files: Files, settings: ToolSettings) -> History:
    """Read the files of each sub-folder; an id is `folder/file`."""
    order: list[MigrationFiles] = []
    left: list[Problem] = []
    found = _numbered(folder, files)
    among = [file for _, child in found for file in _names(child)]
    for name, child in found:
        units, others = in_order(child, files, _names(child), among)
        units = sorted([*units, *_code(child)], key=_place)
        order.extend(unit._replace(id=f"{name}/{unit.id}") for unit in units)
        left += others
    runner = wrapping_in_go(folder, files)
    history = history_of(tool.name, folder, files, order, settings, left, runner)
    return history._replace(migrations=tuple(map(_in_release, history.migrations)))


def _in_release(migration: Migration) -> Migration:
    """A folder such as `1.4` is a release; one such as `72` can be a version that releases add to."""
    version = migration.id.partition("/")[0]
    return migration._replace(release=version) if _RELEASE.fullmatch(version) else migration


tool = Tool(
    name="numbered-folders",
    title="numbered folders of SQL files",
    recognise=recognise,
    read=read,
    traces=(".sql", *SUFFIXED),
    depth=1,
    place=Place(down=place_down, new=each(place_new)),
)
