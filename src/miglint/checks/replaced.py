"""Tables that take the place of others in one migration: by their rows, or by their names."""

from miglint.model import CreateTable, DropTable, Insert, Name, RenameTable
from miglint.simulate.trace import Record


def copies(records: tuple[Record, ...]) -> dict[tuple[int, Name], Name]:
    """Give the tables that a migration made and filled from one it drops, by the statement of the drop.

    Each under the name that it has at that time.
    """
    numbers: dict[Name, int] = {}
    names: list[Name] = []

    def number_of(name: Name) -> int:
        if name not in numbers:
            numbers[name] = len(names)
            names.append(name)
        return numbers[name]

    filled: dict[int, int] = {}
    found: dict[tuple[int, Name], Name] = {}
    for record in records:
        operation = record.operation
        if isinstance(operation, RenameTable):
            moved, new = number_of(operation.table), Name(operation.table.schema, operation.new_name)
            del numbers[operation.table]
            numbers[new], names[moved] = moved, new
        elif isinstance(operation, DropTable) and number_of(operation.table) in filled:
            copy = names[filled[number_of(operation.table)]]
            found[record.number, operation.table] = copy
        elif isinstance(operation, CreateTable) or (
            isinstance(operation, Insert) and record.session.is_new(operation.table)
        ):
            reads = operation.query.reads if operation.query is not None else ()
            filled.update((number_of(name), number_of(operation.table)) for name in reads)
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
            new = Name(operation.table.schema, operation.new_name)
            if new in dropped and record.schema.table(operation.table) is not None:
                found[dropped[new], new] = operation.table
    return found
