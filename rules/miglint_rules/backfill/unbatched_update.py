"""
UPDATE of a live table without a limit on its rows.

One `UPDATE` over a whole table runs as one transaction: each row it has touched stays locked until the end,
so other sessions that write one of them wait, for minutes or hours; the table and its indexes grow by every
old row version; replicas fall behind; and a failure near the end undoes all of it.
Update in batches of a few thousand rows, each with its own COMMIT, in a migration of its own that runs
outside a transaction.
If a new value depends on other rows of the same table (a rank, a sum), batches would read rows that earlier
batches have changed: compute all values into a table of their own first, and copy them in batches.
A MERGE that updates or deletes, and an INSERT ... SELECT with ON CONFLICT DO UPDATE, do the same.

Silent when the WHERE picks rows by a unique key, a range of it, or a subquery with LIMIT; when a LIMIT or
literal rows limit what a MERGE or an INSERT starts from; in a loop that commits; when the table is new in
this migration, empty, a lookup table whose rows the migrations spell out, or listed as small in the
configuration. An UPDATE that runs while its transaction
holds a strong lock on the table is reported as `ddl-then-backfill`.
Also silent for `WHERE column = value` on an indexed foreign key, or on the first column of a unique key:
these are the rows of one parent. And where a LOCK TABLE keeps writers away until the transaction has made a
unique key, so that no duplicates come in after they were removed.

https://www.postgresql.org/docs/current/plpgsql-transactions.html
"""

from collections.abc import Iterator

from miglint.model import Finding, Insert, Name, Severity, Update
from miglint.rule import Bad, Context, Good, Rule, Together

_USERS = "CREATE TABLE users (id bigint PRIMARY KEY, name text, active boolean);"

rule = Rule(
    __name__,
    severity=Severity.WARNING,
    since="0.1.0",
    together=Together("table"),
    examples=(
        Bad(
            "every row",
            "UPDATE users SET active = true;  -- expect: unbatched-update",
            history=_USERS,
        ),
        Bad(
            "condition that any number of rows can satisfy",
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
        Bad(
            "correlated subquery with LIMIT, which runs for each outer row",
            """
                UPDATE users SET active = true  -- expect: unbatched-update
                WHERE id = (SELECT u.id FROM users AS u WHERE u.name = users.name ORDER BY u.id LIMIT 1);
            """,
            history=_USERS,
        ),
        Bad(
            "OR of a key and something else",
            "UPDATE users SET active = true WHERE id = 1 OR name = 'a';  -- expect: unbatched-update",
            history=_USERS,
        ),
        Bad(
            "MERGE of one table into another",
            """
                MERGE INTO users USING guests ON users.id = guests.id  -- expect: unbatched-update
                WHEN MATCHED THEN UPDATE SET name = guests.name;
            """,
            history=f"{_USERS}\nCREATE TABLE guests (id bigint PRIMARY KEY, name text);",
        ),
        Bad(
            "upsert of the rows of a query",
            """
                INSERT INTO users (id, name) SELECT id, name FROM guests  -- expect: unbatched-update
                ON CONFLICT (id) DO UPDATE SET name = excluded.name;
            """,
            history=f"{_USERS}\nCREATE TABLE guests (id bigint PRIMARY KEY, name text);",
        ),
        Good(
            "upsert of rows that the statement spells out",
            """
                INSERT INTO users (id, name) VALUES (1, 'a'), (2, 'b')
                ON CONFLICT (id) DO UPDATE SET name = excluded.name;
            """,
            history=_USERS,
        ),
        Good(
            "MERGE of rows that the statement spells out",
            """
                MERGE INTO users USING (VALUES (1, 'a'), (2, 'b')) AS new (id, name) ON users.id = new.id
                WHEN MATCHED THEN UPDATE SET name = new.name;
            """,
            history=_USERS,
        ),
        Good(
            "rows that the statement spells out, by their key",
            "UPDATE users SET name = new.name FROM (VALUES (1, 'a'), (2, 'b')) AS new (id, name) "
            "WHERE users.id = new.id;",
            history=_USERS,
        ),
        Good(
            "upsert of a limited number of rows",
            """
                INSERT INTO users (id, name) SELECT id, name FROM guests ORDER BY id LIMIT 1000
                ON CONFLICT (id) DO UPDATE SET name = excluded.name;
            """,
            history=f"{_USERS}\nCREATE TABLE guests (id bigint PRIMARY KEY, name text);",
        ),
        Good(
            "upsert of one row, by its key",
            """
                INSERT INTO users (id, name) SELECT id, name FROM guests WHERE id = 7
                ON CONFLICT (id) DO UPDATE SET name = excluded.name;
            """,
            history=f"{_USERS}\nCREATE TABLE guests (id bigint PRIMARY KEY, name text);",
        ),
        Good(
            "upsert and MERGE of a lookup table",
            """
                INSERT INTO users (id, name) SELECT id, name FROM guests
                ON CONFLICT (id) DO UPDATE SET name = excluded.name;
                MERGE INTO users USING guests ON users.id = guests.id
                WHEN MATCHED THEN UPDATE SET name = guests.name;
            """,
            history=f"{_USERS}\nCREATE TABLE guests (id bigint PRIMARY KEY, name text);",
            settings=(("small_tables", frozenset({Name("public", "guests")})),),
        ),
        Good(
            "MERGE that only adds rows",
            """
                MERGE INTO users USING guests ON users.id = guests.id
                WHEN NOT MATCHED THEN INSERT (id, name) VALUES (guests.id, guests.name);
            """,
            history=f"{_USERS}\nCREATE TABLE guests (id bigint PRIMARY KEY, name text);",
        ),
        Good(
            "key from a subquery that returns one value",
            "UPDATE users SET active = true WHERE id = (SELECT id FROM guests WHERE name = 'a');",
            history=f"{_USERS}\nCREATE TABLE guests (id bigint PRIMARY KEY, name text);",
        ),
        Good(
            "OR of keys",
            "UPDATE users SET active = true WHERE (id = 1 AND name = 'a') OR (id = 2 AND name = 'b');",
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
            "table was emptied earlier",
            "TRUNCATE users;\nUPDATE users SET active = true;",
            history=_USERS,
        ),
        Good(
            "temporary table that the block makes",
            """
                DO $$
                BEGIN
                  CREATE TEMP TABLE seen AS SELECT id, name FROM users;
                  UPDATE seen SET name = lower(name);
                END $$;
            """,
            history=_USERS,
        ),
        Good(
            "table in which an extension keeps its settings",
            "UPDATE cron.job SET active = false;\nUPDATE part_config SET retention = '90 days';",
        ),
        Good(
            "rows of one parent, by an indexed foreign key",
            "UPDATE orders SET note = NULL WHERE user_id = 7;",
            history="""
                CREATE TABLE users (id bigint PRIMARY KEY);
                CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint REFERENCES users, note text);
                CREATE INDEX ON orders (user_id);
            """,
        ),
        Good(
            "lookup table: all rows are spelled out, under keys that nothing gives",
            "UPDATE kinds SET name = upper(name);",
            history="""
                CREATE TABLE kinds (id int PRIMARY KEY, name text);
                INSERT INTO kinds (id, name) VALUES (1, 'debug'), (2, 'error');
            """,
        ),
        Good(
            "lookup table, as its name says: all rows are spelled out",
            "UPDATE refusal_reasons SET name = upper(name);",
            history="""
                CREATE TABLE refusal_reasons (id uuid DEFAULT gen_random_uuid() PRIMARY KEY, name text);
                INSERT INTO refusal_reasons (id, name) VALUES ('0d5c0b2a-1c7c-4c8c-9b1f-2f7f1a3c5b6d', 'a');
            """,
        ),
        Bad(
            "table with spelled out rows, to which an application can add others",
            "UPDATE teams SET name = upper(name);  -- expect: unbatched-update",
            history="""
                CREATE TABLE teams (id serial PRIMARY KEY, name text);
                INSERT INTO teams (id, name) VALUES (1, 'debug'), (2, 'error');
            """,
        ),
        Good(
            "table is listed as small",
            "UPDATE users SET active = true;",
            history=_USERS,
            settings=(("small_tables", frozenset({Name("public", "users")})),),
        ),
        Good(
            "condition that no row satisfies",
            "UPDATE users SET active = true WHERE false;",
            history=_USERS,
        ),
        Good(
            "writers are kept away until a unique key is made",
            """
                LOCK TABLE users IN SHARE MODE;
                UPDATE users SET name = users.name || users.id FROM users AS o
                WHERE users.name = o.name AND users.id > o.id;
                CREATE UNIQUE INDEX ON users (name);
            """,
            history=_USERS,
        ),
        Good(
            "strong lock is held, which does more harm",
            "ALTER TABLE users ADD COLUMN nick text;\nUPDATE users SET nick = name;",
            history=_USERS,
        ),
    ),
)


@rule.check(Update, Insert)
def unbatched_update(update: Update | Insert, ctx: Context) -> Iterator[Finding]:
    table = update.table
    if isinstance(update, Insert) and not update.updates:
        return
    if not ctx.waits.keeps_rows_locked(table):
        return
    yield Finding(
        update.span,
        f"{_verb(update)} {table.display} can touch any number of rows in one transaction "
        "and keeps them locked",
        help=_help(update, ctx),
        confidence=ctx.sure_of_rows(update),
        tables=(table,),
    )


def _verb(update: Update | Insert) -> str:
    if isinstance(update, Update):
        return "UPDATE of"
    return "MERGE into" if update.keyword == "merge" else "INSERT ... ON CONFLICT DO UPDATE of"


def _help(update: Update | Insert, ctx: Context) -> str:
    if isinstance(update, Update):
        return ctx.rows.filled_by_default(update) or ctx.rows.batches_apart(update, kept=rule.name)
    remark = ", the rows of the query in ranges of its key, with a COMMIT after each"
    return ctx.remedies.outside_transaction("", remark=remark)
