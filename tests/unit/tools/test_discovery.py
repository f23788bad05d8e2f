import os
from pathlib import Path

import pytest
from migration_project import Write, ids

from miglint.errors import NoMigrations, UnreadableFile, UsageError
from miglint.model.migration import Direction, History, Problem, TransactionMode
from miglint.project.files import Files, Folder
from miglint.tools import (
    Tool,
    ToolSettings,
    _recognition,
    all_tools,
    find_histories,
    history_of_text,
    plain_sql,
)

PRISMA = {
    "prisma/migrations/migration_lock.toml": 'provider = "postgresql"\n',
    "prisma/migrations/1_init/migration.sql": "CREATE TABLE a (id int);",
    "prisma/migrations/2_more/migration.sql": "CREATE TABLE b (id int);",
}
PAIRS = {
    "db/migrations/1_a.up.sql": "CREATE TABLE a (id int);",
    "db/migrations/1_a.down.sql": "DROP TABLE a;",
    "db/migrations/2_b.up.sql": "CREATE TABLE b (id int);",
}


def only(histories: tuple[History, ...]) -> History:
    (history,) = histories
    return history


def test_a_repository_root_is_searched_and_every_history_in_it_read(write: Write) -> None:
    write({**PRISMA, **PAIRS, **{f"apps/web/{name}": text for name, text in PRISMA.items()}})
    found = [(history.tool, history.root) for history in find_histories(["."])]
    assert found == [
        ("prisma", "apps/web/prisma/migrations"),
        ("golang-migrate", "db/migrations"),
        ("prisma", "prisma/migrations"),
    ]


@pytest.mark.parametrize("path", ["prisma/migrations", "prisma/migrations/", "./prisma", "prisma/../prisma"])
def test_the_folder_of_migrations_or_one_above_it_can_be_named(write: Write, path: str) -> None:
    write(PRISMA)
    history = only(find_histories([path]))
    assert ids(history) == ["1_init", "2_more"]
    assert history.selected is None


def test_paths_are_relative_to_the_working_directory(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    project = write(PRISMA)
    assert only(find_histories([str(project)])).root == "prisma/migrations"
    monkeypatch.chdir(project / "prisma" / "migrations")
    history = only(find_histories(["."]))
    assert history.root == "."
    assert history.migrations[0].up is not None
    assert history.migrations[0].up.source.path == "1_init/migration.sql"


def test_outside_the_working_directory_a_path_stays_as_given(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(PRISMA)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert only(find_histories(["../project"])).root == "../project/prisma/migrations"
    absolute = str(tmp_path / "project")
    assert only(find_histories([absolute])).root == f"{absolute}/prisma/migrations"


@pytest.mark.parametrize("path", ["prisma/migrations/2_more", "prisma/migrations/2_more/migration.sql"])
def test_a_migration_that_is_named_selects_itself_in_its_whole_history(write: Write, path: str) -> None:
    write(PRISMA)
    history = only(find_histories([path]))
    assert ids(history) == ["1_init", "2_more"]
    assert history.selected == frozenset({"2_more"})


def test_a_file_named_from_within_its_folder_selects_itself(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = write(PRISMA)
    monkeypatch.chdir(project / "prisma/migrations/2_more")
    history = only(find_histories(["migration.sql"]))
    assert ids(history) == ["1_init", "2_more"]
    assert history.selected == frozenset({"2_more"})


def test_a_down_script_that_is_named_selects_its_migration(write: Write) -> None:
    write(PAIRS)
    assert only(find_histories(["db/migrations/1_a.down.sql"])).selected == frozenset({"1_a"})


def test_files_of_one_history_are_selected_together(write: Write) -> None:
    write(PAIRS)
    history = only(find_histories(["db/migrations/1_a.up.sql", "db/migrations/2_b.up.sql"]))
    assert history.selected == frozenset({"1_a", "2_b"})


def test_naming_the_folder_as_well_selects_everything(write: Write) -> None:
    write(PAIRS)
    assert only(find_histories(["db/migrations/1_a.up.sql", "."])).selected is None


def test_a_file_in_no_history_is_one_of_its_own(write: Write) -> None:
    write({"scripts/fix.sql": "UPDATE a SET b = 1;", "scripts/other.sql": "SELECT 1;"})
    history = only(find_histories(["scripts/fix.sql"]))
    assert (history.tool, history.root, ids(history)) == ("plain-sql", "scripts/fix.sql", ["fix"])
    assert history.selected is None
    assert len(find_histories(["scripts/fix.sql", "scripts/other.sql"])) == 2


@pytest.mark.parametrize(
    "name",
    [
        "node_modules",
        "vendor",
        "testdata",
        "fixtures",
        "build",
        ".cache",
        "bazel-out",
        "examples",
        "docs",
        "seeds",
    ],
)
def test_a_folder_of_other_peoples_code_is_skipped_unless_it_is_named(write: Write, name: str) -> None:
    write({f"{name}/{path}": text for path, text in PRISMA.items()} | PAIRS)
    assert [history.tool for history in find_histories(["."])] == ["golang-migrate"]
    assert [history.tool for history in find_histories([name])] == ["prisma"]
    assert [history.tool for history in find_histories([f"{name}/prisma/migrations"])] == ["prisma"]


@pytest.mark.parametrize("place", ["services/docs", "services/samples", "src/main/resources/com/example"])
def test_a_part_of_the_program_may_have_the_name_of_a_folder_for_readers(write: Write, place: str) -> None:
    write({f"{place}/{path}": text for path, text in PRISMA.items()})
    assert [history.tool for history in find_histories(["."])] == ["prisma"]


GENERATED = {f"generated/{path}": text for path, text in PRISMA.items()}


def test_a_folder_that_git_ignores_is_not_entered(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write({".gitignore": "generated/\n", **GENERATED, **PAIRS})
    listed: list[str] = []
    scandir = os.scandir

    def count(path: str) -> object:
        listed.append(path)
        return scandir(path)

    all_tools()
    monkeypatch.setattr(os, "scandir", count)
    assert [history.tool for history in find_histories(["."])] == ["golang-migrate"]
    assert not [path for path in listed if "generated" in path]


@pytest.mark.parametrize("path", ["generated", "generated/prisma/migrations", "generated/prisma"])
def test_a_folder_that_git_ignores_is_read_if_it_or_one_in_it_is_named(write: Write, path: str) -> None:
    write({".gitignore": "generated/\n", **GENERATED})
    assert only(find_histories([path])).tool == "prisma"


def test_below_a_named_folder_the_rules_of_the_repository_hold(write: Write) -> None:
    generated = {f"app/{path}": text for path, text in GENERATED.items()}
    write({".gitignore": "/app/generated\n", **generated, "app/db/1_a.up.sql": "SELECT 1;"})
    assert only(find_histories(["app"])).root == "app/db"


def test_below_a_named_folder_in_an_ignored_one_no_rules_hold(write: Write) -> None:
    write(
        {
            ".gitignore": "out\n",
            "out/.gitignore": "*\n",
            **{f"out/{path}": t for path, t in GENERATED.items()},
        }
    )
    assert only(find_histories(["out"])).root == "out/generated/prisma/migrations"
    assert only(find_histories(["out/generated"])).root == "out/generated/prisma/migrations"


def test_a_folder_of_a_history_that_git_ignores_is_in_it_as_it_is_for_the_tool(write: Write) -> None:
    write({".gitignore": "2_more\n", **PRISMA})
    assert ids(only(find_histories(["."]))) == ["1_init", "2_more"]


def test_what_is_not_entered_speaks_for_no_tool(write: Write) -> None:
    write({".gitignore": "/migrations/2_more\n", "migrations/2_more/migration.sql": "", **PAIRS})
    assert [history.root for history in find_histories(["."])] == ["db/migrations"]


def test_a_link_is_followed_unless_git_ignores_it_or_where_it_leads(write: Write) -> None:
    shared = {f"shared/{path}": text for path, text in PRISMA.items()}
    project = write({".gitignore": "/generated\n/service/out\n", **GENERATED, **shared, "service/x": ""})
    for name, target in (("out", "../shared"), ("to-ignored", "../generated/prisma")):
        (project / "service" / name).symlink_to(target)
    with pytest.raises(NoMigrations):
        find_histories(["service"])
    (project / "service" / "in").symlink_to("../shared")
    assert only(find_histories(["service"])).root == "service/in/prisma/migrations"


def test_where_all_migrations_are_in_folders_that_git_ignores_the_hint_says_so(write: Write) -> None:
    write({".gitignore": "generated/\n", **GENERATED})
    with pytest.raises(NoMigrations) as raised:
        find_histories(["."])
    assert raised.value.hint == "skipped by .gitignore: generated; name one to check it"
    write({f"vendor/{path}": text for path, text in PRISMA.items()})
    with pytest.raises(NoMigrations) as raised:
        find_histories(["."])
    assert raised.value.hint == (
        "skipped by name: vendor, and by .gitignore: generated; name one to check it"
    )


def test_a_tool_is_asked_about_folders_with_its_traces_only(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write({"a/one.up.sql": "", "a/b/two.toml": "", "a/b/c/three.sql": "", "d/e/sql": "", "d/f.sqlx": ""})
    asked: list[tuple[str, str]] = []

    def tool(trace: str) -> Tool:
        def recognise(folder: Folder, _: Files) -> None:
            asked.append((trace, folder.path))

        return plain_sql.tool._replace(name=trace, recognise=recognise, traces=(trace,))

    tools = tuple(map(tool, (".sql", ".up.sql", "two.toml", ".rb")))
    monkeypatch.setattr(_recognition, "all_tools", lambda: tools)
    with pytest.raises(NoMigrations):
        find_histories(["."])
    assert sorted(asked) == [
        (".sql", "."),
        (".sql", "a"),
        (".sql", "a/b"),
        (".sql", "a/b/c"),
        (".up.sql", "."),
        (".up.sql", "a"),
        ("two.toml", "a"),
        ("two.toml", "a/b"),
    ]


def test_a_virtual_environment_is_skipped_whatever_its_name(write: Write) -> None:
    write({"my-env/pyvenv.cfg": "", **{f"my-env/lib/{path}": text for path, text in PRISMA.items()}, **PAIRS})
    assert [history.tool for history in find_histories(["."])] == ["golang-migrate"]


def test_clickhouse_migrations_are_named_like_those_of_other_databases(write: Write) -> None:
    clickhouse = {
        "clickhouse/migrations/1_a.up.sql": "CREATE TABLE a (x Int8) ENGINE = MergeTree ORDER BY x;"
    }
    write({**PAIRS, **clickhouse})
    assert [history.dialect for history in find_histories(["."])] == ["clickhouse", "postgres"]


def test_clickhouse_migrations_beside_those_of_a_crate_are_not_for_its_database(write: Write) -> None:
    table = "CREATE TABLE hits (x UInt64, tags Array(String)) ENGINE = MergeTree() ORDER BY x;"
    write(
        {
            "Cargo.toml": '[dependencies]\ndiesel = { version = "2", features = ["postgres"] }\n',
            "migrations/2024-01-01-000000_users/up.sql": "CREATE TABLE users (id int);",
            "migrations/2024-01-01-000000_users/down.sql": "DROP TABLE users;",
            "ch_migrations/1700000000_hits/up.sql": table,
            "ch_migrations/1700000000_hits/down.sql": "DROP TABLE hits;",
        }
    )
    assert [(history.root, history.dialect) for history in find_histories(["."])] == [
        ("ch_migrations", "clickhouse"),
        ("migrations", "postgres"),
    ]


@pytest.mark.parametrize(
    ("folder", "dialect"),
    [
        ("mysql", "mysql"),
        ("migrations-sqlite", "sqlite"),
        ("sqlite3", "sqlite"),
        ("pg", "postgres"),
        ("mysql-to-sqlite", "postgres"),
        ("ourmysqldb", "postgres"),
        ("storesqlite/lib/migrations", "sqlite"),
        ("sqlite/v1/main/versioned", "sqlite"),
        ("sqlite-viewer/server/db/migrations", "postgres"),
        ("oracle", "postgres"),
    ],
)
def test_a_folder_named_after_a_database_gives_the_dialect(write: Write, folder: str, dialect: str) -> None:
    write({f"migrations/{folder}/1_a.up.sql": "CREATE TABLE a (id int);"})
    assert only(find_histories(["."])).dialect == dialect


def test_a_folder_called_oracle_beside_those_of_other_databases_is_for_oracle(write: Write) -> None:
    write({f"db/{name}/patches/1_a.up.sql": "CREATE TABLE a (id int);" for name in ("oracle", "postgres")})
    assert {history.root.split("/")[1]: history.dialect for history in find_histories(["."])} == {
        "oracle": "oracle",
        "postgres": "postgres",
    }


@pytest.mark.parametrize(
    ("sql", "dialect"),
    [
        ("CREATE TABLE `a` (`id` int AUTO_INCREMENT) ENGINE=InnoDB;", "mysql"),
        ("CREATE TABLE a (id serial);\nALTER TABLE a MODIFY b varchar(9) NOT NULL;", "mysql"),
        ("alter table a add column b int default 1 after c;", "mysql"),
        ("CREATE TABLE a (id bigint(20) unsigned);", "mysql"),
        ("drop index a_b on a;", "mysql"),
        ("ALTER TABLE a ADD b int; CREATE TRIGGER t AFTER INSERT ON a EXECUTE FUNCTION f();", "postgres"),
        ("CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT);", "sqlite"),
        ("CREATE TABLE [dbo].[a] (name NVARCHAR(10));\nGO\n", "mssql"),
        ("CREATE TABLE a (id bigserial); -- was `a` in MySQL", "postgres"),
        ("-- like `a`\nCREATE TABLE a (note text DEFAULT 'ENGINE=none');", "postgres"),
    ],
)
def test_the_sql_itself_can_betray_another_database(write: Write, sql: str, dialect: str) -> None:
    write({"migrations/1_a.up.sql": sql})
    assert only(find_histories(["."])).dialect == dialect


MYSQL = "CREATE TABLE `a` (`id` int AUTO_INCREMENT) ENGINE=InnoDB;"
POSTGRES = "CREATE TABLE a (id bigserial, b jsonb);"


@pytest.mark.parametrize(
    ("texts", "dialect"),
    [
        ((MYSQL, "DELIMITER $$\nCREATE PROCEDURE p() BEGIN SELECT 1; END $$\n"), "mysql"),
        ((MYSQL, MYSQL, "DO $$ BEGIN END $$;"), "mysql"),
        ((MYSQL, MYSQL, "CREATE TABLE pg_13 (a int);"), "mysql"),
        ((MYSQL, "CREATE FUNCTION f() RETURNS int AS $a$ SELECT 1 $a$ LANGUAGE sql;"), "postgres"),
        (("UPDATE cars SET engine = fuel;", POSTGRES, POSTGRES), "postgres"),
        (("SELECT 1;",), "postgres"),
    ],
)
def test_the_signs_of_most_files_count(write: Write, texts: tuple[str, ...], dialect: str) -> None:
    write({f"migrations/{number}_a.up.sql": text for number, text in enumerate(texts)})
    assert only(find_histories(["."])).dialect == dialect


NEUTRAL = "CREATE TABLE a (id int);"


@pytest.mark.parametrize(
    ("name", "text", "sql", "dialect"),
    [
        ("Makefile", 'migrate -database "mysql://root@tcp(x)/a" up\n', NEUTRAL, "mysql"),
        ("Makefile", "# migrate -database mysql://x up\n", NEUTRAL, "postgres"),
        ("db/.env", "SITE=http://x\nDATABASE_URL=sqlite://x.db\n", NEUTRAL, "sqlite"),
        ("compose.yml", "    environment:\n      URL: http://a,mysql+pymysql://b\n", NEUTRAL, "mysql"),
        ("compose.yml", "    image: mysql:8.4\n", NEUTRAL, "mysql"),
        ("compose.yml", "    image: docker.io/library/mariadb\n", NEUTRAL, "mysql"),
        ("compose.yml", "    image: prom/mysql-exporter:1\n", NEUTRAL, "postgres"),
        ("compose.yml", "    image: mysql:8\n---\n    image: postgres:18\n", NEUTRAL, "postgres"),
        ("compose.yml", "    image: mysql:8\n", POSTGRES, "postgres"),
        ("Makefile", "DSN=mysql://x\n", POSTGRES, "postgres"),
        ("Makefile", "DSN=postgres://x\n", MYSQL, "mysql"),
        ("Makefile", "DSN=postgres://x TEST=sqlite://y\n", MYSQL, "mysql"),
    ],
)
@pytest.mark.parametrize("migration", ["1_a.up.sql", "1_a.sql"])
def test_a_url_or_an_image_of_the_project_names_the_database(
    write: Write, migration: str, name: str, text: str, sql: str, dialect: str
) -> None:
    write({f"db/migrations/{migration}": sql, name: text})
    assert only(find_histories(["."])).dialect == dialect


def test_the_settings_override_what_was_found(write: Write) -> None:
    write(PRISMA)
    settings = ToolSettings(dialect="cockroach", transaction_mode=TransactionMode.PER_RUN)
    history = only(find_histories(["."], {"prisma/migrations": settings}))
    assert history.dialect == "cockroach"
    assert {m.up.mode for m in history.migrations if m.up} == {TransactionMode.PER_RUN}


@pytest.mark.parametrize(
    ("name", "dialect"),
    [("postgresql", "postgres"), ("PG", "postgres"), ("mariadb", "mysql"), ("oracle", "oracle")],
)
def test_a_database_is_taken_by_any_of_its_names(write: Write, name: str, dialect: str) -> None:
    write(PRISMA)
    settings = {"prisma/migrations": ToolSettings(dialect=name)}
    assert only(find_histories(["."], settings)).dialect == dialect


def test_a_database_that_is_not_known_is_an_error(write: Write) -> None:
    write(PRISMA)
    with pytest.raises(UsageError, match="postgers") as raised:
        find_histories(["."], {"prisma/migrations": ToolSettings(dialect="postgers")})
    assert "postgres" in raised.value.hint


def test_a_configured_folder_is_read_as_its_tools_wherever_it_is(write: Write) -> None:
    write({**PRISMA, "node_modules/changes/alpha.sql": "SELECT 1;"})
    configured = {"node_modules/changes": ToolSettings(tool="plain-sql")}
    found = [(history.tool, history.root) for history in find_histories(["."], configured)]
    assert found == [("prisma", "prisma/migrations"), ("plain-sql", "node_modules/changes")]


def test_settings_hold_for_their_folder_only(write: Write) -> None:
    write({**PRISMA, **PAIRS})
    found = find_histories(["."], {"prisma/migrations": ToolSettings(dialect="mysql")})
    assert [history.dialect for history in found if history.tool != "prisma"] == ["postgres"]


def test_a_tool_that_is_set_reads_a_named_folder_that_it_would_not_know(write: Write) -> None:
    write({"changes/alpha.sql": "SELECT 1;", "changes/beta.sql": "-- migrate:down\n"})
    history = only(find_histories(["changes"], {"changes": ToolSettings(tool="plain-sql")}))
    assert ids(history) == ["alpha", "beta"]


def test_an_unknown_tool_is_a_usage_error_with_the_nearest_name(write: Write) -> None:
    write(PRISMA)
    with pytest.raises(UsageError) as raised:
        find_histories(["."], {"prisma/migrations": ToolSettings(tool="prizma")})
    assert raised.value.hint == "did you mean 'prisma'?"


def test_a_path_that_does_not_exist_is_a_usage_error_with_the_nearest_name(write: Write) -> None:
    write(PRISMA)
    with pytest.raises(UsageError) as raised:
        find_histories(["prisma/migration"])
    assert raised.value.message == "prisma/migration: no such file or folder"
    assert raised.value.hint == "did you mean 'migrations'?"


def test_an_empty_path_is_a_usage_error() -> None:
    with pytest.raises(UsageError):
        find_histories([""])


def test_a_path_without_migrations_is_an_error_that_names_the_nearest_folders(write: Write) -> None:
    write(
        {"db/queries/users.sql": "SELECT 1;", "db/queries/orders.sql": "SELECT 1;", "a/one.sql": "SELECT 1;"}
    )
    with pytest.raises(NoMigrations) as raised:
        find_histories(["."])
    assert raised.value.message == ".: no migrations found"
    assert raised.value.hint == (
        "SQL files are in db/queries (2), a (1); name a folder or a file to check it"
    )


def test_a_file_that_holds_no_migrations_is_no_place_to_look_around(write: Write) -> None:
    write({"notes.txt": "SELECT 1;", "a/one.sql": "SELECT 1;"})
    with pytest.raises(NoMigrations) as raised:
        find_histories(["notes.txt"])
    assert raised.value.hint == "name a folder or a .sql file"


def test_folders_of_releases_are_counted_together_and_those_for_postgresql_come_first(write: Write) -> None:
    names = [f"db/{place}/{release}/x.sql" for place in ("clickhouse", "postgresql", "reports")
             for release in ("1.4.0", "v1.5", "1_10_0")]  # fmt: skip
    write(dict.fromkeys((*names, "db/reports/1.4.0/y.sql", "db/clickhouse/1.4.0/y.sql"), "SELECT 1;"))
    with pytest.raises(NoMigrations) as raised:
        find_histories(["."])
    assert raised.value.hint == (
        "SQL files are in db/postgresql (3), db/reports (4), db/clickhouse (4); "
        "name a folder or a file to check it"
    )


def test_a_path_whose_migrations_are_all_skipped_says_so(write: Write) -> None:
    write({f"vendor/{path}": text for path, text in PRISMA.items()})
    with pytest.raises(NoMigrations) as raised:
        find_histories(["."])
    assert raised.value.hint == "skipped by name: vendor; name one to check it"


def test_one_path_without_migrations_is_an_error_beside_one_with(write: Write) -> None:
    write({**PRISMA, "empty/readme.md": ""})
    with pytest.raises(NoMigrations):
        find_histories(["prisma", "empty"])


def test_a_file_that_is_not_sql_has_no_migrations(write: Write) -> None:
    write(PRISMA)
    with pytest.raises(NoMigrations):
        find_histories(["prisma/migrations/migration_lock.toml"])


def test_a_folder_that_links_to_itself_or_above_ends(write: Write) -> None:
    project = write({**PRISMA, **PAIRS})
    (project / "prisma" / "loop").symlink_to(project / "prisma")
    (project / "prisma" / "up").symlink_to("..")
    (project / "prisma" / "out").symlink_to("/")
    (project / "prisma" / "broken").symlink_to("nowhere")
    assert [history.root for history in find_histories(["."])] == ["db/migrations", "prisma/migrations"]
    assert only(find_histories(["prisma"])).root == "prisma/migrations"


def test_a_tool_that_does_not_fit_is_named(write: Write) -> None:
    write(PAIRS)
    with pytest.raises(NoMigrations) as raised:
        find_histories(["."], {"db/migrations": ToolSettings(tool="flyway")})
    assert raised.value.hint == "the configuration has db/migrations read as flyway: no file in it matches"


def test_a_link_to_itself_costs_only_itself(write: Write) -> None:
    project = write(PAIRS)
    (project / "loop").symlink_to("loop")
    (project / "db" / "migrations" / "3_c.up.sql").symlink_to("3_c.up.sql")
    history = only(find_histories(["."]))
    assert ids(history) == ["1_a", "2_b"]
    assert history.problems == (Problem("db/migrations/3_c.up.sql", "not a readable file"),)


def test_a_file_that_is_a_link_out_of_the_project_is_not_shown(write: Write, tmp_path: Path) -> None:
    (tmp_path / "secret.sql").write_text("SELECT 'secret';")
    project = write(PAIRS)
    (project / "db" / "migrations" / "3_c.up.sql").symlink_to(tmp_path / "secret.sql")
    (project / "db" / "migrations" / "4_d.up.sql").symlink_to("1_a.up.sql")
    history = only(find_histories(["."]))
    assert ids(history) == ["1_a", "2_b", "4_d"]
    reason = "a link that leads out of the project: not followed"
    assert history.problems == (Problem("db/migrations/3_c.up.sql", reason),)


def test_a_linked_folder_is_read_once_under_its_own_name(write: Write) -> None:
    project = write(PRISMA)
    (project / "a-link").symlink_to("prisma")
    assert only(find_histories(["."])).root == "prisma/migrations"


def test_a_link_to_elsewhere_in_the_repository_is_followed(write: Write) -> None:
    project = write({f"shared/{path}": text for path, text in PRISMA.items()} | {"service/readme.md": ""})
    (project / "service" / "prisma").symlink_to("../shared/prisma")
    assert only(find_histories(["service"])).root == "service/prisma/migrations"


def test_a_link_out_of_the_repository_is_not_followed(write: Write, tmp_path: Path) -> None:
    project = write(PRISMA)
    (tmp_path / "other" / "migrations").mkdir(parents=True)
    (tmp_path / "other" / "migrations" / "1_a.up.sql").write_text("SELECT 1;")
    (project / "other").symlink_to(tmp_path / "other")
    assert only(find_histories(["."])).root == "prisma/migrations"
    assert only(find_histories(["other"])).root == "other/migrations"


def test_a_folder_of_migrations_that_cannot_be_listed_is_a_problem(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write({**PRISMA, "db/migrations/1_a.sql": "", "db/data/x": ""})
    scandir = os.scandir

    def refuse(path: str) -> object:
        if path.startswith("db/"):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    histories = find_histories(["."])
    problems = [problem for history in histories for problem in history.problems]
    assert problems == [Problem("db/migrations", "cannot be listed: Permission denied")]
    gaps = [gap for history in histories for gap in history.gaps]
    assert gaps == [Problem("db/data", "cannot be listed: Permission denied")]
    with pytest.raises(UnreadableFile):
        find_histories(["db/data"])


@pytest.mark.parametrize(
    ("files", "hidden"),
    [
        (PRISMA, "prisma/migrations/2_more"),
        (PAIRS, "db/migrations/more"),
        ({"sql/V1__a.sql": "SELECT 1;", "sql/V2__b.sql": "SELECT 1;"}, "sql/more"),
    ],
    ids=["of the tool's own layout", "in a folder called so", "in a folder of a tool that reads below it"],
)
def test_a_folder_in_one_of_migrations_that_cannot_be_listed_is_a_problem_of_the_history(
    write: Write, monkeypatch: pytest.MonkeyPatch, files: dict[str, str], hidden: str
) -> None:
    write({**files, f"{hidden}/migration.sql": "SELECT 1;"})
    scandir = os.scandir

    def refuse(path: str) -> object:
        if path == hidden:
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    histories = find_histories(["."])
    problems = [problem for history in histories for problem in history.problems]
    assert problems == [Problem(hidden, "cannot be listed: Permission denied")]
    assert not any(history.irregularities for history in histories)


def test_nothing_beside_the_repository_is_looked_at(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write({**PRISMA, "fix.sql": "SELECT 1;"})
    (tmp_path / "sibling").mkdir()
    listed: list[str] = []
    scandir = os.scandir

    def count(path: str) -> object:
        listed.append(str(path))
        return scandir(path)

    all_tools()
    monkeypatch.setattr(os, "scandir", count)
    find_histories([".", "prisma", "fix.sql"])
    assert not [path for path in listed if "sibling" in path or os.path.abspath(path) == str(tmp_path)]


def test_each_folder_is_listed_once(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write({f"src/part{part}/file.ts": "" for part in range(20)} | PRISMA | PAIRS)
    listed: list[str] = []
    scandir = os.scandir

    def count(path: str) -> object:
        listed.append(path)
        return scandir(path)

    all_tools()
    monkeypatch.setattr(os, "scandir", count)
    find_histories(["."])
    assert len(listed) == len(set(listed))
    assert len(listed) <= 31


def test_a_pipe_is_a_problem_and_does_not_wait(write: Write) -> None:
    project = write(PAIRS)
    os.mkfifo(project / "db/migrations/3_c.up.sql")
    history = only(find_histories(["."]))
    assert [problem.path for problem in history.problems] == ["db/migrations/3_c.up.sql"]
    assert ids(history) == ["1_a", "2_b"]


def test_a_name_that_is_not_utf8_is_printable(write: Write) -> None:
    project = write(PAIRS)
    with open(os.fsencode(project) + b"/db/migrations/3_\xff.up.sql", "wb") as file:
        file.write(b"SELECT 1;")
    history = only(find_histories(["."]))
    last = history.migrations[-1].up
    assert last is not None
    assert last.source.path == "db/migrations/3_\\udcff.up.sql"


def test_text_stands_in_for_the_file_of_its_name_in_the_whole_history(write: Write) -> None:
    write(PRISMA)
    history = history_of_text("SELECT 2;", "prisma/migrations/2_more/migration.sql")
    assert ids(history) == ["1_init", "2_more"]
    assert history.selected == frozenset({"2_more"})
    assert [m.up.source.text for m in history.migrations if m.up] == ["CREATE TABLE a (id int);", "SELECT 2;"]


def test_text_for_a_file_that_is_not_on_the_disk_yet_takes_its_place_in_the_order(write: Write) -> None:
    write(PRISMA)
    history = history_of_text("SELECT 1;", "prisma/migrations/1_later/migration.sql")
    assert ids(history) == ["1_init", "1_later", "2_more"]
    assert history.selected == frozenset({"1_later"})


def test_text_without_a_project_is_a_history_of_its_own(write: Write) -> None:
    write(PRISMA)
    history = history_of_text("\ufeffSELECT 1;", "<stdin>")
    assert (ids(history), history.migrations[0].up and history.migrations[0].up.source.text) == (
        ["<stdin>"],
        "SELECT 1;",
    )


def test_a_down_script_as_text_goes_down(write: Write) -> None:
    write(PAIRS)
    history = history_of_text("DROP TABLE b;", "db/migrations/2_b.down.sql")
    down = history.migrations[1].down
    assert down is not None
    assert (down.direction, down.source.text) == (Direction.DOWN, "DROP TABLE b;")


def test_bytes_that_are_no_text_raise() -> None:
    with pytest.raises(UnreadableFile) as raised:
        history_of_text(b"SELECT 1;\n\xff", "<stdin>")
    assert raised.value.line == 2


@pytest.mark.parametrize(
    ("ending", "candidate"),
    [("py", "Django, Alembic or yoyo"), ("rb", "Rails"), ("xml", "Liquibase, in XML")],
)
def test_a_folder_that_no_tool_reads_is_named_with_the_nearest_candidates(
    write: Write, ending: str, candidate: str
) -> None:
    write({f"app/migrations/{number:04}_x.{ending}": "" for number in range(3)})
    history = only(find_histories(["."]))
    assert (history.tool, history.root, history.migrations) == ("unknown", "app/migrations", ())
    assert candidate in history.gaps[0].reason


def test_a_folder_called_migrations_without_numbered_files_is_nothing(write: Write) -> None:
    write({**PRISMA, "docs/migrations/upgrade.md": "", "src/migrations/index.ts": ""})
    assert [history.tool for history in find_histories(["."])] == ["prisma"]


@pytest.mark.parametrize(
    "place",
    [
        "src/test/resources/db/migration",
        "tests/data/migrations",
        "test/data/migrations",
        "crates/store/tests/migrations_fixture",
        "app/__tests__/upgrades/migrations-fixtures-old",
    ],
)
def test_what_feeds_tests_is_no_history_of_the_project(write: Write, place: str) -> None:
    write({f"{place}/V1__a.sql": "SELECT 1;", f"{place}/V2__b.sql": "SELECT 1;", **PRISMA})
    assert [history.root for history in find_histories(["."])] == ["prisma/migrations"]
    assert [history.root for history in find_histories([place])] == [place]


def test_fixtures_that_are_no_tests_are_a_part_of_the_program(write: Write) -> None:
    write({"tests-of-speed/fixture-lists/migrations/1_a.up.sql": "SELECT 1;"})
    assert [history.tool for history in find_histories(["."])] == ["golang-migrate"]


def test_a_place_that_a_tool_prescribes_outweighs_a_dependency(write: Write) -> None:
    write(
        {
            "Cargo.toml": '[dependencies]\nsqlx = "0.8"\n',
            "supabase/migrations/20240101000000_a.sql": "SELECT 1;",
            "migrations/20240101000000_a.sql": "SELECT 1;",
        }
    )
    assert {history.root: history.tool for history in find_histories(["."])} == {
        "migrations": "sqlx",
        "supabase/migrations": "supabase",
    }


def test_steps_in_code_between_numbered_files_stand_in_the_sequence(write: Write) -> None:
    names = (
        "1/01_a.sql",
        "1/02_b.py",
        "1/03_c.sql",
        "2/01_d.sql",
        "3/01_e.py",
        "3/__init__.py",
        "3/a_test.go",
    )
    write({f"schema/delta/{name}": "SELECT 1;" for name in names})
    (history,) = find_histories(["."])
    assert [(m.id, m.opaque is not None) for m in history.migrations] == [
        ("1/01_a", False), ("1/02_b.py", True), ("1/03_c", False), ("2/01_d", False), ("3/01_e.py", True),
    ]  # fmt: skip


def test_a_remark_in_a_file_of_another_tool_is_no_mark_of_node_pg_migrate(write: Write) -> None:
    text = "-- Up migration\nSELECT 1;\n"
    write({"Cargo.toml": '[dependencies]\nsqlx = "0.8"\n', "migrations/1_a.up.sql": text})
    assert [history.tool for history in find_histories(["."])] == ["sqlx"]
