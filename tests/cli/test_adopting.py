"""A project with a history: a baseline, a start, a configuration, and only what a change adds."""

import json
import shutil
import subprocess

import pytest

from miglint.config import FIELDS

TABLE = "CREATE TABLE orders (id bigint PRIMARY KEY, note text);\n"
DROP = "ALTER TABLE orders DROP COLUMN note;\n"
HISTORY = {"migrations/1_orders.up.sql": TABLE, "migrations/2_note.up.sql": DROP}
CHECK = ("check", ".", "--output-format", "json")


def rules(outcome):
    return [
        finding["rule"] for finding in json.loads(outcome.out)["findings"] if finding["severity"] == "error"
    ]


def git(folder, *words):
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


def test_a_baseline_hides_what_is_known_whatever_its_layout_and_names_what_is_gone(miglint, write):
    write(HISTORY)
    assert rules(miglint(*CHECK)) == ["dropped-column"]
    assert miglint("baseline", ".").code == 0
    assert rules(miglint(*CHECK)) == []

    write({"migrations/2_note.up.sql": f"\n\n-- later\n{DROP.replace(' ', '  ')}"})
    assert rules(miglint(*CHECK)) == []

    write({"migrations/2_note.up.sql": "SELECT 1;\n", "migrations/3_gone.up.sql": "DROP TABLE orders;\n"})
    outcome = miglint(*CHECK)
    assert rules(outcome) == ["dropped-table"]
    assert "stale-baseline-entry" in outcome.out


def test_a_baseline_of_one_folder_keeps_what_it_knows_of_others(miglint, write):
    other = {path.replace("migrations/", "other/migrations/"): text for path, text in HISTORY.items()}
    write({**HISTORY, **{path.replace("2_note", "2_else"): text for path, text in other.items()}})
    assert miglint("baseline", ".").code == 0
    outcome = miglint("baseline", "other")
    assert "kept for" in outcome.out
    assert rules(miglint(*CHECK)) == []
    assert "stale" not in miglint("check", "migrations").out
    assert miglint("check", "--baseline", "gone.json").code == 2


def test_what_hides_findings_of_merged_migrations_is_not_called_unused(miglint, write):
    drop = f"-- miglint: ignore[dropped-column] nobody reads it\n{DROP}"
    wrong = "-- miglint: ignore[dropped-table] nothing\nSELECT 1;\n"
    folder = write({**HISTORY, "migrations/2_note.up.sql": drop})
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "history")
    write({"migrations/3_more.up.sql": "SELECT 1;\n"})
    for scope in (["--since", "main"], ["--staged"], ["--after", "2_note"], ["migrations/3_more.up.sql"]):
        outcome = miglint("check", *scope)
        assert (outcome.code, "unused-suppression" in outcome.out) == (0, False), scope
    write({"migrations/3_more.up.sql": wrong})
    assert "unused-suppression" in miglint("check", "--since", "main").out


def test_what_hides_findings_that_the_configuration_leaves_out_is_not_called_unused(miglint, write):
    drop = f"-- miglint: ignore[dropped-column] nobody reads it\n{DROP}"
    overrides = '[[overrides]]\npaths = ["migrations/**"]\nignore = ["data-loss"]\n'
    write({**HISTORY, "migrations/2_note.up.sql": drop, "miglint.toml": overrides})
    assert "unused-suppression" not in miglint(*CHECK).out
    write({"miglint.toml": overrides.replace("data-loss", "all").replace("**", "2*")})
    assert json.loads(miglint(*CHECK).out)["summary"]["findings"] == 0


def test_a_partial_clone_is_compared_as_long_as_it_has_the_migrations(miglint, write):
    folder = write({**HISTORY, "package.json": "{}", "go.mod": "module a\n", "docs/a.yaml": "a: 1\n"})
    git(folder, "init", "-q")
    git(folder, "config", "uploadpack.allowFilter", "true")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "history")
    git(folder, "checkout", "-qb", "feature")
    more = {"package.json": '{"name": "a"}', "go.mod": "module b\n", "docs/a.yaml": "a: 2\n"}
    write({**more, "migrations/3_more.up.sql": "DROP TABLE orders;\n"})
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "more")

    def partial(name):
        to = folder.with_name(f"{folder.name}-{name}")
        git(folder, "clone", "-q", "--filter=blob:none", "--branch=feature", folder.as_uri(), str(to))
        return to

    assert rules(miglint(*CHECK, "--since", "origin/main", cwd=partial("one"))) == ["dropped-table"]

    write({"migrations/2_note.up.sql": "SELECT 1;\n"})
    git(folder, "commit", "-qam", "edit")
    outcome = miglint(*CHECK, "--since", "origin/main", cwd=partial("two"))
    assert outcome.code == 2
    assert "migrations/2_note.up.sql: git lacks the content to compare with" in outcome.err


def test_a_baseline_that_is_no_baseline_is_an_error(miglint, write):
    write({**HISTORY, "miglint-baseline.json": "[1]"})
    outcome = miglint(*CHECK)
    assert outcome.code == 2
    assert "miglint-baseline.json: not a baseline of version 1" in outcome.err


def test_checking_starts_after_a_migration_that_must_exist(miglint, write):
    write(HISTORY)
    assert rules(miglint(*CHECK, "--after", "1_orders")) == ["dropped-column"]
    assert rules(miglint(*CHECK, "--after", "2_note")) == []
    assert rules(miglint(*CHECK, "--after", "1")) == ["dropped-column"]
    outcome = miglint(*CHECK, "--after", "2_nota")
    assert (outcome.code, "did you mean '2_note'?" in outcome.err) == (2, True)


def test_init_writes_a_configuration_once(miglint, write):
    folder = write(HISTORY)
    assert miglint("init").code == 0
    assert 'paths = ["migrations"]' in (folder / "miglint.toml").read_text(encoding="utf-8")
    assert rules(miglint("check", "--output-format", "json")) == ["dropped-column"]
    assert miglint("init").code == 2


def test_init_writes_paths_as_others_have_them_and_every_key(miglint, write):
    folder = write({f"app/{path}": text for path, text in HISTORY.items()})
    outcome = miglint("init", folder / "app", cwd=folder)
    text = (folder / "miglint.toml").read_text(encoding="utf-8")
    assert outcome.code == 0
    assert 'paths = ["app/migrations"]' in text
    assert str(folder) not in text + outcome.out
    assert [
        field.key for field in FIELDS if f"{field.key} =" not in text and f"[{field.key}]" not in text
    ] == []
    assert rules(miglint("check", "--output-format", "json")) == ["dropped-column"]


def test_only_what_is_new_since_the_merge_base_is_reported(miglint, write):
    folder = write(HISTORY)
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "history")
    assert rules(miglint(*CHECK, "--since", "main")) == []

    write({"migrations/3_gone.up.sql": "DROP TABLE orders;\n"})
    outcome = miglint(*CHECK, "--since", "main")
    assert rules(outcome) == ["dropped-table"]
    assert json.loads(outcome.out)["summary"]["in_scope"] == 1
    assert rules(miglint(*CHECK, "--staged")) == []

    git(folder, "add", "-A")
    assert rules(miglint(*CHECK, "--staged")) == ["dropped-table"]
    inside = miglint("check", ".", "--since", "main", "--output-format", "json", cwd=folder / "migrations")
    assert rules(inside) == ["dropped-table"]


def committed(folder):
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "history")
    return folder


@pytest.mark.parametrize("beside", [{}, {"web/migrations/1_pages.up.sql": "CREATE TABLE pages (id int);\n"}])
def test_a_history_that_a_change_takes_away_is_reported(miglint, write, beside):
    folder = committed(write({**HISTORY, **beside}))
    shutil.rmtree(folder / "migrations")

    outcome = miglint("check", "--since", "HEAD", "--output-format", "concise")

    assert outcome.code == 1
    assert outcome.out.count("removed-migration") == 1
    assert "migrations/1_" in outcome.out


def test_a_history_that_a_change_moves_is_compared_with_what_it_was(miglint, write):
    folder = committed(write(HISTORY))
    (folder / "db").mkdir()
    (folder / "migrations").rename(folder / "db/migrations")
    write({"db/migrations/3_gone.up.sql": "DROP TABLE orders;\n"})

    outcome = miglint(*CHECK, "--since", "HEAD")

    assert rules(outcome) == ["dropped-table"]
    assert "migrations is gone: db/migrations is compared with what it was" in outcome.err


def test_outside_a_repository_there_is_nothing_to_compare_with(miglint, write):
    write(HISTORY)
    outcome = miglint(*CHECK, "--since", "main")
    assert outcome.code == 2
    assert outcome.out == ""


def test_a_repository_in_the_repository_is_not_compared_in_silence(miglint, write):
    project = write({**HISTORY, **{f"inner/{path}": text for path, text in HISTORY.items()}})
    for folder in (project / "inner", project):
        git(folder, "init")
        git(folder, "add", "migrations")
        git(folder, "commit", "-m", "a")
    write({"inner/migrations/3_gone.up.sql": "DROP TABLE orders;\n"})
    outcome = miglint("check", "--since", "HEAD")
    assert "inner/migrations:1: in a git repository of its own" in outcome.out


def test_each_repository_is_asked_for_its_own_change(miglint, write):
    project = write({f"{name}/{path}": text for name in ("one", "two") for path, text in HISTORY.items()})
    for name in ("one", "two"):
        git(project / name, "init")
        git(project / name, "add", ".")
        git(project / name, "commit", "-m", "a")
    write({"two/migrations/3_gone.up.sql": "DROP TABLE orders;\n"})
    outcome = miglint("check", "one", "two", "--since", "HEAD", "--output-format", "json")
    assert rules(outcome) == ["dropped-table"]


def test_where_nothing_is_staged_that_is_said(miglint, write):
    folder = write(HISTORY)
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    assert "nothing is staged" not in miglint("check", "--staged").err
    git(folder, "commit", "-qm", "history")
    outcome = miglint("check", "--staged")
    assert outcome.code == 0
    assert "nothing is staged" in outcome.err


def test_two_commits_that_pre_commit_compares_outweigh_what_is_staged(miglint, write):
    folder = write(HISTORY)
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "history")
    write({"migrations/3_gone.up.sql": "DROP TABLE orders;\n"})
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "more")

    def run(base, to):
        environment = {"PRE_COMMIT_FROM_REF": base, "PRE_COMMIT_TO_REF": to}
        return miglint(*CHECK, "--staged", environment=environment)

    outcome = run("HEAD~1", "HEAD")
    assert rules(outcome) == ["dropped-table"]
    assert outcome.err == "miglint: reporting what is new since HEAD~1, as pre-commit asks\n"
    assert "HEAD~1 is not checked out" in run("HEAD~1", "HEAD~1").err
    assert run("nowhere", "HEAD").code == 2
    assert rules(run("", "")) == []


@pytest.mark.parametrize("path", [".", "apps/web/prisma"])
def test_a_lock_file_above_says_how_migrations_ran_before(miglint, write, path):
    manifest = '{"dependencies": {"prisma": "^7.0.0"}}'
    lock = 'prisma@^7.0.0:\n  version "7.3.0"\n'
    migration = "CREATE TABLE a (id int);\nCREATE TABLE b (id int);\n"
    place = "apps/web/prisma/migrations"
    migrations = {
        f"{place}/1_a/migration.sql": migration,
        f"{place}/migration_lock.toml": 'provider = "postgresql"\n',
    }
    folder = write({"yarn.lock": lock, "package.json": manifest, "README.md": "a", **migrations})
    git(folder, "init")
    git(folder, "add", ".")
    git(folder, "commit", "-m", "a")
    since = ("check", path, "--since", "HEAD", "--output-format", "json")
    write({"README.md": "b"})
    assert json.loads(miglint(*since).out)["summary"]["in_scope"] == 0
    write({"yarn.lock": lock.replace("7.3", "7.4")})
    assert json.loads(miglint(*since).out)["summary"]["in_scope"] == 1
