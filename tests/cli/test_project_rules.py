"""Rules that live in the linted repository run only where the configuration and the user both say so."""

import json

import pytest

SCHEMA = {
    "migrations/1_a.up.sql": "CREATE TABLE a (id bigint);\n",
    "migrations/1_a.down.sql": "DROP TABLE a;\n",
}
CONFIGURED = {"miglint.toml": 'rules = "lint"\n'}
ALLOWED = ("--allow-project-rules",)
RULE = '''"""
Table that nobody described.
"""

import pathlib

from miglint.model import CreateTable, Finding, Severity
from miglint.rule import Bad, Rule

pathlib.Path("ran").touch()
rule = Rule(
    __name__,
    severity=Severity.ERROR,
    since="1",
    examples=(Bad("plain", "CREATE TABLE a (id bigint);  -- expect: undescribed-table"),),
)


@rule.check(CreateTable)
def undescribed_table(table, ctx):
    yield Finding(table.span, f"nobody described {table.table.display}", tables=(table.table,))
'''


@pytest.mark.parametrize("place", ["lint/undescribed_table.py", "lint/naming/undescribed_table.py"])
@pytest.mark.parametrize(
    ("words", "environment"), [(ALLOWED, {}), ((), {"MIGLINT_ALLOW_PROJECT_RULES": "1"})]
)
def test_they_run_where_both_say_so(miglint, write, place, words, environment):
    write(SCHEMA | CONFIGURED | {place: RULE})
    checked = miglint("check", ".", "--output-format", "json", *words, environment=environment)

    found = {(f["rule"], f["category"]) for f in json.loads(checked.out)["findings"]}
    category = "naming" if "naming" in place else "project"
    assert (checked.code, found) == (1, {("undescribed-table", category)})
    assert "undescribed-table" in miglint("rules", *words, environment=environment).out
    assert miglint("plan", ".", *words, environment=environment).code == 0
    told = miglint("explain", "undescribed-table", *words, environment=environment)
    assert "Table that nobody described" in told.out


@pytest.mark.parametrize(
    ("configuration", "words", "environment", "code"),
    [
        (CONFIGURED, (), {}, 2),
        (CONFIGURED, (), {"MIGLINT_ALLOW_PROJECT_RULES": "0"}, 2),
        ({}, ALLOWED, {}, 0),
    ],
)
def test_none_of_their_code_runs_otherwise(miglint, write, tmp_path, configuration, words, environment, code):
    write(SCHEMA | configuration | {"lint/undescribed_table.py": RULE})
    checked = miglint("check", ".", *words, environment=environment)

    assert checked.code == code
    assert not (tmp_path / "ran").exists()
    if code:
        assert "allow it with --allow-project-rules" in checked.err
    assert "undescribed" not in miglint("rules", environment=environment).out
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("words", [(), ALLOWED])
def test_a_folder_that_does_not_exist_is_told(miglint, write, words):
    write(SCHEMA | CONFIGURED)
    checked = miglint("check", ".", *words)

    assert (checked.code, checked.err) == (2, "miglint: miglint.toml: rules: lint does not exist\n")


def test_a_folder_outside_the_project_is_refused(miglint, write, tmp_path):
    write({"elsewhere/undescribed_table.py": RULE})
    write(
        {f"project/{path}": text for path, text in (SCHEMA | {"miglint.toml": 'rules = "rules"\n'}).items()}
    )
    (tmp_path / "project" / "rules").symlink_to(tmp_path / "elsewhere")
    checked = miglint("check", ".", *ALLOWED, cwd=tmp_path / "project")

    assert (checked.code, "is outside the project" in checked.err) == (2, True)
    assert not (tmp_path / "project" / "ran").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [("1 / 0\n", "does not load"), ("x = 1\n", "has no rule"), (RULE, "two rules are called")],
)
def test_a_rule_that_does_not_load_is_said(miglint, write, text, said):
    write(SCHEMA | CONFIGURED | {"lint/naming/undescribed_table.py": text, "lint/undescribed_table.py": RULE})
    checked = miglint("check", ".", *ALLOWED)

    assert (checked.code, said in checked.err) == (3, True)
