"""
Trigger that is made or dropped on a table in use.

`CREATE TRIGGER` takes SHARE ROW EXCLUSIVE: it waits for every transaction that has written to the table, and
writes that come later wait behind it until COMMIT. `DROP TRIGGER`, and renaming one, take ACCESS EXCLUSIVE,
for which reads wait as well.
`CREATE OR REPLACE TRIGGER`, from PostgreSQL 14 on, replaces a trigger under the weaker lock.

Off by default: without slow work in the transaction the wait is as short as that for any other change, and
`missing-lock-timeout` and `slow-work-after-lock` speak where it is not.
Silent where a lock_timeout is set or the configuration says that the runner sets one, for tables that are new
or listed as small, and where an earlier statement of the transaction has a lock that is as strong.

https://www.postgresql.org/docs/current/sql-createtrigger.html
"""

from collections.abc import Iterator

from miglint.model import (
    CreateTrigger,
    DropTrigger,
    Finding,
    Name,
    RenameTrigger,
    Say,
    Severity,
    blocked_by,
    do,
)
from miglint.rule import Bad, Context, Good, Rule

_TABLES = """
    CREATE TABLE orders (id bigint PRIMARY KEY);
    CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE TRIGGER noted BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION note();
"""
_AGAIN = "BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION note();"

rule = Rule(
    __name__,
    severity=Severity.NOTE,
    since="0.1.0",
    profile="all",
    examples=(
        Bad(
            "new trigger",
            f"CREATE TRIGGER later {_AGAIN}  -- expect: trigger-locks-table",
            history=_TABLES,
        ),
        Bad(
            "dropped trigger",
            "DROP TRIGGER noted ON orders;  -- expect: trigger-locks-table",
            history=_TABLES,
        ),
        Bad(
            "trigger that is dropped and made anew",
            f"DROP TRIGGER noted ON orders;  -- expect: trigger-locks-table\nCREATE TRIGGER noted {_AGAIN}",
            history=_TABLES,
        ),
        Good("table is new", f"{_TABLES}CREATE TRIGGER later {_AGAIN}"),
        Good(
            "lock_timeout is set",
            f"SET lock_timeout = '2s';\nCREATE OR REPLACE TRIGGER noted {_AGAIN}",
            history=_TABLES,
            recommended=True,
        ),
        Good(
            "table is locked already",
            f"ALTER TABLE orders ADD COLUMN note text;\nCREATE TRIGGER later {_AGAIN}",
            history=_TABLES,
        ),
        Good("trigger is not there", "DROP TRIGGER IF EXISTS later ON orders;", history=_TABLES),
        Good(
            "table is listed as small",
            "DROP TRIGGER noted ON orders;",
            history=_TABLES,
            settings=(("small_tables", frozenset({Name("public", "orders")})),),
        ),
    ),
)


@rule.check(CreateTrigger, DropTrigger, RenameTrigger)
def trigger_locks_table(
    change: CreateTrigger | DropTrigger | RenameTrigger, ctx: Context
) -> Iterator[Finding]:
    mode, held = ctx.effects.lock_on(change.table), ctx.waits.held(change.table)
    if mode is None or not ctx.is_live(change.table) or (held is not None and held.mode >= mode):
        return
    if ctx.session.lock_timeout or ctx.policy.runner_sets_lock_timeout:
        return
    later = (record.operation for record in ctx.later if isinstance(record.operation, CreateTrigger))
    again = next((o for o in later if (o.table, o.trigger) == (change.table, change.trigger)), None)
    help_ = "set a lock_timeout before it"
    if isinstance(change, DropTrigger) and again is not None and not again.constraint:
        instead = Say("from PostgreSQL 14 on, under a weaker lock, in place of the DROP and CREATE:")
        help_ = ctx.remedies.shown(instead, do(again._replace(replace=True)))
    yield Finding(
        change.span,
        f"{blocked_by(mode)} to {change.table.display} wait for this {mode} lock until COMMIT",
        help=help_,
        tables=(change.table,),
    )
