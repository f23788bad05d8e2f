"""What the message about a dropped unique index claims."""

import pytest

from miglint.registry import load_rules
from miglint.rule import Bad
from miglint.testing import lint

RULE = next(rule for rule in load_rules() if rule.name == "dropped-unique")
USERS = "CREATE TABLE users (team int, email text);\nCREATE UNIQUE INDEX one ON users (team, email);"


@pytest.mark.parametrize(
    ("new", "lets_duplicates_in"),
    [
        ("(email)", False),
        ("(lower(email))", False),
        ("(team, email, id)", True),
        ("(team, lower(email))", True),
        ("(email) WHERE team > 1", True),
    ],
)
def test_duplicates_come_only_where_no_stricter_index_is_there(new: str, lets_duplicates_in: bool) -> None:
    history = USERS.replace("email text", "email text, id int")
    sql = f"DROP INDEX one;\nCREATE UNIQUE INDEX new ON users {new};"
    (found,) = lint((RULE,), Bad("", sql, history=history))
    assert ("duplicates" in found.finding.message) is lets_duplicates_in
