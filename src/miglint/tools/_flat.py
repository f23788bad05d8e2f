"""One folder of numbered files: what tools share that name their migrations so."""

import re
from collections.abc import Iterable

from miglint.model.irregularity import DuplicateVersion, Irregularity
from miglint.model.source import Source
from miglint.project.files import Files, Folder
from miglint.tools._scripts import MigrationFiles


def numbered(
    folder: Folder, files: Files, name: "re.Pattern[str]", title: str
) -> tuple[list[MigrationFiles], list[Irregularity]]:
    """Give the files that fit `name`, whose first group is the number, in the order of the numbers.

    What is not SQL stands in the sequence, unread; a number that is taken twice is an irregularity.
    """
    found = sorted((int(match[1]), file) for file in folder.files if (match := name.fullmatch(file)))
    order: list[MigrationFiles] = []
    odd: list[Irregularity] = []
    taken: dict[int, str] = {}
    for number, file in found:
        path, stem = folder.file(file), file.rpartition(".")[0]
        if number in taken:
            message = f"version {number} is taken by {taken[number]}: {title} refuses the whole folder"
            source = Source(files.shown(path), "")
            odd.append(DuplicateVersion(source, message, "give it a number of its own", migration=stem))
        taken.setdefault(number, file)
        is_sql = file.lower().endswith(".sql")
        order.append(MigrationFiles(stem, path) if is_sql else MigrationFiles(stem, None, opaque=path))
    return order, odd


def marked(folder: Folder, files: Files, mark: "re.Pattern[str]", names: Iterable[str] = ()) -> str | None:
    """Give a file among a few of the folder's in which a mark stands."""
    for name in names or folder.sample(".sql"):
        if mark.search(files.beginning(folder.file(name))):
            return name
    return None
