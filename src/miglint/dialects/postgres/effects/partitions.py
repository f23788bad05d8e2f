"""What the server does when partitions come and go."""

from miglint.dialects.postgres.effects.situation import Situation, locks
from miglint.dialects.postgres.locks import ACCESS_EXCLUSIVE, SHARE_ROW_EXCLUSIVE, SHARE_UPDATE_EXCLUSIVE
from miglint.dialects.sql.replay.constraints import not_null_columns
from miglint.model import (
    AttachPartition,
    DetachPartition,
    Effects,
    Lock,
    Name,
    Table,
    Work,
)


def new_partition(parent: Name, situation: Situation) -> Effects:
    table = situation.schema.table(parent)
    default = table.default_partition if table else None
    if default is None:
        return Effects(locks=(Lock(parent, ACCESS_EXCLUSIVE),))
    return Effects(
        locks=locks(ACCESS_EXCLUSIVE, (parent, default)), scans=_scan_of_default(table, default, situation)
    )


def _scan_of_default(parent: Table | None, default: Name, situation: Situation) -> tuple[Work, ...]:
    """A new partition takes its rows from the default one, unless a valid CHECK there keeps them out.

    As with a partition's own bound, a CHECK on the partition columns is taken to be there for this purpose.
    """
    columns = set(parent.partition_columns) if parent else set()
    table = situation.schema.table(default)
    for constraint in table.constraints if table else ():
        if constraint.kind == "check" and constraint.valid and columns and columns <= set(constraint.columns):
            return ()
    reason = "its rows are read to check that none belongs in the new partition"
    return situation.works_on(default, reason, "default partition")


def attach_partition(operation: AttachPartition, situation: Situation) -> Effects:
    """`ATTACH PARTITION`: the child is read unless a valid CHECK implies the bound; the default always."""
    parent = situation.schema.table(operation.table)
    child = situation.schema.table(operation.partition)
    total = Effects(
        locks=(
            Lock(operation.table, SHARE_UPDATE_EXCLUSIVE),
            *locks(ACCESS_EXCLUSIVE, situation.family(operation.partition)),
        )
    )
    if child is None or not _bound_may_be_proved(parent, child):
        reason = "every row is read to check that it fits the partition bound"
        scans = tuple(
            w
            for name in situation.stored(operation.partition)
            for w in situation.works_on(name, reason, "partition bound")
        )
        total = total.also(Effects(scans=scans))
    default = parent.default_partition if parent else None
    if default is not None:
        scans = _scan_of_default(parent, default, situation)
        total = total.also(Effects(locks=(Lock(default, ACCESS_EXCLUSIVE),), scans=scans))
    if parent is not None:
        total = total.also(_missing_indexes(parent, operation.partition, situation))
        for key in parent.foreign_keys:
            own = child.foreign_keys if child else ()
            references = situation.family(key.references) if key.references else ()
            if any(k.columns == key.columns for k in own):
                # The partition's key becomes a part of the parent's, and its triggers on the other side go.
                total = total.also(Effects(locks=locks(ACCESS_EXCLUSIVE, references)))
                continue
            scans = situation.looks_up(operation.partition, key.columns, key.references)
            total = total.also(Effects(locks=locks(SHARE_ROW_EXCLUSIVE, references), scans=scans))
    return total


def _bound_may_be_proved(parent: Table | None, child: Table) -> bool:
    """Whether a valid CHECK speaks of the partition columns, and these cannot be null.

    The bound itself is not compared with the CHECK: one on these columns is there for this purpose. Of a
    parent that no migration makes nobody knows the columns, and any CHECK will do.
    """
    checks = (set(c.columns) for c in child.constraints if c.kind == "check" and c.valid)
    required = not_null_columns(child)
    if parent is None or parent.from_before:
        return any(columns and columns <= required for columns in checks)
    columns = set(parent.partition_columns)
    return bool(columns) and columns <= required and any(columns <= checked for checked in checks)


def _missing_indexes(parent: Table, child: Name, situation: Situation) -> Effects:
    table = situation.schema.table(child)
    own = situation.schema.indexes_of(table) if table else ()
    builds: list[Work] = []
    for index in situation.schema.indexes_of(parent):
        if not any(
            (i.elements, i.unique, i.method) == (index.elements, index.unique, index.method) for i in own
        ):
            reason = "an index of the parent is built on the partition"
            builds += situation.builds(child, index.name.name, reason, "parent index")
    return Effects(index_builds=tuple(builds))


def detach_partition(operation: DetachPartition, situation: Situation) -> Effects:
    """`DETACH PARTITION`."""
    mode = SHARE_UPDATE_EXCLUSIVE if operation.concurrently or operation.finalize else ACCESS_EXCLUSIVE
    parent = situation.schema.table(operation.table)
    default = parent.default_partition if parent else None
    others = (default,) if default is not None and not operation.concurrently else ()
    return Effects(
        locks=(
            Lock(operation.table, mode),
            *locks(ACCESS_EXCLUSIVE, (operation.partition, *others)),
        ),
        outside_transaction="DETACH PARTITION CONCURRENTLY" if operation.concurrently else "",
    )
