"""
Attached partition whose rows are read under lock.

`ATTACH PARTITION` reads every row of the table that becomes a partition, to check that it fits the bound,
builds the parent's indexes that it lacks, and checks the parent's foreign keys that it lacks, all under
ACCESS EXCLUSIVE on that table; if the parent has a default partition, that one is locked and read too, for
rows that belong in the new one.
The parent itself is only locked SHARE UPDATE EXCLUSIVE.
The server skips a scan that a valid CHECK makes unnecessary: on the new partition, one that implies the bound
(for a range, also that the column is not null); on the default partition, one that excludes it.
Add them as NOT VALID, validate them in a later migration, then attach.
Build missing indexes CONCURRENTLY and foreign keys NOT VALID on the table before it is attached.

Silent when the tables concerned are new in this migration or have no rows, when there is such a CHECK (it is
not compared with the bound), and for tables that the configuration lists as small.

https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-ATTACH-PARTITION
"""

from collections.abc import Iterator

from miglint.model import AttachPartition, Finding, Name, Say, Severity, check_later, do, quote, validated
from miglint.rule import Bad, Context, Good, Rule

PARENT = "CREATE TABLE events (id bigint, at date NOT NULL) PARTITION BY RANGE (at);"
CHILD = "CREATE TABLE events_2024 (id bigint, at date NOT NULL);"
REST = "CREATE TABLE events_rest PARTITION OF events DEFAULT;"
FITS = """
CREATE TABLE events_2024 (
    id bigint, at date NOT NULL, CHECK (at >= '2024-01-01' AND at < '2025-01-01')
);
"""

rule = Rule(
    __name__,
    severity=Severity.ERROR,
    since="0.1.0",
    examples=(
        Bad(
            "nothing proves that the rows fit",
            """
                ALTER TABLE events
                    ATTACH PARTITION events_2024  -- expect: partition-attach-scan
                    FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
            """,
            history=f"{PARENT}\n{CHILD}",
        ),
        Bad(
            "default partition may hold rows of the new one",
            """
                ALTER TABLE events
                    ATTACH PARTITION events_2024  -- expect: partition-attach-scan
                    FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
            """,
            history=f"{PARENT}\n{REST}\n{FITS}",
        ),
        Bad(
            "index of the parent is built on the partition",
            """
                ALTER TABLE events
                    ATTACH PARTITION events_2024  -- expect: partition-attach-scan
                    FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
            """,
            history=f"{PARENT}\nCREATE INDEX events_id ON events (id);\n{FITS}",
        ),
        Good(
            "valid CHECK implies the bound",
            """
                ALTER TABLE events_2024
                    ADD CONSTRAINT fits CHECK (at >= '2024-01-01' AND at < '2025-01-01') NOT VALID;
                -- migration
                ALTER TABLE events_2024 VALIDATE CONSTRAINT fits;
                ALTER TABLE events
                    ATTACH PARTITION events_2024 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
                ALTER TABLE events_2024 DROP CONSTRAINT fits;
            """,
            history=f"{PARENT}\n{CHILD}",
            settings=(("runner_sets_lock_timeout", True),),
            recommended=True,
        ),
        Good(
            "valid CHECK keeps the rows out of the default partition",
            """
                ALTER TABLE events
                    ATTACH PARTITION events_2024 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
            """,
            history=f"""
                {PARENT}\n{REST}\n{FITS}
                ALTER TABLE events_rest ADD CHECK (at < '2024-01-01' OR at >= '2025-01-01');
            """,
            settings=(("runner_sets_lock_timeout", True),),
            recommended=True,
        ),
        Good(
            "partition is new in this migration",
            f"""
                {CHILD}
                ALTER TABLE events
                    ATTACH PARTITION events_2024 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
            """,
            history=PARENT,
        ),
        Good(
            "partition is listed as small",
            """
                ALTER TABLE events
                    ATTACH PARTITION events_2024 FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
            """,
            history=f"{PARENT}\n{CHILD}",
            settings=(("small_tables", frozenset({Name("public", "events_2024")})),),
        ),
    ),
)


@rule.check(AttachPartition)
def partition_attach_scan(attach: AttachPartition, ctx: Context) -> Iterator[Finding]:
    if not ctx.waits.leading_work:
        return
    works = ctx.waits.blocked(ctx.effects.scans) + ctx.waits.blocked(ctx.effects.index_builds)
    table, built = works[0].table, works[0].index_name
    what = f"an index equivalent to {built} is built" if built else f"in {table.display} {works[0].reason}"
    locked = [lock.table for lock in ctx.effects.locks if lock.mode.blocks_writes and ctx.is_live(lock.table)]
    yield Finding(
        attach.span,
        f"attaching {attach.partition.display} blocks {ctx.waits.blocked_uses(*locked[:2])} while {what}",
        help=_help(attach, table, ctx),
        tables=tuple(dict.fromkeys(work.table for work in works)),
        related=ctx.waits.locked_before(*locked),
    )


def _help(attach: AttachPartition, table: Name, ctx: Context) -> str:
    if not ctx.waits.blocked(ctx.effects.scans):
        names = sorted({w.index_name for w in ctx.effects.index_builds if w.index_name})
        remark = (
            f", each equivalent to one of {', '.join(names)}" if names[1:] else f", equivalent to {names[0]}"
        )
        index = f"CREATE INDEX ... ON {attach.partition.sql} ..."
        built = ctx.remedies.concurrent_index(index, attach.partition, remark=remark)
        return f"{built}\n-- and then ATTACH PARTITION"
    parent = ctx.table(attach.table)
    columns = parent.partition_columns if parent else ()
    bound = " AND ".join(f"{quote(column)} IS NOT NULL" for column in columns)
    condition = f"{bound or '...'} AND ..." if table == attach.partition else "NOT (...)"
    what = "the bound" if table == attach.partition else "all but the bound"
    name = f"{table.name}_bound"
    return ctx.remedies.shown(
        Say(f"{what} as a CHECK:"),
        do(check_later(table, name, condition)),
        Say("in a later migration:"),
        do(validated(table, name)),
        Say("and then ATTACH PARTITION"),
    )
