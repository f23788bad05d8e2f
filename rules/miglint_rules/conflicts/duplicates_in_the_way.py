"""
Unique index that fails, and stays invalid, if there are duplicates.

On a test database it is built, and in production duplicates stop the deploy. `CREATE UNIQUE INDEX
CONCURRENTLY` then leaves an invalid index behind, which each write has to keep up to date, and which
`IF NOT EXISTS` takes for the index that was meant.
Run the query of the help on production before the deploy, and clean up what it finds. After a failure drop
the index before the next attempt.

Other rules bring such a query with the lock, the scan or the rewrite that they report; this one speaks where
nobody waits. Silent on tables that are new or empty, and on columns that are new.

https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY
"""

from collections.abc import Iterator

from miglint.model import (
    NOWHERE,
    Confidence,
    CreateIndex,
    DropIndex,
    FailureCause,
    Finding,
    Name,
    Say,
    Severity,
    do,
)
from miglint.rule import Bad, Context, Good, Rule

_USERS = "CREATE TABLE users (id bigint PRIMARY KEY, email text);"

rule = Rule(
    __name__,
    severity=Severity.NOTE,
    confidence=Confidence.MEDIUM,
    since="0.1.0",
    examples=(
        Bad(
            "unique index that blocks nobody",
            "CREATE UNIQUE INDEX CONCURRENTLY one_email ON users (email);  -- expect: duplicates-in-the-way",
            history=_USERS,
        ),
        Bad(
            "next attempt that takes what a failure has left for done",
            """
                CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS  -- expect: duplicates-in-the-way
                    one_email ON users (email);
            """,
            history=_USERS,
        ),
        Bad(
            "index that the server names",
            "CREATE UNIQUE INDEX CONCURRENTLY ON users (email);  -- expect: duplicates-in-the-way",
            history=_USERS,
        ),
        Good(
            "index that is not unique",
            "CREATE INDEX CONCURRENTLY users_email ON users (email);",
            history=_USERS,
        ),
        Good(
            "column that is new, with NULL in every row",
            """
                ALTER TABLE users ADD COLUMN nick text;
                CREATE UNIQUE INDEX CONCURRENTLY one_nick ON users (nick);
            """,
            history=_USERS,
        ),
        Good(
            "table that is new",
            f"{_USERS}\nCREATE UNIQUE INDEX one_email ON users (email);",
        ),
    ),
)


@rule.check(CreateIndex)
def duplicates_in_the_way(index: CreateIndex, ctx: Context) -> Iterator[Finding]:
    if not index.concurrently or ctx.is_new(index.table) or not ctx.rows.in_the_way:
        return
    reason = next(failure.reason for failure in ctx.effects.failures if failure.cause is FailureCause.ROWS)
    left = ", which IF NOT EXISTS keeps" if index.if_not_exists else ""
    name = Name(index.table.schema, index.name) if index.name is not None else None
    again = (
        Say("after a failure, before the next attempt:"),
        do(DropIndex(NOWHERE, name or index.table, concurrently=True, if_exists=True)),
    )
    yield Finding(
        index.span,
        f"this fails if {index.table.display} has {reason}, and leaves an invalid index behind{left}",
        help=ctx.remedies.shown(*again) if name is not None else "",
        tables=(index.table,),
    )
