"""From arguments and configuration to histories, and how a history is run."""

import argparse
import os
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from time import monotonic, process_time
from typing import NamedTuple

from miglint.checks.policy import Policy
from miglint.cli.output import say
from miglint.cli.unmatched import warn_about_globs
from miglint.config import ALL, ConfiguredHistory, Settings, excluded, load, override, override_for
from miglint.errors import ConfigError, Crash, NoMigrations, UsageError, did_you_mean
from miglint.model import NO_SIZES, History, Server, Sizes
from miglint.simulate import Conditions
from miglint.tools import ToolSettings, find_histories, history_of_text, narrowed

STANDARD_INPUT = "-"


def read_settings(arguments: argparse.Namespace) -> Settings:
    """Read the configuration; the command line wins."""
    settings = load(file=arguments.config)
    return override(
        settings,
        select=_names(getattr(arguments, "select", None)),
        ignore=_names(getattr(arguments, "ignore", None)),
        fail_on=getattr(arguments, "fail_on", None),
        postgres_version=arguments.postgres_version,
    )


def _names(values: list[str] | None) -> list[str] | None:
    if values is None:
        return None
    return [name.strip() for value in values for name in value.split(",") if name.strip()]


def policy(settings: Settings) -> Policy:
    """Give what rules may ask of the configuration."""
    said_by = "--postgres-version" if "postgres_version" in settings.from_command_line else ""
    said_by = said_by or (settings.file if settings.names_version else "")
    return Policy(
        servers=(Server("postgres", (settings.postgres_version,), said_by),),
        lock_timeout=settings.lock_timeout,
        runner_sets_lock_timeout=settings.runner_sets_lock_timeout,
        hot_tables=frozenset(settings.hot_tables),
        small_tables=frozenset(settings.small_tables),
        down=settings.down,
        required_settings=settings.required_settings,
        forbidden_statements=frozenset(settings.forbidden_statements),
        sizes=_sizes(settings.sizes, settings, named=settings.names_sizes),
        own_sizes=tuple(
            (os.path.abspath(entry.path), _sizes(entry.sizes, settings, named=True))
            for entry in settings.histories
            if entry.sizes
        ),
    )


def _sizes(path: str, settings: Settings, *, named: bool) -> Sizes:
    """Read how large tables are, where somebody has measured it."""
    if not os.path.exists(path):
        if named:
            message = f"sizes: {path}: no such file"
            raise ConfigError(settings.file, message, "`miglint stats --sql` prints the query that writes it")
        return NO_SIZES
    from datetime import date

    from miglint.config.sizes import sizes_in

    return sizes_in(path, date.today())._replace(limits=settings.size_limits, rates=settings.rates)


def conditions(settings: Settings) -> Conditions:
    """Give what scripts run under: each has its CPU seconds, for a clock would count those of others."""
    limit = settings.max_file_seconds
    reason = f"the file takes longer than {limit:g} s (`max_file_seconds`): the rest is left out"

    def begin() -> Callable[[], str]:
        # No process works longer than the clock runs, which costs a tenth to ask, or far less in a sandbox.
        until, end = monotonic() + limit, process_time() + limit
        return lambda: reason if monotonic() > until and process_time() > end else ""

    return Conditions(settings.time_zone, begin)


def raise_crashes(crashes: Sequence[Crash]) -> None:
    """Raise the first of what went wrong in miglint itself, if anything did: all else has been printed."""
    if len(crashes) > 1:
        say(f"miglint: {len(crashes)} internal errors; the first of them:")
    if crashes:
        raise crashes[0]


def read_histories(arguments: argparse.Namespace, settings: Settings) -> tuple[History, ...]:
    """Find the histories that the arguments, else the configuration, name; select what is asked for."""
    paths: list[str] = list(arguments.paths) or list(settings.paths)
    for path in () if arguments.paths else settings.paths:
        if settings.file and not os.path.exists(path):
            raise ConfigError(settings.file, f"paths: {path}: no such file or folder")
    for entry in settings.histories:
        if not os.path.isdir(entry.path):
            raise ConfigError(settings.file, f"histories: {entry.path} is not a folder")
    configured = {entry.path: tool_settings(entry) for entry in settings.histories}
    if STANDARD_INPUT in paths:
        if len(paths) > 1:
            raise UsageError("standard input (-) cannot be mixed with paths")
        if sys.stdin is None:
            raise UsageError("standard input (-) is closed")
        name = arguments.stdin_filename or "stdin.sql"
        if os.path.basename(name) in ("", os.curdir, os.pardir) or os.path.isdir(name):
            raise UsageError(f"--stdin-filename: {name} is a folder", "name a file, there or not")
        text = sys.stdin.buffer.read()
        if not (text.strip() or arguments.allow_none):
            raise UsageError("standard input is empty", "did the command that prints the SQL fail?")
        histories: tuple[History, ...] = (history_of_text(text, name, configured),)
    elif getattr(arguments, "stdin_filename", None):
        raise UsageError("--stdin-filename is for standard input", "name - as the path")
    else:
        histories = _in_folders(paths, arguments, configured)
    if not is_narrowed(arguments) and not getattr(arguments, "quiet", False):
        warn_about_globs(settings, histories)
    held = any(history.migrations for history in histories)
    histories = tuple(_configured(history, settings) for history in histories)
    if held and not any(history.migrations for history in histories):
        raise ConfigError(settings.file, "exclude: every migration is left out")
    if not is_narrowed(arguments):
        _refuse_silence(settings, histories)
    if not (arguments.allow_none or any(map(_says_something, histories))):
        raise NoMigrations(", ".join(paths), "name a folder of migrations, or a .sql file")
    after = getattr(arguments, "start_after", None)
    return _starting_after((after,) if after else settings.start_after, histories)


def is_narrowed(arguments: argparse.Namespace) -> bool:
    """Tell whether the user named something else than all that is here."""
    return any(os.path.normpath(path) != os.curdir for path in arguments.paths)


def _says_something(history: History) -> bool:
    # What a change leaves alone was there all the same.
    return bool(history.migrations or history.problems or history.gaps or history.selected is not None)


def _in_folders(
    paths: list[str], arguments: argparse.Namespace, configured: dict[str, ToolSettings]
) -> tuple[History, ...]:
    since, staged = getattr(arguments, "since", None), getattr(arguments, "staged", False)
    if since is None and not staged:
        return find_histories(paths, configured, required=not arguments.allow_none)
    from miglint.cli.changed import changed_histories

    return changed_histories(paths, configured, since, required=not arguments.allow_none)


def tool_settings(entry: ConfiguredHistory) -> ToolSettings:
    """Give what the configuration says of one history."""
    return ToolSettings(
        tool=entry.tool,
        dialect=entry.dialect,
        tool_version=entry.tool_version,
        transaction_mode=entry.transaction,
        up=entry.up,
        down=entry.down,
        order=entry.order,
        dialect_suffix=entry.dialect_suffix,
    )


def _configured(history: History, settings: Settings) -> History:
    """Leave out what the configuration excludes, and set the transactions that it gives."""
    if not settings.exclude and not settings.overrides:
        return history
    if history.in_code:
        return narrowed(history, [path for path in history.in_code if not excluded(settings, path)])
    kept = []
    for migration in history.migrations:
        if excluded(settings, migration.path):
            continue
        mode = override_for(settings, migration.path).transaction
        up = migration.up
        if mode is not None and up is not None:
            up = up._replace(mode=mode, mode_reason="the configuration says so", guessed=False)
        kept.append(migration._replace(up=up))
    return history._replace(migrations=tuple(kept))


def _refuse_silence(settings: Settings, histories: tuple[History, ...]) -> None:
    """Raise ConfigError where overrides leave nothing of any migration to report."""
    if not any(ALL in entry.ignore for entry in settings.overrides):
        return
    paths = [migration.path for history in histories for migration in history.migrations]
    if paths and all(ALL in override_for(settings, path).ignore for path in paths):
        raise ConfigError(settings.file, 'overrides: ignore = ["all"] holds for every migration')


def _starting_after(ids: tuple[str, ...], histories: tuple[History, ...]) -> tuple[History, ...]:
    """Select only the migrations after one of these, each of which must be in a history."""
    known = [m.id for h in histories for m in h.migrations]
    found = tuple(called(wanted, known) for wanted in ids)
    return tuple(_after(found, history) for history in histories)


def called(wanted: str, known: Iterable[str]) -> str:
    """
    Give the migration of that name, or the only one that is meant.

    Its name may begin so, its version be that number, or its name without the version be that.
    """
    names = tuple(dict.fromkeys(known))
    version, bare = _version(wanted), wanted.casefold()
    begun = [id_ for id_ in names if id_.startswith(wanted) and not id_[len(wanted) :][:1].isalnum()]
    numbered = [id_ for id_ in names if version.numbers and _version(id_)[:2] == version[:2]]
    named = [id_ for id_ in names if bare and _version(id_).name.casefold() == bare]
    meant = [wanted] if wanted in names else begun or ([] if version.name else numbered) or named
    if len(meant) == 1:
        return meant[0]
    if meant:
        raise UsageError(f"{wanted!r} can be any of {len(meant)} migrations", ", ".join(meant[:3]))
    raise UsageError(f"no migration is named {wanted!r}", did_you_mean(wanted, names))


class _Version(NamedTuple):
    """What a name begins with, whether that is a way back or a step that runs again, and the rest."""

    numbers: tuple[int, ...]
    is_other: bool
    name: str


def _version(name: str) -> _Version:
    found = re.match(r"([A-Za-z]?)(\d+(?:[._-]\d+(?![A-Za-z\d]))*)(?:[^A-Za-z\d]+|\Z)", name)
    if found is None:
        return _Version((), False, name)
    parts = re.findall(r"\d+", found[2])
    # Diesel records a version that is a moment without the dashes that its folder has.
    whole = "".join(parts)
    numbers = (int(whole),) if len(whole) >= 14 else tuple(map(int, parts))
    return _Version(numbers, found[1].casefold() not in ("", "v"), name[found.end() :])


def _after(ids: tuple[str, ...], history: History) -> History:
    places = [at for at, migration in enumerate(history.migrations) if migration.id in ids]
    if not places:
        return history
    later = frozenset(m.id for m in history.migrations[max(places) + 1 :])
    return history._replace(selected=later if history.selected is None else later & history.selected)
