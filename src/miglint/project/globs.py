"""Globs below a folder, in which the parts that wildcards stand for can be told apart."""

import re
from collections.abc import Iterator

from miglint.project.files import Files, Folder

_WILD = {"**/": "((?:[^/]+/)*)", "*": "([^/]*)", "?": "([^/])"}


def compiled(glob: str, flags: "re.RegexFlag | int" = 0) -> "re.Pattern[str]":
    """Give the pattern that a whole relative path has to fit, with a group for each wildcard."""
    parts = re.split(r"(\*\*/|\*|\?)", glob.removeprefix("./"))
    return re.compile("".join(_WILD.get(part) or re.escape(part) for part in parts), flags)


def below(folder: Folder, files: Files, depth: int, inside: str = "") -> Iterator[str]:
    """Give the relative paths of all files in a folder, as deep as that; links are not followed."""
    yield from (inside + name for name in folder.files)
    for name in folder.folders if depth else ():
        if name not in folder.links:
            yield from below(files.child(folder, name), files, depth - 1, f"{inside}{name}/")
