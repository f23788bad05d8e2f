"""Speed and memory of miglint beside squawk and sqlfluff, in one run: `python benchmarks/compare.py`.

Whole processes, cold, on generated histories. Machines are noisy: read the ratios, not the seconds.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

SIZES = (1, 100, 1_000, 10_000)
MIB = 1024


class Cost(NamedTuple):
    """What one process took: seconds on the wall, seconds of processor time, KiB of memory."""

    wall: float
    processor: float
    memory: int


def migration(number: int) -> str:
    """Give one of five kinds of migration, as ORMs and people write them."""
    table = number // 5
    kinds = (
        f"CREATE TABLE t{table} (\n    id bigint PRIMARY KEY,\n    name text NOT NULL,\n"
        "    org_id bigint,\n"
        "    created_at timestamptz NOT NULL DEFAULT now()\n);\n"
        f"CREATE INDEX t{table}_name ON t{table} (name);\n",
        f"-- AlterTable\nALTER TABLE t{table} ADD COLUMN status text;\n",
        f"SET lock_timeout = '2s';\nALTER TABLE t{table} ADD COLUMN n integer NOT NULL DEFAULT 0;\n"
        f"CREATE INDEX t{table}_status ON t{table} (status);\n",
        f"ALTER TABLE t{table} ADD CONSTRAINT t{table}_org FOREIGN KEY (org_id) REFERENCES t0 (id);\n"
        f"UPDATE t{table} SET status = 'new' WHERE status IS NULL;\n",
        f"ALTER TABLE t{table} ALTER COLUMN status SET NOT NULL;\nDROP INDEX t{table}_name;\n",
    )
    return kinds[number % 5]


def generate(folder: Path, size: int) -> list[str]:
    """Write a history of `size` migrations; give the paths of its files."""
    folder.mkdir(parents=True)
    paths = []
    for number in range(size):
        path = folder / f"{number:05}_change.sql"
        path.write_text(migration(number))
        paths.append(str(path))
    return paths


def measure(command: list[str], runs: int) -> Cost:
    """Run a command several times; give the least of each cost."""
    costs = []
    for _ in range(runs):
        started = time.perf_counter()
        with open(os.devnull, "w") as nowhere:
            process = subprocess.Popen(command, stdout=nowhere, stderr=nowhere)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in (0, 1):
            raise SystemExit(f"{command[:4]}: exit code {process.returncode}")
        wall = time.perf_counter() - started
        costs.append(Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss))
    return Cost(*(min(values) for values in zip(*costs, strict=True)))


def main() -> int:
    """Print a table of costs and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--sqlfluff-up-to", type=int, default=100, help="sqlfluff needs minutes beyond this")
    arguments = parser.parse_args()
    bin_folder = Path(sys.executable).parent
    squawk = shutil.which("squawk", path=str(bin_folder)) or shutil.which("squawk")
    sqlfluff = shutil.which("sqlfluff", path=str(bin_folder)) or shutil.which("sqlfluff")
    print(f"{'migrations':>10} {'tool':<10} {'wall s':>8} {'cpu s':>8} {'MiB':>7} {'wall / miglint':>15}")
    with tempfile.TemporaryDirectory() as work:
        for size in arguments.sizes:
            folder = Path(work) / str(size) / "migrations"
            paths = generate(folder, size)
            runs = arguments.runs if size < 10_000 else max(1, arguments.runs // 2)
            ours = measure([sys.executable, "-m", "miglint", "check", str(folder)], runs)
            rows = [("miglint", ours)]
            if squawk:
                rows.append(("squawk", measure([squawk, *paths], runs)))
            if sqlfluff and size <= arguments.sqlfluff_up_to:
                command = [sqlfluff, "lint", "--dialect", "postgres", str(folder)]
                rows.append(("sqlfluff", measure(command, 1)))
            for name, cost in rows:
                ratio = cost.wall / ours.wall
                print(
                    f"{size:>10} {name:<10} {cost.wall:>8.3f} {cost.processor:>8.3f} "
                    f"{cost.memory / MIB:>7.0f} {ratio:>15.2f}",
                    flush=True,
                )
    return 0


if __name__ == "__main__":
    sys.exit(main())
