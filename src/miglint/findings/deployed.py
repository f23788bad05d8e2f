"""What is left to say where migrations are known to be deployed together by more than their files.

How much of that is known differs between clones of one repository. So it only takes findings away, or makes
them less sure, and comments and the baseline are judged without it: what one clone needs, no other may call
unused.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from miglint.engine import Run
from miglint.model import AddColumn, Confidence, CreateTable, Diagnostic, Name, Span

_Place = tuple[str, str, str, Span]


class _Left(NamedTuple):
    """What the second run says in one place, and what it says elsewhere by the rule that spoke there."""

    here: list[Diagnostic]
    moved: list[Diagnostic]


def as_deployed(found: Iterable[Diagnostic], runs: Sequence[Run]) -> Iterator[Diagnostic]:
    """Leave out the findings that `Run.deployed` has not, and give the others in its words.

    One that stands elsewhere there, as the first of many does, takes the place of one that is gone.
    Of one that `Run.perhaps` has not, it is said what it depends on.
    """
    left: dict[_Place, _Left] = {}
    perhaps: dict[_Place, str] = {}
    for run in runs:
        if run.deployed is not None:
            left |= _compared(run.diagnostics, run.deployed.diagnostics)
        if run.perhaps is not None:
            perhaps |= _gone(run.deployed or run, run.perhaps)
    for diagnostic in found:
        here = diagnostic
        if (rest := left.get(_place(diagnostic))) is not None:
            words = rest.here or rest.moved
            if not words:
                continue
            here = words.pop(0)._replace(suppressed=diagnostic.suppressed, in_baseline=diagnostic.in_baseline)
        first = perhaps.get(_place(here), "")
        yield _less_sure(here, first) if first else here


def _gone(run: Run, perhaps: Run) -> dict[_Place, str]:
    """Give the findings that are gone, each with what may be deployed together with it.

    That is the migration that makes the table or a column of it; of others, and of several, the first.
    """
    kept = _compared(run.diagnostics, perhaps.diagnostics)
    first = {migration.id: migration.release for migration in perhaps.history.migrations}
    own = {migration.id: migration.release or migration.id for migration in run.history.migrations}
    makers = _makers(perhaps, first)
    gone: dict[_Place, tuple[Diagnostic, str]] = {}
    of_group: dict[tuple[str, ...], set[str]] = {}
    for diagnostic in run.diagnostics:
        here = diagnostic.migration
        if any(kept[place := _place(diagnostic)]) or first.get(here, "") in ("", here):
            continue
        found = (makers.get((first[here], table)) for table in diagnostic.finding.tables)
        maker = next((one for one in found if one and own[one] != own[here]), first[here])
        gone[place] = diagnostic, maker
        of_group.setdefault(diagnostic.group, set()).add(maker)
    return {
        place: maker if not one.group or len(of_group[one.group]) == 1 else first[one.migration]
        for place, (one, maker) in gone.items()
    }


def _makers(run: Run, releases: Mapping[str, str]) -> dict[tuple[str, Name], str]:
    """Give for each table of a release the first migration that makes it or a column of it."""
    makers: dict[tuple[str, Name], str] = {}
    for step in run.steps:
        for operation in step.statement.operations if releases.get(step.migration) else ():
            if isinstance(operation, CreateTable | AddColumn):
                makers.setdefault((releases[step.migration], operation.table), step.migration)
    return makers


def _less_sure(diagnostic: Diagnostic, first: str) -> Diagnostic:
    condition = f", unless it is deployed together with {first}: no release is tagged between them"
    finding = diagnostic.finding
    listed = finding.listed
    return diagnostic._replace(
        confidence=Confidence.MEDIUM if diagnostic.confidence is Confidence.HIGH else Confidence.LOW,
        finding=finding._replace(
            message=finding.message + condition,
            listed=listed and listed._replace(after=listed.after + condition),
        ),
        group=(*diagnostic.group, first) if diagnostic.group else (),
    )


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
