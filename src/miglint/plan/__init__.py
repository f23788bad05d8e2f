"""Deployment plans: from migrations as they ran in the simulation to what people do with them. Pure.

Each line of a plan follows from something: an effect, a difference of schemas, a command of the tool. What
does not apply is not there.
"""

from collections.abc import Iterator, Sequence

from miglint.checks.facts import HistoryFacts
from miglint.checks.policy import Policy
from miglint.model import Effects, History, Thresholds
from miglint.plan import before as looked_at
from miglint.plan import code, judged, watching, ways
from miglint.plan.backs import unit_of, with_copies
from miglint.plan.copies import Copy, copies
from miglint.plan.instead import instead
from miglint.plan.proofs import TRUE, arrived, filled
from miglint.plan.spelled import as_written
from miglint.plan.unit import Unit, listed, named
from miglint.plan.value import Answer, DeploymentPlan, Item
from miglint.plan.work import Done, done
from miglint.simulate import Machine, Ran

__all__ = ["Answer", "DeploymentPlan", "Item", "plan"]


def plan(
    history: History,
    rans: Sequence[Ran],
    machine: Machine,
    policy: Policy,
    facts: HistoryFacts,
    limits: Thresholds,
) -> DeploymentPlan:
    """Plan consecutive migrations of a history that are released together; `facts` are those before them."""
    unit = unit_of(history, rans, machine, policy)
    forward = policy.down == "off"
    statements = tuple(each for each in done(unit, unit.steps) if _is_felt(each))
    missed_old, missed_new = code.missed_by_old(unit), code.missed_by_new(unit)
    old, new = code.old_code(unit, missed_old), code.new_code(unit, missed_new)
    kept = copies(unit)
    unit = with_copies(unit, kept)
    risk = judged.risk_of(unit, statements, missed_old)
    is_quiet = risk.level == "low" and not statements and unit.reversal.verdict == "nothing to undo"
    undoes = unit.reversal.verdict != "nothing to undo"
    made = DeploymentPlan(
        migrations=tuple(ran.migration.id for ran in unit.rans),
        tool=history.tool,
        root=history.root,
        files=tuple(dict.fromkeys(migration.path for migration in unit.migrations)),
        statements=len(unit.steps),
        transaction=_transaction(unit),
        risk=risk.level,
        risk_reason=risk.reason,
        verdict=unit.reversal.verdict,
        verdict_reasons=tuple(_reasons(unit)),
        has_down=all(not each.sql or each.written for each in unit.backs)
        and any(each.trace for each in unit.backs),
        is_forward=forward,
        in_two_releases=bool(missed_new) and old.word == "no" and judged.has_code(unit),
        old_code=old,
        new_code=new,
        no_return=tuple(_no_return(unit, kept)),
        instead=tuple(instead(unit, facts)),
        before=tuple(looked_at.before(unit, statements, kept)),
        order=tuple(judged.order(unit, missed_old, missed_new)) if judged.has_code(unit) else (),
        up=tuple(ways.up(unit, statements, old, new)),
        after_up=(*arrived(unit.before, unit.after), *filled(unit)),
        watch=tuple(watching.watch(unit, statements, missed_old)),
        triggers=tuple(watching.triggers(statements, missed_old, limits, is_quiet=is_quiet)),
        back=tuple(ways.back(unit, old, missed_new, kept, forward=forward)),
        after_back=_after_back(unit, kept) if undoes and not forward else (),
        checklist=tuple(watching.checklist(unit, risk.level, statements, missed_old, kept, forward=forward)),
    )
    return as_written(made, history)


def _is_felt(each: Done) -> bool:
    """Whether anybody can notice that a statement runs."""
    effects: Effects = each.effects
    blocks = any(lock.mode.blocks_writes for lock in effects.locks)
    return bool(blocks or effects.works or effects.rows_written or effects.destroys or effects.failures)


def _transaction(unit: Unit) -> str:
    said = [up.script.mode_reason or up.script.mode.value.replace("_", " ") for up in unit.ups]
    return "; ".join(dict.fromkeys(said))


def _reasons(unit: Unit) -> Iterator[str]:
    for reason in unit.reversal.reasons:
        place = (
            f" ({named(unit.where(reason.statement, reason.span))})"
            if _is_in_file(unit, reason.direction) and reason.statement
            else ""
        )
        code = f" with {reason.sqlstate}" if reason.sqlstate and reason.kind in ("fails", "declared") else ""
        yield f"{_REASONS.get(reason.kind, '')}{reason.words}{code}{place}"


_REASONS = {"fails": "the way back fails: ", "rows": "the way back fails on ", "stays": "stays different: "}


def _is_in_file(unit: Unit, direction: str) -> bool:
    return direction == "up" or not any(each.sql and not each.written for each in unit.backs)


def _no_return(unit: Unit, kept: Sequence[Copy]) -> Iterator[Item]:
    point = unit.reversal.no_return
    if point is not None:
        moment = "its transaction commits" if point.moment == "commit" else "it has run"
        yield Item(f"{named(unit.where(point.statement, point.span))}, as soon as {moment}: {point.words}.")
        tables = dict.fromkeys(
            named(r.table.display) for r in unit.reversal.lost if r.table is not None and r.direction == "up"
        )
        names = listed(list(tables))
        if kept:
            yield Item(
                f"What remains then is {listed([named(copy.name) for copy in kept])}, the copy made before."
            )
        elif not all(reason.words.startswith("which rows had NULL") for reason in unit.reversal.lost):
            yield Item(f"What remains then is a backup with {names}, restored into another database.")
    elif unit.reversal.in_the_way:
        yield Item("No line of the files.")
    filled = [(column, column.rpartition(".")[0]) for each in unit.backs for column in each.filled]
    for column, table in filled:
        yield Item(
            f"Once new code has added rows to {named(table)}: they have no {named(column)} to go back with."
        )
    if not filled:
        for reason in unit.reversal.in_the_way:
            yield Item(f"Once there are {reason.words}, the way back fails on them.")


def _after_back(unit: Unit, kept: Sequence[Copy]) -> tuple[Item, ...]:
    compared = (
        Item(f"{copy.subject}: as in the copy", copy.compared, "sql", TRUE) for copy in kept if copy.compared
    )
    return (*arrived(unit.after, unit.before), *compared)
