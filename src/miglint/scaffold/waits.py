"""What waits for a drafted migration, and for how long, in words."""

from collections.abc import Iterator, Sequence

from miglint.model import Delete, Effects, LockMode, Name, Update, sum_of
from miglint.simulate import Record

_OF_ROWS = 3
"""The rank of the strongest lock mode that a statement about rows takes on their table."""


KEPT_WAITING = " wait that long"
"""How it ends where others wait for work."""


def waits_of(records: Sequence[Record], *, batches: bool) -> tuple[str, ...]:
    """Say what a migration waits for and who waits for it; `batches`: its writes commit a few rows each."""
    if batches:
        names = {r.operation.table.display for r in records if isinstance(r.operation, (Delete, Update))}
        rows = f" of {', '.join(sorted(names))}" if names else ""
        return (
            f"keeps 10000 rows{rows} locked at a time: who writes to one of them waits for the next COMMIT",
        )
    held: dict[Name, LockMode] = {}
    lines: list[str] = []
    slow: set[Name] = set()
    statements: dict[int, list[Record]] = {}
    for record in records:
        statements.setdefault(record.number, []).append(record)
    for parts in statements.values():
        effects = sum_of(map(_of_known, parts))
        for lock in effects.locks:
            mode = max(lock.mode, held.get(lock.table, lock.mode))
            held[lock.table] = mode
            work = list(_work(lock.table, mode, effects))
            lines += work
            slow.update([lock.table] if work and mode.blocks_writes else [])
        if not parts[-1].session.in_transaction:
            held.clear()
    strongest = sum_of(map(_of_known, records)).locks
    lines += [
        line for lock in strongest for line in _wait(lock.table, lock.mode, brief=lock.table not in slow)
    ]
    return tuple(dict.fromkeys(lines))


def _of_known(record: Record) -> Effects:
    """Give the effects on tables that were there: nobody waits for one that the migration makes."""
    kept = tuple(lock for lock in record.effects.locks if not record.session.is_new(lock.table))
    return record.effects._replace(
        locks=tuple(lock for lock in kept if lock.table in record.schema.relations)
    )


def _work(table: Name, mode: LockMode, effects: Effects) -> Iterator[str]:
    """Say what takes time in proportion to a table, and who waits meanwhile."""
    name = table.display
    builds = [str(work.index_name) for work in effects.index_builds if work.table == table]
    rewritten = any(work.table == table for work in effects.rewrites)
    read = any(work.table == table for work in effects.scans)
    changed = any(rows.table == table and not rows.bounded for rows in effects.rows_written)
    if not (builds or rewritten or read or changed) or mode.rank <= _OF_ROWS:
        return
    if builds:
        what = f"builds {', '.join(builds)}"
    elif changed:
        what = f"changes rows of {name}"
    else:
        what = f"writes all rows of {name} anew" if rewritten else f"reads all rows of {name}"
    if mode.blocks_reads:
        yield f"{what} under {mode}: reads and writes of {name}{KEPT_WAITING}"
    elif mode.blocks_writes:
        yield f"{what} under {mode}: writes to {name}{KEPT_WAITING}"
    elif builds:
        yield (
            f"{what} under {mode}: reads and writes of {name} go on; it reads the table twice, and waits for "
            "every transaction that is open"
        )
    else:
        yield f"{what} under {mode}: reads and writes go on meanwhile"


def _wait(table: Name, mode: LockMode, *, brief: bool) -> Iterator[str]:
    name, said = table.display, "brief, but it" if brief else "it"
    if mode.blocks_reads:
        yield (
            f"waits for {mode} on {name}: {said} queues behind every open transaction on {name}, "
            "and whatever comes later queues behind it"
        )
    elif mode.blocks_writes:
        yield (
            f"waits for {mode} on {name}: {said} queues behind every open transaction that has "
            f"written to {name}, and later writes queue behind it"
        )
