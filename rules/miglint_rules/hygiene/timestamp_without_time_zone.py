"""
Timestamp without time zone, which is no moment.

A `timestamp` is what a clock on some wall shows: compared with `now()`, or read by a client in another zone,
it is off by hours, and twice a year an hour is there twice or not at all.
`timestamptz` is a moment, as large, and shown in the zone of each session.

Off by default: many projects keep UTC in such columns by agreement.
Silent when a later migration changes the type or drops the column.

https://wiki.postgresql.org/wiki/Don%27t_Do_This#Don.27t_use_timestamp_.28without_time_zone.29
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
                CREATE TABLE orders (
                    paid_at timestamp  -- expect: timestamp-without-time-zone
                );
            """,
        ),
        Bad(
            "new column",
            "ALTER TABLE orders ADD COLUMN sent_at timestamp(3);  -- expect: timestamp-without-time-zone",
            history="CREATE TABLE orders (id bigint);",
        ),
        Good("with time zone", "CREATE TABLE orders (paid_at timestamptz);"),
        Good(
            "changed in the next migration",
            """
                CREATE TABLE orders (paid_at timestamp);
                -- migration
                ALTER TABLE orders ALTER paid_at TYPE timestamptz;
            """,
        ),
    ),
)


@rule.check(HistoryEnd)
def timestamp_without_time_zone(end: HistoryEnd, ctx: Context) -> Iterator[Finding]:
    for made in ctx.whole.columns:
        if made.column.type.name == "timestamp without time zone":
            yield made.finding(
                "is a timestamp without time zone, which means another moment in each zone",
                "are timestamps without time zone, which mean another moment in each zone",
                help="make it timestamptz",
            )
