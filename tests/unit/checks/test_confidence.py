"""How sure a finding is: certain, up to the rows, or about something that the history does not tell of."""

import pytest

from miglint.model import Confidence
from miglint.registry import load_rules
from miglint.rule import Bad
from miglint.testing import lint

RULES = load_rules()
USERS = "CREATE TABLE users (id bigint PRIMARY KEY, name varchar(50));"
HIGH, MEDIUM, LOW = Confidence.HIGH, Confidence.MEDIUM, Confidence.LOW


def confidences(sql: str, history: str = USERS) -> dict[str, tuple[str, Confidence]]:
    """Give the severity and confidence by rule."""
    found = lint(RULES, Bad("", sql, history=history))
    return {report.rule: (str(report.severity), report.confidence) for report in found}


@pytest.mark.parametrize(
    ("sql", "rule", "severity", "confidence"),
    [
        ("CREATE INDEX i ON users (name);", "blocking-index-build", "error", HIGH),
        ("CREATE INDEX i ON people (name);", "blocking-index-build", "error", LOW),
        ("UPDATE users SET name = '';", "unbatched-update", "warning", HIGH),
        ("UPDATE users SET name = '' WHERE name = 'x';", "unbatched-update", "warning", MEDIUM),
        (
            "UPDATE users SET name = '' FROM old WHERE old.id = users.id;",
            "unbatched-update",
            "warning",
            MEDIUM,
        ),
        (
            "ALTER TABLE users ADD a uuid DEFAULT gen_random_uuid();",
            "volatile-default-rewrite",
            "error",
            HIGH,
        ),
        (
            "ALTER TABLE users ADD a uuid DEFAULT uuid_generate_v4();",
            "volatile-default-rewrite",
            "error",
            HIGH,
        ),
        (
            "ALTER TABLE users ADD a text DEFAULT public.gen_random_uuid();",
            "volatile-default-rewrite",
            "error",
            HIGH,
        ),
        ("ALTER TABLE users ADD a text DEFAULT short_id();", "volatile-default-rewrite", "warning", LOW),
        ("ALTER TABLE people ALTER COLUMN age TYPE bigint;", "type-change-rewrite", "warning", LOW),
        ("ALTER TABLE users RENAME COLUMN name TO nick;", "renamed-column", "warning", MEDIUM),
        ("DROP TABLE users;", "dropped-table", "error", HIGH),
    ],
)
def test_confidence_is_decided_per_finding(sql, rule, severity, confidence):
    assert confidences(sql)[rule] == (severity, confidence)


def test_a_table_whose_creation_cannot_be_parsed_is_not_known():
    broken = f"{USERS}\n-- migration\nCREATE TABLE sync (id $%AUTO%$, user_id bigint);"
    assert confidences("CREATE INDEX i ON sync (user_id);", broken)["blocking-index-build"][1] is LOW


def test_not_all_rules_are_equally_sure():
    assert {rule.confidence for rule in RULES} >= {HIGH, MEDIUM}


@pytest.mark.parametrize(
    ("between", "severity"),
    [
        ("", "note"),
        ("COMMIT; BEGIN; INSERT INTO users VALUES (1, 'a');", "error"),
        ("INSERT INTO users VALUES (1, 'a');", "error"),
    ],
)
def test_work_on_what_its_transaction_has_deleted_is_a_note(between: str, severity: str) -> None:
    found = confidences(f"DELETE FROM users; {between} CREATE INDEX i ON users (name);")

    assert found["blocking-index-build"][0] == severity
    assert confidences("DELETE FROM users; DROP TABLE users;")["dropped-table"][0] == "error"
