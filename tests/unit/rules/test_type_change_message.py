"""A change of type says what becomes of the values that the new type cannot hold."""

import pytest

from miglint.model import Confidence, Name
from miglint.registry import load_rules
from miglint.rule import Bad
from miglint.testing import lint

RULE = next(rule for rule in load_rules() if rule.name == "type-change-rewrite")
TABLE = """
    CREATE TABLE orders (
        id bigint PRIMARY KEY, total numeric(12,2), note varchar(200), at timestamptz,
        raw json, small smallint
    );
"""


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        (
            "total TYPE integer",
            "; values are rounded to whole numbers, and it fails on values outside the range of integer",
        ),
        ("note TYPE varchar(50)", "; it fails on values longer than 50 characters"),
        (
            "note TYPE varchar(50) USING note::varchar(50)",
            "; the explicit cast truncates longer values to 50 characters",
        ),
        ("at TYPE date", "; the time of day is lost"),
        ("at TYPE timestamp", ", unless the session's TimeZone is UTC: values are converted by it"),
        (
            "at TYPE timestamp(0)",
            "; values are converted by the session's TimeZone; "
            "seconds are rounded to 0 digits after the decimal point",
        ),
        ("at TYPE timestamp USING at AT TIME ZONE 'UTC'", ""),
        ("id TYPE integer", "; it fails on values outside the range of integer"),
        ("raw TYPE jsonb", "; the order of keys is lost, and so are all but the last of duplicate keys"),
        ("small TYPE bigint", ""),
        ("small TYPE numeric(65, 30)", ""),
        ("note TYPE varchar(50) USING left(note, 50)", ""),
    ],
)
def test_the_message_names_the_loss_or_the_failure(change, outcome):
    (report,) = lint((RULE,), Bad("", f"ALTER TABLE orders ALTER COLUMN {change};", history=TABLE))
    _, copies, rest = report.finding.message.partition(" rewrites orders under ACCESS EXCLUSIVE")
    assert copies
    assert rest.partition("; code of the version before")[0] == outcome


@pytest.mark.parametrize("history", [TABLE, ""])
def test_the_new_column_keeps_the_collation(history):
    sql = 'ALTER TABLE orders ALTER COLUMN note TYPE char(9) COLLATE "C";'
    (report,) = lint((RULE,), Bad("", sql, history=history))
    assert 'ADD COLUMN note_new character(9) COLLATE "C";' in report.finding.help
    assert ("may rewrite orders" in report.finding.message) == (not history)


@pytest.mark.parametrize(
    ("sql", "confidence"),
    [
        ("ALTER TABLE orders ALTER COLUMN at TYPE timestamp;", Confidence.MEDIUM),
        ("ALTER TABLE orders ALTER COLUMN at TYPE timestamp(0);", Confidence.HIGH),
        ("SET timezone = 'Asia/Tokyo';\nALTER TABLE orders ALTER COLUMN at TYPE timestamp;", Confidence.HIGH),
        ("ALTER TABLE orders ALTER COLUMN at TYPE timestamp, ALTER COLUMN id TYPE int;", Confidence.HIGH),
    ],
)
def test_only_the_time_zone_decides_whether_timestamps_are_copied(sql, confidence):
    (report,) = lint((RULE,), Bad("", sql, history=TABLE))
    assert report.confidence is confidence
    assert ("unless the session's TimeZone is UTC" in report.finding.message) == (
        confidence is Confidence.MEDIUM
    )


def test_the_server_copies_a_table_for_an_array_of_timestamps_whatever_the_time_zone():
    sql = "ALTER TABLE visits ALTER at TYPE timestamptz[];"
    (found,) = lint(
        (RULE,), Bad("", sql, history="CREATE TABLE visits (id bigint PRIMARY KEY, at timestamp[]);")
    )

    assert "timezone" not in found.finding.help


BOTH = tuple(rule for rule in load_rules() if rule.name in ("type-change-rewrite", "retyped-column"))
STATES = """
    CREATE TYPE state AS ENUM ('new', 'paid');
    CREATE TABLE jobs (id int PRIMARY KEY, state state NOT NULL, word varchar(20), big bigint);
"""
SWAP = """
    CREATE TYPE state_new AS ENUM ('new');
    ALTER TABLE jobs ALTER COLUMN state TYPE state_new USING state::text::state_new;
    ALTER TYPE state RENAME TO state_old;
    ALTER TYPE state_new RENAME TO state;
    DROP TYPE state_old;
"""


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        (
            "ALTER TABLE jobs ALTER big TYPE integer;",
            "; code of the version before, which takes big for bigint, can write values that no longer fit "
            "and are refused",
        ),
        (
            "ALTER TABLE jobs ALTER id TYPE bigint, ALTER state TYPE text;",
            "; code of the version before, which takes state for state, fails where it compares the column "
            "with a value of that enum",
        ),
        (SWAP, "; code of the version before fails where it writes 'paid'"),
        ("ALTER TABLE jobs ALTER id TYPE bigint;", ""),
    ],
)
def test_a_copy_that_breaks_running_code_is_one_finding(sql, said):
    (report,) = lint(BOTH, Bad("", sql, history=STATES))
    assert report.rule == "type-change-rewrite"
    assert report.finding.message.endswith(said)
    assert bool(said) == ("code of the version before" in report.finding.message)


def test_code_that_breaks_without_a_copy_is_a_finding_of_its_own():
    small = (("small_tables", frozenset({Name("public", "jobs")})),)
    (report,) = lint(BOTH, Bad("", "ALTER TABLE jobs ALTER big TYPE int;", history=STATES, settings=small))
    assert report.rule == "retyped-column"


def test_of_an_enum_that_another_replaces_the_type_is_kept():
    small = (("small_tables", frozenset({Name("public", "jobs")})),)
    (report,) = lint(BOTH, Bad("", SWAP, history=STATES, settings=small))
    assert report.rule == "retyped-column"
    assert "ADD COLUMN" not in report.finding.help
    assert "keep the type instead of swapping it" in report.finding.help


def test_the_cast_of_a_small_table_says_that_code_breaks():
    rules = tuple(rule for rule in load_rules() if rule.name in ("recreated-enum", "retyped-column"))
    small = (("small_tables", frozenset({Name("public", "jobs")})),)
    (report,) = lint(rules, Bad("", SWAP, history=STATES, settings=small))
    assert report.rule == "recreated-enum"
    assert report.finding.message.endswith("; code of the version before fails where it writes 'paid'")
