"""
Slow work in a transaction that keeps a live table locked.

A lock is held until COMMIT.
If an earlier statement of the transaction has taken ACCESS EXCLUSIVE on a live table, every reader and writer
of it waits while a later statement scans, copies, builds an index or works through rows, even if that
statement itself lets reads and writes go on: a VALIDATE CONSTRAINT, an UPDATE of another table, a new table
filled from an old one, a question about all rows of another table, a REFRESH ... CONCURRENTLY.
After SHARE ROW EXCLUSIVE (a new foreign key, a trigger) every writer waits.
ANALYZE is a note: it reads a sample, which takes seconds at most.
Move the slow statement to a migration of its own, or before the statement that takes the lock.

Silent when nothing stronger than SHARE is held, when there is a COMMIT between the two, for statements whose
text shows that they touch few rows, and where another rule already reports the statement: because it blocks
by itself, because it works through the locked table itself, or because it validates a constraint of the same
transaction.
The lock of a DROP INDEX is reported where it is taken. A LOCK TABLE that lets readers go on, and keeps
writers away until the transaction has made a unique key, is meant so.

https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-TABLES
"""

from collections.abc import Iterator

from miglint.model import (
    AddColumn,
    AddConstraint,
    AlterColumnType,
    AttachPartition,
    CreateIndex,
    CreateTable,
    CreateView,
    Delete,
    DropIndex,
    DropSchema,
    DropTable,
    DropView,
    Finding,
    Insert,
    Maintenance,
    Name,
    Operation,
    RefreshMaterializedView,
    Reindex,
    Related,
    Select,
    SetNotNull,
    Severity,
    Span,
    TransactionMode,
    Update,
    ValidateConstraint,
    blocked_by,
)
from miglint.rule import Bad, Context, Good, Held, Record, Rule

TABLES = """
CREATE TABLE users (id bigint PRIMARY KEY, name text);
CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint, total numeric);
ALTER TABLE orders ADD CONSTRAINT positive CHECK (total > 0) NOT VALID;
"""

rule = Rule(
    __name__,
    severity=Severity.WARNING,
    since="0.1.0",
    examples=(
        Bad(
            "backfill of another table",
            """
                ALTER TABLE orders ADD COLUMN note text;
                UPDATE users SET name = lower(name);  -- expect: slow-work-after-lock
            """,
            history=TABLES,
        ),
        Bad(
            "validation of an older constraint of the same table",
            """
                ALTER TABLE orders ADD COLUMN note text;
                ALTER TABLE orders VALIDATE CONSTRAINT positive;  -- expect: slow-work-after-lock
            """,
            history=TABLES,
        ),
        Bad(
            "two validations in one statement are one finding",
            """
                ALTER TABLE orders ADD COLUMN note text;
                ALTER TABLE orders
                    VALIDATE CONSTRAINT positive,  -- expect: slow-work-after-lock
                    VALIDATE CONSTRAINT known;
            """,
            history=f"{TABLES}\nALTER TABLE orders ADD CONSTRAINT known CHECK (user_id > 0) NOT VALID;",
        ),
        Bad(
            "validation in the statement that takes a stronger lock",
            """
                ALTER TABLE orders
                    ADD COLUMN note text,
                    VALIDATE CONSTRAINT positive;  -- expect: slow-work-after-lock
            """,
            history=TABLES,
            mode=TransactionMode.PER_STATEMENT,
        ),
        Bad(
            "new table is filled while the table that it refers to is locked",
            """
                CREATE TABLE carts (id bigint PRIMARY KEY, user_id bigint REFERENCES users);
                INSERT INTO carts SELECT id, user_id FROM orders;  -- expect: slow-work-after-lock
                CREATE INDEX ON carts (user_id);
            """,
            history=TABLES,
        ),
        Bad(
            "each lock is reported once, at the first slow statement",
            """
                ALTER TABLE orders ADD COLUMN note text;
                UPDATE users SET name = lower(name);  -- expect: slow-work-after-lock
                UPDATE users SET name = trim(name);
            """,
            history=TABLES,
        ),
        Bad(
            "question about the rows of another table",
            """
                ALTER TABLE orders ADD COLUMN note text;
                SELECT count(*) FROM users WHERE name IS NULL;  -- expect: slow-work-after-lock
            """,
            history=TABLES,
        ),
        Bad(
            "rows of another table that are locked for what follows",
            """
                ALTER TABLE orders ADD COLUMN note text;
                SELECT * FROM users FOR UPDATE;  -- expect: slow-work-after-lock
            """,
            history=TABLES,
        ),
        Bad(
            "condition of a block that goes through another table",
            """
                LOCK TABLE orders IN SHARE ROW EXCLUSIVE MODE;
                DO $$
                BEGIN
                  IF EXISTS (SELECT FROM users WHERE name IS NULL) THEN  -- expect: slow-work-after-lock
                    RAISE EXCEPTION 'a user has no name';
                  END IF;
                END $$;
            """,
            history=TABLES,
        ),
        Bad(
            "value of a variable that goes through another table",
            """
                ALTER TABLE orders ADD COLUMN note text;
                DO $$
                DECLARE
                  n bigint;
                BEGIN
                  n := (SELECT count(*) FROM users WHERE name IS NULL);  -- expect: slow-work-after-lock
                END $$;
            """,
            history=TABLES,
        ),
        Bad(
            "value of a function that goes through another table",
            """
                CREATE FUNCTION nameless() RETURNS bigint LANGUAGE plpgsql AS $$
                BEGIN
                  RETURN (SELECT count(*) FROM users WHERE name IS NULL);
                END $$;
                ALTER TABLE orders ADD COLUMN note text;
                SELECT nameless();  -- expect: slow-work-after-lock
            """,
            history=TABLES,
        ),
        Bad(
            "search for rows that refer to nothing",
            """
                ALTER TABLE users ADD COLUMN note text;
                SELECT count(*)  -- expect: slow-work-after-lock
                FROM orders LEFT JOIN users ON users.id = orders.user_id
                WHERE users.id IS NULL;
            """,
            history=TABLES,
        ),
        Bad(
            "sample of the rows of another table",
            """
                ALTER TABLE orders ADD COLUMN note text;
                ANALYZE users;  -- expect: slow-work-after-lock
            """,
            history=TABLES,
        ),
        Bad(
            "view that is computed again, though its readers go on",
            """
                ALTER TABLE orders ADD COLUMN note text;
                REFRESH MATERIALIZED VIEW CONCURRENTLY names;  -- expect: slow-work-after-lock
            """,
            history=f"{TABLES}\nCREATE MATERIALIZED VIEW names AS SELECT name FROM users;",
        ),
        Good(
            "statement that is refused in a transaction, which another rule reports",
            """
                ALTER TABLE users ADD COLUMN note text;
                CREATE INDEX CONCURRENTLY users_note ON users (note);
            """,
            history="CREATE TABLE users (id bigint PRIMARY KEY);",
        ),
        Good(
            "question about one row, the last one, or some rows",
            """
                ALTER TABLE orders ADD COLUMN note text;
                SELECT setval('orders_id_seq', (SELECT max(id) FROM users));
                SELECT name FROM users WHERE id = 1;
                SELECT name FROM users WHERE name IS NULL LIMIT 1;
                SELECT users.name FROM users LEFT JOIN orders ON user_id = users.id WHERE users.id = 1;
                SELECT users.name FROM orders JOIN users ON user_id = users.id WHERE total > 1000;
                DO $$
                BEGIN
                  IF NOT EXISTS (SELECT FROM users WHERE name = 'root') THEN
                    INSERT INTO users VALUES (1, 'root');
                  END IF;
                END $$;
            """,
            history=TABLES,
        ),
        Good(
            "slow statement in a migration of its own",
            """
                ALTER TABLE orders ADD COLUMN note text;
                -- migration
                ALTER TABLE orders VALIDATE CONSTRAINT positive;
            """,
            history=TABLES,
            settings=(("runner_sets_lock_timeout", True),),
            recommended=True,
        ),
        Good(
            "slow statement comes before the lock",
            "ALTER TABLE orders VALIDATE CONSTRAINT positive;\nALTER TABLE orders ADD COLUMN note text;",
            history=TABLES,
            settings=(("runner_sets_lock_timeout", True),),
            recommended=True,
        ),
        Good(
            "each statement commits on its own",
            "ALTER TABLE orders ADD COLUMN note text;\nUPDATE users SET name = lower(name);",
            history=TABLES,
            mode=TransactionMode.PER_STATEMENT,
        ),
        Good(
            "lock that lets writes continue",
            "ALTER TABLE orders ALTER COLUMN total SET STATISTICS 500, VALIDATE CONSTRAINT positive;",
            history=TABLES,
            mode=TransactionMode.PER_STATEMENT,
        ),
        Good(
            "nothing slow follows",
            "ALTER TABLE orders ADD COLUMN note text;\nALTER TABLE users ADD COLUMN note text;",
            history=TABLES,
        ),
        Good(
            "rows of the new table are picked by a key, or limited",
            """
                CREATE TABLE carts (id bigint PRIMARY KEY, user_id bigint REFERENCES users);
                INSERT INTO carts SELECT id, user_id FROM orders WHERE id = 7;
                INSERT INTO carts SELECT id, user_id FROM orders ORDER BY id LIMIT 10;
            """,
            history=TABLES,
        ),
        Good(
            "rows of the new table are literals in the statement",
            """
                CREATE TABLE roles (id bigint PRIMARY KEY, owner bigint REFERENCES users);
                INSERT INTO roles VALUES (1, NULL), (2, NULL);
                CREATE INDEX ON roles (owner);
            """,
            history=TABLES,
        ),
        Good(
            "view of a new table is as empty as the table",
            """
                ALTER TABLE orders ADD COLUMN note text;
                CREATE TABLE tags (id bigint PRIMARY KEY);
                CREATE MATERIALIZED VIEW listed AS SELECT id FROM tags;
                CREATE INDEX ON listed (id);
            """,
            history=TABLES,
        ),
        Good(
            "view of a new table has the few rows that the text spells out",
            """
                ALTER TABLE orders ADD COLUMN note text;
                CREATE TABLE tags (id bigint PRIMARY KEY);
                INSERT INTO tags VALUES (1), (2);
                CREATE MATERIALIZED VIEW listed AS SELECT id FROM tags;
                CREATE INDEX ON listed (id);
            """,
            history=TABLES,
        ),
        Good(
            "statement blocks by itself, which another rule reports",
            "ALTER TABLE orders ADD COLUMN note text;\nCREATE INDEX ON users (name);",
            history=TABLES,
        ),
        Good(
            "backfill of the table that is locked, which another rule reports",
            "ALTER TABLE orders ADD COLUMN note text;\nUPDATE orders SET note = '';",
            history=TABLES,
        ),
        Good(
            "constraint of the same transaction is validated, which another rule reports",
            """
                ALTER TABLE orders ADD CONSTRAINT small CHECK (total < 100) NOT VALID;
                ALTER TABLE orders VALIDATE CONSTRAINT small;
            """,
            history=TABLES,
        ),
        Good(
            "locked table no longer exists",
            "DROP TABLE orders;\nUPDATE users SET name = lower(name);",
            history=TABLES,
        ),
        Bad(
            "lock that another statement takes as well as a DROP INDEX",
            """
                DROP INDEX orders_total;
                ALTER TABLE orders ADD COLUMN note text;
                UPDATE users SET name = lower(name);  -- expect: slow-work-after-lock
            """,
            history=f"{TABLES}\nCREATE INDEX orders_total ON orders (total);",
        ),
        Good(
            "lock of a DROP INDEX, which is reported there",
            "DROP INDEX orders_total;\nUPDATE users SET name = lower(name);",
            history=f"{TABLES}\nCREATE INDEX orders_total ON orders (total);",
        ),
        Bad(
            "rows are made fit for a unique key while readers are kept away as well",
            """
                LOCK TABLE orders;
                UPDATE users SET name = lower(name);  -- expect: slow-work-after-lock
                CREATE UNIQUE INDEX ON orders (total);
            """,
            history=TABLES,
        ),
        Good(
            "rows are made fit for a unique key while only writers are kept away",
            """
                LOCK TABLE orders IN SHARE ROW EXCLUSIVE MODE;
                UPDATE users SET name = lower(name);
                CREATE UNIQUE INDEX ON orders (total);
            """,
            history=TABLES,
        ),
        Good(
            "locked table is listed as small",
            "ALTER TABLE orders ADD COLUMN note text;\nUPDATE users SET name = lower(name);",
            history=TABLES,
            settings=(("small_tables", frozenset({Name("public", "orders")})),),
        ),
    ),
)
Locked = dict[Name, Held]


@rule.check(
    AddColumn, AddConstraint, AlterColumnType, AttachPartition, CreateIndex, CreateTable, CreateView, Delete,
    Insert, Maintenance, RefreshMaterializedView, Reindex, Select, SetNotNull, Update, ValidateConstraint,
)  # fmt: skip
def slow_work_after_lock(operation: Operation, ctx: Context) -> Iterator[Finding]:
    live = _locked(ctx) if _is_waited_for(operation, ctx) else {}
    if not (locked := {name: held for name, held in live.items() if _matters(name, held, ctx)}):
        return
    first, *others = names = tuple(sorted(locked, key=lambda name: -locked[name].mode.rank))
    more = f" (and {', '.join(name.display for name in others)})" if others else ""
    yield Finding(
        operation.span,
        f"{first.display}{more} stays locked against {blocked_by(locked[first].mode)} while {ctx.waits.slow}",
        help=_help(operation, ctx, locked),
        severity=Severity.NOTE if isinstance(operation, Maintenance) else None,
        tables=names,
        related=tuple(
            Related(locked[n].span, f"takes {locked[n].mode} on {n.display}", locked[n].source) for n in names
        ),
    )


def _help(operation: Operation, ctx: Context, locked: Locked) -> str:
    if all(ctx.waits.held_for_key(name) for name in locked):
        return ctx.rows.weaker_lock(*locked)
    if isinstance(operation, Select) and operation.query.locks_rows:
        return "put what takes the lock into a migration of its own: these rows stay locked only until COMMIT"
    where = "in a later migration, because it needs what this one does first"
    if ctx.remedies.could_run_before(ctx.once(_by_span)[min(held.span for held in locked.values())]):
        apart = "in a migration of its own" if ctx.remedies.could_run_before(0) else "in a later migration"
        where = f"{apart}, or before the statement that takes the lock"
    if isinstance(operation, (Update, Delete)) and not all(w.bounded for w in ctx.effects.rows_written):
        return ctx.rows.likewise(ctx.rows.batches_apart(operation), _is_waited_for)
    advised = ctx.rows.moved(where) if len(ctx.siblings) == 1 and ctx.block is None else f"put this {where}"
    return ctx.rows.likewise(advised, _is_waited_for)


def _is_waited_for(operation: Operation, ctx: Context) -> bool:
    """Whether this is slow work that no other rule reports."""
    if not ctx.waits.slow or ctx.waits.blocking or ctx.effects.outside_transaction:
        return False
    if ctx.waits.first_slow is None or ctx.waits.first_slow.record is not ctx.record:
        return False
    if isinstance(operation, ValidateConstraint):
        return not ctx.added_in_transaction(operation.table, operation.name)
    own = ctx.waits.held(operation.table) if isinstance(operation, (Update, Delete, Insert)) else None
    return own is None or not own.mode.keeps_writers_to_one


def _locked(ctx: Context) -> Locked:
    """Give the live tables that the transaction, or this very statement, keeps from writers.

    What was locked already when earlier work of the transaction was waited for is told there.
    """
    told: Context | None = None
    names: set[Name] = set()
    for at in range(len(ctx.earlier) - 1, -1, -1):
        if not ctx.commits_with(ctx.records[at]):
            break
        names.update(lock.table for lock in ctx.records[at].effects.locks)
        if _is_waited_for(ctx.records[at].operation, ctx.at(at)):
            told = ctx.at(at)
            break
    held = ((name, _held(name, ctx)) for name in sorted(names))
    return {n: one for n, one in held if one is not None and (told is None or _held(n, told) != one)}


def _held(name: Name, ctx: Context) -> Held | None:
    """Give a lock that writers wait for, that of a DROP INDEX only where another statement takes it too."""
    held = (ctx.waits.held(name) or ctx.waits.held_in_statement(name)) if ctx.is_live(name) else None
    place = ctx.once(_by_span).get(held.span) if held is not None else None
    if place is not None and isinstance(ctx.records[place].operation, DropIndex):
        held = ctx.waits.locked_between(name, place + 1, len(ctx.earlier))
    if held is None or not held.mode.keeps_writers_to_one:
        return None
    return held if held.mode.blocks_reads or ctx.waits.held_for_key(name) is None else None


def _matters(name: Name, held: Held, ctx: Context) -> bool:
    """Whether somebody waits for a table, not a view, that is still there, and no other rule says so."""
    place = ctx.once(_by_span).get(held.span)
    if place is None or ctx.table(name) is not None:
        return place is not None
    taker = ctx.records[place]
    dropped = isinstance(taker.operation, (DropTable, DropView, DropSchema))
    return not dropped and ctx.relation(name) is None and name not in taker.schema.relations


def _by_span(records: tuple[Record, ...]) -> dict[Span, int]:
    """The places of the first operations with a span."""
    return {record.operation.span: place for place, record in reversed([*enumerate(records)])}
