"""Cutting a file into statements, independent of miglint's own parser front."""

import re
from collections.abc import Iterator
from typing import NamedTuple

import postgast
from postgast import native

_COPY_DATA = re.compile(
    r"^COPY\b[^;]*?\bFROM\s+STDIN\b[^;]*;[ \t]*\r?\n(?P<data>.*?)^\\\.[ \t]*$", re.I | re.M | re.S
)
_META_COMMAND = re.compile(r"^\\[a-zA-Z!?][^\n]*", re.M)
_NOT_SPACE = re.compile(r"[^\s]")
_LEADING = re.compile(r"(?:\s+|--[^\n]*(?:\n|\Z)|/\*.*?\*/|;)*", re.S)


class Statement(NamedTuple):
    """One statement to run; `start` and `end` are character offsets in its file.

    `transaction` is shared by the statements that commit together, None where it commits alone.
    `copy_data` are the lines that follow a COPY FROM STDIN.
    """

    path: str
    line: int
    end_line: int
    start: int
    end: int
    text: str
    migration: str
    transaction: int | None = None
    copy_data: str = ""


def split(text: str) -> list[tuple[int, int]]:
    """Give the character range of each statement: by the parser, by the scanner where that refuses."""
    blank = _without_psql(text)
    encoded = blank.encode()
    ranges = _ranges(native.lib.pg_query_split_with_parser, encoded)
    if ranges is None:
        ranges = _ranges(native.lib.pg_query_split_with_scanner, encoded)
    if ranges is None:
        return [(0, len(text))] if text.strip() else []
    return list(_in_characters(blank, encoded, ranges))


def kind(text: str) -> str:
    """Give the parser's name of a statement's node, `alter_table_stmt`; "" when it does not parse."""
    try:
        statements = postgast.parse(text).stmts
    except postgast.PgQueryError:
        return ""
    return str(statements[0].stmt.WhichOneof("node")) if len(statements) == 1 else ""


def statements(path: str, text: str, migration: str) -> list[Statement]:
    """Cut a file into statements; its own BEGIN and COMMIT make the transactions, else it is one."""
    found: list[Statement] = []
    transaction = 0
    inside = False
    for start, end in split(text):
        own = text[start:end]
        words = own.split(None, 1)[0].upper().rstrip(";") if own.strip() else ""
        if words in ("BEGIN", "START") and not inside:
            transaction, inside = transaction + 1, True
        found.append(
            Statement(
                path=path,
                line=text.count("\n", 0, start) + 1,
                end_line=text.count("\n", 0, end) + 1,
                start=start,
                end=end,
                text=own,
                migration=migration,
                transaction=transaction,
                copy_data=copy_data(text, end),
            )
        )
        if words in ("COMMIT", "END", "ROLLBACK") and inside and "TO" not in own.upper().split():
            transaction, inside = transaction + 1, False
    return found


def copy_data(text: str, end: int) -> str:
    """Give the data lines that follow a COPY FROM STDIN which ends at `end`; "" for other statements."""
    for match in _COPY_DATA.finditer(text):
        if match.start() <= end <= match.start("data"):
            return match["data"]
    return ""


def _without_psql(text: str) -> str:
    """Put spaces in place of psql's own lines: \\commands and COPY data."""
    if "\\" not in text:
        return text
    for match in _COPY_DATA.finditer(text):
        start, end = match.start("data"), match.end()
        text = text[:start] + _NOT_SPACE.sub(" ", text[start:end]) + text[end:]
    return _META_COMMAND.sub(lambda line: " " * len(line[0]), text)


def _ranges(function: object, encoded: bytes) -> list[tuple[int, int]] | None:
    """Call one of libpg_query's splitters; None when it refuses the text."""
    assert callable(function)
    result = function(encoded)
    try:
        if result.error:
            return None
        cut = (result.stmts[i].contents for i in range(result.n_stmts))
        return [(each.stmt_location, each.stmt_location + each.stmt_len) for each in cut]
    finally:
        native.lib.pg_query_free_split_result(result)


def _in_characters(text: str, encoded: bytes, ranges: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Turn byte ranges into character ranges that begin at the first word."""
    byte_at = character_at = 0
    for start, end in ranges:
        character_at += len(encoded[byte_at:start].decode())
        length = len(encoded[start:end].decode())
        first = _first_word(text, character_at, character_at + length)
        last = character_at + len(text[character_at : character_at + length].rstrip())
        if first < last:
            yield first, last
        character_at += length
        byte_at = end


def _first_word(text: str, start: int, end: int) -> int:
    match = _LEADING.match(text, start, end)
    return match.end() if match else start
