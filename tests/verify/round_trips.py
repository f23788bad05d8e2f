"""Every migration with a way back of a history, there and back on a server, beside what miglint says of it.

    python -m tests.verify.round_trips FOLDER [FOLDER ...] [--server 16] [--show N] [--json FILE] [--only ID]

For each pair: up, rows in every table, down, the catalog and all rows compared, up again.
"""

import argparse
import json
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.verify.verdicts import Pair, as_json, of_json, shown, table, with_miglint

from miglint.dialects import SUPPORTED, load
from miglint.model import History
from miglint.rollback.reversal import Reversal, reversal
from miglint.simulate import Machine, Ran, migrations
from miglint.tools import find_histories
from miglint.verify.course import scratch
from miglint.verify.scratch import Scratch, Tried
from miglint.verify.sending import statements
from miglint.verify.server import MAJORS, running_server


def pairs(folder: str, major: int, only: str = "") -> Iterator[Pair]:
    """Take the histories of a folder there and back."""
    for history in find_histories([folder]):
        if history.dialect not in SUPPORTED or not any(m.down for m in history.migrations):
            continue
        with running_server(major, {"timezone": "UTC"}) as server, scratch(server) as database:
            yield from _of_history(folder, history, database, major, only)


def again(known: Sequence[Pair], major: int) -> Iterator[Pair]:
    """Ask miglint once more about pairs of which the server's verdict is known."""
    by_place = {(pair.path, pair.migration): pair for pair in known}
    for folder in dict.fromkeys(pair.history for pair in known):
        for history in find_histories([folder]):
            if not any(m.down and (m.down.source.path, m.id) in by_place for m in history.migrations):
                continue
            dialect = load(history.dialect).begun_in(history.home)
            machine = Machine(dialect, (major,), said_by="--server")
            for ran in migrations(history, machine, downs=lambda migration: migration.down is not None):
                place = (ran.down.script.source.path, ran.migration.id) if ran.down else None
                if place in by_place and ran.up is not None:
                    yield with_miglint(by_place[place], ran, reversal(ran, dialect))


def _of_history(folder: str, history: History, database: Scratch, major: int, only: str) -> Iterator[Pair]:
    dialect = load(history.dialect).begun_in(history.home)
    machine = Machine(dialect, (major,), said_by="--server")
    for ran in migrations(history, machine, downs=lambda migration: migration.down is not None):
        up = statements(ran.up)
        if ran.down is not None and ran.up is not None and (not only or only in ran.migration.id):
            started = time.monotonic()
            down = statements(ran.down)
            if not down:
                yield _pair(folder, ran, "empty down")
            else:
                tried = database.attempt(up, down)
                yield _judged(folder, ran, tried, reversal(ran, dialect), time.monotonic() - started)
        database.advance(up)


def _pair(folder: str, ran: Ran, verdict: str) -> Pair:
    assert ran.down is not None
    return Pair(folder, ran.migration.id, ran.down.script.source.path, verdict)


def _judged(folder: str, ran: Ran, tried: Tried, way: Reversal, seconds: float) -> Pair:
    full = tried.full
    pair = _pair(folder, ran, _of_server(tried))._replace(
        extensions=tried.extensions, notes=tried.notes, seconds=seconds
    )
    if pair.server in ("up not replayed", "fails", "fails on rows"):
        pair = pair._replace(said=(str(full.refusal),))
    else:
        pair = pair._replace(
            said=tuple(f"{name}: {full.before.get(name)} -> {full.after.get(name)}" for name in full.changed),
            changed=full.changed,
            lost=full.lost,
            again=str(full.refusal) if full.ended == "up again" else "",
        )
    return with_miglint(pair, ran, way)


def _of_server(tried: Tried) -> str:
    full, empty = tried.full, tried.empty
    if full.ended == "up":
        return "up not replayed"
    if full.ended == "down":
        if empty is not None and empty.ended != "down":
            return "up not replayed" if empty.ended == "up" else "fails on rows"
        return "fails"
    return "different" if full.changed else "equal"


def main(argv: Sequence[str] | None = None) -> int:
    """Print the disagreements, then the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.verify.round_trips", description=__doc__)
    parser.add_argument("folders", nargs="*", metavar="FOLDER")
    parser.add_argument("--server", type=int, default=16, choices=MAJORS)
    parser.add_argument("--show", type=int, default=1000, help="how many disagreements to print per folder")
    parser.add_argument("--only", default="", help="only the migrations with this in their names")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to write every pair")
    parser.add_argument(
        "--again", type=Path, metavar="FILE", help="ask miglint alone about the pairs of an earlier --json"
    )
    options = parser.parse_args(argv)
    found: list[Pair] = []
    if options.again:
        known = [of_json(row) for row in json.loads(options.again.read_text())]
        found = list(again(known, options.server))
        _print_wrong(found, options.show)
        if options.json:
            options.json.write_text(json.dumps([as_json(pair) for pair in found]))
    for folder in options.folders:
        own: list[Pair] = []
        try:
            own.extend(pairs(folder, options.server, options.only))
        except Exception:  # noqa: BLE001 - one folder must not hide the others
            print(f"{folder}: broke off\n{traceback.format_exc()}", file=sys.stderr, flush=True)
        found += own
        _print_wrong(own, options.show)
        print(f"== {folder}: {len(own)} pairs, {Counter(p.server for p in own)}", flush=True)
        if options.json:
            options.json.write_text(json.dumps([as_json(pair) for pair in found]))
    print("\n".join(table(found)))
    return 0


def _print_wrong(found: Sequence[Pair], show: int) -> None:
    for pair in [pair for pair in found if pair.agrees not in ("", "right") or pair.misses_loss][:show]:
        print("\n".join(shown(pair)), flush=True)


if __name__ == "__main__":
    sys.exit(main())
