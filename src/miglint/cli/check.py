"""`miglint check` and `miglint baseline`: run the rules, hide what is known, and report the rest."""

import argparse
import os
from typing import Literal

from miglint.checks.checker import Plan
from miglint.checks.policy import Policy
from miglint.cli.deployed import as_git_knows
from miglint.cli.input import (
    STANDARD_INPUT,
    conditions,
    is_narrowed,
    policy,
    raise_crashes,
    read_histories,
    read_settings,
)
from miglint.cli.output import EXIT_CLEAN, EXIT_FINDINGS, EXIT_USAGE, Progress, for_terminal, put, write_file
from miglint.cli.project_rules import all_rules
from miglint.cli.unmatched import warn_about_sizes, warn_about_tables
from miglint.cli.uses import with_code
from miglint.config import ALL, Settings, check_names, override_for, selects, severity_of
from miglint.engine import Run, run
from miglint.errors import ConfigError, UsageError
from miglint.findings import Reporting, baseline, crashes_of, report
from miglint.findings.omitted import is_failed
from miglint.model import Diagnostic, History, Report, Source
from miglint.report import FORMATS_WITH_FIXES, RenderOptions, render
from miglint.rule import Rule
from miglint.simulate import Conditions


def check(arguments: argparse.Namespace) -> int:
    """Find what would hurt in production; raises Crash after the report if a check failed."""
    settings = read_settings(arguments)
    if arguments.baseline is not None:
        if not os.path.isfile(arguments.baseline):
            raise UsageError(
                f"--baseline: {arguments.baseline}: no such file", "`miglint baseline` writes one"
            )
        settings = settings._replace(baseline=arguments.baseline)
    elif settings.names_baseline and not os.path.isfile(settings.baseline):
        message = f"baseline: {settings.baseline}: no such file"
        raise ConfigError(settings.file, message, "`miglint baseline` writes it")
    fixes = not FORMATS_WITH_FIXES.isdisjoint(arguments.output_format or ())
    result = examine(arguments, settings, fixes=fixes)
    if not result.report.rules:
        hint = "`select` says which rules run, `ignore` and `severity` which do not"
        raise UsageError("every rule is switched off", hint)
    result.runs.clear()  # No format needs the statements, which take more memory than all else.
    _write(result.report, arguments, settings)
    raise_crashes(result.crashes)
    if result.failed:
        return EXIT_USAGE
    worst = max((d.severity for d in result.report.shown), default=None)
    if worst is None or worst < settings.fail_on or arguments.exit_zero:
        return EXIT_CLEAN
    return EXIT_FINDINGS


def write_baseline(arguments: argparse.Namespace) -> int:
    """Write the findings of this moment into the file of known findings."""
    settings = read_settings(arguments)
    path = arguments.output_file or settings.baseline
    # The next clone may lack what git tells this one.
    result = examine(arguments, settings._replace(baseline=""), asks_git="never")
    raise_crashes(result.crashes)
    if result.failed and not result.report.statements:
        raise UsageError("nothing was analysed: no baseline is written", "`miglint check` says why")
    shown = result.report.shown
    found = [baseline.entry_of(each) for diagnostic in shown for each in (diagnostic, *diagnostic.more)]
    kept = _of_others(path, result) if is_narrowed(arguments) or settings.from_command_line else []
    write_file(path, baseline.render(found + kept))
    count = f"{len(shown)} finding{'' if len(shown) == 1 else 's'}"
    others = f", and {len(kept)} kept for what was not checked this time" if kept else ""
    put(f"{path}: {count}, which `miglint check` no longer reports{others}\n")
    return EXIT_USAGE if result.failed else EXIT_CLEAN


def _of_others(path: str, result: "Result") -> list[baseline.Entry]:
    """Give the entries of a baseline for other migrations, or other rules, than those that were checked."""
    rules = {rule.name for rule in result.report.rules}
    return [
        entry
        for entry in (baseline.parse(_read_baseline(path)) if os.path.isfile(path) else ())
        if entry.rule not in rules or entry.migration not in result.migrations
    ]


class Result:
    """A report, and what decides the exit code besides it."""

    def __init__(self, report: Report, runs: list[Run], policy: Policy, *, allow_none: bool) -> None:
        self.report = report
        self.runs = runs
        self.policy = policy
        self.crashes = [crash for run in runs for crash in crashes_of(run)]
        histories = [run.history for run in runs]
        is_cut_off = any(run.cut_off for run in runs)
        analysed = any(run.has_analysed for run in runs)
        self.failed = is_cut_off or is_failed(
            histories, report.not_analysed, analysed=analysed, allow_none=allow_none
        )
        self.migrations = {migration.id for run in runs for migration in run.history.migrations}


def examine(
    arguments: argparse.Namespace,
    settings: Settings,
    *,
    fixes: bool = False,
    downs: bool = False,
    asks_git: Literal["never", "about findings", "always"] = "about findings",
) -> Result:
    """Replay what the arguments name, run the rules, and hide what is known.

    `fixes`, `downs`: wanted. `asks_git` for what was deployed together: it takes findings away, or makes them
    less sure.
    """
    rules = all_rules(arguments, settings)
    check_names(settings, [r.name for r in rules], sorted({r.category for r in rules}))
    active = tuple(_with_severity(r, settings) for r in rules if _is_selected(r, settings))
    histories = read_histories(arguments, settings)
    quiet = getattr(arguments, "quiet", False)
    progress = Progress(sum(len(h.migrations) for h in histories), quiet=quiet)
    plan = Plan(
        rules=active,
        judges=tuple(rule for rule in rules if rule.profile == "safety"),
        fixes=fixes,
        downs=downs,
        policy=policy(settings),
        progress=progress.at,
    )
    where = conditions(settings)
    runs = [run(history, plan, conditions=where) for history in histories]
    progress.clear()
    narrowed = is_narrowed(arguments)
    if not narrowed and not quiet:
        warn_about_tables(settings, runs)
        warn_about_sizes(plan.policy, runs)
    reporting = Reporting(
        rules,
        is_ignored=lambda diagnostic: _is_ignored(diagnostic, settings),
        require_reason=settings.require_reason,
        baseline=_read_baseline(settings.baseline) if os.path.isfile(settings.baseline) else None,
        narrowed=narrowed,
    )
    found = report(runs, plan, reporting)
    if STANDARD_INPUT in arguments.paths:
        asks_git = "never"
    if asks_git == "always" or (asks_git == "about findings" and found.shown):
        runs = _as_deployed(runs, plan._replace(progress=lambda _number: None), where, quiet=quiet)
        if any(run.deployed or run.perhaps for run in runs):
            found = report(runs, plan, reporting)
    found = with_code(found, runs, settings, arguments)
    return Result(found, runs, plan.policy, allow_none=arguments.allow_none)


def _as_deployed(runs: list[Run], plan: Plan, where: Conditions, *, quiet: bool) -> list[Run]:
    """Run once more what git knows to be deployed together, and what may be."""
    deployed = []
    histories = as_git_knows([known.history for known in runs], quiet=quiet)
    for known, git in zip(runs, histories, strict=True):
        again = known if git.deployed is known.history else _run_again(git.deployed, plan, where)
        perhaps = None
        if again is not None and again.diagnostics and git.perhaps is not git.deployed:
            found = {diagnostic.rule for diagnostic in again.diagnostics}
            rules = tuple(rule for rule in plan.rules if rule.name in found)
            perhaps = _run_again(git.perhaps, plan._replace(rules=rules, fixes=False), where)
        deployed.append(known._replace(deployed=None if again is known else again, perhaps=perhaps))
    return deployed


def _run_again(history: History, plan: Plan, where: Conditions) -> Run | None:
    """Run a history; one that was cut short proves nothing."""
    again = run(history, plan, conditions=where)
    return None if again.cut_off or again.crashes else again


def _is_selected(rule: Rule, settings: Settings) -> bool:
    return selects(settings, rule.name, rule.category, taste=rule.profile != "safety")


def _with_severity(rule: Rule, settings: Settings) -> Rule:
    severity = severity_of(settings, rule.name, rule.category)
    if severity is not None:
        from copy import copy

        rule = copy(rule)
        rule.severity = severity
        rule.is_severity_set = True
    return rule


def _read_baseline(path: str) -> Source:
    try:
        with open(path, encoding="utf-8-sig") as file:
            return Source(path, file.read())
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path}: not UTF-8") from None


def _is_ignored(diagnostic: Diagnostic, settings: Settings) -> bool:
    if not settings.overrides:
        return False
    ignored = override_for(settings, diagnostic.source.path).ignore
    return not {diagnostic.rule, diagnostic.category, ALL}.isdisjoint(ignored)


def _write(found: Report, arguments: argparse.Namespace, settings: Settings) -> None:
    formats = arguments.output_format or ["text"]
    files = arguments.output_file or []
    if len(files) > len(formats):
        raise UsageError("more --output-file than --output-format", "give each file its format")
    if len(set(files)) < len(files):
        raise UsageError("one --output-file for two formats", "give each format a file of its own")
    if arguments.statistics and "text" not in formats:
        raise UsageError("--statistics is for --output-format text")
    options = RenderOptions(
        quiet=arguments.quiet,
        statistics=arguments.statistics,
        configured=bool(settings.file),
        sarif_suppressed=arguments.sarif_suppressed == "include",
    )
    # The formats with a file come first, in order; what is left goes to standard output.
    for form, path in zip(formats, files, strict=False):
        write_file(path, render(form, found, options))
    for form in formats[len(files) :]:
        text = render(form, found, for_terminal(options, arguments.color))
        put(text, for_people=form == "text")
