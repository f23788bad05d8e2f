"""What the judge takes for broken: the catalog before and after a change."""

import pytest
from tests.verify.contract import broken, contract

from miglint.verify.server import Server

SETUP = """
    CREATE TYPE mood AS ENUM ('sad', 'glad');
    CREATE TABLE users (id bigint PRIMARY KEY, name text, age int, role text NOT NULL DEFAULT 'member');
    CREATE VIEW names AS SELECT name FROM users;
    CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql AS 'SELECT n * 2';
"""
CHANGES = [
    ("ALTER TABLE users ALTER age TYPE bigint", ["retyped: column public.users.age"]),
    ("ALTER TABLE users RENAME age TO years", ["gone: column public.users.age"]),
    ("ALTER TABLE users ADD email text NOT NULL", ["required: column public.users.email"]),
    ("ALTER TABLE users ALTER role DROP DEFAULT", ["required: column public.users.role"]),
    ("ALTER TABLE users ALTER role TYPE varchar(20)", []),
    ("ALTER TABLE users ADD email text NOT NULL DEFAULT ''", []),
    ("ALTER TYPE mood RENAME VALUE 'sad' TO 'blue'", ["gone: value public.mood.sad"]),
    ("DROP TYPE mood", []),
    ("DROP FUNCTION twice(int)", ["gone: function public.twice.1"]),
    ("DROP VIEW names; DROP TABLE users", ["gone: relation public.names", "gone: relation public.users"]),
]


@pytest.mark.parametrize(("change", "said"), CHANGES)
def test_what_code_can_no_longer_name_or_write_is_broken(
    change: str, said: list[str], server: Server
) -> None:
    with server.database("contract") as database, server.connect(database) as connection:
        connection.execute(SETUP)
        before = contract(connection)
        connection.execute(change)
        found = [f"{each.how}: {each.part}" for each in broken(before, contract(connection))]
    assert sorted(found) == said
