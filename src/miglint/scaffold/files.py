"""The files of a drafted row, where the migration tool wants them."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from miglint.model import History
from miglint.scaffold.texts import Drafted
from miglint.tools import FileText, NoPlace, Written, place_new


class Placed(NamedTuple):
    """The files of each migration of a row, in its order; none where `reason` says why there is no place."""

    files: tuple[tuple[FileText, ...], ...] = ()
    reason: str = ""


def placed(history: History, row: Sequence[Drafted], now: datetime | None = None) -> Placed:
    """Give the files of a row; a migration that people run by hand has none."""
    files: list[tuple[FileText, ...]] = []
    written: list[Written] = []
    known = 0
    for each in row:
        if each.up:
            written.append(Written(each.name, each.up, each.down, each.stage.outside and not each.by_hand))
            found = place_new(history, written, now)
            if isinstance(found, NoPlace):
                return Placed(reason=found.reason)
            files.append(found[known:])
            known = len(found)
        else:
            files.append(())
    return Placed(tuple(files))
