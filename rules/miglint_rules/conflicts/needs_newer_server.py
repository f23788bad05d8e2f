"""
Statement that needs a newer server.

The configuration says which version of PostgreSQL the oldest server has (`postgres_version`), and this
statement uses what only a later version knows. The server refuses it, and the deploy stops there, although it
works on a developer's machine and in tests that run a later version.
Write it without, or say the version if all servers are newer by now.

Where the configuration says nothing, the version is that of the image in the nearest compose file or CI
pipeline, or of `supabase/config.toml`; the message names the file.

Silent where nobody says the version, or those files disagree, about what is put together at run time or
stands in a function's string, and about functions that the history defines itself.

https://www.postgresql.org/docs/release/
"""

from collections.abc import Iterator

from miglint.model import FailureCause, Finding, Severity, Statement
from miglint.rule import Bad, Context, Good, Rule, refused

_TABLES = """
    CREATE TABLE users (id bigint PRIMARY KEY, email text, born date);
    CREATE TABLE imports (id bigint PRIMARY KEY, email text);
"""
_14 = (("postgres_version", 14),)

rule = Rule(
    __name__,
    severity=Severity.ERROR,
    since="0.1.0",
    examples=(
        Bad(
            "NULLS NOT DISTINCT, which came with version 15",
            "CREATE UNIQUE INDEX ON users (email) NULLS NOT DISTINCT;  -- expect: needs-newer-server",
            history=_TABLES,
            settings=_14,
        ),
        Bad(
            "MERGE, which came with version 15",
            """
                MERGE INTO users u USING imports i ON u.id = i.id  -- expect: needs-newer-server
                WHEN MATCHED THEN UPDATE SET email = i.email;
            """,
            history=_TABLES,
            settings=_14,
        ),
        Bad(
            "security_invoker, which came with version 15",
            """
                CREATE VIEW mails WITH (security_invoker = true)  -- expect: needs-newer-server
                AS SELECT email FROM users;
            """,
            history=_TABLES,
            settings=_14,
        ),
        Bad(
            "NOT NULL constraint of a table, which came with version 18",
            """
                ALTER TABLE users
                    ADD CONSTRAINT email_given NOT NULL email NOT VALID;  -- expect: needs-newer-server
            """,
            history=_TABLES,
            settings=(("postgres_version", 16),),
        ),
        Bad(
            "function of version 18",
            """
                ALTER TABLE users
                    ALTER COLUMN email SET DEFAULT uuidv7();  -- expect: needs-newer-server
            """,
            history=_TABLES,
            settings=(("postgres_version", 17),),
        ),
        Good(
            "version that has it",
            "CREATE UNIQUE INDEX ON users (email) NULLS NOT DISTINCT;",
            history=_TABLES,
            settings=(("postgres_version", 15),),
        ),
        Good(
            "nobody says the version",
            "CREATE UNIQUE INDEX ON users (email) NULLS NOT DISTINCT;",
            history=_TABLES,
        ),
        Good(
            "function of the history's own",
            "ALTER TABLE users ALTER COLUMN email SET DEFAULT uuidv7()::text;",
            history=f"{_TABLES}CREATE FUNCTION uuidv7() RETURNS uuid RETURN gen_random_uuid();",
            settings=_14,
        ),
        Good(
            "word of a comment and a string",
            "-- MERGE\nUPDATE users SET email = 'nulls not distinct' WHERE id = 1;",
            history=_TABLES,
            settings=_14,
        ),
    ),
)


@rule.check(Statement)
def needs_newer_server(statement: Statement, ctx: Context) -> Iterator[Finding]:
    yield from refused(ctx, FailureCause.NEWER)
