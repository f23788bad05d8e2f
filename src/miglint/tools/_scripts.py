"""From the files of a history, in order, to its migrations."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from miglint.model.migration import Direction, Migration, Problem, Script, TransactionMode
from miglint.model.source import Source, Span
from miglint.tools._files import Files


class MigrationFiles(NamedTuple):
    """Where one migration's SQL stands: paths of whole files."""

    id: str
    up: str | None
    down: str | None = None


class Wrapping(NamedTuple):
    """How a script runs, and why in words."""

    mode: TransactionMode
    reason: str


class Reading(NamedTuple):
    """What reading gave: the migrations in order, and the files that could not be read."""

    migrations: tuple[Migration, ...]
    problems: tuple[Problem, ...]

    def texts(self) -> Iterable[str]:
        """Give the text of every script that was read, up scripts only."""
        return (migration.up.source.text for migration in self.migrations if migration.up)


def read_migrations(
    files: Files,
    order: Iterable[MigrationFiles],
    wrap: Callable[[MigrationFiles, Direction, Source], Wrapping],
) -> Reading:
    """Read the files of each migration.

    A migration whose up script cannot be read is left out: without it, its down script reverts nothing.
    """
    migrations: list[Migration] = []
    problems: list[Problem] = []

    def script(unit: MigrationFiles, direction: Direction, path: str | None) -> Script | None:
        if path is None:
            return None
        source = files.read(path)
        if isinstance(source, Problem):
            problems.append(source)
            return None
        mode, reason = wrap(unit, direction, source)
        return Script(source, Span(0, len(source.text)), direction, mode, reason)

    for unit in order:
        up = script(unit, Direction.UP, unit.up)
        if up is None and unit.up is not None:
            continue
        down = script(unit, Direction.DOWN, unit.down)
        if up is not None or down is not None:
            migrations.append(Migration(unit.id, up, down))
    return Reading(tuple(migrations), tuple(problems))
