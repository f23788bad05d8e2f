"""The help of all actions of one statement, of which the finding stands at the first."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from miglint.checks.remedies.steps import several
from miglint.model import AddColumn, AddConstraint, ConstraintDefinition, ConstraintKind

if TYPE_CHECKING:
    from miglint.checks.context import Context

WriteConstraint = Callable[["AddConstraint | AddColumn", ConstraintDefinition, str, "Context"], str]


def of_statement(ctx: "Context", write: "Callable[[Context], str]") -> str:
    """Give the help of all actions of a statement that block, step by step.

    `write` gives that of one; "" for an action of another kind, which then is mentioned.
    """
    written = [(action, write(action)) for action in ctx.waits.blocking]
    helps = [text for _, text in written if text]
    advised, left = several(helps)
    leads = ctx.waits.leading_work
    others = sum(not text and not action.waits.scans_apart for action, text in written) if leads else 0
    others += left
    what = "other action" if others == 1 else f"{others} other actions"
    return advised + (f"\n-- and likewise for the {what} of this statement" if others else "")


def of_constraints(ctx: "Context", kind: ConstraintKind, write: WriteConstraint) -> str:
    """Give the help of all constraints of a kind that a statement adds, as `of_statement` does."""

    def of_one(action: "Context") -> str:
        operation = action.record.operation if action.record else None
        constraint = action.waits.constraint(kind)
        if constraint is None or not isinstance(operation, (AddConstraint, AddColumn)):
            return ""
        name = action.constraint_name(operation.table, constraint)
        renamed = action.remedies.only_renamed(operation.table, name)
        return renamed or write(operation, constraint, name, action)

    return of_statement(ctx, of_one)
