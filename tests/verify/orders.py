"""`python -m tests.verify.orders PROJECTS ORDERS`: are all migrations of real projects found, in their order?

PROJECTS is a folder of checkouts. ORDERS holds a text file for each history, made without miglint: the
names of its migrations, one on a line, in the order in which the tool itself runs them; `#` begins a
remark.
Printed is for each of these files whether a history among the projects has just these migrations so.
"""

import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from miglint.errors import NoMigrations
from miglint.tools import find_histories

# What Flyway runs around its migrations has no place among them.
_CALLBACK = re.compile(r"(?:before|after)[A-Z]")


def main(projects: str, orders: str) -> int:
    """Compare; 1 when a history is missing or differs."""
    found = [
        ids for project in sorted(Path(projects).iterdir()) if project.is_dir() for ids in _read(project)
    ]
    wrong = 0
    for file in sorted(Path(orders).glob("*.txt")):
        lines = file.read_text(encoding="utf-8").splitlines()
        wanted = [_name(line) for line in lines if line.strip() and not line.startswith("#")]
        nearest = min(found, key=lambda ids: _distance(ids, wanted), default=[])
        if nearest == wanted:
            print(f"same       {len(wanted):5}  {file.stem}")
            continue
        wrong += 1
        common = len(set(nearest) & set(wanted))
        at = next((i for i, (a, b) in enumerate(zip(nearest, wanted, strict=False)) if a != b), len(nearest))
        print(
            f"different  {len(wanted):5}  {file.stem}: {len(nearest)} found, {common} of them, from {at} on"
        )
        print(f"           {nearest[at : at + 2]} instead of {wanted[at : at + 2]}")
    return 1 if wrong else 0


def _distance(ids: Sequence[str], wanted: Sequence[str]) -> int:
    return 0 if ids == wanted else 1 + len(set(ids) ^ set(wanted))


def _read(project: Path) -> list[list[str]]:
    os.chdir(project)
    try:
        return [
            [_name(m.id) for m in history.migrations if not _CALLBACK.match(m.id)]
            for history in find_histories(["."])
        ]
    except NoMigrations:
        return []


def _name(text: str) -> str:
    """What a migration is called whatever the list spells: no folder, no ending."""
    path = re.sub(r"/(?:migration|up)\.(?:sql|ts)$", "", text.strip().split("\t")[0])
    name = re.sub(r"(?:\.up)?\.(?:sql|go|js|ts|rs|java|py)$", "", path.rpartition("/")[2])
    return re.sub(r"\.(?:postgres|cockroach|mysql|sqlite3?|autocommit|go)(?=\.|$)", "", name)


if __name__ == "__main__":
    sys.exit(main(*(os.path.abspath(folder) for folder in sys.argv[1:3])))
