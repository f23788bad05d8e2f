"""Tables and columns that get another name or go, in stages: code first."""

from typing import TYPE_CHECKING

from miglint.checks.strategies.words import answered, free_name, named, slug
from miglint.model import (
    Column,
    DropColumn,
    DropNotNull,
    DropTable,
    DropView,
    MoveTable,
    Name,
    RenameTable,
    SetNotNull,
)
from miglint.model.remedy import NOWHERE, Given, Say, do
from miglint.model.strategy import Stage, Strategy

if TYPE_CHECKING:
    from miglint.checks.context import Context


def rename_table(ctx: "Context", rename: RenameTable | MoveTable) -> Strategy | None:
    """Give the stages of a table that gets another name, or goes to another schema."""
    old, found = rename.table, ctx.table(rename.table)
    if found is None or not ctx.is_live(old) or rename.keyword != "table":
        return None
    if ctx.records[-1].after.relations.get(old) is not None:
        return None  # Something takes its place at once: a view, or another table.
    if isinstance(rename, RenameTable):
        new = Name(old.schema, rename.new_name)
        back: RenameTable | MoveTable = RenameTable(NOWHERE, new, old.name)
    else:
        new = Name(rename.new_schema, old.name)
        back = MoveTable(NOWHERE, new, old.schema)
    view = f"CREATE VIEW {old.sql} AS SELECT * FROM {new.sql};"
    kept = tuple(map(Given, (view, *ctx.remedies.granted(old, found))))
    drop = DropView(NOWHERE, old)
    said = (
        Say(f"the view takes the SELECT, INSERT, UPDATE and DELETE of code that says {old.display};"),
        Say("it takes no TRUNCATE, COPY FROM and LOCK TABLE, and no foreign key can refer to it"),
    )
    return Strategy(
        "renamed table",
        f"code that says {old.display} fails from the moment of the COMMIT on",
        (
            Stage(
                "expand",
                f"rename {old.display} to {new.display}, and keep the old name as a view",
                slug("rename", old.name, "to", new.name),
                (do(rename._replace(span=NOWHERE)), *said, *kept),
                (do(drop), do(back)),
            ),
            Stage(
                "contract",
                f"drop the view {old.display}",
                slug("drop_view", old.name),
                (answered(ctx, "dropped-object", f"no code says {old.display}", drop),),
                kept,
                f"says {new.display} everywhere, and {old.display} nowhere",
            ),
        ),
    )


def drop_table(ctx: "Context", drop: DropTable) -> Strategy | None:
    """Give the stages of a table that goes: aside under another name first, from where it can come back."""
    old = drop.table
    if not ctx.is_live(old) or ctx.table(old) is None:
        return None
    if ctx.records[-1].after.relations.get(old) is not None:
        return None  # It is made anew.
    aside = free_name(ctx.schema, Name(old.schema, named(old.name, "dropped")))
    back = RenameTable(NOWHERE, aside, old.name)
    reason = f"no code uses {old.display}"
    return Strategy(
        "dropped table",
        f"code that uses {old.display} fails from the moment of the COMMIT on, and its rows are gone",
        (
            Stage(
                "switch",
                f"put {old.display} aside as {aside.display}, with all its rows",
                slug("put_aside", old.name),
                (answered(ctx, "renamed-table", reason, RenameTable(NOWHERE, old, aside.name)),),
                (do(back),),
                f"neither reads nor writes {old.display}",
            ),
            Stage(
                "contract",
                f"drop {aside.display}, when nothing has missed it for as long as a rollback can come",
                slug("drop", old.name),
                (
                    Say("its rows can be kept before:"),
                    *map(Say, ctx.rows.dump_of_tables([aside], f"{old.name}.sql").splitlines()),
                    answered(ctx, "dropped-table", reason, drop._replace(span=NOWHERE, table=aside)),
                ),
                loss="The rows do not come back: they are in the dump that was made before, or in a backup.",
            ),
        ),
    )


def drop_column(ctx: "Context", drop: DropColumn) -> Strategy | None:
    """Give the stages of a column that goes: code first."""
    table, found = drop.table, ctx.table(drop.table)
    column = found.column(drop.column) if found is not None else None
    if found is None or column is None or not ctx.is_live(table):
        return None
    if any(stays(ctx, table, column.name)):
        return None
    where = f"{table.display}.{column.name}"
    key = found.primary_key
    in_key = key is not None and column.name in key.columns
    stages: list[Stage] = []
    if _is_asked_for(column) and not in_key:
        stages.append(
            Stage(
                "expand",
                f"let rows come without {where}, for code that no longer knows it",
                slug("release", table.name, column.name),
                (do(DropNotNull(NOWHERE, table, column.name)),),
                (do(SetNotNull(NOWHERE, table, column.name)),),
                loss=f"It fails once rows have come without {where}: give them a value first.",
            )
        )
    gone = answered(ctx, "dropped-column", f"no code uses {where}", drop._replace(span=NOWHERE))
    copy = ctx.rows.copy_of_columns(table, (column.name,)).splitlines()
    stages.append(
        Stage(
            "contract",
            f"drop {where}",
            slug("drop", table.name, column.name),
            (*map(Say, copy), gone),
            deploy=f"neither reads nor writes {where}",
            loss=f"The values of {where} do not come back: they are in the copy made before, or in a backup.",
        )
    )
    return Strategy(
        "dropped column",
        f"code that names {where} fails from the moment of the COMMIT on, and its values are gone",
        tuple(stages),
    )


def stays(ctx: "Context", table: Name, column: str) -> "tuple[bool, ...]":
    """Tell whether the migration itself has added the column, or gives the table one of that name again."""
    last = ctx.records[-1].after.table(table)
    again = last is not None and last.column(column) is not None
    return (again, (table, column) in ctx.session.columns_added)


def _is_asked_for(column: Column) -> bool:
    """Whether an INSERT that does not name the column fails."""
    return not (column.nullable or column.default or column.identity or column.generated)
