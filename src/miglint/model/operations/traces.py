"""What an operation leaves behind, as a way back has to know."""

from collections.abc import Iterator

from miglint.model.names import Name
from miglint.model.operations.code import DoBlock, RaiseError
from miglint.model.operations.indexes import DropIndex
from miglint.model.operations.parts import Operation
from miglint.model.operations.rows import Delete, Insert, Select, Update
from miglint.model.operations.session import (
    Begin,
    Commit,
    Maintenance,
    Opaque,
    Rollback,
    SetForTransaction,
    SetVariable,
)
from miglint.model.operations.tables import TableCommand

_NO_TRACE = ("comment", "set", "explain", "discard", "VariableShowStmt")


def leaves_no_trace(operation: Operation) -> bool:
    """Tell whether there is nothing to undo after an operation: it only comments, sets or selects."""
    if isinstance(operation, Opaque):
        return operation.kind in _NO_TRACE
    if isinstance(operation, TableCommand):
        return operation.action.startswith("comment")
    if isinstance(operation, DoBlock):
        return operation.parsed and all(map(leaves_no_trace, _inner(operation)))
    return isinstance(
        operation, (Begin, Commit, RaiseError, Rollback, Maintenance, Select, SetForTransaction, SetVariable)
    )


def repairs_rows(operation: Operation) -> bool:
    """Tell whether an operation leaves no more than other values in rows, or rows made out of others.

    What the rows were before stands nowhere, so that no SQL brings it back.
    """
    if isinstance(operation, DoBlock):
        return operation.parsed and all(map(_repairs_or_no_trace, _inner(operation)))
    if isinstance(operation, Insert):
        return operation.rows is None and operation.keyword != "copy"
    return isinstance(operation, (Update, Delete))


def _repairs_or_no_trace(operation: Operation) -> bool:
    return leaves_no_trace(operation) or repairs_rows(operation)


def _inner(block: DoBlock) -> Iterator[Operation]:
    return (operation for statement in block.body for operation in statement.operations)


def changed_by(operation: Operation) -> tuple[Name, ...]:
    """Give the relations that an operation changes, fills or drops."""
    if isinstance(operation, DropIndex):
        return (operation.name,)
    table = next((getattr(operation, field) for field in _OWN if hasattr(operation, field)), None)
    return (table,) if table is not None else getattr(operation, "tables", ())


_OWN = ("table", "view", "sequence")
