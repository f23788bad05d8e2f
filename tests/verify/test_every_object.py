"""Every kind of object, made, unmade and changed: equal are only those schemas that are so on a server."""

import pytest
from tests.every_object import OBJECTS
from tests.unit.rollback.test_compare import there_and_back
from tests.unit.rollback.test_every_object import ways_of
from tests.ways_back import WayBack

from miglint.verify.server import Connection, Server
from miglint.verify.snapshot import snapshot


@pytest.mark.parametrize("kind", OBJECTS)
def test_schemas_are_equal_only_where_the_catalog_is(server: Server, kind: str) -> None:
    with server.database() as database, server.connect(database) as connection:
        for each in OBJECTS[kind]:
            if each.since > server.major:
                continue
            for way in ways_of(each):
                changed = _changed(connection, way)
                if there_and_back(way).is_exact:
                    assert not changed, (each.name, way, changed)


def _changed(connection: Connection, way: WayBack) -> list[str]:
    with connection.transaction(force_rollback=True):
        before = _after(connection, way.setup)
        _after(connection, way.up)
        after = _after(connection, way.down)
    return sorted(name for name in {*before, *after} if before.get(name) != after.get(name))


def _after(connection: Connection, sql: str) -> dict[str, str]:
    connection.execute(sql or "SELECT")
    return snapshot(connection)
