"""
Down script that destroys data which its migration had left alone.

A rollback is meant to take back what the migration brought, and nothing else. IF NOT EXISTS, OR REPLACE and
CASCADE make that go wrong: the migration finds the table there and does nothing, and the down script drops it
with all its rows; or a CASCADE takes a column that others have filled.
Drop only what this migration has made, by name, and without CASCADE: an error is better than a loss.

Of a whole history that is checked at once, one finding counts them all; for a change, each is reported.
Silent about what the migration itself has made, about values that the down script copies first, and with
`down = "off"`.
"""

from collections.abc import Iterator

from miglint.model import Finding, Severity
from miglint.rule import Bad, Context, Good, Rule, Together, WayBack

_USERS = "CREATE TABLE users (id bigint PRIMARY KEY, name text);"

rule = Rule(
    __name__,
    severity=Severity.ERROR,
    since="0.1.0",
    directions=("down",),
    together=Together("cause", noun="down script"),
    examples=(
        Bad(
            "table was there before the migration",
            "CREATE TABLE IF NOT EXISTS users (id bigint);",
            history=_USERS,
            down="DROP TABLE users;  -- expect: destructive-down",
        ),
        Bad(
            "column was there before the migration",
            "ALTER TABLE users ADD COLUMN IF NOT EXISTS name text;",
            history=_USERS,
            down="ALTER TABLE users DROP COLUMN name;  -- expect: destructive-down",
        ),
        Bad(
            "all rows go, not only the new ones",
            "ALTER TABLE users ADD COLUMN email text;",
            history=_USERS,
            down="ALTER TABLE users DROP COLUMN email;\nTRUNCATE users;  -- expect: destructive-down",
        ),
        Good("table of this migration", _USERS, down="DROP TABLE users;", recommended=True),
        Good(
            "column of this migration",
            "ALTER TABLE users ADD COLUMN email text;",
            history=_USERS,
            down="ALTER TABLE users DROP COLUMN email;",
            recommended=True,
        ),
        Good(
            "values are copied first",
            "ALTER TABLE users ADD COLUMN full_name text;\nUPDATE users SET full_name = name;",
            history=_USERS,
            down="UPDATE users SET full_name = name;\nALTER TABLE users DROP COLUMN name;",
        ),
        Good(
            "table of another name that this migration has given it",
            f"{_USERS.replace('users', 'people')}\nALTER TABLE people RENAME TO users;",
            down="DROP TABLE users;",
        ),
        Good(
            "configuration asks for no down scripts",
            "CREATE TABLE IF NOT EXISTS users (id bigint);",
            history=_USERS,
            down="DROP TABLE users;",
            settings=(("down", "off"),),
        ),
    ),
)


@rule.check(WayBack)
def destructive_down(back: WayBack, ctx: Context) -> Iterator[Finding]:
    lost = [reason for reason in back.reversal.reasons if reason.kind == "destroyed"]
    if ctx.policy.down == "off":
        return
    for reason in lost[:1]:
        more = f", and {len(lost) - 1} more" if len(lost) > 1 else ""
        yield Finding(
            reason.span,
            f"the down script destroys what its migration has not made: {reason.words}{more}",
            help="drop only what this migration has made, by name and without CASCADE",
            tables=(reason.table,) if reason.table else (),
            cause="" if ctx.history.selected is not None else "history",
        )
