"""
New NOT NULL column without a default.

`ADD COLUMN ... NOT NULL` without a default fails if the table has a single row, because that row has no value
for it. Where it succeeds, on an empty table, every INSERT by code that is still running and does not know the
column fails after COMMIT.
Give the column a constant default: the server stores it in the catalog without touching a row, and old code
gets it as well. If there is no such value, add the column without NOT NULL, let the code write it, fill the
old rows in batches, prove it with a CHECK constraint, and set NOT NULL last.
A default that the same migration drops again does not help old code: that is a warning.

Silent for columns that always get a value (identity, serial, generated), for a domain with a default, when
the table is new in this migration or was emptied earlier, and when a migration of the same release, or
of the same day by its name, has added such a column to it before: where that went through, there was no row.

https://www.postgresql.org/docs/current/ddl-alter.html#DDL-ALTER-ADDING-A-COLUMN
"""

from collections.abc import Iterator

from miglint.model import (
    AddColumn,
    Confidence,
    DropDefault,
    FailureCause,
    Finding,
    Listed,
    Name,
    Related,
    Severity,
    Span,
)
from miglint.rule import Bad, Context, Good, Record, Rule, Together

rule = Rule(
    __name__,
    severity=Severity.ERROR,
    since="0.1.0",
    together=Together("table"),
    examples=(
        Bad(
            "table that may have rows",
            "ALTER TABLE users ADD COLUMN email_verified boolean NOT NULL;  -- expect: required-column",
            history="CREATE TABLE users (id bigint PRIMARY KEY);",
        ),
        Bad(
            "default that is NULL",
            "ALTER TABLE users ADD COLUMN role text DEFAULT NULL NOT NULL;  -- expect: required-column",
            history="CREATE TABLE users (id bigint PRIMARY KEY);",
        ),
        Bad(
            "one of several actions",
            """
                ALTER TABLE users
                    ADD COLUMN nickname text,
                    ADD COLUMN tenant bigint NOT NULL;  -- expect: required-column
            """,
            history="CREATE TABLE users (id bigint PRIMARY KEY);",
        ),
        Bad(
            "several columns of one table are one finding",
            """
                ALTER TABLE users ADD COLUMN nick text NOT NULL;  -- expect: required-column
                ALTER TABLE users ADD COLUMN age int NOT NULL, ADD COLUMN tenant bigint NOT NULL;
            """,
            history="CREATE TABLE users (id bigint PRIMARY KEY);",
        ),
        Bad(
            "default that is dropped at once",
            """
                ALTER TABLE users ADD COLUMN age int NOT NULL DEFAULT 0;
                ALTER TABLE users ALTER COLUMN age DROP DEFAULT;  -- expect: required-column
            """,
            history="CREATE TABLE users (id bigint PRIMARY KEY);",
        ),
        Good(
            "default that is dropped from a column that may be null",
            """
                ALTER TABLE users ADD COLUMN age int DEFAULT 0;
                ALTER TABLE users ALTER COLUMN age DROP DEFAULT;
            """,
            history="CREATE TABLE users (id bigint PRIMARY KEY);",
        ),
        Good(
            "default that is dropped when code writes the column",
            """
                ALTER TABLE users ADD COLUMN age int NOT NULL DEFAULT 0;
                -- migration
                ALTER TABLE users ALTER COLUMN age DROP DEFAULT;
            """,
            history="CREATE TABLE users (id bigint PRIMARY KEY);",
        ),
        Good(
            "constant default",
            """
                SET lock_timeout = '5s';
                ALTER TABLE users ADD COLUMN email_verified boolean NOT NULL DEFAULT false;
            """,
            history="CREATE TABLE users (id bigint PRIMARY KEY);",
            recommended=True,
        ),
        Good(
            "add, fill in batches, prove, set NOT NULL",
            """
                SET lock_timeout = '5s';
                ALTER TABLE users ADD COLUMN email_verified boolean;
                -- migration
                DO $$
                DECLARE
                  done bigint;
                BEGIN
                  LOOP
                    UPDATE users SET email_verified = false
                    WHERE id IN (SELECT id FROM users WHERE email_verified IS NULL LIMIT 10000);
                    GET DIAGNOSTICS done = ROW_COUNT;
                    EXIT WHEN done = 0;
                    COMMIT;
                  END LOOP;
                END $$;
                -- migration
                SET lock_timeout = '5s';
                ALTER TABLE users
                    ADD CONSTRAINT users_email_verified_not_null CHECK (email_verified IS NOT NULL) NOT VALID;
                -- migration
                ALTER TABLE users VALIDATE CONSTRAINT users_email_verified_not_null;
                -- migration
                SET lock_timeout = '5s';
                ALTER TABLE users ALTER COLUMN email_verified SET NOT NULL;
                ALTER TABLE users DROP CONSTRAINT users_email_verified_not_null;
                ALTER TABLE users ALTER COLUMN email_verified SET DEFAULT false;
            """,
            history="CREATE TABLE users (id bigint PRIMARY KEY);",
            recommended=True,
        ),
        Good(
            "identity column",
            "ALTER TABLE users ADD COLUMN number bigint NOT NULL GENERATED ALWAYS AS IDENTITY;",
            history="CREATE TABLE users (id bigint PRIMARY KEY);",
        ),
        Good(
            "serial column",
            "ALTER TABLE users ADD COLUMN number bigserial NOT NULL;",
            history="CREATE TABLE users (id bigint PRIMARY KEY);",
        ),
        Good(
            "generated column",
            "ALTER TABLE users ADD COLUMN twice bigint NOT NULL GENERATED ALWAYS AS (id * 2) STORED;",
            history="CREATE TABLE users (id bigint PRIMARY KEY);",
        ),
        Good(
            "domain with a default",
            "ALTER TABLE users ADD COLUMN active flag NOT NULL;",
            history="CREATE DOMAIN flag AS boolean DEFAULT false;\nCREATE TABLE users (id bigint);",
        ),
        Good(
            "table is new in this migration",
            "CREATE TABLE users (id bigint);\nALTER TABLE users ADD COLUMN name text NOT NULL;",
        ),
        Good(
            "table was emptied earlier",
            "TRUNCATE sessions;\nALTER TABLE sessions ADD COLUMN token text NOT NULL;",
            history="CREATE TABLE sessions (id bigint PRIMARY KEY);",
        ),
        Bad(
            "the first of one day; where that goes through, the second finds no row either",
            files={
                "migrations/20230901_users.sql": "CREATE TABLE users (id bigint PRIMARY KEY);",
                "migrations/20240305_1_email.sql": "ALTER TABLE users ADD COLUMN email text NOT NULL;",
                "migrations/20240305_2_name.sql": "ALTER TABLE users ADD COLUMN name text NOT NULL;",
                "migrations/20240306_age.sql": "ALTER TABLE users ADD COLUMN age int NOT NULL;",
            },
            expect=(
                "migrations/20240305_1_email.sql:1 required-column",
                "migrations/20240306_age.sql:1 required-column",
            ),
        ),
        Good(
            "column already exists, so IF NOT EXISTS adds nothing",
            "ALTER TABLE users ADD COLUMN IF NOT EXISTS name text NOT NULL;",
            history="CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL);",
        ),
    ),
)


@rule.check(AddColumn)
def required_column(add: AddColumn, ctx: Context) -> Iterator[Finding]:
    if not any(f.certain and f.cause is FailureCause.ROWS for f in ctx.effects.failures):
        return
    table, column = add.table, add.column
    yield Finding(
        add.span,
        f"adding {table.display}.{column.name} fails if the table has rows: it is NOT NULL without a default",
        help=ctx.rows.kept_with_type(table, column) or ctx.rows.required_column(add),
        tables=(table,),
        listed=Listed(
            f"adding {table.display}.",
            column.name,
            " fails if the table has rows: they are NOT NULL without a default",
        ),
    )


@rule.check(DropDefault)
def dropped_default(drop: DropDefault, ctx: Context) -> Iterator[Finding]:
    table = ctx.table(drop.table)
    column = table.column(drop.column) if table else None
    added = ctx.once(_added).get((drop.table, drop.column))
    if column is None or column.nullable or column.default is None or ctx.is_new(drop.table):
        return
    if added is None or added[0] > len(ctx.earlier):
        return
    yield Finding(
        drop.span,
        f"{drop.table.display}.{drop.column} is NOT NULL and loses its default: INSERTs by code that does "
        "not know the column fail",
        help="drop the default in a later migration, when all running code writes the column",
        severity=Severity.WARNING,
        confidence=Confidence.MEDIUM,
        tables=(drop.table,),
        related=(Related(added[1], "the column is added here"),),
        listed=Listed(
            f"{drop.table.display}.",
            drop.column,
            " are NOT NULL and lose their defaults: INSERTs by code that does not know the columns fail",
        ),
    )


def _added(records: tuple[Record, ...]) -> dict[tuple[Name, str], tuple[int, Span]]:
    """The places at which this migration adds columns."""
    return {
        (record.operation.table, record.operation.column.name): (place, record.operation.span)
        for place, record in enumerate(records)
        if isinstance(record.operation, AddColumn)
    }
