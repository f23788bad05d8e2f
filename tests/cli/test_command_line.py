"""The command line as programs and people meet it: exit codes, files, streams, configuration."""

import json
import os

import pytest
from tests.cli.conftest import ROOT

from miglint import REPOSITORY

TABLE = "CREATE TABLE orders (id bigint PRIMARY KEY, status text);\n"
INDEX = "CREATE INDEX orders_status ON orders (status);\n"


def test_messages_name_tables_as_the_files_do(miglint, write):
    write(
        {
            "db/migration/V1__a.sql": "CREATE TABLE ${Schema}.towns (id bigint PRIMARY KEY, name text);\n"
            'CREATE TABLE "${Tenant}_log" (id bigint);',
            "db/migration/V2__b.sql": "CREATE INDEX towns_name ON ${Schema}.towns (name);",
            "db/migration/V3__c.sql": "ALTER TABLE ${Schema}.towns ALTER COLUMN name SET NOT NULL;",
            "db/migration/V4__d.sql": 'CREATE INDEX log_id ON "${Tenant}_log" (id);',
        }
    )

    outcome = miglint("check", ".")

    assert "index build blocks writes to towns until it ends" in outcome.out
    assert "ALTER TABLE ${Schema}.towns ADD CONSTRAINT" in outcome.out
    assert "index build blocks writes to ${Tenant}_log until it ends" in outcome.out
    assert "__schema_" not in outcome.out.lower()
    assert "__tenant_" not in outcome.out.lower()


def test_a_clean_history_exits_0(miglint, write):
    write(
        {"migrations/1_orders.sql": TABLE, "migrations/2_more.sql": "ALTER TABLE orders ADD COLUMN n int;\n"}
    )

    outcome = miglint("check", "migrations", "--ignore", "missing-lock-timeout,missing-down")

    assert outcome.code == 0
    assert "No findings" in outcome.out


def test_findings_exit_1(miglint, write):
    write({"migrations/1_orders.sql": TABLE, "migrations/2_index.sql": INDEX})

    outcome = miglint("check", "migrations")

    assert outcome.code == 1
    assert "blocking-index-build" in outcome.out


def test_findings_below_fail_on_exit_0(miglint, write):
    write({f"migrations/{i}_t.sql": f"CREATE TABLE t{i} (id int);\n" for i in range(1, 5)})

    assert miglint("check", "migrations", "--select", "missing-down").code == 0
    assert miglint("check", "migrations", "--select", "missing-down", "--fail-on", "note").code == 1


def test_a_path_without_migrations_exits_2(miglint, write):
    write({"README.md": "nothing here"})

    outcome = miglint("check", ".")

    assert outcome.code == 2
    assert "no migrations" in outcome.err


def test_a_path_that_does_not_exist_exits_2(miglint):
    outcome = miglint("check", "nowhere")

    assert outcome.code == 2
    assert "nowhere" in outcome.err


def test_an_unknown_rule_name_exits_2_with_the_nearest_one(miglint, write):
    write({"migrations/1_orders.sql": TABLE})

    outcome = miglint("check", "migrations", "--select", "blocking-index-bild")

    assert outcome.code == 2
    assert "did you mean 'blocking-index-build'" in outcome.err


def test_a_wrong_configuration_key_exits_2_and_names_the_nearest_one(miglint, write):
    write({"migrations/1_orders.sql": TABLE, "miglint.toml": 'igore = ["dropped-table"]\n'})

    outcome = miglint("check", "migrations")

    assert outcome.code == 2
    assert "igore" in outcome.err
    assert "ignore" in outcome.err


def test_standard_input_is_linted_under_the_name_given(miglint):
    outcome = miglint("check", "-", "--stdin-filename", "db/3_x.sql", stdin=b"DROP TABLE orders;\n")

    assert outcome.code == 1
    assert "db/3_x.sql:1:1" in outcome.out


def test_several_formats_go_to_files_and_to_standard_output(miglint, write):
    folder = write({"migrations/1_orders.sql": TABLE, "migrations/2_index.sql": INDEX})

    outcome = miglint(
        *("check", "migrations", "--output-format", "json", "--output-file", "out.json"),
        *("--output-format", "concise"),
    )

    assert outcome.code == 1
    assert json.loads((folder / "out.json").read_text())["version"] == 1
    assert "migrations/2_index.sql:1:1: error blocking-index-build" in outcome.out


def test_an_output_file_that_cannot_be_written_exits_2(miglint, write):
    write({"migrations/1_orders.sql": TABLE})

    outcome = miglint(
        "check", "migrations", "--output-format", "json", "--output-file", "no/such/folder/x.json"
    )

    assert outcome.code == 2
    assert "no/such/folder/x.json" in outcome.err


def test_a_pipe_gets_no_colour_and_no_progress(miglint, write):
    write({f"migrations/{i:03}_t.sql": f"CREATE TABLE t{i} (id int);\n" for i in range(60)})

    outcome = miglint("check", "migrations")

    assert "\x1b" not in outcome.out
    assert outcome.err == ""


def test_colour_can_be_forced(miglint, write):
    write({"migrations/1_orders.sql": TABLE, "migrations/2_index.sql": INDEX})

    assert "\x1b[" in miglint("check", "migrations", "--color", "always").out


def test_one_migration_is_reported_with_the_history_before_it(miglint, write):
    write(
        {
            "migrations/1_orders.sql": TABLE,
            "migrations/2_index.sql": INDEX,
            "migrations/3_drop.sql": "DROP TABLE orders;\n",
        }
    )

    outcome = miglint("check", "migrations/2_index.sql", "--output-format", "concise")

    assert "2_index.sql" in outcome.out
    assert "3_drop.sql" not in outcome.out


def test_a_suppressed_finding_is_counted_not_shown(miglint, write):
    write(
        {
            "migrations/1_orders.sql": TABLE,
            "migrations/2_index.sql": f"-- miglint: ignore[blocking-index-build] small\n{INDEX}",
        }
    )

    outcome = miglint("check", "migrations", "--select", "safety")

    assert "blocking-index-build" not in outcome.out
    assert "1 suppressed" in outcome.out


def test_explain_shows_the_page_of_a_rule(miglint):
    outcome = miglint("explain", "blocking-index-build")

    assert outcome.code == 0
    assert outcome.out.startswith("# blocking-index-build")


def test_explain_of_an_unknown_rule_names_the_nearest_one(miglint):
    outcome = miglint("explain", "blocking-index")

    assert outcome.code == 2
    assert "did you mean" in outcome.err


def test_rules_are_listed_as_json(miglint):
    rules = json.loads(miglint("rules", "--output-format", "json").out)["rules"]

    assert "blocking-index-build" in {rule["name"] for rule in rules}


def test_there_is_no_schema_of_another_database(miglint, write):
    write({"db/mysql/migrations/1_orders.sql": "CREATE TABLE orders (id bigint);\n"})
    outcome = miglint("schema")
    assert (outcome.code, outcome.out) == (2, "")
    assert "1 migration for MySQL: not analysed, only PostgreSQL is" in outcome.err


def test_a_changeset_that_finds_what_it_would_make_is_passed_over(miglint, write):
    def changeset(number, change, asked=""):
        held = f'<preConditions onFail="MARK_RAN"><not>{asked}</not></preConditions>' if asked else ""
        return f'<changeSet id="{number}" author="me">{held}{change}</changeSet>'

    def sql(text):
        return f"<sql>{text}</sql>"

    index = '<indexExists indexName="orders_note"/>'
    column = '<columnExists tableName="ORDERS" columnName="note"/>'
    sets = (
        changeset(1, sql("CREATE TABLE orders (id bigint PRIMARY KEY, note text)")),
        changeset(
            2, sql("ALTER TABLE orders ADD PRIMARY KEY (note)"), '<primaryKeyExists tableName="orders"/>'
        ),
        changeset(3, sql("ALTER TABLE orders ADD note text NOT NULL"), column),
        changeset(4, sql("CREATE INDEX orders_note ON orders (note)"), index),
        changeset(5, sql("CREATE INDEX orders_note ON orders (id)"), index),
    )
    write({"changelog/master.xml": f"<databaseChangeLog>{''.join(sets)}</databaseChangeLog>"})
    found = json.loads(miglint("check", "--output-format", "json").out)
    assert [f["rule"] for f in found["findings"] if f["severity"] == "error"] == ["blocking-index-build"]
    assert found["summary"]["statements"] == 2


def test_the_help_for_a_changelog_is_sql(miglint, write):
    table = '<createTable tableName="orders"><column name="note" type="text"/></createTable>'
    index = '<createIndex tableName="orders" indexName="orders_note"><column name="note"/></createIndex>'
    sets = [
        f'<changeSet id="{n}" author="me">{change}</changeSet>' for n, change in enumerate((table, index))
    ]
    write({"changelog/master.xml": f"<databaseChangeLog>{''.join(sets)}</databaseChangeLog>"})
    assert "CREATE INDEX CONCURRENTLY orders_note ON orders(note);" in miglint("check").out


def test_the_schema_after_a_named_migration_is_printed(miglint, write):
    write({"migrations/1_orders.sql": TABLE, "migrations/2_drop.sql": "DROP TABLE orders;\n"})

    first = miglint("schema", "migrations", "--after", "1_orders", "--output-format", "json")
    last = miglint("schema", "migrations", "--output-format", "json")

    assert "orders" in json.loads(first.out)["schemas"]["public"]["tables"]
    assert json.loads(last.out)["schemas"]["public"]["tables"] == {}


def test_without_a_command_the_help_is_printed(miglint):
    outcome = miglint()

    assert (outcome.code, outcome.out) == (2, "")
    assert "find what would hurt in production" in outcome.err


def test_the_version_has_a_short_option(miglint):
    assert miglint("-V") == miglint("--version")
    assert miglint("-V").out.startswith("miglint ")


@pytest.mark.parametrize(
    ("words", "nearest"),
    [
        (("chek",), "'check'"),
        (("check", "--sinec", "main"), "'--since'"),
        (("check", "--sta"), "'--staged'"),
        (("check", "--fail-on", "warn"), "'warning'"),
        (("plan", "--output-format=jsn"), "'json'"),
    ],
)
def test_a_wrong_word_is_answered_with_the_nearest_one(miglint, words, nearest):
    outcome = miglint(*words)

    assert (outcome.code, outcome.out) == (2, "")
    assert f"did you mean {nearest}?" in outcome.err


def test_a_wrong_option_shows_how_its_command_is_used(miglint):
    assert "usage: miglint init" in miglint("init", "--force").err
    assert "usage: miglint [-h]" in miglint("--force").err
    assert "usage: miglint explain" in miglint("explain").err


def test_a_folder_in_the_place_of_a_command_is_answered_with_the_command(miglint, write):
    write({"migrations/1_orders.sql": TABLE})

    assert "`miglint check migrations`" in miglint("migrations").err


@pytest.mark.skipif(os.name == "nt", reason="file modes and links of POSIX")
def test_a_file_that_is_written_keeps_its_mode_and_its_link(miglint, write):
    folder = write({"migrations/1_orders.sql": TABLE, "out/real.json": "old"})
    (folder / "out/real.json").chmod(0o640)
    (folder / "link.json").symlink_to("out/real.json")

    assert miglint("baseline", "--output-file", "link.json").code == 0

    assert (folder / "link.json").is_symlink()
    assert (folder / "out/real.json").stat().st_mode & 0o777 == 0o640
    assert "findings" in (folder / "out/real.json").read_text()
    assert os.listdir(folder / "out") == ["real.json"]


@pytest.mark.skipif(os.name == "nt", reason="file names of POSIX")
def test_a_baseline_with_a_name_that_is_not_utf_8_is_written_and_read(miglint, write):
    folder = write({"migrations/1_orders.sql": TABLE})
    (folder / os.fsdecode(b"migrations/2_\xe9.sql")).write_text("DROP TABLE orders;\n")

    assert miglint("check").code == 1
    assert miglint("baseline").code == 0
    assert miglint("check", "--ignore", "missing-down").code == 0


def test_a_device_can_be_written_to(miglint, write):
    write({"migrations/1_orders.sql": TABLE})

    outcome = miglint("check", "--output-format", "json", "--output-file", os.devnull)

    assert outcome.code in (0, 1)


@pytest.mark.parametrize(
    ("environment", "colored"),
    [
        ({}, False),
        ({"FORCE_COLOR": "1"}, True),
        ({"FORCE_COLOR": "0"}, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": ""}, True),
        ({"CLICOLOR_FORCE": "1"}, True),
    ],
)
def test_the_environment_decides_about_colour(miglint, write, environment, colored):
    write({"migrations/1_orders.sql": TABLE, "migrations/2_index.sql": INDEX})

    assert ("\x1b[" in miglint("check", environment=environment).out) is colored


def test_findings_can_be_counted_only(miglint, write):
    write({"migrations/1_orders.sql": TABLE, "migrations/2_index.sql": INDEX})

    outcome = miglint("check", "--statistics")

    assert outcome.code == 1
    assert "  1  error    blocking-index-build  Index build" in outcome.out
    assert "-->" not in outcome.out
    assert miglint("check", "--statistics", "--output-format", "json").code == 2


def test_quiet_leaves_nothing_but_findings(miglint, write):
    write({"migrations/1_orders.sql": TABLE, "miglint.toml": 'hot_tables = ["nowhere"]\n'})

    outcome = miglint("check", "--quiet", "--select", "locks")

    assert outcome == (0, "", "")


def test_exit_zero_reports_and_passes(miglint, write):
    write({"migrations/1_orders.sql": TABLE, "migrations/2_index.sql": INDEX})

    outcome = miglint("check", "--exit-zero")

    assert outcome.code == 0
    assert "blocking-index-build" in outcome.out
    assert miglint("check", "nowhere", "--exit-zero").code == 2


def test_findings_come_in_the_order_in_which_the_migrations_run(miglint, write):
    index = "CREATE INDEX i{} ON orders (status);\n"
    write({"migrations/1_orders.sql": TABLE, **{f"migrations/{n}_i.sql": index.format(n) for n in (2, 10)}})

    outcome = miglint("check", "--select", "blocking-index-build", "--output-format", "concise")

    assert [line.partition("_")[0] for line in outcome.out.splitlines()] == ["migrations/2", "migrations/10"]


def test_the_log_names_the_page_of_the_tool_and_of_each_rule(miglint, write):
    write({"migrations/1_orders.sql": TABLE})

    log = json.loads(miglint("check", "--output-format", "sarif", "--exit-zero").out)
    driver = log["runs"][0]["tool"]["driver"]

    assert driver["informationUri"] == REPOSITORY
    assert driver["rules"]
    for rule in driver["rules"]:
        assert rule["helpUri"].startswith(f"{REPOSITORY}/blob/v")
        assert rule["helpUri"].endswith(f"/docs/rules/{rule['id']}.md")
        assert (ROOT / "docs/rules" / f"{rule['id']}.md").is_file()


def test_explain_lists_the_rules_of_a_category(miglint):
    outcome = miglint("explain", "backfill")

    assert outcome.code == 0
    assert outcome.out.startswith("backfill\n  batch-without-commit ")
    assert "locks" not in outcome.out.split()


def test_explain_answers_a_rule_of_squawk(miglint):
    outcome = miglint("explain", "prefer-robust-stmts")

    assert outcome.code == 2
    assert "here it is partial-failure-not-rerunnable and unguarded-statement" in outcome.err
