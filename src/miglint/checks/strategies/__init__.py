"""How a hazardous operation is done in several migrations, with the user's names: expand, fill, contract."""

from typing import TYPE_CHECKING

from miglint.checks.strategies.by_copy import renamed_by_copy
from miglint.checks.strategies.columns import Value, add_column
from miglint.checks.strategies.constraints import add_constraint, create_index, set_not_null
from miglint.checks.strategies.enums import recreated_enum
from miglint.checks.strategies.replaced import change_type, rename_column
from miglint.checks.strategies.rows import change_rows
from miglint.checks.strategies.tables import drop_column, drop_table, rename_table
from miglint.model import (
    AddColumn,
    AddConstraint,
    AlterColumnType,
    CreateIndex,
    Delete,
    DropColumn,
    DropTable,
    MoveTable,
    RenameColumn,
    RenameTable,
    SetNotNull,
    Update,
)
from miglint.model.strategy import NotDrafted, Strategy

if TYPE_CHECKING:
    from miglint.checks.context import Context

__all__ = ["Value", "strategy"]


def strategy(ctx: "Context", value: Value | None = None) -> Strategy | NotDrafted | None:
    """Give how the operation at hand is done in several migrations; None where one does it.

    It is None as well where nobody waits for it and no code misses what it takes away: on a table that is new
    or small. `value` is what old rows get in a column that must have one. The schema after the last stage is
    the one after the operation, but for the order of columns.
    """
    operation = ctx.record.operation if ctx.record is not None else None
    if operation is None or ctx.block is not None or ctx.refusals:
        return None
    found = _of(ctx, operation, value)
    return None if found is None else found._replace(covers=found.covers or (ctx.place,))


def _of(ctx: "Context", operation: object, value: Value | None) -> Strategy | NotDrafted | None:
    if isinstance(operation, AddColumn):
        return renamed_by_copy(ctx, operation) or add_column(ctx, operation, value)
    if isinstance(operation, SetNotNull):
        return set_not_null(ctx, operation, value.expression.text if value is not None else "")
    if isinstance(operation, AddConstraint):
        return add_constraint(ctx, operation)
    if isinstance(operation, CreateIndex):
        return create_index(ctx, operation)
    if isinstance(operation, RenameColumn):
        return rename_column(ctx, operation)
    if isinstance(operation, AlterColumnType):
        return recreated_enum(ctx, operation) if _is_of_enum(ctx, operation) else change_type(ctx, operation)
    if isinstance(operation, (RenameTable, MoveTable)):
        return rename_table(ctx, operation)
    if isinstance(operation, DropTable):
        return drop_table(ctx, operation)
    if isinstance(operation, DropColumn):
        return drop_column(ctx, operation)
    if isinstance(operation, (Update, Delete)):
        return change_rows(ctx, operation)
    return None


def _is_of_enum(ctx: "Context", change: AlterColumnType) -> bool:
    """Whether a column goes from one type of the database's own to another, while everybody waits."""
    table = ctx.table(change.table)
    column = table.column(change.column) if table is not None else None
    own = column is not None and column.type.qualified is not None and change.type.qualified is not None
    return own and bool(ctx.waits.blocked(ctx.effects.rewrites))
