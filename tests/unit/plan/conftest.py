"""Plans of migrations that are written in the tests."""

import pytest

from miglint.checks.facts import HistoryFacts
from miglint.checks.policy import Policy
from miglint.dialects import load
from miglint.model import Thresholds
from miglint.plan import plan
from miglint.simulate import Machine, migrations
from miglint.tools import find_histories


@pytest.fixture
def planned(tmp_path, monkeypatch):
    """Plan the last migrations of a golang-migrate history; each is a pair of the way up and back."""

    def run(*pairs, last=1, policy=None, limits=None):
        for number, (up, down) in enumerate(pairs, 1):
            (tmp_path / f"{number:06}_m.up.sql").write_text(up)
            if down is not None:
                (tmp_path / f"{number:06}_m.down.sql").write_text(down)
        monkeypatch.chdir(tmp_path)
        (history,) = find_histories(["."], {}, required=True)
        machine = Machine(load("postgres"), (16,))
        rans = list(migrations(history, machine, downs=lambda _: True))
        facts = HistoryFacts(history)
        facts.steps += tuple(step for ran in rans for step in ran.up.steps)
        return plan(history, rans[-last:], machine, policy or Policy(), facts, limits or Thresholds())

    return run
