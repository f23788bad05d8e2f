"""What the histories of one project say of each other."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from miglint.model.migration import History, Problem
from miglint.project.files import Files
from miglint.text.lazy import expression

_GENERATED = expression(r"(?i)\bgenerated\b[^\n]*\bdo not edit\b")
# One history beside it is an accident: a project can have a second database.
_ENOUGH_SIBLINGS = 2


def agreed(histories: Iterable[History], files: Files) -> Iterator[History]:
    """Give the dialect of the project's other histories of the same tool to one without a sign of its own.

    They must all agree, by signs of their own.
    """
    histories = tuple(histories)
    for history in histories:
        if not _is_unsigned(history, files):
            yield history
            continue
        project = files.upward(history.root)[-1]
        siblings = [
            other.dialect
            for other in histories
            if other.tool == history.tool and other.migrations and not _is_unsigned(other, files)
            and files.upward(other.root)[-1] == project
        ]  # fmt: skip
        is_told = len(siblings) >= _ENOUGH_SIBLINGS and len(set(siblings)) == 1
        yield history._replace(dialect=siblings[0]) if is_told else history


def _is_unsigned(history: History, files: Files) -> bool:
    return files.full(history.root) in files.without_dialect


class _Generated(NamedTuple):
    """A history, and the ids of those of its migrations that say that they are generated."""

    history: History
    ids: frozenset[str]


def without_sources(histories: Iterable[History]) -> Iterator[History]:
    """Leave out each history from whose files those of another one are generated; say so in its place.

    Such a generator cuts a file into several: its output has all its names and more, and says what it is.
    """
    histories = tuple(histories)
    found = [
        _Generated(
            history, frozenset(m.id for m in history.migrations if m.up and _says_so(m.up.source.text))
        )
        for history in histories
    ]
    for history in histories:
        ids = {migration.id for migration in history.migrations}
        output = next(
            (
                other.history
                for other in found
                if ids and ids <= other.ids and other.history.tool == history.tool
                and other.history is not history and history.selected is None
            ),
            None,
        )  # fmt: skip
        if output is None:
            yield history
        else:
            reason = f"what {output.root} is generated from: not read"
            yield history._replace(migrations=(), irregularities=(), gaps=(Problem(history.root, reason),))


def without_schemas(histories: Iterable[History]) -> Iterator[History]:
    """Leave out each folder that describes what another history makes; say so in its place.

    No tool is known to read it, it is called `schema`, and the other history makes most of its tables.
    """
    histories = tuple(histories)
    for history in histories:
        name = history.root.rpartition("/")[2].lower()
        own: set[str] = set()
        if history.tool == "plain-sql" and name in _SCHEMAS and history.selected is None:
            own = _tables(history)
        made = next(
            (
                other
                for other in histories
                if own and other.tool != history.tool
                and _MADE * len(own & _tables(other)) >= (_MADE - 1) * len(own)
            ),
            None,
        )  # fmt: skip
        if made is None:
            yield history
        else:
            reason = f"a description of what {made.root} makes: not read unless the folder is named"
            yield history._replace(migrations=(), irregularities=(), gaps=(Problem(history.root, reason),))


_SCHEMAS = frozenset(("schema", "schemas"))
# All but one in so many of its tables.
_MADE = 4
_TABLE = expression(r"(?i)\bCREATE\s+TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?([\w.\"]+)")


def _tables(history: History) -> set[str]:
    """Give the names of the tables that the scripts of a history create."""
    texts = (migration.up.sql for migration in history.migrations if migration.up)
    return {
        found[1].replace('"', "").lower().rpartition(".")[2]
        for text in texts
        for found in _TABLE.finditer(text)
    }


def _says_so(text: str) -> bool:
    return bool(_GENERATED.search(text, 0, 512))
