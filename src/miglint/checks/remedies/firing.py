"""Triggers: which fire for a write that moves, and which a migration turns off for one."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import TYPE_CHECKING

from miglint.model import CreateTrigger, Delete, DropTrigger, Name, TableCommand, Update
from miglint.simulate.trace import Record
from miglint.text.lazy import expression

if TYPE_CHECKING:
    from miglint.checks.context import Context

_CHANGE = expression(
    r"^    (?:UPDATE|DELETE|WITH) .*?;\n(?:    GET DIAGNOSTICS [^\n]*\n)?", re.MULTILINE | re.DOTALL
)


def triggers(records: tuple[Record, ...]) -> tuple[int, ...]:
    """Give the places at which triggers are made or dropped."""
    kinds = (CreateTrigger, DropTrigger)
    return tuple(place for place, record in enumerate(records) if isinstance(record.operation, kinds))


def switches(records: tuple[Record, ...]) -> dict[Name, list[int]]:
    """Give the places at which triggers of tables are turned off or on."""
    found: dict[Name, list[int]] = {}
    for place, record in enumerate(records):
        operation = record.operation
        if isinstance(operation, TableCommand) and operation.action in ("disable trigger", "enable trigger"):
            found.setdefault(operation.table, []).append(place)
    return found


def triggers_made_later(records: Sequence[Record], at: int, places: Sequence[int]) -> tuple[str, ...]:
    """Give the triggers that fire for a write if it runs after the migration, but not in its own place.

    `places` are those that `triggers` gives.
    """
    operation = records[at].operation
    table, event = getattr(operation, "table", None), type(operation).__name__.lower()
    columns = set(getattr(operation, "columns", ()))
    found: dict[str, None] = {}
    for place in places[bisect_right(places, at) :]:
        later = records[place].operation
        if isinstance(later, CreateTrigger) and later.table == table and event in later.events:
            if event != "update" or not later.columns or columns & set(later.columns):
                found[later.trigger] = None
        elif isinstance(later, DropTrigger) and later.table == table:
            found.pop(later.trigger, None)
    return tuple(found)


def triggers_off(ctx: "Context", change: Update | Delete, batches: str) -> str:
    """Turn the triggers off for each batch that this migration turns off for the whole change."""
    places, source = ctx.once(switches).get(change.table, []), ctx.source
    texts = {at: source.shown(ctx.records[at].operation.span).strip() for at in places} if source else {}
    on = {_trigger(text): text for at, text in texts.items() if at > ctx.place and _turns(text, "enable")}
    off = [text for at, text in texts.items() if at < ctx.place and _turns(text, "disable")]
    pairs = [(text, on[_trigger(text)]) for text in dict.fromkeys(off) if _trigger(text) in on]
    head = f"    ALTER TABLE {change.table.sql} "
    before = "".join(f"{head}{text};\n" for text, _ in pairs)
    after = "".join(f"{head}{text};\n" for _, text in pairs)
    written = _CHANGE.sub(lambda found: before + found.group() + after, batches)
    if not pairs or written == batches:
        return batches
    return (
        "-- each batch turns triggers off, in place of DISABLE and ENABLE TRIGGER in this migration, and\n"
        f"-- locks {change.table.sql} against writes (SHARE ROW EXCLUSIVE) until it commits\n{written}"
    )


def _turns(text: str, verb: str) -> bool:
    return text.lower().startswith(verb)


def _trigger(text: str) -> str:
    """Which trigger a DISABLE TRIGGER or ENABLE TRIGGER is about: also ENABLE ALWAYS, ENABLE REPLICA."""
    return text.rsplit(maxsplit=1)[-1].lower()
