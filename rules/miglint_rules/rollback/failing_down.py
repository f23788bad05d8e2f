"""
Down script that fails, whatever rows there are.

A down script is run when something has gone wrong already, and seldom before: a name that is misspelt, a
column that is still needed, a table that its own migration renamed are found in the middle of a rollback.
Most tools then stop with the migration marked as half undone.
The down script is run here on the schema that its migration leaves, and the first statement that the server
refuses is reported, with the server's own code.
Mend it, and run both ways once on a copy of the database: `miglint verify` does that on a scratch server.

Of a whole history that is checked at once, one finding counts them all; for a change, each is reported.
Silent about statements under an IF, about what the history does not tell, when the script itself raises an
error to say that there is no way back, and with `down = "off"`.

https://www.postgresql.org/docs/current/errcodes-appendix.html
"""

from collections.abc import Iterator

from miglint.model import Finding, Severity
from miglint.rule import Bad, Context, Good, Rule, Together, WayBack

_USERS = "CREATE TABLE users (id bigint PRIMARY KEY, name text);"
_ADD = "ALTER TABLE users ADD COLUMN email text;"

rule = Rule(
    __name__,
    severity=Severity.ERROR,
    since="0.1.0",
    directions=("down",),
    together=Together("cause", noun="down script"),
    told_by=("command-in-transaction", "concurrently-in-transaction", "unparsed-statement"),
    examples=(
        Bad(
            "column of another name",
            _ADD,
            history=_USERS,
            down="ALTER TABLE users DROP COLUMN mail;  -- expect: failing-down",
        ),
        Bad(
            "index that is gone with its table",
            "CREATE TABLE orders (id bigint);\nCREATE INDEX orders_id ON orders (id);",
            down="DROP TABLE orders;\nDROP INDEX orders_id;  -- expect: failing-down",
        ),
        Bad(
            "view that needs the column",
            f"{_ADD}\nCREATE VIEW addresses AS SELECT email FROM users;",
            history=_USERS,
            down="ALTER TABLE users DROP COLUMN email;  -- expect: failing-down\nDROP VIEW addresses;",
        ),
        Bad(
            "statement that was never run",
            _ADD,
            history=_USERS,
            down="ALTER TABLE users DROOP COLUMN email;  -- expect: failing-down",
        ),
        Bad(
            "CONCURRENTLY in the transaction of the tool",
            "CREATE TABLE orders (id bigint);",
            history=f"{_USERS}\nCREATE INDEX users_name ON users (name);",
            down="DROP TABLE orders;\nDROP INDEX CONCURRENTLY users_name;  -- expect: failing-down",
        ),
        Good(
            "way back",
            _ADD,
            history=_USERS,
            down="ALTER TABLE users DROP COLUMN email;",
            recommended=True,
        ),
        Good(
            "the script says itself that there is no way back",
            _ADD,
            history=_USERS,
            down="DO $$ BEGIN RAISE EXCEPTION 'restore the backup instead'; END $$;",
        ),
        Good(
            "IF EXISTS",
            _ADD,
            history=_USERS,
            down="ALTER TABLE users DROP COLUMN email;\nDROP TABLE IF EXISTS addresses;",
        ),
        Good(
            "statement that may not run",
            _ADD,
            history=_USERS,
            down="""
                ALTER TABLE users DROP COLUMN email;
                DO $$ BEGIN IF random() > 2 THEN DROP TABLE addresses; END IF; END $$;
            """,
        ),
        Good(
            "configuration asks for no down scripts",
            _ADD,
            history=_USERS,
            down="ALTER TABLE users DROP COLUMN mail;",
            settings=(("down", "off"),),
        ),
    ),
)


@rule.check(WayBack)
def failing_down(back: WayBack, ctx: Context) -> Iterator[Finding]:
    first = next((reason for reason in back.reversal.failures if reason.kind == "fails"), None)
    if first is None or ctx.policy.down == "off":
        return
    code = f" (SQLSTATE {first.sqlstate})" if first.sqlstate else ""
    yield Finding(
        first.span,
        f"the down script fails here: {' '.join(first.words.split())}{code}",
        help=first.remedy,
        tables=(first.table,) if first.table else (),
        cause="" if ctx.history.selected is not None else "history",
    )
