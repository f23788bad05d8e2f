"""`miglint rollback`: the verdict, the commands in order, and the draft in the tool's own place."""

import json
import shutil
import subprocess

import pytest
from tests.cli.conftest import FIXTURES, command

from miglint.tools import find_histories

BASE = {
    "migrations/1_users.up.sql": "CREATE TABLE users (id int PRIMARY KEY, note text DEFAULT '' NOT NULL);\n",
    "migrations/1_users.down.sql": "DROP TABLE users;\n",
    "migrations/2_age.up.sql": "ALTER TABLE users ADD age int;\n",
    "migrations/2_age.down.sql": "ALTER TABLE users DROP age;\n",
    "migrations/3_note.up.sql": "ALTER TABLE users DROP note;\n",
}
INDEX = "CREATE INDEX CONCURRENTLY users_age ON users (age);\n"
MIGRATE = "migrate -path migrations -database $DATABASE_URL"


def row(outcome):
    (found,) = json.loads(outcome.out)["histories"]
    return found


def test_the_newest_migration_is_judged_where_nothing_tells_of_a_release(miglint, write):
    write(BASE)
    outcome = miglint("rollback")
    assert outcome.code == 0
    assert "back over 3_note, to 2_age" in outcome.out
    assert "at best lossy" in outcome.out
    assert "no return after migrations/3_note.up.sql:1, as soon as it has run" in outcome.out
    assert "no way back is written" in outcome.out
    assert "1. write and try what is missing first (`miglint rollback --draft`): 3_note" in outcome.out
    assert f"2. {MIGRATE} down 1" in outcome.out
    assert f"then `{MIGRATE} force 3`" in outcome.out.replace("\n   ", " ")
    assert "no migration found" in outcome.out


def test_everything_after_a_version_goes_back_with_one_command(miglint, write):
    write(BASE)
    found = row(miglint("rollback", "--to", "1", "--output-format", "json"))
    assert found["back_to"] == "1_users"
    assert [one["migration"] for one in found["migrations"]] == ["2_age", "3_note"]
    assert [one["verdict"] for one in found["migrations"]] == ["reversible", "lossy"]
    assert found["migrations"][0]["drops"] == ["column users.age"]
    assert found["commands"] == [f"{MIGRATE} down 2"]
    assert found["older_program"]["refuses"]
    assert "stay undone" in found["half_way"]["left"]
    assert found["half_way"]["mend"] == f"{MIGRATE} force <the version that failed>"


def test_one_migration_in_the_middle_takes_the_later_ones_along(miglint, write):
    write(BASE)
    outcome = miglint("rollback", "2_age")
    assert "  reversible: the schema comes back" in outcome.out
    assert "1 other came later and goes back first" in outcome.out
    assert f"{MIGRATE} down 2" in outcome.out
    assert "drops, with all that was written since: column users.age" in outcome.out


def test_what_is_deployed_together_goes_back_together(miglint, write):
    files = {
        f"prisma/migrations/2026030112000{n}_{name}/migration.sql": sql
        for n, (name, sql) in enumerate(
            (("a", "CREATE TABLE a (id int);"), ("b", "CREATE TABLE b (id int);"))
        )
    }
    files["prisma/migrations/20250301120000_o/migration.sql"] = "CREATE TABLE o (id int);"
    files["prisma/migrations/migration_lock.toml"] = 'provider = "postgresql"\n'
    write(files)
    found = row(miglint("rollback", "--output-format", "json"))
    assert [one["migration"][-1] for one in found["migrations"]] == ["a", "b"]
    assert found["commands"][1].startswith(
        "DELETE FROM _prisma_migrations WHERE migration_name = '2026030112"
    )
    assert len(found["commands"]) == 4


def test_rows_in_the_way_come_with_the_query_that_counts_them(miglint, write):
    up = "ALTER TABLE users ALTER note DROP NOT NULL;\n"
    write({**BASE, "migrations/3_note.up.sql": up,
           "migrations/3_note.down.sql": "ALTER TABLE users ALTER note SET NOT NULL;\n"})  # fmt: skip
    outcome = miglint("rollback")
    assert "  conditional: " in outcome.out
    assert "      SELECT count(*) FROM users WHERE note IS NULL" in outcome.out
    assert "2. count the rows that make it fail, which have to be none:\n     SELECT count(*)" in outcome.out
    assert "may fail" not in outcome.out
    assert "holds up reads and writes: users" in outcome.out


def test_a_way_back_that_fails_is_mended_before_it_is_run(miglint, write):
    write({**BASE, "migrations/3_note.down.sql": "ALTER TABLE users DROP nothing;\n"})
    outcome = miglint("rollback")
    assert "  irreversible: the way back fails, whatever rows there are" in outcome.out
    assert "(42703)" in outcome.out
    assert "1. mend what fails, or replace it (`miglint rollback --draft --force`): 3_note" in outcome.out


def test_a_query_of_several_lines_can_be_pasted(miglint, write):
    write({
        **BASE,
        "migrations/3_note.up.sql": "CREATE TABLE pets (owner int REFERENCES users);",
        "migrations/4_key.up.sql": "ALTER TABLE pets DROP CONSTRAINT pets_owner_fkey;",
        "migrations/4_key.down.sql": "ALTER TABLE pets ADD FOREIGN KEY (owner) REFERENCES users",
    })  # fmt: skip
    out = miglint("rollback").out
    assert "     SELECT count(*) FROM pets AS c\n     WHERE c.owner IS NOT NULL\n" in out


def test_the_sizes_of_tables_tell_how_long_the_way_back_takes(miglint, write):
    size = "{ rows = 41000000, bytes = 12884901888, indexes = 2, reads = 5, writes = 5 }"
    write({**BASE, "migrations/3_note.up.sql": "ALTER TABLE users ALTER note DROP NOT NULL;",
           "migrations/3_note.down.sql": "ALTER TABLE users ALTER note SET NOT NULL;",
           "miglint-sizes.toml": f'date = 2026-11-03\n[tables]\n"public.users" = {size}\n'})  # fmt: skip
    assert "users had 41 million rows (12 GB) on 2026-11-03" in miglint("rollback").out.replace("\n  ", "")
    found = row(miglint("rollback", "--output-format", "json"))
    assert found["migrations"][0]["seconds"][1] > found["migrations"][0]["seconds"][0] > 0


def test_where_the_tool_runs_no_way_back_psql_does(miglint, write):
    write({"db/migration/V1__a.sql": "CREATE TABLE a (id int)",
           "db/migration/V2__b.sql": "ALTER TABLE a ADD b int",
           "db/migration/U2__b.sql": "ALTER TABLE a DROP b;"})  # fmt: skip
    outcome = miglint("rollback")
    assert '2. psql "$DATABASE_URL" -v ON_ERROR_STOP=1 -1 -f db/migration/U2__b.sql\n' in outcome.out
    assert "3. DELETE FROM flyway_schema_history WHERE version = '2';" in outcome.out
    assert "or `flyway undo`, which needs a paid edition of Flyway" in outcome.out
    assert "if it stops half-way: of a file that fails nothing is undone" in outcome.out


def test_a_draft_is_written_where_the_tool_looks_for_it_and_nothing_is_replaced(miglint, write):
    project = write(BASE)
    down = project / "migrations" / "3_note.down.sql"

    shown = miglint("rollback", "--draft", "--dry-run")
    assert not down.exists()
    assert "ADD COLUMN note text" in shown.out

    outcome = miglint("rollback", "--draft")
    assert outcome.code == 0
    assert "migrations/3_note.down.sql: written" in outcome.out
    assert "with it: lossy: " in outcome.out
    assert "ADD COLUMN note text" in down.read_text()
    assert "-- not brought back: " in down.read_text()

    down.write_text("SELECT 1;\n")
    kept = miglint("rollback", "--draft")
    assert "there already, and kept (--force replaces it)" in kept.out
    assert down.read_text() == "SELECT 1;\n"
    miglint("rollback", "--draft", "--force")
    assert "ADD COLUMN note text" in down.read_text()


def test_a_migration_that_leaves_nothing_gets_a_way_back_for_the_tool_that_wants_one(miglint, write):
    valid = "ALTER TABLE users ADD CONSTRAINT old CHECK (age > 0) NOT VALID;"
    project = write({**BASE, "migrations/3_note.up.sql": valid,
                     "migrations/3_note.down.sql": "ALTER TABLE users DROP CONSTRAINT old;",
                     "migrations/4_valid.up.sql": "ALTER TABLE users VALIDATE CONSTRAINT old;"})  # fmt: skip
    miglint("rollback", "--draft")
    assert (project / "migrations/4_valid.down.sql").read_text() == "-- nothing to undo\n"


def test_what_is_lost_is_said_in_comments_of_one_line(miglint, write):
    up = "ALTER TABLE users ALTER note TYPE int USING CASE note\n  WHEN 'a' THEN 1\nEND;"
    project = write({**BASE, "migrations/3_note.up.sql": up})
    miglint("rollback", "--draft")
    lines = (project / "migrations/3_note.down.sql").read_text().splitlines()
    assert [line for line in lines if "THEN" in line and not line.startswith("--")] == []


def test_a_draft_that_does_more_than_indexes_stays_in_its_transaction(miglint, write):
    project = write({"db/migrations/1_users.sql": "-- migrate:up\nCREATE TABLE users (id int, age int);\n"
                     "CREATE INDEX users_age ON users (age);\n-- migrate:down\nDROP TABLE users;\n",
                     "db/migrations/2_born.sql": "-- migrate:up\nDROP INDEX users_age;\n"
                     "ALTER TABLE users ADD born date;\n-- migrate:down\n",
                     "db/migrations/3_age.sql": "-- migrate:up\nCREATE INDEX users_age ON users (age);\n"
                     "-- migrate:down\n"})  # fmt: skip
    miglint("rollback", "2_born", "3_age", "--draft")
    mixed = (project / "db/migrations/2_born.sql").read_text()
    assert "-- migrate:down\n" in mixed
    assert "CREATE INDEX users_age ON users (age);" in mixed
    alone = (project / "db/migrations/3_age.sql").read_text()
    assert "-- migrate:down transaction:false\nDROP INDEX CONCURRENTLY users_age;" in alone


def test_a_draft_leaves_the_transaction_where_the_tool_can(miglint, write):
    project = write({**BASE, "migrations/3_note.up.sql": INDEX})
    miglint("rollback", "--draft")
    assert (project / "migrations/3_note.down.sql").read_text() == "DROP INDEX CONCURRENTLY users_age;\n"
    goose = write({"other/1_users.sql": "-- +goose Up\nCREATE TABLE users (id int, age int);\n",
                   "other/2_age.sql": f"-- +goose Up\n{INDEX.replace('CONCURRENTLY ', '')}"})  # fmt: skip
    miglint("rollback", "--draft", "other")
    assert "-- +goose Down\nDROP INDEX users_age;\n" in (goose / "other/2_age.sql").read_text()


def test_nothing_is_written_through_a_link(miglint, write):
    project = write(BASE)
    (project / "migrations" / "3_note.down.sql").symlink_to(project / "elsewhere.sql")
    outcome = miglint("rollback", "--draft")
    assert outcome.code == 2
    assert "is a symbolic link" in outcome.err
    assert not (project / "elsewhere.sql").exists()


def test_what_has_no_place_is_printed(miglint, write):
    write({
        "drizzle/0000_a.sql": "CREATE TABLE a (id int);",
        "drizzle/0001_b.sql": "ALTER TABLE a ADD b int;",
        "drizzle/meta/_journal.json": json.dumps({
            "dialect": "postgresql",
            "entries": [{"idx": n, "when": n, "tag": t} for n, t in enumerate(("0000_a", "0001_b"))],
        }),
    })  # fmt: skip
    outcome = miglint("rollback", "--draft", "0001_b")
    assert "0001_b: Drizzle has no down migrations" in outcome.out
    assert "ALTER TABLE a DROP COLUMN b;" in outcome.out


def test_a_project_that_only_goes_forward_gets_the_next_migration(miglint, write):
    project = write({**BASE, "miglint.toml": 'down = "off"\n'})
    outcome = miglint("rollback")
    assert "to go forward" in outcome.out
    assert "no way back is written" not in outcome.out
    miglint("rollback", "--draft")
    assert "ADD COLUMN note text" in (project / "migrations/4_undo_note.up.sql").read_text()
    assert not (project / "migrations/3_note.down.sql").exists()


def test_a_flag_for_drafts_needs_a_draft(miglint, write):
    write(BASE)
    outcome = miglint("rollback", "--force")
    assert outcome.code == 2
    assert "--force is for --draft" in outcome.err


def test_a_draft_of_standard_input_is_only_printed(miglint, write):
    write({})
    refused = miglint("rollback", "-", "--draft", stdin=b"CREATE TABLE a (id int);")
    assert refused.code == 2
    assert "standard input has no file" in refused.err
    shown = miglint("rollback", "-", "--draft", "--dry-run", stdin=b"CREATE TABLE a (id int);")
    assert "DROP TABLE a;" in shown.out


def test_a_name_that_no_migration_has_is_an_error(miglint, write):
    write(BASE)
    assert miglint("rollback", "9_nothing").code == 2


NO_PLACE = {"atlas", "bytebase", "custom", "dbup", "drizzle", "encore", "evolve", "graphile_migrate",
            "postgres_migrations", "refinery", "serverpod", "supabase"}  # fmt: skip


def test_what_a_branch_adds_goes_back(miglint, write):
    project = write(BASE)
    git = ("git", "-c", "user.name=a", "-c", "user.email=a@example.org")
    for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "one"]):
        subprocess.run([*git, *words], cwd=project, check=True)
    write({"migrations/4_b.up.sql": "CREATE TABLE b (id int);", "migrations/4_b.down.sql": "DROP TABLE b;",
           "migrations/5_c.up.sql": "CREATE TABLE c (id int);\n"})  # fmt: skip
    found = row(miglint("rollback", "--since", "main", "--output-format", "json"))
    assert [one["migration"] for one in found["migrations"]] == ["4_b", "5_c"]
    assert found["missing"] == ["5_c"]
    assert found["back_to"] == "3_note"


DRAFTED = sorted(path.name for path in (FIXTURES / "tools").iterdir() if path.is_dir() and path.name != "d1")


@pytest.mark.parametrize("project", DRAFTED)
def test_a_draft_passes_the_check(project, tmp_path, monkeypatch):
    shutil.copytree(FIXTURES / "tools" / project, tmp_path / "p")
    (tmp_path / "p" / ".git").mkdir()

    def found():
        outcome = command("check", ".", "--output-format", "json", "--exit-zero", cwd=tmp_path / "p")
        rows = json.loads(outcome.out)["findings"]
        return {(one["rule"], one["message"]) for one in rows if one["direction"] == "down"}

    before = found()
    monkeypatch.chdir(tmp_path / "p")
    ids = [one.id for history in find_histories(["."]) for one in history.migrations if one.up]
    outcome = command("rollback", ".", *ids, "--draft", "--force", cwd=tmp_path / "p")
    assert outcome.code == 0, outcome.err + outcome.out
    assert "written" in outcome.out or project in NO_PLACE
    assert found() - before == set()


def test_a_way_back_that_cannot_be_read_is_not_called_missing(miglint, write, tmp_path):
    write(BASE)
    (tmp_path / "migrations/3_note.down.sql").write_bytes(b"-- zur\xfcck\nALTER TABLE users ADD note text;\n")
    outcome = miglint("rollback")
    assert outcome.code == 2
    assert "no way back is written" not in outcome.out
    assert "not known: the way back that is there could not be read" in outcome.out
    assert "write and try what is missing" not in outcome.out
    planned = miglint("plan", "migrations/3_note.up.sql")
    assert "none is written" not in planned.out.lower()
    assert "does not do: it cannot be read" in " ".join(planned.out.split())


def test_of_a_way_back_that_is_too_long_nothing_certain_is_said(miglint, write):
    lines = [f"DELETE FROM users WHERE id = {number};\n" for number in range(3000)]
    down = {"migrations/1_users.down.sql": "".join((*lines, "DROP TABLE users;\n"))}
    write({**BASE, **down, "miglint.toml": "max_file_seconds = 0.02\n"})
    outcome = miglint("rollback", "1")
    assert outcome.code == 2
    assert "the rest of migrations/1_users.down.sql is not analysed" in outcome.out
    assert "table users is there" not in outcome.out
    assert "incomplete-down" not in miglint("check", "--select", "incomplete-down").out


def test_of_many_statements_the_first_ones_are_listed(miglint, write):
    lines = [f"DELETE FROM users WHERE id = {number};\n" for number in range(25)]
    write({**BASE, "migrations/2_age.down.sql": "".join((*lines, BASE["migrations/2_age.down.sql"]))})
    outcome = miglint("rollback", "2_age")
    assert outcome.out.count("  DELETE FROM users") == 20
    assert "and 5 more statements with work to do" in outcome.out


def test_that_there_is_nothing_to_draft_is_said(miglint, write):
    write({**BASE, "migrations/3_note.up.sql": "", "migrations/3_note.down.sql": ""})
    outcome = miglint("rollback", "--draft", "--dry-run")
    assert outcome.code == 0
    assert "there is nothing to draft" in outcome.err
