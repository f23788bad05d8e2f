"""`miglint schema`: the simulated database in the documented JSON."""

from miglint.engine import Plan, run
from miglint.model import Direction, History, Migration, Script, Source, Span, TransactionMode
from miglint.show.schema import as_dict


def shown(*statements):
    sql = ";\n".join(statements)
    script = Script(Source("1.sql", sql), Span(0, len(sql)), Direction.UP, TransactionMode.PER_STATEMENT)
    return as_dict(run(History("test", ".", "postgres", (Migration("1", up=script),)), Plan()).schema)


def test_a_table_with_all_that_is_shown_of_one():
    schema = shown(
        "CREATE TABLE buyers (id bigint PRIMARY KEY)",
        "CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, buyer bigint NOT NULL"
        " REFERENCES buyers ON DELETE CASCADE, code varchar(9) DEFAULT 'x' UNIQUE,"
        " total numeric(8,2) GENERATED ALWAYS AS (1.5) STORED, CHECK (total > 0))",
        "CREATE INDEX open ON orders USING hash (code) WHERE total > 9",
    )["schemas"]["public"]["tables"]["orders"]

    assert [tuple(column.values()) for column in schema["columns"]] == [
        ("id", "bigint", False, None, "always", None),
        ("buyer", "bigint", False, None, None, None),
        ("code", "character varying(9)", True, "'x'", None, None),
        ("total", "numeric(8,2)", True, "1.5", None, "stored"),
    ]
    assert schema["primary_key"] == {"name": "orders_pkey", "columns": ["id"]}
    assert schema["unique"] == [{"name": "orders_code_key", "columns": ["code"]}]
    assert [key["name"] for key in schema["foreign_keys"]] == ["orders_buyer_fkey"]
    assert [index["name"] for index in schema["indexes"]] == ["open", "orders_code_key", "orders_pkey"]


def test_what_is_in_a_schema_by_kind():
    schema = shown(
        "CREATE SCHEMA shop",
        "CREATE TABLE shop.a (id int)",
        "CREATE VIEW shop.v AS SELECT id FROM shop.a",
        "CREATE MATERIALIZED VIEW shop.m AS SELECT id FROM shop.a",
        "CREATE SEQUENCE shop.s",
        "CREATE TYPE shop.e AS ENUM ('x', 'y')",
    )["schemas"]["shop"]

    assert list(schema["tables"]) == ["a"]
    assert (schema["views"], schema["materialized_views"], schema["sequences"]) == (["v"], ["m"], ["s"])
    assert schema["enums"] == {"e": ["x", "y"]}


def test_what_a_session_keeps_to_itself_is_not_shown():
    schema = shown("CREATE TEMPORARY TABLE t (id serial)", "CREATE TEMPORARY VIEW v AS SELECT 1 AS one")[
        "schemas"
    ]

    assert all(
        not place["tables"] and not place["views"] and not place["sequences"] for place in schema.values()
    )
