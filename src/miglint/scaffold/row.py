"""The stages of a migration's hazardous statements, put together in one row of migrations."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from miglint.checks.context import Context
from miglint.checks.strategies import Value, strategy
from miglint.checks.strategies.words import slug
from miglint.dialects.sql.words import NotSpelled
from miglint.model import Begin, Commit, Do, Given, Operation, RemedyStep, SetVariable, ValidateConstraint
from miglint.model.strategy import STAGE_KINDS, NotDrafted, Stage, Strategy
from miglint.simulate import Record

_SETTINGS = ("lock_timeout", "statement_timeout", "role", "search_path")
_LONGEST_NAME = 60
_FILLING = "change rows, apart from what locks the table; batches of it need a hand"
Values = dict[str, Value]
"""What old rows get, by the name of the column; by "" in any other."""


class Found(NamedTuple):
    """What was found in a migration, each at its place among the records.

    `settings` are the statements that set what those after them depend on.
    """

    strategies: tuple[tuple[int, Strategy], ...] = ()
    not_drafted: tuple[tuple[int, NotDrafted], ...] = ()
    settings: tuple[str, ...] = ()


def find(whole: Context, places: Iterable[int], values: Values) -> Found:
    """Find the strategies of the operations at some places of a migration."""
    strategies: list[tuple[int, Strategy]] = []
    not_drafted: list[tuple[int, NotDrafted]] = []
    covered: set[int] = set()
    for place in places:
        if place in covered:
            continue
        ctx = whole.at(place)
        found = strategy(ctx, _value(ctx, values))
        if isinstance(found, Strategy):
            strategies.append((place, found))
            covered.update(found.covers)
        elif found is not None:
            not_drafted.append((place, found))
    return Found(tuple(strategies), tuple(not_drafted), tuple(_settings(whole.records, strategies)))


def _value(ctx: Context, values: Values) -> Value | None:
    column = getattr(ctx.record.operation, "column", None) if ctx.record else None
    name = getattr(column, "name", column)
    return values.get(name) or values.get("") if isinstance(name, str) else None


def _settings(records: Sequence[Record], strategies: Sequence[tuple[int, Strategy]]) -> Iterator[str]:
    """Give the settings of the session that hold where the first hazardous statement stands."""
    first = strategies[0][0] if strategies else 0
    lasting: dict[str, str] = {}
    for record in records[:first]:
        operation = record.operation
        if record.block is None and isinstance(operation, SetVariable) and operation.name in _SETTINGS:
            lasting.pop(operation.name, None)
            if operation.value is not None:
                lasting[operation.name] = record.statement.text
    return iter(lasting.values())


def in_row(found: Found, rest: Iterable[tuple[int, Stage]]) -> tuple[tuple[Stage, ...], ...]:
    """Put the stages of strategies, and the other statements, in the order in which they run.

    Each strategy keeps the order of its own stages; what is of one kind, and needs no migration of its own,
    is in one.
    """
    others = list(rest)
    fillings = [stage for _, stage in others if stage.kind == "backfill"]
    others = [other for other in others if other[1].kind != "backfill"]
    queues = [*(list(each.steps) for _, each in found.strategies), *([stage] for stage in fillings)]
    first = _first(found, queues, others)
    row = [*([first] if first else []), *((stage,) for _, stage in others if stage.outside)]
    while any(queues):
        heads = [queue[0] for queue in queues if queue]
        kind = min((head.kind for head in heads), key=STAGE_KINDS.index)
        ready = [queue.pop(0) for queue in queues if queue and queue[0].kind == kind]
        row += [(stage,) for stage in ready if stage.outside]
        if inside := tuple(stage for stage in ready if not stage.outside):
            row.append(inside)
    return tuple(row)


def _first(found: Found, queues: list[list[Stage]], others: Sequence[tuple[int, Stage]]) -> tuple[Stage, ...]:
    """Give the first migration: what only adds, with the other statements, in the order of the file."""
    parts = [(place, stage) for place, stage in others if not stage.outside]
    for (place, _), queue in zip(found.strategies, queues, strict=False):
        while queue and queue[0].kind == "expand" and not queue[0].outside and not queue[0].deploy:
            parts.append((place, queue.pop(0)))
    parts.sort(key=lambda part: part[0])
    return tuple(stage for _, stage in parts)


def together(stages: Sequence[Stage]) -> Stage:
    """Make one migration of stages that run one after the other."""
    if len(stages) == 1:
        return stages[0]
    steps = [step for stage in stages for step in stage.up]
    names = list(dict.fromkeys(stage.name for stage in stages if stage.name))
    name = "_and_".join(names)
    if len(name) > _LONGEST_NAME and len(names) > 1:
        name = f"{names[0]}_and_{len(names) - 1}_more"
    return Stage(
        stages[0].kind,
        "; ".join(dict.fromkeys(stage.title for stage in stages if stage.title)),
        name,
        tuple(sorted(steps, key=_locks)),
        tuple(step for stage in reversed(stages) for step in stage.down),
        ", and ".join(dict.fromkeys(stage.deploy for stage in stages if stage.deploy)),
        loss=" ".join(dict.fromkeys(stage.loss for stage in stages if stage.loss)),
    )


def _locks(step: RemedyStep) -> bool:
    """Whether a step comes after those that read a table: what follows a lock keeps it while it reads."""
    return not (isinstance(step, Do) and isinstance(step.operations[0], ValidateConstraint))


def rest_of(whole: Context, found: Found) -> Iterator[tuple[int, Stage]]:
    """Give the statements that need no strategy, as stages, with their places."""
    covered = {place for _, each in found.strategies for place in each.covers}
    id_ = whole.migration.id if whole.migration else ""
    name, title = slug(id_.lstrip("0123456789_-.TVv")) or "rest", f"the other statements of {id_}"
    statements: dict[int, list[int]] = {}
    by_hand = {at for at, each in found.not_drafted if each.name.startswith("large ")}
    for place, record in enumerate(whole.records):
        statements.setdefault(record.number, []).append(place)
    for places in statements.values():
        records = [whole.records[place] for place in places]
        left = [whole.records[place] for place in places if place not in covered]
        if not left or all(isinstance(each.operation, (Begin, Commit)) for each in left):
            continue
        statement = records[0].statement.text
        if statement in found.settings:
            continue
        steps = (Given(f"{statement};"),) if len(left) == len(records) else _written(whole, left)
        if any(place in by_hand for place in places):
            yield places[0], Stage("backfill", _FILLING, f"{name}_rows", steps)
            continue
        outside = any(each.effects.outside_transaction for each in left) or _commits(left)
        yield places[0], Stage("expand", title, name, steps, outside=outside)


def _commits(records: Sequence[Record]) -> bool:
    return any(each.block is not None and isinstance(each.operation, Commit) for each in records)


def _written(whole: Context, records: Sequence[Record]) -> tuple[RemedyStep, ...]:
    """Write the actions of an ALTER TABLE that are left of it."""
    operations: tuple[Operation, ...] = tuple(each.operation for each in records)
    try:
        whole.remedies.write(*operations)
    except NotSpelled:
        text = records[0].statement.text
        return (Given(f"-- what is left of this statement has to be written by hand:\n-- {text}"),)
    return (Do(operations),)
