"""Which loop makes an UPDATE or DELETE in batches: by what it reads, writes and asks for."""

from typing import TYPE_CHECKING

from miglint.checks.remedies.backfills import as_added, while_not_done
from miglint.checks.remedies.batches import (
    AGAIN_IF_PASSED_OVER,
    ENDS_IF_PASSED_OVER,
    NO_KEY,
    UNTOLD,
    computed_aside,
    key_walk,
    limit_loop,
    walk_once,
)
from miglint.checks.remedies.clauses import Clauses, clauses_of
from miglint.model import AddColumn, Delete, Insert, Name, Update, quote

if TYPE_CHECKING:
    from miglint.checks.context import Context


def in_batches(ctx: "Context", change: Update | Delete, added: dict[str, AddColumn]) -> str:
    """Write the loop; `added` are the columns that the UPDATE sets and the migration has added."""
    if _writes_elsewhere(ctx, change):
        return (
            "-- its WITH writes as well: run what does not depend on the rows of the table once, before,\n"
            "-- and keep in a table what it returns; then run the rest of the statement as a whole for\n"
            "-- ranges of the key, each with its own COMMIT"
        )
    text = ctx.source.shown(change.span) if ctx.source else ""
    parts = clauses_of(change, text, in_block=ctx.block is not None)
    own = parts.qualifier
    old = as_added(change, added, own) if isinstance(change, Update) else ()
    condition = " AND ".join(dict.fromkeys((*filter(None, (parts.where,)), *old)))
    if isinstance(change, Delete):
        return _limit_loop(ctx, change, parts, condition)
    key = ctx.rows.row_key(change.table, change.columns)
    if not key:
        return _without_key(ctx, change, parts, old)
    if change.reads_itself:
        return computed_aside(change.table, key, change.columns)
    rest = f" AND {condition}" if condition else ""
    if change.cumulative and not _may_pass_over(change):
        return walk_once(change.table, key, change.columns, parts.head, rest, own)
    again = AGAIN_IF_PASSED_OVER if change.cumulative else ""
    return again + key_walk(change.table.sql, key, parts.head, rest, own)


def _writes_elsewhere(ctx: "Context", change: Update | Delete) -> bool:
    """Whether another part of the statement writes: a loop would repeat it, or leave it out."""
    span = change.span
    return any(
        other.start < span.end and span.start < other.end
        for action in ctx.siblings
        if action.record is not None and action.place != ctx.place
        if isinstance(action.record.operation, (Delete, Insert, Update))
        for other in (action.record.operation.span,)
    )


def _without_key(ctx: "Context", change: Update, parts: Clauses, old: tuple[str, ...]) -> str:
    done = while_not_done(change, old)
    if not done and _may_pass_over(change):
        return ENDS_IF_PASSED_OVER + _limit_loop(ctx, change, parts, parts.where)
    if not done:
        return UNTOLD if not change.cumulative else NO_KEY
    nulls = {f"{quote(column)} IS NULL" for column in change.filter.nulls}
    rest = (parts.where, *(each for each in done if parts.where == "..." or each not in nulls))
    return _limit_loop(ctx, change, parts, " AND ".join(filter(None, rest)))


def _limit_loop(ctx: "Context", change: Update | Delete, parts: Clauses, condition: str) -> str:
    found = ", ".join(filter(None, (parts.target, parts.sources)))
    return limit_loop(found, row_or_place(ctx, change.table), parts.head, condition, parts.qualifier)


def row_or_place(ctx: "Context", table: Name) -> tuple[str, ...]:
    """The key of a table, or where a row of it is stored: of several partitions each has the same ctids."""
    found = ctx.table(table)
    alone = found is not None and not (found.partition_by or found.partitions or found.children)
    return ctx.rows.row_key(table) or (("ctid",) if alone else ("tableoid", "ctid"))


def _may_pass_over(change: Update) -> bool:
    """Whether the WHERE asks for what the UPDATE changes, perhaps so as not to change a row twice."""
    return change.cumulative and not set(change.filter.columns).isdisjoint(change.columns)
