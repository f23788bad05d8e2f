"""
Guarantee of the database that code may rely on.

NOT NULL, CHECK, a foreign key, a default, an identity, a generated value, a type: while they stand, code
need not think of what they exclude. Dropping one loses nothing and breaks no query, but from COMMIT on rows
can come that old code does not expect: a NULL that it reads into a type without one, an orphan, a value that
nobody computed.
First release code that copes with such rows, and then drop the guarantee.

Off by default: most of these are meant, and the code that needs it is not seen.
Silent when the table is new in this release, when the table or the column goes as well, and when the same
guarantee is there again at the end of the migration. `required-column` speaks of a default that makes INSERTs
fail, `dropped-unique` of unique constraints.

https://www.postgresql.org/docs/current/ddl-constraints.html
"""

from collections.abc import Iterator

from miglint.model import (
    Confidence,
    Constraint,
    DropConstraint,
    DropDefault,
    DropExpression,
    DropExtension,
    DropIdentity,
    DropNotNull,
    DropType,
    Finding,
    Severity,
    Table,
    quote,
)
from miglint.rule import Bad, Context, Good, Rule, Together

_USERS = """
    CREATE TABLE teams (id bigint PRIMARY KEY);
    CREATE TABLE users (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        team_id bigint NOT NULL CONSTRAINT of_team REFERENCES teams,
        age int DEFAULT 18 CONSTRAINT grown CHECK (age > 0),
        next int GENERATED ALWAYS AS (age + 1) STORED
    );
"""

rule = Rule(
    __name__,
    severity=Severity.NOTE,
    since="0.1.0",
    confidence=Confidence.MEDIUM,
    profile="all",
    together=Together("table"),
    examples=(
        Bad(
            "NOT NULL",
            "ALTER TABLE users ALTER team_id DROP NOT NULL;  -- expect: dropped-guarantee",
            history=_USERS,
        ),
        Bad(
            "foreign key",
            "ALTER TABLE users DROP CONSTRAINT of_team;  -- expect: dropped-guarantee",
            history=_USERS,
        ),
        Bad(
            "CHECK", "ALTER TABLE users DROP CONSTRAINT grown;  -- expect: dropped-guarantee", history=_USERS
        ),
        Bad(
            "default",
            "ALTER TABLE users ALTER age DROP DEFAULT;  -- expect: dropped-guarantee",
            history=_USERS,
        ),
        Bad(
            "identity",
            "ALTER TABLE users ALTER id DROP IDENTITY;  -- expect: dropped-guarantee",
            history=_USERS,
        ),
        Bad(
            "generated value",
            "ALTER TABLE users ALTER next DROP EXPRESSION;  -- expect: dropped-guarantee",
            history=_USERS,
        ),
        Bad("extension", "DROP EXTENSION pgcrypto;  -- expect: dropped-guarantee"),
        Bad(
            "type",
            "DROP TYPE mood;  -- expect: dropped-guarantee",
            history="CREATE TYPE mood AS ENUM ('glad');",
        ),
        Good(
            "type that another one takes the name of",
            "DROP TYPE mood;\nCREATE TYPE mood AS ENUM ('glad', 'sad');",
            history="CREATE TYPE mood AS ENUM ('glad');",
        ),
        Good("type is new in this migration", "CREATE TYPE mood AS ENUM ('glad');\nDROP TYPE mood;"),
        Good(
            "made again in another form",
            "ALTER TABLE users DROP CONSTRAINT grown;\nALTER TABLE users ADD CHECK (age > 17);",
            history=_USERS,
        ),
        Good(
            "the column goes as well",
            "ALTER TABLE users ALTER team_id DROP NOT NULL;\nALTER TABLE users DROP COLUMN team_id;",
            history=_USERS,
        ),
        Good(
            "the table goes as well",
            "ALTER TABLE users ALTER age DROP DEFAULT;\nDROP TABLE users;",
            history=_USERS,
        ),
        Good(
            "table is new in this migration",
            "CREATE TABLE a (n int NOT NULL);\nALTER TABLE a ALTER n DROP NOT NULL;",
        ),
        Good("there is none", "ALTER TABLE users DROP CONSTRAINT IF EXISTS other;", history=_USERS),
        Good(
            "unique constraint, which another rule reports",
            "ALTER TABLE users DROP CONSTRAINT one_team;",
            history=f"{_USERS}ALTER TABLE users ADD CONSTRAINT one_team UNIQUE (team_id);",
        ),
    ),
)

_Column = DropNotNull | DropDefault | DropIdentity | DropExpression
_WORDS = {
    DropNotNull: ("NOT NULL", "can be NULL"),
    DropDefault: ("its default", "gets no value by itself"),
    DropIdentity: ("its identity", "gets no number by itself"),
    DropExpression: ("its expression", "is no longer computed"),
}


@rule.check(DropNotNull, DropDefault, DropIdentity, DropExpression)
def dropped_guarantee(drop: _Column, ctx: Context) -> Iterator[Finding]:
    now = ctx.records[-1].after.table(drop.table)
    column = now.column(drop.column) if now else None
    if column is None or ctx.is_new(drop.table) or ctx.session.is_new_column(drop.table, drop.column):
        return
    stands = not column.nullable if isinstance(drop, DropNotNull) else column.default or column.identity
    if not stands:
        what, then = _WORDS[type(drop)]
        name = f"{drop.table.display}.{drop.column}"
        yield _finding(drop, f"{name} loses {what} and {then}, which running code may not expect")


@rule.check(DropConstraint)
def dropped_constraint(drop: DropConstraint, ctx: Context) -> Iterator[Finding]:
    before, now = ctx.table(drop.table), ctx.records[-1].after.table(drop.table)
    constraint = before.constraint(drop.name) if before else None
    if constraint is None or now is None or ctx.is_new(drop.table):
        return
    if constraint.kind not in ("check", "foreign", "exclude") or _has_like(now, constraint):
        return
    if all(now.column(name) for name in constraint.columns):
        what = {"check": "CHECK", "foreign": "foreign key"}.get(constraint.kind, "exclusion constraint")
        message = (
            f"without the {what} {quote(drop.name)}, {drop.table.display} takes rows that code may not expect"
        )
        yield _finding(drop, message)


@rule.check(DropExtension)
def dropped_extension(drop: DropExtension, ctx: Context) -> Iterator[Finding]:
    yield _finding(drop, f"code may still use functions and types of the extension {quote(drop.extension)}")


@rule.check(DropType)
def dropped_type(drop: DropType, ctx: Context) -> Iterator[Finding]:
    is_new = ctx.session.is_new_object("type", drop.type)
    if drop.type in ctx.schema.types and drop.type not in ctx.records[-1].after.types and not is_new:
        yield _finding(drop, f"code may still cast to the type {drop.type.display}")


def _has_like(table: Table, constraint: Constraint) -> bool:
    return any(
        other.kind == constraint.kind and other.columns == constraint.columns for other in table.constraints
    )


def _finding(drop: _Column | DropConstraint | DropExtension | DropType, message: str) -> Finding:
    tables = () if isinstance(drop, (DropExtension, DropType)) else (drop.table,)
    return Finding(drop.span, message, help="drop it when no running code relies on it", tables=tables)
