"""Columns: dropped, added and filled, and changed to what they were."""

from miglint.model import (
    AddColumn,
    AddIdentity,
    AlterColumnType,
    Column,
    DropColumn,
    DropDefault,
    DropExpression,
    DropIdentity,
    DropNotNull,
    Expression,
    Name,
    Operation,
    RenameTable,
    Schema,
    SetDefault,
    SetExpression,
    SetIdentity,
    SetNotNull,
    Table,
    quote,
)
from miglint.model.remedy import NOWHERE, check_later, validated, without_constraint
from miglint.rollback.draft.definitions import (
    column_definition,
    default_of,
    identity_options,
    is_serial,
)
from miglint.rollback.draft.plan import Lost, Phase, Way, given, planned, said
from miglint.rollback.draft.settings import Holder, settings, without_marks
from miglint.rollback.draft.types import paired
from miglint.rollback.draft.world import World

FILL = "it was NOT NULL: fill it where the draft says so"
CONVERSION = "their conversion back is not known: put it in where the draft says so"


def changed(now: Table, then: Table, has: Schema, had: Schema, world: World, *, is_new: bool) -> Way:
    """Drop, add and alter the columns of a table."""
    unsure = now.unsure | then.unsure
    for name, column, was in paired(now.columns, then.columns):
        if f"column {name}" in unsure or _follows_parent(name, now, then, has, had, is_new=is_new):
            continue
        if was is None:
            if column is not None:
                yield planned(Phase.NO_COLUMNS, DropColumn(NOWHERE, then.name, name))
            continue
        if column is None:
            yield from _added(then, was, has, had, world)
        else:
            yield from _altered(then, column, was, has, had, world)
        holder = Holder("column", then.name, "foreign table" if then.foreign else "table", name)
        old = column.properties if column is not None else ()
        yield from settings(holder, without_marks(old), without_marks(was.properties))


def _follows_parent(name: str, now: Table, then: Table, has: Schema, had: Schema, *, is_new: bool) -> bool:
    """Whether the column of a parent changes in the same way, and takes that of its child along."""
    if is_new:
        return False
    for parent in {*now.inherits, *filter(None, (now.partition_of, then.partition_of))}:
        ours, theirs = has.table(parent), had.table(parent)
        if ours is not None and theirs is not None and ours.column(name) != theirs.column(name):
            return True
    return False


def _added(table: Table, column: Column, has: Schema, had: Schema, world: World) -> Way:
    if column.type.name == "unknown":
        yield Lost(f"column {table.name.display}.{column.name}", "its type is not known")
        return
    serial = is_serial(table.name, column, had) and column.sequence not in has.relations
    made = column_definition(column, had, serial=serial)
    alone = _is_key(table, column)
    default = made.default is not None and not alone
    by_itself = serial or made.identity or made.generated or default or (column.nullable and not alone)
    if by_itself:
        yield planned(Phase.COLUMNS, AddColumn(NOWHERE, table.name, made))
        yield from own_name_of_sequence(table, column, has, had)
        if not serial and not made.generated:
            yield from _copied_back(table, column, world)
        return
    yield planned(Phase.COLUMNS, AddColumn(NOWHERE, table.name, made._replace(not_null=False, default=None)))
    copied = list(_copied_back(table, column, world))
    yield from copied or (() if column.nullable else _to_fill(table, column))
    if made.default is not None:
        yield planned(Phase.COLUMNS, SetDefault(NOWHERE, table.name, column.name, made.default))
    if not column.nullable:
        yield planned(Phase.COLUMNS, SetNotNull(NOWHERE, table.name, column.name))


def _is_key(table: Table, column: Column) -> bool:
    """Whether no two rows have the same value in a column, so that its default is none for old rows."""
    return any(
        constraint.kind in ("primary", "unique") and constraint.columns == (column.name,)
        for constraint in table.constraints
    )


def _copied_back(table: Table, column: Column, world: World) -> Way:
    copy = world.copies.columns.get((table.name, column.name))
    if copy is not None:
        sql = f"UPDATE {table.name.sql} SET {quote(column.name)} = {quote(copy)};"
        yield given(Phase.COLUMNS, sql)


def _to_fill(table: Table, column: Column) -> Way:
    name = f"{table.name.display}.{column.name}"
    yield Lost(f"values of {name}", FILL)
    text = f"fill {name}: it is NOT NULL, and what it held is gone"
    sql = f"UPDATE {table.name.sql} SET {quote(column.name)} = ... WHERE {quote(column.name)} IS NULL;"
    yield said(Phase.COLUMNS, text)
    yield said(Phase.COLUMNS, sql)


def own_name_of_sequence(table: Table, column: Column, has: Schema, had: Schema) -> Way:
    """Rename the sequence of an identity column, where it has not the usual name."""
    usual = Name(table.name.schema, f"{table.name.name}_{column.name}_seq")
    sequence = had.sequence(column.sequence) if column.sequence is not None else None
    if sequence is None or not column.identity or sequence.name == usual or sequence.name in has.relations:
        return
    if usual not in has.relations and sequence.name.schema == usual.schema:
        yield planned(Phase.COLUMNS, RenameTable(NOWHERE, usual, sequence.name.name, "sequence"))


def _required(table: Table, column: Column, world: World) -> list[Operation]:
    """Give what forbids NULL; outside a transaction the rows are read while others write."""
    required = SetNotNull(NOWHERE, table.name, column.name)
    if not world.outside:
        return [required]
    check = f"{table.name.name}_{column.name}_not_null"
    return [
        check_later(table.name, check, f"{quote(column.name)} IS NOT NULL"),
        validated(table.name, check),
        required,
        without_constraint(table.name, check),
    ]


def _retyped(table: Table, plain: AlterColumnType, then: Column, has: Schema, world: World) -> Way:
    """Give a column its type, by a cast where the database has one, else over its text."""
    name = quote(then.name)
    for text in ("", f"{name}::{then.type}", f"{name}::text::{then.type}"):
        using = Expression(text, (then.name,), casts=(str(then.type),)) if text else None
        retyped = plain._replace(using=using)
        if not world.refuses(retyped, has):
            break
    if "::text::" in text and then.type.schema is None:
        display = f"{table.name.display}.{then.name}"
        yield Lost(f"values of {display}", CONVERSION)
        yield said(Phase.COLUMNS, f"put in the conversion that undoes that of the way up: {display}")
    yield planned(Phase.COLUMNS, retyped)


def _altered(table: Table, now: Column, then: Column, has: Schema, had: Schema, world: World) -> Way:
    def step(operation: Operation) -> Way:
        yield planned(Phase.COLUMNS, operation)

    name = table.name, then.name
    if now.identity and not then.identity:
        yield from step(DropIdentity(NOWHERE, *name))
    default = now.default
    if now.generated and not then.generated:
        yield from step(DropExpression(NOWHERE, *name))
        default = None
    retyped = (now.type, now.collation) != (then.type, then.collation)
    if retyped:
        if then.type.name == "unknown":
            yield Lost(f"column {table.name.display}.{then.name}", "its former type is not known")
            return
        plain = AlterColumnType(NOWHERE, *name, then.type, collation=then.collation)
        needs_using = world.refuses(plain, has)
        if default is not None and (needs_using or default != then.default):
            yield from step(DropDefault(NOWHERE, *name))
        default = None  # It would be cast from the one type to the other.
        yield from _retyped(table, plain, then, has, world)
    if then.generated:
        if then.default is not None and now.default != then.default:
            yield from step(SetExpression(NOWHERE, *name, then.default))
    elif default != then.default and (restored := default_of(then)) is not None:
        yield from step(SetDefault(NOWHERE, *name, restored))
    elif default is not None and then.default is None:
        yield from step(DropDefault(NOWHERE, *name))
    if now.nullable != then.nullable:
        required = _required(table, then, world) if not then.nullable else [DropNotNull(NOWHERE, *name)]
        for operation in required:
            yield from step(operation)
    if then.identity and not now.identity:
        yield from step(AddIdentity(NOWHERE, *name, then.identity, options=identity_options(then, had)))
        yield said(
            Phase.COLUMNS,
            f"the numbers of {table.name.display}.{then.name} start anew: "
            f"ALTER COLUMN {quote(then.name)} RESTART WITH the largest one + 1",
        )
        yield from own_name_of_sequence(table, then, has, had)
    elif then.identity != now.identity and then.identity:
        yield from step(SetIdentity(NOWHERE, *name, then.identity))
