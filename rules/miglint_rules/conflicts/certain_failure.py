"""
Statement that the server never runs.

The server's own rules refuse it, whatever is in the database: it does not support it at all, not for this
kind of table, or only in a transaction. The migration stops there, and so does the deploy.
Do what the help says instead; `miglint plan` shows the same refusals with their SQLSTATE.

Other rules of this category report what is refused because of what is there.

Silent about what fails only because of rows, what fails only inside a transaction, and what a block runs
conditionally: `required-column`, `concurrently-in-transaction` and others report the first two. Silent also
about what is not there, a unique index for instance, where SQL that is put together at run time may have made
it.

https://www.postgresql.org/docs/current/errcodes-appendix.html
"""

from collections.abc import Iterator

from miglint.model import FailureCause, Finding, Severity, Statement, TransactionMode
from miglint.rule import Bad, Context, Good, Rule, refused

_EVENTS = """
    CREATE TABLE events (id bigint, at date) PARTITION BY RANGE (at);
    CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
"""
_PAIRS = "CREATE TABLE pairs (a int, b int);"
_SUMS = """
    CREATE TABLE sales (id bigint PRIMARY KEY, city text);
    CREATE MATERIALIZED VIEW sums AS SELECT city, count(*) FROM sales GROUP BY city;
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
    told_by=("batch-without-commit",),
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
            "unique constraint of a partitioned table without its partition column",
            "ALTER TABLE events ADD UNIQUE (id);  -- expect: certain-failure",
            history=_EVENTS,
        ),
        Bad(
            "partition detached CONCURRENTLY beside a default one",
            """
                ALTER TABLE events DETACH PARTITION events_2024 CONCURRENTLY;  -- expect: certain-failure
            """,
            history=f"{_EVENTS}CREATE TABLE events_rest PARTITION OF events DEFAULT;",
        ),
        Bad(
            "foreign key to columns that are not unique",
            """
                ALTER TABLE orders
                    ADD FOREIGN KEY (id, user_id) REFERENCES pairs (a, b);  -- expect: certain-failure
            """,
            history=f"{_ORDERS}{_PAIRS}",
        ),
        Bad(
            "foreign key between types that no operator compares",
            "CREATE TABLE notes (user_id text REFERENCES users);  -- expect: certain-failure",
            history=_ORDERS,
        ),
        Bad(
            "column of the primary key that shall be nullable",
            "ALTER TABLE orders ALTER COLUMN id DROP NOT NULL;  -- expect: certain-failure",
            history=_ORDERS,
        ),
        Bad(
            "identity beside a default",
            """
                ALTER TABLE notes
                    ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY;  -- expect: certain-failure
            """,
            history="CREATE TABLE notes (id bigserial PRIMARY KEY);",
        ),
        Bad(
            "column generated from a generated one",
            """
                ALTER TABLE notes
                    ADD COLUMN c int GENERATED ALWAYS AS (b + 1) STORED;  -- expect: certain-failure
            """,
            history="CREATE TABLE notes (a int, b int GENERATED ALWAYS AS (a + 1) STORED);",
        ),
        Bad(
            "index over what changes with the time",
            """
                CREATE INDEX events_new ON events (at)  -- expect: certain-failure
                WHERE at > now() - interval '30 days';
            """,
            history=_EVENTS,
        ),
        Bad(
            "default that names a column",
            'CREATE TABLE notes (a text DEFAULT "none");  -- expect: certain-failure',
        ),
        Bad(
            "CHECK with a subquery",
            """
                ALTER TABLE orders
                    ADD CHECK (user_id IN (SELECT id FROM users));  -- expect: certain-failure
            """,
            history=_ORDERS,
        ),
        Bad(
            "constraint from an index that covers only some rows",
            """
                ALTER TABLE orders
                    ADD CONSTRAINT orders_of UNIQUE USING INDEX orders_user;  -- expect: certain-failure
            """,
            history=f"{_ORDERS}CREATE UNIQUE INDEX orders_user ON orders (user_id) WHERE id > 0;",
        ),
        Bad(
            "column of a partition alone",
            "ALTER TABLE events_2024 ADD COLUMN kind text;  -- expect: certain-failure",
            history=_EVENTS,
        ),
        Bad(
            "table that differs from those it shall be a partition of",
            """
                ALTER TABLE events
                    ATTACH PARTITION old DEFAULT;  -- expect: certain-failure
            """,
            history=f"{_EVENTS}CREATE TABLE old (id bigint);",
        ),
        Bad(
            "view that shall lose a column",
            "CREATE OR REPLACE VIEW names AS SELECT id FROM users;  -- expect: certain-failure",
            history=_ORDERS,
        ),
        Good(
            "view that gets another column at the end",
            "CREATE OR REPLACE VIEW names AS SELECT name, id FROM users;",
            history=_ORDERS,
        ),
        Bad(
            "function that shall return another type",
            """
                CREATE OR REPLACE FUNCTION plain(a int)  -- expect: certain-failure
                RETURNS bigint LANGUAGE sql AS 'SELECT a::bigint';
            """,
            history="CREATE FUNCTION plain(a int) RETURNS int LANGUAGE sql AS 'SELECT a';",
        ),
        Good(
            "function with other arguments, which is another one",
            "CREATE OR REPLACE FUNCTION plain(b text) RETURNS text LANGUAGE sql AS 'SELECT b';",
            history="CREATE FUNCTION plain(a int) RETURNS int LANGUAGE sql AS 'SELECT a';",
        ),
        Bad(
            "two primary keys",
            "CREATE TABLE notes (a int PRIMARY KEY, b int PRIMARY KEY);  -- expect: certain-failure",
        ),
        Bad(
            "refresh beside readers without a unique index",
            "REFRESH MATERIALIZED VIEW CONCURRENTLY sums;  -- expect: certain-failure",
            history=_SUMS,
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
        Bad(
            "column that gets two values",
            "UPDATE pairs SET a = 1, a = 2 WHERE b = 3;  -- expect: certain-failure",
            history=_PAIRS,
        ),
        Bad(
            "partition whose bound overlaps that of another one",
            """
                CREATE TABLE events_late PARTITION OF events  -- expect: certain-failure
                    FOR VALUES FROM ('2024-12-01') TO ('2025-12-01');
            """,
            history=_EVENTS,
        ),
        Good(
            "partition that begins where another one ends",
            "CREATE TABLE events_25 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');",
            history=_EVENTS,
        ),
        Good(
            "block, which is a transaction for what it runs",
            "DO $$ BEGIN LOCK TABLE orders IN SHARE MODE; END $$;",
            history=_ORDERS,
            mode=TransactionMode.PER_STATEMENT,
        ),
        Good(
            "identity in the place of the default, in one statement",
            """
                ALTER TABLE notes
                    ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY,
                    ALTER COLUMN id DROP DEFAULT;
            """,
            history="CREATE TABLE notes (id bigserial PRIMARY KEY);",
        ),
        Good(
            "function of plain SQL, which the server puts in place of its call",
            "CREATE INDEX ON orders (plain(id));",
            history=f"{_ORDERS}CREATE FUNCTION plain(bigint) RETURNS bigint LANGUAGE sql AS 'SELECT $1 + 1';",
        ),
        Good(
            "unique constraint with the partition column",
            "CREATE TABLE visits (id bigint, at date, UNIQUE (id, at)) PARTITION BY RANGE (at);",
        ),
        Good(
            "columns are unique before the foreign key comes",
            """
                CREATE TABLE pairs (a bigint, b bigint, UNIQUE (a, b));
                CREATE TABLE notes (a bigint, b bigint, FOREIGN KEY (b, a) REFERENCES pairs (b, a));
            """,
        ),
        Good(
            "statement put together at run time, which may have made them unique",
            """
                DO $$
                BEGIN
                  EXECUTE (SELECT 'CREATE UNIQUE INDEX ON pairs (a, b)');
                END $$;
                -- migration
                CREATE TABLE notes (a int, b int, FOREIGN KEY (a, b) REFERENCES pairs (a, b));
            """,
            history=_PAIRS,
        ),
        Good(
            "refresh with a unique index",
            """
                CREATE UNIQUE INDEX sums_city ON sums (city);
                -- migration
                REFRESH MATERIALIZED VIEW CONCURRENTLY sums;
            """,
            history=_SUMS,
        ),
        Good(
            "version 18, which takes NOT VALID there",
            "ALTER TABLE events ADD FOREIGN KEY (id) REFERENCES users NOT VALID;",
            history=f"{_EVENTS}{_ORDERS}",
            settings=(("postgres_version", 18),),
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
    yield from refused(ctx, FailureCause.REFUSED)
