"""
Dropped materialized view, whose rows have to be computed again.

A materialized view holds rows as a table does. `DROP MATERIALIZED VIEW` takes them with their indexes,
and code that still reads the view fails at once; a rollback has to run the whole query again, and the
result is that of the day, not the one that was dropped.
Release code that no longer reads the view first, and drop it in a later release.

Silent when this migration makes a relation of that name again, when it created the view itself, when the
view was never filled, and when IF EXISTS finds no such view.

https://www.postgresql.org/docs/current/sql-dropmaterializedview.html
"""

from collections.abc import Iterator

from miglint.model import DropView, Finding, Severity
from miglint.rule import Bad, Context, Good, Rule

rule = Rule(
    __name__,
    severity=Severity.WARNING,
    since="0.1.0",
    examples=(
        Bad(
            "view that readers may use",
            "DROP MATERIALIZED VIEW daily_sales;  -- expect: dropped-materialized-view",
            history="""
                CREATE TABLE sales (day date, amount numeric);
                CREATE MATERIALIZED VIEW daily_sales AS SELECT day, sum(amount) FROM sales GROUP BY day;
            """,
        ),
        Good(
            "view is made again",
            """
                DROP MATERIALIZED VIEW daily_sales;
                CREATE MATERIALIZED VIEW daily_sales AS SELECT day, count(*) FROM sales GROUP BY day;
            """,
            history="""
                CREATE TABLE sales (day date, amount numeric);
                CREATE MATERIALIZED VIEW daily_sales AS SELECT day, sum(amount) FROM sales GROUP BY day;
            """,
        ),
        Good(
            "view is new in this migration",
            "CREATE MATERIALIZED VIEW ids AS SELECT id FROM sales;\nDROP MATERIALIZED VIEW ids;",
            history="CREATE TABLE sales (id bigint);",
        ),
        Good(
            "view was never filled",
            "DROP MATERIALIZED VIEW ids;",
            history="""
                CREATE TABLE sales (id bigint);
                CREATE MATERIALIZED VIEW ids AS SELECT id FROM sales WITH NO DATA;
            """,
        ),
        Good(
            "plain view, which has no rows of its own",
            "DROP VIEW ids;",
            history="CREATE TABLE sales (id bigint);\nCREATE VIEW ids AS SELECT id FROM sales;",
        ),
        Good(
            "history has no such view, so IF EXISTS drops nothing",
            "DROP MATERIALIZED VIEW IF EXISTS ids;",
        ),
    ),
)


@rule.check(DropView)
def dropped_materialized_view(drop: DropView, ctx: Context) -> Iterator[Finding]:
    lost = any(loss.table == drop.view for loss in ctx.effects.destroys)
    if not lost or ctx.is_new(drop.view):
        return
    view = ctx.schema.view(drop.view)
    if drop.if_exists if view is None else not view.populated:
        return
    if drop.view in ctx.records[-1].after.relations:
        return
    yield Finding(
        drop.span,
        f"dropping the materialized view {drop.view.display} destroys its rows and breaks code that reads it",
        help="drop it in a release after the one whose code no longer reads it",
        tables=(drop.view,),
    )
