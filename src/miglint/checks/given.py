"""Columns that get a value by themselves, where an INSERT gives none."""

from miglint.checks.context import Context
from miglint.model import Column, Name


def gives_itself(column: Column) -> bool:
    """Whether a column has a default, an identity or a formula."""
    given = column.default is not None and not column.default.is_null
    return given or bool(column.identity or column.generated)


def needs_a_value(table: Name, column: str, ctx: Context) -> bool:
    """Whether a column is there when the migration ends, and then nothing but INSERTs gives it a value.

    A trigger BEFORE INSERT may give one.
    """
    last = ctx.records[-1].after.table(table)
    now = last.column(column) if last else None
    if last is None or now is None or gives_itself(now) or ctx.loses_its_name(table):
        return False
    return not any(each.timing == "before" and "insert" in each.events for each in last.triggers)
