"""What makes a written way back fail: for certain, or once there are certain rows."""

from collections.abc import Iterator

from miglint.model import Failure, FailureCause, Name, RaiseError, Unparsed, placeholder_at
from miglint.rollback.reasons import Reason
from miglint.simulate import Record, Trace
from miglint.simulate.in_the_way import in_the_way


def of_down(up: Trace, down: Trace) -> Iterator[Reason]:
    """Give the reasons; the statements of a branch that may not run are left out."""
    for record in down.records:
        if record.block is not None and (record.block.conditional or record.block.loop):
            continue
        yield from _of_record(record, up)


def _of_record(record: Record, up: Trace) -> Iterator[Reason]:
    operation, effects = record.operation, record.effects
    for failure in effects.failures:
        if failure.cause is FailureCause.ROWS:
            yield _on_rows(record, failure)
        elif failure.certain and failure.cause is not FailureCause.NEWER:
            yield _fails(record, failure.reason, failure.sqlstate, failure.table)
    if effects.outside_transaction and (record.session.in_transaction or record.session.in_code):
        yield _fails(record, f"{effects.outside_transaction} cannot run in a transaction", "25001")
    if (
        isinstance(operation, Unparsed)
        and operation.refused
        and not placeholder_at(operation, record.statement.source)
    ):
        yield _fails(record, operation.reason, "42601")
    for name in effects.unmade:
        if up.schema.is_read:
            yield _fails(record, f"{name.display} is not there", "42P01", name)


def _fails(record: Record, words: str, sqlstate: str, table: Name | None = None) -> Reason:
    return Reason(
        "irreversible",
        "declared" if isinstance(record.operation, RaiseError) else "fails",
        words,
        record.statement,
        record.operation.span,
        sqlstate=sqlstate,
        table=table,
    )


def _on_rows(record: Record, failure: Failure) -> Reason:
    return Reason(
        "conditional",
        "rows",
        failure.reason,
        record.statement,
        record.operation.span,
        query=in_the_way(record),
        sqlstate=failure.sqlstate,
        certain=failure.certain,
        table=failure.table,
    )
