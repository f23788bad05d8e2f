"""What the server refuses because it has no cast, or makes none by itself."""

import re
from collections.abc import Iterator

from miglint.dialects.postgres.casts import has_cast
from miglint.dialects.postgres.effects.refusals.foreign_keys import comparable
from miglint.dialects.postgres.effects.refusals.natural import is_untyped, natural_type, unreadable
from miglint.dialects.postgres.effects.situation import Refusals, Situation
from miglint.dialects.postgres.types import type_written
from miglint.model import (
    AddColumn,
    AlterColumnType,
    Column,
    CreateTable,
    EnumType,
    Expression,
    Failure,
    FailureCause,
    Name,
    SetDefault,
    Table,
    Type,
    quote,
)

_MISMATCH = "42804"
_NO_CAST = "42846"
_UNREADABLE = "22P02"


def _failure(table: Name, reason: str, sqlstate: str, remedy: str, situation: Situation) -> Failure:
    schema = situation.schema
    certain = table not in schema.unsure and not schema.may_lack(table)
    return Failure(table, reason, certain, FailureCause.CAST, sqlstate, remedy)


def _type(operation: AlterColumnType, situation: Situation) -> tuple[Failure, ...]:
    table = situation.schema.table(operation.table)
    column = table.column(operation.column) if table is not None else None
    if table is None or column is None or column.generated:
        return ()
    for found in (_values(operation, column, situation), _default(operation, column, situation)):
        if found is not None:
            return (found,)
    return tuple(_keys(operation, table, situation))


def _values(operation: AlterColumnType, column: Column, situation: Situation) -> Failure | None:
    """The values of the column, as they are or as USING casts them."""
    schema, version = situation.schema, situation.version
    written = _cast_of_column(operation, situation)
    if written is not None:
        if has_cast(column.type, written, schema, version, written=True) is not False:
            return None
        reason = f"there is no cast from {column.type} to {written}"
        remedy = _by_way_of_text(operation, column, written, situation)
        return _failure(operation.table, reason, _NO_CAST, remedy, situation)
    if operation.using is not None and operation.using.text.strip('"') != operation.column:
        return None
    if has_cast(column.type, operation.type, schema, version) is not False:
        return None
    reason = f"{column.type} is not cast to {operation.type} by itself"
    way = has_cast(column.type, operation.type, schema, version, written=True)
    cast = f"{quote(operation.column)}::{operation.type}" if way else ""
    remedy = (
        _altered(operation, cast) if way else _by_way_of_text(operation, column, operation.type, situation)
    )
    return _failure(operation.table, reason, _MISMATCH, remedy, situation)


def _cast_of_column(operation: AlterColumnType, situation: Situation) -> Type | None:
    """Give the type that USING casts the bare column to."""
    using = operation.using
    if using is None or using.functions or using.has_subquery or len(using.casts) != 1:
        return None
    name = rf'"?{re.escape(operation.column)}"?'
    text = using.text.strip()
    if not re.fullmatch(
        rf"(?is)(\(\s*)*{name}(\s*\))*\s*::\s*[\w\s.,\"()]+|cast\s*\(\s*{name}\s+as\s+[\w\s.,\"()]+\)", text
    ):
        return None
    return type_written(using.casts[0], situation.schema, situation.search_path)


def _by_way_of_text(operation: AlterColumnType, column: Column, new: Type, situation: Situation) -> str:
    """An enum is cast to another one by way of text; for the rest there is no such way."""
    if isinstance(situation.schema.types.get(new.qualified) if new.qualified else None, EnumType):
        return _altered(operation, f"{quote(column.name)}::text::{new}")
    return f"write in USING how each {column.type} becomes a value of {new}"


def _altered(operation: AlterColumnType, using: str) -> str:
    column = quote(operation.column)
    return f"ALTER TABLE {operation.table.sql} ALTER COLUMN {column} TYPE {operation.type_sql} USING {using};"


def _default(operation: AlterColumnType, column: Column, situation: Situation) -> Failure | None:
    if column.default is None or column.identity or column.sequence is not None:
        return None
    schema, default = situation.schema, column.default
    type_ = natural_type(default, column.type, situation)
    if type_ is None or has_cast(type_, operation.type, schema, situation.version) is not False:
        return None
    name = quote(column.name)
    using = f" USING {operation.using.text}" if operation.using is not None else ""
    kept = f"'{default.text.strip(chr(39))}'" if is_untyped(default) else "..."
    remedy = (
        f"ALTER TABLE {operation.table.sql}\n"
        f"    ALTER COLUMN {name} DROP DEFAULT,\n"
        f"    ALTER COLUMN {name} TYPE {operation.type_sql}{using},\n"
        f"    ALTER COLUMN {name} SET DEFAULT {kept};"
    )
    reason = f"the default {default.text} of {column.name} is not cast to {operation.type} by itself"
    return _failure(operation.table, reason, _MISMATCH, remedy, situation)


def _keys(operation: AlterColumnType, table: Table, situation: Situation) -> Iterator[Failure]:
    """The foreign keys of the column and to it, which are made again."""
    schema = situation.schema
    changed = {
        each.column: each.type
        for each in situation.together
        if isinstance(each, AlterColumnType) and each.table == table.name
    }

    def type_of(owner: Table, name: str) -> Type | None:
        column = owner.column(name)
        new = changed.get(name) if owner.name == table.name else None
        return new or (column.type if column is not None else None)

    for holder in schema.tables_among(dict.fromkeys((table.name, *table.referenced_by))):
        for key in holder.foreign_keys:
            other = schema.table(key.references) if key.references else None
            touched = operation.column in (key.columns if holder.name == table.name else ()) or (
                other is not None and other.name == table.name and operation.column in key.referenced_columns
            )
            if other is None or not touched:
                continue
            for one, two in zip(key.columns, key.referenced_columns, strict=False):
                types = type_of(holder, one), type_of(other, two)
                if not comparable(*types, situation):
                    named = f"the foreign key {key.name} of {holder.name.display}"
                    reason = f"{named} would compare {types[0]} with {types[1]}"
                    remedy = "drop the foreign key, change both columns, and add it again"
                    yield _failure(operation.table, reason, _MISMATCH, remedy, situation)
                    return


def _set_default(operation: SetDefault, situation: Situation) -> tuple[Failure, ...]:
    table = situation.schema.table(operation.table)
    column = table.column(operation.column) if table is not None else None
    if column is None or column.generated or column.identity:
        return ()
    return tuple(_misfits(operation.table, column.name, column.type, operation.default, situation))


def _misfits(
    table: Name, column: str, type_: Type, default: Expression, situation: Situation
) -> Iterator[Failure]:
    """A default that its column cannot take."""
    if default.is_null:
        return
    if is_untyped(default):
        if wrong := unreadable(default, type_, situation):
            yield _failure(table, f"{default.text} is {wrong}", _UNREADABLE, "", situation)
        return
    found = natural_type(default, type_, situation)
    if found is not None and has_cast(found, type_, situation.schema, situation.version) is False:
        reason = f"{column} has the type {type_}, and its default {default.text} is of the type {found}"
        yield _failure(
            table, reason, _MISMATCH, "write the default as a value of the column's type", situation
        )


def _column(operation: AddColumn, situation: Situation) -> tuple[Failure, ...]:
    table, new = situation.schema.table(operation.table), operation.column
    if table is None or table.column(new.name) is not None or new.default is None:
        return ()
    return tuple(_misfits(operation.table, new.name, new.type, new.default, situation))


def _table(operation: CreateTable, situation: Situation) -> tuple[Failure, ...]:
    if operation.table in situation.schema.relations or operation.partition_of is not None:
        return ()
    return tuple(
        failure
        for new in operation.columns
        if new.default is not None
        for failure in _misfits(operation.table, new.name, new.type, new.default, situation)
    )


REFUSALS: Refusals = {
    AddColumn: _column,
    AlterColumnType: _type,
    CreateTable: _table,
    SetDefault: _set_default,
}
