"""
Partition detached under a lock that stops everybody.

`DETACH PARTITION` takes ACCESS EXCLUSIVE on the partitioned table: it waits for every running query of any
of its partitions, and all that come later wait behind it.
From PostgreSQL 14 on `DETACH PARTITION ... CONCURRENTLY` takes SHARE UPDATE EXCLUSIVE instead and lets
queries run. It waits twice for older transactions, runs outside a transaction, and is refused beside a
default partition.

Silent when the partitioned table is new in this release, in a table with a default partition, and before
version 14.

https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DETACH-PARTITION
"""

from collections.abc import Iterator

from miglint.model import DetachPartition, Finding, Severity
from miglint.rule import Bad, Context, Good, Rule

_EVENTS = """
    CREATE TABLE events (id bigint, at date NOT NULL) PARTITION BY RANGE (at);
    CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
"""
_DETACH = "ALTER TABLE events DETACH PARTITION events_2024;"

rule = Rule(
    __name__,
    severity=Severity.NOTE,
    since="0.1.0",
    dialects={"postgres": (14,)},
    examples=(
        Bad(
            "partition of a table in use", f"{_DETACH}  -- expect: blocking-partition-detach", history=_EVENTS
        ),
        Good(
            "CONCURRENTLY",
            "ALTER TABLE events DETACH PARTITION events_2024 CONCURRENTLY;",
            history=_EVENTS,
            settings=(("runner_sets_lock_timeout", True),),
            recommended=True,
        ),
        Good("partitioned table is new", f"{_EVENTS}\n{_DETACH}"),
        Good(
            "default partition, beside which the server refuses CONCURRENTLY",
            _DETACH,
            history=f"{_EVENTS}CREATE TABLE events_rest PARTITION OF events DEFAULT;",
        ),
    ),
)


@rule.check(DetachPartition)
def blocking_partition_detach(detach: DetachPartition, ctx: Context) -> Iterator[Finding]:
    parent = ctx.table(detach.table)
    if detach.concurrently or detach.finalize or ctx.is_new(detach.table):
        return
    if parent is not None and parent.default_partition is not None:
        return
    concurrent = ctx.remedies.write(detach._replace(concurrently=True))
    yield Finding(
        detach.span,
        f"detaching {detach.partition.display} waits for all queries of {detach.table.display}, and all "
        "later ones wait behind it",
        help=ctx.remedies.outside_transaction(f"{concurrent};"),
        tables=(detach.table,),
    )
