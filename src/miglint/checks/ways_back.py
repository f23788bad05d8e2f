"""The ways back of the migrations that are asked for, judged when all that is deployed together has run."""

from collections.abc import Iterator

from miglint.rollback.release import of_release
from miglint.rollback.reversal import Reversal, reversal
from miglint.simulate import Machine, Ran


class WaysBack:
    """Waits for the last of a release: what one of it leaves, the down script of another may undo."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._waiting: list[Ran] = []

    def take(self, ran: Ran) -> Iterator[tuple[Ran, Reversal]]:
        """Take a migration, and give those before it that wait for nothing more."""
        release = ran.migration.release
        if self._waiting and self._waiting[-1].migration.release != release:
            yield from self.rest()
        self._waiting.append(ran)
        if not release:
            yield from self.rest()

    def rest(self) -> Iterator[tuple[Ran, Reversal]]:
        """Give those that wait."""
        rans, self._waiting = self._waiting, []
        judged = [(ran, reversal(ran, self._machine.dialect)) for ran in rans if ran.down is not None]
        is_whole = len(rans) > 1 and any(_is_open(found) for _, found in judged) and self._is_undone(rans)
        for ran, found in judged:
            yield ran, found.without("stays", "unknown", "fails") if is_whole else found

    def _is_undone(self, rans: list[Ran]) -> bool:
        together = of_release(rans, self._machine)
        return together.comparison is not None and not _is_open(together)


def _is_open(found: Reversal) -> bool:
    return any(reason.kind in ("stays", "fails") for reason in found.reasons)
