"""
Name that is taken.

An earlier migration has made something of this name (a column, table, index, constraint, type, function,
trigger, policy, ...), and none has dropped or renamed it since: the server refuses the statement, and the
deploy stops there.
Two branches that each add the same thing are merged without a conflict, and fail like this afterwards.
Take another name, or remove the statement if what is there is what it wants.

The server keeps 63 bytes of a name: longer ones that begin alike are the same.

Silent with IF NOT EXISTS and OR REPLACE, for temporary tables, where a block handles the error, and where one
may have dropped it, also with text that it makes up while it runs.

https://www.postgresql.org/docs/current/errcodes-appendix.html
"""

from collections.abc import Iterator

from miglint.model import FailureCause, Finding, Severity, Statement
from miglint.rule import Bad, Context, Good, Rule, refused

_USERS = """
    CREATE TABLE users (id bigint PRIMARY KEY, name text, age int CONSTRAINT users_age CHECK (age > 0));
    CREATE INDEX users_name ON users (name);
"""

rule = Rule(
    __name__,
    severity=Severity.ERROR,
    since="0.1.0",
    examples=(
        Bad(
            "column that the table has",
            "ALTER TABLE users ADD COLUMN name text;  -- expect: name-taken",
            history=_USERS,
        ),
        Bad(
            "table, index or sequence of the name",
            "CREATE TABLE users_name (id bigint);  -- expect: name-taken",
            history=_USERS,
        ),
        Bad(
            "constraint of the name",
            """
                ALTER TABLE users
                    ADD CONSTRAINT users_age UNIQUE (name);  -- expect: name-taken
            """,
            history=_USERS,
        ),
        Bad(
            "type of the name",
            "CREATE TYPE mood AS ENUM ('sad');  -- expect: name-taken",
            history="CREATE TYPE mood AS ENUM ('sad', 'glad');",
        ),
        Bad(
            "index of the name, made together with a table",
            "CREATE TABLE teams (id bigint CONSTRAINT users_name PRIMARY KEY);  -- expect: name-taken",
            history=_USERS,
        ),
        Bad(
            "type that a table has for its rows",
            "CREATE TYPE users AS ENUM ('admin', 'guest');  -- expect: name-taken",
            history=_USERS,
        ),
        Bad(
            "value that an enum has",
            "ALTER TYPE mood ADD VALUE 'glad';  -- expect: name-taken",
            history="CREATE TYPE mood AS ENUM ('sad', 'glad');",
        ),
        Bad(
            "function with the same types of arguments",
            """
                CREATE FUNCTION half(whole int)  -- expect: name-taken
                RETURNS int LANGUAGE sql AS 'SELECT whole / 2';
            """,
            history="CREATE FUNCTION half(n int) RETURNS int LANGUAGE sql AS 'SELECT n / 2';",
        ),
        Bad(
            "new name",
            "ALTER TABLE users RENAME COLUMN age TO name;  -- expect: name-taken",
            history=_USERS,
        ),
        Bad(
            "policy of the name",
            "CREATE POLICY own ON users USING (id = 1);  -- expect: name-taken",
            history=_USERS + "CREATE POLICY own ON users USING (id = 0);",
        ),
        Bad(
            "names that are the same in their first 63 bytes",
            """
                CREATE TABLE  -- expect: name-taken
                    events_of_customers_in_all_regions_served_by_one_of_our_partners_b (id bigint);
            """,
            history="""
                CREATE TABLE events_of_customers_in_all_regions_served_by_one_of_our_partners_a (id bigint);
            """,
        ),
        Bad(
            "second primary key",
            "ALTER TABLE users ADD PRIMARY KEY (name);  -- expect: name-taken",
            history=_USERS,
        ),
        Good(
            "IF NOT EXISTS",
            "ALTER TABLE users ADD COLUMN IF NOT EXISTS name text;",
            history=_USERS,
        ),
        Good(
            "OR REPLACE",
            "CREATE OR REPLACE FUNCTION half(n int) RETURNS int LANGUAGE sql AS 'SELECT n >> 1';",
            history="CREATE FUNCTION half(n int) RETURNS int LANGUAGE sql AS 'SELECT n / 2';",
        ),
        Good(
            "function with other types of arguments",
            "CREATE FUNCTION half(n bigint) RETURNS bigint LANGUAGE sql AS 'SELECT n / 2';",
            history="CREATE FUNCTION half(n int) RETURNS int LANGUAGE sql AS 'SELECT n / 2';",
        ),
        Good(
            "temporary table",
            "CREATE TEMP TABLE users (id bigint);",
            history=_USERS,
        ),
        Good(
            "dropped first",
            "ALTER TABLE users DROP COLUMN name;\nALTER TABLE users ADD COLUMN name varchar(50);",
            history=_USERS,
        ),
        Good(
            "foreign key that went along with the index that it rested on",
            """
                DROP INDEX accounts_email CASCADE;
                ALTER TABLE logins
                    ADD CONSTRAINT logins_email FOREIGN KEY (email) REFERENCES accounts (address);
            """,
            history="""
                CREATE TABLE accounts (email text, address text UNIQUE);
                CREATE UNIQUE INDEX accounts_email ON accounts (email);
                CREATE TABLE logins (email text CONSTRAINT logins_email REFERENCES accounts (email));
            """,
        ),
        Good(
            "what a block may have dropped, with text that it makes up while it runs",
            """
                DO $$ DECLARE key text; BEGIN
                  SELECT conname INTO key FROM pg_constraint
                    WHERE conrelid = 'users'::regclass AND contype = 'p';
                  EXECUTE 'ALTER TABLE users DROP CONSTRAINT ' || key;
                END $$;
                ALTER TABLE users ADD PRIMARY KEY (name);
            """,
            history=_USERS,
        ),
        Good(
            "block that handles the error",
            """
                DO $$ BEGIN
                  CREATE TYPE mood AS ENUM ('sad', 'glad');
                EXCEPTION WHEN duplicate_object THEN NULL;
                END $$;
            """,
            history="CREATE TYPE mood AS ENUM ('sad', 'glad');",
        ),
    ),
)


@rule.check(Statement)
def name_taken(statement: Statement, ctx: Context) -> Iterator[Finding]:
    yield from refused(ctx, FailureCause.TAKEN)
