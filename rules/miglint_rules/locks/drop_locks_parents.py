"""
DROP TABLE that locks several tables in use.

A DROP TABLE takes ACCESS EXCLUSIVE on each table that its foreign keys refer to, and on each that refers to
it, because the triggers of the keys go as well. Nobody reads or writes those tables while it waits for the
last of them, and the order in which it locks them does not show in the text: where requests lock them in
another one, they deadlock.
Drop the foreign keys first, each in a migration of its own that locks one of them for a moment.

One note stands for the whole history, or for the change; a table that the configuration lists as hot is a
warning, even if it is the only one.

Silent when a lock_timeout is set or the configuration says that the runner sets one, for tables that are new
or dropped in the migration or listed as small, and, without hot ones, where the lock is on one table only:
that is no more than an ALTER TABLE takes. What is lost is for `dropped-table`.

https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-TABLES
"""

from collections.abc import Iterator

from miglint.model import DropTable, Finding, Name, Say, Severity, do, without_constraint
from miglint.rule import Bad, Context, Good, Rule, Together

_NOTES = """
    CREATE TABLE users (id bigint PRIMARY KEY);
    CREATE TABLE teams (id bigint PRIMARY KEY);
    CREATE TABLE notes (
        id bigint PRIMARY KEY,
        user_id bigint CONSTRAINT of_user REFERENCES users,
        team_id bigint CONSTRAINT of_team REFERENCES teams
    );
"""
_LINES = f"{_NOTES}CREATE TABLE lines (note_id bigint CONSTRAINT of_note REFERENCES notes);"
_HOT = (("hot_tables", frozenset({Name("public", "users")})),)

rule = Rule(
    __name__,
    severity=Severity.NOTE,
    since="0.1.0",
    together=Together("cause"),
    examples=(
        Bad(
            "table that refers to two others",
            "DROP TABLE notes;  -- expect: drop-locks-parents",
            history=_NOTES,
        ),
        Bad(
            "table that another refers to as well",
            """
                ALTER TABLE notes DROP CONSTRAINT of_user;
                -- migration
                DROP TABLE notes CASCADE;  -- expect: drop-locks-parents
            """,
            history=_LINES,
        ),
        Bad(
            "table that refers to a hot one",
            """
                ALTER TABLE notes DROP CONSTRAINT of_team;
                -- migration
                DROP TABLE notes;  -- expect: drop-locks-parents
            """,
            history=_NOTES,
            settings=_HOT,
        ),
        Good(
            "foreign keys are dropped first, one by one",
            """
                ALTER TABLE notes DROP CONSTRAINT of_user;
                -- migration
                ALTER TABLE notes DROP CONSTRAINT of_team;
                -- migration
                DROP TABLE notes;
            """,
            history=_NOTES,
            settings=_HOT,
        ),
        Good("table that refers to one other", "DROP TABLE lines;", history=_LINES),
        Good(
            "the others are dropped as well",
            "DROP TABLE notes, users;",
            history=_NOTES,
        ),
        Good(
            "lock_timeout is set",
            "SET lock_timeout = '5s';\nDROP TABLE notes;",
            history=_NOTES,
        ),
        Good(
            "runner sets lock_timeout",
            "DROP TABLE notes;",
            history=_NOTES,
            settings=(("runner_sets_lock_timeout", True),),
        ),
        Good(
            "one of the others is listed as small",
            "DROP TABLE notes;",
            history=_NOTES,
            settings=(("small_tables", frozenset({Name("public", "users")})),),
        ),
        Good("tables are new", f"{_NOTES}DROP TABLE notes;"),
    ),
)


@rule.check(DropTable)
def drop_locks_parents(drop: DropTable, ctx: Context) -> Iterator[Finding]:
    if ctx.session.lock_timeout or ctx.policy.runner_sets_lock_timeout or ctx.is_new(drop.table):
        return
    left = ctx.records[-1].after.relations
    locked = [
        lock.table
        for lock in ctx.effects.locks
        if lock.table != drop.table and lock.table in left and ctx.waits.makes_wait(lock)
    ]
    hot = any(map(ctx.is_hot, locked))
    if not locked[1:] and not hot:
        return
    keys = [
        do(without_constraint(table.name, key.name))
        for table in ctx.schema.tables_among((drop.table, *locked))
        for key in table.foreign_keys
        if key.references in (locked if table.name == drop.table else (drop.table,))
    ]
    names = f"{', '.join(n.display for n in locked[:-1])}{' and ' if locked[1:] else ''}{locked[-1].display}"
    yield Finding(
        drop.span,
        f"dropping {drop.table.display} locks {names} as well, against reads and writes",
        help=ctx.remedies.shown(Say("before it, each in a migration of its own:"), *keys),
        severity=Severity.WARNING if hot else None,
        tables=(drop.table, *locked),
        cause="" if hot else "drop",
    )
