"""NOT VALID, for constraints that the server searches a table for when it adds them."""

from typing import TYPE_CHECKING

from miglint.model import AddConstraint, ConstraintDefinition, Edit, Fix, Name, WorkCause

if TYPE_CHECKING:
    from miglint.checks.context import Context

_VALIDATED: tuple[WorkCause, ...] = ("foreign", "check", "not null")
_PARTITIONED_NOT_VALID_VERSION = 18


def not_valid_fix(ctx: "Context") -> Fix | None:
    """Give NOT VALID for each constraint of a statement that blocks and can have it.

    None in a block, whose text may be computed.
    """
    edits = []
    for action in ctx.waits.blocking if ctx.block is None else ():
        operation = action.record.operation if action.record else None
        if not isinstance(operation, AddConstraint) or action.waits.cause not in _VALIDATED:
            continue
        if not refuses_not_valid(ctx, operation.table, operation.constraint):
            edits.append(Edit.insert(operation.span.end, " NOT VALID"))
    # Not safe: rows that break the constraint stay until it is validated.
    return Fix("Add NOT VALID", tuple(edits)) if edits else None


def refuses_not_valid(ctx: "Context", table: Name, constraint: ConstraintDefinition) -> bool:
    """Whether the server cannot add this constraint NOT VALID: the foreign key of a partitioned table."""
    found = ctx.table(table)
    partitioned = constraint.kind == "foreign" and found is not None and bool(found.partition_by)
    return partitioned and not ctx.server.has("postgres", _PARTITIONED_NOT_VALID_VERSION)
