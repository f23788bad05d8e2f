"""What the server does for a statement: locks, rewrites, scans, index builds, losses, refusals."""

from enum import Enum, IntEnum
from typing import NamedTuple

from miglint.model.names import Name


class LockMode(IntEnum):
    """PostgreSQL's table lock modes, weakest first.

    https://www.postgresql.org/docs/current/explicit-locking.html#LOCKING-TABLES
    """

    ACCESS_SHARE = 1
    ROW_SHARE = 2
    ROW_EXCLUSIVE = 3
    SHARE_UPDATE_EXCLUSIVE = 4
    SHARE = 5
    SHARE_ROW_EXCLUSIVE = 6
    EXCLUSIVE = 7
    ACCESS_EXCLUSIVE = 8

    def __str__(self) -> str:
        return self.name.replace("_", " ")

    @property
    def blocks_writes(self) -> bool:
        """Whether INSERT, UPDATE and DELETE of other sessions wait."""
        return self >= LockMode.SHARE

    @property
    def blocks_reads(self) -> bool:
        """Whether even SELECT of other sessions waits."""
        return self is LockMode.ACCESS_EXCLUSIVE


class Lock(NamedTuple):
    table: Name
    mode: LockMode


class Work(NamedTuple):
    """Something that takes time in proportion to a table; `reason` in words, `index_name` for a build.

    The scans of one statement are one pass over the table; one that is `apart` is a pass of its own.
    """

    table: Name
    reason: str
    index_name: str | None = None
    apart: bool = False


class Loss(NamedTuple):
    """Data that is gone afterwards; `kind` is table, column, rows, materialized view, ..."""

    kind: str
    table: Name
    column: str | None = None


class RowsWritten(NamedTuple):
    """Rows that an UPDATE, DELETE or INSERT writes; `bounded` when the text bounds their number."""

    table: Name
    kind: str
    bounded: bool


class FailureCause(str, Enum):
    """What makes a statement fail."""

    ROWS = "rows"
    """Rows of its table: certain when any row at all is enough."""
    REFUSED = "refused"
    """The server does not do this, whatever the rows."""


class Failure(NamedTuple):
    """Why a statement fails, or can fail where it is not `certain`.

    `table` is None where it is not about one; `sqlstate` is the server's code, `remedy` what to do instead.
    """

    table: Name | None
    reason: str
    certain: bool
    cause: FailureCause = FailureCause.REFUSED
    sqlstate: str = ""
    remedy: str = ""


class Effects(NamedTuple):
    """The effects of one operation, or of a whole statement.

    `outside_transaction` is the reason why it cannot run in a transaction, "" if it can;
    `concurrent` says that the work is done without blocking writes (CREATE INDEX CONCURRENTLY).
    """

    locks: tuple[Lock, ...] = ()
    rewrites: tuple[Work, ...] = ()
    scans: tuple[Work, ...] = ()
    index_builds: tuple[Work, ...] = ()
    rows_written: tuple[RowsWritten, ...] = ()
    destroys: tuple[Loss, ...] = ()
    failures: tuple[Failure, ...] = ()
    outside_transaction: str = ""
    breaks: tuple[str, ...] = ()

    @property
    def refused(self) -> tuple[Failure, ...]:
        """Why the server does not do this at all."""
        return tuple(f for f in self.failures if f.certain and f.cause is FailureCause.REFUSED)

    @property
    def works(self) -> tuple[Work, ...]:
        """Everything that takes time in proportion to a table."""
        return self.rewrites + self.scans + self.index_builds

    def lock_on(self, table: Name) -> LockMode | None:
        """Give the strongest lock on a table."""
        return max((lock.mode for lock in self.locks if lock.table == table), default=None)

    def also(self, other: "Effects") -> "Effects":
        """Put two effects together: the strongest lock per table, each work once."""
        strongest: dict[Name, LockMode] = {}
        for lock in self.locks + other.locks:
            strongest[lock.table] = max(lock.mode, strongest.get(lock.table, lock.mode))
        return Effects(
            locks=tuple(Lock(table, mode) for table, mode in strongest.items()),
            rewrites=_once(self.rewrites, other.rewrites),
            scans=_once(self.scans, other.scans),
            index_builds=_once(self.index_builds, other.index_builds),
            rows_written=tuple(dict.fromkeys(self.rows_written + other.rows_written)),
            destroys=tuple(dict.fromkeys(self.destroys + other.destroys)),
            failures=tuple(dict.fromkeys(self.failures + other.failures)),
            outside_transaction=self.outside_transaction or other.outside_transaction,
            breaks=tuple(dict.fromkeys(self.breaks + other.breaks)),
        )


def _once(first: tuple[Work, ...], second: tuple[Work, ...]) -> tuple[Work, ...]:
    seen: dict[tuple[Name, str | None, str], Work] = {}
    for work in first + second:
        seen.setdefault((work.table, work.index_name, work.reason if work.apart else ""), work)
    return tuple(seen.values())


NO_EFFECTS = Effects()
