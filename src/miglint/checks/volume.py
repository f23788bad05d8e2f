"""How much tables hold, as far as anybody has measured it or said so, and what that makes of a finding."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, TypeVar

from miglint.checks.bookkeeping import keeps_records, keeps_settings
from miglint.checks.lookups import has_boolean_key
from miglint.model import (
    DEFAULT_SCHEMA,
    Duration,
    Effects,
    Finding,
    Name,
    Severity,
    Size,
    Sizes,
    sum_of,
    worked_on,
)

if TYPE_CHECKING:
    from miglint.checks.context import Context

N = TypeVar("N", int, float)
_OF_WORK = ("locks", "rewrites", "backfill")
"""The categories whose findings are about work on the rows of tables."""


class Volume:
    """How much tables hold."""

    __slots__ = ("_ctx",)

    def __init__(self, context: "Context") -> None:
        self._ctx = context

    def size(self, name: Name) -> Size | None:
        """Give how much a table held when it was measured; None where nobody has.

        A table that this migration makes is another one, and one that it renames has kept its rows. Of a
        partitioned table it is what its partitions held.
        """
        sizes, ctx = self._sizes, self._ctx
        if not sizes.tables or ctx.is_new(name):
            return None
        size = sizes.of(ctx.old_name(name), self._home)
        partitions = ctx.schema.table(name) if size is None or size.bytes is None else None
        parts = [self.size(part) for part in partitions.partitions] if partitions else []
        return _total([part for part in parts if part]) if parts and None not in parts else size

    @property
    def _sizes(self) -> Sizes:
        return self._ctx.policy.sizes_of(self._ctx.history.root)

    @property
    def _home(self) -> str:
        return self._ctx.history.home or DEFAULT_SCHEMA

    def is_small(self, name: Name) -> bool:
        """Whether the project says so of the table, its numbers do, or the kind of table does."""
        ctx, policy = self._ctx, self._ctx.policy
        if self._is_listed(name, policy.small_tables):
            return True
        if self.is_large(name):
            return False
        if has_boolean_key(ctx.schema.table(name)):
            return True
        if (keeps_settings(name) or keeps_records(name)) and ctx.is_of_others(name):
            return True
        size = self.size(name)
        return size is not None and self._sizes.is_cold(size) and self.is_quick(name)

    def is_quick(self, name: Name) -> bool:
        """Whether so little was measured that work on it is over before those who use it notice."""
        size, policy = self.size(name), self._ctx.policy
        if size is None or self._is_listed(name, policy.hot_tables) or self._is_filled(name):
            return False
        return self._sizes.is_small(size)

    def is_large(self, name: Name) -> bool:
        """Whether more was measured than a small table holds, whatever it looks like."""
        size, limits = self.size(name), self._sizes.limits
        return size is not None and size.bytes is not None and size.bytes > limits.small

    def is_hot(self, name: Name) -> bool:
        """Whether the project says so of the table, or its numbers do."""
        policy = self._ctx.policy
        if self._is_listed(name, policy.hot_tables):
            return True
        size = self.size(name)
        return (
            size is not None
            and self._sizes.is_hot(size) is True
            and not self._is_listed(name, policy.small_tables)
        )

    def _is_not_hot(self, name: Name) -> bool:
        size, policy = self.size(name), self._ctx.policy
        listed = self._is_listed(name, policy.hot_tables)
        return not listed and size is not None and self._sizes.is_hot(size) is False

    def _is_filled(self, name: Name) -> bool:
        """Whether this migration has given the table more rows than its text spells out."""
        return any(
            rows is None and place < self._ctx.place for place, rows in self._ctx.facts.fillings.get(name, ())
        )

    def _is_listed(self, name: Name, tables: frozenset[Name]) -> bool:
        """Whether the configuration names a table, which need not name the schema that sessions begin in."""
        at_home = name.schema == self._ctx.history.home
        return bool(tables) and (name in tables or (at_home and Name(DEFAULT_SCHEMA, name.name) in tables))

    # --- findings -----------------------------------------------------------------------------

    def scaled(self, said: Severity, *, may_rise: bool, category: str) -> Severity:
        """Give how bad a finding is by how long its work keeps others waiting, where that is known.

        What clients do not wait for is an error. What is over before anybody notices is a note, on tables
        that are not hot: unless the statement does other harm as well, of which the finding may speak.
        """
        takes = self._takes(category)
        if takes is None:
            return said
        limits = self._sizes.limits
        if may_rise and takes.low >= limits.long:
            return max(said, Severity.ERROR)
        if takes.high > limits.long or self._does_other_harm or not self._no_hot_one_waits:
            return said
        may_fail = any(action.effects.failures for action in self._ctx.siblings)
        is_short = takes.high <= limits.short and not may_fail
        return min(said, Severity.NOTE if is_short else Severity.WARNING)

    @property
    def _does_other_harm(self) -> bool:
        """Whether the statement fails, or something is lost or breaks, however little there is to do."""
        effects = [action.effects for action in self._ctx.siblings]
        breaks = any(not each.only_drivers for effect in effects for each in effect.breaks)
        return breaks or any(effect.destroys for effect in effects) or self._ctx.waits.fails

    def quoted(self, finding: Finding, category: str) -> Finding:
        """Say in a finding how much the tables held that it is about, and how long its work takes."""
        sizes = self._sizes
        work = self._work(category)
        wholes = dict.fromkeys(map(self._whole, worked_on(work))) if work is not None else ()
        known = [(table, size) for table in wholes if (size := self.size(table)) is not None]
        said = " and ".join(filter(None, (sizes.said(table, size) for table, size in known)))
        if not said:
            return finding
        takes = self._takes(category)
        long = f": {takes.words} of work at the assumed rates" if takes is not None else ""
        return finding._replace(message=f"{finding.message}; {said}{long}")

    def measured(self, tables: Iterable[Name]) -> tuple[tuple[Name, Size, str], ...]:
        """Give how much these tables held, and on which day, as far as it is known."""
        sizes = self._sizes
        return tuple((name, size, sizes.date) for name in tables if (size := self.size(name)) is not None)

    def _whole(self, name: Name) -> Name:
        """Give the table that a partition is one of."""
        table = self._ctx.schema.table(name)
        while table is not None and table.partition_of is not None:
            name = table.partition_of
            table = self._ctx.schema.table(name)
        return name

    def _takes(self, category: str) -> Duration | None:
        work = self._work(category)
        return self._sizes.duration_of(work, self.size) if work is not None else None

    def _work(self, category: str) -> Effects | None:
        """Give the work that a finding of this operation is about; None where it is about none."""
        ctx = self._ctx
        if not self._sizes.tables or ctx.record is None or category not in _OF_WORK:
            return None
        if category == "backfill":
            return Effects(rows_written=ctx.effects.rows_written)
        if not ctx.waits.leading_work:
            # Those wait who wait for the locks of earlier statements.
            return None if ctx.waits.fails else ctx.effects
        blocked = [
            Effects(
                rewrites=action.waits.blocked(action.effects.rewrites),
                scans=action.waits.blocked(action.effects.scans),
                index_builds=action.waits.blocked(action.effects.index_builds),
            )
            for action in ctx.waits.blocking
        ]
        return sum_of(blocked)

    @property
    def _no_hot_one_waits(self) -> bool:
        """Whether all tables that are kept from being used meanwhile are measured, and not hot."""
        ctx = self._ctx
        locks = [lock for action in ctx.siblings for lock in action.effects.locks if lock.mode.blocks_writes]
        tables = {lock.table for lock in locks} | {written.table for written in ctx.effects.rows_written}
        tables |= {table for table, held in ctx.session.held.items() if held.mode.blocks_writes}
        return all(self._is_not_hot(table) for table in tables if ctx.is_live(table))


def _total(sizes: list[Size]) -> Size:
    """Give what several tables hold together; what is not known of one is not known."""

    def total(values: Iterable[N | None]) -> N | None:
        known = [value for value in values if value is not None]
        return sum(known[1:], known[0]) if len(known) == len(sizes) else None

    return Size(
        rows=total(size.rows for size in sizes),
        bytes=total(size.bytes for size in sizes),
        index_bytes=total(size.index_bytes for size in sizes),
        indexes=max((size.indexes or 0 for size in sizes), default=0),
        reads=total(size.reads for size in sizes),
        writes=total(size.writes for size in sizes),
        hot=any(size.hot for size in sizes) or None,
    )
