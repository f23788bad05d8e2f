"""What was not analysed, and whether anything was: silence about it would look like a pass."""

from collections.abc import Iterable, Iterator, Sequence

from miglint.dialects import SUPPORTED
from miglint.model import History, NotAnalysed
from miglint.model.server import title


def omitted(histories: Iterable[History], found: Iterable[NotAnalysed] = ()) -> tuple[NotAnalysed, ...]:
    """Give what is left out of histories, with what a run `found` it could not look at, in order."""
    places = set(found)
    for history in histories:
        places.update(problem.not_analysed for problem in (*history.problems, *history.gaps))
        count = len(history.asked)
        if history.dialect not in SUPPORTED and count:
            reason = f"{count} migration{'' if count == 1 else 's'} for {title(history.dialect)}: {_ANALYSED}"
            places.add(NotAnalysed(history.root, 1, 1, reason))
    return tuple(sorted(places))


_ANALYSED = (
    f"not analysed, only {' and '.join(map(title, SUPPORTED))} {'is' if len(SUPPORTED) == 1 else 'are'}"
)


def steps_in_code(histories: Iterable[History]) -> Iterator[NotAnalysed]:
    """Give the steps in code that stand in the sequence of histories."""
    for history in histories:
        for migration in history.migrations:
            if migration.opaque is not None:
                yield migration.opaque.not_analysed


def is_failed(
    histories: Sequence[History], places: Sequence[NotAnalysed], *, analysed: bool, allow_none: bool
) -> bool:
    """Tell whether a file could not be read, or nothing of what was asked for could be analysed.

    `analysed` tells whether some statement was, `places` are those that were not. With `allow_none`, the
    latter is no failure.
    """
    if any(history.problems for history in histories):
        return True
    if allow_none or analysed or not places:
        return False
    asked = any(history.selected is None or history.selected for history in histories)
    return asked or not any(history.migrations and history.dialect in SUPPORTED for history in histories)
