"""
Dropped column, whose data is gone.

`DROP COLUMN` is quick and final: after COMMIT only a backup brings the values back, and a rollback that adds
the column again leaves it empty.
Code that is still running and uses the column fails from then on, and object mappers name every column they
know.
First release code that neither reads nor writes the column, drop it in a later release, and keep a copy until
you are sure that nobody needs it.
If the column only gets another name, RENAME COLUMN keeps the values.

Silent when this migration, or one that is deployed with it, added the column or created the table, when IF
EXISTS finds no such column, and when the same transaction also adds a NOT NULL column without a default: that
fails if there is a single row, and then nothing is lost. For a generated column it is a warning: its values
are computed from other columns. It is one as well when an UPDATE, INSERT or CREATE TABLE AS has filled
another column from it, or when an UPDATE has found by it the row of another table whose key is in the new
column: what is left to break is the code. If the table gets another name in this migration, that has broken
it already. A column that this migration adds again does not break code by its absence: the finding says what
becomes of its values, and a generated one that is computed or filled again is left alone.

https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-DROP-COLUMN
"""

from collections.abc import Iterator

from miglint.model import (
    NOWHERE,
    AddColumn,
    DropColumn,
    Finding,
    Listed,
    Related,
    Removed,
    RenameColumn,
    Say,
    Severity,
    TransactionMode,
    do,
)
from miglint.rule import (
    Bad,
    Context,
    Good,
    Remade,
    Rule,
    Together,
    lost_columns,
    remade_columns,
    successors,
)

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
        Bad(
            "column that is added again and filled from a copy",
            """
                ALTER TABLE users ADD COLUMN old_name text;
                UPDATE users SET old_name = name;
                ALTER TABLE users DROP COLUMN name;  -- expect: dropped-column
                ALTER TABLE users ADD COLUMN name varchar(100);
                UPDATE users SET name = old_name;
                ALTER TABLE users DROP COLUMN old_name;
            """,
            history="CREATE TABLE users (id bigint PRIMARY KEY, name text);",
        ),
        Bad(
            "column that is added again and stays empty",
            """
                CREATE TABLE old_names AS SELECT id, name FROM users;
                ALTER TABLE users DROP COLUMN name;  -- expect: dropped-column
                ALTER TABLE users ADD COLUMN name text;
            """,
            history="CREATE TABLE users (id bigint PRIMARY KEY, name text);",
        ),
        Bad(
            "generated column that is added again as a plain one",
            """
                ALTER TABLE items DROP COLUMN total;  -- expect: dropped-column
                ALTER TABLE items ADD COLUMN total integer;
            """,
            history="""
                CREATE TABLE items (
                    price integer, number integer, total integer GENERATED ALWAYS AS (price * number) STORED
                );
            """,
        ),
        Good(
            "generated column that is added again with another expression",
            """
                ALTER TABLE items DROP COLUMN total;
                ALTER TABLE items ADD COLUMN total integer GENERATED ALWAYS AS (price + number) STORED;
            """,
            history="""
                CREATE TABLE items (
                    price integer, number integer, total integer GENERATED ALWAYS AS (price * number) STORED
                );
            """,
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


# What is said of one column, and of several.
_ANEW = {
    Remade.NOT_GENERATED: (" and adding it again, no longer generated, loses its values",) * 2,
    Remade.FILLED_FROM_COPY: (
        " and adding it again, filled from a copy, changes its type by hand",
        " and adding them again, filled from copies, changes their types by hand",
    ),
    Remade.EMPTY: (
        " and adding it again leaves it empty, although a copy has its values",
        " and adding them again leaves them empty, although copies have their values",
    ),
    Remade.LOST: (
        " destroys its data, although this migration adds it again",
        " destroys their data, although this migration adds them again",
    ),
}


@rule.check(DropColumn)
def dropped_column(drop: DropColumn, ctx: Context) -> Iterator[Finding]:
    if not ctx.effects.destroys or ctx.is_new(drop.table):
        return
    if ctx.session.is_new_column(drop.table, drop.column) or ctx.is_empty_if_it_commits(drop.table):
        return
    table = ctx.table(drop.table)
    column = table.column(drop.column) if table else None
    is_copied = (drop.table, drop.column) in ctx.session.copied
    again = ctx.once(remade_columns).get(ctx.place)
    if again is not None:
        yield from _made_anew(drop, *again, ctx)
    elif is_copied or (column is not None and column.generated):
        if not ctx.loses_its_name(drop.table):
            yield _only_breaks(drop, "" if is_copied else "generated ")
    else:
        yield _destroys(drop, ctx)


def _made_anew(drop: DropColumn, add: AddColumn, how: Remade, ctx: Context) -> Iterator[Finding]:
    if how is Remade.COMPUTED:
        return
    one, several = _ANEW[how]
    before = f"dropping {drop.table.display}."
    keep = ctx.rows.kept_if_remade(drop, add, generated=how is Remade.NOT_GENERATED)
    yield Finding(
        drop.span,
        f"{before}{drop.column}{one}",
        help=keep or "fill it again from a copy that is made before",
        severity=None if how is Remade.LOST else Severity.WARNING,
        tables=(drop.table,),
        removes=(Removed("column", drop.column, drop.table.name),),
        related=(Related(add.span, "it is added again"),),
        listed=Listed(before, drop.column, several),
    )


def _only_breaks(drop: DropColumn, kind: str) -> Finding:
    """Speak of a column whose values are in other columns."""
    how = "" if kind else ", from which another column was filled,"
    return Finding(
        drop.span,
        f"dropping the {kind}column {drop.table.display}.{drop.column}{how} breaks code that still uses it",
        help="drop it in a release after the one whose code no longer uses it",
        severity=Severity.WARNING,
        tables=(drop.table,),
        removes=(Removed("column", drop.column, drop.table.name),),
        listed=Listed(
            f"dropping the {kind}columns {drop.table.display}.",
            drop.column,
            f"{how.replace('another column was', 'other columns were')} breaks code that still uses them",
        ),
    )


def _destroys(drop: DropColumn, ctx: Context) -> Finding:
    shown, before = f"{drop.table.display}.{drop.column}", f"{drop.table.display}."
    unnamed = ctx.loses_its_name(drop.table)
    copy = ctx.rows.copy_of_columns(drop.table, ctx.once(lost_columns, drop.table))
    help_text = f"drop it in a release after the one whose code no longer uses it; {copy}"
    table = ctx.table(drop.table)
    column = table.column(drop.column) if table else None
    successor = ctx.once(successors, drop.table).get(column.type) if column is not None else None
    if successor is not None:
        new = successor.column.name
        help_text += "\n" + ctx.remedies.shown(
            Say(f"if {new} is only the new name, keep the values:", plain=True),
            do(RenameColumn(NOWHERE, drop.table, drop.column, new)),
        )
    breaks = "" if unnamed else " and breaks code that still uses "
    return Finding(
        drop.span,
        f"dropping {shown} destroys its data{breaks and f'{breaks}it'}",
        help=help_text,
        tables=(drop.table,),
        removes=(Removed("column", drop.column, drop.table.name),),
        related=(Related(successor.span, "a column of the same type is added"),) if successor else (),
        listed=Listed(f"dropping {before}", drop.column, f" destroys their data{breaks and f'{breaks}them'}"),
    )
