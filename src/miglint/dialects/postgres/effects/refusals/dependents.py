"""What cannot go or change because something else needs it."""

from miglint.dialects.postgres.effects.situation import Refusals, Situation
from miglint.model import (
    AlterColumnType,
    DropColumn,
    DropIndex,
    DropTable,
    Failure,
    FailureCause,
    Name,
    Truncate,
    quote,
)


def _failure(table: Name, reason: str, sqlstate: str, remedy: str) -> tuple[Failure, ...]:
    return (Failure(table, reason, True, FailureCause.DEPENDED, sqlstate, remedy),)


def _views(table: Name, column: str, situation: Situation, sqlstate: str) -> tuple[Failure, ...]:
    relation = situation.schema.table(table)
    for name in relation.dependents if relation else ():
        view = situation.schema.view(name)
        if view is not None and (table, column) in view.columns_read:
            reason = f"the view {name.display} uses the column {column}"
            remedy = f"drop the view {name.display} first, and recreate it afterwards"
            return _failure(table, reason, sqlstate, remedy)
    return ()


def _type(operation: AlterColumnType, situation: Situation) -> tuple[Failure, ...]:
    return _views(operation.table, operation.column, situation, "0A000")


def _column(operation: DropColumn, situation: Situation) -> tuple[Failure, ...]:
    return () if operation.cascade else _views(operation.table, operation.column, situation, "2BP01")


def _index(operation: DropIndex, situation: Situation) -> tuple[Failure, ...]:
    index = situation.schema.index_named(operation.name)
    if index is None or index.constraint is None:
        return ()
    reason = f"the index belongs to the constraint {index.constraint}"
    remedy = f"ALTER TABLE {index.table.sql} DROP CONSTRAINT {quote(index.constraint)};"
    return _failure(index.table, reason, "2BP01", remedy)


def _table(operation: DropTable, situation: Situation) -> tuple[Failure, ...]:
    name = operation.table
    table = situation.schema.table(name)
    if table is None or operation.cascade:
        return ()
    family = situation.family(name)
    holder = next((holder for holder in table.referenced_by if holder not in family), None)
    if holder is None:
        return ()
    reason = f"the foreign key of {holder.display} points to {name.display}"
    return _failure(name, reason, "2BP01", f"drop the foreign key of {holder.display} first")


def _truncate(operation: Truncate, situation: Situation) -> tuple[Failure, ...]:
    emptied = dict.fromkeys(name for named in operation.tables for name in situation.family(named))
    for table in situation.schema.tables_among(() if operation.cascade else emptied):
        holder = next((holder for holder in table.referenced_by if holder not in emptied), None)
        if holder is not None:
            reason = f"the foreign key of {holder.display} points to {table.name.display}"
            remedy = f"name {holder.display} in the same TRUNCATE, if its rows may be deleted as well"
            return _failure(table.name, reason, "0A000", remedy)
    return ()


REFUSALS: Refusals = {
    AlterColumnType: _type,
    DropColumn: _column,
    DropIndex: _index,
    DropTable: _table,
    Truncate: _truncate,
}
