"""What the server asks of columns: of their identity, their default, how they are generated."""

from collections.abc import Iterable

from miglint.dialects.postgres.effects.situation import Refusals, Situation, refused
from miglint.model import (
    AddColumn,
    AddIdentity,
    Column,
    ColumnDefinition,
    CreateTable,
    DropDefault,
    DropExpression,
    DropIdentity,
    DropNotNull,
    Failure,
    Name,
    SetDefault,
    SetExpression,
    SetIdentity,
    Table,
    quote,
)


def _told(table: Name, name: str, situation: Situation) -> tuple[Table, Column] | None:
    """Give a column of which the history tells all, with its table."""
    found = situation.schema.table(table)
    column = found.column(name) if found is not None else None
    if found is None or column is None or not situation.is_told(found):
        return None
    return found, column


def _drop_not_null(operation: DropNotNull, situation: Situation) -> tuple[Failure, ...]:
    told = _told(operation.table, operation.column, situation)
    if told is None:
        return ()
    table, column = told
    if column.identity:
        remedy = f"ALTER TABLE {table.name.sql} ALTER COLUMN {quote(column.name)} DROP IDENTITY; -- first"
        return refused(table.name, f"{quote(column.name)} is an identity column", "42601", remedy)
    if table.primary_key is not None and column.name in table.primary_key.columns:
        reason = f"{quote(column.name)} is in the primary key of {table.name.display}"
        return refused(
            table.name, reason, "42P16", "drop the primary key first, or leave the column NOT NULL"
        )
    return ()


def _default(operation: SetDefault | DropDefault, situation: Situation) -> tuple[Failure, ...]:
    told = _told(operation.table, operation.column, situation)
    if told is None or not (told[1].identity or told[1].generated):
        return ()
    table, column = told
    kind, word = ("an identity", "IDENTITY") if column.identity else ("a generated", "EXPRESSION")
    remedy = f"ALTER TABLE {table.name.sql} ALTER COLUMN {quote(column.name)} DROP {word}; -- first"
    reason = f"{quote(column.name)} is {kind} column, which has no default of its own"
    return refused(table.name, reason, "42601", remedy)


def _add_identity(operation: AddIdentity, situation: Situation) -> tuple[Failure, ...]:
    told = _told(operation.table, operation.column, situation)
    if told is None:
        return ()
    table, column = told
    alter = f"ALTER TABLE {table.name.sql} ALTER COLUMN {quote(column.name)}"
    if column.nullable:
        reason = f"{quote(column.name)} can be null, and an identity column cannot"
        return refused(table.name, reason, "55000", f"{alter} SET NOT NULL; -- first")
    if column.identity:
        remedy = f"{alter} SET GENERATED {operation.identity.upper()};"
        return refused(table.name, f"{quote(column.name)} is an identity column already", "55000", remedy)
    if column.default is not None:
        reason = f"{quote(column.name)} has a default, and an identity column has none"
        return refused(table.name, reason, "55000", f"{alter} DROP DEFAULT; -- first")
    return ()


def _identity(operation: DropIdentity | SetIdentity, situation: Situation) -> tuple[Failure, ...]:
    told = _told(operation.table, operation.column, situation)
    if told is None or told[1].identity or (isinstance(operation, DropIdentity) and operation.if_exists):
        return ()
    reason = f"{quote(operation.column)} is no identity column"
    return refused(operation.table, reason, "55000", "remove the statement")


def _expression(operation: DropExpression | SetExpression, situation: Situation) -> tuple[Failure, ...]:
    told = _told(operation.table, operation.column, situation)
    if told is None or told[1].generated or (isinstance(operation, DropExpression) and operation.if_exists):
        return ()
    reason = f"{quote(operation.column)} is no generated column"
    return refused(operation.table, reason, "55000", "remove the statement")


def _column(operation: AddColumn, situation: Situation) -> tuple[Failure, ...]:
    table = situation.schema.table(operation.table)
    if table is None or table.column(operation.column.name) is not None:
        return ()
    generated = [column.name for column in table.columns if column.generated]
    return _defined(operation.table, (operation.column,), generated)


def _table(operation: CreateTable, situation: Situation) -> tuple[Failure, ...]:
    if operation.table in situation.schema.relations:
        return ()
    names = [column.name for column in operation.columns]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        reason = f"the column {quote(twice)} stands twice in the definition of {operation.table.display}"
        return refused(operation.table, reason, "42701", "remove one of them")
    return _defined(operation.table, operation.columns, ())


def _defined(table: Name, columns: Iterable[ColumnDefinition], before: Iterable[str]) -> tuple[Failure, ...]:
    generated = {*before, *(column.name for column in columns if column.generated)}
    for column in columns:
        made_by = [
            word
            for word, there in (
                ("a default", column.default is not None or column.serial),
                ("an identity", bool(column.identity)),
                ("a generation expression", bool(column.generated)),
            )
            if there
        ]
        if len(made_by) > 1:
            reason = f"{quote(column.name)} has both {made_by[0]} and {made_by[1]}"
            return refused(table, reason, "42601", "keep one of them")
        read = column.generation.columns if column.generation is not None else ()
        other = next((name for name in read if name in generated), None)
        if other is not None:
            reason = (
                f"{quote(column.name)} is generated from {quote(other)}, which is a generated column itself"
            )
            remedy = f"write the expression of {quote(other)} in its place"
            return refused(table, reason, "42P17", remedy)
    return ()


REFUSALS: Refusals = {
    AddColumn: _column,
    AddIdentity: _add_identity,
    CreateTable: _table,
    DropDefault: _default,
    DropExpression: _expression,
    DropIdentity: _identity,
    DropNotNull: _drop_not_null,
    SetDefault: _default,
    SetExpression: _expression,
    SetIdentity: _identity,
}
