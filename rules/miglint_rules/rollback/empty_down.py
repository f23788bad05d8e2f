"""
Down script without a statement.

The marker or file for the down script exists, so a rollback runs it, finds nothing to do, and records the
migration as undone: the version is lower, the change is still there, and the next attempt to migrate up fails
on what already exists.
Write the down script. If the change cannot be undone, say so in the script: a comment such as
`-- irreversible: the rows are gone` shows that somebody has thought of it.

Where more than one in twenty is empty, that is the project's practice, and one note covers all of them.
Silent when a comment in the down script says why it is empty, when the migration leaves nothing to undo, when
it only repairs rows, whose former values nobody knows any more, and with `down = "off"`.
"""

from collections.abc import Iterator

from miglint.model import Finding, Severity, explains, leaves_no_trace, repairs_rows
from miglint.rule import Bad, Context, Good, MigrationEnd, Rule

_USERS = "CREATE TABLE users (id bigint PRIMARY KEY);"

rule = Rule(
    __name__,
    severity=Severity.WARNING,
    since="0.1.0",
    examples=(
        Bad(
            "nothing in the down script",
            "ALTER TABLE users ADD COLUMN name text;  -- expect: empty-down",
            history=_USERS,
            down="\n",
            has_downs=True,
        ),
        Bad(
            "template that nobody has filled in",
            "ALTER TABLE users ADD COLUMN name text;  -- expect: empty-down",
            history=_USERS,
            down="-- This file should undo anything in `up.sql`\n",
            has_downs=True,
        ),
        Bad(
            "SELECT, which undoes nothing",
            "ALTER TABLE users ADD COLUMN name text;  -- expect: empty-down",
            history=_USERS,
            down="SELECT 'down SQL query';\n",
            has_downs=True,
        ),
        Bad(
            "no down script is ever filled in, and one note says so",
            files={
                "migrations/1_users.up.sql": f"{_USERS}  -- expect: empty-down",
                "migrations/1_users.down.sql": "",
                "migrations/2_name.up.sql": "ALTER TABLE users ADD COLUMN name text;",
                "migrations/2_name.down.sql": "",
                "migrations/3_email.up.sql": "ALTER TABLE users ADD COLUMN email text;",
                "migrations/3_email.down.sql": "",
            },
        ),
        Good(
            "comment says why the change cannot be undone",
            "ALTER TABLE users ADD COLUMN name text;",
            history=_USERS,
            down="-- irreversible: version 3 of the app cannot start without the column\n",
            has_downs=True,
        ),
        Good(
            "way back",
            "ALTER TABLE users ADD COLUMN name text;",
            history=_USERS,
            down="ALTER TABLE users DROP COLUMN name;",
            has_downs=True,
            recommended=True,
        ),
        Good(
            "migration that leaves nothing to undo",
            "SET lock_timeout = '5s';\nSELECT 1;",
            history=_USERS,
            down="",
            has_downs=True,
        ),
        Good(
            "migration that only looks at the rows, and stops if they are not as they should be",
            """
                DO $$
                BEGIN
                  IF EXISTS (SELECT FROM users WHERE id < 0) THEN
                    RAISE EXCEPTION 'run version 3 first';
                  END IF;
                END $$;
            """,
            history=_USERS,
            down="",
            has_downs=True,
        ),
        Good(
            "rows are repaired, and nobody knows what they were",
            """
                UPDATE users SET id = -id WHERE id < 0;
                DO $$ BEGIN DELETE FROM users WHERE id = 0; END $$;
            """,
            history=_USERS,
            down="",
            has_downs=True,
        ),
        Bad(
            "rows are new, and a second run adds them again",
            "INSERT INTO users VALUES (1), (2);  -- expect: empty-down",
            history=_USERS,
            down="",
            has_downs=True,
        ),
        Good(
            "configuration asks for no down scripts",
            "ALTER TABLE users ADD COLUMN name text;",
            history=_USERS,
            down="",
            has_downs=True,
            settings=(("down", "off"),),
        ),
    ),
)


_HABIT = 3
_SHARE = 20


@rule.check(MigrationEnd)
def empty_down(end: MigrationEnd, ctx: Context) -> Iterator[Finding]:
    script, up = end.migration.down, end.migration.up
    if script is None or up is None or end.down is None or ctx.policy.down == "off":
        return
    if not all(map(leaves_no_trace, end.down)) or explains(script.source[script.span] + script.sql):
        return
    traces = [record for record in ctx.records if not leaves_no_trace(record.operation)]
    if all(repairs_rows(record.operation) for record in traces):
        return
    telling = traces[0]
    downs, empty = ctx.whole.down_practice
    practice = len(empty) >= _HABIT and _SHARE * len(empty) > downs
    if practice and end.migration.id != empty[0]:
        return
    consequence = (
        "a rollback records it as undone, and it is not"
        if ctx.history.advice.has_downs
        else "it undoes nothing"
    )
    message = f"the down script of migration {end.migration.id} does nothing: {consequence}"
    if practice:
        message = f"{len(empty)} of {downs} down scripts have no statement: {consequence}"
    yield Finding(
        telling.statement.span,
        message,
        severity=Severity.NOTE if practice else None,
        help=f"write what undoes it in {script.source.path}, or a comment that says why nothing can",
    )
