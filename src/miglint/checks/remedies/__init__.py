"""What to write instead of a hazardous statement, with the user's own names and the tool's own ways."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from miglint.checks.remedies.backfills import (
    adders,
    checks,
    filled_by_default,
    last_fillings,
)
from miglint.checks.remedies.batches import UNTOLD, key_walk, limit_loop, never_null
from miglint.checks.remedies.columns import kept_with_type, like
from miglint.checks.remedies.enums import kept_enum
from miglint.checks.remedies.later import moved, moves_with
from miglint.checks.remedies.loops import in_batches, row_or_place
from miglint.checks.remedies.not_valid import not_valid_fix, refuses_not_valid
from miglint.checks.remedies.ordering import (
    could_run_before,
    drops,
    drops_by_name,
    relying_on,
    relying_on_proof,
    same_by_another_name,
    unique_drop,
    uses,
)
from miglint.checks.remedies.shown import shown
from miglint.checks.remedies.steps import (
    concurrent_index,
    copy_of_columns,
    index_if_missing,
    outside_transaction,
    rename_index,
    tools_way,
)
from miglint.checks.remedies.together import WriteConstraint, of_constraints, of_statement
from miglint.dialects import load
from miglint.dialects.dialect import Write
from miglint.model import (
    AddColumn,
    AddConstraint,
    AlterColumnType,
    ColumnDefinition,
    ConstraintDefinition,
    ConstraintKind,
    CreateIndex,
    Delete,
    DropColumn,
    DropExpression,
    DropType,
    EnumType,
    Fix,
    Name,
    RenameConstraint,
    RenameTable,
    Schema,
    SetNotNull,
    Update,
    quote,
)
from miglint.model.remedy import (
    NOWHERE,
    Do,
    Given,
    RemedyStep,
    Say,
    check_later,
    do,
    validated,
    without_constraint,
)
from miglint.simulate.trace import Record

if TYPE_CHECKING:
    from miglint.checks.context import Context

_NO_SCHEMA = Schema()


class Remedies:
    """What to write instead of an operation."""

    __slots__ = ("_ctx",)

    def __init__(self, context: "Context") -> None:
        self._ctx = context

    @property
    def not_valid_fix(self) -> Fix | None:
        """NOT VALID for each constraint of this statement that blocks and can have it."""
        return not_valid_fix(self._ctx)

    def of_statement(self, write: "Callable[[Context], str]") -> str:
        """Give the help of all actions of this statement that block; see `together`."""
        return of_statement(self._ctx, write)

    def of_constraints(self, kind: ConstraintKind, write: "WriteConstraint") -> str:
        """Give the help of all constraints of a kind that this statement adds; see `together`."""
        return of_constraints(self._ctx, kind, write)

    def like(self, table: Name, column: str, new: str = "") -> str:
        """Say what a new column (else called `..._new`) needs of what an old one has; "" if nothing."""
        found = self._ctx.table(table)
        old = found.column(column) if found is not None else None
        return (
            like(found, old, self._ctx.schema.indexes_of(found), new or f"{column}_new")
            if found and old
            else ""
        )

    def shown(self, *steps: RemedyStep) -> str:
        """Write steps as people see and paste them, in the way of this database and migration tool."""
        return shown(steps, self.write, self._ctx.history.advice)

    @property
    def write(self) -> Write:
        """What writes a statement in the SQL of this database, without a semicolon."""
        return load(self._ctx.server.dialect).write

    def literal(self, value: str) -> str:
        """Write a string constant in the SQL of this database."""
        return load(self._ctx.server.dialect).literal(value)

    def refuses_not_valid(self, table: Name, constraint: ConstraintDefinition) -> bool:
        """Whether the server cannot add this constraint NOT VALID: the foreign key of a partitioned table."""
        return refuses_not_valid(self._ctx, table, constraint)

    def in_batches(self, change: Update | Delete) -> str:
        """Write the loop that makes this UPDATE or DELETE in batches, each with its own COMMIT."""
        return in_batches(self._ctx, change, self._added(change) if isinstance(change, Update) else {})

    def filled_by_default(self, change: Update) -> str:
        """Write how a constant in columns that this migration has added needs no UPDATE; "" if it does."""
        after = self._ctx.records[-1].after.table(change.table) if self._ctx.records else None
        checks_after = self._checks_after(change.table)
        return self.shown(*filled_by_default(change, self._added(change), checks_after, after))

    def filled_with_constant(self, table: Name, column: str) -> str:
        """Write the ADD COLUMN with a default, where an earlier UPDATE gives all rows a constant; else ""."""
        added = (table, column) in self._ctx.session.columns_added
        place = self._ctx.once(last_fillings).get((table, column)) if added else None
        at = self._ctx.at(place) if place is not None and place < self._ctx.place else None
        update = at.record.operation if at is not None and at.record is not None else None
        return at.remedies.filled_by_default(update) if at is not None and isinstance(update, Update) else ""

    def batches_apart(self, change: Update | Delete) -> str:
        """Write the batches as a migration before this one, or else behind it with what relies on them."""
        batches, moving = self.in_batches(change), self.moves_with(change)
        if self.could_run_before(0):
            if "relies on the change" in moving and not (isinstance(change, Update) and change.cumulative):
                kind = type(change).__name__.upper()
                before = f", before this one, which keeps its {kind} for rows that come in between"
                return self.outside_transaction(batches, remark=f"{before}, in batches that commit")
            before = ", before this one" if moving and not self._runs_by_hand else ""
            return self.outside_transaction(batches, remark=before + self._in_its_place(change))
        return self.batches_later(change)

    def batches_later(self, change: Update | Delete) -> str:
        """Write the batches as a later migration, with what relies on them."""
        batches, moving = self.in_batches(change), self.moves_with(change)
        return self.outside_transaction(batches, later=True, remark=self._in_its_place(change)) + moving

    @property
    def _runs_by_hand(self) -> bool:
        advice = self._ctx.history.advice
        return bool(advice.always_in_transaction) and not tools_way(advice, "")

    def _in_its_place(self, change: Update | Delete) -> str:
        """Say that people who run the batches by hand must take the statement itself out of the migration."""
        source, remark = self._ctx.source, ", in batches that commit"
        if source is None or not self._runs_by_hand:
            return remark
        file, place = source.place(change.span)
        line = file.position(place.start).line
        return f"{remark}, in place of the {type(change).__name__.upper()} in line {line}"

    def moves_with(self, change: Update | Delete) -> str:
        """Write the later statements of this migration that can only run after a change, as later steps."""
        text = self._ctx.source.shown(change.span) if self._ctx.source else ""
        return moves_with(self._ctx, text)

    def required_when_added(self, table: Name, column: str) -> str:
        """Write the ADD COLUMN with which NOT NULL needs no scan; "" if the column came without a default."""
        added = self._added_as(table, column)
        default = added.column.default if added is not None else None
        if added is None or default is None or default.is_null or added.column.constraints:
            return ""
        whole = AddColumn(NOWHERE, table, added.column._replace(not_null=True))
        return self.shown(Say("with its default, the column needs no scan:"), do(whole))

    def only_reads_a_rewrite(self, table: Name, column: str) -> bool:
        """Whether only this blocks here, and an ADD COLUMN has just rewritten the table for the column."""
        added = self._added_as(table, column)
        return added is not None and added.column.generated == "stored" and not self._ctx.waits.also_blocking

    def _added_as(self, table: Name, column: str) -> AddColumn | None:
        """Give the operation of this migration that has added a column."""
        if (table, column) not in self._ctx.session.columns_added:
            return None
        places = self._ctx.once(adders).get((table, column), ())
        return next((operation for place, operation in reversed(places) if place < self._ctx.place), None)

    def _added(self, change: Update) -> dict[str, AddColumn]:
        found = ((column, self._added_as(change.table, column)) for column in change.columns)
        return {column: added for column, added in found if added is not None}

    def _checks_after(self, table: Name) -> list[Record]:
        return [record for place, record in self._ctx.once(checks).get(table, ()) if place > self._ctx.place]

    def batch_loop(self, table: Name, change: str, condition: str) -> str:
        """Write the loop that makes a change in batches, each with its own COMMIT; see `limit_loop`."""
        return limit_loop(table.sql, row_or_place(self._ctx, table), change, condition)

    def row_key(self, table: Name, changed: Sequence[str] = ()) -> tuple[str, ...]:
        """Give the columns that pick one row, as SQL, of a key that a change leaves as it is."""
        found = self._ctx.table(table)
        keys = self._ctx.schema.keys_of(found) if found is not None else ()
        key = next((key for key in keys if set(key).isdisjoint(changed)), ())
        return tuple(map(quote, key))

    def fill_loop(self, table: Name, column: str, value: str, functions: Sequence[str] = ()) -> str:
        """Write the loop that gives the old rows of a new column the value that new ones get, in batches."""
        name, key = quote(column), self.row_key(table)
        head = f"UPDATE {table.sql} SET {name} = {value}"
        if key:
            return key_walk(table.sql, key, head, f" AND {name} IS NULL")
        return self.batch_loop(table, head, f"{name} IS NULL") if never_null(functions) else UNTOLD

    def kept_enum(self, change: AlterColumnType, old: EnumType, new: EnumType) -> str:
        """Write how the enum of a column is kept; see `enums`."""
        return self.shown(*kept_enum(change, old, new, self._ctx.records, self.literal))

    def kept_with_type(self, table: Name, new: ColumnDefinition) -> str:
        """Write the change of type of a column that this migration drops and adds again; "" else."""
        found = self._ctx.records[0].schema.table(table)
        old = found.column(new.name) if found is not None else None
        return kept_with_type(table, old, new) if old is not None else ""

    def kept_if_remade(self, drop: DropColumn, add: AddColumn, *, generated: bool) -> str:
        """Write how to keep the values of a column that is dropped and added again; "" if nothing does."""
        table = self._ctx.table(drop.table)
        old = table.column(drop.column) if table is not None else None
        if generated and old is not None and old.generated == "stored" and old.type == add.column.type:
            return self.shown(
                Say("to keep the values, let only the expression go:", plain=True),
                do(DropExpression(NOWHERE, drop.table, drop.column)),
            )
        return self.kept_with_type(drop.table, add.column)

    def copy_of_columns(self, table: Name, columns: tuple[str, ...]) -> str:
        """Write how to keep what columns hold that this migration drops; see `copy_of_columns` in `steps`."""
        schema = self._ctx.records[0].schema
        keys = schema.keys_of(found) if (found := schema.table(table)) is not None else ()
        key = next((key for key in keys if set(key).isdisjoint(columns)), ())
        types = self._ctx.once(_types_dropped)
        going = [c.name for c in (found.columns if found and types else ()) if c.type.qualified in types]
        return copy_of_columns(table, key, columns, self._ctx.history.tool, going)

    def weaker_lock(self, *tables: Name) -> str:
        """Give the LOCK TABLE that is strong enough to make rows fit for a unique key."""
        names = ", ".join(table.sql for table in tables)
        why = "this keeps new duplicates out as well, and lets readers go on"
        return f"{why}:\nLOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE;"

    def outside_transaction(
        self, sql: str, *, later: bool = False, remark: str = "", again: str = "", each: bool = False
    ) -> str:
        """Write how to run SQL outside a transaction with this migration tool; see `steps`."""
        advice = self._ctx.history.advice
        return outside_transaction(advice, sql, later=later, remark=remark, again=again, each=each)

    def runs_alone(self, what: str) -> str:
        """Say how to run this statement, which fails in a transaction, with this migration tool."""
        advice, at = self._ctx.history.advice, self._ctx.record
        sql = (
            self._ctx.source.sql[slice(*at.operation.span)]
            if self._ctx.source and at and not self._ctx.block
            else ""
        )
        way = tools_way(advice, sql)
        if not way and advice.always_in_transaction:
            return f"run the {what} by hand with psql: {advice.always_in_transaction}"
        return way or f"put the {what} alone in a migration that runs outside a transaction"

    def concurrent_index(
        self,
        index: CreateIndex | str,
        table: Name,
        *,
        name: str = "",
        later: bool = False,
        remark: str = "",
        locked: bool = False,
    ) -> str:
        """Write how to build an index CONCURRENTLY with this migration tool.

        `index` is its CREATE INDEX, or the text of one, `name` is put in where it has none; for the rest see
        `steps`. It comes later where it needs what this migration makes. `locked`: an earlier step of that
        migration locks the table, so that nobody asks why the index is built under a lock.
        """
        advice = self._ctx.history.advice
        text = index if isinstance(index, str) else self.write(index)
        later = later or not self.could_run_before(0)
        again = "" if "..." in text else f"{index_if_missing(text, name)};"
        if again and not locked and self._ctx.is_live(table) and not self._ctx.has_few_rows(table):
            again += "  -- miglint: ignore[blocking-index-build] built by hand before"
        sql = f"{concurrent_index(text, name)};"
        return outside_transaction(advice, sql, later=later, remark=remark, again=again)

    def key_is_newer(self, table: Name, column: str, key: ConstraintDefinition) -> bool:
        """Whether the key that a foreign key refers to was made after the column was added."""
        places = self._ctx.once(adders).get((table, column), ())
        place = next((place for place, _ in reversed(places) if place < self._ctx.place), None)
        if place is None or key.references is None:
            return False
        then, now = (_has_key(schema, key) for schema in (self._ctx.records[place].schema, self._ctx.schema))
        return now and not then

    def could_run_before(self, place: int) -> bool:
        """Whether this operation could run before that at a place of the migration; see `ordering`."""
        return self._ctx.record is None or could_run_before(self._ctx.records, place, self._ctx.place)

    def attached(self, index: CreateIndex, *, later: bool = False) -> tuple[RemedyStep, ...]:
        """Give how the unique index of a partitioned table is built: for each partition, and attached."""
        each = self.concurrent_index(
            "CREATE UNIQUE INDEX ... ON ...", index.table, remark=", for each partition", later=later
        )
        return (
            do(index._replace(only=True)),
            Given(each),
            Say("and then:"),
            Given(f"ALTER INDEX {quote(index.name or '')} ATTACH PARTITION ...;"),
        )

    def not_null_steps(self, table: Name, columns: Sequence[str]) -> tuple[RemedyStep, ...]:
        """Give how columns become NOT NULL without a scan, in this migration and later ones."""
        names = {column: f"{table.name}_{column}_not_null" for column in columns}
        add = [do(check_later(table, name, f"{quote(column)} IS NOT NULL")) for column, name in names.items()]
        prove = [
            do(operation)
            for column, name in names.items()
            for operation in (
                validated(table, name),
                SetNotNull(NOWHERE, table, column),
                without_constraint(table, name),
            )
        ]
        return (*add, Say("in a later migration:"), *prove) if columns else ()

    def and_then(self, name: str, *, later: bool = False) -> str:
        """Head the step that takes the place of this operation, and of the earlier DROP of a constraint."""
        later = later or not self.could_run_before(0)
        if later:
            return "-- and in a later migration:"
        place, _ = self._ctx.once(drops_by_name).get(name, (self._ctx.place, None))
        if place >= self._ctx.action_range.start:
            return "-- and then:"
        return "-- and in the migration, in place of its DROP CONSTRAINT as well:"

    def replaces(self, table: Name, name: str, *, later: bool = False) -> bool:
        """Whether the step that takes the place of this operation has to drop a constraint as well.

        It has if this statement itself drops it, or if it is built before the migration that drops it; what
        the migration has dropped before is gone when the step runs later.
        """
        if self._stood(self._ctx.siblings[0].schema, table, name):
            return True
        later = later or not self.could_run_before(0)
        return not later and self._stood(self._ctx.records[0].schema, table, name)

    def _stood(self, schema: Schema, table: Name, name: str) -> bool:
        found = schema.table(table)
        return found is not None and found.constraint(name) is not None

    def validated(self, table: Name, name: str) -> str:
        """Write when a constraint that is there is validated, so that what follows needs no scan.

        Until COMMIT the lock of its ADD CONSTRAINT is held: nothing is won by a scan before that.
        """
        validate = do(validated(table, name))
        if not self._ctx.added_in_transaction(table, name):
            return self.shown(validate, Say("and then, without a scan:"))
        instead = (
            ", in place of the DROP CONSTRAINT of this one" if name in self._ctx.once(drops_by_name) else ""
        )
        return self.shown(Say(f"in a later migration{instead}:"), validate)

    def added(self, add: AddConstraint, *, table: Name | None = None) -> Do:
        """Give an ADD CONSTRAINT with the DROP that this statement begins with; `table` has it."""
        name = add.constraint.name or ""
        again = self._stood(self._ctx.siblings[0].schema, table or add.table, name)
        return do(*([without_constraint(add.table, name)] if again else []), add)

    def adding(self, table: Name, name: str) -> str:
        """Write the beginning of an ADD CONSTRAINT, with the DROP that this statement begins with."""
        again = self._stood(self._ctx.siblings[0].schema, table, name)
        return f"{f'DROP CONSTRAINT {quote(name)}, ' if again else ''}ADD CONSTRAINT {quote(name)}"

    def only_renamed(self, table: Name, name: str) -> str:
        """Write the renaming of a constraint that is dropped and added again under another name; ""."""
        operation = self._ctx.record.operation if self._ctx.record else None
        old = isinstance(operation, AddConstraint) and self._old_name(name)
        if not old:
            return ""
        return self.shown(
            Say("in the migration, in place of its DROP CONSTRAINT as well, because only the name changes:"),
            do(RenameConstraint(NOWHERE, table, old, name)),
        )

    def moved(self, where: str) -> str:
        """Write this statement, with the later ones that need what it does, as a step that runs elsewhere."""
        return moved(self._ctx, where)

    def relying_on_proof(self, columns: Sequence[str]) -> str:
        """Write the later statements that need what this operation proves of columns, as a later step."""
        steps = "\n".join(
            f"{text};" for text in relying_on_proof(self._ctx.records, self._ctx.place, columns)
        )
        return f"\n-- and only after it, because it relies on the proof:\n{steps}" if steps else ""

    def _old_name(self, name: str) -> str:
        return same_by_another_name(self._ctx.records, self._ctx.place, name, self._ctx.once(drops))

    def relying_on_index(self, name: str) -> str:
        """Write the later statements of this migration that need the index of this one, as a later step."""
        texts = relying_on(self._ctx.records, self._ctx.place, name, self._ctx.once(uses))
        if not texts or self.could_run_before(0):
            return ""
        steps = "\n".join(f"{text};" for text in texts)
        return f"\n-- and only after it, because it relies on the index:\n{steps}"

    def built_concurrently(self, index: CreateIndex) -> str:
        """Write how to build the index of a CREATE INDEX CONCURRENTLY with this migration tool."""
        source, table = self._ctx.source, index.table
        if source is None or index.keyword is None or self._ctx.block is not None:
            return self.concurrent_index(f"CREATE INDEX ... ON {table.sql} ...", table)
        name = ""
        if index.name is None and self._ctx.history.advice.always_in_transaction:
            name = quote(self._new_index(table))  # IF NOT EXISTS asks for one
        if index.name is not None and (old := self._old_name(index.name)):
            return self.shown(
                Say("in the migration, in place of its DROP INDEX as well, because only the name changes:"),
                do(RenameTable(NOWHERE, Name(table.schema, old), index.name, "index")),
            )
        text, rest = source.shown(index.span), ""
        later = not self.could_run_before(0)
        place, drop = self._ctx.once(drops_by_name).get(index.name or "", (self._ctx.place, index))
        lost = self._ctx.once(unique_drop, table) if index.unique and not later else {}
        gap = [name for at, name in lost.items() if at < self._ctx.place]
        remark = f", before this one, which drops {gap[0]}" if gap else ""
        if index.name is not None and place < self._ctx.place:
            # What is built by hand before the deploy under the old name would be dropped.
            new = f"{index.name}_new"
            text = rename_index(text, index.name, new)
            remark = f", under a new name, because this migration drops {index.name} first"
            rest = "\n" + self.shown(
                Say(f"and in {'a later' if later else 'the'} migration, in place of its DROP and CREATE:"),
                do(drop),
                do(RenameTable(NOWHERE, Name(table.schema, new), index.name, "index")),
            )
        built = self.concurrent_index(text, table, name=name, remark=remark)
        return built + rest + self.relying_on_index(index.name or name)

    def _new_index(self, table: Name) -> str:
        """Give the name that the server chooses for a new index of a table."""
        schema = self._ctx.record.after if self._ctx.record else _NO_SCHEMA
        before, after = self._ctx.table(table), schema.table(table)
        names = (
            [name for name in after.indexes if before is None or name not in before.indexes] if after else []
        )
        return names[0].name if names else f"{table.name}_idx"


def _has_key(schema: Schema, key: ConstraintDefinition) -> bool:
    found = schema.table(key.references) if key.references else None
    if found is None:
        return False
    if not key.referenced_columns:
        return found.primary_key is not None
    unique = (index.elements for index in schema.indexes_of(found) if index.unique)
    return set(key.referenced_columns) in map(set, unique)


def _types_dropped(records: tuple[Record, ...]) -> frozenset[Name]:
    return frozenset(r.operation.type for r in records if isinstance(r.operation, DropType))
