"""The state in which a statement runs: open transaction, locks held, settings, and what this migration made.

A session is a value; each function gives the next one.
"""

from collections.abc import Iterable

from miglint.dialects.sql.session.changes import CHANGES, still_true
from miglint.dialects.sql.session.state import NO_SESSION, DroppedKey, Held, Session, SessionWays, Settings
from miglint.model import (
    Begin,
    Commit,
    Effects,
    FailureCause,
    Name,
    Operation,
    Rollback,
    Savepoint,
    Schema,
    SetVariable,
    Source,
    Table,
    TransactionMode,
)
from miglint.model.frozen_map import FrozenMap, FrozenSet

__all__ = [
    "NO_SESSION",
    "DroppedKey",
    "Held",
    "Session",
    "SessionWays",
    "Settings",
    "advance",
    "after_code",
    "start",
]

_WRAPPED = (TransactionMode.PER_RUN, TransactionMode.PER_MIGRATION, TransactionMode.PIPELINE)


def start(
    session: Session,
    ways: SessionWays,
    mode: TransactionMode,
    statements: int,
    time_zone: str | None = None,
    *,
    release: Session | None = None,
    same_day: bool = False,
) -> Session:
    """Begin a migration; `statements` is the number of statements that its script has.

    `release` is the last one that is deployed together with it. `same_day`: it was written on the same day as
    the one before, so that a table that could not have had a row still has next to none.
    """
    settings = ways.settings._replace(time_zone=time_zone)
    if mode is TransactionMode.IMPLICIT_BATCH and not ways.batches:
        mode = TransactionMode.PER_STATEMENT
    opened_by = ""
    nothing: FrozenSet[Name] = FrozenSet()
    empty = session.found_empty | session.proved_empty if release or same_day else nothing
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
        listed=session.listed,
        poured=session.poured,
        created=release.created if release else nothing,
        earlier=release.created if release else nothing,
        objects=release.objects if release else FrozenSet(),
        columns_of_release=release.columns_of_release | release.columns_added if release else FrozenSet(),
        filled=release.filled if release else nothing,
        emptied=release.emptied if release else empty,
        truncated=release.truncated if release else empty,
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
        session = session._replace(dropped_keys=still_true(session.dropped_keys, operation))
    change = CHANGES.get(type(operation))
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


def _hold(session: Session, operation: Operation, effects: Effects, source: Source) -> FrozenMap[Name, Held]:
    held = session.held
    for lock in effects.locks:
        before = held.get(lock.table)
        if before is None or before.mode < lock.mode:
            held = held.with_item(lock.table, Held(lock.mode, operation.span, source))
    return held


def _set(session: Session, operation: SetVariable) -> Session:
    change = session.ways.changed
    settings = change(session.settings, operation, session)
    if operation.local:
        return session._replace(settings=settings) if session.in_transaction else session
    return session._replace(settings=settings, committed=change(session.committed, operation, session))
