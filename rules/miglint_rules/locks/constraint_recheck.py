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

from miglint.model import AlterColumnType, Finding, Index, Name, Severity, quote
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
    table, found = change.table.sql, ctx.table(change.table)
    checks = (
        [c for c in found.constraints if c.kind == "check" and change.column in c.columns] if found else []
    )
    built = [
        ctx.schema.index_named(Name(w.table.schema, w.index_name or "")) for w in ctx.effects.index_builds
    ]
    indexes = [index for index in built if index is not None]
    primary = [c.name for c in found.constraints if c.kind == "primary"] if found else []
    collate = f" COLLATE {quote(change.collation)}" if change.collation else ""
    steps = [f"ALTER TABLE {table} DROP CONSTRAINT {quote(c.name)};" for c in checks]
    steps += [
        f"ALTER TABLE {i.table.sql} DROP CONSTRAINT {quote(i.constraint)};"
        if i.constraint
        else f"DROP INDEX {i.name.sql};"
        for i in indexes
    ]
    steps += [f"ALTER TABLE {table} ALTER COLUMN {quote(change.column)} TYPE {change.type}{collate};"]
    for check in checks:
        condition = check.expression.text if check.expression else "..."
        steps += [f"ALTER TABLE {table} ADD CONSTRAINT {quote(check.name)} CHECK ({condition}) NOT VALID;"]
    steps += ["-- in a later migration:"] if checks else []
    steps += [f"ALTER TABLE {table} VALIDATE CONSTRAINT {quote(c.name)};" for c in checks]
    for index in indexes:
        steps += [ctx.remedies.concurrent_index(_index_sql(index), index.table, later=True)]
        if index.constraint:
            kind = "PRIMARY KEY" if index.constraint in primary else "UNIQUE"
            name = quote(index.constraint)
            steps += ["-- and then:"]
            steps += [f"ALTER TABLE {index.table.sql} ADD CONSTRAINT {name} {kind} USING INDEX {name};"]
    return "\n".join(steps)


def _index_sql(index: Index) -> str:
    unique = "UNIQUE " if index.unique else ""
    keys = ", ".join(quote(e) if e in index.columns else f"({e})" for e in index.elements)
    method = f" USING {index.method}" if index.method != "btree" else ""
    where = f" WHERE {index.predicate.text}" if index.predicate is not None else ""
    name = quote(index.name.name)
    return f"CREATE {unique}INDEX {name} ON {index.table.sql}{method} ({keys}){where}"
