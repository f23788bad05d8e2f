"""`python -m tests.fuzz --seconds N [--seed S]`: tries inputs until the time is up; exit 1 for any fault."""

import argparse
import gc
import sys
import time

from tests.fuzz.inputs import made
from tests.fuzz.judging import judge


def main() -> int:
    """Try, print each fault that is new with the command that shows it again, and count."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, help="how long to try")
    parser.add_argument("--count", type=int, help="how many inputs to try")
    parser.add_argument("--seed", type=int, default=0, help="which inputs to try")
    parser.add_argument("--start", type=int, default=0, help="the number of the first input")
    asked = parser.parse_args()
    if asked.seconds is None and asked.count is None:
        parser.error("say how long (--seconds) or how many (--count)")
    end = time.monotonic() + asked.seconds if asked.seconds is not None else float("inf")
    last = asked.start + asked.count if asked.count is not None else sys.maxsize
    counts = {"crash": 0, "hang": 0, "lost": 0}
    seen: set[tuple[str, str]] = set()
    number = asked.start
    while number < last and time.monotonic() < end:
        tried = made(asked.seed, number)
        for fault in judge(tried, number):
            counts[fault.kind] += 1
            if (fault.kind, fault.key) not in seen:
                seen.add((fault.kind, fault.key))
                print(f"{fault.kind}: {fault.key}: --seed {asked.seed} --start {number} --count 1")
                print(f"{fault.detail}\n{tried!r:.2000}\n", flush=True)
        number += 1
        if number % 1000 == 0:
            gc.collect()
    what = f"{counts['crash']} crashes, {counts['hang']} hangs, {counts['lost']} lost statements"
    print(f"{number - asked.start} inputs: {what}")
    return 1 if seen else 0


if __name__ == "__main__":
    sys.exit(main())
