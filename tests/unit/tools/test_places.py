"""What is written for a tool is what the tool's own reader finds there: the way back, and new migrations."""

import shutil
from datetime import datetime, timezone
from pathlib import Path

import pytest
from migration_project import Write, ids, only_history

from miglint.model.migration import History, Migration, TransactionMode
from miglint.tools import FileText, NoPlace, Written, find_histories, place_down, place_new

FIXTURES = Path(__file__).parents[3] / "fixtures" / "tools"
# The layout of a runner of one's own is said in the configuration, which is not read here.
PROJECTS = sorted({path.name for path in FIXTURES.iterdir() if path.is_dir()} - {"custom"})

NO_DOWN = {
    "atlas", "bytebase", "d1", "dbup", "drizzle", "encore", "evolve", "graphile_migrate",
    "postgres_migrations", "refinery", "serverpod", "supabase",
}  # fmt: skip
# Some of its changesets are in formatted SQL.
MIXED = {"liquibase_xml"}
NO_NEW = {
    "db_migrate", "drizzle", "graphile_migrate", "liquibase_xml", "serverpod", "sourcegraph",
}  # fmt: skip
# The plan, and with it the order, is written by the tool.
PLANNED = {"sqitch"}
IN_TRANSACTION = (TransactionMode.PER_MIGRATION, TransactionMode.PER_RUN, TransactionMode.PIPELINE)
NEVER_OUTSIDE = {"d1", "encore", "maragu_migrate", "micrate", "mybatis", "node_pg_migrate", "pop",
                 "refinery"}  # fmt: skip
NOW = datetime(2031, 5, 6, 7, 8, 9, tzinfo=timezone.utc)
TABLE = Written("add parts", "CREATE TABLE parts (id int);\n", "DROP TABLE parts;\n")
BODY = "CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$\nBEGIN\n  RETURN 1;\nEND;\n$$;\n"
INDEX = Written(
    "index parts", "CREATE INDEX CONCURRENTLY parts_id ON parts (id);\n",
    "DROP INDEX CONCURRENTLY parts_id;\n",
    outside=True,
)  # fmt: skip


@pytest.fixture
def project(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Copy a fixture and make it the working directory."""
    shutil.copytree(FIXTURES / request.param, tmp_path / request.param)
    (tmp_path / request.param / ".git").mkdir()
    monkeypatch.chdir(tmp_path / request.param)
    return str(request.param)


def history_of(project: str) -> History:
    found = [one for one in find_histories(["."]) if one.migrations]
    assert found, project
    return found[0]


def put(*files: FileText) -> None:
    for file in files:
        path = Path(file.path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.text.encode())


def sql_of(history: History) -> dict[str, str]:
    return {one.id: one.up.sql.strip() for one in history.migrations if one.up}


def modes_of(history: History) -> dict[str, TransactionMode]:
    return {one.id: one.up.mode for one in history.migrations if one.up}


def candidates(history: History) -> list[Migration]:
    return [one for one in history.migrations if one.up and not one.repeatable]


@pytest.mark.parametrize("project", PROJECTS, indirect=True)
def test_a_way_back_is_read_as_the_way_back_of_its_migration_and_nothing_else_changes(project: str) -> None:
    history = history_of(project)
    for migration in candidates(history):
        placed = place_down(history, migration.id, "DROP TABLE parts;\nDROP TABLE more;\n")
        assert isinstance(placed, NoPlace) == (project in NO_DOWN) or project in MIXED
        if isinstance(placed, NoPlace):
            assert placed.reason
            continue
        assert placed.is_new == (migration.down is None)
        put(placed)
        again = history_of(project)
        down = next(one for one in again.migrations if one.id == migration.id).down
        assert down is not None
        code = [line for line in down.sql.splitlines() if line.strip() and not line.startswith("--")]
        assert [line.strip() for line in code if line not in ("BEGIN;", "COMMIT;")] == [
            "DROP TABLE parts;",
            "DROP TABLE more;",
        ]
        assert ids(again) == ids(history)
        assert modes_of(again) == modes_of(history)
        # A rollback stands within its changeset, as a comment.
        if "liquibase" not in project:
            assert sql_of(again) == sql_of(history)
        assert again.problems == history.problems


@pytest.mark.parametrize("project", sorted(set(PROJECTS) - NO_DOWN), indirect=True)
def test_a_way_back_outside_a_transaction_runs_outside_one_or_has_no_place(project: str) -> None:
    history = history_of(project)
    found = 0
    for migration in candidates(history):
        placed = place_down(history, migration.id, "DROP INDEX CONCURRENTLY parts_id;\n", outside=True)
        if isinstance(placed, NoPlace):
            assert placed.reason
            continue
        found += 1
        put(placed)
        again = next(one for one in history_of(project).migrations if one.id == migration.id)
        assert again.down is not None
        assert "DROP INDEX CONCURRENTLY parts_id;" in again.down.sql
        assert again.down.mode not in IN_TRANSACTION
    assert bool(found) == (project not in NEVER_OUTSIDE | {"db_migrate", "popx", "sourcegraph"} | MIXED)


@pytest.mark.parametrize("now", [None, NOW], ids=["next", "now"])
@pytest.mark.parametrize("project", sorted(set(PROJECTS) - PLANNED), indirect=True)
def test_new_migrations_are_read_as_the_ones_after_the_newest(project: str, now: datetime | None) -> None:
    history = history_of(project)
    placed = place_new(history, [TABLE, TABLE._replace(name="more parts")], now)
    if project in NO_NEW:
        assert isinstance(placed, NoPlace)
        assert placed.reason
        return
    assert not isinstance(placed, NoPlace)
    assert all(file.is_new for file in placed)
    put(*placed)
    again = history_of(project)
    new = [one for one in again.migrations if one.id not in ids(history)]
    last = [one for one in again.migrations if not one.repeatable][-2:]
    assert [one.id for one in new] == [one.id for one in last]
    for one in new:
        assert one.up is not None
        assert "CREATE TABLE parts (id int);" in one.up.sql
        if project in NO_DOWN or (project == "flyway" and one.down is None):
            assert one.down is None
        else:
            assert one.down is not None
            assert "DROP TABLE parts;" in one.down.sql
            assert "CREATE TABLE" not in one.down.sql
    assert again.problems == history.problems
    assert len(again.irregularities) == len(history.irregularities) + (project == "atlas")


@pytest.mark.parametrize("project", sorted(set(PROJECTS) - NO_NEW - PLANNED), indirect=True)
def test_a_new_migration_outside_a_transaction_runs_outside_one_or_has_no_place(project: str) -> None:
    history = history_of(project)
    placed = place_new(history, [INDEX])
    assert isinstance(placed, NoPlace) == (project in NEVER_OUTSIDE)
    if isinstance(placed, NoPlace):
        assert placed.reason
        return
    put(*placed)
    new = next(one for one in history_of(project).migrations if one.id not in ids(history))
    for script in new.scripts:
        assert "CONCURRENTLY" in script.sql
        assert script.mode not in IN_TRANSACTION


def test_the_plan_of_sqitch_is_left_to_sqitch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(FIXTURES / "sqitch", tmp_path / "sqitch")
    monkeypatch.chdir(tmp_path / "sqitch")
    placed = place_new(history_of("sqitch"), [TABLE])
    assert not isinstance(placed, NoPlace)
    assert "sqitch add add_parts" in placed[0].note
    put(*placed)
    with Path("sqitch.plan").open("a", encoding="utf-8") as plan:
        plan.write("add_parts 2031-05-06T07:08:09Z A Person <a@example.org> # parts\n")
    newest = history_of("sqitch").migrations[-1]
    assert newest.id == "add_parts"
    assert newest.down is not None


BLOCKS = ("goose", "sql-migrate", "micrate")
MARKED = {
    "goose": "-- +goose Up\nSELECT 1;\n",
    "sql-migrate": "-- +migrate Up\nSELECT 1;\n",
    "micrate": "-- +micrate Up\nSELECT 1;\n",
    "play": "# --- !Ups\nSELECT 1;\n",
}


@pytest.mark.parametrize("tool", MARKED)
def test_a_body_with_semicolons_is_one_statement_to_a_tool_that_cuts_at_them(write: Write, tool: str) -> None:
    write({"migrations/1_a.sql" if tool != "play" else "conf/evolutions/default/1.sql": MARKED[tool]})
    history = only_history()
    placed = place_down(history, history.migrations[0].id, BODY)
    assert isinstance(placed, FileText)
    put(placed)
    again = only_history()
    assert again.irregularities == ()
    down = again.migrations[0].down
    assert down is not None
    if tool == "play":
        assert "RETURN 1;;" in placed.text
        assert "RETURN 1;\n" in down.sql
    else:
        assert "StatementBegin\nCREATE FUNCTION" in placed.text


def test_a_body_with_semicolons_has_no_place_in_a_changeset(write: Write) -> None:
    write({"c/a.sql": "--liquibase formatted sql\n--changeset me:a\nSELECT 1;\n"})
    history = only_history()
    placed = place_down(history, history.migrations[0].id, BODY)
    assert isinstance(placed, NoPlace)
    assert "rollbackSplitStatements:false" in placed.reason


@pytest.mark.parametrize(
    ("text", "is_new"),
    [
        ("-- migrate:up\nSELECT 1;\n\n-- migrate:down\n\n", True),
        ("-- migrate:up\nSELECT 1;\n\n-- migrate:down\nSELECT 2;\n", False),
        ("-- migrate:up\nSELECT 1;\n\n-- migrate:down\n-- cannot be undone\n", False),
        ("-- migrate:up\nSELECT 1;\n", True),
    ],
)
def test_a_section_is_filled_and_what_somebody_wrote_there_counts(
    write: Write, text: str, is_new: bool
) -> None:
    write({"db/migrations/1_a.sql": text})
    placed = place_down(only_history(), "1_a", "SELECT 3;")
    assert isinstance(placed, FileText)
    assert placed.is_new == is_new
    assert placed.text == "-- migrate:up\nSELECT 1;\n\n-- migrate:down\nSELECT 3;\n"


def test_line_ends_and_a_byte_order_mark_stay(write: Write) -> None:
    write({"migrations/1_a.sql": b"\xef\xbb\xbf-- +goose Up\r\nSELECT 1;\r\n"})
    placed = place_down(only_history(), "1_a", "SELECT 3;\n")
    assert isinstance(placed, FileText)
    assert placed.text == "\ufeff-- +goose Up\r\nSELECT 1;\r\n\r\n-- +goose Down\r\nSELECT 3;\r\n"


def test_several_statements_outside_a_transaction_have_no_place_in_one_query(write: Write) -> None:
    write({"migrations/1_a.up.sql": "SELECT 1;", "migrations/2_b.up.sql": "SELECT 1;"})
    sql = "DROP INDEX CONCURRENTLY a;\nDROP INDEX CONCURRENTLY b;\n"
    placed = place_down(only_history(), "2_b", sql, outside=True)
    assert isinstance(placed, NoPlace)
    assert "alone in its query" in placed.reason


def test_the_name_of_the_file_takes_a_way_back_out_of_the_transaction_of_popx(write: Write) -> None:
    write({"migrations/1_a.autocommit.up.sql": "SELECT 1;", "migrations/2_b.down.sql": "SELECT 1;",
           "migrations/2_b.up.sql": "SELECT 1;"})  # fmt: skip
    history = only_history()
    placed = place_down(history, "1_a", "DROP INDEX CONCURRENTLY a;", outside=True)
    assert isinstance(placed, FileText)
    assert placed.path == "migrations/1_a.autocommit.down.sql"
    refused = place_down(history, "2_b", "DROP INDEX CONCURRENTLY a;", outside=True)
    assert isinstance(refused, NoPlace)
    assert "rename migrations/2_b.down.sql" in refused.reason


def test_a_transaction_of_both_directions_keeps_the_way_back_inside(write: Write) -> None:
    write({"migrations/1_a.sql": "-- +goose Up\nSELECT 1;\n"})
    placed = place_down(only_history(), "1_a", "DROP INDEX CONCURRENTLY a;", outside=True)
    assert isinstance(placed, NoPlace)
    assert "both directions" in placed.reason


@pytest.mark.parametrize(
    ("newest", "path"),
    [
        ("0007_users.up.sql", "0008_add_parts.up.sql"),
        ("9_users.up.sql", "10_add_parts.up.sql"),
        ("20240102030405_users.up.sql", "20310506070809_add_parts.up.sql"),
        ("20410102030405_users.up.sql", "20410102030406_add_parts.up.sql"),
        ("1700000000_users.up.sql", "1935817689_add_parts.up.sql"),
        ("1700000000000_users.up.sql", "1935817689000_add_parts.up.sql"),
        ("202401020304_users.up.sql", "203105060708_add_parts.up.sql"),
        ("20240102_users.up.sql", "20310506_add_parts.up.sql"),
        ("0030_user-names.up.sql", "0040_add-parts.up.sql"),
    ],
)
def test_a_number_goes_on_in_the_style_of_the_newest(write: Write, newest: str, path: str) -> None:
    rows = {"migrations/0010_a-b.up.sql": "SELECT 1;", "migrations/0020_c-d.up.sql": "SELECT 1;"}
    write({**(rows if newest.startswith("0030") else {}), f"migrations/{newest}": "SELECT 1;"})
    placed = place_new(only_history(), [TABLE], NOW)
    assert not isinstance(placed, NoPlace)
    assert placed[0].path == f"migrations/{path}"


def test_a_number_that_would_sort_before_the_newest_has_no_place(write: Write) -> None:
    write({"db/migrations/9_a.sql": "-- migrate:up\nSELECT 1;\n-- migrate:down\n"})
    placed = place_new(only_history(), [TABLE])
    assert isinstance(placed, NoPlace)
    assert "10_add_parts would come before 9_a" in placed.reason


def test_an_edit_that_the_tool_notices_is_told(write: Write) -> None:
    write({"conf/evolutions/default/1.sql": "# --- !Ups\nSELECT 1;\n"})
    placed = place_down(only_history(), "1", "SELECT 2;")
    assert isinstance(placed, FileText)
    assert "notices" in placed.note


def test_what_runs_again_has_no_way_back(write: Write) -> None:
    write({"db/migration/V1__a.sql": "SELECT 1;", "db/migration/R__b.sql": "SELECT 1;"})
    placed = place_down(only_history(), "R__b", "SELECT 2;")
    assert isinstance(placed, NoPlace)


def test_an_archive_of_atlas_has_a_section_for_the_way_back(write: Write) -> None:
    text = "-- atlas:txtar\n\n-- migration.sql --\nCREATE TABLE a (id int);\n"
    write({"migrations/1.sql": text, "migrations/atlas.sum": "h1:x\n"})
    placed = place_down(only_history(), "1", "DROP TABLE a;")
    assert isinstance(placed, FileText)
    assert "atlas migrate hash" in placed.note
    put(placed)
    down = only_history().migrations[0].down
    assert down is not None
    assert down.sql.strip() == "DROP TABLE a;"
