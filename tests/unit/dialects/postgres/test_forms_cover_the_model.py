"""The forms that run on real servers reach every line of the model; no server is needed to tell."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[4]


def test_the_forms_execute_every_line_of_the_model():
    done = subprocess.run(
        [sys.executable, "-m", "tests.verify.covered"], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert (done.stdout.split("\n"), done.stderr) == ([""] * 2, "")
