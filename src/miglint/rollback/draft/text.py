"""A draft as people read it: a statement on a line, or a line for each part of a long one."""

from collections.abc import Iterable

from miglint.dialects.dialect import Write
from miglint.model import CreateTable, Operation
from miglint.model.remedy import Do, Given, Outside, RemedyStep, Say
from miglint.text.tokens import tokens

_LONG = 88


def text_of(steps: Iterable[RemedyStep], write: Write) -> str:
    """Write steps, a line or a paragraph for each."""
    return "\n".join(_text(step, write) for step in steps)


def _text(step: RemedyStep, write: Write) -> str:
    if isinstance(step, Do):
        return f"{_laid_out(write(*step.operations), step.operations)};"
    if isinstance(step, Say):
        return f"-- {step.text}"
    if isinstance(step, Outside):
        return text_of(step.steps, write)
    return step.sql if isinstance(step, Given) else ""


def _laid_out(sql: str, operations: tuple[Operation, ...]) -> str:
    if isinstance(operations[0], CreateTable) and len(sql) > _LONG:
        return _opened(sql)
    if len(operations) > 1 and len(sql) > _LONG:
        return "\n".join(_parted(sql, 0))
    return sql


def _opened(sql: str) -> str:
    """Give each part of the first parentheses a line of its own."""
    depth, start = 0, 0
    for token in tokens(sql):
        if token.kind != "mark":
            continue
        depth += (token.text in "([") - (token.text in ")]")
        if token.text == "(" and depth == 1 and not start:
            start = token.end
        elif token.text == ")" and depth == 0:
            parts = ",\n  ".join(_split(sql[start : token.start]))
            return f"{sql[:start]}\n  {parts}\n{sql[token.start :]}"
    return sql


def _split(sql: str) -> list[str]:
    depth, at, parts = 0, 0, []
    for token in tokens(sql):
        if token.kind == "mark":
            depth += (token.text in "([") - (token.text in ")]")
            if token.text == "," and depth == 0:
                parts.append(sql[at : token.start].strip())
                at = token.end
    return [*parts, sql[at:].strip()]


def _parted(sql: str, _depth: int) -> list[str]:
    """Give each action of an ALTER TABLE a line of its own."""
    first, *others = _split(sql)
    lines = [first, *(f"  {other}" for other in others)]
    return [f"{line}," for line in lines[:-1]] + lines[-1:]
