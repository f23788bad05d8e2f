"""What is said, and what is not, of a statement that fails for certain, and of rows that make one fail."""

import pytest

from miglint.model import TransactionMode
from miglint.registry import load_rules
from miglint.rule import Bad
from miglint.testing import lint

RULES = load_rules()
PETS = "CREATE TABLE pets (id bigint PRIMARY KEY, name text UNIQUE, owner int);"
OWNERS = "CREATE TABLE owners (id serial PRIMARY KEY, name text);"


def reports(names, sql, mode=TransactionMode.IMPLICIT_BATCH):
    rules = tuple(rule for rule in RULES if rule.name in names)
    return {each.rule: each.finding for each in lint(rules, Bad("", sql, history=PETS + OWNERS, mode=mode))}


def test_of_a_statement_that_never_runs_nothing_is_said_of_running_code():
    names = ("name-taken", "newly-required-column")
    add = "ALTER TABLE pets ADD COLUMN tag int;"
    assert set(reports(names, f"{add} ALTER TABLE pets ADD PRIMARY KEY (tag);")) == {"name-taken"}
    assert set(reports(names, f"{add} ALTER TABLE pets ALTER tag SET NOT NULL;")) == {"newly-required-column"}


def test_a_statement_that_fails_whatever_the_rows_has_no_query_for_them():
    taken = "ALTER TABLE pets ADD CONSTRAINT pets_name_key UNIQUE (owner);"
    assert not reports(("name-taken",), taken)["name-taken"].rows_query
    free = "ALTER TABLE pets ADD CONSTRAINT pets_owner_key UNIQUE (owner);"
    assert reports(("unique-constraint-build",), free)["unique-constraint-build"].rows_query


def test_an_index_that_a_failure_leaves_is_one_finding():
    names = ("duplicates-in-the-way", "invalid-index-kept")
    build = "INDEX CONCURRENTLY IF NOT EXISTS owned ON pets (owner);"
    each = TransactionMode.PER_STATEMENT
    assert set(reports(names, f"CREATE UNIQUE {build}", each)) == {"duplicates-in-the-way"}
    assert set(reports(names, f"CREATE {build}", each)) == {"invalid-index-kept"}


def test_the_query_is_about_the_statement_and_not_about_its_help():
    sql = "ALTER TABLE pets ALTER name TYPE varchar(9);"
    assert reports(("type-change-rewrite",), sql)["type-change-rewrite"].advice.endswith(
        "-- before the deploy, find the rows on which the statement as it stands fails:\n"
        "SELECT count(*) FROM pets WHERE length(name) > 9;"
    )


@pytest.mark.parametrize("between", ["", "UPDATE pets SET tag = name;"])
def test_a_column_that_code_cannot_know_is_required_in_a_later_release(between):
    sql = f"ALTER TABLE pets ADD COLUMN tag text; {between} ALTER TABLE pets ALTER tag SET NOT NULL;"
    assert reports(("not-null-scan",), sql)["not-null-scan"].help.startswith(
        "-- in a migration of a later release, when all running code writes the column:\n"
        "ALTER TABLE pets ADD CONSTRAINT pets_tag_not_null CHECK (tag IS NOT NULL) NOT VALID;\n"
        "-- in a later migration:\nALTER TABLE pets VALIDATE"
    )


def test_a_column_that_code_knows_is_required_in_this_one():
    help_text = reports(("not-null-scan",), "ALTER TABLE pets ALTER owner SET NOT NULL;")[
        "not-null-scan"
    ].help
    assert help_text.startswith("ALTER TABLE pets ADD CONSTRAINT pets_owner_not_null CHECK")


@pytest.mark.parametrize(
    "sql",
    [
        "WITH o AS (INSERT INTO owners (name) VALUES ('x') RETURNING id) UPDATE pets SET owner = id FROM o;",
        "WITH o AS (INSERT INTO owners (name) SELECT name FROM pets RETURNING id)"
        " DELETE FROM pets USING o WHERE pets.owner = o.id;",
        "WITH gone AS (DELETE FROM pets WHERE owner = 3 RETURNING name)"
        " INSERT INTO owners (name) SELECT name FROM gone;",
    ],
)
def test_batches_do_not_repeat_what_with_writes(sql):
    (finding,) = reports(("unbatched-update", "unbatched-delete"), sql).values()
    assert "LOOP" not in finding.help
    assert "its WITH writes as well" in finding.help


def test_batches_repeat_what_with_reads():
    sql = "WITH o AS (SELECT id FROM owners) UPDATE pets SET owner = o.id FROM o;"
    assert "WITH ... UPDATE pets" in reports(("unbatched-update",), sql)["unbatched-update"].help
