"""
Which folders git ignores: .gitignore files and .git/info/exclude, as gitignore(5) and git's dir.c have it.

Own code, for `pathspec` costs 38 ms of import where the whole program starts in 75, and git costs a process.
Not read: core.excludesFile, which is a user's and not the project's. Case counts, as core.ignoreCase=false.
A folder outside any git repository has no rules, as in ripgrep: there is nothing that says where they begin.
Tracked folders that a pattern covers are taken for ignored: the index, which knows better, is not read.
"""

import os
import re
import stat
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from miglint.project.files import Files, Folder, join
from miglint.project.wildmatch import SPECIAL, regex_of

IGNORE_FILE = ".gitignore"
# Jujutsu reads .gitignore files as well.
_REPOSITORIES = (".git", ".jj")
# Above these a file has no patterns: nothing is ignored for it, and no time lost in compiling it.
_MAX_BYTES = 128 * 1024
_MAX_GLOBS = 1_000
_MAX_GLOB_CHARACTERS = 20_000


class _Pattern(NamedTuple):
    """One line. `is_path`: it speaks of the path below the file's folder, else of a name at any depth."""

    glob: str
    is_path: bool
    is_negated: bool
    folders_only: bool


class _Patterns(NamedTuple):
    """The patterns of one file, each with its place in it, for the last one that fits decides."""

    names: dict[str, int]
    paths: dict[str, int]
    suffixes: dict[str, int]
    prefixes: dict[str, int]
    name_globs: "re.Pattern[str] | None"
    path_globs: "re.Pattern[str] | None"
    negated: frozenset[int]


class Rules(NamedTuple):
    """The content of one ignore file, the folder it speaks of (with a slash), and the rules it overrides."""

    content: bytes
    base: str
    outer: "Rules | None"


def rules_above(folder: str, files: Files) -> Rules | None:
    """Give the rules that hold for a folder itself, None outside a repository and at the root of one.

    `folder` is absolute and free of symbolic links.
    """
    steps = files.upward(folder)
    root = steps[-1]
    if len(steps) == 1 or not any(os.path.lexists(join(root, name)) for name in _REPOSITORIES):
        return None
    rules = _of_repository(root)
    for step in reversed(steps[1:]):
        rules = _with_file(rules, step)
    return rules


def rules_in(folder: Folder, real: str, above: Rules | None) -> Rules | None:
    """Give the rules that hold for the folders in a folder, whose path is `real`.

    A repository within a repository starts anew.
    """
    if any(name in folder.folders or name in folder.files for name in _REPOSITORIES):
        above = _of_repository(real)
    if above is not None and IGNORE_FILE in folder.files:
        return _with_file(above, real)
    return above


def is_ignored(path: str, rules: Rules | None, *, is_link: bool = False) -> bool:
    """Tell whether rules leave out a folder; those above it are not looked at.

    To git, a symbolic link is not a folder: `build/` does not speak of it.
    """
    whole = _as_bytes(path)
    while rules is not None:
        content, base, rules = rules
        if whole.startswith(base):
            patterns = _compiled(content, is_link)
            last = _last(patterns, whole[len(base) :])
            if last >= 0:
                return last not in patterns.negated
    return False


def is_within_ignored(folder: str, rules: Rules | None) -> bool:
    """Tell whether rules leave out a folder or one above it."""
    while rules is not None:
        if is_ignored(folder, rules):
            return True
        above = os.path.dirname(folder)
        if above == folder:
            break
        folder = above
    return False


def _as_bytes(path: str) -> str:
    """Give a path as git sees it: one character per byte, and slashes."""
    if not path.isascii():
        path = os.fsencode(path).decode("latin-1")
    return path.replace(os.sep, "/")


def _base(folder: str) -> str:
    return _as_bytes(folder).rstrip("/") + "/"


def _of_repository(root: str) -> Rules:
    git = join(root, ".git")
    if os.path.isfile(git):  # of a worktree or a submodule: "gitdir: ../.git/modules/name"
        git = os.path.join(root, os.fsdecode(_content(git).removeprefix(b"gitdir:").strip()))
    shared = os.fsdecode(_content(os.path.join(git, "commondir")).strip())
    return Rules(_content(os.path.join(git, shared, "info", "exclude")), _base(root), None)


def _with_file(rules: Rules, folder: str) -> Rules:
    path = join(folder, IGNORE_FILE)
    # Git reads no .gitignore that is a symbolic link.
    content = b"" if os.path.islink(path) else _content(path)
    return Rules(content, _base(folder), rules) if content else rules


def _content(path: str) -> bytes:
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode) or status.st_size > _MAX_BYTES:
            return b""
        with open(path, "rb", buffering=0) as file:
            return file.read(_MAX_BYTES)
    except (OSError, ValueError):  # ValueError: a NUL in the path that a .git file gives
        return b""


def _last(patterns: _Patterns, path: str) -> int:
    """Give the place of the last pattern that fits, -1 if none does."""
    name = path[path.rfind("/") + 1 :]
    last = max(patterns.names.get(name, -1), patterns.paths.get(path, -1))
    for suffix, place in patterns.suffixes.items():
        if place > last and name.endswith(suffix):
            last = place
    for prefix, place in patterns.prefixes.items():
        if place > last and name.startswith(prefix):
            last = place
    for globs, text in ((patterns.name_globs, name), (patterns.path_globs, path)):
        found = globs and globs.fullmatch(text)
        if found:
            last = max(last, int((found.lastgroup or "")[1:]))
    return last


# --- from the lines of a file to patterns ------------------------------------------------------------


@lru_cache(maxsize=64)
def _compiled(content: bytes, is_link: bool) -> _Patterns:
    """Compile a file's patterns. Cached: the packages of a monorepo often share one text."""
    names: dict[str, int] = {}
    paths: dict[str, int] = {}
    suffixes: dict[str, int] = {}
    prefixes: dict[str, int] = {}
    name_globs: dict[str, int] = {}
    path_globs: dict[str, int] = {}
    negated = set()
    for place, (glob, is_path, is_negated, folders_only) in enumerate(_parsed(content)):
        if folders_only and is_link:
            continue
        if is_negated:
            negated.add(place)
        if not SPECIAL.search(glob):
            (paths if is_path else names)[glob] = place
        elif is_path:
            path_globs[glob] = place
        elif glob[0] == "*" and not SPECIAL.search(glob, 1):
            suffixes[glob[1:]] = place
        elif glob[-1] == "*" and not SPECIAL.search(glob[:-1]):
            prefixes[glob[:-1]] = place
        else:
            name_globs[glob] = place
    counts = sum(map(len, (suffixes, prefixes, name_globs, path_globs)))
    characters = sum(map(len, (*name_globs, *path_globs)))
    if counts > _MAX_GLOBS or characters > _MAX_GLOB_CHARACTERS:
        return _Patterns({}, {}, {}, {}, None, None, frozenset())
    name_regex, path_regex = regex_of(name_globs), regex_of(path_globs)
    return _Patterns(names, paths, suffixes, prefixes, name_regex, path_regex, frozenset(negated))


def _parsed(content: bytes) -> Iterator[_Pattern]:
    for raw in content.removeprefix(b"\xef\xbb\xbf").decode("latin-1").split("\n"):
        if raw.startswith("#"):
            continue
        glob = _trimmed(raw.removesuffix("\r").partition("\0")[0])
        is_negated = glob.startswith("!")
        glob = glob[1:] if is_negated else glob
        folders_only = glob.endswith("/")
        glob = glob[:-1] if folders_only else glob
        is_path = "/" in glob
        glob = glob[1:] if glob.startswith("/") else glob
        if glob.startswith("**/") and "/" not in glob[3:]:
            glob, is_path = glob[3:], False
        if glob:
            yield _Pattern(glob, is_path, is_negated, folders_only)


def _trimmed(line: str) -> str:
    """Remove the spaces at the end of a line, up to one behind a backslash."""
    bare = line.rstrip(" ")
    slashes = len(bare) - len(bare.rstrip("\\"))
    return line[: len(bare) + 1] if slashes % 2 else bare
