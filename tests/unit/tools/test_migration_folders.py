"""Diesel, Hasura, Sourcegraph: the tools with a folder of up.sql and down.sql for each migration."""

import pytest
from migration_project import Write, ids, modes, only_history

from miglint.model.irregularity import (
    DuplicateVersion,
    IgnoredDirective,
    MissingFile,
    RefusedFile,
    UnreachableFile,
)
from miglint.model.migration import TransactionMode
from miglint.tools import find_histories

CARGO = {"Cargo.toml": '[dependencies]\ndiesel = { version = "2", features = ["postgres"] }\n'}
HASURA = {"hasura-app/config.yaml": "version: 3\nmetadata_directory: metadata\n"}
SQL = "SELECT 1;"


def test_diesel_orders_versions_as_strings_without_dashes(write: Write) -> None:
    names = [
        "00000000000000_diesel_initial_setup",
        "20190101000000_a",
        "2019-03-22-170700_b",
        "20190323000000_c",
        "2020-01-01-000000_d",
    ]
    write(CARGO | {f"migrations/{name}/up.sql": SQL for name in reversed(names)})
    history = only_history()
    assert (history.tool, ids(history)) == ("diesel", names)


def test_diesel_takes_blanks_in_a_name_and_passes_over_hidden_and_empty_folders(write: Write) -> None:
    project = write(
        CARGO
        | {
            "migrations/2019-11-15-182353_Add email notifications/up.sql": SQL,
            "migrations/.keep/x": "",
            "migrations/README.md": "",
        }
    )
    (project / "migrations" / "2020_empty").mkdir()
    history = only_history()
    assert ids(history) == ["2019-11-15-182353_Add email notifications"]
    assert history.problems == ()


def test_a_diesel_folder_with_files_but_no_up_sql_is_a_problem(write: Write) -> None:
    write(CARGO | {"migrations/1_a/up.sql": SQL, "migrations/2_b/down.sql": SQL})
    history = only_history()
    assert ids(history) == ["1_a"]
    assert [(type(odd), odd.source.path) for odd in history.irregularities] == [
        (MissingFile, "migrations/2_b/up.sql")
    ]


def test_an_empty_up_sql_is_a_problem_for_diesel(write: Write) -> None:
    write(CARGO | {"migrations/1_a/up.sql": ""})
    assert [(type(odd), odd.source.path) for odd in only_history().irregularities] == [
        (RefusedFile, "migrations/1_a/up.sql")
    ]


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        (None, TransactionMode.PER_MIGRATION),
        ("run_in_transaction = false\n", TransactionMode.IMPLICIT_BATCH),
        ("run_in_transaction = true\n", TransactionMode.PER_MIGRATION),
        # The field has no default but false, and a file that does not parse counts as missing.
        ("", TransactionMode.IMPLICIT_BATCH),
        ("# run_in_transaction = true\nother = 1\n", TransactionMode.IMPLICIT_BATCH),
        ("run_in_transaction = 0\n", TransactionMode.PER_MIGRATION),
        ("run_in_transaction =\n", TransactionMode.PER_MIGRATION),
    ],
)
def test_metadata_toml_turns_diesels_transaction_off(
    write: Write, metadata: str | None, expected: TransactionMode
) -> None:
    write(CARGO | {"migrations/1_a/up.sql": SQL, "migrations/2_b/up.sql": SQL})
    if metadata is not None:
        write({"migrations/1_a/metadata.toml": metadata})
    assert modes(only_history()) == [expected, TransactionMode.PER_MIGRATION]


@pytest.mark.parametrize(
    ("cargo", "always"),
    [
        ('diesel = "1.4"', True),
        ('diesel = { version = "^1", features = ["postgres"] }', True),
        ('diesel = "2.1"', False),
        ('diesel = "10"', False),
        ("diesel.workspace = true", False),
    ],
)
def test_diesel_before_version_2_always_opens_a_transaction(write: Write, cargo: str, always: bool) -> None:
    write({"Cargo.toml": f"[dependencies]\n{cargo}\n", "migrations/1_a/up.sql": SQL})
    advice = only_history().advice
    assert (bool(advice.always_in_transaction), bool(advice.run_outside_transaction)) == (always, not always)


@pytest.mark.parametrize(
    ("cargo", "dialect"),
    [
        ('[dependencies]\ndiesel = { version = "2", features = ["mysql", "r2d2"] }\n', "mysql"),
        ('[dependencies.diesel]\nversion = "2"\nfeatures = [\n  "sqlite",\n]\n', "sqlite"),
        (
            '[workspace.dependencies]\ndiesel = {features = ["postgres_backend"]}\n'
            'rusqlite = {features=["sqlite"]}\n',
            "postgres",
        ),
        ('[dependencies]\ndiesel = { features = ["postgres", "sqlite"] }\n', "postgres"),
        ("[dependencies]\ndiesel.workspace = true\n", "postgres"),
        ('[dependencies]\ndb = { package = "diesel", version = "2", features = ["mysql"] }\n', "mysql"),
        ('[target."cfg(unix)".dependencies.diesel]\nfeatures = ["mysql"]\n', "mysql"),
        (
            '[dev-dependencies]\ndiesel = { features = ["sqlite"] }\n'
            '[dependencies]\ndiesel = { version = "2", features = ["mysql"] } # "postgres"\n',
            "mysql",
        ),
        ('[features]\ndiesel = ["mysql"]\n[dependencies]\ndiesel.features = ["sqlite"]\n', "sqlite"),
    ],
)
def test_cargo_toml_names_diesels_database(write: Write, cargo: str, dialect: str) -> None:
    write({"Cargo.toml": cargo, "migrations/1_a/up.sql": SQL})
    history = only_history()
    assert (history.tool, history.dialect) == ("diesel", dialect)


@pytest.mark.parametrize("cargo", ["[dependencies]\nsqlx = ", "x = " + "[" * 5_000 + "]" * 5_000 + " # sqlx"])
def test_a_manifest_that_cargo_cannot_read_says_nothing(write: Write, cargo: str) -> None:
    write({"Cargo.toml": cargo, "migrations/1_a.sql": SQL})
    assert only_history().tool != "sqlx"


def test_a_workspace_above_gives_the_features(write: Write) -> None:
    write(
        {
            "Cargo.toml": '[workspace.dependencies]\ndiesel = { version = "2", features = ["mysql"] }\n',
            "crates/db/Cargo.toml": "[dependencies]\ndiesel = { workspace = true }\n",
            "crates/db/migrations/1_a/up.sql": SQL,
        }
    )
    assert only_history().dialect == "mysql"


def test_the_folders_of_several_databases_are_histories_of_their_own(write: Write) -> None:
    write(CARGO | {f"migrations/{name}/2019-01-01-000000_a/up.sql": SQL for name in ("mysql", "postgresql")})
    assert [(history.tool, history.dialect) for history in find_histories(["."])] == [
        ("diesel", "mysql"),
        ("diesel", "postgres"),
    ]


def test_diesel_is_known_by_its_names_without_a_cargo_toml(write: Write) -> None:
    write({"migrations/2019-01-01-000000_a/up.sql": SQL})
    assert only_history().tool == "diesel"


def test_hasura_is_known_by_its_config_and_orders_by_number(write: Write) -> None:
    base = "hasura-app/migrations/default"
    write(
        HASURA
        | {
            f"{base}/1616000000000_b/up.sql": SQL,
            f"{base}/999999999999_a/up.sql": SQL,
            f"{base}/999999999999_a/down.sql": SQL,
        }
    )
    history = only_history()
    assert (history.tool, ids(history)) == ("hasura", ["999999999999_a", "1616000000000_b"])
    assert set(modes(history)) == {TransactionMode.PER_MIGRATION}
    assert [migration.down is not None for migration in history.migrations] == [True, False]


def test_hasura_is_known_by_names_in_milliseconds(write: Write) -> None:
    write({"backend/migrations/1616000000000_a/up.sql": SQL})
    assert only_history().tool == "hasura"


def test_a_rust_project_with_names_in_milliseconds_is_diesels(write: Write) -> None:
    write(CARGO | {"migrations/1616000000000_a/up.sql": SQL})
    assert only_history().tool == "diesel"


@pytest.mark.parametrize(
    ("kind", "dialect"),
    [("postgres", "postgres"), ("citus", "postgres"), ("mssql", "mssql"), ("bigquery", "bigquery")],
)
def test_the_metadata_names_hasuras_database(write: Write, kind: str, dialect: str) -> None:
    databases = f"- name: default\n  kind: mysql\n- name: sales\n  customization: {{}}\n  kind: {kind}\n"
    write(
        HASURA
        | {
            "hasura-app/metadata/databases/databases.yaml": databases,
            "hasura-app/migrations/sales/1616000000000_a/up.sql": SQL,
        }
    )
    assert only_history().dialect == dialect


ACTIONS = """
- type: run_sql
  args:
    cascade: true
    sql: |
      CREATE TABLE a (id int);
- args: {name: a, schema: public}
  type: track_table
- args: {sql: "DROP TABLE b"}
  type: run_sql
"""


def test_what_hasura_never_runs_is_said(write: Write) -> None:
    base = "hasura-app/migrations/default"
    files = {
        f"{base}/1616000000000_a/up.sql": SQL,
        f"{base}/1616000000000_a/down.yaml": "[]",
        f"{base}/1616000000001_b/up.yaml": ACTIONS,
        f"{base}/1616000000002_c/up.sql": "",
        f"{base}/next/up.sql": SQL,
    }
    write(HASURA | files)
    history = only_history()
    assert [migration.id for migration in history.migrations] == ["1616000000000_a"]
    assert [(type(odd), odd.source.path) for odd in history.irregularities] == [
        (UnreachableFile, f"{base}/1616000000001_b/up.yaml"),
        (UnreachableFile, f"{base}/next/up.sql"),
    ]


def test_the_first_version_of_hasuras_configuration_runs_sql_in_yaml(write: Write) -> None:
    base = "hasura/migrations"
    write(
        {
            "hasura/config.yaml": "endpoint: http://x\n",
            f"{base}/15_a.up.yaml": ACTIONS,
            f"{base}/2_b.up.sql": SQL,
        }
    )
    history = only_history()
    assert (history.tool, [migration.id for migration in history.migrations]) == ("hasura", ["2_b", "15_a"])
    up = history.migrations[1].up
    assert up is not None
    assert up.sql.split() == "CREATE TABLE a (id int); ; DROP TABLE b ;".split()
    assert len(up.sql) == len(ACTIONS)
    assert up.sql.index("CREATE") == ACTIONS.index("CREATE")


@pytest.mark.parametrize(
    ("head", "mode"),
    [
        ("-- hasura:no-transaction ", TransactionMode.IMPLICIT_BATCH),
        ("--hasura:no-transaction", TransactionMode.PER_MIGRATION),
        ("\n-- hasura:no-transaction", TransactionMode.PER_MIGRATION),
    ],
)
def test_hasuras_marker_counts_in_the_first_line_only(write: Write, head: str, mode: TransactionMode) -> None:
    write(HASURA | {"hasura-app/migrations/default/1616000000000_a/up.sql": f"{head}\n{SQL}"})
    up = only_history().migrations[0].up
    assert up is not None
    assert up.mode is mode


@pytest.mark.parametrize(
    ("metadata", "what"),
    [("", "does not say"), ("other = 1\n", "does not say"), ("run_in_transaction = ", "is not TOML")],
)
def test_a_metadata_toml_that_does_not_say_what_it_seems_to(write: Write, metadata: str, what: str) -> None:
    write(CARGO | {"migrations/1_a/up.sql": SQL, "migrations/1_a/metadata.toml": metadata})
    (odd,) = only_history().irregularities
    assert isinstance(odd, IgnoredDirective)
    assert what in odd.message
    assert odd.source.path == "migrations/1_a/metadata.toml"


def sourcegraph(number: int, *parents: int, extra: str = "") -> dict[str, str]:
    folder = f"migrations/frontend/{number}_step"
    metadata = f"name: step\nparents: [{', '.join(map(str, parents))}]\n{extra}"
    return {f"{folder}/up.sql": SQL, f"{folder}/down.sql": SQL, f"{folder}/metadata.yaml": metadata}


def test_sourcegraph_runs_parents_first(write: Write) -> None:
    write(sourcegraph(10) | sourcegraph(30, 10) | sourcegraph(20, 30) | sourcegraph(40, 10))
    history = only_history()
    assert (history.tool, ids(history)) == ("sourcegraph", ["10_step", "30_step", "20_step", "40_step"])
    assert all(migration.down for migration in history.migrations)


def test_sourcegraph_reads_parents_as_a_list_of_lines(write: Write) -> None:
    write(sourcegraph(10) | sourcegraph(30) | sourcegraph(20))
    write(
        {"migrations/frontend/20_step/metadata.yaml": "name: x\nparents:\n  - 10\n  - 30\nprivileged: true\n"}
    )
    assert ids(only_history()) == ["10_step", "30_step", "20_step"]


def test_a_parent_that_was_squashed_away_holds_nothing_up(write: Write) -> None:
    write(sourcegraph(20, 5) | sourcegraph(30, 20))
    assert ids(only_history()) == ["20_step", "30_step"]


def test_both_migrations_with_one_number_are_read(write: Write) -> None:
    write(
        sourcegraph(10) | {name.replace("10_step", "10_twin"): text for name, text in sourcegraph(10).items()}
    )
    history = only_history()
    assert ids(history) == ["10_step", "10_twin"]
    (odd,) = history.irregularities
    assert (type(odd), odd.migration) == (DuplicateVersion, "10_twin")


def test_a_circle_of_parents_ends(write: Write) -> None:
    write(sourcegraph(10, 20) | sourcegraph(20, 10) | sourcegraph(5))
    assert ids(only_history()) == ["5_step", "10_step", "20_step"]


def test_an_index_built_concurrently_runs_outside_sourcegraphs_transaction(write: Write) -> None:
    write(sourcegraph(10) | sourcegraph(20, 10, extra="createIndexConcurrently: true\n"))
    assert modes(only_history()) == [TransactionMode.PER_MIGRATION, TransactionMode.IMPLICIT_BATCH]


def test_the_bare_layout_is_nobodys_and_ordered_by_number(write: Write) -> None:
    names = ["0-init", "2-b", "10-c"]
    write({f"storage/migrations/{name}/up.sql": SQL for name in names})
    history = only_history()
    assert (history.tool, ids(history)) == ("up-down-folders", names)


def test_an_up_sql_in_a_folder_without_a_number_is_no_history_unless_named(write: Write) -> None:
    write({"scripts/deploy/up.sql": SQL, "migrations/2019-01-01-000000_a/up.sql": SQL})
    assert only_history().root == "migrations"
    (named,) = find_histories(["scripts"])
    assert ids(named) == ["deploy"]


def test_a_definition_beside_each_migration_is_serverpods(write: Write) -> None:
    write(
        {
            f"server/migrations/{version}/{name}.sql": "BEGIN;\nCREATE TABLE a (id int);\nCOMMIT;\n"
            for version in ("20240102030405006", "20250102030405006-v2")
            for name in ("migration", "definition")
        }
    )
    (history,) = find_histories(["."])
    assert (history.tool, ids(history)) == ("serverpod", ["20240102030405006", "20250102030405006-v2"])
    assert {m.up.source.path.rpartition("/")[2] for m in history.migrations if m.up} == {"migration.sql"}
    (one,) = find_histories(["server/migrations/20240102030405006"])
    assert (one.tool, one.selected) == ("serverpod", {"20240102030405006"})
