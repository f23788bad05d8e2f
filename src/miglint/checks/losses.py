"""The tables and columns whose data a migration destroys."""

from miglint.dialects.sql.session import Session
from miglint.model import DropColumn, DropSchema, DropTable, Name, Table
from miglint.simulate.trace import Record


def lost_tables(records: tuple[Record, ...]) -> dict[tuple[int, int], tuple[Record, list[Name]]]:
    """Give the tables that each statement drops with their rows, and the first operation that does."""
    found: dict[tuple[int, int], tuple[Record, list[Name]]] = {}
    for record in records:
        lost = _lost(record)
        if lost:
            found.setdefault((record.number, id(record.block)), (record, []))[1].extend(lost)
    return found


def _lost(record: Record) -> list[Name]:
    drop, session, schema = record.operation, record.session, record.schema
    guarded = isinstance(drop, (DropTable, DropSchema)) and drop.if_exists
    lost = [s.table for s in record.effects.destroys if s.kind == "table" and not session.is_new(s.table)]
    return [] if guarded and all(schema.table(name) is None for name in lost) else lost


def is_copied(table: Table | None, session: Session) -> bool:
    """Whether others have been filled out of all columns of a table."""
    columns = [column.name for column in table.columns if not column.generated] if table else []
    return table is not None and bool(columns) and all((table.name, c) in session.copied for c in columns)


def lost_columns(records: tuple[Record, ...], table: Name) -> tuple[str, ...]:
    """Give the columns of a table whose values a migration destroys."""
    lost: dict[str, None] = {}
    for record in records:
        drop, found, session = record.operation, record.schema.table(table), record.session
        if isinstance(drop, DropColumn) and drop.table == table and record.effects.destroys:
            column = found.column(drop.column) if found else None
            if not session.is_new_column(table, drop.column) and (table, drop.column) not in session.copied:
                lost.update({} if column and column.generated else {drop.column: None})
    return tuple(lost)
