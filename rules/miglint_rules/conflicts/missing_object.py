"""
Object that is not there.

The server refuses a statement that names a column, a constraint or a trigger which its table does not have,
a query that names a column which none of its tables and views has, a misspelled built-in type,
a table, type, function or schema that an earlier migration has dropped or renamed, or a table that a later
statement makes, or none.
The migration stops there, and so does the deploy. What no migration makes may have been made by hand: then it
is missing in each new database, that of the tests among them.
Mostly the name is misspelled, or an earlier migration has dropped or renamed what it stands for; the message
says which. Where it may be there in one database and not in another, say IF EXISTS, or make it first.
Nothing else is reported of a statement that comes before its table is made, nor of the drop of a table that
no migration makes.

Silent about tables that the history does not tell all of: those from before its first migration, those that
a branch or SQL made up at run time may have changed, and all of them after a step that cannot be read; and
about what a block runs conditionally. Silent also about tables that no migration makes where these are many,
or in a schema in which the migrations make none: an extension or a platform has made them, or a tool that is
no longer in use.

https://www.postgresql.org/docs/current/errcodes-appendix.html
"""

from collections.abc import Iterator

from miglint.model import (
    Confidence,
    DropIndex,
    DropTable,
    FailureCause,
    Finding,
    Related,
    Severity,
    Statement,
)
from miglint.rule import Bad, Context, Good, HistoryEnd, Rule, refused, unmade

_HISTORY = """
    CREATE TABLE users (id bigint PRIMARY KEY, name text CONSTRAINT named CHECK (name <> ''));
    CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint);
"""

rule = Rule(
    __name__,
    severity=Severity.ERROR,
    since="0.1.0",
    examples=(
        Bad(
            "column that the table does not have",
            "ALTER TABLE users DROP COLUMN email;  -- expect: missing-object",
            history=_HISTORY,
        ),
        Bad(
            "table that the same migration makes only later",
            """
                ALTER TABLE notes ADD COLUMN text text;  -- expect: missing-object
                CREATE TABLE notes (id bigint PRIMARY KEY);
            """,
        ),
        Bad(
            "drop of a table that no migration makes",
            "DROP TABLE remarks;  -- expect: missing-object",
            history=_HISTORY,
        ),
        Good(
            "IF EXISTS, before the migration makes it",
            """
                ALTER TABLE IF EXISTS notes ADD COLUMN text text;
                CREATE TABLE notes (id bigint PRIMARY KEY);
            """,
        ),
        Good(
            "table that makes room for another of its name first",
            """
                ALTER TABLE notes ADD COLUMN text text;
                ALTER TABLE notes RENAME TO old_notes;
                CREATE TABLE notes (id bigint PRIMARY KEY);
            """,
            history="CREATE TABLE notes (id bigint);",
        ),
        Bad(
            "row with a value for such a column",
            "INSERT INTO users (id, email) VALUES (1, 'a');  -- expect: missing-object",
            history=_HISTORY,
        ),
        Bad(
            "value out of such a column",
            "UPDATE users SET name = email;  -- expect: missing-object",
            history=_HISTORY,
        ),
        Bad(
            "condition of a DELETE that asks such a column",
            "DELETE FROM users WHERE email IS NULL;  -- expect: missing-object",
            history=_HISTORY,
        ),
        Bad(
            "view that selects such a column",
            """
                CREATE VIEW buyers AS  -- expect: missing-object
                SELECT u.email FROM users AS u JOIN orders AS o ON o.user_id = u.id;
            """,
            history=_HISTORY,
        ),
        Bad(
            "column that none of the tables of a query has",
            """
                INSERT INTO orders (id)  -- expect: missing-object
                SELECT email FROM users JOIN orders ON orders.user_id = users.id;
            """,
            history=_HISTORY,
        ),
        Bad(
            "text in double quotes, which stand around names",
            """
                INSERT INTO users (id, name) VALUES (1, "anna");  -- expect: missing-object
            """,
            history=_HISTORY,
        ),
        Good(
            "names in a query that are no columns of its tables",
            """
                SELECT count(*), upper(name) AS loud FROM users GROUP BY loud ORDER BY count;
                SELECT to_jsonb(users) FROM users;
                WITH mails AS (SELECT id, name || '@example.com' AS email FROM users)
                UPDATE users SET name = email FROM mails WHERE mails.id = users.id;
                SELECT u.email, xmin FROM users AS u (id, email);
            """,
            history=_HISTORY,
        ),
        Good(
            "table of the query of which the history does not tell all columns",
            "SELECT typname FROM users, kinds;",
            history=f"{_HISTORY}CREATE TABLE kinds AS SELECT * FROM pg_type;",
        ),
        Bad(
            "table that a later migration makes",
            """
                CREATE INDEX notes_text ON notes (text);  -- expect: missing-object
                -- migration
                CREATE TABLE notes (id bigint PRIMARY KEY, text text);
            """,
        ),
        Bad(
            "table that no migration makes",
            "DELETE FROM user_roles WHERE id = 1;  -- expect: missing-object",
            history=_HISTORY,
        ),
        Bad(
            "index that no migration makes",
            "DROP INDEX users_mail;  -- expect: missing-object",
            history=_HISTORY,
        ),
        Bad(
            "policy that the table does not have",
            "DROP POLICY own ON users;  -- expect: missing-object",
            history=_HISTORY,
        ),
        Bad(
            "table that an earlier migration has renamed",
            "ALTER TABLE orders ADD COLUMN note text;  -- expect: missing-object",
            history=f"{_HISTORY}ALTER TABLE orders RENAME TO purchases;",
        ),
        Bad(
            "type that an earlier migration has dropped",
            "ALTER TABLE users ADD COLUMN mood mood;  -- expect: missing-object",
            history=f"{_HISTORY}CREATE TYPE mood AS ENUM ('fine');\nDROP TYPE mood;",
        ),
        Bad(
            "value that is cast to such a type",
            "UPDATE users SET name = name::mood::text;  -- expect: missing-object",
            history=f"{_HISTORY}CREATE TYPE mood AS ENUM ('fine');\nALTER TYPE mood RENAME TO temper;",
        ),
        Bad(
            "misspelled type",
            "ALTER TABLE users ADD COLUMN age interger;  -- expect: missing-object",
            history=_HISTORY,
        ),
        Good(
            "domain that is called nearly like a built-in type",
            "ALTER TABLE users ADD COLUMN age interger;",
            history=f"{_HISTORY}CREATE DOMAIN interger AS integer;",
        ),
        Good(
            "the table has come again",
            "ALTER TABLE orders ADD COLUMN note text;",
            history=f"{_HISTORY}DROP TABLE orders;\nCREATE TABLE orders (id bigint PRIMARY KEY);",
        ),
        Good(
            "IF EXISTS of a table that is gone",
            "ALTER TABLE IF EXISTS orders ADD COLUMN note text;\nDROP TABLE IF EXISTS orders;",
            history=f"{_HISTORY}DROP TABLE orders;",
        ),
        Good(
            "table of another part of the program, which is only referred to",
            "CREATE TABLE notes (id bigint PRIMARY KEY, team_id bigint REFERENCES teams);",
            history=_HISTORY,
        ),
        Good(
            "another table that takes its place",
            """
                DROP TABLE notes;
                CREATE TABLE notes (id bigint PRIMARY KEY, text text);
            """,
            history="ALTER TABLE notes ADD COLUMN a int;",
        ),
        Good(
            "table of a platform, in a schema in which no migration makes any",
            "ALTER TABLE users ADD FOREIGN KEY (id) REFERENCES auth.users NOT VALID;",
            history=_HISTORY,
        ),
        Good(
            "migrations that begin with tables which others have made",
            "ALTER TABLE visits ADD COLUMN note text;",
            history="ALTER TABLE orders ADD COLUMN note text;\nCREATE TABLE notes (id bigint);",
        ),
        Bad(
            "index on such a column",
            "CREATE INDEX users_email ON users (email);  -- expect: missing-object",
            history=_HISTORY,
        ),
        Bad(
            "foreign key to such a column",
            """
                ALTER TABLE orders
                    ADD FOREIGN KEY (user_id) REFERENCES users (uid);  -- expect: missing-object
            """,
            history=_HISTORY,
        ),
        Bad(
            "condition on such a column",
            "ALTER TABLE users ADD CONSTRAINT adult CHECK (age > 17);  -- expect: missing-object",
            history=_HISTORY,
        ),
        Bad(
            "constraint that the table does not have",
            "ALTER TABLE notes DROP CONSTRAINT notes_line_key;  -- expect: missing-object",
            history="CREATE TABLE notes (line text);",
        ),
        Bad(
            "trigger that the table does not have",
            "DROP TRIGGER stamped ON users;  -- expect: missing-object",
            history=_HISTORY,
        ),
        Good(
            "IF EXISTS",
            """
                ALTER TABLE users DROP COLUMN IF EXISTS email;
                ALTER TABLE users DROP CONSTRAINT IF EXISTS users_name_key;
                DROP TRIGGER IF EXISTS stamped ON users;
            """,
            history=_HISTORY,
        ),
        Good(
            "table with columns that a query gives, of a table that the history does not tell",
            "CREATE INDEX ON kinds (typname);",
            history="CREATE TABLE kinds AS SELECT * FROM pg_type;",
        ),
        Good(
            "column that the server gives to each table",
            "ALTER TABLE users ADD CONSTRAINT here CHECK (tableoid IS NOT NULL);",
            history=_HISTORY,
        ),
        Good(
            "after SQL that was made up at run time",
            "ALTER TABLE users DROP COLUMN email;",
            history=f"""
                {_HISTORY}
                DO $$ BEGIN
                    EXECUTE 'ALTER TABLE users ADD COLUMN ' || quote_ident('email') || ' text';
                END $$;
            """,
        ),
        Good(
            "may have been added by a branch",
            "ALTER TABLE users DROP COLUMN email;",
            history=f"""
                {_HISTORY}
                DO $$ BEGIN
                    IF EXISTS (SELECT FROM pg_roles WHERE rolsuper) THEN
                        ALTER TABLE users ADD COLUMN email text;
                    END IF;
                END $$;
            """,
        ),
    ),
)


@rule.check(Statement)
def missing_object(statement: Statement, ctx: Context) -> Iterator[Finding]:
    yield from refused(ctx, FailureCause.MISSING)


@rule.check(HistoryEnd)
def never_made_or_too_late(end: HistoryEnd, ctx: Context) -> Iterator[Finding]:
    for name, step, operation, _, made, others, _ in unmade(ctx):
        related = tuple(Related(o.span, "this needs it as well", s.statement.source) for s, o in others)
        where = " on a new database"
        if made is not None:
            later, create = made
            where, by = "", "" if later.migration == step.migration else f", for {later.migration} makes it"
            reason = f"{name.display} is not there yet{by}"
            help_text = f"make {name.display} before it"
            related = (Related(create.span, "it is made here", later.statement.source), *related)
        else:
            reason = f"no migration makes {name.display}"
            help_text = "correct the name, make it in an earlier migration, or say IF EXISTS"
            if isinstance(operation, DropTable):
                help_text += "; where it was made by hand, its rows go with it"
        code = "42704" if isinstance(operation, DropIndex) else "42P01"
        yield Finding(
            operation.span,
            f"this statement fails{where}: {reason} (SQLSTATE {code})",
            help=help_text,
            confidence=Confidence.MEDIUM if made is None else None,
            tables=(name,),
            related=related,
            source=step.statement.source,
        )
