"""What becomes of statements that were written for the old type of a column: the model and the servers."""

import psycopg
import pytest

from miglint import model
from miglint.engine import Plan, run
from miglint.rule import Policy
from miglint.tools import histories_of_texts
from miglint.verify.server import Connection, Server

SETUP = "CREATE TYPE mood AS ENUM ('1', '2'); CREATE DOMAIN label AS text; CREATE DOMAIN small AS smallint;"
CHANGES = [
    # old type, a value, new type, whether code notices
    ("varchar(9)", "1", "text", False),
    ("text", "1", "varchar", False),
    ("char(3)", "1", "text", False),
    ("text", "1", "label", False),
    ("label", "1", "varchar(20)", False),
    ("smallint", "1", "small", False),
    ("numeric(9,2)", "1", "numeric(12,4)", False),
    ("timestamp(3)", "2024-05-06 07:08:09", "timestamp", False),
    ("varchar(9)[]", "{1}", "varchar(12)[]", False),
    ("integer", "1", "bigint", True),
    ("smallint", "1", "numeric", True),
    ("real", "1", "double precision", True),
    ("json", "{}", "jsonb", True),
    ("text", "1", "mood USING v::mood", True),
    ("mood", "1", "text", True),
    ("text", "1", "integer USING v::int", True),
    ("integer", "1", "text", True),
    ("boolean", "1", "integer USING v::int", True),
    ("integer", "1", "boolean USING v::text::boolean", True),
    ("text", "00000000-0000-0000-0000-000000000001", "uuid USING v::uuid", True),
    ("uuid", "00000000-0000-0000-0000-000000000001", "text", True),
    ("jsonb", "{}", "json", True),
    ("text", "{}", "jsonb USING v::jsonb", True),
    ("text", "1", "text[] USING ARRAY[v]", True),
    ("text[]", "{1}", "integer[] USING v::integer[]", True),
]


@pytest.mark.parametrize(("old", "value", "change", "noticed"), CHANGES)
def test_code_notices_where_the_server_no_longer_takes_its_statements(
    old, value, change, noticed, server: Server
):
    statement = f"ALTER TABLE t ALTER COLUMN v TYPE {change}"
    found = _foretold(f"{SETUP}CREATE TABLE t (v {old});", statement, server.major)
    assert bool(found) == noticed
    with server.database("retyping") as database, server.connect(database) as connection:
        connection.execute(f"{SETUP}CREATE TABLE t (v {old})")
        code = [f"INSERT INTO t VALUES ('{value}'::{old})"]
        if old != "json":  # It cannot be compared before.
            code.append(f"SELECT FROM t WHERE v = '{value}'::{old}")
        assert all(_is_taken(connection, each) for each in code)
        connection.execute(statement)
        taken = all(_is_taken(connection, each) for each in code)
    assert taken == (not noticed or found[0].only_drivers)


def _is_taken(connection: Connection, statement: str) -> bool:
    try:
        connection.execute(statement)
    except psycopg.Error:
        return False
    return True


def _foretold(history: str, statement: str, major: int) -> tuple[model.Break, ...]:
    texts = {"m/V1__a.sql": history.encode(), "m/V2__b.sql": f"{statement};".encode()}
    (of_files,) = histories_of_texts(texts)
    policy = Policy(servers=(model.Server("postgres", (major,)),))
    return run(of_files, Plan(policy=policy)).steps[-1].effects.breaks
