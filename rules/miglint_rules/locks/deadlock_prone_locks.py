"""
Locks on several tables that deadlock with requests of the application.

A transaction holds each lock until COMMIT, and waits for the next one meanwhile.
A request that has the second table already and comes for the first waits for the migration, and the migration
for the request: after deadlock_timeout (1 s) the server cancels one of the two.

With a table and one that refers to it, a plain INSERT is enough: it locks its own table first, and the table
that its key refers to when it checks the key. So lock the referring table first, each table in a migration of
its own, or all of them by one LOCK TABLE in the order of the application. A lock_timeout below
deadlock_timeout makes the migration the one that gives up; it can be tried again.

Two tables that the configuration lists as hot are used by too many requests for any order: each migration
that locks both gets a warning.
One note stands for the whole history, or for the change, where no table is hot.

Silent when a lock_timeout of at most a second is set, for tables that are new or dropped in the migration or
listed as small, where one statement locks both, and where the second statement is slow under its lock, which
other rules report. The notes are silent, too, when the configuration says that the runner sets lock_timeout.
`several-tables-locked`, off by default, reports all other transactions that lock several tables. What is slow
while a lock is held is for `slow-work-after-lock`.

https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-DEADLOCKS
"""

from collections.abc import Iterator, Sequence
from itertools import combinations

from miglint.model import (
    NOWHERE,
    Finding,
    LockTable,
    Name,
    Related,
    RemedyStep,
    Say,
    Schema,
    Severity,
    TransactionMode,
    blocked_by,
    do,
)
from miglint.rule import Bad, Context, Good, MigrationEnd, Rule, Taken, Together

_LINKED = """
    CREATE TABLE users (id bigint PRIMARY KEY);
    CREATE TABLE teams (id bigint PRIMARY KEY);
    CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint REFERENCES users);
"""
_BOTH = "ALTER TABLE users ADD COLUMN note text;\nALTER TABLE orders ADD COLUMN note text;"
_HOT = (("hot_tables", frozenset({Name("public", "users"), Name("public", "teams")})),)

rule = Rule(
    __name__,
    severity=Severity.NOTE,
    since="0.1.0",
    together=Together("cause", "migration"),
    examples=(
        Bad(
            "table that another refers to comes first",
            """
                ALTER TABLE users ADD COLUMN note text;
                ALTER TABLE orders ADD COLUMN note text;  -- expect: deadlock-prone-locks
            """,
            history=_LINKED,
        ),
        Bad(
            "one LOCK TABLE in this order",
            """
                LOCK TABLE users, orders;  -- expect: deadlock-prone-locks
                ALTER TABLE orders ADD COLUMN note text;
            """,
            history=_LINKED,
        ),
        Bad(
            "two hot tables",
            """
                ALTER TABLE users ADD COLUMN note text;
                ALTER TABLE teams ADD COLUMN note text;  -- expect: deadlock-prone-locks
            """,
            history=_LINKED,
            settings=_HOT,
        ),
        Bad(
            "one note for the migrations of a history",
            """
                ALTER TABLE users ADD COLUMN note text;
                ALTER TABLE orders ADD COLUMN note text;  -- expect: deadlock-prone-locks
                -- migration
                ALTER TABLE users ADD COLUMN mail text;
                ALTER TABLE orders ADD COLUMN mail text;
            """,
            history=_LINKED,
        ),
        Good(
            "referring table comes first",
            """
                SET lock_timeout = '5s';
                ALTER TABLE orders ADD COLUMN note text;
                ALTER TABLE users ADD COLUMN note text;
            """,
            history=_LINKED,
            recommended=True,
        ),
        Good(
            "referring table is locked first",
            f"SET lock_timeout = '5s';\nLOCK TABLE orders, users IN ACCESS EXCLUSIVE MODE;\n{_BOTH}",
            history=_LINKED,
            recommended=True,
        ),
        Good(
            "each in a migration of its own",
            _BOTH.replace("\n", "\n-- migration\n"),
            history=_LINKED,
            settings=(("runner_sets_lock_timeout", True),),
            recommended=True,
        ),
        Good(
            "each statement commits on its own",
            _BOTH,
            history=_LINKED,
            mode=TransactionMode.PER_STATEMENT,
        ),
        Good(
            "migration gives up before the server looks for a deadlock",
            f"SET lock_timeout = '800ms';\n{_BOTH}",
            history=_LINKED,
            recommended=True,
        ),
        Good(
            "runner sets lock_timeout",
            _BOTH,
            history=_LINKED,
            settings=(("runner_sets_lock_timeout", True),),
        ),
        Good(
            "lock that lets keys be checked",
            "CREATE TRIGGER t AFTER INSERT ON users EXECUTE FUNCTION f();\n"
            "ALTER TABLE orders ADD COLUMN note text;",
            history=f"{_LINKED}CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS '';",
        ),
        Good(
            "no key links the tables, of which nothing says that they are hot",
            "ALTER TABLE users ADD COLUMN note text;\nALTER TABLE teams ADD COLUMN note text;",
            history=_LINKED,
        ),
        Good(
            "one of the tables is dropped",
            "ALTER TABLE users ADD COLUMN note text;\nDROP TABLE orders;",
            history=_LINKED,
        ),
        Good(
            "second statement is slow, which another rule reports",
            "ALTER TABLE users ADD COLUMN note text;\nCREATE INDEX ON orders (user_id);",
            history=_LINKED,
        ),
    ),
)
_DEADLOCK_TIMEOUT = 1000
_NAMED = 5


@rule.check(MigrationEnd)
def deadlock_prone_locks(end: MigrationEnd, ctx: Context) -> Iterator[Finding]:
    for taken in ctx.waits.lock_orders:
        schema = ctx.records[taken[0].writers.place].schema
        if (pair := _hot(taken, ctx)) is not None:
            yield _waiting(*pair, taken, schema, ctx)
        elif (pair := _linked(taken, schema, ctx)) is not None:
            yield _inserting(*pair, taken, schema, ctx)


def _hot(taken: Sequence[Taken], ctx: Context) -> tuple[Taken, Taken] | None:
    """Give the first two hot tables that different statements lock."""
    hot = [each for each in taken if ctx.is_hot(each.table)]
    apart = (
        (first, second)
        for first, second in combinations(hot, 2)
        if first.writers.statement < second.writers.statement
    )
    return next((pair for pair in apart if _waits(pair[1].writers.place, ctx)), None)


def _linked(taken: Sequence[Taken], schema: Schema, ctx: Context) -> tuple[Taken, Taken] | None:
    """Give the first table that keeps even readers away before one that refers to it is locked."""
    parents = {each.table: (each, each.readers) for each in taken if each.readers}
    for child in taken if not ctx.policy.runner_sets_lock_timeout else ():
        table = schema.table(child.table)
        for key in table.foreign_keys if table else ():
            known = key.enforced and parents.get(key.references or child.table)
            parent, moment = known or (child, child.writers)
            if moment.precedes(child.writers):
                return (parent, child) if _waits(child.writers.place, ctx) else None
    return None


def _waits(place: int, ctx: Context) -> bool:
    """Whether an operation waits for any time for its lock, and does nothing slow that is reported."""
    at = ctx.at(place)
    timeout = at.session.settings.lock_timeout
    return not (timeout and timeout <= _DEADLOCK_TIMEOUT) and not at.waits.slow


def _refers(child: Name, parent: Name, schema: Schema) -> bool:
    table = schema.table(child) if child != parent else None
    return any(key.references == parent and key.enforced for key in table.foreign_keys) if table else False


def _waiting(first: Taken, second: Taken, taken: Sequence[Taken], schema: Schema, ctx: Context) -> Finding:
    message = (
        f"{first.table.display} stays locked against {blocked_by(first.mode)} while this waits for "
        f"{second.table.display}: requests that have that and come for {first.table.display} deadlock with it"
    )
    return _finding(second.writers.place, first, message, taken, schema, ctx)._replace(
        severity=Severity.WARNING
    )


def _inserting(parent: Taken, child: Taken, taken: Sequence[Taken], schema: Schema, ctx: Context) -> Finding:
    message = (
        f"this locks {child.table.display} after {parent.table.display}: an INSERT into it that waits to "
        f"check its key in {parent.table.display} deadlocks with this migration"
    )
    return _finding(child.writers.place, parent, message, taken, schema, ctx)._replace(cause="order")


def _finding(
    place: int, first: Taken, message: str, taken: Sequence[Taken], schema: Schema, ctx: Context
) -> Finding:
    record, name = ctx.records[place], first.table.display
    before = ctx.records[(first.readers or first.writers).place]
    steps: list[RemedyStep] = [Say("put this in a migration of its own")]
    if len(taken) <= _NAMED:
        order = "those that refer to others before these" if first.readers else "in the application's order"
        tables = [each.table for each in taken if schema.view(each.table) is None]
        mode = max(each.mode for each in taken).name.lower()
        lock = LockTable(NOWHERE, tuple(_children_first(tables, schema)), mode)
        steps = [
            Say(f"put this in a migration of its own, or first lock all tables, {order}:"),
            do(lock),
        ]
    return Finding(
        record.operation.span,
        message,
        help=ctx.remedies.shown(*steps),
        tables=tuple(each.table for each in taken),
        related=(Related(before.operation.span, f"takes {first.mode} on {name}", before.statement.source),),
        source=record.statement.source,
    )


def _children_first(names: Sequence[Name], schema: Schema) -> list[Name]:
    left, ordered = list(names), []
    while left:
        free = (name for name in left if not any(_refers(other, name, schema) for other in left))
        ordered.append(left.pop(left.index(next(free, left[0]))))
    return ordered
