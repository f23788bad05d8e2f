"""Help for a change of type that copies a table: what the server can do without a copy."""

import pytest

from miglint.registry import load_rules
from miglint.rule import Bad
from miglint.testing import lint

RULES = {rule.name: rule for rule in load_rules()}
VISITS = "CREATE TABLE visits (id bigint PRIMARY KEY, at timestamp, left_at timestamp, day date);"
JOBS = "CREATE TYPE phase AS ENUM ('open', 'closed'); CREATE TABLE jobs (id bigint PRIMARY KEY, phase phase);"
SWAP = "ALTER TABLE jobs ALTER phase TYPE phase_new USING phase::text::phase_new;"


def help_of(rule, sql, history):
    return lint((RULES[rule],), Bad("", sql, history=history))[0].finding.help


@pytest.mark.parametrize("zone", ["at AT TIME ZONE 'UTC'", "(\"at\" at time zone 'utc')"])
def test_a_using_that_says_utc_is_left_out_under_that_zone(zone):
    change = f"SET timezone = 'Europe/Oslo'; ALTER TABLE visits ALTER at TYPE timestamptz USING {zone};"
    assert help_of("type-change-rewrite", change, VISITS).endswith(
        "-- this copies no row, and builds only the indexes of the column anew:\n"
        "SET LOCAL timezone = 'UTC';\n"
        "-- then, without USING:\n"
        "ALTER TABLE visits ALTER COLUMN at TYPE timestamp with time zone;"
    )


@pytest.mark.parametrize("zone", ["at AT TIME ZONE 'Europe/Oslo'", "left_at AT TIME ZONE 'UTC'"])
def test_another_using_is_a_copy(zone):
    change = f"ALTER TABLE visits ALTER at TYPE timestamptz USING {zone};"
    assert "timezone = 'UTC'" not in help_of("type-change-rewrite", change, VISITS)


def test_every_column_of_the_statement_has_its_step():
    change = "ALTER TABLE visits ALTER at TYPE timestamptz, ALTER left_at TYPE timestamptz;"
    help_text = help_of("type-change-rewrite", change, VISITS)
    assert help_text.count("timezone = 'UTC'") == 1
    for column in ("at", "left_at"):
        assert f"ALTER TABLE visits ALTER COLUMN {column} TYPE timestamp with time zone;" in help_text


def test_a_value_in_the_place_of_another_can_be_its_new_name():
    made = "CREATE TYPE phase_new AS ENUM ('opened', 'closed');"
    help_text = help_of("type-change-rewrite", f"{made} {SWAP}", JOBS)
    assert "ALTER TYPE phase RENAME VALUE 'open' TO 'opened';\n-- else keep the type, with both:" in help_text


@pytest.mark.parametrize("values", ["'closed', 'opened'", "'opened', 'closed', 'lost'", "'closed'"])
def test_other_values_are_no_new_names(values):
    made = f"CREATE TYPE phase_new AS ENUM ({values});"
    assert "RENAME VALUE" not in help_of("type-change-rewrite", f"{made} {SWAP}", JOBS)


@pytest.mark.parametrize(
    ("use", "earlier"),
    [
        ("UPDATE jobs SET phase = 'late' WHERE id = 3;", True),
        ("ALTER TABLE jobs ALTER phase SET DEFAULT 'late';", True),
        ("UPDATE jobs SET phase = 'open' WHERE id = 3;", False),
    ],
)
def test_a_value_that_the_migration_uses_is_added_before_it(use, earlier):
    made = "CREATE TYPE phase_new AS ENUM ('open', 'closed', 'late');"
    help_text = help_of("type-change-rewrite", f"{made} {SWAP} {use}", JOBS)
    assert ("-- in an earlier migration, because this one uses" in help_text) == earlier


@pytest.mark.parametrize(
    ("sql", "moved"),
    [
        (
            "ALTER TABLE visits ADD COLUMN town int; CREATE TABLE towns (id int PRIMARY KEY);"
            "ALTER TABLE visits ADD FOREIGN KEY (town) REFERENCES towns (id);",
            True,
        ),
        (
            "CREATE TABLE towns (id int PRIMARY KEY); ALTER TABLE visits ADD COLUMN town int;"
            "ALTER TABLE visits ADD FOREIGN KEY (town) REFERENCES towns (id);",
            False,
        ),
        (
            "ALTER TABLE visits ADD COLUMN town date; ALTER TABLE visits ADD UNIQUE (day);"
            "ALTER TABLE visits ADD FOREIGN KEY (town) REFERENCES visits (day);",
            True,
        ),
    ],
)
def test_a_foreign_key_comes_with_its_column_where_its_key_is_there(sql, moved):
    help_text = help_of("foreign-key-scan", sql, VISITS)
    assert help_text.startswith(
        "-- with the ADD COLUMN moved here" if moved else "-- when the column is added"
    )


KEYED = """
    CREATE TABLE halls (
        id serial PRIMARY KEY, code int CONSTRAINT hall_code UNIQUE, opened timestamp DEFAULT now()
    );
    CREATE TABLE seats (id bigint PRIMARY KEY, hall int CONSTRAINT seat_hall REFERENCES halls);
"""


def test_a_new_key_takes_the_value_of_the_old_one_and_not_another_number():
    help_text = help_of("type-change-rewrite", "ALTER TABLE halls ALTER id TYPE bigint;", KEYED)
    assert help_text.splitlines()[1:4] == [
        "-- give id_new what id has: NOT NULL, "
        "a unique index, which becomes the primary key halls_pkey when id goes",
        "-- give it no default while id is there: it needs the value that id gets, which a trigger can copy",
        "-- do the same with what refers to id, with new foreign keys: seats.hall",
    ]


def test_a_default_that_gives_all_columns_the_same_is_given_to_the_new_one():
    help_text = help_of("type-change-rewrite", "ALTER TABLE halls ALTER opened TYPE date;", KEYED)
    assert help_text.splitlines()[1] == "-- give opened_new what opened has: its default"


def test_what_the_migration_drops_and_makes_again_belongs_to_the_new_column_and_what_it_drops_does_not():
    change = """
        ALTER TABLE seats DROP CONSTRAINT seat_hall;
        ALTER TABLE halls DROP CONSTRAINT halls_pkey;
        ALTER TABLE halls ALTER id DROP DEFAULT, ALTER id TYPE text, ADD PRIMARY KEY (id);
        ALTER TABLE halls DROP CONSTRAINT hall_code;
        ALTER TABLE halls ALTER code TYPE text;
    """
    of_key, of_code = (
        report.finding.help
        for report in lint((RULES["type-change-rewrite"],), Bad("", change, history=KEYED))
    )
    assert "becomes the primary key halls_pkey" in of_key
    assert "-- give it no default: it needs the value that id gets" in of_key
    assert "new foreign keys: seats.hall" in of_key
    assert "hall_code" not in of_code
