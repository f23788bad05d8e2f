"""
UPDATE of a live table that nothing bounds.

One `UPDATE` over a whole table runs as one transaction: each row it has touched stays locked until the
end, so other sessions that write one of them wait, for minutes or hours; the table and its indexes grow by
every old row version; replicas fall behind; and a failure near the end throws all of it away.
Update in batches of some thousand rows, each with its own COMMIT, in a migration of its own that runs
outside a transaction.

Silent when the WHERE picks rows by a unique key, a range of it, or a subquery with LIMIT; in a loop that
commits; when the table is new in this migration, empty, or listed as small in the configuration. An UPDATE
that runs while its transaction holds a strong lock on the table is reported as `ddl-then-backfill`.

https://www.postgresql.org/docs/current/plpgsql-transactions.html
"""

from collections.abc import Iterator

from miglint.model import Finding, LockMode, Name, Severity, Update
from miglint.rule import Bad, Context, Good, Rule

_USERS = "CREATE TABLE users (id bigint PRIMARY KEY, name text, active boolean);"

rule = Rule(
    __name__,
    severity=Severity.WARNING,
    since="0.1.0",
    examples=(
        Bad(
            "every row",
            "UPDATE users SET active = true;  -- expect: unbatched-update",
            history=_USERS,
        ),
        Bad(
            "condition that any number of rows can meet",
            "UPDATE users SET active = true WHERE active IS NULL;  -- expect: unbatched-update",
            history=_USERS,
        ),
        Bad(
            "DO block without a loop",
            """
                DO $$
                BEGIN
                  UPDATE users SET active = true;  -- expect: unbatched-update
                END $$;
            """,
            history=_USERS,
        ),
        Good(
            "batches that commit, alone in their migration",
            """
                DO $$
                DECLARE
                  done bigint;
                BEGIN
                  LOOP
                    UPDATE users SET active = true
                    WHERE id IN (SELECT id FROM users WHERE active IS NULL LIMIT 10000);
                    GET DIAGNOSTICS done = ROW_COUNT;
                    EXIT WHEN done = 0;
                    COMMIT;
                    PERFORM pg_sleep(0.1);
                  END LOOP;
                END $$;
            """,
            history=_USERS,
            recommended=True,
        ),
        Good(
            "one batch, picked by a subquery with LIMIT",
            """
                UPDATE users SET active = true
                WHERE id IN (SELECT id FROM users WHERE active IS NULL LIMIT 5000);
            """,
            history=_USERS,
            recommended=True,
        ),
        Good(
            "unique key",
            "UPDATE users SET active = true WHERE id IN (1, 2, 3);",
            history=_USERS,
            recommended=True,
        ),
        Good(
            "range of the unique key",
            "UPDATE users SET active = true WHERE id BETWEEN 1 AND 10000;",
            history=_USERS,
            recommended=True,
        ),
        Good(
            "unbounded, but in a loop that commits",
            """
                DO $$
                BEGIN
                  FOR part IN 0..99 LOOP
                    UPDATE users SET active = true WHERE id % 100 = part;
                    COMMIT;
                  END LOOP;
                END $$;
            """,
            history=_USERS,
        ),
        Good(
            "table is new in this migration",
            "CREATE TABLE people AS SELECT * FROM users;\nUPDATE people SET active = true;",
            history=_USERS,
        ),
        Good(
            "table was emptied before",
            "TRUNCATE users;\nUPDATE users SET active = true;",
            history=_USERS,
        ),
        Good(
            "table is listed as small",
            "UPDATE users SET active = true;",
            history=_USERS,
            settings=(("small_tables", frozenset({Name("public", "users")})),),
        ),
        Good(
            "condition that no row meets",
            "UPDATE users SET active = true WHERE false;",
            history=_USERS,
        ),
        Good(
            "strong lock is held, which is the greater harm",
            "ALTER TABLE users ADD COLUMN nick text;\nUPDATE users SET nick = name;",
            history=_USERS,
        ),
    ),
)


@rule.check(Update)
def unbatched_update(update: Update, ctx: Context) -> Iterator[Finding]:
    table = update.table
    if all(written.bounded for written in ctx.effects.rows_written) or not ctx.is_live(table):
        return
    held = ctx.held(table)
    if ctx.commits_in_loop or (held is not None and held.mode >= LockMode.SHARE_ROW_EXCLUSIVE):
        return
    yield Finding(
        update.span,
        f"UPDATE of {table.display} touches any number of rows in one transaction, and keeps them locked",
        help=(
            "update in batches that commit, in a migration of its own, outside a transaction:\n"
            + ctx.in_batches(update)
        ),
        tables=(table,),
    )
