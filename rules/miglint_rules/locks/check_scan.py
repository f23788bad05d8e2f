"""
CHECK whose test of the existing rows blocks reads and writes.

`ADD CONSTRAINT ... CHECK` reads every row of the table under ACCESS EXCLUSIVE: even a SELECT waits until
COMMIT.
A CHECK in the definition of a new column does the same, although every new value is the same, and it cannot
be NOT VALID.
Add the constraint NOT VALID, which tests new rows only and is short; `VALIDATE CONSTRAINT` in a later
migration reads the old rows under SHARE UPDATE EXCLUSIVE, and reads and writes continue.

Silent when the constraint is NOT VALID or NOT ENFORCED, when this migration creates or truncates the table,
and for tables that the configuration lists as small.

https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES
"""

from collections.abc import Iterator

from miglint.model import AddColumn, AddConstraint, ConstraintDefinition, Finding, Name, Severity, quote
from miglint.rule import Bad, Context, Good, Rule

TABLE = "CREATE TABLE orders (id bigint PRIMARY KEY, total numeric);"

rule = Rule(
    __name__,
    severity=Severity.ERROR,
    since="0.1.0",
    examples=(
        Bad(
            "table in use",
            "ALTER TABLE orders ADD CONSTRAINT total_positive CHECK (total > 0);  -- expect: check-scan",
            history=TABLE,
            fixed="ALTER TABLE orders ADD CONSTRAINT total_positive CHECK (total > 0) NOT VALID;",
        ),
        Bad(
            "CHECK of a new column",
            "ALTER TABLE orders ADD COLUMN rank int CHECK (rank > 0);  -- expect: check-scan",
            history=TABLE,
        ),
        Bad(
            "partitions are read too",
            "ALTER TABLE events ADD CHECK (id > 0);  -- expect: check-scan",
            history="""
                CREATE TABLE events (id bigint, at date) PARTITION BY RANGE (at);
                CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
            """,
            fixed="ALTER TABLE events ADD CHECK (id > 0) NOT VALID;",
        ),
        Good(
            "NOT VALID, and validated in a later migration",
            """
                ALTER TABLE orders ADD CONSTRAINT total_positive CHECK (total > 0) NOT VALID;
                -- migration
                ALTER TABLE orders VALIDATE CONSTRAINT total_positive;
            """,
            history=TABLE,
            settings=(("runner_sets_lock_timeout", True),),
            recommended=True,
        ),
        Good(
            "table is new in this migration",
            "CREATE TABLE carts (id bigint PRIMARY KEY);\nALTER TABLE carts ADD CHECK (id > 0);",
        ),
        Good(
            "table was emptied earlier",
            "TRUNCATE orders;\nALTER TABLE orders ADD CHECK (total > 0);",
            history=TABLE,
        ),
        Good(
            "constraint is of another kind",
            "ALTER TABLE orders ADD UNIQUE (total);",
            history=TABLE,
        ),
        Good(
            "new column that copies the table anyway",
            "ALTER TABLE orders ADD COLUMN token uuid DEFAULT gen_random_uuid() CHECK (token IS NOT NULL);",
            history=TABLE,
        ),
        Good(
            "same pass over the table as an earlier action of the statement",
            "ALTER TABLE orders ALTER COLUMN total SET NOT NULL, ADD CHECK (total > 0);",
            history=TABLE,
        ),
        Good(
            "table is listed as small",
            "ALTER TABLE orders ADD CHECK (total > 0);",
            history=TABLE,
            settings=(("small_tables", frozenset({Name("public", "orders")})),),
        ),
    ),
)


@rule.check(AddConstraint, AddColumn)
def check_scan(operation: AddConstraint | AddColumn, ctx: Context) -> Iterator[Finding]:
    check = ctx.waits.constraint("check")
    if check is None or not ctx.waits.leading_work:
        return
    table, name = operation.table, ctx.constraint_name(operation.table, check)
    yield Finding(
        operation.span,
        f"CHECK {name} {ctx.waits.locks(table)} against reads and writes while every row is tested",
        help=ctx.remedies.of_constraints("check", _help) + ctx.remedies.relying_on_proof(()),
        tables=(table,),
        related=ctx.waits.also_blocking,
        fix=ctx.remedies.not_valid_fix,
    )


def _help(operation: AddConstraint | AddColumn, check: ConstraintDefinition, name: str, ctx: Context) -> str:
    table = operation.table.sql
    condition = check.expression.text if check.expression else "..."
    inherit = " NO INHERIT" if check.no_inherit else ""
    adding = ctx.remedies.adding(operation.table, name)
    steps = [
        f"ALTER TABLE {table} {adding} CHECK ({condition}){inherit} NOT VALID;",
        "-- in a later migration:",
        f"ALTER TABLE {table} VALIDATE CONSTRAINT {quote(name)};",
    ]
    if isinstance(operation, AddColumn):
        steps.insert(0, f"ALTER TABLE {table} ADD COLUMN {operation.column.sql};")
    return "\n".join(steps)
