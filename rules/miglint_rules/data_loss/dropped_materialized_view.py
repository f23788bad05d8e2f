"""
Dropped materialized view, whose rows have to be computed again.

A materialized view holds rows as a table does. `DROP MATERIALIZED VIEW` removes them with their indexes, and
code that still reads the view fails at once; a rollback has to run the whole query again, and returns the
rows of that day, not those that were dropped.
First release code that no longer reads the view, and drop it in a later release.

A view that the same migration recreates is just as bad for its readers: in a transaction, ACCESS EXCLUSIVE
makes them wait until the query has run and COMMIT comes; outside one, they find no view.
Create the new view under another name, and swap the names when it is filled.

Silent when this migration created the view itself, when the view was never filled, when the same transaction
gives its name to another one, and when IF EXISTS finds no such view.

https://www.postgresql.org/docs/current/sql-dropmaterializedview.html
"""

from collections.abc import Iterator

from miglint.model import (
    NOWHERE,
    CreateTable,
    CreateView,
    DropView,
    Finding,
    Given,
    Name,
    RenameTable,
    Say,
    Severity,
    do,
)
from miglint.rule import Bad, Context, Good, Record, Rule

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
        Bad(
            "view is recreated",
            """
                DROP MATERIALIZED VIEW daily_sales;  -- expect: dropped-materialized-view
                CREATE MATERIALIZED VIEW daily_sales AS SELECT day, count(*) FROM sales GROUP BY day;
            """,
            history="""
                CREATE TABLE sales (day date, amount numeric);
                CREATE MATERIALIZED VIEW daily_sales AS SELECT day, sum(amount) FROM sales GROUP BY day;
            """,
        ),
        Bad(
            "CASCADE of a plain view drops it too",
            "DROP VIEW sales_2025 CASCADE;  -- expect: dropped-materialized-view",
            history="""
                CREATE TABLE sales (day date, amount numeric);
                CREATE VIEW sales_2025 AS SELECT day, amount FROM sales WHERE day >= '2025-01-01';
                CREATE MATERIALIZED VIEW best_days AS SELECT day FROM sales_2025 ORDER BY amount;
            """,
        ),
        Bad(
            "table takes its name",
            """
                DROP MATERIALIZED VIEW daily_sales;  -- expect: dropped-materialized-view
                CREATE TABLE daily_sales (day date, amount numeric);
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
            "view that was filled before takes its name",
            """
                DROP MATERIALIZED VIEW daily_sales;
                ALTER MATERIALIZED VIEW daily_sales_new RENAME TO daily_sales;
            """,
            history="""
                CREATE TABLE sales (day date, amount numeric);
                CREATE MATERIALIZED VIEW daily_sales AS SELECT day, sum(amount) FROM sales GROUP BY day;
                CREATE MATERIALIZED VIEW daily_sales_new AS SELECT day, count(*) FROM sales GROUP BY day;
            """,
            recommended=True,
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
    lost = [
        loss.table
        for loss in ctx.effects.destroys
        if loss.kind == "materialized view" and not ctx.is_new(loss.table) and _was_filled(loss.table, ctx)
    ]
    if not lost:
        return
    names = ", ".join(name.display for name in lost)
    view = lost[0]
    again = view in ctx.records[-1].after.relations
    consequence = "breaks code that reads it"
    if again:
        successor = ctx.once(_successors).get(view)
        at_once = successor is not None and ctx.commits_with(successor)
        if at_once and successor is not None and isinstance(successor.operation, RenameTable):
            return
        consequence = f"its readers {'wait' if at_once else 'find nothing'} until it is filled again"
    spare = Name("", f"{view.name}_new")
    yield Finding(
        drop.span,
        f"dropping the materialized view {names} destroys its rows, and {consequence}",
        help=(
            ctx.remedies.shown(
                Given(f"CREATE MATERIALIZED VIEW {spare.sql} AS ...;"),
                Say("then, in one short transaction:"),
                do(DropView(NOWHERE, view, materialized=True)),
                do(RenameTable(NOWHERE, spare, view.name, "materialized view")),
            )
            if again
            else "drop it in a release after the one whose code no longer reads it"
        ),
        tables=tuple(lost),
    )


def _successors(records: tuple[Record, ...]) -> dict[Name, Record]:
    """The last operation that makes something of a name, or gives the name to something."""
    found: dict[Name, Record] = {}
    for record in records:
        operation = record.operation
        if isinstance(operation, CreateView):
            found[operation.view] = record
        elif isinstance(operation, CreateTable):
            found[operation.table] = record
        elif isinstance(operation, RenameTable):
            found[Name(operation.table.schema, operation.new_name)] = record
    return found


def _was_filled(name: Name, ctx: Context) -> bool:
    view = ctx.schema.view(name)
    return view is None or view.populated
