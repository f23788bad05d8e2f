"""Runs each mutant against the tests that can tell, in a process of its own, until one fails."""

import gc
import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import pytest
from tests.mutants.applied import caches, change
from tests.mutants.places import Mutant
from tests.mutants.reached import Reached, measure
from tests.mutants.running import ROOT, Timed, first_failing, in_this_process

TESTS = ("tests/test_rules.py", "tests/unit", "tests/test_examples.py", "tests/cli")
_LEFT_OUT = (
    # These look at the repository, or at how fast something is, and not at what it answers,
    "test_docs_snippets.py", "test_metadata.py", "test_start_up.py", "test_growth.py",
    # this at what the tests reach,
    "test_forms_cover_the_model.py",
    # and this at all help of all rules for all tools, which takes minutes.
    "test_advice.py",
)  # fmt: skip
_MEMORY = 3 * 2**30
_LONGEST = 900
_TIMED_OUT = (-signal.SIGPROF, -signal.SIGALRM)


class Verdict(NamedTuple):
    """What became of a mutant: the test that killed it, "time" if it took too long, "" if it survived."""

    mutant: Mutant
    killer: str
    tests: int


class Judge:
    """A plugin of pytest: it collects once, and runs what it collected for each mutant in a fork."""

    def __init__(self, chosen: Sequence[Mutant], told: Callable[[Verdict], None]) -> None:
        self.chosen = chosen
        self.told = told
        self.verdicts: list[Verdict] = []

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            print(report.longrepr, file=sys.stderr)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if session.testsfailed:
            return False
        session.config.option.tbstyle = "native"
        items = {item.nodeid: item for item in session.items if item.path.name not in _LEFT_OUT}
        in_this_process()
        reached = measure(items)
        kept = caches()
        gc.freeze()
        for verdict in self._verdicts(items, reached, kept):
            self.verdicts.append(verdict)
            self.told(verdict)
        return True

    def _verdicts(
        self, items: dict[str, pytest.Item], reached: Reached, kept: list[Any]
    ) -> Iterator[Verdict]:
        for mutant in self.chosen:
            tests = reached.reaching(mutant)
            if not tests:
                killer = ""
            elif reached.is_imported(mutant):
                killer = _killer_in_fresh_process(mutant, tests)
            else:
                killer = _killer_in_fork(mutant, tests, items, kept)
            yield Verdict(mutant, killer, len(tests))


def _killer_in_fresh_process(mutant: Mutant, tests: Sequence[Timed]) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tests.mutants.fresh"],
        input=json.dumps({"mutant": mutant, "tests": tests}),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=ROOT,
        preexec_fn=_limited,
        check=False,
    )
    return _killer(done.stdout, done.returncode)


def _killer_in_fork(
    mutant: Mutant, tests: Sequence[Timed], items: dict[str, pytest.Item], kept: list[Any]
) -> str:
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            _limited()
            nowhere = os.open(os.devnull, os.O_RDWR)
            for stream in (0, 1, 2):
                os.dup2(nowhere, stream)
            change(mutant)
            for cache in kept:
                cache.cache_clear()
            os.write(writing, first_failing(tests, items).encode())
            code = 0
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as file:
        killer = file.read()
    return _killer(killer, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


def _limited() -> None:
    os.setpgid(0, 0)
    signal.alarm(_LONGEST)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))


def _killer(said: str, code: int) -> str:
    if code in _TIMED_OUT:
        return "time"
    return said or (f"exit code {code}" if code else "")
