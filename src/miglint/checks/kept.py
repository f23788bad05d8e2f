"""What IF NOT EXISTS keeps, and in what that is not what the text asks for."""

from miglint.checks.context import Context
from miglint.dialects import load
from miglint.dialects.sql.replay.indexes import created_index
from miglint.model import AddColumn, CreateIndex, CreateTable, Name, Relation, Schema, Table, View
from miglint.rollback.compare import compare

_OF_INDEX = ("the table", "uniqueness", "the method", "INCLUDE", "nulls", "the key", "the predicate")
_OF_COLUMN = ("the type", "nullability", "the collation", "identity", "generation", "the default")


def kept(ctx: Context, operation: AddColumn | CreateIndex | CreateTable) -> tuple[str, ...]:
    """Say in what an object that is there differs from the one that the text would make, each in words.

    What the same migration does to it afterwards counts as asked for.
    """
    if not operation.if_not_exists or (ctx.block is not None and ctx.block.conditional) or not ctx.records:
        return ()
    end = ctx.records[-1].after
    if isinstance(operation, CreateIndex):
        return _index(operation, ctx, end)
    if isinstance(operation, CreateTable):
        return _table(operation, ctx, end)
    return _column(operation, ctx, end)


def _index(operation: CreateIndex, ctx: Context, end: Schema) -> tuple[str, ...]:
    name = Name(operation.table.schema, operation.name or "")
    found, owner = end.relations.get(name), end.relations.get(operation.table)
    if ctx.schema.index_named(name) is None or not isinstance(owner, (Table, View)):
        return ()
    there = end.index_named(name)
    if there is None or found is None or end.may_lack(name):
        return ()
    made = created_index(operation, owner)
    return _differences(ctx, there, made, _OF_INDEX)


def _column(operation: AddColumn, ctx: Context, end: Schema) -> tuple[str, ...]:
    name, wanted = operation.table, operation.column
    before, table = ctx.schema.table(name), end.table(name)
    if before is None or before.column(wanted.name) is None or table is None or end.may_lack(name):
        return ()
    column = table.column(wanted.name)
    if column is None or f"column {wanted.name}" in before.unsure or wanted.serial or wanted.identity:
        return ()
    apart = operation._replace(column=wanted._replace(constraints=()), if_not_exists=False)
    alone = Schema(home=ctx.schema.home).with_relation(Table(name))
    made = load(ctx.history.dialect).apply(apart, alone).table(name)
    return _differences(ctx, Table(name, (column,)), made, _OF_COLUMN) if made is not None else ()


def _table(operation: CreateTable, ctx: Context, end: Schema) -> tuple[str, ...]:
    before, there = ctx.schema.table(operation.table), end.table(operation.table)
    if before is None or there is None or not there.complete or there.unsure or end.may_lack(there.name):
        return ()
    lacking = [column.name for column in operation.columns if there.column(column.name) is None]
    return (f"it lacks {', '.join(lacking)}",) if lacking else ()


def _differences(ctx: Context, there: Relation, made: Relation, aspects: tuple[str, ...]) -> tuple[str, ...]:
    before, after = (Schema().with_relation(relation) for relation in (there, made))
    found = compare(before, after, load(ctx.history.dialect).alike)
    return tuple(
        _words(each.aspect, each.before, each.after) for each in found.differences if each.aspect in aspects
    )


def _words(aspect: str, before: str, after: str) -> str:
    if aspect in ("uniqueness", "nullability"):
        return {"UNIQUE": "it is unique", "NULL": "it takes NULL"}.get(before, f"it is {before}")
    if aspect == "the key":
        return f"it is on ({before}), not on ({after})"
    return f"{aspect} is {before}, not {after}"
