"""What to write instead of a change of rows, or of a column that rows have to be given."""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from miglint.checks.remedies.backfills import (
    adders,
    checks,
    filled_by_default,
    last_fillings,
)
from miglint.checks.remedies.batches import UNTOLD, key_walk, limit_loop, never_null
from miglint.checks.remedies.columns import kept_with_type, like
from miglint.checks.remedies.dumps import dump_of_schema, dump_of_tables
from miglint.checks.remedies.enums import kept_enum
from miglint.checks.remedies.filled import when_filled
from miglint.checks.remedies.firing import triggers_off
from miglint.checks.remedies.later import likewise, moved, moves_with
from miglint.checks.remedies.loops import in_batches, row_or_place
from miglint.checks.remedies.required import required_column
from miglint.checks.remedies.steps import (
    copy_of_columns,
    tools_way,
)
from miglint.model import (
    AddColumn,
    AlterColumnType,
    ColumnDefinition,
    Delete,
    DropColumn,
    DropExpression,
    DropType,
    EnumType,
    Name,
    Operation,
    Schema,
    Update,
    quote,
)
from miglint.model.remedy import (
    NOWHERE,
    RemedyStep,
    Say,
    do,
)
from miglint.simulate.in_the_way import in_the_way
from miglint.simulate.trace import Record

if TYPE_CHECKING:
    from miglint.checks.context import Context


class RowRemedies:
    """What to write instead of a change of rows, or of a column that rows have to be given."""

    __slots__ = ("_ctx",)

    def __init__(self, context: "Context") -> None:
        self._ctx = context

    def in_batches(self, change: Update | Delete) -> str:
        """Write the loop that makes this UPDATE or DELETE in batches, each with its own COMMIT."""
        added = self._added(change) if isinstance(change, Update) else {}
        return triggers_off(self._ctx, change, in_batches(self._ctx, change, added))

    def batches_apart(self, change: Update | Delete, *, kept: str = "") -> str:
        """Write the batches as a migration before this one, or else behind it with what relies on them.

        `kept` is the rule that reports this statement if it stays, for rows that come in between; "" where
        it must not.
        """
        batches, moving = self.in_batches(change), self.moves_with(change)
        relied = "relies on the change" in moving and not (isinstance(change, Update) and change.cumulative)
        if not self._ctx.remedies.could_run_before(0) or (relied and not (kept and _leaves_few(change))):
            return self.batches_later(change)
        if not relied:
            before = ", before this one" if moving and not self._runs_by_hand else ""
            return self._ctx.remedies.outside_transaction(batches, remark=before + self._in_its_place(change))
        kind = type(change).__name__.upper()
        before = f", before this one, which keeps its {kind} for rows that come in between"
        stays = ""
        if self._ctx.source is not None and self._ctx.block is None:
            text = self._ctx.source.shown(change.span)
            stays = f"\n-- and in the migration:\n{text};  -- miglint: ignore[{kept}] done in batches before"
        return (
            self._ctx.remedies.outside_transaction(batches, remark=f"{before}, in batches that commit")
            + stays
        )

    def moves_with(self, change: Update | Delete) -> str:
        """Write the later statements of this migration that can only run after a change, as later steps."""
        text = self._ctx.source.shown(change.span) if self._ctx.source else ""
        return moves_with(self._ctx, text)

    def moved(self, where: str) -> str:
        """Write this statement, with the later ones that need what it does, as a step that runs elsewhere."""
        return moved(self._ctx, where)

    def likewise(self, advised: str, waits: "Callable[[Operation, Context], bool]") -> str:
        """Name the next statements that others wait for in the same way; see `later`."""
        return likewise(self._ctx, advised, waits)

    def batch_loop(self, table: Name, change: str, condition: str) -> str:
        """Write the loop that makes a change in batches, each with its own COMMIT; see `limit_loop`."""
        return limit_loop(table.sql, row_or_place(self._ctx, table), change, condition)

    @property
    def in_the_way(self) -> str:
        """The query that counts the rows on which this operation would fail; "" where there is none."""
        record = self._ctx.record
        return "" if record is None or self._ctx.refusals else in_the_way(record)

    def row_key(self, table: Name, changed: Sequence[str] = ()) -> tuple[str, ...]:
        """Give the columns that pick one row, as SQL, of a key that a change leaves as it is."""
        return tuple(map(quote, _key_without(changed, table, self._ctx.schema)))

    def fill_loop(self, table: Name, column: str, value: str, functions: Sequence[str] = ()) -> str:
        """Write the loop that gives the old rows of a new column the value that new ones get, in batches."""
        name, key = quote(column), self.row_key(table)
        head = f"UPDATE {table.sql} SET {name} = {value}"
        if key:
            return key_walk(table.sql, key, head, f" AND {name} IS NULL")
        return self.batch_loop(table, head, f"{name} IS NULL") if never_null(functions) else UNTOLD

    def when_filled(self, add: AddColumn, *, required: bool = False) -> tuple[RemedyStep, ...]:
        """Give what makes a column as it is to be when all rows have a value; see `filled`."""
        return tuple(when_filled(self._ctx, add, required=required))

    def filled_by_default(self, change: Update) -> str:
        """Write how a constant in columns that this migration has added needs no UPDATE; "" if it does."""
        after = self._ctx.records[-1].after.table(change.table) if self._ctx.records else None
        checks_after = self._checks_after(change.table)
        return self._ctx.remedies.shown(*filled_by_default(change, self._added(change), checks_after, after))

    def required_column(self, add: AddColumn) -> str:
        """Write how a NOT NULL column without a default is added; see `required`."""
        return required_column(self._ctx, add)

    def filled_with_constant(self, table: Name, column: str) -> str:
        """Write the ADD COLUMN with a default, where an earlier UPDATE gives all rows a constant; else ""."""
        added = (table, column) in self._ctx.session.columns_added
        place = self._ctx.once(last_fillings).get((table, column)) if added else None
        at = self._ctx.at(place) if place is not None and place < self._ctx.place else None
        update = at.record.operation if at is not None and at.record is not None else None
        return at.rows.filled_by_default(update) if at is not None and isinstance(update, Update) else ""

    def required_when_added(self, table: Name, column: str) -> str:
        """Write the ADD COLUMN with which NOT NULL needs no scan; "" if the column came without a default."""
        added = self._added_as(table, column)
        default = added.column.default if added is not None else None
        if added is None or default is None or default.is_null or added.column.constraints:
            return ""
        whole = AddColumn(NOWHERE, table, added.column._replace(not_null=True))
        return self._ctx.remedies.shown(Say("with its default, the column needs no scan:"), do(whole))

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
            return self._ctx.remedies.shown(
                Say("to keep the values, let only the expression go:", plain=True),
                do(DropExpression(NOWHERE, drop.table, drop.column)),
            )
        return self.kept_with_type(drop.table, add.column)

    def kept_enum(self, change: AlterColumnType) -> str:
        """Write how the enum of a column is kept where another is to take its place; "" else; see `enums`."""
        found = self._ctx.table(change.table)
        column = found.column(change.column) if found else None
        if column is None or column.type.array:
            return ""
        types = self._ctx.schema.types
        old, new = (types.get(t.qualified) if t.qualified else None for t in (column.type, change.type))
        if not isinstance(old, EnumType) or not isinstance(new, EnumType):
            return ""
        known = old if old.name in self._ctx.records[0].schema.types else old._replace(name=new.name)
        return self._ctx.remedies.shown(
            *kept_enum(change, known, new, self._ctx.records, self._ctx.remedies.literal)
        )

    def batches_later(self, change: Update | Delete) -> str:
        """Write the batches as a later migration, with what relies on them."""
        batches, moving = self.in_batches(change), self.moves_with(change)
        return (
            self._ctx.remedies.outside_transaction(batches, later=True, remark=self._in_its_place(change))
            + moving
        )

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

    def copy_of_columns(self, table: Name, columns: tuple[str, ...]) -> str:
        """Write how to keep what columns hold that this migration drops; see `copy_of_columns` in `steps`."""
        schema, old = self._ctx.records[0].schema, self._ctx.old_name(table)
        found, key = schema.table(old), _key_without(columns, old, schema)
        types = self._ctx.once(_types_dropped)
        going = [c.name for c in (found.columns if found and types else ()) if c.type.qualified in types]
        if not key:
            why = "for no key is known by which a copy of the column could be put back"
            return f"dump the table before, {why}:\n{self.dump_of_tables([old], 'before.sql')}"
        return copy_of_columns(table, key, columns, self._ctx.history.tool, going)

    def dump_of_tables(self, tables: Iterable[Name], file: str) -> str:
        """Write the command that dumps tables before this migration, by the names that they have then."""
        text = self._ctx.statement.text if self._ctx.statement is not None else ""
        return dump_of_tables(map(self._ctx.old_name, tables), file, text, self._has_partitions)

    def _has_partitions(self, table: Name) -> bool:
        found = self._ctx.records[0].schema.table(table) if self._ctx.records else None
        return found is not None and bool(found.partition_by)

    def dump_of_schema(self, schema: str, file: str) -> str:
        """Write the command that dumps a schema with all that is in it."""
        return dump_of_schema(schema, file)

    def like(self, table: Name, column: str, new: str = "") -> str:
        """Say what a new column (else called `..._new`) needs of what an old one has; "" if nothing."""
        found = self._ctx.table(table)
        old = found.column(column) if found is not None else None
        if old is None:
            return ""
        first, last = self._ctx.records[0].schema, self._ctx.records[-1].after
        start = first.table(table)
        at_start = start.column(column) if start is not None else None
        if at_start is None:
            first, at_start = self._ctx.schema, old
        return like(table, at_start, new or f"{column}_new", first, last)

    def weaker_lock(self, *tables: Name) -> str:
        """Give the LOCK TABLE that is strong enough to make rows fit for a unique key."""
        names = ", ".join(table.sql for table in tables)
        why = "this keeps new duplicates out as well, and lets readers go on"
        return f"{why}:\nLOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE;"


def _leaves_few(change: Update | Delete) -> bool:
    """Whether a second run finds only rows that have come after the first."""
    return isinstance(change, Delete) or not set(change.filter.columns).isdisjoint(change.columns)


def _key_without(columns: Sequence[str], table: Name, schema: Schema) -> tuple[str, ...]:
    """Give the first key of a table that has none of these columns; () without one."""
    found = schema.table(table)
    keys = schema.keys_of(found) if found is not None else ()
    return next((key for key in keys if set(key).isdisjoint(columns)), ())


def _types_dropped(records: tuple[Record, ...]) -> frozenset[Name]:
    return frozenset(r.operation.type for r in records if isinstance(r.operation, DropType))
