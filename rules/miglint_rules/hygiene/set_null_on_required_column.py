"""
Foreign key that sets a required column to NULL.

With `ON DELETE SET NULL` the server sets the column of each row that refers to a deleted one to NULL. Where
the column is NOT NULL, that fails, and with it the DELETE: no row that anything refers to can ever be
deleted. It is accepted all the same, and nobody notices before the first such DELETE.
Make it `ON DELETE RESTRICT` or `CASCADE`, or let the column be NULL.

Off by default: no migration fails by it, and code may never delete such a row.
Judged at the end of the history: silent when a later migration drops NOT NULL, or the key, and when the key
names other columns to be set.

https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-FK
"""

from collections.abc import Iterator

from miglint.model import Finding, Severity
from miglint.rule import Bad, Context, Good, HistoryEnd, Rule

_SHOPS = "CREATE TABLE shops (id bigint PRIMARY KEY);"

rule = Rule(
    __name__,
    severity=Severity.WARNING,
    since="0.1.0",
    profile="all",
    examples=(
        Bad(
            "NOT NULL",
            """
                CREATE TABLE orders (
                    shop_id bigint NOT NULL
                        REFERENCES shops ON DELETE SET NULL  -- expect: set-null-on-required-column
                );
            """,
            history=_SHOPS,
        ),
        Bad(
            "when the key changes",
            """
                ALTER TABLE orders
                    ADD FOREIGN KEY (shop_id) REFERENCES shops  -- expect: set-null-on-required-column
                    ON UPDATE SET NULL;
            """,
            history=f"{_SHOPS}\nCREATE TABLE orders (shop_id bigint NOT NULL);",
        ),
        Good(
            "NOT NULL dropped in the next migration",
            """
                CREATE TABLE orders (shop_id bigint NOT NULL REFERENCES shops ON DELETE SET NULL);
                -- migration
                ALTER TABLE orders ALTER shop_id DROP NOT NULL;
            """,
            history=_SHOPS,
        ),
        Good(
            "column can be NULL",
            "CREATE TABLE orders (shop_id bigint REFERENCES shops ON DELETE SET NULL);",
            history=_SHOPS,
        ),
        Good(
            "the key names the other column",
            """
                CREATE TABLE orders (
                    shop bigint NOT NULL,
                    place int,
                    FOREIGN KEY (shop, place) REFERENCES places (shop, number) ON DELETE SET NULL (place)
                );
            """,
            history="CREATE TABLE places (shop bigint, number int, PRIMARY KEY (shop, number));",
        ),
    ),
)


@rule.check(HistoryEnd)
def set_null_on_required_column(end: HistoryEnd, ctx: Context) -> Iterator[Finding]:
    for made in ctx.whole.constraints:
        key, table = made.constraint, made.table
        changed = key.columns if key.on_update == "set null" else ()
        gone = (key.set_columns or key.columns) if key.on_delete == "set null" else ()
        columns = (table.column(name) for name in dict.fromkeys((*gone, *changed)))
        required = next((column.name for column in columns if column and not column.nullable), None)
        if required is not None and key.references is not None:
            action = "DELETE from" if required in gone else "change of a key of"
            yield made.origin.finding(
                f"a {action} {key.references.display} fails where {table.name.display} refers to it, for "
                f"{required} is NOT NULL",
                help="make it RESTRICT or CASCADE, or drop NOT NULL from the column",
                tables=(table.name, key.references),
            )
