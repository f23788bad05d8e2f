"""Projects with migrations, written and read again: what the tests of the readers share."""

from collections.abc import Callable, Mapping
from pathlib import Path

from miglint.model.migration import History, TransactionMode
from miglint.tools import find_histories

Write = Callable[[Mapping[str, str | bytes]], Path]


def only_history(path: str = ".") -> History:
    """Read the one history there is."""
    (history,) = find_histories([path])
    return history


def ids(history: History) -> list[str]:
    """Give the names of the migrations, in order."""
    return [migration.id for migration in history.migrations]


def modes(history: History) -> list[TransactionMode]:
    """Give how the up scripts run, in order."""
    return [migration.up.mode for migration in history.migrations if migration.up]
