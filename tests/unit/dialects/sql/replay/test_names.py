"""The schema after some statements: what a name that changes takes along."""

import pytest

from miglint.engine import Plan, run
from miglint.model import Direction, History, Migration, Name, Script, Source, Span, TransactionMode


def schema_after(*texts):
    sql = "\n".join(texts)
    script = Script(Source("1.sql", sql), Span(0, len(sql)), Direction.UP, TransactionMode.PER_MIGRATION)
    history = History(tool="test", root=".", dialect="postgres", migrations=(Migration(id="1", up=script),))
    return run(history, Plan()).schema


def table_after(sql):
    return schema_after(sql).table(Name("public", "t"))


COLUMNS = 'CREATE TABLE t (id int, a text, "B" text, n int);'


@pytest.mark.parametrize(
    ("condition", "renamed"),
    [
        ("a IS NOT NULL", "c IS NOT NULL"),
        ("t.a = 'a' AND n > 0", "t.c = 'a' AND n > 0"),
        ('"a" <> /* a */ a', "c <> /* a */ c"),
        ("a(a) = a::a", "a(c) = c::a"),
        ("\"B\" = 'B' || a", "\"B\" = 'B' || c"),
        ("A > $$a$$", "c > $$a$$"),
        ("n > 0", "n > 0"),
    ],
)
def test_a_renamed_column_is_renamed_in_conditions_and_nowhere_else(condition, renamed):
    sql = f"{COLUMNS} ALTER TABLE t ADD CONSTRAINT k CHECK ({condition}); ALTER TABLE t RENAME a TO c;"

    assert table_after(sql).constraint("k").expression.text == renamed


def test_a_new_name_is_quoted_where_it_has_to_be():
    sql = f"{COLUMNS} ALTER TABLE t ADD CONSTRAINT k CHECK (a > 'x'); ALTER TABLE t RENAME a TO \"From\";"

    assert table_after(sql).constraint("k").expression.text == "\"From\" > 'x'"


def test_a_renamed_column_is_renamed_in_what_a_key_sets():
    schema = schema_after(
        "CREATE TABLE o (x int, y int, UNIQUE (x, y)); CREATE TABLE t (a int, b int, CONSTRAINT k"
        " FOREIGN KEY (a, b) REFERENCES o (x, y) ON DELETE SET NULL (b)); ALTER TABLE t RENAME b TO c;"
    )
    key = schema.table(Name("public", "t")).constraint("k")

    assert (key.columns, key.set_columns) == (("a", "c"), ("c",))


def test_two_renames_in_a_row_find_their_places():
    sql = (
        f"{COLUMNS} ALTER TABLE t ADD CONSTRAINT k CHECK (a > \"B\" OR a < 'x');"
        ' ALTER TABLE t RENAME a TO longer; ALTER TABLE t RENAME "B" TO a;'
    )

    assert table_after(sql).constraint("k").expression.text == "longer > a OR longer < 'x'"


def test_a_renamed_column_is_renamed_in_indexes():
    schema = schema_after(
        f'{COLUMNS} CREATE INDEX i ON t (lower(a) text_pattern_ops DESC, a DESC NULLS LAST, (a || "B"))'
        " WHERE a IS NOT NULL; ALTER TABLE t RENAME a TO c;"
    )
    index = schema.index_named(Name("public", "i"))

    assert index.elements == ("lower(c)", "c", 'c || "B"')
    assert index.descending == ("lower(c)", "c")
    assert index.operator_classes == (("lower(c)", "text_pattern_ops"),)
    assert [expression.text for expression in index.expressions] == ["lower(c)", 'c || "B"']
    assert index.predicate.text == "c IS NOT NULL"


def test_a_renamed_column_is_renamed_in_what_is_generated_from_it():
    sql = (
        "CREATE TABLE t (a text, g text GENERATED ALWAYS AS (lower(a)) STORED); ALTER TABLE t RENAME a TO c;"
    )

    assert table_after(sql).column("g").default.text == "lower(c)"


TRIGGER = (
    "CREATE SCHEMA code;"
    " CREATE FUNCTION code.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';"
    " CREATE TABLE t (id int); CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION code.f();"
)


@pytest.mark.parametrize(
    ("change", "function"),
    [
        ("ALTER FUNCTION code.f() RENAME TO h", Name("code", "h")),
        ("ALTER FUNCTION code.f() SET SCHEMA public", Name("public", "f")),
        ("ALTER SCHEMA code RENAME TO program", Name("program", "f")),
    ],
)
def test_triggers_follow_their_function(change, function):
    assert [trigger.function for trigger in table_after(f"{TRIGGER} {change};").triggers] == [function]


@pytest.mark.parametrize(
    "drop",
    [
        "DROP FUNCTION code.f CASCADE",
        "DROP FUNCTION code.f() CASCADE",
        "DROP SCHEMA code CASCADE",
        "ALTER FUNCTION code.f() RENAME TO h; DROP FUNCTION code.h CASCADE",
        "CREATE FUNCTION code.f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'; DROP FUNCTION code.f() CASCADE",
    ],
)
def test_triggers_go_with_their_function(drop):
    assert table_after(f"{TRIGGER} {drop};").triggers == ()


def test_a_trigger_stays_when_another_function_of_the_name_goes():
    overload = "CREATE FUNCTION code.f(int) RETURNS int LANGUAGE sql AS 'SELECT 1';"

    assert table_after(f"{TRIGGER} {overload} DROP FUNCTION code.f(int) CASCADE;").triggers != ()


def test_a_name_made_by_the_server_has_the_first_free_number():
    schema = schema_after(
        "CREATE TABLE notes (body text);",
        "CREATE INDEX ON notes (body);" * 12,
        "DROP INDEX notes_body_idx4, notes_body_idx9;",
        "CREATE INDEX ON notes (body);" * 3,
        "ALTER INDEX notes_body_idx2 RENAME TO second; CREATE INDEX ON notes (body);",
    )
    numbers = sorted(index.name.name for index in schema.indexes_of(schema.table(Name("public", "notes"))))

    assert numbers == sorted(["second", "notes_body_idx", *(f"notes_body_idx{n}" for n in range(1, 13))])


def test_the_numbers_of_shortened_names_go_on():
    long = "a" * 58
    schema = schema_after(f"CREATE TABLE {long} (body text);", f"CREATE INDEX ON {long} (body);" * 12)
    names = {index.name.name for index in schema.indexes_of(schema.table(Name("public", long)))}

    assert len(names) == 12
    assert {len(name) for name in names} == {63}


def test_what_uses_a_type_or_a_schema_goes_with_it_after_renames():
    schema = schema_after(
        "CREATE SCHEMA shop; CREATE TYPE shop.mood AS ENUM ('a'); CREATE TABLE shop.t (m shop.mood, x int);",
        "CREATE TABLE kept (m shop.mood, y int);",
        "ALTER TABLE kept RENAME TO stays; ALTER TYPE shop.mood RENAME TO temper;",
        "ALTER SCHEMA shop RENAME TO store; DROP SCHEMA store CASCADE;",
    )

    assert [str(name) for name in schema.relations] == ["public.stays"]
    assert [column.name for column in schema.table(Name("public", "stays")).columns] == ["y"]
    assert not schema.types
