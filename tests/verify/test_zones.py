"""A change between timestamp and timestamptz, as help writes it for values that are meant as UTC."""

import re

import pytest

from miglint.registry import load_rules
from miglint.rule import Bad
from miglint.testing import lint
from miglint.verify.server import Server

RULES = tuple(rule for rule in load_rules() if rule.name == "type-change-rewrite")
TABLE = "CREATE TABLE visits (id int PRIMARY KEY, at {}); CREATE INDEX visits_at ON visits (at);"
FILES = "SELECT relname FROM pg_class WHERE relname LIKE 'visits%%' AND pg_relation_filenode(oid) <> ALL (%s)"


@pytest.mark.parametrize(("old", "new"), [("timestamp", "timestamptz"), ("timestamptz", "timestamp")])
def test_under_utc_only_the_indexes_of_the_column_are_built_anew(old, new, server: Server):
    change = f"ALTER TABLE visits ALTER at TYPE {new} USING at AT TIME ZONE 'UTC';"
    bad = Bad("", f"SET timezone = 'Europe/Oslo'; {change}", history=TABLE.format(old))
    help_text = re.sub("--.*", "", lint(RULES, bad)[0].finding.help)
    rows = []
    for sql in (change, help_text):
        with server.database("zones") as database, server.connect(database) as connection:
            connection.execute(TABLE.format(old))
            connection.execute("INSERT INTO visits SELECT n, now() FROM generate_series(1, 9) n")
            connection.execute("UPDATE visits SET at = '2024-05-06 07:08:09'")
            before = connection.execute(
                "SELECT array_agg(pg_relation_filenode(oid)) FROM pg_class WHERE relname LIKE 'visits%'"
            ).fetchone()
            connection.execute(f"BEGIN; {sql} COMMIT")
            anew = {name for (name,) in connection.execute(FILES, before)}
            rows.append(connection.execute("SELECT at FROM visits ORDER BY id").fetchall())
        assert anew == ({"visits_at"} if sql == help_text else {"visits", "visits_at", "visits_pkey"})
    assert rows[0] == rows[1]
