"""Runs the real command in a scrubbed environment."""

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
FIXTURES = ROOT / "fixtures"


class Outcome(NamedTuple):
    code: int
    out: str
    err: str


def command(*words, cwd, stdin=b"", environment=()):
    scrubbed = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path), "PYTHONUTF8": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "miglint", *map(str, words)],
        cwd=cwd,
        input=stdin,
        capture_output=True,
        env={**scrubbed, **dict(environment)},
        timeout=120,
        check=False,
    )
    return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.fixture
def miglint(tmp_path):
    """Run miglint in a temporary folder, or in the one given as `cwd`."""

    def run(*words, cwd=tmp_path, stdin=b"", environment=()):
        return command(*words, cwd=cwd, stdin=stdin, environment=environment)

    return run


@pytest.fixture
def write(tmp_path):
    """Write files below the temporary folder; bytes or text."""

    def put(files):
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return tmp_path

    return put
