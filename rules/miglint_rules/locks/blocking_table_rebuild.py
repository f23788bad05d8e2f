"""
VACUUM FULL or CLUSTER, which copies a live table under lock.

`VACUUM FULL` and `CLUSTER` rewrite the whole table and all of its indexes under ACCESS EXCLUSIVE: even a
SELECT waits until they end, and the disk needs room for a second copy.
Plain `VACUUM` makes the space of dead rows reusable and blocks nobody.
If the table has to shrink or be sorted, the extension pg_repack does it while reads and writes continue; that
is maintenance work, not a migration.

Silent when this migration creates or truncates the table, and for tables that the configuration lists as
small.

https://www.postgresql.org/docs/current/routine-vacuuming.html#VACUUM-FOR-SPACE-RECOVERY
"""

from collections.abc import Iterator

from miglint.model import Finding, Maintenance, Name, Severity, TransactionMode
from miglint.rule import Bad, Context, Good, Rule

TABLE = "CREATE TABLE orders (id bigint PRIMARY KEY, status text);"

rule = Rule(
    __name__,
    severity=Severity.ERROR,
    since="0.1.0",
    examples=(
        Bad(
            "VACUUM FULL of a table in use",
            "VACUUM FULL orders;  -- expect: blocking-table-rebuild",
            history=TABLE,
        ),
        Bad(
            "CLUSTER of a table in use",
            "CLUSTER orders USING orders_pkey;  -- expect: blocking-table-rebuild",
            history=TABLE,
        ),
        Good(
            "plain VACUUM",
            "VACUUM orders;",
            history=TABLE,
            recommended=True,
        ),
        Good(
            "FULL is switched off",
            "VACUUM (FULL false, ANALYZE) orders;",
            history=TABLE,
        ),
        Good(
            "table is new in this migration",
            "CREATE TABLE sorted AS SELECT * FROM orders;\nVACUUM FULL sorted;",
            history=TABLE,
            mode=TransactionMode.PER_STATEMENT,
        ),
        Good(
            "table is listed as small",
            "VACUUM FULL orders;",
            history=TABLE,
            settings=(("small_tables", frozenset({Name("public", "orders")})),),
        ),
    ),
)


@rule.check(Maintenance)
def blocking_table_rebuild(command: Maintenance, ctx: Context) -> Iterator[Finding]:
    rewrites = ctx.waits.blocked(ctx.effects.rewrites)
    if not rewrites:
        return
    tables = tuple(dict.fromkeys(work.table for work in rewrites))
    words = "CLUSTER" if command.command == "CLUSTER" else "VACUUM FULL"
    names = ", ".join(table.display for table in tables)
    plain = f"VACUUM {', '.join(table.sql for table in tables)};\n-- or, where the file has to shrink, "
    plain = plain if words == "VACUUM FULL" else ""
    yield Finding(
        command.span,
        f"{words} locks {names} against reads and writes while it is copied",
        help=plain + f"outside the migrations: pg_repack {' '.join(f'--table={table}' for table in tables)}",
        tables=tables,
    )
