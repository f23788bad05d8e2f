"""What of the data a migration and its way back lose for good."""

from collections.abc import Iterator

from miglint.dialects.sql.session import Session
from miglint.model import (
    AddColumn,
    CreateTable,
    Delete,
    DoBlock,
    Insert,
    Loss,
    MoveTable,
    Name,
    Operation,
    RenameColumn,
    RenameTable,
    Unparsed,
    Update,
)
from miglint.rollback.reasons import Kind, Reason
from miglint.simulate import Record, Trace

_DERIVED = ("materialized view", "view")


def is_opaque(operation: Operation) -> bool:
    """Whether nobody can tell what it does."""
    return isinstance(operation, Unparsed) or (isinstance(operation, DoBlock) and not operation.parsed)


def of_up(up: Trace, down: Trace | None) -> Iterator[Reason]:
    """Give what the way up destroys or overwrites of what was there before it.

    Values that were copied first are not lost if the way back fills what it makes anew.
    """
    filled = _filled(down) if down is not None else None
    computed = _computed(down) if down is not None else set()
    in_full: set[tuple[Name, str]] = set()
    names = _Names()
    for record in up.records:
        in_full.update(_copied_in_full(record.operation))
        for loss in record.effects.destroys:
            if loss.kind in _DERIVED or _made(loss, record.session):
                continue
            table = record.schema.table(loss.table)
            column = table.column(loss.column) if table and loss.column else None
            if column is not None and column.generated and not loss.reason:
                continue
            copied, key, was = _is_copied(record, loss), (loss.table, loss.column), names.left(loss)
            is_filled = filled is None or key in filled or (was.table, was.column) in filled
            if not is_filled or (filled is None and not copied):
                lost = _lost(record, _words(loss, copied), "lost", loss.table, "up")
                yield lost._replace(subject=_shown(loss))
            elif copied and loss.column is not None and key not in in_full:
                words = f"the values of {_shown(loss)} are copied for some rows only, or changed"
                yield _lost(record, words, "converted", loss.table, "up")
            elif key in computed or not copied:
                words = f"the values of {_shown(loss)} are computed, and need not be what they were"
                yield _lost(record, words, "converted", loss.table, "up")
        yield from _overwritten(record)
        names.follow(record.operation)


def of_down(up: Trace, down: Trace) -> Iterator[Reason]:
    """Give what the way back destroys though the way up had left it alone."""
    put_in = {record.operation.table for record in up.records if isinstance(record.operation, Insert)}
    names = _Names()
    for record in down.records:
        for loss in record.effects.destroys:
            if loss.kind in _DERIVED or _made(loss, record.session) or _made(names.left(loss), up.session):
                continue
            is_there = loss.table in record.schema.relations
            if not is_there or (loss.kind == "rows" and names.table(loss.table) in up.session.emptied):
                continue
            if _is_copied(record, loss):
                continue
            lost = _lost(record, _words(loss, copied=False), "destroyed", loss.table, "down")
            yield lost._replace(subject=_shown(loss))
        operation = record.operation
        if isinstance(operation, Delete) and operation.table in put_in and not _takes_all(operation):
            continue  # It takes out what the way up has put in.
        yield from _overwritten(record, up, names)
        names.follow(operation)


class _Names:
    """The names that tables and columns had when a script began, which has renamed some."""

    def __init__(self) -> None:
        self._tables: dict[Name, Name] = {}
        self._columns: dict[tuple[Name, str], str] = {}

    def table(self, name: Name) -> Name:
        """Give the name of a table before."""
        return self._tables.get(name, name)

    def left(self, loss: Loss) -> Loss:
        """Give what is lost under the names before."""
        table = self.table(loss.table)
        column = loss.column and self._columns.get((table, loss.column), loss.column)
        return loss._replace(table=table, column=column)

    def follow(self, operation: Operation) -> None:
        """Take note of an operation, if it renames something."""
        if isinstance(operation, (MoveTable, RenameTable)):
            old = self._tables.pop(operation.table, operation.table)
            self._tables[operation.becomes] = old
        elif isinstance(operation, RenameColumn):
            table = self.table(operation.table)
            old_column = self._columns.pop((table, operation.column), operation.column)
            self._columns[table, operation.new_name] = old_column


def _made(loss: Loss, session: Session) -> bool:
    """Whether the script of a session has made what is lost."""
    is_added = loss.column is not None and (loss.table, loss.column) in session.columns_added
    return is_added or has_made(loss.table, session)


def has_made(table: Name, session: Session) -> bool:
    """Whether the script of a session has made a table, and not one that is deployed with it."""
    return session.is_new(table) and table not in session.earlier


def _is_copied(record: Record, loss: Loss) -> bool:
    copied = record.session.copied
    if loss.column is not None:
        return (loss.table, loss.column) in copied
    table = record.schema.table(loss.table)
    columns = [column.name for column in table.columns if not column.generated] if table else []
    return bool(columns) and all((loss.table, column) in copied for column in columns)


def _copied_in_full(operation: Operation) -> tuple[tuple[Name, str], ...]:
    """Give the columns of which a statement copies all values, and not those of some rows."""
    if isinstance(operation, (CreateTable, Insert, Update)) and operation.query and operation.query.functions:
        return ()
    if isinstance(operation, Update):
        filter_ = operation.filter
        tests_own = {(operation.table, column) for column in filter_.columns} <= {*operation.query.copies}
        is_whole = not filter_.joins and (filter_.absent or filter_.tautology or tests_own)
        return operation.query.copies if is_whole else ()
    if isinstance(operation, (CreateTable, Insert)) and operation.query is not None:
        return operation.query.copies if operation.query.whole else ()
    return ()


def _computed(down: Trace) -> set[tuple[Name, str | None]]:
    """Give the columns that a way back fills with something else than the values of others."""
    updates = [r.operation for r in down.records if isinstance(r.operation, Update)]
    return {
        (update.table, column)
        for update in updates
        if update.query.functions or not update.query.copies
        for column in update.columns
    }


def _takes_all(delete: Delete) -> bool:
    return delete.filter.absent or delete.filter.tautology


def _words(loss: Loss, copied: bool) -> str:
    if loss.reason:
        return f"of {_shown(loss)} {loss.reason}"
    what = f"the rows of {loss.table.display}" if loss.column is None else f"the values of {_shown(loss)}"
    return f"{what} are copied, and the way back does not fill it" if copied else f"{what} are gone"


def _shown(loss: Loss) -> str:
    return f"{loss.table.display}.{loss.column}" if loss.column else loss.table.display


def _overwritten(record: Record, up: Trace | None = None, names: _Names | None = None) -> Iterator[Reason]:
    """Give what a statement overwrites or deletes of rows that were there before."""
    operation, session, direction = record.operation, record.session, "up" if up is None else "down"
    table = getattr(operation, "table", None)
    if table is None or has_made(table, session):
        return
    if up is not None and names is not None and has_made(names.table(table), up.session):
        return
    if isinstance(operation, Update):
        values = [Loss("values", table, column) for column in operation.columns]
        values = [loss for loss in values if not _made(loss, session)]
        if up is not None and names is not None:
            values = [loss for loss in values if not _made(names.left(loss), up.session)]
        old = [each.column for each in values if each.column and (table, each.column) not in session.copied]
        if old:
            which = ", ".join(f"{table.display}.{column}" for column in old)
            words = (
                f"which rows had NULL in {which} is not known any more"
                if operation.filter.only_of_nulls and set(operation.filter.nulls) >= set(old)
                else f"the former values of {which} are overwritten"
            )
            yield _lost(record, words, "overwritten", table, direction)
    elif isinstance(operation, Delete):
        loss = Loss("rows", table)
        if not _is_copied(record, loss):
            yield _lost(record, f"rows of {table.display} are deleted", "overwritten", table, direction)
    elif isinstance(operation, Insert) and operation.updates:
        words = f"rows of {table.display} that were there before are overwritten"
        yield _lost(record, words, "overwritten", table, direction)


def _lost(record: Record, words: str, kind: Kind, table: Name, direction: str) -> Reason:
    return Reason(
        "lossy", kind, words, record.statement, record.operation.span, direction=direction, table=table
    )


def _filled(down: Trace) -> set[tuple[Name, str | None]]:
    """What a way back puts values into: columns, and tables as a whole, by every name that they get."""
    filled: set[tuple[Name, str | None]] = set()
    for operation in (record.operation for record in down.records):
        if isinstance(operation, Update):
            filled |= {(operation.table, column) for column in operation.columns}
        elif isinstance(operation, Insert) and operation.rows is None:
            filled |= {(operation.table, column) for column in (None, *operation.columns)}
        elif isinstance(operation, CreateTable) and operation.query is not None and operation.with_data:
            filled |= {(operation.table, column.name) for column in operation.columns}
            filled.add((operation.table, None))
        elif isinstance(operation, AddColumn) and operation.column.generated:
            filled.add((operation.table, operation.column.name))
        elif isinstance(operation, RenameColumn):
            if (operation.table, operation.column) in filled:
                filled.add((operation.table, operation.new_name))
        elif isinstance(operation, (RenameTable, MoveTable)):
            new = operation.becomes
            filled |= {(new, column) for table, column in filled if table == operation.table}
    return filled
