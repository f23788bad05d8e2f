"""What is not analysed is named and counted by every command and format, and nothing analysed is no pass."""

import json
import os
import re
import subprocess

import pytest

from miglint.report import FORMATS

RAILS = {"store/db/migrate/20240101000000_state.rb": "class State < ActiveRecord::Migration[7.1]\nend\n"}
MYSQL = {"db/mysql/migrations/1_parts.sql": "CREATE TABLE parts (id int AUTO_INCREMENT);\n"}
POSTGRES = {
    "db/migrations/1_parts.up.sql": "CREATE TABLE parts (id bigint PRIMARY KEY);\n",
    "db/migrations/1_parts.down.sql": "DROP TABLE parts;\n",
}
SAID = {
    "store/db/migrate": "1 Rails migration in Ruby: not read",
    "db/mysql/migrations": "1 migration for MySQL: not analysed, only PostgreSQL is",
}


@pytest.mark.parametrize("command", ["check", "plan", "schema", "tools", "baseline", "init"])
@pytest.mark.parametrize(("files", "place"), [(RAILS, "store/db/migrate"), (MYSQL, "db/mysql/migrations")])
def test_nothing_analysed_is_no_pass(miglint, write, command, files, place):
    write(files)
    outcome = miglint(command)
    assert outcome.code == 2
    if command != "baseline":
        assert SAID[place] in outcome.out + outcome.err
        assert "1 place not analysed" in outcome.out + outcome.err


@pytest.mark.parametrize(
    "text", ["SELECT " + "+" * 20_000 + "1;\n", "DO LANGUAGE plpython3u $$ plpy.notice(1) $$;\n"]
)
@pytest.mark.parametrize("command", ["check", "plan", "schema"])
def test_statements_of_which_none_is_analysed_are_no_pass(miglint, write, command, text):
    write({"db/migrations/1_a.sql": text})
    outcome = miglint(command)
    assert outcome.code == 2
    assert "1 place" in outcome.out + outcome.err
    write({"db/migrations/2_b.sql": "SELECT 1;\n"})
    assert miglint(command).code == 0


def test_no_baseline_is_written_where_nothing_was_analysed(miglint, write):
    folder = write(MYSQL)
    outcome = miglint("baseline")
    assert outcome.code == 2
    assert "no baseline is written" in outcome.err
    assert not (folder / "miglint-baseline.json").exists()


@pytest.mark.parametrize("entry", [7, "{}", '{"migration": "1_a", "rule": 3, "fingerprint": "f"}'])
def test_a_broken_entry_of_a_baseline_is_named_by_its_number(miglint, write, entry):
    known = '{"migration": "1_a", "rule": "dropped-table", "fingerprint": "f"}'
    write({**POSTGRES, "miglint-baseline.json": f'{{"version": 1, "findings": [{known}, {entry}]}}'})
    outcome = miglint("check")
    assert outcome.code == 2
    assert "miglint-baseline.json: entry 2 of findings is not one of a baseline" in outcome.err


@pytest.mark.parametrize("command", ["check", "plan", "schema", "tools", "init"])
def test_a_step_in_the_sequence_of_a_history_is_named(miglint, write, command):
    write(
        {
            "src/main/resources/db/migration/V1__parts.sql": "CREATE TABLE parts (id bigint PRIMARY KEY);\n",
            "src/main/java/db/migration/V2__Fill.java": "class V2__Fill extends BaseJavaMigration {}\n",
            "src/main/kotlin/db/migration/V3__More.kt": "class V3__More : BaseJavaMigration() {}\n",
        }
    )
    outcome = miglint(command)
    said = outcome.out + outcome.err
    assert "V2__Fill.java: a migration in Java" in said.replace(":1: ", ": ")
    assert "V3__More.kt: a migration in Kotlin" in said.replace(":1: ", ": ")
    assert "2 places not analysed" in outcome.out + outcome.err


@pytest.mark.parametrize("command", ["check", "plan", "schema", "tools", "init"])
def test_what_stands_beside_a_history_is_named_and_counted(miglint, write, command):
    write({**POSTGRES, **RAILS, **MYSQL})
    outcome = miglint(command)
    assert outcome.code == 0
    for reason in SAID.values():
        assert reason in outcome.out + outcome.err
    assert "2 places not analysed" in outcome.out + outcome.err


@pytest.mark.parametrize("command", ["check", "plan", "schema", "tools"])
def test_json_names_what_is_not_analysed(miglint, write, command):
    write({**POSTGRES, **RAILS, **MYSQL})
    found = json.loads(miglint(command, "--output-format", "json").out)
    assert {gap["path"]: gap["reason"] for gap in found["not_analysed"]} == SAID
    assert all((gap["line"], gap["end_line"]) == (1, 1) for gap in found["not_analysed"])


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_names_what_is_not_analysed(miglint, write, form):
    write({**POSTGRES, **RAILS, **MYSQL})
    outcome = miglint("check", "--output-format", form)
    assert outcome.code == 0
    for place, reason in SAID.items():
        assert place in outcome.out
        assert reason.partition(":")[0] in outcome.out


def test_findings_decide_where_something_was_analysed(miglint, write):
    drop = {"db/migrations/2_drop.up.sql": "DROP TABLE parts;\n", "db/migrations/2_drop.down.sql": ""}
    write({**POSTGRES, **RAILS, **drop})
    outcome = miglint("check", "--output-format", "json")
    assert outcome.code == 1
    assert json.loads(outcome.out)["summary"]["histories"] == 1


def test_findings_about_a_folder_do_not_make_it_analysed(miglint, write):
    write({"db/mysql/migrations/1_a.sql": "-- miglint: ignore[no-such-rule]\nSELECT 1;\n"})
    assert miglint("check", "--fail-on", "error").code == 2


@pytest.mark.parametrize("command", ["check", "plan", "schema", "tools", "baseline"])
@pytest.mark.parametrize("files", [{"README.md": ""}, RAILS, MYSQL])
def test_that_nothing_is_analysed_can_be_allowed(miglint, write, command, files):
    write(files)
    assert miglint(command).code == 2
    assert miglint(command, "--allow-none").code == 0


def test_that_nothing_is_analysed_is_still_said_when_it_is_allowed(miglint, write):
    write(RAILS)
    assert SAID["store/db/migrate"] in miglint("check", "--allow-none").out
    write({"db/migrations/1_bad.sql": b"\xff"})
    assert miglint("check", "--allow-none").code == 2


@pytest.mark.parametrize("form", FORMATS)
def test_each_format_can_say_that_there_is_nothing(miglint, write, form):
    write({"README.md": ""})
    outcome = miglint("check", "--allow-none", "--output-format", form)
    assert (outcome.code, outcome.err) == (0, "")


def test_the_configuration_of_init_names_what_is_not_analysed(miglint, write):
    folder = write({**POSTGRES, **RAILS, **MYSQL})
    miglint("init")
    text = (folder / "miglint.toml").read_text()
    assert "# store/db/migrate: rails, 1 migration in code: not analysed\n" in text
    assert "# db/mysql/migrations: plain-sql, 1 migration for MySQL: not analysed\n" in text
    assert 'paths = ["db/migrations", "db/mysql/migrations", "store/db/migrate"]' in text
    assert "2 places not analysed" in miglint("check").out


@pytest.fixture
def commit(tmp_path):
    def git(*words):
        environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1"}
        person = ["-c", "user.name=A", "-c", "user.email=a@example.com"]
        command = ["git", *person, *words]
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, env=environment)

    def everything():
        if not (tmp_path / ".git").exists():
            git("init", "--quiet")
        git("add", "--all")
        git("commit", "--quiet", "--message", "change")

    return everything


def test_a_change_is_told_of_the_migrations_in_code_that_it_brings(miglint, write, commit):
    write({**POSTGRES, **RAILS, **MYSQL})
    commit()
    outcome = miglint("check", "--since", "HEAD")
    assert (outcome.code, outcome.out) == (0, "No findings in 0 of 2 migrations (1 statement).\n")

    write({"store/db/migrate/20240201000000_more.rb": "class More < ActiveRecord::Migration[7.1]\nend\n"})
    outcome = miglint("check", "--since", "HEAD")
    assert outcome.code == 0
    assert re.findall(r"^  (\S+?):1: (.*)", outcome.out, re.M) == [
        ("store/db/migrate", "1 Rails migration in Ruby: not read")
    ]


def test_a_change_of_code_alone_is_not_analysed(miglint, write, commit):
    write(RAILS)
    commit()
    assert miglint("check", "--since", "HEAD").code == 0
    write({"store/db/migrate/20240201000000_more.rb": "class More < ActiveRecord::Migration[7.1]\nend\n"})
    assert miglint("check", "--since", "HEAD").code == 2
    assert miglint("check", "--since", "HEAD", "--allow-none").code == 0


def test_a_change_beside_migrations_of_no_known_kind_is_no_error(miglint, write, commit):
    write({**POSTGRES, **{f"app/migrations/000{number}_x.pl": "" for number in range(3)}})
    write({f"web/migrations/000{number}_x.xml": "" for number in range(3)})
    commit()
    write({"web/migrations/0004_x.xml": "", "db/migrations/2_b.up.sql": "SELECT 1;\n"})
    outcome = miglint("check", "--since", "HEAD", "--output-format", "concise")
    assert "web/migrations:1:1: warning not-analysed 4 numbered .xml files" in outcome.out
    assert outcome.code == 0, outcome.err


def test_what_is_not_analysed_can_be_excluded(miglint, write):
    more = {"store/db/migrate/20240201000000_more.rb": "class More < ActiveRecord::Migration[7.1]\nend\n"}
    write({**POSTGRES, **RAILS, **more, "miglint.toml": 'exclude = ["**/*_more.rb"]\n'})
    outcome = miglint("check")
    assert "1 Rails migration in Ruby: not read" in outcome.out
    assert outcome.err == ""
    write({"miglint.toml": 'exclude = ["store"]\n'})
    assert miglint("check").out == "No findings in 1 migration (1 statement).\n"
