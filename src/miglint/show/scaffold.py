"""`miglint scaffold`: a drafted row of migrations, for people and as JSON."""

from collections.abc import Iterator, Sequence
from typing import Any

from miglint.scaffold import Drafted, Row
from miglint.scaffold.files import Placed
from miglint.text.paint import BOLD, CYAN, DIM, Painter, painter
from miglint.text.visible import to_json, visible
from miglint.tools import FileText

VERSION = 1


def as_json(row: Row, placed: Placed) -> str:
    """Give the documented JSON of a row."""
    files = placed.files or ((),) * len(row.drafted)
    return to_json(
        {
            "version": VERSION,
            "migration": row.place.migration,
            "path": row.path,
            "strategies": [
                {"line": line, "name": each.name, "why": each.why, "deploys": each.deploys}
                for line, each in row.strategies
            ],
            "not_drafted": [each._asdict() for each in row.not_done],
            "migrations": [
                {**_migration(each), "files": [file._asdict() for file in own]}
                for each, own in zip(row.drafted, files, strict=True)
            ],
            "no_place": placed.reason,
            "problems": list(row.problems),
            "left": list(row.left),
        }
    )


def _migration(each: Drafted) -> dict[str, Any]:
    return {
        "name": each.name,
        "kind": each.stage.kind,
        "title": each.title,
        "deploy_before": each.stage.deploy,
        "outside_transaction": each.stage.outside,
        "by_hand": each.by_hand,
        "up": each.up,
        "down": each.down,
        "locks": list(each.waits),
        "loss": each.stage.loss,
    }


def as_text(row: Row, placed: Placed, *, color: bool = False) -> str:
    """Give a row for people: the strategies, the files of each migration, and what is not sure."""
    paint = painter(color)
    lines = list(_head(row, paint))
    if placed.reason:
        lines += [f"The files are yours to lay out: {visible(placed.reason)}", ""]
    files = placed.files or ((),) * len(row.drafted)
    for number, (each, own) in enumerate(zip(row.drafted, files, strict=True), 1):
        lines += _by_hand(number, each, paint)
        lines += _files(number, own, paint) if placed.files else _paragraphs(number, each, paint)
    if row.problems:
        lines.append("The trial has found what a person must look at:")
        lines += [f"  {visible(problem)}" for problem in row.problems]
        if row.strategies[1:]:
            lines.append("Its statements may do better one at a time: name the migration with a line.")
        lines.append("")
    return "\n".join(lines).rstrip("\n") + "\n"


def _head(row: Row, paint: Painter) -> Iterator[str]:
    yield paint(BOLD, visible(row.path))
    for line, strategy in row.strategies:
        yield f"  line {line}: {visible(strategy.name)}: {visible(strategy.why)}"
    for each in row.not_done:
        yield f"  line {each.line}: {visible(each.name)}: nothing is drafted, because {visible(each.reason)}"
    if not row.strategies and not row.not_done:
        yield "  nothing here needs several migrations: its tables are new or small, or it is quick"
    yield ""
    if row.drafted:
        deploys = len({each.stage.deploy for each in row.drafted if each.stage.deploy})
        what = f"line {row.place.line} of it" if row.place.line else "it"
        files, times = _count(len(row.drafted), "migration"), _count(deploys, "deploy")
        yield f"In place of {what}: {files}, with {times} of the application in between."
        yield (
            "Its other statements stay."
            if row.left
            else f"Delete {visible(row.path)}, which must not be applied."
        )
        yield ""


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _by_hand(number: int, each: Drafted, paint: Painter) -> Iterator[str]:
    if each.by_hand:
        yield paint(CYAN, f"[{number}] by hand with psql, in no transaction")
        yield from (visible(line) for line in each.by_hand.splitlines())
        yield ""


def _files(number: int, files: Sequence[FileText], paint: Painter) -> Iterator[str]:
    for file in files:
        yield paint(CYAN, f"[{number}] {visible(file.path)}")
        yield from (visible(line) for line in file.text.splitlines())
        yield from ([visible(file.note)] if file.note else [])
        yield ""


def _paragraphs(number: int, each: Drafted, paint: Painter) -> Iterator[str]:
    where = ", outside a transaction" if each.stage.outside and not each.by_hand else ""
    if each.up:
        yield paint(CYAN, f"[{number}] {visible(each.name)}{where}")
        yield from (visible(line) for line in each.up.splitlines())
        yield ""
    if each.down:
        yield paint(DIM, f"[{number}] {visible(each.name)}, the way back")
        yield from (visible(line) for line in each.down.splitlines())
        yield ""
