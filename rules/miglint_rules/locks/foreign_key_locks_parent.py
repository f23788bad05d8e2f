"""
Foreign keys that lock live referenced tables without lock_timeout.

Every new foreign key, even in CREATE TABLE or with NOT VALID, takes SHARE ROW EXCLUSIVE on the referenced
table until COMMIT: writes to it wait.
That is short, unless the lock has to wait for a long query or an open transaction: then every write that
comes later queues behind it, for as long as that takes.
With `lock_timeout` the migration gives up instead, and can be tried again.

Silent when lock_timeout is set in the migration, when the configuration says that the runner sets it, and
for keys that also scan a table (foreign-key-scan reports them) or that refer to a new or small table.
Silent too where missing-lock-timeout says it of these statements: in several migrations, or in a change.
One note stands for the whole history, at the first place in a migration that does more than take the lock.

https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-LOCK-TIMEOUT
"""

from collections.abc import Iterable, Iterator

from miglint.model import (
    AddColumn,
    AddConstraint,
    ConstraintDefinition,
    CreateTable,
    DoBlock,
    Finding,
    Insert,
    Name,
    Operation,
    Severity,
    Step,
)
from miglint.rule import Bad, Context, Good, HistoryEnd, Rule

USERS = "CREATE TABLE users (id bigint PRIMARY KEY);"

rule = Rule(
    __name__,
    severity=Severity.NOTE,
    since="0.1.0",
    told_by=("missing-lock-timeout",),
    examples=(
        Bad(
            "new tables that refer to an old one",
            """
                CREATE TABLE orders (
                    id bigint PRIMARY KEY,
                    user_id bigint REFERENCES users  -- expect: foreign-key-locks-parent
                );
                -- migration
                CREATE TABLE carts (id bigint PRIMARY KEY, user_id bigint);
                ALTER TABLE carts ADD FOREIGN KEY (user_id) REFERENCES users;
            """,
            history=USERS,
        ),
        Bad(
            "NOT VALID locks both tables as well",
            """
                ALTER TABLE orders
                    ADD FOREIGN KEY (user_id)  -- expect: foreign-key-locks-parent
                    REFERENCES users NOT VALID;
            """,
            history=f"{USERS}\nCREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint);",
        ),
        Bad(
            "new column, in a DO block",
            """
                DO $$
                BEGIN
                  ALTER TABLE orders
                    ADD COLUMN user_id bigint REFERENCES users;  -- expect: foreign-key-locks-parent
                END $$;
            """,
            history=f"{USERS}\nCREATE TABLE orders (id bigint PRIMARY KEY);",
        ),
        Good(
            "several migrations wait without a limit, which missing-lock-timeout says",
            """
                CREATE TABLE posts (id bigint, user_id bigint REFERENCES users);
                -- migration
                CREATE TABLE likes (id bigint, user_id bigint REFERENCES users);
                -- migration
                CREATE TABLE marks (id bigint, user_id bigint REFERENCES users);
            """,
            history="CREATE TABLE users (id bigint PRIMARY KEY);",
        ),
        Good(
            "lock_timeout is set",
            """
                SET lock_timeout = '5s';
                CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint REFERENCES users);
            """,
            history=USERS,
            recommended=True,
        ),
        Good(
            "runner sets lock_timeout",
            "CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint REFERENCES users);",
            history=USERS,
            settings=(("runner_sets_lock_timeout", True),),
        ),
        Good(
            "referenced table is new in this migration",
            """
                CREATE TABLE teams (id bigint PRIMARY KEY);
                CREATE TABLE members (id bigint PRIMARY KEY, team_id bigint REFERENCES teams);
            """,
        ),
        Good(
            "table refers to itself",
            "CREATE TABLE nodes (id bigint PRIMARY KEY, parent_id bigint REFERENCES nodes);",
        ),
        Good(
            "key scans a table, which another rule reports",
            "ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES users;",
            history=f"{USERS}\nCREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint);",
        ),
        Good(
            "key of a new table that this migration has filled scans it as well",
            """
                CREATE TABLE carts (id bigint PRIMARY KEY, user_id bigint);
                INSERT INTO carts SELECT id, id FROM users;
                ALTER TABLE carts ADD FOREIGN KEY (user_id) REFERENCES users;
            """,
            history=USERS,
        ),
        Good(
            "referenced table is listed as small",
            "CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint REFERENCES users);",
            history=USERS,
            settings=(("small_tables", frozenset({Name("public", "users")})),),
        ),
    ),
)


@rule.check(HistoryEnd)
def foreign_key_locks_parent(end: HistoryEnd, ctx: Context) -> Iterator[Finding]:
    if ctx.policy.runner_sets_lock_timeout or ctx.policy.lock_timeout == "off":
        return
    if end.history.selected is not None or ctx.whole.waits_are_a_habit:
        return
    filled = _filled(ctx.steps)
    found = [
        (step, key)
        for step, locks in ctx.whole.strong_locks
        if not step.lock_timeout and not step.effects.scans
        for key in _locking_keys(step, filled)
        if any(lock.table == key.references for lock in locks)
    ]
    if not found:
        return
    step = ctx.whole.telling([step for step, _ in found])
    first = next(key for candidate, key in found if candidate is step)
    one = len(found) == 1
    advice = end.history.advice.set_lock_timeout
    yield Finding(
        first.span,
        "no lock_timeout limits how long "
        f"{'this foreign key waits' if one else f'{len(found)} foreign keys wait'} for "
        f"SHARE ROW EXCLUSIVE on live referenced tables{'' if one else ', including this one'}",
        help=f"SET lock_timeout = '5s';{f'{chr(10)}-- {advice}' if advice else ''}",
        tables=tuple(dict.fromkeys(key.references for _, key in found if key.references)),
        source=step.statement.source,
    )


def _filled(steps: Iterable[Step]) -> set[tuple[str, Name]]:
    """Find the tables that each migration fills by a query: a key of such a table reads it."""
    return {
        (step.migration, operation.table)
        for step in steps
        for operation in step.statement.operations
        if (isinstance(operation, Insert) and operation.rows is None)
        or (isinstance(operation, CreateTable) and operation.query is not None)
    }


def _locking_keys(step: Step, filled: set[tuple[str, Name]]) -> Iterator[ConstraintDefinition]:
    """Find the foreign keys of a statement that lock another table, one that was there before."""
    for table, key in _keys(step.statement.operations):
        parent = key.references
        mode = step.effects.lock_on(parent) if parent is not None else None
        keeps_out = mode is not None and mode.keeps_writers_to_one and parent != table
        if keeps_out and (step.migration, table) not in filled:
            yield key


def _keys(operations: Iterable[Operation]) -> Iterator[tuple[Name, ConstraintDefinition]]:
    for operation in operations:
        written: tuple[ConstraintDefinition, ...] = ()
        if isinstance(operation, CreateTable):
            written = (*(k for c in operation.columns for k in c.constraints), *operation.constraints)
        elif isinstance(operation, AddColumn):
            written = operation.column.constraints
        elif isinstance(operation, AddConstraint):
            written = (operation.constraint,)
        elif isinstance(operation, DoBlock):
            for inner in operation.body:
                yield from _keys(inner.operations)
        if isinstance(operation, (CreateTable, AddColumn, AddConstraint)):
            yield from ((operation.table, key) for key in written if key.kind == "foreign")
