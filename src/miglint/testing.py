"""The example runner, public: a rule package tests its rules with it as miglint tests its own.

>>> from miglint.testing import expected, found
>>> assert found(rule, example) == expected(example)
"""

import re
import textwrap
from collections.abc import Iterable
from typing import NamedTuple

from miglint.checks.checker import Plan
from miglint.dialects import MODELLED
from miglint.engine import run
from miglint.findings import Reporting, report
from miglint.model import (
    Advice,
    Confidence,
    Diagnostic,
    Direction,
    Finding,
    History,
    Migration,
    Script,
    Server,
    Severity,
    Source,
    Span,
    TransactionMode,
)
from miglint.model.change import Overlay
from miglint.rule import Bad, Example, Policy, Rule, SuppressionProblem
from miglint.simulate import since_base
from miglint.tools import histories_of_texts, history_before

__all__ = [
    "Report",
    "apply_fixes",
    "clean_files",
    "clean_sql",
    "expected",
    "found",
    "lint",
    "lint_histories",
    "policy_of",
]

BASELINE = "miglint-baseline.json"
_EXPECTATION = re.compile(r"--\s*expect:\s*([\w-]+(?:\s*,\s*[\w-]+)*)")
_SEPARATOR = re.compile(r"^--\s*migration\b.*$", re.MULTILINE)
_EXAMPLE = "example.sql"
_DOWN = "example.down.sql"


class Report(NamedTuple):
    """A finding in an example: the file, the 1-based line in it, and what a report would say."""

    path: str
    line: int
    rule: str
    finding: Finding
    severity: Severity
    confidence: Confidence

    @property
    def place(self) -> int | str:
        """What `expected` calls the place: a line of the SQL, or `path:line` in one of the files."""
        return self.line if self.path == _EXAMPLE else f"{self.path}:{self.line}"


def clean_sql(example: Example) -> str:
    """Give the example's SQL as it is linted."""
    return textwrap.dedent(example.sql).strip() + "\n"


def clean_files(example: Example) -> dict[str, str]:
    """Give the example's files as they are linted."""
    return {path: _EXPECTATION.sub("", _dedented(text)) for path, text in example.files.items()}


def _dedented(text: str) -> str:
    return textwrap.dedent(text.removeprefix("\n"))


def expected(example: Example) -> set[tuple[int | str, str]]:
    """Give what the `-- expect:` comments of an example ask for, as (line, rule) or (`path:line`, rule)."""
    marks: set[tuple[int | str, str]] = set()
    if not example.files:
        marks |= {(number, rule) for number, rule in _marks(clean_sql(example))}
        marks |= {(f"{_DOWN}:{number}", rule) for number, rule in _marks(_dedented(example.down or ""))}
    for path, text in example.files.items():
        marks |= {(f"{path}:{number}", rule) for number, rule in _marks(_dedented(text))}
    for place in example.expect if isinstance(example, Bad) else ():
        where, _, rule = place.partition(" ")
        marks.add((where, rule))
    return marks


def _marks(text: str) -> Iterable[tuple[int, str]]:
    for number, line in enumerate(text.splitlines(), 1):
        match = _EXPECTATION.search(line)
        if match:
            yield from ((number, name.strip()) for name in match.group(1).split(","))


def found(rules: "Rule | tuple[Rule, ...]", example: Example) -> set[tuple[int | str, str]]:
    """Give what the rules report on an example, as `expected` gives it.

    A rule about suppressions is run with all others: they make the findings that a comment hides.
    """
    chosen = (rules,) if isinstance(rules, Rule) else rules
    names = {rule.name for rule in chosen}
    if any(kind is SuppressionProblem for rule in chosen for kind, _ in rule.checks):
        chosen = tuple({rule.name: rule for rule in (*_all_rules(), *chosen)}.values())
    return {(seen.place, seen.rule) for seen in lint(chosen, example) if seen.rule in names}


def lint(rules: tuple[Rule, ...], example: Example, sql: str | None = None) -> list[Report]:
    """Lint an example, or another text in its place; suppressions in it hold."""
    plan = Plan(rules=rules, judges=_all_rules(), policy=policy_of(example), dialects=MODELLED)
    if example.files:
        known = clean_files(example).get(BASELINE)
        shown = lint_histories(_of_files(example), plan, Source(BASELINE, known) if known else None)
    else:
        source = Source(_EXAMPLE, sql if sql is not None else clean_sql(example))
        found = lint_histories([_history(example, source)], plan)
        shown = [d for d in found if (d.finding.source or d.source).path in (source.path, _DOWN)]
    reports = []
    for diagnostic in shown:
        place = diagnostic.finding.source or diagnostic.source
        line = place.position(diagnostic.finding.span.start).line
        reports.append(
            Report(
                place.path,
                line,
                diagnostic.rule,
                diagnostic.finding,
                diagnostic.severity,
                diagnostic.confidence,
            )
        )
    return reports


def policy_of(example: Example) -> Policy:
    """Give the policy that an example's settings make."""
    said = dict(example.settings)
    version = said.pop("postgres_version", None)
    servers = (Server("postgres", (version,), "the configuration"),) if version else ()
    return Policy(**said, servers=servers)


def lint_histories(
    histories: Iterable[History], plan: Plan, baseline: Source | None = None
) -> list[Diagnostic]:
    """Give the findings that a report would show."""
    runs = [run(history, plan) for history in histories]
    for crash in (crash for each in runs for crash in each.crashes):
        raise crash from crash.cause
    for diagnostic in (diagnostic for each in runs for diagnostic in each.diagnostics):
        if diagnostic.finding.message.endswith("."):
            raise AssertionError(f"a message is one line without a full stop: {diagnostic.finding.message!r}")
    rules = {rule.name: rule for rule in (*_all_rules(), *plan.rules)}
    return list(report(runs, plan, Reporting(tuple(rules.values()), baseline=baseline)).shown)


def _of_files(example: Example) -> list[History]:
    texts = {path: text.encode() for path, text in clean_files(example).items()}
    histories = list(histories_of_texts(texts))
    if example.before is None:
        return histories
    earlier = {path: _dedented(text).encode() for path, text in example.before.items()}
    before = Overlay(earlier, frozenset(texts.keys() - earlier.keys()))
    changed = []
    for history in histories:
        base = history_before(history, before, disk=False)
        with_base = history._replace(base=base)
        changed.append(with_base._replace(selected=since_base.added(with_base)))
    return changed


def _all_rules() -> tuple[Rule, ...]:
    from miglint.registry import load_rules

    return load_rules()


def apply_fixes(rule: Rule, example: Bad) -> str:
    """Give the example's SQL after the fixes of the rule's findings, expectations removed."""
    text = clean_sql(example)
    edits = [
        edit
        for seen in lint((rule,), example)
        if seen.finding.fix is not None
        for edit in seen.finding.fix.edits
    ]
    for edit in sorted(edits, reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return without_expectations(text)


def without_expectations(text: str) -> str:
    """Give SQL without its `-- expect:` comments."""
    lines = (_EXPECTATION.sub("", line).rstrip() for line in text.splitlines())
    return "\n".join(lines).strip() + "\n"


def _history(example: Example, source: Source) -> History:
    earlier = Source("history.sql", textwrap.dedent(example.history).strip() + "\n")
    migrations = [
        *_migrations(earlier, 0, TransactionMode.PER_STATEMENT if example.history else None),
        *_migrations(source, 1000, example.mode),
    ]
    if example.down is not None:
        down = Source(_DOWN, _EXPECTATION.sub("", _dedented(example.down)))
        script = Script(
            source=down, span=Span(0, len(down.text)), direction=Direction.DOWN, mode=example.mode
        )
        migrations[-1] = migrations[-1]._replace(down=script)
    return History(
        tool="example",
        root=".",
        dialect=example.dialect,
        migrations=tuple(migrations),
        advice=Advice(has_downs=example.has_downs),
    )


def _migrations(source: Source, first: int, mode: TransactionMode | None) -> list[Migration]:
    if mode is None:
        return []
    marks = [match.start() for match in _SEPARATOR.finditer(source.text)]
    starts = [0, *marks]
    ends = [*marks, len(source.text)]
    return [
        Migration(
            id=f"{first + number:04}",
            up=Script(source=source, span=Span(start, end), direction=Direction.UP, mode=mode),
        )
        for number, (start, end) in enumerate(zip(starts, ends, strict=True))
        if source.text[start:end].strip() or number
    ]
