"""A project's migrations as its tool sees them."""

import re
from enum import Enum
from typing import NamedTuple

from miglint.model.declared import Declared
from miglint.model.finding import NotAnalysed
from miglint.model.irregularity import Irregularity
from miglint.model.server import Server
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
    `resumable`: the tool records each statement, so that a run that failed goes on where it stopped.
    `guessed`: nobody says how the script runs, and the mode is only the likely one.
    """

    source: Source
    span: Span
    direction: Direction
    mode: TransactionMode
    mode_reason: str = ""
    resumable: bool = False
    guessed: bool = False

    @property
    def sql(self) -> str:
        """What the server gets, as long as the span."""
        return self.source.sql[self.span.start : self.span.end]

    @property
    def head(self) -> Span:
        """The first line of the SQL, for findings about the whole script."""
        text = self.sql
        blanks = len(text) - len(text.lstrip())
        line, _, _ = text[blanks:].partition("\n")
        return Span(self.span.start + blanks, self.span.start + blanks + len(line.rstrip()))


class Problem(NamedTuple):
    """A place that was not analysed, and why, for the report; `cause` is set where miglint itself failed."""

    path: str
    reason: str
    line: int = 1
    end_line: int = 1
    cause: Exception | None = None

    @property
    def not_analysed(self) -> NotAnalysed:
        """The place as reports list it."""
        return NotAnalysed(self.path, self.line, self.end_line, self.reason)


class Absent(NamedTuple):
    """Something that must not be there, else the tool takes a migration for run and passes it over.

    `kind` is table, view, sequence, index, column, primary key or constraint. Names are as the tool has
    them, `schema` "" for the default. `wanted`: it has to be there instead.
    """

    kind: str
    name: str
    table: str = ""
    schema: str = ""
    wanted: bool = False


class Migration(NamedTuple):
    """One unit of a history.

    `up` is None when the tool's folder holds only the way back, or where `opaque` says what stands in the
    sequence instead: a step in code that is not analysed.
    `repeatable`: the tool runs it again whenever it changes.
    `baseline`: it stands for all migrations up to its version, and nothing goes back behind it.
    `reversible`: the tool works out the way back by itself.
    `release`: what it is deployed with, such as a file of several migrations, or those that were written
    within minutes or came with one commit; "" if by itself.
    `arrival`: the first of those that came with the same commit, where nothing tells whether they were
    deployed at once; "" where something does.
    `day`: the day on which it was written; only the distance of two means something, with 31 days a month.
    `unless`: it runs only where none of these is there, or all that are wanted.
    `down_unread`: a way back is there, and could not be read.
    """

    id: str
    up: Script | None
    down: Script | None = None
    opaque: Problem | None = None
    repeatable: bool = False
    reversible: bool = False
    release: str = ""
    arrival: str = ""
    day: int | None = None
    unless: tuple[Absent, ...] = ()
    baseline: bool = False
    down_unread: bool = False

    @property
    def path(self) -> str:
        """The file that it is known by."""
        script = self.up or self.down
        return script.source.path if script else self.opaque.path if self.opaque else ""

    @property
    def scripts(self) -> tuple[Script, ...]:
        """The scripts that it has, up before down."""
        return tuple(script for script in (self.up, self.down) if script is not None)


class Reaction(str, Enum):
    """What a tool does about something that is not as it should be."""

    STOPS = "stops"
    """It refuses to go on."""
    WARNS = "warns"
    """It says so, or asks, and can go on."""
    IGNORES = "ignores"
    """It does not notice."""
    SKIPS = "skips"
    """It leaves the migration out, in silence."""


class Checksum(str, Enum):
    """What a tool's checksum of a migration covers, comments included."""

    NONE = "nothing"
    """It keeps none."""
    BYTES = "every byte of the file"
    CHARACTERS = "every character of the file, whatever its line ends"
    TRIMMED = "everything but the whitespace at both ends"
    LINES = "the text of its lines, without line ends and empty lines"
    WORDS = "its text, with any whitespace between two words counted as one space"


class Commands(NamedTuple):
    """A tool's commands, or SQL on its table of migrations where it has none; "" where there is no way.

    `{id}` stands for a migration, `{version}` for its number, `{previous}` for that of the one before,
    `{folder}` for the folder, `{database}` for the last part of its path, `{count}` for how many.
    `unmark` says that it is no longer applied, without running anything.
    `apply_to` and `roll_back_to` name the last migration that is applied afterwards.
    `preview_back` prints what `roll_back` would run. `check` looks at the database after either direction.
    `mend` and `mend_back` are for a migration, or its way back, that stopped half-way: they come before the
    next try.
    """

    apply: str = ""
    roll_back: str = ""
    mark_applied: str = ""
    unmark: str = ""
    apply_some: str = ""
    apply_to: str = ""
    roll_back_some: str = ""
    roll_back_to: str = ""
    preview_back: str = ""
    check: str = ""
    mend: str = ""
    mend_back: str = ""


class Way(NamedTuple):
    """How to run statements outside a transaction; `statements` is a pattern for the beginning of one."""

    statements: str
    how: str


class Advice(NamedTuple):
    """What to tell a user about their migration tool; "" where it has no such thing.

    `by_hand`: no tool is known, so that nothing says which migrations a database has run.
    `has_downs`: whether the tool itself runs down scripts.
    `down_file`: where the tool or its users keep the way back of a migration (`down.sql`).
    `without_down`: what a rollback does when a migration has none.
    `roll_back_needs`: what else its command to roll back takes, such as a paid edition.
    `before_back`: what comes first on the way back.
    `half_way`, `half_way_back`: what is left when a migration, or its way back, stops half-way; where the
    statements commit one by one, those before the failing one stay besides.
    `older_program`: what a program does whose files end before what the database has run; `older_refuses`:
    it does not start.
    `begin_downs`: how to begin to keep them.
    `set_lock_timeout`: the tool's way to set lock_timeout once for all migrations.
    `run_outside_transaction`: how to run one migration outside a transaction; `run_alone` are other ways for
    some statements; `always_in_transaction`: why the tool can run nothing, or nothing else, outside one.
    `block_marks`: what stands around a statement with semicolons inside, where the tool cuts at each;
    `inner_semicolon`: how such a semicolon is written instead.
    `holds_transaction`: why an index that is built or rebuilt CONCURRENTLY waits for the tool itself;
    `let_go`: the setting that changes it.
    `edited`, `removed`: what the tool does when an applied migration is not as it was, or is gone;
    `checksum`: what it knows an edited one by;
    `late`: when a new migration comes before one that was applied (IGNORES: it applies it).
    `reset_edited`: how to tell the tool that an edit is meant.
    `version`: a pattern for the beginning of a migration's name that is all the tool knows it by, without
    zeros in front; "" where the tool knows the whole name.
    `number`: a pattern for the number in a name that commands want where the tool knows the whole name.
    """

    by_hand: bool = False
    has_downs: bool = False
    down_file: str = ""
    without_down: str = ""
    roll_back_needs: str = ""
    before_back: str = ""
    half_way: str = ""
    half_way_back: str = ""
    older_program: str = ""
    older_refuses: bool = False
    begin_downs: str = ""
    set_lock_timeout: str = ""
    run_outside_transaction: str = ""
    run_alone: tuple[Way, ...] = ()
    always_in_transaction: str = ""
    block_marks: tuple[str, str] | None = None
    inner_semicolon: str = ""
    holds_transaction: str = ""
    let_go: str = ""
    edited: Reaction = Reaction.IGNORES
    checksum: Checksum = Checksum.NONE
    removed: Reaction = Reaction.IGNORES
    late: Reaction = Reaction.IGNORES
    reset_edited: str = ""
    version: str = ""
    number: str = ""
    commands: Commands = Commands()


class History(NamedTuple):
    """One tool's ordered migrations in one folder.

    `evidence` says why this tool was chosen; `problems` are files that could not be read, `gaps` what is
    left out for another reason; `irregularities` is what the tool itself will stumble over.
    `selected` are the ids of the migrations that are asked for, None for all: the whole history is
    replayed, findings are reported for these only. `base` is the history before the change at hand.
    `declared` is what the project's schema file says the database should be in the end.
    `in_code` are the files of a framework whose migrations no tool reads; such a history has no migrations.
    `home` is the schema in which the tool's sessions begin; "" for the one that the database begins in.
    `home_as_written` is what stands for that schema in the files, where the tool fills it in.
    `server` is the one that the project runs, as far as files around the history say so.
    """

    tool: str
    root: str
    dialect: str
    migrations: tuple[Migration, ...]
    evidence: str = ""
    advice: Advice = Advice()
    problems: tuple[Problem, ...] = ()
    gaps: tuple[Problem, ...] = ()
    irregularities: tuple[Irregularity, ...] = ()
    selected: frozenset[str] | None = None
    base: "History | None" = None
    declared: Declared | None = None
    in_code: tuple[str, ...] = ()
    home: str = ""
    home_as_written: str = ""
    server: Server | None = None

    def asks_for(self, migration: str) -> bool:
        """Tell whether findings about a migration are asked for."""
        return self.selected is None or migration in self.selected

    def command(self, command: str, migration: Migration, count: int = 1) -> str:
        """Fill in a command of the tool for a migration; "" where it wants what this migration does not have.

        `count` is how many the command goes for.
        """
        before = [one for one in self.migrations[: self.migrations.index(migration)] if not one.repeatable]
        words = {
            "{id}": migration.id,
            "{version}": self.number_of(migration),
            "{previous}": self.number_of(before[-1]) if before else "",
            "{folder}": self.root,
            "{database}": self.root.rpartition("/")[2],
            "{count}": str(count),
        }
        for place, word in words.items():
            if place in command and not word:
                return ""
            command = command.replace(place, word)
        return command

    def number_of(self, migration: Migration) -> str:
        """Give the number that the tool's commands call a migration by; "" where they take its name."""
        pattern = self.advice.version or self.advice.number
        found = re.search(pattern, migration.id.rpartition("/")[2]) if pattern else None
        if found is None:
            return ""
        digits = found[0].replace("-", "")
        return digits if digits.isdecimal() else found[0].replace("_", ".")

    @property
    def asked(self) -> tuple[Migration, ...]:
        """The migrations that are asked for."""
        return tuple(migration for migration in self.migrations if self.asks_for(migration.id))
