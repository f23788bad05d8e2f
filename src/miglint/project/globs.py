"""
The globs of settings and tools, any number of them asked about one path at once.

`*` and `?` stay in one name, `**/` stands for any folders or none, another `**` for anything. All else is
text, brackets too: JavaScript projects have folders like `[id]`. Git's globs are another language: see
`miglint.project.wildmatch`.

The places of a path that a glob may have come to are the bits of one number, so that each token costs a few
operations on numbers, and globs that begin alike go together. A regular expression tries the places one after
the other, in each combination, and is not done in an hour with some globs; many globs take long to compile.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from miglint.text.lazy import expression

_ANY_FOLDERS, _EVERYTHING, _STAR, _ONE = "**/", "**", "*", "?"
_WILDCARDS = frozenset((_ANY_FOLDERS, _EVERYTHING, _STAR, _ONE))
_TOKEN = expression(r"\*\*/|\*\*|.", re.DOTALL)


class Globs:
    """Globs in a tree: how those that begin alike go on, and which end here."""

    __slots__ = ("_characters", "_ends", "_wildcards")

    def __init__(self, globs: Iterable[str] = ()) -> None:
        self._characters: dict[str, Globs] = {}
        self._wildcards: dict[str, Globs] = {}
        self._ends: list[str] = []
        for glob in globs:
            node = self
            for token in _anchored(glob):
                ways = node._wildcards if token in _WILDCARDS else node._characters
                following = ways.get(token)
                if following is None:
                    following = ways[token] = Globs()
                node = following
            node._ends.append(glob)

    def fitting(self, path: str) -> set[str]:
        """Give the globs that fit a relative path or a folder above it; one without a slash, at any depth."""
        found: set[str] = set()
        marks = _Marks(path)
        ends = (1 << len(path)) | marks["/"]
        stack = [(self, 1)]
        while stack:
            node, places = stack.pop()
            if places & ends:
                found.update(node._ends)
            ways = node._wildcards
            if places & (places - 1):
                ways = node._characters | ways
            elif node._characters:  # At one place stands one character.
                at = places.bit_length()
                only = node._characters.get(path[at - 1 : at])
                if only is not None:
                    stack.append((only, places << 1))
            for token, following in ways.items():
                after = _after(token, places, marks)
                if after:
                    stack.append((following, after))
        return found


def _anchored(glob: str) -> list[str]:
    glob = glob.removeprefix("./").rstrip("/")
    return _TOKEN.findall(glob.removeprefix("/") if "/" in glob else f"**/{glob}")


class _Marks(dict[str, int]):
    """Where each character stands in a path; under `_ONE`, all that are no slash."""

    __slots__ = ("path",)

    def __init__(self, path: str) -> None:
        self.path = path

    def __missing__(self, token: str) -> int:
        found, at = 0, -1
        if token == _ONE:
            found = ((1 << len(self.path)) - 1) ^ self["/"]
        else:
            while (at := self.path.find(token, at + 1)) >= 0:
                found |= 1 << at
        self[token] = found
        return found


def _after(token: str, places: int, marks: _Marks) -> int:
    """Give the places that a token may end at when it begins at one of these."""
    if token == _STAR:
        names = marks[_ONE]
        # The sum carries each place to the end of its name, over all that lie between.
        return ((places & names) + names) ^ names | places
    if token == _EVERYTHING:
        return (2 << len(marks.path)) - (places & -places)
    if token == _ANY_FOLDERS:
        return (marks["/"] & -(places & -places)) << 1 | places
    return (places & marks[token]) << 1


def wildcards(glob: str, path: str) -> tuple[str, ...] | None:
    """Give what the wildcards of a glob stand for in a whole relative path, None if it does not fit.

    The last ones stand for as much as they can.
    """
    tokens, marks = _tokens(glob), _Marks(path)
    places = [1]
    for token in tokens:
        places.append(_after(token, places[-1], marks))
    end = 1 << len(path)
    if not places.pop() & end:
        return None
    found: list[str] = []
    for token in reversed(tokens):
        starts = places.pop()
        start = end >> 1
        if token in _WILDCARDS:
            start = starts & -starts
            while not _after(token, start, marks) & end:
                starts ^= start
                start = starts & -starts
            found.append(path[start.bit_length() - 1 : end.bit_length() - 1])
        end = start
    return tuple(reversed(found))


@lru_cache(maxsize=64)
def _tokens(glob: str) -> tuple[str, ...]:
    return tuple(_TOKEN.findall(glob.removeprefix("./")))


def fits(glob: str, path: str) -> bool:
    """Tell whether a glob fits a whole relative path."""
    return wildcards(glob, path) is not None
