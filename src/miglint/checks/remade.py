"""Columns that take the place of others in one migration, and what becomes of their values."""

from collections import Counter
from enum import Enum

from miglint.model import AddColumn, DropColumn, Name, RenameColumn, Type, Update
from miglint.simulate.trace import Record


class Remade(Enum):
    """What becomes of the values of a column that is dropped and added again."""

    COMPUTED = "computed"
    """It was generated, and is computed or filled again."""
    NOT_GENERATED = "not generated"
    FILLED_FROM_COPY = "filled from a copy"
    EMPTY = "empty"
    """They were copied to elsewhere, and do not come back."""
    LOST = "lost"


def remade_columns(records: tuple[Record, ...]) -> dict[int, tuple[AddColumn, Remade]]:
    """Give the ADD COLUMN of each column that is dropped and added again, by the place of the drop."""
    found: dict[int, tuple[AddColumn, Remade]] = {}
    added: dict[tuple[Name, str], AddColumn] = {}
    filled: set[tuple[Name, str]] = set()
    for place in reversed(range(len(records))):
        operation, session = records[place].operation, records[place].session
        if isinstance(operation, AddColumn):
            added[operation.table, operation.column.name] = operation
        elif isinstance(operation, Update):
            filled |= {(operation.table, column) for column in operation.columns}
        elif isinstance(operation, DropColumn) and (operation.table, operation.column) in added:
            key = operation.table, operation.column
            add, table = added.pop(key), records[place].schema.table(operation.table)
            old = table.column(operation.column) if table is not None else None
            if old is not None and old.generated:
                how = Remade.COMPUTED if add.column.generated or key in filled else Remade.NOT_GENERATED
            elif key in session.copied:
                how = Remade.FILLED_FROM_COPY if key in filled else Remade.EMPTY
            else:
                how = Remade.LOST
            found[place] = add, how
            filled.discard(key)
    return found


def successors(records: tuple[Record, ...], table: Name) -> dict[Type, AddColumn]:
    """Give the only columns of their types that a migration adds to a table from which it drops one such.

    Each is perhaps a new name.
    """
    before = next((found for r in records if (found := r.schema.table(table)) is not None), None)
    types = {column.name: column.type for column in before.columns} if before else {}
    dropped: Counter[Type] = Counter()
    added: dict[Type, list[AddColumn]] = {}
    for record in records:
        operation = record.operation
        if isinstance(operation, DropColumn) and operation.table == table and operation.column in types:
            dropped[types[operation.column]] += 1
        elif isinstance(operation, AddColumn) and operation.table == table:
            added.setdefault(operation.column.type, []).append(operation)
    return {type_: adds[0] for type_, adds in added.items() if len(adds) == 1 == dropped[type_]}


def names_before(records: tuple[Record, ...]) -> dict[tuple[Name, str], str | None]:
    """Give the names that columns had when the migration began, None for those that it adds."""
    found: dict[tuple[Name, str], str | None] = {}
    for record in records:
        operation = record.operation
        if isinstance(operation, RenameColumn):
            key = operation.table, operation.column
            found[operation.table, operation.new_name] = found.pop(key, operation.column)
        elif isinstance(operation, AddColumn):
            found[operation.table, operation.column.name] = None
    return found


def is_filled(records: tuple[Record, ...], table: Name, column: str) -> bool:
    """Whether a migration fills a column that it adds, under whatever name, or has a trigger do it."""
    found, name = records[-1].after.table(table), column
    if found is not None and any(trigger.timing == "before" for trigger in found.triggers):
        return True
    for record in reversed(records):
        operation = record.operation
        if isinstance(operation, RenameColumn) and (operation.table, operation.new_name) == (table, name):
            name = operation.column
        elif isinstance(operation, Update) and operation.table == table and name in operation.columns:
            return True
        elif isinstance(operation, AddColumn) and (operation.table, operation.column.name) == (table, name):
            return operation.column.default is not None and not operation.column.default.is_null
    return False
