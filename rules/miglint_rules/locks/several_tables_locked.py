"""
Several live tables locked until one COMMIT.

Each lock of a transaction is held until COMMIT: while the migration waits for the second table, which takes
as long as the longest query on it, nobody writes to the first, or even reads it.
Requests that lock the same tables in another order deadlock with it, and so do two deploys at a time whose
migrations do.
Change one table in each migration, or set a short lock_timeout and run the migration again when it gives up.

Off by default: most such migrations pass unnoticed, and one that sets a lock_timeout can be run again.
Silent for tables that are new or dropped in the migration or listed as small, and where
`deadlock-prone-locks` or `drop-locks-parents` reports the statement.

https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-DEADLOCKS
"""

from collections.abc import Iterator

from miglint.model import Finding, Name, Related, Severity, TransactionMode, blocked_by
from miglint.rule import Bad, Context, Good, MigrationEnd, Rule

_TABLES = "CREATE TABLE users (id bigint PRIMARY KEY);\nCREATE TABLE teams (id bigint PRIMARY KEY);"
_BOTH = "ALTER TABLE users ADD COLUMN note text;\nALTER TABLE teams ADD COLUMN note text;"

rule = Rule(
    __name__,
    severity=Severity.NOTE,
    since="0.1.0",
    profile="all",
    told_by=("deadlock-prone-locks", "drop-locks-parents"),
    examples=(
        Bad(
            "two tables in one migration",
            """
                ALTER TABLE users ADD COLUMN note text;
                ALTER TABLE teams ADD COLUMN note text;  -- expect: several-tables-locked
            """,
            history=_TABLES,
        ),
        Bad(
            "new table with keys to two others",
            """
                CREATE TABLE members (  -- expect: several-tables-locked
                    user_id bigint REFERENCES users,
                    team_id bigint REFERENCES teams
                );
            """,
            history=_TABLES,
        ),
        Bad(
            "many tables",
            """
                ALTER TABLE users ADD COLUMN note text;
                ALTER TABLE teams ADD COLUMN note text;  -- expect: several-tables-locked
                ALTER TABLE orders ADD COLUMN note text;
                ALTER TABLE carts ADD COLUMN note text;
            """,
        ),
        Good(
            "one table in each migration",
            _BOTH.replace("\n", "\n-- migration\n"),
            history=_TABLES,
            settings=(("runner_sets_lock_timeout", True),),
            recommended=True,
        ),
        Good("each statement commits on its own", _BOTH, history=_TABLES, mode=TransactionMode.PER_STATEMENT),
        Good("tables are new", f"{_TABLES}\n{_BOTH}"),
        Good(
            "one of the tables is dropped",
            "ALTER TABLE users ADD COLUMN note text;\nDROP TABLE teams;",
            history=_TABLES,
        ),
        Good(
            "one of the tables is listed as small",
            _BOTH,
            history=_TABLES,
            settings=(("small_tables", frozenset({Name("public", "users")})),),
        ),
    ),
)
_NAMED = 3


@rule.check(MigrationEnd)
def several_tables_locked(end: MigrationEnd, ctx: Context) -> Iterator[Finding]:
    for taken in ctx.waits.lock_orders:
        second = taken[1]
        record = ctx.records[second.writers.place]
        names = [each.table.display for each in taken]
        if len(names) > _NAMED:
            names[_NAMED - 1 :] = [f"{len(names) - _NAMED + 1} more tables"]
        waits = blocked_by(*(each.mode for each in taken))
        yield Finding(
            record.operation.span,
            f"{', '.join(names[:-1])} and {names[-1]} stay locked until COMMIT, and {waits} wait",
            help="put what locks the other tables in a migration of its own",
            tables=tuple(each.table for each in taken),
            related=tuple(
                Related(ctx.records[at].operation.span, f"takes {each.mode} on {each.table.display}")
                for each in taken
                if (at := each.writers.place) != second.writers.place
            ),
            source=record.statement.source,
        )
