"""
Loop over batches that is one transaction, or fails at its COMMIT.

A DO block or a procedure runs in one transaction unless it contains COMMIT. A loop that writes some rows at a
time and never commits keeps every row locked until it ends, as one large UPDATE does, and takes longer.
COMMIT in a block works only if no transaction is open around it: in a migration that the tool wraps in one,
after BEGIN, or with a second statement in the same query string, even a SET, the server stops with "invalid
transaction termination".
End the body of the loop with COMMIT, and put the block alone in a migration that runs outside a transaction.

It is an error where the COMMIT is refused, and a warning otherwise.
Silent when the loop commits and the block runs on its own; when the table is new in this migration, empty, or
listed as small in the configuration. A statement in a loop that does not limit its rows is reported as
`unbatched-update` or `unbatched-delete`.

https://www.postgresql.org/docs/current/plpgsql-transactions.html
"""

from collections.abc import Iterator

from miglint.model import Commit, Delete, Finding, Name, Rollback, Severity, TransactionMode, Update
from miglint.rule import Bad, Context, Good, Record, Rule

_USERS = "CREATE TABLE users (id bigint PRIMARY KEY, name text, active boolean);"

rule = Rule(
    __name__,
    severity=Severity.WARNING,
    since="0.1.0",
    examples=(
        Bad(
            "loop without COMMIT",
            """
                DO $$
                BEGIN
                  LOOP
                    UPDATE users SET active = true  -- expect: batch-without-commit
                    WHERE id IN (SELECT id FROM users WHERE active IS NULL LIMIT 10000);
                    EXIT WHEN NOT FOUND;
                  END LOOP;
                END $$;
            """,
            history=_USERS,
        ),
        Bad(
            "row by row",
            """
                DO $$
                DECLARE
                  found_user record;
                BEGIN
                  FOR found_user IN SELECT id, name FROM users LOOP
                    UPDATE users SET name = trim(found_user.name)  -- expect: batch-without-commit
                    WHERE id = found_user.id;
                  END LOOP;
                END $$;
            """,
            history=_USERS,
        ),
        Bad(
            "COMMIT in a block, and a second statement in the file",
            """
                SET lock_timeout = '5s';
                DO $$
                BEGIN
                  LOOP
                    UPDATE users SET active = true
                    WHERE id IN (SELECT id FROM users WHERE active IS NULL LIMIT 10000);
                    EXIT WHEN NOT FOUND;
                    COMMIT;  -- expect: batch-without-commit
                  END LOOP;
                END $$;
            """,
            history=_USERS,
        ),
        Bad(
            "procedure that commits, called in the tool's transaction",
            "CALL fill_users();  -- expect: batch-without-commit",
            history=_USERS
            + """
                CREATE PROCEDURE fill_users() LANGUAGE plpgsql AS $$
                BEGIN
                  LOOP
                    UPDATE users SET active = true
                    WHERE id IN (SELECT id FROM users WHERE active IS NULL LIMIT 10000);
                    EXIT WHEN NOT FOUND;
                    COMMIT;
                  END LOOP;
                END $$;
            """,
            mode=TransactionMode.PER_MIGRATION,
        ),
        Good(
            "loop that commits, alone in its migration",
            """
                DO $$
                BEGIN
                  LOOP
                    UPDATE users SET active = true
                    WHERE id IN (SELECT id FROM users WHERE active IS NULL LIMIT 10000);
                    EXIT WHEN NOT FOUND;
                    COMMIT;
                  END LOOP;
                END $$;
            """,
            history=_USERS,
            recommended=True,
        ),
        Good(
            "loop that commits, in a script that opens no transaction",
            """
                SET lock_timeout = '5s';
                DO $$
                BEGIN
                  LOOP
                    DELETE FROM users WHERE id IN (SELECT id FROM users WHERE NOT active LIMIT 10000);
                    EXIT WHEN NOT FOUND;
                    COMMIT;
                  END LOOP;
                END $$;
            """,
            history=_USERS,
            mode=TransactionMode.SCRIPT,
            recommended=True,
        ),
        Good(
            "loop that commits, where the tool sends the statements one by one",
            """
                ALTER TABLE users ALTER COLUMN active SET DEFAULT true;
                DO $$
                BEGIN
                  LOOP
                    UPDATE users SET active = true
                    WHERE id IN (SELECT id FROM users WHERE active IS NULL LIMIT 10000);
                    EXIT WHEN NOT FOUND;
                    COMMIT;
                  END LOOP;
                END $$;
            """,
            history=_USERS,
            mode=TransactionMode.PER_STATEMENT,
            recommended=True,
        ),
        Good(
            "one row, without a loop",
            "DO $$ BEGIN UPDATE users SET active = true WHERE id = 1; END $$;",
            history=_USERS,
        ),
        Good(
            "table is new in this migration",
            """
                CREATE TABLE people AS SELECT * FROM users;
                DO $$ BEGIN FOR i IN 1..9 LOOP DELETE FROM people WHERE id = i; END LOOP; END $$;
            """,
            history=_USERS,
        ),
        Good(
            "table is listed as small",
            "DO $$ BEGIN FOR i IN 1..9 LOOP DELETE FROM users WHERE id = i; END LOOP; END $$;",
            history=_USERS,
            settings=(("small_tables", frozenset({Name("public", "users")})),),
        ),
    ),
)


@rule.check(Update, Delete)
def batch_without_commit(write: Update | Delete, ctx: Context) -> Iterator[Finding]:
    block, written = ctx.block, ctx.effects.rows_written
    if block is None or not block.loop or ctx.commits_in_loop or not all(w.bounded for w in written):
        return
    if not written or not ctx.is_live(write.table) or _said_before(ctx, Update, Delete):
        return
    yield Finding(
        write.span,
        f"the loop over {write.table.display} never commits: all its batches are one transaction",
        help=ctx.remedies.outside_transaction(
            ctx.rows.in_batches(write), remark=", with COMMIT at the end of the loop"
        ),
        tables=(write.table,),
    )


@rule.check(Commit, Rollback)
def refused_commit(end: Commit | Rollback, ctx: Context) -> Iterator[Finding]:
    if ctx.block is None or not ctx.session.in_transaction or _said_before(ctx, Commit, Rollback):
        return
    word = type(end).__name__.upper()
    yield Finding(
        end.span,
        f"{word} in a block fails inside a transaction: {ctx.transaction_reason}",
        help=ctx.remedies.runs_alone("block"),
        severity=Severity.ERROR,
    )


def _said_before(ctx: Context, *kinds: type) -> bool:
    """Whether the same block has an operation of these kinds before: one finding stands for all."""
    first = ctx.once(_first_in_loops, kinds).get(ctx.record.number) if ctx.record else None
    return first is not None and first < len(ctx.earlier)


def _first_in_loops(records: tuple[Record, ...], kinds: tuple[type, ...]) -> dict[int, int]:
    found: dict[int, int] = {}
    for place, record in enumerate(records):
        if isinstance(record.operation, kinds) and record.block is not None and record.block.loop:
            found.setdefault(record.number, place)
    return found
