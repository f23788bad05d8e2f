"""What the server does when a constraint is added, validated or dropped."""

from miglint.dialects.postgres.effects.situation import Situation, locks
from miglint.dialects.postgres.locks import (
    ACCESS_EXCLUSIVE,
    ROW_SHARE,
    SHARE,
    SHARE_ROW_EXCLUSIVE,
    SHARE_UPDATE_EXCLUSIVE,
)
from miglint.dialects.sql.replay.constraints import not_null_columns
from miglint.model import (
    AddConstraint,
    AlterConstraint,
    Constraint,
    ConstraintDefinition,
    DropConstraint,
    Effects,
    Failure,
    Lock,
    Name,
    Table,
    ValidateConstraint,
    Work,
)

CHILD_LOCK_VERSION = 18
PARTITION_LOCK_VERSION = 18


_INDEXED = {"primary": "primary key", "unique": "unique constraint", "exclude": "exclusion constraint"}


def add_constraint(operation: AddConstraint, situation: Situation) -> Effects:
    """`ADD CONSTRAINT`."""
    return constraint_effects(operation.table, operation.constraint, situation, only=operation.only)


def constraint_effects(
    table: Name,
    constraint: ConstraintDefinition,
    situation: Situation,
    *,
    only: bool = False,
    columns_are_new: bool = False,
) -> Effects:
    """The effects of a new constraint on a table that exists."""
    if constraint.kind == "foreign":
        return _foreign_key(table, constraint, situation)
    if constraint.kind in ("primary", "unique", "exclude"):
        return _indexed(table, constraint, situation, only=only, columns_are_new=columns_are_new)
    if constraint.no_inherit and situation.version < CHILD_LOCK_VERSION:
        only = True
    total = Effects(locks=locks(ACCESS_EXCLUSIVE, situation.family(table, only=only)))
    if constraint.not_valid or not constraint.enforced:
        return total
    only = only or constraint.no_inherit
    scans: list[Work] = []
    failures: list[Failure] = []
    if constraint.kind == "not null":
        for name in situation.stored(table, only=only):
            relation = situation.schema.table(name)
            missing = [
                c for c in constraint.columns if relation is None or c not in not_null_columns(relation)
            ]
            for column in missing:
                reason = f"every row is read to check that {column} is not null"
                scans += situation.works_on(name, reason, "not null")
                failures += situation.fails(name, f"rows with {column} IS NULL", certain=False)
    else:
        for name in situation.stored(table, only=only):
            scans += situation.works_on(name, "every row is read to test the CHECK", "check")
            failures += situation.fails(name, "rows that do not satisfy the CHECK", certain=False)
    return total.also(Effects(scans=tuple(scans), failures=tuple(failures)))


def _foreign_key(table: Name, constraint: ConstraintDefinition, situation: Situation) -> Effects:
    family = situation.family(table)
    parents: tuple[Name, ...] = ()
    if constraint.references is not None:
        parents = situation.family(constraint.references)
    total = Effects(locks=locks(SHARE_ROW_EXCLUSIVE, (*family, *parents)))
    if constraint.not_valid or not constraint.enforced:
        return total
    stored = situation.stored(table)
    unproved = [name for name in stored if name == table or not _has_key(name, constraint, situation)]
    if len(unproved) < len(stored):
        # The keys of the partitions are taken over, and their triggers on the parent replaced.
        total = total.also(Effects(locks=locks(ACCESS_EXCLUSIVE, parents)))
    scans = tuple(
        w for name in unproved for w in situation.looks_up(name, constraint.columns, constraint.references)
    )
    reason = "rows without a row in the referenced table"
    if parents and not any(map(situation.session.has_rows, parents)):
        reason = f"rows with a value in {', '.join(constraint.columns)}, for {parents[0].display} has no rows"
    failures = situation.fails(table, reason, certain=False)
    # A row with a NULL refers to nothing, and what was true until the key was dropped still is.
    is_true = situation.has_only_nulls(table, constraint.columns) or situation.had_key(table, constraint)
    may_fail = unproved and not is_true
    return total.also(Effects(scans=scans, failures=failures if may_fail else ()))


def _has_key(partition: Name, constraint: ConstraintDefinition, situation: Situation) -> bool:
    """Whether a partition has the same foreign key already, and it is valid."""
    table = situation.schema.table(partition)
    return table is not None and any(
        key.valid
        and (key.columns, key.references) == (constraint.columns, constraint.references)
        and (key.on_delete, key.on_update) == (constraint.on_delete, constraint.on_update)
        for key in table.foreign_keys
    )


def _indexed(
    table: Name, constraint: ConstraintDefinition, situation: Situation, *, only: bool, columns_are_new: bool
) -> Effects:
    _, *partitions = situation.family(table, only=only)
    # Before version 18 a partition is locked only while its index is built, unless its columns change.
    owner = situation.schema.table(table)
    changed = constraint.kind == "primary" and any(
        column.nullable for column in (owner.columns if owner else ()) if column.name in constraint.columns
    )
    strong = situation.version >= PARTITION_LOCK_VERSION or changed
    mode = ACCESS_EXCLUSIVE if strong else SHARE
    total = Effects(locks=(Lock(table, ACCESS_EXCLUSIVE), *locks(mode, partitions)))
    scans: list[Work] = []
    failures: list[Failure] = []
    builds: list[Work] = []
    columns = constraint.columns
    if constraint.using_index is not None:
        index = situation.schema.index_named(Name(table.schema, constraint.using_index))
        columns = index.elements if index else ()
    if constraint.kind == "primary" and not columns_are_new:
        for name in situation.stored(table, only=only):
            relation = situation.schema.table(name)
            proved = not_null_columns(relation) if relation else frozenset(columns)
            for column in columns:
                if column not in proved:
                    reason = f"every row is read to check that {column} is not null"
                    scans += situation.works_on(name, reason, "nullable key")
    if constraint.using_index is None:
        label = constraint.name or f"the {constraint.kind} index"
        only_nulls = (
            constraint.kind == "unique"
            and not constraint.nulls_not_distinct
            and situation.has_only_nulls(table, columns)
        )
        for name in situation.stored(table, only=only):
            reason = f"the index of the {_INDEXED[constraint.kind]} is built"
            builds += situation.builds(name, label, reason, constraint.kind)
            if constraint.kind != "exclude" and not only_nulls:
                failures += situation.fails(name, f"duplicates in ({', '.join(columns)})", certain=False)
    return total.also(Effects(scans=tuple(scans), index_builds=tuple(builds), failures=tuple(failures)))


def validate_constraint(operation: ValidateConstraint, situation: Situation) -> Effects:
    """`VALIDATE CONSTRAINT`: a scan that lets reads and writes go on; ROW SHARE on the parent."""
    table = situation.schema.table(operation.table)
    constraint = table.constraint(operation.name) if table else None
    family = situation.family(operation.table, only=operation.only)
    total = Effects(locks=locks(SHARE_UPDATE_EXCLUSIVE, family))
    if constraint is None:
        scans = situation.works_on(operation.table, f"constraint {operation.name} is checked", "validation")
        return total.also(Effects(scans=scans))
    if constraint.valid:
        return total
    works = situation.works_apart if constraint.kind == "foreign" else situation.works_on
    scans = tuple(
        w
        for name in situation.stored(operation.table)
        for w in works(name, f"constraint {operation.name} is checked", "validation")
    )
    failures = situation.fails(operation.table, f"rows that violate {operation.name}", certain=False)
    parent = (Lock(constraint.references, ROW_SHARE),) if constraint.references else ()
    return total.also(Effects(locks=parent, scans=scans, failures=failures))


def alter_constraint(operation: AlterConstraint, situation: Situation) -> Effects:
    """`ALTER CONSTRAINT`: one that is no longer enforced loses its triggers on both tables, one that is now
    gets them, and its rows are looked up.
    """
    table = situation.schema.table(operation.table)
    constraint = table.constraint(operation.name) if table else None
    family = situation.family(operation.table, only=operation.only)
    total = Effects(locks=locks(ACCESS_EXCLUSIVE, family))
    if operation.enforced is None or constraint is None or constraint.references is None:
        return total
    others = situation.family(constraint.references)
    if not operation.enforced:
        return total.also(Effects(locks=locks(ACCESS_EXCLUSIVE, others)))
    if constraint.enforced:
        return total
    scans = [
        w
        for name in situation.stored(operation.table)
        for w in situation.looks_up(name, constraint.columns, constraint.references)
    ]
    failures = situation.fails(operation.table, "rows without a row in the referenced table", certain=False)
    return total.also(
        Effects(locks=locks(SHARE_ROW_EXCLUSIVE, others), scans=tuple(scans), failures=failures)
    )


def drop_constraint(operation: DropConstraint, situation: Situation) -> Effects:
    """`DROP CONSTRAINT`: ACCESS EXCLUSIVE, for a foreign key on both tables."""
    table = situation.schema.table(operation.table)
    constraint = table.constraint(operation.name) if table else None
    family = situation.family(operation.table)  # with ONLY, the children keep it, and are locked all the same
    others = (
        _other_side(table, constraint, situation, cascade=operation.cascade) if table and constraint else ()
    )
    return Effects(locks=locks(ACCESS_EXCLUSIVE, (*family, *others)))


def _other_side(
    table: Table, constraint: Constraint, situation: Situation, *, cascade: bool
) -> tuple[Name, ...]:
    """The other table of a foreign key, and those whose keys CASCADE takes along."""
    if constraint.references is not None:
        return situation.family(constraint.references) if constraint.references != table.name else ()
    if constraint.kind not in ("primary", "unique") or not cascade:
        return ()
    return tuple(
        holder
        for holder in table.referenced_by
        if (child := situation.schema.table(holder)) is not None
        and any(
            key.references == table.name and set(key.referenced_columns) == set(constraint.columns)
            for key in child.foreign_keys
        )
    )
