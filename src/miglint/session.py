"""The state in which a statement runs: open transaction, locks held, settings, and what this migration made.

A session is a value; each function gives the next one.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

from miglint.model import (
    AddColumn,
    Begin,
    Commit,
    CreateTable,
    CreateView,
    Delete,
    DropConstraint,
    DropTable,
    Effects,
    FailureCause,
    Filter,
    Insert,
    LockMode,
    MoveTable,
    Name,
    Operation,
    Query,
    RenameColumn,
    RenameTable,
    Rollback,
    Savepoint,
    Schema,
    SetVariable,
    Source,
    Span,
    Table,
    TransactionMode,
    Truncate,
    Unparsed,
    Update,
)
from miglint.model.frozen_map import FrozenMap, FrozenSet

_WRAPPED = (TransactionMode.PER_RUN, TransactionMode.PER_MIGRATION, TransactionMode.PIPELINE)


class Held(NamedTuple):
    """A table lock that the open transaction holds, and the statement that took it."""

    mode: LockMode
    span: Span
    source: Source


class Settings(NamedTuple):
    """The server settings that matter; timeouts in milliseconds, 0 for none, None for never set.

    `switches` are those that are on and only the effects of their own database know.
    """

    lock_timeout: float | None = None
    statement_timeout: float | None = None
    time_zone: str | None = None
    search_path: tuple[str, ...] = ()
    switches: frozenset[str] = frozenset()


class DroppedKey(NamedTuple):
    """A foreign key that was there until a statement of the migration dropped it."""

    table: Name
    columns: tuple[str, ...]
    references: Name | None
    referenced_columns: tuple[str, ...]


class Session(NamedTuple):
    """One connection while it runs one migration.

    `ways` are those of its database;
    `transaction` is the number of the open transaction, None when each statement commits alone;
    `opened_by` is "tool", "script" (a BEGIN) or "batch" (several statements in one query string).
    `in_code` says that a block or a function runs, which commands take for a transaction;
    `committed` are the settings after a COMMIT, `before` those after a ROLLBACK;
    `created` came into being in this migration, or one that is deployed with it, and no other session
    depends on it; `earlier` are those of them that were there before this migration;
    `columns_added` are new in this migration, `columns_given` those of them that an INSERT may have given a
    value;
    `filled` are the new tables that have rows, `emptied` the old ones that have none any more;
    `truncated` are those of them whose storage is new, and `dead` those that the open transaction has
    emptied by DELETE: their rows are still there for the server, which reads and indexes each;
    `proved_empty` are the old ones that had no row, or else an earlier statement would have failed, and
    `found_empty` those of which a migration shortly before this one has proved it;
    `dropped_keys` are valid foreign keys that it has dropped, while no row of theirs has changed;
    `backfilled` are columns that an UPDATE, or the default or formula that they came with, has filled, or a
    step in code may have filled, in this migration or an earlier one, `copied` those out of which other
    columns or tables were filled, and `nulls_deleted` those whose rows with NULL a DELETE has taken away.
    """

    ways: "SessionWays"
    mode: TransactionMode = TransactionMode.PER_MIGRATION
    transaction: int | None = None
    opened_by: str = ""
    in_code: bool = False
    last_transaction: int = 0
    settings: Settings = Settings()
    committed: Settings = Settings()
    before: Settings = Settings()
    held: FrozenMap[Name, Held] = FrozenMap()
    created: FrozenSet[Name] = FrozenSet()
    earlier: FrozenSet[Name] = FrozenSet()
    columns_added: FrozenSet[tuple[Name, str]] = FrozenSet()
    columns_given: FrozenSet[tuple[Name, str]] = FrozenSet()
    filled: FrozenSet[Name] = FrozenSet()
    emptied: FrozenSet[Name] = FrozenSet()
    truncated: FrozenSet[Name] = FrozenSet()
    dead: FrozenSet[Name] = FrozenSet()
    proved_empty: FrozenSet[Name] = FrozenSet()
    found_empty: FrozenSet[Name] = FrozenSet()
    dropped_keys: frozenset[DroppedKey] = frozenset()
    backfilled: FrozenSet[tuple[Name, str]] = FrozenSet()
    nulls_deleted: FrozenSet[tuple[Name, str]] = FrozenSet()
    copied: FrozenSet[tuple[Name, str]] = FrozenSet()

    @property
    def in_transaction(self) -> bool:
        """Whether statements wait for a later COMMIT."""
        return self.transaction is not None

    @property
    def lock_timeout(self) -> bool:
        """Whether a lock is waited for only for a limited time."""
        return bool(self.settings.lock_timeout)

    def is_new(self, table: Name) -> bool:
        """Whether this release created the table, or it is temporary: no other session waits for it."""
        return table in self.created or table.schema in self.ways.private_schemas

    def was_there(self, table: Name) -> bool:
        """Whether the table was there before this migration, made by one of the same release or not."""
        return table in self.earlier or not self.is_new(table)

    def has_rows(self, table: Name) -> bool:
        """Whether the table can hold rows: all older tables do, unless this migration emptied them."""
        return table in self.filled if self.is_new(table) else table not in self.emptied

    def has_pages(self, table: Name) -> bool:
        """Whether reading the table takes time: a truncated one has nothing to read, a deleted one has."""
        return table in self.filled if self.is_new(table) else table not in self.truncated

    def is_filled(self, table: Name, column: str) -> bool:
        """Whether a migration has filled the column, or may have, or deleted the rows with NULL in it."""
        return (table, column) in self.backfilled or (table, column) in self.nulls_deleted

    def has_only_nulls(self, table: Table | None, columns: Iterable[str]) -> bool:
        """Whether one of the columns is new in this migration and NULL in every row."""
        for name in columns if table is not None else ():
            column = table.column(name) if table else None
            if (
                table is not None
                and column is not None
                and (table.name, name) in self.columns_added
                and (table.name, name) not in self.columns_given
                and (table.name, name) not in self.backfilled
                and column.nullable
                and column.default is None
                and not column.generated
                and not column.identity
            ):
                return True
        return False

    def lock_held(self, table: Name) -> Held | None:
        """Give the strongest lock that earlier statements of this transaction hold on a table."""
        return self.held.get(table)


def _unchanged(settings: Settings, _operation: SetVariable, _session: Session) -> Settings:
    return settings


class SessionWays(NamedTuple):
    """What a database decides of its sessions.

    `settings` are those that a connection begins with; `private_schemas` those for whose tables no other
    session waits; `changed` gives the settings after a SET.
    `batches`: several statements in one query string are one transaction, and not each one of its own.
    """

    settings: Settings = Settings()
    private_schemas: frozenset[str] = frozenset()
    changed: "Callable[[Settings, SetVariable, Session], Settings]" = _unchanged
    batches: bool = True


NO_SESSION = Session(SessionWays())
"""What is before the first session, and where there is no database."""


def start(
    session: Session,
    ways: SessionWays,
    mode: TransactionMode,
    statements: int,
    time_zone: str | None = None,
    *,
    goes_on: bool = False,
    same_day: bool = False,
) -> Session:
    """Begin a migration; `statements` is the number of statements that its script has.

    `goes_on`: it is deployed together with the one before. `same_day`: both were written on one day, so that
    a table that could not have had a row still has next to none.
    """
    settings = ways.settings._replace(time_zone=time_zone)
    if mode is TransactionMode.IMPLICIT_BATCH and not ways.batches:
        mode = TransactionMode.PER_STATEMENT
    opened_by = ""
    nothing: FrozenSet[Name] = FrozenSet()
    empty = session.found_empty | session.proved_empty if goes_on or same_day else nothing
    if mode in _WRAPPED:
        opened_by = "tool"
    elif mode is TransactionMode.IMPLICIT_BATCH and statements > 1:
        opened_by = "batch"
    fresh = Session(
        ways,
        mode=mode,
        last_transaction=session.last_transaction,
        settings=settings,
        committed=settings,
        before=settings,
        backfilled=session.backfilled,
        nulls_deleted=session.nulls_deleted,
        copied=session.copied,
        created=session.created if goes_on else nothing,
        earlier=session.created if goes_on else nothing,
        filled=session.filled if goes_on else nothing,
        emptied=session.emptied if goes_on else empty,
        truncated=session.truncated if goes_on else empty,
        found_empty=empty,
    )
    return _open(fresh, opened_by) if opened_by else fresh


def after_code(session: Session, tables: Iterable[Table]) -> Session:
    """Give the session after a step in code, which may have filled any column of these tables."""
    columns = [(table.name, column.name) for table in tables for column in table.columns if column.nullable]
    return session._replace(backfilled=session.backfilled | columns)


_NOTHING_HELD: FrozenMap[Name, Held] = FrozenMap()


def _open(session: Session, opened_by: str) -> Session:
    number = session.last_transaction + 1
    return session._replace(
        transaction=number,
        opened_by=opened_by,
        last_transaction=number,
        committed=session.settings,
        before=session.settings,
    )


def _close(session: Session, *, rolled_back: bool) -> Session:
    """End the transaction; in a batch of several statements the next one opens at once."""
    settings = session.before if rolled_back else session.committed
    closed = session._replace(
        transaction=None,
        opened_by="",
        settings=settings,
        committed=settings,
        before=settings,
        held=_NOTHING_HELD,
        dead=FrozenSet(),
    )
    return _open(closed, "batch") if session.mode is TransactionMode.IMPLICIT_BATCH else closed


def advance(
    session: Session, operation: Operation, effects: Effects, schema: Schema, source: Source
) -> Session:
    """Give the session after an operation; `schema` is the one before it."""
    if isinstance(operation, Begin):
        if session.opened_by == "batch":
            return session._replace(opened_by="script")
        return session if session.in_transaction else _open(session, "script")
    if isinstance(operation, (Commit, Rollback)):
        if not session.in_transaction:
            return session
        closed = _close(session, rolled_back=isinstance(operation, Rollback))
        return _open(closed, "script") if operation.chain else closed
    if isinstance(operation, Savepoint) and operation.action == "prepare":
        return _close(session, rolled_back=False) if session.in_transaction else session
    if isinstance(operation, SetVariable):
        return _set(session, operation)
    if session.in_transaction and effects.locks:
        session = session._replace(held=_hold(session, operation, effects, source))
    if session.dropped_keys:
        session = session._replace(dropped_keys=_still_true(session.dropped_keys, operation))
    change = _CHANGES.get(type(operation))
    if change is not None:
        session = change(session, operation, schema)
    return _without_rows(session, effects) if effects.failures else session


def _without_rows(session: Session, effects: Effects) -> Session:
    """What fails as soon as there is a row has found none where the migration goes on."""
    for table, _, certain, cause, *_ in effects.failures:
        if certain and cause is FailureCause.ROWS and table is not None and not session.is_new(table):
            session = session._replace(
                emptied=session.emptied | {table},
                truncated=session.truncated | {table},
                proved_empty=session.proved_empty | {table},
            )
    return session


def _still_true(keys: frozenset[DroppedKey], operation: Operation) -> frozenset[DroppedKey]:
    """Leave out the keys of tables whose rows the operation changes."""
    if isinstance(operation, Truncate):
        tables: tuple[Name, ...] = operation.tables
    elif isinstance(operation, (Insert, Update, Delete)):
        tables = (operation.table,)
    else:
        return keys
    return frozenset(key for key in keys if key.table not in tables and key.references not in tables)


def _hold(session: Session, operation: Operation, effects: Effects, source: Source) -> FrozenMap[Name, Held]:
    held = session.held
    for lock in effects.locks:
        before = held.get(lock.table)
        if before is None or before.mode < lock.mode:
            held = held.with_item(lock.table, Held(lock.mode, operation.span, source))
    return held


# --- settings -------------------------------------------------------------------------------------


def _set(session: Session, operation: SetVariable) -> Session:
    change = session.ways.changed
    settings = change(session.settings, operation, session)
    if operation.local:
        return session._replace(settings=settings) if session.in_transaction else session
    return session._replace(settings=settings, committed=change(session.committed, operation, session))


# --- what a migration makes -----------------------------------------------------------------------


def _create_table(session: Session, operation: CreateTable, schema: Schema) -> Session:
    if operation.if_not_exists and operation.table in schema.relations:
        return session
    filled = session.filled - {operation.table}
    if operation.query is not None and operation.with_data and _gives_rows(operation.query, session):
        filled |= {operation.table}
        session = _copies(session, operation.table, operation.query)
    generated = {(operation.table, column.name) for column in operation.columns if column.generated}
    return session._replace(
        created=session.created | {operation.table}, filled=filled, backfilled=session.backfilled | generated
    )


def _copies(session: Session, into: Name, query: Query) -> Session:
    """Take note of the columns that a table is filled from; a temporary one keeps nothing."""
    if not query.copies or into.schema in session.ways.private_schemas:
        return session
    others = [column for column in query.copies if column not in session.copied]
    return session._replace(copied=session.copied | others) if others else session


def _gives_rows(query: Query, session: Session) -> bool:
    """Whether a query may give rows: not when all that it reads is new and empty."""
    return not query.reads or any(session.has_rows(name) for name in query.reads)


def _create_view(session: Session, operation: CreateView, schema: Schema) -> Session:
    if not operation.materialized or operation.view in schema.relations:
        return session
    has_rows = operation.with_data and _gives_rows(operation.query, session)
    filled = session.filled | {operation.view} if has_rows else session.filled
    return session._replace(created=session.created | {operation.view}, filled=filled)


def _unparsed(session: Session, operation: Unparsed, schema: Schema) -> Session:
    return session._replace(created=session.created | operation.creates) if operation.creates else session


def _drop_table(session: Session, operation: DropTable, schema: Schema) -> Session:
    return session._replace(
        created=session.created - {operation.table},
        earlier=session.earlier - {operation.table},
        filled=session.filled - {operation.table},
        emptied=session.emptied - {operation.table},
        truncated=session.truncated - {operation.table},
        proved_empty=session.proved_empty - {operation.table},
        copied=session.copied - _columns_of(operation.table, session.copied, schema),
        found_empty=session.found_empty - {operation.table},
    )


def _rename_table(session: Session, operation: RenameTable, schema: Schema) -> Session:
    return _follow(session, operation.table, Name(operation.table.schema, operation.new_name), schema)


def _move_table(session: Session, operation: MoveTable, schema: Schema) -> Session:
    return _follow(session, operation.table, Name(operation.new_schema, operation.table.name), schema)


def _follow(session: Session, old: Name, new: Name, schema: Schema) -> Session:
    def renamed(names: FrozenSet[Name]) -> FrozenSet[Name]:
        return names - {old} | {new} if old in names else names

    def columns(names: FrozenSet[tuple[Name, str]]) -> FrozenSet[tuple[Name, str]]:
        moved = _columns_of(old, names, schema)
        return names - moved | [(new, column) for _, column in moved]

    held = session.held.get(old)
    return session._replace(
        created=renamed(session.created),
        earlier=renamed(session.earlier),
        filled=renamed(session.filled),
        emptied=renamed(session.emptied),
        truncated=renamed(session.truncated),
        dead=renamed(session.dead),
        proved_empty=renamed(session.proved_empty),
        found_empty=renamed(session.found_empty),
        columns_added=columns(session.columns_added),
        columns_given=columns(session.columns_given),
        backfilled=columns(session.backfilled),
        nulls_deleted=columns(session.nulls_deleted),
        copied=columns(session.copied),
        held=session.held.without(old).with_item(new, held) if held else session.held,
    )


def _add_column(session: Session, operation: AddColumn, schema: Schema) -> Session:
    table = schema.table(operation.table)
    if operation.if_not_exists and table is not None and table.column(operation.column.name) is not None:
        return session
    key = (operation.table, operation.column.name)
    default = operation.column.default
    has_values = bool(operation.column.generated) or (default is not None and not default.is_null)
    return session._replace(
        columns_added=session.columns_added | {key},
        columns_given=session.columns_given - {key},
        backfilled=session.backfilled | {key} if has_values else session.backfilled - {key},
        nulls_deleted=session.nulls_deleted - {key},
        copied=session.copied - {key},
    )


def _rename_column(session: Session, operation: RenameColumn, schema: Schema) -> Session:
    old, new = (operation.table, operation.column), (operation.table, operation.new_name)

    def renamed(names: FrozenSet[tuple[Name, str]]) -> FrozenSet[tuple[Name, str]]:
        return names - {old} | {new} if old in names else names

    return session._replace(
        columns_added=renamed(session.columns_added),
        columns_given=renamed(session.columns_given),
        backfilled=renamed(session.backfilled),
        nulls_deleted=renamed(session.nulls_deleted),
        copied=renamed(session.copied),
    )


def _columns_of(table: Name, among: FrozenSet[tuple[Name, str]], schema: Schema) -> list[tuple[Name, str]]:
    """Give the columns of a table that are in a set, which may hold those of many tables."""
    found = schema.table(table)
    if found is None or len(among) < len(found.columns):
        return [key for key in among if key[0] == table]
    return [key for column in found.columns if (key := (table, column.name)) in among]


def _insert(session: Session, operation: Insert, schema: Schema) -> Session:
    # The rows that it adds can have values in the columns that were added.
    given = _columns_of(operation.table, session.columns_added, schema)
    session = session._replace(columns_given=session.columns_given | given) if given else session
    session = _copies(session, operation.table, operation.query)
    if session.is_new(operation.table):
        return session._replace(filled=session.filled | {operation.table})
    gone = {operation.table}
    return session._replace(
        emptied=session.emptied - gone,
        truncated=session.truncated - gone,
        proved_empty=session.proved_empty - gone,
        found_empty=session.found_empty - gone,
    )


def _update(session: Session, operation: Update, schema: Schema) -> Session:
    filled = {(operation.table, c) for c in operation.columns if c not in operation.nulls_assigned}
    session = _copies(session, operation.table, operation.query)
    return session._replace(backfilled=session.backfilled | filled)


def _drop_constraint(session: Session, operation: DropConstraint, schema: Schema) -> Session:
    table = schema.table(operation.table)
    found = table.constraint(operation.name) if table else None
    if found is None or found.kind != "foreign" or not found.valid or not found.enforced:
        return session
    key = DroppedKey(operation.table, found.columns, found.references, found.referenced_columns)
    return session._replace(dropped_keys=session.dropped_keys | {key})


def _delete(session: Session, operation: Delete, schema: Schema) -> Session:
    if operation.filter.nulls or operation.filter.alternatives:
        cleared = {(operation.table, column) for column in _deleted_nulls(operation.filter)}
        session = session._replace(nulls_deleted=session.nulls_deleted | cleared)
    if operation.filter.joins or not (operation.filter.absent or operation.filter.tautology):
        return session
    if session.in_transaction and operation.table not in session.emptied:
        session = session._replace(dead=session.dead | {operation.table})
    return _empty(session, operation.table)


def _deleted_nulls(filter_: Filter) -> Iterator[str]:
    """The columns whose NULLs a WHERE picks, whatever else it asks for: an UPDATE counts in the same way."""
    yield from filter_.nulls
    for branches in filter_.alternatives:
        for branch in branches:
            yield from _deleted_nulls(branch)


def _truncate(session: Session, operation: Truncate, schema: Schema) -> Session:
    for table in operation.tables:
        session = _empty(session, table)
    return session._replace(
        truncated=session.truncated | operation.tables, dead=session.dead - operation.tables
    )


def _empty(session: Session, table: Name) -> Session:
    if session.is_new(table):
        return session._replace(filled=session.filled - {table})
    return session._replace(emptied=session.emptied | {table})


_CHANGES: dict[type, Callable[[Session, Any, Schema], Session]] = {
    AddColumn: _add_column,
    CreateTable: _create_table,
    CreateView: _create_view,
    Delete: _delete,
    DropConstraint: _drop_constraint,
    DropTable: _drop_table,
    Insert: _insert,
    MoveTable: _move_table,
    RenameColumn: _rename_column,
    RenameTable: _rename_table,
    Truncate: _truncate,
    Unparsed: _unparsed,
    Update: _update,
}
