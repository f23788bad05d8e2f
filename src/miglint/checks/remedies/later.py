"""Steps behind the migration: a write that moves there, and all that can only run after it."""

import re
from collections.abc import Callable, Sequence
from itertools import dropwhile, islice
from typing import TYPE_CHECKING

from miglint.checks.remedies.firing import triggers, triggers_made_later
from miglint.checks.remedies.moving import movable, moving_with
from miglint.model import (
    CreateIndex,
    Delete,
    DropColumn,
    Name,
    Operation,
    RenameColumn,
    SetVariable,
    Update,
    quote,
)
from miglint.simulate.trace import Record
from miglint.text.lazy import expression

if TYPE_CHECKING:
    from miglint.checks.context import Context

_NAMED = 5
_RENAMED = expression(
    r"\bALTER\s+TABLE\s+(?:IF\s+EXISTS\s+)?(?:[\w\"]+\.)?\"?(\w+)\"?\s+RENAME\s+TO\b", re.IGNORECASE
)
_SETTINGS = ("lock_timeout", "role", "search_path", "statement_timeout", "timezone")
_WHY = {
    (True, False): "because it relies on the change",
    (False, True): "because it takes away what the change uses",
}


def moves_with(ctx: "Context", text: str) -> str:
    """Write the later statements that can only run after a change, whose text names what it uses."""
    moving = moving_with(ctx.records, ctx.place, text, ctx.once(movable))
    reason = _WHY.get(moving[1:], "because it relies on the change or takes away what that uses")
    steps = _in_session(ctx, _shown(ctx, moving.places))
    lines = [f"-- and only after it, {reason}:", *steps] if steps else []
    if fires := triggers_made_later(ctx.records, ctx.place, ctx.once(triggers)):
        names = f"trigger{'s' if fires[1:] else ''} {', '.join(map(quote, fires))}"
        again = "them" if fires[1:] else "it"
        lines.append(
            f"-- the {names} of this migration would fire for each row: make {again} after the change,"
        )
        lines.append("-- if that is not meant")
    return "".join(f"\n{line}" for line in lines)


def moved(ctx: "Context", where: str) -> str:
    """Write this statement, with the later ones that need what it does, as a step that runs elsewhere."""
    operation = ctx.record.operation if ctx.record is not None else None
    if isinstance(operation, CreateIndex):
        return ctx.remedies.built_concurrently(operation)
    text = ctx.statement.text if ctx.statement is not None else ""
    moving = moving_with(ctx.records, ctx.place, text, ctx.once(movable))
    steps = _shown(ctx, moving.places)
    what = "uses it or takes away what it reads" if moving.takes else "uses it"
    where = where.replace("in a later migration", f"in a later migration{_before_next(ctx, text)}")
    head = f"-- {where}{f', together with what {what}' if steps else ''}:"
    return "\n".join([head, *_in_session(ctx, [f"{text};", *steps])])


def session_settings(records: tuple[Record, ...]) -> tuple[int, ...]:
    """Give the places at which a variable is set that statements depend on which come later."""
    kept = ((place, record.operation) for place, record in enumerate(records) if record.block is None)
    return tuple(
        place
        for place, operation in kept
        if isinstance(operation, SetVariable) and operation.name in _SETTINGS
    )


def _in_session(ctx: "Context", steps: list[str]) -> list[str]:
    """Put the settings of this migration before statements that move out of it."""
    lasting: dict[str, str] = {}
    for record in (ctx.records[at] for at in ctx.once(session_settings) if at < ctx.place):
        operation = record.operation
        if isinstance(operation, SetVariable):
            lasting.pop(operation.name, None)
            if operation.value is not None:
                lasting[operation.name] = f"{record.statement.text};"
    return [*dict.fromkeys(lasting.values()), *steps] if steps else []


def _before_next(ctx: "Context", text: str) -> str:
    """Say that a later step comes before the next migration if that renames a table that the text names."""
    after = dropwhile(lambda each: each is not ctx.migration, ctx.history.migrations)
    following = next(islice(after, 1, None), None)
    script = following.up if following is not None else None
    if following is None or script is None:
        return ""
    words = set(re.findall(r"\w+", text))
    renamed = (name for name in _RENAMED.findall(script.source.sql[slice(*script.span)]) if name in words)
    return next((f", before {following.id}, which renames {name}" for name in renamed), "")


def likewise(ctx: "Context", advised: str, waits: "Callable[[Operation, Context], bool]") -> str:
    """Name the next statements for which others wait as for this one, which have no finding of their own."""
    found: dict[str, None] = {}
    at = ctx.waits.slow_while_held
    while at is not None and at.record is not None and len(found) < _NAMED:
        operation, text = at.record.operation, at.record.statement.text
        told = text in advised or _as_well(operation) in advised
        if not told and at.source is not None and waits(operation, at):
            place = at.source.place(operation.span)
            found[f"{text.split()[0].upper()} in line {place.file.position(place.span.start).line}"] = None
        at = at.waits.slow_while_held
    return advised + (f"\n-- and likewise the {', the '.join(found)}" if found else "")


def _shown(ctx: "Context", places: Sequence[int]) -> list[str]:
    """Give the text of statements that move, the mere name of those that other findings make batches of."""
    number, source = ctx.records[ctx.place].number, ctx.source
    lines: dict[str, None] = {}
    for at in map(ctx.at, places):
        record = ctx.records[at.place]
        operation = record.operation
        if isinstance(operation, (Update, Delete)) and at.waits.slow and at.is_live(operation.table):
            lines[_as_well(operation)] = None
            continue
        inside = record.block.span if record.block and record.number == number else None
        shown = source.shown(inside) if inside is not None and source else record.statement.text
        lines[shown.rstrip("; \n") + ";" + _unused(at)] = None
    return list(lines)


def _as_well(operation: Operation) -> str:
    table = getattr(operation, "table", None)
    name = table.display if isinstance(table, Name) else ""
    return f"-- the {type(operation).__name__.upper()} of {name}, in batches as well"


def _unused(ctx: "Context") -> str:
    """Give the comment for a DROP or RENAME of columns that this migration has added, for its own use."""
    rules = set()
    for each in ctx.siblings:
        operation = each.record.operation if each.record is not None else None
        if not isinstance(operation, (DropColumn, RenameColumn)):
            return ""
        if (operation.table, operation.column) not in each.session.columns_added:
            return ""
        rules.add("dropped-column" if isinstance(operation, DropColumn) else "renamed-column")
    return f"  -- miglint: ignore[{', '.join(sorted(rules))}] no code uses it"
