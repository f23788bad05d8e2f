"""A project's migrations as its tool sees them."""

from enum import Enum
from typing import NamedTuple

from miglint.model.source import Source, Span


class TransactionMode(str, Enum):
    """How a migration tool wraps a script."""

    PER_RUN = "per_run"
    """One transaction around all pending migrations."""
    PER_MIGRATION = "per_migration"
    """The tool sends BEGIN and COMMIT around each migration."""
    IMPLICIT_BATCH = "implicit_batch"
    """The file is sent as one query string: one implicit transaction, unless it is a single statement."""
    PER_STATEMENT = "per_statement"
    """The tool splits the file; each statement commits by itself."""
    PIPELINE = "pipeline"
    """One extended-protocol batch: an implicit transaction."""
    SCRIPT = "script"
    """The file's own BEGIN and COMMIT decide, as in psql."""


class Direction(str, Enum):
    """Which way a script goes."""

    UP = "up"
    DOWN = "down"


class Script(NamedTuple):
    """The SQL of one direction, and where in its source it stands.

    `mode_reason` says in words where the transaction mode comes from ("Prisma 7.2 sends one batch").
    """

    source: Source
    span: Span
    direction: Direction
    mode: TransactionMode
    mode_reason: str = ""


class Migration(NamedTuple):
    """One unit of a history. `up` is None when the tool's folder holds only the way back."""

    id: str
    up: Script | None
    down: Script | None = None


class Advice(NamedTuple):
    """What to tell a user about their migration tool; "" where it has no such thing.

    `down_file`: where the tool or its users keep the way back of a migration (`down.sql`).
    `without_down`: what a rollback does when a migration has none.
    `begin_downs`: how to begin to keep them.
    `set_lock_timeout`: the tool's way to set lock_timeout once for all migrations.
    `run_outside_transaction`: how to run one migration outside a transaction.
    `has_downs`: whether the tool itself runs down scripts.
    """

    has_downs: bool = False
    down_file: str = ""
    without_down: str = ""
    begin_downs: str = ""
    set_lock_timeout: str = ""
    run_outside_transaction: str = ""


class Problem(NamedTuple):
    """Something about the folder or a file that could not be analysed, for the report."""

    path: str
    reason: str
    line: int = 1
    end_line: int = 1


class History(NamedTuple):
    """One tool's ordered migrations in one folder.

    `evidence` says why this tool was chosen; `problems` are files that could not be read.
    `selected` are the ids of the migrations that the user named, None for all: the whole history is
    replayed, findings are reported for these only.
    """

    tool: str
    root: str
    dialect: str
    migrations: tuple[Migration, ...]
    evidence: str = ""
    advice: Advice = Advice()
    problems: tuple[Problem, ...] = ()
    selected: frozenset[str] | None = None
