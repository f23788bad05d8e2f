"""A remedy as the text that people see and paste: the one place where its steps become lines."""

from collections.abc import Iterable

from miglint.checks.remedies.steps import outside_transaction
from miglint.dialects.dialect import Write
from miglint.model import Advice
from miglint.model.remedy import Do, Given, Outside, RemedyStep, Say


def shown(steps: Iterable[RemedyStep], write: Write, advice: Advice) -> str:
    """Write steps, a line or more for each; `write` is the dialect's, `advice` the migration tool's."""
    return "\n".join(text for step in steps if (text := _shown(step, write, advice)))


def _shown(step: RemedyStep, write: Write, advice: Advice) -> str:
    if isinstance(step, Do):
        return f"{write(*step.operations)};"
    if isinstance(step, Say):
        return step.text if step.plain else f"-- {step.text}"
    if isinstance(step, Given):
        return step.sql
    return _outside(step, write, advice)


def _outside(step: Outside, write: Write, advice: Advice) -> str:
    return outside_transaction(
        advice,
        shown(step.steps, write, advice),
        later=step.later,
        remark=step.remark,
        again=shown(step.again, write, advice),
        each=step.each,
    )
