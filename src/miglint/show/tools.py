"""`miglint tools`: the histories found, and why they were taken for what they are."""

import json
from collections import Counter
from collections.abc import Iterable

from miglint.model import History
from miglint.show.plan import printable


def as_text(histories: Iterable[History]) -> str:
    """Give a paragraph per history."""
    lines: list[str] = []
    for history in histories:
        modes = _modes(history)
        lines += [
            history.root,
            f"  tool         {history.tool} ({history.evidence})",
            f"  dialect      {history.dialect}",
            f"  migrations   {len(history.migrations)}, {_downs(history)} with a down script",
            *(f"  transaction  {mode}: {count} of them" for mode, count in modes),
            *(f"  problem      {p.path}:{p.line}: {p.reason}" for p in history.problems),
            "",
        ]
    return "\n".join(printable(line) for line in lines)


def as_json(histories: Iterable[History]) -> str:
    """Give the histories as JSON."""
    rows = [
        {
            "root": history.root,
            "tool": history.tool,
            "evidence": history.evidence,
            "dialect": history.dialect,
            "migrations": len(history.migrations),
            "downs": _downs(history),
            "transaction_modes": dict(_modes(history)),
            "problems": [
                {"path": p.path, "line": p.line, "end_line": p.end_line, "reason": p.reason}
                for p in history.problems
            ],
        }
        for history in histories
    ]
    return json.dumps({"version": 1, "histories": rows}, ensure_ascii=False, indent=1) + "\n"


def _modes(history: History) -> list[tuple[str, int]]:
    ups = (migration.up for migration in history.migrations)
    return Counter(script.mode.value for script in ups if script is not None).most_common()


def _downs(history: History) -> int:
    return sum(migration.down is not None for migration in history.migrations)
