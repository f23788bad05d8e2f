"""Copies that a migration makes before it drops what it has copied: out of them the values come back."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from miglint.model import CreateTable, Insert, Name, Query, Schema, Table, Update
from miglint.simulate.trace import Record

_COLUMN = r'(?:"?[\w$]+"?\.)*"?([\w$]+)"?'
_SELECT = re.compile(r"(?is)\bselect\s+(.+?)\s+from\s")
_PLAIN = re.compile(rf"(?i)\s*{_COLUMN}(?:\s+as\s+\"?[\w$]+\"?)?\s*")


class Copies(NamedTuple):
    """The columns that are copied in full into others of their table, and the tables into other tables.

    Of a table: the name of the copy, and for each of its columns the one in the copy.
    """

    columns: dict[tuple[Name, str], str]
    tables: dict[Name, tuple[Name, dict[str, str]]]


def copies(records: Iterable[Record]) -> Copies:
    """Find the copies that statements make."""
    found = Copies({}, {})
    for record in records:
        operation = record.operation
        if isinstance(operation, Update):
            for source, target in _columns(operation, record):
                found.columns[operation.table, source] = target
        elif isinstance(operation, (CreateTable, Insert)) and operation.query is not None:
            for table, names in _tables(operation.query, operation, record):
                found.tables[table] = operation.table, names
    return found


def _columns(operation: Update, record: Record) -> Iterator[tuple[str, str]]:
    whole = operation.filter.absent or operation.filter.nulls == operation.columns
    if not whole or len(operation.columns) != 1:
        return
    (target,) = operation.columns
    for table, source in operation.query.copies:
        text = " ".join(record.statement.text.split())
        value = rf'(?:"?[\w$]+"?\.)*"?{re.escape(source)}"?'
        plain = rf'(?i)\bset "?{re.escape(target)}"? = {value}(?: where\b|;?$)'
        if table == operation.table and source != target and re.search(plain, text):
            yield source, target


def _tables(
    query: Query, operation: CreateTable | Insert, record: Record
) -> Iterator[tuple[Name, dict[str, str]]]:
    source = record.schema.table(query.reads[0]) if len(query.reads) == 1 and query.whole else None
    selected = _SELECT.search(record.statement.text)
    if source is None or selected is None or not source.complete or operation.table == source.name:
        return
    taken = _selected(selected[1], source)
    given = _given(operation, record.after, taken)
    if taken and len(given) == len(taken):
        yield source.name, dict(zip(taken, given, strict=True))


def _selected(text: str, source: Table) -> list[str]:
    """Give the columns that a SELECT takes as they are; none where it makes others of them."""
    if text.strip() == "*":
        return [column.name for column in source.columns]
    found = [_PLAIN.fullmatch(part) for part in text.split(",")]
    names = [match[1] for match in found if match is not None]
    known = len(names) == len(found) and all(source.column(name) is not None for name in names)
    return names if known else []


def _given(operation: CreateTable | Insert, after: Schema, taken: list[str]) -> list[str]:
    if isinstance(operation, Insert) and operation.columns:
        return [*operation.columns]
    table = after.table(operation.table)
    columns = [column.name for column in table.columns] if table is not None else []
    return columns[: len(taken)]
