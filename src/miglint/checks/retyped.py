"""What another type of a column does to running code."""

from typing import NamedTuple

from miglint.checks.context import Context
from miglint.dialects import load
from miglint.model import (
    NOWHERE,
    AlterColumnType,
    Break,
    Column,
    EnumType,
    Name,
    RenameColumn,
    Schema,
    Table,
    Type,
)


class Retyped(NamedTuple):
    """What becomes of code that knows a column by a type, once a migration that gives it another has run."""

    old: Type
    new: Type
    outcome: Break


def retyped(change: AlterColumnType | RenameColumn, ctx: Context) -> Retyped | None:
    """Say what a change of type, or a column that takes the name of another, does to running code.

    None where code does not notice, or does not know the column, or another rule speaks of its name.
    """
    table, altered = change.table, isinstance(change, AlterColumnType)
    column = change.column if isinstance(change, AlterColumnType) else change.new_name
    before, now = _at_start(table, column, ctx), _at_end(table, column, ctx)
    brought = ctx.is_new(table) or (altered and ctx.session.is_new_column(table, column))
    if now is None or brought or ctx.loses_its_name(table):
        return None
    if isinstance(change, AlterColumnType):
        found = ctx.table(table)
        here = found.column(column) if found else None
        before = before or here
        if here is None or before is None:
            return None
        gone = _values(before.type, ctx.records[0].schema) - _values(now.type, ctx.records[-1].after)
        breaks = ctx.effects.breaks if gone or now.type not in (here.type, before.type) else ()
    elif before is None or before.type == now.type:
        return None
    else:
        breaks = _breaks(before.type, now.type, ctx)
    return Retyped(before.type, now.type, breaks[0]) if breaks else None


def also_breaks_code(ctx: Context) -> str:
    """Say that code no longer works with what the statement retypes, to be added to a message; "" else."""
    for action in ctx.siblings:
        change = action.record.operation if action.record else None
        found = retyped(change, action) if isinstance(change, AlterColumnType) else None
        if isinstance(change, AlterColumnType) and found is not None and not found.outcome.only_drivers:
            known = f", which takes {change.column} for {found.old}," if found.old != found.new else ""
            return f"; code of the version before{known} {found.outcome.reason}"
    return ""


def _breaks(old: Type, new: Type, ctx: Context) -> tuple[Break, ...]:
    """Say what becomes of code if a column of one type stands under the name of a column of another."""
    if old.qualified is not None and old.qualified not in ctx.schema.types:
        return ()
    name = Name(ctx.schema.home, "")
    schema = ctx.schema.with_relation(Table(name, (Column("", old),)))
    change = AlterColumnType(NOWHERE, name, "", new)
    server = ctx.server
    return load(server.dialect).effects(change, schema, ctx.session, server.version, (change,)).breaks


def _values(type_: Type, schema: Schema) -> set[str]:
    """The values of an enum: a new one may have the name of the old one."""
    found = schema.types.get(type_.qualified) if type_.qualified else None
    return set(found.values) if isinstance(found, EnumType) else set()


def _at_start(table: Name, column: str, ctx: Context) -> Column | None:
    found = ctx.records[0].schema.table(ctx.old_name(table))
    return found.column(column) if found else None


def _at_end(table: Name, column: str, ctx: Context) -> Column | None:
    found = ctx.records[-1].after.table(table)
    return found.column(column) if found else None
