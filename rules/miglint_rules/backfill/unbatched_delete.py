"""
DELETE from a live table without a limit on its rows.

One `DELETE` over many rows runs as one transaction: each row stays locked until the end, rows that refer to
it with ON DELETE CASCADE are deleted too, replicas fall behind, and a failure near the end undoes all of it.
Without a WHERE every row is gone after COMMIT.
Delete in batches of a few thousand rows, each with its own COMMIT, in a migration of its own that runs
outside a transaction; if the table has a partition for these rows, drop that instead.

Silent when the WHERE picks rows by a unique key, a range of it, or a subquery with LIMIT; in a loop that
commits; when the table is new in this migration, empty, a lookup table whose rows the migrations spell out,
or listed as small in the configuration. A DELETE that runs while its transaction holds a strong lock on the
table is reported as `ddl-then-backfill`.
Also silent for `WHERE column = value` on an indexed foreign key, or on the first column of a unique key:
these are the rows of one parent. And where a LOCK TABLE keeps writers away until the transaction has made a
unique key, so that no duplicates come in after they were removed.

https://www.postgresql.org/docs/current/plpgsql-transactions.html
"""

from collections.abc import Iterator

from miglint.model import Delete, Finding, Name, Severity
from miglint.rule import Bad, Context, Good, Rule, Together

_EVENTS = "CREATE TABLE events (id bigint PRIMARY KEY, kind text, at date);"

_GRANTS = """
    CREATE TABLE roles (id bigint PRIMARY KEY, name text UNIQUE);
    CREATE TABLE grants (role bigint REFERENCES roles, what text, id bigint UNIQUE);
    CREATE UNIQUE INDEX ON grants (what, role);
"""

rule = Rule(
    __name__,
    severity=Severity.WARNING,
    since="0.1.0",
    together=Together("table"),
    examples=(
        Bad(
            "condition that any number of rows can satisfy",
            "DELETE FROM events WHERE kind = 'debug';  -- expect: unbatched-delete",
            history=_EVENTS,
        ),
        Bad(
            "every row",
            "DELETE FROM events;  -- expect: unbatched-delete",
            history=_EVENTS,
        ),
        Bad(
            "all rows that belong to one of another table",
            """
                DELETE FROM grants USING roles  -- expect: unbatched-delete
                WHERE grants.role = roles.id AND roles.id = 3;
            """,
            history=_GRANTS,
        ),
        Good(
            "rows whose whole key a row of another table gives",
            """
                DELETE FROM grants USING roles
                WHERE grants.role = roles.id AND roles.name = 'guest' AND grants.what IN ('read', 'write');
            """,
            history=_GRANTS,
        ),
        Good(
            "batches that commit, alone in their migration",
            """
                DO $$
                DECLARE
                  done bigint;
                BEGIN
                  LOOP
                    DELETE FROM events
                    WHERE id IN (SELECT id FROM events WHERE kind = 'debug' LIMIT 10000);
                    GET DIAGNOSTICS done = ROW_COUNT;
                    EXIT WHEN done = 0;
                    COMMIT;
                  END LOOP;
                END $$;
            """,
            history=_EVENTS,
            recommended=True,
        ),
        Good(
            "one batch, picked by a subquery with LIMIT",
            "DELETE FROM events WHERE id IN (SELECT id FROM events WHERE kind = 'debug' LIMIT 5000);",
            history=_EVENTS,
            recommended=True,
        ),
        Good(
            "unique key",
            "DELETE FROM events WHERE id = 7;",
            history=_EVENTS,
            recommended=True,
        ),
        Good(
            "unbounded, but in a loop that commits",
            """
                DO $$
                BEGIN
                  FOR part IN 1..12 LOOP
                    DELETE FROM events WHERE extract(month FROM at) = part;
                    COMMIT;
                  END LOOP;
                END $$;
            """,
            history=_EVENTS,
        ),
        Good(
            "table is new in this migration",
            "CREATE TABLE staging AS SELECT * FROM events;\nDELETE FROM staging WHERE kind = 'debug';",
            history=_EVENTS,
        ),
        Good(
            "table was emptied earlier",
            "TRUNCATE events;\nDELETE FROM events WHERE kind = 'debug';",
            history=_EVENTS,
        ),
        Good(
            "rows of one parent, by an indexed foreign key",
            "DELETE FROM orders WHERE user_id = 7;",
            history="""
                CREATE TABLE users (id bigint PRIMARY KEY);
                CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint REFERENCES users, note text);
                CREATE INDEX ON orders (user_id);
            """,
        ),
        Good(
            "lookup table: all rows are spelled out, under keys that nothing gives",
            "DELETE FROM kinds WHERE name = 'debug';",
            history="""
                CREATE TABLE kinds (id int PRIMARY KEY, name text);
                INSERT INTO kinds (id, name) VALUES (1, 'debug'), (2, 'error');
            """,
        ),
        Good(
            "lookup table, as its name says: all rows are spelled out",
            "DELETE FROM refusal_reasons WHERE name = 'late';",
            history="""
                CREATE TABLE refusal_reasons (id uuid DEFAULT gen_random_uuid() PRIMARY KEY, name text);
                INSERT INTO refusal_reasons (id, name) VALUES ('0d5c0b2a-1c7c-4c8c-9b1f-2f7f1a3c5b6d', 'a');
            """,
        ),
        Bad(
            "table with spelled out rows, to which an application can add others",
            "DELETE FROM teams WHERE name = 'debug';  -- expect: unbatched-delete",
            history="""
                CREATE TABLE teams (id serial PRIMARY KEY, name text);
                INSERT INTO teams (id, name) VALUES (1, 'debug'), (2, 'error');
            """,
        ),
        Good(
            "table is listed as small",
            "DELETE FROM events WHERE kind = 'debug';",
            history=_EVENTS,
            settings=(("small_tables", frozenset({Name("public", "events")})),),
        ),
        Good(
            "writers are kept away until a unique key is made",
            """
                LOCK TABLE events IN SHARE MODE;
                DELETE FROM events AS e USING events AS o WHERE e.kind = o.kind AND e.id > o.id;
                CREATE UNIQUE INDEX ON events (kind);
            """,
            history=_EVENTS,
        ),
        Good(
            "strong lock is held, which does more harm",
            "ALTER TABLE events ADD COLUMN note text;\nDELETE FROM events WHERE kind = 'debug';",
            history=_EVENTS,
        ),
    ),
)


@rule.check(Delete)
def unbatched_delete(delete: Delete, ctx: Context) -> Iterator[Finding]:
    table = delete.table
    if not ctx.waits.keeps_rows_locked(table):
        return
    whole = delete.filter.absent or delete.filter.tautology
    what = "every row" if whole and not delete.filter.joins else "any number of rows"
    yield Finding(
        delete.span,
        f"DELETE removes {what} from {table.display} in one transaction, and keeps them locked",
        help=ctx.rows.batches_apart(delete, kept=rule.name),
        confidence=ctx.sure_of_rows(delete),
        tables=(table,),
    )
