"""Warnings about settings that nothing fits: most often, a name in them is misspelt."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

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


def warn_about_sizes(sizes: Sizes, runs: Sequence[Run]) -> None:
    """Say that the sizes of tables are old, or that none of them is that of a table of a history."""
    if sizes.is_old:
        reason = f"its numbers are of {sizes.date}, {sizes.age} days ago: no table counts as small by them"
        say(f"miglint: warning: {sizes.file}: {reason}; `miglint stats --sql` prints the query for new ones")
    if not sizes.tables or not runs or not all(map(_is_known, runs)):
        return
    if not any(sizes.of(name, run.history.home or DEFAULT_SCHEMA) for run in runs for name in _names(run)):
        say(f"miglint: warning: {sizes.file}: no history has any of its {len(sizes.tables)} tables")


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
