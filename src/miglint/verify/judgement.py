"""What a trip there and back says of a migration: findings with their place and the server's words."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from miglint.model import Severity
from miglint.verify.scratch import Tried
from miglint.verify.sending import Refusal, Sent
from miglint.verify.trip import Trip

_MOST_WORDS = 20


class Found(NamedTuple):
    """A line about a migration; `details` are what it consists of."""

    severity: Severity
    path: str
    line: int
    message: str
    details: tuple[str, ...] = ()


def judged(tried: Tried, up: Sequence[Sent], down: Sequence[Sent]) -> Iterator[Found]:
    """Say what went wrong; nothing where all came back as it was."""
    full, empty = tried.full, tried.empty
    if full.ended == "up":
        yield from _up_failed(full, empty)
        return
    yield from _on_rows(tried.on_rows)
    if not down:
        return
    refusal = full.refusal
    if full.ended == "down" and refusal is not None:
        yield _down_failed(refusal, only_rows=empty is not None and empty.came_back)
        if empty is None or not empty.came_back:
            return
        full = empty
    place = down[0]
    if changed := full.changed:
        words = tuple(difference_words(full.before, full.after, changed))
        message = "the way back leaves another schema than before"
        yield Found(Severity.WARNING, place.path, place.line, message, words)
    if lost := full.lost:
        message = "the way there and back loses values that were there before"
        yield Found(Severity.NOTE, place.path, place.line, message, lost)
    if full.ended == "up again" and full.refusal is not None:
        yield _refused(full.refusal, Severity.WARNING, "after the way back, the way there fails")
    elif not full.changed and full.changed_again:
        words = tuple(difference_words(full.between, full.again, full.changed_again))
        message = "the second time, the way there leaves another schema than the first time"
        yield Found(Severity.WARNING, up[0].path, up[0].line, message, words)


def _on_rows(refusals: Sequence[Refusal]) -> Iterator[Found]:
    """Speak of what ran only after rows were taken away; NULLs that values did not mend are sure."""
    for sent in dict.fromkeys(each.sent for each in refusals):
        said = [each for each in refusals if each.sent.place == sent.place]
        is_sure = len([each for each in said if each.sqlstate == "23502"]) > 1
        severity = Severity.WARNING if is_sure else Severity.NOTE
        yield _refused(said[0], severity, "the way there fails on the rows that were put in")


def _up_failed(full: Trip, empty: Trip | None) -> Iterator[Found]:
    if full.refusal is None:
        return
    if empty is not None and empty.ended != "up":
        yield _refused(full.refusal, Severity.NOTE, "the way there fails on the rows that were put in")
    else:
        yield _refused(full.refusal, Severity.ERROR, "the way there fails")


def _down_failed(refusal: Refusal, *, only_rows: bool) -> Found:
    if only_rows:
        return _refused(refusal, Severity.WARNING, "the way back runs on empty tables only")
    return _refused(refusal, Severity.ERROR, "the way back fails")


def _refused(refusal: Refusal, severity: Severity, message: str) -> Found:
    said = f"{message}: {refusal.sqlstate} {refusal.message}"
    return Found(severity, refusal.sent.path, refusal.sent.line, said)


# What stands where among the facts that a snapshot has of each kind of object.
_FACTS = {
    "relation": (
        "kind", "persistence", "owner", "row type", "parameters", "row level security",
        "forced row level security", "replica identity", "access method", "tablespace", "partition key",
        "bound", "parents", "grants", "query", "data",
    ),
    "column": (
        "type", "NOT NULL", "identity", "generation", "storage", "compression", "statistics target",
        "options", "foreign options", "collation", "default", "grants",
    ),
    "constraint": ("definition",),
    "index": ("definition", "validity", "clustering", "replica identity"),
    "function": ("definition", "owner", "aggregate", "grants"),
    "type": (
        "kind", "base type", "NOT NULL", "default", "storage", "owner", "collation", "range", "values",
        "grants",
    ),
    "comment": ("text",),
}  # fmt: skip
_PARTS = ("column", "constraint", "index", "trigger", "policy", "rule", "sequence", "statistics", "comment")


def difference_words(
    before: Mapping[str, str], after: Mapping[str, str], names: Sequence[str]
) -> Iterator[str]:
    """Say in words what is another; of a whole that came or is gone, its parts are not listed."""
    lone = {name for name in names if (name in before) != (name in after)}
    wholes = {name.partition(" ")[2] for name in lone}
    told = 0
    for name in names:
        kind, _, rest = name.partition(" ")
        owner = rest.rpartition(".")[0]
        if name in lone and kind in _PARTS and (owner in wholes or f"public.{owner}" in wholes):
            continue
        told += 1
        if told > _MOST_WORDS:
            yield f"and {len(names) - _MOST_WORDS} more"
            return
        if name not in after:
            yield f"{name} is gone"
        elif name not in before:
            yield f"{name} is there, and was not before"
        else:
            yield from _changed_facts(name, kind, before[name], after[name])


def _changed_facts(name: str, kind: str, before: str, after: str) -> Iterator[str]:
    was, now = before.split(" | "), after.split(" | ")
    labels = _FACTS.get(kind, ())
    if len(was) != len(now):
        was, now, labels = [before], [after], ()
    for number, (old, new) in enumerate(zip(was, now, strict=True)):
        if old.split() != new.split():
            label = f"{labels[number]} of " if number < len(labels) else ""
            yield f"{label}{name} is {_shown(new)}, and was {_shown(old)}"


def _shown(fact: str) -> str:
    text = " ".join(fact.split())
    return {"None": "none", "": "none", "true": "yes", "false": "no"}.get(text, text)
