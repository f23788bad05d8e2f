"""
Exclusion constraint whose index build blocks reads and writes.

`ADD CONSTRAINT ... EXCLUDE` builds its index and tests every row against the others under ACCESS EXCLUSIVE:
even a SELECT waits until COMMIT, which takes long on a large table.
There is no concurrent form: an exclusion constraint can be neither NOT VALID nor made from an index.
Create a new table with the constraint, copy the rows in batches while a trigger keeps it up to date, and swap
the names; or accept the wait at a quiet time, with lock_timeout set so that a busy table fails the migration
instead of stopping the service.

Silent when this migration creates or truncates the table, and for tables that the configuration lists as
small.

https://www.postgresql.org/docs/current/sql-createtable.html#SQL-CREATETABLE-EXCLUDE
"""

from collections.abc import Iterator

from miglint.model import AddConstraint, Finding, Name, Severity, quote
from miglint.rule import Bad, Context, Good, Rule

TABLE = "CREATE TABLE bookings (id bigint PRIMARY KEY, stay tstzrange);"

rule = Rule(
    __name__,
    severity=Severity.ERROR,
    since="0.1.0",
    examples=(
        Bad(
            "table in use",
            """
                ALTER TABLE bookings
                    ADD CONSTRAINT no_overlap  -- expect: exclusion-constraint-build
                    EXCLUDE USING gist (stay WITH &&);
            """,
            history=TABLE,
        ),
        Good(
            "part of a new table",
            """
                CREATE TABLE bookings_new (
                    id bigint PRIMARY KEY,
                    stay tstzrange,
                    CONSTRAINT no_overlap EXCLUDE USING gist (stay WITH &&)
                );
            """,
            history=TABLE,
            recommended=True,
        ),
        Good(
            "table is new in this migration",
            """
                CREATE TABLE bookings (id bigint PRIMARY KEY, stay tstzrange);
                ALTER TABLE bookings ADD EXCLUDE USING gist (stay WITH &&);
            """,
        ),
        Good(
            "constraint is of another kind",
            "ALTER TABLE bookings ADD CHECK (id > 0);",
            history=TABLE,
        ),
        Good(
            "statement copies the table anyway",
            "ALTER TABLE bookings ALTER COLUMN id TYPE numeric, ADD EXCLUDE USING gist (stay WITH &&);",
            history=TABLE,
        ),
        Good(
            "table is listed as small",
            "ALTER TABLE bookings ADD EXCLUDE USING gist (stay WITH &&);",
            history=TABLE,
            settings=(("small_tables", frozenset({Name("public", "bookings")})),),
        ),
    ),
)


@rule.check(AddConstraint)
def exclusion_constraint_build(operation: AddConstraint, ctx: Context) -> Iterator[Finding]:
    if ctx.waits.leading_cause != "exclude":
        return
    table = operation.table
    name = ctx.constraint_name(table, operation.constraint)
    new = quote(f"{table.name}_new")
    yield Finding(
        operation.span,
        f"exclusion constraint {name} locks {table.display} against reads and writes "
        "while its index is built",
        help=(
            f"CREATE TABLE {new} (LIKE {table.sql} INCLUDING ALL);\n"
            f"ALTER TABLE {new} ADD CONSTRAINT {quote(name)} EXCLUDE ...;\n"
            f"-- copy the rows in batches while a trigger on {table.sql} keeps the copy up to date;\n"
            "-- then swap the names of the tables in a short migration"
        ),
        tables=(table,),
        related=ctx.waits.also_blocking,
    )
