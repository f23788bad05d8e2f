"""Rows that a statement spells out, taken away again by their key."""

from collections.abc import Iterator

from miglint.dialects.dialect import Dialect
from miglint.model import Insert, quote
from miglint.simulate.trace import Record
from miglint.text.tokens import Token, tokens


def deleted(record: Record, dialect: Dialect) -> str:
    """Give the DELETE of the rows that an INSERT lists, by a key; "" where they are not known for sure."""
    operation = record.operation
    table = record.schema.table(operation.table) if isinstance(operation, Insert) else None
    if not isinstance(operation, Insert) or table is None or operation.rows is None or operation.updates:
        return ""
    if operation.keyword != "insert" or record.block is not None:
        return ""
    text = record.statement.source.sql[record.statement.span.start : record.statement.span.end]
    columns = operation.columns or tuple(column.name for column in table.columns)
    rows = list(_rows(text, dialect))
    for key in record.schema.keys_of(table):
        places = [columns.index(name) for name in key if name in columns]
        values = [tuple(row[place] for place in places if place < len(row)) for row in rows]
        if len(rows) == operation.rows and all(len(each) == len(key) and all(each) for each in values):
            listed = ", ".join(each[0] if len(key) == 1 else f"({', '.join(each)})" for each in values)
            names = quote(key[0]) if len(key) == 1 else f"({', '.join(map(quote, key))})"
            condition = f"{names} IN ({listed})" if len(rows) > 1 else f"{names} = {listed}"
            return f"DELETE FROM {table.name.sql} WHERE {condition};"
    return ""


def _rows(text: str, dialect: Dialect) -> Iterator[list[str]]:
    """Give the values of each row as they are written, "" for those that are no constants."""
    found = list(tokens(text, lexis=dialect.lexis))
    words = [token.text if token.kind == "word" else "" for token in found]
    if "values" not in words or "conflict" in words or "select" in words:
        return
    row: list[str] = []
    parts: list[Token] = []
    depth = 0
    for token in found[words.index("values") + 1 :]:
        mark = token.text if token.kind == "mark" else ""
        depth += (mark in ("(", "[")) - (mark in (")", "]"))
        if mark == "(" and depth == 1:
            row, parts = [], []
        elif (mark == "," and depth == 1) or (mark == ")" and depth == 0):
            row.append(_constant(parts, text))
            parts = []
            if depth == 0:
                yield row
        elif depth:
            parts.append(token)


def _constant(parts: list[Token], text: str) -> str:
    """Give a string or number as it is written, with a sign or a cast."""
    kinds = [part.kind for part in parts]
    if kinds[:2] == ["mark", "number"] and parts[0].text == "-":
        kinds = kinds[1:]
    plain = kinds[:1] in (["string"], ["number"]) and (len(kinds) == 1 or kinds[1:3] == ["mark", "mark"])
    if not plain or "(" in (part.text for part in parts):
        return ""
    return text[parts[0].start : parts[-1].end]
