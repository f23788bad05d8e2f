"""
CASCADE that drops more than the statement names.

`DROP ... CASCADE` also drops everything that depends on the object: views, foreign keys of other tables,
triggers, generated columns, and with a type or domain every column of that type. The server says so only in a
NOTICE, which no migration tool stops for, and a rollback does not know what to recreate.
Drop what depends on it by name, then the object without CASCADE: the server refuses if anything still depends
on it.

It is an error when columns of other tables are dropped, with their data, and a warning otherwise.
Silent when the history knows nothing that depends on the object, when this migration created what is dropped,
recreates it or drops it by name as well, and about the tables of a dropped schema, which `dropped-table`
reports.

https://www.postgresql.org/docs/current/ddl-depend.html
"""

from collections.abc import Iterator

from miglint.model import (
    Dependent,
    DependentIdentity,
    Dependents,
    DropColumn,
    DropConstraint,
    DropFunction,
    DropSchema,
    DropSequence,
    DropTable,
    DropType,
    DropView,
    Finding,
    Severity,
    lost_dependents,
    quote,
)
from miglint.rule import Bad, Context, Good, Record, Rule

rule = Rule(
    __name__,
    severity=Severity.WARNING,
    since="0.1.0",
    examples=(
        Bad(
            "foreign key and view of a table",
            "DROP TABLE users CASCADE;  -- expect: drop-cascade",
            history="""
                CREATE TABLE users (id bigint PRIMARY KEY);
                CREATE TABLE orders (id bigint, buyer bigint REFERENCES users);
                CREATE VIEW buyers AS SELECT id FROM users;
            """,
        ),
        Bad(
            "type that columns use",
            "DROP TYPE mood CASCADE;  -- expect: drop-cascade",
            history="CREATE TYPE mood AS ENUM ('sad', 'ok');\nCREATE TABLE people (id bigint, mood mood);",
        ),
        Bad(
            "view on a column",
            "ALTER TABLE users DROP COLUMN name CASCADE;  -- expect: drop-cascade",
            history="""
                CREATE TABLE users (id bigint PRIMARY KEY, name text);
                CREATE VIEW names AS SELECT name FROM users;
            """,
        ),
        Bad(
            "foreign keys that depend on a primary key",
            "ALTER TABLE users DROP CONSTRAINT users_pkey CASCADE;  -- expect: drop-cascade",
            history="""
                CREATE TABLE users (id bigint PRIMARY KEY);
                CREATE TABLE orders (id bigint, buyer bigint REFERENCES users);
            """,
        ),
        Bad(
            "triggers that call a function",
            "DROP FUNCTION touch() CASCADE;  -- expect: drop-cascade",
            history="""
                CREATE TABLE users (id bigint PRIMARY KEY);
                CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
                CREATE TRIGGER touch BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch();
            """,
        ),
        Bad(
            "foreign key from outside a schema",
            "DROP SCHEMA billing CASCADE;  -- expect: drop-cascade",
            history="""
                CREATE SCHEMA billing;
                CREATE TABLE billing.plans (id bigint PRIMARY KEY);
                CREATE TABLE users (id bigint PRIMARY KEY, plan bigint REFERENCES billing.plans);
            """,
        ),
        Bad(
            "two functions in one statement",
            "DROP FUNCTION touch, check_name CASCADE;  -- expect: drop-cascade",
            history="""
                CREATE TABLE users (id bigint PRIMARY KEY);
                CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
                CREATE FUNCTION check_name() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
                CREATE TRIGGER touch BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION touch();
                CREATE TRIGGER check_name BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION check_name();
            """,
        ),
        Good(
            "no CASCADE, and the view is made again",
            "DROP VIEW names;\nCREATE VIEW names AS SELECT upper(name) AS name FROM users;",
            history="CREATE TABLE users (name text);\nCREATE VIEW names AS SELECT name FROM users;",
            recommended=True,
        ),
        Good(
            "nothing depends on the table",
            "DROP TABLE users CASCADE;",
            history="CREATE TABLE users (id bigint PRIMARY KEY);",
        ),
        Good(
            "view is recreated",
            """
                ALTER TABLE users DROP COLUMN name CASCADE;
                CREATE VIEW names AS SELECT full_name AS name FROM users;
            """,
            history="""
                CREATE TABLE users (id bigint PRIMARY KEY, name text, full_name text);
                CREATE VIEW names AS SELECT name FROM users;
            """,
        ),
        Good(
            "the other table is dropped by name",
            "DROP TABLE users CASCADE;\nDROP TABLE orders CASCADE;",
            history="""
                CREATE TABLE users (id bigint PRIMARY KEY);
                CREATE TABLE orders (id bigint, buyer bigint REFERENCES users);
            """,
        ),
        Good(
            "the foreign key is dropped by name, with IF EXISTS because it is gone already",
            """
                DROP TABLE users CASCADE;
                ALTER TABLE orders DROP CONSTRAINT IF EXISTS orders_buyer_fkey;
            """,
            history="""
                CREATE TABLE users (id bigint PRIMARY KEY);
                CREATE TABLE orders (id bigint, buyer bigint REFERENCES users);
            """,
        ),
        Good(
            "the column of the foreign key is dropped by name",
            "DROP TABLE users CASCADE;\nALTER TABLE orders DROP COLUMN buyer;",
            history="""
                CREATE TABLE users (id bigint PRIMARY KEY);
                CREATE TABLE orders (id bigint, buyer bigint REFERENCES users);
            """,
        ),
        Bad(
            "another foreign key is dropped by name",
            """
                DROP TABLE users CASCADE;  -- expect: drop-cascade
                ALTER TABLE orders DROP CONSTRAINT IF EXISTS orders_seller_fkey;
            """,
            history="""
                CREATE TABLE users (id bigint PRIMARY KEY);
                CREATE TABLE orders (
                    id bigint, buyer bigint REFERENCES users, seller bigint REFERENCES users
                );
            """,
        ),
        Good(
            "foreign key of the column itself, which is dropped without CASCADE too",
            "ALTER TABLE orders DROP COLUMN buyer CASCADE;",
            history="""
                CREATE TABLE users (id bigint PRIMARY KEY);
                CREATE TABLE orders (id bigint, buyer bigint REFERENCES users);
            """,
        ),
        Good(
            "what depends on it is new in this migration",
            "CREATE VIEW names AS SELECT name FROM users;\nALTER TABLE users DROP COLUMN name CASCADE;",
            history="CREATE TABLE users (id bigint PRIMARY KEY, name text);",
        ),
    ),
)

_SHOWN = 3
_Drop = (
    DropColumn | DropConstraint | DropFunction | DropSchema | DropSequence | DropTable | DropType | DropView
)


@rule.check(DropColumn, DropConstraint, DropFunction, DropSchema, DropSequence, DropTable, DropType, DropView)
def drop_cascade(drop: _Drop, ctx: Context) -> Iterator[Finding]:
    if not drop.cascade or ctx.record is None:
        return
    # One finding stands for all objects that a statement drops at one place.
    if ctx.earlier and _is_alike(ctx.earlier[-1], ctx.record):
        return
    alike = [a.record for a in ctx.siblings if a.record and _is_alike(a.record, ctx.record)]
    first, last = Dependents(ctx.records[0].schema), Dependents(ctx.records[-1].after)
    own = {key for record in alike for key in _own(record)}
    depending = [
        part
        for part in lost_dependents(ctx.schema, alike[-1].after)
        if part.identity not in own and part in first and (part.kind == "column" or part not in last)
    ]
    gone = [part for part in depending if not _is_named(part, ctx)]
    if not gone:
        return
    shown = ", ".join(part.title for part in gone[:_SHOWN])
    yield Finding(
        drop.span,
        f"CASCADE also drops {shown}" + (f" and {len(gone) - _SHOWN} more" if len(gone) > _SHOWN else ""),
        help="\n".join(["drop by name what depends on it, then remove CASCADE:", *map(_by_name, depending)]),
        severity=Severity.ERROR if any(part.kind == "column" for part in gone) else None,
        tables=tuple(dict.fromkeys(part.relation for part in gone)),
    )


def _is_alike(one: Record, other: Record) -> bool:
    same_place = (one.number, one.operation.span) == (other.number, other.operation.span)
    return same_place and one.block is other.block


def _own(record: Record) -> set[DependentIdentity]:
    """What the statement names itself, or what would go without CASCADE."""
    drop = record.operation
    if isinstance(drop, DropColumn):
        table = record.schema.table(drop.table)
        keys = table.foreign_keys if table else ()
        own: set[DependentIdentity] = {
            (drop.table, "key", k.columns) for k in keys if drop.column in k.columns
        }
        return own | {(drop.table, "column", drop.column)}
    return {(drop.view, "view", "")} if isinstance(drop, DropView) else set()


def _by_name(part: Dependent) -> str:
    table = part.relation.sql
    if part.kind == "trigger":
        return f"DROP TRIGGER {quote(part.name)} ON {table};"
    if part.kind == "view":
        return f"DROP {'MATERIALIZED VIEW' if part.materialized else 'VIEW'} {table};"
    what = "COLUMN" if part.kind == "column" else "CONSTRAINT"
    return f"ALTER TABLE {table} DROP {what} {quote(part.name)};"


def _is_named(part: Dependent, ctx: Context) -> bool:
    """Whether the migration drops it, or the table or a column that it is a part of, by name."""
    if part.kind != "view" and ctx.records[-1].after.table(part.relation) is None:
        return True
    columns = part.key if part.kind == "key" else ()
    return ctx.drops_later(part.relation, part.kind, part.name, *columns)
