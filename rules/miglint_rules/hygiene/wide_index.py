"""
Index of more than three columns.

A column in an index helps where the query also has those before it; the fourth one rarely picks fewer rows,
and is written at each INSERT and most UPDATEs.
Begin with the columns that pick the fewest rows, and stop there; columns that a query only reads belong
into INCLUDE.

Off by default, as a matter of taste. Silent about unique indexes, which need all their columns, and when a
later migration drops the index.

https://www.postgresql.org/docs/current/indexes-multicolumn.html
"""

from collections.abc import Iterator

from miglint.model import Finding, Index, Severity, quote
from miglint.rule import Bad, Context, Good, HistoryEnd, Rule

_ORDERS = "CREATE TABLE orders (id bigint PRIMARY KEY, shop int, day date, state text, note text);"

rule = Rule(
    __name__,
    severity=Severity.NOTE,
    since="0.1.0",
    profile="all",
    examples=(
        Bad(
            "four columns",
            "CREATE INDEX orders_all ON orders (shop, day, state, note);  -- expect: wide-index",
            history=_ORDERS,
        ),
        Good("three columns", "CREATE INDEX ON orders (shop, day, state);", history=_ORDERS),
        Good(
            "columns that are only read",
            "CREATE INDEX ON orders (shop, day) INCLUDE (state, note);",
            history=_ORDERS,
        ),
        Good("unique", "CREATE UNIQUE INDEX ON orders (shop, day, state, note);", history=_ORDERS),
        Good(
            "index of a migration before",
            "DROP TABLE IF EXISTS others;",
            history=f"{_ORDERS}\nCREATE INDEX ON orders (shop, day, state, note);",
        ),
    ),
)

_MANY = 3


@rule.check(HistoryEnd)
def wide_index(end: HistoryEnd, ctx: Context) -> Iterator[Finding]:
    for index in ctx.schema.relations.values():
        if isinstance(index, Index) and len(index.elements) > _MANY and not index.unique:
            made = ctx.whole.index(index)
            if made is not None and ctx.whole.asks_for(made.origin):
                yield made.origin.finding(
                    f"{quote(index.name.name)} has {len(index.elements)} columns: the last ones rarely help",
                    help="keep the columns that pick the fewest rows, and INCLUDE those that are only read",
                    tables=(index.table,),
                )
