"""`miglint tools`: the histories found, and why they were taken for what they are."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from miglint.model import History, NotAnalysed, Problem
from miglint.text.visible import to_json, visible


def as_text(listed: Iterable[tuple[History, Sequence[NotAnalysed]]]) -> str:
    """Give a paragraph per history, with what `check` does not look at, and the number of such places."""
    lines: list[str] = []
    count = 0
    for history, places in listed:
        count += len(places)
        problems = {(p.path, p.line, p.reason) for p in history.problems}
        left_out = [p for p in places if (p.path, p.line, p.reason) not in problems]
        lines += [
            history.root,
            f"  tool         {history.tool} ({history.evidence})",
            *(f"  {line}" for line in _contents(history)),
            *(f"  transaction  {mode}: {count}, {reason}" for mode, reason, count in _modes(history)),
            *(f"  irregular    {i.source.path}: {i.message}" for i in history.irregularities),
            *(f"  not read     {where}: {reason}" for where, reason in _alike(left_out)),
            *(f"  problem      {p.path}:{p.line}: {p.reason}" for p in history.problems),
            "",
        ]
    if count:
        lines += [f"{count} place{'' if count == 1 else 's'} not analysed", ""]
    return "\n".join(visible(line) for line in lines)


def as_json(listed: Sequence[tuple[History, Sequence[NotAnalysed]]]) -> str:
    """Give the histories as JSON, and what `check` does not look at."""
    rows = [
        {
            "root": history.root,
            "tool": history.tool,
            "evidence": history.evidence,
            "dialect": history.dialect,
            "migrations": len(history.migrations),
            "in_code": len(history.in_code),
            "downs": _downs(history),
            "transaction_modes": [
                {"mode": mode, "reason": reason, "migrations": count}
                for mode, reason, count in _modes(history)
            ],
            "commands": {name: text for name, text in history.advice.commands._asdict().items() if text},
            "irregularities": [
                {"kind": type(i).__name__, "path": i.source.path, "message": i.message}
                for i in history.irregularities
            ],
            "not_read": [{"path": p.path, "reason": p.reason} for p in _left_out(history)],
            "problems": [
                {"path": p.path, "line": p.line, "end_line": p.end_line, "reason": p.reason}
                for p in history.problems
            ],
        }
        for history, _ in listed
    ]
    places = [place._asdict() for _, places in listed for place in places]
    return to_json({"version": 1, "histories": rows, "not_analysed": places})


def _contents(history: History) -> list[str]:
    if history.in_code:
        count = len(history.in_code)
        return [f"files        {count}" if history.tool == "unknown" else f"migrations   {count}, in code"]
    count = len(history.migrations)
    return [f"dialect      {history.dialect}", f"migrations   {count}{_counts(history)}"]


def _counts(history: History) -> str:
    opaque = sum(migration.opaque is not None for migration in history.migrations)
    return f", {_downs(history)} with a down script" + (f", {opaque} in code" if opaque else "")


def _modes(history: History) -> list[tuple[str, str, int]]:
    ups = (migration.up for migration in history.migrations)
    counts = Counter((s.mode.value, s.mode_reason) for s in ups if s is not None)
    return [(mode, reason, count) for (mode, reason), count in counts.most_common()]


def _downs(history: History) -> int:
    return sum(migration.down is not None for migration in history.migrations)


def _alike(places: Iterable[NotAnalysed]) -> Iterator[tuple[str, str]]:
    """Give the first place for each reason, and how many more there are."""
    paths: dict[str, list[str]] = {}
    for place in places:
        paths.setdefault(place.reason, []).append(place.path)
    for reason, (first, *rest) in paths.items():
        yield f"{first} and {len(rest)} more" if rest else first, reason


def _left_out(history: History) -> list[Problem]:
    return [*(m.opaque for m in history.migrations if m.opaque is not None), *history.gaps]
