"""
Object that something else needs.

The server refuses to drop or change what another object depends on: a table, a key or an index that a
foreign key needs, a column that a view, a generated column, a policy or a trigger uses, a type that columns
have, a function that triggers call. The migration stops there, and so does the deploy.
Drop what depends on it first, and make it again afterwards; the help names it and, where their text is known,
writes the statements in their order.
CASCADE drops it too, without saying what: `drop-cascade` reports that.

Silent where what depends on it is dropped first or in the same DROP, where the history holds code that cannot
be read and may have dropped it, and about what a block runs conditionally.

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
        Bad(
            "column that a generated column is computed from",
            "ALTER TABLE lines ALTER COLUMN amount TYPE numeric(12,2);  -- expect: dependent-objects",
            history="""
                CREATE TABLE lines (
                    id bigint PRIMARY KEY,
                    amount numeric,
                    gross numeric GENERATED ALWAYS AS (amount * 1.2) STORED
                );
            """,
        ),
        Good(
            "generated column is dropped in the same statement",
            "ALTER TABLE lines ALTER COLUMN amount TYPE numeric(12,2), DROP COLUMN gross;",
            history="""
                CREATE TABLE lines (
                    id bigint PRIMARY KEY,
                    amount numeric,
                    gross numeric GENERATED ALWAYS AS (amount * 1.2) STORED
                );
            """,
        ),
        Bad(
            "column that a policy asks for",
            "ALTER TABLE notes DROP COLUMN owner;  -- expect: dependent-objects",
            history="""
                CREATE TABLE notes (id bigint PRIMARY KEY, owner text);
                CREATE POLICY own ON notes USING (owner = current_user);
            """,
        ),
        Bad(
            "key that a foreign key needs",
            "ALTER TABLE users DROP CONSTRAINT users_pkey;  -- expect: dependent-objects",
            history=_ORDERS,
        ),
        Bad(
            "type that a column has",
            "DROP TYPE mood;  -- expect: dependent-objects",
            history="CREATE TYPE mood AS ENUM ('sad');\nCREATE TABLE people (mood mood);",
        ),
        Good(
            "view of the same name, which its list of columns makes look like a call",
            "DROP FUNCTION total(int);",
            history="""
                CREATE FUNCTION total(n int) RETURNS int LANGUAGE sql AS 'SELECT n';
                CREATE VIEW total(n) AS SELECT 1;
            """,
        ),
        Bad(
            "function that a trigger calls",
            "DROP FUNCTION touch();  -- expect: dependent-objects",
            history="""
                CREATE TABLE people (id bigint PRIMARY KEY);
                CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
                CREATE TRIGGER touch BEFORE UPDATE ON people FOR EACH ROW EXECUTE FUNCTION touch();
            """,
        ),
        Bad(
            "view that another one reads",
            "DROP VIEW names;  -- expect: dependent-objects",
            history=f"{_ORDERS}\nCREATE VIEW short_names AS SELECT name FROM names;",
        ),
        Good(
            "tables that refer to each other are dropped together",
            "DROP VIEW names;\nDROP TABLE users, orders;",
            history=_ORDERS,
        ),
        Good(
            "code that cannot be read may have dropped the view",
            """
                DO $$
                DECLARE found text;
                BEGIN
                  FOR found IN SELECT viewname FROM pg_views WHERE schemaname = 'public' LOOP
                    EXECUTE format('DROP VIEW %I', found);
                  END LOOP;
                END $$;
                ALTER TABLE users DROP COLUMN name;
            """,
            history=_ORDERS,
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
