"""
Index build that blocks writes to a live table.

`CREATE INDEX` holds a SHARE lock on the table from its start until COMMIT: reads continue, but every INSERT,
UPDATE and DELETE waits, for minutes on a large table.
`CREATE INDEX CONCURRENTLY` takes SHARE UPDATE EXCLUSIVE instead, which lets writes continue.
It waits for older transactions twice, takes longer, and cannot run in a transaction; if it fails, it leaves
an invalid index, which must be dropped before the next try.
On a partitioned table CONCURRENTLY is refused: create the index `ON ONLY` the parent, build it concurrently
on each partition, and attach those indexes.

Silent when this migration, or one that is deployed with it, creates or truncates the table, for tables that
the configuration lists as small, and for a materialized view, which nobody writes to: reads continue, and
only a REFRESH waits.

https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY
"""

from collections.abc import Iterator

from miglint.model import CreateIndex, Edit, Finding, Fix, Name, Severity, TransactionMode, quote
from miglint.rule import Bad, Context, Good, Rule, Together

_MASTER = """
    <databaseChangeLog><include file="db/1.xml"/></databaseChangeLog>
"""
_TABLE = """
    <databaseChangeLog>
        <changeSet id="1" author="ana">
            <createTable tableName="orders"><column name="status" type="text"/></createTable>
        </changeSet>
    </databaseChangeLog>
"""
_LOCK_FILE = "prisma/migrations/migration_lock.toml"
_LOCK = 'provider = "postgresql"'
_FIRST = "prisma/migrations/20240305101500_orders/migration.sql"
_MINUTES_LATER = "prisma/migrations/20240305101800_by_status/migration.sql"
_DAYS_LATER = "prisma/migrations/20240307101500_by_status/migration.sql"
_ORDERS = "CREATE TABLE orders (id bigint PRIMARY KEY, status text);"
_BY_STATUS = """
    CREATE INDEX orders_status ON orders (status);%s
    COMMENT ON INDEX orders_status IS 'open ones are looked for';
"""
_EXPECTED = "  -- expect: blocking-index-build"
_INDEX = """
    <databaseChangeLog>
        <changeSet id="1" author="ana">
            <createTable tableName="orders"><column name="status" type="text"/></createTable>
        </changeSet>
        <changeSet id="2" author="ana">
            <createIndex tableName="orders" indexName="i"><column name="status"/></createIndex>%s
        </changeSet>
    </databaseChangeLog>
"""

rule = Rule(
    __name__,
    severity=Severity.ERROR,
    since="0.1.0",
    together=Together("table"),
    examples=(
        Bad(
            "index on a table in use",
            "CREATE INDEX orders_status ON orders (status);  -- expect: blocking-index-build",
            history="CREATE TABLE orders (id bigint PRIMARY KEY, status text);",
            fixed="CREATE INDEX CONCURRENTLY orders_status ON orders (status);",
        ),
        Bad(
            "index on a partitioned table with partitions",
            "CREATE INDEX events_at ON events (at);  -- expect: blocking-index-build",
            history="""
                CREATE TABLE events (id bigint, at date) PARTITION BY RANGE (at);
                CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
            """,
        ),
        Bad(
            "all rows were deleted in the same transaction, and the dead rows are still indexed",
            "DELETE FROM orders;\nCREATE INDEX ON orders (status);  -- expect: blocking-index-build",
            history="CREATE TABLE orders (id bigint PRIMARY KEY, status text);",
        ),
        Bad(
            "table from an earlier migration of the same history",
            """
                CREATE TABLE orders (id bigint PRIMARY KEY, status text);
                -- migration
                CREATE INDEX ON orders (status);  -- expect: blocking-index-build
            """,
            fixed="""
CREATE TABLE orders (id bigint PRIMARY KEY, status text);
-- migration
CREATE INDEX CONCURRENTLY ON orders (status);
            """.strip(),
        ),
        Bad(
            "index is added later to the changelog that created the table",
            files={
                "db/changelog-master.xml": _MASTER,
                "db/1.xml": _INDEX % "  -- expect: blocking-index-build",
            },
            before={"db/changelog-master.xml": _MASTER, "db/1.xml": _TABLE},
        ),
        Good(
            "table is new in this migration",
            "CREATE TABLE orders (id bigint PRIMARY KEY, status text);\nCREATE INDEX ON orders (status);",
        ),
        Good(
            "table of a statement that does not parse is new as well",
            'CREATE TABLE IF NOT EXISTS "Carts" (id %TYPE%);\nCREATE INDEX ON "Carts" (id);',
        ),
        Good(
            "temporary table of a function",
            """
                CREATE FUNCTION pick() RETURNS void LANGUAGE plpgsql AS $$
                BEGIN
                  CREATE TEMP TABLE picked AS SELECT id FROM orders;
                  CREATE INDEX ON picked (id);
                END $$;
                SELECT pick();
            """,
            history="CREATE TABLE orders (id bigint PRIMARY KEY, status text);",
        ),
        Bad(
            "table is two days older than the index, by the names of the migrations",
            files={_LOCK_FILE: _LOCK, _FIRST: _ORDERS, _DAYS_LATER: _BY_STATUS % _EXPECTED},
        ),
        Good(
            "migration that was written minutes earlier creates the table",
            files={_LOCK_FILE: _LOCK, _FIRST: _ORDERS, _MINUTES_LATER: _BY_STATUS % ""},
        ),
        Bad(
            "change adds the index only, and the table was there before",
            before={_LOCK_FILE: _LOCK, _FIRST: _ORDERS},
            files={_LOCK_FILE: _LOCK, _FIRST: _ORDERS, _MINUTES_LATER: _BY_STATUS % _EXPECTED},
        ),
        Good(
            "change adds both, the migration that creates the table and the one with the index",
            before={_LOCK_FILE: _LOCK},
            files={_LOCK_FILE: _LOCK, _FIRST: _ORDERS, _DAYS_LATER: _BY_STATUS % ""},
        ),
        Good(
            "folder of the same release creates the table",
            files={
                "migrations/1.4/01_orders.sql": _ORDERS,
                "migrations/1.4/02_index.sql": _BY_STATUS % "",
                "migrations/1.5/01_users.sql": "CREATE TABLE users (id bigint PRIMARY KEY);",
            },
        ),
        Good(
            "changelog of a release creates the table, and then the index",
            files={"db/changelog-master.xml": _MASTER, "db/1.xml": _INDEX % ""},
        ),
        Good(
            "alone in its migration and concurrent",
            "CREATE INDEX CONCURRENTLY orders_status ON orders (status);",
            history="CREATE TABLE orders (id bigint PRIMARY KEY, status text);",
            recommended=True,
        ),
        Good(
            "materialized view, which nobody writes to",
            "CREATE INDEX daily_status ON daily (status);",
            history="""
                CREATE TABLE orders (id bigint PRIMARY KEY, status text);
                CREATE MATERIALIZED VIEW daily AS SELECT status FROM orders;
            """,
        ),
        Good(
            "required column was added, which fails on the first row",
            """
                ALTER TABLE orders ADD COLUMN region text NOT NULL;
                CREATE INDEX orders_region ON orders (region);
            """,
            history="CREATE TABLE orders (id bigint PRIMARY KEY, status text);",
        ),
        Good(
            "table was truncated earlier",
            "TRUNCATE orders;\nCREATE INDEX orders_status ON orders (status);",
            history="CREATE TABLE orders (id bigint PRIMARY KEY, status text);",
        ),
        Good(
            "all rows were deleted earlier, and the DELETE has committed",
            "DELETE FROM orders;\nCREATE INDEX orders_status ON orders (status);",
            history="CREATE TABLE orders (id bigint PRIMARY KEY, status text);",
            mode=TransactionMode.PER_STATEMENT,
        ),
        Good(
            "index already exists, so IF NOT EXISTS builds nothing",
            "CREATE INDEX IF NOT EXISTS orders_status ON orders (status);",
            history="""
                CREATE TABLE orders (id bigint PRIMARY KEY, status text);
                CREATE INDEX orders_status ON orders (status);
            """,
        ),
        Good(
            "parent of partitions, ON ONLY",
            "CREATE INDEX events_at ON ONLY events (at);",
            history="""
                CREATE TABLE events (id bigint, at date) PARTITION BY RANGE (at);
                CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
            """,
            recommended=True,
        ),
        Good(
            "table is listed as small",
            "CREATE INDEX plans_name ON plans (name);",
            history="CREATE TABLE plans (id bigint PRIMARY KEY, name text);",
            settings=(("small_tables", frozenset({Name("public", "plans")})),),
        ),
    ),
)


@rule.check(CreateIndex)
def blocking_index_build(index: CreateIndex, ctx: Context) -> Iterator[Finding]:
    if not ctx.waits.blocked(ctx.effects.index_builds):
        return
    table = index.table
    yield Finding(
        index.span,
        f"index build blocks {ctx.waits.blocked_uses(table)} until it ends",
        help=_help(index, ctx),
        tables=(table,),
        related=ctx.waits.locked_before(table),
        fix=_fix(index, ctx),
    )


def _help(index: CreateIndex, ctx: Context) -> str:
    if _is_partitioned(index, ctx):
        each = ", for each partition"
        return (
            f"CREATE INDEX {quote(index.name or 'name')} ON ONLY {index.table.sql} ...;\n"
            f"{ctx.remedies.concurrent_index('CREATE INDEX ... ON ...', index.table, remark=each)}\n"
            "-- and then:\nALTER INDEX ... ATTACH PARTITION ...;"
        )
    return ctx.remedies.built_concurrently(index)


def _fix(index: CreateIndex, ctx: Context) -> Fix | None:
    if index.keyword is None or ctx.block is not None or _is_partitioned(index, ctx):
        return None
    # Not safe: a build that fails leaves an invalid index behind.
    return Fix("Add CONCURRENTLY", (Edit.insert(index.keyword, " CONCURRENTLY"),))


def _is_partitioned(index: CreateIndex, ctx: Context) -> bool:
    table = ctx.table(index.table)
    return table is not None and bool(table.partition_by)
