"""What makes a written way back fail: for certain, or once there are certain rows."""

from collections.abc import Iterator

from miglint.model import (
    AddConstraint,
    CreateIndex,
    Delete,
    DropIndex,
    Failure,
    FailureCause,
    Name,
    RaiseError,
    SetNotNull,
    Table,
    TableCommand,
    Unparsed,
    Update,
    changed_by,
    placeholder_at,
)
from miglint.rollback.reasons import Reason
from miglint.simulate import Record, Trace
from miglint.simulate.in_the_way import in_the_way


def of_down(up: Trace, down: Trace) -> Iterator[Reason]:
    """Give the reasons; the statements of a branch that may not run are left out.

    Rows that the script changes or deletes itself are taken for those that were in the way.
    """
    mended: set[Name] = set()
    for record in down.records:
        operation = record.operation
        if isinstance(operation, (Delete, Update)):
            mended.add(operation.table)
        if record.block is not None and (record.block.conditional or record.block.loop):
            continue
        for reason in _of_record(record, up):
            if (
                reason.kind != "rows"
                or reason.certain
                or (reason.table not in mended and not _all_fit(record, up))
            ):
                yield reason


def _of_record(record: Record, up: Trace) -> Iterator[Reason]:
    operation, effects = record.operation, record.effects
    for failure in effects.failures:
        if failure.cause is FailureCause.ROWS:
            yield _on_rows(record, failure)
        elif failure.certain and failure.cause is not FailureCause.NEWER:
            found = _fails(record, failure.reason, failure.sqlstate, failure.table)
            yield found._replace(remedy=failure.remedy)
    in_transaction = record.session.in_transaction or record.session.in_code
    if effects.outside_transaction and in_transaction:
        yield _fails(record, f"{effects.outside_transaction} cannot run in a transaction", "25001")
    if isinstance(operation, Unparsed) and _is_refused(operation, record):
        yield _fails(record, operation.reason, "42601")
    if not effects.refused and (column := _taken_by(up, record)):
        table = record.operation.table  # type: ignore[attr-defined]
        yield _fails(record, f"{table.display} has no column {column}", "42703", table)
    for name in effects.unmade:
        if name in changed_by(operation) and _would_be_told(name, up):
            code = "42704" if isinstance(operation, DropIndex) else "42P01"
            yield _fails(record, f"{name.display} is not there", code, name)


def _all_fit(record: Record, up: Trace) -> bool:
    """Whether no row can be in the way, as another key kept them apart so far, or all values are new."""
    operation, session = record.operation, record.session
    match operation:
        case SetNotNull(table=table, column=column):
            return session.is_filled(table, column)
        case AddConstraint(table=table, constraint=new) if new.kind == "check" and new.expression:
            return all((table, column) in session.columns_added for column in new.expression.columns)
        case AddConstraint(table=name, constraint=new) if new.kind in ("unique", "primary"):
            columns = {*new.columns}
        case CreateIndex(table=name, unique=True):
            columns = {element.column for element in operation.elements if element.column}
        case _:
            return False
    found = up.schema.table(name)
    keys = up.schema.indexes_of(found) if found is not None else ()
    return any(
        key.unique and key.valid and not key.predicate and columns.issuperset(key.elements) for key in keys
    )


def _would_be_told(name: Name, up: Trace) -> bool:
    """Whether the history tells of a relation that it is gone: it makes others there, and reads all of them.

    Where the way up sets the search path for one of that name, the connection may do so for the way back.
    """
    schema = up.schema
    places = {place for record in up.records for place in record.session.settings.search_path}
    if any(Name(place, name.name) in schema.relations for place in places if place != name.schema):
        return False
    found = schema.relations.get(name)
    if found is not None:
        return not (isinstance(found, Table) and found.from_before)
    elsewhere = (Name(place, name.name) for place in schema.schemas if place != name.schema)
    is_elsewhere = any(other in schema.relations for other in elsewhere)
    return schema.is_read and (is_elsewhere or any(schema.relations_in(name.schema)))


def _is_refused(operation: Unparsed, record: Record) -> bool:
    return operation.refused and not placeholder_at(operation, record.statement.source)


def _taken_by(up: Trace, record: Record) -> str:
    """Give the column that it works on and that the way up has taken: then it is gone, whatever is untold."""
    operation = record.operation
    table, column = getattr(operation, "table", None), getattr(operation, "column", None)
    if isinstance(operation, TableCommand):
        column = next((each.part for each in operation.sets if each.kind == "column"), None)
    if not (up.records and isinstance(table, Name) and isinstance(column, str)):
        return ""
    if getattr(operation, "if_exists", False) or getattr(operation, "if_table_exists", False):
        return ""
    before, now = up.records[0].schema, record.schema
    was, is_ = before.table(table), now.table(table)
    if was is None or was.column(column) is None or is_ is None or is_.column(column) is not None:
        return ""
    unclear = is_.unsure or table in now.unsure or now.doubts.changed(before.doubts)
    return "" if unclear else column


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
