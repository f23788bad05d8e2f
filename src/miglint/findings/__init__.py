"""From runs to one Report: what comments and the baseline hide, one finding for one cause, in order.

The command line, the tests and every other client call `report`; none has a second way.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from miglint import DOCUMENTATION, REPOSITORY, __version__
from miglint.checks.checker import Plan, check_suppressions
from miglint.dialects import SUPPORTED, UNKNOWN
from miglint.dialects import load as load_dialect
from miglint.engine import Run, server_of
from miglint.errors import Crash
from miglint.findings import baseline
from miglint.findings.deployed import as_deployed
from miglint.findings.groups import together
from miglint.findings.omitted import omitted
from miglint.findings.suppressions import RuleProblem, apply, parse, problems
from miglint.model import Diagnostic, History, Report, RuleInfo, Server, Source
from miglint.registry import BUILT_IN
from miglint.rule import Rule
from miglint.text.sql import POSTGRES


class Reporting(NamedTuple):
    """How to report: `rules` are all that there are, run or not.

    `is_ignored`: the configuration does not want the finding. `baseline` is the file of known findings.
    `narrowed`: only a part of what the baseline knows was looked at.
    """

    rules: tuple[Rule, ...]
    is_ignored: Callable[[Diagnostic], bool] = lambda _diagnostic: False
    require_reason: bool = False
    baseline: Source | None = None
    narrowed: bool = False


def report(runs: Sequence[Run], plan: Plan, reporting: Reporting) -> Report:
    """Give what there is to say of runs by a plan; raises ConfigError if the baseline is none."""
    histories = [run.history for run in runs]
    found = [diagnostic for run in runs for diagnostic in _of_run(run, plan, reporting)]
    whole = all(history.selected is None for history in histories)
    if reporting.baseline is not None:
        # Of what was not looked at, it cannot be said that nothing is there any more.
        seen = all(h.dialect in SUPPORTED and not h.problems for h in histories)
        is_stale_told = seen and whole and not reporting.narrowed
        found = list(_without_known(found, reporting.baseline, plan, about_stale=is_stale_told))
    found = list(as_deployed(found, runs))
    return Report(
        diagnostics=together(sorted(found, key=_order(histories))),
        rules=tuple(map(_info, plan.rules)),
        not_analysed=omitted(histories, (place for run in runs for place in run.not_analysed)),
        histories=sum(history.dialect != UNKNOWN for history in histories),
        migrations=sum(len(history.migrations) for history in histories),
        in_scope=None if whole else sum(len(history.asked) for history in histories),
        statements=sum(len(run.steps) for run in runs),
        version=__version__,
        url=REPOSITORY,
    )


def crashes_of(run: Run) -> tuple[Crash, ...]:
    """Give what went wrong in miglint itself, in reading a history or in replaying and checking it."""
    reading = [Crash("reading", p.path, p.cause) for p in run.history.problems if p.cause is not None]
    return (*reading, *run.crashes)


def _of_run(run: Run, plan: Plan, reporting: Reporting) -> Iterator[Diagnostic]:
    """Give the findings of a history, the hidden ones marked, and those about comments that hide nothing."""
    # What was not run has no sources, and perhaps a database without a lexis.
    lexis = load_dialect(run.history.dialect).lexis if run.sources else POSTGRES
    directives = {
        source.path: parsed
        for source in run.sources
        if (parsed := parse(source, lexis, require_reason=reporting.require_reason))
    }
    applied = apply(run.diagnostics, directives, _names_of(plan.rules, reporting.rules), lexis)
    yield from (d for d in applied.diagnostics if not (d.told or reporting.is_ignored(d)))
    if directives:
        # Of a migration that is not asked for, what its suppressions hide was not looked for.
        some, every = _asked_paths(run.history)
        asked = {path: found for path, found in directives.items() if path in some}
        unused = [problem for problem in applied.unused if problem.path in every]
        unused = [problem for problem in unused if not _is_unasked(problem, run.history, plan)]
        known = {name for rule in reporting.rules for name in (rule.name, rule.category)}
        wrong = problems(run.sources, asked, unused, known)
        dialect = load_dialect(run.history.dialect)
        server = server_of(dialect, plan, run.history)
        yield from check_suppressions(wrong, run.history, plan, server, dialect.normalise)


def _names_of(active: Sequence[Rule], rules: Sequence[Rule]) -> set[str]:
    """Give the rules that run, and the categories of which every rule that is on by default runs."""
    running = {rule.name for rule in active}
    partly = {rule.category for rule in rules if rule.profile == "safety" and rule.name not in running}
    return running | ({rule.category for rule in rules} - partly)


def _asked_paths(history: History) -> tuple[set[str], set[str]]:
    """Give the files of which some migration is asked for, and those of which every one is."""
    asked: dict[str, set[bool]] = {}
    for migration in history.migrations:
        for script in migration.scripts:
            asked.setdefault(script.source.path, set()).add(history.asks_for(migration.id))
    some = {path for path, answers in asked.items() if True in answers}
    return some, {path for path in some if False not in asked[path]}


def _is_unasked(problem: RuleProblem, history: History, plan: Plan) -> bool:
    """Whether a rule that looks at ways up was not asked about the way back in which the comment stands.

    About ways back of a change it is asked, and the comment stays when the change is history.
    """
    asked = {rule.name for rule in plan.rules if "down" in rule.directions}
    if problem.rule.name in asked or (history.selected is not None and plan.policy.down != "off"):
        return False
    places = (m.down.source.place(m.down.span) for m in history.migrations if m.down is not None)
    at = problem.rule.span.start
    return any(file.path == problem.path and span.start <= at < span.end for file, span in places)


def _without_known(
    found: Sequence[Diagnostic], source: Source, plan: Plan, *, about_stale: bool
) -> Iterator[Diagnostic]:
    """Mark the findings of the baseline; add those about its stale entries."""
    applied = baseline.apply(found, source, baseline.parse(source), (rule.name for rule in plan.rules))
    yield from applied.diagnostics
    if about_stale:
        nowhere = History("", "", "", ())
        yield from check_suppressions(applied.stale, nowhere, plan, Server(""), lambda text: (text,))


def _order(histories: Sequence[History]) -> Callable[[Diagnostic], tuple[int, str, int, int, str]]:
    """Order findings as the migrations run, `2_a.sql` before `10_b.sql`; last what stands elsewhere."""
    places: dict[str, int] = {}
    for history in histories:
        for migration in history.migrations:
            for script in migration.scripts:
                places.setdefault(script.source.path, len(places))

    def key(diagnostic: Diagnostic) -> tuple[int, str, int, int, str]:
        source = diagnostic.finding.source or diagnostic.source
        at = places.get(source.path, len(places))
        return at, source.path, *diagnostic.finding.span, diagnostic.rule

    return key


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
