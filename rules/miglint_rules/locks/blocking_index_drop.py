"""
Index drop whose lock on a live table is held during slow work.

`DROP INDEX` takes ACCESS EXCLUSIVE on the index's table: even a SELECT waits until COMMIT.
The drop itself is as quick as any other catalog change, so alone it is no reason to stop a migration. What
hurts is slow work after it in the same transaction, such as filling another table: reads wait for that too.
`DROP INDEX CONCURRENTLY` lets reads and writes continue.
It waits for older transactions and cannot run in a transaction.

Silent when nothing slow follows in the transaction, when another statement takes the lock before it does, and
where an index of the same table is built next, which has its own finding (see `blocking-index-build`):
built beforehand, it leaves nothing slow. All three are reported if the configuration lists it as hot.
Silent, too, when this migration creates the table, and for tables listed as small.

https://www.postgresql.org/docs/current/sql-dropindex.html
"""

from collections.abc import Iterator

from miglint.model import (
    NOWHERE,
    CreateIndex,
    DropIndex,
    Edit,
    Finding,
    Fix,
    Given,
    Name,
    Outside,
    Related,
    RenameTable,
    Say,
    Severity,
    TransactionMode,
    do,
)
from miglint.rule import Bad, Context, Good, Rule, Together

TABLE = """
CREATE TABLE orders (id bigint PRIMARY KEY, status text);
CREATE INDEX orders_status ON orders (status);
"""
USERS = "CREATE TABLE users (id bigint PRIMARY KEY, name text);"
HOT = (("hot_tables", frozenset({Name("public", "orders")})),)

rule = Rule(
    __name__,
    severity=Severity.WARNING,
    since="0.1.0",
    together=Together("table"),
    examples=(
        Bad(
            "backfill of another table while the lock is held",
            """
                DROP INDEX orders_status;  -- expect: blocking-index-drop
                UPDATE users SET name = lower(name);
            """,
            history=TABLE + USERS,
        ),
        Bad(
            "two indexes of one table are one wait and one finding",
            """
                DROP INDEX orders_status,  -- expect: blocking-index-drop
                    orders_other;
                UPDATE users SET name = lower(name);
            """,
            history=f"{TABLE}\n{USERS}\nCREATE INDEX orders_other ON orders (id, status);",
        ),
        Bad(
            "hot table",
            "DROP INDEX orders_status;  -- expect: blocking-index-drop",
            history=TABLE,
            settings=HOT,
            fixed="DROP INDEX CONCURRENTLY orders_status;",
        ),
        Bad(
            "hot table whose index is built anew, under its own name",
            """
                DROP INDEX orders_status;  -- expect: blocking-index-drop
                CREATE INDEX orders_status ON orders (status, id);
            """,
            history=TABLE,
            settings=HOT,
        ),
        Bad(
            "hot table whose index another one replaces",
            """
                DROP INDEX orders_status;  -- expect: blocking-index-drop
                CREATE INDEX orders_status_id ON orders (status, id);
            """,
            history=TABLE,
            settings=HOT,
        ),
        Good(
            "the finding about the index that replaces it says that the table is locked",
            "DROP INDEX orders_status;\nCREATE INDEX orders_status_id ON orders (status, id);",
            history=TABLE,
        ),
        Bad(
            "another table's index is built while the lock is held",
            """
                DROP INDEX orders_status;  -- expect: blocking-index-drop
                CREATE INDEX users_name ON users (name);
            """,
            history=TABLE + USERS,
        ),
        Good(
            "alone in its migration and concurrent",
            "DROP INDEX CONCURRENTLY orders_status;",
            history=TABLE,
            settings=HOT,
            recommended=True,
        ),
        Good(
            "nothing slow follows",
            "DROP INDEX orders_status;\nALTER TABLE orders DROP COLUMN status;",
            history=TABLE,
        ),
        Good(
            "slow work commits separately",
            "DROP INDEX orders_status;\nUPDATE users SET name = lower(name);",
            history=TABLE + USERS,
            mode=TransactionMode.PER_STATEMENT,
        ),
        Good(
            "earlier statement has already locked the table",
            """
                ALTER TABLE orders ADD COLUMN note text;
                DROP INDEX orders_status;
                UPDATE users SET name = lower(name);
            """,
            history=TABLE + USERS,
        ),
        Good(
            "later statement takes the same lock before the slow work begins",
            """
                DROP INDEX orders_status;
                ALTER TABLE orders ADD COLUMN note text;
                UPDATE users SET name = lower(name);
            """,
            history=TABLE + USERS,
        ),
        Good(
            "the slow work takes the same lock itself",
            "DROP INDEX orders_status;\nALTER TABLE orders ALTER COLUMN status SET NOT NULL;",
            history=TABLE,
        ),
        Bad(
            "later statement takes the same lock when the slow work is done",
            """
                DROP INDEX orders_status;  -- expect: blocking-index-drop
                UPDATE users SET name = lower(name);
                ALTER TABLE orders ADD COLUMN note text;
            """,
            history=TABLE + USERS,
        ),
        Bad(
            "later statement locks another table",
            """
                DROP INDEX orders_status;  -- expect: blocking-index-drop
                ALTER TABLE users ADD COLUMN note text;
                UPDATE users SET name = lower(name);
            """,
            history=TABLE + USERS,
        ),
        Bad(
            "index that is made again as it was",
            """
                DROP INDEX orders_status;  -- expect: blocking-index-drop
                UPDATE users SET name = lower(name);
                CREATE INDEX orders_status ON orders (status);
            """,
            history=TABLE + USERS,
        ),
        Good(
            "table is new in this migration",
            """
                CREATE TABLE carts (id bigint);
                CREATE INDEX carts_id ON carts (id);
                DROP INDEX carts_id;
                UPDATE orders SET status = 'new';
            """,
            history=TABLE,
        ),
        Good(
            "index is not known",
            "DROP INDEX IF EXISTS nothing;\nUPDATE orders SET status = 'new';",
            history=TABLE,
        ),
    ),
)


@rule.check(DropIndex)
def blocking_index_drop(drop: DropIndex, ctx: Context) -> Iterator[Finding]:
    table = next((lock.table for lock in ctx.effects.locks if lock.mode.blocks_reads), None)
    if table is None or not ctx.is_live(table) or _is_locked_before(table, ctx):
        return
    slow = ctx.waits.slow_while_held
    if slow is not None and _is_told_there(slow, table) and not ctx.is_hot(table):
        return
    if slow is not None and ctx.waits.locked_between(table, len(ctx.earlier) + 1, len(slow.earlier) + 1):
        slow = None  # the table would be as locked without this drop
    if slow is None and not ctx.is_hot(table):
        return
    related: tuple[Related, ...] = ()
    against = "reads" if ctx.schema.view(table) is not None else "reads and writes"
    message = f"index drop locks {table.display}, a hot table, against {against} until COMMIT"
    if slow is not None and slow.record is not None:
        message = f"index drop locks {table.display} against {against} while {slow.waits.slow}"
        related = (Related(slow.record.operation.span, "runs before the lock is released"),)
    fix, needless = None, ctx.remedies.made_again(table)
    if drop.keyword and len(ctx.siblings) == 1 and not needless:
        # Not safe: CONCURRENTLY waits for every older transaction, and can leave an invalid index behind.
        fix = Fix("Add CONCURRENTLY", (Edit.insert(drop.keyword, " CONCURRENTLY"),))
    yield Finding(
        drop.span,
        message,
        help=needless or _help(drop, table, ctx),
        tables=(table,),
        related=related,
        fix=fix,
    )


def _is_told_there(slow: Context, table: Name) -> bool:
    """Whether the slow work is an index of the table, whose own finding says that the table is locked."""
    operation = slow.record.operation if slow.record else None
    return isinstance(operation, CreateIndex) and operation.table == table


def _help(drop: DropIndex, table: Name, ctx: Context) -> str:
    remedies = ctx.remedies
    new = _replacement(drop, table, ctx)
    remark = f", after the index that replaces it is built{' under another name' if new else ''}"
    if new is None:
        remark = ""
    drops = [drop.name, *_more(table, ctx)]
    again = [remedies.shown(do(DropIndex(NOWHERE, name, if_exists=True))) for name in drops]
    if ctx.is_hot(table):
        again[0] += f"  -- miglint: ignore[{rule.name}] dropped by hand before the deploy"
    steps = tuple(do(DropIndex(NOWHERE, name, concurrently=True)) for name in drops)
    outside = Outside(steps, remark=remark, again=tuple(map(Given, again)), each=len(drops) > 1)
    if not new:
        return remedies.shown(outside)
    named = Name(drop.name.schema, f"{new}_new")
    return remedies.shown(outside, Say("and then:"), do(RenameTable(NOWHERE, named, new, "index")))


def _more(table: Name, ctx: Context) -> list[Name]:
    """Give the other indexes of the table that are dropped while its lock is held: one finding is for all."""
    later = ((record, record.operation) for record in ctx.later if ctx.commits_with(record))
    return [
        operation.name
        for record, operation in later
        if isinstance(operation, DropIndex) and record.effects.lock_on(table) is not None
    ]


def _replacement(drop: DropIndex, table: Name, ctx: Context) -> str | None:
    """Give the name that a later index of this migration takes over; "" if it has one of its own."""
    old = ctx.schema.index_named(drop.name)
    for operation in (record.operation for record in ctx.later):
        if not isinstance(operation, CreateIndex) or operation.table != table:
            continue
        if operation.name == drop.name.name:
            return operation.name
        if old is not None and ((old.unique and operation.unique) or _leading(operation) == old.columns[:1]):
            return ""
    return None


def _leading(index: CreateIndex) -> tuple[str, ...]:
    return tuple(element.column for element in index.elements[:1] if element.column)


def _is_locked_before(table: Name, ctx: Context) -> bool:
    """Whether this drop adds nothing: the transaction, or this statement, has the lock already."""
    held = ctx.waits.held(table) or ctx.waits.held_in_statement(table)
    return held is not None and held.mode.blocks_reads
