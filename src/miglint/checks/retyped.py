"""What another type of a column does to running code, where no statement changes the type of one."""

from miglint.checks.context import Context
from miglint.dialects import load
from miglint.model import NOWHERE, AlterColumnType, Break, Column, Name, Table, Type


def retyping(old: Type, new: Type, ctx: Context) -> tuple[Break, ...]:
    """Say what becomes of code if a column of one type stands under the name of a column of another."""
    if old.qualified is not None and old.qualified not in ctx.schema.types:
        return ()
    name = Name(ctx.schema.home, "")
    schema = ctx.schema.with_relation(Table(name, (Column("", old),)))
    change = AlterColumnType(NOWHERE, name, "", new)
    server = ctx.server
    return load(server.dialect).effects(change, schema, ctx.session, server.version, (change,)).breaks
