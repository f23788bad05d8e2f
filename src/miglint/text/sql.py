"""SQL text without what hides in it: enough to look for keywords, not a parser."""

import re

from miglint.text.layout import blank
from miglint.text.lazy import expression

_OPENING = expression(r"--|/\*|'|\"|\$(?:[^\W\d]\w*)?\$")
_BLOCK = expression(r"/\*|\*/")


def blanked(text: str) -> str:
    """Give the text with comments, string literals, quoted names and dollar bodies as spaces.

    Length and line breaks stay. What is never closed reaches to the end, as in PostgreSQL.
    """
    parts: list[str] = []
    at = 0
    while found := _OPENING.search(text, at):
        start = found.start()
        end = _end(text, found)
        parts.append(text[at:start])
        parts.append(blank(text[start:end]))
        at = end
    parts.append(text[at:])
    return "".join(parts)


def redelimited(sql: str, delimiter: str) -> str:
    """Put a semicolon where a tool splits at something else, at equal length."""
    if not delimiter.strip(";"):
        return sql
    breaks = delimiter.count("\n")
    ending = (";" + "\n" * breaks)[: len(delimiter)] if breaks else ";"
    pattern = rf"(?<!\w){re.escape(delimiter)}(?!\w)" if delimiter.isalnum() else re.escape(delimiter)
    return re.sub(pattern, ending.ljust(len(delimiter)), sql, flags=re.IGNORECASE)


def _end(text: str, opening: "re.Match[str]") -> int:
    token = opening.group()
    at = opening.end()
    if token == "/*":
        depth = 1
        while depth:
            edge = _BLOCK.search(text, at)
            if edge is None:
                return len(text)
            depth += 1 if edge.group() == "/*" else -1
            at = edge.end()
        return at
    close = text.find("\n" if token == "--" else token, at)
    if close < 0:
        return len(text)
    # A doubled quote opens the next literal at once, which hides the same characters.
    return close if token == "--" else close + len(token)
