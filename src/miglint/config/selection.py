"""Which rules and which files the settings pick."""

import os
import re
from collections.abc import Collection, Iterable
from functools import lru_cache

from miglint.config.settings import ALL, PROFILES, Override, Settings
from miglint.errors import UnknownRule
from miglint.model import Severity


def check_names(settings: Settings, rules: Collection[str], categories: Collection[str]) -> None:
    """Raise `UnknownRule` for a name in the settings that no rule, category or profile has."""
    wide = (*rules, *categories, *PROFILES)
    some = (*rules, *categories, ALL)
    asked: list[tuple[str, Iterable[str], Collection[str]]] = [
        ("select", settings.select, wide),
        ("ignore", settings.ignore, wide),
        ("severity", (entry.rule for entry in settings.severity), (*rules, *categories)),
        *(("overrides.ignore", entry.ignore, some) for entry in settings.overrides),
    ]
    for key, names, known in asked:
        for name in names:
            if name not in known:
                where = f"--{key}" if key in settings.from_command_line else f"{settings.file}: {key}"
                raise UnknownRule(name, tuple(sorted(known)), where)


def selects(settings: Settings, rule: str, category: str, *, taste: bool = False) -> bool:
    """Say whether a rule runs; `taste` is true for a rule outside the profile `safety`.

    A rule's own name outweighs its category, a category outweighs a profile; at equal weight `ignore` wins.
    """
    given = {entry.rule: entry.severity for entry in settings.severity}
    off = {name for name, severity in given.items() if severity is None}
    if rule in off:
        return False
    if rule in given:
        off.discard(category)
    for names in ({rule}, {category}, {"all"} if taste else set(PROFILES)):
        if not names.isdisjoint((*settings.ignore, *off)):
            return False
        if not names.isdisjoint(settings.select):
            return True
    return False


def severity_of(settings: Settings, rule: str, category: str) -> Severity | None:
    """Give a rule's severity in the settings, by its own name before its category; None for its own."""
    given = {entry.rule: entry.severity for entry in settings.severity}
    return given.get(rule) or given.get(category)


def excluded(settings: Settings, path: str) -> bool:
    """Say whether `exclude` leaves out a path, given relative to the working directory."""
    return fits(settings, path, settings.exclude)


def override_for(settings: Settings, path: str) -> Override:
    """Put the overrides that fit a path together: the last transaction, all that is ignored."""
    fitting = [entry for entry in settings.overrides if fits(settings, path, entry.paths)]
    modes = [entry.transaction for entry in fitting if entry.transaction is not None]
    ignore = tuple(name for entry in fitting for name in entry.ignore)
    return Override((path,), modes[-1] if modes else None, ignore)


def fits(settings: Settings, path: str, globs: tuple[str, ...]) -> bool:
    """Say whether one of the globs fits a path, given relative to the working directory."""
    if not globs:
        return False
    inside = os.path.normpath(path) if settings.root == "." else os.path.relpath(path, settings.root)
    return any(_covers(glob, inside.replace(os.sep, "/")) for glob in globs)


def _covers(glob: str, path: str) -> bool:
    """Say whether a glob fits a path or a folder above it: `*` and `?` stay in one name, `**` does not.

    All places that a part of the glob can end at are followed together. A regular expression tries them one
    after the other, in each combination, and is not done in an hour with some globs.
    """
    places = {0}
    for part in _parts(glob):
        places = _ends(part, path, places)
        if not places:
            return False
    return any(path[place : place + 1] in ("", "/") for place in places)


@lru_cache(maxsize=256)
def _parts(glob: str) -> tuple[str, ...]:
    """Cut a glob into wildcards and text; brackets are text: JavaScript projects have folders like `[id]`."""
    glob = glob.removeprefix("./").rstrip("/")
    parts = re.findall(r"\*\*/|\*\*|\*|\?|[^*?]+", glob.removeprefix("/"))
    return tuple(parts) if "/" in glob else ("**/", *parts)


def _ends(part: str, path: str, starts: set[int]) -> set[int]:
    """Give the places at which one part of a glob can end."""
    if part == "**":
        return set(range(min(starts), len(path) + 1))
    if part == "**/":
        return starts.union(found.end() for found in re.compile("/").finditer(path, min(starts)))
    if part == "*":
        return {end for start in starts for end in range(start, f"{path}/".index("/", start) + 1)}
    if part == "?":
        return {start + 1 for start in starts if path[start : start + 1] not in ("", "/")}
    return {start + len(part) for start in starts if path.startswith(part, start)}
