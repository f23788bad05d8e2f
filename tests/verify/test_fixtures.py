"""The fixtures, replayed on real servers: predicted and real effects agree, so do the two schemas."""

import pytest
from tests.cli.conftest import FIXTURES
from tests.verify.histories import from_plan, run

from miglint.verify.server import running_server

FOLDERS = ("shop/prisma/migrations", "billing/db/migrations")


@pytest.mark.parametrize("major", [16, 18])
def test_the_fixtures_behave_as_miglint_says(major, monkeypatch):
    monkeypatch.chdir(FIXTURES)
    with running_server(major, {"timezone": "America/New_York"}) as server:
        for folder in FOLDERS:
            result = run(from_plan(folder), server, 3)

            assert [seen.failure for seen in result.failures] == []
            assert [str(d) for d in result.comparison.differences] == []
            assert [str(d) for d in result.schema_comparison.differences] == []
