"""
Backfill of a table that its own transaction keeps locked.

Locks are held until COMMIT. If an `ALTER TABLE` in the same transaction has taken ACCESS EXCLUSIVE on the
table, every reader and writer waits while an `UPDATE`, `DELETE` or `INSERT ... SELECT` works through it;
after a lock such as SHARE ROW EXCLUSIVE (a new foreign key, a trigger) every writer waits.
The schema change takes milliseconds and the backfill minutes: that is how a harmless ADD COLUMN becomes an
outage.
Move the backfill to a migration of its own, in batches that commit.

Where the UPDATE gives all rows of a new column the same literal, no backfill is needed: `ADD COLUMN ...
DEFAULT` with that literal gives it to them without writing a row, and SET DEFAULT or DROP DEFAULT follows.
A later UPDATE of a new column must leave out the rows that were written in between.

Silent when nothing stronger than SHARE UPDATE EXCLUSIVE is held, when there is a COMMIT between the two, when
the WHERE or the VALUES limit the number of rows, and when the table is new in this migration, empty, or
listed as small in the configuration. Also silent where a LOCK TABLE keeps writers, but no readers, away until
the transaction has made a unique key: no duplicates may come in after they were removed. Where readers are
kept away as well, it is a warning, with the weaker mode.

https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-TABLES
"""

from collections.abc import Iterator

from miglint.model import (
    Delete,
    Finding,
    Insert,
    Name,
    Related,
    Severity,
    TransactionMode,
    Update,
)
from miglint.rule import Bad, Context, Good, Rule, Together

_USERS = "CREATE TABLE users (id bigint PRIMARY KEY, name text);"

rule = Rule(
    __name__,
    severity=Severity.ERROR,
    since="0.1.0",
    together=Together("table"),
    examples=(
        Bad(
            "new column, filled at once",
            """
                ALTER TABLE users ADD COLUMN email_verified boolean;
                UPDATE users SET email_verified = false;  -- expect: ddl-then-backfill
                ALTER TABLE users ALTER COLUMN email_verified SET DEFAULT false;
            """,
            history=_USERS,
        ),
        Bad(
            "rows copied into a table that was just altered",
            """
                ALTER TABLE users ADD COLUMN origin text;
                INSERT INTO users (id, name) SELECT id, name FROM guests;  -- expect: ddl-then-backfill
            """,
            history=_USERS + "\nCREATE TABLE guests (id bigint, name text);",
        ),
        Bad(
            "rows deleted so that a foreign key holds, after the lock is taken",
            """
                ALTER TABLE orders ADD COLUMN buyer bigint REFERENCES users;
                DELETE FROM users WHERE name IS NULL;  -- expect: ddl-then-backfill
            """,
            history=_USERS + "\nCREATE TABLE orders (id bigint PRIMARY KEY);",
        ),
        Bad(
            "DO block, which is one transaction",
            """
                DO $$
                BEGIN
                  ALTER TABLE users ADD COLUMN nick text;
                  UPDATE users SET nick = name;  -- expect: ddl-then-backfill
                END $$;
            """,
            history=_USERS,
            mode=TransactionMode.PER_STATEMENT,
        ),
        Good(
            "backfill in a migration of its own, in batches",
            """
                SET lock_timeout = '5s';
                ALTER TABLE users ADD COLUMN email_verified boolean;
                -- migration
                UPDATE users SET email_verified = false
                WHERE id IN (SELECT id FROM users WHERE email_verified IS NULL LIMIT 10000);
            """,
            history=_USERS,
            recommended=True,
        ),
        Good(
            "each statement commits on its own",
            "ALTER TABLE users ADD COLUMN nick text;\nUPDATE users SET nick = name;",
            history=_USERS,
            mode=TransactionMode.PER_STATEMENT,
        ),
        Good(
            "COMMIT in between",
            "BEGIN;\nALTER TABLE users ADD COLUMN nick text;\nCOMMIT;\nUPDATE users SET nick = name;",
            history=_USERS,
            mode=TransactionMode.SCRIPT,
        ),
        Good(
            "lock that lets writes continue",
            "ALTER TABLE users ALTER COLUMN name SET STATISTICS 500;\nUPDATE users SET name = '';",
            history=_USERS,
        ),
        Good(
            "writers are kept away until a unique key is made",
            """
                LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE;
                DELETE FROM users AS u USING users AS o WHERE u.name = o.name AND u.id > o.id;
                CREATE UNIQUE INDEX ON users (name);
            """,
            history=_USERS,
        ),
        Bad(
            "readers are kept away with the writers until a unique key is made",
            """
                LOCK TABLE users;
                DELETE FROM users AS u USING users AS o  -- expect: ddl-then-backfill
                WHERE u.name = o.name AND u.id > o.id;
                ALTER TABLE users ADD UNIQUE (name);
            """,
            history=_USERS,
        ),
        Bad(
            "lock that no unique key needs",
            """
                LOCK TABLE users IN SHARE ROW EXCLUSIVE MODE;
                DELETE FROM users WHERE name IS NULL;  -- expect: ddl-then-backfill
                CREATE INDEX ON users (name);
            """,
            history=_USERS,
        ),
        Good(
            "another table is locked",
            "ALTER TABLE orders ADD COLUMN note text;\nUPDATE users SET name = '';",
            history=_USERS + "\nCREATE TABLE orders (id bigint PRIMARY KEY);",
        ),
        Good(
            "one row by its key",
            "ALTER TABLE users ADD COLUMN nick text;\nUPDATE users SET nick = 'root' WHERE id = 1;",
            history=_USERS,
        ),
        Good(
            "rows that are literals in the statement",
            "ALTER TABLE users ADD COLUMN nick text;\nINSERT INTO users VALUES (1, 'root', 'root');",
            history=_USERS,
        ),
        Good(
            "rows that are literals in a WITH",
            """
                ALTER TABLE users ADD COLUMN nick text;
                WITH new (id, name) AS (VALUES (1, 'root'), (2, 'guest'))
                INSERT INTO users (id, name) SELECT id, lower(name) FROM new;
            """,
            history=_USERS,
        ),
        Good(
            "table is new in this migration",
            "CREATE TABLE new AS SELECT * FROM users;\nALTER TABLE new ADD n int;\nUPDATE new SET n = 1;",
            history=_USERS,
        ),
        Good(
            "migrations spell out all rows of the table",
            "ALTER TABLE kinds ADD COLUMN n int;\nUPDATE kinds SET n = 1;",
            history="CREATE TABLE kinds (id int PRIMARY KEY, name text);\nINSERT INTO kinds VALUES (1, 'a');",
        ),
        Good(
            "table is listed as small",
            "ALTER TABLE users ADD COLUMN nick text;\nUPDATE users SET nick = name;",
            history=_USERS,
            settings=(("small_tables", frozenset({Name("public", "users")})),),
        ),
    ),
)


@rule.check(Update, Delete, Insert)
def ddl_then_backfill(change: Update | Delete | Insert, ctx: Context) -> Iterator[Finding]:
    table = change.table
    if all(written.bounded for written in ctx.effects.rows_written) or not ctx.is_live(table):
        return
    if ctx.has_few_rows(table):
        return
    held = ctx.waits.held(table)
    if held is None or not held.mode.keeps_writers_to_one:
        return
    for_key = ctx.waits.held_for_key(table) is not None
    if for_key and not held.mode.blocks_reads:
        return
    waiting = "every reader and writer" if held.mode.blocks_reads else "every writer"
    if isinstance(change, Insert):
        what = f"{change.keyword.upper()} fills {table.display}"
    else:
        what = f"{type(change).__name__.upper()} works through {table.display}"
    if for_key:
        help_text = ctx.rows.weaker_lock(table)
    elif isinstance(change, Insert):
        help_text = "move it to a migration of its own"
    else:
        help_text = ctx.rows.filled_by_default(change) if isinstance(change, Update) else ""
        help_text = help_text or ctx.rows.batches_later(change)
    yield Finding(
        change.span,
        f"{what} while its transaction holds {held.mode} on it: {waiting} waits until COMMIT",
        help=help_text,
        severity=Severity.WARNING if for_key else None,
        confidence=ctx.sure_of_rows(change),
        tables=(table,),
        related=(Related(held.span, f"takes {held.mode} on {table.display}", held.source),),
    )
