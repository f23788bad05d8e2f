"""What the configuration says without effect is told, and what it says wrongly is an error."""

import pytest

TABLE = "CREATE TABLE orders (id bigint PRIMARY KEY, status text);\n"
INDEX = "CREATE INDEX orders_status ON orders (status);\n"
HISTORY = {"migrations/1_orders.sql": TABLE, "migrations/2_index.sql": INDEX}


@pytest.fixture
def check(miglint, write):
    def run(toml, *words):
        write({**HISTORY, "miglint.toml": toml})
        return miglint("check", *words)

    return run


@pytest.mark.parametrize(
    ("toml", "warning"),
    [
        ('hot_tables = ["order"]', "hot_tables: no history has a table 'order'; did you mean 'orders'?"),
        ('small_tables = ["app.orders"]', "small_tables: no history has a table 'app.orders'"),
        ('exclude = ["vendor/**"]', "exclude: 'vendor/**' matches no migration"),
        (
            '[[overrides]]\npaths = ["db/**"]\nignore = ["locks"]',
            "overrides.paths: 'db/**' matches no migration",
        ),
    ],
)
def test_a_setting_that_fits_nothing_is_told(check, toml, warning):
    outcome = check(toml)

    assert outcome.code in (0, 1)
    assert outcome.err.startswith("miglint: warning: miglint.toml: ")
    assert warning in outcome.err


@pytest.mark.parametrize(
    "toml",
    [
        'hot_tables = ["orders"]\nsmall_tables = ["public.orders"]',
        'exclude = ["2_index.sql"]',
        '[[overrides]]\npaths = ["migrations/2*"]\nignore = ["all"]',
        'time_zone = "Europe/Berlin"',
        'time_zone = "utc"',
        'time_zone = "CEST"',
        'time_zone = "<+03>-03"',
        'time_zone = "UTC+3"',
    ],
)
def test_a_setting_that_fits_something_is_not(check, toml):
    assert check(toml).err == ""


def test_tables_that_were_dropped_or_made_elsewhere_are_known(miglint, write):
    drop = "DROP TABLE orders;\nALTER TABLE elsewhere ADD COLUMN a int;\n"
    write({**HISTORY, "migrations/3_drop.sql": drop})
    write({"miglint.toml": 'hot_tables = ["orders"]\nsmall_tables = ["elsewhere"]\n'})

    assert miglint("check").err == ""


@pytest.mark.parametrize(
    "other",
    [
        {"mysql/migrations/1_plans.sql": "CREATE TABLE `plans` (id int) ENGINE=InnoDB;\n"},
        {"migrations/3_plans.sql": b"CREATE TABLE plans (name text DEFAULT '\xff');\n"},
    ],
)
def test_where_something_could_not_be_read_no_table_is_said_to_be_missing(miglint, write, other):
    write({**HISTORY, **other, "miglint.toml": 'hot_tables = ["plans"]\n'})

    assert "hot_tables" not in miglint("check").err


def test_of_what_is_not_looked_at_nothing_is_said_to_be_missing(check):
    assert check('hot_tables = ["plans"]\nexclude = ["other/**"]', "migrations/2_index.sql").err == ""


@pytest.mark.parametrize(
    ("toml", "message", "hint"),
    [
        ('time_zone = "Europe/Berln"', "no time zone 'Europe/Berln'", "did you mean 'Europe/Berlin'?"),
        ('baseline = "known.json"', "baseline: known.json: no such file", "`miglint baseline` writes it"),
        ('exclude = ["migrations/**"]', "exclude: every migration is left out", ""),
        ('[[overrides]]\npaths = ["migrations/**"]\nignore = ["all"]', "holds for every migration", ""),
        ('ignore = ["safety"]', "every rule is switched off", "`select`"),
        ('paths = ["db"]', "paths: db: no such file or folder", ""),
    ],
)
def test_a_setting_with_which_nothing_can_be_checked_is_an_error(check, toml, message, hint):
    outcome = check(toml)

    assert (outcome.code, outcome.out) == (2, "")
    assert message in outcome.err
    assert hint in outcome.err


def test_a_configured_baseline_can_be_written(miglint, write):
    write({**HISTORY, "miglint.toml": 'baseline = "known.json"\n'})

    assert miglint("baseline").code == 0
    assert miglint("check").code == 0
