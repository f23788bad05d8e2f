"""The examples of a rule show all that it can say: no statement of it is left to others, or to nobody."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_the_examples_of_a_rule_execute_every_statement_of_it():
    done = subprocess.run(
        [sys.executable, "-m", "tests.examples_covered"],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert (done.stdout.split("\n"), done.stderr) == ([""] * 2, "")
