"""argv to exit code: the only module that prints, writes and exits."""

import argparse
import gc
import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from io import TextIOWrapper
from typing import NoReturn

from miglint import __version__
from miglint.config import Settings, check_names, excluded, load, override, override_for, selects
from miglint.dialects import SUPPORTED
from miglint.dialects import load as load_dialect
from miglint.engine import Plan, Run, check_suppressions
from miglint.engine import run as run_engine
from miglint.errors import MiglintError, NoMigrations, UsageError, did_you_mean
from miglint.model import (
    Diagnostic,
    History,
    Migration,
    NotAnalysed,
    Report,
    RuleInfo,
    Severity,
    Source,
    Step,
)
from miglint.registry import load_rules
from miglint.report import FORMATS, RenderOptions, render
from miglint.rule import Policy, Rule, SuppressionProblem
from miglint.suppress import Directive, RuleProblem
from miglint.suppress import apply as apply_suppressions
from miglint.suppress import parse as parse_suppressions
from miglint.suppress import unknown as unknown_suppressions
from miglint.tools import find_histories, history_of_text

EXIT_CLEAN, EXIT_FINDINGS, EXIT_USAGE, EXIT_INTERNAL = 0, 1, 2, 3
EXIT_INTERRUPTED = 130
STANDARD_INPUT = "-"
PROGRESS_AFTER_SECONDS = 1.0


def run() -> NoReturn:
    """Run the program as a command."""
    sys.exit(main(sys.argv[1:]))


def main(argv: Sequence[str]) -> int:
    """Run the program; give its exit code."""
    gc.disable()  # Frozen values make no cycles; looking for some costs a tenth of the time.
    try:
        arguments = _parser().parse_args(argv)
        code: int = arguments.command(arguments)
        sys.stdout.flush()
        return code
    except MiglintError as error:
        print(f"miglint: {error.message}", file=sys.stderr)
        if error.hint:
            print(f"  hint: {error.hint}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_CLEAN
    except Exception as error:  # noqa: BLE001 - the last stop: a bug is told apart from findings
        _print_bug_report(f"{type(error).__name__}: {error}", error)
        return EXIT_INTERNAL


def _print_bug_report(message: str, error: BaseException) -> None:
    import traceback

    print(f"miglint: internal error: {message}", file=sys.stderr)
    print(
        "This is a bug in miglint or in a rule package. Please report it with these lines:", file=sys.stderr
    )
    print(f"  miglint {__version__}, Python {sys.version.split()[0]}, {sys.platform}", file=sys.stderr)
    for line in traceback.format_exception(error):
        print("  " + line.rstrip().replace("\n", "\n  "), file=sys.stderr)


# --- miglint check ---------------------------------------------------------------------------------


def _check(arguments: argparse.Namespace) -> int:
    settings = _settings(arguments)
    rules = load_rules()
    check_names(settings, [r.name for r in rules], sorted({r.category for r in rules}))
    active = tuple(_with_severity(r, settings) for r in rules if _is_selected(r, settings))
    histories = _histories(arguments, settings)
    progress = _Progress(sum(len(h.migrations) for h in histories))
    plan = Plan(
        rules=active,
        policy=_policy(settings),
        time_zone=settings.time_zone,
        seconds_per_file=settings.max_file_seconds,
        progress=progress.at,
    )
    runs = [_run(history, plan) for history in histories]
    progress.clear()
    report = _report(runs, histories, rules, active, plan, settings)
    _write(report, arguments)
    crashes = [crash for run in runs for crash in run.crashes]
    for crash in crashes[:1]:
        _print_bug_report(str(crash), crash.cause)
    if crashes:
        return EXIT_INTERNAL
    if any(history.problems for history in histories):
        return EXIT_USAGE
    worst = max((d.severity for d in report.shown), default=None)
    return EXIT_FINDINGS if worst is not None and worst >= settings.fail_on else EXIT_CLEAN


def _run(history: History, plan: Plan, until: str | None = None) -> Run:
    if history.dialect not in SUPPORTED:
        return Run(history=history)
    selected = history.selected

    def wanted(migration: Migration) -> bool:
        return selected is None or migration.id in selected

    return run_engine(history, load_dialect(history.dialect), plan._replace(selected=wanted), until)


def _is_selected(rule: Rule, settings: Settings) -> bool:
    return selects(settings, rule.name, rule.category, taste=rule.profile != "safety")


def _with_severity(rule: Rule, settings: Settings) -> Rule:
    for entry in settings.severity:
        if entry.rule == rule.name and entry.severity is not None:
            rule.severity = entry.severity
    return rule


def _policy(settings: Settings) -> Policy:
    return Policy(
        postgres_version=settings.postgres_version,
        lock_timeout=settings.lock_timeout,
        runner_sets_lock_timeout=settings.runner_sets_lock_timeout,
        hot_tables=frozenset(settings.hot_tables),
        small_tables=frozenset(settings.small_tables),
        down=settings.down,
    )


def _report(
    runs: list[Run],
    histories: tuple[History, ...],
    rules: tuple[Rule, ...],
    active: tuple[Rule, ...],
    plan: Plan,
    settings: Settings,
) -> Report:
    diagnostics: list[Diagnostic] = []
    left_out: list[NotAnalysed] = []
    for history, run in zip(histories, runs, strict=True):
        found = [d for d in run.diagnostics if not _is_overridden(d, settings)]
        directives = {
            source.path: parsed
            for source in run.sources
            if (parsed := parse_suppressions(source, require_reason=settings.require_reason))
        }
        applied = apply_suppressions(found, directives, {r.name for r in active})
        diagnostics += applied.diagnostics
        if directives:
            problems = _suppression_problems(run.sources, directives, applied.unused, rules)
            diagnostics += check_suppressions(problems, history, load_dialect(history.dialect), plan)
        left_out += run.not_analysed
        left_out += [NotAnalysed(p.path, p.line, p.end_line, p.reason) for p in history.problems]
        if history.dialect not in SUPPORTED:
            reason = f"the dialect {history.dialect} is not supported"
            left_out.append(NotAnalysed(history.root, 1, 1, reason))
    return Report(
        diagnostics=tuple(sorted(diagnostics, key=_order)),
        rules=tuple(_info(rule) for rule in active),
        not_analysed=tuple(sorted(left_out)),
        histories=len(histories),
        migrations=sum(len(history.migrations) for history in histories),
        statements=sum(len(run.steps) for run in runs),
        version=__version__,
    )


def _order(diagnostic: Diagnostic) -> tuple[str, int, int, str]:
    source = diagnostic.finding.source or diagnostic.source
    return (source.path, *diagnostic.finding.span, diagnostic.rule)


def _is_overridden(diagnostic: Diagnostic, settings: Settings) -> bool:
    if not settings.overrides:
        return False
    ignored = override_for(settings, diagnostic.source.path).ignore
    return diagnostic.rule in ignored or diagnostic.category in ignored


def _suppression_problems(
    sources: Iterable[Source],
    directives: dict[str, tuple[Directive, ...]],
    unused: Iterable[RuleProblem],
    rules: tuple[Rule, ...],
) -> list[tuple[Source, SuppressionProblem]]:
    by_path = {source.path: source for source in sources}
    known = {rule.name for rule in rules}
    found = [
        (by_path[path], SuppressionProblem("malformed", d.span, d.problem, d.hint))
        for path, written in directives.items()
        for d in written
        if d.problem
    ]
    found += [
        (by_path[p.path], SuppressionProblem("unknown", p.rule.span, p.rule.name, p.hint))
        for p in unknown_suppressions(directives, known)
    ]
    found += [
        (by_path[p.path], SuppressionProblem("unused", p.rule.span, p.rule.name, p.hint)) for p in unused
    ]
    return found


def _info(rule: Rule) -> RuleInfo:
    return RuleInfo(
        name=rule.name,
        category=rule.category,
        summary=rule.summary,
        help=rule.documentation,
        severity=rule.severity,
        confidence=rule.confidence,
    )


def _write(report: Report, arguments: argparse.Namespace) -> None:
    formats = arguments.output_format or ["text"]
    files = arguments.output_file or []
    if len(files) > len(formats):
        raise UsageError("more --output-file than --output-format", "give each file its format")
    # The formats with a file come first, in order; what is left goes to standard output.
    for form, path in zip(formats, files, strict=False):
        text = render(form, report, RenderOptions())
        try:
            with open(path, "w", encoding="utf-8", newline="\n") as stream:
                stream.write(text)
        except OSError as error:
            raise UsageError(f"{path}: {error.strerror}") from None
    for form in formats[len(files) :]:
        _print(render(form, report, RenderOptions(color=_color(arguments.color))))


def _print(text: str) -> None:
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    sys.stdout.write(text)


def _color(choice: str) -> bool:
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or sys.stdout.isatty()


class _Progress:
    """A line on a terminal's standard error, once a run takes longer than a second."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.done = 0
        self.started = time.monotonic()
        self.shown = False
        self.visible = sys.stderr.isatty()

    def at(self, number: int) -> None:
        self.done += 1
        if self.visible and self.done % 20 == 0 and time.monotonic() - self.started > PROGRESS_AFTER_SECONDS:
            self.shown = True
            print(f"\r{self.done} of {self.total} migrations", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        if self.shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


# --- the listing commands ----------------------------------------------------------------------------


def _plan(arguments: argparse.Namespace) -> int:
    from miglint.show import plan as show

    runs = _simulated(arguments)
    pairs = [(run.history, _selected_steps(run)) for run in runs]
    _print(show.as_json(pairs) if arguments.output_format == "json" else show.as_text(pairs))
    return EXIT_CLEAN


def _selected_steps(run: Run) -> tuple[Step, ...]:
    selected = run.history.selected
    return tuple(s for s in run.steps if selected is None or s.migration in selected)


def _schema(arguments: argparse.Namespace) -> int:
    from miglint.show import schema as show

    runs = _simulated(arguments, until=arguments.after)
    if len(runs) > 1:
        roots = ", ".join(run.history.root for run in runs)
        raise UsageError(f"{len(runs)} histories found: {roots}", "name one of them")
    schema = runs[0].schema
    _print(show.as_json(schema) if arguments.output_format == "json" else show.as_text(schema))
    return EXIT_CLEAN


def _simulated(arguments: argparse.Namespace, until: str | None = None) -> list[Run]:
    settings = _settings(arguments)
    plan = Plan(
        policy=_policy(settings),
        time_zone=settings.time_zone,
        seconds_per_file=settings.max_file_seconds,
    )
    histories = _histories(arguments, settings)
    known = {m.id for h in histories for m in h.migrations}
    if until is not None and until not in known:
        raise UsageError(f"no migration is called {until!r}", did_you_mean(until, tuple(known)))
    return [_run(history, plan, until) for history in histories if history.dialect in SUPPORTED]


def _rules(arguments: argparse.Namespace) -> int:
    from miglint.show import rules as show

    rules = load_rules()
    _print(show.list_json(rules) if arguments.output_format == "json" else show.list_text(rules))
    return EXIT_CLEAN


def _explain(arguments: argparse.Namespace) -> int:
    from miglint.errors import UnknownRule
    from miglint.show import rules as show

    rules = {rule.name: rule for rule in load_rules()}
    if arguments.rule not in rules:
        raise UnknownRule(arguments.rule, tuple(rules), "explain")
    _print(show.page(rules[arguments.rule]))
    return EXIT_CLEAN


def _tools(arguments: argparse.Namespace) -> int:
    from miglint.show import tools as show

    histories = _histories(arguments, _settings(arguments))
    _print(show.as_json(histories) if arguments.output_format == "json" else show.as_text(histories))
    return EXIT_CLEAN


# --- input -------------------------------------------------------------------------------------------


def _settings(arguments: argparse.Namespace) -> Settings:
    settings = load(file=arguments.config)
    return override(
        settings,
        select=_names(getattr(arguments, "select", None)),
        ignore=_names(getattr(arguments, "ignore", None)),
        fail_on=getattr(arguments, "fail_on", None),
        postgres_version=arguments.postgres_version,
    )


def _names(values: list[str] | None) -> list[str] | None:
    if values is None:
        return None
    return [name.strip() for value in values for name in value.split(",") if name.strip()]


def _histories(arguments: argparse.Namespace, settings: Settings) -> tuple[History, ...]:
    paths: list[str] = list(arguments.paths) or list(settings.paths)
    if STANDARD_INPUT in paths:
        if len(paths) > 1:
            raise UsageError("standard input (-) cannot be mixed with paths")
        histories: tuple[History, ...] = (history_of_text(sys.stdin.buffer.read(), arguments.stdin_filename),)
    else:
        histories = find_histories(paths)
    histories = tuple(_configured(history, settings) for history in histories)
    if not any(history.migrations or history.problems for history in histories):
        raise NoMigrations(", ".join(paths), "name a folder of migrations, or a .sql file")
    return histories


def _configured(history: History, settings: Settings) -> History:
    """Leave out what the configuration excludes, and set the transactions that it gives."""
    if not settings.exclude and not settings.overrides:
        return history
    kept = []
    for migration in history.migrations:
        script = migration.up or migration.down
        if script is not None and excluded(settings, script.source.path):
            continue
        mode = override_for(settings, script.source.path).transaction if script is not None else None
        up = migration.up
        if mode is not None and up is not None:
            up = up._replace(mode=mode, mode_reason="the configuration says so")
        kept.append(migration._replace(up=up))
    return history._replace(migrations=tuple(kept))


# --- the command line --------------------------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="miglint",
        description="Lints database migrations: replays the history, models what the server does, "
        "and says what would hurt in production.",
    )
    parser.add_argument("--version", action="version", version=f"miglint {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    check = _command(commands, "check", "find what would hurt in production", _check)
    _add_input(check)
    check.add_argument("--select", action="append", metavar="RULE", help="run these rules or categories only")
    check.add_argument(
        "--ignore", action="append", metavar="RULE", help="do not run these rules or categories"
    )
    check.add_argument(
        "--fail-on",
        choices=[str(severity) for severity in Severity],
        help="the lowest severity that makes the exit code 1 (default: warning)",
    )
    check.add_argument(
        "--output-format",
        action="append",
        choices=FORMATS,
        help="how findings are written; may be given several times (default: text)",
    )
    check.add_argument(
        "--output-file",
        action="append",
        metavar="FILE",
        help="where to write; the first file gets the first format, and so on",
    )
    check.add_argument("--color", choices=["auto", "always", "never"], default="auto", help="colour of text")

    plan = _command(commands, "plan", "show what the server does for each statement", _plan)
    _add_input(plan)
    _add_format(plan)

    schema = _command(commands, "schema", "print the schema after the migrations", _schema)
    _add_input(schema)
    schema.add_argument("--after", metavar="MIGRATION", help="stop after this migration")
    _add_format(schema)

    tools = _command(commands, "tools", "list the histories found, and why", _tools)
    _add_input(tools)
    _add_format(tools)

    rules = _command(commands, "rules", "list the rules", _rules)
    _add_format(rules)

    explain = _command(commands, "explain", "explain a rule, with examples", _explain)
    explain.add_argument("rule", metavar="RULE", help="the name of a rule")
    return parser


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    summary: str,
    function: Callable[[argparse.Namespace], int],
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
    parser.set_defaults(command=function)
    return parser


def _add_input(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        help="a repository, a folder of migrations, a .sql file, or - for standard input "
        "(default: the configured paths, else the working directory)",
    )
    parser.add_argument(
        "--stdin-filename", default="stdin.sql", metavar="NAME", help="the path to report for standard input"
    )
    parser.add_argument("--config", metavar="FILE", help="the configuration file to read")
    parser.add_argument(
        "--postgres-version",
        type=int,
        metavar="MAJOR",
        help="the oldest server that runs the migrations, 12 to 18 (default: 14)",
    )


def _add_format(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--output-format", choices=["text", "json"], default="text", help="text for people, json for programs"
    )
