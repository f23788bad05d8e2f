"""
BEGIN without COMMIT or ROLLBACK.

The transaction that the script has opened is still open when the script ends. If the tool then closes the
connection, the server rolls everything back, and the migration has done nothing; if the tool continues, its
own entry about the migration and all later migrations run in that transaction, with every lock held.
End the script with COMMIT, or remove BEGIN.

Silent when a COMMIT or ROLLBACK follows, and inside the tool's own transaction, where a BEGIN opens nothing.

https://www.postgresql.org/docs/current/sql-begin.html
"""

from collections.abc import Iterator

from miglint.model import Begin, Commit, Finding, Rollback, Severity, TransactionMode
from miglint.rule import Bad, Context, Good, MigrationEnd, Rule

rule = Rule(
    __name__,
    severity=Severity.ERROR,
    since="0.1.0",
    examples=(
        Bad(
            "COMMIT is missing",
            """
                BEGIN;  -- expect: unclosed-transaction
                CREATE TABLE users (id bigint PRIMARY KEY);
            """,
        ),
        Bad(
            "second transaction is left open",
            """
                BEGIN;
                CREATE TABLE users (id bigint PRIMARY KEY);
                COMMIT;
                BEGIN;  -- expect: unclosed-transaction
                CREATE TABLE orders (id bigint PRIMARY KEY);
            """,
            mode=TransactionMode.SCRIPT,
        ),
        Good(
            "COMMIT follows",
            "BEGIN;\nCREATE TABLE users (id bigint PRIMARY KEY);\nCOMMIT;",
            recommended=True,
        ),
        Good(
            "ROLLBACK follows",
            "BEGIN;\nCREATE TABLE users (id bigint PRIMARY KEY);\nROLLBACK;",
        ),
        Good(
            "BEGIN opens nothing in the tool's transaction, which the tool commits",
            "BEGIN;\nCREATE TABLE users (id bigint PRIMARY KEY);",
            mode=TransactionMode.PER_MIGRATION,
        ),
        Good(
            "BEGIN of a PL/pgSQL block does not start a transaction",
            "DO $$ BEGIN PERFORM 1; END $$;",
        ),
    ),
)


@rule.check(MigrationEnd)
def unclosed_transaction(end: MigrationEnd, ctx: Context) -> Iterator[Finding]:
    opening = None
    for record in ctx.records:
        if isinstance(record.operation, (Commit, Rollback)) and record.block is None:
            opening = None
        elif isinstance(record.operation, Begin) and opening is None and record.session.opened_by != "tool":
            opening = record
    if opening is not None:
        yield Finding(
            opening.operation.span,
            "BEGIN has no COMMIT: the transaction is still open when the script ends",
            help="end the script with COMMIT;",
        )
