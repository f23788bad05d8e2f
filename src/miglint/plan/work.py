"""What statements do while they run, as sentences: which locks they take, for what work, and how long."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from miglint.model import Duration, Effects, LockMode, Name, Step, blocked_by
from miglint.plan.unit import Unit, listed, named

_STEP_ASIDE = "for a moment"


class Done(NamedTuple):
    """A statement with what it does to relations that were there before."""

    step: Step
    effects: Effects


def done(unit: Unit, steps: Sequence[Step]) -> tuple[Done, ...]:
    """Give the statements that do something, with their effects."""
    return tuple(Done(step, unit.live(step.effects)) for step in steps)


def blocking(each: Done) -> list[tuple[Name, LockMode]]:
    """Give the locks that others wait for, the strongest first."""
    found = [(lock.table, lock.mode) for lock in each.effects.locks if lock.mode.blocks_writes]
    return sorted(found, key=lambda lock: -lock[1].rank)


def has_work(effects: Effects) -> bool:
    """Whether something takes time in proportion to a table."""
    return bool(effects.works) or any(not rows.bounded for rows in effects.rows_written)


def worked_on(effects: Effects) -> list[Name]:
    """Give the tables that are copied, read, indexed or changed as a whole."""
    found = dict.fromkeys(work.table for work in effects.works)
    found.update(dict.fromkeys(rows.table for rows in effects.rows_written if not rows.bounded))
    return list(found)


def work_words(effects: Effects) -> str:
    """Say what takes time, as a clause with a verb: "rewrites `orders` and its indexes"."""
    parts: list[str] = []
    copied = dict.fromkeys(work.table for work in effects.rewrites)
    for table in copied:
        is_indexed = any(build.table == table for build in effects.index_builds)
        parts.append(f"rewrites {named(table.display)}{' and its indexes' if is_indexed else ''}")
    builds = [build for build in effects.index_builds if build.table not in copied]
    for build in builds:
        index = f"the index {named(build.index_name)}" if build.index_name else "an index"
        parts.append(f"builds {index} on {named(build.table.display)}")
    scanned = dict.fromkeys(scan.table for scan in effects.scans if scan.table not in copied)
    parts += (f"reads all of {named(scan.display)}" for scan in scanned)
    for rows in effects.rows_written:
        if not rows.bounded and rows.kind in ("update", "delete"):
            verb = "updates" if rows.kind == "update" else "deletes"
            parts.append(f"{verb} any number of rows of {named(rows.table.display)} in one transaction")
    return listed(parts)


def duration_of(unit: Unit, effects: Effects) -> Duration | None:
    """Give how long a statement takes, where all tables that it works on are measured."""
    return unit.sizes.duration_of(effects, unit.size_of)


def said(unit: Unit, statements: Sequence[Done]) -> Iterator[str]:
    """Say of each statement that others wait for what it locks, for what, and until when."""
    held: dict[tuple[str, int], dict[Name, LockMode]] = {}
    for number, each in enumerate(statements):
        locks, work = blocking(each), work_words(each.effects)
        if not locks and not work:
            continue
        if each.step.transaction is not None and locks:
            own = held.setdefault((each.step.migration, each.step.transaction), {})
            is_held = all(table in own and own[table] >= mode for table, mode in locks)
            own.update({table: max(mode, own.get(table, mode)) for table, mode in locks})
            if is_held and not work:
                continue
        takes = duration_of(unit, each.effects)
        time = f", {takes.words} by the sizes in {unit.sizes.file}" if takes is not None else ""
        place = unit.where(each.step.statement)
        if not locks:
            yield f"{named(place)} {work}{time}; {_beside(each)}."
            continue
        mode = locks[0][1]
        tables = listed([named(table.display) for table, _ in locks])
        waiting = blocked_by(*(mode for _, mode in locks))
        later = _later(unit, each, statements[number + 1 :])
        how_long = f"while it {work}{time}" if work else _STEP_ASIDE
        kept = f", and then until the transaction commits, after {later}" if later else ""
        yield f"{named(place)} takes {mode} on {tables}: {waiting} wait {how_long}{kept}."


def _beside(each: Done) -> str:
    """Say what goes on while a statement works without a lock that keeps writers off the table."""
    if any(not rows.bounded for rows in each.effects.rows_written):
        return "whoever changes the same rows waits until it commits"
    return "reads and writes go on"


def _later(unit: Unit, each: Done, others: Sequence[Done]) -> str:
    """Say what a lock is still held for: the last later statement of the transaction that takes time."""
    if each.step.transaction is None:
        return ""
    own = (each.step.migration, each.step.transaction)
    same = [o for o in others if (o.step.migration, o.step.transaction) == own and has_work(o.effects)]
    if not same:
        return ""
    return f"{named(unit.where(same[-1].step.statement))}, which {work_words(same[-1].effects)}"
