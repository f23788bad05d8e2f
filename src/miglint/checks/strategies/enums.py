"""An enum made anew without some of its values, in stages: a new type beside it takes its place."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from miglint.checks.strategies.copies import Copy, Parts, parts_of
from miglint.checks.strategies.replaced import aside_name, bound, copied, free_column, swapped
from miglint.checks.strategies.words import answered, filling, named, slug
from miglint.model import (
    AddConstraint,
    AlterColumnType,
    Column,
    CreateEnum,
    DropDefault,
    DropType,
    EnumType,
    Expression,
    Name,
    RenameType,
    SetDefault,
    Table,
    quote,
)
from miglint.model.remedy import NOWHERE, check_later, do, validated, without_constraint
from miglint.model.strategy import NotDrafted, Stage, Strategy

if TYPE_CHECKING:
    from miglint.checks.context import Context

_NAME = "enum without a value"
_LITERAL = re.compile(r"('(?:[^']|'')*')(?:::.*)?", re.DOTALL)
_OF_TYPES = (CreateEnum, RenameType, DropType)


def recreated_enum(ctx: "Context", change: AlterColumnType) -> Strategy | NotDrafted:
    """Give the stages of an enum that a migration makes anew with fewer values, for one column."""
    first, last = ctx.records[0].schema, ctx.records[-1].after
    found, now = first.table(ctx.old_name(change.table)), last.table(change.table)
    column = found.column(change.column) if found is not None else None
    after = now.column(change.column) if now is not None else None
    if found is None or column is None or after is None:
        return NotDrafted(_NAME, "the column is not there before the migration and after it")
    old = first.types.get(column.type.qualified) if column.type.qualified else None
    new = last.types.get(after.type.qualified) if after.type.qualified else None
    if reason := _unfit(ctx, found, column, old, new):
        return NotDrafted(_NAME, reason)
    assert isinstance(old, EnumType) and isinstance(new, EnumType)
    column = _with_literal_default(column)
    beside = Name(old.name.schema, named(old.name.name, "new"))
    type_ = column.type._replace(name=beside.name, schema=beside.schema)
    value = f"{quote(column.name)}::text::{type_}"
    copy = Copy(found.name, column, free_column(found, column.name), type_, None, value, through="::text")
    loop = filling(ctx, found.name, copy.new, value, may_be_null=True)
    if not loop:
        return NotDrafted(_NAME, f"no key of {found.name.display} is known that makes batches")
    parts = parts_of(found, column.name, first)
    gone = [value for value in old.values if value not in new.values]
    return Strategy(
        _NAME,
        f"the server writes {found.name.display} anew and keeps everybody off it, and fails on a row with "
        + " or ".join(map(ctx.remedies.literal, gone)),
        tuple(_stages(ctx, copy, parts, loop, old, new)),
        tuple(_covered(ctx, change, old.name)),
    )


def _unfit(ctx: "Context", table: Table, column: Column, old: object, new: object) -> str:
    if not isinstance(old, EnumType) or not isinstance(new, EnumType):
        return "it is from or to a type of the database's own"
    if old.name != new.name:
        return f"the type has another name afterwards: {new.name.display}"
    if not set(new.values) < set(old.values):
        return "it does not only lose values"
    if column.type.array:
        return "the column holds arrays of it"
    users = {*ctx.records[0].schema.tables_with_type(old.name)}
    others = [each.name for each in users if any(c.type.qualified == old.name for c in each.columns)]
    held = [c.name for c in table.columns if c.type.qualified == old.name]
    if others != [table.name] or len(held) > 1:
        return f"{old.name.display} is the type of other columns as well"
    if column.default is not None and not _LITERAL.fullmatch(column.default.text):
        return f"the default of {column.name} is no constant"
    return bound(ctx, table, column)


def _with_literal_default(column: Column) -> Column:
    """Give the column with a default that is of either type."""
    found = _LITERAL.fullmatch(column.default.text) if column.default is not None else None
    return column._replace(default=Expression(found[1])) if found else column


def _covered(ctx: "Context", change: AlterColumnType, old: Name) -> Iterator[int]:
    """Give the places of all operations that make the type anew."""
    types = {old} | {
        name
        for record in ctx.records
        for name in (_type_of(record.operation), _renamed(record.operation))
        if name is not None and name.name.startswith(old.name)
    }
    for place, record in enumerate(ctx.records):
        if _type_of(record.operation) in types or _is_of_column(record.operation, change):
            yield place


def _is_of_column(operation: object, change: AlterColumnType) -> bool:
    if not isinstance(operation, (AlterColumnType, SetDefault, DropDefault)):
        return False
    return (operation.table, operation.column) == (change.table, change.column)


def _type_of(operation: object) -> Name | None:
    return operation.type if isinstance(operation, _OF_TYPES) else None


def _renamed(operation: object) -> Name | None:
    if not isinstance(operation, RenameType):
        return None
    return Name(operation.type.schema, operation.new_name)


def _stages(
    ctx: "Context", copy: Copy, parts: Parts, loop: str, old: EnumType, new: EnumType
) -> Iterator[Stage]:
    table, column = copy.table, quote(copy.old.name)
    gone = ", ".join(ctx.remedies.literal(value) for value in old.values if value not in new.values)
    check = named(table.name, copy.old.name, "values")
    later = check_later(table, check, f"{column} NOT IN ({gone})")
    drop = without_constraint(table, check)
    where = f"{table.display}.{copy.old.name}"
    count = f"SELECT count(*) FROM {table.sql} WHERE {column} IN ({gone})"
    yield Stage(
        "constrain",
        f"refuse {gone} in {where}; old rows are not read yet",
        slug(check, "not_valid"),
        (do(later),),
        (do(drop),),
        f"writes no {gone} to {where}, and has given such rows another value ({count} is 0)",
    )
    yield Stage(
        "validate",
        f"see that no row of {table.display} has {gone}, while writers go on",
        slug(check, "validate"),
        (do(validated(table, check)),),
        (do(drop, later),),
    )
    beside = copy.type.qualified or old.name
    kept = parts.on(copy.old.name, copy.new, "new")
    expand, *others = copied(ctx, copy, kept, loop)
    yield expand._replace(
        title=f"make the type {beside.display} without {gone}; {expand.title}",
        up=(do(CreateEnum(NOWHERE, beside, new.values)), *expand.up),
        down=(*expand.down, do(DropType(NOWHERE, beside))),
    )
    yield from others
    aside = Name(old.name.schema, named(old.name.name, "old"))
    condition = Expression(f"{quote(aside_name(copy))} NOT IN ({gone})")
    checked = later.constraint._replace(expression=condition, not_valid=False)
    switch, _ = swapped(ctx, copy, parts, kept)
    # Code casts to the type by its name, so both types and both columns change names at once.
    yield switch._replace(
        title=f"{switch.title}, and the old type as {aside.display}",
        up=(
            *switch.up,
            do(RenameType(NOWHERE, old.name, aside.name)),
            answered(
                ctx, "renamed-object", "nothing else has it", RenameType(NOWHERE, beside, old.name.name)
            ),
        ),
        down=(
            do(RenameType(NOWHERE, old.name, beside.name)),
            do(RenameType(NOWHERE, aside, old.name.name)),
            *switch.down,
        ),
        deploy="",
        loss="",
    )
    was = copy.old.type._replace(name=aside.name, schema=aside.schema)
    _, contract = swapped(ctx, copy._replace(old=copy.old._replace(type=was)), parts, kept)
    yield contract._replace(
        title=f"{contract.title}, and the type {aside.display} with {gone}",
        up=(*contract.up, do(DropType(NOWHERE, aside))),
        down=(
            do(CreateEnum(NOWHERE, aside, old.values)),
            *contract.down,
            do(AddConstraint(NOWHERE, table, checked)),
        ),
    )
