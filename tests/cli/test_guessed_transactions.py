"""What is not claimed where nobody says how the files are run."""

import pytest

FILES = {
    "migrations/001_users.sql": "CREATE TABLE users (id bigint PRIMARY KEY, name text);\n"
    "CREATE INDEX by_name ON users (name);\n",
    "migrations/003_index.sql": "CREATE INDEX by_id ON users (id, name);\n",
    "migrations/002_change.sql": "CREATE TABLE teams (id bigint);\n"
    "DROP INDEX by_name;\n"
    "CREATE INDEX by_name ON users (name, id);\n"
    "ALTER TABLE users ALTER name SET NOT NULL;\n",
}
KNOWN = '[[histories]]\npath = "migrations"\ntransaction = "per_statement"\n'


@pytest.mark.parametrize(("settings", "known"), [("", False), (KNOWN, True)])
def test_a_commit_of_its_own_is_claimed_only_where_it_is_known(write, miglint, settings, known):
    write({**FILES, "miglint.toml": settings})
    out = miglint("check").out
    assert ("partial-failure-not-rerunnable" in out) is known
    assert ("gap-without-index" in out) is known
    assert ("because no transaction is open here" in out) is known
