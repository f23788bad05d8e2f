"""Which lines of the model the forms and the ways back execute: those of the effects and of the replay.

    python -m tests.verify.covered          # the lines that none of them reaches

A line that only servers reach which no test runs has the page of the manual that it is taken from on it.
"""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path

from coverage import Coverage
from tests.verify.form import write_migrations
from tests.verify.forms import FORMS

from miglint.verify.server import MAJORS

_SOURCE = Path(__file__).parents[2] / "src" / "miglint"
ROOMS = (_SOURCE / "dialects" / "sql" / "replay", _SOURCE / "dialects" / "postgres" / "effects")
_MANUAL = "https://www.postgresql.org/docs/"
_NEVER = r"^\s*raise AssertionError\b"


def main() -> int:
    """Run the command; 0 when every line is executed."""
    coverage = Coverage(data_file=None, include=[f"{room}/*" for room in ROOMS])
    coverage.exclude(_NEVER)
    coverage.start()
    with tempfile.TemporaryDirectory() as folder:
        for major in MAJORS:
            _ask(Path(folder) / str(major), major)
    _walk_back()
    coverage.stop()
    missed = list(_missed(coverage))
    print("\n".join(missed))
    return 1 if missed else 0


def _ask(folder: Path, major: int) -> None:
    """Ask for the plan, as the tests do that run the forms on the servers."""
    from miglint.cli.program import main as miglint

    write_migrations(FORMS, major, folder / "migrations")
    here = Path.cwd()
    os.chdir(folder)
    try:
        with open(os.devnull, "w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
            miglint(["plan", "migrations", "--output-format", "json"])
    finally:
        os.chdir(here)


def _walk_back() -> None:
    """Go the ways up and back that the tests go on the servers."""
    from tests.renames import RENAMES
    from tests.unit.rollback.test_compare import there_and_back
    from tests.unit.rollback.test_every_object import EACH, ways_of
    from tests.unit.rollback.test_renames import compared

    for way in (way for each in EACH for way in ways_of(each)):
        there_and_back(way)
    for rename in RENAMES.values():
        compared(rename)


def _missed(coverage: Coverage) -> Iterator[str]:
    for room in ROOMS:
        for path in sorted(room.rglob("*.py")):
            lines = path.read_text(encoding="utf-8").splitlines()
            for number in coverage.analysis2(str(path))[3]:
                if not _is_from_a_page(lines, number):
                    yield f"{path.relative_to(_SOURCE.parents[1])}:{number}: {lines[number - 1].strip()}"


def _is_from_a_page(lines: list[str], number: int) -> bool:
    return any(_MANUAL in line for line in lines[number - 2 : number])


if __name__ == "__main__":
    sys.exit(main())
