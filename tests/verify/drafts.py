"""Every migration of a history, undone on a server by what miglint drafts for it.

    python -m tests.verify.drafts FOLDER [FOLDER ...] [--server 16] [--show N] [--only ID] [--json FILE]

For each: up, rows in every table, the draft, and the whole catalog compared with that before the up.
"""

import argparse
import json
import sys
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from miglint.dialects import SUPPORTED, load
from miglint.dialects.dialect import Dialect
from miglint.model import Direction, History, Script, Source, Span, TransactionMode
from miglint.rollback.draft import Draft, draft, text_of
from miglint.simulate import Machine, Ran, Start, Trace, migrations, run
from miglint.tools import find_histories
from miglint.verify.course import scratch
from miglint.verify.scratch import Scratch, Tried
from miglint.verify.sending import statements
from miglint.verify.server import MAJORS, running_server

VERDICTS = (
    "up not replayed", "nothing to undo", "restored", "restored, but a gap said so", "not restored, as said",
    "different, not said", "fails, not said", "fails on rows, not said",
)  # fmt: skip
_GOOD = ("nothing to undo", "restored", "restored, but a gap said so")
_SILENT = ("different, not said", "fails, not said", "fails on rows, not said")


class Undone(NamedTuple):
    """A migration and its draft: what the server shows, and what the draft says of itself."""

    history: str
    migration: str
    verdict: str
    draft: str
    gaps: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


def undone(folder: str, major: int, only: str = "") -> Iterator[Undone]:
    """Draft the way back of each migration of a folder, and take it."""
    for history in find_histories([folder]):
        if history.dialect not in SUPPORTED or history.dialect == "sqlite":
            continue
        with running_server(major, {"timezone": "UTC"}) as server, scratch(server) as database:
            yield from _of_history(folder, history, database, major, only)


def _of_history(folder: str, history: History, database: Scratch, major: int, only: str) -> Iterator[Undone]:
    dialect = load(history.dialect).begun_in(history.home)
    machine = Machine(dialect, (major,), said_by="--server")
    for ran in migrations(history, machine):
        up = statements(ran.up)
        if ran.up is not None and up and (not only or only in ran.migration.id):
            made = draft(ran.up, ran.start.schema, dialect, version=(major,))
            sql = text_of(made.steps, dialect.write)
            back = _trace(sql, ran, dialect, machine)
            yield _judged(folder, ran, made, sql, database.attempt(up, statements(back)))
        database.advance(up)


def _trace(sql: str, ran: Ran, _dialect: Dialect, machine: Machine) -> Trace:
    assert ran.up is not None
    mode = TransactionMode.PER_MIGRATION
    script = Script(Source(f"{ran.migration.id} draft", sql), Span(0, len(sql)), Direction.DOWN, mode)
    return run(script, Start(ran.up.schema, ran.up.session), machine)


def _judged(folder: str, ran: Ran, made: Draft, sql: str, tried: Tried) -> Undone:
    full, empty = tried.full, tried.empty
    gaps = tuple(f"{gap.kind}: {gap}" for gap in made.gaps)
    found = Undone(folder, ran.migration.id, "", sql, gaps, lost=full.lost)
    on_rows = full.ended == "down" and empty is not None and empty.came_back
    trip = empty if on_rows and empty is not None else full
    if trip.ended == "up":
        return found._replace(verdict="up not replayed", said=(str(trip.refusal),))
    told = any(gap.kind in ("schema", "note") for gap in made.gaps)
    if trip.ended == "down":
        about_rows = trip.refusal is not None and trip.refusal.is_about_rows
        told = told or (about_rows and any(gap.kind == "fill" for gap in made.gaps))
        verdict = "not restored, as said" if told else "fails, not said"
        return found._replace(verdict=verdict, said=(str(trip.refusal),))
    said = tuple(f"{name}: {trip.before.get(name)} -> {trip.after.get(name)}" for name in trip.changed)
    if said:
        verdict = "not restored, as said" if told else "different, not said"
    elif on_rows and not made.gaps:
        verdict, said = "fails on rows, not said", (str(full.refusal),)
    elif trip.before == trip.between:
        verdict = "nothing to undo"
    else:
        verdict = "restored, but a gap said so" if told else "restored"
    return found._replace(verdict=verdict, said=said)


def table(found: Sequence[Undone]) -> Iterator[str]:
    """Print how often the server says what."""
    counts = Counter(each.verdict for each in found)
    for verdict in VERDICTS:
        yield f"{verdict:28} {counts[verdict]:5}"
    replayed = [each for each in found if each.verdict != "up not replayed"]
    good = sum(each.verdict in _GOOD for each in replayed)
    silent = sum(each.verdict in _SILENT for each in replayed)
    if replayed:
        yield f"restored: {100 * good / len(replayed):.1f} % ({good} of {len(replayed)})"
        yield f"not restored, and the draft does not say so: {silent}"


def shown(each: Undone) -> Iterator[str]:
    """Print a draft that does not restore, or says so without need."""
    yield f"{each.verdict}: {each.history} {each.migration}"
    yield from (f"    server: {words[:400]}" for words in each.said[:6])
    yield from (f"    gap: {words[:300]}" for words in each.gaps[:6])


def main(argv: Sequence[str] | None = None) -> int:
    """Print what is not restored, then the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.verify.drafts", description=__doc__)
    parser.add_argument("folders", nargs="+", metavar="FOLDER")
    parser.add_argument("--server", type=int, default=16, choices=MAJORS)
    parser.add_argument("--show", type=int, default=1000, help="how many drafts to print per folder")
    parser.add_argument("--only", default="", help="only the migrations with this in their names")
    parser.add_argument("--sql", action="store_true", help="print the drafts, too")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to write every draft")
    options = parser.parse_args(argv)
    found: list[Undone] = []
    for folder in options.folders:
        own: list[Undone] = []
        try:
            own.extend(undone(folder, options.server, options.only))
        except Exception:  # noqa: BLE001 - one folder must not hide the others
            print(f"{folder}: broke off\n{traceback.format_exc()}", file=sys.stderr, flush=True)
        found += own
        quiet = ("restored", "nothing to undo", "up not replayed")
        for each in [each for each in own if options.only or each.verdict not in quiet][: options.show]:
            print("\n".join(shown(each)), flush=True)
            if options.sql:
                print(each.draft, flush=True)
        print(f"== {folder}: {len(own)}, {dict(Counter(each.verdict for each in own))}", flush=True)
        if options.json:
            options.json.write_text(json.dumps([each._asdict() for each in found]))
    print("\n".join(table(found)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
