"""
Dropped unique constraint that running code may rely on.

`INSERT ... ON CONFLICT (columns)` asks for a unique index or constraint on exactly these columns: without one
the server refuses the statement (42P10), so code that is still running fails from COMMIT on. And what the
server kept unique no longer is: two writers at a time can both insert the same values.
First release code that no longer needs it; to replace an index by an equal one, build the new one
CONCURRENTLY, and drop the old one afterwards.

Silent when the table is new in this release, when it or one of the columns goes as well, and when another
unique index or constraint on the same columns is there at the end of the migration.

https://www.postgresql.org/docs/current/sql-insert.html#SQL-ON-CONFLICT
"""

from collections.abc import Iterator

from miglint.model import Confidence, DropConstraint, DropIndex, Finding, Index, Name, Severity
from miglint.rule import Bad, Context, Good, Rule

_USERS = """
    CREATE TABLE users (id bigint PRIMARY KEY, team_id bigint, email text CONSTRAINT one_email UNIQUE);
    CREATE UNIQUE INDEX one_per_team ON users (team_id, email);
"""

_HELP = "drop it in a release after the one whose code no longer needs it"
_REPLICATED = (
    "if the table is published for logical replication, UPDATE and DELETE fail until it has another "
    "replica identity"
)

rule = Rule(
    __name__,
    severity=Severity.WARNING,
    since="0.1.0",
    confidence=Confidence.MEDIUM,
    examples=(
        Bad(
            "constraint",
            "ALTER TABLE users DROP CONSTRAINT one_email;  -- expect: dropped-unique",
            history=_USERS,
        ),
        Bad(
            "index",
            "DROP INDEX CONCURRENTLY one_per_team;  -- expect: dropped-unique",
            history=_USERS,
        ),
        Bad(
            "replaced by one on more columns, which ON CONFLICT does not find",
            """
                ALTER TABLE users DROP CONSTRAINT one_email;  -- expect: dropped-unique
                CREATE UNIQUE INDEX one_email_per_team ON users (email, team_id, id);
            """,
            history=_USERS,
        ),
        Bad(
            "replaced by one on fewer columns, which lets no duplicates in",
            """
                DROP INDEX one_per_team;  -- expect: dropped-unique
                CREATE UNIQUE INDEX one_email_in_any_case ON users (lower(email));
            """,
            history=_USERS,
        ),
        Bad(
            "primary key of a table from before the history, by its usual name",
            "ALTER TABLE orders DROP CONSTRAINT orders_pkey;  -- expect: dropped-unique",
        ),
        Bad(
            "primary key that nothing replaces",
            "ALTER TABLE users DROP CONSTRAINT users_pkey;  -- expect: dropped-unique",
            history=_USERS,
        ),
        Good(
            "an equal one is there",
            """
                CREATE UNIQUE INDEX CONCURRENTLY one_email_new ON users (email);
                -- migration
                ALTER TABLE users DROP CONSTRAINT one_email;
            """,
            history=_USERS,
            recommended=True,
            settings=(("runner_sets_lock_timeout", True),),
        ),
        Good(
            "the same columns in another order",
            "DROP INDEX one_per_team;\nCREATE UNIQUE INDEX one_in_team ON users (email, team_id);",
            history=_USERS,
        ),
        Good(
            "index that is not unique", "DROP INDEX i;", history=f"{_USERS}CREATE INDEX i ON users (email);"
        ),
        Good(
            "constraint of another kind",
            "ALTER TABLE users DROP CONSTRAINT of_team;",
            history=f"{_USERS}ALTER TABLE users ADD CONSTRAINT of_team CHECK (team_id > 0);",
        ),
        Good(
            "one of the columns goes as well",
            """
                DROP INDEX one_per_team;
                ALTER TABLE users DROP COLUMN team_id;
            """,
            history=_USERS,
        ),
        Good("the table goes as well", "DROP INDEX one_per_team;\nDROP TABLE users;", history=_USERS),
        Good(
            "table is new in this migration",
            "CREATE TABLE teams (name text CONSTRAINT one_name UNIQUE);\n"
            "ALTER TABLE teams DROP CONSTRAINT one_name;",
        ),
    ),
)


@rule.check(DropIndex, DropConstraint)
def dropped_unique(drop: DropIndex | DropConstraint, ctx: Context) -> Iterator[Finding]:
    index = _index(drop, ctx)
    if index is None and isinstance(drop, DropConstraint) and _is_key_of_unknown(drop, ctx):
        yield Finding(
            drop.span,
            f"dropping the primary key {drop.name} breaks code that still says ON CONFLICT on its columns, "
            f"and lets duplicates into {drop.table.display}",
            help=f"{_HELP}\n{_REPLICATED}",
            tables=(drop.table,),
        )
    if index is None or not index.unique or ctx.is_new(index.table):
        return
    last = ctx.records[-1].after
    now = last.table(index.table)
    if now is None or not all(now.column(name) for name in index.columns):
        return
    others = [other for other in last.indexes_of(now) if other.unique]
    if any(_serves(other, index) for other in others):
        return
    kept = any(_is_stricter(other, index) for other in others)
    what = "constraint" if index.constraint else "index"
    columns = ", ".join(index.elements)
    yield Finding(
        drop.span,
        f"dropping the unique {what} {index.constraint or index.name.name} breaks code that still says "
        f"ON CONFLICT ({columns}){'' if kept else f', and lets duplicates into {index.table.display}'}",
        help=_HELP if now.primary_key or not _was_key(index, ctx) else f"{_HELP}\n{_REPLICATED}",
        tables=(index.table,),
    )


def _was_key(index: Index, ctx: Context) -> bool:
    table = ctx.table(index.table)
    key = table.primary_key if table else None
    return key is not None and key.name == index.constraint


def _is_key_of_unknown(drop: DropConstraint, ctx: Context) -> bool:
    """Whether a constraint of a table that no migration makes has the name that the server gives its key."""
    return drop.name == f"{drop.table.name}_pkey" and not ctx.knows(drop.table)


def _index(drop: DropIndex | DropConstraint, ctx: Context) -> Index | None:
    if isinstance(drop, DropIndex):
        return ctx.schema.index_named(drop.name)
    table = ctx.table(drop.table)
    constraint = table.constraint(drop.name) if table else None
    if table is None or constraint is None or constraint.kind not in ("primary", "unique"):
        return None
    return ctx.schema.index_named(Name(table.name.schema, constraint.index_name or constraint.name))


def _serves(other: Index, index: Index) -> bool:
    """Whether ON CONFLICT finds the other index where it found this one: the order does not matter."""
    same = sorted(other.elements) == sorted(index.elements)
    return same and _is_whole(other, index)


def _is_stricter(other: Index, index: Index) -> bool:
    """Whether rows that differ for the other index differ in the columns of this one."""
    return set(other.columns) < set(index.columns) and _is_whole(other, index)


def _is_whole(other: Index, index: Index) -> bool:
    return other.predicate is None or other.predicate == index.predicate
