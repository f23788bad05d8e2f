"""How risky a change is: the kind of change, adjusted by what it really does.

The base follows the practice of migration reviews: a nullable column is low, a required column or a
dropped one medium, an index low to medium, a rename, a type change or a dropped table high.
"""

from collections.abc import Iterable

from miglint.dialects.sql.session import Session
from miglint.model import (
    AddColumn,
    AlterColumnType,
    CreateIndex,
    DropColumn,
    DropSchema,
    DropTable,
    DropView,
    Effects,
    MoveTable,
    Name,
    Operation,
    RenameColumn,
    RenameTable,
    RenameType,
    SetNotNull,
    Truncate,
    Unparsed,
)

LOW, MEDIUM, HIGH = "low", "medium", "high"
_ORDER = (LOW, MEDIUM, HIGH)

_HIGH = (AlterColumnType, DropSchema, DropTable, MoveTable, RenameColumn, RenameTable, RenameType, Truncate)
_MEDIUM = (DropColumn, SetNotNull)


def risk_of(operations: Iterable[Operation], effects: Effects, session: Session) -> str:
    """Give low, medium or high for a statement; `effects` are those on tables that were there before."""
    operations = tuple(operations)
    if any(isinstance(operation, Unparsed) for operation in operations):
        return HIGH  # Nothing is known of it, or the server refuses it.
    if effects.refused:
        return HIGH
    if not (effects.locks or effects.destroys or effects.rows_written):
        return LOW
    levels = [_base(operation, effects, session) for operation in operations]
    worst = max((_ORDER.index(level) for level in levels), default=0)
    blocks = any(lock.mode.blocks_writes for lock in effects.locks)
    if effects.rewrites or any(failure.certain for failure in effects.failures):
        worst = 2
    elif blocks and effects.works:
        worst = max(worst, 1)
    if any(not written.bounded for written in effects.rows_written):
        worst = max(worst, 1)
    return _ORDER[worst]


def _base(operation: Operation, effects: Effects, session: Session) -> str:
    table: Name | None = getattr(operation, "table", None)
    if table is not None and session.is_new(table):
        return LOW
    if isinstance(operation, AlterColumnType):
        # A change that the server makes for free still reaches code that knows the old type.
        return HIGH if effects.works else MEDIUM
    if isinstance(operation, _HIGH):
        return HIGH
    if isinstance(operation, DropView):
        return MEDIUM if operation.materialized else LOW
    if isinstance(operation, _MEDIUM):
        return MEDIUM
    if isinstance(operation, AddColumn):
        return MEDIUM if operation.column.not_null and operation.column.default is None else LOW
    if isinstance(operation, CreateIndex):
        return LOW if operation.concurrently else MEDIUM
    return LOW
