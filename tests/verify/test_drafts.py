"""Drafts on real servers: the catalog is what it was before the up, or the draft says what is not."""

from collections.abc import Iterator

import pytest
from tests.every_object import OBJECTS
from tests.unit.rollback.test_draft import drafted
from tests.unit.rollback.test_every_object import ways_of
from tests.ways_back import WAYS_BACK

from miglint.verify.server import Connection, Server
from miglint.verify.snapshot import snapshot


def _ways(kind: str, major: int) -> Iterator[tuple[str, str]]:
    for way in WAYS_BACK.get(kind, ()):
        if way.since <= major:
            yield way.setup, way.up
    for each in OBJECTS.get(kind, ()):
        if each.since <= major:
            yield from ((way.setup, way.up) for way in ways_of(each))


@pytest.mark.parametrize("kind", sorted({*WAYS_BACK, *OBJECTS}))
def test_a_draft_restores_the_catalog_or_says_what_stays_different(server: Server, kind: str) -> None:
    with server.database() as database, server.connect(database) as connection:
        for setup, up in dict.fromkeys(_ways(kind, server.major)):
            made, sql = drafted(setup, up)
            told = [gap for gap in made.gaps if gap.kind in ("schema", "note")]
            if not told:
                left = left_by(connection, setup, up, sql)
                assert not left, (setup, up, sql, left)


def left_by(connection: Connection, setup: str, up: str, down: str) -> list[str]:
    """Give the objects that are others after an up and a down."""
    with connection.transaction(force_rollback=True):
        connection.execute(setup or "SELECT")
        before = snapshot(connection)
        connection.execute(up or "SELECT")
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        connection.execute(down or "SELECT")
        after = snapshot(connection)
    return sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
