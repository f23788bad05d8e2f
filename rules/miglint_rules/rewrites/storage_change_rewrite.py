"""
Change of how a table is stored, which copies it under lock.

`SET LOGGED`, `SET UNLOGGED`, `SET TABLESPACE` and `SET ACCESS METHOD` copy the whole table, and what is
written to the write-ahead log has to reach every replica, all under ACCESS EXCLUSIVE: even a SELECT waits
until COMMIT.
Create a new table that is stored that way, copy the rows in batches while a trigger keeps it up to date, and
swap the names; or do it at a quiet time, outside the migrations.

Silent when the table is already stored that way, for partitioned parents (only new partitions are affected),
when this migration creates or truncates the table, and for tables that the configuration lists as small.

https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-SET-LOGGED-UNLOGGED
"""

from collections.abc import Iterator

from miglint.model import Finding, Name, Severity, TableCommand, quote
from miglint.rule import Bad, Context, Good, Rule

TABLE = "CREATE TABLE orders (id bigint PRIMARY KEY);"

rule = Rule(
    __name__,
    severity=Severity.ERROR,
    since="0.1.0",
    examples=(
        Bad(
            "table in use becomes unlogged",
            "ALTER TABLE orders SET UNLOGGED;  -- expect: storage-change-rewrite",
            history=TABLE,
        ),
        Bad(
            "table in use moves to another disk",
            "ALTER TABLE orders SET TABLESPACE fast;  -- expect: storage-change-rewrite",
            history=TABLE,
        ),
        Good(
            "table is stored in that way already",
            "ALTER TABLE orders SET TABLESPACE pg_default, SET ACCESS METHOD heap;",
            history="CREATE TABLE orders (id bigint);",
        ),
        Bad(
            "table was stored in another way before",
            "ALTER TABLE orders SET TABLESPACE pg_default;  -- expect: storage-change-rewrite",
            history="CREATE TABLE orders (id bigint) TABLESPACE fast;",
        ),
        Good(
            "new table that is stored that way",
            "CREATE UNLOGGED TABLE orders_new (LIKE orders INCLUDING ALL);",
            history=TABLE,
            recommended=True,
        ),
        Good(
            "table is already unlogged",
            "ALTER TABLE visits SET UNLOGGED;",
            history="CREATE UNLOGGED TABLE visits (id bigint);",
        ),
        Good(
            "command that copies nothing",
            "ALTER TABLE orders SET (fillfactor = 80);",
            history=TABLE,
        ),
        Good(
            "table is new in this migration",
            "CREATE UNLOGGED TABLE staged AS SELECT * FROM orders;\nALTER TABLE staged SET LOGGED;",
            history=TABLE,
        ),
        Good(
            "table is listed as small",
            "ALTER TABLE orders SET UNLOGGED;",
            history=TABLE,
            settings=(("small_tables", frozenset({Name("public", "orders")})),),
        ),
    ),
)


@rule.check(TableCommand)
def storage_change_rewrite(command: TableCommand, ctx: Context) -> Iterator[Finding]:
    if ctx.waits.leading_cause != "storage":
        return
    table = command.table
    new = quote(f"{table.name}_new")
    unlogged = "UNLOGGED " if command.action == "set unlogged" else ""
    options = {"set tablespace": " TABLESPACE ...", "set access method": " USING ..."}
    option = options.get(command.action, "")
    yield Finding(
        command.span,
        f"{command.action.upper()} rewrites {table.display} under ACCESS EXCLUSIVE",
        help=(
            f"CREATE {unlogged}TABLE {new} (LIKE {table.sql} INCLUDING ALL){option};\n"
            f"-- copy the rows in batches while a trigger on {table.sql} keeps the copy up to date;\n"
            "-- then swap the names of the tables in a short migration"
        ),
        tables=(table,),
        related=ctx.waits.also_blocking,
    )
