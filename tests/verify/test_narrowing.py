"""What becomes of values that the new type of their column cannot hold: the model and the servers."""

import psycopg
import pytest

from miglint import model
from miglint.engine import Plan, run
from miglint.model import Effects
from miglint.rule import Policy
from miglint.tools import histories_of_texts
from miglint.verify.server import Connection, Server

ENUMS = "CREATE TYPE old AS ENUM ('a', 'b'); CREATE TYPE new AS ENUM ('b', 'c');"
CHANGES = [
    # old type, value, new type, what of the value is left: None where the server refuses it
    ("numeric(12,2)", "10.49", "integer", "10"),
    ("numeric(12,2)", "9999999999", "integer", None),
    ("numeric", "1.5", "bigint", "2"),
    ("numeric(12,0)", "10", "integer", "10"),
    ("double precision", "1.6", "integer", "2"),
    ("bigint", "3000000000", "integer", None),
    ("integer", "3000", "bigint", "3000"),
    ("integer", "70000", "smallint", None),
    ("integer", "16777217", "real", "1.6777216e+07"),
    ("smallint", "12345", "real", "12345"),
    ("bigint", "9007199254740993", "double precision", "9.007199254740992e+15"),
    ("integer", "16777217", "double precision", "16777217"),
    ("double precision", "0.123456789", "real", "0.12345679"),
    ("numeric", "0.12345678901234567890", "double precision", "0.12345678901234568"),
    ("numeric(12,4)", "1.2345", "numeric(12,2)", "1.23"),
    ("numeric(12,2)", "12345.67", "numeric(6,2)", None),
    ("numeric(6,2)", "1.25", "numeric(12,4)", "1.2500"),
    ("integer", "100000", "numeric(6,2)", None),
    ("integer", "-2147483648", "numeric(12,2)", "-2147483648.00"),
    ("varchar(200)", "abcdef", "varchar(3)", None),
    ("text", "abcdef", "varchar(3)", None),
    ("varchar(3)", "abc", "varchar(200)", "abc"),
    ("text", "abcdef", "varchar(3) USING v::varchar(3)", "abc"),
    ("timestamptz", "2024-05-06 07:08:09+00", "date", "2024-05-06"),
    ("timestamp", "2024-05-06 07:08:09", "time", "07:08:09"),
    ("timestamptz", "2024-05-06 07:08:09.123456+00", "timestamptz(3)", "2024-05-06 07:08:09.123+00"),
    ("timestamp(3)", "2024-05-06 07:08:09.123", "timestamp", "2024-05-06 07:08:09.123"),
    ("json", '{"b": 1, "a": 2}', "jsonb", '{"a": 2, "b": 1}'),
    ("old", "a", "new USING v::text::new", None),
    ("old", "b", "new USING v::text::new", "b"),
]


@pytest.mark.parametrize(("old", "value", "change", "left"), CHANGES)
def test_the_model_says_what_the_server_does_to_a_value(old, value, change, left, server: Server):
    statement = f"ALTER TABLE t ALTER COLUMN v TYPE {change}"
    effects = _foretold(f"{ENUMS}CREATE TABLE t (v {old});", statement, server.major)
    with server.database("narrowing") as database, server.connect(database) as connection:
        connection.execute(f"{ENUMS}CREATE TABLE t (v {old})")
        connection.execute(f"INSERT INTO t VALUES ('{value}')")
        assert _after(connection, statement) == left

    if left is None:
        assert effects.failures
    else:
        assert bool(effects.destroys) == (left.rstrip("0").rstrip(".") != value.rstrip("0").rstrip("."))


def _foretold(before: str, statement: str, major: int) -> Effects:
    texts = {"m/V1__a.sql": before.encode(), "m/V2__b.sql": statement.encode()}
    (history,) = histories_of_texts(texts)
    plan = Plan(policy=Policy(servers=(model.Server("postgres", (major,)),)))
    return run(history, plan).steps[-1].effects


def _after(connection: Connection, statement: str) -> str | None:
    try:
        connection.execute(statement)
    except psycopg.Error:
        return None
    row = connection.execute("SELECT v::text FROM t").fetchone()
    return str(row[0]) if row else None
