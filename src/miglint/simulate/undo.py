"""What a ROLLBACK goes back to: the schema, and what the migration had made, as a transaction found them."""

from typing import NamedTuple

from miglint.dialects.sql.session import Session
from miglint.model import Operation, Rollback, Savepoint, Schema


class State(NamedTuple):
    """Where a walk stands."""

    schema: Schema
    session: Session


class Undo(NamedTuple):
    """The states that the open transaction can go back to: its start, and its savepoints by name."""

    start: State
    savepoints: tuple[tuple[str, State], ...] = ()

    def after(self, operation: Operation, before: Session, reached: State) -> tuple[State, "Undo"]:
        """Give what is left after an operation that `reached` a state; `before` is the session it found."""
        if before.in_code:
            return reached, self  # A block cannot end the transaction that runs it.
        undo = self
        if isinstance(operation, Rollback) and before.in_transaction:
            reached = State(self.start.schema, _made(self.start.session, reached.session))
        elif isinstance(operation, Savepoint) and before.in_transaction:
            reached, undo = self._savepoint(operation, reached)
        return reached, Undo(reached) if reached.session.transaction != before.transaction else undo

    def _savepoint(self, operation: Savepoint, reached: State) -> tuple[State, "Undo"]:
        if operation.action == "savepoint":
            return reached, self._replace(savepoints=(*self.savepoints, (operation.name, reached)))
        names = [name for name, _ in self.savepoints]
        if operation.name not in names:
            return reached, self
        at = len(names) - 1 - names[::-1].index(operation.name)
        if operation.action == "rollback_to":
            state = self.savepoints[at][1]
            held, settings = state.session.held, state.session.settings
            session = _made(state.session, reached.session)._replace(held=held, settings=settings)
            return State(state.schema, session), self._replace(savepoints=self.savepoints[: at + 1])
        if operation.action == "release":
            return reached, self._replace(savepoints=self.savepoints[:at])
        return reached, self


def _made(earlier: Session, session: Session) -> Session:
    """Give the session with what the migration had made at an earlier time."""
    return session._replace(
        created=earlier.created,
        earlier=earlier.earlier,
        objects=earlier.objects,
        columns_added=earlier.columns_added,
        columns_given=earlier.columns_given,
        columns_of_release=earlier.columns_of_release,
        filled=earlier.filled,
        emptied=earlier.emptied,
        truncated=earlier.truncated,
        dead=earlier.dead,
        proved_empty=earlier.proved_empty,
        found_empty=earlier.found_empty,
        dropped_keys=earlier.dropped_keys,
        backfilled=earlier.backfilled,
        nulls_deleted=earlier.nulls_deleted,
    )
