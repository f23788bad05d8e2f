"""Renames on real servers: the catalog is what the same statements make under the new name."""

import pytest
from tests.renames import RENAMES

from miglint.verify.server import Server
from miglint.verify.snapshot import snapshot


@pytest.mark.parametrize("name", RENAMES)
def test_a_rename_leaves_what_is_made_anew_under_the_new_name(server: Server, name: str) -> None:
    rename = RENAMES[name]
    with server.database() as database, server.connect(database) as connection:
        found = []
        for sql in (rename.made + rename.renamed, rename.anew):
            with connection.transaction(force_rollback=True):
                connection.execute(f"SET check_function_bodies = off; {sql}")
                found.append(snapshot(connection))

    assert found[0] == found[1]
