"""Each migration has a session of its own: the next one may run in another deploy."""

import pytest

from miglint.registry import load_rules
from miglint.rule import Bad
from miglint.testing import lint

RULES = load_rules()
COPY = "CREATE TEMPORARY TABLE copy (id bigint);"
TABLE = "CREATE TABLE copy (id bigint);"
INDEX = "CREATE INDEX copy_id ON copy (id);"


@pytest.mark.parametrize(
    ("migrations", "rules"),
    [
        ((COPY, TABLE, INDEX), {"blocking-index-build"}),
        ((f"{COPY}\n{TABLE}\n{INDEX}",), set()),
        ((f"{COPY}\n{INDEX}", f"{COPY}\n{INDEX}"), set()),
        # Where all of them run at once, it is still there.
        ((TABLE.replace("copy", "notes"), COPY, "DROP TABLE copy;"), {"dropped-table"}),
    ],
)
def test_a_temporary_table_goes_with_its_session(migrations: tuple[str, ...], rules: set[str]) -> None:
    found = lint(RULES, Bad("", "\n-- migration\n".join(migrations)))

    assert {report.rule for report in found if str(report.severity) != "note"} == rules
