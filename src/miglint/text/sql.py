"""What the server takes for comments, strings, quoted names and bodies: the one place that decides it.

What databases do not share is a `Lexis`. Without one, the rules are those of PostgreSQL's scanner (scan.l),
which psql shares (psqlscan.l).
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from miglint.text.layout import blank
from miglint.text.lazy import expression

BLANKS = " \t\n\r\f\v"
"""What separates words for the server; any other blank of Unicode's is a letter to it."""
# Classes that say what is not in them: `re` takes 2 ms to compile one that reaches beyond ASCII.
_NEITHER = r":-@\[-^`{-\x7f"
LETTER = rf"[^\x00-/0-9{_NEITHER}]"
IN_WORD = rf"[^\x00-#%-/{_NEITHER}]"
"""A letter, a digit or a dollar sign."""


class Lexis(NamedTuple):
    """How a database writes what is no plain SQL.

    `names` are the characters that open a quoted name: `"`, a backtick, `[`. `hash` is a second sign for a
    comment to the end of the line; `line_ends` end such a comment. `nested`: block comments stand in each
    other. `open_block`: one that is never closed is a comment still. `dollars`: bodies stand in `$tag$`.
    `prefixes` can stand before a string, `name_prefixes` before a name in double quotes: patterns.
    `backslash` escapes the next character in all strings ("all"), in those with the prefix E ("e"), or in
    none (""): there it needs a second quote.
    """

    names: str = '"'
    hash: bool = False
    line_ends: str = "\r\n"
    nested: bool = False
    open_block: bool = False
    dollars: bool = False
    prefixes: str = ""
    name_prefixes: str = ""
    backslash: str = ""


POSTGRES = Lexis(nested=True, dollars=True, prefixes="[bBeEnNxX]|[uU]&", name_prefixes="[uU]&", backslash="e")

# A dollar sign behind a letter or a digit belongs to that word, behind a number it opens a body.
_TAG = rf"\$(?:{LETTER}[^\x00-/{_NEITHER}]*)?\$"
_DOLLARS = (
    rf"|\$(?<!{IN_WORD}\$){_TAG[2:]}"
    rf"|(?:[0-9](?<!{IN_WORD}[0-9])|\$(?<!{IN_WORD}\$)[0-9])[0-9.]*(?=\$)"
)
_DOLLAR = expression(_TAG)
_BLOCK = expression(r"/\*|\*/")
_LINE_END = expression(r"[\r\n]")
_NOT_BLANK = expression(rf"[^{BLANKS}]")
_CLOSING = {
    "'": expression(r"[^']*(?:''[^']*)*'"),
    '"': expression(r'[^"]*(?:""[^"]*)*"'),
    "`": expression(r"[^`]*(?:``[^`]*)*`"),
    "[": expression(r"[^\]]*\]"),
    "\\": expression(r"[^'\\]*(?:(?:\\.|'')[^'\\]*)*'", re.DOTALL),
}


class Part(NamedTuple):
    """A comment, string, quoted name or dollar-quoted body; or a character that was asked for, a mark.

    `kind` is comment (to the end of the line), block, string (with its prefix, `E'`), quoted, body or mark.
    What is not `closed` reaches to the end of the text, where the server refuses it.
    """

    kind: str
    start: int
    end: int
    closed: bool = True


def parts(
    text: str, start: int = 0, end: int | None = None, marks: str = "", lexis: Lexis = POSTGRES
) -> Iterator[Part]:
    """Give the parts of a text that are no plain SQL, in order, with the characters in `marks` among them."""
    end = len(text) if end is None else end
    opening, dollars = _opening(lexis, marks), lexis.dollars
    at = start
    # Whatever stood before it, a dollar sign right behind a part, or a number, belongs to no word.
    while found := (dollars and text[at : at + 1] == "$" and _DOLLAR.match(text, at, end)) or opening.search(
        text, at, end
    ):
        part = _part(text, found, at, end, lexis)
        at = part.end
        if part.kind != "number":
            yield part


@cache
def _opening(lexis: Lexis, marks: str) -> "re.Pattern[str]":
    # Each branch begins with a character, so that most places of a text fit none of them at a glance.
    pattern = rf"--|/\*|['{re.escape(lexis.names)}]" + ("|#" if lexis.hash else "")
    pattern += _DOLLARS if lexis.dollars else ""
    return re.compile(f"{pattern}|[{re.escape(marks)}]" if marks else pattern)


@cache
def _prefix(pattern: str) -> "re.Pattern[str]":
    return re.compile(rf"(?<!{IN_WORD})(?:{pattern})\Z")


def _part(text: str, opening: "re.Match[str]", begin: int, end: int, lexis: Lexis) -> Part:
    """Give the part that opens there; nothing of it stands before `begin`."""
    token, start, at = opening.group(), opening.start(), opening.end()
    if token == "--" or (token == "#" and lexis.hash):
        return Part("comment", start, _line_end(text, at, end, lexis))
    if token == "/*":
        return _block(text, start, at, end, lexis)
    if token == "'" or token in lexis.names:
        return _quoted(text, token, start, at, begin, end, lexis)
    if token[-1] == "$" and lexis.dollars:
        close = text.find(token, at, end)
        return Part("body", start, end if close < 0 else close + len(token), close >= 0)
    return Part("number" if token[-1] in ".0123456789" else "mark", start, at)


def _line_end(text: str, at: int, end: int, lexis: Lexis) -> int:
    if lexis.line_ends == "\n":
        stop = text.find("\n", at, end)
        return stop if stop >= 0 else end
    found = _LINE_END.search(text, at, end)
    return found.start() if found else end


def _block(text: str, start: int, at: int, end: int, lexis: Lexis) -> Part:
    depth = 1
    while depth:
        edge = _BLOCK.search(text, at, end)
        if edge is None:
            return Part("block", start, end, closed=lexis.open_block)
        if edge.group() == "*/":
            depth -= 1
        elif lexis.nested:
            depth += 1
        at = edge.end()
    return Part("block", start, at)


def _quoted(text: str, quote: str, start: int, at: int, begin: int, end: int, lexis: Lexis) -> Part:
    kind = "string" if quote == "'" else "quoted"
    prefixes = {"'": lexis.prefixes, '"': lexis.name_prefixes}.get(quote)
    prefix = _prefix(prefixes).search(text, max(start - 2, begin), start) if prefixes else None
    closing = quote
    if quote == "'" and (
        lexis.backslash == "all" or (lexis.backslash == "e" and prefix and prefix.group() in "eE")
    ):
        closing = "\\"
    start -= len(prefix.group()) if prefix else 0
    while True:
        close = _CLOSING[closing].match(text, at, end)
        if close is None:
            return Part(kind, start, end, closed=False)
        # Behind a line break a string of PostgreSQL's goes on, and keeps its kind.
        more = _continued(text, close.end(), end) if closing == "\\" and lexis.backslash == "e" else None
        if more is None:
            return Part(kind, start, close.end())
        at = more


def _continued(text: str, at: int, end: int) -> int | None:
    """Give where the next piece of a string begins, if a line break and no more than comments come first."""
    code = code_start(text, at, end, blocks=False)
    if text.startswith("'", code) and code < end and _LINE_END.search(text, at, code):
        return code + 1
    return None


def code_start(text: str, start: int, end: int, lexis: Lexis = POSTGRES, *, blocks: bool = True) -> int:
    """Give where the first thing that is neither blank nor comment starts; `end` if there is none.

    A comment that never ends is none. With `blocks` false, a block comment counts as code.
    """
    at = start
    while found := _NOT_BLANK.search(text, at, end):
        at = found.start()
        if text.startswith("--", at) or (lexis.hash and text[at] == "#"):
            at = _line_end(text, at, end, lexis)
        elif blocks and text.startswith("/*", at):
            block = _block(text, at, at + 2, end, lexis)
            if not block.closed:
                return at
            at = block.end
        else:
            return at
    return end


def has_sql(text: str) -> bool:
    """Tell whether a text begins with the word of a statement, behind comments; an empty one does."""
    code = code_start(text, 0, len(text))
    return code == len(text) or _STATEMENT.match(text, code) is not None


_STATEMENT = expression(
    r"(?:abort|alter|analy[sz]e|begin|call|checkpoint|close|cluster|comment|commit|copy|create|deallocate|declare"
    r"|delete|discard|do|drop|end|execute|explain|fetch|grant|import|insert|listen|load|lock|merge|move|notify"
    r"|prepare|reassign|refresh|reindex|release|reset|revoke|rollback|savepoint|security|select|set|show|start"
    r"|table|truncate|unlisten|update|vacuum|values|with)\b|[;(]",
    re.IGNORECASE,
)


def blanked(text: str, lexis: Lexis = POSTGRES) -> str:
    """Give the text with comments, string literals, quoted names and dollar bodies as spaces.

    Length and line breaks stay. What is never closed reaches to the end, as in PostgreSQL.
    """
    return _without(text, parts(text, lexis=lexis))


def without_comments(text: str) -> str:
    """Give the text with comments as spaces; length and line breaks stay."""
    return _without(text, (part for part in parts(text) if part.kind in ("comment", "block") and part.closed))


def _without(text: str, hidden: Iterator[Part]) -> str:
    kept: list[str] = []
    at = 0
    for part in hidden:
        kept += (text[at : part.start], blank(text[part.start : part.end]))
        at = part.end
    kept.append(text[at:])
    return "".join(kept)


def redelimited(sql: str, delimiter: str) -> str:
    """Put a semicolon where a tool splits at something else, at equal length."""
    if not delimiter.strip(";"):
        return sql
    breaks = delimiter.count("\n")
    ending = (";" + "\n" * breaks)[: len(delimiter)] if breaks else ";"
    pattern = rf"(?<!\w){re.escape(delimiter)}(?!\w)" if delimiter.isalnum() else re.escape(delimiter)
    return re.sub(pattern, ending.ljust(len(delimiter)), sql, flags=re.IGNORECASE)
