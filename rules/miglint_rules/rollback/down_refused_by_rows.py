"""
Down script that fails once certain rows are there.

The way back works on an empty database, and on the day of the deploy; then the new version writes a NULL, a
longer text or a second row with the same key, and the rollback fails on it. Tests on empty tables never show
that. The rows are the moment after which there is no way back without deciding what becomes of them.
Count them before a rollback with the query of the help, and say in the down script what becomes of them:
delete them, give them a value, or leave the constraint out.

A column that comes back NOT NULL without a default fails on any row at all: that is a warning. Add it without
NOT NULL, fill it, and set NOT NULL afterwards.
Of a whole history that is checked at once, one finding counts them all; for a change, each is reported.
Silent where the down script deletes or fills those rows first, where it fails anyway (`failing-down`), and
with `down = "off"`.
"""

from collections.abc import Iterator

from miglint.model import Finding, Severity
from miglint.rule import Bad, Context, Good, Rule, Together, WayBack

_USERS = "CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL);"
_NULLABLE = "ALTER TABLE users ALTER COLUMN name DROP NOT NULL;"

rule = Rule(
    __name__,
    severity=Severity.NOTE,
    since="0.1.0",
    directions=("down",),
    together=Together("cause", noun="down script"),
    examples=(
        Bad(
            "the new version may have written NULL",
            _NULLABLE,
            history=_USERS,
            down="ALTER TABLE users ALTER COLUMN name SET NOT NULL;  -- expect: down-refused-by-rows",
        ),
        Bad(
            "any row is in the way",
            "ALTER TABLE users DROP COLUMN name;",
            history=_USERS,
            down="ALTER TABLE users ADD COLUMN name text NOT NULL;  -- expect: down-refused-by-rows",
        ),
        Bad(
            "the new version may have written a longer text",
            "ALTER TABLE users ALTER COLUMN name TYPE text;",
            history=_USERS.replace("text", "varchar(20)"),
            down="ALTER TABLE users ALTER COLUMN name TYPE varchar(20);  -- expect: down-refused-by-rows",
        ),
        Good(
            "the down script fills the rows first",
            _NULLABLE,
            history=_USERS,
            down="""
                UPDATE users SET name = '' WHERE name IS NULL;
                ALTER TABLE users ALTER COLUMN name SET NOT NULL;
            """,
        ),
        Good(
            "the table is made anew, and empty",
            "DROP TABLE users;",
            history=_USERS,
            down=_USERS + "\nCREATE UNIQUE INDEX users_name ON users (name);",
        ),
        Good(
            "configuration asks for no down scripts",
            _NULLABLE,
            history=_USERS,
            down="ALTER TABLE users ALTER COLUMN name SET NOT NULL;",
            settings=(("down", "off"),),
        ),
    ),
)


@rule.check(WayBack)
def down_refused_by_rows(back: WayBack, ctx: Context) -> Iterator[Finding]:
    found = back.reversal
    if ctx.policy.down == "off" or any(reason.kind == "fails" for reason in found.failures):
        return
    certain = [reason for reason in found.in_the_way if reason.certain]
    for reason in (certain or list(found.in_the_way))[:1]:
        more = f", and {len(found.in_the_way) - 1} more" if len(found.in_the_way) > 1 else ""
        when = "on any row" if reason.certain else "on some rows"
        queries = list(dict.fromkeys(each.query for each in found.in_the_way if each.query))
        before = "before a rollback, see that no row is in the way:"
        fill = "add it without NOT NULL, fill it, and set NOT NULL afterwards"
        yield Finding(
            reason.span,
            f"the down script fails {when}: {reason.words}{more}",
            help=fill if reason.certain else "\n".join((before, *queries)) if queries else "",
            severity=Severity.WARNING if reason.certain else None,
            tables=(reason.table,) if reason.table else (),
            cause="" if ctx.history.selected is not None else "history",
        )
