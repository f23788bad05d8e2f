"""Write for a history: the way back of one of its migrations, and new migrations after the newest."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from miglint.model.migration import Checksum, History, Reaction
from miglint.tools._known_tools import tool_named
from miglint.tools._places import FileText, NoPlace, Sql, Written

if TYPE_CHECKING:
    from datetime import datetime


def place_down(history: History, migration_id: str, sql: str, *, outside: bool = False) -> FileText | NoPlace:
    """Give the file in which the way back of a migration stands, with this SQL in it.

    `outside`: some of the SQL cannot run in a transaction; where the tool's way back cannot leave it, there
    is no place for it.
    """
    migration = next(one for one in history.migrations if one.id == migration_id)
    if migration.up is None:
        return NoPlace(f"{migration_id} is not a migration in SQL")
    if migration.repeatable:
        return NoPlace(f"{migration_id} is run again whenever it changes, and is never undone")
    placed = tool_named(history.tool).place.down(history, migration, Sql(sql, outside))
    if isinstance(placed, NoPlace) or placed.note or placed.path != migration.up.source.path:
        return placed
    notices = history.advice.edited is not Reaction.IGNORES and history.advice.checksum is not Checksum.WORDS
    note = "the tool notices that the file has changed where the migration has run already"
    return placed._replace(note=note) if notices else placed


def place_new(
    history: History, row: Sequence[Written], now: "datetime | None" = None
) -> tuple[FileText, ...] | NoPlace:
    """Give the files of new migrations that follow the newest of a history, in this order.

    `now` is for tools that number by time; without it the next moment after the newest is taken.
    """
    return tool_named(history.tool).place.new(history, tuple(row), now)
