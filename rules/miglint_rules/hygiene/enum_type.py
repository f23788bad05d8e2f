"""
Enum, which can only grow.

A value of an enum cannot be dropped, its order cannot be changed, and a value that was just added cannot be
used before COMMIT: each change that is more than ADD VALUE makes a new type and rewrites the tables.
A table of values with a foreign key, or text with a CHECK, changes by INSERT or by NOT VALID and VALIDATE.

Off by default: where values only ever come, an enum is smaller and checks as well.
Silent when a later migration drops the type.

https://www.postgresql.org/docs/current/datatype-enum.html
"""

from collections.abc import Iterator

from miglint.model import EnumType, Finding, Severity
from miglint.rule import Bad, Context, Good, HistoryEnd, Rule

rule = Rule(
    __name__,
    severity=Severity.NOTE,
    since="0.1.0",
    profile="all",
    examples=(
        Bad("new enum", "CREATE TYPE state AS ENUM ('open', 'paid');  -- expect: enum-type"),
        Good("other type", "CREATE TYPE place AS (x int, y int);"),
        Good(
            "dropped in the next migration",
            "CREATE TYPE state AS ENUM ('open');\n-- migration\nDROP TYPE state;",
        ),
    ),
)


@rule.check(HistoryEnd)
def enum_type(end: HistoryEnd, ctx: Context) -> Iterator[Finding]:
    for made in ctx.schema.types.values():
        origin = ctx.whole.origins.type(made.name) if isinstance(made, EnumType) else None
        if origin is not None and ctx.whole.asks_for(origin):
            yield origin.finding(
                f"no value of the enum {made.name.display} can be dropped or moved again",
                help="take a table of values, or text with a CHECK, if values are to go again",
            )
