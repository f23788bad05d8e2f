"""`miglint check` and `miglint baseline`: run the rules, hide what is known, and report the rest."""

import argparse
import os
from collections.abc import Callable
from copy import copy

from miglint import DOCUMENTATION, REPOSITORY, __version__, baseline
from miglint.checking import Plan, check_suppressions, names_of, together
from miglint.cli.input import (
    crashes_of,
    is_narrowed,
    policy,
    raise_crashes,
    read_histories,
    read_settings,
    simulate,
)
from miglint.cli.omitted import is_failed, omitted
from miglint.cli.output import EXIT_CLEAN, EXIT_FINDINGS, EXIT_USAGE, Progress, for_terminal, put, write_file
from miglint.cli.project_rules import all_rules
from miglint.cli.unmatched import warn_about_tables
from miglint.config import ALL, Settings, check_names, override_for, selects, severity_of
from miglint.dialects import SUPPORTED, UNKNOWN
from miglint.dialects import load as load_dialect
from miglint.engine import Run
from miglint.errors import ConfigError, UsageError
from miglint.events import SuppressionProblem
from miglint.model import Diagnostic, History, NotAnalysed, Report, RuleInfo, Source
from miglint.registry import BUILT_IN
from miglint.report import FORMATS_WITH_FIXES, RenderOptions, render
from miglint.rule import Rule
from miglint.suppress import apply as apply_suppressions
from miglint.suppress import parse as parse_suppressions
from miglint.suppress import problems as suppression_problems


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
    report = result.report
    if not report.rules:
        hint = "`select` says which rules run, `ignore` and `severity` which do not"
        raise UsageError("every rule is switched off", hint)
    _write(report, arguments, settings)
    raise_crashes(result.crashes)
    if result.failed:
        return EXIT_USAGE
    worst = max((d.severity for d in report.shown), default=None)
    if worst is None or worst < settings.fail_on or arguments.exit_zero:
        return EXIT_CLEAN
    return EXIT_FINDINGS


def write_baseline(arguments: argparse.Namespace) -> int:
    """Write the findings of this moment into the file of known findings."""
    settings = read_settings(arguments)
    path = arguments.output_file or settings.baseline
    result = examine(arguments, settings._replace(baseline=""))
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

    def __init__(self, report: Report, runs: list[Run], *, allow_none: bool) -> None:
        self.report = report
        self.runs = runs
        self.crashes = [crash for run in runs for crash in crashes_of(run)]
        histories = [run.history for run in runs]
        is_cut_off = any(run.cut_off for run in runs)
        self.failed = is_cut_off or is_failed(
            histories, report.statements, report.not_analysed, allow_none=allow_none
        )
        self.migrations = {migration.id for run in runs for migration in run.history.migrations}


def examine(arguments: argparse.Namespace, settings: Settings, *, fixes: bool = False) -> Result:
    """Replay what the arguments name, run the rules, and hide what is known; `fixes`: somebody sees those."""
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
        policy=policy(settings),
        time_zone=settings.time_zone,
        seconds_per_file=settings.max_file_seconds,
        progress=progress.at,
    )
    runs = [simulate(history, plan) for history in histories]
    progress.clear()
    narrowed = is_narrowed(arguments)
    if not narrowed and not quiet:
        warn_about_tables(settings, runs)
    report = _report(runs, rules, plan, settings, narrowed=narrowed)
    return Result(report, runs, allow_none=arguments.allow_none)


def _is_selected(rule: Rule, settings: Settings) -> bool:
    return selects(settings, rule.name, rule.category, taste=rule.profile != "safety")


def _with_severity(rule: Rule, settings: Settings) -> Rule:
    severity = severity_of(settings, rule.name, rule.category)
    if severity is not None:
        rule = copy(rule)
        rule.severity = severity
    return rule


def _report(
    runs: list[Run], rules: tuple[Rule, ...], plan: Plan, settings: Settings, *, narrowed: bool
) -> Report:
    """Put together what was found; `narrowed`: the user named what to check."""
    known = {name for rule in rules for name in (rule.name, rule.category)}
    active = names_of(plan.rules, rules)
    diagnostics: list[Diagnostic] = []
    left_out: list[NotAnalysed] = []
    for run in runs:
        history = run.history
        directives = {
            source.path: parsed
            for source in run.sources
            if (parsed := parse_suppressions(source, require_reason=settings.require_reason))
        }
        applied = apply_suppressions(run.diagnostics, directives, active)
        diagnostics += (d for d in applied.diagnostics if not _is_overridden(d, settings))
        if directives:
            # Of a migration that is not asked for, what its suppressions hide was not looked for.
            some, every = _asked_paths(history)
            asked = {path: found for path, found in directives.items() if path in some}
            unused = [problem for problem in applied.unused if problem.path in every]
            problems = suppression_problems(run.sources, asked, unused, known)
            dialect = load_dialect(history.dialect)
            diagnostics += check_suppressions(problems, history, plan, dialect.name, dialect.normalise)
        left_out += run.not_analysed
    histories = [run.history for run in runs]
    whole = all(history.selected is None for history in histories)
    # Of what was not looked at, it cannot be said that nothing is there any more.
    seen = whole and not narrowed and all(h.dialect in SUPPORTED and not h.problems for h in histories)
    diagnostics = _without_known(diagnostics, settings, plan, about_stale=seen)
    diagnostics = list(together(sorted(diagnostics, key=_order(histories))))
    return Report(
        diagnostics=tuple(diagnostics),
        rules=tuple(_info(rule) for rule in plan.rules),
        not_analysed=omitted(histories, left_out),
        histories=sum(history.dialect != UNKNOWN for history in histories),
        migrations=sum(len(history.migrations) for history in histories),
        in_scope=None if whole else sum(map(_in_scope, histories)),
        statements=sum(len(run.steps) for run in runs),
        version=__version__,
        url=REPOSITORY,
    )


def _asked_paths(history: History) -> tuple[set[str], set[str]]:
    """Give the files of which some migration is asked for, and those of which every one is."""
    asked: dict[str, set[bool]] = {}
    for migration in history.migrations:
        is_asked = history.selected is None or migration.id in history.selected
        for script in (migration.up, migration.down):
            if script is not None:
                asked.setdefault(script.source.path, set()).add(is_asked)
    some = {path for path, answers in asked.items() if True in answers}
    return some, {path for path in some if False not in asked[path]}


def _in_scope(history: History) -> int:
    return len(history.migrations) if history.selected is None else len(history.selected)


def _without_known(
    diagnostics: list[Diagnostic], settings: Settings, plan: Plan, *, about_stale: bool
) -> list[Diagnostic]:
    """Mark the findings of the baseline, if there is one; add those about its stale entries."""
    path = settings.baseline
    if not path or not os.path.isfile(path):
        return diagnostics
    source = _read_baseline(path)
    entries = baseline.parse(source)
    applied = baseline.apply(diagnostics, source, entries, (rule.name for rule in plan.rules))
    found = list(applied.diagnostics)
    if about_stale:
        found += _about_stale(applied.stale, plan)
    return found


def _read_baseline(path: str) -> Source:
    try:
        with open(path, encoding="utf-8-sig") as file:
            return Source(path, file.read())
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path}: not UTF-8") from None


def _about_stale(stale: tuple[SuppressionProblem, ...], plan: Plan) -> tuple[Diagnostic, ...]:
    nowhere = History("", "", "", ())
    return check_suppressions(stale, nowhere, plan, "", lambda text: (text,))


def _order(histories: list[History]) -> Callable[[Diagnostic], tuple[int, str, int, int, str]]:
    """Order findings as the migrations run, `2_a.sql` before `10_b.sql`; last what stands elsewhere."""
    places: dict[str, int] = {}
    for history in histories:
        for migration in history.migrations:
            for script in (migration.up, migration.down):
                if script is not None:
                    places.setdefault(script.source.path, len(places))

    def key(diagnostic: Diagnostic) -> tuple[int, str, int, int, str]:
        source = diagnostic.finding.source or diagnostic.source
        at = places.get(source.path, len(places))
        return at, source.path, *diagnostic.finding.span, diagnostic.rule

    return key


def _is_overridden(diagnostic: Diagnostic, settings: Settings) -> bool:
    if not settings.overrides:
        return False
    ignored = override_for(settings, diagnostic.source.path).ignore
    return not {diagnostic.rule, diagnostic.category, ALL}.isdisjoint(ignored)


def _info(rule: Rule) -> RuleInfo:
    return RuleInfo(
        name=rule.name,
        category=rule.category,
        summary=rule.summary,
        help=rule.documentation,
        severity=rule.severity,
        confidence=rule.confidence,
        # The rules of other packages have their pages elsewhere.
        url=f"{DOCUMENTATION}/rules/{rule.name}.md" if rule.module.startswith(f"{BUILT_IN}.") else "",
    )


def _write(report: Report, arguments: argparse.Namespace, settings: Settings) -> None:
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
        write_file(path, render(form, report, options))
    for form in formats[len(files) :]:
        text = render(form, report, for_terminal(options, arguments.color))
        put(text, for_people=form == "text")
