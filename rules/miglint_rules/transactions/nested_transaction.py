"""
BEGIN, COMMIT or ROLLBACK that does not fit the open transaction.

PostgreSQL has no nested transactions. `BEGIN` inside a transaction is only a warning; the COMMIT that is
meant for it ends the outer transaction, and what follows runs without one. If the tool opened the outer
transaction, what follows is the rest of the file and the tool's own entry about the migration: when a later
statement fails, the database keeps half of the migration.
`COMMIT` and `ROLLBACK` without a transaction do nothing but warn. In a file that is sent as one query they
cut it in two: the statements before COMMIT stay applied when a later one fails, and ROLLBACK
undoes them.
Leave the transaction to the tool, or turn off the tool's transaction for this migration.

It is an error when statements follow the COMMIT or ROLLBACK that ends the tool's transaction. BEGIN and
COMMIT around the whole file are a note, and one for the whole history: the file is still applied as a whole
or not at all; only the tool's own entry about it is not part of that transaction. The rest are warnings.
Silent for BEGIN and COMMIT in pairs where the tool opens no transaction, for SAVEPOINT, and for COMMIT in a
DO block, which `batch-without-commit` checks.

https://www.postgresql.org/docs/current/sql-begin.html
"""

from bisect import bisect_left
from collections.abc import Iterator

from miglint.model import AddEnumValue, Begin, Commit, Finding, Rollback, Severity, TransactionMode
from miglint.rule import Bad, Context, Good, Record, Rule, Together

rule = Rule(
    __name__,
    severity=Severity.WARNING,
    since="0.1.0",
    together=Together("cause", "file"),
    examples=(
        Bad(
            "whole migration in BEGIN and COMMIT where the tool opens a transaction",
            """
                BEGIN;  -- expect: nested-transaction
                CREATE TABLE users (id bigint PRIMARY KEY);
                COMMIT;
            """,
            mode=TransactionMode.PER_MIGRATION,
        ),
        Bad(
            "each migration in BEGIN and COMMIT, and one note says so",
            """
                BEGIN;  -- expect: nested-transaction
                CREATE TABLE users (id bigint PRIMARY KEY);
                COMMIT;
                -- migration
                BEGIN;
                CREATE TABLE orders (id bigint PRIMARY KEY);
                COMMIT;
            """,
            mode=TransactionMode.PIPELINE,
        ),
        Bad(
            "COMMIT after a value of an enum that the rest of the migration uses",
            """
                BEGIN;
                ALTER TYPE phase ADD VALUE 'lost';
                COMMIT;  -- expect: nested-transaction
                INSERT INTO jobs (phase) VALUES ('lost');
            """,
            history="CREATE TYPE phase AS ENUM ('open');\nCREATE TABLE jobs (id bigserial, phase phase);",
            mode=TransactionMode.PER_MIGRATION,
        ),
        Bad(
            "COMMIT in the middle of the tool's transaction",
            """
                BEGIN;
                CREATE TABLE users (id bigint PRIMARY KEY);
                COMMIT;  -- expect: nested-transaction
                CREATE TABLE orders (id bigint PRIMARY KEY);
            """,
            mode=TransactionMode.PER_MIGRATION,
        ),
        Bad(
            "COMMIT at the end of the tool's transaction",
            """
                CREATE TABLE users (id bigint PRIMARY KEY);
                COMMIT;  -- expect: nested-transaction
            """,
            mode=TransactionMode.PER_RUN,
        ),
        Bad(
            "BEGIN after BEGIN",
            """
                BEGIN;
                CREATE TABLE users (id bigint PRIMARY KEY);
                BEGIN;  -- expect: nested-transaction
                COMMIT;
            """,
            mode=TransactionMode.SCRIPT,
        ),
        Bad(
            "COMMIT without BEGIN",
            """
                CREATE TABLE users (id bigint PRIMARY KEY);
                COMMIT;  -- expect: nested-transaction
            """,
            mode=TransactionMode.SCRIPT,
        ),
        Bad(
            "COMMIT that cuts a file in two",
            """
                CREATE TABLE users (id bigint PRIMARY KEY);
                COMMIT;  -- expect: nested-transaction
                CREATE TABLE orders (id bigint PRIMARY KEY);
            """,
        ),
        Bad(
            "ROLLBACK that undoes the statements before it",
            """
                CREATE TABLE users (id bigint PRIMARY KEY);
                ROLLBACK;  -- expect: nested-transaction
            """,
        ),
        Bad(
            "COMMIT where the tool never runs a migration outside a transaction",
            files={
                "encore.app": "{}",
                "shop/migrations/1_users.up.sql": """
                    CREATE TABLE users (id bigint PRIMARY KEY);
                    COMMIT;  -- expect: nested-transaction
                """,
            },
        ),
        Good(
            "one pair in a file that is sent as one query",
            "BEGIN;\nCREATE TABLE users (id bigint PRIMARY KEY);\nCOMMIT;",
            recommended=True,
        ),
        Good(
            "two pairs in a script",
            """
                BEGIN;
                CREATE TABLE users (id bigint PRIMARY KEY);
                COMMIT;
                BEGIN;
                CREATE TABLE orders (id bigint PRIMARY KEY);
                ROLLBACK;
            """,
            mode=TransactionMode.SCRIPT,
        ),
        Good(
            "savepoint in the tool's transaction",
            "SAVEPOINT before;\nCREATE TABLE users (id bigint);\nROLLBACK TO before;",
            mode=TransactionMode.PER_MIGRATION,
        ),
        Good(
            "COMMIT in a block",
            "DO $$ BEGIN COMMIT; END $$;",
        ),
    ),
)

_HELP = "remove BEGIN and COMMIT, or run the migration outside the tool's transaction"


@rule.check(Begin)
def nested_transaction(begin: Begin, ctx: Context) -> Iterator[Finding]:
    if ctx.session.opened_by == "script":
        message = "BEGIN inside an open transaction does nothing, and the next COMMIT ends that one"
        yield Finding(begin.span, message, help="remove this BEGIN")
    elif ctx.session.opened_by == "tool" and not _cut(ctx):
        message = (
            f"BEGIN and COMMIT around the file exclude the tool's entry about it: {ctx.transaction_reason}"
        )
        help_text = "remove them: the tool's transaction holds the file and the entry together"
        yield Finding(begin.span, message, help=help_text, severity=Severity.NOTE, cause="around the file")


@rule.check(Commit, Rollback)
def stray_end(end: Commit | Rollback, ctx: Context) -> Iterator[Finding]:
    if ctx.block is not None or ctx.session.opened_by == "script":
        return
    word = type(end).__name__.upper()
    following = len(ctx.later) > 0
    if ctx.session.opened_by == "tool":
        if following:
            message = f"{word} ends the tool's transaction, and what follows runs without one"
            yield Finding(end.span, message, help=_help(ctx), severity=Severity.ERROR)
        elif ctx.last(Begin) is None:
            message = f"{word} ends the tool's transaction before the tool has recorded the migration"
            yield Finding(end.span, message, help=_help(ctx))
        return
    if ctx.session.opened_by == "batch" and isinstance(end, Rollback):
        message = "ROLLBACK without BEGIN undoes the statements before it in the file"
    elif ctx.session.opened_by == "batch" and following:
        message = (
            "COMMIT without BEGIN cuts the file in two: the part before it stays applied if the rest fails"
        )
    else:
        message = f"{word} without BEGIN does nothing"
    yield Finding(end.span, message, help=f"remove {word}, or put BEGIN where the transaction starts")


def _cut(ctx: Context) -> bool:
    """Whether statements follow the first COMMIT or ROLLBACK: then that one is reported."""
    ends = ctx.once(_ends)
    after = bisect_left(ends, len(ctx.earlier))
    return after < len(ends) and ctx.records[-1].number > ctx.records[ends[after]].number


def _ends(records: tuple[Record, ...]) -> list[int]:
    return [
        place
        for place, record in enumerate(records)
        if isinstance(record.operation, (Commit, Rollback)) and record.block is None
    ]


def _value_added(ctx: Context) -> str:
    """Give the value of an enum that the transaction before this COMMIT adds and later statements use."""
    for record in reversed(ctx.earlier):
        if isinstance(record.operation, (Begin, Commit, Rollback)):
            break
        if isinstance(record.operation, AddEnumValue):
            value = ctx.remedies.literal(record.operation.value)
            if any(value in later.statement.text for later in ctx.later):
                return value
    return ""


def _help(ctx: Context) -> str:
    advice = ctx.history.advice
    if value := _value_added(ctx):
        # The server refuses a value of an enum until what added it has committed.
        return (
            f"move the ALTER TYPE ... ADD VALUE of {value} to a migration of its own, before this one, "
            "because statements after this use it; then remove BEGIN and COMMIT"
        )
    if advice.always_in_transaction and not advice.run_outside_transaction:
        return f"remove BEGIN and COMMIT: {advice.always_in_transaction}"
    return f"{_HELP}:\n{advice.run_outside_transaction}" if advice.run_outside_transaction else _HELP
