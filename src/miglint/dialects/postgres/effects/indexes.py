"""What the server does for indexes."""

from miglint.dialects.postgres.effects.situation import Situation, locks
from miglint.dialects.postgres.locks import ACCESS_EXCLUSIVE, SHARE, SHARE_UPDATE_EXCLUSIVE
from miglint.dialects.sql.replay.constraints import keys_on_index
from miglint.dialects.sql.replay.indexes import created_index, has_matching
from miglint.model import (
    CreateIndex,
    DropIndex,
    Effects,
    Failure,
    Lock,
    Name,
    Reindex,
    Table,
    View,
    Work,
)


def create_index(operation: CreateIndex, situation: Situation) -> Effects:
    """`CREATE INDEX`: SHARE while it builds; CONCURRENTLY lets writes go on."""
    name = operation.name or "the index"
    if operation.if_not_exists and Name(operation.table.schema, name) in situation.schema.relations:
        mode = SHARE_UPDATE_EXCLUSIVE if operation.concurrently else SHARE
        return Effects(
            locks=(Lock(operation.table, mode),), outside_transaction=_concurrently(operation.concurrently)
        )
    mode = SHARE_UPDATE_EXCLUSIVE if operation.concurrently else SHARE
    family = situation.family(operation.table, only=operation.only)
    if not situation.is_partitioned(operation.table):
        family = (operation.table,)  # Children by inheritance do not share indexes.
    builds = [
        b
        for member in family
        if not situation.is_partitioned(member) and not _has_it(member, operation, situation)
        for b in situation.builds(member, name, "the index is built", "index")
    ]
    failures: tuple[Failure, ...] = ()
    names = [element.column for element in operation.elements if element.column]
    # NULLs differ from each other.
    only_nulls = not operation.nulls_not_distinct and situation.has_only_nulls(operation.table, names)
    if operation.unique and not only_nulls:
        columns = ", ".join(e.column or "an expression" for e in operation.elements)
        failures = situation.fails(operation.table, f"duplicates in ({columns})", certain=False)
    return Effects(
        locks=locks(mode, family),
        index_builds=tuple(builds),
        failures=failures,
        outside_transaction=_concurrently(operation.concurrently),
    )


def _has_it(partition: Name, operation: CreateIndex, situation: Situation) -> bool:
    """Whether a partition has such an index already, which then becomes a part of the parent's."""
    table = situation.schema.table(partition)
    if table is None or partition == operation.table:
        return False
    return has_matching(partition, created_index(operation, table), situation.schema)


def _concurrently(concurrently: bool, command: str = "CREATE INDEX") -> str:
    return f"{command} CONCURRENTLY" if concurrently else ""


def drop_index(operation: DropIndex, situation: Situation) -> Effects:
    """`DROP INDEX`: short, but ACCESS EXCLUSIVE on the table, and on those whose keys CASCADE takes along."""
    index = situation.schema.index_named(operation.name)
    if index is None:
        return Effects(outside_transaction=_concurrently(operation.concurrently, "DROP INDEX"))
    mode = SHARE_UPDATE_EXCLUSIVE if operation.concurrently else ACCESS_EXCLUSIVE
    family = situation.family(index.table) if situation.is_partitioned(index.table) else (index.table,)
    keys = keys_on_index(index, situation.schema) if operation.cascade and index.unique else ()
    return Effects(
        locks=locks(mode, dict.fromkeys((*family, *(holder for holder, _ in keys)))),
        outside_transaction=_concurrently(operation.concurrently, "DROP INDEX"),
    )


def reindex(operation: Reindex, situation: Situation) -> Effects:
    """`REINDEX`: SHARE on the table while it builds (and readers of the index wait)."""
    outside = "REINDEX CONCURRENTLY" if operation.concurrently else ""
    target = operation.target
    if target is None:
        return Effects(outside_transaction=outside or f"REINDEX {operation.kind.upper()}")
    mode = SHARE_UPDATE_EXCLUSIVE if operation.concurrently else SHARE
    index = situation.schema.index_named(target)
    tables = (index.table,) if index is not None else situation.family(target)
    builds: list[Work] = []
    for name in tables:
        relation = situation.schema.relations.get(name)
        owned = situation.schema.indexes_of(relation) if isinstance(relation, (Table, View)) else ()
        for built in (index,) if index is not None else owned:
            builds += situation.builds(name, built.name.name, "the index is rebuilt", "reindex")
        if relation is None or (isinstance(relation, Table) and relation.from_before and not owned):
            builds += situation.builds(name, target.name, "an index is rebuilt", "reindex")
    return Effects(locks=locks(mode, tables), index_builds=tuple(builds), outside_transaction=outside)
