"""
Serial column, whose sequence is an object of its own.

`serial` makes a sequence, a default and an ownership, three things that only look like one: a GRANT on the
table does not cover the sequence, `CREATE TABLE ... LIKE` shares it with the copy, and nothing keeps an
INSERT from giving a number that the sequence comes to later.
`GENERATED ALWAYS AS IDENTITY` is the SQL standard's form, and one thing.

Off by default, as a matter of taste. Silent when a later migration drops the column or its default.
Adding an identity column to a table with rows rewrites it, as adding a serial one does:
`serial-column-rewrite` speaks of both.

https://www.postgresql.org/docs/current/ddl-identity-columns.html
"""

from collections.abc import Iterator

from miglint.model import Finding, Name, Severity
from miglint.rule import Bad, Context, Good, HistoryEnd, Rule

rule = Rule(
    __name__,
    severity=Severity.NOTE,
    since="0.1.0",
    profile="all",
    examples=(
        Bad(
            "new table",
            """
                CREATE TABLE orders (
                    id bigserial PRIMARY KEY  -- expect: serial-column
                );
            """,
        ),
        Bad(
            "new column",
            "ALTER TABLE orders ADD COLUMN number serial;  -- expect: serial-column",
            history="CREATE TABLE orders (id bigint PRIMARY KEY);",
        ),
        Good("identity", "CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY);"),
        Good(
            "default dropped", "CREATE TABLE orders (id serial);\nALTER TABLE orders ALTER id DROP DEFAULT;"
        ),
    ),
)


@rule.check(HistoryEnd)
def serial_column(end: HistoryEnd, ctx: Context) -> Iterator[Finding]:
    keys: dict[Name, tuple[str, ...]] = {}
    for made in ctx.whole.columns:
        if not made.is_serial or made.column.default is None:
            continue
        name = made.table.name
        if name not in keys:
            keys[name] = made.table.primary_key.columns if made.table.primary_key else ()
        type_ = "bigint" if made.column.name in keys[name] else made.column.type
        yield made.finding(
            "is serial: its sequence has privileges and an owner of its own",
            "are serial: their sequences have privileges and owners of their own",
            help=f"make it {type_} GENERATED ALWAYS AS IDENTITY",
        )
