"""The operations of a migration after they ran in the simulation, and what is asked of them again."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

from miglint.checks.origins import Origins
from miglint.dialects.sql.session import Held
from miglint.model import (
    Commit,
    CreateTable,
    DropColumn,
    DropConstraint,
    DropTrigger,
    DropView,
    Failure,
    FailureCause,
    History,
    Insert,
    MoveTable,
    Name,
    Operation,
    RenameTable,
    Rollback,
    Step,
    Work,
    has_code,
)
from miglint.model.frozen_map import FrozenMap
from miglint.simulate.trace import Record

T = TypeVar("T")


class Refusal(NamedTuple):
    """An operation that the server refuses, and why."""

    operation: Operation
    failure: Failure


class Known(NamedTuple):
    """What is the same for all actions of a statement; `places` and `blocking` are places in `records`.

    `apart` is that of the first scan in a pass of its own, if another scan is in front.
    """

    places: range
    fails: bool
    blocking: tuple[int, ...]
    apart: int | None


class Facts:
    """What was found out about a migration, for all contexts of it.

    Each of a hundred thousand operations may ask what others do: so it is found out for all of them in
    one go. `statements` are by the places of their actions, `slow` says what takes time at a place,
    `waited_for` is the work there during which writers wait, `small` whether a table is small there.
    """

    def __init__(self, records: tuple[Record, ...]) -> None:
        self._records = records
        self.statements: dict[int, Known] = {}
        self.slow: dict[int, str] = {}
        self.waited_for: dict[int, tuple[Work, ...]] = {}
        self.small: dict[tuple[int, Name], bool] = {}
        self.next_slow: dict[int, int | None] = {}
        self.adders: dict[tuple[Name, str], list[int]] | None = None
        self._held: dict[int, FrozenMap[Name, Held]] = {}
        self._answers: dict[tuple[Hashable, ...], Any] = {}

    def once(self, compute: Callable[..., T], arguments: tuple[Hashable, ...]) -> T:
        """Give what a function says of all records, and ask it only once."""
        key = (compute, *arguments)
        if key not in self._answers:
            self._answers[key] = compute(self._records, *arguments)
        answer: T = self._answers[key]
        return answer

    def refusals(self, number: int) -> tuple[Refusal, ...]:
        """Give what the server does not do in a statement."""
        return self.once(refusals_in, (self.ranges[number],))

    @cached_property
    def ranges(self) -> dict[int, range]:
        """The places of the operations of each statement."""
        found: dict[int, range] = {}
        for place, record in enumerate(self._records):
            before = found.get(record.number)
            found[record.number] = range(before.start if before else place, place + 1)
        return found

    @cached_property
    def commits_in_loop(self) -> frozenset[int]:
        """The statements with a COMMIT in a loop."""
        return frozenset(
            record.number
            for record in self._records
            if isinstance(record.operation, Commit) and record.block is not None and record.block.loop
        )

    def action_range(self, place: int) -> range:
        """The places of the actions of a statement; in a DO block, of those of its inner statement."""
        records, first, last = self._records, place, place + 1
        number, block = records[place].number, records[place].block
        while first > 0 and records[first - 1].number == number and records[first - 1].block is block:
            first -= 1
        while last < len(records) and records[last].number == number and records[last].block is block:
            last += 1
        return range(first, last)

    def places(self, kind: type[Operation]) -> list[int]:
        """Give the places of the operations of a kind."""
        return self.once(_places, (kind,))

    def held_in_statement(self, place: int) -> FrozenMap[Name, Held]:
        """Give the locks that earlier operations of its statement have taken since its last COMMIT."""
        if place not in self._held:
            held: FrozenMap[Name, Held] = FrozenMap()
            for at in self.ranges[self._records[place].number]:
                self._held[at] = held
                record = self._records[at]
                if isinstance(record.operation, (Commit, Rollback)):
                    held = FrozenMap()
                for lock in record.effects.locks:
                    before = held.get(lock.table)
                    if before is None or before.mode < lock.mode:
                        taken = Held(lock.mode, record.operation.span, record.statement.source)
                        held = held.with_item(lock.table, taken)
        return self._held[place]

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


def _places(records: tuple[Record, ...], kind: type[Operation]) -> list[int]:
    return [place for place, record in enumerate(records) if isinstance(record.operation, kind)]


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
    """What was found out about a history, for all contexts of it.

    `steps` are those of the migrations so far.
    """

    def __init__(self, history: History) -> None:
        self._history = history
        self._origins: Origins | None = None
        self.steps: list[Step] = []

    def origins(self, steps: Sequence[Step]) -> Origins:
        """Give the statements that made what its statements, which run in this order, leave."""
        if self._origins is None:
            self._origins = Origins(steps)
        return self._origins

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


def refusals_in(records: tuple[Record, ...], places: range) -> tuple[Refusal, ...]:
    """Give what the server does not do at some places; nothing of what may not run."""
    return tuple(
        Refusal(record.operation, failure)
        for record in map(records.__getitem__, places)
        if record.block is None or not (record.block.conditional or record.block.loop)
        for failure in record.effects.refused
    )


def unfit_for_rows(records: tuple[Record, ...]) -> set[tuple[int | None, int, Name]]:
    """Give the tables whose rows make a statement fail for certain, by its transaction and by its number."""
    found: set[tuple[int | None, int, Name]] = set()
    for record in records:
        sure = record.block is None or not record.block.conditional
        for failure in record.effects.failures if sure else ():
            if failure.certain and failure.cause is FailureCause.ROWS and failure.table is not None:
                for name in (failure.table, getattr(record.operation, "table", failure.table)):
                    found.add((None, record.number, name))
                    if record.session.transaction is not None:
                        found.add((record.session.transaction, 0, name))
    return found


def renames(records: Sequence[Record]) -> list[tuple[int, Name, Name]]:
    """Find where tables get another name: the place, the old name and the new one."""
    found = []
    for place, record in enumerate(records):
        operation = record.operation
        if isinstance(operation, (MoveTable, RenameTable)):
            found.append((place, operation.table, operation.becomes))
    return found


def parts_dropped(records: Sequence[Record]) -> dict[tuple[Name, str, str], int]:
    """The places at which views and parts of tables are last dropped by name, IF EXISTS or not."""
    found: dict[tuple[Name, str, str], int] = {}
    for place, record in enumerate(records):
        drop = record.operation
        if isinstance(drop, DropView):
            found[drop.view, "view", ""] = place
        elif isinstance(drop, DropColumn):
            found[drop.table, "column", drop.column] = place
        elif isinstance(drop, DropConstraint):
            found[drop.table, "key", drop.name] = place
        elif isinstance(drop, DropTrigger):
            found[drop.table, "trigger", drop.trigger] = place
    return found
