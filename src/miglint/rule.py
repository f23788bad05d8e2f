"""All that a rule's author imports: `Rule`, `Bad`, `Good`, `Context`, and the events besides operations.

A rule is a value and pure generators::

    rule = Rule(__name__, severity=Severity.ERROR, since="0.1.0", examples=(Bad(...), Good(...)))

    @rule.check(CreateIndex)
    def blocking_index_build(index: CreateIndex, ctx: Context) -> Iterator[Finding]:
        ...

Its name comes from the module's name, its category from the package's, its page from the docstring.
"""

import sys
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeVar

from miglint.model import (
    NO_EFFECTS,
    BlockStatement,
    Confidence,
    Effects,
    Finding,
    History,
    LockMode,
    Migration,
    Name,
    Operation,
    Schema,
    Script,
    Severity,
    Source,
    Span,
    Statement,
    Step,
    Table,
    TransactionMode,
    View,
    Work,
)
from miglint.session import Held, Session

__all__ = [
    "Bad",
    "Context",
    "Example",
    "Good",
    "HistoryEnd",
    "MigrationEnd",
    "Policy",
    "Record",
    "Rule",
    "SuppressionProblem",
]

Check = Callable[[Any, "Context"], Iterator[Finding]]
F = TypeVar("F", bound=Check)


class Bad(NamedTuple):
    """SQL that the rule reports. `-- expect: rule-name` stands on the line where the finding starts.

    A line `-- migration` separates migrations; `history` holds earlier ones.
    `fixed` is the SQL after the rule's fix. `mode` is how the migration tool runs each script.
    """

    title: str
    sql: str
    fixed: str | None = None
    history: str = ""
    mode: TransactionMode = TransactionMode.IMPLICIT_BATCH
    settings: tuple[tuple[str, Any], ...] = ()
    down: str | None = None
    has_downs: bool = False


class Good(NamedTuple):
    """SQL about which the rule is silent; the title says why.

    `recommended` forms are run against all rules: none may report them.
    """

    title: str
    sql: str
    history: str = ""
    mode: TransactionMode = TransactionMode.IMPLICIT_BATCH
    settings: tuple[tuple[str, Any], ...] = ()
    recommended: bool = False
    down: str | None = None
    has_downs: bool = False


Example = Bad | Good


class Rule:
    """One hazard: its name, how bad it is, its examples, and the checks that find it.

    `profile` is "safety" for rules that are on by default, "all" for those a team asks for.
    `dialects` and `min_version` (the server's major version) say where it applies;
    `directions` which scripts it reads.
    """

    def __init__(
        self,
        module: str,
        *,
        severity: Severity,
        since: str,
        examples: tuple[Example, ...],
        confidence: Confidence = Confidence.HIGH,
        profile: str = "safety",
        dialects: tuple[str, ...] = ("postgres",),
        min_version: int = 0,
        directions: tuple[str, ...] = ("up",),
    ) -> None:
        package, _, name = module.rpartition(".")
        self.module = module
        self.name = name.replace("_", "-")
        self.category = package.rpartition(".")[2].replace("_", "-")
        self.severity = severity
        self.confidence = confidence
        self.since = since
        self.examples = examples
        self.profile = profile
        self.dialects = dialects
        self.min_version = min_version
        self.directions = directions
        self.checks: list[tuple[type, Check]] = []

    def check(self, *kinds: type) -> Callable[[F], F]:
        """Subscribe a generator to operations or events of these kinds."""

        def subscribe(function: F) -> F:
            self.checks += [(kind, function) for kind in kinds]
            return function

        return subscribe

    @property
    def documentation(self) -> str:
        """The text of the rule's page: its module's docstring."""
        return (sys.modules[self.module].__doc__ or "").strip()

    @property
    def summary(self) -> str:
        """The hazard in one phrase: the first line of the page."""
        return self.documentation.partition("\n")[0].rstrip(".")

    def __repr__(self) -> str:
        return f"Rule({self.name})"


class Policy(NamedTuple):
    """What the project has said about itself, as far as rules ask.

    `lock_timeout` is "once", "each" or "off"; `down` is "auto", "required" or "off".
    """

    postgres_version: int = 14
    lock_timeout: str = "once"
    runner_sets_lock_timeout: bool = False
    hot_tables: frozenset[Name] = frozenset()
    small_tables: frozenset[Name] = frozenset()
    down: str = "auto"


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


class MigrationEnd(NamedTuple):
    """A migration has ended."""

    migration: Migration
    span: Span


class HistoryEnd(NamedTuple):
    """The history has ended."""

    history: History


class SuppressionProblem(NamedTuple):
    """A comment that should hide findings and does not; `kind` is unused, malformed or unknown."""

    kind: str
    span: Span
    text: str
    hint: str


class Context:
    """What a check can ask. Rules ask it; they never compute shared facts themselves."""

    __slots__ = ("_at", "_records", "history", "migration", "policy", "record", "script", "steps")

    def __init__(
        self,
        *,
        policy: Policy,
        history: History,
        migration: Migration | None = None,
        script: Script | None = None,
        records: tuple[Record, ...] = (),
        at: int = 0,
        steps: tuple[Step, ...] = (),
    ) -> None:
        self.policy = policy
        self.history = history
        self.migration = migration
        self.script = script
        self.steps = steps
        self._records = records
        self._at = at
        self.record: Record | None = records[at] if at < len(records) else None

    # --- the operation ------------------------------------------------------------------------

    @property
    def effects(self) -> Effects:
        """What the server does for this operation."""
        return self.record.effects if self.record else NO_EFFECTS

    @property
    def schema(self) -> Schema:
        """The schema before this operation."""
        return self.record.schema if self.record else Schema()

    @property
    def session(self) -> Session:
        """The session before this operation."""
        return self.record.session if self.record else Session()

    @property
    def statement(self) -> Statement | None:
        """The statement that holds this operation."""
        return self.record.statement if self.record else None

    @property
    def block(self) -> BlockStatement | None:
        """The PL/pgSQL statement that holds this operation, if it stands in a DO block."""
        return self.record.block if self.record else None

    # --- tables -------------------------------------------------------------------------------

    def table(self, name: Name) -> Table | None:
        """Give a table as it is before this operation."""
        return self.schema.table(name)

    def relation(self, name: Name) -> Table | View | None:
        """Give a table or view as it is before this operation."""
        return self.schema.table(name) or self.schema.view(name)

    def is_new(self, name: Name) -> bool:
        """Whether this migration made the table, or it is temporary: no other session can wait for it.

        The right question for locks, losses and running code.
        """
        return self.session.is_new(name)

    def has_rows(self, name: Name) -> bool:
        """Whether the table can hold rows. The right question for work, failures and backfills."""
        return self.session.has_rows(name)

    def is_small(self, name: Name) -> bool:
        """Whether the configuration lists the table as small."""
        return name in self.policy.small_tables

    def is_hot(self, name: Name) -> bool:
        """Whether the configuration lists the table as hot."""
        return name in self.policy.hot_tables

    def is_live(self, name: Name) -> bool:
        """Whether other sessions use the table, and it is not known to be small."""
        return not self.is_new(name) and not self.is_small(name)

    # --- blocked work -------------------------------------------------------------------------

    def blocked(self, work: tuple[Work, ...]) -> tuple[Work, ...]:
        """Give the work during which this operation keeps writers off a live table."""
        if not any(lock.mode.blocks_writes and self.is_live(lock.table) for lock in self.effects.locks):
            return ()
        return tuple(w for w in work if not self.is_small(w.table) and self._is_blocked(w))

    def _is_blocked(self, work: Work) -> bool:
        own = self.effects.lock_on(work.table)
        if not self.is_new(work.table):
            return own is not None and own.blocks_writes
        return True

    def lock_of(self, name: Name) -> LockMode:
        """Give the lock that this operation takes on a table; ACCESS SHARE if it takes none."""
        return self.effects.lock_on(name) or LockMode.ACCESS_SHARE

    def held(self, name: Name) -> Held | None:
        """Give the lock that earlier statements of the transaction hold on a table."""
        return self.session.lock_held(name)

    # --- the rest of the migration ------------------------------------------------------------

    @property
    def earlier(self) -> tuple[Record, ...]:
        """The operations of this migration before this one."""
        return self._records[: self._at]

    @property
    def later(self) -> tuple[Record, ...]:
        """The operations of this migration after this one."""
        return self._records[self._at + 1 :]

    @property
    def records(self) -> tuple[Record, ...]:
        """All operations of this migration."""
        return self._records

    @property
    def source(self) -> Source | None:
        """The source of the script."""
        return self.script.source if self.script else None
