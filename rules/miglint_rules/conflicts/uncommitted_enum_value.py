"""
New enum value that its own transaction uses.

`ALTER TYPE ... ADD VALUE` can run in a transaction, but the value cannot be used before COMMIT: the server
refuses each statement that reads it (55P04, unsafe use of new value), whether an UPDATE, an INSERT, a
default, a predicate or a view.
A file that is sent as one query is one transaction as well.
Add the value in a migration of its own, and use it in the next one.

Silent when this transaction creates the type and the server is newer than version 16, which refuses that as
well; when the value already exists; and where each statement commits on its own.
For a default it is certain; elsewhere the literal may be meant for another column, and the confidence is
medium.

https://www.postgresql.org/docs/current/sql-altertype.html#SQL-ALTERTYPE-NOTES
"""

import re
from collections.abc import Iterator
from itertools import product

from miglint.model import (
    AddColumn,
    AddEnumValue,
    Confidence,
    CreateEnum,
    EnumType,
    Finding,
    Name,
    Related,
    SetDefault,
    Severity,
)
from miglint.rule import Bad, Context, Good, Record, Rule

_HISTORY = (
    "CREATE TYPE mood AS ENUM ('sad');\nCREATE TABLE people (id bigint PRIMARY KEY, mood mood, note text);"
)
_ADD = "ALTER TYPE mood ADD VALUE 'glad';"

rule = Rule(
    __name__,
    severity=Severity.ERROR,
    since="0.1.0",
    examples=(
        Bad(
            "default of an existing column",
            f"""
                {_ADD}
                ALTER TABLE people ALTER COLUMN mood SET DEFAULT 'glad';  -- expect: uncommitted-enum-value
            """,
            history=_HISTORY,
        ),
        Bad(
            "default of a new column",
            f"""
                {_ADD}
                ALTER TABLE people
                    ADD COLUMN before mood DEFAULT 'glad';  -- expect: uncommitted-enum-value
            """,
            history=_HISTORY,
        ),
        Bad(
            "rows that get the value",
            f"{_ADD}\nUPDATE people SET mood = 'glad';  -- expect: uncommitted-enum-value",
            history=_HISTORY,
        ),
        Bad(
            "predicate of an index",
            f"""
                {_ADD}
                CREATE INDEX glad ON people (id) WHERE mood = 'glad';  -- expect: uncommitted-enum-value
            """,
            history=_HISTORY,
        ),
        Good(
            "value is added in a migration of its own",
            f"{_ADD}\n-- migration\nALTER TABLE people ALTER COLUMN mood SET DEFAULT 'glad';",
            history=_HISTORY,
        ),
        Good(
            "transaction creates the type",
            """
                CREATE TYPE state AS ENUM ('new');
                ALTER TYPE state ADD VALUE 'glad';
                CREATE TABLE tasks (state state DEFAULT 'glad');
            """,
            settings=(("postgres_version", 17),),
        ),
        Good(
            "value already exists",
            "ALTER TYPE mood ADD VALUE IF NOT EXISTS 'sad';\nUPDATE people SET mood = 'sad' WHERE id = 1;",
            history=_HISTORY,
        ),
        Good(
            "literal in a table without the type",
            f"{_ADD}\nINSERT INTO notes VALUES ('glad');",
            history=f"{_HISTORY}\nCREATE TABLE notes (note text);",
        ),
        Bad(
            "type and table from before the history",
            """
                ALTER TYPE state ADD VALUE 'refunded';
                UPDATE orders SET state = 'refunded' WHERE id = 1;  -- expect: uncommitted-enum-value
            """,
        ),
        Good(
            "value that is only named in a comment",
            f"{_ADD}\nUPDATE people SET note = '' /* no longer 'glad' */ WHERE id = 1;",
            history=_HISTORY,
        ),
    ),
)

# Servers 16.x refuse it with 55P04, 17.10 and 18.x do not.
_NEW_TYPE_VERSION = 17


@rule.check(AddEnumValue)
def uncommitted_enum_value(add: AddEnumValue, ctx: Context) -> Iterator[Finding]:
    record = ctx.once(_first_uses).get(len(ctx.earlier))
    created = ctx.schema.types.get(add.type) is not None and ctx.once(_created).get(add.type)
    if record is None or (
        created and ctx.commits_with(created) and ctx.server.has("postgres", _NEW_TYPE_VERSION)
    ):
        return
    exact = isinstance(record.operation, (SetDefault, AddColumn))
    yield Finding(
        record.operation.span,
        f"'{add.value}' is used before the transaction that adds it commits (SQLSTATE 55P04)",
        help="move the ALTER TYPE ... ADD VALUE to a migration of its own, before this one",
        confidence=None if exact else Confidence.MEDIUM,
        related=(Related(add.span, "the value is added here"),),
    )


def _created(records: tuple[Record, ...]) -> dict[Name, Record]:
    return {r.operation.type: r for r in records if isinstance(r.operation, CreateEnum)}


def _first_uses(records: tuple[Record, ...]) -> dict[int, Record]:
    """The first operations that use values which their own transaction adds, by the places of ADD VALUE."""
    found: dict[int, Record] = {}
    waiting: dict[tuple[object, Name | None, str], int] = {}
    for place, record in enumerate(records):
        operation, transaction = record.operation, _transaction(record)
        if isinstance(operation, AddEnumValue):
            enum = record.schema.types.get(operation.type)
            if enum is None or (isinstance(enum, EnumType) and operation.value not in enum.values):
                waiting[transaction, operation.type, operation.value] = place
            if enum is None:
                waiting[transaction, None, operation.value] = place
            continue
        for type_, value in product(_enums(record), _literals(record)) if waiting else ():
            added = waiting.pop((transaction, type_, value), None)
            if added is not None:
                found.setdefault(added, record)
    return found


def _transaction(record: Record) -> object:
    number = record.session.transaction
    return ("statement", record.number) if number is None else number


def _literals(record: Record) -> set[str]:
    """The literals of the operation's text; what stands in comments is not among them."""
    text = record.statement.source.shown(record.operation.span)
    parts = re.findall(r"--[^\n]*|/\*.*?\*/|'((?:[^']|'')*)'", text, re.DOTALL)
    return {part.replace("''", "'") for part in parts}


def _enums(record: Record) -> set[Name | None]:
    """The types of the column that the operation is about, or of all columns of its tables.

    None stands for those of a table that no migration makes.
    """
    operation = record.operation
    if isinstance(operation, AddColumn):
        type_ = operation.column.type.qualified
        return {type_} if type_ else set()
    query = getattr(operation, "query", None)
    names = {getattr(operation, "table", None), *(query.reads if query is not None else ())}
    tables = [record.after.table(name) for name in names if name is not None]
    known = {
        column.type.qualified
        for table in tables
        for column in (table.columns if table is not None else ())
        if column.type.qualified
        and (not isinstance(operation, SetDefault) or column.name == operation.column)
    }
    return known | ({None} if any(table is None or not table.complete for table in tables) else set())
