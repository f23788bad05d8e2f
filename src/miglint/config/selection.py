"""Which rules and which files the settings pick."""

import os
from collections.abc import Collection, Iterable
from functools import lru_cache

from miglint.config.settings import ALL, PROFILES, Override, Settings
from miglint.config.squawk_rules import squawk_hint
from miglint.errors import UnknownRule
from miglint.model import Severity
from miglint.project.globs import Globs


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
                raise UnknownRule(name, tuple(sorted(known)), where, squawk_hint(name))


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
    return bool(fitting(settings, path, settings.exclude))


def override_for(settings: Settings, path: str) -> Override:
    """Put the overrides that fit a path together: the last transaction, all that is ignored."""
    fit = fitting(settings, path, _globs_of(settings.overrides))
    entries = _entries_with(settings.overrides)
    places = sorted({place for glob in fit for place in entries[glob]})
    found = [settings.overrides[place] for place in places]
    modes = [entry.transaction for entry in found if entry.transaction is not None]
    ignore = tuple(name for entry in found for name in entry.ignore)
    return Override((path,), modes[-1] if modes else None, ignore)


def fitting(settings: Settings, path: str, globs: tuple[str, ...]) -> set[str]:
    """Give those of the globs that fit a path, given relative to the working directory, or one above it."""
    if not globs:
        return set()
    inside = os.path.normpath(path) if settings.root == "." else os.path.relpath(path, settings.root)
    return _together(globs).fitting(inside.replace(os.sep, "/"))


@lru_cache(maxsize=8)
def _together(globs: tuple[str, ...]) -> Globs:
    return Globs(globs)


@lru_cache(maxsize=8)
def _globs_of(overrides: tuple[Override, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(glob for entry in overrides for glob in entry.paths))


@lru_cache(maxsize=8)
def _entries_with(overrides: tuple[Override, ...]) -> dict[str, list[int]]:
    """Give the places of the overrides that have a glob."""
    found: dict[str, list[int]] = {}
    for place, entry in enumerate(overrides):
        for glob in entry.paths:
            found.setdefault(glob, []).append(place)
    return found
