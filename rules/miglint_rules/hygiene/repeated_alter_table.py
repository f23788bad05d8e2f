"""
ALTER TABLE that could be one with the statement before.

Each one waits for its lock again, and those who use the table wait behind it each time; a change of type, a
NOT NULL or a CHECK reads the table once for each statement, and once for all of them where they are one.
Write the actions behind each other, with commas.

Off by default: in one transaction the lock is held from the first one on, so that little is won.
Silent when one of them needs a weaker lock than the other, which would be
held for longer, when another statement, also COMMIT, is between them, about tables that are new in this
release, and about actions that stand alone (RENAME, VALIDATE, partitions) or need what the one before has
done: a column with its constraint that is dropped, SET NOT NULL and the CHECK that proves it.

https://www.postgresql.org/docs/current/sql-altertable.html
"""

from collections.abc import Iterator

from miglint.model import (
    AddColumn,
    AddConstraint,
    AddIdentity,
    AlterColumnType,
    DropColumn,
    DropConstraint,
    DropDefault,
    DropIdentity,
    DropNotNull,
    Finding,
    LockMode,
    Name,
    Related,
    SetDefault,
    SetNotNull,
    Severity,
)
from miglint.rule import Bad, Context, Good, MigrationEnd, Record, Rule, Together

_ORDERS = (
    "CREATE TABLE orders (id bigint, note text, shop bigint);\nCREATE TABLE shops (id bigint PRIMARY KEY);"
)

rule = Rule(
    __name__,
    severity=Severity.NOTE,
    since="0.1.0",
    profile="all",
    together=Together("table"),
    examples=(
        Bad(
            "two columns",
            """
                ALTER TABLE orders ADD COLUMN at date;
                ALTER TABLE orders ADD COLUMN paid boolean;  -- expect: repeated-alter-table
            """,
            history=_ORDERS,
        ),
        Good(
            "one statement",
            "ALTER TABLE orders ADD COLUMN at date, ADD COLUMN paid boolean;",
            history=_ORDERS,
        ),
        Good(
            "two tables",
            "ALTER TABLE orders ADD COLUMN at date;\nALTER TABLE shops ADD COLUMN at date;",
            history=_ORDERS,
        ),
        Good(
            "another statement in between",
            """
                ALTER TABLE orders ADD COLUMN at date;
                UPDATE orders SET at = now() WHERE id = 1;
                ALTER TABLE orders ADD COLUMN paid boolean;
            """,
            history=_ORDERS,
        ),
        Good(
            "weaker lock",
            """
                ALTER TABLE orders ADD COLUMN at date;
                ALTER TABLE orders ADD FOREIGN KEY (shop) REFERENCES shops;
            """,
            history=_ORDERS,
        ),
        Good(
            "proof that is dropped after it was used",
            "ALTER TABLE orders ALTER note SET NOT NULL;\nALTER TABLE orders DROP CONSTRAINT has_note;",
            history=f"{_ORDERS}\nALTER TABLE orders ADD CONSTRAINT has_note CHECK (note IS NOT NULL);",
        ),
        Good(
            "statements that commit apart",
            "BEGIN;\nALTER TABLE orders ADD COLUMN at date;\nCOMMIT;\n"
            "ALTER TABLE orders ADD COLUMN paid boolean;",
            history=_ORDERS,
        ),
        Good(
            "action that stands alone",
            "ALTER TABLE orders RENAME note TO text;\nALTER TABLE orders ADD a int;",
            history=_ORDERS,
        ),
        Good(
            "table is new in this migration",
            "CREATE TABLE a (id int);\nALTER TABLE a ADD COLUMN b int;\nALTER TABLE a ADD COLUMN c int;",
        ),
    ),
)

_ACTIONS = (
    AddColumn, AddConstraint, AddIdentity, AlterColumnType, DropColumn, DropConstraint, DropDefault,
    DropIdentity, DropNotNull, SetDefault, SetNotNull,
)  # fmt: skip


@rule.check(MigrationEnd)
def repeated_alter_table(end: MigrationEnd, ctx: Context) -> Iterator[Finding]:
    statements: dict[int, list[Record]] = {}
    for record in ctx.records:
        statements.setdefault(record.number, []).append(record)
    before: list[Record] = []
    for records in statements.values():
        table = _table(records)
        if table is not None and table == _table(before) and _are_one(before, records, table):
            yield Finding(
                records[0].statement.span,
                f"this waits for {table.display} again, and could be one with the ALTER TABLE before",
                help="write the actions of both behind each other, with commas",
                tables=(table,),
                related=(Related(before[0].statement.span, "the one before"),),
            )
        before = records


def _table(records: list[Record]) -> Name | None:
    """The table that a statement does nothing but alter, by actions that can stand beside others."""
    tables = {r.operation.table if isinstance(r.operation, _ACTIONS) else None for r in records}
    return tables.pop() if len(tables) == 1 else None


def _are_one(before: list[Record], records: list[Record], table: Name) -> bool:
    proved = any(isinstance(record.operation, SetNotNull) for record in before)
    if proved and any(isinstance(record.operation, DropConstraint) for record in records):
        return False
    return not records[0].session.is_new(table) and _lock(before, table) == _lock(records, table)


def _lock(records: list[Record], table: Name) -> LockMode | None:
    locks = (lock for record in records for lock in record.effects.locks if lock.table == table)
    return max((lock.mode for lock in locks), default=None)
