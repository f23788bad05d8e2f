"""What the text of a statement tells and its operations do not: its command, its names, its passwords."""

from collections.abc import Iterator
from itertools import islice

from miglint.model import COMMANDS, Source, Span, Statement
from miglint.text.lazy import expression
from miglint.text.tokens import Token, tokens

LONGEST = 63
"""The bytes of a name that the server keeps, where nobody has compiled another one."""
_VERBS = ("create", "alter", "drop")
_BEFORE_TABLE = ("global", "local", "unlogged", "foreign")
_AFTER_TABLE = ("if", "not", "exists", "only")


def long_names(statement: Statement) -> Iterator[tuple[str, Span]]:
    """Give the names in a statement of which the server keeps only the first bytes, and where they stand."""
    if not _LONG.search(statement.source.sql, *statement.span):
        return
    for token in _tokens(statement):
        name = _name(token)
        if len(name) * 4 > LONGEST and len(name.encode("utf-8", "replace")) > LONGEST:
            yield name, Span(token.start, token.end)


def bare_tables(statement: Statement) -> Iterator[tuple[str, Span]]:
    """Give the tables that CREATE, ALTER or DROP TABLE names without a schema, and where they stand.

    Temporary tables have none.
    """
    found = _tokens(statement)
    if next(found, _NOTHING).text not in _VERBS:
        return
    token = next(found, _NOTHING)
    while token.text in _BEFORE_TABLE:
        token = next(found, _NOTHING)
    if token.text != "table":
        return
    name = next(found, _NOTHING)
    while name.kind == "word" and name.text in _AFTER_TABLE:
        name = next(found, _NOTHING)
    while name.kind in ("word", "quoted"):
        token = next(found, _NOTHING)
        if token.text == ".":
            next(found, None)
            token = next(found, _NOTHING)
        else:
            yield _name(name), Span(name.start, name.end)
        name = next(found, _NOTHING) if token.text == "," else _NOTHING


_LONG = expression(rf'[\w$]{{{LONGEST}}}|"[^"]{{{LONGEST}}}|"[^"]*""|[^\x00-\x7f]')
"""What every text with a long name has: most have nothing like it, and are not read word by word."""
_NOTHING = Token("", "", 0, 0)


def _tokens(statement: Statement) -> Iterator[Token]:
    return tokens(statement.source.sql, statement.span.start, statement.span.end)


def _name(token: Token) -> str:
    if token.kind == "quoted":
        return token.text[1:-1].replace('""', '"')
    return token.text if token.kind == "word" else ""


def passwords(source: Source, span: Span) -> Iterator[Span]:
    """Give where a part of a text spells a password out: not a verifier, not what a tool fills in."""
    before = ""
    for token in tokens(source.sql, span.start, span.end):
        at = Span(token.start, token.end)
        if token.kind == "string" and source.is_literal(at):
            text = token.text.strip("'")
            inner = _INNER.search(token.text)
            given = (before == "password" and text) or inner
            value = inner[1] if inner else text
            if (given or _PASSWORD.search(text)) and not _NO_PASSWORD.search(value):
                yield at
        before = token.text


_PASSWORD = expression(r"(?i)\bpassword\s*=\s*[^\s]|\b\w+://[^/\s:]+:[^/\s]+@")
"""A connection string with one."""
_INNER = expression(r"(?i)\bpassword\s+'+([^']+)'")
"""A password in a statement that is itself a string, as in EXECUTE."""
_NO_PASSWORD = expression(r"^SCRAM-SHA-256\$|\$\{|\{\{|%\(|^[<:$]|^%s$|__\w+__")
_NOISE = frozenset(
    "temporary temp global local unlogged unique recursive constraint trusted procedural force".split()
)


def command_of(statement: Statement) -> tuple[str, ...]:
    """Give the command that a statement is, in the words of `COMMANDS`, the most exact one first.

    `CREATE OR REPLACE VIEW` is `create or replace view`, and `create view` as well.
    """
    words = [t.text for t in islice(_tokens(statement), _FIRST_WORDS) if t.text not in _NOISE]
    found = [_longest(words)]
    if words[1:3] == ["or", "replace"]:
        found.append(_longest(["create", *words[3:]]))
    return tuple(filter(None, found))


_FIRST_WORDS = 8


def _longest(words: list[str]) -> str:
    starts = (" ".join(words[:count]) for count in range(5, 0, -1))
    return next((start for start in starts if start in COMMANDS), "")
