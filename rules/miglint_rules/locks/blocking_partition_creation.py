"""
Partition made under a lock that stops everybody.

`CREATE TABLE ... PARTITION OF` takes ACCESS EXCLUSIVE on the partitioned table: it waits for every running
query of any of its partitions, and all that come later wait behind it.
A plain table that is made first and attached takes no more than SHARE UPDATE EXCLUSIVE there, from PostgreSQL
12 on: queries go on.

Silent when the partitioned table is new in this release or listed as small, when an earlier statement of the
transaction has locked it, when the partition says something of its columns, beside a default partition, which
ATTACH PARTITION locks as well (see `partition-creation-scan`), and where a lock_timeout is set or the
configuration says that the runner sets it.

https://www.postgresql.org/docs/current/ddl-partitioning.html#DDL-PARTITIONING-DECLARATIVE-MAINTENANCE
"""

from collections.abc import Iterator

from miglint.model import NOWHERE, AttachPartition, CreateTable, Finding, Name, Severity, do
from miglint.rule import Bad, Context, Good, Rule, Together

_EVENTS = "CREATE TABLE events (id bigint, at date NOT NULL) PARTITION BY RANGE (at);"
_NEW = "CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');"

rule = Rule(
    __name__,
    severity=Severity.NOTE,
    since="0.1.0",
    dialects={"postgres": (12,)},
    together=Together("table", "partition"),
    examples=(
        Bad(
            "partition of a table in use",
            """
                CREATE TABLE events_2026 PARTITION OF events  -- expect: blocking-partition-creation
                    FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
            """,
            history=_EVENTS,
        ),
        Bad(
            "partition with constraints of its own, of a table with a generated column",
            """
                CREATE TABLE marks_2026 PARTITION OF marks  -- expect: blocking-partition-creation
                    (CHECK (n > 0)) FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
            """,
            history="""
                CREATE TABLE marks (n int, m int GENERATED ALWAYS AS (n + 1) STORED, at date NOT NULL)
                    PARTITION BY RANGE (at);
            """,
        ),
        Good(
            "plain table that is attached",
            """
                SET lock_timeout = '2s';
                CREATE TABLE events_2026 (LIKE events INCLUDING CONSTRAINTS INCLUDING DEFAULTS);
                ALTER TABLE events
                    ATTACH PARTITION events_2026 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
            """,
            history=_EVENTS,
            recommended=True,
        ),
        Good("partitioned table is new", f"{_EVENTS}\n{_NEW}"),
        Good(
            "partition with a default of its own",
            """
                CREATE TABLE events_2026 PARTITION OF events (id DEFAULT 1)
                    FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
            """,
            history=_EVENTS,
        ),
        Good("lock_timeout is set", f"SET lock_timeout = '2s';\n{_NEW}", history=_EVENTS),
        Good(
            "runner sets lock_timeout",
            _NEW,
            history=_EVENTS,
            settings=(("runner_sets_lock_timeout", True),),
        ),
        Good(
            "partitioned table is locked already",
            f"ALTER TABLE events ADD COLUMN note text;\n{_NEW}",
            history=_EVENTS,
        ),
        Good(
            "default partition, which ATTACH PARTITION locks as well",
            _NEW,
            history=f"{_EVENTS}CREATE TABLE events_rest PARTITION OF events DEFAULT;",
        ),
        Good(
            "partitioned table is listed as small",
            _NEW,
            history=_EVENTS,
            settings=(("small_tables", frozenset({Name("public", "events")})),),
        ),
    ),
)


@rule.check(CreateTable)
def blocking_partition_creation(create: CreateTable, ctx: Context) -> Iterator[Finding]:
    parent = ctx.table(create.partition_of) if create.partition_of is not None else None
    if parent is None or parent.default_partition is not None or create.columns:
        return
    mode, held = ctx.effects.lock_on(parent.name), ctx.waits.held(parent.name)
    if mode is None or not ctx.is_live(parent.name) or (held is not None and held.mode.blocks_reads):
        return
    if ctx.session.lock_timeout or ctx.policy.runner_sets_lock_timeout:
        return
    generated = ("generated",) if any(column.generated for column in parent.columns) else ()
    plain = create._replace(
        like=((parent.name, frozenset(("constraints", "defaults", *generated))),),
        partition_of=None,
        partition_bound="",
    )
    attach = AttachPartition(
        NOWHERE, parent.name, create.table, create.partition_default, bound=create.partition_bound
    )
    yield Finding(
        create.span,
        f"making {create.table.display} waits for all queries of {parent.name.display}, and all later ones "
        "wait behind it",
        help=ctx.remedies.shown(do(plain), do(attach)),
        tables=(parent.name,),
    )
