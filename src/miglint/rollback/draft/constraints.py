"""Constraints: dropped, added with all that they said, and altered where a database can."""

from miglint.model import (
    AddConstraint,
    AlterConstraint,
    Constraint,
    CreateIndex,
    DropConstraint,
    IndexElement,
    Schema,
    Table,
)
from miglint.model.remedy import NOWHERE, key_of_index, validated
from miglint.rollback.draft.definitions import constraint_definition
from miglint.rollback.draft.plan import Phase, Way, planned
from miglint.rollback.draft.settings import Holder, settings
from miglint.rollback.draft.types import paired
from miglint.rollback.draft.world import World

_APART = ("check", "foreign")
"""What can be added without a look at the rows, and be validated later."""


def is_inherited(constraint: Constraint, table: Table, schema: Schema) -> Constraint | None:
    """Give the constraint of a parent that a table has its own from."""
    for parent in schema.tables_among(table.inherits):
        if constraint.kind != "check" and parent.name != table.partition_of:
            continue
        for other in parent.constraints:
            same = (other.kind, other.columns, other.references) == (
                constraint.kind,
                constraint.columns,
                constraint.references,
            )
            if (
                same
                and not other.no_inherit
                and (constraint.kind != "check" or other.name == constraint.name)
            ):
                return other
    return None


def comes_with_table(constraint: Constraint, table: Table, has: Schema, had: Schema) -> bool:
    """Whether CREATE TABLE has a constraint: all rows of a new table pass, and what it refers to is there."""
    if not constraint.valid or not constraint.enforced or is_inherited(constraint, table, had) is not None:
        return False
    if constraint.kind == "not null":
        return False
    if constraint.references is None or constraint.references == table.name:
        return True
    parent, before = has.table(constraint.references), had.table(constraint.references)
    return parent is not None and before is not None and _keys(before) <= _keys(parent)


def _keys(table: Table) -> set[str]:
    return {each.name for each in table.constraints if each.kind in ("primary", "unique")}


def changed(now: Table, then: Table, has: Schema, had: Schema, world: World, *, is_new: bool) -> Way:
    """Drop, add and alter the constraints of a table."""
    left = {column.name for column in now.columns} - {column.name for column in then.columns}
    for name, held, holds in paired(now.constraints, then.constraints):
        if _follows_parent(held, holds, now, then, has, had):
            continue
        if held is not None and holds is not None and kept_in_place(held, holds):
            yield from _kept(held, holds, then)
        else:
            if held is not None and not left.intersection(held.columns):
                foreign = held.kind == "foreign"
                phase = Phase.NO_FOREIGN_KEYS if foreign else Phase.NO_CONSTRAINTS
                yield planned(phase, DropConstraint(NOWHERE, then.name, name))
            if holds is not None:
                yield from _added(holds, then, had, world, is_new=is_new)
        if holds is not None:
            old = held.properties if held is not None and kept_in_place(held, holds) else ()
            yield from settings(Holder("constraint", then.name, "constraint", name), old, holds.properties)


def _follows_parent(
    held: Constraint | None, holds: Constraint | None, now: Table, then: Table, has: Schema, had: Schema
) -> bool:
    """Whether a parent's constraint changes in the same way, and takes that of its child along."""
    ours = is_inherited(held, now, has) if held is not None else None
    theirs = is_inherited(holds, then, had) if holds is not None else None
    if held is not None and holds is not None:
        return ours is not None and theirs is not None and ours != theirs
    return ours is not None if holds is None else theirs is not None


def kept_in_place(held: Constraint, holds: Constraint) -> bool:
    """Whether a constraint need not be made anew."""
    return held._replace(properties=()) == holds._replace(properties=()) or bool(_alteration(held, holds))


def _alteration(held: Constraint, holds: Constraint) -> str:
    if held._replace(properties=(), valid=holds.valid) == holds._replace(properties=()):
        return "validity"
    same = held._replace(deferrable=holds.deferrable, initially_deferred=holds.initially_deferred)
    if same._replace(properties=()) == holds._replace(properties=()):
        return "deferrability" if held.kind == "foreign" else ""
    return ""


def _kept(held: Constraint, holds: Constraint, table: Table) -> Way:
    if held._replace(properties=()) == holds._replace(properties=()):
        return
    way = _alteration(held, holds)
    if way == "validity" and holds.valid:
        yield planned(Phase.CONSTRAINTS, validated(table.name, holds.name))
    elif way == "deferrability":
        yield planned(
            Phase.CONSTRAINTS,
            AlterConstraint(
                NOWHERE,
                table.name,
                holds.name,
                deferrable=holds.deferrable,
                initially_deferred=holds.initially_deferred,
            ),
        )


def _added(constraint: Constraint, table: Table, had: Schema, world: World, *, is_new: bool) -> Way:
    made = constraint_definition(table, constraint, had)
    foreign = constraint.kind == "foreign"
    phase = Phase.FOREIGN_KEYS if foreign else Phase.CONSTRAINTS
    apart = world.outside and not is_new
    if apart and constraint.kind in _APART and constraint.valid and not table.partition_by:
        yield planned(phase, AddConstraint(NOWHERE, table.name, made._replace(not_valid=True)))
        yield planned(phase, validated(table.name, constraint.name))
        return
    if apart and constraint.kind in ("primary", "unique") and not table.partition_by:
        elements = tuple(IndexElement(column=column, label=column) for column in constraint.columns)
        index = CreateIndex(
            NOWHERE,
            constraint.name,
            table.name,
            elements,
            include=made.include,
            unique=True,
            concurrently=True,
            nulls_not_distinct=made.nulls_not_distinct,
            options=made.options,
        )
        yield planned(phase, index)
        added = key_of_index(table.name, constraint.name, constraint.kind, constraint.name).constraint
        added = added._replace(deferrable=made.deferrable, initially_deferred=made.initially_deferred)
        yield planned(phase, AddConstraint(NOWHERE, table.name, added))
        return
    yield planned(phase, AddConstraint(NOWHERE, table.name, made))
