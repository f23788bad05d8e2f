"""`miglint verify`: what came back, what did not, and what was not run."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from miglint.model import History, NotAnalysed
from miglint.report import DEFAULTS, RenderOptions
from miglint.text.paint import BOLD, DIM, SEVERITIES, painter
from miglint.text.visible import to_json, visible
from miglint.verify.course import Passed, Verified

VERSION = 1


class Course(NamedTuple):
    """What was done with one history on a server of a major version."""

    history: History
    major: int
    steps: tuple[Verified | Passed, ...]

    @property
    def verified(self) -> tuple[Verified, ...]:
        """The chosen migrations."""
        return tuple(step for step in self.steps if isinstance(step, Verified))

    @property
    def not_run(self) -> tuple[NotAnalysed, ...]:
        """What was left out, also of migrations before the chosen ones."""
        return tuple(dict.fromkeys(place for step in self.steps for place in step.not_run))


def outcome(step: Verified) -> str:
    """Say in two or three words what came of a migration."""
    if step.tried is None:
        return "not run"
    full, empty = step.tried.full, step.tried.empty
    if full.ended == "up":
        return "failed on rows" if empty is not None and empty.ended != "up" else "failed"
    if not step.has_way_back:
        return "without a way back"
    if full.ended == "down":
        only_empty = empty is not None and empty.came_back
        return "came back on empty tables only" if only_empty else "failed on the way back"
    if full.ended == "up again" or full.changed or full.changed_again:
        return "came back as another"
    return "came back with losses" if full.lost else "came back"


def as_json(courses: Sequence[Course]) -> str:
    """Give the documented JSON."""
    rows = [
        {
            "tool": course.history.tool,
            "folder": course.history.root,
            "server": course.major,
            "migrations": [_row(step) for step in course.verified],
            "not_run": [place._asdict() for place in course.not_run],
        }
        for course in courses
    ]
    return to_json({"version": VERSION, "histories": rows})


def _row(step: Verified) -> dict[str, Any]:
    return {
        "migration": step.migration.id,
        "outcome": outcome(step),
        "findings": [
            {
                "severity": str(found.severity),
                "path": found.path,
                "line": found.line,
                "message": found.message,
                "details": list(found.details),
            }
            for found in step.found
        ],
        "done_for_it": list(step.tried.notes) if step.tried else [],
    }


def as_text(courses: Sequence[Course], options: RenderOptions = DEFAULTS) -> str:
    """Give the findings, what had to be done, what was not run, and a count."""
    return "".join(f"{line}\n" for course in courses for line in _lines(course, options))


def _lines(course: Course, options: RenderOptions) -> Iterator[str]:
    paint = painter(options.color)
    for step in course.verified:
        for found in step.found:
            level = paint(SEVERITIES[found.severity], str(found.severity))
            yield f"{visible(f'{found.path}:{found.line}')}: {level}: {visible(found.message)}"
            yield from (f"  {visible(detail)}" for detail in found.details)
    notes = [(step.migration.id, note) for step in course.verified if step.tried for note in step.tried.notes]
    if notes:
        yield paint(BOLD, "done so that it runs:")
        yield from (f"  {visible(f'{migration}: {note}')}" for migration, note in dict.fromkeys(notes))
    if course.not_run:
        yield paint(BOLD, "not run:")
        yield from (f"  {visible(f'{at.path}:{at.line}: {at.reason}')}" for at in course.not_run)
    counts: dict[str, int] = {}
    for step in course.verified:
        counts[outcome(step)] = counts.get(outcome(step), 0) + 1
    total = len(course.verified)
    said = ", ".join(f"{count} {word}" for word, count in counts.items()) or "nothing chosen"
    before = sum(isinstance(step, Passed) for step in course.steps)
    after = f" after {before} before {'it' if total == 1 else 'them'}" if before else ""
    yield paint(
        BOLD,
        visible(
            f"{course.history.root}: {total} migration{'' if total == 1 else 's'}{after} on PostgreSQL"
            f" {course.major}, with rows in every table and without: {said}"
        ),
    )
    if any(found for step in course.verified for found in step.found):
        yield paint(DIM, "rows are made up: what fails on them may not fail on yours")
