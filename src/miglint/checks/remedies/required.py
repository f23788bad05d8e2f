"""How a column that must have a value comes to a table with rows."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from miglint.checks.remedies.nullability import not_null_proved, null_checks
from miglint.model import (
    AddColumn,
    AddConstraint,
    ConstraintDefinition,
    CreateIndex,
    Expression,
    Name,
    SetDefault,
    Type,
)
from miglint.model.remedy import (
    NOWHERE,
    TO_FILL_IN,
    Given,
    RemedyStep,
    Say,
    column_added,
    do,
    key_of_index,
    unique_index,
)
from miglint.simulate.trace import Record

if TYPE_CHECKING:
    from miglint.checks.context import Context

_MAKES_UUIDS = (13,)  # gen_random_uuid() without an extension
_LENGTH_OF_UUID = 36
_TEXT = ("text", "character varying")


class Unique(NamedTuple):
    """What wants another value of a column in each row: a key, or the index of that `name`."""

    key: ConstraintDefinition | None = None
    name: str = ""


def required_column(ctx: "Context", add: AddColumn) -> str:
    """Write how a NOT NULL column without a default is added; one value for all rows is no value of a key."""
    table, column, unique = add.table, add.column, _unique(ctx, add)
    bare = column_added(table, column.name, column.type)
    value = Expression(_new_value(column.type, unique, ctx)) if unique is not None else None
    fill, own = f"fill {column.name} in batches", "each row with a value of its own"
    steps: list[RemedyStep] = []
    if unique is None:
        whole = bare.column._replace(not_null=True, default=Expression(TO_FILL_IN))
        steps = [
            Say("with a default, which old code gets as well:", plain=True),
            do(bare._replace(column=whole)),
        ]
    steps += [
        Say(f"{'or ' if unique is None else ''}in steps, each in a migration of its own:", plain=True),
        do(bare),
    ]
    if value is not None and value.text:
        steps.append(do(SetDefault(NOWHERE, table, column.name, value)))
        fill += f", {own}: {value.text}"
    elif value is not None:
        fill = f"when all code writes {column.name}, fill it in batches, {own}"
    steps += [
        Say(fill),
        *null_checks(table, (column.name,)),
        *not_null_proved(table, (column.name,)),
        *(_made_unique(ctx, add, unique) if unique is not None else ()),
    ]
    return ctx.remedies.shown(*steps)


def _unique(ctx: "Context", add: AddColumn) -> Unique | None:
    """Give what makes the column unique: its own key, or what this migration makes on it alone."""
    kinds = ("primary", "unique")
    own = next((each for each in add.column.constraints if each.kind in kinds), None)
    if own is not None:
        return Unique(own._replace(columns=(add.column.name,)))
    return next(
        (u for at, u in ctx.once(_uniques).get((add.table, add.column.name), ()) if at > ctx.place), None
    )


def _uniques(records: Sequence[Record]) -> dict[tuple[Name, str], list[tuple[int, Unique]]]:
    """Find what makes a column unique by itself, by the tables and columns, with its places."""
    found: dict[tuple[Name, str], list[tuple[int, Unique]]] = {}
    for place, record in enumerate(records):
        made = record.operation
        if isinstance(made, AddConstraint) and made.constraint.kind in ("primary", "unique"):
            columns, unique = made.constraint.columns, Unique(made.constraint)
        elif isinstance(made, CreateIndex) and made.unique and made.predicate is None:
            columns = tuple(element.column or "" for element in made.elements)
            unique = Unique(name=made.name or "")
        else:
            continue
        if len(columns) == 1:
            found.setdefault((made.table, columns[0]), []).append((place, unique))
    return found


def _new_value(type_: Type, unique: Unique, ctx: "Context") -> str:
    """Give an expression with another value for each row; "" where none fits: people read other texts."""
    if type_.array or ctx.server.version < _MAKES_UUIDS:
        return ""
    if type_.name == "uuid":
        return "gen_random_uuid()"
    long = not type_.modifiers or int(type_.modifiers[0]) >= _LENGTH_OF_UUID
    is_id = unique.key is not None and unique.key.kind == "primary"
    return "gen_random_uuid()::text" if is_id and type_.name in _TEXT and long else ""


def _made_unique(ctx: "Context", add: AddColumn, unique: Unique) -> tuple[RemedyStep, ...]:
    table, key, remedies = add.table, unique.key, ctx.remedies
    if key is None:
        return (Say(f"and only then build the unique index {unique.name}".rstrip()),)
    name = ctx.constraint_name(table, key)
    index, found = unique_index(table, name, key.columns), ctx.table(table)
    if found is not None and found.partition_by:
        return remedies.attached(index, later=True)
    built = Given(remedies.concurrent_index(index, table, later=True))
    return (built, Say("and then:"), do(key_of_index(table, name, key.kind, name)))
