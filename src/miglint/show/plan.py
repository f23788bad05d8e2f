"""`miglint plan`: what the server will do for each statement, grouped by transaction."""

from collections.abc import Iterable
from typing import Any

from miglint.model import Effects, Failure, FailureCause, History, Step
from miglint.text.visible import to_json, visible

VERSION = 1


def as_json(plans: Iterable[tuple[History, tuple[Step, ...]]]) -> str:
    """Give the documented JSON of a plan."""
    rows = [_row(history, step) for history, steps in plans for step in steps]
    return to_json({"version": VERSION, "statements": rows})


def _row(history: History, step: Step) -> dict[str, Any]:
    source, span = step.statement.source, step.statement.span
    effects = step.effects
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
    }


def as_text(plans: Iterable[tuple[History, tuple[Step, ...]]]) -> str:
    """Give a plan for people: one block per transaction, one paragraph per statement."""
    lines: list[str] = []
    for history, steps in plans:
        lines.append(f"{history.root} ({history.tool}, {len(history.migrations)} migrations)")
        migration, transaction = "", -1
        for step in steps:
            if step.migration != migration:
                migration, transaction = step.migration, -1
                lines += ["", step.migration or step.statement.source.path]
            if step.transaction != transaction:
                transaction = step.transaction if step.transaction is not None else -1
                lines.append("  transaction" if step.transaction is not None else "  commits by itself")
            lines += _paragraph(step)
        lines.append("")
    return "\n".join(lines).rstrip("\n") + "\n"


_HEAD_LENGTH = 90


def _paragraph(step: Step) -> list[str]:
    source, span = step.statement.source, step.statement.span
    head = " ".join(step.statement.text.split())
    head = head if len(head) <= _HEAD_LENGTH else head[: _HEAD_LENGTH - 3] + "..."
    place = f"{source.path}:{source.position(span.start).line}"
    return [f"    {step.risk:<6} {visible(head)}", f"           {place}", *_effects(step.effects)]


def _failing(failure: Failure) -> str:
    if not failure.certain:
        return "may fail"
    return "fails on any row" if failure.cause is FailureCause.ROWS else "fails"


def _effects(effects: Effects) -> list[str]:
    lines = [f"locks {lock.table.display} {lock.mode}" for lock in effects.locks if lock.mode.value > 1]
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
    if effects.outside_transaction:
        lines.append(f"{effects.outside_transaction} cannot run in a transaction")
    return [f"           {visible(line)}" for line in lines]
