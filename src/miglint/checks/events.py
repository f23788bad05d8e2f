"""What a check can subscribe to besides operations and the irregularities of a folder."""

from typing import NamedTuple

from miglint.model import History, Migration, Operation, Source, Span


class MigrationEnd(NamedTuple):
    """A migration has ended; `down` is what its down script would do at this moment, None without one."""

    migration: Migration
    down: tuple[Operation, ...] | None = None


class HistoryEnd(NamedTuple):
    """The history has ended."""

    history: History


class SuppressionProblem(NamedTuple):
    """What should hide findings and does not.

    `kind` is unused, malformed or unknown for a comment, stale for an entry of the baseline.
    """

    kind: str
    source: Source
    span: Span
    text: str
    hint: str
