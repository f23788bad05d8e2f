"""Each work says as a value what it is for, which rules and help compare with."""

import pytest

from miglint.checks.checker import Plan
from miglint.checks.policy import Policy
from miglint.engine import run
from miglint.model import Direction, History, Migration, Script, Server, Source, Span, TransactionMode

HISTORY = """
CREATE TABLE parents (id bigint PRIMARY KEY);
CREATE TABLE items (id bigint, parent bigint, note text, total int GENERATED ALWAYS AS (1) STORED);
CREATE DOMAIN word AS text CHECK (value <> '');
CREATE DOMAIN token AS text DEFAULT gen_random_uuid()::text CHECK (value <> '');
CREATE DOMAIN free AS text DEFAULT gen_random_uuid()::text;
"""


def causes(
    sql: str, dialect: str = "postgres", version: tuple[int, ...] = (17,), before: str = HISTORY
) -> list[tuple[str, ...]]:
    migrations = []
    for number, text in enumerate((before, sql)):
        source, mode = Source(f"{number}.sql", text), TransactionMode.PER_MIGRATION
        migrations.append(Migration(str(number), Script(source, Span(0, len(text)), Direction.UP, mode)))
    plan = Plan(dialects=(dialect,), policy=Policy(servers=(Server(dialect, version),)))
    effects = run(History("test", ".", dialect, tuple(migrations)), plan).steps[-1].effects
    return [work.causes for work in effects.works]


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("ADD CHECK (id > 0)", [("check",)]),
        ("ADD FOREIGN KEY (parent) REFERENCES parents", [("foreign",)]),
        ("ALTER note SET NOT NULL", [("not null",)]),
        ("ADD UNIQUE (note)", [("unique",)]),
        ("ADD PRIMARY KEY (id)", [("nullable key",), ("primary",)]),
        ("ADD COLUMN n serial", [("serial",)]),
        ("ADD COLUMN n int GENERATED ALWAYS AS IDENTITY", [("identity",)]),
        ("ADD COLUMN n int GENERATED ALWAYS AS (2) STORED", [("generated column",)]),
        ("ALTER total SET EXPRESSION AS (3)", [("generated column",)]),
        ("ADD COLUMN n uuid DEFAULT gen_random_uuid()", [("default",)]),
        ("ADD COLUMN n free", [("default",)]),
        ("ADD COLUMN n word", [("domain",)]),
        ("ADD COLUMN n word DEFAULT gen_random_uuid()::text", [("default", "domain")]),
        ("ADD COLUMN n token", [("domain", "default")]),
        ("ADD COLUMN n token[]", []),
        ("SET UNLOGGED", [("storage",)]),
        ("ALTER note TYPE int USING note::int", [("type change",)]),
    ],
)
def test_an_action_says_what_it_works_for(action, expected):
    assert causes(f"ALTER TABLE items {action};") == expected


def test_one_pass_serves_all_conditions_of_a_column():
    sql = "DELETE FROM items; ALTER TABLE items ADD COLUMN n int NOT NULL CHECK (n > 0);"
    assert causes(sql) == [("not null", "check")]


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("ALTER TABLE items ADD COLUMN n int CHECK (n > 0);", [("check",)]),
        ("ALTER TABLE items ADD COLUMN n int AS (1) NOT NULL CHECK (n > 0);", [("check", "not null")]),
        ("ALTER TABLE items ADD COLUMN n int; ALTER TABLE items DROP COLUMN n;", [("dropped column",)]),
        ("CREATE INDEX i ON items (id);", [("index",)]),
    ],
)
def test_sqlite_says_it_as_well(sql, expected):
    assert causes(sql, "sqlite", (3, 53), "CREATE TABLE items (id int);") == expected
