"""
Truncated table, whose rows are gone.

`TRUNCATE` removes every row without reading any: after COMMIT only a backup brings them back, and no ON
DELETE trigger fires. It takes ACCESS EXCLUSIVE until COMMIT.
With CASCADE it also empties every table with a foreign key to one of these, and every table with a foreign
key to those, whether or not the key has ON DELETE CASCADE.
Delete the rows that are no longer needed, in batches, or name each table that should be
emptied, without CASCADE, and say why.
A table that the same transaction fills again from others loses nothing, and is locked meanwhile: a note.

Silent when this migration created the tables, when they are temporary, and when they were emptied earlier.

https://www.postgresql.org/docs/current/sql-truncate.html
"""

from collections.abc import Iterator

from miglint.model import (
    NOWHERE,
    AddColumn,
    Finding,
    Insert,
    Name,
    Operation,
    Related,
    Say,
    Severity,
    Truncate,
    do,
)
from miglint.rule import Bad, Context, Good, Record, Rule

rule = Rule(
    __name__,
    severity=Severity.ERROR,
    since="0.1.0",
    examples=(
        Bad(
            "table in use",
            "TRUNCATE sessions;  -- expect: truncated-table",
            history="CREATE TABLE sessions (id bigint PRIMARY KEY);",
        ),
        Bad(
            "CASCADE that reaches a table with a foreign key",
            "TRUNCATE plans CASCADE;  -- expect: truncated-table",
            history="""
                CREATE TABLE plans (id bigint PRIMARY KEY);
                CREATE TABLE subscriptions (id bigint PRIMARY KEY, plan bigint REFERENCES plans);
            """,
        ),
        Bad(
            "new table, but CASCADE reaches one in use",
            """
                CREATE TABLE plans (id bigint PRIMARY KEY);
                INSERT INTO plans VALUES (1);
                ALTER TABLE subscriptions ADD FOREIGN KEY (plan) REFERENCES plans NOT VALID;
                TRUNCATE plans CASCADE;  -- expect: truncated-table
            """,
            history="CREATE TABLE subscriptions (id bigint PRIMARY KEY, plan bigint);",
        ),
        Bad(
            "table that the same transaction fills again, of which only the lock is left to say",
            """
                TRUNCATE totals;  -- expect: truncated-table
                INSERT INTO totals SELECT day, count(*) FROM events GROUP BY day;
            """,
            history="""
                CREATE TABLE events (id bigint PRIMARY KEY, day date);
                CREATE TABLE totals (day date PRIMARY KEY, number bigint);
            """,
        ),
        Good(
            "table is new in this migration",
            "CREATE TABLE staging AS SELECT id FROM users;\nTRUNCATE staging;",
            history="CREATE TABLE users (id bigint PRIMARY KEY);",
        ),
        Good(
            "table is temporary",
            "CREATE TEMPORARY TABLE staging (id bigint);\nTRUNCATE staging;",
        ),
    ),
)

_SHOWN = 3


@rule.check(Truncate)
def truncated_table(truncate: Truncate, ctx: Context) -> Iterator[Finding]:
    lost = [s.table for s in ctx.effects.destroys if s.kind == "rows" and not ctx.is_new(s.table)]
    if not lost:
        return
    family = {n for t in truncate.tables if (r := ctx.table(t)) for n in (*r.partitions, *r.children)}
    named = [table for table in truncate.tables if not ctx.is_new(table)]
    others = [name for name in lost if name not in truncate.tables and name not in family]
    reached = others if truncate.cascade else []
    if reached:
        subject = "CASCADE" if not named else f"TRUNCATE destroys all rows of {_listed(named)}, and CASCADE"
        message = f"{subject} {'destroys all rows' if not named else 'those'} of {_listed(reached)}"
        tables = dict.fromkeys((*truncate.tables, *reached))
        help_text = ctx.remedies.shown(
            Say("remove CASCADE, name each table that should be emptied, and say why:", plain=True),
            do(Truncate(NOWHERE, tuple(tables))),
        )
        help_text += f"  -- miglint: ignore[{rule.name}] ..."
    else:
        emptied = named or lost  # A new parent can have old children.
        message = f"TRUNCATE destroys all rows of {_listed(emptied)}"
        loop = ctx.rows.batch_loop(emptied[0], f"DELETE FROM {emptied[0].sql}", "...")
        help_text = ctx.remedies.outside_transaction(loop, remark=", for the unwanted rows, in batches")
        required = ", ".join(ctx.once(_required, emptied[0]))
        help_text += (
            f"\n-- and give {required} a default, without which no row could stay" if required else ""
        )
    refills = [_refill(name, ctx) for name in lost]
    if all(refills):
        yield Finding(
            truncate.span,
            f"{message}, and until COMMIT every reader waits for the INSERT that fills it again",
            help="fill a table of another name, and let it take this one's name in a short transaction",
            severity=Severity.NOTE,
            tables=tuple(lost),
            related=tuple(Related(record.operation.span, "fills it again") for record in refills if record),
        )
        return
    yield Finding(truncate.span, message, help=help_text, tables=tuple(lost))


def _refill(table: Name, ctx: Context) -> Record | None:
    """Give the INSERT of the same transaction that fills a table from a query."""
    return next((r for r in ctx.later if _fills(r.operation, table) and ctx.commits_with(r)), None)


def _fills(operation: Operation, table: Name) -> bool:
    return (
        isinstance(operation, Insert)
        and operation.table == table
        and any(name != table for name in operation.query.reads)
    )


def _required(records: tuple[Record, ...], table: Name) -> tuple[str, ...]:
    """The columns that a migration adds to a table as required ones without any value for old rows."""
    added = (
        r.operation for r in records if isinstance(r.operation, AddColumn) and r.operation.table == table
    )
    return tuple(
        each.column.name
        for each in added
        if each.column.not_null
        and each.column.default is None
        and not (each.column.serial or each.column.identity or each.column.generated)
    )


def _listed(names: list[Name]) -> str:
    shown = ", ".join(name.display for name in names[:_SHOWN])
    return f"{shown} and {len(names) - _SHOWN} more" if len(names) > _SHOWN else shown
