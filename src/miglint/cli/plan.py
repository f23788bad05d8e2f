"""`miglint plan`: what to do to deploy migrations, and what the server does for each of their statements."""

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from miglint.checks.checker import Plan
from miglint.checks.facts import HistoryFacts
from miglint.checks.policy import Policy
from miglint.cli.check import examine
from miglint.cli.input import conditions, raise_crashes, read_settings
from miglint.cli.output import EXIT_CLEAN, EXIT_USAGE, for_terminal, put, say_omitted
from miglint.config import Settings
from miglint.dialects import SUPPORTED
from miglint.engine import Run, machine_of
from miglint.errors import Crash
from miglint.model import Direction, History, Step
from miglint.report import RenderOptions
from miglint.simulate import Ran, migrations

if TYPE_CHECKING:
    from miglint.plan import DeploymentPlan


def plan(arguments: argparse.Namespace) -> int:
    """Plan the migrations that are asked for: each by itself, and those of a change as one release."""
    from miglint.show import deployment
    from miglint.show import plan as show

    settings = read_settings(arguments)
    is_back = arguments.direction == Direction.DOWN.value
    result = examine(arguments, settings, downs=is_back, asks_git="always")
    runs = [run.deployed or run for run in result.runs if run.history.dialect in SUPPORTED]
    shown = tuple(d for d in result.report.shown if d.direction == arguments.direction)
    plans = [
        show.Plan(
            run.history,
            run.back if is_back else _selected_steps(run),
            shown,
            result.policy.sizes_of(run.history.root),
        )
        for run in runs
    ]
    places = result.report.not_analysed
    options = for_terminal(RenderOptions(), arguments.color)
    form = arguments.output_format
    crashes = list(result.crashes)
    if (is_back or arguments.statements) and form != "json":
        put(show.as_text(plans, options))
    else:
        is_release = bool(arguments.since or arguments.staged)
        planned = (
            [] if is_back else list(_planned(runs, result.policy, settings, crashes, is_release=is_release))
        )
        if form == "json":
            put(show.as_json(plans, places, planned))
        elif form == "markdown":
            put(deployment.as_markdown(planned))
        else:
            put(deployment.as_text(planned, options))
    say_omitted(places)
    raise_crashes(crashes)
    return EXIT_USAGE if result.failed else EXIT_CLEAN


def _selected_steps(run: Run) -> tuple[Step, ...]:
    return tuple(step for step in run.steps if run.history.asks_for(step.migration))


def _planned(
    runs: list[Run], said: Policy, settings: Settings, crashes: list[Crash], *, is_release: bool
) -> "Iterator[DeploymentPlan]":
    for run in runs:
        yield from _caught(
            _of_history(run.history, said, settings, is_release=is_release), run.history, crashes
        )


def _caught(
    plans: "Iterator[DeploymentPlan]", history: History, crashes: list[Crash]
) -> "Iterator[DeploymentPlan]":
    try:
        yield from plans
    except Exception as error:  # noqa: BLE001 - one history's mistake must not hide what the others have
        crashes.append(Crash("the plan", history.root, error))


def _of_history(
    history: History, said: Policy, settings: Settings, *, is_release: bool
) -> "Iterator[DeploymentPlan]":
    from miglint.plan import plan

    machine = machine_of(history, Plan(policy=said), conditions(settings))
    facts, together = HistoryFacts(history), list[Ran]()
    for ran in migrations(history, machine, downs=lambda migration: history.asks_for(migration.id)):
        asked = history.asks_for(ran.migration.id) and not ran.skipped
        if together and (not is_release or not asked):
            yield plan(history, together, machine, said, facts, settings.plan)
            together = []
        facts.steps += ran.up.steps if ran.up is not None else ()
        if asked and (ran.up is not None or ran.migration.opaque is not None):
            together.append(ran)
    if together:
        yield plan(history, together, machine, said, facts, settings.plan)
