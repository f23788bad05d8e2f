"""Globs below a folder, in which the parts that wildcards stand for can be told apart."""

import re
from collections.abc import Iterator
from itertools import takewhile

from miglint.project.files import Files, Folder

_WILD = {"**/": "((?:[^/]+/)*)", "*": "([^/]*)", "?": "([^/])"}
_PARTS = r"(\*\*/|\*|\?|/)"


def compiled(glob: str, flags: "re.RegexFlag | int" = 0) -> "re.Pattern[str]":
    """Give the pattern that a whole relative path has to fit, with a group for each wildcard.

    Where another `*` follows in the same name, the first place at which the text between them stands is as
    good as any later one, so no later one is tried: `*a*a*a*b` would take polynomial time.
    """
    parts = [part for part in re.split(_PARTS, glob.removeprefix("./")) if part]
    found, groups = "", 0
    for at, part in enumerate(parts):
        groups += part in _WILD
        name = list(takewhile(lambda one: "/" not in one, parts[at + 1 :]))
        if part == "*" and "*" in name:
            between = "".join("[^/]" if one == "?" else re.escape(one) for one in name[: name.index("*")])
            found += rf"(?=([^/]*?){between})(?:\{groups})"
        else:
            found += _WILD.get(part) or re.escape(part)
    return re.compile(found, flags)


def below(folder: Folder, files: Files, depth: int, inside: str = "") -> Iterator[str]:
    """Give the relative paths of all files in a folder, as deep as that; links are not followed."""
    yield from (inside + name for name in folder.files)
    for name in folder.folders if depth else ():
        if name not in folder.links:
            yield from below(files.child(folder, name), files, depth - 1, f"{inside}{name}/")
