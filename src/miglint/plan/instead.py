"""What to do instead, by the kind of change: in how many migrations, with which deploys between them."""

from collections.abc import Iterator

from miglint.checks.context import Context
from miglint.checks.facts import HistoryFacts
from miglint.checks.remedies.shown import shown
from miglint.model.strategy import Stage
from miglint.plan.unit import Unit, named
from miglint.plan.value import Item
from miglint.scaffold.row import find, in_row, rest_of, together
from miglint.simulate import Ran, Trace

_SHORT = 6
"""As many lines are printed; of more, the title tells."""


def instead(unit: Unit, facts: HistoryFacts) -> Iterator[Item]:
    """Give the row of migrations for each one that is better done in several."""
    for ran in unit.rans:
        if ran.up is not None and ran.up.records:
            yield from _of_migration(unit, ran, ran.up, facts)


def _of_migration(unit: Unit, ran: Ran, up: Trace, facts: HistoryFacts) -> Iterator[Item]:
    whole = Context(
        policy=unit.policy,
        history=unit.history,
        server=unit.machine.server,
        migration=ran.migration,
        script=up.script,
        records=up.records,
        at=len(up.records),
        of_history=facts,
    )
    found = find(whole, range(len(up.records)), {})
    for at, each in found.not_drafted:
        yield Item(
            f"{named(unit.line_of(up.records[at]))} ({each.name}): no other way is drafted, because "
            f"{each.reason}."
        )
    if not found.strategies:
        return
    for at, strategy in found.strategies:
        yield Item(f"{named(unit.line_of(up.records[at]))} ({strategy.name}): {strategy.why}.")
    stages = tuple(map(together, in_row(found, tuple(rest_of(whole, found)))))
    deploys = len({stage.deploy for stage in stages if stage.deploy})
    count = f"{len(stages)} migrations" if len(stages) > 1 else "a migration of its own"
    times = (
        f", with {deploys} deploy{'' if deploys == 1 else 's'} of the application between them"
        if deploys
        else ""
    )
    yield Item(f"Rather in {count}{times}:", notes=tuple(_stage(stage, whole) for stage in stages))
    if len(stages) > 1 or deploys:
        yield Item("This writes them, with their ways back:", f"miglint scaffold {ran.migration.id}", "sh")


def _stage(stage: Stage, whole: Context) -> Item:
    deploy = f"After the deploy of a version that {stage.deploy}: " if stage.deploy else ""
    sql = shown(stage.up, whole.remedies.write, whole.history.advice)
    if stage.title.startswith("the other statements") and len(sql.splitlines()) <= _SHORT:
        words = "what is left of this migration." if deploy else "What is left of this migration."
        return Item(f"{deploy}{words}", sql, "sql")
    return Item(f"{deploy}{stage.title}." if deploy else f"{stage.title[:1].upper()}{stage.title[1:]}.")
