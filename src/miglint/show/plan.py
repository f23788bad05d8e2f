"""`miglint plan --statements`: what the server will do for each statement, grouped by transaction.

How bad that is has one scale, the severities of what `miglint check` finds in the statement.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from miglint.model import (
    DEFAULT_SCHEMA,
    NO_SIZES,
    Diagnostic,
    Duration,
    Failure,
    FailureCause,
    History,
    Name,
    NotAnalysed,
    Size,
    Sizes,
    Step,
    worked_on,
)
from miglint.plan import DeploymentPlan
from miglint.report import DEFAULTS, RenderOptions
from miglint.report.json_ import as_known
from miglint.show.deployment import as_values
from miglint.text.paint import BOLD, CYAN, DIM, SEVERITIES, Painter, painter
from miglint.text.visible import to_json, visible
from miglint.text.wrap import NARROW, wrapped

VERSION = 1


class Plan(NamedTuple):
    """The statements of a history, what was found, also elsewhere, and how large its tables are."""

    history: History
    steps: tuple[Step, ...]
    found: tuple[Diagnostic, ...] = ()
    sizes: Sizes = NO_SIZES

    def rows(self) -> Iterator[tuple[Step, list[Diagnostic]]]:
        """Give each statement with what was found in it, the worst first."""
        starts: dict[str, list[tuple[int, int]]] = {}
        for number, step in enumerate(self.steps):
            file, place = step.statement.place
            starts.setdefault(file.path, []).append((place.start, number))
        for places in starts.values():
            places.sort()
        held: dict[int, list[Diagnostic]] = {}
        for diagnostic in self.found:
            source, start = diagnostic.finding.source or diagnostic.source, diagnostic.finding.span.start
            places = starts.get(source.path, [])
            at = bisect_right(places, (start, len(self.steps))) - 1
            if at >= 0 and start <= self.steps[places[at][1]].statement.place.span.end:
                held.setdefault(places[at][1], []).append(diagnostic)
        for number, step in enumerate(self.steps):
            yield step, sorted(held.get(number, ()), key=lambda d: (-d.severity, d.rule))


def as_json(
    plans: Iterable[Plan],
    not_analysed: Iterable[NotAnalysed] = (),
    deployments: Iterable[DeploymentPlan] = (),
) -> str:
    """Give the documented JSON: all statements, what is not among them, and the plans of the migrations."""
    rows = [
        {**_row(plan.history, step, found), **_volume(plan, step)}
        for plan in plans
        for step, found in plan.rows()
    ]
    places = [place._asdict() for place in not_analysed]
    return to_json(
        {
            "version": VERSION,
            "statements": rows,
            "not_analysed": places,
            "plans": [as_values(each) for each in deployments],
        }
    )


def _row(history: History, step: Step, found: list[Diagnostic]) -> dict[str, Any]:
    source, span = step.statement.place
    effects = step.listed
    return {
        "path": source.path,
        "line": source.position(span.start).line,
        "end_line": source.position(max(span.start, span.end - 1)).line,
        "start": span.start,
        "end": span.end,
        "tool": history.tool,
        "migration": step.migration,
        "direction": step.direction,
        "operations": [type(operation).__name__ for operation in step.statement.operations],
        "transaction": step.transaction,
        "locks": [{"table": str(lock.table), "mode": str(lock.mode)} for lock in effects.locks],
        "rewrites": [{"table": str(w.table), "reason": w.reason} for w in effects.rewrites],
        "scans": [{"table": str(w.table), "reason": w.reason} for w in effects.scans],
        "index_builds": [
            {"table": str(w.table), "index": w.index_name, "reason": w.reason} for w in effects.index_builds
        ],
        "rows_written": [
            {"table": str(r.table), "kind": r.kind, "bounded": r.bounded} for r in effects.rows_written
        ],
        "destroys": [
            {"kind": loss.kind, "table": str(loss.table), "column": loss.column} for loss in effects.destroys
        ],
        "refused": [{"reason": f.reason, "sqlstate": f.sqlstate} for f in effects.refused],
        "fails_if_rows": [
            {"table": str(f.table), "reason": f.reason}
            for f in effects.failures
            if f.certain and f.cause is FailureCause.ROWS
        ],
        "may_fail": [{"table": str(f.table), "reason": f.reason} for f in effects.failures if not f.certain],
        "outside_transaction": effects.outside_transaction or None,
        "lock_timeout": step.lock_timeout,
        "risk": step.risk,
        "findings": [{"rule": d.rule, "severity": str(d.severity)} for d in found],
    }


def _measured(plan: Plan, step: Step) -> tuple[dict[Name, Size], Duration | None]:
    """Give how much the tables held that the statement works on, and how long that may take."""
    effects, home = step.listed, plan.history.home or DEFAULT_SCHEMA
    new = {lock.table for lock in effects.locks} - {lock.table for lock in step.effects.locks}
    asked = (name for name in worked_on(effects) if name not in new)
    known = {name: size for name in asked if (size := plan.sizes.of(name, home)) is not None}
    return known, plan.sizes.duration_of(effects, known.get)


def _volume(plan: Plan, step: Step) -> dict[str, Any]:
    known, takes = _measured(plan, step)
    return {
        "sizes": {str(name): as_known(size, plan.sizes.date) for name, size in known.items()},
        "seconds": [round(takes.low, 1), round(takes.high, 1)] if takes is not None else None,
    }


def _time(plan: Plan, step: Step, found: list[Diagnostic]) -> list[str]:
    """Say how long the statement may take, where no finding says so."""
    known, takes = _measured(plan, step)
    said = ", ".join(plan.sizes.said(name, size) for name, size in known.items())
    if takes is None or not said or any(said in diagnostic.finding.message for diagnostic in found):
        return []
    return [f"takes {takes.words} at the assumed rates: {said}"]


def as_text(plans: Iterable[Plan], options: RenderOptions = DEFAULTS) -> str:
    """Give a plan for people: one block per migration and transaction, one paragraph per statement."""
    paint = painter(options.color)
    lines: list[str] = []
    for plan in plans:
        head = f"{plan.history.root} ({plan.history.tool}, {len(plan.history.migrations)} migrations)"
        lines.append(paint(BOLD, visible(head)))
        migration, path, transaction = "", "", -1
        for step, found in plan.rows():
            file = step.statement.source.path
            if step.migration != migration or (file != path and not step.migration):
                migration, path, transaction = step.migration, "", -1
                lines += ["", paint(CYAN, visible(step.migration or file))]
            if file != path:
                path = file
                lines.append(paint(DIM, f"  {visible(file)}"))
            if step.transaction != transaction:
                transaction = step.transaction if step.transaction is not None else -1
                lines.append("  transaction" if step.transaction is not None else "  commits by itself")
            lines += _paragraph(step, found, _time(plan, step, found), options.width, paint)
        lines.append("")
    return "\n".join(lines).rstrip("\n") + "\n" if lines else ""


# The migration before made it, and is deployed with this one.
_NOBODY_WAITS = " (new in this release)"
_INDENT = 17
_DETAIL = " " * (_INDENT + 2)


def _paragraph(step: Step, found: list[Diagnostic], more: list[str], width: int, paint: Painter) -> list[str]:
    """Give the severity of the worst finding, the line, the statement, and below it what it does."""
    source, span = step.statement.place
    room = max(width - _INDENT, NARROW)
    head = " ".join(step.statement.text.split())
    head = head if len(head) <= room else head[: room - 3] + "..."
    worst = paint(SEVERITIES[found[0].severity], f"{found[0].severity!s:<7}") if found else " " * 7
    lines = [f"    {worst} {source.position(span.start).line:>3}  {visible(head)}"]
    for text in (*effects_of(step), *more):
        lines += [_DETAIL + line for line in wrapped(visible(text), width - len(_DETAIL), "  ")]
    for diagnostic in found:
        name = f"{diagnostic.severity}[{visible(diagnostic.rule)}]"
        message = f"{name}: {visible(diagnostic.finding.message)}"
        first, *rest = wrapped(message, width - len(_DETAIL), "  ")
        lines.append(_DETAIL + paint(SEVERITIES[diagnostic.severity], name) + first[len(name) :])
        lines += [_DETAIL + line for line in rest]
    return lines


def _failing(failure: Failure) -> str:
    if not failure.certain:
        return "may fail"
    return "fails on any row" if failure.cause is FailureCause.ROWS else "fails"


def effects_of(step: Step) -> list[str]:
    """Give what a statement does to the server, a line each."""
    effects = step.listed
    lines = [
        f"locks {lock.table.display} {lock.mode}{'' if lock in step.effects.locks else _NOBODY_WAITS}"
        for lock in effects.locks
        if lock.mode.rank > 1
    ]
    lines += [f"rewrites {w.table.display}: {w.reason}" for w in effects.rewrites]
    lines += [f"scans {w.table.display}: {w.reason}" for w in effects.scans]
    lines += [f"builds {w.index_name} on {w.table.display}" for w in effects.index_builds]
    lines += [
        f"{r.kind}s {'some' if r.bounded else 'any number of'} rows of {r.table.display}"
        for r in effects.rows_written
    ]
    lines += [
        f"destroys {loss.kind} {loss.table.display}{'.' + loss.column if loss.column else ''}"
        for loss in effects.destroys
    ]
    lines += [
        f"{_failing(f)}: {f.table.display + ': ' if f.table else ''}{f.reason}" for f in effects.failures
    ]
    if effects.outside_transaction and step.transaction is not None:
        lines.append(f"{effects.outside_transaction} cannot run in a transaction")
    return lines
