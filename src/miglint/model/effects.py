"""What the server does for a statement: locks, rewrites, scans, index builds, losses, refusals."""

from collections.abc import Iterable
from enum import Enum
from itertools import chain
from typing import Literal, NamedTuple, TypeVar

from miglint.model.names import Name
from miglint.model.operations.parts import ConstraintKind

T = TypeVar("T")


class LockMode(NamedTuple):
    """A mode in which a database locks a table, and the `name` that the database has for it.

    A stronger one has a higher `rank`. `blocks_writes`: INSERT, UPDATE and DELETE of other sessions wait;
    `blocks_reads`: even their SELECT does. `exclusive`: no two sessions hold it at a time.
    """

    rank: int
    name: str
    blocks_writes: bool = False
    blocks_reads: bool = False
    exclusive: bool = False

    def __str__(self) -> str:
        return self.name

    @property
    def keeps_writers_to_one(self) -> bool:
        """Whether nobody but its holder writes to the table."""
        return self.blocks_writes and self.exclusive


def blocked_by(*modes: LockMode) -> str:
    """Say what waits for locks that block writes: "writes", or "reads and writes"."""
    return "reads and writes" if any(mode.blocks_reads for mode in modes) else "writes"


class Lock(NamedTuple):
    table: Name
    mode: LockMode


WorkKind = Literal["rewrite", "index build", "scan"]
"""What is done to a table, the heaviest first."""

WorkCause = Literal[
    ConstraintKind,
    "default",
    "default partition",
    "domain",
    "dropped column",
    "generated column",
    "identity",
    "index",
    "nullable key",
    "partition bound",
    "parent index",
    "query",
    "refresh",
    "reindex",
    "serial",
    "storage",
    "table rebuild",
    "type change",
    "validation",
]


class Work(NamedTuple):
    """Something that takes time in proportion to a table; `reason` in words, `index_name` for a build.

    `causes` are several where one pass serves them all, or where each alone would be enough.
    `sure` is false where the history does not tell whether there is anything to do at all.
    The scans of one statement are one pass over the table; one that is `apart` is a pass of its own.
    """

    table: Name
    reason: str
    causes: tuple[WorkCause, ...]
    index_name: str | None = None
    apart: bool = False
    sure: bool = True

    @property
    def reason_elsewhere(self) -> str:
        """The reason where another table is spoken of: it says whose rows these are."""
        return self.reason.replace("every row", f"every row of {self.table.display}")


class Loss(NamedTuple):
    """Data that is gone afterwards; `kind` is table, column, rows, materialized view, ...

    `reason` says in words what becomes of values that stay.
    """

    kind: str
    table: Name
    column: str | None = None
    reason: str = ""


class RowsWritten(NamedTuple):
    """Rows that an UPDATE, DELETE or INSERT writes; `bounded` when the text bounds their number."""

    table: Name
    kind: str
    bounded: bool


class FailureCause(str, Enum):
    """What makes a statement fail."""

    ROWS = "rows"
    """Rows of its table: certain when any row at all is enough."""
    MISSING = "missing"
    """What it names is not there: certain where the history has made all there is of it."""
    TAKEN = "taken"
    """Something of that name, or of its kind where there can be one, is there already."""
    DEPENDED = "depended on"
    """Something else needs what it takes away or changes."""
    CAST = "cast"
    """The server has no cast, or makes none by itself."""
    REFUSED = "refused"
    """The server does not do this, whatever is there."""
    NEWER = "newer"
    """Only a later version of the server knows it."""


class Failure(NamedTuple):
    """Why a statement fails, or can fail where it is not `certain`.

    `table` is None where it is not about one; `sqlstate` is the server's code, `remedy` what to do instead;
    `missing` is what is not there, as its kind and full name: `column public.users.email`.
    """

    table: Name | None
    reason: str
    certain: bool
    cause: FailureCause = FailureCause.REFUSED
    sqlstate: str = ""
    remedy: str = ""
    missing: str = ""


class Break(NamedTuple):
    """What becomes of code of the version before, once a statement has committed.

    `reason` says what it does then, as a verb with its object; `only_drivers`: no statement of it is refused
    or means another thing, and only some drivers make a difference.
    """

    reason: str
    only_drivers: bool = False


class Effects(NamedTuple):
    """The effects of one operation, or of a whole statement.

    `reads` is what queries read in full, which blocks nobody by itself;
    `outside_transaction` is the reason why it cannot run in a transaction, "" if it can;
    `breaks` is what becomes of running code, where the statement alone does not say it;
    `unmade` are relations that it needs and no migration has made: they may have been there before;
    `concurrent` says that the work is done without blocking writes (CREATE INDEX CONCURRENTLY).
    """

    locks: tuple[Lock, ...] = ()
    rewrites: tuple[Work, ...] = ()
    scans: tuple[Work, ...] = ()
    index_builds: tuple[Work, ...] = ()
    rows_written: tuple[RowsWritten, ...] = ()
    destroys: tuple[Loss, ...] = ()
    failures: tuple[Failure, ...] = ()
    reads: tuple[Work, ...] = ()
    outside_transaction: str = ""
    breaks: tuple[Break, ...] = ()
    unmade: tuple[Name, ...] = ()

    @property
    def refused(self) -> tuple[Failure, ...]:
        """Why the server does not do this at all, whatever the rows."""
        if not self.failures:
            return ()
        return tuple(f for f in self.failures if f.certain and f.cause is not FailureCause.ROWS)

    @property
    def outcome(self) -> str:
        """What becomes of values that a column can no longer hold, as a clause; "" if there are none."""
        lost = [loss.reason for loss in self.destroys if loss.reason][:1]
        refused = [
            f"it fails on {failure.reason}"
            for failure in self.failures
            if failure.cause is FailureCause.ROWS and not failure.certain
        ][:1]
        return ", and ".join((*lost, *refused))

    @property
    def works(self) -> tuple[Work, ...]:
        """Everything that takes time in proportion to a table."""
        return self.rewrites + self.scans + self.index_builds

    def works_of(self, kind: WorkKind) -> tuple[Work, ...]:
        """What takes that time in one way."""
        if kind == "rewrite":
            return self.rewrites
        return self.scans if kind == "scan" else self.index_builds

    def lock_on(self, table: Name) -> LockMode | None:
        """Give the strongest lock on a table."""
        return max((lock.mode for lock in self.locks if lock.table == table), default=None)

    def also(self, other: "Effects") -> "Effects":
        """Put two effects together: the strongest lock per table, each work once."""
        return sum_of((self, other))


NO_EFFECTS = Effects()


def sum_of(parts: Iterable[Effects]) -> Effects:
    """Put any number of effects together."""
    found = [part for part in parts if part != NO_EFFECTS]
    if not found:
        return NO_EFFECTS
    if len(found) == 1 and not found[0].locks[1:]:
        return found[0]
    strongest: dict[Name, LockMode] = {}
    for part in found:
        for lock in part.locks:
            strongest[lock.table] = max(lock.mode, strongest.get(lock.table, lock.mode))
    return Effects(
        locks=tuple(Lock(table, mode) for table, mode in strongest.items()),
        rewrites=_once(part.rewrites for part in found),
        reads=_once(part.reads for part in found),
        scans=_once(part.scans for part in found),
        index_builds=_once(part.index_builds for part in found),
        rows_written=_distinct(part.rows_written for part in found),
        destroys=_distinct(part.destroys for part in found),
        failures=_distinct(part.failures for part in found),
        outside_transaction=next((p.outside_transaction for p in found if p.outside_transaction), ""),
        breaks=_distinct(part.breaks for part in found),
        unmade=_distinct(part.unmade for part in found),
    )


def _distinct(parts: Iterable[tuple[T, ...]]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(chain.from_iterable(parts)))


def _once(parts: Iterable[tuple[Work, ...]]) -> tuple[Work, ...]:
    seen: dict[tuple[Name, str | None, str], Work] = {}
    for work in chain.from_iterable(parts):
        key = (work.table, work.index_name, work.reason if work.apart else "")
        known = seen.setdefault(key, work)
        if known.causes != work.causes:
            seen[key] = known._replace(causes=tuple(dict.fromkeys(known.causes + work.causes)))
    return tuple(seen.values())
