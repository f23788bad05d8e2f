"""There and back on real servers: what fails, what is another, what is lost, and on which rows."""

from pathlib import Path

import pytest
from tests.verify.round_trips import pairs

from miglint.verify.sending import Sent, one_by_one
from miglint.verify.server import MAJORS, Server

TABLE = "CREATE TABLE a (id int PRIMARY KEY, n int NOT NULL DEFAULT 0, note text);"
WAYS = {
    "equal": ("ALTER TABLE a ADD b int;", "ALTER TABLE a DROP b;"),
    "different": ("ALTER TABLE a DROP note;", "ALTER TABLE a ADD note varchar(9);"),
    "fails": ("ALTER TABLE a ADD b int;", "ALTER TABLE a DROP c;"),
    "fails on rows": ("ALTER TABLE a DROP note;", "ALTER TABLE a ADD note text NOT NULL;"),
    "empty down": ("ALTER TABLE a ADD b int;", "-- nothing to do"),
}


def history(folder: Path, *ways: tuple[str, str]) -> str:
    for number, (up, down) in enumerate(((TABLE, "DROP TABLE a;"), *ways), 1):
        (folder / f"{number:06}_step.up.sql").write_text(up)
        (folder / f"{number:06}_step.down.sql").write_text(down)
    return str(folder)


@pytest.mark.parametrize("major", MAJORS)
def test_the_verdict_of_the_server(major: int, tmp_path: Path) -> None:
    for number, (verdict, way) in enumerate(WAYS.items()):
        folder = tmp_path / str(number)
        folder.mkdir()
        found = list(pairs(history(folder, way), major))
        assert [pair.server for pair in found] == ["equal", verdict], found


def test_lost_values_are_seen_where_the_schema_comes_back(tmp_path: Path) -> None:
    way = ("ALTER TABLE a DROP note;", "ALTER TABLE a ADD note text;")
    pair = list(pairs(history(tmp_path, way), 16))[1]

    assert pair.server == "equal"
    assert pair.lost == ("values of public.a.note",)


def test_what_one_transaction_cannot_do_is_done_with_commits(tmp_path: Path) -> None:
    ways = (
        ("CREATE INDEX CONCURRENTLY i ON a (n);", "DROP INDEX CONCURRENTLY i;"),
        ("CREATE TYPE k AS ENUM ('x');", "DROP TYPE k;"),
        ("ALTER TYPE k ADD VALUE 'y';", "ALTER TABLE a ADD k k DEFAULT 'y'; ALTER TABLE a DROP k;"),
    )
    found = list(pairs(history(tmp_path, *ways), 16))

    assert [pair.server for pair in found] == ["equal", "equal", "equal", "different"]


def test_an_up_that_fails_after_its_down_is_seen(tmp_path: Path) -> None:
    way = ("ALTER TABLE a ADD b int;", "-- the column stays\nSELECT 1;")
    pair = list(pairs(history(tmp_path, way), 16))[1]

    assert pair.server == "different"
    assert "42701" in pair.again


def test_a_transaction_without_statements_is_ended(server: Server) -> None:
    sent = (
        Sent("BEGIN", "1.sql", 1, 1, is_frame=True),
        Sent("SELECT nowhere", "1.sql", 2, None),
        Sent("CREATE TABLE made ()", "1.sql", 3, 2),
    )
    with server.database() as database, server.connect(database) as connection:
        refused = [refusal.sqlstate for refusal in one_by_one(connection, sent)]
        assert refused == ["42703"]
        assert connection.execute("SELECT FROM made").fetchall() == []
