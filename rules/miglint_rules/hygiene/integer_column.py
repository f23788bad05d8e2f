"""
Integer column that a larger number can outgrow.

An `integer` ends at 2,147,483,647 and a `smallint` at 32,767: sums of bytes, cents and milliseconds, and
identifiers of other systems, get there. Widening the column later rewrites the table under ACCESS EXCLUSIVE.
Take `bigint` where nothing bounds the number, and say with a CHECK what does.

Off by default: most integers are counts that stay small.
Silent about primary and foreign keys, of which `integer-primary-key` and `narrow-foreign-key` speak, about
columns with a CHECK, and when a later migration widens the column or drops it.

https://www.postgresql.org/docs/current/datatype-numeric.html
"""

from collections.abc import Iterator

from miglint.model import Finding, Name, Severity
from miglint.rule import Bad, Context, Good, HistoryEnd, Rule, Together

rule = Rule(
    __name__,
    severity=Severity.NOTE,
    since="0.1.0",
    profile="all",
    together=Together("table", noun="column"),
    examples=(
        Bad(
            "new column",
            "ALTER TABLE files ADD COLUMN bytes int;  -- expect: integer-column",
            history="CREATE TABLE files (id bigint PRIMARY KEY);",
        ),
        Bad(
            "new table",
            """
                CREATE TABLE files (
                    id bigint PRIMARY KEY,
                    parts smallint NOT NULL  -- expect: integer-column
                );
            """,
        ),
        Good("bigint", "CREATE TABLE files (id bigint PRIMARY KEY, bytes bigint);"),
        Good("primary key", "CREATE TABLE files (id int PRIMARY KEY);"),
        Good(
            "foreign key",
            "CREATE TABLE parts (file_id int REFERENCES files);",
            history="CREATE TABLE files (id int PRIMARY KEY);",
        ),
        Good(
            "bounded by a CHECK", "CREATE TABLE files (percent smallint CHECK (percent BETWEEN 0 AND 100));"
        ),
        Good(
            "widened in the next migration",
            """
                CREATE TABLE files (bytes int);
                -- migration
                ALTER TABLE files ALTER bytes TYPE bigint;
            """,
        ),
    ),
)


@rule.check(HistoryEnd)
def integer_column(end: HistoryEnd, ctx: Context) -> Iterator[Finding]:
    bounded: dict[Name, set[str]] = {}
    for made in ctx.whole.columns:
        type_, name = made.column.type, made.table.name
        if type_.name not in ("integer", "smallint"):
            continue
        if name not in bounded:
            bounded[name] = {
                column for c in made.table.constraints if c.kind in _BOUND for column in c.columns
            }
        if made.column.name not in bounded[name]:
            yield made.finding(
                f"is {type_}, which a larger number does not fit into",
                "are integers that larger numbers do not fit into",
                help="make it bigint, or say with a CHECK what bounds it",
            )


_BOUND = ("primary", "foreign", "check")
