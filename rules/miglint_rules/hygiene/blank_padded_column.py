"""
Blank-padded column, whose values are not what was written.

`char(n)` fills every value up with blanks, stores them, and ignores them in some comparisons and not in
others: `'a' = 'a '` there, but a LIKE or a regular expression sees them. `char` alone is `char(1)`.
Use `text`, with a CHECK where the length is fixed.

Off by default, as a matter of taste. Silent when a later migration changes the type or drops the column, and
about the system's own type `"char"`.

https://wiki.postgresql.org/wiki/Don%27t_Do_This#Don.27t_use_char.28n.29
"""

from collections.abc import Iterator

from miglint.model import Finding, Severity
from miglint.rule import Bad, Context, Good, HistoryEnd, Rule, Together

rule = Rule(
    __name__,
    severity=Severity.NOTE,
    since="0.1.0",
    profile="all",
    together=Together("table", noun="column"),
    examples=(
        Bad(
            "new table",
            """
                CREATE TABLE addresses (
                    country char(2)  -- expect: blank-padded-column
                );
            """,
        ),
        Bad(
            "new column",
            "ALTER TABLE addresses ADD COLUMN currency char(3);  -- expect: blank-padded-column",
            history="CREATE TABLE addresses (id bigint);",
        ),
        Good("text", "CREATE TABLE addresses (country text CHECK (length(country) = 2));"),
        Good('the type "char"', 'CREATE TABLE addresses (kind "char");'),
    ),
)


@rule.check(HistoryEnd)
def blank_padded_column(end: HistoryEnd, ctx: Context) -> Iterator[Finding]:
    for made in ctx.whole.columns:
        if made.column.type.name == "character":
            yield made.finding(
                f"is {made.column.type}, which fills values up with blanks",
                "are filled up with blanks",
                help="make it text, with a CHECK if its length is fixed",
            )
