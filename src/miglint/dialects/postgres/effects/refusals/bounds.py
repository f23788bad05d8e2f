"""What the server asks of a table that becomes a partition, and of one that is."""

from collections.abc import Iterator

from miglint.dialects.postgres.effects.refusals.reach import Reach, reach_of
from miglint.dialects.postgres.effects.situation import Refusals, Situation, refused
from miglint.model import (
    AddColumn,
    AlterColumnType,
    AttachPartition,
    CreateTable,
    DropColumn,
    Failure,
    Name,
    RenameColumn,
    Table,
    quote,
)

NOT_PARTITIONED_VERSION = 18
"""The first that refuses ATTACH PARTITION by the kind of the table, as it does with other actions."""

_MOST_PARTITIONS = 200
"""So many are looked at, the latest ones: all others are far from a new one mostly."""
_SORTED = {
    "number": ("smallint", "integer", "bigint", "numeric"),
    "day": ("date", "timestamp without time zone", "timestamp with time zone"),
}
_STRATEGIES = {"from": "range", "in": "list", "with": "hash"}


def _table(operation: CreateTable, situation: Situation) -> tuple[Failure, ...]:
    parent = situation.schema.table(operation.partition_of) if operation.partition_of else None
    if parent is None or operation.table in situation.schema.relations or not situation.is_told(parent):
        return ()
    if not parent.partition_by:
        reason = f"{parent.name.display} is not partitioned"
        return refused(operation.table, reason, "42P17", "make it with PARTITION BY")
    return _bound(operation.table, operation.partition_bound, operation.partition_default, parent, situation)


def _attach(operation: AttachPartition, situation: Situation) -> tuple[Failure, ...]:
    parent, child = situation.schema.table(operation.table), situation.schema.table(operation.partition)
    if parent is None or child is None or not (situation.is_told(parent) and situation.is_told(child)):
        return ()
    if not parent.partition_by:
        reason = f"{parent.name.display} is not partitioned"
        sqlstate = "42809" if situation.version >= NOT_PARTITIONED_VERSION else "42P17"
        return refused(parent.name, reason, sqlstate, "make it with PARTITION BY")
    for reason, remedy in _differences(parent, child):
        return refused(parent.name, reason, "42804", remedy)
    return _bound(parent.name, operation.bound, operation.default, parent, situation)


def _differences(parent: Table, child: Table) -> Iterator[tuple[str, str]]:
    """Give what keeps a table from becoming a partition, in the order in which the server looks."""
    own, alter = child.name.display, f"ALTER TABLE {child.name.sql}"
    for column in child.columns:
        if parent.column(column.name) is None:
            reason = f"{own} has the column {quote(column.name)}, which {parent.name.display} lacks"
            yield reason, f"{alter} DROP COLUMN {quote(column.name)}; -- or add it to the parent"
    for column in parent.columns:
        found, name = child.column(column.name), quote(column.name)
        if found is None:
            reason = f"{own} lacks the column {name} of {parent.name.display}"
            yield reason, f"{alter} ADD COLUMN {name} {column.type};"
        elif found.type != column.type:
            reason = f"{name} is {found.type} in {own}, and {column.type} in {parent.name.display}"
            yield reason, "give both the same type"
        elif found.nullable and not column.nullable:
            reason = f"{name} can be null in {own}, and not in {parent.name.display}"
            yield reason, f"{alter} ALTER COLUMN {name} SET NOT NULL; -- first, without blocking reads"
    for check in parent.constraints:
        if check.kind == "check" and not check.no_inherit and child.constraint(check.name) is None:
            reason = f"{own} lacks the CHECK {check.name} of {parent.name.display}"
            yield reason, f"add the same CHECK to {own}, with the same name"


def _bound(
    table: Name, bound: str, default: bool, parent: Table, situation: Situation
) -> tuple[Failure, ...]:
    if default and parent.partition_by == "hash":
        reason = "a table that is partitioned by hash has no default partition"
        return refused(table, reason, "42P16", "give it a partition for each remainder")
    if default and parent.default_partition is not None:
        reason = f"{parent.name.display} has a default partition already, {parent.default_partition.display}"
        return refused(table, reason, "42P17", "give this one bounds")
    if default:
        return ()
    word = bound.lower().removeprefix("for values").split("(")[0].split()[:1]
    strategy = _STRATEGIES.get("".join(word))
    if strategy is not None and strategy != parent.partition_by:
        reason = f"{parent.name.display} is partitioned by {parent.partition_by}, and the bound by {strategy}"
        return refused(table, reason, "42P16", f"write a bound of {parent.partition_by}")
    for other in situation.schema.partitions_at(parent.name, bound):
        reason = f"{other.display} has the same bound already"
        return refused(table, reason, "42P17", "give each partition bounds of its own")
    reach = _reach(bound, parent)
    if reach is None:
        return ()
    if reach.is_empty:
        return refused(table, "its bound begins where it ends, or after", "42P17", "exchange its ends")
    for sibling in situation.schema.tables_among(parent.partitions[-_MOST_PARTITIONS:]):
        its = reach_of(sibling.partition_bound)
        if its is not None and reach.overlaps(its):
            reason = f"its bound overlaps that of {sibling.name.display}"
            return refused(table, reason, "42P17", "give each partition bounds of its own")
    return ()


def _reach(bound: str, parent: Table) -> Reach | None:
    """Give what a bound lets in, if its ends sort as they are written."""
    reach = reach_of(bound)
    key = parent.column(parent.partition_columns[0]) if len(parent.partition_columns) == 1 else None
    if reach is None or key is None or key.type.name not in _SORTED.get(reach.kind, (key.type.name,)):
        return None
    return reach


def _add_column(operation: AddColumn, situation: Situation) -> tuple[Failure, ...]:
    table = situation.schema.table(operation.table)
    if table is None or table.partition_of is None or not situation.is_told(table):
        return ()
    parent = table.partition_of
    reason = f"{table.name.display} is a partition, which has just the columns of {parent.display}"
    return refused(table.name, reason, "42809", f"add the column to {parent.display}")


def _key_column(operation: DropColumn | AlterColumnType, situation: Situation) -> tuple[Failure, ...]:
    table = situation.schema.table(operation.table)
    if table is None or table.column(operation.column) is None or not situation.is_told(table):
        return ()
    if table.partition_of is not None:
        return _inherited(operation, situation)
    if operation.column not in table.partition_columns:
        return ()
    reason = f"{table.name.display} is partitioned by {quote(operation.column)}"
    remedy = "make a new table with other partitions, and move the rows there"
    return refused(table.name, reason, "42P16", remedy)


def _inherited(
    operation: DropColumn | AlterColumnType | RenameColumn, situation: Situation
) -> tuple[Failure, ...]:
    table = situation.schema.table(operation.table)
    if table is None or table.partition_of is None or not situation.is_told(table):
        return ()
    reason = f"{quote(operation.column)} of {table.name.display} comes from {table.partition_of.display}"
    return refused(table.name, reason, "42P16", f"change it in {table.partition_of.display}")


REFUSALS: Refusals = {
    AddColumn: _add_column,
    AlterColumnType: _key_column,
    AttachPartition: _attach,
    CreateTable: _table,
    DropColumn: _key_column,
    RenameColumn: _inherited,
}
