"""
Strong lock that is waited for without a time limit.

An `ALTER TABLE` that takes milliseconds has to wait for every transaction that uses the table, and every
query that comes after it waits behind it, SELECT included: one forgotten session or a running backup turns a
harmless change into an outage. With a lock_timeout the statement gives up after some seconds, the queries
continue, and the migration is tried again later.
Set it once for all migrations, in the connection or the role that runs them, or at the top of each.

This is a property of the project, so one note covers its whole history, at the first place in a migration
that also does slow work under its lock; there is none until three migrations have taken a lock that makes
writers wait, or one locks a table that was there before the first. If only a change is checked (`--since`,
`--staged`), the note is at the first strong lock that the change takes.
Where at least half of the migrations set a lock_timeout, those that do not are probably an oversight: each
gets a warning, and so does each that locks a table that the configuration lists as hot.
With `lock_timeout = "each"` every such migration gets a warning, with "off" none.

Tables that came with the same commit, which may have been deployed at once, count only where fewer than three
migrations lock others.

Silent when the configuration says that the runner sets it, and for locks on tables that are new in the
migration or listed as small.

https://www.postgresql.org/docs/current/runtime-config-client.html#GUC-LOCK-TIMEOUT
"""

from collections.abc import Iterator
from typing import NamedTuple

from miglint.model import Confidence, Finding, Lock, Name, Reindex, Severity, Step, TransactionMode
from miglint.rule import Bad, Context, Good, HistoryEnd, Rule, Together

_USERS = "CREATE TABLE users (id bigint PRIMARY KEY);"
_THREE = """
    ALTER TABLE users ADD COLUMN a int;
    -- migration
    ALTER TABLE users ADD COLUMN b int;
    -- migration
    ALTER TABLE users ADD COLUMN c int;
"""

rule = Rule(
    __name__,
    severity=Severity.NOTE,
    since="0.1.0",
    confidence=Confidence.MEDIUM,
    together=Together("cause", "migration"),
    examples=(
        Bad(
            "no migration sets one, and one note says so",
            """
                ALTER TABLE users ADD COLUMN name text;
                -- migration
                ALTER TABLE users ADD COLUMN email text;
                -- migration
                CREATE INDEX users_email ON users (email);  -- expect: missing-lock-timeout
            """,
            history=_USERS,
        ),
        Bad(
            "most migrations set one, this one does not",
            """
                SET lock_timeout = '5s';
                ALTER TABLE users ADD COLUMN name text;
                -- migration
                ALTER TABLE users ADD COLUMN email text;  -- expect: missing-lock-timeout
            """,
            history=_USERS,
        ),
        Bad(
            "set to nothing",
            """
                SET lock_timeout = '5s';
                ALTER TABLE users ADD COLUMN name text;
                -- migration
                SET lock_timeout = 0;
                ALTER TABLE users ADD COLUMN email text;  -- expect: missing-lock-timeout
            """,
            history=_USERS,
        ),
        Bad(
            "hot table",
            "ALTER TABLE users ADD COLUMN name text;  -- expect: missing-lock-timeout",
            history=_USERS,
            settings=(("hot_tables", frozenset({Name("public", "users")})),),
        ),
        Bad(
            "configuration asks for one in each migration",
            "ALTER TABLE users ADD COLUMN name text;  -- expect: missing-lock-timeout",
            history=_USERS,
            settings=(("lock_timeout", "each"),),
        ),
        Bad(
            "index is built CONCURRENTLY in the same migration, which no timeout may stop",
            """
                ALTER TABLE users ADD COLUMN name text;  -- expect: missing-lock-timeout
                CREATE INDEX CONCURRENTLY users_name ON users (name);
            """,
            history=_USERS,
            mode=TransactionMode.PER_STATEMENT,
            settings=(("lock_timeout", "each"),),
        ),
        Bad(
            "change that takes its first strong lock",
            before={"migrations/1_users.up.sql": _USERS},
            files={
                "migrations/1_users.up.sql": _USERS,
                "migrations/2_name.up.sql": "ALTER TABLE users ADD COLUMN name text;",
                "migrations/3_email.up.sql": "ALTER TABLE users ADD COLUMN email text;",
            },
            expect=("migrations/2_name.up.sql:1 missing-lock-timeout",),
        ),
        Good(
            "change that takes no strong lock on a table in use",
            before={"migrations/1_users.up.sql": _USERS},
            files={
                "migrations/1_users.up.sql": _USERS,
                "migrations/2_orders.up.sql": "CREATE TABLE orders (id bigint PRIMARY KEY);",
            },
        ),
        Good(
            "set before the lock is taken",
            """
                SET lock_timeout = '5s';
                ALTER TABLE users ADD COLUMN name text;
                -- migration
                SET lock_timeout = '5s';
                ALTER TABLE users ADD COLUMN email text;
                -- migration
                BEGIN;
                SET LOCAL lock_timeout = '5s';
                ALTER TABLE users ADD COLUMN phone text;
                COMMIT;
            """,
            history=_USERS,
            recommended=True,
        ),
        Good(
            "one migration is not a habit",
            "ALTER TABLE users ADD COLUMN name text;",
            history=_USERS,
        ),
        Good(
            "runner sets it",
            _THREE,
            history=_USERS,
            settings=(("runner_sets_lock_timeout", True),),
        ),
        Good(
            "configuration asks for none",
            _THREE,
            history=_USERS,
            settings=(("lock_timeout", "off"),),
        ),
        Good(
            "table is listed as small",
            _THREE,
            history=_USERS,
            settings=(("small_tables", frozenset({Name("public", "users")})),),
        ),
        Good(
            "tables are new in their migrations",
            """
                CREATE TABLE a (id int);
                CREATE INDEX ON a (id);
                -- migration
                CREATE TABLE b (id int);
                CREATE INDEX ON b (id);
                -- migration
                CREATE TABLE c (id int);
                CREATE INDEX ON c (id);
            """,
        ),
    ),
)


@rule.check(HistoryEnd)
def missing_lock_timeout(end: HistoryEnd, ctx: Context) -> Iterator[Finding]:
    if ctx.policy.runner_sets_lock_timeout or ctx.policy.lock_timeout == "off":
        return
    bare: dict[str, list[_Place]] = {}
    guarded: set[str] = set()
    for step, locks in ctx.whole.strong_locks:
        if step.lock_timeout:
            guarded.add(step.migration)
        else:
            hot = [lock for lock in locks if ctx.is_hot(lock.table)]
            bare.setdefault(step.migration, []).append(_Place(step, (hot or locks)[0], bool(hot)))
    habit = bool(guarded) and 2 * len(guarded) >= len(guarded | bare.keys())
    each = habit or ctx.policy.lock_timeout == "each"
    alone = [p for places in bare.values() if each or _first(places).hot for p in (_first(places),)]
    rest = [places[0] for places in bare.values() if not (each or _first(places).hot)]
    for step, lock, _ in (place for place in alone if ctx.is_selected(place.step.migration)):
        message = (
            f"no lock_timeout limits how long this waits for its {lock.mode} lock on {_held(step, lock)}"
        )
        yield _finding(step, lock, message, ctx)._replace(severity=Severity.WARNING)
    changed = ctx.history.selected is not None
    if changed or len(rest) < ctx.whole.habit:
        live = (place for place in rest if changed or _is_from_before(place.lock.table, ctx))
        for step, lock, _ in (place for place in live if ctx.is_selected(place.step.migration)):
            message = (
                f"no lock_timeout limits how long this waits for its {lock.mode} lock on "
                f"{_held(step, lock)}, and {'all queries' if lock.mode.blocks_reads else 'writes'} "
                "that come later wait behind it"
            )
            yield _finding(step, lock, message, ctx)._replace(cause="change")
        return
    told = ctx.whole.telling([place.step for place in rest]) if rest else None
    if told is not None and ctx.is_selected(told.migration):
        lock = next(place.lock for place in rest if place.step is told)
        number = sum(len(bare[place.step.migration]) for place in rest)
        message = (
            f"no lock_timeout limits how long this and {number - 1} more statements in {len(rest)} "
            "migrations wait for a strong lock"
        )
        yield _finding(told, lock, message, ctx)


def _is_from_before(table: Name, ctx: Context) -> bool:
    """Whether no migration makes the table; the placeholder of a schema can be another's name."""
    schema = ctx.last_schema
    names = (name.name for name in schema.relations if not schema.is_from_before(name))
    return ctx.whole.is_read and not ctx.knows(table) and table.name not in names


class _Place(NamedTuple):
    """A statement that takes a strong lock without a lock_timeout."""

    step: Step
    lock: Lock
    hot: bool


def _first(places: list[_Place]) -> _Place:
    return next((place for place in places if place.hot), places[0])


def _held(step: Step, lock: Lock) -> str:
    """Say what is locked: of an index that no migration makes, the table is not known."""
    return f"the table of {lock.table.display}" if _is_index(step, lock) else lock.table.display


def _is_index(step: Step, lock: Lock) -> bool:
    operations = step.statement.operations
    return any(isinstance(o, Reindex) and o.kind == "index" and o.target == lock.table for o in operations)


def _finding(step: Step, lock: Lock, message: str, ctx: Context) -> Finding:
    advice = ctx.history.advice.set_lock_timeout
    again = ""
    if any(other.migration == step.migration and _waits_long(other) for other in ctx.steps):
        again = (
            "\n-- and before each statement that is CONCURRENTLY: it waits for all older transactions,\n"
            "-- and a timeout would stop it and leave an invalid index behind:\nSET lock_timeout = 0;"
        )
    return Finding(
        step.statement.span,
        message,
        help=(f"{advice};\nor " if advice else "")
        + f"at the top of each migration:\nSET lock_timeout = '5s';{again}",
        tables=() if _is_index(step, lock) else (lock.table,),
        source=step.statement.source,
    )


def _waits_long(step: Step) -> bool:
    return any(getattr(operation, "concurrently", False) for operation in step.statement.operations)
