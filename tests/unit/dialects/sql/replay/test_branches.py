"""IF and CASE in blocks: what holds on all ways is known, and the rest is not."""

import pytest

from miglint.engine import Plan, run
from miglint.model import Direction, History, Migration, Name, Script, Source, Span, TransactionMode
from miglint.show.schema import as_dict

TABLE = "CREATE TABLE t (id bigint PRIMARY KEY, n int, s text);\n"
UNKNOWN = "current_setting('app.mode') = 'x'"


def replay(*migrations):
    made = []
    for number, sql in enumerate(migrations):
        script = Script(
            Source(f"{number}.sql", sql), Span(0, len(sql)), Direction.UP, TransactionMode.PER_MIGRATION
        )
        made.append(Migration(id=str(number), up=script))
    history = History(tool="test", root=".", dialect="postgres", migrations=tuple(made))
    return run(history, Plan())


def block(*lines):
    return f"DO $$ BEGIN {' '.join(lines)} END $$;"


def columns(schema):
    return {column.name: str(column.type) for column in schema.table(Name("public", "t")).columns}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            f"IF {UNKNOWN} THEN ALTER TABLE t ADD a int; ELSE ALTER TABLE t ADD a int; END IF;",
            {"a": "integer"},
        ),
        (f"IF {UNKNOWN} THEN ALTER TABLE t ADD a int; ELSE ALTER TABLE t ADD a text; END IF;", {}),
        (f"IF {UNKNOWN} THEN ALTER TABLE t ADD a int; END IF;", {}),
        (f"IF {UNKNOWN} THEN NULL; ELSE ALTER TABLE t ADD a int; END IF;", {}),
        (
            f"IF {UNKNOWN} THEN ALTER TABLE t ADD a int; ELSIF n > 1 THEN ALTER TABLE t ADD a int;"
            " ELSE ALTER TABLE t ADD a int; END IF;",
            {"a": "integer"},
        ),
        (
            "CASE n WHEN 1 THEN ALTER TABLE t ADD a int; WHEN 2 THEN ALTER TABLE t ADD a int; END CASE;",
            {"a": "integer"},
        ),
        ("CASE n WHEN 1 THEN ALTER TABLE t ADD a int; ELSE NULL; END CASE;", {}),
        (
            f"IF {UNKNOWN} THEN IF n > 1 THEN ALTER TABLE t ADD a int; ELSE ALTER TABLE t ADD a int; END IF;"
            " ELSE ALTER TABLE t ADD a int; END IF;",
            {"a": "integer"},
        ),
        ("ALTER TABLE t ADD a int; BEGIN PERFORM 1; EXCEPTION WHEN OTHERS THEN NULL; END;", {"a": "integer"}),
    ],
)
def test_what_holds_on_all_ways_is_known(body, expected):
    schema = replay(TABLE, block(body)).schema

    assert columns(schema) == {"id": "bigint", "n": "integer", "s": "text", **expected}
    assert schema.table(Name("public", "t")).complete is ("a" in expected)


@pytest.mark.parametrize(
    ("guard", "change", "expected"),
    [
        (
            "NOT EXISTS (SELECT 1 FROM information_schema.columns WHERE table_schema = 'public'"
            " AND table_name = 't' AND column_name = 'a')",
            "ADD a int",
            {"a": "integer"},
        ),
        (
            "NOT EXISTS (SELECT FROM pg_attribute WHERE attrelid = 't'::regclass AND attname = 'n'"
            " AND NOT attisdropped)",
            "ALTER n TYPE bigint",
            {},
        ),
        (
            "EXISTS (SELECT FROM information_schema.columns WHERE table_name = 't' AND column_name = 'n')",
            "RENAME n TO m",
            {"n": None, "m": "integer"},
        ),
        ("to_regclass('public.t') IS NOT NULL", "ADD a int", {"a": "integer"}),
        ("to_regclass('other') IS NOT NULL", "ADD a int", {}),
        ("to_regclass('t') IS NOT NULL AND to_regclass('other') IS NULL", "ADD a int", {"a": "integer"}),
    ],
)
def test_a_question_to_the_catalog_is_answered_by_the_schema(guard, change, expected):
    schema = replay(TABLE, block(f"IF {guard} THEN ALTER TABLE t {change}; END IF;")).schema
    known = {"id": "bigint", "n": "integer", "s": "text", **expected}

    assert columns(schema) == {name: type_ for name, type_ in known.items() if type_}
    assert schema.table(Name("public", "t")).complete


def test_the_other_way_of_a_question_is_not_taken():
    guard = "EXISTS (SELECT FROM information_schema.columns WHERE table_name = 't' AND column_name = 'n')"
    schema = replay(
        TABLE, block(f"IF {guard} THEN ALTER TABLE t RENAME n TO m; ELSE ALTER TABLE t ADD m text; END IF;")
    ).schema

    assert columns(schema)["m"] == "integer"


def test_a_type_that_is_made_where_it_is_missing_is_known():
    guard = "NOT EXISTS (SELECT 1 FROM pg_type WHERE typname = 'mood')"
    made = "CREATE TYPE mood AS ENUM ('a', 'b');"
    schema = replay(block(f"IF {guard} THEN {made} END IF;"), f"{TABLE} ALTER TABLE t ADD m mood;").schema

    assert schema.types[Name("public", "mood")].values == ("a", "b")


def test_a_constraint_that_is_made_where_it_is_missing_is_known():
    guard = "NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conname = 'k')"
    body = f"IF {guard} THEN ALTER TABLE t ADD CONSTRAINT k UNIQUE (n); END IF;"
    schema = replay(TABLE, block(body), block(body)).schema

    assert schema.table(Name("public", "t")).constraint("k") is not None


def test_the_schema_says_what_it_does_not_know():
    body = (
        f"IF {UNKNOWN} THEN ALTER TABLE t ADD a int, ALTER n SET NOT NULL; CREATE TABLE u (id int); END IF;"
    )
    shown = as_dict(replay(TABLE, block(body)).schema)

    assert shown["not_known"] == ["public.u"]
    assert shown["schemas"]["public"]["tables"]["t"]["not_known"] == ["column a", "column n"]
    assert shown["schemas"]["public"]["tables"]["t"]["complete"] is False


def test_what_a_later_statement_settles_is_known_again():
    body = f"IF {UNKNOWN} THEN ALTER TABLE t ADD a int; CREATE TABLE u (id int); END IF;"
    later = "ALTER TABLE t DROP COLUMN IF EXISTS a; DROP TABLE IF EXISTS u;"
    shown = as_dict(replay(TABLE, block(body), later).schema)

    assert shown["not_known"] == []
    assert shown["schemas"]["public"]["tables"]["t"]["not_known"] == []


def test_a_table_that_a_branch_makes_is_new_to_the_rest_of_the_migration():
    made = f"IF {UNKNOWN} THEN CREATE TABLE u (id int); END IF;"
    steps = replay(f"{block(made)} CREATE INDEX ON u (id);").steps

    assert steps[-1].effects.locks == ()
