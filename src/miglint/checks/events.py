"""What a check can subscribe to besides operations and the irregularities of a folder."""

from typing import TYPE_CHECKING, NamedTuple

from miglint.model import History, Migration, Operation, Source, Span

if TYPE_CHECKING:
    from miglint.rollback.reversal import Reason, Reversal


class WayBack(NamedTuple):
    """A migration has a down script; the `reversal` is what comes of going up and down.

    Where several that are deployed at once undo each other's work, none of them is said to leave something.
    """

    migration: Migration
    reversal: "Reversal"


class MigrationEnd(NamedTuple):
    """A migration has ended; `down` is what its down script would do at this moment, None without one.

    `lost` is what of the data it does not bring back.
    """

    migration: Migration
    down: tuple[Operation, ...] | None = None
    lost: "tuple[Reason, ...]" = ()


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
