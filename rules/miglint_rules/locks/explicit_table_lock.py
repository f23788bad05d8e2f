"""
LOCK TABLE on a table in use.

The lock is held until COMMIT, however short the statement is that needs it. Without a mode it is ACCESS
EXCLUSIVE: even a SELECT waits. SHARE ROW EXCLUSIVE keeps all writers but this session away and lets readers
go on, which is enough to check or mend rows.
A statement that changes the table takes the lock that it needs by itself; a LOCK TABLE before it is of use
for the order in which several tables are locked.

Off by default: who writes LOCK TABLE mostly means it, and `slow-work-after-lock` speaks where much is done
under the lock.
Silent for modes that let writers go on, for tables that are new or listed as small, and where a lock_timeout
is set or the configuration says that the runner sets one.

https://www.postgresql.org/docs/current/sql-lock.html
"""

from collections.abc import Iterator

from miglint.model import Finding, LockTable, Name, Severity, blocked_by
from miglint.rule import Bad, Context, Good, Rule

_TABLES = "CREATE TABLE users (id bigint PRIMARY KEY);\nCREATE TABLE orders (id bigint PRIMARY KEY);"
_MORE = "ALTER TABLE users ADD COLUMN note text;"

rule = Rule(
    __name__,
    severity=Severity.NOTE,
    since="0.1.0",
    profile="all",
    examples=(
        Bad(
            "without a mode",
            "LOCK TABLE users, orders;  -- expect: explicit-table-lock\nDELETE FROM users WHERE id = 7;",
            history=_TABLES,
        ),
        Bad(
            "lock that a later statement needs as well",
            f"LOCK TABLE users;  -- expect: explicit-table-lock\n{_MORE}",
            history=_TABLES,
        ),
        Bad(
            "mode that keeps writers away",
            f"LOCK TABLE users IN SHARE MODE;  -- expect: explicit-table-lock\n{_MORE}",
            history=_TABLES,
        ),
        Good(
            "mode that lets writers go on",
            "LOCK TABLE users IN ROW EXCLUSIVE MODE;\nDELETE FROM users WHERE id = 7;",
            history=_TABLES,
        ),
        Good(
            "lock_timeout is set",
            f"SET lock_timeout = '2s';\nLOCK TABLE users;\n{_MORE}",
            history=_TABLES,
            recommended=True,
        ),
        Good("table is new", f"{_TABLES}\nLOCK TABLE users;\n{_MORE}"),
        Good(
            "table is listed as small",
            f"LOCK TABLE users;\n{_MORE}",
            history=_TABLES,
            settings=(("small_tables", frozenset({Name("public", "users")})),),
        ),
    ),
)


@rule.check(LockTable)
def explicit_table_lock(lock: LockTable, ctx: Context) -> Iterator[Finding]:
    waiting = tuple(each for each in ctx.effects.locks if ctx.waits.makes_wait(each))
    if not waiting or ctx.session.lock_timeout or ctx.policy.runner_sets_lock_timeout:
        return
    tables = tuple(each.table for each in waiting)
    needed = any(
        other.mode.blocks_reads and other.table in tables
        for record in ctx.later
        if ctx.commits_with(record)
        for other in record.effects.locks
    )
    weaker = any(each.mode.blocks_reads for each in waiting) and not needed
    yield Finding(
        lock.span,
        f"{blocked_by(*(each.mode for each in waiting))} to {' and '.join(t.display for t in tables)} wait "
        "from here until COMMIT",
        help=ctx.rows.weaker_lock(*tables) if weaker else "set a lock_timeout before it",
        tables=tables,
    )
