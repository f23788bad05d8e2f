"""What is left to say where migrations are known to be deployed together by more than their files.

How much of that is known differs between clones of one repository. So it only takes findings away, and
comments and the baseline are judged without it: what one clone needs, another must not call unused.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from miglint.engine import Run
from miglint.model import Diagnostic, Span

_Place = tuple[str, str, str, Span]


class _Left(NamedTuple):
    """What the second run says in one place, and what it says elsewhere by the rule that spoke there."""

    here: list[Diagnostic]
    moved: list[Diagnostic]


def as_deployed(found: Iterable[Diagnostic], runs: Sequence[Run]) -> Iterator[Diagnostic]:
    """Leave out the findings that `Run.deployed` has not, and give the others in its words.

    One that stands elsewhere there, as the first of many does, takes the place of one that is gone.
    """
    left: dict[_Place, _Left] = {}
    for run in runs:
        if run.deployed is not None:
            left |= _compared(run.diagnostics, run.deployed.diagnostics)
    for diagnostic in found:
        if (rest := left.get(_place(diagnostic))) is None:
            yield diagnostic
        elif words := rest.here or rest.moved:
            yield words.pop(0)._replace(suppressed=diagnostic.suppressed, in_baseline=diagnostic.in_baseline)


def _compared(before: Sequence[Diagnostic], after: Sequence[Diagnostic]) -> dict[_Place, _Left]:
    moved: dict[str, list[Diagnostic]] = {diagnostic.rule: [] for diagnostic in before}
    left = {_place(diagnostic): _Left([], moved[diagnostic.rule]) for diagnostic in before}
    for diagnostic in after:
        if (here := left.get(_place(diagnostic))) is not None:
            here.here.append(diagnostic)
        elif diagnostic.rule in moved:
            moved[diagnostic.rule].append(diagnostic)
    return left


def _place(diagnostic: Diagnostic) -> _Place:
    source = diagnostic.finding.source or diagnostic.source
    return diagnostic.rule, diagnostic.migration, source.path, diagnostic.finding.span
