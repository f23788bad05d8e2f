"""Tables that take the place of others in one migration: by their rows, or by their names."""

from typing import NamedTuple

from miglint.model import CreateTable, DropTable, Insert, Name, RenameTable
from miglint.simulate.trace import Record


class Copied(NamedTuple):
    """The tables that were filled from another one, by their names when the other one is dropped.

    `whole`: no copy leaves out rows; `locked`: nobody else writes to the other one from the copies on.
    """

    into: tuple[Name, ...]
    whole: bool
    locked: bool


def copies(records: tuple[Record, ...]) -> dict[tuple[int, Name], Copied]:
    """Tell what a migration made and filled from the tables it drops, by the statement of the drop."""
    numbers: dict[Name, int] = {}
    names: list[Name] = []

    def number_of(name: Name) -> int:
        if name not in numbers:
            numbers[name] = len(names)
            names.append(name)
        return numbers[name]

    filled: dict[int, dict[int, tuple[bool, int | None]]] = {}
    found: dict[tuple[int, Name], Copied] = {}
    for record in records:
        operation = record.operation
        if isinstance(operation, RenameTable):
            moved, new = number_of(operation.table), operation.becomes
            del numbers[operation.table]
            numbers[new], names[moved] = moved, new
        elif isinstance(operation, DropTable) and number_of(operation.table) in filled:
            into = filled[number_of(operation.table)]
            whole = all(each for each, _ in into.values())
            locked = {None} != {each for _, each in into.values()} <= {record.session.transaction}
            tables = tuple(names[number] for number in into)
            found[record.number, operation.table] = Copied(tables, whole, locked)
        elif isinstance(operation, CreateTable) or (
            isinstance(operation, Insert) and record.session.is_new(operation.table)
        ):
            query = operation.query
            for name in query.reads if query is not None else ():
                held = record.session.lock_held(name)
                transaction = record.session.transaction if held and held.mode.blocks_writes else None
                copy = (query is not None and query.whole, transaction)
                filled.setdefault(number_of(name), {}).setdefault(number_of(operation.table), copy)
    return found


def takers(records: tuple[Record, ...]) -> dict[tuple[int, Name], Name]:
    """Give the tables that take the names of those which a migration drops, by the statement of the drop."""
    dropped: dict[Name, int] = {}
    found: dict[tuple[int, Name], Name] = {}
    for record in records:
        operation = record.operation
        if isinstance(operation, DropTable):
            dropped[operation.table] = record.number
        elif isinstance(operation, RenameTable):
            new = operation.becomes
            if new in dropped and record.schema.table(operation.table) is not None:
                found[dropped[new], new] = operation.table
    return found
