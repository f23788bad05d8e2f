"""`miglint scaffold --write` in the projects of several tools: what it writes passes the check."""

import json
import shutil
from pathlib import Path

import pytest

from miglint.tools import NoPlace, Written, find_histories, place_new

FIXTURES = Path(__file__).parents[2] / "fixtures"
CHANGE = """
ALTER TABLE orders ADD COLUMN token uuid NOT NULL DEFAULT gen_random_uuid();
ALTER TABLE orders RENAME COLUMN status TO state;
ALTER TABLE orders ADD CONSTRAINT token_once UNIQUE (token);
"""
TOOLS = ("golang_migrate", "diesel", "goose", "dbmate", "flyway", "sqlx", "refinery", "tern", "sql_migrate")
PLAIN = {"migrations/001_orders.sql": "CREATE TABLE orders (id bigint PRIMARY KEY, status text NOT NULL);\n"}
PRISMA = {
    "prisma/migrations/migration_lock.toml": 'provider = "postgresql"\n',
    "prisma/migrations/20240101000000_orders/migration.sql": PLAIN["migrations/001_orders.sql"],
}


def _with_change() -> tuple[str, ...]:
    """Write the hazardous migration where the tool wants it; give its files."""
    history = find_histories(["."])[0]
    files = place_new(history, [Written("change", CHANGE, "SELECT 1;")])
    assert not isinstance(files, NoPlace)
    for file in files:
        Path(file.path).parent.mkdir(parents=True, exist_ok=True)
        Path(file.path).write_text(file.text)
    return tuple(file.path for file in files)


@pytest.mark.parametrize("tool", [*TOOLS, "plain SQL", "Prisma"])
def test_written_migrations_pass_the_check(miglint, write, monkeypatch, tool):
    project = write({"plain SQL": PLAIN, "Prisma": PRISMA}.get(tool, {}))
    if tool in TOOLS:
        shutil.copytree(FIXTURES / "tools" / tool, project, dirs_exist_ok=True)
    monkeypatch.chdir(project)
    old = _with_change()
    change = next(each.id for each in find_histories(["."])[0].migrations if each.path in old)

    outcome = miglint("scaffold", change, "--write", "--output-format", "json")

    assert outcome.code == 0, outcome.out + outcome.err
    row = json.loads(outcome.out)
    assert row["problems"] == []
    written = [file["path"] for each in row["migrations"] for file in each["files"]]
    assert all(Path(path).is_file() for path in written)
    for path in set(old) - set(written):
        Path(path).unlink()
    found = json.loads(miglint("check", "--output-format", "json").out)["findings"]
    assert [each for each in found if each["path"] in written] == []


def test_nothing_is_overwritten_without_force(miglint, write):
    path = "migrations/002_orders_status_idx_index.sql"
    project = write({**PLAIN, path: "CREATE INDEX ON orders (status);\n"})

    outcome = miglint("scaffold", path, "--write")
    assert outcome.code == 2
    assert f"{path} is there already" in outcome.err
    assert (project / path).read_text() == "CREATE INDEX ON orders (status);\n"

    outcome = miglint("scaffold", path, "--write", "--force")
    assert outcome.code == 0
    assert "CREATE INDEX CONCURRENTLY" in (project / path).read_text()


def test_one_line_goes_on_after_the_migration(miglint, write):
    change = "ALTER TABLE orders ADD COLUMN note text;\nCREATE INDEX ON orders (note);\n"
    project = write({**PLAIN, "migrations/002_note.sql": change})

    outcome = miglint("scaffold", "002_note:2", "--write")

    assert outcome.code == 0
    assert "Its other statements stay." in outcome.out
    assert (project / "migrations/003_orders_note_idx_index.sql").is_file()
