"""Put small faults into the code, one at a time, and see whether the tests notice.

    python -m tests.mutants [--rooms ROOM ...] [--sample N] [--seed S]

For each mutant only those tests run that reach its line: unit tests, examples of rules, whole outputs, and
in the end the forms, compared with what the servers did with them. Mutants that change nothing anyone could
tell are in `known.toml`, each with the reason. 0 when nine tenths of the others are killed.
"""

import argparse
import random
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pytest
import tomli
from tests.mutants.judging import TESTS, Judge, Verdict
from tests.mutants.places import ROOMS, Mutant, mutants, paths
from tests.mutants.running import OPTIONS, ROOT

_DUE = 0.9


class Known(NamedTuple):
    """A mutant that behaves as the code does, and why."""

    path: str
    function: str
    before: str
    after: str
    reason: str

    def is_(self, mutant: Mutant) -> bool:
        """Whether it is this one; the line may have moved."""
        return self[:4] == (mutant.path, mutant.function, mutant.before, mutant.after)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command."""
    options = _arguments(argv)
    places = {room: [m for path in paths(room) for m in mutants(path)] for room in options.rooms}
    equivalent = known()
    drawn = _drawn(places, options.sample, options.seed)
    tried = [m for m in drawn if not any(k.is_(m) for k in equivalent)]
    started = time.monotonic()

    def tell(verdict: Verdict) -> None:
        if not verdict.killer:
            print(f"survived {verdict.tests} tests: {verdict.mutant}", flush=True)
        elif options.verbose:
            print(f"killed by {verdict.killer}: {verdict.mutant}", flush=True)

    judge = Judge(tried, tell)
    code = pytest.main([*OPTIONS, *(str(ROOT / test) for test in TESTS)], plugins=[judge])
    if not judge.verdicts:
        return int(code) or 2
    share = _report(judge.verdicts, {m: room for room, all_ in places.items() for m in all_})
    print(f"{len(drawn) - len(tried)} more are equivalent; {time.monotonic() - started:.0f} s")
    return 0 if share >= _DUE else 1


def _drawn(places: dict[str, list[Mutant]], count: int, seed: int) -> list[Mutant]:
    """Draw the same number from each room, at random and in any order."""
    draw = random.Random(seed)
    each = -(-count // len(places))
    drawn = [m for all_ in places.values() for m in draw.sample(all_, min(each, len(all_)))]
    draw.shuffle(drawn)
    return drawn


def _report(verdicts: Sequence[Verdict], room_of: dict[Mutant, str]) -> float:
    rows = {room: [v for v in verdicts if room_of[v.mutant] == room] for room in room_of.values()}
    print(f"{'room':<10} {'mutants':>8} {'killed':>8} {'timed out':>10} {'survived':>9}")
    for room, of_room in [*rows.items(), ("all", verdicts)]:
        if of_room:
            timed_out = sum(v.killer == "time" for v in of_room)
            survived = sum(not v.killer for v in of_room)
            killed = len(of_room) - survived - timed_out
            print(f"{room:<10} {len(of_room):>8} {killed:>8} {timed_out:>10} {survived:>9}", end="")
            print(f" {100 * (killed + timed_out) / len(of_room):>7.1f} %")
    return sum(bool(v.killer) for v in verdicts) / len(verdicts)


def known() -> list[Known]:
    """Give the mutants that are known to change nothing."""
    found = tomli.loads((Path(__file__).parent / "known.toml").read_text(encoding="utf-8"))
    return [Known(**entry) for entry in found.get("equivalent", ())]


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--rooms", nargs="+", metavar="ROOM", choices=list(ROOMS), default=list(ROOMS))
    parser.add_argument("--sample", type=int, default=400, metavar="N", help="how many mutants (400)")
    parser.add_argument("--seed", type=int, default=1, metavar="S")
    parser.add_argument("--verbose", action="store_true", help="show those that are killed as well")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
