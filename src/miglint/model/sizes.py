"""How much the tables of a database held on a day, and how long work on that much takes."""

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

from miglint.model.effects import Effects
from miglint.model.names import DEFAULT_SCHEMA, Name

_MEGABYTE = 1024**2
_ROW = 100
"""Bytes of a row in a table whose rows nobody has counted: as few as that, for more rows take longer."""


class Size(NamedTuple):
    """How much a table held, and how often it was used; None: not known.

    `bytes` are those of its rows, with what is stored out of line; `indexes` is their number. `reads` are
    the scans that begin in a second, `writes` the rows written in one. `hot` is what a person says of it.
    A partitioned table holds what its partitions hold.
    """

    rows: int | None = None
    bytes: int | None = None
    index_bytes: int | None = None
    indexes: int | None = None
    reads: float | None = None
    writes: float | None = None
    hot: bool | None = None

    @property
    def words(self) -> str:
        """How much it held: "41 million rows (12 GB)"; "" where neither is known."""
        rows = "" if self.rows is None else f"{_rounded(self.rows)} row{'' if self.rows == 1 else 's'}"
        space = "" if self.bytes is None else _space(self.bytes)
        return f"{rows} ({space})" if rows and space else rows or space

    @property
    def uses(self) -> float | None:
        """Reads and writes in a second; None where nothing is known of one of them."""
        return None if self.reads is None or self.writes is None else self.reads + self.writes


class Range(NamedTuple):
    """From the least to the most."""

    low: float
    high: float


class Rates(NamedTuple):
    """How much a server gets done in a second: at worst, and at best.

    At best is what PostgreSQL 16 and 18 did on two cores with the table in memory. At worst is a network disk
    of 100 MB a second, and as much less for what writes as well. `scan` and `rewrite` are in megabytes of the
    table, the rest in rows: an index is sorted, and a change logged, row by row.
    """

    scan: Range = Range(100, 3000)
    rewrite: Range = Range(20, 150)
    index_build: Range = Range(100_000, 3_000_000)
    update: Range = Range(5_000, 100_000)
    delete: Range = Range(20_000, 1_000_000)


class Duration(NamedTuple):
    """Seconds, from the least to the most."""

    low: float
    high: float

    @property
    def words(self) -> str:
        """The range in words: "2 to 20 minutes", "40 seconds to 3 minutes"."""
        if self.high <= 1:
            return "at most a second"
        low, high = _clock(self.low, up=False), _clock(self.high, up=True)
        if self.low < 1:
            return f"up to {high}"
        number, _, unit = low.partition(" ")
        same = unit.rstrip("s") == high.partition(" ")[2].rstrip("s")
        if low == high:
            return f"about {high}"
        return f"{number} to {high}" if same else f"{low} to {high}"

    def and_then(self, other: "Duration") -> "Duration":
        """Give the time of both, one after the other."""
        return Duration(self.low + other.low, self.high + other.high)


TimedWork = Literal["rewrite", "index build", "scan", "update", "delete"]
"""What a duration can be told of: a `WorkKind`, or a change of every row."""


def duration(work: TimedWork, size: Size, rates: Rates) -> Duration | None:
    """Give how long a work on a table of that size takes; None where too little is known of it.

    A rewrite builds all indexes anew.
    """
    if size.bytes is None:
        return None
    read = _time(size.bytes / _MEGABYTE, rates.scan)
    if work == "scan":
        return read
    if work in ("update", "delete"):
        changed = rates.update if work == "update" else rates.delete
        return None if size.rows is None else read.and_then(_time(size.rows, changed))
    rows = size.bytes // _ROW if size.rows is None else size.rows
    build = read.and_then(_time(rows, rates.index_build))
    if work == "index build":
        return build
    builds = Duration(*((size.indexes or 0) * end for end in build))
    return _time(size.bytes / _MEGABYTE, rates.rewrite).and_then(builds)


def _time(amount: float, rate: Range) -> Duration:
    return Duration(amount / rate.high, amount / rate.low)


class Limits(NamedTuple):
    """From when on a table counts as what.

    One is `small` up to that many bytes, `cold` up to that many uses in a second and `hot` from so many.
    Numbers older than `age` days are old. Who waits up to `short` seconds notices little, and gives up after
    `long` ones.
    """

    small: int = 10 * _MEGABYTE
    cold: float = 1.0
    hot: float = 100.0
    age: int = 90
    short: float = 1.0
    long: float = 30.0


class Sizes(NamedTuple):
    """The tables of a database as somebody measured them on a `date`, `age` days ago.

    `server` is what it runs on, `search_path` the schemas in which that looks for a name without one, `file`
    where the numbers stand.
    """

    tables: Mapping[Name, Size] = {}
    date: str = ""
    age: int = 0
    server: str = ""
    search_path: tuple[str, ...] = ()
    file: str = ""
    limits: Limits = Limits()
    rates: Rates = Rates()

    @property
    def is_old(self) -> bool:
        """Whether the tables may hold far more by now."""
        return self.age > self.limits.age

    def of(self, name: Name, home: str = DEFAULT_SCHEMA) -> Size | None:
        """Give the size of a table; None where it is not known.

        What migrations call a table of their `home` can be in any schema of the search path. Where several
        have one of that name, it may be the largest.
        """
        if not self.tables:
            return None
        others = (DEFAULT_SCHEMA, *self.search_path) if name.schema == home else ()
        schemas = dict.fromkeys((name.schema, *others))
        found = [size for schema in schemas if (size := self.tables.get(Name(schema, name.name)))]
        return max(found, key=lambda size: size.bytes or 0, default=None)

    def is_hot(self, size: Size) -> bool | None:
        """Whether a table is used all the time; None where it is not known."""
        if size.hot is not None or size.uses is None:
            return size.hot
        return size.uses >= self.limits.hot

    def is_cold(self, size: Size) -> bool:
        """Whether a table is known to be used so rarely that hardly anybody waits for a lock on it."""
        if size.hot is not None or size.uses is None:
            return size.hot is False
        return size.uses <= self.limits.cold

    def is_small(self, size: Size) -> bool:
        """Whether work on a table is over before those who use it notice."""
        return size.bytes is not None and size.bytes <= self.limits.small and self.is_hot(size) is False

    def said(self, name: Name, size: Size) -> str:
        """Say how much a table held: "orders had 41 million rows (12 GB) on 2026-11-03"."""
        when = f"on {self.date}, {self.age} days ago" if self.is_old else f"on {self.date}"
        return f"{name.display} had {size.words} {when}" if size.words else ""

    def duration_of(self, effects: Effects, size_of: Callable[[Name], Size | None]) -> Duration | None:
        """Give how long the work of one statement takes; None where there is none, or a table is not known.

        All that is read in one pass is read once, and a rewrite does it all. How many rows a condition picks
        is not known: a change takes no time at best.
        """
        total: Duration | None = None
        for kind, table in _passes(effects):
            size = size_of(table)
            takes = duration(kind, size, self.rates) if size is not None else None
            if takes is None:
                return None
            takes = takes._replace(low=0.0) if kind in ("update", "delete") else takes
            total = takes if total is None else total.and_then(takes)
        return total


NO_SIZES = Sizes()


def worked_on(effects: Effects) -> tuple[Name, ...]:
    """Give the tables on whose size it depends how long the work of a statement takes."""
    return tuple(dict.fromkeys(table for _, table in _passes(effects)))


def _passes(effects: Effects) -> list[tuple[TimedWork, Name]]:
    """Give what is really done to tables, one after the other."""
    copied = dict.fromkeys(work.table for work in effects.rewrites)
    found: list[tuple[TimedWork, Name]] = [("rewrite", table) for table in copied]
    shared = dict.fromkeys(scan.table for scan in effects.scans if not scan.apart)
    found += [("scan", table) for table in shared if table not in copied]
    found += [("scan", scan.table) for scan in effects.scans if scan.apart]
    found += [("index build", build.table) for build in effects.index_builds if build.table not in copied]
    for written in effects.rows_written:
        if not written.bounded and written.kind in ("update", "delete"):
            found.append(("update" if written.kind == "update" else "delete", written.table))
    return found


def _rounded(number: int) -> str:
    for unit, word in ((10**9, "billion"), (10**6, "million")):
        if number >= unit:
            return f"{_short(number / unit)} {word}"
    return f"{number:,}"


def _space(number: int) -> str:
    amount, units = float(number), ["bytes", "kB", "MB", "GB", "TB", "PB"]
    while amount >= 1024 and len(units) > 1:
        amount /= 1024
        units.pop(0)
    return f"{_short(amount)} {units[0]}"


def _short(amount: float) -> str:
    return f"{amount:.1f}".removesuffix(".0") if amount < 10 else f"{amount:.0f}"


_UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def _clock(seconds: float, *, up: bool) -> str:
    """Give a time in its unit, up to 90 of the smaller one, two digits of it rounded `up` or down."""
    unit, word = next(((unit, word) for unit, word in _UNITS if seconds >= 1.5 * unit), _UNITS[-1])
    number = int(-(-seconds // unit)) if up else int(seconds // unit)
    number = max(number, 1)
    if number > 20:
        step = 10
        number = -(-number // step) * step if up else number // step * step
    return f"{number} {word}{'' if number == 1 else 's'}"
