"""
Statement that fails when the migration runs a second time.

A migration that stopped halfway, outside a transaction or on a server that is behind, runs again from its
top, and stops at the first object that is there already, or no longer there. IF NOT EXISTS and IF EXISTS let
it pass.

Off by default: in a transaction nothing stays of a migration that fails, and IF NOT EXISTS also passes over a
table that is there and has other columns, which `if-not-exists-keeps-another` can only tell from the history.
`partial-failure-not-rerunnable` is on by default, and speaks where a failure is likely and leaves something.
Silent about indexes that are built CONCURRENTLY, whose build may have left an invalid index that IF NOT
EXISTS takes for a good one, about temporary tables, and about statements that know no such guard.

https://www.postgresql.org/docs/current/sql-createtable.html
"""

from collections.abc import Iterator

from miglint.model import (
    AddColumn,
    AddEnumValue,
    CreateExtension,
    CreateIndex,
    CreateSchema,
    CreateSequence,
    CreateTable,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropSchema,
    DropSequence,
    DropTable,
    DropType,
    DropView,
    Finding,
    Listed,
    Severity,
)
from miglint.rule import Bad, Context, Good, Rule, Together

_ORDERS = "CREATE TABLE orders (id bigint, note text);"
_Made = AddColumn | AddEnumValue | CreateExtension | CreateIndex | CreateSchema | CreateSequence | CreateTable
_Dropped = (
    DropColumn | DropConstraint | DropIndex | DropSchema | DropSequence | DropTable | DropType | DropView
)

rule = Rule(
    __name__,
    severity=Severity.NOTE,
    since="0.1.0",
    profile="all",
    together=Together("migration", noun="statement"),
    told_by=("partial-failure-not-rerunnable",),
    examples=(
        Bad("new table", "CREATE TABLE items (id bigint);  -- expect: unguarded-statement"),
        Bad(
            "new column",
            "ALTER TABLE orders ADD COLUMN at date;  -- expect: unguarded-statement",
            history=_ORDERS,
        ),
        Bad(
            "dropped column",
            "ALTER TABLE orders DROP COLUMN note;  -- expect: unguarded-statement",
            history=_ORDERS,
        ),
        Bad("dropped table", "DROP TABLE orders;  -- expect: unguarded-statement", history=_ORDERS),
        Good(
            "guarded",
            """
                CREATE TABLE IF NOT EXISTS items (id bigint);
                ALTER TABLE orders ADD COLUMN IF NOT EXISTS at date, DROP COLUMN IF EXISTS note;
                DROP TABLE IF EXISTS old;
            """,
            history=_ORDERS,
        ),
        Good(
            "built CONCURRENTLY", "CREATE INDEX CONCURRENTLY orders_note ON orders (note);", history=_ORDERS
        ),
        Good("index without a name", "CREATE INDEX ON orders (note);", history=_ORDERS),
        Good("temporary table", "CREATE TEMPORARY TABLE picked (id bigint);"),
    ),
)


@rule.check(
    AddColumn, AddEnumValue, CreateExtension, CreateIndex, CreateSchema, CreateSequence, CreateTable
)  # fmt: skip
def unguarded_statement(made: _Made, ctx: Context) -> Iterator[Finding]:
    concurrent = isinstance(made, CreateIndex) and (made.concurrently or made.name is None)
    if not (made.if_not_exists or concurrent or getattr(made, "temporary", False)):
        yield _finding(made, "IF NOT EXISTS")


@rule.check(
    DropColumn, DropConstraint, DropIndex, DropSchema, DropSequence, DropTable, DropType, DropView
)  # fmt: skip
def unguarded_drop(drop: _Dropped, ctx: Context) -> Iterator[Finding]:
    if not drop.if_exists:
        yield _finding(drop, "IF EXISTS")


def _finding(operation: _Made | _Dropped, guard: str) -> Finding:
    name = type(operation).__name__
    words = "".join(f" {letter}" if letter.isupper() else letter for letter in name).strip().upper()
    return Finding(
        operation.span,
        f"this {words} fails when the migration runs a second time",
        help=f"guard it with {guard}",
        listed=Listed("these fail when the migration runs a second time: ", words, ""),
    )
