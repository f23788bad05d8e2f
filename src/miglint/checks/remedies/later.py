"""Steps behind the migration: a write that moves there, and all that can only run after it."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from miglint.checks.remedies.firing import triggers, triggers_made_later
from miglint.checks.remedies.moving import movable, moving_with
from miglint.model import Delete, Operation, SetVariable, Update, quote
from miglint.simulate.trace import Record

if TYPE_CHECKING:
    from miglint.checks.context import Context

_NAMED = 5
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
    text = ctx.statement.text if ctx.statement is not None else ""
    moving = moving_with(ctx.records, ctx.place, text, ctx.once(movable))
    steps = _shown(ctx, moving.places)
    what = "uses it or takes away what it reads" if moving.takes else "uses it"
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


def likewise(ctx: "Context", advised: str, waits: "Callable[[Operation, Context], bool]") -> str:
    """Name the next statements for which others wait as for this one, which have no finding of their own."""
    found: dict[str, None] = {}
    at = ctx.waits.slow_while_held
    while at is not None and at.record is not None and len(found) < _NAMED:
        operation, text = at.record.operation, at.record.statement.text
        told = text in advised or f"-- the {type(operation).__name__.upper()} of " in advised
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
            kind = type(operation).__name__.upper()
            lines[f"-- the {kind} of {operation.table.display}, in batches as well"] = None
            continue
        inside = record.block.span if record.block and record.number == number else None
        shown = source.shown(inside) if inside is not None and source else record.statement.text
        lines[shown.rstrip("; \n") + ";"] = None
    return list(lines)
