"""
Column of limited length, whose limit is hard to change.

`varchar(n)` takes as much room as `text` and is no faster. A value that is too long fails the INSERT; a
longer limit needs ACCESS EXCLUSIVE, a shorter one a rewrite.
Use `text`, with a CHECK on its length where there is a reason for one: that can be replaced with NOT VALID
and VALIDATE while others write.

Off by default, as a matter of taste. Silent about `varchar` without a limit, and when a later migration takes
the limit away or drops the column.

https://wiki.postgresql.org/wiki/Don%27t_Do_This#Don.27t_use_varchar.28n.29_by_default
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
                CREATE TABLE users (
                    email varchar(255)  -- expect: length-limited-column
                );
            """,
        ),
        Bad(
            "new column with several values",
            "ALTER TABLE users ADD COLUMN tags varchar(20)[];  -- expect: length-limited-column",
            history="CREATE TABLE users (id bigint);",
        ),
        Bad(
            "change of type",
            "ALTER TABLE users ALTER email TYPE varchar(500);  -- expect: length-limited-column",
            history="CREATE TABLE users (email varchar(255));",
        ),
        Good("text", "CREATE TABLE users (email text CHECK (length(email) <= 255));"),
        Good("without a limit", "CREATE TABLE users (email varchar);"),
        Good(
            "changed in the next migration",
            """
                CREATE TABLE users (email varchar(255));
                -- migration
                ALTER TABLE users ALTER email TYPE text;
            """,
        ),
        Good(
            "limit of a migration before",
            "ALTER TABLE users RENAME email TO mail;",
            history="CREATE TABLE users (email varchar(255));",
        ),
    ),
)


@rule.check(HistoryEnd)
def length_limited_column(end: HistoryEnd, ctx: Context) -> Iterator[Finding]:
    for made in ctx.whole.columns:
        type_ = made.column.type
        if type_.name == "character varying" and type_.modifiers:
            yield made.finding(
                f"is {type_}, a limit that is hard to change",
                "have limits that are hard to change",
                help="make it text, with a CHECK on its length if there is a reason for one",
            )
