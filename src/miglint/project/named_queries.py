"""Queries that a program runs by the names above them, as Yesql, HugSQL, aiosql and their kind want it."""

import re

from miglint.project.files import Files, Folder
from miglint.text.lazy import expression

_NAME = expression(r"^[ \t]*--[ \t]*(?:name:|:name[ \t])[ \t]*[\w.*-]+[!<?$^*]*", re.MULTILINE)


def holds_named_queries(folder: Folder, files: Files) -> bool:
    """Tell whether most SQL files of a folder name what is in them: nobody runs these as a whole."""
    names = folder.sample(".sql")
    found = sum(bool(_NAME.search(files.beginning(folder.file(name)))) for name in names)
    return 2 * found > len(names)
