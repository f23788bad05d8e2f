"""A table made anew under another name, filled, and renamed: what is lost, and what points to it after."""

import sqlite3
from contextlib import closing

import pytest
from tests.verify.sqlite.database import real_schema, simulate, simulated_schema

from miglint.dialects.sqlite.settings import KEYS_OFF, KEYS_ON
from miglint.model import TransactionMode, Unparsed

SETUP = """
CREATE TABLE "Owner" ("id" INTEGER PRIMARY KEY, "name" TEXT, "age" INTEGER);
CREATE TABLE pets (id INTEGER PRIMARY KEY, owner INTEGER REFERENCES "Owner" (id) ON DELETE CASCADE);
CREATE INDEX owner_name ON owner (name);
CREATE VIEW names AS SELECT * FROM "Owner";
"""
ROWS = "INSERT INTO owner VALUES (1, 'a', 30), (2, 'b', NULL); INSERT INTO pets VALUES (1, 1), (2, 2);"
MAKE = (
    'CREATE TABLE "new_Owner" ("id" INTEGER PRIMARY KEY, "name" TEXT NOT NULL DEFAULT \'\', "age" INTEGER);\n'
)
SWAP = 'DROP TABLE "Owner";\nALTER TABLE "new_Owner" RENAME TO "Owner";\n'
COPIES = {
    'INSERT INTO "new_Owner" ("id", "name", "age") SELECT "id", "name", "age" FROM "Owner";': True,
    "INSERT INTO `new_Owner`(`id`, `name`, `age`) SELECT `id`, ifnull(`name`, ''), `age` FROM `owner`;": True,
    "INSERT INTO new_owner SELECT * FROM owner;": True,
    "INSERT INTO new_owner SELECT id, name, age FROM owner ORDER BY id;": True,
    "INSERT INTO new_owner SELECT id, (SELECT 1 FROM pets WHERE x = id) || name, age FROM owner;": True,
    "INSERT INTO new_owner SELECT id, (SELECT name FROM pets WHERE owner = o.id), age FROM owner o;": False,
    "INSERT INTO new_owner SELECT DISTINCT * FROM owner;": False,
    "INSERT INTO new_owner (id, name) SELECT id, name FROM owner;": False,
    "INSERT INTO new_owner SELECT * FROM owner WHERE age IS NOT NULL;": False,
    "INSERT INTO new_owner SELECT * FROM owner LIMIT 1;": False,
    "INSERT INTO new_owner SELECT o.* FROM owner o JOIN pets p ON p.owner = o.id;": False,
    "INSERT INTO new_owner VALUES (1, 'a', 30);": False,
    "": False,
}


def _losses(*scripts: str) -> list[str]:
    trace = simulate(*scripts)[-1].up
    assert trace is not None
    return [loss.table.display for record in trace.records for loss in record.effects.destroys]


@pytest.mark.parametrize(("copy", "whole"), COPIES.items())
def test_nothing_is_lost_where_all_is_copied(copy: str, whole: bool):
    assert _losses(SETUP, MAKE + copy + SWAP) == ([] if whole else ["Owner"])


def test_numbers_that_nothing_refers_to_can_be_given_anew():
    setup = "CREATE TABLE logs (id INTEGER PRIMARY KEY, line TEXT);"
    rebuild = (
        "ALTER TABLE logs RENAME TO old_logs; CREATE TABLE logs (id INTEGER PRIMARY KEY, line TEXT NOT NULL);"
        "INSERT INTO logs (line) SELECT line FROM old_logs ORDER BY id; DROP TABLE old_logs;"
    )
    refers = "CREATE TABLE notes (log INTEGER REFERENCES logs (id));"

    assert _losses(setup, rebuild) == []
    assert _losses(setup.replace("INTEGER PRIMARY KEY", "TEXT PRIMARY KEY"), rebuild) == ["old_logs"]
    assert _losses(setup + refers, rebuild) == ["old_logs"]


def test_a_later_drop_is_not_a_rebuild():
    copy = next(iter(COPIES))
    other = "CREATE TABLE others (id INTEGER);\nINSERT INTO others SELECT id FROM pets;\n"

    assert _losses(SETUP, MAKE + copy + SWAP, other + 'DROP TABLE "Owner";') == ["Owner"]


@pytest.mark.parametrize(
    "script",
    [
        MAKE + next(iter(COPIES)) + SWAP + 'CREATE INDEX owner_name ON "Owner" (name);',
        'DROP TABLE "Owner";',
        'DROP TABLE "Owner"; CREATE TABLE owner (id INTEGER PRIMARY KEY);',
        "ALTER TABLE owner RENAME TO people;",
        'ALTER TABLE "Owner" RENAME COLUMN id TO number;',
    ],
)
def test_what_points_to_a_table_stays_as_on_the_server(script: str):
    trace = simulate(SETUP, script)[-1].up
    # The view would keep SQLite from renaming, while its table is not there.
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.executescript(SETUP + ROWS + "DROP VIEW names;" + script)
        real = real_schema(connection)

    assert trace is not None
    assert simulated_schema(trace.schema)["tables"] == real["tables"]


@pytest.mark.parametrize(
    ("script", "keys", "children"),
    [
        ("PRAGMA foreign_keys = ON; DROP TABLE Owner;", KEYS_ON, 0),
        ("PRAGMA foreign_keys = OFF; DROP TABLE Owner;", KEYS_OFF, 2),
        ("PRAGMA foreign_keys = ON; BEGIN; PRAGMA foreign_keys = OFF; DROP TABLE Owner; COMMIT;", KEYS_ON, 0),
        ("PRAGMA foreign_keys(0); BEGIN; PRAGMA foreign_keys = ON; DROP TABLE Owner; COMMIT;", KEYS_OFF, 2),
    ],
)
def test_a_transaction_leaves_foreign_keys_as_they_are(script: str, keys: str, children: int):
    trace = simulate(SETUP, script, mode=TransactionMode.SCRIPT)[-1].up
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.executescript(SETUP + ROWS + script)
        (left,) = connection.execute("SELECT count(*) FROM pets").fetchone()

    assert trace is not None
    assert trace.session.settings.switches == {keys}
    assert left == children


def test_what_only_libsql_knows_is_not_called_a_mistake():
    trace = simulate(SETUP, 'ALTER TABLE pets ALTER COLUMN "owner" TO "owner" integer NOT NULL;')[-1].up

    assert trace is not None
    (record,) = trace.records
    assert isinstance(record.operation, Unparsed)
    assert not record.operation.refused


def test_statements_of_one_string_are_no_transaction():
    script = "CREATE TABLE a (id INTEGER); CREATE TABLE a (id INTEGER);"
    trace = simulate(script, mode=TransactionMode.IMPLICIT_BATCH)[-1].up
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        with pytest.raises(sqlite3.OperationalError, match="already exists"):
            connection.executescript(script)
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == [("a",)]

    assert trace is not None
    assert [step.transaction for step in trace.steps] == [None, None]
