"""
Hash index, which can do less than a btree index.

A hash index finds equal values and nothing else: it cannot be unique, has one column, and no order or range
is read from it. Before PostgreSQL 10 it was lost in a crash.
Take btree, the default, unless the values are long and a measurement has shown the gain.

Off by default, as a matter of taste. Silent when a later migration drops the index.

https://www.postgresql.org/docs/current/hash-index.html
"""

from collections.abc import Iterator

from miglint.model import Finding, Index, Severity, quote
from miglint.rule import Bad, Context, Good, HistoryEnd, Rule

_ORDERS = "CREATE TABLE orders (id bigint PRIMARY KEY, number text);"

rule = Rule(
    __name__,
    severity=Severity.NOTE,
    since="0.1.0",
    profile="all",
    examples=(
        Bad(
            "hash index",
            "CREATE INDEX orders_number ON orders USING hash (number);  -- expect: hash-index",
            history=_ORDERS,
        ),
        Good("btree", "CREATE INDEX orders_number ON orders (number);", history=_ORDERS),
        Good(
            "dropped in the next migration",
            """
                CREATE INDEX orders_number ON orders USING hash (number);
                -- migration
                DROP INDEX orders_number;
            """,
            history=_ORDERS,
        ),
        Good(
            "index of a migration before",
            "DROP TABLE IF EXISTS others;",
            history=f"{_ORDERS}\nCREATE INDEX ON orders USING hash (number);",
        ),
    ),
)


@rule.check(HistoryEnd)
def hash_index(end: HistoryEnd, ctx: Context) -> Iterator[Finding]:
    for index in ctx.schema.relations.values():
        if isinstance(index, Index) and index.method == "hash":
            made = ctx.whole.index(index)
            if made is not None and ctx.whole.asks_for(made.origin):
                yield made.origin.finding(
                    f"the hash index {quote(index.name.name)} finds equal values and nothing else",
                    help="leave USING hash out",
                    tables=(index.table,),
                )
