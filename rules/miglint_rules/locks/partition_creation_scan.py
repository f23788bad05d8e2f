"""
New partition for which the default partition is read under lock.

`CREATE TABLE ... PARTITION OF` locks the parent ACCESS EXCLUSIVE, and if the parent has a default partition,
that one too: every row of it is read, to check that none belongs in the new partition.
Every query on the partitioned table waits until COMMIT, for minutes if the default partition is large.
The server skips the scan when a valid CHECK on the default partition excludes the new bound: add it NOT
VALID and validate it in a later migration.
To avoid the lock on the parent as well, create a plain table and attach it: that takes only SHARE UPDATE
EXCLUSIVE on the parent.

Silent when there is no default partition, when it has no rows or such a CHECK (it is not compared with the
bound), when the parent is new in this migration, and for tables that the configuration lists as small.

https://www.postgresql.org/docs/current/sql-createtable.html#SQL-CREATETABLE-PARTITION
"""

from collections.abc import Iterator

from miglint.model import CreateTable, Finding, Name, Say, Severity, check_later, do, validated
from miglint.rule import Bad, Context, Good, Rule

PARENT = "CREATE TABLE events (id bigint, at date NOT NULL) PARTITION BY RANGE (at);"
REST = "CREATE TABLE events_rest PARTITION OF events DEFAULT;"

rule = Rule(
    __name__,
    severity=Severity.ERROR,
    since="0.1.0",
    examples=(
        Bad(
            "default partition may hold rows of the new one",
            """
                CREATE TABLE events_2026 PARTITION OF events  -- expect: partition-creation-scan
                    FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
            """,
            history=f"{PARENT}\n{REST}",
        ),
        Good(
            "valid CHECK keeps the rows out of the default partition",
            """
                ALTER TABLE events_rest
                    ADD CONSTRAINT not_2026 CHECK (at < '2026-01-01' OR at >= '2027-01-01') NOT VALID;
                -- migration
                ALTER TABLE events_rest VALIDATE CONSTRAINT not_2026;
                -- migration
                CREATE TABLE events_2026 PARTITION OF events
                    FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
            """,
            history=f"{PARENT}\n{REST}",
            settings=(("runner_sets_lock_timeout", True),),
            recommended=True,
        ),
        Good(
            "parent has no default partition",
            """
                CREATE TABLE events_2026 PARTITION OF events
                    FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
            """,
            history=PARENT,
        ),
        Good(
            "default partition is new and empty",
            f"""
                {REST}
                CREATE TABLE events_2026 PARTITION OF events
                    FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
            """,
            history=PARENT,
        ),
        Good(
            "default partition is listed as small",
            """
                CREATE TABLE events_2026 PARTITION OF events
                    FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
            """,
            history=f"{PARENT}\n{REST}",
            settings=(("small_tables", frozenset({Name("public", "events_rest")})),),
        ),
    ),
)


@rule.check(CreateTable)
def partition_creation_scan(create: CreateTable, ctx: Context) -> Iterator[Finding]:
    scans = ctx.waits.blocked(ctx.effects.scans)
    if not scans or create.partition_of is None:
        return
    parent, default = create.partition_of, scans[0].table
    name = f"{default.name}_without_{create.table.name}"
    yield Finding(
        create.span,
        f"new partition locks {parent.display} against reads and writes "
        f"while its default partition {default.display} is read",
        help=ctx.remedies.shown(
            Say("all but the new bound as a CHECK:"),
            do(check_later(default, name, "NOT (...)")),
            Say("in a later migration:"),
            do(validated(default, name)),
            Say("and then the partition"),
        ),
        tables=(parent, default),
    )
