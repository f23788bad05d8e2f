"""
Disabled trigger, whose checks running code loses.

`DISABLE TRIGGER` lasts until somebody enables the trigger again, for all sessions and not only for this one:
from COMMIT on, what it checks, writes or fills in for the writes of running code is left out, and nothing
fails. `DISABLE TRIGGER ALL` switches off those of foreign keys as well.
`ENABLE TRIGGER ALL` checks nothing of what was written until then: rows that refer to nothing stay.
Enable it at the end of the migration; to keep triggers from firing for one session only, there is
`SET LOCAL session_replication_role = replica`. Drop a trigger that is no longer wanted.

Silent when the trigger is enabled again or dropped in the same migration, when it was disabled before, when
the table is new, and about rows written meanwhile where the table is known to have no foreign key.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from collections.abc import Iterator

from miglint.model import Finding, Insert, Related, Severity, Table, TableCommand, Update
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
        Bad(
            "rows that pass by a foreign key, which is on again afterwards",
            """
                ALTER TABLE lines DISABLE TRIGGER ALL;  -- expect: disabled-trigger
                INSERT INTO lines SELECT id FROM old_lines;
                ALTER TABLE lines ENABLE TRIGGER ALL;
            """,
            history="""
                CREATE TABLE orders (id bigint PRIMARY KEY);
                CREATE TABLE lines (order_id bigint REFERENCES orders);
                CREATE TABLE old_lines (id bigint);
            """,
        ),
        Good(
            "all are off while nothing is written, or where there is no foreign key",
            """
                ALTER TABLE orders DISABLE TRIGGER ALL;
                UPDATE orders SET id = 2 WHERE id = 1;
                ALTER TABLE orders ENABLE TRIGGER ALL;
                ALTER TABLE lines DISABLE TRIGGER ALL;
                ALTER TABLE lines ENABLE TRIGGER ALL;
            """,
            history="""
                CREATE TABLE orders (id bigint PRIMARY KEY);
                CREATE TABLE lines (order_id bigint REFERENCES orders);
            """,
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
    elif command.argument == "all" and ctx.once(_enabled, name) > ctx.place:
        yield from _unchecked(command, ctx)
        return
    elif command.argument == "all" and not command.sets and end:
        stays = f"the triggers that check foreign keys of {name.display} stay"
    else:
        return
    yield Finding(
        command.span,
        f"{stays} disabled when the migration ends: from COMMIT on, writes of running code pass by",
        help=f"enable at the end of the migration: ENABLE TRIGGER {' '.join(named) or 'ALL'}",
        tables=(name,),
    )


def _unchecked(command: TableCommand, ctx: Context) -> Iterator[Finding]:
    """Report rows that are written while the triggers of foreign keys are off."""
    name, table = command.table, ctx.table(command.table)
    if table is not None and table.complete and not any(c.kind == "foreign" for c in table.constraints):
        return
    until = ctx.once(_enabled, name)
    written = [r for r in ctx.records[ctx.place : until] if isinstance(r.operation, Insert | Update)]
    first = next((record for record in written if getattr(record.operation, "table", None) == name), None)
    if first is None:
        return
    others = "" if ctx.session.in_transaction else ", nor what other sessions write meanwhile"
    yield Finding(
        command.span,
        f"no foreign key of {name.display} checks the rows that are written until its triggers are enabled "
        f"again{others}, and nothing checks them later",
        help="disable the triggers of users only, DISABLE TRIGGER USER, which leaves foreign keys on",
        tables=(name,),
        related=(Related(first.operation.span, "written without a check"),),
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
