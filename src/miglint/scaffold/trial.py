"""Drafted migrations on trial: they run in the simulation, up and back, and the rules are asked."""

import re
from collections.abc import Sequence
from typing import NamedTuple

from miglint.checks.checker import Plan
from miglint.engine import run as run_history
from miglint.findings import Reporting, report
from miglint.model import (
    Diagnostic,
    Direction,
    History,
    Migration,
    Schema,
    Script,
    Source,
    Span,
    TransactionMode,
)
from miglint.rollback.compare import compare
from miglint.scaffold.texts import Drafted
from miglint.scaffold.waits import waits_of
from miglint.simulate import Machine, Ran, migrations

_WORK = ("backfill", "locks", "rewrites")
_ROWS = "down-refused-by-rows"
_UNUSED = "unused-suppression"


class Answer(NamedTuple):
    """Rules that say of a statement of a way back what cannot be helped, and the line in which it begins."""

    line: int
    rules: tuple[str, ...]


class Tried(NamedTuple):
    """What came of drafted migrations.

    `problems` say in words where the row does not end in the wanted schema, does not lead back, or has
    findings; `rules` are those that found something. `waits` are what waits for each, `waits_back` what does
    for its way back, of which `answers` are what the rules say of its work. `needless` are the names in its
    comments that hide nothing.
    """

    problems: tuple[str, ...] = ()
    rules: frozenset[str] = frozenset()
    waits: tuple[tuple[str, ...], ...] = ()
    waits_back: tuple[tuple[str, ...], ...] = ()
    answers: tuple[tuple[Answer, ...], ...] = ()
    needless: tuple[tuple[Span, ...], ...] = ()


def migration_of(number: int, each: Drafted, mode: TransactionMode) -> Migration:
    """Give a drafted migration as the tool would read it."""
    id_ = f"{number:04}_{each.name}"
    by_tool = each.by_hand and each.up
    mode = TransactionMode.PER_STATEMENT if each.stage.outside and not by_tool else mode
    only_by_hand = "-- nothing to undo" if each.by_hand and not each.up else ""
    up, down = (f"{text}\n" if text else "" for text in (each.up or each.by_hand, each.down or only_by_hand))

    def script(text: str, direction: Direction) -> Script:
        source = Source(f"{id_}.{direction.value}.sql", text)
        return Script(source, Span(0, len(text)), direction, mode)

    return Migration(id_, script(up, Direction.UP), script(down, Direction.DOWN) if down else None)


def try_out(
    before: History,
    row: Sequence[Drafted],
    wanted: Schema,
    mode: TransactionMode,
    machine: Machine,
    plan: Plan,
    reporting: Reporting,
) -> Tried:
    """Run a row after the migrations that are there before it."""
    new = tuple(migration_of(number, each, mode) for number, each in enumerate(row, 1))
    ids = frozenset(migration.id for migration in new)
    history = before._replace(
        migrations=(*before.migrations, *new), selected=ids, base=None, declared=None, irregularities=()
    )
    ran = list(migrations(history, machine, downs=lambda migration: migration.id in ids))[-len(new) :]
    problems = [*_of_end(ran, wanted, machine), *_of_ways_back(ran, row, machine)]
    found = report([run_history(history, plan, conditions=machine.conditions)], plan, reporting)
    paths = {script.source.path for migration in new for script in migration.scripts}
    shown = [d for d in found.shown if d.source.path in paths]
    answers = tuple(_answers(shown, migration) for migration in new)
    answered = {id(d) for d in shown if _is_answered(d, new)}
    needless = tuple(
        tuple(d.finding.span for d in shown if d.rule == _UNUSED and migration.up and _is_in(d, migration.up))
        for migration in new
    )
    for diagnostic in shown:
        if id(diagnostic) in answered:
            continue
        place = diagnostic.finding.source or diagnostic.source
        line = place.position(diagnostic.finding.span.start).line
        problems.append(f"{place.path}:{line}: {diagnostic.rule}: {diagnostic.finding.message}")
    waits = tuple(
        waits_of(each.up.records if each.up else (), batches=drafted.stage.kind == "backfill")
        for each, drafted in zip(ran, row, strict=True)
    )
    back = tuple(waits_of(each.down.records if each.down else (), batches=False) for each in ran)
    return Tried(tuple(problems), frozenset(d.rule for d in shown), waits, back, answers, needless)


def _is_in(diagnostic: Diagnostic, script: Script) -> bool:
    return (diagnostic.finding.source or diagnostic.source).path == script.source.path


def _is_answered(diagnostic: Diagnostic, new: Sequence[Migration]) -> bool:
    """Whether a finding is about the work of a way back, or the rows in its way, which its head says."""
    downs = {migration.down.source.path for migration in new if migration.down is not None}
    return diagnostic.source.path in downs and (diagnostic.category in _WORK or diagnostic.rule == _ROWS)


def _answers(shown: Sequence[Diagnostic], migration: Migration) -> tuple[Answer, ...]:
    if migration.down is None:
        return ()
    source = migration.down.source
    found: dict[int, dict[str, None]] = {}
    for diagnostic in shown:
        if diagnostic.source.path == source.path and _is_answered(diagnostic, (migration,)):
            # What is found in a script as a whole has that for its statement.
            place = diagnostic.finding.span if diagnostic.rule == _ROWS else diagnostic.statement
            line = source.position(place.start).line
            found.setdefault(line, {})[diagnostic.rule] = None
    return tuple(Answer(line, tuple(rules)) for line, rules in found.items())


def _of_end(ran: Sequence[Ran], wanted: Schema, machine: Machine) -> list[str]:
    last = ran[-1].up
    if last is None:
        return []
    compared = compare(wanted, last.schema, machine.dialect.alike)
    known = set(wanted.doubts.values())
    left = [
        f"after the last migration {each}" for each in compared.differences if each.weight == "difference"
    ]
    return left + [
        f"it is not known whether the row makes {what} as it is wanted"
        for what in compared.unknown
        if what not in known
    ]


def _of_ways_back(ran: Sequence[Ran], row: Sequence[Drafted], machine: Machine) -> list[str]:
    problems = []
    for each, drafted in zip(ran, row, strict=True):
        if each.down is None or drafted.stage.loss:
            continue
        compared = compare(each.start.schema, each.down.schema, machine.dialect.alike)
        words = f"after the way back of {drafted.name}"
        problems += [f"{words} {each}" for each in compared.differences if each.weight == "difference"]
    return problems


def with_answers(text: str, answers: Sequence[Answer]) -> str:
    """Put comments before the statements of a way back of which rules say what cannot be helped."""
    lines = text.split("\n")
    for answer in sorted(answers, reverse=True):
        lines.insert(
            answer.line - 1, f"-- miglint: ignore[{', '.join(answer.rules)}] see the head of this file"
        )
    return "\n".join(lines)


def without_names(text: str, names: Sequence[Span]) -> str:
    """Take names out of the comments of a text, and the comments in which none is left."""
    for span in sorted(names, reverse=True):
        text = f"{text[: span.start]}{text[span.end :]}"
    text = re.sub(r"(ignore\[)(?:, )+|(?:, )+(?=\])", r"\1", text)
    return re.sub(r"-- miglint: ignore\[\][^\n]*\n", "", text)
