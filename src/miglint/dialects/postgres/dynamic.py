"""SQL that a PL/pgSQL body makes up as text, where the text is constant."""

import re

from miglint.text.lazy import expression

_LITERAL = expression(r"^\s*'((?:[^']|'')*)'\s*$", re.DOTALL)
_FORMAT = expression(
    r"^\s*format\s*\(\s*'((?:[^']|'')*)'\s*((?:,\s*'(?:[^']|'')*'\s*)*)\)\s*$", re.DOTALL | re.I
)
_DOLLAR = expression(r"^\s*(\$\w*\$)(.*)\1\s*$", re.DOTALL)


def dynamic_literal(expression: str) -> str | None:
    """Give the SQL of an EXECUTE whose text is constant: a literal, or format() over literals."""
    if match := _LITERAL.match(expression):
        return match.group(1).replace("''", "'")
    if match := _DOLLAR.match(expression):
        return match.group(2)
    if match := _FORMAT.match(expression):
        values = [v.replace("''", "'") for v in re.findall(r"'((?:[^']|'')*)'", match.group(2))]
        text = match.group(1).replace("''", "'")
        marks = re.findall(r"%[IsL]", text)
        if len(marks) == len(values):
            for mark, value in zip(marks, values, strict=True):
                written = {"%I": f'"{value}"', "%L": f"'{value}'"}.get(mark, value)
                text = text.replace(mark, written, 1)
            return text
    return None
