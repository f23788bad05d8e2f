"""Drafted rows on real servers: each ends in the catalog that is wanted, and leads back stage by stage."""

import pytest
from tests.drafted_rows import HAZARDS, ROWS, row_of

from miglint.verify.server import Connection, Server
from miglint.verify.snapshot import snapshot

_FILLED_AGAIN = {"dropped column": "UPDATE users SET state = 'x' WHERE state IS NULL"}
_BY_THE_APPLICATION = {
    "required column, filled by the application": "UPDATE users SET email = 'u' || id WHERE email IS NULL;",
}


@pytest.mark.parametrize("kind", HAZARDS)
def test_a_row_makes_what_is_wanted_and_leads_back(server: Server, kind: str) -> None:
    hazard = HAZARDS[kind]
    row = row_of(hazard)
    wanted = _wanted(server, kind)
    filled = _BY_THE_APPLICATION.get(kind, "SELECT")
    with server.database() as database, server.connect(database) as connection:
        connection.execute(hazard.setup)
        connection.execute(ROWS)
        found = [snapshot(connection)]
        for each in row.drafted:
            if each.stage.deploy:
                connection.execute(filled)
            connection.execute(each.up)
            found.append(snapshot(connection))
        assert _changes(wanted, found[-1]) == []
        for number, each in reversed(list(enumerate(row.drafted))):
            if not each.down:
                break
            connection.execute(each.down)
            connection.execute(_FILLED_AGAIN.get(kind, "SELECT") if number else "SELECT")
            if not each.stage.loss:
                assert _changes(found[number], snapshot(connection)) == [], each.down
        else:
            assert _changes(found[0], snapshot(connection)) == []


def _wanted(server: Server, kind: str) -> dict[str, str]:
    hazard = HAZARDS[kind]
    sql = hazard.sql
    for column, value in hazard.values if "ADD COLUMN" in sql else ():
        sql = sql.replace(";", f" DEFAULT {value};") if "||" not in value else sql.replace(" NOT NULL", "")
        sql += f" ALTER TABLE users ALTER COLUMN {column} DROP DEFAULT;"
        if "||" in value:
            sql += f" UPDATE users SET {column} = {value}; ALTER TABLE users ALTER {column} SET NOT NULL;"
    with server.database("wanted") as database, server.connect(database) as connection:
        connection.execute(hazard.setup)
        if "the application" not in kind:
            connection.execute(ROWS)
        for statement in sql.split(";\n"):
            connection.execute(statement)
        return snapshot(connection)


def _changes(before: dict[str, str], after: dict[str, str]) -> list[tuple[str, str | None, str | None]]:
    return [
        (name, before.get(name), after.get(name))
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    ]


def _values(connection: Connection, query: str) -> list[tuple[object, ...]]:
    return connection.execute(query).fetchall()


def test_both_versions_of_the_application_write_a_renamed_column(server: Server) -> None:
    hazard = HAZARDS["renamed column"]
    expand, backfill, *_, last = row_of(hazard).drafted
    with server.database() as database, server.connect(database) as connection:
        connection.execute(hazard.setup)
        connection.execute(ROWS)
        connection.execute(expand.up)
        connection.execute("INSERT INTO users (id, name, state) VALUES (101, 'old code', 'x')")
        connection.execute("INSERT INTO users (id, full_name, state) VALUES (102, 'new code', 'x')")
        connection.execute("INSERT INTO users (id, state) VALUES (103, 'x')")
        connection.execute("UPDATE users SET name = 'old again' WHERE id = 1")
        connection.execute("UPDATE users SET full_name = 'new again' WHERE id = 2")
        connection.execute(backfill.up)
        assert _values(connection, "SELECT id FROM users WHERE name IS DISTINCT FROM full_name") == []
        some = "SELECT {} FROM users WHERE id IN (1, 2, 3, 101, 102, 103) ORDER BY id"
        kept = _values(connection, some.format("full_name"))
        assert kept == [(t,) for t in ("old again", "new again", "u3", "old code", "new code", "anonymous")]
        for each in row_of(hazard).drafted[2:]:
            connection.execute(each.up)
        connection.execute("UPDATE users SET full_name = 'last' WHERE id = 1")
        connection.execute(last.down)
        assert _values(connection, some.format("name"))[:2] == [("last",), ("new again",)]


def test_values_written_after_a_swap_come_back_with_its_way_back(server: Server) -> None:
    hazard = HAZARDS["changed type"]
    row = row_of(hazard).drafted
    with server.database() as database, server.connect(database) as connection:
        connection.execute(hazard.setup)
        connection.execute(ROWS)
        for each in row:
            connection.execute(each.up)
        connection.execute("UPDATE users SET age = 99 WHERE id = 1")
        for each in reversed(row):
            connection.execute(each.down)
        assert _values(connection, "SELECT age FROM users WHERE id IN (1, 2) ORDER BY id") == [(99,), (2,)]
