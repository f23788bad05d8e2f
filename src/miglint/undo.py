"""What a ROLLBACK goes back to: the schema, and what the migration had made, as a transaction found them."""

from typing import NamedTuple

from miglint.model import Operation, Rollback, Savepoint, Schema
from miglint.session import Session


class _State(NamedTuple):
    schema: Schema
    session: Session


class Undo:
    """Keeps the states that the open transaction can go back to: its start, and its savepoints."""

    def __init__(self, schema: Schema, session: Session) -> None:
        self._start = _State(schema, session)
        self._savepoints: list[tuple[str, _State]] = []

    def after(
        self, operation: Operation, before: Session, schema: Schema, session: Session
    ) -> tuple[Schema, Session]:
        """Give what is left after an operation; `before` is the session that it found."""
        if before.in_code:
            return schema, session  # A block cannot end the transaction that runs it.
        if isinstance(operation, Rollback) and before.in_transaction:
            schema, session = self._start.schema, _made(self._start.session, session)
        elif isinstance(operation, Savepoint) and before.in_transaction:
            schema, session = self._savepoint(operation, schema, session)
        if session.transaction != before.transaction:
            self._start = _State(schema, session)
            self._savepoints.clear()
        return schema, session

    def _savepoint(self, operation: Savepoint, schema: Schema, session: Session) -> tuple[Schema, Session]:
        if operation.action == "savepoint":
            self._savepoints.append((operation.name, _State(schema, session)))
            return schema, session
        names = [name for name, _ in self._savepoints]
        if operation.name not in names:
            return schema, session
        at = len(names) - 1 - names[::-1].index(operation.name)
        if operation.action == "rollback_to":
            state = self._savepoints[at][1]
            del self._savepoints[at + 1 :]
            held, settings = state.session.held, state.session.settings
            return state.schema, _made(state.session, session)._replace(held=held, settings=settings)
        if operation.action == "release":
            del self._savepoints[at:]
        return schema, session


def _made(earlier: Session, session: Session) -> Session:
    """Give the session with what the migration had made at an earlier time."""
    return session._replace(
        created=earlier.created,
        columns_added=earlier.columns_added,
        columns_given=earlier.columns_given,
        filled=earlier.filled,
        emptied=earlier.emptied,
        truncated=earlier.truncated,
        dead=earlier.dead,
        proved_empty=earlier.proved_empty,
        dropped_keys=earlier.dropped_keys,
        backfilled=earlier.backfilled,
        nulls_deleted=earlier.nulls_deleted,
    )
