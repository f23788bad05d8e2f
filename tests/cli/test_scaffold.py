"""`miglint scaffold`: a hazardous migration as several."""

import json
import re
from pathlib import Path

import pytest

_PAGE = Path(__file__).parents[2] / "docs" / "scaffold.md"
TABLES = """
CREATE TABLE users (id bigint PRIMARY KEY, name varchar(255) NOT NULL);
CREATE TABLE orders (id bigint PRIMARY KEY, status text NOT NULL, created_at timestamptz NOT NULL);
"""
HISTORY = {
    "migrations/000001_tables.up.sql": TABLES,
    "migrations/000001_tables.down.sql": "DROP TABLE orders;\nDROP TABLE users;\n",
}


def _example() -> str:
    return re.findall(r"```sql\n(.*?)```", _PAGE.read_text(), re.DOTALL)[-1]


def test_the_example_of_the_page_is_what_is_printed(miglint, write):
    write({**HISTORY, "migrations/000002_profile.up.sql": _example()})

    outcome = miglint("scaffold", "000002", "--value", "email_verified=false")

    assert (outcome.code, outcome.err) == (0, "")
    printed = _PAGE.read_text().partition("<!-- example -->\n```\n")[2].removesuffix("```\n")
    assert outcome.out == printed


def test_programs_get_json(miglint, write):
    write({**HISTORY, "migrations/000002_status.up.sql": "CREATE INDEX ON orders (status);\n"})

    row = json.loads(miglint("scaffold", "000002", "--output-format", "json").out)

    assert (row["version"], row["migration"], row["problems"], row["left"]) == (1, "000002_status", [], [])
    (made,) = row["migrations"]
    assert made["up"].endswith("CREATE INDEX CONCURRENTLY orders_status_idx ON orders (status);")
    assert made["down"].endswith("DROP INDEX CONCURRENTLY IF EXISTS orders_status_idx;")
    assert (made["kind"], made["outside_transaction"], made["deploy_before"]) == ("constrain", True, "")


@pytest.mark.parametrize("name", ["000002_status", "000002", "migrations/000002_status.up.sql:2", "000002:2"])
def test_a_migration_is_named_by_its_id_its_version_or_its_file(miglint, write, name):
    text = "ALTER TABLE orders ADD COLUMN note text;\nCREATE INDEX ON orders (status);\n"
    write({**HISTORY, "migrations/000002_status.up.sql": text})

    assert "CREATE INDEX CONCURRENTLY orders_status_idx" in miglint("scaffold", name).out


def test_a_migration_that_needs_no_row(miglint, write):
    write({**HISTORY, "migrations/000002_note.up.sql": "ALTER TABLE orders ADD COLUMN note text;\n"})

    outcome = miglint("scaffold", "000002")

    assert outcome.code == 0
    assert "nothing here needs several migrations" in outcome.out


def test_what_cannot_be_drafted_is_said(miglint, write):
    view = "CREATE VIEW names AS SELECT name FROM users;\n"
    rename = "ALTER TABLE users RENAME COLUMN name TO full_name;\n"
    write({**HISTORY, "migrations/000002_v.up.sql": view, "migrations/000003_n.up.sql": rename})

    outcome = miglint("scaffold", "000003")

    assert outcome.code == 1
    assert "nothing is drafted, because the view names refers to it" in outcome.out


def test_a_migration_that_is_not_there(miglint, write):
    write(HISTORY)

    outcome = miglint("scaffold", "000007")

    assert outcome.code == 2
    assert "no migration is named '000007'" in outcome.err


def test_a_database_that_is_not_analysed_is_named(miglint, write):
    lock = 'provider = "mysql"\n'
    write(
        {"prisma/migrations/1_a/migration.sql": "SELECT 1;\n", "prisma/migrations/migration_lock.toml": lock}
    )

    outcome = miglint("scaffold", "1_a")

    assert outcome.code == 2
    assert "only PostgreSQL is" in outcome.err


def test_a_name_in_two_histories_asks_for_a_file(miglint, write):
    write({f"{name}/{path}": text for name in ("shop", "billing") for path, text in HISTORY.items()})

    outcome = miglint("scaffold", "000001")

    assert outcome.code == 2
    assert "billing/migrations/000001_tables.up.sql" in outcome.err
