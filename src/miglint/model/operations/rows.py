"""Rows: read, written, deleted, locked."""

from typing import NamedTuple

from miglint.model.expression import Filter
from miglint.model.names import Name
from miglint.model.operations.parts import Deed, Query
from miglint.model.source import Span


class Update(NamedTuple):
    """`columns` are the assigned ones, `constants` the text of those values that are literals.

    `reads_itself`: a value comes from a query of the updated table, so that it depends on other rows.
    `cumulative`: a value is made of one that is assigned, so that a second run changes the rows once more.
    `assigned_twice` is a column that it gives two values, which are no parts of it.
    """

    span: Span
    table: Name
    columns: tuple[str, ...]
    filter: Filter
    query: Query
    nulls_assigned: tuple[str, ...] = ()
    constants: tuple[tuple[str, str], ...] = ()
    reads_itself: bool = False
    cumulative: bool = False
    assigned_twice: str = ""


class Delete(NamedTuple):
    span: Span
    table: Name
    filter: Filter
    query: Query


class Insert(NamedTuple):
    """`INSERT`, `MERGE` and `COPY ... FROM`; `rows` is the number of literal rows, None for a query.

    `updates` says that it changes rows that are there: ON CONFLICT DO UPDATE, or MERGE; `named_twice` and
    `assigned_twice` are columns that stand twice in its list, and that ON CONFLICT gives two values.
    """

    span: Span
    table: Name
    columns: tuple[str, ...] = ()
    rows: int | None = None
    query: Query = Query()
    keyword: str = "insert"
    updates: bool = False
    named_twice: str = ""
    assigned_twice: str = ""


class Select(NamedTuple):
    """`SELECT`; `searches` are the tables that it goes through, with the conditions on their rows."""

    span: Span
    query: Query
    searches: tuple[tuple[Name, Filter], ...] = ()
    deeds: tuple[Deed, ...] = ()


class Truncate(NamedTuple):
    span: Span
    tables: tuple[Name, ...]
    cascade: bool = False


class LockTable(NamedTuple):
    """`mode` is the lock mode in the manual's words, lower case."""

    span: Span
    tables: tuple[Name, ...]
    mode: str
