"""`miglint debt`: what migrations have begun and not finished, and the SQL that finishes it."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from miglint.checks.debts import Debt
from miglint.model import History, NotAnalysed
from miglint.text.visible import to_json, visible

VERSION = 1


class Debts(NamedTuple):
    """What is open at the end of a history."""

    history: History
    found: tuple[Debt, ...]


def as_json(listed: Iterable[Debts], not_analysed: Iterable[NotAnalysed] = ()) -> str:
    """Give the documented JSON, with what was not looked at."""
    rows = [_row(debts.history, debt) for debts in listed for debt in debts.found]
    places = [place._asdict() for place in not_analysed]
    return to_json({"version": VERSION, "debts": rows, "not_analysed": places})


def _row(history: History, debt: Debt) -> dict[str, Any]:
    source, span = debt.step.statement.source.place(debt.span)
    return {
        "kind": debt.kind,
        "table": debt.table,
        "message": debt.message,
        "path": source.path,
        "line": source.position(span.start).line,
        "end_line": source.position(max(span.start, span.end - 1)).line,
        "tool": history.tool,
        "migration": debt.step.migration,
        "migrations_since": debt.age,
        "finish": debt.finish,
    }


def as_text(listed: Iterable[Debts]) -> str:
    """Give a paragraph for each debt, what was begun first in front."""
    lines: list[str] = []
    for history, found in listed:
        count = len(found)
        lines += [
            f"{history.root} ({history.tool}, {len(history.migrations)} migrations)",
            f"  {count or 'nothing'} begun and not finished",
            "",
        ]
        for debt in found:
            source, span = debt.step.statement.source.place(debt.span)
            since = f", {debt.age} migration{'' if debt.age == 1 else 's'} ago" if debt.age else ""
            lines += [
                f"  {debt.kind}: {debt.message}",
                f"    {source.path}:{source.position(span.start).line}{since}",
                *(f"    {line}" for line in debt.finish.splitlines()),
                "",
            ]
    return "\n".join(visible(line) for line in lines).rstrip("\n") + "\n" if lines else ""
