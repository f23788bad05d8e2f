"""
Object that something else needs.

The server refuses to drop or change what another object depends on: a table that a foreign key points to, the
index of a constraint, a column that a view reads. The migration stops there, and so does the deploy.
Drop what depends on it first, and make it again afterwards; the help names it.
CASCADE drops it too, without saying what: `drop-cascade` reports that.

Silent where the same migration drops what depends on it first, and about what a block runs conditionally.

https://www.postgresql.org/docs/current/ddl-depend.html
"""

from collections.abc import Iterator

from miglint.model import FailureCause, Finding, Severity, Statement
from miglint.rule import Bad, Context, Good, Rule, refused

_ORDERS = """
    CREATE TABLE users (id bigint PRIMARY KEY, name varchar(50));
    CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint REFERENCES users);
    CREATE VIEW names AS SELECT name FROM users;
"""


rule = Rule(
    __name__,
    severity=Severity.ERROR,
    since="0.1.0",
    examples=(
        Bad(
            "table that another one refers to",
            "DROP TABLE users;  -- expect: dependent-objects",
            history=_ORDERS,
        ),
        Bad(
            "rows that another table refers to",
            "TRUNCATE users;  -- expect: dependent-objects",
            history=_ORDERS,
        ),
        Bad(
            "index of a constraint",
            "DROP INDEX users_pkey;  -- expect: dependent-objects",
            history=_ORDERS,
        ),
        Bad(
            "type of a column that a view reads",
            "ALTER TABLE users ALTER COLUMN name TYPE text;  -- expect: dependent-objects",
            history=_ORDERS,
        ),
        Bad(
            "type of a column that a view reads with all others",
            "ALTER TABLE users ALTER COLUMN name TYPE text;  -- expect: dependent-objects",
            history="""
                CREATE TABLE users (id bigint PRIMARY KEY, name varchar(50));
                CREATE VIEW people AS SELECT u.* FROM users AS u;
            """,
        ),
        Good(
            "view takes each row as one value, and names no column",
            """
                ALTER TABLE users ALTER COLUMN name TYPE text;
                ALTER TABLE users DROP COLUMN name;
            """,
            history="""
                CREATE TABLE users (id bigint PRIMARY KEY, name varchar(50));
                CREATE VIEW people AS SELECT id, to_jsonb(u.*) AS whole FROM users u WHERE u.* IS NOT NULL;
            """,
        ),
        Good(
            "what prevents it is dropped first",
            """
                DROP VIEW names;
                ALTER TABLE users ALTER COLUMN name TYPE text;
                ALTER TABLE orders DROP CONSTRAINT orders_user_id_fkey;
                TRUNCATE users;
            """,
            history=_ORDERS,
        ),
        Bad(
            "statement of a block",
            """
                DO $$
                BEGIN
                  TRUNCATE users;  -- expect: dependent-objects
                END $$;
            """,
            history=_ORDERS,
        ),
        Good(
            "statement of a block that may not run",
            """
                DO $$
                BEGIN
                  IF to_regclass('archive') IS NOT NULL THEN
                    TRUNCATE users;
                  END IF;
                END $$;
            """,
            history=_ORDERS,
        ),
    ),
)


@rule.check(Statement)
def dependent_objects(statement: Statement, ctx: Context) -> Iterator[Finding]:
    yield from refused(ctx, FailureCause.DEPENDED)
