"""
NOT NULL whose search for nulls blocks reads and writes.

`SET NOT NULL` reads every row of the table under ACCESS EXCLUSIVE: even a SELECT waits until COMMIT.
The server skips the scan when a valid CHECK implies that the column is not null, so add that CHECK as NOT
VALID, validate it in a later migration (under SHARE UPDATE EXCLUSIVE, reads and writes continue), then run
SET NOT NULL and drop the CHECK.
From version 18 a NOT NULL constraint can itself be NOT VALID and be validated later.
A CHECK that is not valid yet, or that the same statement adds or drops, proves nothing.
If no UPDATE in the history and no formula of the column has filled it, no DELETE has removed the rows with
nulls, and no step in code stands between that may have, the message says that a single null makes the
statement fail.

Silent when a valid CHECK or a primary key proves it, when this migration creates or truncates the table,
when the statement fails anyway because there are rows, when this migration has added the column as a stored
generated one (the rewrite is reported as `stored-generated-column-rewrite`), and for tables that the
configuration lists as small.

https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-SET-DROP-NOT-NULL
"""

from collections.abc import Iterator

from miglint.model import (
    NOWHERE,
    AddColumn,
    AddConstraint,
    Constraint,
    Finding,
    Given,
    Listed,
    Name,
    RemedyStep,
    Say,
    SetNotNull,
    Severity,
    TransactionMode,
    Truncate,
    check_later,
    do,
    not_null_later,
    quote,
    validated,
    without_constraint,
)
from miglint.rule import Bad, Context, Good, Rule, Together, needs_a_value

TABLE = "CREATE TABLE orders (id bigint PRIMARY KEY, status text);"

rule = Rule(
    __name__,
    severity=Severity.ERROR,
    since="0.1.0",
    together=Together("table"),
    examples=(
        Bad(
            "nullable column of a table in use",
            "ALTER TABLE orders ALTER COLUMN status SET NOT NULL;  -- expect: not-null-scan",
            history=TABLE,
        ),
        Bad(
            "CHECK that would prove it is not valid yet",
            "ALTER TABLE orders ALTER COLUMN status SET NOT NULL;  -- expect: not-null-scan",
            history=f"{TABLE}\nALTER TABLE orders ADD CONSTRAINT c CHECK (status IS NOT NULL) NOT VALID;",
        ),
        Bad(
            "same statement drops the CHECK that proves it",
            """
                ALTER TABLE orders
                    ALTER COLUMN status SET NOT NULL,  -- expect: not-null-scan
                    DROP CONSTRAINT has_status;
            """,
            history=f"{TABLE}\nALTER TABLE orders ADD CONSTRAINT has_status CHECK (status IS NOT NULL);",
        ),
        Bad(
            "named NOT NULL constraint of version 18",
            "ALTER TABLE orders ADD CONSTRAINT has_status NOT NULL status;  -- expect: not-null-scan",
            history=TABLE,
            settings=(("postgres_version", 18),),
            fixed="ALTER TABLE orders ADD CONSTRAINT has_status NOT NULL status NOT VALID;",
        ),
        Bad(
            "several columns of one table are one scan and one finding",
            """
                ALTER TABLE orders
                    ALTER COLUMN status SET NOT NULL,  -- expect: not-null-scan
                    ALTER COLUMN total SET NOT NULL;
            """,
            history="CREATE TABLE orders (id bigint PRIMARY KEY, status text, total numeric);",
        ),
        Bad(
            "virtual generated column, which is computed for every row to see it",
            """
                ALTER TABLE lines ADD COLUMN price int  -- expect: not-null-scan
                    GENERATED ALWAYS AS (amount * 2) VIRTUAL NOT NULL;
            """,
            history="CREATE TABLE lines (id bigint PRIMARY KEY, amount int);",
            settings=(("postgres_version", 18),),
        ),
        Bad(
            "all rows were deleted in the same transaction, and the dead rows are still read",
            """
                DELETE FROM orders;
                ALTER TABLE orders ADD COLUMN region text NOT NULL;  -- expect: not-null-scan
            """,
            history=TABLE,
        ),
        Bad(
            "the same with a foreign key, for which nothing is looked up: each new value would be NULL",
            """
                DELETE FROM orders;
                ALTER TABLE orders
                    ADD COLUMN parent bigint NOT NULL REFERENCES orders;  -- expect: not-null-scan
            """,
            history=TABLE,
        ),
        Bad(
            "column that came with a default, which could have come with NOT NULL as well",
            """
                ALTER TABLE users ADD COLUMN plan text DEFAULT 'free';
                ALTER TABLE users ALTER COLUMN plan SET NOT NULL;  -- expect: not-null-scan
            """,
            history="CREATE TABLE users (id bigint PRIMARY KEY);",
        ),
        Bad(
            "column beside a stored generated one of this migration",
            """
                ALTER TABLE lines ADD COLUMN price int GENERATED ALWAYS AS (amount * 2) STORED;
                ALTER TABLE lines
                    ALTER COLUMN price SET NOT NULL,  -- expect: not-null-scan
                    ALTER COLUMN amount SET NOT NULL;
            """,
            history="CREATE TABLE lines (id bigint PRIMARY KEY, amount int);",
        ),
        Bad(
            "NOT NULL beside a CHECK, which reads the rows in the same pass",
            "ALTER TABLE orders ALTER COLUMN status SET NOT NULL,  -- expect: not-null-scan\n"
            "  ADD CHECK (id > 0);",
            history=TABLE,
        ),
        Good(
            "stored generated column of this migration, whose ADD COLUMN has rewritten the table",
            """
                ALTER TABLE lines ADD COLUMN price int GENERATED ALWAYS AS (amount * 2) STORED;
                ALTER TABLE lines ALTER COLUMN price SET NOT NULL;
            """,
            history="CREATE TABLE lines (id bigint PRIMARY KEY, amount int);",
        ),
        Good(
            "all rows were deleted earlier, and the DELETE has committed",
            "DELETE FROM orders;\nALTER TABLE orders ADD COLUMN region text NOT NULL;",
            history=TABLE,
            mode=TransactionMode.PER_STATEMENT,
        ),
        Good(
            "valid CHECK proves it",
            """
                ALTER TABLE orders ADD CONSTRAINT has_status CHECK (status IS NOT NULL) NOT VALID;
                -- migration
                ALTER TABLE orders VALIDATE CONSTRAINT has_status;
                ALTER TABLE orders ALTER COLUMN status SET NOT NULL;
                ALTER TABLE orders DROP CONSTRAINT has_status;
            """,
            history=TABLE.replace("text", "text DEFAULT 'new'"),
            settings=(("runner_sets_lock_timeout", True),),
            recommended=True,
        ),
        Good(
            "NOT NULL constraint that is NOT VALID, on version 18",
            """
                ALTER TABLE orders ADD CONSTRAINT has_status NOT NULL status NOT VALID;
                -- migration
                ALTER TABLE orders VALIDATE CONSTRAINT has_status;
            """,
            history=TABLE.replace("text", "text DEFAULT 'new'"),
            settings=(("postgres_version", 18), ("runner_sets_lock_timeout", True)),
            recommended=True,
        ),
        Bad(
            "column that this release brings, which is to be required in a later one",
            """
                ALTER TABLE orders ADD COLUMN code text;
                ALTER TABLE orders ALTER COLUMN code SET NOT NULL;  -- expect: not-null-scan
            """,
            history=TABLE,
        ),
        Good(
            "primary key is never null",
            "ALTER TABLE orders ALTER COLUMN id SET NOT NULL;",
            history=TABLE,
        ),
        Good(
            "table is new in this migration",
            "CREATE TABLE carts (id bigint, code text);\nALTER TABLE carts ALTER COLUMN code SET NOT NULL;",
        ),
        Good(
            "table was truncated earlier",
            "TRUNCATE orders;\nALTER TABLE orders ALTER COLUMN status SET NOT NULL;",
            history=TABLE,
        ),
        Good(
            "required column fails on the first row, before anybody waits",
            "ALTER TABLE orders ADD COLUMN region text NOT NULL;",
            history=TABLE,
        ),
        Good(
            "scan is the CHECK's",
            "ALTER TABLE orders ADD CHECK (id > 0);",
            history=TABLE,
        ),
        Good(
            "statement copies the table anyway",
            "ALTER TABLE orders ALTER COLUMN status SET NOT NULL, ALTER COLUMN id TYPE numeric;",
            history=TABLE,
        ),
        Good(
            "table is listed as small",
            "ALTER TABLE orders ALTER COLUMN status SET NOT NULL;",
            history=TABLE,
            settings=(("small_tables", frozenset({Name("public", "orders")})),),
        ),
    ),
)


@rule.check(SetNotNull, AddConstraint, AddColumn)
def not_null_scan(operation: SetNotNull | AddConstraint | AddColumn, ctx: Context) -> Iterator[Finding]:
    column = _searched(ctx)
    if not column or not ctx.waits.leading_work or ctx.rows.only_reads_a_rewrite(operation.table, column):
        return
    table, proof = operation.table, _unused_proof(operation.table, column, ctx)
    why = f", because the CHECK {proof.name} is not valid" if proof is not None and not proof.valid else ""
    unfilled = isinstance(operation, SetNotNull) and not ctx.session.is_filled(table, column)
    fails = "; it fails if it finds one, and no migration fills the column" if unfilled else ""
    searched = [each for action in ctx.waits.blocking if (each := _searched(action))]
    yield Finding(
        operation.span,
        f"NOT NULL {ctx.waits.locks(table)} against reads and writes while {column} is searched for nulls"
        f"{why}{fails}",
        help=ctx.remedies.of_statement(_help) + ctx.remedies.relying_on_proof(searched),
        tables=(table,),
        related=ctx.waits.also_blocking,
        fix=ctx.remedies.not_valid_fix,
        listed=Listed(
            f"NOT NULL locks {table.display} against reads and writes while ",
            column,
            f" are searched for nulls{fails.replace('the column', 'the columns')}",
        ),
    )


def _searched(ctx: Context) -> str:
    """Give the column that an action searches for nulls; "" if writers wait for something else."""
    operation = ctx.record.operation if ctx.record else None
    if ctx.waits.cause != "not null":
        return ""
    if isinstance(operation, AddConstraint):
        return operation.constraint.columns[0]
    if isinstance(operation, AddColumn):
        return operation.column.name
    return operation.column if isinstance(operation, SetNotNull) else ""


def _unused_proof(table: Name, column: str, ctx: Context) -> Constraint | None:
    """Find a CHECK from before the statement that would prove the column, if it were valid and stayed."""
    found = ctx.siblings[0].table(table)
    for constraint in found.constraints if found else ():
        if constraint.expression is not None and column in constraint.expression.proves_not_null:
            return constraint
    return None


def _help(ctx: Context) -> str:
    operation, column = ctx.record.operation if ctx.record else None, _searched(ctx)
    if not column or not isinstance(operation, (SetNotNull, AddConstraint, AddColumn)):
        return ""
    how = ctx.rows.required_when_added(operation.table, column)
    if not how and isinstance(operation, SetNotNull):
        how = ctx.rows.filled_with_constant(operation.table, column)
    return how or _in_steps(operation, column, _unused_proof(operation.table, column, ctx), ctx)


def _in_steps(
    operation: SetNotNull | AddConstraint | AddColumn, column: str, proof: Constraint | None, ctx: Context
) -> str:
    table, shown = operation.table, ctx.remedies.shown
    name = proof.name if proof else f"{table.name}_{column}_not_null"
    set_not_null, drop = do(SetNotNull(NOWHERE, table, column)), do(without_constraint(table, name))
    later = (Say("in a later migration:"), do(validated(table, name)))
    first: tuple[RemedyStep, ...] = ()
    if proof is None and ctx.session.is_new_column(table, column) and needs_a_value(table, column, ctx):
        # Code of the version before leaves it NULL, which a CHECK refuses though it is not valid.
        first = (Say("in a migration of a later release, when all running code writes the column:"),)
    if isinstance(operation, AddColumn) and operation.column.generated:
        bare = Say("add the column without NOT NULL; then:", plain=True)
        return shown(bare, do(not_null_later(table, name, column)), *later)
    if isinstance(operation, AddColumn):
        instead = Say("instead of a DELETE, which leaves its dead rows to be read")
        return shown(do(Truncate(NOWHERE, (table,))), instead)
    if proof is not None and proof.valid:
        return shown(set_not_null, Say("in a statement of its own, and after it:"), drop)
    if proof is not None:
        return shown(Given(ctx.remedies.validated(table, proof.name)), set_not_null, drop)
    if ctx.server.has("postgres", 18):
        return shown(*first, do(not_null_later(table, name, column)), *later)
    return shown(
        *first, do(check_later(table, name, f"{quote(column)} IS NOT NULL")), *later, set_not_null, drop
    )
