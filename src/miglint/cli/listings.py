"""The commands that list things: plan, schema, tools, rules, explain."""

import argparse
from collections.abc import Sequence

from miglint.checking import Plan
from miglint.cli.input import (
    called,
    crashes_of,
    policy,
    raise_crashes,
    read_histories,
    read_settings,
    simulate,
)
from miglint.cli.output import EXIT_USAGE, for_terminal, put, say
from miglint.cli.project_rules import listed_rules
from miglint.dialects import SUPPORTED
from miglint.engine import Run
from miglint.errors import UsageError
from miglint.model import NotAnalysed, Problem, Step
from miglint.report import RenderOptions


def plan(arguments: argparse.Namespace) -> int:
    """Show what the server does for each statement, and what `miglint check` finds in it."""
    from miglint.cli.check import examine
    from miglint.show import plan as show

    result = examine(arguments, read_settings(arguments))
    runs = [run for run in result.runs if run.history.dialect in SUPPORTED]
    plans = [show.Plan(run.history, _selected_steps(run), result.report.shown) for run in runs]
    if arguments.output_format == "json":
        put(show.as_json(plans))
    else:
        put(show.as_text(plans, for_terminal(RenderOptions(), arguments.color)))
    return _say_what_is_missing(runs)


def _selected_steps(run: Run) -> tuple[Step, ...]:
    selected = run.history.selected
    return tuple(s for s in run.steps if selected is None or s.migration in selected)


def schema(arguments: argparse.Namespace) -> int:
    """Print the schema after the migrations."""
    from miglint.show import schema as show

    runs = _simulated(arguments, until=arguments.after)
    if len(runs) > 1:
        roots = ", ".join(run.history.root for run in runs)
        raise UsageError(f"{len(runs)} histories found: {roots}", "name one of them")
    if not runs:
        raise UsageError("no history here is for PostgreSQL", "`miglint tools` says what each is for")
    last = runs[0].schema
    put(show.as_json(last) if arguments.output_format == "json" else show.as_text(last))
    return _say_what_is_missing(runs)


def _say_what_is_missing(runs: Sequence[Run]) -> int:
    """Name what was not analysed, on standard error; give the exit code."""
    for run in runs:
        places: tuple[NotAnalysed | Problem, ...] = (
            *run.not_analysed,
            *run.history.problems,
            *run.history.gaps,
        )
        for place in places:
            say(f"not analysed: {place.path}:{place.line}: {place.reason}")
    raise_crashes([crash for run in runs for crash in crashes_of(run)])
    return EXIT_USAGE if any(run.history.problems or run.cut_off for run in runs) else 0


def _simulated(arguments: argparse.Namespace, until: str | None = None) -> list[Run]:
    settings = read_settings(arguments)
    how = Plan(
        policy=policy(settings),
        time_zone=settings.time_zone,
        seconds_per_file=settings.max_file_seconds,
    )
    histories = read_histories(arguments, settings)
    if until is not None:
        until = called(until, [m.id for h in histories for m in h.migrations])
    return [simulate(history, how, until) for history in histories if history.dialect in SUPPORTED]


def tools(arguments: argparse.Namespace) -> int:
    """List the histories found, and why."""
    from miglint.show import tools as show

    histories = read_histories(arguments, read_settings(arguments))
    put(show.as_json(histories) if arguments.output_format == "json" else show.as_text(histories))
    raise_crashes([crash for history in histories for crash in crashes_of(Run(history))])
    return EXIT_USAGE if any(history.problems for history in histories) else 0


def rules(arguments: argparse.Namespace) -> int:
    """List the rules."""
    from miglint.show import rules as show

    known = listed_rules(arguments)
    put(show.list_json(known) if arguments.output_format == "json" else show.list_text(known))
    return 0


def explain(arguments: argparse.Namespace) -> int:
    """Explain a rule."""
    from miglint.errors import UnknownRule
    from miglint.show import rules as show

    known = {rule.name: rule for rule in listed_rules(arguments)}
    if arguments.rule not in known:
        raise UnknownRule(arguments.rule, tuple(known), "explain")
    put(show.page(known[arguments.rule]))
    return 0
