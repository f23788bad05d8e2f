"""Code under `code_paths` that still names what a migration drops."""

import subprocess

import pytest

USERS = "CREATE TABLE users (id bigint PRIMARY KEY, full_name text, nick text);\n"


def git(folder, *words):
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main")
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def project(write):
    folder = write(
        {
            "miglint.toml": 'code_paths = ["src", "m"]\n',
            "m/V1__users.sql": USERS,
            "m/notes/meta.json": '{"users": ["nick"]}\n',
            "src/user.ts": "class User {\n  fullName: string;\n  nick: string;\n}\n",
            "src/README.md": "users have a nick\n",
        }
    )
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "users")
    return folder


def test_a_finding_names_the_code_that_still_uses_the_column(project, write, miglint):
    write({"m/V2__name.sql": "ALTER TABLE users DROP COLUMN full_name;\n"})
    assert "code still names full_name in src/user.ts:2\n" in miglint("check").out


def test_with_a_base_it_names_the_code_that_runs_until_the_deploy_has_ended(project, write, miglint):
    write({"m/V2__nick.sql": "ALTER TABLE users DROP COLUMN nick;\n", "src/user.ts": "class User {}\n"})
    out = miglint("check", "--since", "HEAD").out
    assert (
        "the code before this change, which runs until the deploy has ended, names nick in src/user.ts:3"
        in " ".join(out.split())
    )
    git(project, "add", "-A")
    git(project, "commit", "-qm", "no nick")
    assert "code before" not in miglint("check", "--since", "HEAD").out


def test_migrations_and_what_lies_beside_them_are_no_code(project, write, miglint):
    write({"m/V2__nick.sql": "ALTER TABLE users DROP COLUMN nick;\n", "src/user.ts": "class User {}\n"})
    git(project, "add", "-A")
    git(project, "commit", "-qm", "no nick")
    write({"m/V3__name.sql": "ALTER TABLE users DROP COLUMN full_name;\n"})
    out = " ".join(miglint("check", "--since", "HEAD").out.split())
    assert "no code under `code_paths` names it, neither with this change nor before it" in out


def test_outside_of_a_repository_it_says_that_it_does_not_know(write, miglint):
    write(
        {
            "miglint.toml": 'code_paths = ["src"]\n',
            "m/V1__users.sql": USERS,
            "m/V2__nick.sql": "ALTER TABLE users DROP COLUMN nick;\n",
        }
    )
    outcome = miglint("check")
    assert outcome.code == 1
    assert "code_paths: what code still names is not known" in outcome.err


@pytest.mark.parametrize("path", ["srcc", "apps/*/server", "built"])
def test_a_path_without_files_is_told_and_proves_nothing(project, write, miglint, path):
    write(
        {
            "miglint.toml": f'code_paths = ["src", "{path}"]\n',
            ".gitignore": "built\n",
            "built/user.js": "x\n",
            "m/V2__name.sql": "ALTER TABLE users DROP COLUMN full_name;\n",
            "src/user.ts": "class User {}\n",
        }
    )
    git(project, "add", "-A")
    git(project, "commit", "-qm", "no name")
    write({"m/V3__nick.sql": "ALTER TABLE users DROP COLUMN nick;\n"})
    outcome = miglint("check", "--since", "HEAD")
    assert f"warning: miglint.toml: code_paths: '{path}' matches no file" in outcome.err
    assert "dropped-column" in outcome.out
    assert "no code under" not in outcome.out


def test_a_path_with_files_is_not_told(project, miglint):
    assert miglint("check").err == ""
