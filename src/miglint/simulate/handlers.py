"""What becomes of a block whose handler catches what a statement of it certainly raises."""

from collections.abc import Sequence

from miglint.model import BlockStatement, Effects, Failure, FailureCause, Handled
from miglint.simulate.trace import Record


def caught(inner: BlockStatement, records: Sequence[Record]) -> tuple[Handled, Failure] | None:
    """Give the innermost block that catches the error of a statement, and the error; None without one."""
    for record in records if inner.handled else ():
        for failure in record.effects.failures:
            if failure.certain and failure.cause is not FailureCause.ROWS:
                catching = (block for block in reversed(inner.handled) if block.catches(failure.sqlstate))
                block = next(catching, None)
                return (block, failure) if block is not None else None
    return None


def undone(record: Record, failure: Failure) -> Record:
    """Give what is left of an operation: the server locks its own table before it finds the error."""
    own = record.schema.family(failure.table) if failure.table is not None else ()
    locks = tuple(lock for lock in record.effects.locks if lock.table in own)
    return record._replace(effects=Effects(locks=locks), after=record.schema)
