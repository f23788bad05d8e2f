"""
Type change that rechecks constraints or rebuilds indexes under lock.

Where the bytes of the values stay the same (`varchar(50)` to `text`), `ALTER COLUMN ... TYPE` does not copy
the table; but a CHECK on the column is tested again for every row, and an index whose expression, predicate
or collation depends on the column is rebuilt, all under ACCESS EXCLUSIVE: even a SELECT waits until COMMIT.
Drop the CHECK or the index first; after the change, add the constraint NOT VALID and validate it in a later
migration, and build the index CONCURRENTLY.

Silent when nothing has to be rechecked or rebuilt, when the change copies the table (another rule reports
that), when this migration creates or truncates the table, and for tables listed as small.

https://www.postgresql.org/docs/current/sql-altertable.html#SQL-ALTERTABLE-NOTES
"""

from collections.abc import Iterator

from miglint.model import (
    NOWHERE,
    AlterColumnType,
    Constraint,
    ConstraintKind,
    DropIndex,
    Finding,
    Given,
    Index,
    Name,
    RemedyStep,
    Say,
    Severity,
    check_later,
    created,
    do,
    key_of_index,
    validated,
    without_constraint,
)
from miglint.rule import Bad, Context, Good, Rule

CHECKED = "CREATE TABLE users (id bigint PRIMARY KEY, name varchar(50) CONSTRAINT named CHECK (name <> ''));"
INDEXED = """
CREATE TABLE users (id bigint PRIMARY KEY, name varchar(50));
CREATE INDEX users_lower ON users (lower(name));
"""

rule = Rule(
    __name__,
    severity=Severity.ERROR,
    since="0.1.0",
    examples=(
        Bad(
            "column with a CHECK",
            "ALTER TABLE users ALTER COLUMN name TYPE text;  -- expect: constraint-recheck",
            history=CHECKED,
        ),
        Bad(
            "column in the expression of an index",
            "ALTER TABLE users ALTER COLUMN name TYPE text;  -- expect: constraint-recheck",
            history=INDEXED,
        ),
        Bad(
            "index sorts by another collation",
            """
                ALTER TABLE users
                    ALTER COLUMN name TYPE varchar(50) COLLATE "C";  -- expect: constraint-recheck
            """,
            history=INDEXED.replace("lower(name)", "name"),
        ),
        Bad(
            "index of a constraint sorts by another collation",
            """
                ALTER TABLE users
                    ALTER COLUMN name TYPE varchar(50) COLLATE "C";  -- expect: constraint-recheck
            """,
            history="CREATE TABLE users (id bigint PRIMARY KEY, name varchar(50) UNIQUE);",
        ),
        Good(
            "CHECK dropped first, and validated in a later migration",
            """
                ALTER TABLE users DROP CONSTRAINT named;
                ALTER TABLE users ALTER COLUMN name TYPE text;
                ALTER TABLE users ADD CONSTRAINT named CHECK (name <> '') NOT VALID;
                -- migration
                ALTER TABLE users VALIDATE CONSTRAINT named;
            """,
            history=CHECKED,
            settings=(("runner_sets_lock_timeout", True),),
        ),
        Good(
            "plain index keeps its order",
            "ALTER TABLE users ALTER COLUMN name TYPE text;",
            history=INDEXED.replace("lower(name)", "name"),
            settings=(("runner_sets_lock_timeout", True),),
        ),
        Good(
            "table is copied, which another rule reports",
            "ALTER TABLE users ALTER COLUMN name TYPE varchar(20);",
            history=CHECKED,
        ),
        Good(
            "table is listed as small",
            "ALTER TABLE users ALTER COLUMN name TYPE text;",
            history=CHECKED,
            settings=(("small_tables", frozenset({Name("public", "users")})),),
        ),
    ),
)


@rule.check(AlterColumnType)
def constraint_recheck(change: AlterColumnType, ctx: Context) -> Iterator[Finding]:
    if ctx.waits.leading_work in ("", "rewrite"):
        return
    works = ctx.waits.blocked(ctx.effects.index_builds) + ctx.waits.blocked(ctx.effects.scans)
    table = change.table
    what = f"index {works[0].index_name} is rebuilt" if works[0].index_name else works[0].reason
    yield Finding(
        change.span,
        f"type change of {table.display}.{change.column} locks {table.display} "
        f"against reads and writes while {what}",
        help=_help(change, ctx),
        tables=tuple(dict.fromkeys((table, *(work.table for work in works)))),
        related=ctx.waits.also_blocking,
    )


def _help(change: AlterColumnType, ctx: Context) -> str:
    table, found = change.table, ctx.table(change.table)
    checks = (
        [c for c in found.constraints if c.kind == "check" and change.column in c.columns] if found else []
    )
    built = [
        ctx.schema.index_named(Name(w.table.schema, w.index_name or "")) for w in ctx.effects.index_builds
    ]
    indexes = [index for index in built if index is not None]
    primary = [c.name for c in found.constraints if c.kind == "primary"] if found else []
    return ctx.remedies.shown(
        *(do(without_constraint(table, check.name)) for check in checks),
        *(step for index in indexes for step in _dropped(index)),
        do(AlterColumnType(NOWHERE, table, change.column, change.type, collation=change.collation)),
        *(do(check_later(table, check.name, _condition(check))) for check in checks),
        *((Say("in a later migration:"),) if checks else ()),
        *(do(validated(table, check.name)) for check in checks),
        *(step for index in indexes for step in _built(index, primary, ctx)),
    )


def _condition(check: Constraint) -> str:
    return check.expression.text if check.expression else "..."


def _dropped(index: Index) -> Iterator[RemedyStep]:
    if index.unique:
        yield Say("miglint: ignore[dropped-unique] made again below; until then, duplicates can be written")
    constraint = index.constraint
    yield do(without_constraint(index.table, constraint) if constraint else DropIndex(NOWHERE, index.name))


def _built(index: Index, primary: list[str], ctx: Context) -> Iterator[RemedyStep]:
    yield Given(ctx.remedies.concurrent_index(created(index), index.table, later=True))
    if index.constraint:
        kind: ConstraintKind = "primary" if index.constraint in primary else "unique"
        yield Say("and then:")
        yield do(key_of_index(index.table, index.constraint, kind, index.constraint))
