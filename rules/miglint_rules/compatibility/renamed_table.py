"""
Renamed table that running code still calls by its old name.

`ALTER TABLE ... RENAME TO` and `SET SCHEMA` are quick and lose nothing, but code and database never change at
the same moment: after COMMIT, every query of the old release that uses the table fails until its last process
has stopped, and the new release fails if it starts before COMMIT.
Create a view with the old name in the same transaction: it takes inserts, updates and deletes as the table
did. Drop it when no code uses it any longer.
Or leave the database as it is and rename only in the code.
A table that gets a name such as `users_old` or `users_deprecated`, to be dropped later, needs no view: rename
it when no running code uses it.

Silent when this migration created the table, when a table or view has the old name when the migration ends,
and when the table replaces another that had the new name. Views are left out.

https://www.postgresql.org/docs/current/sql-createview.html#SQL-CREATEVIEW-UPDATABLE-VIEWS
"""

from collections.abc import Iterator

from miglint.model import (
    AlterColumnType,
    Confidence,
    DropColumn,
    Finding,
    MoveTable,
    Name,
    Operation,
    Removed,
    RenameColumn,
    RenameTable,
    Severity,
    quote,
)
from miglint.rule import Bad, Context, Good, Record, Rule

_RETIRED = frozenset({"backup", "bak", "deprecated", "obsolete", "old", "retired", "unused"})

rule = Rule(
    __name__,
    severity=Severity.WARNING,
    since="0.1.0",
    confidence=Confidence.MEDIUM,
    examples=(
        Bad(
            "table in use",
            "ALTER TABLE users RENAME TO members;  -- expect: renamed-table",
            history="CREATE TABLE users (id bigint PRIMARY KEY);",
        ),
        Bad(
            "table put aside before it is dropped",
            "ALTER TABLE users RENAME TO users_deprecated;  -- expect: renamed-table",
            history="CREATE TABLE users (id bigint PRIMARY KEY);",
        ),
        Bad(
            "table moved to another schema",
            "ALTER TABLE users SET SCHEMA accounts;  -- expect: renamed-table",
            history="CREATE SCHEMA accounts;\nCREATE TABLE users (id bigint PRIMARY KEY);",
        ),
        Bad(
            "column is renamed as well",
            """
                ALTER TABLE users RENAME TO members;  -- expect: renamed-table
                ALTER TABLE members RENAME COLUMN name TO full_name;
            """,
            history="CREATE TABLE users (id bigint PRIMARY KEY, name text);",
        ),
        Bad(
            "table that roles may use, which the view then needs as well",
            "ALTER TABLE users RENAME TO people;  -- expect: renamed-table",
            history="""
                CREATE TABLE users (id bigint PRIMARY KEY);
                GRANT SELECT, INSERT, TRUNCATE ON users TO web;
                GRANT SELECT ON users TO PUBLIC;
            """,
        ),
        Bad(
            "renamed table of which a column goes",
            "ALTER TABLE goods RENAME TO items;  -- expect: renamed-table\n"
            "ALTER TABLE items DROP COLUMN note;",
            history="CREATE TABLE goods (id bigint PRIMARY KEY, note text);",
        ),
        Good(
            "view keeps the old name",
            """
                BEGIN;
                SET LOCAL lock_timeout = '5s';
                ALTER TABLE users RENAME TO members;
                CREATE VIEW users AS SELECT * FROM members;
                COMMIT;
            """,
            history="CREATE TABLE users (id bigint PRIMARY KEY);",
            recommended=True,
        ),
        Good(
            "table is new in this migration",
            "CREATE TABLE users_new (id bigint);\nALTER TABLE users_new RENAME TO users;",
        ),
        Good(
            "another table replaces it",
            """
                ALTER TABLE events RENAME TO events_old;
                ALTER TABLE events_partitioned RENAME TO events;
            """,
            history="CREATE TABLE events (id bigint);\nCREATE TABLE events_partitioned (id bigint);",
        ),
        Good(
            "index, which no query names",
            "ALTER INDEX users_pkey RENAME TO members_pkey;",
            history="CREATE TABLE users (id bigint PRIMARY KEY);",
        ),
    ),
)


@rule.check(RenameTable, MoveTable)
def renamed_table(rename: RenameTable | MoveTable, ctx: Context) -> Iterator[Finding]:
    old = rename.table
    table = ctx.table(old)
    if isinstance(rename, RenameTable):
        new = Name(old.schema, rename.new_name)
        form = f"ALTER TABLE {old.sql} RENAME TO {quote(rename.new_name)};"
    else:
        new = Name(rename.new_schema, old.name)
        form = f"ALTER TABLE {old.sql} SET SCHEMA {quote(rename.new_schema)};"
    if ctx.is_new(old) or (table is None and (rename.keyword != "table" or old in ctx.schema.relations)):
        return
    if old in ctx.records[-1].after.relations or new in ctx.records[0].schema.relations:
        return
    yield Finding(
        rename.span,
        f"renaming {old.display} to {new.display} breaks code that uses the old name",
        help=(
            "rename it in a release after the one whose code no longer uses it"
            if _words(new) & _RETIRED - _words(old)
            else _view(rename, form, new, ctx)
        ),
        tables=(old,),
        removes=(Removed("table", old.name),),
    )


def _view(rename: RenameTable | MoveTable, form: str, new: Name, ctx: Context) -> str:
    """Keep the old name as a view with the old columns, after all that changes the table.

    The server changes no type of a column that a view uses, and drops none.
    """
    old, at = rename.table, len(ctx.earlier)
    changes = ctx.once(_changes)
    found = ctx.records[0].schema.table(old) or ctx.table(old)
    names = {column.name: column.name for column in found.columns} if found else {}
    trail = [change for place, change in changes.get(old, ()) if place < at]
    later = [change for place, change in changes.get(new, ()) if place > at]
    for change in (*trail, *later):
        if isinstance(change, RenameColumn):
            names = {o: change.new_name if n == change.column else n for o, n in names.items()}
    last = ctx.records[-1].after.table(new)
    kept = {o: n for o, n in names.items() if last is None or last.column(n) is not None}
    if len(kept) < len(names):
        missing = ", ".join(quote(o) for o in names if o not in kept)
        return (
            f"a view of the old name could not give {missing}, which this migration drops: in two steps,\n"
            "first a release whose code uses neither, and then rename and drop in a later migration"
        )
    as_was = len(kept) == len(names) and all(o == n for o, n in kept.items())
    columns = ", ".join(quote(n) if o == n else f"{quote(n)} AS {quote(o)}" for o, n in kept.items())
    view = f"CREATE VIEW {old.sql} AS SELECT {'*' if as_was or not kept else columns} FROM {new.sql};"
    head = "keep the old name as a view, in the same transaction"
    view += "".join(f"\n{grant}" for grant in ctx.remedies.granted(old, last or found))
    if not later:
        return f"{head}:\n{form}\n{view}"
    return f"{head}, after the last statement that changes {new.display}:\n{view}"


def _changes(records: tuple[Record, ...]) -> dict[Name, list[tuple[int, Operation]]]:
    """What changes the columns of tables, by table, with its place."""
    found: dict[Name, list[tuple[int, Operation]]] = {}
    for place, record in enumerate(records):
        operation = record.operation
        if isinstance(operation, (AlterColumnType, DropColumn, RenameColumn)):
            found.setdefault(operation.table, []).append((place, operation))
    return found


def _words(name: Name) -> set[str]:
    return {*name.name.lower().split("_"), *name.schema.lower().split("_")}
