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
from typing import NamedTuple

from miglint.model import (
    DropColumn,
    DropConstraint,
    DropFunction,
    DropSchema,
    DropSequence,
    DropTable,
    DropType,
    DropView,
    Finding,
    Name,
    Relation,
    Schema,
    Severity,
    Table,
    View,
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
            "no CASCADE",
            "DROP VIEW names;",
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
_Identity = tuple[Name, str, str | tuple[str, ...]]
_Drop = (
    DropColumn | DropConstraint | DropFunction | DropSchema | DropSequence | DropTable | DropType | DropView
)


class _Part(NamedTuple):
    """Something that goes with something else: a view, or a part of a table, told apart by `key`.

    `name` is what a DROP of its own calls it.
    """

    relation: Name
    kind: str
    key: str | tuple[str, ...] = ""
    name: str = ""
    title: str = ""
    drop: str = ""

    @property
    def identity(self) -> _Identity:
        return (self.relation, self.kind, self.key)


@rule.check(DropColumn, DropConstraint, DropFunction, DropSchema, DropSequence, DropTable, DropType, DropView)
def drop_cascade(drop: _Drop, ctx: Context) -> Iterator[Finding]:
    if not drop.cascade or ctx.record is None:
        return
    # One finding stands for all objects that a statement drops at one place.
    if ctx.earlier and _is_alike(ctx.earlier[-1], ctx.record):
        return
    alike = [a.record for a in ctx.siblings if a.record and _is_alike(a.record, ctx.record)]
    first, last = _Parts(ctx.records[0].schema), _Parts(ctx.records[-1].after)
    own = {key for record in alike for key in _own(record)}
    depending = [
        part
        for part in _gone(ctx.schema, alike[-1].after, own)
        if part in first and (part.kind == "column" or part not in last)
    ]
    gone = [part for part in depending if not _is_named(part, ctx)]
    if not gone:
        return
    shown = ", ".join(part.title for part in gone[:_SHOWN])
    yield Finding(
        drop.span,
        f"CASCADE also drops {shown}" + (f" and {len(gone) - _SHOWN} more" if len(gone) > _SHOWN else ""),
        help="\n".join(
            ["drop by name what depends on it, then remove CASCADE:", *(part.drop for part in depending)]
        ),
        severity=Severity.ERROR if any(part.kind == "column" for part in gone) else None,
        tables=tuple(dict.fromkeys(part.relation for part in gone)),
    )


def _is_alike(one: Record, other: Record) -> bool:
    same_place = (one.number, one.operation.span) == (other.number, other.operation.span)
    return same_place and one.block is other.block


def _own(record: Record) -> set[_Identity]:
    """What the statement names itself, or what would go without CASCADE."""
    drop = record.operation
    if isinstance(drop, DropColumn):
        table = record.schema.table(drop.table)
        keys = table.foreign_keys if table else ()
        own: set[_Identity] = {(drop.table, "key", k.columns) for k in keys if drop.column in k.columns}
        return own | {(drop.table, "column", drop.column)}
    return {(drop.view, "view", "")} if isinstance(drop, DropView) else set()


def _gone(before: Schema, after: Schema, own: set[_Identity]) -> list[_Part]:
    """The views, and the parts of tables that are still there, that one schema has and the next has not."""
    changed = [before.relations[name] for name in before.relations.changed(after.relations)]
    parts = [
        part
        for relation in changed
        if isinstance(relation, View) or after.table(relation.name) is not None
        for part in _parts(relation)
    ]
    left = _Parts(after)
    return [part for part in parts if part.identity not in own and part not in left]


def _parts(relation: Relation) -> Iterator[_Part]:
    name = relation.name
    if isinstance(relation, View):
        kind = "materialized view" if relation.materialized else "view"
        title, drop = f"the {kind} {name.display}", f"DROP {kind.upper()} {name.sql};"
        yield _Part(name, "view", title=title, drop=drop)
    if not isinstance(relation, Table):
        return
    alter = f"ALTER TABLE {name.sql}"
    for column in relation.columns:
        title = f"the column {name.display}.{column.name}"
        drop = f"{alter} DROP COLUMN {quote(column.name)};"
        yield _Part(name, "column", column.name, column.name, title, drop)
    for key in relation.foreign_keys:
        title = f"the foreign key {key.name} of {name.display}"
        drop = f"{alter} DROP CONSTRAINT {quote(key.name)};"
        yield _Part(name, "key", key.columns, key.name, title, drop)
    for trigger in relation.triggers:
        title = f"the trigger {trigger.name} of {name.display}"
        drop = f"DROP TRIGGER {quote(trigger.name)} ON {name.sql};"
        yield _Part(name, "trigger", trigger.name, trigger.name, title, drop)


class _Parts:
    """What there is in a schema."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._known: dict[Name, set[_Identity]] = {}

    def __contains__(self, part: _Part) -> bool:
        if part.relation not in self._known:
            relation = self._schema.relations.get(part.relation)
            self._known[part.relation] = {p.identity for p in _parts(relation)} if relation else set()
        return part.identity in self._known[part.relation]


def _is_named(part: _Part, ctx: Context) -> bool:
    """Whether the migration drops it, or the table or a column that it is a part of, by name."""
    if part.kind != "view" and ctx.records[-1].after.table(part.relation) is None:
        return True
    columns = part.key if part.kind == "key" else ()
    return ctx.drops_later(part.relation, part.kind, part.name, *columns)
