"""A change of many rows as a migration of its own, in batches that commit."""

import re
from typing import TYPE_CHECKING

from miglint.checks.strategies.words import slug
from miglint.model import Delete, Name, Update
from miglint.model.remedy import TO_FILL_IN, Given, Say
from miglint.model.strategy import NotDrafted, Stage, Strategy
from miglint.text.lazy import expression

if TYPE_CHECKING:
    from miglint.checks.context import Context

_BLOCK = expression(r"(?:--[^\n]*\n)*DO \$\$\n.*\nEND \$\$;", re.DOTALL)


def change_rows(ctx: "Context", change: Update | Delete) -> Strategy | NotDrafted | None:
    """Give the stage of an UPDATE or DELETE that would keep any number of rows locked."""
    table = change.table
    if not _takes_long(ctx, table):
        return None
    kind = "large update" if isinstance(change, Update) else "large delete"
    loop = ctx.rows.in_batches(change)
    if not _BLOCK.fullmatch(loop) or TO_FILL_IN in loop:
        return NotDrafted(kind, "its batches need a hand: `miglint check` shows how they begin")
    what = "the rows that it deletes" if isinstance(change, Delete) else "the values that it overwrites"
    lost = f"Nothing brings back {what}."
    words = (slug("fill", *change.columns[:2]) if isinstance(change, Update) else "delete", table.name)
    return Strategy(
        kind,
        f"one transaction would keep all rows of {table.display} that it touches locked until its end",
        (
            Stage(
                "backfill",
                f"change the rows of {table.display} in batches that commit",
                slug(*words),
                (Given(loop),),
                (Say("the schema is the same before and after this"),),
                outside=True,
                loss=lost,
            ),
        ),
    )


def _takes_long(ctx: "Context", table: Name) -> bool:
    """Whether it can touch any number of rows, under whatever lock, and commits only at its end."""
    if all(written.bounded for written in ctx.effects.rows_written) or not ctx.is_live(table):
        return False
    return not (ctx.has_few_rows(table) or ctx.commits_in_loop)
