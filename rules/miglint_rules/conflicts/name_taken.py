"""
Name that is taken.

An earlier migration has made a column, table, index, constraint or type of this name, and none has dropped or
renamed it since: the server refuses the statement, and the deploy stops there.
Two branches that each add the same thing are merged without a conflict, and fail like this afterwards.
Take another name, or remove the statement if what is there is what it wants.

Silent with IF NOT EXISTS, where a block handles the error, and where a block may have dropped it,
also with text that it makes up while it runs.

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
