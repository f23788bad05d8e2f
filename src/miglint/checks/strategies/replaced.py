"""A column that gets another name or type, in stages: a new column beside it takes its place."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from miglint.checks.strategies.constraints import checked_stages, index_stage, not_null_stages, unique_stages
from miglint.checks.strategies.copies import SUFFIX, Copy, Parts, added_again, parts_of
from miglint.checks.strategies.words import NOTHING_TO_UNDO, answered, filling, named, slug
from miglint.model import (
    AddColumn,
    AlterColumnType,
    Column,
    ColumnDefinition,
    DropColumn,
    DropDefault,
    DropNotNull,
    Name,
    RenameColumn,
    RenameConstraint,
    RenameTable,
    Schema,
    SetDefault,
    SetNotNull,
    Table,
    quote,
)
from miglint.model.remedy import NOWHERE, Given, RemedyStep, do
from miglint.model.strategy import NotDrafted, Stage, Strategy

if TYPE_CHECKING:
    from miglint.checks.context import Context


def rename_column(ctx: "Context", rename: RenameColumn) -> Strategy | NotDrafted | None:
    """Give the stages of a column that gets another name."""
    table, found = rename.table, ctx.table(rename.table)
    if not ctx.is_live(table) or ctx.schema.view(table) is not None:
        return None
    if ctx.session.is_new_column(table, rename.column):
        return None
    name = "renamed column"
    column = found.column(rename.column) if found is not None else None
    if found is None or column is None:
        return NotDrafted(name, f"the migrations do not say what {table.display}.{rename.column} is")
    if reason := bound(ctx, found, column):
        return NotDrafted(name, reason)
    copy = Copy(table, column, rename.new_name, column.type, column.collation, both=True)
    loop = filling(ctx, table, copy.new, copy.sql, may_be_null=True)
    if not loop:
        return NotDrafted(name, f"no key of {table.display} is known that makes batches")
    where = f"{table.display}.{column.name}"
    parts = parts_of(found, column.name, ctx.schema)
    kept = parts.on(column.name, copy.new, SUFFIX)
    return Strategy(
        name,
        f"code that says {where} fails from the moment of the COMMIT on",
        (*copied(ctx, copy, kept, loop), _renamed_at_last(ctx, copy, parts, kept)),
    )


def change_type(ctx: "Context", change: AlterColumnType) -> Strategy | NotDrafted | None:
    """Give the stages of a change of type that would rewrite the table."""
    table, found = change.table, ctx.table(change.table)
    if not ctx.waits.blocked(ctx.effects.rewrites):
        return None
    name = "changed type"
    column = found.column(change.column) if found is not None else None
    if found is None or column is None:
        return NotDrafted(name, f"the migrations do not say what {table.display}.{change.column} is")
    reason = bound(ctx, found, column)
    if reason:
        return NotDrafted(name, reason)
    new = free_column(found, column.name)
    value = change.using.text if change.using is not None else ""
    copy = Copy(table, column, new, change.type, change.collation or column.collation, value)
    loop = filling(ctx, table, new, copy.sql, may_be_null=True)
    if not loop:
        return NotDrafted(name, f"no key of {table.display} is known that makes batches")
    parts = parts_of(found, column.name, ctx.schema)
    kept = parts.on(column.name, new, SUFFIX)
    return Strategy(
        name,
        f"the server writes {table.display} and its indexes anew, and keeps everybody off it",
        (*copied(ctx, copy, kept, loop), *swapped(ctx, copy, parts, kept)),
    )


def free_column(table: Table, old: str) -> str:
    """Give a name for the new column that leaves the one with `_old` free as well."""
    number = ""
    while any(table.column(named(old, f"{word}{number}")) for word in (SUFFIX, "old")):
        number = str(int(number or 1) + 1)
    return named(old, f"{SUFFIX}{number}")


def bound(ctx: "Context", table: Table, column: Column) -> str:
    """Say what hangs on a column that no stage here moves to another one; "" if nothing does."""
    name, schema = column.name, ctx.schema
    if column.identity or column.sequence is not None:
        return f"{name} takes its values from a sequence, which stays with it"
    if column.generated:
        return f"{name} is computed"
    if table.partition_by or table.partition_of or table.children or table.inherits or not table.complete:
        return f"{table.name.display} is not a table by itself whose columns are all known"
    for other in _holders(schema, table, name):
        return f"{other} refers to it"
    return ""


def _holders(schema: Schema, table: Table, column: str) -> Iterator[str]:
    """Name what depends on a column and is no index or constraint of its own."""
    key = table.primary_key
    if key is not None and column in key.columns:
        yield f"the primary key {key.name}"
    for each in table.constraints:
        if each.kind == "exclude" and column in each.columns:
            yield f"the constraint {each.name}"
    for view in (schema.view(name) for name in schema.views_on(table.name)):
        if view is not None and (table.name, column) in view.columns_read:
            yield f"the view {view.name.display}"
    for holder in schema.tables_among(table.referenced_by):
        for each in holder.foreign_keys:
            if each.references == table.name and column in each.referenced_columns:
                yield f"the foreign key {each.name} of {holder.name.display}"
    for trigger in table.triggers:
        read = trigger.condition.columns if trigger.condition is not None else ()
        if column in (*trigger.columns, *read):
            yield f"the trigger {trigger.name}"
    for policy in table.policies:
        if any(each is not None and column in each.columns for each in (policy.using, policy.check)):
            yield f"the policy {policy.name}"
    for other in table.columns:
        if other.generated and other.default is not None and column in other.default.columns:
            yield f"the computed column {other.name}"
    for kept in schema.others.values():
        if kept.part_of == table.name and kept.mentions(column):
            yield f"the {kept.kind} {kept.name}"


def copied(ctx: "Context", copy: Copy, kept: Parts, loop: str) -> Iterator[Stage]:
    """Give the stages up to a new column that is filled and has all that the old one has."""
    table, new = copy.table, f"{copy.table.display}.{copy.new}"
    old = f"{table.display}.{copy.old.name}"
    says = "each takes what is written to the other" if copy.both else f"filled from what is written to {old}"
    added = copy.added
    yield Stage(
        "expand",
        f"add {new} beside {old}, with a trigger: {says}",
        slug("add", table.name, copy.new),
        (do(added), *copy.made),
        (*copy.unmade, do(DropColumn(NOWHERE, table, copy.new))),
    )
    yield Stage(
        "backfill",
        f"copy {old} to {new} in old rows, in batches that commit",
        slug("fill", table.name, copy.new),
        (Given(loop),),
        NOTHING_TO_UNDO,
        outside=True,
    )
    for index in kept.indexes:
        yield index_stage(ctx, index, apart=f"they are apart by {old}")
    for key in kept.unique:
        yield from (
            stage._replace(deploy="") for stage in unique_stages(ctx, table, key, f"they are apart by {old}")
        )
    required = not_null_stages(table, () if copy.old.nullable else (copy.new,))
    pairs = [required, *(checked_stages(table, each) for each in kept.checked)]
    for pair in filter(None, pairs):
        yield from (stage._replace(deploy="") for stage in pair)


def _renamed_at_last(ctx: "Context", copy: Copy, parts: Parts, kept: Parts) -> Stage:
    """Give the stage in which the old column goes, and what hangs on the new one gets its names."""
    table, old, new = copy.table, copy.old, copy.new
    default = old.default
    where = f"{table.display}.{old.name}"
    gone = answered(ctx, "dropped-column", f"no code uses {where}", DropColumn(NOWHERE, table, old.name))
    back = [
        *_names(table, parts, kept, back=True),
        do(AddColumn(NOWHERE, table, ColumnDefinition(old.name, old.type, collation=old.collation))),
        *filled_again(copy, quote(new)),
        *([do(SetDefault(NOWHERE, table, old.name, default))] if default else []),
        *([do(DropDefault(NOWHERE, table, new))] if default else []),
        *([] if old.nullable else [do(SetNotNull(NOWHERE, table, old.name))]),
        *added_again(table, parts),
        *copy.made,
    ]
    return Stage(
        "contract",
        f"drop {where}, with the trigger",
        slug("drop", table.name, old.name),
        (
            *copy.unmade,
            *([do(SetDefault(NOWHERE, table, new, default))] if default else []),
            gone,
            *_names(table, parts, kept),
        ),
        tuple(back),
        f"reads and writes {table.display}.{new}, and nowhere {where}",
    )


def aside_name(copy: Copy) -> str:
    """Name the old column once the new one has its name."""
    return named(copy.old.name, copy.new.rpartition("_")[2].replace(SUFFIX, "old"))


def swapped(ctx: "Context", copy: Copy, parts: Parts, kept: Parts) -> Iterator[Stage]:
    """Give the stages in which the new column gets the name of the old one, and the old one goes."""
    table, old, new = copy.table, copy.old, copy.new
    aside = aside_name(copy)
    where, default = f"{table.display}.{old.name}", old.default
    rules = "renamed-column" if copy.through else "renamed-column, retyped-column"
    was = aside
    yield Stage(
        "switch",
        f"let {new} take the name of {old.name}; the old column stays as {aside}",
        slug("swap", table.name, old.name),
        (
            *copy.unmade,
            do(RenameColumn(NOWHERE, table, old.name, aside)),
            answered(ctx, rules, "code is ready for both types", RenameColumn(NOWHERE, table, new, old.name)),
            *([do(DropDefault(NOWHERE, table, was))] if default else []),
            *([do(SetDefault(NOWHERE, table, old.name, default))] if default else []),
            *([] if old.nullable else [do(DropNotNull(NOWHERE, table, was))]),
        ),
        (
            do(RenameColumn(NOWHERE, table, old.name, new)),
            do(RenameColumn(NOWHERE, table, aside, old.name)),
            *filled_again(copy, copy.back(new)),
            *([do(DropDefault(NOWHERE, table, new))] if default else []),
            *([do(SetDefault(NOWHERE, table, old.name, default))] if default else []),
            *([] if old.nullable else [do(SetNotNull(NOWHERE, table, old.name))]),
            *copy.made,
        ),
        f"can take {where} as {copy.type} as well as {old.type}",
        loss=f"It fails on a value that {old.type} cannot hold.",
    )
    gone = answered(ctx, "dropped-column", f"no code has known {aside}", DropColumn(NOWHERE, table, aside))
    aside_parts = parts.on(old.name, aside, "")
    yield Stage(
        "contract",
        f"drop {table.display}.{aside}, when nobody wants the old values back",
        slug("drop", table.name, aside),
        (gone, *_names(table, parts, kept)),
        (
            *_names(table, parts, kept, back=True),
            do(AddColumn(NOWHERE, table, ColumnDefinition(aside, old.type, collation=old.collation))),
            *filled_again(copy._replace(old=old._replace(name=aside)), copy.back(old.name)),
            *added_again(table, aside_parts),
        ),
    )


def filled_again(copy: Copy, value: str) -> tuple[RemedyStep, ...]:
    """Give the UPDATE of a way back, which runs under the lock of what stands before it."""
    name = quote(copy.old.name)
    change = f"UPDATE {copy.table.sql} SET {name} = {value} WHERE {name} IS DISTINCT FROM {value};"
    return (Given(change),)


def _names(table: Name, parts: Parts, kept: Parts, *, back: bool = False) -> Iterator[RemedyStep]:
    """Give new constraints and indexes the names of the old ones, or take them back."""
    pairs = list(zip(kept.constraint_names, parts.constraint_names, strict=True))
    for new, old in (each[::-1] if back else each for each in pairs):
        yield do(RenameConstraint(NOWHERE, table, new, old))
    names = list(zip(kept.index_names, parts.index_names, strict=True))
    for new, old in (each[::-1] if back else each for each in names):
        yield do(RenameTable(NOWHERE, Name(table.schema, new), old, "index"))
