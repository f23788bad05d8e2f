"""The SQL of plans, on servers: copies, queries before and after, drafts, and what fills in again."""

import os

import psycopg
import pytest
from tests.cli.conftest import FIXTURES

from miglint.checks.facts import HistoryFacts
from miglint.checks.policy import Policy
from miglint.dialects import load
from miglint.model import Thresholds
from miglint.plan import plan
from miglint.simulate import Machine, migrations
from miglint.tools import find_histories
from miglint.verify.server import Server

# A project, rows before its last migration, and rows that the new version writes.
PROJECTS = {
    "prisma": (
        """INSERT INTO "Customer" VALUES ('a', 'a@x', 'de'), ('b', 'b@x', NULL);""",
        """INSERT INTO "Customer" (id, email, country) VALUES ('c', 'c@x', 'fr');""",
    ),
    "golang_migrate": ("INSERT INTO invoices VALUES (1, 5), (2, 7);", "INSERT INTO invoices VALUES (3, 9);"),
    # Its first statement goes through where there is no row.
    "goose": ("", ""),
    "drops": (
        "INSERT INTO teams VALUES (1, 'x'), (2, 'y');"
        "INSERT INTO users (team, name) VALUES (1, 'n'), (2, 'm');",
        "",
    ),
    "required": ("INSERT INTO teams VALUES (1, 'x');", ""),
    "indexes": ("INSERT INTO users (team, name) VALUES (1, 'n'), (2, 'm');", ""),
}
TABLES = """
CREATE TABLE teams (id bigint, name text NOT NULL, PRIMARY KEY (id));
CREATE TABLE users (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, team bigint, name text,
    upper text GENERATED ALWAYS AS (name) STORED
);
"""
OWN = {
    "required": "ALTER TABLE teams DROP COLUMN name;",
    "drops": "DELETE FROM teams WHERE id < 2;\nUPDATE teams SET name = 'z' WHERE id = 2;\nDROP TABLE users;",
    "indexes": (
        "ALTER TABLE users ADD CONSTRAINT named CHECK (name <> '') NOT VALID;\n"
        "CREATE UNIQUE INDEX one_name ON users (name);\nALTER TABLE users ALTER team SET NOT NULL;\n"
        "CREATE VIEW both_names AS SELECT name, upper FROM users;"
    ),
}


def planned(project, tmp_path, monkeypatch):
    """Give the plan of the last migration, the SQL before it and its own."""
    if project in OWN:
        (tmp_path / "000001_tables.up.sql").write_text(TABLES)
        (tmp_path / "000002_own.up.sql").write_text(OWN[project])
    monkeypatch.chdir(tmp_path if project in OWN else FIXTURES / "plans" / project)
    (history,) = find_histories(["."], {}, required=True)
    machine, facts = Machine(load("postgres"), (16,)), HistoryFacts(history)
    *_, last = migrations(history, machine, downs=lambda _: True)
    found = plan(history, [last], machine, Policy(), facts, Thresholds())
    *earlier, own = history.migrations
    return found, "".join(f"{one.up.sql};" for one in earlier), own


def queries(items):
    for item in items:
        if item.language == "sql" and item.code:
            yield item
        yield from queries(item.notes)


def ask(connection, item):
    """Run the SQL of an item; a query that has to give something gives it."""
    cursor = connection.execute(item.code)
    if item.wants == "true":
        assert cursor.fetchall() == [(True,)], item.code
    elif item.wants.startswith("0"):
        assert cursor.fetchall() in ([], [(0,)]), item.code


@pytest.mark.parametrize("project", PROJECTS)
def test_all_sql_of_a_plan_runs_and_gives_what_it_says(project, server: Server, tmp_path, monkeypatch):
    found, before, own = planned(project, tmp_path, monkeypatch)
    rows, new_rows = PROJECTS[project]

    with server.database("plan") as database, server.connect(database) as connection:
        connection.execute(f"{before}{rows}")
        drafts = [item for item in queries(found.before) if item.text.startswith("Write the way back")]
        for item in queries(found.before):
            if item not in drafts:
                ask(connection, item)
        connection.execute(own.up.sql)
        for item in (*queries(found.after_up), *queries(found.watch)):
            ask(connection, item)
        connection.execute(new_rows)
        # The bookkeeping of the tool is not there.
        steps = [item for item in queries(found.back) if "_prisma_migrations" not in item.code]
        for item in [item for item in steps if item.wants]:
            ask(connection, item)
        for sql in [item.code for item in drafts] or [own.down.sql]:
            connection.execute(sql)
        for item in [item for item in steps if not item.wants]:
            ask(connection, item)
        for item in queries(found.after_back):
            ask(connection, item)


@pytest.mark.parametrize("project", [name for name in PROJECTS if name != "goose"])
def test_a_query_is_not_true_before_the_way_there(project, server: Server, tmp_path, monkeypatch):
    found, before, _ = planned(project, tmp_path, monkeypatch)

    with server.database("plan") as database, server.connect(database) as connection:
        connection.execute(before)
        for item in queries(found.after_up):
            assert not is_true(connection, item.code)


def is_true(connection, query):
    """Whether it is; what it names need not be there."""
    try:
        return connection.execute(query).fetchall() == [(True,)]
    except psycopg.Error:
        return False


def test_the_plans_are_those_of_the_fixtures():
    assert {name for name in PROJECTS if name not in OWN} == set(os.listdir(FIXTURES / "plans"))
