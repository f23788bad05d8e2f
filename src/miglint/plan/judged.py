"""How risky the migrations are, and the one reason that makes it so; in which order they and the code go."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from miglint.model import FailureCause, blocked_by
from miglint.plan.code import Need
from miglint.plan.unit import Unit, listed, named
from miglint.plan.value import Item
from miglint.plan.work import Done, blocking, duration_of, has_work, work_words

_LEVELS = ("low", "medium", "high")


class Risk(NamedTuple):
    """A level, low, medium or high, and why, as a sentence without its full stop."""

    level: str
    reason: str


def risk_of(unit: Unit, statements: Sequence[Done], old: Sequence[Need]) -> Risk:
    """Give the highest level, and the first reason that is enough for it."""
    found = list(_risks(unit, statements, old))
    level = max((risk.level for risk in found), key=_LEVELS.index, default="low")
    return next((risk for risk in found if risk.level == level), Risk("low", _calm(statements)))


def _calm(statements: Sequence[Done]) -> str:
    if not any(each.effects.locks for each in statements):
        return "no table that was there before is touched"
    return "nobody waits long for it, and no code misses anything"


def _risks(unit: Unit, statements: Sequence[Done], old: Sequence[Need]) -> Iterator[Risk]:
    for record in unit.records:
        place = named(unit.line_of(record))
        conditional = record.block is not None and record.block.conditional
        alone = record.effects.outside_transaction
        if alone and (record.session.in_transaction or record.session.in_code):
            yield Risk("high", f"{place} fails with 25001: {alone} cannot run in a transaction")
        for failure in () if conditional else record.effects.refused[:1]:
            yield Risk("high", f"{place} fails: {failure.reason}")
        for failure in () if conditional else unit.live(record.effects).failures:
            if failure.certain and failure.cause is FailureCause.ROWS and failure.table is not None:
                table = named(failure.table.display)
                yield Risk("high", f"{place} fails as soon as {table} has a row, because {failure.reason}")
    certain = [need for need in old if need.certain]
    lost = [r for r in unit.reversal.reasons if r.direction == "up" and r.verdict == "lossy" and r.statement]
    for reason in lost:
        broken = [need for need in certain if need.subject == reason.subject and need.subject]
        assert reason.statement is not None
        place = named(unit.where(reason.statement, reason.span))
        if broken:
            code = f" with {broken[0].sqlstate}" if broken[0].sqlstate else ""
            yield Risk(
                "high",
                f"{place} drops {named(reason.subject)} with its data, and old code that names it "
                f"fails{code} from the moment this commits",
            )
    yield from _works(unit, statements)
    for need in certain:
        if need.record is not None:
            place = named(unit.line_of(need.record))
            yield Risk(_own_level(statements, need), f"old code fails after {place}: {need.told}")
    for reason in lost:
        assert reason.statement is not None
        yield Risk("medium", f"{named(unit.where(reason.statement, reason.span))}: {reason.words}")
    for each in statements:
        level, locks = each.step.risk, blocking(each)
        place = named(unit.where(each.step.statement))
        if locks:
            waiting = blocked_by(*(mode for _, mode in locks))
            tables = listed([named(table.display) for table, _ in locks])
            yield Risk(level, f"{place} takes {locks[0][1]} on {tables}: {waiting} wait for a moment")
        elif level != "low":
            yield Risk(level, f"{place}: what it does is not known, or is refused")


def _own_level(statements: Sequence[Done], need: Need) -> str:
    levels = [
        each.step.risk
        for each in statements
        if need.record is not None and each.step.statement is need.record.statement
    ]
    return max(("medium", *levels), key=_LEVELS.index)


def _works(unit: Unit, statements: Sequence[Done]) -> Iterator[Risk]:
    for each in sorted(statements, key=lambda each: -_LEVELS.index(each.step.risk)):
        if not has_work(each.effects):
            continue
        takes, locks = duration_of(unit, each.effects), blocking(each)
        place = named(unit.where(each.step.statement))
        work, level = work_words(each.effects), each.step.risk
        if takes is not None and takes.high <= unit.sizes.limits.short:
            level = "low" if not locks else min(level, "medium", key=_LEVELS.index)
        if locks:
            mode = locks[0][1]
            waiting = blocked_by(*(mode for _, mode in locks))
            yield Risk(level, f"{place} {work} under {mode}: {waiting} wait that long")
        elif work:
            yield Risk(level, f"{place} {work}")


def has_code(unit: Unit) -> bool:
    """Whether there was something before that code can have run on."""
    return bool(unit.before.relations) or any(map(unit.was_there, unit.after.relations))


def order(unit: Unit, old: Sequence[Need], new: Sequence[Need]) -> Iterator[Item]:
    """Say what runs before the new version, what after the last instance of the old one."""
    first = _lines(unit, new)
    last = _lines(unit, [need for need in old if need.certain])
    if not first and not last:
        yield Item("Old code runs on the new schema, and new code on the old one: either can come first.")
        return
    needed = [need for need in new if need.record is not None and unit.line_of(need.record) in first]
    if first:
        subjects = [named(need.subject) for need in needed if need.subject]
        only = [line for line in first if line not in last] or first
        yield Item(
            f"Before the new version: {_shown(only if not _both(first, last) else first)}, for it needs "
            f"{_some(subjects)}."
        )
    if last:
        subjects = [named(need.subject) for need in old if need.certain and need.subject]
        yield Item(
            f"After the last instance of the old version is gone: {_shown(last)}, for that needs "
            f"{_some(subjects)}."
        )
    if first and last:
        both = _both(first, last)
        what = f"{_shown(both)} {'is' if len(both) == 1 else 'are'} both. " if both else ""
        yield Item(
            f"{what}So it takes two releases: one brings what is new, a later one takes away what is old."
        )


def _lines(unit: Unit, needs: Sequence[Need]) -> list[str]:
    return list(dict.fromkeys(unit.line_of(need.record) for need in needs if need.record is not None))


def _both(first: Sequence[str], last: Sequence[str]) -> list[str]:
    return [line for line in first if line in last]


def _shown(lines: Sequence[str]) -> str:
    return _some([named(line) for line in lines])


def _some(names: Sequence[str], most: int = 5) -> str:
    known = list(dict.fromkeys(names))
    if len(known) > most:
        return f"{', '.join(known[:most])} and {len(known) - most} more"
    return listed(known)
