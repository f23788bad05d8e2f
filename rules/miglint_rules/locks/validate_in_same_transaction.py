"""
Constraint validated while the lock that added it is still held.

`ADD CONSTRAINT ... NOT VALID` is short, but its lock (ACCESS EXCLUSIVE for a CHECK, SHARE ROW EXCLUSIVE on
both tables for a foreign key) is held until COMMIT.
`VALIDATE CONSTRAINT` in the same transaction reads every row under that lock: writes wait, and for a CHECK
reads too, just as long as without NOT VALID.
Validate in a later migration: on its own, it takes SHARE UPDATE EXCLUSIVE on the table, and ROW SHARE on the
one that a foreign key refers to, which let reads and writes continue.

Silent when there is a COMMIT between the two, when the tool commits each statement on its own, when the table
has no rows, when the tables are new in this migration, and for tables listed as small.

https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES
"""

from collections.abc import Iterator

from miglint.model import (
    Finding,
    Name,
    Related,
    Say,
    Severity,
    TransactionMode,
    ValidateConstraint,
    blocked_by,
    do,
    validated,
)
from miglint.rule import Bad, Context, Good, Rule

TABLES = """
CREATE TABLE users (id bigint PRIMARY KEY);
CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint, total numeric);
"""

rule = Rule(
    __name__,
    severity=Severity.ERROR,
    since="0.1.0",
    examples=(
        Bad(
            "foreign key of two tables in use",
            """
                ALTER TABLE orders ADD CONSTRAINT buyer FOREIGN KEY (user_id) REFERENCES users NOT VALID;
                ALTER TABLE orders VALIDATE CONSTRAINT buyer;  -- expect: validate-in-same-transaction
            """,
            history=TABLES,
        ),
        Bad(
            "CHECK of a table in use",
            """
                BEGIN;
                ALTER TABLE orders ADD CONSTRAINT positive CHECK (total > 0) NOT VALID;
                ALTER TABLE orders VALIDATE CONSTRAINT positive;  -- expect: validate-in-same-transaction
                COMMIT;
            """,
            history=TABLES,
            mode=TransactionMode.SCRIPT,
        ),
        Bad(
            "both in one statement",
            """
                ALTER TABLE orders
                    ADD CONSTRAINT positive CHECK (total > 0) NOT VALID,
                    VALIDATE CONSTRAINT positive;  -- expect: validate-in-same-transaction
            """,
            history=TABLES,
            mode=TransactionMode.PER_STATEMENT,
        ),
        Bad(
            "new table that this migration has filled, while the old one is locked",
            """
                CREATE TABLE carts AS SELECT id, user_id FROM orders;
                ALTER TABLE carts ADD CONSTRAINT buyer FOREIGN KEY (user_id) REFERENCES users NOT VALID;
                ALTER TABLE carts VALIDATE CONSTRAINT buyer;  -- expect: validate-in-same-transaction
            """,
            history=TABLES,
        ),
        Good(
            "validated in a later migration",
            """
                ALTER TABLE orders ADD CONSTRAINT buyer FOREIGN KEY (user_id) REFERENCES users NOT VALID;
                -- migration
                ALTER TABLE orders VALIDATE CONSTRAINT buyer;
            """,
            history=TABLES,
            settings=(("runner_sets_lock_timeout", True),),
            recommended=True,
        ),
        Good(
            "each statement commits on its own",
            """
                ALTER TABLE orders ADD CONSTRAINT positive CHECK (total > 0) NOT VALID;
                ALTER TABLE orders VALIDATE CONSTRAINT positive;
            """,
            history=TABLES,
            mode=TransactionMode.PER_STATEMENT,
        ),
        Good(
            "table was truncated earlier",
            """
                TRUNCATE orders;
                ALTER TABLE orders ADD CONSTRAINT positive CHECK (total > 0) NOT VALID;
                ALTER TABLE orders VALIDATE CONSTRAINT positive;
            """,
            history=TABLES,
        ),
        Good(
            "tables are new in this migration",
            """
                CREATE TABLE carts AS SELECT id FROM orders;
                ALTER TABLE carts ADD CONSTRAINT positive CHECK (id > 0) NOT VALID;
                ALTER TABLE carts VALIDATE CONSTRAINT positive;
            """,
            history=TABLES,
        ),
        Good(
            "table is listed as small",
            """
                ALTER TABLE orders ADD CONSTRAINT positive CHECK (total > 0) NOT VALID;
                ALTER TABLE orders VALIDATE CONSTRAINT positive;
            """,
            history=TABLES,
            settings=(("small_tables", frozenset({Name("public", "orders")})),),
        ),
    ),
)


@rule.check(ValidateConstraint)
def validate_in_same_transaction(validate: ValidateConstraint, ctx: Context) -> Iterator[Finding]:
    adder = ctx.added_in_transaction(validate.table, validate.name) if ctx.waits.slow else None
    if adder is None:
        return
    locks = [lock for lock in adder.effects.locks if lock.mode.blocks_writes and ctx.is_live(lock.table)]
    if not locks:
        return
    names = " and ".join(dict.fromkeys(lock.table.display for lock in locks[:2]))
    against = blocked_by(*(lock.mode for lock in locks))
    yield Finding(
        validate.span,
        f"{names} {'stay' if ' and ' in names else 'stays'} locked against {against} "
        f"while {validate.name} is validated in the transaction that added it",
        help=ctx.remedies.shown(Say("in a later migration:"), do(validated(validate.table, validate.name))),
        tables=tuple(lock.table for lock in locks),
        related=(
            Related(adder.operation.span, f"takes {max(lock.mode for lock in locks)}, held until COMMIT"),
        ),
    )
