"""What makes a new column as it is to be once all rows have a value: NOT NULL, and a key of it alone."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from miglint.checks.remedies.ordering import drops_by_name
from miglint.model import AddColumn, AddConstraint, Constraint, ConstraintKind
from miglint.model.remedy import (
    Given,
    RemedyStep,
    Say,
    do,
    key_of_index,
    unique_index,
    without_constraint,
)

if TYPE_CHECKING:
    from miglint.checks.context import Context

_KINDS = ("primary", "unique")


def when_filled(ctx: "Context", add: AddColumn, *, required: bool) -> Iterator[RemedyStep]:
    """Give what a column gets in later migrations; `required`: it is NOT NULL whatever its text says."""
    table, keys = add.table, tuple(_keys(ctx, add))
    if required or add.column.not_null or any(kind == "primary" for kind, _, _ in keys):
        yield Say("and in a later migration:")
        yield from ctx.remedies.not_null_steps(table, (add.column.name,))
    for kind, name, moved in keys:
        old = _key_before(ctx, add) if kind == "primary" else None
        built = f"{name}_new" if old is not None and old.name == name else name
        drop = [without_constraint(table, old.name)] if old is not None else []
        given_up = old is not None and old.name in ctx.once(drops_by_name)
        replaced = " and ".join([*(["DROP"] if given_up else []), *(["ADD"] if moved else [])])
        instead = f", in place of the {replaced} CONSTRAINT of this one" if replaced else ""
        index = unique_index(table, built, (add.column.name,))
        yield Given(ctx.remedies.concurrent_index(index, table, later=True))
        yield Say(f"and in a later migration{instead}:")
        yield do(*drop, key_of_index(table, name, kind, built))


def _key_before(ctx: "Context", add: AddColumn) -> Constraint | None:
    """Give the primary key that the table has when the migration begins."""
    before = ctx.records[0].schema.table(ctx.old_name(add.table))
    return before.primary_key if before is not None else None


def _keys(ctx: "Context", add: AddColumn) -> Iterator[tuple[ConstraintKind, str, bool]]:
    """Give the keys of the new column alone, with their names; and whether a later statement adds them."""
    for written in add.column.constraints:
        if written.kind in _KINDS:
            yield written.kind, ctx.constraint_name(add.table, written), False
    for place, record in enumerate(ctx.later, len(ctx.earlier) + 1):
        operation = record.operation
        if isinstance(operation, AddConstraint) and operation.table == add.table:
            constraint = operation.constraint
            if constraint.columns == (add.column.name,) and constraint.kind in _KINDS:
                name = ctx.at(place).constraint_name(add.table, constraint)
                yield constraint.kind, name, True
