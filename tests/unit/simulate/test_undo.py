"""What ROLLBACK and savepoints take back, and what a migration may ask of the schema before it runs."""

import pytest

from miglint.dialects import load
from miglint.dialects.sql.session import NO_SESSION
from miglint.model import Absent, Direction, Name, Schema, Script, Source, Span, TransactionMode
from miglint.simulate import Machine, Start, run
from miglint.simulate.preconditions import exists
from miglint.simulate.trace import Trace

POSTGRES = load("postgres")


def trace(sql: str) -> Trace:
    script = Script(Source("1.sql", sql), Span(0, len(sql)), Direction.UP, TransactionMode.SCRIPT)
    return run(script, Start(POSTGRES.schema, NO_SESSION), Machine(POSTGRES, (16,)))


def tables(schema: Schema) -> set[str]:
    return {name.name for name in schema.relations if len(name.name) == 1}


@pytest.mark.parametrize(
    ("sql", "left"),
    [
        ("BEGIN; CREATE TABLE a (); ROLLBACK;", set()),
        ("BEGIN; CREATE TABLE a (); COMMIT; ROLLBACK;", {"a"}),
        ("CREATE TABLE a (); BEGIN; CREATE TABLE b (); ROLLBACK; CREATE TABLE c ();", {"a", "c"}),
        ("BEGIN; CREATE TABLE a (); SAVEPOINT s; CREATE TABLE b (); ROLLBACK TO s; COMMIT;", {"a"}),
        (
            "BEGIN; SAVEPOINT s; CREATE TABLE a (); ROLLBACK TO s; CREATE TABLE b (); ROLLBACK TO s; COMMIT;",
            set(),
        ),
        (
            "BEGIN; SAVEPOINT s; CREATE TABLE a (); SAVEPOINT t; CREATE TABLE b (); ROLLBACK TO t; COMMIT;",
            {"a"},
        ),
        (
            "BEGIN; SAVEPOINT s; CREATE TABLE a (); SAVEPOINT s; CREATE TABLE b (); ROLLBACK TO s; COMMIT;",
            {"a"},
        ),
        (
            "BEGIN; SAVEPOINT s; CREATE TABLE a (); SAVEPOINT s; CREATE TABLE b (); RELEASE s;"
            " CREATE TABLE c (); ROLLBACK TO s; COMMIT;",
            set(),
        ),
        ("BEGIN; SAVEPOINT s; CREATE TABLE a (); RELEASE s; ROLLBACK TO s; COMMIT;", {"a"}),
        ("BEGIN; CREATE TABLE a (); ROLLBACK TO unheard_of; COMMIT;", {"a"}),
        ("BEGIN; SAVEPOINT s; COMMIT; BEGIN; CREATE TABLE a (); ROLLBACK TO s; COMMIT;", {"a"}),
        ("BEGIN; CREATE TABLE a (); DO $$ BEGIN CREATE TABLE b (); ROLLBACK; END $$; COMMIT;", {"a", "b"}),
    ],
)
def test_what_is_rolled_back_is_not_there(sql: str, left: set[str]) -> None:
    assert tables(trace(sql).schema) == left


def test_what_a_transaction_made_is_not_new_after_its_rollback() -> None:
    session = trace("BEGIN; CREATE TABLE a (); INSERT INTO a DEFAULT VALUES; ROLLBACK;").session
    assert not session.is_new(Name("public", "a"))
    assert not session.filled


def test_settings_and_locks_go_back_to_the_savepoint() -> None:
    before = (
        "CREATE TABLE a (); CREATE TABLE b (); BEGIN; SET lock_timeout = '1s'; LOCK TABLE a; SAVEPOINT s;"
    )
    session = trace(f"{before} SET lock_timeout = '9s'; LOCK TABLE b; ROLLBACK TO s;").session
    assert session.settings.lock_timeout == 1000
    assert set(session.held) == {Name("public", "a")}


SCHEMA = (
    "CREATE TABLE towns (id int CONSTRAINT k PRIMARY KEY, mayor int CONSTRAINT c CHECK (mayor > 0));"
    " CREATE TABLE bare (id int); CREATE VIEW v AS SELECT id FROM towns; CREATE SEQUENCE s;"
    " CREATE INDEX i ON towns (mayor); CREATE SCHEMA other; CREATE TABLE other.parks (id int);"
)


@pytest.mark.parametrize(
    ("what", "is_there"),
    [
        (Absent("table", "towns"), True),
        (Absent("table", "TOWNS"), True),
        (Absent("table", "v"), False),
        (Absent("table", "parks"), False),
        (Absent("table", "parks", schema="other"), True),
        (Absent("view", "v"), True),
        (Absent("view", "towns"), False),
        (Absent("sequence", "s"), True),
        (Absent("sequence", "i"), False),
        (Absent("index", "i"), True),
        (Absent("index", "s"), False),
        (Absent("column", "mayor", "towns"), True),
        (Absent("column", "Mayor", "towns"), True),
        (Absent("column", "mayor", "bare"), False),
        (Absent("column", "id", "v"), False),
        (Absent("primary key", "", "towns"), True),
        (Absent("primary key", "", "bare"), False),
        (Absent("constraint", "c", "towns"), True),
        (Absent("constraint", "c", "bare"), False),
        (Absent("constraint", "mayor", "towns"), False),
    ],
)
def test_what_a_migration_asks_for_is_looked_up(what: Absent, is_there: bool) -> None:
    assert exists(what, trace(SCHEMA).schema) is is_there


@pytest.mark.parametrize(
    ("body", "timeout"),
    [
        ("IF x THEN SET lock_timeout = '1s'; ELSE SET lock_timeout = '1s'; END IF;", 1000),
        ("IF x THEN SET lock_timeout = '1s'; ELSE SET lock_timeout = '2s'; END IF;", None),
        ("IF x THEN SET lock_timeout = '1s'; END IF;", None),
    ],
)
def test_a_setting_that_only_one_way_makes_is_not_set(body: str, timeout: float | None) -> None:
    assert trace(f"DO $$ BEGIN {body} END $$;").session.settings.lock_timeout == timeout


@pytest.mark.parametrize(
    ("body", "is_new"),
    [
        ("IF x THEN CREATE TABLE a (); ELSE CREATE TABLE a (); END IF;", True),
        ("IF x THEN NULL; ELSE DELETE FROM z; END IF;", False),
    ],
)
def test_a_table_that_every_way_makes_is_new(body: str, is_new: bool) -> None:
    assert trace(f"DO $$ BEGIN {body} END $$;").session.is_new(Name("public", "a")) is is_new


@pytest.mark.parametrize(
    ("setup", "passed_over"),
    [
        ("CREATE TABLE towns (id int);", True),
        ("CREATE TABLE towns (id int, code text);", False),
        ("ALTER TABLE towns ADD COLUMN id int;", False),
        ("SELECT 1;", False),
    ],
)
def test_a_migration_is_passed_over_where_a_known_table_lacks_what_it_asks_for(setup, passed_over):
    from miglint.dialects.postgres import dialect
    from miglint.simulate import Machine, Start, run
    from miglint.simulate.preconditions import passes_over

    script = Script(Source("1.sql", setup), Span(0, len(setup)), Direction.UP, TransactionMode.PER_MIGRATION)
    schema = run(script, Start(dialect.schema), Machine(dialect, (16,))).schema
    assert passes_over(Absent("column", "code", "towns", wanted=True), schema) is passed_over
