"""The operations of a migration after they ran in the simulation, and what is asked of them again."""

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from miglint.model import (
    BlockStatement,
    CreateTable,
    Effects,
    History,
    Insert,
    Name,
    Operation,
    Schema,
    Statement,
    has_code,
)
from miglint.session import Session


class Record(NamedTuple):
    """One operation after it ran in the simulation.

    `schema` and `session` are as the operation found them, `after` is the next schema;
    `effects` are the operation's own; `block` is the PL/pgSQL statement that it stands in, if any.
    `number` counts the statements of the script.
    """

    operation: Operation
    statement: Statement
    number: int
    schema: Schema
    session: Session
    effects: Effects
    after: Schema
    block: BlockStatement | None = None


class Known(NamedTuple):
    """What is the same for all actions of a statement; `places` and `blocking` are places in `records`."""

    places: range
    fails: bool
    blocking: tuple[int, ...]


class Facts:
    """What was found out about a migration, for all contexts of it.

    `statements` are by the places of their actions.
    """

    def __init__(self, records: tuple[Record, ...]) -> None:
        self._records = records
        self.statements: dict[int, Known] = {}

    @cached_property
    def fillings(self) -> dict[Name, list[tuple[int, int | None]]]:
        """The places at which a table gets rows, and how many by the text; None: those of a query."""
        found: dict[Name, list[tuple[int, int | None]]] = {}
        for place, record in enumerate(self._records):
            operation = record.operation
            if isinstance(operation, Insert):
                found.setdefault(operation.table, []).append((place, operation.rows))
            elif isinstance(operation, CreateTable) and operation.query:
                found.setdefault(operation.table, []).append((place, None))
        return found


class Part(Sequence[Record]):
    """Some operations of a migration, not copied: each of a hundred thousand may ask for all before it."""

    def __init__(self, records: tuple[Record, ...], places: range) -> None:
        self._records = records
        self._places = places

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, at: Any) -> Any:
        places = self._places[at]
        return Part(self._records, places) if isinstance(places, range) else self._records[places]

    def __iter__(self) -> Iterator[Record]:
        return map(self._records.__getitem__, self._places)

    def __reversed__(self) -> Iterator[Record]:
        return map(self._records.__getitem__, reversed(self._places))


class DownPractice(NamedTuple):
    """How a history keeps down scripts: how many there are, and the migrations whose own is without SQL."""

    downs: int
    empty: tuple[str, ...]


class HistoryFacts:
    """What was found out about a history, for all contexts of it."""

    def __init__(self, history: History) -> None:
        self._history = history

    @cached_property
    def is_whole(self) -> bool:
        """Whether all of it is read: no file that cannot be read, no step in code."""
        history = self._history
        return not history.problems and all(m.opaque is None for m in history.migrations)

    @cached_property
    def down_practice(self) -> DownPractice:
        """How it keeps its down scripts."""
        downs = [(m.id, m.down) for m in self._history.migrations if m.down is not None]
        return DownPractice(len(downs), tuple(id_ for id_, down in downs if not has_code(down.sql)))
