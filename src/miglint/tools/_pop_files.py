"""The files that pop and popx share: one folder for all databases, a file for one before the one for all."""

from collections.abc import Iterable
from typing import NamedTuple

from miglint.model.irregularity import Irregularity, UnreachableFile
from miglint.model.source import Source
from miglint.project.dialects import dialect_of_provider
from miglint.project.files import Files, Folder
from miglint.text.lazy import expression
from miglint.tools._scripts import MigrationFiles

NAME = expression(r"([0-9]+)_([^.]+)(?:\.([a-z0-9]+))?(\.autocommit)?\.(up|down)\.(sql|fizz)")
TRACES = (".up.sql", ".up.fizz")


class PopFile(NamedTuple):
    """A file by its name; `dialect` is None for all databases."""

    version: str
    dialect: str | None
    autocommit: bool
    direction: str
    name: str

    @property
    def stem(self) -> str:
        """The file name up to its first dot."""
        return self.name.partition(".")[0]

    @property
    def is_telling(self) -> bool:
        """Whether no other tool writes such a name."""
        return bool(self.dialect) or self.autocommit or self.name.endswith(".fizz")


def pop_files(folder: Folder, *, autocommit: bool) -> list[PopFile]:
    """Give the files of known databases; without `autocommit`, the tool knows no names with that word."""
    found = []
    for name in folder.ending(".sql", ".fizz"):
        match = NAME.fullmatch(name)
        if match is None:
            continue
        version, _, infix, after, direction, _ = match.groups()
        is_alone = bool(after) or infix == "autocommit"
        dialect = dialect_of_provider(infix) if infix and infix != "autocommit" else None
        is_known = not infix or infix == "autocommit" or dialect is not None
        if is_known and (autocommit or not is_alone):
            found.append(PopFile(version, dialect, is_alone, direction, name))
    return found


class Chosen(NamedTuple):
    """What runs on one database, in order; the paths of files without a transaction; and what never runs."""

    order: list[MigrationFiles]
    autocommit: frozenset[str]
    odd: list[Irregularity]


def chosen_for(dialect: str, names: Iterable[PopFile], folder: Folder, files: Files, title: str) -> Chosen:
    """Choose up and down for each version, each by itself; versions are compared as texts."""
    odd: list[Irregularity] = []
    chosen: dict[tuple[str, str], PopFile] = {}
    for name in sorted(names, key=lambda name: (name.dialect is not None, name.name)):
        if name.dialect not in (None, dialect):
            continue
        other = chosen.get((name.version, name.direction))
        if other is not None and other.dialect == name.dialect:
            message = f"{title} never runs this file: {name.name} has the same version and replaces it"
            source = Source(files.shown(folder.file(other.name)), "")
            odd.append(UnreachableFile(source, message, "give it a version of its own", migration=other.stem))
        chosen[name.version, name.direction] = name
    order = []
    for version in sorted(version for version, direction in chosen if direction == "up"):
        up, down = chosen[version, "up"], chosen.get((version, "down"))
        back = folder.file(down.name) if down and down.name.endswith(".sql") else None
        path = folder.file(up.name)
        is_sql = up.name.endswith(".sql")
        order.append(MigrationFiles(up.stem, path if is_sql else None, back, None if is_sql else path))
    alone = frozenset(folder.file(name.name) for name in chosen.values() if name.autocommit)
    return Chosen(order, alone, odd)
