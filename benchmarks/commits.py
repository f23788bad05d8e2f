"""Speed and memory of one commit beside another's, in one run: `python benchmarks/commits.py BASE [COMMIT]`.

Without COMMIT: the working tree. Whole processes, on the histories that `compare.py` generates. The runs
take turns, for machines are noisy: what slows one commit down slows the other. Costs are of processor time,
the least of all rounds, and ratios to BASE; both use the libraries of this environment.
"""

import argparse
import compileall
import os
import subprocess
import sys
import tarfile
import tempfile
from io import BytesIO
from pathlib import Path

from compare import MIB, SIZES, Cost, generate, measure

ROOT = Path(__file__).resolve().parent.parent
CODE = ("src", "rules")
ROUNDS_OF_MANY = 3  # of histories whose runs take seconds


def tree_of(commit: str | None, folder: Path) -> Path:
    """Give the folder with the code of a commit, compiled; without one, of the working tree."""
    tree = ROOT
    if commit is not None:
        tree = folder / f"tree-{commit.replace('/', '-')}"
        archive = ["git", "-C", str(ROOT), "archive", commit, *CODE]
        packed = subprocess.run(archive, stdout=subprocess.PIPE, check=True).stdout
        with tarfile.open(fileobj=BytesIO(packed)) as files:
            files.extractall(tree)
    for name in CODE:
        compileall.compile_dir(tree / name, quiet=1)
    return tree


def cost_of(tree: Path, folder: Path) -> Cost:
    """Give what one run of a tree's code on a folder takes."""
    os.environ["PYTHONPATH"] = os.pathsep.join(str(tree / name) for name in CODE)
    return measure([sys.executable, "-m", "miglint", "check", str(folder)], 1)


def main() -> int:
    """Print the costs of both commits, and their ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("base")
    parser.add_argument("commit", nargs="?")
    parser.add_argument("--sizes", type=int, nargs="*", default=SIZES)
    parser.add_argument("--rounds", type=int, default=15)
    arguments = parser.parse_args()
    print(f"{'migrations':>10} {'base s':>8} {'s':>8} {'ratio':>6} {'base MiB':>9} {'MiB':>7} {'ratio':>6}")
    with tempfile.TemporaryDirectory() as code, tempfile.TemporaryDirectory() as work:
        trees = [tree_of(commit, Path(code)) for commit in (arguments.base, arguments.commit)]
        for size in arguments.sizes:
            folder = Path(work) / str(size) / "migrations"
            generate(folder, size)
            os.chdir(work)  # Of a folder elsewhere all is looked at that stands above it, such as /tmp.
            rounds = arguments.rounds if size < 1_000 else min(arguments.rounds, ROUNDS_OF_MANY)
            runs = [[cost_of(tree, folder) for tree in trees] for _ in range(rounds)]
            base, ours = (
                Cost(*(min(values) for values in zip(*costs, strict=True)))
                for costs in zip(*runs, strict=True)
            )
            print(
                f"{size:>10} {base.processor:>8.3f} {ours.processor:>8.3f} "
                f"{ours.processor / base.processor:>6.2f} {base.memory / MIB:>9.0f} "
                f"{ours.memory / MIB:>7.0f} {ours.memory / base.memory:>6.2f}",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
