"""Ways up and back on real servers: what the catalog says is left is what the comparison says."""

import pytest
from tests.unit.rollback.test_compare import there_and_back
from tests.ways_back import WAYS_BACK

from miglint.rollback.compare import Comparison
from miglint.verify.server import Server
from miglint.verify.snapshot import snapshot


@pytest.mark.parametrize("kind", WAYS_BACK)
def test_a_way_back_leaves_on_a_server_what_the_comparison_says(server: Server, kind: str) -> None:
    with server.database() as database, server.connect(database) as connection:
        for way in WAYS_BACK[kind]:
            if way.since > server.major:
                continue
            with connection.transaction(force_rollback=True):
                connection.execute(way.setup or "SELECT")
                before = snapshot(connection)
                connection.execute(way.up or "SELECT")
                connection.execute(way.down or "SELECT")
                after = snapshot(connection)
            changed = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
            assert bool(changed) == _is_changed(there_and_back(way)), (way, changed)


def _is_changed(comparison: Comparison) -> bool:
    """Whether it says more than that columns have another order, which the snapshot leaves out."""
    return any(difference.weight != "information" for difference in comparison.differences)
