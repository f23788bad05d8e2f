import pytest
from migration_project import Write, ids

from miglint.model.irregularity import DuplicateVersion, UnreachableFile
from miglint.model.migration import History, Problem, TransactionMode
from miglint.tools import find_histories


def read(write: Write, *names: str) -> History:
    write({f"db/migrations/{name}": f"-- {name}\n" for name in names})
    (history,) = find_histories(["."])
    return history


def test_versions_are_numbers_however_they_are_written(write: Write) -> None:
    history = read(
        write, "10_d.up.sql", "2_b.up.sql", "001_a.up.sql", "003_c.up.sql", "20240101120000_e.up.sql"
    )
    assert history.tool == "golang-migrate"
    assert ids(history) == ["001_a", "2_b", "003_c", "10_d", "20240101120000_e"]


def test_each_down_script_goes_with_its_version(write: Write) -> None:
    history = read(write, "1_a.up.sql", "1_a.down.sql", "2_b.up.sql", "3_c.up.sql", "3_undo_c.down.sql")
    downs = [migration.down.source.path if migration.down else None for migration in history.migrations]
    assert downs == ["db/migrations/1_a.down.sql", None, "db/migrations/3_undo_c.down.sql"]
    assert history.problems == ()


def test_a_version_with_only_a_way_back_stays_in_the_history(write: Write) -> None:
    history = read(write, "1_a.up.sql", "2_b.down.sql")
    assert ids(history) == ["1_a", "2_b"]
    assert history.migrations[1].up is None


def test_titles_may_be_empty_and_hold_dots_and_blanks(write: Write) -> None:
    assert ids(read(write, "1_.up.sql", "2_v1.2.up.sql", "3_a b.up.sql")) == ["1_", "2_v1.2", "3_a b"]


def test_a_file_is_one_batch(write: Write) -> None:
    up = read(write, "1_a.up.sql").migrations[0].up
    assert up is not None
    assert up.mode is TransactionMode.IMPLICIT_BATCH
    assert "one query" in up.mode_reason


def test_a_version_taken_twice_is_seen_and_both_are_read(write: Write) -> None:
    history = read(
        write, "1_a.up.sql", "2_b.up.sql", "2_b.down.sql", "2_c.up.sql", "2_c.down.sql", "3_d.up.sql"
    )
    assert ids(history) == ["1_a", "2_b", "2_c", "3_d"]
    assert [m.down.source.path if m.down else None for m in history.migrations] == [
        None,
        "db/migrations/2_b.down.sql",
        "db/migrations/2_c.down.sql",
        None,
    ]
    assert [(type(odd), odd.source.path) for odd in history.irregularities] == [
        (DuplicateVersion, "db/migrations/2_c.down.sql"),
        (DuplicateVersion, "db/migrations/2_c.up.sql"),
    ]
    assert "taken by 2_b.up.sql" in history.irregularities[1].message


def test_a_folder_where_most_versions_are_taken_twice_is_another_runners(write: Write) -> None:
    names = [f"{version}_{title}.up.sql" for version in range(6) for title in "ab"]
    history = read(write, *names)
    assert history.tool == "plain-sql"
    assert len(history.migrations) == 12
    assert history.problems == ()


def test_a_numbered_file_that_the_tool_passes_over_is_seen(write: Write) -> None:
    history = read(write, "1_a.up.sql", "2_b.up.sql", "2_b_down.sql", "schema.sql", "README.md")
    (odd,) = history.irregularities
    assert (type(odd), odd.source.path) == (UnreachableFile, "db/migrations/2_b_down.sql")


def test_a_migration_in_go_stands_in_the_sequence(write: Write) -> None:
    history = read(write, "1_a.up.sql", "2_b.up.go", "3_c.up.sql")
    assert ids(history) == ["1_a", "2_b", "3_c"]
    opaque = Problem("db/migrations/2_b.up.go", "a migration in Go, which is not read")
    assert history.migrations[1].opaque == opaque


def test_a_number_beyond_64_bits_is_passed_over_as_the_tool_does(write: Write) -> None:
    history = read(write, "1_a.up.sql", "18446744073709551616_b.up.sql")
    assert ids(history) == ["1_a"]
    assert len(history.irregularities) == 1


def test_the_folders_of_several_databases_are_histories_of_their_own(write: Write) -> None:
    write({f"migrations/{name}/1_a.up.sql": "" for name in ("postgres", "mysql", "sqlite")})
    histories = find_histories(["."])
    assert [(history.root, history.dialect) for history in histories] == [
        ("migrations/mysql", "mysql"),
        ("migrations/postgres", "postgres"),
        ("migrations/sqlite", "sqlite"),
    ]


@pytest.mark.parametrize(
    ("modules", "dialect"),
    [
        ("github.com/mattn/go-sqlite3 v1.14.0", "sqlite"),
        ("modernc.org/sqlite v1.3.0", "sqlite"),
        ("github.com/go-sql-driver/mysql v1.7.0", "mysql"),
        ("github.com/jackc/pgx/v5 v5.0.0\n\tgithub.com/lib/pq v1.0.0", "postgres"),
        ("github.com/lib/pq v1.0.0\n\tmodernc.org/sqlite v1.3.0", "postgres"),
        ("github.com/golang-migrate/migrate/v4 v4.0.0", "postgres"),
    ],
)
def test_the_driver_tells_the_database_where_the_sql_does_not(
    write: Write, modules: str, dialect: str
) -> None:
    write({"go.mod": f"module x\n\nrequire (\n\t{modules}\n)\n", "m/1_a.up.sql": "CREATE TABLE a (id int);"})
    assert find_histories(["."])[0].dialect == dialect


def test_a_folder_of_other_names_is_for_another_runner(write: Write) -> None:
    assert read(write, "1_a.up.sql", "2_b.sql", "3_c.sql").tool != "golang-migrate"


@pytest.mark.parametrize(
    ("column", "dialect"), [("name STRING NOT NULL", "cockroach"), ("name TEXT NOT NULL", "postgres")]
)
def test_sql_for_cockroachdb_is_not_taken_for_postgresql(write: Write, column: str, dialect: str) -> None:
    table = f"CREATE TABLE a (\n  id UUID PRIMARY KEY DEFAULT gen_random_uuid(),\n  {column}\n);\n"
    module = "require (\n\tgithub.com/lib/pq v1.10.0\n\tgithub.com/cockroachdb/cockroach-go/v2 v2.3.5\n)\n"
    write({"go.mod": f"module a\n\n{module}", "db/migrations/1_a.up.sql": table})
    assert find_histories(["."])[0].dialect == dialect
