"""The example runner, public: a rule package tests its rules with it as miglint tests its own.

>>> from miglint.testing import expected, found
>>> assert found(rule, example) == expected(example)
"""

import re
import textwrap
from typing import NamedTuple

from miglint.dialects import load
from miglint.engine import Plan, Run, check_suppressions, run
from miglint.model import (
    Advice,
    Direction,
    Finding,
    History,
    Migration,
    Script,
    Source,
    Span,
    TransactionMode,
)
from miglint.rule import Bad, Example, Policy, Rule, SuppressionProblem
from miglint.suppress import apply, parse, unknown

__all__ = ["Report", "apply_fixes", "clean_sql", "expected", "found", "lint"]

_EXPECTATION = re.compile(r"--\s*expect:\s*([\w-]+(?:\s*,\s*[\w-]+)*)")
_SEPARATOR = re.compile(r"^--\s*migration\b.*$", re.MULTILINE)


class Report(NamedTuple):
    """A finding in an example: the 1-based line of the example's SQL, the rule, the finding itself."""

    line: int
    rule: str
    finding: Finding


def clean_sql(example: Example) -> str:
    """Give the example's SQL as it is linted."""
    return textwrap.dedent(example.sql).strip() + "\n"


def expected(example: Example) -> set[tuple[int, str]]:
    """Give what the `-- expect:` comments of an example ask for, as (line, rule)."""
    marks = set()
    for number, line in enumerate(clean_sql(example).splitlines(), 1):
        match = _EXPECTATION.search(line)
        if match:
            marks |= {(number, name.strip()) for name in match.group(1).split(",")}
    return marks


def found(rules: "Rule | tuple[Rule, ...]", example: Example) -> set[tuple[int, str]]:
    """Give what the rules report on an example, as (line, rule).

    A rule about suppressions is run with all others: they make the findings that a comment hides.
    """
    chosen = (rules,) if isinstance(rules, Rule) else rules
    names = {rule.name for rule in chosen}
    if any(kind is SuppressionProblem for rule in chosen for kind, _ in rule.checks):
        chosen = tuple({rule.name: rule for rule in (*_all_rules(), *chosen)}.values())
    return {(report.line, report.rule) for report in lint(chosen, example) if report.rule in names}


def lint(rules: tuple[Rule, ...], example: Example, sql: str | None = None) -> list[Report]:
    """Lint an example, or another text in its place; suppressions in it hold."""
    source = Source("example.sql", sql if sql is not None else clean_sql(example))
    history = _history(example, source)
    dialect = load("postgres")
    plan = Plan(rules=rules, policy=Policy(**dict(example.settings)))
    result: Run = run(history, dialect, plan)
    if result.crashes:
        raise result.crashes[0] from result.crashes[0].cause
    directives = {s.path: parsed for s in result.sources if (parsed := parse(s))}
    applied = apply(result.diagnostics, directives, {rule.name for rule in rules})
    problems = [
        (source, SuppressionProblem("malformed", d.span, d.problem, d.hint))
        for written in directives.values()
        for d in written
        if d.problem
    ]
    problems += [
        (source, SuppressionProblem(kind, p.rule.span, p.rule.name, p.hint))
        for kind, names in (
            ("unused", applied.unused),
            ("unknown", unknown(directives, _known_names(rules))),
        )
        for p in names
    ]
    shown = [d for d in applied.diagnostics if d.suppressed is None]
    shown += check_suppressions(problems, history, dialect, plan)
    return [
        Report(source.position(d.finding.span.start).line, d.rule, d.finding)
        for d in shown
        if (d.finding.source or d.source) is source
    ]


def _known_names(rules: tuple[Rule, ...]) -> set[str]:
    return {rule.name for rule in (*rules, *_all_rules())}


def _all_rules() -> tuple[Rule, ...]:
    from miglint.registry import load_rules

    return load_rules()


def apply_fixes(rule: Rule, example: Bad) -> str:
    """Give the example's SQL after the fixes of the rule's findings, expectations removed."""
    text = clean_sql(example)
    edits = [
        edit
        for report in lint((rule,), example)
        if report.finding.fix is not None
        for edit in report.finding.fix.edits
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
        down = Source("example.down.sql", example.down)
        script = Script(
            source=down, span=Span(0, len(down.text)), direction=Direction.DOWN, mode=example.mode
        )
        migrations[-1] = migrations[-1]._replace(down=script)
    return History(
        tool="example",
        root=".",
        dialect="postgres",
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
