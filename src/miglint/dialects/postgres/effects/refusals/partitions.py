"""What the server does not do with a partitioned table."""

from collections.abc import Iterable

from miglint.dialects.postgres.effects.situation import Refusals, Situation, refused
from miglint.model import (
    AddColumn,
    AddConstraint,
    ConstraintDefinition,
    CreateIndex,
    CreateTable,
    DetachPartition,
    Failure,
    Name,
    quote,
)

PARTITIONED_NOT_VALID_VERSION = 18
# https://www.postgresql.org/docs/17/release-17.html
PARTITIONED_EXCLUSION_VERSION = 17

_INDEXED = {
    "primary": "a primary key",
    "unique": "a unique constraint",
    "exclude": "an exclusion constraint",
}


def _constraint(operation: AddConstraint, situation: Situation) -> tuple[Failure, ...]:
    table, new = situation.schema.table(operation.table), operation.constraint
    if table is None or not table.partition_by:
        return ()
    if new.using_index is not None:
        reason = "USING INDEX is refused on a partitioned table"
        remedy = (
            "add the constraint ON ONLY the parent, and attach the index of each partition: ALTER INDEX ... "
            "ATTACH PARTITION ..."
        )
        return refused(operation.table, reason, "0A000", remedy)
    if not (new.kind == "foreign" and new.not_valid):
        return _uncovered(operation.table, table.partition_columns, (new,), situation)
    if situation.version >= PARTITIONED_NOT_VALID_VERSION:
        return ()
    reason = "NOT VALID is refused for a foreign key of a partitioned table before version 18"
    remedy = "add the key to each partition with NOT VALID, validate it there, and then add it to the parent"
    return refused(operation.table, reason, "42809", remedy)


def _column(operation: AddColumn, situation: Situation) -> tuple[Failure, ...]:
    table = situation.schema.table(operation.table)
    if table is None or not table.partition_by or table.column(operation.column.name) is not None:
        return ()
    return _uncovered(operation.table, table.partition_columns, operation.column.constraints, situation)


def _table(operation: CreateTable, situation: Situation) -> tuple[Failure, ...]:
    if not operation.partition_by or operation.table in situation.schema.relations:
        return ()
    own = operation.all_constraints
    if found := _uncovered(operation.table, operation.partition_columns, own, situation):
        return found
    parent = situation.schema.table(operation.partition_of) if operation.partition_of else None
    for index in situation.schema.indexes_of(parent) if parent is not None else ():
        what = f"the unique index {index.name.name} of {index.table.display}, which it gets as well,"
        if index.unique and (
            found := _lacking(operation.table, operation.partition_columns, index.elements, what)
        ):
            return found
    return ()


def _uncovered(
    table: Name,
    partition_columns: tuple[str, ...],
    constraints: Iterable[ConstraintDefinition],
    situation: Situation,
) -> tuple[Failure, ...]:
    """A key of a partitioned table is one index in each partition, so that it has to tell the partition."""
    for new in constraints:
        if new.kind == "exclude" and situation.version < PARTITIONED_EXCLUSION_VERSION:
            reason = "an exclusion constraint on a partitioned table is refused before version 17"
            return refused(table, reason, "0A000", "add it to each partition")
        if new.kind in _INDEXED:
            found = _lacking(table, partition_columns, new.columns, _INDEXED[new.kind])
            if found:
                return found
    return ()


def _lacking(
    table: Name, partition_columns: tuple[str, ...], columns: tuple[str | None, ...], what: str
) -> tuple[Failure, ...]:
    missing = [column for column in partition_columns if column not in columns]
    if not missing:
        return ()
    reason = f"{what} has to include the column that {table.display} is partitioned by, {missing[0]}"
    remedy = f"add {', '.join(missing)} to its columns, or make them unique in each partition on its own"
    return refused(table, reason, "0A000", remedy)


def _index(operation: CreateIndex, situation: Situation) -> tuple[Failure, ...]:
    table = situation.schema.table(operation.table)
    if table is None or not table.partition_by:
        return ()
    if not operation.concurrently:
        columns = tuple(element.column for element in operation.elements)
        unique = "a unique index"
        return _lacking(table.name, table.partition_columns, columns, unique) if operation.unique else ()
    reason = "CONCURRENTLY is refused for an index of a partitioned table"
    remedy = (
        f"CREATE INDEX {quote(operation.name or 'name')} ON ONLY {operation.table.sql} ...;\n"
        "-- then for each partition, in a migration of its own:\n"
        "CREATE INDEX CONCURRENTLY ... ON ...; ALTER INDEX ... ATTACH PARTITION ...;"
    )
    return refused(operation.table, reason, "0A000", remedy)


def _detach(operation: DetachPartition, situation: Situation) -> tuple[Failure, ...]:
    table = situation.schema.table(operation.table)
    if not operation.concurrently or table is None or table.default_partition is None:
        return ()
    default = table.default_partition
    reason = f"CONCURRENTLY detaches no partition beside a default one, which is {default.display}"
    remedy = (
        "SET lock_timeout = '5s'; and detach it without CONCURRENTLY, which takes ACCESS EXCLUSIVE for a "
        "moment, or detach the default partition first"
    )
    return refused(operation.table, reason, "55000", remedy)


REFUSALS: Refusals = {
    AddColumn: _column,
    AddConstraint: _constraint,
    CreateIndex: _index,
    CreateTable: _table,
    DetachPartition: _detach,
}
