"""
Refresh of a materialized view during which its readers wait.

`REFRESH MATERIALIZED VIEW` computes the view again under ACCESS EXCLUSIVE: every SELECT on it waits until
COMMIT.
`REFRESH MATERIALIZED VIEW CONCURRENTLY` computes the new rows separately and applies the differences;
meanwhile readers see the old rows.
It needs a unique index on plain columns of the view, without WHERE, and takes longer when most rows change.

Silent when this migration creates the view, when the view has no data yet, and WITH NO DATA.

https://www.postgresql.org/docs/current/sql-refreshmaterializedview.html
"""

from collections.abc import Iterator

from miglint.model import NOWHERE, Finding, Given, Name, RefreshMaterializedView, Say, Severity, do, quote
from miglint.rule import Bad, Context, Good, Rule

VIEW = """
CREATE TABLE orders (id bigint PRIMARY KEY, total numeric);
CREATE MATERIALIZED VIEW totals AS SELECT id, total FROM orders;
"""
INDEXED = f"{VIEW}\nCREATE UNIQUE INDEX totals_id ON totals (id);"

rule = Rule(
    __name__,
    severity=Severity.ERROR,
    since="0.1.0",
    examples=(
        Bad(
            "view in use",
            "REFRESH MATERIALIZED VIEW totals;  -- expect: blocking-refresh",
            history=INDEXED,
        ),
        Bad(
            "view in use, without a unique index",
            "REFRESH MATERIALIZED VIEW totals;  -- expect: blocking-refresh",
            history=VIEW,
        ),
        Good(
            "concurrent, with a unique index",
            "REFRESH MATERIALIZED VIEW CONCURRENTLY totals;",
            history=INDEXED,
            recommended=True,
        ),
        Good(
            "view is new in this migration",
            "CREATE MATERIALIZED VIEW sums AS SELECT 1 AS one;\nREFRESH MATERIALIZED VIEW sums;",
            history=VIEW,
        ),
        Good(
            "view has no data yet, so nobody can read it",
            "REFRESH MATERIALIZED VIEW totals;",
            history=VIEW.replace("FROM orders;", "FROM orders WITH NO DATA;"),
        ),
        Good(
            "data is discarded",
            "REFRESH MATERIALIZED VIEW totals WITH NO DATA;",
            history=VIEW,
        ),
        Good(
            "view is listed as small",
            "REFRESH MATERIALIZED VIEW totals;",
            history=VIEW,
            settings=(("small_tables", frozenset({Name("public", "totals")})),),
        ),
    ),
)


@rule.check(RefreshMaterializedView)
def blocking_refresh(refresh: RefreshMaterializedView, ctx: Context) -> Iterator[Finding]:
    if not ctx.waits.blocked(ctx.effects.rewrites):
        return
    view = ctx.schema.view(refresh.view)
    indexes = ctx.schema.indexes_of(view) if view else ()
    ready = any(i.unique and i.predicate is None and not i.expressions for i in indexes)
    index = f"CREATE UNIQUE INDEX {quote(refresh.view.name + '_key')} ON {refresh.view.sql} (...)"
    remark = ", on columns that pick one row"
    first = (Given(ctx.remedies.concurrent_index(index, refresh.view, remark=remark)), Say("and then:"))
    again = do(RefreshMaterializedView(NOWHERE, refresh.view, concurrently=True))
    yield Finding(
        refresh.span,
        f"refresh keeps readers of {refresh.view.display} waiting until it ends",
        help=ctx.remedies.shown(*(() if ready else first), again),
        tables=(refresh.view,),
    )
