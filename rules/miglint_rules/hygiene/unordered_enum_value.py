"""
Enum value added without saying where.

`ADD VALUE` puts the new value behind all others. The order of an enum decides what `<`, `ORDER BY`, `min` and
`max` give, and cannot be changed later.
Write BEFORE or AFTER, so that somebody has thought of it.

Off by default, as a matter of taste. Silent when the type is new in this release.

https://www.postgresql.org/docs/current/sql-altertype.html
"""

from collections.abc import Iterator

from miglint.model import AddEnumValue, EnumType, Finding, Severity
from miglint.rule import Bad, Context, Good, Rule

_STATE = "CREATE TYPE state AS ENUM ('open', 'paid');"

rule = Rule(
    __name__,
    severity=Severity.NOTE,
    since="0.1.0",
    profile="all",
    examples=(
        Bad(
            "no place",
            "ALTER TYPE state ADD VALUE 'sent';  -- expect: unordered-enum-value",
            history=_STATE,
        ),
        Bad(
            "type that no migration makes",
            "ALTER TYPE state ADD VALUE 'sent';  -- expect: unordered-enum-value",
        ),
        Good("with a place", "ALTER TYPE state ADD VALUE 'sent' AFTER 'paid';", history=_STATE),
        Good("type is new in this migration", f"{_STATE}\nALTER TYPE state ADD VALUE 'sent';"),
    ),
)


@rule.check(AddEnumValue)
def unordered_enum_value(add: AddEnumValue, ctx: Context) -> Iterator[Finding]:
    if add.before is not None or add.after is not None or ctx.session.is_new_object("type", add.type):
        return
    known = ctx.schema.types.get(add.type)
    last = known.values[-1:] if isinstance(known, EnumType) else ()
    place = f"AFTER {ctx.remedies.literal(last[0])}" if last else "BEFORE or AFTER another value"
    yield Finding(
        add.span,
        f"{ctx.remedies.literal(add.value)} comes last in {add.type.display}, and nobody has said so",
        help=f"say where it belongs: {place}",
    )
