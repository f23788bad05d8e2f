"""Runs tests against a mutant in a process that has imported nothing of miglint yet.

A request comes in as JSON, the first test that fails goes out: what a module computes when it is imported
can be changed in no other way.
"""

import json
import os
import sys
from collections.abc import Sequence

import pytest
from tests.mutants.applied import import_with
from tests.mutants.places import Mutant
from tests.mutants.running import FORMS, OPTIONS, ROOT, Timed, first_failing, in_this_process


class _Chosen:
    """A plugin of pytest that runs the tests that are asked for."""

    def __init__(self, tests: Sequence[Timed]) -> None:
        self.tests = tests
        self.failing = ""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        session.config.option.tbstyle = "native"
        in_this_process()
        self.failing = first_failing(self.tests, {item.nodeid: item for item in session.items})
        return True


def main() -> None:
    """Answer one request."""
    request = json.load(sys.stdin)
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_RDWR), 1)
    import_with(Mutant(*request["mutant"]))
    chosen = _Chosen([Timed(*test) for test in request["tests"]])
    files = dict.fromkeys(str(ROOT / t.name.partition("::")[0]) for t in chosen.tests if t.name != FORMS)
    code = pytest.main([*OPTIONS, *files], plugins=[chosen])
    with answer:
        answer.write(chosen.failing or ("the import" if code else ""))


if __name__ == "__main__":
    main()
