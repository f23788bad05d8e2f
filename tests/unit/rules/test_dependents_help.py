"""The order that the help of dependent-objects drafts."""

import pytest

from miglint.registry import load_rules
from miglint.rule import Good
from miglint.testing import lint

RULE = next(rule for rule in load_rules() if rule.name == "dependent-objects")
HISTORY = """
    CREATE TABLE people (
        id bigint PRIMARY KEY, name varchar(9), age int, double int GENERATED ALWAYS AS (age * 2) STORED
    );
    CREATE VIEW names AS SELECT id, name FROM people;
    CREATE VIEW initials AS SELECT left(name, 1) AS initial FROM names;
    CREATE TABLE pets (id bigint, owner bigint REFERENCES people);
"""


def said(sql: str, history: str = HISTORY) -> tuple[str, list[str]]:
    (report,) = lint((RULE,), Good("", sql, history=history))
    return report.finding.message, report.finding.help.splitlines()


def test_views_are_dropped_and_made_again_around_a_change_of_type():
    assert said("ALTER TABLE people ALTER COLUMN name TYPE text;") == (
        "this statement fails: the view names uses the column name (SQLSTATE 0A000)",
        [
            "DROP VIEW initials;",
            "DROP VIEW names;",
            "ALTER TABLE people ALTER COLUMN name TYPE text;",
            "CREATE VIEW names AS SELECT id, name FROM people;",
            "CREATE VIEW initials AS SELECT left(name, 1) AS initial FROM names;",
        ],
    )


def test_a_view_that_names_the_column_is_made_again_in_words():
    assert said("ALTER TABLE people DROP COLUMN name;")[1] == [
        "DROP VIEW initials;",
        "DROP VIEW names;",
        "ALTER TABLE people DROP COLUMN name;",
        "-- then create names again, without name",
        "-- then create initials again, without name",
    ]


def test_a_generated_column_is_computed_again_in_the_same_statement():
    assert said("ALTER TABLE people ALTER COLUMN age TYPE bigint USING age + 1;") == (
        "this statement fails: the generated column double is computed from age (SQLSTATE 0A000)",
        [
            "ALTER TABLE people",
            "    DROP COLUMN double,",
            "    ALTER COLUMN age TYPE bigint USING age + 1,",
            "    ADD COLUMN double integer GENERATED ALWAYS AS (age * 2) STORED;",
        ],
    )


def test_a_table_goes_after_its_views_and_the_keys_to_it():
    assert said("DROP TABLE people;") == (
        "this statement fails: the foreign key pets_owner_fkey of pets and the view names need people"
        " (SQLSTATE 2BP01)",
        [
            "DROP VIEW initials;",
            "DROP VIEW names;",
            "ALTER TABLE pets DROP CONSTRAINT pets_owner_fkey;",
            "DROP TABLE people;",
        ],
    )


def test_many_dependents_are_counted():
    views = "".join(f"CREATE VIEW v{number} AS SELECT age FROM people;" for number in range(6))

    message, _ = said("ALTER TABLE people DROP COLUMN age;", HISTORY + views)

    assert message == (
        "this statement fails: the view v0, the view v1, the view v2 and 4 more use the column age"
        " (SQLSTATE 2BP01)"
    )


@pytest.mark.parametrize("condition", ["dependent_objects_still_exist", "OTHERS"])
def test_a_handler_catches_the_refusal(condition: str):
    block = f"DO $$ BEGIN DROP TABLE people; EXCEPTION WHEN {condition} THEN NULL; END $$;"

    assert lint((RULE,), Good("", block, history=HISTORY)) == []
