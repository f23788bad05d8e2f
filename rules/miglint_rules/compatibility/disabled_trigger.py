"""
Trigger that a migration leaves disabled.

`DISABLE TRIGGER` lasts until somebody enables the trigger again, for all sessions and not only for this one:
from COMMIT on, what it checks, writes or fills in for the writes of running code is left out, and nothing
fails. `DISABLE TRIGGER ALL` switches off those of foreign keys as well.
Enable it at the end of the migration; to keep triggers from firing for one session only, there is
`SET LOCAL session_replication_role = replica`. Drop a trigger that is no longer wanted.

Silent when the trigger is enabled again or dropped in the same migration, when it was disabled before, and
when the table is new.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from collections.abc import Iterator

from miglint.model import Finding, Severity, Table, TableCommand
from miglint.rule import Bad, Context, Good, Record, Rule

_USERS = """
    CREATE TABLE users (id bigint PRIMARY KEY, name text);
    CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE TRIGGER noted BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION note();
"""

rule = Rule(
    __name__,
    severity=Severity.WARNING,
    since="0.1.0",
    examples=(
        Bad(
            "one trigger",
            """
                ALTER TABLE users DISABLE TRIGGER noted;  -- expect: disabled-trigger
                UPDATE users SET name = 'x' WHERE id = 1;
            """,
            history=_USERS,
        ),
        Bad(
            "all triggers, those of foreign keys among them",
            "ALTER TABLE users DISABLE TRIGGER ALL;  -- expect: disabled-trigger",
            history=_USERS,
        ),
        Bad(
            "triggers of foreign keys only",
            "ALTER TABLE teams DISABLE TRIGGER ALL;  -- expect: disabled-trigger",
            history="CREATE TABLE teams (id bigint PRIMARY KEY);",
        ),
        Good(
            "enabled again",
            """
                ALTER TABLE users DISABLE TRIGGER noted;
                UPDATE users SET name = 'x' WHERE id = 1;
                ALTER TABLE users ENABLE TRIGGER noted;
            """,
            history=_USERS,
        ),
        Good(
            "triggers of foreign keys are enabled again",
            "ALTER TABLE teams DISABLE TRIGGER ALL;\nALTER TABLE teams ENABLE TRIGGER ALL;",
            history="CREATE TABLE teams (id bigint PRIMARY KEY);",
        ),
        Good(
            "dropped",
            "ALTER TABLE users DISABLE TRIGGER noted;\nDROP TRIGGER noted ON users;",
            history=_USERS,
        ),
        Good(
            "disabled before",
            "ALTER TABLE users DISABLE TRIGGER noted;",
            history=f"{_USERS}ALTER TABLE users DISABLE TRIGGER noted;",
        ),
        Good("table is new in this migration", f"{_USERS}ALTER TABLE users DISABLE TRIGGER noted;"),
        Good("another command", "ALTER TABLE users ENABLE TRIGGER noted;", history=_USERS),
    ),
)


@rule.check(TableCommand)
def disabled_trigger(command: TableCommand, ctx: Context) -> Iterator[Finding]:
    name = command.table
    if command.action != "disable trigger" or ctx.is_new(name):
        return
    end = ctx.records[-1].after.table(name)
    off = sorted(_disabled(end) - _disabled(ctx.table(name)))
    named = [setting.part for setting in command.sets if setting.part in off]
    if named:
        noun = "trigger" if len(named) == 1 else "triggers"
        stays = f"the {noun} {', '.join(named)} of {name.display} {'stays' if len(named) == 1 else 'stay'}"
    elif command.argument == "all" and not command.sets and end and not ctx.once(_enabled, name) > ctx.place:
        stays = f"the triggers that check foreign keys of {name.display} stay"
    else:
        return
    yield Finding(
        command.span,
        f"{stays} disabled when the migration ends: from COMMIT on, writes of running code pass by",
        help=f"enable at the end of the migration: ENABLE TRIGGER {' '.join(named) or 'ALL'}",
        tables=(name,),
    )


def _disabled(table: Table | None) -> set[str]:
    triggers = table.triggers if table else ()
    return {each.name for each in triggers if ("the firing", "disabled") in each.properties}


def _enabled(records: tuple[Record, ...], table: object) -> int:
    """The last place at which triggers of a table are enabled; -1 if nowhere."""
    found = -1
    for place, record in enumerate(records):
        command = record.operation
        if isinstance(command, TableCommand) and command.action == "enable trigger":
            found = place if command.table == table else found
    return found
