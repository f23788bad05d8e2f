"""What a check can ask: the operation, its effects, its surroundings, and the rest of the migration."""

from bisect import bisect_left
from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, TypeVar

from miglint.checks.bookkeeping import keeps_records_of_another
from miglint.checks.contexts import Contexts
from miglint.checks.facts import Facts, HistoryFacts, Part, Refusal, parts_dropped, renames, unfit_for_rows
from miglint.checks.lookups import is_listed, is_lookup
from miglint.checks.policy import Policy
from miglint.checks.volume import Volume
from miglint.checks.waits import Waits
from miglint.checks.whole import HasSchema, Whole
from miglint.dialects.sql.session import NO_SESSION, Session
from miglint.model import (
    NO_EFFECTS,
    AddConstraint,
    BlockStatement,
    Confidence,
    ConstraintDefinition,
    Delete,
    Effects,
    History,
    Migration,
    Name,
    Operation,
    Schema,
    Script,
    Server,
    Source,
    Statement,
    Step,
    Table,
    Update,
    View,
)
from miglint.simulate.trace import Record

if TYPE_CHECKING:
    from miglint.checks.remedies import Remedies
    from miglint.checks.remedies.rows import RowRemedies

T = TypeVar("T")
_NO_SCHEMA = Schema()
_NAME_ENDS = {
    "primary": "pkey",
    "unique": "key",
    "foreign": "fkey",
    "check": "check",
    "exclude": "excl",
    "not null": "not_null",
}


class Context:
    """What a check can ask. Rules ask it; they never compute shared facts themselves."""

    __slots__ = (
        "base", "facts", "history", "last_schema", "migration", "of_history", "place", "policy", "record",
        "records", "script", "server", "steps",
    )  # fmt: skip

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
        base: HasSchema | None = None,
    ) -> None:
        self.policy = policy
        self.history = history
        self.server = server
        self.migration = migration
        self.script = script
        self.steps = steps
        self.records = records
        self.place = at
        self.last_schema = schema
        self.base = base
        self.of_history = HistoryFacts(history) if of_history is None else of_history
        self.facts = Facts(records) if facts is None else facts
        self.record: Record | None = records[at] if at < len(records) else None

    @property
    def waits(self) -> Waits:
        """What others wait for while this operation works, and how long that takes."""
        return Waits(self)

    @property
    def remedies(self) -> "Remedies":
        """What to write instead of this operation."""
        from miglint.checks.remedies import Remedies

        return Remedies(self)

    @property
    def rows(self) -> "RowRemedies":
        """What to write instead of a change of rows, or of a column that rows have to be given."""
        from miglint.checks.remedies.rows import RowRemedies

        return RowRemedies(self)

    @property
    def whole(self) -> Whole:
        """The history as a whole."""
        return Whole(self)

    @property
    def volume(self) -> Volume:
        """How much tables hold, where somebody has measured it."""
        return Volume(self)

    # --- the operation ------------------------------------------------------------------------

    @property
    def effects(self) -> Effects:
        """What the server does for this operation."""
        return self.record.effects if self.record else NO_EFFECTS

    @property
    def schema(self) -> Schema:
        """The schema before this operation; at the end of the history, the last one."""
        return self.record.schema if self.record else self.last_schema

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
        """Whether the history makes a table or view, before this operation or with it, or took it away."""
        after = self.record.after if self.record else self.last_schema
        return self.schema.has_had(name) or after.makes(name)

    def is_new(self, name: Name) -> bool:
        """Whether this release made the table, or it is temporary: no other session can wait for it.

        The right question for locks, losses and running code.
        """
        return self.session.is_new(name)

    def has_rows(self, name: Name) -> bool:
        """Whether the table can hold rows. The right question for work, failures and backfills."""
        return self.session.has_rows(name)

    def is_small(self, name: Name) -> bool:
        """Whether the configuration lists the table as small, it was measured to be and is hardly ever used,
        an extension or migration tool keeps it, or its key allows two rows.
        """
        key = (self.place, name)
        if key not in self.facts.small:
            self.facts.small[key] = self.volume.is_small(name)
        return self.facts.small[key]

    def is_of_others(self, name: Name) -> bool:
        """Whether the history does not make the table."""
        table = self.schema.table(name)
        return table is None or not table.complete

    def keeps_records_of_another(self, name: Name) -> bool:
        """Whether a migration tool that this history does not use keeps its records in the table."""
        return keeps_records_of_another(name, self.history.tool) and self.is_of_others(name)

    def is_hot(self, name: Name) -> bool:
        """Whether the configuration lists the table as hot, or it was measured to be."""
        return self.volume.is_hot(name)

    def is_selected(self, migration: str) -> bool:
        """Whether findings about a migration are asked for: a check of the whole history has to ask."""
        return self.history.asks_for(migration)

    def is_live(self, name: Name) -> bool:
        """Whether other sessions use the table, and it is not known to be small."""
        return not self.is_new(name) and not self.is_small(name)

    def is_empty_if_it_commits(self, name: Name) -> bool:
        """Whether a statement that commits together with this one fails as soon as the table has a row."""
        if self.record is None:
            return False
        unfit = self.once(unfit_for_rows)
        transaction, number = self.session.transaction, self.record.number
        return (None, number, name) in unfit or (transaction is not None and (transaction, 0, name) in unfit)

    def has_few_rows(self, name: Name) -> bool:
        """Whether the table is small, emptied, a lookup table, or new with rows that the text spells out.

        One that was measured to be small is, if it is not hot, and one that was measured to be large is not.

        A DELETE of all rows makes it so once it has committed: until then the dead rows may come back, and
        an index over them takes as long as one over live rows.
        """
        if self.is_small(name):
            return True
        if not self.is_new(name):
            session = self.session
            if name in session.emptied and name not in session.dead:
                return True
            if self.volume.is_large(name):
                return False
            is_quick = self.volume.is_quick(name)
            return is_quick or (self.of_history.is_whole and is_lookup(name, self.schema, session))
        view = self.schema.view(name)
        if view is not None and view.reads:
            return all(self.table(source) and self.has_few_rows(source) for source in view.reads)
        written = [rows for place, rows in self.facts.fillings.get(name, ()) if place < self.place]
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

    # --- the statement ------------------------------------------------------------------------

    def at(self, number: int) -> "Context":
        """Ask the same about another operation of this migration, by its place in `records`."""
        return Context(
            policy=self.policy,
            history=self.history,
            server=self.server,
            migration=self.migration,
            script=self.script,
            records=self.records,
            at=number,
            of_history=self.of_history,
            facts=self.facts,
        )

    def among(self, places: Sequence[int]) -> Contexts:
        """Ask the same about several operations of this migration."""
        return Contexts(self, places)

    @property
    def siblings(self) -> Contexts:
        """The actions of this statement, this one among them; in a DO block, those of its inner statement."""
        return self.among(self.waits.of_statement.places)

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        """What the server does not do in this statement, with the operation; nothing of what may not run."""
        if self.record is None:
            return ()
        return self.facts.refusals(self.record.number)

    @property
    def action_range(self) -> range:
        """The places of the actions of this statement; in a DO block, of those of its inner statement."""
        return self.facts.action_range(self.place) if self.record else range(0)

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
        if self.facts.adders is None:
            adders: dict[tuple[Name, str], list[int]] = {}
            for place in self.facts.places(AddConstraint):
                operation = self.records[place].operation
                if isinstance(operation, AddConstraint):
                    name = self.at(place).constraint_name(operation.table, operation.constraint)
                    adders.setdefault((operation.table, name), []).append(place)
            self.facts.adders = adders
        places = self.facts.adders.get((table, constraint), [])
        before = bisect_left(places, self.place)
        record = self.records[places[before - 1]] if before else None
        return record if record is not None and self.commits_with(record) else None

    @property
    def commits_in_loop(self) -> bool:
        """Whether this operation stands in a loop of a block or procedure that commits in a loop."""
        if self.record is None or self.block is None or not self.block.loop:
            return False
        return self.record.number in self.facts.commits_in_loop

    def sure_of_rows(self, change: Operation) -> Confidence:
        """How sure it is that a write reaches many rows: of those that a condition or a query picks, not.

        Least of all where the migrations have spelled out all rows that they gave to the table.
        """
        table: Name | None = getattr(change, "table", None)
        if table is not None and is_listed(table, self.session):
            return Confidence.LOW
        if not isinstance(change, (Update, Delete)) or change.filter.joins:
            return Confidence.MEDIUM
        return Confidence.HIGH if change.filter.absent or change.filter.tautology else Confidence.MEDIUM

    @property
    def renamed_later(self) -> dict[str, str]:
        """The names of tables that this migration gives other names after this operation, as SQL."""
        return {old.sql: new.sql for place, old, new in self.once(renames) if place > self.place}

    def drops_later(self, relation: Name, kind: str, name: str, *columns: str) -> bool:
        """Whether a later statement drops a view ("") or a part of a table by name, or one of its columns.

        `kind` is view, column, key or trigger.
        """
        dropped = self.once(parts_dropped)
        keys = ((relation, kind, name), *((relation, "column", column) for column in columns))
        return any(dropped.get(key, -1) > self.place for key in keys)

    def loses_its_name(self, table: Name) -> bool:
        """Whether nothing has the name any more, when the migration ends, that code knows a table by."""
        end = self.records[-1].after if self.records else self.last_schema
        return self.old_name(table) not in end.relations

    def old_name(self, table: Name) -> Name:
        """Give the name of a table when the migration began, by which code knows it."""
        for place, old, new in reversed(self.once(renames)):
            table = old if place < self.place and new == table else table
        return table

    # --- the rest of the migration ------------------------------------------------------------

    @property
    def earlier(self) -> Sequence[Record]:
        """The operations of this migration before this one."""
        return Part(self.records, range(min(self.place, len(self.records))))

    @property
    def later(self) -> Sequence[Record]:
        """The operations of this migration after this one."""
        return Part(self.records, range(self.place + 1, len(self.records)))

    def once(self, compute: Callable[..., T], *arguments: Hashable) -> T:
        """Give `compute(records, *arguments)`, which is called once for a migration, whoever asks.

        What an operation asks about all others belongs here: a loop over them for each of them makes the
        cost quadratic.
        """
        return self.facts.once(compute, arguments)

    def last(self, kind: type[Operation]) -> Record | None:
        """Give the last operation of a kind before this one."""
        places = self.facts.places(kind)
        before = bisect_left(places, self.place)
        return self.records[places[before - 1]] if before else None

    @property
    def source(self) -> Source | None:
        """The source of the script."""
        return self.script.source if self.script else None
