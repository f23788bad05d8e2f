"""
NOT NULL on a column that nothing has filled.

`SET NOT NULL` fails if a single row has NULL there, and with it the deploy. This column is nullable, and in
the whole history no UPDATE fills it and no valid CHECK proves that it has no nulls.
Fill it first, in batches, in a migration of its own.

On a table in use the same statement also blocks writers while it reads every row: that is reported as
`not-null-scan`, and this rule reports only what that one does not, on tables that the configuration lists as
small.
Silent when an UPDATE of this or an earlier migration sets the column, when it is generated, when a DELETE
removes the rows with nulls, or when a migration in code, which is not read, comes after the column; when the
column is not nullable, when a valid CHECK proves it, when the table is new in this migration, and when
another action of the same statement fails in any case.

https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-SET-DROP-NOT-NULL
"""

from collections.abc import Iterator

from miglint.model import Confidence, Finding, Name, SetNotNull, Severity, quote
from miglint.rule import Bad, Context, Good, Rule

_PLANS = (("small_tables", frozenset({Name("public", "plans")})),)

rule = Rule(
    __name__,
    severity=Severity.WARNING,
    since="0.1.0",
    confidence=Confidence.MEDIUM,
    examples=(
        Bad(
            "column without a backfill",
            "ALTER TABLE plans ALTER COLUMN price SET NOT NULL;  -- expect: not-null-without-backfill",
            history="CREATE TABLE plans (id bigint PRIMARY KEY, price numeric);",
            settings=_PLANS,
        ),
        Good(
            "filled in this migration",
            """
                SET lock_timeout = '5s';
                UPDATE plans SET price = 0 WHERE price IS NULL;
                ALTER TABLE plans ALTER COLUMN price SET NOT NULL;
            """,
            history="CREATE TABLE plans (id bigint PRIMARY KEY, price numeric);",
            settings=_PLANS,
            recommended=True,
        ),
        Good(
            "filled in an earlier migration",
            "ALTER TABLE plans ALTER COLUMN price SET NOT NULL;",
            history="""
                CREATE TABLE plans (id bigint PRIMARY KEY, price numeric);
                -- migration
                UPDATE plans SET price = 0 WHERE price IS NULL;
            """,
            settings=_PLANS,
        ),
        Good(
            "rows with nulls were deleted in an earlier migration",
            "ALTER TABLE plans ALTER COLUMN price SET NOT NULL;",
            history="""
                CREATE TABLE plans (id bigint PRIMARY KEY, price numeric, name text);
                -- migration
                DELETE FROM plans WHERE name IS NULL OR price IS NULL;
            """,
            settings=_PLANS,
        ),
        Good(
            "migration in code, which is not read, may have filled it",
            files={
                "migrations/1_plans.js": "exports.up = (pgm) => pgm.sql(prices);",
                "migrations/0_plans.sql": "CREATE TABLE plans (id bigint PRIMARY KEY, price numeric);",
                "migrations/2_required.sql": "ALTER TABLE plans ALTER COLUMN price SET NOT NULL;",
                "package.json": '{"dependencies": {"node-pg-migrate": "7.0.0"}}',
            },
            settings=_PLANS,
        ),
        Bad(
            "migration in code came before the column",
            files={
                "migrations/0_code.js": "exports.up = (pgm) => pgm.sql(prices);",
                "migrations/1_plans.sql": "CREATE TABLE plans (id bigint PRIMARY KEY, price numeric);",
                "migrations/2_required.sql": "ALTER TABLE plans ALTER COLUMN price SET NOT NULL;",
                "package.json": '{"dependencies": {"node-pg-migrate": "7.0.0"}}',
            },
            expect=("migrations/2_required.sql:1 not-null-without-backfill",),
            settings=_PLANS,
        ),
        Good(
            "generated column, which its formula has filled",
            "ALTER TABLE plans ALTER COLUMN gross SET NOT NULL;",
            history="""
                CREATE TABLE plans (id bigint PRIMARY KEY, price numeric);
                -- migration
                ALTER TABLE plans ADD COLUMN gross numeric GENERATED ALWAYS AS (price * 2) STORED;
            """,
            settings=_PLANS,
        ),
        Good(
            "generated column that came with its table",
            "ALTER TABLE plans ALTER COLUMN gross SET NOT NULL;",
            history="""
                CREATE TABLE plans (
                    id bigint PRIMARY KEY, price numeric, gross numeric GENERATED ALWAYS AS (price * 2) STORED
                );
            """,
            settings=_PLANS,
        ),
        Good(
            "proved by a valid CHECK",
            "ALTER TABLE plans ALTER COLUMN price SET NOT NULL;",
            history="CREATE TABLE plans (id bigint PRIMARY KEY, price numeric CHECK (price IS NOT NULL));",
            settings=_PLANS,
        ),
        Good(
            "column is NOT NULL already",
            "ALTER TABLE plans ALTER COLUMN price SET NOT NULL;",
            history="CREATE TABLE plans (id bigint PRIMARY KEY, price numeric NOT NULL);",
            settings=_PLANS,
        ),
        Good(
            "table is new in this migration",
            "CREATE TABLE plans AS SELECT price FROM offers;\nALTER TABLE plans ALTER price SET NOT NULL;",
            history="CREATE TABLE offers (id bigint, price numeric);",
        ),
        Good(
            "another action of the statement fails in any case",
            """
                ALTER TABLE plans
                    ADD COLUMN name text NOT NULL,
                    ALTER COLUMN price SET NOT NULL;
            """,
            history="CREATE TABLE plans (id bigint PRIMARY KEY, price numeric);",
            settings=_PLANS,
        ),
        Good(
            "table in use, where the scan does more harm",
            "ALTER TABLE users ALTER COLUMN name SET NOT NULL;",
            history="CREATE TABLE users (id bigint PRIMARY KEY, name text);",
        ),
    ),
)


@rule.check(SetNotNull)
def not_null_without_backfill(change: SetNotNull, ctx: Context) -> Iterator[Finding]:
    table, column = change.table, change.column
    if not ctx.effects.failures or ctx.is_new(table) or ctx.waits.blocked(ctx.effects.scans):
        return
    if ctx.waits.fails or ctx.session.is_filled(table, column):
        return
    yield Finding(
        change.span,
        f"SET NOT NULL fails if {table.display}.{column} has nulls, and no migration fills it",
        help=(
            "fill it first, in a migration of its own:\n"
            f"UPDATE {table.sql} SET {quote(column)} = ... WHERE {quote(column)} IS NULL;"
        ),
        tables=(table,),
    )
