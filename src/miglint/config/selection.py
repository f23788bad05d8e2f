"""Which rules and which files the settings pick."""

import os
import re
from collections.abc import Collection, Iterable
from functools import lru_cache

from miglint.config.settings import ALL, PROFILES, Override, Settings
from miglint.errors import UnknownRule


def check_names(settings: Settings, rules: Collection[str], categories: Collection[str]) -> None:
    """Raise `UnknownRule` for a name in the settings that no rule, category or profile has."""
    wide = (*rules, *categories, *PROFILES)
    some = (*rules, *categories, ALL)
    asked: list[tuple[str, Iterable[str], Collection[str]]] = [
        ("select", settings.select, wide),
        ("ignore", settings.ignore, wide),
        ("severity", (entry.rule for entry in settings.severity), rules),
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
    if any(entry.rule == rule and entry.severity is None for entry in settings.severity):
        return False
    for names in ({rule}, {category}, {"all"} if taste else set(PROFILES)):
        if not names.isdisjoint(settings.ignore):
            return False
        if not names.isdisjoint(settings.select):
            return True
    return False


def excluded(settings: Settings, path: str) -> bool:
    """Say whether `exclude` leaves out a path, given relative to the working directory."""
    return _fits(settings, path, settings.exclude)


def override_for(settings: Settings, path: str) -> Override:
    """Put the overrides that fit a path together: the last transaction, all that is ignored."""
    fitting = [entry for entry in settings.overrides if _fits(settings, path, entry.paths)]
    modes = [entry.transaction for entry in fitting if entry.transaction is not None]
    ignore = tuple(name for entry in fitting for name in entry.ignore)
    return Override((path,), modes[-1] if modes else None, ignore)


def _fits(settings: Settings, path: str, globs: tuple[str, ...]) -> bool:
    if not globs:
        return False
    inside = os.path.normpath(path) if settings.root == "." else os.path.relpath(path, settings.root)
    return any(_glob(glob).fullmatch(inside.replace(os.sep, "/")) for glob in globs)


_WILD = r"\*\*/|\*\*|\*|\?|."
_MEANING = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


@lru_cache(maxsize=256)
def _glob(glob: str) -> re.Pattern[str]:
    """Compile a glob: `*` and `?` stay in one name, `**` does not; a folder covers what is below it.

    Brackets are plain text: folders such as `[id]` are common in JavaScript projects.
    """
    # Repeated, `**/` says the same, and would be tried in each combination.
    glob = re.sub(r"(?:\*\*/)+", "**/", glob.removeprefix("./").rstrip("/"))
    anywhere = "" if "/" in glob else "(?:.*/)?"
    parts = (
        _MEANING.get(part) or re.escape(part) for part in re.findall(_WILD, glob.removeprefix("/"), re.DOTALL)
    )
    return re.compile(f"{anywhere}{''.join(parts)}(?:/.*)?", re.DOTALL)
