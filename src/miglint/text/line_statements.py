"""Statements as goose and sql-migrate find them: up to a line that ends in a semicolon."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from miglint.model.source import Span
from miglint.text.lazy import expression
from miglint.text.sql import blanked

_LINE = expression(r"[^\n]*\n?")
_MARK = expression(r"--.*\+(?:goose|mi[cg]rate)[ \t]+(StatementBegin|StatementEnd)\b", re.IGNORECASE)

_ALONE = expression(
    r"(?:CREATE\s+(?:UNIQUE\s+)?|DROP\s+)INDEX\s+CONCURRENTLY\b|REINDEX\b.*\bCONCURRENTLY\b|VACUUM\b",
    re.IGNORECASE | re.DOTALL,
)


class Refusal(NamedTuple):
    """Where a script cannot be taken apart, what is wrong, and what to do.

    `open`: what stands there has no semicolon behind it.
    """

    span: Span
    message: str
    help: str
    open: bool = False


def refusals(text: str, section: Span, *, wrapped: bool) -> Iterator[Refusal]:
    """Give the places where a section is cut wrongly, or does not end.

    A body in dollar quotes, or any text, with a semicolon at the end of a line is cut there, unless it stands
    between StatementBegin and StatementEnd; what stands between these is one query, in which nothing may be
    that wants to be alone, even where the tool's transaction, `wrapped`, is turned off. The last statement
    has to end in a semicolon.
    """
    begin: int | None = None
    block: Span | None = None
    for found in _LINE.finditer(text, section.start, section.end):
        line = found.group()
        mark = _MARK.match(line)
        if mark:
            is_begin = mark[1].lower() == "statementbegin"
            if block is not None and not is_begin and not wrapped:
                code = [part.strip() for part in blanked(text[block.end : found.start()]).split(";")]
                if any(map(_ALONE.match, code)) and sum(map(bool, code)) > 1:
                    yield Refusal(
                        block,
                        "it is sent as one query, and CONCURRENTLY and VACUUM must be alone in theirs",
                        "put each statement between a StatementBegin and StatementEnd of its own",
                    )
            block = Span(*found.span()) if is_begin else None
            begin = begin if is_begin else None
            continue
        if begin is None:
            if not line.strip() or line.lstrip().startswith("--"):
                continue
            begin = found.start()
        if block is None and _ends(line):
            statement = text[begin : found.end()]
            if not blanked(statement).rstrip().endswith(";"):
                yield Refusal(
                    Span(begin, found.end()),
                    "the statement is cut at a semicolon inside a string or a body",
                    "put StatementBegin before it and StatementEnd after it",
                )
                return
            begin = None
    if block is not None:
        yield Refusal(block, "StatementBegin has no StatementEnd", "end the statement with it")
    elif begin is not None:
        span = Span(begin, begin + len(text[begin : section.end].rstrip()))
        yield Refusal(span, "no semicolon ends the last statement", "end it with one", open=True)


def _ends(line: str) -> bool:
    """Tell whether the last word before a comment ends in a semicolon."""
    last = ""
    for word in line.split():
        if word.startswith("--"):
            break
        last = word
    return last.endswith(";")
