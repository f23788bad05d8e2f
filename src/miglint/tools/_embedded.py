"""Leave out what a Go program does not embed, where it embeds the folder beside it: it cannot run that."""

import os
import re
from collections.abc import Container, Iterable, Iterator, Mapping
from typing import NamedTuple

from miglint.model.migration import History, Problem
from miglint.project.files import Files, is_within
from miglint.project.globs import fits
from miglint.text.lazy import expression

_EMBED = expression(r"^[ \t]*//go:embed[ \t]+(\S.*)$", re.MULTILINE)
_PATTERN = expression(r"\"([^\"\n]*)\"|`([^`\n]*)`|(\S+)")
LEVELS = 3
"""So far above a folder the package that embeds it may stand."""
_MOST_FILES = 20


class Embed(NamedTuple):
    """A folder that a Go file embeds, by its absolute path, alone or with all below it."""

    place: str
    with_below: bool
    file: str

    def covers(self, path: str) -> bool:
        """Tell whether the files directly in a folder are embedded."""
        return fits(self.place, path) or (self.with_below and is_within(path, self.place))


class _Passed(NamedTuple):
    """A history that is not embedded, in `place` beside the one that is, and the Go file that embeds that."""

    history: History
    place: str
    chosen: History
    file: str


def without_unembedded(
    histories: Iterable[History], files: Files, configured: Container[str]
) -> Iterator[History]:
    """Give each folder beside an embedded one as not analysed, once for all histories in it.

    What the user named, or the configuration, is read.
    """
    histories = tuple(histories)
    beside: dict[tuple[str, str], dict[str, History]] = {}
    for history in histories:
        full = files.full(history.root)
        if history.migrations:
            beside.setdefault((history.tool, os.path.dirname(full)), {})[full] = history
    passed: dict[str, list[_Passed]] = {}
    kept: list[History | str] = []
    for history in histories:
        full = files.full(history.root)
        is_asked = history.selected is not None or full in configured or files.is_named(files.folder(full))
        above = os.path.dirname(full)
        # Beside it, or beside the folder that holds one folder for each migration.
        near = {
            path: other
            for place in (above, os.path.dirname(above))
            for path, other in beside.get((history.tool, place), {}).items()
            if other is not history
        }
        found = _passed(history, near, files) if near and history.migrations and not is_asked else None
        if found is None:
            kept.append(history)
        else:
            if found.place not in passed:
                kept.append(found.place)
            passed.setdefault(found.place, []).append(found)
    for one in kept:
        yield _left_out(passed[one], files) if isinstance(one, str) else one


def _left_out(group: list[_Passed], files: Files) -> History:
    first = group[0]
    place = files.shown(first.place)
    count = sum(len(passed.history.migrations) for passed in group)
    counted = f"{count} migration{'' if count == 1 else 's'}"
    reason = f"{counted} that no go:embed names, while {first.file} embeds {first.chosen.root}: not read"
    return first.history._replace(
        root=place, migrations=(), problems=(), irregularities=(), gaps=(Problem(place, reason),)
    )


def _passed(history: History, near: Mapping[str, History], files: Files) -> _Passed | None:
    """Find the one history near this one that a Go file embeds, if none embeds this or speaks of it."""
    root = files.full(history.root)
    found: list[list[Embed]] = []
    for step in files.upward(root)[: LEVELS + 1]:
        texts = _go_texts(step, files)
        if texts is None:
            return None
        embeds = [embed for name, text in texts for embed in embedded_by(step, name, text, files)]
        beside = os.path.relpath(root, step).replace(os.sep, "/")
        if any(embed.covers(root) for embed in embeds) or any(_names(text, beside) for _, text in texts):
            return None
        found.append(embeds)
    for embeds in found:
        places = {embed.place: embed for embed in embeds if not embed.with_below or embed.place in near}
        chosen = next(iter(places), "")
        if len(places) == 1 and chosen in near:
            top = os.path.dirname(chosen)
            place = os.path.join(top, os.path.relpath(root, top).split(os.sep)[0])
            return _Passed(history, place, near[chosen], places[chosen].file)
    return None


def _go_texts(path: str, files: Files) -> list[tuple[str, str]] | None:
    """Give the Go files in a folder but for tests; None if they are too many to look into."""
    folder = files.folder(path)
    if "go" not in folder.endings:
        return []
    names = [name for name in folder.ending(".go") if not name.endswith("_test.go")]
    return (
        None if len(names) > _MOST_FILES else [(name, files.beginning(folder.file(name))) for name in names]
    )


def go_texts_around(path: str, files: Files) -> Iterator[str]:
    """Give the Go files in a folder and those above it of which one may embed it."""
    for step in files.upward(path)[: LEVELS + 1]:
        yield from (text for _, text in _go_texts(step, files) or ())


def embedded_by(path: str, name: str, text: str, files: Files) -> Iterator[Embed]:
    """Give what a Go file in the folder `path` embeds."""
    file = files.shown(os.path.join(path, name))
    for line in _EMBED.finditer(text):
        for match in _PATTERN.finditer(line[1]):
            pattern = next(filter(None, match.groups()), "").removeprefix("all:")
            above, _, last = pattern.rpartition("/")
            if last.endswith(".sql"):
                if "*" in last:
                    yield Embed(os.path.normpath(os.path.join(path, above)), False, file)
            elif last == "*" or "." not in last:
                place = above if last == "*" else pattern
                yield Embed(os.path.normpath(os.path.join(path, place)), True, file)


def _names(text: str, path: str) -> bool:
    """Tell whether code speaks of a folder in other words than go:embed's."""
    return bool(re.search(rf"[\"`/]{re.escape(path)}[\"`/*]", text))
