"""Placeholders that a tool or a program fills in before the server sees the SQL."""

import re

from miglint.model.operations.session import Unparsed
from miglint.model.source import Source, Span

# Single braces are those of Python's `format` and Rust's `format!`: SQL has none but in strings, where an
# array may look the same (`'{a}'`).
_PLACEHOLDER = r"\{\{.*?\}\}|\$\{[^{}]*\}|(?<!')\{\w*\}|<%.*?%>|\$%\w+%\$"


def placeholder_at(statement: Unparsed, source: Source) -> str:
    """Give the placeholder at which the parser stops, "" if it stops at something else."""
    start = source.place(statement.span).span.start
    at = statement.at
    stop = -1 if at is None else source.place(Span(at, at)).span.start - start
    for match in re.finditer(_PLACEHOLDER, source[statement.span], re.DOTALL):
        if match.start() - 1 <= stop <= match.end():
            return " ".join(match.group().split())
    return ""
