"""The whole output of the real command on the fixtures; `UPDATE_EXPECTED=1 pytest tests/cli` rewrites it."""

import json
import os

import jsonschema
import pytest
from tests.cli.conftest import FIXTURES, ROOT, command

PROJECTS = sorted(
    path.name for path in FIXTURES.iterdir() if path.is_dir() and path.name not in ("plans", "tools")
)
FORMATS = {"text": "txt", "concise": "concise.txt", "json": "json", "sarif": "sarif", "github": "github.txt"}
LISTINGS = {"plan": "plan.txt", "schema": "schema.txt", "tools": "tools.txt"}


# A project with the migration that is planned.
PLANS = {
    "prisma": "prisma/migrations/20260301120000_country_for_language/migration.sql",
    "golang_migrate": "migrations/000042_total_bigint.up.sql",
    "goose": "migrations/00002_member_names.sql",
}


def compare(project, name, text):
    path = FIXTURES / "expected" / project / name
    if os.environ.get("UPDATE_EXPECTED"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("project", [p for p in PROJECTS if p != "expected"])
@pytest.mark.parametrize("form", FORMATS)
def test_check_prints_what_is_expected(project, form):
    outcome = command("check", project, "--output-format", form, cwd=FIXTURES)

    assert outcome.err == ""
    assert outcome.code == 1
    compare(project, f"check.{FORMATS[form]}", outcome.out)


@pytest.mark.parametrize("project", [p for p in PROJECTS if p != "expected"])
@pytest.mark.parametrize("listing", LISTINGS)
def test_listings_print_what_is_expected(project, listing):
    words = ("plan", "--statements") if listing == "plan" else (listing,)
    outcome = command(*words, project, cwd=FIXTURES)

    assert outcome == (0, outcome.out, "")
    compare(project, LISTINGS[listing], outcome.out)


@pytest.mark.parametrize("project", PLANS)
def test_plans_for_pull_requests_are_what_is_expected(project):
    outcome = command("plan", PLANS[project], "--output-format", "markdown", cwd=FIXTURES / "plans" / project)

    assert outcome == (0, outcome.out, "")
    compare("plans", f"{project}.md", outcome.out)


def test_no_expected_file_is_left_over():
    wanted = {*(f"check.{ending}" for ending in FORMATS.values()), *LISTINGS.values()}

    for path in (FIXTURES / "expected").rglob("*"):
        if path.parent.name == "plans":
            assert path.stem in PLANS
        elif path.is_file() and path.parent.name not in ("plans", "tools"):
            assert path.name in wanted
            assert path.parent.name in PROJECTS


@pytest.mark.parametrize("project", [p for p in PROJECTS if p != "expected"])
def test_the_sarif_log_is_valid(project):
    schema = json.loads((ROOT / "tests" / "data" / "sarif-2.1.0.json").read_text(encoding="utf-8"))
    outcome = command("check", project, "--output-format", "sarif", cwd=FIXTURES)

    jsonschema.validate(json.loads(outcome.out), schema)
