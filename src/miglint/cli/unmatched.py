"""Warnings about settings that nothing fits: most often, a name in them is misspelt."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations
from typing import Any

from miglint.checks.policy import Policy
from miglint.cli.output import say
from miglint.config import Settings, fitting
from miglint.dialects import SUPPORTED
from miglint.engine import Run
from miglint.errors import did_you_mean
from miglint.model import DEFAULT_SCHEMA, History, Name, Sizes


def warn_about_globs(settings: Settings, histories: Iterable[History]) -> None:
    """Name the globs of `exclude` and `overrides` that fit no migration."""
    paths = [migration.path for history in histories for migration in history.migrations]
    paths += [path for history in histories for path in history.in_code]
    globs = [("exclude", glob) for glob in settings.exclude]
    globs += [("overrides.paths", glob) for entry in settings.overrides for glob in entry.paths]
    asked = tuple(dict.fromkeys(glob for _, glob in globs))
    fit = {glob for path in paths for glob in fitting(settings, path, asked)}
    for key, glob in globs:
        if glob not in fit:
            _warn(settings, f"{key}: {glob!r} matches no migration")


def warn_about_tables(settings: Settings, runs: Sequence[Run]) -> None:
    """Name the tables of the settings that no history has ever had, where each was read to its end."""
    asked = [("hot_tables", name) for name in settings.hot_tables]
    asked += [("small_tables", name) for name in settings.small_tables]
    if not asked or not all(map(_is_known, runs)):
        return
    known = {name for run in runs for name in _names(run)}
    for key, name in asked:
        if name not in known:
            near = did_you_mean(name.display, [other.display for other in known])
            _warn(settings, f"{key}: no history has a table {name.display!r}", near)


def warn_about_sizes(policy: Policy, runs: Sequence[Run]) -> None:
    """Say that sizes of tables are old, or that they are those of no history, or perhaps of another one."""
    for sizes in (policy.sizes, *(own for _, own in policy.own_sizes)):
        if sizes.is_old:
            old = f"its numbers are of {sizes.date}, {sizes.age} days ago: tables may be larger by now"
            say(f"miglint: warning: {sizes.file}: {old}; `miglint stats --sql` prints the query for new ones")
        asked = [run for run in runs if policy.sizes_of(run.history.root) == sizes]
        if not sizes.tables or not asked or not all(map(_is_known, runs)):
            continue
        known = [frozenset(_measured(sizes, run)) for run in asked]
        if not any(known):
            say(f"miglint: warning: {sizes.file}: no history has any of its {len(sizes.tables)} tables")
        shared = sorted({name.display for one, other in combinations(known, 2) for name in one & other})
        if shared:
            roots = " and ".join(run.history.root for run in asked)
            hint = "if they are for several databases, give each its own `sizes` in [[histories]]"
            say(f"miglint: warning: {sizes.file}: {roots} have the table {shared[0]!r}: {hint}")


def _measured(sizes: Sizes, run: Run) -> Iterator[Name]:
    home = run.history.home or DEFAULT_SCHEMA
    return (name for name in run.schema.relations if sizes.of(name, home) is not None)


def warn_about_code_paths(settings: Settings, missing: Iterable[str]) -> None:
    """Name what `code_paths` names and where git knows of no file."""
    for path in missing:
        reason = f"{path!r} matches no file that git tracks or does not ignore"
        _warn(settings, f"code_paths: {reason}: what code still names is not known")


def _is_known(run: Run) -> bool:
    history = run.history
    is_read = not (history.problems or history.gaps or run.cut_off or run.not_analysed)
    return is_read and history.dialect in SUPPORTED and not any(m.opaque for m in history.migrations)


def _names(run: Run) -> Iterator[Name]:
    """Give the relations that there are at the end, and all that a statement spoke of."""
    yield from run.schema.relations
    for step in run.steps:
        operations: tuple[Any, ...] = step.statement.operations
        yield from (value for operation in operations for value in operation if isinstance(value, Name))


def _warn(settings: Settings, message: str, hint: str = "") -> None:
    say(f"miglint: warning: {settings.file}: {message}{f'; {hint}' if hint else ''}")
