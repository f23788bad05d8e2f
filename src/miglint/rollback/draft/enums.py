"""Values of an enum taken away, which no statement does: the type is made anew, and each column goes over."""

from miglint.dialects.sql.replay.drops import columns_of_type
from miglint.model import (
    AlterColumnType,
    CreateEnum,
    DropDefault,
    DropType,
    EnumType,
    Expression,
    Name,
    Operation,
    RenameType,
    Schema,
    SetDefault,
    Table,
    Type,
    quote,
)
from miglint.model.remedy import NOWHERE
from miglint.rollback.draft.plan import Lost, Phase, Way, planned

_ROOM = 59
IN_USE = "the draft fails while there are any: give them another value, or delete them, first"


def without_values(now: EnumType, then: EnumType, has: Schema, had: Schema) -> Way:
    """Make the type anew with the values that it had, where only columns use it."""
    gone = [value for value in now.values if value not in then.values]
    words = " and ".join(map(repr, gone))
    users = [(table, column) for table, column in columns_of_type(now.name, has)]
    reason = _refused(now.name, has, users)
    if reason:
        yield Lost(
            f"enum {now.name.display}",
            f"no statement takes a value from an enum, and {reason}: {words or 'the order'} stays,"
            " which harms no code that never reads it",
        )
        return
    for holder, column in users if gone else ():
        yield Lost(f"rows with {words} in {holder.display}.{column}", IN_USE)
    aside = Name(now.name.schema, f"{now.name.name[:_ROOM]}_old")
    yield planned(Phase.TYPES, RenameType(NOWHERE, now.name, aside.name))
    yield planned(Phase.TYPES, CreateEnum(NOWHERE, then.name, then.values))
    for name, column in users:
        table = has.table(name)
        if table is not None and name == _root(table):
            yield planned(Phase.TYPES, *_moved(table, column, now.name))
    yield planned(Phase.TYPES, DropType(NOWHERE, aside))


def _root(table: Table) -> Name:
    return table.partition_of or next(iter(table.inherits), table.name)


def _moved(table: Table, name: str, type_: Name) -> list[Operation]:
    column = table.column(name)
    if column is None:
        return []
    new = Type(type_.name, type_.schema, array=column.type.array)
    text = f"{quote(name)}::text{'[]' if column.type.array else ''}::{new}"
    using = Expression(text, (name,), casts=("text", type_.name))
    actions: list[Operation] = [AlterColumnType(NOWHERE, table.name, name, new, using)]
    if column.default is None:
        return actions
    default = column.default
    return [
        DropDefault(NOWHERE, table.name, name),
        *actions,
        SetDefault(NOWHERE, table.name, name, default),
    ]


def _refused(type_: Name, schema: Schema, users: list[tuple[Name, str]]) -> str:
    """Say what else uses a type, so that its columns cannot get another one by a statement or two."""
    if schema.types_with_type(type_):
        return "another type is made of this one"
    for name, column in users:
        table = schema.table(name)
        if table is not None and column in table.partition_columns:
            return f"{name.display} is partitioned by it"
        for other in table.columns if table is not None else ():
            if other.generated and other.default is not None and column in other.default.columns:
                return f"{name.display}.{other.name} is made of it"
    return ""
