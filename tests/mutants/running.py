"""Runs collected tests in this process, one by one, as often as one likes."""

import io
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from _pytest.runner import runtestprotocol

ROOT = Path(__file__).parents[2]
OPTIONS = ("-o", "addopts=", "-p", "no:cacheprovider", "-p", "no:terminal", "--rootdir", str(ROOT))
FORMS = "tests/verify/test_forms.py"
"""Stands for all forms, compared with what the servers did with them."""


class Timed(NamedTuple):
    """A test and the seconds of this process that it takes."""

    name: str
    seconds: float


@contextmanager
def own_folder(items: Sequence[pytest.Item]) -> Iterator[Path]:
    """Let tests have their folders below one of this process; pytest numbers those of all in one place."""
    folder = Path(tempfile.mkdtemp(prefix="mutant"))
    try:
        for item in items[:1]:
            item.config._tmp_path_factory._basetemp = folder  # type: ignore[attr-defined]
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def passes(item: pytest.Item, following: pytest.Item | None) -> bool:
    """Run a test; what it shares with the test that follows is kept for it."""
    return not any(report.failed for report in runtestprotocol(item, log=False, nextitem=following))


def first_failing(tests: Sequence[Timed], items: dict[str, pytest.Item]) -> str:
    """Give the first test that fails, or ""; one that takes far longer than it did ends the process."""
    order = [(test, items.get(test.name)) for test in tests]
    with own_folder([item for _, item in order if item]) as folder:
        for number, (test, item) in enumerate(order):
            signal.setitimer(signal.ITIMER_PROF, 3 + 10 * test.seconds)
            if test.name == FORMS:
                from tests.mutants import forms

                if not forms.answers().agree(folder):
                    return test.name
            elif item is not None:
                following = next((i for _, i in order[number + 1 :] if i is not None), None)
                if not passes(item, following):
                    return test.name
    return ""


def in_this_process() -> None:
    """Let the tests of the command line run it here, where the mutant is."""
    for module in list(sys.modules.values()):
        if hasattr(module, "command") and hasattr(module, "Outcome"):
            vars(module)["command"] = _command(module)


def _command(conftest: Any) -> Any:
    real = conftest.command

    def command(*words: Any, cwd: Any, stdin: bytes = b"", environment: Any = ()) -> Any:
        from miglint.cli.program import main

        if environment:
            return real(*words, cwd=cwd, stdin=stdin, environment=environment)
        here, before = Path.cwd(), sys.stdin
        out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
        os.chdir(cwd)
        try:
            sys.stdin = io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8")
            with redirect_stdout(out), redirect_stderr(err):
                try:
                    code = main([str(word) for word in words])
                except SystemExit as exit_:
                    code = exit_.code
        finally:
            sys.stdin = before
            os.chdir(here)
        texts = (stream.buffer.getvalue().decode() for stream in (out, err))
        return conftest.Outcome(code, *texts)

    return command
