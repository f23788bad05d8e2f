"""A column that comes with a value for all rows, in stages."""

from typing import TYPE_CHECKING, NamedTuple

from miglint.checks.strategies.constraints import not_null_stages, unique_stages
from miglint.checks.strategies.words import NOTHING_TO_UNDO, filling, slug
from miglint.model import (
    AddColumn,
    ConstraintDefinition,
    DropColumn,
    DropDefault,
    Expression,
    SetDefault,
    quote,
)
from miglint.model.remedy import NOWHERE, Do, Given, do, plain_column
from miglint.model.strategy import NotDrafted, Stage, Strategy

if TYPE_CHECKING:
    from miglint.checks.context import Context

_KEYS = ("primary", "unique")


class Value(NamedTuple):
    """What old rows get in a column, as the user says; `constant`: it is the same for all rows."""

    expression: Expression
    constant: bool


def add_column(ctx: "Context", add: AddColumn, value: Value | None) -> Strategy | NotDrafted | None:
    """Give the stages of a column that old rows have to be given a value of, or are rewritten for."""
    column, table = add.column, add.table
    if not ctx.is_live(table) or not ctx.has_rows(table):
        return None
    default = None if column.default is None or column.default.is_null else column.default
    required = column.not_null or any(each.kind == "primary" for each in column.constraints)
    if column.serial or column.identity or column.generated:
        what = "serial" if column.serial else "identity" if column.identity else "generated"
        works = ctx.waits.blocked(ctx.effects.works)
        return NotDrafted(f"{what} column", "the server fills it as it adds it") if works else None
    if default is None and required:
        return _required(ctx, add, value)
    if default is not None and ctx.waits.blocked(ctx.effects.rewrites):
        return _volatile(ctx, add, default, required=required)
    return None


def _required(ctx: "Context", add: AddColumn, value: Value | None) -> Strategy | NotDrafted:
    table, column = add.table, add.column
    where = f"{table.display}.{column.name}"
    keys = _keys(ctx, add)
    why = f"the rows that are there have no {where}, and code that does not know it can insert none"
    written = f"writes {where} in every INSERT"
    if value is not None and value.constant and not keys:
        # The server keeps one value for all old rows in its catalog, and touches none of them.
        whole = add._replace(column=column._replace(default=value.expression, not_null=True))
        drop, again = (
            DropDefault(NOWHERE, table, column.name),
            SetDefault(NOWHERE, table, column.name, value.expression),
        )
        title = f"add {where} with {value.expression.text} for old rows and for code that does not know it"
        return Strategy(
            "required column",
            why,
            (
                Stage("expand", title, _name("add", add), (do(whole),), (_dropped(add),)),
                Stage(
                    "contract",
                    f"ask every INSERT for {where}, as the default goes",
                    slug("require", table.name, column.name),
                    (do(drop),),
                    (do(again),),
                    written,
                ),
            ),
        )
    stages = [
        Stage(
            "expand", f"add {where}, NULL in old rows", _name("add", add), (do(_bare(add)),), (_dropped(add),)
        )
    ]
    if value is not None:
        loop = filling(ctx, table, column.name, value.expression.text, may_be_null=True)
        if not loop:
            return NotDrafted("required column", f"no key of {table.display} is known that makes batches")
        stages.append(_fill(add, loop, written))
        ready = ""
    else:
        count = f"SELECT count(*) FROM {table.sql} WHERE {quote(column.name)} IS NULL"
        ready = f"{written}, and has given old rows a value, in batches ({count} is 0)"
    stages += not_null_stages(table, (column.name,), ready or written)
    return Strategy("required column", why, (*stages, *keys))


def _volatile(
    ctx: "Context", add: AddColumn, default: Expression, *, required: bool
) -> Strategy | NotDrafted:
    table, column = add.table, add.column
    where = f"{table.display}.{column.name}"
    loop = filling(ctx, table, column.name, default.text, may_be_null=False)
    if not loop:
        return NotDrafted(
            "column with a volatile default", f"no key of {table.display} is known that makes batches"
        )
    title = f"add {where}, NULL in old rows, and its default for new ones"
    set_default = SetDefault(NOWHERE, table, column.name, default, add.only, add.if_table_exists)
    steps = (do(_bare(add), set_default),)
    return Strategy(
        "column with a volatile default",
        f"each row gets a value of its own: the server rewrites {table.display} and keeps everybody off it",
        (
            Stage("expand", title, _name("add", add), steps, (_dropped(add),)),
            _fill(add, loop, ""),
            *(not_null_stages(table, (column.name,)) if required else ()),
            *_keys(ctx, add, "each row has got a value of its own"),
        ),
    )


def _fill(add: AddColumn, loop: str, deploy: str) -> Stage:
    title = f"give old rows their {add.table.display}.{add.column.name}, in batches that commit"
    return Stage("backfill", title, _name("fill", add), (Given(loop),), NOTHING_TO_UNDO, deploy, outside=True)


def _keys(ctx: "Context", add: AddColumn, apart: str = "") -> tuple[Stage, ...]:
    """Give the stages of the keys that the column is written with; `apart`: why its values differ."""
    own: list[ConstraintDefinition] = [each for each in add.column.constraints if each.kind in _KEYS]
    return tuple(
        stage
        for each in own
        for stage in unique_stages(
            ctx,
            add.table,
            each._replace(name=ctx.constraint_name(add.table, each), columns=(add.column.name,)),
            apart,
        )
    )


def _bare(add: AddColumn) -> AddColumn:
    """Give the ADD COLUMN of which old rows have NULL, with the constraints that NULL fulfils."""
    kept = tuple(each for each in add.column.constraints if each.kind not in (*_KEYS, "not null"))
    bare = plain_column(add.table, add.column).column
    return add._replace(column=bare._replace(not_null=False, default=None, constraints=kept))


def _dropped(add: AddColumn) -> Do:
    return do(DropColumn(NOWHERE, add.table, add.column.name))


def _name(verb: str, add: AddColumn) -> str:
    return slug(verb, add.table.name, add.column.name)
