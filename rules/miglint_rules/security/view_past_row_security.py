"""
View past the row level security of its tables.

A view reads its tables with the rights of its owner, so that whoever may read the view sees all rows,
whatever the policies of the tables say; a materialized view holds them all.
From PostgreSQL 15 on `WITH (security_invoker = true)` has the view read with the rights of whoever asks.

Off by default: many views are there to show more than the table does.
Judged at the end of the history: silent when a later migration sets `security_invoker`, or drops the view, or
where none of its tables has row level security.

https://www.postgresql.org/docs/current/sql-createview.html
"""

from collections.abc import Iterator

from miglint.model import Finding, Severity, View
from miglint.rule import Bad, Context, Good, HistoryEnd, Rule

_ORDERS = "CREATE TABLE orders (id bigint);\nALTER TABLE orders ENABLE ROW LEVEL SECURITY;"

rule = Rule(
    __name__,
    severity=Severity.WARNING,
    since="0.1.0",
    profile="all",
    examples=(
        Bad(
            "view",
            "CREATE VIEW numbers AS SELECT id FROM orders;  -- expect: view-past-row-security",
            history=_ORDERS,
        ),
        Bad(
            "materialized view",
            "CREATE MATERIALIZED VIEW numbers AS SELECT id FROM orders;  -- expect: view-past-row-security",
            history=_ORDERS,
        ),
        Good(
            "with the rights of the caller",
            "CREATE VIEW numbers WITH (security_invoker = true) AS SELECT id FROM orders;",
            history=_ORDERS,
        ),
        Good(
            "set in the next migration",
            """
                CREATE VIEW numbers AS SELECT id FROM orders;
                -- migration
                ALTER VIEW numbers SET (security_invoker = on);
            """,
            history=_ORDERS,
        ),
        Good(
            "table without row level security",
            "CREATE VIEW numbers AS SELECT id FROM items;",
            history="CREATE TABLE items (id bigint);",
        ),
        Good(
            "view of a migration before",
            "DROP TABLE IF EXISTS others;",
            history=f"{_ORDERS}\nCREATE VIEW numbers AS SELECT id FROM orders;",
        ),
    ),
)

_ON = ("true", "on", "1", "yes", "")


@rule.check(HistoryEnd)
def view_past_row_security(end: HistoryEnd, ctx: Context) -> Iterator[Finding]:
    for view in ctx.schema.relations.values():
        origin = ctx.whole.origins.view(view.name) if isinstance(view, View) else None
        if origin is None or not isinstance(view, View) or not ctx.whole.asks_for(origin):
            continue
        tables = ctx.schema.tables_among(view.reads)
        secured = [table for table in tables if ("row level security", "enabled") in table.properties]
        invoker = dict(view.properties).get("the parameter security_invoker", "no").lower() in _ON
        if secured and not invoker:
            yield origin.finding(
                f"{view.name.display} shows all rows of {secured[0].name.display}, whatever its policies say",
                help="set security_invoker on the view, or let only those read it who may see all rows",
                tables=(view.name, secured[0].name),
            )
