"""
Statement that fails if some rows are in the way.

A unique index fails on duplicates, a narrower type on values that do not fit: on a test database it runs,
and in production it stops the deploy. `CREATE UNIQUE INDEX CONCURRENTLY` leaves an invalid index behind when
it fails, which each write keeps up to date, and which `IF NOT EXISTS` takes for the index that was meant.
Run the query of the help on production before the deploy, and clean up what it finds.

Other rules say it with the lock, the scan or the rewrite that they report; this one speaks where nobody waits.
Silent on tables that are new or empty, on columns that are new, and about VALIDATE CONSTRAINT, which is the
safe way to find such rows.

https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY
"""

from collections.abc import Iterator

from miglint.model import AddConstraint, AlterColumnType, CreateIndex, FailureCause, Finding, Severity
from miglint.rule import Bad, Context, Good, Rule

_USERS = "CREATE TABLE users (id bigint PRIMARY KEY, email text);"

rule = Rule(
    __name__,
    severity=Severity.NOTE,
    since="0.1.0",
    dialects={"postgres": ()},
    told_by=(
        "blocking-index-build",
        "check-scan",
        "constraint-recheck",
        "exclusion-constraint-build",
        "foreign-key-scan",
        "not-null-scan",
        "primary-key-build",
        "recreated-enum",
        "type-change-rewrite",
        "unique-constraint-build",
    ),
    examples=(
        Bad(
            "unique index that blocks nobody",
            "CREATE UNIQUE INDEX CONCURRENTLY one_email ON users (email);  -- expect: rows-in-the-way",
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


@rule.check(AddConstraint, AlterColumnType, CreateIndex)
def rows_in_the_way(
    operation: AddConstraint | AlterColumnType | CreateIndex, ctx: Context
) -> Iterator[Finding]:
    query = ctx.rows.in_the_way
    if not query or ctx.waits.fails or ctx.is_new(operation.table):
        return
    reason = next(f.reason for f in ctx.effects.failures if f.cause is FailureCause.ROWS and not f.certain)
    left = ""
    if isinstance(operation, CreateIndex) and operation.concurrently:
        left = ", and leaves an invalid index behind"
    yield Finding(
        operation.span,
        f"this fails if {operation.table.display} has {reason}{left}",
        tables=(operation.table,),
    )
