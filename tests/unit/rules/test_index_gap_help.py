"""Help for an index that is dropped before the new one is built: that one is built CONCURRENTLY."""

import pytest

from miglint.model import TransactionMode
from miglint.registry import load_rules
from miglint.rule import Bad
from miglint.testing import lint

RULES = tuple(rule for rule in load_rules() if rule.name == "gap-without-index")
CARS = (
    "CREATE TABLE cars (id bigint PRIMARY KEY, maker text, built date); CREATE INDEX makers ON cars (maker);"
)


def help_of(sql, history=CARS):
    (report,) = lint(RULES, Bad("", sql, history=history, mode=TransactionMode.PER_STATEMENT))
    return report.finding.help


@pytest.mark.parametrize("kind", ["INDEX", "UNIQUE INDEX"])
def test_the_new_index_is_built_concurrently_and_first(kind):
    assert help_of(f"DROP INDEX makers; CREATE {kind} IF NOT EXISTS made ON cars (maker, built);") == (
        f"-- first:\nCREATE {kind} CONCURRENTLY IF NOT EXISTS made ON cars (maker, built);\n"
        "-- and then:\nDROP INDEX makers;"
    )


def test_of_the_same_name_it_gets_its_name_last():
    assert help_of("DROP INDEX makers; CREATE INDEX makers ON cars (maker, built);") == (
        "-- first, under another name:\nCREATE INDEX CONCURRENTLY makers_new ON cars (maker, built);\n"
        "-- and then:\nDROP INDEX makers;\nALTER INDEX makers_new RENAME TO makers;"
    )


def test_one_that_a_transaction_builds_is_built_outside_it():
    help_text = help_of("DROP INDEX makers; BEGIN; CREATE INDEX made ON cars (maker, built); COMMIT;")
    assert help_text.startswith("-- in a migration of its own, outside a transaction and before this one:\n")
    assert "CREATE INDEX CONCURRENTLY made ON cars" in help_text


@pytest.mark.parametrize(
    ("sql", "history"),
    [
        ("DROP INDEX makers; ALTER TABLE cars ADD UNIQUE (maker, built);", CARS),
        (
            "DROP INDEX makers; CREATE INDEX made ON cars (maker, built);",
            "CREATE TABLE cars (maker text, built date) PARTITION BY RANGE (built);"
            "CREATE INDEX makers ON cars (maker);",
        ),
    ],
)
def test_what_cannot_be_built_concurrently_is_not_shown(sql, history):
    assert help_of(sql, history) == "drop it after the statement that builds the new one"
