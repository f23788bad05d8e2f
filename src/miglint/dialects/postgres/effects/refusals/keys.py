"""What the server asks of primary keys and unique constraints."""

from collections.abc import Iterable

from miglint.dialects.postgres.effects.situation import Refusals, Situation, refused
from miglint.model import (
    AddConstraint,
    ConstraintDefinition,
    CreateTable,
    Failure,
    Name,
    quote,
)

_KEYS = {"primary": "primary key", "unique": "unique constraint"}


def _constraint(operation: AddConstraint, situation: Situation) -> tuple[Failure, ...]:
    return _repeated(operation.table, (operation.constraint,))


def _table(operation: CreateTable, situation: Situation) -> tuple[Failure, ...]:
    if operation.table in situation.schema.relations:
        return ()
    own = operation.all_constraints
    if sum(constraint.kind == "primary" for constraint in own) > 1:
        reason = f"it gives {operation.table.display} two primary keys"
        remedy = "keep one of them, and make the other one UNIQUE"
        return refused(operation.table, reason, "42P16", remedy)
    return _repeated(operation.table, own)


def _repeated(table: Name, constraints: Iterable[ConstraintDefinition]) -> tuple[Failure, ...]:
    for constraint in constraints:
        twice = next((c for c in constraint.columns if constraint.columns.count(c) > 1), None)
        if twice is not None and constraint.kind in _KEYS:
            reason = f"the column {quote(twice)} stands twice in the {_KEYS[constraint.kind]}"
            return refused(table, reason, "42701", "name each column once")
    return ()


REFUSALS: Refusals = {AddConstraint: _constraint, CreateTable: _table}
