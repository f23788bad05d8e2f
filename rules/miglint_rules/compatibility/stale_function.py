"""
Function whose body still names what is dropped or renamed.

The server keeps the body of a function as text, and looks its names up at each call: it lets a column go that
functions read, and no rename reaches them. From COMMIT on each call that gets there fails, and with a trigger
each write to its table.
Replace the body in the same migration: `CREATE OR REPLACE FUNCTION`, with the new names; or drop the function
before what it names.

Silent when the migration drops or replaces the function, and where it is not sure what a body names: in text
that is made at run time, where a variable or another table could have the name as well, in a body whose
handlers catch the error, and in other languages than SQL and PL/pgSQL. Silent as well about the function of
triggers of which none is left. Of views, defaults and policies, which the server keeps by what they mean,
`dependent-objects` speaks.

https://www.postgresql.org/docs/current/plpgsql-implementation.html
"""

from collections.abc import Iterator

from miglint.model import (
    DropColumn,
    DropFunction,
    DropTable,
    DropType,
    DropView,
    Finding,
    MoveTable,
    MoveType,
    RenameColumn,
    RenameEnumValue,
    RenameFunction,
    RenameTable,
    RenameType,
    Severity,
)
from miglint.rule import Bad, Context, Good, Rule, Taking, Together, stale_functions

_USERS = """
    CREATE TYPE mood AS ENUM ('sad', 'glad');
    CREATE TABLE users (id bigint PRIMARY KEY, email text, name text, mood mood);
    CREATE TABLE logs (at timestamptz, email text);
    CREATE VIEW names AS SELECT name FROM users;
    CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql AS 'SELECT n * 2';
"""


def _reading(body: str, language: str = "plpgsql") -> str:
    return f"{_USERS}CREATE FUNCTION f(_id bigint) RETURNS text LANGUAGE {language} AS $$ {body} $$;"


_READS = _reading("BEGIN RETURN (SELECT u.email FROM users u WHERE u.id = _id); END")
_TRIGGER = f"""{_USERS}
    CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.email IS NOT NULL THEN INSERT INTO logs (at, email) VALUES (now(), NEW.email); END IF;
        RETURN NEW;
    END $$;
"""
_NOTED = f"{_TRIGGER}CREATE TRIGGER noted AFTER INSERT ON users FOR EACH ROW EXECUTE FUNCTION note();"
_DROP = "ALTER TABLE users DROP COLUMN email;"
_BAD = f"{_DROP}  -- expect: stale-function"

rule = Rule(
    __name__,
    severity=Severity.WARNING,
    since="0.1.0",
    together=Together("cause"),
    examples=(
        Bad("column that is read", _BAD, history=_READS),
        Bad(
            "column that is written",
            "ALTER TABLE logs RENAME COLUMN email TO address;  -- expect: stale-function",
            history=_NOTED,
        ),
        Bad("column of the row for which a trigger fires", _BAD, history=_NOTED),
        Bad(
            "column without its table, which no other has",
            _BAD,
            history=_reading("SELECT email FROM users WHERE id = _id", "sql"),
        ),
        Bad(
            "column that a variable has its type from",
            _BAD,
            history=_reading("DECLARE v users.email%TYPE; BEGIN RETURN v; END"),
        ),
        Bad(
            "table",
            "DROP TABLE logs;  -- expect: stale-function",
            history=_reading("BEGIN DELETE FROM logs; RETURN ''; END"),
        ),
        Bad(
            "table with another name",
            "ALTER TABLE users RENAME TO people;  -- expect: stale-function",
            history=_READS,
        ),
        Bad(
            "table in another schema",
            "ALTER TABLE users SET SCHEMA app;  -- expect: stale-function",
            history=f"CREATE SCHEMA app;{_READS}",
        ),
        Bad(
            "view",
            "DROP VIEW names;  -- expect: stale-function",
            history=_reading("BEGIN PERFORM name FROM names; RETURN ''; END"),
        ),
        Bad(
            "function",
            "DROP FUNCTION twice(int);  -- expect: stale-function",
            history=_reading("BEGIN RETURN twice(1); END"),
        ),
        Bad(
            "function with another name",
            "ALTER FUNCTION twice(int) RENAME TO double;  -- expect: stale-function",
            history=_reading("BEGIN RETURN twice(1); END"),
        ),
        Bad(
            "type",
            "ALTER TYPE mood RENAME TO feeling;  -- expect: stale-function",
            history=_reading("BEGIN RETURN 'sad'::mood; END"),
        ),
        Bad(
            "type in another schema",
            "ALTER TYPE mood SET SCHEMA app;  -- expect: stale-function",
            history="CREATE SCHEMA app;" + _reading("BEGIN RETURN 'sad'::mood; END"),
        ),
        Bad(
            "type that nothing else uses",
            "DROP TYPE size;  -- expect: stale-function",
            history="CREATE TYPE size AS ENUM ('s');" + _reading("BEGIN RETURN 's'::size; END"),
        ),
        Bad(
            "value of an enum",
            "ALTER TYPE mood RENAME VALUE 'sad' TO 'blue';  -- expect: stale-function",
            history=_reading("SELECT email FROM users WHERE mood = 'sad'", "sql"),
        ),
        Good(
            "body is replaced",
            f"""
                CREATE OR REPLACE FUNCTION f(_id bigint) RETURNS text LANGUAGE plpgsql AS $$
                BEGIN RETURN (SELECT u.name FROM users u WHERE u.id = _id); END $$;
                {_DROP}
            """,
            history=_READS,
        ),
        Good("function is dropped", f"DROP FUNCTION f(bigint);\n{_DROP}", history=_READS),
        Good(
            "old name is there again",
            "ALTER TABLE users RENAME TO people;\nCREATE VIEW users AS SELECT * FROM people;",
            history=_READS,
        ),
        Good(
            "column of another table",
            "ALTER TABLE logs DROP COLUMN email;",
            history=_READS,
        ),
        Good(
            "variable of that name",
            _DROP,
            history=_reading(
                "DECLARE email text; BEGIN SELECT email INTO email FROM users; RETURN email; END"
            ),
        ),
        Good(
            "table that is not known could have the column",
            _DROP,
            history=_reading("SELECT email FROM users, elsewhere", "sql"),
        ),
        Good(
            "text that is made at run time",
            _DROP,
            history=_reading("BEGIN EXECUTE format('SELECT %I FROM users', 'email'); RETURN ''; END"),
        ),
        Good(
            "error that the body handles",
            _DROP,
            history=_reading(
                "BEGIN RETURN (SELECT email FROM users); EXCEPTION WHEN undefined_column THEN RETURN ''; END"
            ),
        ),
        Good(
            "function that serves the triggers of several tables and asks which",
            _DROP,
            history=_NOTED.replace("IF NEW.email", "IF TG_TABLE_NAME = 'users' AND NEW.email"),
        ),
        Good("no trigger calls the function", _DROP, history=_TRIGGER),
        Good(
            "view is made again by code",
            """
                DO $$
                DECLARE text text := pg_get_viewdef('names');
                BEGIN
                    DROP VIEW names;
                    EXECUTE format('CREATE VIEW names AS %s', text);
                END $$;
            """,
            history=_reading("BEGIN PERFORM name FROM names; RETURN ''; END"),
        ),
        Good(
            "migration of the same release replaces the body",
            files={
                "migrations/1.4/01_users.sql": _READS,
                "migrations/1.5/01_email.sql": _DROP,
                "migrations/1.5/02_f.sql": "DROP FUNCTION f(bigint);",
            },
        ),
        Good(
            "column is new in this migration",
            "ALTER TABLE logs ADD COLUMN name text;\nALTER TABLE logs DROP COLUMN name;",
            history=_reading("BEGIN RETURN (SELECT name FROM logs); END"),
        ),
        Good(
            "temporary table of that name",
            "DROP TABLE logs;",
            history=_reading("BEGIN CREATE TEMP TABLE logs (a int); DELETE FROM logs; RETURN ''; END"),
        ),
    ),
)


@rule.check(
    DropColumn,
    DropFunction,
    DropTable,
    DropType,
    DropView,
    MoveTable,
    MoveType,
    RenameColumn,
    RenameEnumValue,
    RenameFunction,
    RenameTable,
    RenameType,
)
def stale_function(taking: Taking, ctx: Context) -> Iterator[Finding]:
    found = list(stale_functions(taking, ctx))
    if not found:
        return
    first, more = found[0], len(found) - 1
    name = f"{first.function.name.display}()"
    tables = tuple(dict.fromkeys(table.name for each in found for table, _ in each.triggers))
    if first.triggers:
        table, trigger = first.triggers[0]
        fails = (
            f"from COMMIT on, writes to {table.name.display} for which the trigger {trigger.name} fires fail"
        )
    else:
        fails = "from COMMIT on, each call that gets there fails"
    others = f", as do {more} more functions" if more > 1 else ", as does one more function" if more else ""
    yield Finding(
        taking.span,
        f"the function {name} still names {first.gone}{others}: {fails}",
        help="replace its body in this migration (CREATE OR REPLACE), or drop the function before",
        severity=Severity.ERROR if tables else None,
        tables=tables,
        cause=" ".join((ctx.migration.id if ctx.migration else "", *(str(e.function.name) for e in found))),
    )
