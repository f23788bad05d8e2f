"""Questions that a schema answers without looking at all that is in it."""

from miglint.engine import Plan, run
from miglint.model import Direction, History, Migration, Name, Script, Source, Span, TransactionMode


def schema_after(*statements):
    sql = ";\n".join(statements)
    script = Script(Source("1.sql", sql), Span(0, len(sql)), Direction.UP, TransactionMode.PER_STATEMENT)
    return run(History("test", ".", "postgres", (Migration("1", up=script),)), Plan()).schema


def names(found):
    return sorted(name.display for name in found)


def tables(found):
    return sorted(table.name.display for table in found)


def public(name):
    return Name("public", name)


SHOP = (
    "CREATE SCHEMA shop",
    "CREATE TABLE shop.orders (id int)",
    "CREATE VIEW shop.latest AS SELECT id FROM shop.orders",
    "CREATE TYPE shop.state AS ENUM ('new')",
    "CREATE FUNCTION shop.touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'",
    "CREATE TABLE other (id int)",
)


def test_what_is_in_a_schema():
    schema = schema_after(*SHOP)

    assert names(schema.relations_in("shop")) == ["shop.latest", "shop.orders"]
    assert names(schema.types_in("shop")) == ["shop.state"]
    assert names(schema.functions_in("shop")) == ["shop.touch"]


def test_what_comes_into_a_schema_and_leaves_it():
    schema = schema_after(
        *SHOP,
        "ALTER TABLE other SET SCHEMA shop",
        "ALTER TABLE shop.orders RENAME TO bought",
        "DROP VIEW shop.latest",
        "DROP FUNCTION shop.touch()",
        "ALTER TYPE shop.state SET SCHEMA public",
    )

    assert names(schema.relations_in("shop")) == ["shop.bought", "shop.other"]
    assert not schema.types_in("shop")
    assert not schema.functions_in("shop")
    assert public("other") not in schema.relations_in("public")


def test_tables_with_columns_of_a_type():
    schema = schema_after(
        "CREATE TYPE state AS ENUM ('new', 'old')",
        "CREATE TABLE a (s state)",
        "CREATE TABLE b (id int)",
        "CREATE TABLE c (s text DEFAULT 'new'::state)",
        "ALTER TABLE b ADD COLUMN s state",
    )

    assert tables(schema.tables_with_type(public("state"))) == ["a", "b", "c"]


def test_types_made_of_a_type():
    schema = schema_after(
        "CREATE TYPE state AS ENUM ('new')",
        "CREATE DOMAIN given AS state NOT NULL",
        "CREATE TYPE pair AS (one state, two int)",
        "CREATE TYPE plain AS (one int)",
    )

    assert names(schema.types_with_type(public("state"))) == ["given", "pair"]


def test_tables_whose_triggers_call_a_function():
    body = "RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'"
    schema = schema_after(
        f"CREATE FUNCTION touch() {body}",
        f"CREATE FUNCTION count_it() {body}",
        "CREATE TABLE a (id int)",
        "CREATE TABLE b (id int)",
        "CREATE TRIGGER t BEFORE UPDATE ON a FOR EACH ROW EXECUTE FUNCTION touch()",
        "CREATE TRIGGER t BEFORE UPDATE ON b FOR EACH ROW EXECUTE FUNCTION count_it()",
    )

    assert tables(schema.tables_calling(function=public("touch"))) == ["a"]
    assert tables(schema.tables_calling(schema="public")) == ["a", "b"]


def test_a_family_is_all_the_way_down():
    schema = schema_after(
        "CREATE TABLE a (id int) PARTITION BY RANGE (id)",
        "CREATE TABLE b PARTITION OF a FOR VALUES FROM (0) TO (9) PARTITION BY RANGE (id)",
        "CREATE TABLE c PARTITION OF b FOR VALUES FROM (0) TO (5)",
        "CREATE TABLE d (id int)",
    )

    assert names(schema.family(public("a"))) == ["a", "b", "c"]
    assert names(schema.family(public("d"))) == ["d"]


def test_partitions_are_found_by_their_bound():
    schema = schema_after(
        "CREATE TABLE logs (day int) PARTITION BY LIST (day)",
        "CREATE TABLE visits (day int) PARTITION BY LIST (day)",
        "CREATE TABLE first PARTITION OF logs FOR VALUES IN (1)",
        "CREATE TABLE second PARTITION OF logs FOR VALUES IN (2)",
        "CREATE TABLE other PARTITION OF visits FOR VALUES IN (1)",
        "CREATE TABLE third PARTITION OF logs FOR VALUES IN (3)",
        "CREATE TABLE fourth PARTITION OF logs FOR VALUES IN (4)",
        "ALTER TABLE first RENAME TO oldest",
        "ALTER TABLE logs RENAME TO events",
        "ALTER TABLE events DETACH PARTITION second",
        "ALTER TABLE events ATTACH PARTITION second FOR VALUES IN (5)",
        "ALTER TABLE events DETACH PARTITION third",
        "DROP TABLE fourth",
    )
    events, visits = public("events"), public("visits")

    assert names(schema.partitions_at(events, "IN (1)")) == ["oldest"]
    assert names(schema.partitions_at(events, "IN (5)")) == ["second"]
    assert names(schema.partitions_at(visits, "IN (1)")) == ["other"]
    assert not schema.partitions_at(public("logs"), "IN (1)")
    assert not any(schema.partitions_at(events, f"IN ({day})") for day in (2, 3, 4))


def test_bounds_with_other_blanks_are_others():
    schema = schema_after(
        "CREATE TABLE shops (name text) PARTITION BY LIST (name)",
        "CREATE TABLE first PARTITION OF shops FOR VALUES IN ('old  town')",
    )

    assert names(schema.partitions_at(public("shops"), "IN ('old  town')")) == ["first"]
    assert not schema.partitions_at(public("shops"), "IN ('old town')")


def test_views_on_views_are_named_once():
    schema = schema_after(
        "CREATE TABLE a (id int)",
        "CREATE VIEW b AS SELECT id FROM a",
        "CREATE VIEW c AS SELECT id FROM a",
        "CREATE VIEW d AS SELECT b.id FROM b JOIN c ON b.id = c.id",
    )

    assert names(schema.views_on(public("a"))) == ["b", "c", "d"]
    assert names(schema.views_on(public("c"))) == ["d"]


def test_the_keys_of_a_table_pick_one_row():
    schema = schema_after(
        "CREATE TABLE a (id int PRIMARY KEY, code text NOT NULL, name text, kind text NOT NULL)",
        "CREATE UNIQUE INDEX ON a (code, kind)",
        "CREATE UNIQUE INDEX ON a (name)",
        "CREATE UNIQUE INDEX ON a (kind) WHERE id > 0",
        "CREATE INDEX ON a (code)",
    )

    assert schema.keys_of(schema.table(public("a"))) == (("id",), ("id",), ("code", "kind"))


def test_numbers_of_names_are_free_again_after_a_drop():
    indexes = ["CREATE INDEX ON a (id)"] * 3
    schema = schema_after(
        "CREATE TABLE a (id int)", *indexes, "DROP INDEX a_id_idx1", "CREATE INDEX ON a (id)"
    )

    assert names(schema.table(public("a")).indexes) == ["a_id_idx", "a_id_idx1", "a_id_idx2"]
