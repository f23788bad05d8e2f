"""What a plan is made of: migrations that are released together, as they ran, and the way back of them."""

from collections.abc import Iterator
from typing import NamedTuple

from miglint.checks.policy import Policy
from miglint.model import (
    DEFAULT_SCHEMA,
    Effects,
    History,
    Migration,
    Name,
    Schema,
    Size,
    Sizes,
    Span,
    Statement,
    Step,
)
from miglint.rollback.draft import Draft
from miglint.rollback.reversal import Reversal
from miglint.simulate import Machine, Ran, Record, Trace


class Back(NamedTuple):
    """The way back of one migration: as it is written, else as it is drafted.

    `trace` is what it does on the schema that the way up leaves; `sql` and `path` are the draft's. `written`
    says why the one that is written does not do, "" where none is; `filled` are the columns that the draft
    fills from copies which people make before.
    """

    migration: Migration
    trace: Trace | None = None
    draft: Draft | None = None
    sql: str = ""
    path: str = ""
    written: str = ""
    filled: tuple[str, ...] = ()


class Unit(NamedTuple):
    """Consecutive migrations of a history; `backs` are their ways back, the last migration's first."""

    history: History
    rans: tuple[Ran, ...]
    machine: Machine
    policy: Policy
    reversal: Reversal
    backs: tuple[Back, ...]
    before: Schema
    after: Schema

    @property
    def migrations(self) -> tuple[Migration, ...]:
        """The migrations that have something to run."""
        return tuple(ran.migration for ran in self.rans if ran.up is not None)

    @property
    def ups(self) -> tuple[Trace, ...]:
        """What their ways up have done."""
        return tuple(ran.up for ran in self.rans if ran.up is not None)

    @property
    def records(self) -> tuple[Record, ...]:
        """All operations on the way up."""
        return tuple(record for up in self.ups for record in up.records)

    @property
    def steps(self) -> tuple[Step, ...]:
        """All statements on the way up."""
        return tuple(step for up in self.ups for step in up.steps)

    def was_there(self, name: Name) -> bool:
        """Whether a relation is older than the migrations, made by earlier ones or by none."""
        return name in self.before.relations or self.after.is_from_before(name)

    def live(self, effects: Effects) -> Effects:
        """Give what an effect does to relations that were there before: nobody waits for others."""

        def is_old(name: Name) -> bool:
            return self.was_there(name) or name not in self.after.relations or self._renamed(name)

        return effects._replace(
            locks=tuple(lock for lock in effects.locks if is_old(lock.table)),
            rewrites=tuple(work for work in effects.rewrites if is_old(work.table)),
            scans=tuple(work for work in effects.scans if is_old(work.table)),
            index_builds=tuple(work for work in effects.index_builds if is_old(work.table)),
            rows_written=tuple(rows for rows in effects.rows_written if is_old(rows.table)),
            failures=tuple(f for f in effects.failures if f.table is None or is_old(f.table)),
        )

    def _renamed(self, name: Name) -> bool:
        return any(
            name in record.after.relations and name not in record.schema.relations and record.effects.locks
            for record in self.records
            if type(record.operation).__name__ in ("RenameTable", "MoveTable")
        )

    def where(self, statement: Statement, span: Span | None = None) -> str:
        """Give the file and line of a statement, or of a part of it: as much of its path as is needed."""
        source, place = statement.place if span is None else statement.source.place(span)
        return f"{self._short(source.path)}:{source.position(place.start).line}"

    def line_of(self, record: Record) -> str:
        """Give the file and line of an operation."""
        return self.where(record.statement, record.operation.span)

    def _short(self, path: str) -> str:
        others = {each.source.path for m in self.migrations for each in m.scripts}
        others |= {each.path for each in self.backs}
        others -= {path}
        parts = path.split("/")
        endings = ("/".join(parts[-count:]) for count in range(1, len(parts)))
        return next((e for e in endings if not any(o == e or o.endswith(f"/{e}") for o in others)), path)

    @property
    def sizes(self) -> Sizes:
        """The sizes of tables that somebody has measured."""
        return self.policy.sizes_of(self.history.root)

    def size_of(self, name: Name) -> Size | None:
        """Give how much a table held when somebody measured it."""
        if not self.was_there(name):
            return None
        return self.sizes.of(name, self.history.home or DEFAULT_SCHEMA)


def named(name: str) -> str:
    """Set a name of SQL apart from the words around it."""
    return f"`{name}`"


def listed(names: Iterator[str] | tuple[str, ...] | list[str], last: str = "and") -> str:
    """Put names in a row: "a, b and c"."""
    known = list(dict.fromkeys(names))
    if len(known) < 2:
        return "".join(known)
    return f"{', '.join(known[:-1])} {last} {known[-1]}"
