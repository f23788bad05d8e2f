"""Rows: what a migration has done to them, and what of it can be undone."""

import re
from collections.abc import Iterator

from miglint.model import (
    AlterColumnType,
    Call,
    Delete,
    DropColumn,
    DropTable,
    Insert,
    Truncate,
    Update,
)
from miglint.rollback.draft.plan import Lost
from miglint.simulate.trace import Record

_BEFORE = "make a copy of them before the way up, if they are needed"


def undone(record: Record, *, listed: bool) -> Iterator[Lost]:
    """Say what an operation has done to rows that were there; `listed`: those of an INSERT are deleted."""
    operation, session = record.operation, record.session
    if isinstance(operation, Update) and session.was_there(operation.table):
        new = [column for column in operation.columns if (operation.table, column) in session.columns_added]
        columns = [column for column in operation.columns if column not in new]
        if columns:
            what = ", ".join(f"{operation.table.display}.{column}" for column in columns)
            yield Lost(f"values of {what}", f"overwritten by an UPDATE: {_BEFORE}")
    elif isinstance(operation, Delete) and session.was_there(operation.table):
        yield Lost(f"rows of {operation.table.display}", f"some are taken by a DELETE: {_BEFORE}")
    elif isinstance(operation, Truncate):
        for table in operation.tables:
            if session.was_there(table):
                yield Lost(f"rows of {table.display}", f"taken by TRUNCATE: {_BEFORE}")
    elif isinstance(operation, AlterColumnType) and session.was_there(operation.table):
        yield from _converted(operation, record)
    elif isinstance(operation, Insert) and session.was_there(operation.table) and not listed:
        yield Lost(
            f"rows of {operation.table.display}", "which of them were added by an INSERT is not known here"
        )
    elif isinstance(operation, Call) and not record.schema.functions.get(operation.procedure):
        yield Lost(f"CALL {operation.procedure.display}", "what it does is not known")


def _converted(operation: AlterColumnType, record: Record) -> Iterator[Lost]:
    """Say what a conversion loses, or that its way back is not known."""
    what = f"values of {operation.table.display}.{operation.column}"
    losses = [loss for loss in record.effects.destroys if loss.column == operation.column]
    if losses:
        yield Lost(what, f"the new type holds less of them: {_BEFORE}")
    elif operation.using is not None and not _PLAIN.fullmatch(operation.using.text):
        yield Lost(what, f"by USING {operation.using.text} they are others now: {_BEFORE}")


_PLAIN = re.compile(
    r'(?i)\(*"?[\w$]+"?\)*(?:::[\w\s".()\[\],]+)*|cast\s*\(\s*"?[\w$]+"?\s+as\s[^()]+(?:\([\d, ]+\))?\)'
)
"""A column, or casts of it."""


def falls(record: Record) -> Iterator[Lost]:
    """Say which rows and values a DROP takes, of what was there before."""
    for name in record.schema.relations.changed(record.after.relations):
        table, left = record.schema.table(name), record.after.table(name)
        if table is None or table.from_before or not record.session.was_there(name):
            continue
        if left is None and isinstance(record.operation, DropTable):
            yield Lost(f"rows of {name.display}", f"taken by DROP TABLE: {_BEFORE}")
        elif left is not None and isinstance(record.operation, DropColumn):
            for column in table.columns:
                gone = left.column(column.name) is None
                if gone and not column.generated and (name, column.name) not in record.session.columns_added:
                    what = f"values of {name.display}.{column.name}"
                    yield Lost(what, f"taken by DROP COLUMN: {_BEFORE}")
