"""Findings drawn at random from real projects, each with what a reader needs to judge it.

`python -m tests.verify.draw PROJECT [PROJECT ...] --count 150 --seed 1` checks each project as its users
would, draws up to four findings of each project and the rest from all that is left, and prints them:
message, help, and the lines around. The same seed draws the same findings.

With `--changes 6` it checks six commits of each project's main line that bring migrations, drawn at random,
as a pull request: `miglint check --since` their parent.
"""

import argparse
import json
import random
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tests.verify.changes import Change, changes, checked_out

_LINES_BEFORE, _MOST_LINES = 4, 40


class Drawn(NamedTuple):
    """A finding as `miglint check --output-format json` prints it, and the project's folder.

    `change` is the commit that it was found in, "" for the project as it is; `text` are the file's lines.
    """

    project: Path
    finding: Mapping[str, Any]
    change: str = ""
    text: tuple[str, ...] = ()


def draw(found: Mapping[Path, Sequence[Drawn]], count: int, each: int, seed: int) -> tuple[Drawn, ...]:
    """Draw up to `count` findings: `each` of every project, where it has them, and then any."""
    chance = random.Random(seed)
    drawn: list[Drawn] = []
    rest: list[Drawn] = []
    for project in sorted(found):
        findings = list(found[project])
        chance.shuffle(findings)
        drawn += findings[:each]
        rest += findings[each:]
    if len(drawn) < count:
        drawn += chance.sample(rest, min(count - len(drawn), len(rest)))
    chance.shuffle(drawn)
    return tuple(drawn[:count])


def check(project: Path, change: Change | None = None, root: Path | None = None) -> list[Drawn]:
    """Give what `miglint check` finds in a project, or in a change of it that is checked out at `root`."""
    folder = root or project
    command = [sys.executable, "-m", "miglint", "check", "--output-format", "json"]
    if change is not None:
        command += ["--since", change.parent, "--allow-none"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if not done.stdout.strip():
        print(f"{project}: {done.stderr.strip()}", file=sys.stderr)
        return []
    return [
        Drawn(project, finding, change.commit if change else "", _lines(folder / finding["path"]))
        for finding in json.loads(done.stdout)["findings"]
    ]


def _lines(path: Path) -> tuple[str, ...]:
    return tuple(path.read_text(encoding="utf-8", errors="replace").splitlines()) if path.is_file() else ()


def check_changes(project: Path, count: int, seed: int) -> list[Drawn]:
    """Give what `miglint check --since` finds in changes of a project."""
    found = []
    for change in changes(project, count, seed):
        with checked_out(project, change) as root:
            found += check(project, change, root)
    return found


def described(drawn: Drawn) -> Iterator[str]:
    """Give the lines that a reader sees of a finding."""
    finding = drawn.finding
    at = f" in {drawn.change[:12]}" if drawn.change else ""
    place = f"{drawn.project / finding['path']}:{finding['line']}{at}"
    yield f"{place} [{finding['severity']}, {finding['confidence']}] {finding['rule']}: {finding['message']}"
    yield from (f"    | {line}" for line in finding["help"].splitlines())
    yield from (
        f"    related: {other['path']}:{other['line']} {other['message']}" for other in _related(finding)
    )
    first = max(finding["statement"]["line"] - 1 - _LINES_BEFORE, 0)
    for number, line in enumerate(
        drawn.text[first : finding["statement"]["end_line"] + 2][:_MOST_LINES], first + 1
    ):
        yield f"    {number:5} {line[:200]}"


def _related(finding: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    related: Sequence[Mapping[str, Any]] = finding.get("related", ())[:4]
    return related


def main() -> None:
    """Draw and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("projects", nargs="+", type=Path)
    parser.add_argument("--count", type=int, default=150)
    parser.add_argument("--each", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--changes", type=int, default=0, metavar="N")
    arguments = parser.parse_args()
    seed, number = arguments.seed, arguments.changes
    projects = [project.resolve() for project in arguments.projects]
    found = {each: check_changes(each, number, seed) if number else check(each) for each in projects}
    held = sum(map(bool, found.values()))
    print(f"{sum(map(len, found.values()))} findings in {held} of {len(found)} projects")
    for number, drawn in enumerate(draw(found, arguments.count, arguments.each, arguments.seed), 1):
        print(f"\n#{number}", *described(drawn), sep="\n")


if __name__ == "__main__":
    main()
