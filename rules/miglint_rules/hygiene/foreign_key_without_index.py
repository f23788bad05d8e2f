"""
Foreign key without an index on its columns.

For each row that is deleted from the table it refers to, or whose key changes, the server looks for rows that
refer to it: without an index by reading the whole table, once for each deleted row. With ON DELETE CASCADE or
SET NULL a DELETE of a thousand parents reads the table a thousand times. Joins from the parent do so as well.
Build an index that begins with the columns of the key.

Off by default: where parents are never deleted, the index only costs. A warning for CASCADE and SET NULL.
Judged at the end of the history, whatever migration makes the index: the first columns of a btree index, in
any order, or the column of a hash index, count; a partial index counts where its condition is only that the
columns are not NULL.
Silent about tables that the configuration lists as small, and about partitions, whose parent has the key.

https://www.postgresql.org/docs/current/ddl-constraints.html#DDL-CONSTRAINTS-FK
"""

import re
from collections.abc import Iterator

from miglint.model import NOWHERE, CreateIndex, Finding, Index, IndexElement, Name, Severity, do
from miglint.rule import Bad, Context, Good, HistoryEnd, MadeConstraint, Rule, Together

_ORDERS = "CREATE TABLE orders (id bigint PRIMARY KEY);"

rule = Rule(
    __name__,
    severity=Severity.NOTE,
    since="0.1.0",
    profile="all",
    together=Together("table", noun="foreign key"),
    examples=(
        Bad(
            "no index",
            """
                CREATE TABLE items (
                    id bigint PRIMARY KEY,
                    order_id bigint REFERENCES orders  -- expect: foreign-key-without-index
                );
            """,
            history=_ORDERS,
        ),
        Bad(
            "index that begins with another column",
            """
                CREATE TABLE items (shop_id bigint, order_id bigint);
                CREATE INDEX items_shop ON items (shop_id, order_id);
                ALTER TABLE items
                    ADD FOREIGN KEY (order_id) REFERENCES orders;  -- expect: foreign-key-without-index
            """,
            history=_ORDERS,
        ),
        Bad(
            "partial index",
            """
                CREATE TABLE items (open boolean, order_id bigint);
                CREATE INDEX items_open ON items (order_id) WHERE open;
                ALTER TABLE items
                    ADD FOREIGN KEY (order_id) REFERENCES orders;  -- expect: foreign-key-without-index
            """,
            history=_ORDERS,
        ),
        Bad(
            "table of a migration before, and rows that are deleted along",
            """
                ALTER TABLE items ADD FOREIGN KEY (order_id)  -- expect: foreign-key-without-index
                    REFERENCES orders ON DELETE CASCADE NOT VALID;
            """,
            history=f"{_ORDERS}\nCREATE TABLE items (order_id bigint);",
        ),
        Good(
            "index made in the next migration",
            """
                CREATE TABLE items (order_id bigint REFERENCES orders);
                -- migration
                CREATE INDEX items_order_id ON items (order_id);
            """,
            history=_ORDERS,
        ),
        Good(
            "primary key that begins with the column",
            "CREATE TABLE items (order_id bigint REFERENCES orders, n int, PRIMARY KEY (order_id, n));",
            history=_ORDERS,
        ),
        Good(
            "columns in another order",
            """
                CREATE TABLE items (shop int, number int, at date);
                CREATE INDEX items_place ON items (number, shop, at);
                ALTER TABLE items ADD FOREIGN KEY (shop, number) REFERENCES places (shop, number);
            """,
            history="CREATE TABLE places (shop int, number int, PRIMARY KEY (shop, number));",
        ),
        Good(
            "index on the rows that refer to something",
            """
                CREATE TABLE items (order_id bigint REFERENCES orders);
                CREATE INDEX items_order_id ON items (order_id) WHERE order_id IS NOT NULL;
            """,
            history=_ORDERS,
        ),
        Bad(
            "index of another method",
            """
                CREATE TABLE items (
                    order_id bigint REFERENCES orders  -- expect: foreign-key-without-index
                );
                CREATE INDEX items_order_id ON items USING brin (order_id);
            """,
            history=_ORDERS,
        ),
        Bad(
            "partitioned table",
            """
                CREATE TABLE items (
                    day date,
                    order_id bigint REFERENCES orders  -- expect: foreign-key-without-index
                ) PARTITION BY RANGE (day);
            """,
            history=_ORDERS,
        ),
        Good(
            "column dropped later",
            """
                CREATE TABLE items (id bigint, order_id bigint REFERENCES orders);
                -- migration
                ALTER TABLE items DROP COLUMN order_id;
            """,
            history=_ORDERS,
        ),
        Good(
            "table is listed as small",
            "CREATE TABLE items (order_id bigint REFERENCES orders);",
            history=_ORDERS,
            settings=(("small_tables", frozenset({Name("public", "items")})),),
        ),
        Good("no foreign key", "CREATE TABLE items (order_id bigint CHECK (order_id > 0));"),
    ),
)


_NOT_NULL = re.compile(r"\(*[^\s()]+ IS NOT NULL\)*", re.IGNORECASE).fullmatch
"""A condition that each row fulfils which refers to anything."""


@rule.check(HistoryEnd)
def foreign_key_without_index(end: HistoryEnd, ctx: Context) -> Iterator[Finding]:
    covered: dict[Name, set[frozenset[str]]] = {}
    for made in ctx.whole.constraints:
        key, table = made.constraint, made.table
        if key.kind != "foreign" or key.references is None or ctx.is_small(table.name):
            continue
        if table.name not in covered:
            indexes = ctx.schema.indexes_of(table)
            covered[table.name] = {columns for index in indexes for columns in _covered(index)}
        if frozenset(key.columns) not in covered[table.name]:
            spreads = key.on_delete in ("cascade", "set null", "set default")
            columns = ", ".join(key.columns)
            yield made.origin.finding(
                f"no index begins with {columns}: each DELETE from {key.references.display} reads all of "
                f"{table.name.display}",
                help=_help(made, ctx) + ctx.whole.declared_as_well,
                tables=(table.name, key.references),
                severity=Severity.WARNING if spreads else None,
            )


def _covered(index: Index) -> Iterator[frozenset[str]]:
    """Give the sets of columns by which rows are looked up in an index."""
    if index.method in ("btree", "hash") and not index.only:
        condition = index.predicate
        for count in range(1, len(index.elements) + 1):
            columns = frozenset(index.elements[:count])
            if condition is None or (columns.issuperset(condition.columns) and _NOT_NULL(condition.text)):
                yield columns


def _help(made: MadeConstraint, ctx: Context) -> str:
    table, columns = made.table.name, made.constraint.columns
    if made.table.partition_by:
        return f"build an index on ({', '.join(columns)}) of each partition CONCURRENTLY, and attach them"
    elements = tuple(IndexElement(column=column, label=column) for column in columns)
    index = CreateIndex(NOWHERE, "_".join((table.name, *columns, "idx")), table, elements)
    maker = ctx.whole.origins.table(table)
    if maker is not None and maker.step.migration == made.origin.step.migration:
        return ctx.remedies.shown(do(index))
    return ctx.remedies.concurrent_index(index, table, later=True)
