"""
Statement that the server refuses.

The history shows that this statement fails, whatever rows there are: the server does not support it at all,
or something in the schema prevents it. The migration stops there, and so does the deploy.
Do what the help says instead; `miglint plan` shows the same refusals with their SQLSTATE.

Silent about what fails only because of rows, what fails only inside a transaction, and what a block runs
conditionally: `required-column`, `concurrently-in-transaction` and others report the first two.

Whether tables and columns exist is not looked at yet: the history need not be the whole database.

https://www.postgresql.org/docs/current/errcodes-appendix.html
"""

from collections.abc import Iterator

from miglint.model import Confidence, Finding, Severity, Statement, TransactionMode
from miglint.rule import Bad, Context, Good, Rule

_EVENTS = """
    CREATE TABLE events (id bigint, at date) PARTITION BY RANGE (at);
    CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
"""
_ORDERS = """
    CREATE TABLE users (id bigint PRIMARY KEY, name varchar(50));
    CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint REFERENCES users);
    CREATE VIEW names AS SELECT name FROM users;
"""

rule = Rule(
    __name__,
    severity=Severity.ERROR,
    since="0.1.0",
    dialects={"postgres": (), "sqlite": ()},
    examples=(
        Bad(
            "CONCURRENTLY on a partitioned table",
            "CREATE INDEX CONCURRENTLY events_at ON events (at);  -- expect: certain-failure",
            history=_EVENTS,
        ),
        Bad(
            "NOT VALID for the foreign key of a partitioned table, before version 18",
            """
                ALTER TABLE events
                    ADD FOREIGN KEY (id) REFERENCES users NOT VALID;  -- expect: certain-failure
            """,
            history=f"{_EVENTS}{_ORDERS}",
        ),
        Bad(
            "table that another one refers to",
            "DROP TABLE users;  -- expect: certain-failure",
            history=_ORDERS,
        ),
        Bad(
            "rows that another table refers to",
            "TRUNCATE users;  -- expect: certain-failure",
            history=_ORDERS,
        ),
        Bad(
            "LOCK TABLE alone, whose lock would be gone at once",
            "LOCK TABLE orders IN SHARE MODE;  -- expect: certain-failure",
            history=_ORDERS,
            mode=TransactionMode.PER_STATEMENT,
        ),
        Bad(
            "savepoint of no transaction",
            "SAVEPOINT half;  -- expect: certain-failure",
            mode=TransactionMode.PER_STATEMENT,
        ),
        Bad(
            "end of no transaction, with another one after it",
            "COMMIT AND CHAIN;  -- expect: certain-failure",
            mode=TransactionMode.PER_STATEMENT,
        ),
        Good(
            "block, which is a transaction for what it runs",
            "DO $$ BEGIN LOCK TABLE orders IN SHARE MODE; END $$;",
            history=_ORDERS,
            mode=TransactionMode.PER_STATEMENT,
        ),
        Bad(
            "index of a constraint",
            "DROP INDEX users_pkey;  -- expect: certain-failure",
            history=_ORDERS,
        ),
        Bad(
            "type of a column that a view reads",
            "ALTER TABLE users ALTER COLUMN name TYPE text;  -- expect: certain-failure",
            history=_ORDERS,
        ),
        Bad(
            "statement of a block",
            """
                DO $$
                BEGIN
                  TRUNCATE users;  -- expect: certain-failure
                END $$;
            """,
            history=_ORDERS,
        ),
        Good(
            "version 18, which takes NOT VALID there",
            "ALTER TABLE events ADD FOREIGN KEY (id) REFERENCES users NOT VALID;",
            history=f"{_EVENTS}{_ORDERS}",
            settings=(("postgres_version", 18),),
        ),
        Bad(
            "type of a column that a view reads with all others",
            "ALTER TABLE users ALTER COLUMN name TYPE text;  -- expect: certain-failure",
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
        Good(
            "fails only if there are rows, which another rule reports",
            "ALTER TABLE users ADD COLUMN email text NOT NULL;",
            history=_ORDERS,
        ),
        Good(
            "fails only inside a transaction, which another rule reports",
            "BEGIN;\nCREATE INDEX CONCURRENTLY users_name ON users (name);\nCOMMIT;",
            history=_ORDERS,
        ),
        Bad(
            "SQLite adds no UNIQUE column",
            "ALTER TABLE users ADD COLUMN email TEXT UNIQUE;  -- expect: certain-failure",
            history="CREATE TABLE users (id INTEGER PRIMARY KEY);",
            dialect="sqlite",
        ),
        Bad(
            "SQLite drops no column with an index",
            "ALTER TABLE users DROP COLUMN `email`;  -- expect: certain-failure",
            history="CREATE TABLE users (id INTEGER, email TEXT);\nCREATE INDEX e ON users (email);",
            dialect="sqlite",
        ),
        Good(
            "index is dropped first, on SQLite",
            "DROP INDEX e;\nALTER TABLE users DROP COLUMN email;",
            history="CREATE TABLE users (id INTEGER, email TEXT);\nCREATE INDEX e ON users (email);",
            dialect="sqlite",
        ),
        Good(
            "SQLite adds the column, and an index makes it unique",
            "ALTER TABLE users ADD COLUMN email TEXT;\nCREATE UNIQUE INDEX users_email ON users (email);",
            history="CREATE TABLE users (id INTEGER PRIMARY KEY);",
            dialect="sqlite",
            recommended=True,
        ),
    ),
)


@rule.check(Statement)
def certain_failure(statement: Statement, ctx: Context) -> Iterator[Finding]:
    for operation, failure in ctx.refusals[:1]:
        code = f" (SQLSTATE {failure.sqlstate})" if failure.sqlstate else ""
        yield Finding(
            operation.span,
            f"this statement fails: {failure.reason}{code}",
            help=failure.remedy,
            confidence=None if ctx.whole.is_read else Confidence.MEDIUM,
            tables=(failure.table,) if failure.table else (),
        )
