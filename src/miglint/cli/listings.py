"""The commands that list things: plan, schema, debt, tools, rules, explain."""

import argparse
from collections.abc import Sequence

from miglint.checks.checker import Plan
from miglint.cli.input import called, conditions, policy, raise_crashes, read_histories, read_settings
from miglint.cli.output import EXIT_CLEAN, EXIT_USAGE, put, say_omitted, terminal_width
from miglint.cli.project_rules import listed_rules
from miglint.dialects import SUPPORTED
from miglint.engine import Run, run
from miglint.errors import UsageError
from miglint.findings import crashes_of
from miglint.findings.omitted import is_failed, omitted, steps_in_code
from miglint.model import History, NotAnalysed, Schema


def schema(arguments: argparse.Namespace) -> int:
    """Print the schema after the migrations."""
    from miglint.show import schema as show

    histories, runs = _simulated(arguments, until=arguments.after)
    if len(runs) > 1:
        roots = ", ".join(run.history.root for run in runs)
        raise UsageError(f"{len(runs)} histories found: {roots}", "name one of them")
    places = omitted(histories, (place for run in runs for place in run.not_analysed))
    if runs or not places:
        last = runs[0].schema if runs else Schema()
        put(show.as_json(last, places) if arguments.output_format == "json" else show.as_text(last))
    say_omitted(places)
    return _code(arguments, histories, runs, places)


def _code(
    arguments: argparse.Namespace,
    histories: Sequence[History],
    runs: Sequence[Run],
    places: Sequence[NotAnalysed],
) -> int:
    """Give the exit code of a command that simulates; raises Crash."""
    unsimulated = (Run(history) for history in histories if history.dialect not in SUPPORTED)
    raise_crashes([crash for run in (*runs, *unsimulated) for crash in crashes_of(run)])
    analysed = any(run.has_analysed for run in runs)
    is_cut_off = any(run.cut_off for run in runs)
    has_failed = is_failed(histories, places, analysed=analysed, allow_none=arguments.allow_none)
    return EXIT_USAGE if is_cut_off or has_failed else EXIT_CLEAN


def debt(arguments: argparse.Namespace) -> int:
    """List what the migrations have begun and not finished; that is no finding."""
    from miglint.checks.debts import debts
    from miglint.dialects import load
    from miglint.show import debt as show

    histories, runs = _simulated(arguments)
    found = [
        show.Debts(run.history, debts(run.schema, run.steps, run.history, load(run.history.dialect)))
        for run in runs
    ]
    places = omitted(histories, (place for run in runs for place in run.not_analysed))
    put(show.as_json(found, places) if arguments.output_format == "json" else show.as_text(found))
    say_omitted(places)
    return _code(arguments, histories, runs, places)


def _simulated(
    arguments: argparse.Namespace, until: str | None = None
) -> tuple[tuple[History, ...], list[Run]]:
    """Give all histories, and the runs of those that can be analysed."""
    settings = read_settings(arguments)
    how, where = Plan(policy=policy(settings)), conditions(settings)
    histories = read_histories(arguments, settings)
    if until is not None:
        until = called(until, [m.id for h in histories for m in h.migrations])
    analysed = (one for one in histories if one.dialect in SUPPORTED)
    return histories, [run(history, how, until, where) for history in analysed]


def tools(arguments: argparse.Namespace) -> int:
    """List the histories found, and why."""
    from miglint.show import tools as show

    histories = read_histories(arguments, read_settings(arguments))
    listed = [(history, omitted([history], steps_in_code([history]))) for history in histories]
    put(show.as_json(listed) if arguments.output_format == "json" else _listed(show.as_text(listed)))
    raise_crashes([crash for history in histories for crash in crashes_of(Run(history))])
    places = [place for _, places in listed for place in places]
    analysed = any(one.migrations and one.dialect in SUPPORTED for one in histories)
    has_failed = is_failed(histories, places, analysed=analysed, allow_none=arguments.allow_none)
    return EXIT_USAGE if has_failed else EXIT_CLEAN


def rules(arguments: argparse.Namespace) -> int:
    """List the rules."""
    from miglint.show import rules as show

    known = listed_rules(arguments)
    put(show.list_json(known) if arguments.output_format == "json" else _listed(show.list_text(known)))
    return 0


def _listed(text: str) -> str:
    from miglint.text.wrap import in_columns

    width = terminal_width()
    return in_columns(text, width) if width else text


def explain(arguments: argparse.Namespace) -> int:
    """Explain a rule, or list those of a category."""
    from miglint.config import squawk_hint
    from miglint.errors import UnknownRule
    from miglint.show import rules as show
    from miglint.text.wrap import paragraphs

    known = {rule.name: rule for rule in listed_rules(arguments)}
    category = [rule for rule in known.values() if rule.category == arguments.rule]
    if category:
        put(_listed(show.list_text(category)))
        return 0
    if arguments.rule not in known:
        names = (*known, *sorted({rule.category for rule in known.values()}))
        raise UnknownRule(arguments.rule, names, "explain", squawk_hint(arguments.rule))
    page, width = show.page(known[arguments.rule], SUPPORTED), terminal_width()
    put(paragraphs(page, width) if width else page)
    return 0
