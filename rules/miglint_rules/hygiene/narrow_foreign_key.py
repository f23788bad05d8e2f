"""
Foreign key column narrower than the key that it refers to.

The server compares an `integer` with a `bigint` without complaint, so that the table works until the key that
it refers to passes 2,147,483,647: from then on no row can refer to a new one.
Give the column the type of the key.

Off by default, as all that only matters for large tables.
Silent when the types are alike, or the column is the wider one, and when a later migration widens it.

https://www.postgresql.org/docs/current/datatype-numeric.html
"""

from collections.abc import Iterator

from miglint.model import Column, Finding, Schema, Severity
from miglint.rule import Bad, Context, Good, HistoryEnd, MadeConstraint, Rule

_ORDERS = "CREATE TABLE orders (id bigint PRIMARY KEY);"

rule = Rule(
    __name__,
    severity=Severity.WARNING,
    since="0.1.0",
    profile="all",
    examples=(
        Bad(
            "integer that refers to a bigint",
            """
                CREATE TABLE items (
                    order_id int REFERENCES orders  -- expect: narrow-foreign-key
                );
            """,
            history=_ORDERS,
        ),
        Bad(
            "with the column that it refers to",
            """
                CREATE TABLE items (id bigint, order_id int);
                ALTER TABLE items
                    ADD FOREIGN KEY (order_id) REFERENCES orders (id);  -- expect: narrow-foreign-key
            """,
            history=_ORDERS,
        ),
        Good("same type", "CREATE TABLE items (order_id bigint REFERENCES orders);", history=_ORDERS),
        Good(
            "wider",
            "CREATE TABLE items (order_id bigint REFERENCES orders);",
            history="CREATE TABLE orders (id int PRIMARY KEY);",
        ),
        Good("no number", "CREATE TABLE a (id uuid PRIMARY KEY);\nCREATE TABLE b (a_id uuid REFERENCES a);"),
        Good("table that no migration makes", "CREATE TABLE items (order_id int REFERENCES orders);"),
        Good(
            "widened in the next migration",
            """
                CREATE TABLE items (order_id int REFERENCES orders);
                -- migration
                ALTER TABLE items ALTER order_id TYPE bigint;
            """,
            history=_ORDERS,
        ),
        Good("no foreign key", "CREATE TABLE items (order_id int CHECK (order_id > 0));", history=_ORDERS),
    ),
)

_WIDTH = {"smallint": 1, "integer": 2, "bigint": 3}


@rule.check(HistoryEnd)
def narrow_foreign_key(end: HistoryEnd, ctx: Context) -> Iterator[Finding]:
    for made in ctx.whole.constraints:
        for column, key in _pairs(made, ctx.schema):
            if 0 < _WIDTH.get(column.type.name, 0) < _WIDTH.get(key.type.name, 0):
                table = made.table.name
                yield made.origin.finding(
                    f"{table.display}.{column.name} is {column.type}, and the key that it refers to "
                    f"is {key.type}",
                    help=f"make it {key.type}",
                    tables=(table,),
                )


def _pairs(made: MadeConstraint, schema: Schema) -> Iterator[tuple[Column, Column]]:
    key = made.constraint
    parent = schema.table(key.references) if key.references else None
    if parent is not None:
        own = parent.primary_key.columns if parent.primary_key else ()
        for left, right in zip(key.columns, key.referenced_columns or own, strict=False):
            column, referenced = made.table.column(left), parent.column(right)
            if column is not None and referenced is not None:
                yield column, referenced
