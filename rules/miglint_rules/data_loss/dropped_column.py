"""
Dropped column, whose data is gone.

`DROP COLUMN` is quick and final: after COMMIT only a backup brings the values back, and a rollback that adds
the column again leaves it empty.
Code that is still running and uses the column fails from then on, and object mappers name every column they
know.
First release code that neither reads nor writes the column, drop it in a later release, and keep a copy until
you are sure that nobody needs it.
If the column only gets another name, RENAME COLUMN keeps the values.

Silent when this migration added the column or created the table, when IF EXISTS finds no such column, and
when the same transaction also adds a NOT NULL column without a default: that fails if there is a single row,
and then nothing is lost. For a generated column it is a warning: its values are computed from other columns.
It is one as well when an UPDATE, INSERT or CREATE TABLE AS has filled another column from it, or when an
UPDATE has found by it the row of another table whose key is in the new column: what is left to break is the
code. If the table gets another name in this migration, that has broken it already.

https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-DROP-COLUMN
"""

from collections import Counter
from collections.abc import Iterator

from miglint.model import (
    NOWHERE,
    AddColumn,
    DropColumn,
    Finding,
    Listed,
    Name,
    Related,
    RenameColumn,
    Say,
    Severity,
    TransactionMode,
    Type,
    do,
)
from miglint.rule import Bad, Context, Good, Record, Rule, Together

rule = Rule(
    __name__,
    severity=Severity.ERROR,
    since="0.1.0",
    together=Together("table"),
    examples=(
        Bad(
            "column of a table in use",
            "ALTER TABLE users DROP COLUMN nickname;  -- expect: dropped-column",
            history="CREATE TABLE users (id bigint PRIMARY KEY, nickname text);",
        ),
        Bad(
            "rename written as DROP and ADD",
            """
                ALTER TABLE users
                    ADD COLUMN full_name text,
                    DROP COLUMN name;  -- expect: dropped-column
            """,
            history="CREATE TABLE users (id bigint PRIMARY KEY, name text);",
        ),
        Bad(
            "generated column, which code may still read",
            "ALTER TABLE items DROP COLUMN total;  -- expect: dropped-column",
            history="""
                CREATE TABLE items (
                    price integer, number integer, total integer GENERATED ALWAYS AS (price * number) STORED
                );
            """,
        ),
        Bad(
            "several columns of one table are one finding",
            """
                ALTER TABLE users DROP COLUMN name;  -- expect: dropped-column
                ALTER TABLE users DROP COLUMN nick, DROP COLUMN street;
            """,
            history="CREATE TABLE users (id bigint PRIMARY KEY, name text, nick text, street text);",
        ),
        Bad(
            "values are in another column, but code may still use the old one",
            """
                ALTER TABLE users ADD COLUMN full_name text;
                UPDATE users SET full_name = trim(name);
                ALTER TABLE users DROP COLUMN name;  -- expect: dropped-column
                ALTER TABLE users RENAME COLUMN full_name TO name;
            """,
            history="CREATE TABLE users (id bigint PRIMARY KEY, name text);",
        ),
        Bad(
            "key of the row that has the value, but code may still use the old column",
            """
                ALTER TABLE users ADD COLUMN city_id bigint;
                UPDATE users SET city_id = cities.id FROM cities WHERE cities.name = users.city;
                ALTER TABLE users DROP COLUMN city;  -- expect: dropped-column
            """,
            history="""
                CREATE TABLE users (id bigint PRIMARY KEY, city text);
                CREATE TABLE cities (id bigint PRIMARY KEY, name text, size int);
            """,
        ),
        Bad(
            "column that is added again with another type",
            """
                ALTER TABLE users DROP COLUMN name;  -- expect: dropped-column
                ALTER TABLE users ADD COLUMN name bigint;
            """,
            history="CREATE TABLE users (id bigint PRIMARY KEY, name text);",
        ),
        Good(
            "values are in another column, and the new name of the table is what breaks code",
            """
                ALTER TABLE users ADD COLUMN full_name text;
                UPDATE users SET full_name = name;
                ALTER TABLE users RENAME TO members;
                ALTER TABLE members DROP COLUMN name;
            """,
            history="CREATE TABLE users (id bigint PRIMARY KEY, name text);",
        ),
        Bad(
            "values are in another column, and a view keeps the old name of the table",
            """
                ALTER TABLE users ADD COLUMN full_name text;
                UPDATE users SET full_name = name;
                ALTER TABLE users RENAME TO members;
                ALTER TABLE members DROP COLUMN name;  -- expect: dropped-column
                CREATE VIEW users AS SELECT id FROM members;
            """,
            history="CREATE TABLE users (id bigint PRIMARY KEY, name text);",
        ),
        Bad(
            "data is lost, whatever becomes of the name of the table",
            """
                ALTER TABLE users RENAME TO members;
                ALTER TABLE members DROP COLUMN name;  -- expect: dropped-column
            """,
            history="CREATE TABLE users (id bigint PRIMARY KEY, name text);",
        ),
        Good(
            "column was added in this migration",
            "ALTER TABLE users ADD COLUMN scratch text;\nALTER TABLE users DROP COLUMN scratch;",
            history="CREATE TABLE users (id bigint PRIMARY KEY);",
        ),
        Good(
            "table is new in this migration",
            "CREATE TABLE users AS SELECT * FROM people;\nALTER TABLE users DROP COLUMN nickname;",
            history="CREATE TABLE people (id bigint PRIMARY KEY, nickname text);",
        ),
        Good(
            "required column of the same statement fails on the first row, so nothing is lost",
            "ALTER TABLE users DROP COLUMN name, ADD COLUMN email text NOT NULL;",
            history="CREATE TABLE users (id bigint PRIMARY KEY, name text);",
        ),
        Good(
            "required column of the same transaction fails on the first row, so nothing is lost",
            "ALTER TABLE users DROP COLUMN name;\nALTER TABLE users ADD COLUMN email text NOT NULL;",
            history="CREATE TABLE users (id bigint PRIMARY KEY, name text);",
        ),
        Bad(
            "required column is added when the loss has committed",
            """
                ALTER TABLE users DROP COLUMN name;  -- expect: dropped-column
                ALTER TABLE users ADD COLUMN email text NOT NULL;
            """,
            history="CREATE TABLE users (id bigint PRIMARY KEY, name text);",
            mode=TransactionMode.PER_STATEMENT,
        ),
        Good(
            "column does not exist, so IF EXISTS drops nothing",
            "ALTER TABLE users DROP COLUMN IF EXISTS nickname;",
            history="CREATE TABLE users (id bigint PRIMARY KEY);",
            recommended=True,
        ),
    ),
)


@rule.check(DropColumn)
def dropped_column(drop: DropColumn, ctx: Context) -> Iterator[Finding]:
    if not ctx.effects.destroys or ctx.is_new(drop.table):
        return
    if (drop.table, drop.column) in ctx.session.columns_added or ctx.is_empty_if_it_commits(drop.table):
        return
    table = ctx.table(drop.table)
    column = table.column(drop.column) if table else None
    shown, before = f"{drop.table.display}.{drop.column}", f"{drop.table.display}."
    generated = column is not None and bool(column.generated)
    unnamed = ctx.loses_its_name(drop.table)
    if generated or (drop.table, drop.column) in ctx.session.copied:
        if unnamed:
            return
        kind = "generated " if generated else ""
        how = "" if generated else ", from which another column was filled,"
        yield Finding(
            drop.span,
            f"dropping the {kind}column {shown}{how} breaks code that still uses it",
            help="drop it in a release after the one whose code no longer uses it",
            severity=Severity.WARNING,
            tables=(drop.table,),
            listed=Listed(
                f"dropping the {kind}columns {before}",
                drop.column,
                f"{how.replace('another column was', 'other columns were')} breaks code that still uses them",
            ),
        )
        return
    copy = ctx.remedies.copy_of_columns(drop.table, ctx.once(_lost, drop.table))
    help_text = f"drop it in a release after the one whose code no longer uses it; {copy}"
    help_text = ctx.remedies.kept_if_added_again(drop) or help_text
    successor = _successor(drop, ctx)
    if successor is not None:
        new = successor.column.name
        help_text += "\n" + ctx.remedies.shown(
            Say(f"if {new} is only the new name, keep the values:", plain=True),
            do(RenameColumn(NOWHERE, drop.table, drop.column, new)),
        )
    breaks = "" if unnamed else " and breaks code that still uses "
    yield Finding(
        drop.span,
        f"dropping {shown} destroys its data{breaks and f'{breaks}it'}",
        help=help_text,
        tables=(drop.table,),
        related=(Related(successor.span, "a column of the same type is added"),) if successor else (),
        listed=Listed(f"dropping {before}", drop.column, f" destroys their data{breaks and f'{breaks}them'}"),
    )


def _lost(records: tuple[Record, ...], table: Name) -> tuple[str, ...]:
    """The columns of a table whose values a migration destroys."""
    lost: dict[str, None] = {}
    for record in records:
        drop, found, session = record.operation, record.schema.table(table), record.session
        if isinstance(drop, DropColumn) and drop.table == table and record.effects.destroys:
            column, key = found.column(drop.column) if found else None, (table, drop.column)
            if key not in session.columns_added and key not in session.copied:
                lost.update({} if column and column.generated else {drop.column: None})
    return tuple(lost)


def _successor(drop: DropColumn, ctx: Context) -> AddColumn | None:
    """The only column of the type that this migration adds, where it drops no other: perhaps the new name."""
    table = ctx.table(drop.table)
    column = table.column(drop.column) if table else None
    dropped, added = ctx.once(_moved, drop.table)
    alike = added.get(column.type, []) if column is not None else []
    alone = column is not None and dropped[column.type] == 1 and len(alike) == 1
    return alike[0] if alone and alike[0].column.name != drop.column else None


def _moved(records: tuple[Record, ...], table: Name) -> tuple[Counter[Type], dict[Type, list[AddColumn]]]:
    """How many columns of each type a migration drops from a table, and those that it adds."""
    before = next((found for r in records if (found := r.schema.table(table)) is not None), None)
    types = {column.name: column.type for column in before.columns} if before else {}
    dropped: Counter[Type] = Counter()
    added: dict[Type, list[AddColumn]] = {}
    for record in records:
        operation = record.operation
        if isinstance(operation, DropColumn) and operation.table == table and operation.column in types:
            dropped[types[operation.column]] += 1
        elif isinstance(operation, AddColumn) and operation.table == table:
            added.setdefault(operation.column.type, []).append(operation)
    return dropped, added
