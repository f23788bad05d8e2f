"""What the server does not do with a partitioned table."""

from miglint.dialects.postgres.effects.situation import Refusals, Situation
from miglint.model import AddConstraint, CreateIndex, Failure, quote

PARTITIONED_NOT_VALID_VERSION = 18


def _constraint(operation: AddConstraint, situation: Situation) -> tuple[Failure, ...]:
    new = operation.constraint
    if not (new.kind == "foreign" and new.not_valid and situation.is_partitioned(operation.table)):
        return ()
    if situation.version >= PARTITIONED_NOT_VALID_VERSION:
        return ()
    reason = "NOT VALID is refused for a foreign key of a partitioned table before version 18"
    remedy = "add the key to each partition with NOT VALID, validate it there, and then add it to the parent"
    return (Failure(operation.table, reason, True, sqlstate="42809", remedy=remedy),)


def _index(operation: CreateIndex, situation: Situation) -> tuple[Failure, ...]:
    if not (operation.concurrently and situation.is_partitioned(operation.table)):
        return ()
    reason = "CONCURRENTLY is refused for an index of a partitioned table"
    remedy = (
        f"CREATE INDEX {quote(operation.name or 'name')} ON ONLY {operation.table.sql} ...;\n"
        "-- then for each partition, in a migration of its own:\n"
        "CREATE INDEX CONCURRENTLY ... ON ...; ALTER INDEX ... ATTACH PARTITION ...;"
    )
    return (Failure(operation.table, reason, True, sqlstate="0A000", remedy=remedy),)


REFUSALS: Refusals = {AddConstraint: _constraint, CreateIndex: _index}
