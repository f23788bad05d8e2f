"""A column that gets another name by hand: a new one is filled from the old one, which is dropped."""

from typing import TYPE_CHECKING

from miglint.checks.remedies.clauses import clauses_of
from miglint.checks.strategies.copies import Copy, Parts, added_again, parts_of
from miglint.checks.strategies.replaced import bound, copied, filled_again
from miglint.checks.strategies.words import answered, filling, slug
from miglint.model import (
    AddColumn,
    Column,
    ColumnDefinition,
    DropColumn,
    SetDefault,
    SetNotNull,
    Update,
    quote,
)
from miglint.model.remedy import NOWHERE, do
from miglint.model.strategy import NotDrafted, Stage, Strategy

if TYPE_CHECKING:
    from miglint.checks.context import Context


def renamed_by_copy(ctx: "Context", add: AddColumn) -> Strategy | NotDrafted | None:
    """Give the stages of a new column to which a migration copies one that it drops; None for any other."""
    table, found = add.table, ctx.table(add.table)
    if found is None or not ctx.is_live(table) or add.column.default is not None or add.column.constraints:
        return None
    for place in range(ctx.place + 1, len(ctx.records)):
        old = _copied_from(ctx, place, add)
        column = found.column(old) if old else None
        dropped = _dropped_at(ctx, place, add, old) if old else None
        if column is None or dropped is None or column.type != add.column.type:
            continue
        if reason := bound(ctx, found, column):
            return NotDrafted("renamed column", reason)
        covers = (ctx.place, place, dropped)
        return _strategy(ctx, add, column, parts_of(found, column.name, ctx.schema), covers)
    return None


def _copied_from(ctx: "Context", place: int, add: AddColumn) -> str:
    """Name the column that an UPDATE of all rows copies to the new one as it is; "" if it does not."""
    record = ctx.records[place]
    update = record.operation
    if not isinstance(update, Update) or update.table != add.table or record.block is not None:
        return ""
    where = update.filter
    whole = where.absent or where.tautology or (where.only_of_nulls and where.nulls == (add.column.name,))
    if update.columns != (add.column.name,) or not whole or len(update.query.copies) != 1:
        return ""
    (_, old), *_ = update.query.copies
    values = clauses_of(update, record.statement.source.shown(update.span)).values
    plain = f"{quote(add.column.name)}={quote(old)}"
    return old if "".join(values.split()) == plain else ""


def _dropped_at(ctx: "Context", after: int, add: AddColumn, old: str) -> int | None:
    for place in range(after + 1, len(ctx.records)):
        operation = ctx.records[place].operation
        if isinstance(operation, DropColumn) and (operation.table, operation.column) == (add.table, old):
            return place
    return None


def _strategy(
    ctx: "Context", add: AddColumn, column: Column, parts: Parts, covers: tuple[int, ...]
) -> Strategy | NotDrafted:
    table, new = add.table, add.column.name
    wanted = column._replace(nullable=not add.column.not_null)
    copy = Copy(table, wanted, new, add.column.type, add.column.collation, both=True)
    loop = filling(ctx, table, new, copy.sql, may_be_null=True)
    where = f"{table.display}.{column.name}"
    if not loop:
        return NotDrafted("renamed column", f"no key of {table.display} is known that makes batches")
    gone = answered(ctx, "dropped-column", f"no code uses {where}", DropColumn(NOWHERE, table, column.name))
    bare = ColumnDefinition(column.name, column.type, collation=column.collation)
    last = Stage(
        "contract",
        f"drop {where}, with the trigger",
        slug("drop", table.name, column.name),
        (*copy.unmade, gone),
        (
            do(AddColumn(NOWHERE, table, bare)),
            *filled_again(copy, quote(new)),
            *([do(SetDefault(NOWHERE, table, column.name, column.default))] if column.default else []),
            *([] if column.nullable else [do(SetNotNull(NOWHERE, table, column.name))]),
            *added_again(table, parts),
            *copy.made,
        ),
        f"reads and writes {table.display}.{new}, and nowhere {where}",
    )
    return Strategy(
        "renamed column",
        f"code that says {where} fails from the moment of the COMMIT on",
        (*copied(ctx, copy, Parts(), loop), last),
        covers,
    )
