"""
CONCURRENTLY inside a transaction, which the server refuses.

`CREATE INDEX`, `DROP INDEX`, `REINDEX` and `DETACH PARTITION` with CONCURRENTLY commit several times while
they run, so inside a transaction the server stops them with an error, and the deploy with them.
There may be a transaction without a BEGIN in the file: many tools wrap each migration in one, a DO block or
function always runs in one, and several statements in one query string make one, even a SET and the index.
Put the statement alone in a migration, and turn off the tool's transaction for it.

Silent when the statement is alone in a query string without a transaction around it, or when the tool sends
the statements one by one.

https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY
"""

from collections.abc import Iterator

from miglint.model import (
    NOWHERE,
    Begin,
    CreateIndex,
    DetachPartition,
    DropIndex,
    Finding,
    Reindex,
    Related,
    Severity,
    TransactionMode,
    do,
)
from miglint.rule import Bad, Context, Good, Rule

_USERS = "CREATE TABLE users (id bigint PRIMARY KEY, name text);"

rule = Rule(
    __name__,
    severity=Severity.ERROR,
    since="0.1.0",
    examples=(
        Bad(
            "tool that wraps each migration in a transaction",
            "CREATE INDEX CONCURRENTLY users_name ON users (name);  -- expect: concurrently-in-transaction",
            history=_USERS,
            mode=TransactionMode.PER_MIGRATION,
        ),
        Bad(
            "two statements in one query string",
            """
                DROP INDEX CONCURRENTLY IF EXISTS users_name;  -- expect: concurrently-in-transaction
                CREATE INDEX CONCURRENTLY users_name ON users (name);  -- expect: concurrently-in-transaction
            """,
            history=_USERS,
        ),
        Bad(
            "COMMIT before it does not help in one query string",
            """
                COMMIT;
                CREATE INDEX CONCURRENTLY users_name ON users (name);  -- expect: concurrently-in-transaction
            """,
            history=_USERS,
        ),
        Bad(
            "after BEGIN",
            """
                BEGIN;
                REINDEX TABLE CONCURRENTLY users;  -- expect: concurrently-in-transaction
                COMMIT;
            """,
            history=_USERS,
            mode=TransactionMode.SCRIPT,
        ),
        Bad(
            "in a DO block",
            """
                DO $$
                BEGIN
                  DROP INDEX CONCURRENTLY users_name;  -- expect: concurrently-in-transaction
                END $$;
            """,
            history=_USERS,
            mode=TransactionMode.PER_STATEMENT,
        ),
        Bad(
            "tool that never runs a migration outside a transaction",
            files={
                "encore.app": "{}",
                "shop/migrations/1_users.up.sql": _USERS,
                "shop/migrations/2_index.up.sql": (
                    "CREATE INDEX CONCURRENTLY users_name ON users (name);"
                    "  -- expect: concurrently-in-transaction"
                ),
                "shop/migrations/3_no_index.up.sql": (
                    "DROP INDEX CONCURRENTLY users_name;  -- expect: concurrently-in-transaction"
                ),
            },
        ),
        Good(
            "alone in the query string",
            "CREATE INDEX CONCURRENTLY users_name ON users (name);",
            history=_USERS,
            recommended=True,
        ),
        Good(
            "tool that sends the statements one by one",
            """
                DROP INDEX CONCURRENTLY IF EXISTS users_name;
                CREATE INDEX CONCURRENTLY users_name ON users (name);
            """,
            history=_USERS,
            mode=TransactionMode.PER_STATEMENT,
            recommended=True,
        ),
        Good(
            "without CONCURRENTLY",
            "BEGIN;\nREINDEX TABLE users;\nCOMMIT;",
            history=_USERS,
        ),
    ),
)


@rule.check(CreateIndex, DropIndex, Reindex, DetachPartition)
def concurrently_in_transaction(
    command: CreateIndex | DropIndex | Reindex | DetachPartition, ctx: Context
) -> Iterator[Finding]:
    if not command.concurrently or not (ctx.session.in_transaction or ctx.block):
        return
    reason = "a DO block or function always runs in one" if ctx.block else ctx.transaction_reason
    begin = ctx.last(Begin)
    opened = begin is not None and not ctx.block and ctx.session.opened_by == "script"
    yield Finding(
        command.span,
        f"{ctx.effects.outside_transaction} fails inside a transaction: {reason}",
        help=_help(command, ctx),
        related=(Related(begin.operation.span, "BEGIN opens the transaction"),) if begin and opened else (),
    )


def _help(command: CreateIndex | DropIndex | Reindex | DetachPartition, ctx: Context) -> str:
    if not ctx.history.advice.always_in_transaction or ctx.block is not None:
        return ctx.remedies.runs_alone("statement")
    if isinstance(command, CreateIndex):
        return ctx.remedies.built_concurrently(command)
    again = ""
    if isinstance(command, DropIndex):
        again = ctx.remedies.shown(do(DropIndex(NOWHERE, command.name, if_exists=True)))
    written = ctx.source.shown(command.span) if ctx.source is not None else "..."
    return ctx.remedies.outside_transaction(f"{written};", again=again)
