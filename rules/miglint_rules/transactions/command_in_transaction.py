"""
Command inside a transaction, which the server refuses there.

`VACUUM`, `CREATE DATABASE`, `DROP DATABASE`, `ALTER SYSTEM`, `CREATE TABLESPACE`, `CREATE SUBSCRIPTION`,
`REINDEX SCHEMA` and similar commands commit on their own, so inside a transaction the server stops them with
an error, and the deploy with them. There may be a transaction without a BEGIN in the file: many tools wrap
each migration in one, a DO block or function always runs in one, and several statements in one query string
make one.
Put the command alone in a migration, and turn off the tool's transaction for it; better still, run it by
hand, since it concerns the server and not the schema.

Silent when the command is alone in a query string without a transaction around it, or when the tool sends the
statements one by one. CONCURRENTLY is reported as `concurrently-in-transaction`.

https://www.postgresql.org/docs/current/sql-vacuum.html
"""

from collections.abc import Iterator

from miglint.model import (
    AddEnumValue,
    Finding,
    Maintenance,
    Reindex,
    ServerCommand,
    Severity,
    TransactionMode,
)
from miglint.rule import Bad, Context, Good, Rule

_USERS = "CREATE TABLE users (id bigint PRIMARY KEY, name text);"

rule = Rule(
    __name__,
    severity=Severity.ERROR,
    since="0.1.0",
    examples=(
        Bad(
            "VACUUM after another statement in one query string",
            """
                SET maintenance_work_mem = '1GB';
                VACUUM users;  -- expect: command-in-transaction
            """,
            history=_USERS,
        ),
        Bad(
            "ALTER SYSTEM where the tool opens a transaction",
            "ALTER SYSTEM SET work_mem = '64MB';  -- expect: command-in-transaction",
            mode=TransactionMode.PER_MIGRATION,
        ),
        Bad(
            "REINDEX of a whole schema in a DO block",
            "DO $$ BEGIN REINDEX SCHEMA public; END $$;  -- expect: command-in-transaction",
            mode=TransactionMode.PER_STATEMENT,
        ),
        Good(
            "alone in the query string",
            "VACUUM users;",
            history=_USERS,
        ),
        Good(
            "ANALYZE, which can run in a transaction",
            "SET maintenance_work_mem = '1GB';\nANALYZE users;",
            history=_USERS,
        ),
        Good(
            "new enum value, which can be added in a transaction since version 12",
            "SET lock_timeout = '5s';\nALTER TYPE mood ADD VALUE 'happy';",
            history="CREATE TYPE mood AS ENUM ('sad');",
        ),
        Good(
            "CONCURRENTLY, which another rule reports",
            "BEGIN;\nREINDEX TABLE CONCURRENTLY users;\nCOMMIT;",
            history=_USERS,
        ),
    ),
)


@rule.check(AddEnumValue, Maintenance, Reindex, ServerCommand)
def command_in_transaction(
    command: AddEnumValue | Maintenance | Reindex | ServerCommand, ctx: Context
) -> Iterator[Finding]:
    refused = ctx.effects.outside_transaction
    if not refused or not (ctx.session.in_transaction or ctx.block):
        return
    if isinstance(command, Reindex) and command.concurrently:
        return
    reason = "a DO block or function always runs in one" if ctx.block else ctx.transaction_reason
    yield Finding(
        command.span,
        f"{refused} fails inside a transaction: {reason}",
        help=ctx.remedies.runs_alone("command"),
    )
