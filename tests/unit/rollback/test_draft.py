"""The draft of a way back: what undoes an up, and what it says that it does not bring back."""

import pytest
from tests.every_object import OBJECTS
from tests.unit.rollback.test_compare import POSTGRES
from tests.unit.rollback.test_every_object import ways_of
from tests.ways_back import WAYS_BACK

from miglint.dialects.sql.session import NO_SESSION
from miglint.model import Direction, Schema, Script, Source, Span, TransactionMode
from miglint.rollback.compare import compare
from miglint.rollback.draft import Draft, draft, draft_release, text_of
from miglint.simulate import Machine, Start, Trace, run


def trace(sql: str, before: Schema) -> Trace:
    script = Script(Source("1.sql", sql), Span(0, len(sql)), Direction.UP, TransactionMode.PER_MIGRATION)
    return run(script, Start(before, NO_SESSION), Machine(POSTGRES, (16,)))


def drafted(setup: str, up: str, *, outside: bool = False) -> tuple[Draft, str]:
    before = trace(setup, POSTGRES.schema).schema
    made = draft(trace(up, before), before, POSTGRES, outside=outside)
    return made, text_of(made.steps, POSTGRES.write)


EACH = [
    *((way.setup, way.up) for ways in WAYS_BACK.values() for way in ways),
    *((way.setup, way.up) for objects in OBJECTS.values() for each in objects for way in ways_of(each)),
]


@pytest.mark.parametrize(("setup", "up"), dict.fromkeys(EACH))
def test_a_draft_restores_the_schema_or_says_what_stays_different(setup: str, up: str) -> None:
    before = trace(setup, POSTGRES.schema).schema
    there = trace(up, before)
    made = draft(there, before, POSTGRES)
    back = trace(text_of(made.steps, POSTGRES.write), there.schema)
    left = compare(before, back.schema, POSTGRES.alike)
    assert left.is_exact or any(gap.kind in ("schema", "note") for gap in made.gaps)


def test_a_table_comes_back_with_all_it_had() -> None:
    _, sql = drafted(
        "CREATE TABLE maker (id int PRIMARY KEY);"
        " CREATE TABLE tool (id serial PRIMARY KEY, name text NOT NULL DEFAULT 'x' UNIQUE,"
        " maker_id int REFERENCES maker ON DELETE CASCADE, price numeric(8,2) CHECK (price > 0));"
        " CREATE INDEX tool_price ON tool (price DESC) WHERE price > 9; COMMENT ON TABLE tool IS 'sold';"
        " GRANT SELECT ON tool TO shop;",
        "DROP TABLE tool;",
    )
    assert sql == (
        "CREATE TABLE tool (\n"
        "  id serial,\n"
        "  name text DEFAULT 'x' NOT NULL,\n"
        "  maker_id integer,\n"
        "  price numeric(8,2),\n"
        "  CONSTRAINT tool_pkey PRIMARY KEY (id),\n"
        "  CONSTRAINT tool_name_key UNIQUE (name),\n"
        "  CONSTRAINT tool_maker_id_fkey FOREIGN KEY (maker_id) REFERENCES maker (id) ON DELETE CASCADE,\n"
        "  CONSTRAINT tool_price_check CHECK (price > 0)\n"
        ");\n"
        "CREATE INDEX tool_price ON tool (price DESC) WHERE price > 9;\n"
        "GRANT SELECT ON TABLE tool TO shop;\n"
        "COMMENT ON TABLE tool IS 'sold';"
    )


def test_a_required_column_is_filled_before_it_is_required() -> None:
    made, sql = drafted("CREATE TABLE t (id int, a text NOT NULL);", "ALTER TABLE t DROP COLUMN a;")
    assert sql == (
        "ALTER TABLE t ADD COLUMN a text;\n"
        "-- fill t.a: it is NOT NULL, and what it held is gone\n"
        "-- UPDATE t SET a = ... WHERE a IS NULL;\n"
        "ALTER TABLE t ALTER COLUMN a SET NOT NULL;"
    )
    assert [gap.kind for gap in made.gaps] == ["rows", "fill"]
    assert made.restores_schema


def test_values_come_back_from_the_column_into_which_they_were_copied() -> None:
    made, sql = drafted(
        "CREATE TABLE t (id int, a text NOT NULL);",
        "ALTER TABLE t ADD COLUMN b text; UPDATE t SET b = a; ALTER TABLE t DROP COLUMN a;",
    )
    assert "ADD COLUMN a text;\nUPDATE t SET a = b;\nALTER TABLE t ALTER COLUMN a SET NOT NULL;" in sql
    assert sql.endswith("DROP COLUMN b;")
    assert not made.gaps


def test_columns_that_a_primary_key_made_required_can_be_null_again() -> None:
    _, sql = drafted("CREATE TABLE t (a int);", "ALTER TABLE t ADD PRIMARY KEY (a);")
    assert sql == "ALTER TABLE t DROP CONSTRAINT t_pkey, ALTER COLUMN a DROP NOT NULL;"


def test_what_falls_with_a_table_needs_no_step_of_its_own() -> None:
    up = (
        "CREATE TABLE t (id int PRIMARY KEY); CREATE INDEX i ON t (id); ALTER TABLE t ADD COLUMN a int;"
        " COMMENT ON COLUMN t.a IS 'x'; ALTER TABLE t DROP COLUMN a;"
    )
    assert drafted("", up)[1] == "DROP TABLE t;"


def test_actions_on_one_table_are_one_statement() -> None:
    up = "ALTER TABLE t ADD COLUMN b int, ADD COLUMN c int; CREATE INDEX i ON t (c);"
    assert drafted("CREATE TABLE t (a int);", up)[1] == "ALTER TABLE t DROP COLUMN c, DROP COLUMN b;"


def test_an_index_that_became_a_key_is_not_built_to_be_dropped() -> None:
    up = (
        "CREATE UNIQUE INDEX t_pkey ON t (a);"
        " ALTER TABLE t ADD CONSTRAINT t_pkey PRIMARY KEY USING INDEX t_pkey;"
    )
    assert drafted("CREATE TABLE t (a int NOT NULL);", up)[1] == "ALTER TABLE t DROP CONSTRAINT t_pkey;"


def test_what_the_dropped_function_of_a_trigger_needs_goes_first() -> None:
    up = (
        "CREATE TABLE t (a int); CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END';"
        " CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();"
    )
    assert drafted("", up)[1] == "DROP TRIGGER g ON t;\nDROP ROUTINE f();\nDROP TABLE t;"


def test_a_renaming_in_a_block_is_renamed_back() -> None:
    up = (
        "DO $$ BEGIN IF NOT EXISTS (SELECT FROM information_schema.columns WHERE table_name = 't'"
        " AND column_name = 'b') THEN ALTER TABLE t RENAME a TO b; END IF; END $$;"
    )
    assert drafted("CREATE TABLE t (a int);", up)[1] == "ALTER TABLE t RENAME COLUMN b TO a;"


def test_rows_go_back_before_their_table_is_dropped() -> None:
    up = (
        "ALTER TABLE t ADD COLUMN b int; UPDATE t SET b = a; CREATE INDEX i ON t (b);"
        " ALTER TABLE t DROP COLUMN a; ALTER TABLE t RENAME COLUMN b TO a;"
    )
    assert drafted("CREATE TABLE t (a int);", up)[1] == (
        "ALTER TABLE t RENAME COLUMN a TO b;\nALTER TABLE t ADD COLUMN a integer;\nUPDATE t SET a = b;\n"
        "ALTER TABLE t DROP COLUMN b;"
    )


def test_rows_that_a_statement_lists_are_deleted_by_their_key() -> None:
    made, sql = drafted(
        "CREATE TABLE t (id int PRIMARY KEY, a text);",
        "INSERT INTO t VALUES (1, 'x'), (-2, 'it''s'); INSERT INTO t (a, id) VALUES ('y', 3);",
    )
    assert sql == "DELETE FROM t WHERE id = 3;\nDELETE FROM t WHERE id IN (1, -2);"
    assert not made.gaps


@pytest.mark.parametrize(
    "insert",
    [
        "INSERT INTO t VALUES (1, 'x') ON CONFLICT DO NOTHING;",
        "INSERT INTO t VALUES (nextval('s'), 'x');",
        "INSERT INTO t (a) VALUES ('x');",
        "INSERT INTO t SELECT 1, 'x';",
    ],
)
def test_rows_that_are_not_known_are_a_gap(insert: str) -> None:
    made, sql = drafted("CREATE TABLE t (id serial PRIMARY KEY, a text); CREATE SEQUENCE s;", insert)
    assert not sql
    assert [gap.kind for gap in made.gaps] == ["rows"]


def test_rows_to_which_rows_that_stay_refer_stay() -> None:
    made, sql = drafted(
        "CREATE TABLE kind (name text PRIMARY KEY);"
        " CREATE TABLE t (id serial PRIMARY KEY, k text REFERENCES kind);",
        "INSERT INTO kind VALUES ('a'); INSERT INTO t (k) VALUES ('a');",
    )
    assert not sql
    assert [gap.what for gap in made.gaps] == ["rows of t", "rows of kind"]


def test_rows_come_back_from_the_table_into_which_they_were_copied() -> None:
    made, sql = drafted(
        "CREATE TABLE t (a int, b int);",
        "CREATE TABLE n (a int, c int); INSERT INTO n (a, c) SELECT a, b FROM t; DROP TABLE t;"
        " ALTER TABLE n RENAME TO t;",
    )
    assert sql == (
        "ALTER TABLE t RENAME TO n;\nCREATE TABLE t (a integer, b integer);\n"
        "INSERT INTO t (a, b) SELECT a, c FROM n;\nDROP TABLE n;"
    )
    assert not made.gaps


def test_views_come_last_when_their_tables_are_what_they_were() -> None:
    _, sql = drafted(
        "CREATE TABLE t (a int); CREATE VIEW v AS SELECT * FROM t;",
        "DROP VIEW v; ALTER TABLE t ADD b int; CREATE VIEW v AS SELECT * FROM t;",
    )
    assert sql == "DROP VIEW v;\nALTER TABLE t DROP COLUMN b;\nCREATE VIEW v AS SELECT * FROM t;"


def test_a_value_of_an_enum_goes_with_all_that_compares_it_around() -> None:
    _, sql = drafted(
        "CREATE TYPE mood AS ENUM ('ok');"
        " CREATE TABLE t (m mood DEFAULT 'ok', CONSTRAINT c CHECK (m = 'ok'));",
        "ALTER TYPE mood ADD VALUE 'bad';",
    )
    assert sql == (
        "ALTER TABLE t DROP CONSTRAINT c;\n"
        "ALTER TYPE mood RENAME TO mood_old;\n"
        "CREATE TYPE mood AS ENUM ('ok');\n"
        "ALTER TABLE t ALTER COLUMN m DROP DEFAULT,\n"
        "  ALTER COLUMN m TYPE mood USING m::text::mood,\n"
        "  ALTER COLUMN m SET DEFAULT 'ok';\n"
        "DROP TYPE mood_old;\n"
        "ALTER TABLE t ADD CONSTRAINT c CHECK (m = 'ok');"
    )


def test_a_view_that_got_columns_is_dropped_and_made_again_with_its_grants() -> None:
    _, sql = drafted(
        "CREATE TABLE t (a int, b int); CREATE VIEW v AS SELECT a FROM t; GRANT SELECT ON v TO shop;",
        "CREATE OR REPLACE VIEW v AS SELECT a, b FROM t;",
    )
    assert sql == "DROP VIEW v;\nCREATE VIEW v AS SELECT a FROM t;\nGRANT SELECT ON TABLE v TO shop;"


def test_a_function_gets_its_old_body() -> None:
    _, sql = drafted(
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';",
        "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 2';",
    )
    assert sql == "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';"


def test_the_body_of_a_function_stays_as_it_was_written() -> None:
    body = "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1 -- IF NOT EXISTS, CREATE OR REPLACE'"
    assert drafted(f"{body};", "DROP FUNCTION f();")[1] == f"{body};"


def test_what_was_there_before_is_not_dropped() -> None:
    setup = "CREATE TABLE t (a int); CREATE EXTENSION citext;"
    up = (
        "CREATE TABLE IF NOT EXISTS t (a int); ALTER TABLE t ADD COLUMN IF NOT EXISTS a int;"
        " CREATE EXTENSION IF NOT EXISTS citext;"
    )
    assert drafted(setup, up)[1] == ""


def test_outside_a_transaction_indexes_come_and_go_concurrently() -> None:
    setup = "CREATE TABLE t (a int); CREATE INDEX i ON t (a);"
    assert drafted(setup, "DROP INDEX i;", outside=True)[1] == "CREATE INDEX CONCURRENTLY i ON t (a);"
    assert drafted(setup, "CREATE INDEX j ON t (a);", outside=True)[1] == "DROP INDEX CONCURRENTLY j;"


def test_outside_a_transaction_rows_are_read_while_others_write() -> None:
    setup = "CREATE TABLE p (id int PRIMARY KEY); CREATE TABLE t (a int NOT NULL REFERENCES p, UNIQUE (a));"
    up = "ALTER TABLE t DROP CONSTRAINT t_a_fkey, DROP CONSTRAINT t_a_key, ALTER a DROP NOT NULL;"
    assert drafted(setup, up, outside=True)[1] == (
        "ALTER TABLE t ADD CONSTRAINT t_a_not_null CHECK (a IS NOT NULL) NOT VALID;\n"
        "ALTER TABLE t VALIDATE CONSTRAINT t_a_not_null;\n"
        "ALTER TABLE t ALTER COLUMN a SET NOT NULL;\n"
        "ALTER TABLE t DROP CONSTRAINT t_a_not_null;\n"
        "CREATE UNIQUE INDEX CONCURRENTLY t_a_key ON t (a);\n"
        "ALTER TABLE t ADD CONSTRAINT t_a_key UNIQUE USING INDEX t_a_key;\n"
        "ALTER TABLE t ADD CONSTRAINT t_a_fkey FOREIGN KEY (a) REFERENCES p (id) NOT VALID;\n"
        "ALTER TABLE t VALIDATE CONSTRAINT t_a_fkey;"
    )


def test_the_default_of_a_renamed_sequence_names_it() -> None:
    _, sql = drafted(
        "CREATE TABLE t (id serial); ALTER SEQUENCE t_id_seq RENAME TO numbers;", "DROP TABLE t;"
    )
    assert sql == (
        "CREATE SEQUENCE numbers AS integer;\n"
        "CREATE TABLE t (id integer DEFAULT nextval('numbers') NOT NULL);\n"
        "ALTER SEQUENCE numbers OWNED BY t.id;"
    )


@pytest.mark.parametrize(
    ("up", "gap"),
    [
        ("DROP TABLE old;", "table old"),
        ("ALTER TABLE old DROP COLUMN a;", "column a of old"),
        ("ALTER TABLE old ALTER COLUMN a DROP NOT NULL;", "nullability of column a of old"),
        ("DROP FUNCTION f();", "function f"),
        (
            "ALTER TABLE old ADD b int; CREATE TABLE IF NOT EXISTS u (a int);",
            "",
        ),
    ],
)
def test_what_no_migration_makes_is_a_gap(up: str, gap: str) -> None:
    made, sql = drafted("CREATE TABLE t (a int);", up)
    assert [each.what for each in made.gaps if each.kind == "schema"] == [gap] * bool(gap)
    assert bool(sql) != bool(gap)


def test_what_may_have_been_there_before_the_history_is_not_dropped() -> None:
    made, sql = drafted(
        "ALTER TABLE old ADD b int;",
        "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';"
        " CREATE TABLE IF NOT EXISTS t (a int); ALTER TABLE old ADD COLUMN IF NOT EXISTS c int;",
    )
    assert not sql
    assert [each.what for each in made.gaps][:3] == ["column old.c", "table t", "function f"]


def test_a_release_is_undone_from_its_end() -> None:
    first = trace("CREATE TABLE t (a int);", POSTGRES.schema)
    second = trace("ALTER TABLE t ADD b int;", first.schema)
    made = draft_release([(first, POSTGRES.schema), (second, first.schema)], POSTGRES)
    assert text_of(made.steps, POSTGRES.write) == (
        "-- undoes 1.sql\nALTER TABLE t DROP COLUMN b;\n-- undoes 1.sql\nDROP TABLE t;"
    )


def test_code_that_is_not_known_is_a_gap() -> None:
    made, _ = drafted("", "DO $$ BEGIN EXECUTE 'CREATE TABLE ' || quote_ident('t') || ' ()'; END $$;")
    assert not made.restores_schema


def test_an_index_that_the_way_there_has_dropped_again_is_not_spoken_of() -> None:
    _, sql = drafted(
        "CREATE TABLE tool (name text);", "CREATE INDEX by_name ON tool (name); DROP INDEX by_name;"
    )
    assert sql == ""
