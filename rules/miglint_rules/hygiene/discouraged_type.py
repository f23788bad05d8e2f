"""
Type that the server keeps for old programs only.

`money` depends on the locale of the server and knows one currency; `time with time zone` has an offset
without the date that decides about it; `timestamp(0)` rounds, so that half a second before midnight is
tomorrow; the types `regproc`, `regoper`, `regclass` and their like hold numbers of objects, which keep
`pg_upgrade` from running.

Off by default, as a matter of taste. Silent when a later migration changes the type or drops the column, and
about `regclass`, `regrole` and `regtype`, with which `pg_upgrade` copes.

https://wiki.postgresql.org/wiki/Don%27t_Do_This
"""

from collections.abc import Iterator

from miglint.model import Finding, Severity, Type
from miglint.rule import Bad, Context, Good, HistoryEnd, Rule

rule = Rule(
    __name__,
    severity=Severity.NOTE,
    since="0.1.0",
    profile="all",
    examples=(
        Bad("money", "CREATE TABLE orders (price money);  -- expect: discouraged-type"),
        Bad("time with time zone", "CREATE TABLE shops (opens timetz);  -- expect: discouraged-type"),
        Bad(
            "rounded moment",
            "ALTER TABLE orders ADD COLUMN paid_at timestamptz(0);  -- expect: discouraged-type",
            history="CREATE TABLE orders (id bigint);",
        ),
        Bad("number of an object", "CREATE TABLE jobs (runs regprocedure);  -- expect: discouraged-type"),
        Good("numeric", "CREATE TABLE orders (price numeric(12, 2), paid_at timestamptz(3));"),
        Good("number of an object that can be upgraded", "CREATE TABLE jobs (of regclass);"),
    ),
)

_REASONS = {
    "money": ("depends on the locale of the server", "make it numeric, with a column for the currency"),
    "time with time zone": ("has an offset without a date", "make it time, or timestamptz with the date"),
}
_UPGRADED = ("regclass", "regrole", "regtype")


@rule.check(HistoryEnd)
def discouraged_type(end: HistoryEnd, ctx: Context) -> Iterator[Finding]:
    for made in ctx.whole.columns:
        reason, help_ = _reason(made.column.type)
        if reason:
            yield made.finding(
                f"is {made.column.type}, which {reason}", f"have a type that {reason}", help=help_
            )


def _reason(type_: Type) -> tuple[str, str]:
    if type_.name.startswith("timestamp") and type_.modifiers == (0,):
        return "rounds, also to the next day", "leave the number out"
    if type_.name.startswith("reg") and type_.schema is None and type_.name not in _UPGRADED:
        return "keeps pg_upgrade from running", "make it text, and cast it where it is used"
    return _REASONS.get(type_.name, ("", ""))
