"""
Column of type json, which cannot be compared.

`json` has no equality: once a table has such a column, `SELECT DISTINCT`, `UNION` and `GROUP BY` over all its
columns fail, also those of code that does not know the column. It keeps its text, with its blanks and double
keys, and parses it again for each query.
`jsonb` can be compared and indexed.

Off by default: few queries compare whole rows. A warning where the table was there before, so that running
queries can fail.
Silent when a later migration changes the type or drops the column.

https://www.postgresql.org/docs/current/datatype-json.html
"""

from collections.abc import Iterator

from miglint.model import Finding, Severity
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
                CREATE TABLE events (
                    data json  -- expect: json-column
                );
            """,
        ),
        Bad(
            "new column of a table in use",
            "ALTER TABLE events ADD COLUMN data json;  -- expect: json-column",
            history="CREATE TABLE events (id bigint);",
        ),
        Good("jsonb", "CREATE TABLE events (data jsonb);"),
        Good(
            "changed in the next migration",
            """
                CREATE TABLE events (data json);
                -- migration
                ALTER TABLE events ALTER data TYPE jsonb;
            """,
        ),
    ),
)


@rule.check(HistoryEnd)
def json_column(end: HistoryEnd, ctx: Context) -> Iterator[Finding]:
    for made in ctx.whole.columns:
        if made.column.type.name == "json":
            table = ctx.whole.origins.table(made.table.name)
            came_with_table = table is not None and table.step is made.origin.step
            yield made.finding(
                "is json, which has no equality, so that SELECT DISTINCT and UNION over it fail",
                "are json, which has no equality, so that SELECT DISTINCT and UNION over them fail",
                help="make it jsonb",
                severity=None if came_with_table else Severity.WARNING,
            )
