"""Several migrations that go back together, the last one first."""

from collections.abc import Sequence

from miglint.rollback import failing
from miglint.rollback.compare import Comparison, compare
from miglint.rollback.reasons import Reason, worst
from miglint.rollback.reversal import Reversal, left, reversal
from miglint.simulate import Machine, Ran, Start, run

_OF_ONE = ("stays", "unknown", "fails", "declared", "rows")
"""What is asked again of the whole: another migration may have done what one leaves, or needs."""


def of_release(rans: Sequence[Ran], machine: Machine) -> Reversal:
    """Judge the way back of consecutive migrations as a whole: what one leaves, another may undo.

    The point of no return is the earliest of theirs.
    """
    each = [reversal(ran, machine.dialect) for ran in rans]
    if len(each) == 1:
        return each[0]
    comparison, reasons = _gone_back(rans, machine)
    if comparison is None:
        reasons = [reason for one in each for reason in one.reasons]
    else:
        reasons += (r for one in each for r in one.reasons if r.kind not in _OF_ONE)
    if reasons:
        verdict = worst(reason.verdict for reason in reasons)
    else:
        verdict = "nothing to undo" if all(o.verdict == "nothing to undo" for o in each) else "reversible"
    return Reversal(
        tuple(migration for one in each for migration in one.migrations),
        verdict,
        has_down=comparison is not None,
        reasons=tuple(sorted(reasons, key=lambda reason: -reason.weight)),
        comparison=comparison,
        no_return=next((one.no_return for one in each if one.no_return is not None), None),
    )


def _gone_back(rans: Sequence[Ran], machine: Machine) -> tuple[Comparison | None, list[Reason]]:
    """Run the ways back in a row; no comparison if one is missing that has something to undo."""
    before = schema = rans[0].start.schema
    last = next((ran.up for ran in reversed(rans) if ran.up is not None), None)
    schema = last.schema if last is not None else before
    reasons: list[Reason] = []
    for ran in reversed(rans):
        if ran.up is None or ran.migration.down is None:
            if ran.up is not None and ran.start.schema != ran.up.schema:
                return None, []
            continue
        start = Start(schema, ran.up.session)
        down = run(ran.migration.down, start, machine, ran.migration.id)
        schema = down.schema
        reasons += failing.of_down(ran.up, down)
    comparison = compare(before, schema, machine.dialect.alike)
    return comparison, [*reasons, *left(comparison)]
