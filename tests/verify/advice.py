"""Follow miglint's advice on any folder: what it says to do instead must be accepted by itself.

`python -m tests.verify.advice FOLDER [FOLDER ...]` applies each fix in memory, and puts the SQL of each help
that stands for its statement in place, with the migrations that it asks for before and after. Then all is
checked again: the finding has to be gone, and no new warning or error may come. Nothing on the disk changes.
"""

import argparse
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from miglint.engine import Plan, run
from miglint.errors import MiglintError
from miglint.fix.trial import edited
from miglint.model import (
    Diagnostic,
    Edit,
    History,
    Migration,
    Script,
    Severity,
    Source,
    Span,
    TransactionMode,
)
from miglint.registry import load_rules
from miglint.testing import lint_histories
from miglint.text.placeholders import DOLLAR_BRACES, GO_TEMPLATE, filler
from miglint.tools import find_histories

_RULES = tuple(rule for rule in load_rules() if rule.category not in ("history", "rollback", "suppressions"))
# Their help says what to do beside the statement.
_BESIDE = ("missing-lock-timeout", "foreign-key-locks-parent", "blocking-refresh", "partition-creation-scan")
_FOLLOWED = ("locks", "rewrites", "backfill", "renamed-table")
_BY_HAND = r"-- by hand with psql, (?:before|after) the deploy\b.*"
_ELSEWHERE = r"(?:migration of its own|later migration|migration of a later release)"
_OUTSIDE = rf"-- (?:each )?in a {_ELSEWHERE}, outside a transaction\b.*"
_INSIDE = r"-- (?:and )?in (?:the|a later|a) migration\b.*|-- (?:and )?(?:then|only)\b.*:"
_STEP = re.compile(rf"^(?:{_BY_HAND}|{_OUTSIDE}|{_INSIDE})$", re.MULTILINE)
_GONE = r"(?:DROP (?:INDEX|CONSTRAINT)(?: IF EXISTS)?|RENAME CONSTRAINT|ALTER INDEX) ([\w.\"]+)"
_INSTEAD = ("in place of its", "CONSTRAINT of this one")
_VIEW = "keep the old name as a view, in the same transaction"
_FILL = filler(DOLLAR_BRACES, GO_TEMPLATE)


class Part(NamedTuple):
    """One step of a help: the line that says where it runs, "" for the first, and its SQL."""

    head: str
    sql: str

    @property
    def where(self) -> str:
        """Say where it runs: "inside" the transaction of a migration, "outside" one, or "by hand"."""
        outside = "outside" if ", outside a transaction" in self.head else "inside"
        return "by hand" if self.head.startswith("-- by hand") else outside

    @property
    def later(self) -> bool:
        """Whether it comes after the migration at hand."""
        return any(word in self.head for word in (" later ", "after the deploy", "only after it"))


class Outcome(NamedTuple):
    """What came of one advice: the rules that speak up now, with the advice; "" if it was not followed."""

    diagnostic: Diagnostic
    kind: str
    wrong: tuple[str, ...] = ()


def parts(help_text: str) -> list[Part]:
    """Cut a help into its steps."""
    marks = list(_STEP.finditer(help_text))
    starts = [0, *(mark.end() for mark in marks)]
    ends = [*(mark.start() for mark in marks), len(help_text)]
    heads = ["", *(mark.group() for mark in marks)]
    found = [Part(head, help_text[a:b]) for head, a, b in zip(heads, starts, ends, strict=True)]
    return [part for part in found if re.sub(r"--.*", "", part.sql).strip()]


def follow(history: History) -> Iterator[Outcome]:
    """Follow the advice of each finding about a statement of a history."""
    plan = Plan(rules=_RULES)
    found = [d for d in run(history, plan).diagnostics if d.direction == "up"]
    for number, migration in enumerate(history.migrations):
        advised = [d for d in found if d.migration == migration.id]
        before = [d for first in advised for d in (first, *first.more)]
        for diagnostic in advised:
            if migration.up is None or diagnostic.source is not migration.up.source:
                continue
            if fix := diagnostic.finding.fix:
                changed = migration._replace(up=edited(migration.up, fix.edits))
                yield _judge(history, number, [], changed, [], diagnostic, before, "fix")
            else:
                yield _follow_help(history, number, diagnostic, before)


def _follow_help(history: History, number: int, d: Diagnostic, before: Sequence[Diagnostic]) -> Outcome:
    migration = history.migrations[number]
    script = migration.up
    assert script is not None
    steps = parts(_FILL(d.finding.help))
    if not steps or not _stands_for_statement(d, script, steps):
        return Outcome(d, "")
    end = script.source.sql.find(";", d.statement.end - 1) + 1 or d.statement.end
    place, sql = Span(d.statement.start, end), ""
    if d.finding.help.startswith(f"{_VIEW},"):
        place, sql = Span(script.span.end, script.span.end), "\n"
    edits: list[Edit] = []
    early: list[Migration] = []
    late: list[Migration] = []
    for count, step in enumerate(steps):
        if step.where == "inside" and not step.later and " of its own" not in step.head:
            sql += step.sql.partition(":\n")[2] if step.sql.startswith(_VIEW) else step.sql
        else:
            mode = script.mode if step.where == "inside" else TransactionMode.PER_STATEMENT
            source = Source(f"{script.source.path} ({step.where} {count})", step.sql)
            made = Script(source, Span(0, len(step.sql)), script.direction, mode)
            (late if step.later or late else early).append(Migration(f"{step.where} {count}", made))
        if any(word in step.head for word in (*_INSTEAD, "only after it", "together with what")):
            edits += _moved(script, step, place)
    edits += _added_before(script, sql, place)
    for count, found in enumerate(_likewise(script, d.finding.help)):
        edits.append(Edit(*found, ""))
        source = Source(f"{script.source.path} (likewise {count})", f"{script.source.sql[slice(*found)]};")
        made = Script(source, Span(0, len(source.sql)), script.direction, TransactionMode.PER_STATEMENT)
        late.append(Migration(f"likewise {count}", made))
    changed = migration._replace(up=edited(script, sorted({*edits, Edit(*place, sql)})))
    return _judge(history, number, early, changed, late, d, before, "help")


def _stands_for_statement(d: Diagnostic, script: Script, steps: Sequence[Part]) -> bool:
    if d.rule in _BESIDE or (d.category not in _FOLLOWED and d.rule not in _FOLLOWED):
        return False
    if any("..." in step.sql for step in steps) or not script.source.path.endswith(".sql"):
        return False
    whole = script.source.sql[slice(*d.statement)].rstrip(" ;\n")
    action = Span(d.finding.span.start - d.statement.start, d.finding.span.end - d.statement.start)
    one = "," not in whole[: action.start] + whole[action.end :]
    first = d.finding.help[:2]
    marked = first == "--" or d.finding.help[:1].isupper() or d.finding.help.startswith(_VIEW)
    return marked and one and not re.match(r"DO\b", whole, re.IGNORECASE)


def _moved(script: Script, step: Part, place: Span) -> Iterator[Edit]:
    """Give what takes the statements out that a step puts elsewhere."""
    text = script.source.sql
    if not any(word in step.head for word in _INSTEAD):
        moved = re.sub(r"^--.*\n?|  -- miglint: .*", "", step.sql, flags=re.MULTILINE)
        for statement in filter(None, (s.strip() for s in moved.split(";\n"))):
            at = text.find(statement.removesuffix(";"), place.end)
            if at >= 0:
                yield Edit(at, at + len(statement.removesuffix(";")), "")
        return
    for name in re.findall(_GONE, step.sql):
        drop = rf"[^;]*\bDROP\s+(?:INDEX|CONSTRAINT)\b[^;,]*{re.escape(name)}[^;,]*;"
        start = text.rfind(";", 0, max(text.rfind(name, 0, place.start), 0)) + 1
        if found := re.compile(drop, re.IGNORECASE).match(text, start):
            yield Edit(*found.span(), "")


def _added_before(script: Script, advised: str, place: Span) -> Iterator[Edit]:
    """Give what takes out the ADD COLUMN that stands earlier in the file than the one that is advised."""
    before = script.source.sql[: place.start]
    for table, column in re.findall(r"^ALTER TABLE (\S+) ADD COLUMN (\S+)", advised, re.MULTILINE):
        names = rf'[^;]*{re.escape(table.strip(chr(34)))}"?\s+ADD\s+(?:COLUMN\s+)?(?:IF NOT EXISTS\s+)?'
        found = re.search(
            rf'\bALTER\s+TABLE\b{names}"?{re.escape(column.strip(chr(34)))}\b[^;]*;', before, re.IGNORECASE
        )
        if found:
            yield Edit(*found.span(), "")
        update = re.search(
            rf'\bUPDATE\b[^;]*{re.escape(table)}\s+SET\s+"?{column}\b[^;]*;', before, re.IGNORECASE
        )
        if update and "no UPDATE is needed" in advised:
            yield Edit(*update.span(), "")


def _likewise(script: Script, advised: str) -> Iterator[Span]:
    """Give the other statements that a help names by their lines."""
    line = re.search(r"^-- and likewise the .*", advised, re.MULTILINE)
    for number in re.findall(r"in line (\d+)", line.group() if line else ""):
        text = script.source.sql
        start = sum(map(len, text.splitlines(keepends=True)[: int(number) - 1]))
        yield Span(start, max(text.find(";", start), start))


def _judge(
    history: History, number: int, early: list[Migration], changed: Migration, late: list[Migration],
    diagnostic: Diagnostic, before: Sequence[Diagnostic], kind: str,
) -> Outcome:  # fmt: skip
    added = [*early, changed, *late]
    seen = {migration.id for migration in added if not migration.id.startswith("by hand")}
    migrations = (*history.migrations[:number], *added)
    advice = history.advice
    if advice.let_go and advice.let_go in diagnostic.finding.help:
        advice = advice._replace(holds_transaction="")
    tried = history._replace(
        migrations=migrations, advice=advice, declared=None, irregularities=(), selected=frozenset(seen)
    )
    found = lint_histories([tried], Plan(rules=_RULES, fixes=False))
    after = [d for first in found for d in (first, *first.more) if d.severity >= Severity.WARNING]
    counted = Counter(d.rule for d in before if d.severity >= Severity.WARNING)
    now = Counter(d.rule for d in after if d.direction == "up")
    # The comment that the help puts beside a statement is no part of the edited file.
    now.subtract(re.findall(r"miglint: ignore\[([\w-]+)\] (?:done|no code)", diagnostic.finding.help))
    wrong = [f"new {rule}" for rule in sorted(now) if now[rule] > counted[rule]]
    if diagnostic.severity >= Severity.WARNING and now[diagnostic.rule] >= counted[diagnostic.rule]:
        wrong.append(f"{diagnostic.rule} stays")
    return Outcome(diagnostic, kind, tuple(wrong))


def main(argv: Iterable[str] | None = None) -> int:
    """Print how many advices were followed, by rule, and those that miglint does not accept."""
    parser = argparse.ArgumentParser(prog="python -m tests.verify.advice", description=__doc__)
    parser.add_argument("folders", nargs="+", metavar="FOLDER")
    parser.add_argument("--show", type=int, default=3, help="how many failures to print of each rule")
    options = parser.parse_args(None if argv is None else list(argv))
    counts: dict[str, Counter[str]] = {}
    for folder in options.folders:
        try:
            histories = find_histories([folder], required=False)
        except MiglintError as error:
            print(f"{folder}: {error}", file=sys.stderr)
            continue
        for outcome in (o for h in histories if h.dialect == "postgres" for o in follow(h)):
            d, count = outcome.diagnostic, counts.setdefault(outcome.diagnostic.rule, Counter())
            count[outcome.kind or "left to people"] += 1
            count["failed"] += bool(outcome.wrong)
            if outcome.wrong and count["failed"] <= options.show:
                line = d.source.position(d.statement.start).line
                advice = d.finding.help if outcome.kind == "help" else "the fix"
                print(f"{d.source.path}:{line}: {d.rule}: {', '.join(outcome.wrong)}\n{advice}\n")
    for rule, count in sorted(counts.items()):
        print(f"{rule:36}", ", ".join(f"{what} {count[what]}" for what in sorted(count) if count[what]))
    return int(any(count["failed"] for count in counts.values()))


if __name__ == "__main__":
    sys.exit(main())
