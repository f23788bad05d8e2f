"""
Primary key from an index whose nullable columns are scanned under lock.

`ADD PRIMARY KEY USING INDEX` is short only if the columns of the index are known to contain no nulls:
otherwise the server first makes them NOT NULL, and reads every row for that under ACCESS EXCLUSIVE, so that
even a SELECT waits until COMMIT.
Prove it first, with a CHECK that is added as NOT VALID and validated in a later migration; on version 18, a
NOT NULL constraint can be added in the same two steps.

Silent when the columns are NOT NULL, when a valid CHECK implies it, when this migration creates or truncates
the table, and for tables that the configuration lists as small.

https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-DESC-ADD-TABLE-CONSTRAINT-USING-INDEX
"""

from collections.abc import Iterator

from miglint.model import (
    AddConstraint,
    Finding,
    Name,
    Say,
    Severity,
    check_later,
    do,
    not_null_later,
    quote,
    validated,
)
from miglint.rule import Bad, Context, Good, Rule

TABLE = "CREATE TABLE users (email text);\nCREATE UNIQUE INDEX users_email ON users (email);"

rule = Rule(
    __name__,
    severity=Severity.ERROR,
    since="0.1.0",
    examples=(
        Bad(
            "column of the index is nullable",
            """
                ALTER TABLE users
                    ADD PRIMARY KEY USING INDEX users_email;  -- expect: nullable-key-index-scan
            """,
            history=TABLE,
        ),
        Bad(
            "CHECK that would prove it is not valid yet",
            """
                ALTER TABLE users
                    ADD PRIMARY KEY USING INDEX users_email;  -- expect: nullable-key-index-scan
            """,
            history=f"{TABLE}\nALTER TABLE users ADD CHECK (email IS NOT NULL) NOT VALID;",
        ),
        Bad(
            "column of the index that no migration has made",
            """
                ALTER TABLE users
                    ADD PRIMARY KEY USING INDEX users_nick;  -- expect: nullable-key-index-scan
            """,
            history="ALTER TABLE users ADD email text;\nCREATE UNIQUE INDEX users_nick ON users (nick);",
        ),
        Bad(
            "on version 18 a NOT NULL constraint can prove it",
            """
                ALTER TABLE users
                    ADD PRIMARY KEY USING INDEX users_email;  -- expect: nullable-key-index-scan
            """,
            history=TABLE,
            settings=(("postgres_version", 18),),
        ),
        Good(
            "valid CHECK proves it",
            """
                ALTER TABLE users ADD CONSTRAINT users_email_not_null CHECK (email IS NOT NULL) NOT VALID;
                -- migration
                ALTER TABLE users VALIDATE CONSTRAINT users_email_not_null;
                -- migration
                ALTER TABLE users ADD CONSTRAINT users_email PRIMARY KEY USING INDEX users_email;
            """,
            history=TABLE,
            settings=(("runner_sets_lock_timeout", True),),
        ),
        Good(
            "column is NOT NULL",
            "ALTER TABLE users ADD CONSTRAINT users_email PRIMARY KEY USING INDEX users_email;",
            history=TABLE.replace("text", "text NOT NULL"),
            settings=(("runner_sets_lock_timeout", True),),
            recommended=True,
        ),
        Good(
            "key builds its own index",
            "ALTER TABLE users ADD PRIMARY KEY (email);",
            history=TABLE,
        ),
        Good(
            "unique constraint, which allows nulls",
            "ALTER TABLE users ADD UNIQUE USING INDEX users_email;",
            history=TABLE,
        ),
        Good(
            "table is listed as small",
            "ALTER TABLE users ADD PRIMARY KEY USING INDEX users_email;",
            history=TABLE,
            settings=(("small_tables", frozenset({Name("public", "users")})),),
        ),
    ),
)


@rule.check(AddConstraint)
def nullable_key_index_scan(operation: AddConstraint, ctx: Context) -> Iterator[Finding]:
    key = operation.constraint
    if key.using_index is None or ctx.waits.leading_cause != "nullable key":
        return
    table = operation.table
    index = ctx.schema.index_named(Name(table.schema, key.using_index))
    found = ctx.table(table)
    full = {column.name for column in found.columns if not column.nullable} if found else set()
    # The index may be of a column that no migration has made.
    nullable = [name for name in (index.elements if index else ()) if name not in full]
    yield Finding(
        operation.span,
        f"primary key locks {table.display} against reads and writes "
        f"while {' and '.join(nullable)} is searched for nulls",
        help=_help(table, nullable, ctx),
        tables=(table,),
        related=ctx.waits.also_blocking,
    )


def _help(table: Name, columns: list[str], ctx: Context) -> str:
    name = "_".join((table.name, *columns, "not_null"))
    add = check_later(table, name, " AND ".join(f"{quote(c)} IS NOT NULL" for c in columns))
    if ctx.server.has("postgres", 18) and len(columns) == 1:
        add = not_null_later(table, name, columns[0])
    return ctx.remedies.shown(
        do(add),
        Say("in a later migration:"),
        do(validated(table, name)),
        Say("and then the primary key"),
    )
