"""
Failure halfway, after which the migration cannot run again.

The tool sends the statements one by one, and each commits on its own. If this one fails, because of the rows
in the table or because a lock was not free in time, the statements before it stay applied; the next attempt
starts at the top of the file and fails at the first of them, because its object already exists. Somebody has
to finish it by hand.
Give each change that can fail a migration of its own, put BEGIN and COMMIT around those that belong
together, or guard the earlier ones with IF NOT EXISTS or IF EXISTS.

Silent when the statement is the first that changes anything, when all before it can run twice, inside a
transaction, where nobody says how the files are run, and for tools that resume where they stopped. Only
statements that can fail on existing rows are reported, one for each migration.
"""

from collections.abc import Iterator

from miglint.model import (
    AlterColumnType,
    Confidence,
    CreateFunction,
    CreateView,
    Delete,
    DropDefault,
    DropNotNull,
    FailureCause,
    Finding,
    Insert,
    Opaque,
    Operation,
    Related,
    SetDefault,
    SetNotNull,
    Severity,
    TableCommand,
    TransactionMode,
    Truncate,
    Update,
    ValidateConstraint,
    leaves_no_trace,
)
from miglint.rule import Bad, Context, Good, MigrationEnd, Record, Rule

_USERS = "CREATE TABLE users (id bigint PRIMARY KEY, email text);"
_EACH = TransactionMode.PER_STATEMENT

rule = Rule(
    __name__,
    severity=Severity.NOTE,
    since="0.1.0",
    confidence=Confidence.MEDIUM,
    examples=(
        Bad(
            "unique index after a column",
            """
                ALTER TABLE users ADD COLUMN name text;
                CREATE UNIQUE INDEX users_email ON users (email);  -- expect: partial-failure-not-rerunnable
            """,
            history=_USERS,
            mode=_EACH,
        ),
        Bad(
            "key on a column that is new and filled",
            """
                ALTER TABLE users ADD COLUMN parent bigint;
                UPDATE users SET parent = 1;
                CREATE UNIQUE INDEX ON users (parent);  -- expect: partial-failure-not-rerunnable
            """,
            history=_USERS,
            mode=TransactionMode.PER_STATEMENT,
        ),
        Good(
            "existing foreign key, recreated with another action",
            """
                ALTER TABLE posts DROP CONSTRAINT posts_user;
                ALTER TABLE posts ADD FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE;
            """,
            history=(
                "CREATE TABLE users (id bigint PRIMARY KEY);\n"
                "CREATE TABLE posts (user_id bigint CONSTRAINT posts_user REFERENCES users (id));"
            ),
            mode=TransactionMode.PER_STATEMENT,
        ),
        Good(
            "keys on a column that is new, and NULL in every row",
            """
                ALTER TABLE users ADD COLUMN parent bigint;
                ALTER TABLE users ADD FOREIGN KEY (parent) REFERENCES users (id);
                CREATE UNIQUE INDEX ON users (parent, email);
            """,
            history=_USERS,
            mode=TransactionMode.PER_STATEMENT,
        ),
        Good(
            "column that is guarded",
            """
                ALTER TABLE users ADD COLUMN IF NOT EXISTS name text;
                CREATE UNIQUE INDEX users_email ON users (email);
            """,
            history=_USERS,
            mode=_EACH,
        ),
        Good(
            "statement that can fail comes first",
            "CREATE UNIQUE INDEX users_email ON users (email);\nALTER TABLE users ADD COLUMN name text;",
            history=_USERS,
            mode=_EACH,
        ),
        Good(
            "alone in its migration",
            "CREATE UNIQUE INDEX users_email ON users (email);",
            history=_USERS,
            mode=_EACH,
        ),
        Good(
            "both in a transaction",
            """
                BEGIN;
                ALTER TABLE users ADD COLUMN name text;
                CREATE UNIQUE INDEX users_email ON users (email);
                COMMIT;
            """,
            history=_USERS,
            mode=_EACH,
        ),
        Good(
            "statements of one block",
            """
                DO $$
                BEGIN
                  ALTER TABLE users ADD COLUMN name text;
                  CREATE UNIQUE INDEX users_email ON users (email);
                END $$;
            """,
            history=_USERS,
            mode=_EACH,
        ),
        Good(
            "tool that goes on with the statement that failed",
            files={
                "migrations/atlas.sum": "h1:",
                "migrations/1_users.sql": _USERS,
                "migrations/2_email.sql": """
                    -- atlas:txmode none

                    ALTER TABLE users ADD COLUMN name text;
                    CREATE UNIQUE INDEX users_email ON users (email);
                """,
            },
        ),
        Good(
            "file that is sent as one query",
            "ALTER TABLE users ADD COLUMN name text;\nCREATE UNIQUE INDEX users_email ON users (email);",
            history=_USERS,
        ),
        Good(
            "nothing in the statement can fail on rows",
            "ALTER TABLE users ADD COLUMN name text;\nCREATE INDEX users_email ON users (email);",
            history=_USERS,
            mode=_EACH,
        ),
        Good(
            "table is new in this migration",
            """
                CREATE TABLE orders (id bigint, number text);
                CREATE UNIQUE INDEX orders_number ON orders (number);
            """,
            mode=_EACH,
        ),
    ),
)


@rule.check(MigrationEnd)
def partial_failure_not_rerunnable(end: MigrationEnd, ctx: Context) -> Iterator[Finding]:
    if ctx.script is None or ctx.script.resumable or ctx.script.guessed:
        return
    committed = None
    for record in ctx.records:
        if record.block is not None:
            continue
        alone = not record.session.in_transaction
        if committed is not None and committed.number != record.number and alone:
            failure = next((f for f in record.effects.failures if f.cause is FailureCause.ROWS), None)
            if failure is not None and failure.table is not None and record.session.has_rows(failure.table):
                together = not any(map(_stands_alone, (committed, record)))
                or_both = ", or put BEGIN and COMMIT around both" if together else ""
                yield Finding(
                    record.operation.span,
                    "if this fails, the statements before it stay applied and the migration cannot run again",
                    help=f"give it a migration of its own{or_both}",
                    tables=(failure.table,),
                    related=(Related(committed.operation.span, "this is committed by itself"),),
                )
                return
        if committed is None and alone and not _runs_twice(record.operation):
            committed = record


def _stands_alone(record: Record) -> bool:
    """Whether it cannot run in a transaction, or would keep there the strong lock of what comes before it."""
    return bool(record.effects.outside_transaction) or isinstance(record.operation, ValidateConstraint)


# Done twice they fail no more than once; of views and functions nobody knows whether they say OR REPLACE.
_RUN_TWICE = (
    AlterColumnType, CreateFunction, CreateView, Delete, DropDefault, DropNotNull, Insert, Opaque, SetDefault,
    SetNotNull, TableCommand, Truncate, Update,
)  # fmt: skip


def _runs_twice(operation: Operation) -> bool:
    guarded = getattr(operation, "if_not_exists", False) or getattr(operation, "if_exists", False)
    return guarded or isinstance(operation, _RUN_TWICE) or leaves_no_trace(operation)
