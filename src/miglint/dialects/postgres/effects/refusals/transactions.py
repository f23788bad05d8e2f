"""What is refused outside a transaction, and what in one."""

from miglint.dialects.postgres.effects.situation import Refusals, Situation, refused
from miglint.model import Commit, DropIndex, Failure, LockTable, RaiseError, Rollback, Savepoint

_SAVEPOINTS = {
    "savepoint": "SAVEPOINT",
    "release": "RELEASE SAVEPOINT",
    "rollback_to": "ROLLBACK TO SAVEPOINT",
}


def _needs_transaction(command: str, situation: Situation, *, explicit: bool) -> tuple[Failure, ...]:
    """The refusal outside a transaction; `explicit`: several statements in one query string are none for
    it, only BEGIN is.
    """
    session = situation.session
    implicit = explicit and session.opened_by == "batch"
    if session.in_code or (session.in_transaction and not implicit):
        return ()
    reason = f"{command} can only be used in a transaction block, and none is open here"
    remedy = "put BEGIN before it, and COMMIT after the statements that belong together"
    return refused(None, reason, "25P01", remedy)


def _lock_table(operation: LockTable, situation: Situation) -> tuple[Failure, ...]:
    return _needs_transaction("LOCK TABLE", situation, explicit=False)


def _drop_index(operation: DropIndex, situation: Situation) -> tuple[Failure, ...]:
    if not operation.concurrently:
        return ()
    command = "DROP INDEX CONCURRENTLY"
    if len(situation.together) > 1:
        return refused(None, f"{command} takes one index only", "0A000", "write a statement for each index")
    if operation.cascade:
        return refused(
            None, f"{command} knows no CASCADE", "0A000", "drop the constraint that needs it first"
        )
    return ()


def _savepoint(operation: Savepoint, situation: Situation) -> tuple[Failure, ...]:
    command = _SAVEPOINTS.get(operation.action)
    return _needs_transaction(command, situation, explicit=True) if command else ()


def _end(operation: Commit | Rollback, situation: Situation) -> tuple[Failure, ...]:
    """`COMMIT` and `ROLLBACK` outside a transaction only warn, AND CHAIN is refused.

    In a block they end its own transaction, and none that was there before it.
    """
    if situation.session.in_code and situation.session.in_transaction:
        word = "COMMIT" if isinstance(operation, Commit) else "ROLLBACK"
        reason = f"{word} in a block that runs in a transaction, which it cannot end"
        return refused(None, reason, "2D000", "run the block outside a transaction, or take the COMMIT out")
    if not operation.chain:
        return ()
    command = "COMMIT AND CHAIN" if isinstance(operation, Commit) else "ROLLBACK AND CHAIN"
    return _needs_transaction(command, situation, explicit=True)


def _raise(operation: RaiseError, _situation: Situation) -> tuple[Failure, ...]:
    said = f" '{operation.message}'" if operation.message else ""
    remedy = "take the statement out if the script is meant to run"
    return refused(None, f"it raises the error{said} itself", operation.sqlstate, remedy)


REFUSALS: Refusals = {
    Commit: _end,
    DropIndex: _drop_index,
    LockTable: _lock_table,
    RaiseError: _raise,
    Rollback: _end,
    Savepoint: _savepoint,
}
