"""Every migration with a way back of a history, there and back on a server, beside what miglint says of it.

    python -m tests.verify.round_trips FOLDER [FOLDER ...] [--server 16] [--show N] [--json FILE] [--only ID]

For each pair: up, rows in every table, down, the catalog and all rows compared, up again.
"""

import argparse
import json
import re
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from miglint.dialects import SUPPORTED, load
from miglint.model import FailureCause, History
from miglint.rollback.compare import Comparison, compare
from miglint.simulate import Machine, Ran, migrations
from miglint.tools import find_histories
from miglint.verify.scratch import Scratch, Tried
from miglint.verify.sending import statements
from miglint.verify.server import MAJORS, running_server

OF_THE_SERVER = (
    "up not replayed", "empty down", "fails", "fails on rows", "equal", "different",
)  # fmt: skip
_WORD = re.compile(r'"[^"]+"|[^\s.()",]+')
_NEWER = re.compile(r"^(?:0A000|42601)")


class Pair(NamedTuple):
    """A migration there and back: the server's verdict with its words, miglint's with its own.

    `order`: only the order of columns may be another. `lost`: what rows and values the server no longer has.
    """

    history: str
    migration: str
    path: str
    server: str
    said: tuple[str, ...]
    miglint: str
    words: tuple[str, ...]
    failing: tuple[str, ...] = ()
    objects: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    again: str = ""
    kind: str = ""
    reasons: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def ran(self) -> bool:
        """Whether the way back ran, with rows or without."""
        return self.server in ("equal", "different", "fails on rows")

    @property
    def agrees(self) -> str:
        """What miglint's verdict is worth: right, not known, or how it is wrong."""
        if self.server == "fails":
            return "right" if self.failing else "failure missed"
        if self.failing and self.ran:
            return "failure alarmed"
        if self.server not in ("equal", "different"):
            return ""
        if self.miglint == "not known":
            return "not known"
        if self.miglint != self.server:
            return f"said {self.miglint}"
        return "other objects" if self.objects else "right"


def pairs(folder: str, major: int, only: str = "") -> Iterator[Pair]:
    """Take the histories of a folder there and back."""
    for history in find_histories([folder]):
        if history.dialect not in SUPPORTED or not any(m.down for m in history.migrations):
            continue
        with running_server(major, {"timezone": "UTC"}) as server:
            server.create_database("verify")
            scratch = Scratch(server, "verify")
            try:
                yield from _of_history(folder, history, scratch, major, only)
            finally:
                scratch.close()


def _of_history(folder: str, history: History, scratch: Scratch, major: int, only: str) -> Iterator[Pair]:
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
                tried = scratch.attempt(up, down)
                comparison = compare(ran.start.schema, ran.down.schema, dialect.alike)
                yield _judged(folder, ran, tried, comparison, time.monotonic() - started)
        scratch.advance(up)


def _pair(folder: str, ran: Ran, verdict: str) -> Pair:
    assert ran.down is not None
    return Pair(folder, ran.migration.id, ran.down.script.source.path, verdict, (), "", ())


def _judged(folder: str, ran: Ran, tried: Tried, comparison: Comparison, seconds: float) -> Pair:
    assert ran.down is not None
    full = tried.full
    ignored = {f"extension {name}" for name in tried.extensions}
    ours = [d for d in comparison.differences if d.weight != "information" and d.object not in ignored]
    unknown = [each for each in comparison.unknown if each not in ignored]
    verdict = "different" if ours else "not known" if unknown else "equal"
    pair = _pair(folder, ran, _of_server(tried))._replace(
        miglint=verdict,
        words=(*map(str, ours), *(f"not known: {each}" for each in unknown)),
        failing=tuple(_failing(ran)),
        notes=tried.notes,
        seconds=seconds,
    )
    if pair.server == "up not replayed":
        return pair._replace(said=(str(full.refusal),))
    if pair.server in ("fails", "fails on rows"):
        return pair._replace(said=(str(full.refusal),))
    names = full.changed
    said = tuple(f"{name}: {full.before.get(name)} -> {full.after.get(name)}" for name in names)
    again = str(full.refusal) if full.ended == "up again" else ""
    objects = tuple(_not_shared(names, [d.object for d in ours], {*full.before, *full.after}))
    return pair._replace(said=said, lost=full.lost, again=again, objects=objects)


def _of_server(tried: Tried) -> str:
    full, empty = tried.full, tried.empty
    if full.ended == "up":
        return "up not replayed"
    if full.ended == "down":
        if empty is not None and empty.ended != "down":
            return "up not replayed" if empty.ended == "up" else "fails on rows"
        return "fails"
    return "different" if full.changed else "equal"


def _failing(ran: Ran) -> Iterator[str]:
    assert ran.down is not None
    for record in ran.down.records:
        for failure in record.effects.failures:
            if failure.certain and failure.cause is not FailureCause.ROWS:
                yield f"{failure.sqlstate} {failure.reason}"


def _not_shared(theirs: Iterable[str], ours: Iterable[str], known: set[str]) -> Iterator[str]:
    """Give objects that only one side speaks of, parts of a whole that is gone or came left out."""
    names = [name.lower().replace('"', "") for name in theirs]
    said = [each.lower().replace('"', "") for each in ours]
    whole = {name.partition(" ")[2] for name in names if name.startswith(("relation ", "type ", "index "))}
    for name in names:
        kind, _, rest = name.partition(" ")
        owner = rest.rpartition(".")[0]
        if kind in ("column", "constraint", "trigger", "policy", "rule", "index", "comment", "sequence") and (
            rest in whole or owner in whole or f"public.{owner}" in whole
        ):
            continue
        last = _WORD.findall(rest)[-1:] or [rest]
        if kind == "function":
            last = [rest.partition("(")[0].split(".")[1]] if "." in rest else last
        if kind != "comment" and not any(last[0] in _WORD.findall(each) for each in said):
            yield f"the server: {name}"
    words = {word for name in names for word in _WORD.findall(name)}
    for each in said:
        found = [word for word in _WORD.findall(each) if word in words]
        if len(_WORD.findall(each)) > 1 and not found:
            yield f"miglint: {each}"


def table(found: Sequence[Pair]) -> Iterator[str]:
    """Print how often the server says what, and how often miglint agrees."""
    counts = Counter(pair.server for pair in found)
    for verdict in OF_THE_SERVER:
        agreed = Counter(pair.agrees for pair in found if pair.server == verdict and pair.agrees)
        yield f"{verdict:16} {counts[verdict]:5}  " + ", ".join(f"{k} {n}" for k, n in agreed.most_common())
    compared = [pair for pair in found if pair.server in ("equal", "different")]
    right = sum(pair.agrees in ("right", "other objects") for pair in compared)
    unknown = sum(pair.agrees == "not known" for pair in compared)
    failing = [pair for pair in found if pair.server == "fails"]
    ran = [pair for pair in found if pair.ran]
    lossy = [pair for pair in compared if pair.lost and pair.server == "equal"]
    called = [pair for pair in lossy if pair.kind in ("lossy", "conditional", "irreversible")]
    yield f"verdict on downs that run: {_share(right, len(compared))}, not known {unknown}"
    yield f"  of those with a verdict: {_share(right, len(compared) - unknown)}"
    yield f"  that name the same objects: {_share(sum(p.agrees == 'right' for p in compared), len(compared))}"
    yield f"failing downs that are found: {_share(sum(bool(p.failing) for p in failing), len(failing))}"
    yield f"downs that run and are called failing: {_share(sum(bool(p.failing) for p in ran), len(ran))}"
    yield f"round trips that lose values, called so: {_share(len(called), len(lossy))}"
    yield f"ups that fail after the down: {sum(bool(pair.again) for pair in found)}"
    seconds = sorted(pair.seconds for pair in found)
    if seconds:
        yield f"seconds per pair: median {seconds[len(seconds) // 2]:.2f}, all {sum(seconds):.0f}"


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} % ({part} of {whole})" if whole else "-"


def shown(pair: Pair) -> Iterator[str]:
    """Print a pair on which miglint is wrong, or unsure."""
    yield f"{pair.agrees}: {pair.server}: {pair.history} {pair.migration} ({pair.path})"
    yield from (f"    server: {words[:300]}" for words in pair.said[:6])
    yield from (f"    miglint: {words[:300]}" for words in pair.words[:6])
    yield from (f"    fails, miglint says: {words[:300]}" for words in pair.failing[:3])
    yield from (f"    only {words}" for words in pair.objects[:6])
    yield from (f"    note: {note[:200]}" for note in pair.notes[:3])


def main(argv: Sequence[str] | None = None) -> int:
    """Print the disagreements, then the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.verify.round_trips", description=__doc__)
    parser.add_argument("folders", nargs="+", metavar="FOLDER")
    parser.add_argument("--server", type=int, default=16, choices=MAJORS)
    parser.add_argument("--show", type=int, default=1000, help="how many disagreements to print per folder")
    parser.add_argument("--only", default="", help="only the migrations with this in their names")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to write every pair")
    options = parser.parse_args(argv)
    found: list[Pair] = []
    for folder in options.folders:
        own: list[Pair] = []
        try:
            own.extend(pairs(folder, options.server, options.only))
        except Exception:  # noqa: BLE001 - one folder must not hide the others
            print(f"{folder}: broke off\n{traceback.format_exc()}", file=sys.stderr, flush=True)
        found += own
        for pair in [pair for pair in own if pair.agrees not in ("", "right")][: options.show]:
            print("\n".join(shown(pair)), flush=True)
        print(f"== {folder}: {len(own)} pairs, {Counter(p.server for p in own)}", flush=True)
        if options.json:
            options.json.write_text(json.dumps([_as_json(pair) for pair in found]))
    print("\n".join(table(found)))
    return 0


def _as_json(pair: Pair) -> dict[str, Any]:
    return {**pair._asdict(), "agrees": pair.agrees}


if __name__ == "__main__":
    sys.exit(main())
