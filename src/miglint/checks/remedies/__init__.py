"""What to write instead of a hazardous statement, with the user's own names and the tool's own ways."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from miglint.checks.remedies.backfills import (
    adders,
)
from miglint.checks.remedies.grants import granted
from miglint.checks.remedies.not_valid import not_valid_fix, refuses_not_valid
from miglint.checks.remedies.nullability import not_null_proved, null_checks
from miglint.checks.remedies.ordering import (
    changes,
    could_run_before,
    dropped_the_same,
    drops,
    drops_by_name,
    relying_on,
    relying_on_proof,
    unique_drop,
    uses,
)
from miglint.checks.remedies.shown import shown
from miglint.checks.remedies.steps import (
    concurrent_index,
    index_if_missing,
    outside_transaction,
    rename_index,
    tools_way,
)
from miglint.checks.remedies.together import WriteConstraint, of_constraints, of_statement
from miglint.dialects import load
from miglint.dialects.dialect import Write
from miglint.model import (
    AddConstraint,
    ConstraintDefinition,
    ConstraintKind,
    CreateIndex,
    DropConstraint,
    Fix,
    Name,
    RenameConstraint,
    RenameTable,
    Schema,
    Table,
    quote,
)
from miglint.model.remedy import (
    NOWHERE,
    Do,
    Given,
    RemedyStep,
    Say,
    do,
    validated,
    without_constraint,
)

if TYPE_CHECKING:
    from miglint.checks.context import Context

_NO_SCHEMA = Schema()
_AFTERWARDS = "-- and in a later migration, in place of its DROP in this one as well:"


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

    def outside_transaction(
        self, sql: str, *, later: bool = False, remark: str = "", again: str = "", each: bool = False
    ) -> str:
        """Write how to run SQL outside a transaction with this migration tool; see `steps`."""
        advice = self._ctx.history.advice
        return outside_transaction(advice, sql, later=later, remark=remark, again=again, each=each)

    def granted(self, view: Name, table: Table | None) -> tuple[str, ...]:
        """Write what the history grants on a table for the view that takes its place."""
        return tuple(granted(view, table))

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
    ) -> str:
        """Write how to build an index CONCURRENTLY with this migration tool.

        `index` is its CREATE INDEX, or the text of one, `name` is put in where it has none; for the rest see
        `steps`. It comes later where it needs what this migration makes.
        """
        advice = self._ctx.history.advice
        text = index if isinstance(index, str) else self.write(index)
        later = later or not self.could_run_before(0)
        again = "" if "..." in text else f"{index_if_missing(text, name)};"
        if again and self._ctx.is_live(table) and not self._ctx.has_few_rows(table):
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
        ctx = self._ctx
        return ctx.record is None or could_run_before(ctx.records, place, ctx.place, ctx.once(changes))

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
        if not columns:
            return ()
        proved = not_null_proved(table, columns)
        return (*null_checks(table, columns), Say("in a later migration:"), *proved)

    def and_then(self, table: Name, name: str, *, later: bool = False) -> str:
        """Head the step that takes the place of this operation, and of the earlier DROP of a constraint."""
        later = later or not self.could_run_before(0)
        if later and self.dropped_before(table, later=True):
            return _AFTERWARDS
        if later:
            return "-- and in a later migration:"
        place, _ = self._ctx.once(drops_by_name).get(name, (self._ctx.place, None))
        if place >= self._ctx.action_range.start:
            return "-- and then:"
        return "-- and in the migration, in place of its DROP CONSTRAINT as well:"

    def dropped_before(self, table: Name, *, later: bool = False) -> tuple[str, ...]:
        """Name the unique constraints of a table that this migration drops before this operation.

        None where the step that takes its place runs in this migration. Else nothing would keep the rows
        apart until then, and the new index could fail on them, so that step drops them.
        """
        if not later and self.could_run_before(0):
            return ()
        found = self._ctx.once(unique_drop, table).items()
        return tuple(name for at, name in found if at < self._ctx.place and self._is_constraint(at))

    def _is_constraint(self, at: int) -> bool:
        return isinstance(self._ctx.records[at].operation, DropConstraint)

    def replaces(self, table: Name, name: str, *, later: bool = False) -> bool:
        """Whether the step that takes the place of this operation has to drop a constraint as well.

        It has if this statement itself drops it, or if it is built before the migration that drops it, or
        if that DROP has to wait for it: see `dropped_before`.
        """
        if self._stood(self._ctx.siblings[0].schema, table, name):
            return True
        if name in self.dropped_before(table, later=later):
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
        """Write what to do about a constraint that is dropped and added again as it was; "" about others."""
        operation = self._ctx.record.operation if self._ctx.record else None
        if not isinstance(operation, AddConstraint) or not (same := self._dropped_the_same(name)):
            return ""
        place, old = same
        if old == name:
            return self._left_out("ADD CONSTRAINT", self._ctx.place, "DROP CONSTRAINT", place)
        return self.shown(
            Say("in the migration, in place of its DROP CONSTRAINT as well, because only the name changes:"),
            do(RenameConstraint(NOWHERE, table, old, name)),
        )

    def made_again(self, table: Name) -> str:
        """Say of the DROP of an index of a table that a later statement makes the same again; "" else."""
        place, dropped = self._ctx.place, self._ctx.once(drops)
        for at in self._ctx.facts.places(CreateIndex):
            create = self._ctx.records[at].operation
            if at < place or not isinstance(create, CreateIndex) or create.table != table or not create.name:
                continue
            if dropped_the_same(self._ctx.records, at, create.name, dropped) == (place, create.name):
                return self._left_out("CREATE INDEX", at, "DROP INDEX", place)
        return ""

    def _left_out(self, added: str, at: int, dropped: str, place: int) -> str:
        """Say that what is dropped and made again as it was can stay."""
        first, last = self._line(place), self._line(at)
        return f"remove the {dropped}{first} and the {added}{last}: what it makes is the same as before"

    def _line(self, at: int) -> str:
        source, span = self._ctx.source, self._ctx.records[at].operation.span
        place = source.place(span) if source else None
        return f" in line {place.file.position(place.span.start).line}" if place else ""

    def relying_on_proof(self, columns: Sequence[str]) -> str:
        """Write the later statements that need what this operation proves of columns, as a later step."""
        steps = "\n".join(
            f"{text};" for text in relying_on_proof(self._ctx.records, self._ctx.place, columns)
        )
        return f"\n-- and only after it, because it relies on the proof:\n{steps}" if steps else ""

    def _dropped_the_same(self, name: str) -> tuple[int, str] | None:
        return dropped_the_same(self._ctx.records, self._ctx.place, name, self._ctx.once(drops))

    def relying_on_index(self, name: str) -> str:
        """Write the later statements of this migration that need the index of this one, as a later step."""
        if self.could_run_before(0):
            return ""
        texts = relying_on(self._ctx.records, self._ctx.place, name, self._ctx.once(uses))
        if not texts:
            return ""
        steps = "\n".join(f"{text};" for text in texts)
        return f"\n-- and only after it, because it relies on the index:\n{steps}"

    def built_concurrently(self, index: CreateIndex) -> str:
        """Write how to build the index of a CREATE INDEX CONCURRENTLY with this migration tool."""
        source, table = self._ctx.source, index.table
        block = self._ctx.block
        if source is None or (block.dynamic if block else index.keyword is None):
            return self.concurrent_index(f"CREATE INDEX ... ON {table.sql} ...", table)
        name = ""
        if index.name is None and self._ctx.history.advice.always_in_transaction:
            name = quote(self._new_index(table))  # IF NOT EXISTS asks for one
        if index.name is not None and (same := self._dropped_the_same(index.name)):
            place, old = same
            if old == index.name:
                return self._left_out("CREATE INDEX", self._ctx.place, "DROP INDEX", place)
            return self.shown(
                Say("in the migration, in place of its DROP INDEX as well, because only the name changes:"),
                do(RenameTable(NOWHERE, Name(table.schema, old), index.name, "index")),
            )
        text, rest = self.write(index) if block else source.shown(index.span), ""
        later = not self.could_run_before(0)
        place, drop = self._ctx.once(drops_by_name).get(index.name or "", (self._ctx.place, index))
        lost = self._ctx.once(unique_drop, table) if index.unique else {}
        gap = {at: name for at, name in lost.items() if at < self._ctx.place}
        remark = f", before this one, which drops {next(iter(gap.values()))}" if gap and not later else ""
        if gap and later and place >= self._ctx.place:
            dropped = (self._ctx.once(drops_by_name)[name][1] for name in gap.values())
            rest = f"\n{_AFTERWARDS}\n" + self.shown(*map(do, dropped))
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
        guessed = self._ctx.script is None or self._ctx.script.guessed
        if not (self._ctx.session.in_transaction or guessed or block or remark):
            sql = concurrent_index(text, name, if_not_exists=index.if_not_exists)
            return f"-- in the migration, because no transaction is open here:\n{sql};"
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
