"""
Object that is not there.

The server refuses a statement that names a column, a constraint or a trigger which its table does not have,
or a table that the same migration makes only later.
The migration stops there, and so does the deploy.
Mostly the name is misspelled, or an earlier migration has dropped or renamed what it stands for. Where it may
be there in one database and not in another, say IF EXISTS, or make it first.

Silent about tables that the history does not tell all of: those from before its first migration, those that
a branch or SQL made up at run time may have changed, and all of them after a step that cannot be read; and
about what a block runs conditionally.

https://www.postgresql.org/docs/current/errcodes-appendix.html
"""

from collections.abc import Iterator

from miglint.model import (
    AddColumn,
    AddConstraint,
    AlterColumnType,
    CreateIndex,
    CreateTable,
    DropColumn,
    DropDefault,
    DropNotNull,
    FailureCause,
    Finding,
    MoveTable,
    Related,
    RenameTable,
    SetDefault,
    SetNotNull,
    Severity,
    Statement,
)
from miglint.rule import Bad, Context, Good, Rule, refused

_ALTER = (
    AddColumn,
    AddConstraint,
    AlterColumnType,
    CreateIndex,
    DropColumn,
    DropDefault,
    DropNotNull,
    SetDefault,
    SetNotNull,
)
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


@rule.check(CreateTable)
def table_made_too_late(create: CreateTable, ctx: Context) -> Iterator[Finding]:
    name = create.table
    before = ctx.records[0].schema
    is_there = name in before.relations and not before.is_from_before(name)
    if create.if_not_exists or ctx.block is not None or is_there:
        return
    for record in ctx.earlier:
        operation = record.operation
        if isinstance(operation, (CreateTable, MoveTable, RenameTable)) or record.block is not None:
            return
        if isinstance(operation, _ALTER) and operation.table == name:
            if getattr(operation, "if_table_exists", False):
                return
            yield Finding(
                operation.span,
                f"this statement fails: {name.display} is not there yet (SQLSTATE 42P01)",
                help=f"move the CREATE TABLE of {name.display} before it",
                tables=(name,),
                related=(Related(create.span, "it is made here"),),
            )
            return
