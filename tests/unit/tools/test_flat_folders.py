"""Plain SQL, numbered folders, sqlx, popx: the tools with flat files."""

from hashlib import sha1
from pathlib import Path

import pytest
from migration_project import Write, ids, only_history

from miglint.errors import NoMigrations
from miglint.model.irregularity import (
    DuplicateVersion,
    IgnoredDirective,
    MissingFile,
    RefusedFile,
    SeveralHeads,
    StaleChecksum,
    UnreachableFile,
    VersionGap,
)
from miglint.model.migration import TransactionMode
from miglint.tools import find_histories

SQLX = {"Cargo.toml": '[dependencies]\nsqlx = { version = "0.8", features = ["postgres", "macros"] }\n'}


def files(folder: str, *names: str) -> dict[str, str]:
    return {f"{folder}/{name}": f"-- {name}\n" for name in names}


@pytest.mark.parametrize(
    "folder", ["migrations", "db/migrate", "sql", "db_migrations", "migrations/tenant", "src/Migrations"]
)
def test_a_folder_called_after_migrations_with_two_numbered_files_is_a_history(
    write: Write, folder: str
) -> None:
    write(files(folder, "001_a.sql", "002_b.sql"))
    history = only_history()
    assert (history.tool, history.root, ids(history)) == ("plain-sql", folder, ["001_a", "002_b"])


@pytest.mark.parametrize("folder", ["queries", "docs", "migrations/seeds", "sql/queries", "migrations/down"])
def test_another_folder_of_sql_is_a_history_only_if_it_is_named(write: Write, folder: str) -> None:
    write(files("migrations", "1_x.sql", "2_y.sql") | files(folder, "001_a.sql", "002_b.sql"))
    assert only_history().root == "migrations"
    assert only_history(folder).root == folder


SET_UP = {
    "ops/sql/01-settings.sql": """
        CREATE SCHEMA IF NOT EXISTS ops;
        CREATE TABLE IF NOT EXISTS ops.settings (id int); -- seen; before
        ALTER TABLE ops.settings ADD COLUMN IF NOT EXISTS name varchar(9);
        INSERT INTO ops.settings VALUES (1, 'a;b') ON CONFLICT DO NOTHING;
    """,
    "ops/sql/02-views.sql": "CREATE OR REPLACE VIEW ops.names AS SELECT name FROM ops.settings;",
}


def test_scripts_that_all_run_again_and_again_are_not_a_history_unless_they_are_named(write: Write) -> None:
    write(SET_UP)
    history = only_history()
    assert (history.root, ids(history)) == ("ops/sql", [])
    (gap,) = history.gaps
    assert gap.reason == "2 SQL files that can all run again and again: not read unless the folder is named"
    assert ids(only_history("ops/sql")) == ["01-settings", "02-views"]
    assert ids(only_history("ops/sql/02-views.sql")) == ["02-views"]


@pytest.mark.parametrize(
    "more",
    [
        {"ops/sql/03-x.sql": "ALTER TABLE ops.settings ADD COLUMN x int;"},
        {"ops/sql/03-x.sql": "INSERT INTO ops.settings VALUES (1);"},
        {f"ops/sql/{number}-x.sql": "DROP VIEW IF EXISTS old;" for number in range(3, 14)},
    ],
)
def test_one_script_that_runs_once_or_a_long_row_of_them_is_a_history(
    write: Write, more: dict[str, str]
) -> None:
    write(SET_UP | more)
    assert len(only_history().migrations) == 2 + len(more)


def test_scripts_in_a_folder_for_migrations_are_a_history_however_they_are_written(write: Write) -> None:
    write({path.replace("sql/", "migrations/"): text for path, text in SET_UP.items()})
    assert len(only_history().migrations) == 2


def test_the_tests_of_an_extension_are_not_a_history(write: Write) -> None:
    write(files("ext/sql", "01_a.sql", "02_b.sql") | {"ext/expected/01_a.out": ""})
    with pytest.raises(NoMigrations):
        find_histories(["."])
    assert len(only_history("ext/sql").migrations) == 2


def test_one_numbered_file_is_no_history_unless_the_folder_is_named_or_called_so(write: Write) -> None:
    write(files("sql", "001_a.sql") | files("other/migrations", "1_x.sql"))
    assert only_history().root == "other/migrations"
    assert ids(only_history("sql")) == ["001_a"]


def test_a_named_folder_without_numbers_is_read_in_the_order_of_the_names(write: Write) -> None:
    write(files("changes", "b.sql", "a.sql", "readme.txt"))
    assert ids(only_history("changes")) == ["a", "b"]


def test_numbers_count_as_numbers_part_by_part(write: Write) -> None:
    names = ["1_a", "2_b", "2.1_c", "2.10_d", "10_e", "20240101_f", "last"]
    write(files("migrations", *(f"{name}.sql" for name in names)))
    assert ids(only_history()) == names


def test_the_word_before_a_number_is_a_name_as_well(write: Write) -> None:
    write({f"schema/migration-{name}.sql": "SELECT 1;" for name in ("2-0010-x", "1-0002-x", "2-0009-x")})
    history = only_history()
    assert ids(history) == ["migration-1-0002-x", "migration-2-0009-x", "migration-2-0010-x"]


def test_versions_with_a_v_are_a_history_whatever_the_folder_is_called(write: Write) -> None:
    write(files("db/PGSQL", "V1__a.sql", "V1.9__b.sql", "V1_10__c.sql", "V2__d.sql", "R__views.sql"))
    assert ids(only_history()) == ["V1__a", "V1.9__b", "V1_10__c", "V2__d", "R__views"]


@pytest.mark.parametrize(
    "name", ["schema.sql", "structure.sql", "seed.sql", "seeds_dev.sql", "dump-2024.sql"]
)
def test_a_dump_or_seed_is_no_migration(write: Write, name: str) -> None:
    write(files("migrations", "1_a.sql", "2_b.sql", name))
    assert ids(only_history()) == ["1_a", "2_b"]


def test_a_dump_that_is_named_is_read(write: Write) -> None:
    write(files("migrations", "1_a.sql", "2_b.sql", "schema.sql"))
    assert ids(only_history("migrations/schema.sql")) == ["schema"]


@pytest.mark.parametrize(
    ("up", "down"),
    [
        ("2_b.sql", "2_b.down.sql"),
        ("2_b.sql", "2_b.rollback.sql"),
        ("2_b_up.sql", "2_b_down.sql"),
    ],
)
def test_a_down_script_goes_with_its_up_script(write: Write, up: str, down: str) -> None:
    write(files("migrations", "1_a.sql", up, down))
    second = only_history().migrations[1]
    assert second.up is not None
    assert second.down is not None
    assert (second.up.source.path, second.down.source.path) == (f"migrations/{up}", f"migrations/{down}")
    assert len(only_history().migrations) == 2


def test_a_word_like_down_in_a_name_is_no_down_script(write: Write) -> None:
    write(files("migrations", "1_a.sql", "2_shut_down.sql"))
    assert [migration.up is not None for migration in only_history().migrations] == [True, True]


def test_a_down_script_without_its_up_script_is_only_a_way_back(write: Write) -> None:
    write(files("migrations", "1_a.sql", "2_b.sql", "3_c.down.sql"))
    last = only_history().migrations[-1]
    assert last.up is None
    assert last.down is not None


def test_the_files_own_transactions_decide(write: Write) -> None:
    write(files("migrations", "1_a.sql", "2_b.sql"))
    assert {m.up.mode for m in only_history().migrations if m.up} == {TransactionMode.SCRIPT}


def test_nobody_is_told_to_call_psql_where_the_runner_is_not_known(write: Write) -> None:
    write(files("migrations", "1_a.sql", "2_b.sql"))
    way = only_history().advice.run_outside_transaction
    assert "psql" not in way
    assert "if your runner wraps files in a transaction" in way
    assert "`transaction`" in way


@pytest.mark.parametrize(
    ("tool", "text"),
    [
        ("goose", "-- +goose Up\nSELECT 1;\n-- +goose Down\n"),
        ("sql-migrate", "-- +migrate Up\nSELECT 1;\n-- +migrate Down\n"),
        ("dbmate", "-- migrate:up\nSELECT 1;\n-- migrate:down\n"),
        ("tern", "SELECT 1;\n---- create above / drop below ----\nSELECT 2;\n"),
        ("node-pg-migrate", "-- Up Migration\nSELECT 1;\n-- Down Migration\n"),
        ("mybatis", "-- // a\nSELECT 1;\n-- //@UNDO\nSELECT 2;\n"),
    ],
)
def test_the_way_back_in_the_same_file_is_not_taken_for_the_way_there(
    write: Write, tool: str, text: str
) -> None:
    write({"migrations/001_a.sql": text, "migrations/002_b.sql": text})
    history = only_history()
    assert history.tool == tool
    for migration in history.migrations:
        assert migration.up is not None
        assert migration.down is not None
        assert migration.up.sql.strip() in ("SELECT 1;", "-- // a\nSELECT 1;")
        assert "SELECT 1" not in migration.down.sql


def test_a_tool_that_is_not_read_is_named_not_misread(write: Write) -> None:
    text = "-- Deploy shop:orders to pg\nSELECT 1;\n"
    write({"migrations/001_a.sql": text, "migrations/002_b.sql": text})
    history = only_history()
    assert (history.tool, history.migrations) == ("sqitch", ())
    assert "is not supported yet: 2 migrations not analysed" in history.gaps[0].reason


@pytest.mark.parametrize(
    ("shard", "mode"),
    [
        ("shards:\n  micrate:\n    git: x\n    version: 0.12.0\n", TransactionMode.PER_STATEMENT),
        ("shards:\n  micrate:\n    git: x\n    version: 0.15.1\n", TransactionMode.PER_MIGRATION),
        ("shards:\n  pg:\n    git: x\n    version: 0.12.0\n", TransactionMode.PER_MIGRATION),
    ],
)
def test_micrate_uses_a_transaction_from_a_version_on(
    write: Write, shard: str, mode: TransactionMode
) -> None:
    text = "-- +micrate Up\nSELECT 1;\nSELECT 2\n-- +micrate Down\nSELECT 3;\n-- +micrate Up\nSELECT 4;\n"
    write({"shard.lock": shard, "migrations/10_a.sql": text, "migrations/9_b.sql": text})
    history = only_history()
    assert (history.tool, ids(history)) == ("micrate", ["9_b", "10_a"])
    up, down = history.migrations[0].up, history.migrations[0].down
    assert up is not None
    assert down is not None
    assert up.mode is mode
    assert (up.sql.split(), down.sql.split()) == ("SELECT 1; SELECT 2 SELECT 4;".split(), ["SELECT", "3;"])
    lost = [(type(odd), odd.source[odd.span].strip()) for odd in history.irregularities]
    assert lost == [(UnreachableFile, "SELECT 2")] * 2


def test_numbered_folders_are_one_history_in_the_order_of_their_numbers(write: Write) -> None:
    write(
        files("store/migration/postgres/0.9", "01_b.sql", "00_a.sql")
        | files("store/migration/postgres/0.10", "00_c.sql")
        | files("store/migration/postgres/0.2", "first.sql", "first.down.sql")
        | files("store/migration/postgres", "LATEST.sql", "0.9/LATEST.sql")
    )
    history = only_history()
    assert (history.tool, ids(history)) == (
        "numbered-folders",
        ["0.2/first", "0.9/00_a", "0.9/01_b", "0.10/00_c"],
    )
    assert history.migrations[0].down is not None


def test_a_folder_for_the_step_between_two_versions_is_numbered(write: Write) -> None:
    write({f"db/upgrade/{step}/001-auto.sql": "SELECT 1;" for step in ("9-10", "10-11", "2-3")})
    history = only_history()
    assert ids(history) == ["2-3/001-auto", "9-10/001-auto", "10-11/001-auto"]


def test_sqlx_reads_both_its_forms_in_the_order_of_the_numbers(write: Write) -> None:
    write(SQLX | files("migrations", "2_b.up.sql", "2_b.down.sql", "10_c.sql", "1_a.sql", "notes.sql"))
    history = only_history()
    assert (history.tool, ids(history)) == ("sqlx", ["1_a", "2_b", "10_c"])
    assert [migration.down is not None for migration in history.migrations] == [False, True, False]
    assert history.problems == ()


def test_sqlx_runs_a_migration_outside_a_transaction_only_if_the_file_begins_so(write: Write) -> None:
    write(
        SQLX
        | {
            "migrations/1_a.sql": "-- no-transaction: index\nSELECT 1;",
            "migrations/2_b.sql": "\n-- no-transaction\nSELECT 1;",
            "migrations/3_c.sql": "--no-transaction\nSELECT 1;",
        }
    )
    assert [m.up.mode for m in only_history().migrations if m.up] == [
        TransactionMode.IMPLICIT_BATCH,
        TransactionMode.PER_MIGRATION,
        TransactionMode.PER_MIGRATION,
    ]


def test_a_name_that_stops_sqlx_is_a_problem(write: Write) -> None:
    write(SQLX | files("migrations", "1_a.sql", "add_users.sql", "1_again.sql"))
    assert [odd.source.path for odd in only_history().irregularities] == [
        "migrations/1_again.sql",
        "migrations/add_users.sql",
    ]


def test_a_no_transaction_that_sqlx_does_not_see_is_seen(write: Write) -> None:
    write(
        SQLX
        | {
            "migrations/1_a.sql": b"\xef\xbb\xbf-- no-transaction\nSELECT 1;",
            "migrations/2_b.sql": "--no-transaction\nSELECT 1;",
            "migrations/3_c.sql": "-- no-transaction\nSELECT 1;",
            "migrations/4_d.sql": "SELECT 1; -- no-transaction\n",
        }
    )
    history = only_history()
    assert [(type(odd), odd.migration) for odd in history.irregularities] == [
        (IgnoredDirective, "2_b"),
        (RefusedFile, "1_a"),
    ]
    first = history.migrations[0].up
    assert first is not None
    assert first.mode is TransactionMode.PER_MIGRATION


def yoyo(folder: str, needs: dict[str, str]) -> dict[str, str]:
    return {f"{folder}/{name}.sql": f"-- a\n\n-- depends: {needs[name]}\nSELECT 1;\n" for name in needs}


@pytest.mark.parametrize(
    ("needs", "order"),
    [
        ({"1_a": "", "10_b": "", "2_c": ""}, ["10_b", "1_a", "2_c"]),
        ({"1_a": "3_c", "2_b": "", "3_c": "", "4_d": ""}, ["2_b", "3_c", "1_a", "4_d"]),
        ({"1_a": "2_b", "2_b": "3_c", "3_c": ""}, ["3_c", "2_b", "1_a"]),
        ({"1_a": "2_b", "2_b": "1_a", "3_c": ""}, ["3_c", "1_a", "2_b"]),
    ],
)
def test_yoyo_runs_the_first_that_needs_nothing_more(
    write: Write, needs: dict[str, str], order: list[str]
) -> None:
    write({"yoyo.ini": "[DEFAULT]\ndatabase = postgresql://x\n"} | yoyo("migrations", needs))
    assert ids(only_history()) == order


def test_yoyo_refuses_a_dependency_that_is_not_there(write: Write) -> None:
    write(yoyo("migrations", {"1_a": "", "2_b": "1_a, 0_z"}))
    history = only_history()
    assert history.tool == "yoyo"
    assert [(type(odd), odd.message.split()[3]) for odd in history.irregularities] == [
        (RefusedFile, "1_a,,"),
        (RefusedFile, "0_z,"),
    ]


def test_yoyo_reads_what_python_depends_on_without_running_it(write: Write) -> None:
    python = "raise SystemExit\n__depends__ = {'2_' + 'b', *others}\n"
    write(
        {
            "yoyo.ini": "",
            "m/1_a.py": python,
            "m/2_b.sql": "SELECT 1;",
            "m/bad.py": "def (",
            "m/0_z.py": "x = 1",
        }
    )
    assert ids(only_history()) == ["0_z", "2_b", "1_a", "bad"]


def graphile(number: int, previous: str, own: str, extra: str = "") -> dict[str, str]:
    head = f"--! Previous: {previous}\n--! Hash: {own}\n{extra}"
    return {f"migrations/committed/{number:06}.sql": f"{head}\nSELECT {number};\n"}


def hash_of(previous: str, body: str) -> str:
    before = "" if previous == "-" else previous
    return "sha1:" + sha1((f"{before}\n{body}".strip() + "\n").encode()).hexdigest()


FIRST = hash_of("-", "SELECT 1;")
SECOND = hash_of(FIRST, "SELECT 2;")


@pytest.mark.parametrize(
    ("second", "odd"),
    [
        (graphile(2, FIRST, SECOND), []),
        (graphile(2, FIRST, SECOND, "--! Message: two\n"), []),
        (graphile(2, FIRST, SECOND, "--! AllowInvalidHash\n"), [StaleChecksum]),
        (graphile(2, FIRST, "sha1:0"), [StaleChecksum]),
        (graphile(2, FIRST, "sha1:0", "--! AllowInvalidHash\n"), []),
        (graphile(2, "-", hash_of("-", "SELECT 2;")), [SeveralHeads]),
        (graphile(2, "sha1:0", hash_of("sha1:0", "SELECT 2;")), [StaleChecksum]),
        ({"migrations/committed/000002.sql": "SELECT 2;\n"}, [RefusedFile]),
    ],
)
def test_graphile_follows_the_hashes(write: Write, second: dict[str, str], odd: list[type]) -> None:
    write(graphile(1, "-", FIRST) | second)
    assert [type(one) for one in only_history().irregularities] == odd


def test_what_graphiles_current_migration_includes_is_said(write: Write) -> None:
    write(graphile(1, "-", FIRST) | {"migrations/current.sql": "\n--!include functions/f.sql\nSELECT 1;\n"})
    history = only_history()
    assert [(gap.path, gap.line) for gap in history.gaps] == [("migrations/current.sql", 2)]


BUN = {"go.mod": "module x\n\nrequire (\n\tgithub.com/uptrace/bun v1.2.0\n)\n"}


def test_bun_compares_numbers_as_text_and_refuses_other_names(write: Write) -> None:
    names = ("2_b.up.sql", "2_b.down.sql", "10_a.tx.up.sql", "10_other.up.sql", "3_Big.up.sql", "1_c.go")
    write(BUN | files("migrations", *names))
    history = only_history()
    assert (history.tool, ids(history)) == ("bun", ["1_c", "10_a", "10_other", "2_b"])
    assert {type(odd) for odd in history.irregularities} == {DuplicateVersion, RefusedFile}


BUN_CODE = 'import "github.com/uptrace/bun/migrate"\n'


@pytest.mark.parametrize(
    ("others", "tool"),
    [
        ({}, "bun"),
        ({"compose.yaml": "services:\n  schema:\n    image: migrate/migrate:v4.18.1\n"}, "golang-migrate"),
        ({"compose.yaml": "# image: migrate/migrate:v4.18.1\n"}, "bun"),
        ({"build/Dockerfile": "RUN wget https://github.com/golang-migrate/migrate/releases/x\n"}, "bun"),
        ({"Dockerfile.schema": "RUN wget https://github.com/golang-migrate/migrate/x\n"}, "golang-migrate"),
        (
            {"Makefile": "tools:\n\tgo install github.com/golang-migrate/migrate/v4/cmd/migrate\n"},
            "golang-migrate",
        ),
        ({"Makefile": "\tmigrate/migrate\n", "migrations/main.go": BUN_CODE}, "bun"),
        ({"Makefile": "\tmigrate/migrate\n", "db.go": BUN_CODE}, "bun"),
    ],
)
def test_bun_as_an_orm_says_nothing_of_a_folder_that_another_runner_is_given(
    write: Write, others: dict[str, str], tool: str
) -> None:
    write(BUN | files("migrations", "000001_a.up.sql", "000001_a.down.sql") | others)
    assert only_history().tool == tool


@pytest.mark.parametrize(
    ("others", "names", "tool"),
    [
        ({"go.mod": "require github.com/jackc/tern/v2 v2.3.0\n"}, ("001_a.sql", "002_b.sql"), "tern"),
        ({"Makefile": "t:\n\tgo install github.com/jackc/tern@latest\n"}, ("001_a.sql", "002_b.sql"), "tern"),
        ({"Makefile": "t:\n\tgo install github.com/jackc/tern/v2@v2.3.0\n"}, ("1_a.sql",), "tern"),
        ({"Makefile": "t:\n\techo github.com/jackc/tern\n"}, ("001_a.sql", "002_b.sql"), "plain-sql"),
        ({"go.mod": "require github.com/jackc/tern/v2 v2.3.0\n"}, ("001_a.sql", "003_b.sql"), "plain-sql"),
        ({"go.mod": "require github.com/jackc/tern/v2 v2.3.0\n"}, ("001_a.sql", "notes.sql"), "plain-sql"),
        (
            {"go.mod": "require github.com/jackc/tern/v2 v2.3.0\n"},
            ("001_a.up.sql", "001_a.down.sql"),
            "golang-migrate",
        ),
    ],
)
def test_a_project_that_has_tern_runs_its_numbered_files_with_it(
    write: Write, others: dict[str, str], names: tuple[str, ...], tool: str
) -> None:
    write(files("db/migrations", *names) | others)
    assert only_history().tool == tool


def test_a_folder_can_be_called_after_tern(write: Write) -> None:
    write({"Makefile": "\tgo install github.com/jackc/tern@latest\n"} | files("db/steps-tern", "001_a.sql"))
    history = only_history()
    assert (history.tool, bool(history.advice.always_in_transaction)) == ("tern", True)


@pytest.mark.parametrize(
    ("mark", "count"),
    [
        ("-- name: add-part<!", 0),
        ("-- name: parts-of-a-kind\n-- What is sold.", 0),
        ("-- :name remove-part! :! :n", 0),
        ("-- name of the part", 1),
    ],
)
def test_queries_that_a_program_knows_by_names_are_no_history(write: Write, mark: str, count: int) -> None:
    texts = {
        f"db/sql/{n}-parts.sql": f"{mark}\nUPDATE parts SET kind = :kind;\n" for n in ("1.8", "1.9", "1.10")
    }
    write({**texts, "db/sql/2.0-odd.sql": "SELECT 1;", "migrations/1_a.sql": "SELECT 1;"})
    assert len(find_histories(["."])) == count + 1


@pytest.mark.parametrize(
    ("name", "text", "mode"),
    [
        ("1_a.tx.up.sql", "SELECT 1;", TransactionMode.PER_MIGRATION),
        ("1_a.up.sql", "SELECT 1;", TransactionMode.IMPLICIT_BATCH),
        ("1_a.up.sql", "SELECT 1;\n--bun:split\nSELECT 2;", TransactionMode.PER_STATEMENT),
        ("1_a.up.sql", "SELECT 1;\r\n--bun:split\r\nSELECT 2;", TransactionMode.PER_STATEMENT),
        ("1_a.up.sql", "SELECT 1; SELECT 3;\n--bun:split\nSELECT 2;", TransactionMode.IMPLICIT_BATCH),
        (
            "1_a.up.sql",
            "REINDEX INDEX CONCURRENTLY a;\n--bun:split\nSELECT 1; SELECT 2;",
            TransactionMode.PER_STATEMENT,
        ),
        ("1_a.up.sql", "SELECT 1;\n-- bun:split\nSELECT 2;", TransactionMode.IMPLICIT_BATCH),
    ],
)
def test_bun_opts_into_a_transaction(write: Write, name: str, text: str, mode: TransactionMode) -> None:
    write(BUN | {f"migrations/{name}": text})
    assert [migration.up.mode for migration in only_history().migrations if migration.up] == [mode]


def test_golang_migrate_in_the_module_speaks_against_bun(write: Write) -> None:
    both = BUN["go.mod"] + "require github.com/golang-migrate/migrate/v4 v4.1.0\n"
    write({"go.mod": both} | files("migrations", "1_a.up.sql", "1_a.down.sql"))
    assert only_history().tool == "golang-migrate"


GO_PG = {"go.mod": "module x\n\nrequire (\n\tgithub.com/go-pg/migrations/v8 v8.1.0\n)\n"}


def test_go_pg_migrations_goes_by_numbers_and_refuses_other_names(write: Write) -> None:
    names = (
        "2_b.tx.up.sql", "2_undo.tx.down.sql", "10_a.up.sql", "010_other.up.sql", "3_c.go", "3_c.up.sql",
        "notes.sql", "main.go",
    )  # fmt: skip
    write(GO_PG | files("migrations", *names))
    history = only_history()
    assert (history.tool, ids(history)) == ("go-pg-migrations", ["2_b", "3_c", "010_other"])
    assert history.migrations[0].down is not None
    found = sorted((type(odd).__name__, odd.source.path) for odd in history.irregularities)
    assert found == [
        ("DuplicateVersion", "migrations/10_a.up.sql"),
        ("DuplicateVersion", "migrations/3_c.up.sql"),
        ("RefusedFile", "migrations/notes.sql"),
    ]


@pytest.mark.parametrize(
    ("name", "text", "mode"),
    [
        ("1_a.tx.up.sql", "SELECT 1;\n--gopg:split\nSELECT 2;", TransactionMode.PER_MIGRATION),
        ("1_a.up.sql", "SELECT 1;", TransactionMode.IMPLICIT_BATCH),
        ("1_a.up.sql", "SELECT 1;\n--gopg:split\nSELECT 2;", TransactionMode.PER_STATEMENT),
        ("1_a.up.sql", "SELECT 1; SELECT 3;\n--gopg:split\nSELECT 2;", TransactionMode.IMPLICIT_BATCH),
    ],
)
def test_go_pg_migrations_opts_into_a_transaction(
    write: Write, name: str, text: str, mode: TransactionMode
) -> None:
    write(GO_PG | {f"migrations/{name}": text})
    assert [migration.up.mode for migration in only_history().migrations if migration.up] == [mode]


def test_go_pg_migrations_is_known_by_its_directive_and_refuses_others(write: Write) -> None:
    write({"migrations/1_a.up.sql": "SELECT 1;\n--gopg:split\nSELECT 2;\n--gopg:end\n"})
    history = only_history()
    assert history.tool == "go-pg-migrations"
    assert [type(odd) for odd in history.irregularities] == [RefusedFile]


def test_go_pg_migrations_leaves_a_folder_without_tx_to_golang_migrate(write: Write) -> None:
    both = GO_PG["go.mod"] + "require github.com/golang-migrate/migrate/v4 v4.1.0\n"
    write({"go.mod": both} | files("migrations", "1_a.up.sql", "1_a.down.sql"))
    assert only_history().tool == "golang-migrate"


def test_maragu_migrate_compares_names_and_runs_each_file_in_a_transaction(write: Write) -> None:
    names = ("2_b.up.sql", "10_a.up.sql", "10_a.down.sql", "10_again.up.sql", "3_c.sql")
    module = {"go.mod": "module x\n\nrequire (\n\tmaragu.dev/migrate v0.6.0\n)\n"}
    write(module | files("migrations", *names))
    history = only_history()
    assert (history.tool, ids(history)) == ("maragu-migrate", ["10_a", "10_again", "2_b"])
    assert history.migrations[0].down is not None
    modes = {migration.up.mode for migration in history.migrations if migration.up}
    assert modes == {TransactionMode.PER_MIGRATION}


def test_maragu_migrate_leaves_a_folder_to_golang_migrate_where_both_are_required(write: Write) -> None:
    module = "require maragu.dev/migrate v0.6.0\nrequire github.com/golang-migrate/migrate/v4 v4.1.0\n"
    write({"go.mod": module} | files("migrations", "1_a.up.sql", "2_b.up.sql"))
    assert only_history().tool == "golang-migrate"


def test_postgrator_goes_by_numbers_and_pairs_by_them(write: Write) -> None:
    names = ("9.do.a.sql", "9.undo.x.sql", "10.do.sql", "010.do.b.js", "11.do.c.js", "12_d.sql")
    write(files("migrations", *names))
    history = only_history()
    assert (history.tool, ids(history)) == ("postgrator", ["9.do.a", "010.do.b", "11.do.c"])
    assert history.migrations[0].down is not None
    assert [migration.opaque is not None for migration in history.migrations] == [False, True, True]
    assert [type(odd) for odd in history.irregularities] == [DuplicateVersion, UnreachableFile]


def test_db_migrate_goes_by_the_names_of_its_code(write: Write) -> None:
    code = ("20240102000000-b.js", "20240101000000-a.js", "20240103000000-c.js")
    sqls = ("20240101000000-a-up.sql", "20240101000000-a-down.sql", "20240103000000-c-up.sql", "0-x-up.sql")
    write(files("migrations", *code) | files("migrations/sqls", *sqls))
    history = only_history()
    assert (history.tool, history.root) == ("db-migrate", "migrations")
    assert ids(history) == ["20240101000000-a", "20240102000000-b", "20240103000000-c"]
    assert [(m.opaque is not None, m.down is not None) for m in history.migrations] == [
        (False, True),
        (True, False),
        (False, False),
    ]
    assert [type(odd) for odd in history.irregularities] == [UnreachableFile]


PIPELINE = "run: bytebase-action rollout --file-pattern={}\n"


@pytest.mark.parametrize(
    ("pattern", "tool"),
    [("db/*.sql", "bytebase"), ("**/*.sql", "bytebase"), ("other/*.sql", "plain-sql")],
)
def test_bytebase_reads_what_its_pipeline_names(write: Write, pattern: str, tool: str) -> None:
    names = ("v1.10_b.sql", "1.9_a.sql", "2.sql", "notes.sql")
    write({".github/workflows/x.yml": PIPELINE.format(pattern)} | files("db", *names))
    history = only_history("db")
    assert history.tool == tool
    if tool == "bytebase":
        assert ids(history) == ["1.9_a", "v1.10_b", "2"]


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("SELECT 1;", TransactionMode.PER_MIGRATION),
        ("SELECT 1;\nCREATE INDEX CONCURRENTLY i ON a (b);", TransactionMode.PER_STATEMENT),
        ("REINDEX INDEX CONCURRENTLY i;", TransactionMode.PER_MIGRATION),
        ("-- TXN-MODE = off\nREINDEX INDEX CONCURRENTLY i;", TransactionMode.PER_STATEMENT),
        ("\n-- txn-mode = off\nREINDEX INDEX CONCURRENTLY i;", TransactionMode.PER_MIGRATION),
    ],
)
def test_what_bytebase_runs_outside_its_transaction(write: Write, text: str, mode: TransactionMode) -> None:
    write({".gitlab-ci.yml": PIPELINE.format("db/*.sql"), "db/1_a.sql": text})
    assert [migration.up.mode for migration in only_history("db").migrations if migration.up] == [mode]


def test_umzug_goes_by_names_and_finds_the_way_back_in_both_places(write: Write) -> None:
    write({"package.json": '{"dependencies": {"umzug": "^3.0.0"}}'})
    names = ("10_a.sql", "2_b.up.sql", "2_b.down.sql", "3-c-up.sql", "3-c-down.sql", "4_d.ts", "README.md")
    write(files("migrations", *names) | files("migrations/down", "10_a.sql"))
    history = only_history()
    assert (history.tool, ids(history)) == ("umzug", ["10_a", "2_b.up", "3-c-up", "4_d"])
    assert [migration.down is not None for migration in history.migrations] == [True, True, True, False]


def test_postgres_migrations_begin_with_one(write: Write) -> None:
    write(
        {
            "package.json": '{"dependencies": {"postgres-migrations": "5.3.0"}}',
            **files("migrations", "2-a.sql", "3-b.sql"),
        }
    )
    history = only_history()
    assert history.tool == "postgres-migrations"
    (odd,) = history.irregularities
    assert (type(odd), odd.migration) == (VersionGap, "2-a")


REFINERY = {"Cargo.toml": '[dependencies]\nrefinery = { version = "0.8", features = ["postgres"] }\n'}


def test_refinery_goes_by_numbers_at_any_depth(write: Write) -> None:
    write(REFINERY | files("migrations", "2/V3__c.sql", "1/V1__a.sql", "1/V2__b.sql", "V10__d.sql"))
    assert ids(only_history()) == ["V1__a", "V2__b", "V3__c", "V10__d"]


def test_refinery_is_known_by_its_sub_folders(write: Write) -> None:
    write(REFINERY | files("migrations", "a/V1__a.sql", "b/c/V2__b.sql"))
    history = only_history()
    assert (history.tool, history.root, ids(history)) == ("refinery", "migrations", ["V1__a", "V2__b"])


@pytest.mark.parametrize("places", [("postgres", "sqlite"), ("users", "orders")])
def test_folders_with_numbers_of_their_own_are_histories_of_their_own_for_refinery(
    write: Write, places: tuple[str, str]
) -> None:
    write(REFINERY | files("migrations", *(f"{place}/V1__a.sql" for place in places)))
    assert [history.root for history in find_histories(["."])] == sorted(f"migrations/{at}" for at in places)


def test_drizzle_needs_no_semicolon_before_its_breakpoint(write: Write) -> None:
    mark = "--> statement-breakpoint"
    text = f"CREATE TABLE a (id int)\n{mark}\nALTER TABLE a ADD b int;{mark}\n"
    write(
        {"drizzle/0000_a.sql": text, "drizzle/meta/_journal.json": '{"entries":[{"tag":"0000_a","when":1}]}'}
    )
    (migration,) = only_history().migrations
    assert migration.up is not None
    assert "(id int)\n;" in migration.up.sql
    assert len(migration.up.sql) == len(text)


def test_a_file_for_postgres_takes_the_place_of_the_one_for_all(write: Write) -> None:
    names = ("1_a.sql", "1_a.sql.postgres", "1_a.sql.sqlite", "2_b.pg.sql", "2_b.mysql.sql", "2_b.down.sql")
    write(files("migrations", *names))
    history = only_history()
    places = [migration.path for migration in history.migrations]
    assert places == ["migrations/1_a.sql.postgres", "migrations/2_b.pg.sql"]
    assert ids(history) == ["1_a", "2_b"]
    assert history.migrations[1].down is not None
    assert history.gaps == ()


def test_what_is_for_another_database_only_is_said(write: Write) -> None:
    write(files("migrations", "1_a.sql", "2_b.sql", "3_c.sqlite.sql", "4_d.sql.sqlite", "5_e.mysql.sql"))
    history = only_history()
    assert ids(history) == ["1_a", "2_b"]
    assert [gap.reason for gap in history.gaps] == [
        "1 SQL file for mysql only: not read",
        "2 SQL files for sqlite only: not read",
    ]


def test_a_folder_of_files_for_one_other_database_is_read_as_its(write: Write) -> None:
    write(files("migrations", "1_a.sqlite.sql", "2_b.sqlite.sql"))
    assert ids(only_history()) == ["1_a.sqlite", "2_b.sqlite"]


def test_numbered_folders_hold_files_for_postgres(write: Write) -> None:
    write(files("delta", "1/1_a.sql", "2/1_b.sql.postgres", "2/1_b.sql.sqlite", "3/1_c.sql.sqlite"))
    history = only_history()
    assert (history.tool, ids(history)) == ("numbered-folders", ["1/1_a", "2/1_b"])
    assert [(gap.path, gap.reason[:1]) for gap in history.gaps] == [("delta/3", "1")]


SQLC = "sql:\n  - engine: postgresql\n    queries: db/sql/read\n    schema:\n      - db/sql/shape\n"


@pytest.mark.parametrize("config", [SQLC, SQLC.replace("\n      - db/sql/shape", ' ["db/sql/shape/"]')])
@pytest.mark.parametrize(
    ("folder", "text", "count"),
    [
        ("db/sql/read", "UPDATE a SET b = $1;", 0),
        ("db/sql/shape", "CREATE TABLE a (id int); -- never ALTER it", 0),
        ("db/sql/shape", "ALTER TABLE a ADD b int;", 1),
        ("db/sql/steps", "CREATE TABLE a (id int);", 1),
    ],
)
def test_what_sqlc_generates_code_from_is_no_history(
    write: Write, config: str, folder: str, text: str, count: int
) -> None:
    history = {"migrations/1_a.sql": "SELECT 1;"}
    write({"sqlc.yaml": config, f"{folder}/1_a.sql": text, f"{folder}/2_b.sql": text} | history)
    assert len(find_histories(["."])) == count + 1


def test_a_journal_without_its_files_is_drizzles_all_the_same(write: Write) -> None:
    journal = '{"dialect":"postgresql","entries":[{"tag":"0000_a","when":1}]}'
    write({"db/x/meta/_journal.json": journal, "db/x/0001_b.sql": "SELECT 1;"})
    history = only_history()
    assert (history.tool, history.migrations) == ("drizzle", ())
    assert [type(odd) for odd in history.irregularities] == [MissingFile, UnreachableFile]
    assert "none of which exists" in history.gaps[0].reason


@pytest.mark.parametrize(("count", "messages"), [(3, 3), (4, 1)])
def test_many_files_that_the_journal_does_not_list_have_one_cause(
    write: Write, count: int, messages: int
) -> None:
    names = [f"000{number}_a.sql" for number in range(count + 1)]
    journal = '{"entries":[{"tag":"0000_a","when":1}]}'
    write({"drizzle/meta/_journal.json": journal} | files("drizzle", *names))
    odd = only_history().irregularities
    assert [type(one) for one in odd] == [UnreachableFile] * messages
    assert ("and 3 more" in odd[0].message) is (messages == 1)


@pytest.mark.parametrize("folder", ["mig", "db/steps", "."])
def test_a_row_of_numbered_files_is_the_history_of_each_of_them(write: Write, folder: str) -> None:
    write(files(folder, "001_a.sql", "001_a.down.sql", "002_b.sql"))
    for name, id_ in (("001_a.sql", "001_a"), ("001_a.down.sql", "001_a"), ("002_b.sql", "002_b")):
        history = only_history(f"{folder}/{name}")
        assert (ids(history), history.selected) == (["001_a", "002_b"], frozenset({id_}))


@pytest.mark.parametrize(
    "others",
    [
        ["001_a.sql", "notes.sql"],  # what the other one is nobody knows
        ["001_a.sql", "002_c.sql"],  # a number twice is no order
    ],
)
def test_a_file_that_is_checked_without_those_beside_it_says_so(write: Write, others: list[str]) -> None:
    write(files("mig", "002_b.sql", *others))
    history = only_history("mig/002_b.sql")
    assert (ids(history), history.selected) == (["002_b"], None)
    (gap,) = history.gaps
    assert gap.path == "mig/002_b.sql"
    assert gap.reason.startswith(f"checked without the files beside it: {', '.join(others)}")


def test_what_lies_in_a_home_or_a_shared_folder_is_nobodys_history(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = write(files("mig", "001_a.sql", "002_b.sql"))
    monkeypatch.setenv("HOME", str(project / "mig"))
    assert ids(only_history("mig/002_b.sql")) == ["002_b"]
    monkeypatch.setenv("HOME", str(tmp_path))
    (project / "mig").chmod(0o1777)
    assert ids(only_history("mig/002_b.sql")) == ["002_b"]


@pytest.mark.parametrize("names", [["fix.sql", "other.sql"], ["1_a.sql"], ["1_a.sql", "1_a.down.sql"]])
def test_a_file_with_no_numbered_one_beside_it_has_nothing_to_say(write: Write, names: list[str]) -> None:
    write(files("scripts", *names))
    assert not only_history(f"scripts/{names[0]}").gaps
