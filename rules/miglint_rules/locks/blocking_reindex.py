"""
Reindex that blocks writes to a live table.

`REINDEX` holds a SHARE lock on the table until the build ends, so every INSERT, UPDATE and DELETE waits,
and an ACCESS EXCLUSIVE lock on each index: since the planner looks at all indexes of a table, nearly every
SELECT on it waits as well.
`REINDEX ... CONCURRENTLY` builds a second index next to the old one and lets reads and writes continue.
It takes longer, waits for older transactions, and cannot run in a transaction.
The index of an exclusion constraint cannot be rebuilt that way.

Silent when this migration creates or truncates the table, and for tables that the configuration lists as
small.

https://www.postgresql.org/docs/current/sql-reindex.html#SQL-REINDEX-CONCURRENTLY
"""

from collections.abc import Iterator

from miglint.model import Finding, Name, Outside, Reindex, Severity, do
from miglint.rule import Bad, Context, Good, Rule

TABLE = """
CREATE TABLE orders (id bigint PRIMARY KEY, status text);
CREATE INDEX orders_status ON orders (status);
"""

rule = Rule(
    __name__,
    severity=Severity.ERROR,
    since="0.1.0",
    examples=(
        Bad(
            "one index of a table in use",
            "REINDEX INDEX orders_status;  -- expect: blocking-reindex",
            history=TABLE,
        ),
        Bad(
            "all indexes of a table in use",
            "REINDEX TABLE orders;  -- expect: blocking-reindex",
            history=TABLE,
        ),
        Bad(
            "index of a materialized view",
            "REINDEX INDEX totals_status;  -- expect: blocking-reindex",
            history=f"""
                {TABLE}
                CREATE MATERIALIZED VIEW totals AS SELECT status, count(*) FROM orders GROUP BY status;
                CREATE INDEX totals_status ON totals (status);
            """,
        ),
        Bad(
            "index that no migration makes",
            "REINDEX INDEX carts_status;  -- expect: blocking-reindex",
            history=TABLE,
        ),
        Good(
            "alone in its migration and concurrent",
            "REINDEX INDEX CONCURRENTLY orders_status;",
            history=TABLE,
            recommended=True,
        ),
        Good(
            "table is new in this migration",
            "CREATE TABLE carts (id bigint PRIMARY KEY);\nREINDEX TABLE carts;",
        ),
        Good(
            "table has no index",
            "REINDEX TABLE notes;",
            history="CREATE TABLE notes (body text);",
        ),
        Good(
            "table is listed as small",
            "REINDEX TABLE orders;",
            history=TABLE,
            settings=(("small_tables", frozenset({Name("public", "orders")})),),
        ),
    ),
)


@rule.check(Reindex)
def blocking_reindex(reindex: Reindex, ctx: Context) -> Iterator[Finding]:
    builds = ctx.waits.blocked(ctx.effects.index_builds)
    if not builds or reindex.target is None:
        return
    table = builds[0].table
    who = f"writers of {table.display}, and most readers,"
    if ctx.schema.view(table) is not None:
        who = f"most readers of {table.display}"
    elif reindex.kind == "index" and table == reindex.target:
        who = "writers of its table, and most readers,"
    yield Finding(
        reindex.span,
        f"REINDEX keeps {who} waiting until it ends",
        help=ctx.remedies.shown(Outside((do(reindex._replace(concurrently=True)),))),
        tables=(table,),
        related=ctx.waits.locked_before(table),
    )
