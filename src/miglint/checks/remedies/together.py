"""The help of all actions of one statement, of which the finding stands at the first."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from miglint.checks.remedies.steps import several
from miglint.model import AddColumn, AddConstraint, ConstraintDefinition, ConstraintKind

if TYPE_CHECKING:
    from miglint.checks.context import Context

_NAMED = 3
_LONG = 80

WriteConstraint = Callable[["AddConstraint | AddColumn", ConstraintDefinition, str, "Context"], str]


def of_statement(ctx: "Context", write: "Callable[[Context], str]") -> str:
    """Give the help of all actions of a statement that block, step by step.

    `write` gives that of one; "" for an action of another kind, whose steps are others.
    """
    written = [(action, write(action)) for action in ctx.waits.blocking]
    helps = [text for _, text in written if text]
    advised, left = several(helps)
    if left:
        what = "other action" if left == 1 else f"{left} other actions"
        advised += f"\n-- and likewise for the {what} of this statement"
    if ctx.waits.leading_work:
        others = [action for action, text in written if not text and not action.waits.scans_apart]
        advised += "".join(map(_with_steps_of_its_own, others[:_NAMED]))
    return advised


def _with_steps_of_its_own(action: "Context") -> str:
    operation = action.record.operation if action.record else None
    text = action.source.shown(operation.span) if action.source and operation else ""
    shown = " ".join(text.split())[:_LONG]
    return f"\n-- put this into a statement of its own, which needs other steps: {shown}"


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
