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

from miglint.model import Confidence, Finding, MoveTable, Name, RenameTable, Severity, quote
from miglint.rule import Bad, Context, Good, Rule

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
            else "keep the old name as a view, in the same transaction:\n"
            f"{form}\nCREATE VIEW {old.sql} AS SELECT * FROM {new.sql};"
        ),
        tables=(old,),
    )


def _words(name: Name) -> set[str]:
    return {*name.name.lower().split("_"), *name.schema.lower().split("_")}
