"""
Renamed column that running code still calls by its old name.

`RENAME COLUMN` is quick and loses nothing, but code and database never change at the same moment: after
COMMIT, every query of the old release that uses the column fails until its last process has stopped, and the
new release fails if it starts before COMMIT. Going back means renaming again, with the same gap.
Add a column with the new name, let the code write both, copy the old values in batches, let the code
read the new one, and drop the old one in a later release.
Or leave the database as it is and rename only in the code: object mappers can map a field to a column of
another name.

Two columns that take each other's names, or an empty column with the old name, are worse: nothing fails, and
old code reads other values and writes them to the wrong place.

Silent when this migration, or one that is deployed with it, added the column or created the table, when a
column with the old name is there again that is computed or filled, and when nothing has the old name of the
table any more after it, of which `renamed-table` and `dropped-table` speak. Columns of views are left out: a
view can be recreated without losing anything.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from collections.abc import Iterator

from miglint.model import (
    Column,
    Confidence,
    Finding,
    Listed,
    Name,
    Removed,
    RenameColumn,
    Severity,
    quote,
)
from miglint.rule import Bad, Context, Good, Record, Rule, Together, gives_itself, is_filled, names_before

rule = Rule(
    __name__,
    severity=Severity.WARNING,
    since="0.1.0",
    confidence=Confidence.MEDIUM,
    together=Together("table"),
    examples=(
        Bad(
            "column of a table in use",
            "ALTER TABLE users RENAME COLUMN name TO full_name;  -- expect: renamed-column",
            history="CREATE TABLE users (id bigint PRIMARY KEY, name varchar(255));",
        ),
        Bad(
            "name that is changed twice; running code knows the first one",
            """
                ALTER TABLE users RENAME COLUMN "fullName" TO tmp;  -- expect: renamed-column
                ALTER TABLE users RENAME COLUMN tmp TO fullname;
            """,
            history='CREATE TABLE users (id bigint PRIMARY KEY, "fullName" text);',
        ),
        Bad(
            "model that Prisma can map to the old name",
            files={
                "prisma/migrations/migration_lock.toml": 'provider = "postgresql"',
                "prisma/migrations/1_users/migration.sql": (
                    "CREATE TABLE users (id bigint PRIMARY KEY, name text);"
                ),
                "prisma/migrations/2_name/migration.sql": (
                    "ALTER TABLE users RENAME COLUMN name TO full_name;  -- expect: renamed-column"
                ),
            },
        ),
        Good(
            "view that keeps the old names of the table and of the column",
            """
                ALTER TABLE users RENAME TO people;
                ALTER TABLE people RENAME COLUMN name TO full_name;
                CREATE VIEW users AS SELECT id, full_name AS name FROM people;
            """,
            history="CREATE TABLE users (id bigint PRIMARY KEY, name text);",
        ),
        Good(
            "expand, write both, copy in batches; the old column stays",
            """
                SET lock_timeout = '5s';
                ALTER TABLE users ADD COLUMN full_name varchar(255);
                -- migration
                UPDATE users SET full_name = name
                WHERE id IN (SELECT id FROM users WHERE full_name IS NULL AND name IS NOT NULL LIMIT 10000);
            """,
            history="CREATE TABLE users (id bigint PRIMARY KEY, name varchar(255));",
            recommended=True,
        ),
        Good(
            "column was added in this migration",
            "ALTER TABLE users ADD COLUMN nick text;\nALTER TABLE users RENAME COLUMN nick TO nickname;",
            history="CREATE TABLE users (id bigint PRIMARY KEY);",
        ),
        Good(
            "table is new in this migration",
            "CREATE TABLE users (id bigint, name text);\nALTER TABLE users RENAME COLUMN name TO full_name;",
        ),
        Good(
            "the table gets another name as well, which breaks all that the column would",
            """
                ALTER TABLE users RENAME TO members;
                ALTER TABLE members RENAME COLUMN name TO full_name;
            """,
            history="CREATE TABLE users (id bigint PRIMARY KEY, name text);",
        ),
        Bad(
            "the table gets another name, and a view keeps the old one",
            """
                ALTER TABLE users RENAME COLUMN name TO full_name;  -- expect: renamed-column
                ALTER TABLE users RENAME TO members;
                CREATE VIEW users AS SELECT id, full_name FROM members;
            """,
            history="CREATE TABLE users (id bigint PRIMARY KEY, name text);",
        ),
        Good(
            "column with the old name is added again",
            """
                ALTER TABLE users RENAME COLUMN name TO full_name;
                ALTER TABLE users ADD COLUMN name text GENERATED ALWAYS AS (full_name) STORED;
            """,
            history="CREATE TABLE users (id bigint PRIMARY KEY, name text);",
        ),
        Bad(
            "columns that take each other's names",
            """
                ALTER TABLE users RENAME COLUMN first TO swap;  -- expect: renamed-column
                ALTER TABLE users RENAME COLUMN last TO first;
                ALTER TABLE users RENAME COLUMN swap TO last;
            """,
            history="CREATE TABLE users (id bigint PRIMARY KEY, first text, last text);",
        ),
        Bad(
            "column that takes the name of another, which code may know by its own",
            """
                ALTER TABLE users RENAME COLUMN id TO id_old;
                ALTER TABLE users RENAME COLUMN id_new TO id;  -- expect: renamed-column
            """,
            history="CREATE TABLE users (id bigint PRIMARY KEY, id_new uuid);",
        ),
        Bad(
            "empty column with the old name",
            """
                ALTER TABLE users RENAME COLUMN name TO full_name;  -- expect: renamed-column
                ALTER TABLE users ADD COLUMN name text;
            """,
            history="CREATE TABLE users (id bigint PRIMARY KEY, name text);",
        ),
        Good(
            "column that is filled before it takes the old name",
            """
                ALTER TABLE users ADD COLUMN name_new varchar(99);
                UPDATE users SET name_new = name;
                ALTER TABLE users RENAME COLUMN name TO name_old;
                ALTER TABLE users RENAME COLUMN name_new TO name;
            """,
            history="CREATE TABLE users (id bigint PRIMARY KEY, name text);",
        ),
        Good(
            "column with the old name that is filled",
            """
                ALTER TABLE users RENAME COLUMN name TO full_name;
                ALTER TABLE users ADD COLUMN name text;
                UPDATE users SET name = full_name;
            """,
            history="CREATE TABLE users (id bigint PRIMARY KEY, name text);",
        ),
        Good(
            "column of a view",
            "ALTER VIEW names RENAME COLUMN name TO full_name;",
            history="CREATE TABLE users (name text);\nCREATE VIEW names AS SELECT name FROM users;",
        ),
    ),
)


@rule.check(RenameColumn)
def renamed_column(rename: RenameColumn, ctx: Context) -> Iterator[Finding]:
    name = rename.table
    if ctx.is_new(name) or ctx.session.is_new_column(name, rename.column) or ctx.loses_its_name(name):
        return
    view = ctx.records[-1].after.view(ctx.old_name(name))
    if view is not None and any(each.name == rename.column for each in view.columns or ()):
        return
    if ctx.once(_renamed).get((name, rename.column), len(ctx.records)) < len(ctx.earlier):
        return
    last = ctx.records[-1].after.table(name)
    now = last.column(rename.column) if last else None
    if ctx.schema.view(name) is not None:
        return
    if now is not None:
        yield from _taken(rename, now, ctx)
        return
    table = ctx.table(name)
    column = table.column(rename.column) if table else None
    columns = ", ".join(ctx.rows.row_key(name)) or "ctid"
    key = f"({columns})" if "," in columns else columns
    old, new = quote(rename.column), quote(rename.new_name)
    help_text = (
        "add the new column, write both, copy in batches, and drop the old one in a later release:\n"
        f"ALTER TABLE {name.sql} ADD COLUMN {new} {column.type if column else '...'};\n"
        f"{ctx.rows.like(name, rename.column, rename.new_name)}"
        f"UPDATE {name.sql} SET {new} = {old} WHERE {key} IN\n"
        f"  (SELECT {columns} FROM {name.sql} WHERE {new} IS DISTINCT FROM {old} LIMIT 10000);\n"
        "or keep the column and rename only in the code"
    )
    if ctx.history.tool == "prisma":
        help_text += f', in Prisma with @map:\n  {rename.new_name} ... @map("{rename.column}")'
    yield Finding(
        rename.span,
        f"renaming {name.display}.{rename.column} to {rename.new_name} breaks code that uses the old name",
        help=help_text,
        tables=(name,),
        removes=(Removed("column", rename.column, name.name),),
        listed=Listed(f"renaming {name.display}.", rename.column, " breaks code that uses the old names"),
    )


def _taken(rename: RenameColumn, now: Column, ctx: Context) -> Iterator[Finding]:
    """Report an old name that another column has when the migration ends."""
    name, old, origins = rename.table, rename.column, ctx.once(names_before)
    was = origins.get((name, old), old)
    says = ""
    if was is None and not (gives_itself(now) or is_filled(ctx.records, name, old)):
        says = "is another, empty column: from COMMIT on, code of the version before reads NULL from it"
    elif was is not None and was != old and origins.get((name, was), was) not in (was, None):
        says = f"has the values of {was}: from COMMIT on, code of the version before takes the wrong ones"
    if says:
        yield Finding(
            rename.span,
            f"{name.display}.{old} {says}",
            help="use a name that no column has had, and rename it in a later release than the code",
            tables=(name,),
        )


def _renamed(records: tuple[Record, ...]) -> dict[tuple[Name, str], int]:
    """The places at which columns first get a name."""
    found: dict[tuple[Name, str], int] = {}
    for place, record in enumerate(records):
        operation = record.operation
        if isinstance(operation, RenameColumn):
            found.setdefault((operation.table, operation.new_name), place)
    return found
