"""
Down script that runs, and leaves the schema different from what it was.

The rollback is recorded as done, and the schema is one that no version of the application was tested with.
Typical: the column comes back without its NOT NULL, its default or the index that went with it; the function
is dropped and not put back as it was; IF EXISTS hides a name that is not there.
The schema after going up and down is compared with the one before; the help lists all that stays different.
Add what is missing; `miglint rollback --draft` writes it with the former definitions.

Of a whole history that is checked at once, one finding counts them all; for a change, each is reported.
Silent about what makes no difference to queries (the order of columns, comments, storage), about extensions
that stay, about what `destructive-down` speaks of, where the down scripts of what is deployed together lead
back as a whole, about what the history does not tell, where `failing-down` or `empty-down` speaks, and with
`down = "off"`.
"""

from collections.abc import Iterator

from miglint.model import Finding, Severity, leaves_no_trace
from miglint.rule import Bad, Context, Good, Rule, Together, WayBack

_USERS = "CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL DEFAULT '');"
_DROP = "ALTER TABLE users DROP COLUMN name;"
_SHOWN = 12

rule = Rule(
    __name__,
    severity=Severity.WARNING,
    since="0.1.0",
    directions=("down",),
    together=Together("cause", noun="down script"),
    examples=(
        Bad(
            "column comes back as another one",
            _DROP,
            history=_USERS,
            down="ALTER TABLE users ADD COLUMN name text;  -- expect: incomplete-down",
        ),
        Bad(
            "index went with the column",
            _DROP,
            history=f"{_USERS}\nCREATE INDEX users_name ON users (name);",
            down="ALTER TABLE users ADD name text NOT NULL DEFAULT '';  -- expect: incomplete-down",
        ),
        Bad(
            "function that was there before is dropped",
            "CREATE OR REPLACE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1 + 0';",
            history="CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1';",
            down="DROP FUNCTION one();  -- expect: incomplete-down",
        ),
        Bad(
            "IF EXISTS hides a misspelt name",
            "CREATE INDEX users_name ON users (name);",
            history=_USERS,
            down="DROP INDEX IF EXISTS users_names;  -- expect: incomplete-down",
        ),
        Good(
            "everything is as before but the order of columns",
            _DROP,
            history=_USERS.replace("name", "nick text, name"),
            down="ALTER TABLE users ADD COLUMN name text NOT NULL DEFAULT '';",
        ),
        Good(
            "comment does not come back, which no query sees",
            "DROP TABLE users;",
            history=f"{_USERS}\nCOMMENT ON TABLE users IS 'people';",
            down=_USERS,
        ),
        Good(
            "extension stays, which others may have come to need",
            "CREATE EXTENSION IF NOT EXISTS citext;\nALTER TABLE users ADD COLUMN email citext;",
            history=_USERS,
            down="ALTER TABLE users DROP COLUMN email;",
        ),
        Good(
            "table is gone, which is a loss first of all",
            "ALTER TABLE users ADD COLUMN email text;",
            history=_USERS,
            down="DROP TABLE users;",
        ),
        Good(
            "no statement",
            _DROP,
            history=_USERS,
            down="SELECT 1;",
        ),
        Good(
            "down scripts of one release lead back together",
            files={
                "migrations/20250101120000_users.up.sql": _USERS,
                "migrations/20250101120000_users.down.sql": "DROP TABLE users;",
                "migrations/20250301120000_prepare.up.sql": "SELECT 1;",
                "migrations/20250301120000_prepare.down.sql": "ALTER TABLE users DROP COLUMN email;",
                "migrations/20250301120001_email.up.sql": "ALTER TABLE users ADD COLUMN email text;",
                "migrations/20250301120001_email.down.sql": "ALTER TABLE users ALTER email DROP DEFAULT;",
            },
        ),
        Good(
            "configuration asks for no down scripts",
            _DROP,
            history=_USERS,
            down="ALTER TABLE users ADD COLUMN name text;",
            settings=(("down", "off"),),
        ),
    ),
)


@rule.check(WayBack)
def incomplete_down(back: WayBack, ctx: Context) -> Iterator[Finding]:
    found, script = back.reversal, ctx.script
    if script is None or found.failures or found.comparison is None or ctx.policy.down == "off":
        return
    if all(leaves_no_trace(record.operation) for record in ctx.records):
        return
    stays = [reason.words for reason in found.reasons if reason.kind == "stays"]
    stays = [words for words in stays if "extension " not in words.partition(" is ")[0]]
    destroyed = [r.subject for r in found.reasons if r.kind == "destroyed"]
    stays = [words for words in stays if not any(f" {what} is gone" in words for what in destroyed)]
    if not stays:
        return
    more = f", and {len(stays) - 1} more" if len(stays) > 1 else ""
    listed = [f"- {' '.join(words.split())}" for words in stays[:_SHOWN]]
    listed += [f"- {len(stays) - _SHOWN} more"] if len(stays) > _SHOWN else []
    yield Finding(
        script.head,
        f"the down script leaves the schema different: {' '.join(stays[0].split())}{more}",
        help="\n".join(("after going up and down:", *listed)),
        cause="" if ctx.history.selected is not None else "history",
    )
