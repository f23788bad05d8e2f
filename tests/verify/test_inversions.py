"""Each form, drafted back on tables with rows: the catalog and the rows are what they were, or it is said."""

import re

import pytest
from tests.inversions import FORMS, Form
from tests.unit.rollback.test_compare import POSTGRES
from tests.unit.rollback.test_draft import drafted

from miglint.rollback.draft import Draft, text_of
from miglint.verify.contents import contents, lost
from miglint.verify.server import Connection, Server
from miglint.verify.snapshot import snapshot

_TO_FILL = re.compile(r"^-- (UPDATE .*) = \.\.\. (.*)$", re.M)


@pytest.mark.parametrize("kind", FORMS)
def test_a_draft_undoes_each_form(server: Server, kind: str) -> None:
    with server.database() as database, server.connect(database) as connection:
        for form in FORMS[kind]:
            if form.since <= server.major:
                with connection.transaction(force_rollback=True):
                    _undone(connection, form)


def _undone(connection: Connection, form: Form) -> None:
    made, sql = drafted(form.setup, form.up)
    connection.execute(form.setup or "SELECT")
    before, had = snapshot(connection), contents(connection)
    connection.execute(form.up)
    connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
    connection.execute(_TO_FILL.sub(lambda found: f"{found[1]} = {form.fill} {found[2]}", sql) or "SELECT")
    after = snapshot(connection)
    left = {name for name in {*before, *after} if before.get(name) != after.get(name)}
    assert all(name.startswith(form.stays or "\0") for name in left), (form, sql, left)
    assert bool(left) == bool(form.stays) == _says(made, "schema", "note"), (form, sql, made.gaps)
    gone = lost(had, contents(connection))
    assert form.loses or not gone, (form, sql, gone)
    assert form.loses == _says(made, "rows", "fill"), (form, sql, made.gaps)


@pytest.mark.parametrize("kind", ["constraints", "indexes"])
def test_a_draft_that_runs_outside_a_transaction_restores_the_catalog(server: Server, kind: str) -> None:
    for form in (form for form in FORMS[kind] if form.since <= server.major):
        made, sql = drafted(form.setup, form.up, outside=True)
        with server.database() as database, server.connect(database) as connection:
            connection.execute(form.setup)
            before = snapshot(connection)
            connection.execute(form.up)
            for step in made.steps:
                connection.execute(text_of((step,), POSTGRES.write))
            after = snapshot(connection)
        server.drop_roles()
        left = {name for name in {*before, *after} if before.get(name) != after.get(name)}
        assert all(name.startswith(form.stays or "\0") for name in left), (form, sql, left)


def _says(made: Draft, *kinds: str) -> bool:
    return any(gap.kind in kinds for gap in made.gaps)
