"""What is asked of a history as a whole."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from miglint.checks.facts import DownPractice
from miglint.checks.origins import MadeColumn, MadeConstraint, MadeIndex, Origin, Origins
from miglint.model import (
    Call,
    Commit,
    CreateTable,
    Delete,
    DoBlock,
    Drift,
    DropColumn,
    History,
    Index,
    Insert,
    Lock,
    Name,
    Operation,
    RenameTable,
    Rollback,
    Schema,
    Step,
    Table,
    Truncate,
    Unparsed,
    Update,
    leaves_no_trace,
)

if TYPE_CHECKING:
    from miglint.checks.context import Context

_OF_ROWS = (Commit, Delete, Insert, Rollback, Truncate, Update)


class HasSchema(Protocol):
    """What the migrations came to before the change at hand, which is replayed if somebody asks."""

    @property
    def schema(self) -> Schema:
        """The last schema."""


class Whole:
    """The history as a whole."""

    __slots__ = ("_ctx",)

    def __init__(self, context: "Context") -> None:
        self._ctx = context

    habit = 3  # so many migrations are not a slip

    @property
    def drift(self) -> tuple[Drift, ...]:
        """In what the database after the last migration is not what the project's schema file declares.

        Nothing is said of what the replay could not follow, and of a change at hand only what it brings.
        """
        history = self._ctx.history
        if history.declared is None or (not history.selected and _as_before(history)):
            return ()
        from miglint.drift import differences

        unsure = (
            step.statement.text for step in self._ctx.steps if any(map(_is_unsure, step.statement.operations))
        )
        found = differences(history.declared, self._ctx.schema, (*unsure, *_not_known(self._ctx.schema)))
        base = self._ctx.base
        if not found or base is None or history.base is None or history.base.declared is None:
            return found
        before = differences(history.base.declared, base.schema)
        known = {(each.kind, each.table, each.object, each.message) for each in before}
        return tuple(d for d in found if (d.kind, d.table, d.object, d.message) not in known)

    def dropped_by(self, difference: Drift) -> Step | None:
        """Give the last statement that drops the column of a difference."""
        table, column = difference.table, difference.object
        if table is None:
            return None
        return next((step for step in reversed(self._ctx.steps) if _drops(step, table, column)), None)

    @property
    def origins(self) -> Origins:
        """The statements that made what stands at the end."""
        return self._ctx.of_history.origins(self._ctx.steps)

    @property
    def columns(self) -> Iterator[MadeColumn]:
        """The columns at the end that a migration which is asked for has given their types."""
        found = self.origins.columns(self._ctx.schema)
        return (made for made in found if self.asks_for(made.origin))

    @property
    def constraints(self) -> Iterator[MadeConstraint]:
        """The constraints at the end that a migration which is asked for has made."""
        found = self.origins.constraints(self._ctx.schema)
        return (made for made in found if self.asks_for(made.origin))

    @property
    def tables(self) -> Iterator[tuple[Table, Origin[CreateTable]]]:
        """The tables at the end, but temporary ones, that a migration which is asked for has made."""
        for relation in self._ctx.schema.relations.values():
            made = self.origins.table(relation.name) if isinstance(relation, Table) else None
            if made is None or not isinstance(relation, Table) or relation.temporary:
                continue
            if self.asks_for(made):
                yield relation, made

    def index(self, index: Index) -> MadeIndex | None:
        """Give where an index was made, or the constraint that owns it."""
        return self.origins.index(index)

    def asks_for(self, origin: Origin[Any]) -> bool:
        """Whether findings about the migration in which something was made are asked for."""
        return self._ctx.is_selected(origin.step.migration)

    @property
    def declared_as_well(self) -> str:
        """What to do beside SQL where a schema file declares the database, as a comment; "" elsewhere."""
        if self._ctx.history.declared is None:
            return ""
        return "\n-- and change the schema file alike, or the next migration that is made of it undoes this"

    @property
    def is_read(self) -> bool:
        """Whether all of the history is read, so that what it does not say is not so."""
        return self._ctx.of_history.is_whole

    @property
    def waits_are_a_habit(self) -> bool:
        """Whether several migrations wait for strong locks without a limit, so that one finding says so."""
        unlimited = {step.migration for step, _ in self.strong_locks if not step.lock_timeout}
        return len(unlimited) >= self.habit

    @property
    def strong_locks(self) -> Sequence[tuple[Step, tuple[Lock, ...]]]:
        """The statements that make others wait for tables in use, with their locks.

        What one commit brought may have been deployed at once, or be a history that was imported: a table
        of it counts in later commits, and in its own where those take too few such locks to tell a habit.
        """
        makes_wait = self._ctx.waits.makes_wait
        locking = ((step, tuple(filter(makes_wait, step.effects.locks))) for step in self._ctx.steps)
        found = [(step, locks) for step, locks in locking if locks]
        arrivals = {one.id: one.arrival for one in self._ctx.history.migrations if one.arrival}
        if not arrivals:
            return found
        makers = _makers(self._ctx.steps)

        def is_older(step: Step, lock: Lock) -> bool:
            arrival = arrivals.get(step.migration)
            return arrival is None or arrival not in map(arrivals.get, makers.get(lock.table, ()))

        older = [(step, tuple(k for k in locks if is_older(step, k))) for step, locks in found]
        left = [(step, locks) for step, locks in older if locks]
        return left if len({step.migration for step, _ in left}) >= self.habit else found

    @property
    def down_practice(self) -> DownPractice:
        """How the history keeps its down scripts."""
        return self._ctx.of_history.down_practice

    def telling(self, steps: Sequence[Step]) -> Step:
        """Give the one of several statements to name for all of them: the first where it matters most.

        That is the first in a migration that works under a strong lock, loses data or writes any number
        of rows; the first of all if there is none.
        """
        first: dict[str, Step] = {}
        for step in steps:
            first.setdefault(step.migration, step)
        candidates = (step for step in self._ctx.steps if step.migration in first)
        return next((first[step.migration] for step in candidates if _is_grave(step)), steps[0])


def _not_known(schema: Schema) -> Iterator[str]:
    yield from (name.name for name in schema.unsure)
    for relation in schema.relations.values():
        if isinstance(relation, Table):
            yield from (part.partition(" ")[2] for part in relation.unsure)


def _is_grave(step: Step) -> bool:
    effects = step.effects
    works = effects.works and any(lock.mode.blocks_writes for lock in effects.locks)
    failing = any(failure.certain for failure in effects.failures)
    return bool(works or effects.destroys or failing or any(not r.bounded for r in effects.rows_written))


def _makers(steps: Sequence[Step]) -> dict[Name, set[str]]:
    """Give the migrations that made the tables, by each name that these have had."""
    found: dict[Name, set[str]] = {}
    for step in steps:
        for operation in step.statement.operations:
            if isinstance(operation, CreateTable):
                found.setdefault(operation.table, set()).add(step.migration)
            elif isinstance(operation, RenameTable) and operation.table in found:
                new = operation.becomes
                found.setdefault(new, set()).update(found[operation.table])
    return found


def _drops(step: Step, table: Name, column: str) -> bool:
    return any(
        isinstance(o, DropColumn) and (o.table, o.column) == (table, column)
        for o in step.statement.operations
    )


def _is_unsure(operation: Operation) -> bool:
    """Tell whether the text may do more to the schema than the replay: a block with branches, an error."""
    if isinstance(operation, DoBlock) and operation.parsed:
        inner = (each for statement in operation.body for each in statement.operations)
        return not all(isinstance(each, _OF_ROWS) or leaves_no_trace(each) for each in inner)
    return isinstance(operation, (DoBlock, Call, Unparsed))


def _as_before(history: History) -> bool:
    base = history.base
    return base is not None and base.declared == history.declared
