"""A way back over some migrations: the verdicts, the commands, and what is drafted for it."""

from typing import NamedTuple

from miglint.model import (
    DEFAULT_SCHEMA,
    NO_SIZES,
    Duration,
    History,
    LockMode,
    Migration,
    Sizes,
    Step,
    TransactionMode,
)
from miglint.rollback.commands import kept_before, steps_back, steps_up, undone_with
from miglint.rollback.reasons import Verdict
from miglint.rollback.reversal import Reversal

_NEWER = "the newer ones, which went back before it, stay undone"
_BY_PSQL = "of a file that fails nothing is undone"
_APART = "what comes before the failing statement stays undone, where psql runs without `-1`"
_ONE_BY_ONE = "what comes before the failing statement stays undone, and it stays recorded as applied"


class Back(NamedTuple):
    """One migration, the verdict on its way back, and the statements of that."""

    migration: Migration
    reversal: Reversal
    steps: tuple[Step, ...] = ()


class Drafted(NamedTuple):
    """A way back that was drafted: the SQL, and what it does not bring back.

    `files` are what is written, by their paths; none where the tool has no place for it and `why` says so.
    `kept`: what is there already stays, and nothing is written. `note` is what else is to be done, `verdict`
    that of the migration with it.
    """

    migration: str
    sql: str
    files: tuple[tuple[str, str], ...] = ()
    why: str = ""
    note: str = ""
    gaps: tuple[str, ...] = ()
    kept: bool = False
    verdict: Verdict | None = None


class Way(NamedTuple):
    """The way back of one history over some migrations, in the order in which they ran.

    `whole` judges them together, None where others stand between them. `forward`: the project keeps no ways
    back, and undoes a migration with a new one. `sizes` are those of the tables, as somebody measured them.
    """

    history: History
    backs: tuple[Back, ...]
    whole: Reversal | None = None
    forward: bool = False
    drafts: tuple[Drafted, ...] = ()
    sizes: Sizes = NO_SIZES

    @property
    def undone(self) -> tuple[Migration, ...]:
        """What goes when the first one goes: all that came after it goes before."""
        return undone_with(self.history, self.backs[0].migration.id)

    @property
    def later(self) -> int:
        """How many of those are not asked for."""
        asked = {back.migration.id for back in self.backs}
        return sum(migration.id not in asked for migration in self.undone)

    @property
    def missing(self) -> tuple[str, ...]:
        """The migrations without a way back that have something to undo, which the tool cannot work out."""
        return tuple(
            back.migration.id
            for back in self.backs
            if not (back.reversal.has_down or back.migration.reversible)
            and back.reversal.verdict != "nothing to undo"
        )

    @property
    def failing(self) -> tuple[str, ...]:
        """The migrations whose way back fails, whatever rows there are."""
        return tuple(back.migration.id for back in self.backs if back.reversal.failures)

    @property
    def queries(self) -> tuple[str, ...]:
        """What counts the rows in the way."""
        reasons = (reason for back in self.backs for reason in back.reversal.in_the_way)
        return tuple(dict.fromkeys(reason.query for reason in reasons if reason.query))

    @property
    def commands(self) -> tuple[str, ...]:
        """The tool's commands, in order."""
        if self.forward:
            return steps_up(self.history, self.history.migrations[-1:])
        return steps_back(self.history, self.undone)

    @property
    def is_by_psql(self) -> bool:
        """Whether people run the SQL in psql, because the tool runs none."""
        return any(map(_is_psql, self.commands))

    @property
    def preview(self) -> str:
        """The command that prints what the tool would run."""
        return "" if self.is_by_psql else self.filled(self.history.advice.commands.preview_back)

    @property
    def half_way(self) -> str:
        """What is left when one of the ways back stops half-way."""
        modes = {one.down.mode for one in self.undone if one.down is not None}
        left = self.history.advice.half_way_back
        if self.is_by_psql:
            left = _BY_PSQL if all(" -1 " in line for line in self.commands if _is_psql(line)) else _APART
        elif TransactionMode.PER_STATEMENT in modes and self.history.advice.has_downs:
            left = _ONE_BY_ONE
        several = (
            len(self.undone) > 1 and TransactionMode.PER_RUN not in modes and "after it stay" not in left
        )
        return f"{left}; {_NEWER}" if left and several else left

    @property
    def builds_apart(self) -> tuple[str, ...]:
        """The indexes that the ways back build CONCURRENTLY."""
        steps = (step for back in self.backs for step in back.steps if step.listed.outside_transaction)
        return tuple(
            work.index_name for step in steps for work in step.listed.index_builds if work.index_name
        )

    @property
    def unlimited(self) -> tuple[LockMode, ...]:
        """The locks, of those that hold up others, for which the ways back wait without a limit."""
        steps = (step for back in self.backs for step in back.steps if not step.lock_timeout)
        return tuple(lock.mode for step in steps for lock in step.effects.locks if lock.mode.blocks_writes)

    @property
    def other_command(self) -> str:
        """The tool's own command to roll back, where it takes something that not everybody has."""
        advice, commands = self.history.advice, self.history.advice.commands
        kept = kept_before(self.history, self.undone[0])
        to = self.history.command(commands.roll_back_to, kept) if kept else ""
        own = to or self.filled(commands.roll_back)
        is_used = any(own in command for command in self.commands)
        return own if advice.roll_back_needs and not is_used else ""

    def takes(self, step: Step) -> tuple[Duration, str] | None:
        """Give how long a statement takes, and from what that is known."""
        home = self.history.home or DEFAULT_SCHEMA
        found = self.sizes.duration_of(step.listed, lambda name: self.sizes.of(name, home))
        if found is None:
            return None
        tables = dict.fromkeys(work.table for work in step.listed.works)
        tables.update(dict.fromkeys(written.table for written in step.listed.rows_written))
        said = (self.sizes.said(t, size) for t in tables if (size := self.sizes.of(t, home)) is not None)
        return found, ", ".join(filter(None, said))

    @property
    def mend(self) -> str:
        """The command that mends what stopped half-way, for the migration that did."""
        command = self.history.advice.commands.mend_back
        if len(self.undone) > 1:
            command = command.replace("{version}", "<the version that failed>")
        return self.filled(command)

    def filled(self, command: str) -> str:
        """Fill in another command of the tool for the first migration that is undone."""
        return self.history.command(command, self.undone[-1], len(self.undone))


def _is_psql(line: str) -> bool:
    return line.startswith("psql ")
