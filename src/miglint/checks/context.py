"""What a check can ask: the operation, its effects, its surroundings, and the rest of the migration."""

from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import NamedTuple, Protocol, TypeVar, overload

from miglint.checks.bookkeeping import keeps_records, keeps_records_of_another, keeps_settings
from miglint.checks.facts import DownPractice, Facts, HistoryFacts, Known, Part
from miglint.checks.remedies.backfills import (
    adders,
    as_added,
    checks,
    filled_by_default,
    movable,
    moving_with,
    while_not_done,
)
from miglint.checks.remedies.batches import (
    NO_KEY,
    UNTOLD,
    computed_aside,
    key_walk,
    limit_loop,
    never_null,
    walk_once,
)
from miglint.checks.remedies.ordering import (
    could_run_before,
    drops,
    drops_by_name,
    parts_dropped,
    relying_on,
    relying_on_proof,
    renames,
    same_by_another_name,
    unique_drop,
    uses,
    using_result,
)
from miglint.checks.remedies.steps import (
    concurrent_index,
    copy_of_columns,
    index_if_missing,
    outside_transaction,
    rename_index,
    tools_way,
)
from miglint.dialects.sql.session import NO_SESSION, Held, Session
from miglint.model import (
    NO_EFFECTS,
    AddColumn,
    AddConstraint,
    BlockStatement,
    Call,
    Commit,
    Confidence,
    ConstraintDefinition,
    CreateIndex,
    CreateTable,
    CreateView,
    Delete,
    DoBlock,
    Drift,
    DropColumn,
    DropIndex,
    Edit,
    Effects,
    Failure,
    FailureCause,
    Fix,
    History,
    Insert,
    Lock,
    LockMode,
    Migration,
    Name,
    Operation,
    Reindex,
    Related,
    Rollback,
    Schema,
    Script,
    Server,
    Source,
    Statement,
    Step,
    Table,
    Truncate,
    Unparsed,
    Update,
    Version,
    View,
    Work,
    blocked_by,
    leaves_no_trace,
    quote,
)
from miglint.simulate.trace import Record

T = TypeVar("T")
_NO_SCHEMA = Schema()
_VALIDATED = ("foreign", "check", "not null")


_PARTITIONED_NOT_VALID_VERSION = 18


_WORK_ORDER = ("rewrite", "index build", "scan")


_NAME_ENDS = {
    "primary": "pkey",
    "unique": "key",
    "foreign": "fkey",
    "check": "check",
    "exclude": "excl",
    "not null": "not_null",
}


class Policy(NamedTuple):
    """What the project has said about itself, as far as rules ask.

    `servers` are those whose version it names; `lock_timeout` is "once", "each" or "off"; `down` is "auto",
    "required" or "off".
    """

    servers: tuple[Server, ...] = ()
    lock_timeout: str = "once"
    runner_sets_lock_timeout: bool = False
    hot_tables: frozenset[Name] = frozenset()
    small_tables: frozenset[Name] = frozenset()
    down: str = "auto"

    def version_of(self, dialect: str) -> Version:
        """The version of a database that it names; `()` if it names none."""
        return next((server.version for server in self.servers if server.dialect == dialect), ())


class HasSchema(Protocol):
    """What the migrations came to before the change at hand, which is replayed if somebody asks."""

    @property
    def schema(self) -> Schema:
        """The last schema."""


class Refusal(NamedTuple):
    """An operation that the server refuses, and why."""

    operation: Operation
    failure: Failure


class Context:
    """What a check can ask. Rules ask it; they never compute shared facts themselves."""

    __slots__ = (
        "_at", "_base", "_facts", "_last", "_of_history", "_records", "history", "migration", "policy",
        "record", "script", "server", "steps",
    )  # fmt: skip

    habit = 3  # so many migrations are not a slip

    def __init__(
        self,
        *,
        policy: Policy,
        history: History,
        server: Server,
        migration: Migration | None = None,
        script: Script | None = None,
        records: tuple[Record, ...] = (),
        at: int = 0,
        steps: tuple[Step, ...] = (),
        schema: Schema = _NO_SCHEMA,
        of_history: HistoryFacts | None = None,
        facts: Facts | None = None,
        base: "HasSchema | None" = None,
    ) -> None:
        self.policy = policy
        self.history = history
        self.server = server
        self.migration = migration
        self.script = script
        self.steps = steps
        self._records = records
        self._at = at
        self._last = schema
        self._base = base
        self._of_history = HistoryFacts(history) if of_history is None else of_history
        self._facts = Facts(records) if facts is None else facts
        self.record: Record | None = records[at] if at < len(records) else None

    # --- the operation ------------------------------------------------------------------------

    @property
    def effects(self) -> Effects:
        """What the server does for this operation."""
        return self.record.effects if self.record else NO_EFFECTS

    @property
    def schema(self) -> Schema:
        """The schema before this operation; at the end of the history, the last one."""
        return self.record.schema if self.record else self._last

    @property
    def session(self) -> Session:
        """The session before this operation."""
        return self.record.session if self.record else NO_SESSION

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

    def knows(self, name: Name) -> bool:
        """Whether the history tells of a table or view, before this operation or after it."""
        after = self.record.after if self.record else self._last
        return any(schema.table(name) or schema.view(name) for schema in (self.schema, after))

    def is_new(self, name: Name) -> bool:
        """Whether this release made the table, or it is temporary: no other session can wait for it.

        The right question for locks, losses and running code.
        """
        return self.session.is_new(name)

    def has_rows(self, name: Name) -> bool:
        """Whether the table can hold rows. The right question for work, failures and backfills."""
        return self.session.has_rows(name)

    def is_small(self, name: Name) -> bool:
        """Whether the configuration lists the table as small, or an extension or migration tool keeps it."""
        return name in self.policy.small_tables or (
            (keeps_settings(name) or keeps_records(name)) and self._is_of_others(name)
        )

    def _is_of_others(self, name: Name) -> bool:
        table = self.schema.table(name)
        return table is None or not table.complete

    def keeps_records_of_another(self, name: Name) -> bool:
        """Whether a migration tool that this history does not use keeps its records in the table."""
        return keeps_records_of_another(name, self.history.tool) and self._is_of_others(name)

    def is_hot(self, name: Name) -> bool:
        """Whether the configuration lists the table as hot."""
        return name in self.policy.hot_tables

    def is_selected(self, migration: str) -> bool:
        """Whether findings about a migration are asked for: a check of the whole history has to ask."""
        return self.history.asks_for(migration)

    def is_live(self, name: Name) -> bool:
        """Whether other sessions use the table, and it is not known to be small."""
        return not self.is_new(name) and not self.is_small(name)

    def makes_wait(self, lock: Lock) -> bool:
        """Whether other sessions that use a live table wait for a lock on it.

        Nobody writes to a materialized view: only what keeps readers away counts there.
        """
        if not lock.mode.blocks_writes or not self.is_live(lock.table):
            return False
        if lock.mode.blocks_reads or self.schema.view(lock.table) is None:
            return True
        # It locks the index as well, which nearly every query opens.
        return self.record is not None and isinstance(self.record.operation, Reindex)

    def is_empty_if_it_commits(self, name: Name) -> bool:
        """Whether a statement that commits together with this one fails as soon as the table has a row."""
        if self.record is None:
            return False
        unfit = self.once(_unfit_for_rows)
        transaction, number = self.session.transaction, self.record.number
        return (None, number, name) in unfit or (transaction is not None and (transaction, 0, name) in unfit)

    def has_few_rows(self, name: Name) -> bool:
        """Whether the table is small, emptied, or new with only the rows that the text spells out.

        A DELETE of all rows makes it so once it has committed: until then the dead rows may come back, and
        an index over them takes as long as one over live rows.
        """
        if self.is_small(name) or not self.is_new(name):
            session = self.session
            return self.is_small(name) or (name in session.emptied and name not in session.dead)
        view = self.schema.view(name)
        if view is not None and view.reads:
            return all(self.table(source) and self.has_few_rows(source) for source in view.reads)
        written = [rows for place, rows in self._facts.fillings.get(name, ()) if place < self._at]
        return bool(written) and None not in written

    def constraint_name(self, table: Name, definition: ConstraintDefinition) -> str:
        """Give the name of a new constraint: the server's own choice where the text gives none."""
        if definition.name is not None:
            return definition.name
        before, after = self.schema.table(table), self.record.after.table(table) if self.record else None
        # A new constraint stands behind the old ones.
        for constraint in after.constraints[len(before.constraints) if before else 0 :] if after else ():
            if constraint.kind == definition.kind:
                return constraint.name
        columns = () if definition.kind == "primary" else definition.columns
        return "_".join((table.name, *columns, _NAME_ENDS[definition.kind]))

    # --- blocked work -------------------------------------------------------------------------

    def blocked(self, work: tuple[Work, ...]) -> tuple[Work, ...]:
        """Give the work during which this operation keeps writers off a live table.

        There is none in a statement that fails as soon as there is a row.
        """
        return () if not work or self.fails else self._blocked(work)

    def _blocked(self, work: tuple[Work, ...]) -> tuple[Work, ...]:
        """Give those of the works of this operation for which writers wait."""
        waited_for = self._waited_for if work else ()
        return tuple(w for w in work if w in waited_for) if waited_for else ()

    @property
    def _waited_for(self) -> tuple[Work, ...]:
        known = self._facts.waited_for.get(self._at)
        if known is None:
            effects = self.effects
            works = effects.works if any(map(self.makes_wait, effects.locks)) else ()
            known = self._facts.waited_for[self._at] = tuple(w for w in works if self._is_blocked(w))
        return known

    def _is_blocked(self, work: Work) -> bool:
        if self.has_few_rows(work.table):
            return False
        own = self.effects.lock_on(work.table)
        return self.is_new(work.table) or (own is not None and own.blocks_writes)

    @property
    def fails(self) -> bool:
        """Whether this statement fails for certain, so that it does nothing else."""
        return self._of_statement.fails

    @property
    def blocking(self) -> "Contexts":
        """The actions of this statement that keep writers off a live table while they work.

        Writers wait for the statement as a whole, so one finding stands for it, that of the first: a copy
        of a table comes before an index build, that before a scan, and else the order of the text decides.
        """
        return Contexts(self, self._of_statement.blocking)

    @property
    def _of_statement(self) -> Known:
        known = self._facts.statements.get(self._at)
        if known is None:
            places = self._action_range()
            records = self._records[places.start : places.stop]
            fails = any(failure.certain for record in records for failure in record.effects.failures)
            working = (self.at(place) for place in places if self._records[place].effects.works)
            found = [a for a in working if a._blocked(a.effects.works)] if not fails else []
            found.sort(key=lambda a: (_WORK_ORDER.index(a._heaviest), a._start, a._at))
            apart = None
            if found and found[0]._heaviest == "scan" and not found[0]._scans_apart:
                apart = next((action._at for action in found if action._scans_apart), None)
            known = Known(places, fails, tuple(action._at for action in found), apart)
            self._facts.statements.update((place, known) for place in places)
        return known

    @property
    def _heaviest(self) -> str:
        if self._blocked(self.effects.rewrites):
            return "rewrite"
        return "index build" if self._blocked(self.effects.index_builds) else "scan"

    @property
    def _start(self) -> int:
        return self.record.operation.span.start if self.record else 0

    @property
    def leading_work(self) -> str:
        """What writers wait for here: "rewrite", "index build" or "scan".

        It is "" if they wait for nothing, or if the finding belongs to another action of this statement.
        """
        if not self.blocked(self.effects.works):
            return ""
        return self._heaviest if self._of_statement.blocking[0] == self._at else ""

    @property
    def leads_own_scan(self) -> bool:
        """Whether this is the first scan of the statement in a pass of its own, beside another's scan."""
        return self._of_statement.apart == self._at

    @property
    def _scans_apart(self) -> bool:
        return any(work.apart for work in self._blocked(self.effects.scans))

    @property
    def also_blocking(self) -> tuple[Related, ...]:
        """The other actions of this statement that block, to be named in its one finding."""
        return tuple(
            Related(action.record.operation.span, f"and {action.blocked(action.effects.works)[0].reason}")
            for action in self.blocking
            if action.record is not None and action._at != self._at
        )

    @property
    def not_valid_fix(self) -> Fix | None:
        """NOT VALID for each constraint of this statement that blocks and can have it.

        None in a block, whose text may be computed.
        """
        edits = []
        for action in self.blocking if self.block is None else ():
            operation = action.record.operation if action.record else None
            if not isinstance(operation, AddConstraint) or operation.constraint.kind not in _VALIDATED:
                continue
            if not self.refuses_not_valid(operation.table, operation.constraint):
                edits.append(Edit.insert(operation.span.end, " NOT VALID"))
        # Not safe: rows that break the constraint stay until it is validated.
        return Fix("Add NOT VALID", tuple(edits)) if edits else None

    def refuses_not_valid(self, table: Name, constraint: ConstraintDefinition) -> bool:
        """Whether the server cannot add this constraint NOT VALID: the foreign key of a partitioned table."""
        found = self.table(table)
        partitioned = constraint.kind == "foreign" and found is not None and bool(found.partition_by)
        return partitioned and not self.server.has("postgres", _PARTITIONED_NOT_VALID_VERSION)

    @property
    def slow(self) -> str:
        """What takes time in proportion to a table here, as a clause; "" if nothing does."""
        known = self._facts.slow.get(self._at)
        if known is None:
            known = self._facts.slow[self._at] = self._slow()
        return known

    def _slow(self) -> str:
        operation = self.record.operation if self.record else None
        for work in self.effects.works:
            if not self.has_few_rows(work.table) and not self.fails:
                return work.reason_elsewhere
        for work in self.effects.reads:
            if not self.has_few_rows(work.table):
                return work.reason_elsewhere
        for written in self.effects.rows_written:
            if isinstance(operation, (Update, Delete)) and not (
                written.bounded or self.has_few_rows(written.table)
            ):
                article = "an" if written.kind == "update" else "a"
                return f"{article} {written.kind.upper()} works through {written.table.display}"
        fills = (
            (isinstance(operation, Insert) and operation.rows is None)
            or (isinstance(operation, CreateTable) and operation.with_data)
            or (isinstance(operation, CreateView) and operation.materialized and operation.with_data)
        )
        query = getattr(operation, "query", None) if fills else None
        for source in query.reads if query is not None else ():
            if self.has_rows(source) and not self.has_few_rows(source):
                return f"rows are copied from {source.display}"
        return ""

    @property
    def first_slow(self) -> "Context | None":
        """The first action of this statement that takes time."""
        places = self._of_statement.places
        place = self.at(places.start)._next_slow() if places else None
        return self.at(place) if place is not None and place in places else None

    @property
    def slow_while_held(self) -> "Context | None":
        """The first later operation that takes time while what this one locks is still locked."""
        place = self.at(self._at + 1)._next_slow()
        return self.at(place) if place is not None and self.commits_with(self._records[place]) else None

    def _next_slow(self) -> int | None:
        known = self._facts.next_slow
        if self._at not in known:
            found: int | None = None
            for place in reversed(range(len(self._records))):
                found = place if self.at(place).slow else found
                known[place] = found
            known[len(self._records)] = None
        return known[self._at]

    def held(self, name: Name) -> Held | None:
        """Give the lock that earlier statements of the transaction, or of the block, hold on a table."""
        held = self.session.lock_held(name)
        # A block that runs on its own is a transaction, up to each COMMIT in it.
        return held if held is not None or not self.block else self.held_in_statement(name)

    def locked_between(self, name: Name, start: int, end: int) -> Held | None:
        """Give the first lock against reads that this transaction takes on a table between two places.

        An index can be dropped CONCURRENTLY, so that a DROP INDEX does not count.
        """
        for record in self._records[start:end]:
            mode = record.effects.lock_on(name) if not isinstance(record.operation, DropIndex) else None
            if mode is not None and mode.blocks_reads and self.commits_with(record):
                return Held(mode, record.operation.span, record.statement.source)
        return None

    def held_in_statement(self, name: Name) -> Held | None:
        """Give the lock that earlier operations of this statement have on a table until it commits."""
        return self._facts.held_in_statement(self._at).get(name) if self.record else None

    def blocked_uses(self, *tables: Name) -> str:
        """Say what waits while this operation works: "reads and writes to orders, and writes to users".

        Of the locks on a table the strongest counts, whichever action or earlier statement has taken it.
        """
        waiting: dict[str, dict[str, None]] = {}
        for table in dict.fromkeys(tables):
            held, own = self._held_more(table), self._own_lock(table)
            mode = held.mode if held else own
            if mode is not None and mode.blocks_writes and self.is_live(table):
                name = f"{table.display} (already locked)" if held else table.display
                waiting.setdefault(blocked_by(mode), {})[name] = None
        return ", and ".join(f"{uses} to {' and '.join(names)}" for uses, names in sorted(waiting.items()))

    def locked_before(self, *tables: Name) -> tuple[Related, ...]:
        """The earlier statements whose locks keep more uses of live tables waiting than this one's do."""
        return tuple(
            Related(held.span, f"takes {held.mode} on {table.display}", held.source)
            for table in dict.fromkeys(tables)
            if self.is_live(table) and (held := self._held_more(table)) is not None
        )

    def _held_more(self, table: Name) -> Held | None:
        held, own = self.held(table), self._own_lock(table)
        if held is None or not held.mode.blocks_writes:
            return None
        more = own is None or not own.blocks_writes or (held.mode.blocks_reads and not own.blocks_reads)
        return held if more else None

    def _own_lock(self, table: Name) -> LockMode | None:
        # ALTER TABLE takes at its start the strongest lock that one of its actions needs.
        effects = (self._records[place].effects for place in self._of_statement.places)
        return max((lock.mode for e in effects for lock in e.locks if lock.table == table), default=None)

    # --- the statement ------------------------------------------------------------------------

    def at(self, number: int) -> "Context":
        """Ask the same about another operation of this migration, by its place in `records`."""
        return Context(
            policy=self.policy,
            history=self.history,
            server=self.server,
            migration=self.migration,
            script=self.script,
            records=self._records,
            at=number,
            of_history=self._of_history,
            facts=self._facts,
        )

    @property
    def siblings(self) -> "Contexts":
        """The actions of this statement, this one among them; in a DO block, those of its inner statement."""
        return Contexts(self, self._of_statement.places)

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        """What the server does not do in this statement, with the operation; nothing of what may not run."""
        if self.record is None:
            return ()
        return tuple(
            Refusal(record.operation, failure)
            for record in map(self._records.__getitem__, self._facts.ranges[self.record.number])
            if record.block is None or not record.block.conditional
            for failure in record.effects.refused
        )

    def _action_range(self) -> range:
        records, first, last, block = self._records, self._at, self._at + 1, self.block
        if self.record is None:
            return range(0)
        number = self.record.number
        while first > 0 and records[first - 1].number == number and records[first - 1].block is block:
            first -= 1
        while last < len(records) and records[last].number == number and records[last].block is block:
            last += 1
        return range(first, last)

    # --- the transaction ----------------------------------------------------------------------

    @property
    def transaction_reason(self) -> str:
        """Why there is a transaction around this operation, in words; "" if there is none."""
        opened_by = self.session.opened_by
        if opened_by == "script":
            return "BEGIN has opened one"
        said = self.script.mode_reason if self.script else ""
        if opened_by == "batch":
            said = said or "the file is sent as one query"
            return f"{said}, and several statements in it make one transaction"
        return (said or "the migration tool opens one") if opened_by == "tool" else ""

    def commits_with(self, other: Record) -> bool:
        """Whether another operation of this migration commits together with this one."""
        if self.record is None or other.number == self.record.number:
            return self.record is not None
        return self.session.in_transaction and other.session.transaction == self.session.transaction

    def added_in_transaction(self, table: Name, constraint: str) -> Record | None:
        """Give the ADD CONSTRAINT of a constraint, if it commits together with this operation."""
        if self._facts.adders is None:
            adders: dict[tuple[Name, str], list[int]] = {}
            for place in self._facts.places(AddConstraint):
                operation = self._records[place].operation
                if isinstance(operation, AddConstraint):
                    name = self.at(place).constraint_name(operation.table, operation.constraint)
                    adders.setdefault((operation.table, name), []).append(place)
            self._facts.adders = adders
        places = self._facts.adders.get((table, constraint), [])
        before = bisect_left(places, self._at)
        record = self._records[places[before - 1]] if before else None
        return record if record is not None and self.commits_with(record) else None

    @property
    def commits_in_loop(self) -> bool:
        """Whether this operation stands in a loop of a block or procedure that commits in a loop."""
        if self.record is None or self.block is None or not self.block.loop:
            return False
        return self.record.number in self._facts.commits_in_loop

    def sure_of_rows(self, change: Operation) -> Confidence:
        """How sure it is that a write reaches many rows: of those that a condition or a query picks, not."""
        if not isinstance(change, (Update, Delete)) or change.filter.joins:
            return Confidence.MEDIUM
        return Confidence.HIGH if change.filter.absent or change.filter.tautology else Confidence.MEDIUM

    def in_batches(self, change: Update | Delete) -> str:
        """Write the loop that makes this UPDATE or DELETE in batches, each with its own COMMIT."""
        where = change.filter
        nulls = [f"{quote(column)} IS NULL" for column in where.nulls]
        old = as_added(change, self._added(change)) if isinstance(change, Update) else ()
        # The rest of a WHERE is for people to fill in.
        rest_of_it = [] if where.absent or where.only_of_nulls else ["..."]
        condition = " AND ".join(dict.fromkeys((*rest_of_it, *nulls, *old)))
        if isinstance(change, Delete):
            return self.batch_loop(change.table, f"DELETE FROM {change.table.sql}", condition or "...")
        values = ", ".join(f"{quote(column)} = ..." for column in change.columns)
        head = f"UPDATE {change.table.sql} SET {values}"
        found = self.table(change.table)
        if found is None or found.row_key == "ctid":
            done = while_not_done(change, old)
            if not done:
                return UNTOLD if not change.cumulative else NO_KEY
            return self.batch_loop(change.table, head, " AND ".join((*rest_of_it, *done)))
        if change.reads_itself:
            return computed_aside(change.table, found.row_key, change.columns)
        rest = f" AND {condition}" if condition else ""
        if change.cumulative:
            return walk_once(change.table, found.row_key, change.columns, head, rest)
        return key_walk(change.table.sql, found.row_key, head, rest)

    def filled_by_default(self, change: Update) -> str:
        """Write how a constant in columns that this migration has added needs no UPDATE; "" if it does."""
        after = self._records[-1].after.table(change.table) if self._records else None
        return filled_by_default(change, self._added(change), self._checks_after(change.table), after)

    def moves_with(self, change: Update | Delete) -> str:
        """Write the later statements of this migration that can only run after a change, as later steps."""
        number, source = self._records[self._at].number, self.source
        text = source.shown(change.span) if source else ""
        moving = moving_with(self._records, self._at, change, text, self.once(movable))
        texts = []
        for record in map(self._records.__getitem__, moving.places):
            inside = record.block.span if record.block and record.number == number else None
            shown = source.shown(inside) if inside is not None and source else record.statement.text
            texts.append(shown.rstrip("; \n"))
        if not texts:
            return ""
        steps = "\n".join(f"{text};" for text in dict.fromkeys(texts))
        why = {
            (True, False): "because it relies on the change",
            (False, True): "because it takes away what the change uses",
        }
        reason = why.get(moving[1:], "because it relies on the change or takes away what that uses")
        return f"\n-- and only after it, {reason}:\n{steps}"

    def required_when_added(self, table: Name, column: str) -> str:
        """Write the ADD COLUMN with which NOT NULL needs no scan; "" if the column came without a default."""
        added = self._added_as(table, column)
        default = added.column.default if added is not None else None
        if added is None or default is None or default.is_null or added.column.constraints:
            return ""
        whole = added.column._replace(not_null=True).sql
        return f"-- with its default, the column needs no scan:\nALTER TABLE {table.sql} ADD COLUMN {whole};"

    def only_reads_a_rewrite(self, table: Name, column: str) -> bool:
        """Whether only this blocks here, and an ADD COLUMN has just rewritten the table for the column."""
        added = self._added_as(table, column)
        return added is not None and added.column.generated == "stored" and not self.also_blocking

    def _added_as(self, table: Name, column: str) -> AddColumn | None:
        """Give the operation of this migration that has added a column."""
        if (table, column) not in self.session.columns_added:
            return None
        places = self.once(adders).get((table, column), ())
        return next((operation for place, operation in reversed(places) if place < self._at), None)

    def _added(self, change: Update) -> dict[str, AddColumn]:
        found = ((column, self._added_as(change.table, column)) for column in change.columns)
        return {column: added for column, added in found if added is not None}

    def _checks_after(self, table: Name) -> list[Record]:
        return [record for place, record in self.once(checks).get(table, ()) if place > self._at]

    def batch_loop(self, table: Name, change: str, condition: str) -> str:
        """Write the loop that makes a change in batches, each with its own COMMIT; see `limit_loop`."""
        found = self.table(table)
        return limit_loop(table.sql, found.row_key if found else "ctid", change, condition)

    def fill_loop(self, table: Name, column: str, value: str, functions: Sequence[str] = ()) -> str:
        """Write the loop that gives the old rows of a new column the value that new ones get, in batches."""
        found, name = self.table(table), quote(column)
        head, key = f"UPDATE {table.sql} SET {name} = {value}", found.row_key if found else "ctid"
        if key != "ctid":
            return key_walk(table.sql, key, head, f" AND {name} IS NULL")
        return self.batch_loop(table, head, f"{name} IS NULL") if never_null(functions) else UNTOLD

    def copy_of_columns(self, table: Name, columns: tuple[str, ...]) -> str:
        """Write how to keep what columns hold that this migration drops; see `copy_of_columns` in `steps`."""
        schema = self._records[0].schema
        keys = schema.keys_of(found) if (found := schema.table(table)) is not None else ()
        key = next((key for key in keys if set(key).isdisjoint(columns)), ())
        return copy_of_columns(table, key, columns, self.history.tool)

    def outside_transaction(
        self, sql: str, *, later: bool = False, remark: str = "", again: str = "", each: bool = False
    ) -> str:
        """Write how to run SQL outside a transaction with this migration tool; see `steps`."""
        advice = self.history.advice
        return outside_transaction(advice, sql, later=later, remark=remark, again=again, each=each)

    def runs_alone(self, what: str) -> str:
        """Say how to run this statement, which fails in a transaction, with this migration tool."""
        advice, at = self.history.advice, self.record
        sql = self.source.sql[slice(*at.operation.span)] if self.source and at and not self.block else ""
        way = tools_way(advice, sql)
        if not way and advice.always_in_transaction:
            return f"run the {what} by hand with psql: {advice.always_in_transaction}"
        return way or f"put the {what} alone in a migration that runs outside a transaction"

    def concurrent_index(
        self, text: str, table: Name, *, name: str = "", later: bool = False, remark: str = ""
    ) -> str:
        """Write how to build an index CONCURRENTLY with this migration tool.

        `text` is its CREATE INDEX, `name` is put in where it has none; for the rest see `steps`. It comes
        later where it needs what this migration makes.
        """
        advice = self.history.advice
        later = later or not self.could_run_before(0)
        again = "" if "..." in text else f"{index_if_missing(text, name)};"
        if again and self.is_live(table) and not self.has_few_rows(table):
            again += "  -- miglint: ignore[blocking-index-build] built by hand before"
        sql = f"{concurrent_index(text, name)};"
        return outside_transaction(advice, sql, later=later, remark=remark, again=again)

    def could_run_before(self, place: int) -> bool:
        """Whether this operation could run before that at a place of the migration; see `ordering`."""
        return self.record is None or could_run_before(self._records, place, self._at)

    def not_null_steps(self, table: Name, columns: Sequence[str]) -> list[str]:
        """Write how columns become NOT NULL without a scan, in this migration and later ones."""
        names = {column: quote(f"{table.name}_{column}_not_null") for column in columns}
        head = f"ALTER TABLE {table.sql}"
        add = [
            f"{head} ADD CONSTRAINT {name} CHECK ({quote(column)} IS NOT NULL) NOT VALID;"
            for column, name in names.items()
        ]
        prove = [
            line
            for column, name in names.items()
            for line in (
                f"{head} VALIDATE CONSTRAINT {name};",
                f"{head} ALTER COLUMN {quote(column)} SET NOT NULL;",
                f"{head} DROP CONSTRAINT {name};",
            )
        ]
        return [*add, "-- in a later migration:", *prove] if columns else []

    def and_then(self, name: str, *, later: bool = False) -> str:
        """Head the step that takes the place of this operation, and of the earlier DROP of a constraint."""
        later = later or not self.could_run_before(0)
        if later:
            return "-- and in a later migration:"
        place, _ = self.once(drops_by_name).get(name, (self._at, ""))
        if place >= self._action_range().start:
            return "-- and then:"
        return "-- and in the migration, in place of its DROP CONSTRAINT as well:"

    def replaces(self, table: Name, name: str, *, later: bool = False) -> bool:
        """Whether the step that takes the place of this operation has to drop a constraint as well.

        It has if this statement itself drops it, or if it is built before the migration that drops it; what
        the migration has dropped before is gone when the step runs later.
        """
        if self._stood(self.siblings[0].schema, table, name):
            return True
        later = later or not self.could_run_before(0)
        return not later and self._stood(self._records[0].schema, table, name)

    def _stood(self, schema: Schema, table: Name, name: str) -> bool:
        found = schema.table(table)
        return found is not None and found.constraint(name) is not None

    def validated(self, table: Name, name: str) -> str:
        """Write when a constraint that is there is validated, so that what follows needs no scan.

        Until COMMIT the lock of its ADD CONSTRAINT is held: nothing is won by a scan before that.
        """
        validate = f"ALTER TABLE {table.sql} VALIDATE CONSTRAINT {quote(name)};"
        if not self.added_in_transaction(table, name):
            return f"{validate}\n-- and then, without a scan:"
        instead = ", in place of the DROP CONSTRAINT of this one" if name in self.once(drops_by_name) else ""
        return f"-- in a later migration{instead}:\n{validate}"

    def adding(self, table: Name, name: str) -> str:
        """Write the beginning of an ADD CONSTRAINT, with the DROP that this statement begins with."""
        again = self._stood(self.siblings[0].schema, table, name)
        return f"{f'DROP CONSTRAINT {quote(name)}, ' if again else ''}ADD CONSTRAINT {quote(name)}"

    def only_renamed(self, table: Name, name: str) -> str:
        """Write the renaming of a constraint that is dropped and added again under another name; ""."""
        operation = self.record.operation if self.record else None
        old = isinstance(operation, AddConstraint) and self._old_name(name)
        if not old:
            return ""
        head = "-- in the migration, in place of its DROP CONSTRAINT as well, because only the name changes:"
        return f"{head}\nALTER TABLE {table.sql} RENAME CONSTRAINT {quote(old)} TO {quote(name)};"

    def moved(self, where: str) -> str:
        """Write this statement, with the later ones that use what it makes, as a step that runs elsewhere."""
        users = using_result(self._records, self._at)
        text = self.statement.text if self.statement is not None else ""
        head = f"-- {where}{', together with what uses it' if users else ''}:"
        return "\n".join([head, *(f"{each};" for each in (text, *users))])

    def relying_on_proof(self, columns: Sequence[str]) -> str:
        """Write the later statements that need what this operation proves of columns, as a later step."""
        steps = "\n".join(f"{text};" for text in relying_on_proof(self._records, self._at, columns))
        return f"\n-- and only after it, because it relies on the proof:\n{steps}" if steps else ""

    @property
    def renamed_later(self) -> dict[str, str]:
        """The names of tables that this migration gives other names after this operation, as SQL."""
        return {old.sql: new.sql for place, old, new in self.once(renames) if place > self._at}

    def drops_later(self, relation: Name, kind: str, name: str, *columns: str) -> bool:
        """Whether a later statement drops a view ("") or a part of a table by name, or one of its columns.

        `kind` is view, column, key or trigger.
        """
        dropped = self.once(parts_dropped)
        keys = ((relation, kind, name), *((relation, "column", column) for column in columns))
        return any(dropped.get(key, -1) > self._at for key in keys)

    def loses_its_name(self, table: Name) -> bool:
        """Whether nothing has the name any more, when the migration ends, that code knows a table by.

        Then a change of its columns breaks nothing that this has not broken.
        """
        first = table
        for place, old, new in reversed(self.once(renames)):
            first = old if place < self._at and new == first else first
        return first not in (self._records[-1].after if self._records else self._last).relations

    def _old_name(self, name: str) -> str:
        return same_by_another_name(self._records, self._at, name, self.once(drops))

    def relying_on_index(self, name: str) -> str:
        """Write the later statements of this migration that need the index of this one, as a later step."""
        texts = relying_on(self._records, self._at, name, self.once(uses))
        if not texts or self.could_run_before(0):
            return ""
        steps = "\n".join(f"{text};" for text in texts)
        return f"\n-- and only after it, because it relies on the index:\n{steps}"

    def built_concurrently(self, index: CreateIndex) -> str:
        """Write how to build the index of a CREATE INDEX CONCURRENTLY with this migration tool."""
        source, table = self.source, index.table
        if source is None or index.keyword is None or self.block is not None:
            return self.concurrent_index(f"CREATE INDEX ... ON {table.sql} ...", table)
        name = ""
        if index.name is None and self.history.advice.always_in_transaction:
            name = quote(self._new_index(table))  # IF NOT EXISTS asks for one
        if index.name is not None and (old := self._old_name(index.name)):
            named = Name(table.schema, old).sql
            head = "-- in the migration, in place of its DROP INDEX as well, because only the name changes:"
            return f"{head}\nALTER INDEX {named} RENAME TO {quote(index.name)};"
        text, rest = source.shown(index.span), ""
        later = not self.could_run_before(0)
        place, drop = self.once(drops_by_name).get(index.name or "", (self._at, ""))
        lost = self.once(unique_drop, table) if index.unique and not later else {}
        gap = [name for at, name in lost.items() if at < self._at]
        remark = f", before this one, which drops {gap[0]}" if gap else ""
        if index.name is not None and place < self._at:
            # What is built by hand before the deploy under the old name would be dropped.
            new = f"{index.name}_new"
            text = rename_index(text, index.name, new)
            remark = f", under a new name, because this migration drops {index.name} first"
            named = Name(table.schema, new).sql
            rest = (
                f"\n-- and in {'a later' if later else 'the'} migration, in place of its DROP and CREATE:\n"
                f"{drop}\nALTER INDEX {named} RENAME TO {quote(index.name)};"
            )
        built = self.concurrent_index(text, table, name=name, remark=remark)
        return built + rest + self.relying_on_index(index.name or name)

    def _new_index(self, table: Name) -> str:
        """Give the name that the server chooses for a new index of a table."""
        schema = self.record.after if self.record else _NO_SCHEMA
        before, after = self.table(table), schema.table(table)
        names = (
            [name for name in after.indexes if before is None or name not in before.indexes] if after else []
        )
        return names[0].name if names else f"{table.name}_idx"

    # --- the rest of the migration ------------------------------------------------------------

    @property
    def earlier(self) -> Sequence[Record]:
        """The operations of this migration before this one."""
        return Part(self._records, range(min(self._at, len(self._records))))

    @property
    def later(self) -> Sequence[Record]:
        """The operations of this migration after this one."""
        return Part(self._records, range(self._at + 1, len(self._records)))

    @property
    def records(self) -> tuple[Record, ...]:
        """All operations of this migration."""
        return self._records

    def once(self, compute: Callable[..., T], *arguments: Hashable) -> T:
        """Give `compute(records, *arguments)`, which is called once for a migration, whoever asks.

        What an operation asks about all others belongs here: a loop over them for each of them makes the
        cost quadratic.
        """
        return self._facts.once(compute, arguments)

    def last(self, kind: type[Operation]) -> Record | None:
        """Give the last operation of a kind before this one."""
        places = self._facts.places(kind)
        before = bisect_left(places, self._at)
        return self._records[places[before - 1]] if before else None

    @property
    def source(self) -> Source | None:
        """The source of the script."""
        return self.script.source if self.script else None

    # --- the whole history ---------------------------------------------------------------------

    @property
    def drift(self) -> tuple[Drift, ...]:
        """In what the database after the last migration is not what the project's schema file declares.

        Nothing is said of what the replay could not follow, and of a change at hand only what it brings.
        """
        history = self.history
        if history.declared is None or (not history.selected and _as_before(history)):
            return ()
        from miglint.drift import differences

        unsure = (
            step.statement.text for step in self.steps if any(map(_is_unsure, step.statement.operations))
        )
        found = differences(history.declared, self.schema, (*unsure, *_not_known(self.schema)))
        if not found or self._base is None or history.base is None or history.base.declared is None:
            return found
        before = differences(history.base.declared, self._base.schema)
        known = {(each.kind, each.table, each.object, each.message) for each in before}
        return tuple(d for d in found if (d.kind, d.table, d.object, d.message) not in known)

    def dropped_by(self, difference: Drift) -> Step | None:
        """Give the last statement that drops the column of a difference."""
        table, column = difference.table, difference.object
        if table is None:
            return None
        return next((step for step in reversed(self.steps) if _drops(step, table, column)), None)

    @property
    def history_is_whole(self) -> bool:
        """Whether all of the history is read, so that what it does not say is not so."""
        return self._of_history.is_whole

    @property
    def waits_are_a_habit(self) -> bool:
        """Whether several migrations wait for strong locks without a limit, so that one finding says so."""
        migrations = {
            step.migration
            for step in self.steps
            if not step.lock_timeout and any(map(self.makes_wait, step.effects.locks))
        }
        return len(migrations) >= self.habit

    @property
    def down_practice(self) -> DownPractice:
        """How the history keeps its down scripts."""
        return self._of_history.down_practice

    def telling(self, steps: Sequence[Step]) -> Step:
        """Give the one of several statements to name for all of them: the first where it matters most.

        That is the first in a migration that works under a strong lock, loses data or writes any number
        of rows; the first of all if there is none.
        """
        grave = {step.migration for step in self.steps if _is_grave(step)}
        return next((step for step in steps if step.migration in grave), steps[0])


class Contexts(Sequence[Context]):
    """Some operations of a migration, each to be asked; those that nobody asks cost nothing."""

    def __init__(self, context: Context, places: Sequence[int]) -> None:
        self._context = context
        self._places = places

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, at: int) -> Context: ...
    @overload
    def __getitem__(self, at: slice) -> "Contexts": ...
    def __getitem__(self, at: int | slice) -> "Context | Contexts":
        if isinstance(at, slice):
            return Contexts(self._context, self._places[at])
        return self._context.at(self._places[at])

    def __iter__(self) -> Iterator[Context]:
        return map(self._context.at, self._places)


def _unfit_for_rows(records: tuple[Record, ...]) -> set[tuple[int | None, int, Name]]:
    """The tables whose rows make a statement fail for certain, by its transaction and by its number."""
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


def _not_known(schema: Schema) -> Iterator[str]:
    yield from (name.name for name in schema.unsure)
    for relation in schema.relations.values():
        if isinstance(relation, Table):
            yield from (part.partition(" ")[2] for part in relation.unsure)


def _is_grave(step: Step) -> bool:
    effects = step.effects
    works = effects.works and any(lock.mode.blocks_writes for lock in effects.locks)
    failing = any(failure.certain for failure in effects.failures)
    return bool(works or effects.destroys or failing or any(not r.bounded for r in effects.rows_written))


def _drops(step: Step, table: Name, column: str) -> bool:
    return any(
        isinstance(o, DropColumn) and (o.table, o.column) == (table, column)
        for o in step.statement.operations
    )


def _is_unsure(operation: Operation) -> bool:
    """Tell whether the text may do more to the schema than the replay: a block with branches, an error."""
    if isinstance(operation, DoBlock) and operation.parsed:
        inner = (each for statement in operation.body for each in statement.operations)
        return not all(isinstance(each, _OF_ROWS) or leaves_no_trace(each) for each in inner)
    return isinstance(operation, (DoBlock, Call, Unparsed))


_OF_ROWS = (Commit, Delete, Insert, Rollback, Truncate, Update)


def _as_before(history: History) -> bool:
    base = history.base
    return base is not None and base.declared == history.declared
