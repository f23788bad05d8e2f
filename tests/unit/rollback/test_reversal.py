"""The verdict on a way back, and its reasons."""

from typing import NamedTuple

import pytest

from miglint.dialects import load
from miglint.model import Direction, History, Migration, Script, Source, Span, TransactionMode
from miglint.rollback.reversal import Reversal, reversal
from miglint.simulate import Machine, migrations

POSTGRES = load("postgres")
MACHINE = Machine(POSTGRES, (16,))
USERS = "CREATE TABLE users (id bigint PRIMARY KEY, name text NOT NULL, age int);"


def script(text: str, direction: Direction) -> Script:
    source = Source(f"1.{direction.value}.sql", text)
    return Script(source, Span(0, len(text)), direction, TransactionMode.PER_MIGRATION)


def judged(up: str, down: str | None, before: str = USERS) -> Reversal:
    steps = (
        Migration("0", script(before, Direction.UP)),
        Migration("1", script(up, Direction.UP), None if down is None else script(down, Direction.DOWN)),
    )
    ran = list(migrations(History("test", ".", "postgres", steps), MACHINE, downs=lambda _: True))
    return reversal(ran[-1], POSTGRES)


class Case(NamedTuple):
    up: str
    down: str | None
    verdict: str
    reasons: tuple[str, ...] = ()
    before: str = USERS


CASES = (
    Case("ANALYZE users;", "", "nothing to undo"),
    Case("CREATE TABLE IF NOT EXISTS users (id int);", "", "nothing to undo"),
    Case(
        "ALTER TABLE users DROP age;",
        "ALTER TABLE users ALTER age DROP NOT NULL; ALTER TABLE users ADD age int;",
        "irreversible",
        (
            "users has no column age",
            "the values of users.age are gone",
        ),
        before=f"{USERS} DO $$ BEGIN EXECUTE (SELECT 'x'); END $$;",
    ),
    Case("SELECT 1;", "ALTER TABLE users DROP x;", "irreversible", ("users has no column x",)),
    Case("ALTER TABLE users ADD x int;", "ALTER TABLE users DROP x;", "reversible"),
    Case("ALTER TABLE users ADD x int;", None, "reversible"),
    Case("ALTER TABLE users RENAME name TO n;", "ALTER TABLE users RENAME n TO name;", "reversible"),
    Case("ALTER TABLE users ADD x int; UPDATE users SET x = age;", "ALTER TABLE users DROP x;", "reversible"),
    Case(
        "ALTER TABLE users ADD years int; UPDATE users SET years = age; ALTER TABLE users DROP age;",
        "ALTER TABLE users ADD age int; UPDATE users SET age = years; ALTER TABLE users DROP years;",
        "reversible",
    ),
    Case(
        "ALTER TABLE users ADD years int; UPDATE users SET years = age; ALTER TABLE users DROP age;",
        "ALTER TABLE users ADD age int; ALTER TABLE users DROP years;",
        "lossy",
        ("the values of users.age are copied, and the way back does not fill it",),
    ),
    Case(
        "ALTER TABLE users DROP age;",
        "ALTER TABLE users ADD age int;",
        "lossy",
        ("the values of users.age are gone",),
    ),
    Case("ALTER TABLE users DROP age;", None, "lossy", ("the values of users.age are gone",)),
    Case(
        "UPDATE users SET age = 0 WHERE age IS NULL;",
        "",
        "lossy",
        ("which rows had NULL in users.age is not known any more",),
    ),
    Case(
        "UPDATE users SET name = upper(name);",
        "",
        "lossy",
        ("the former values of users.name are overwritten",),
    ),
    Case(
        "ALTER TABLE users ALTER name DROP NOT NULL;",
        "ALTER TABLE users ALTER name SET NOT NULL;",
        "conditional",
        ("rows with name IS NULL",),
    ),
    Case(
        "ALTER TABLE users ALTER age TYPE bigint;",
        "ALTER TABLE users ALTER age TYPE int;",
        "conditional",
        ("values outside the range of integer",),
    ),
    Case(
        "ALTER TABLE users ADD x int;",
        "ALTER TABLE users DROP y;",
        "irreversible",
        ("users has no column y", "column users.x is there, and was not before"),
    ),
    Case(
        "ALTER TABLE users ADD x int;",
        "",
        "irreversible",
        ("column users.x is there, and was not before",),
    ),
    Case(
        "ALTER TABLE users ADD x int;",
        "DO $$ BEGIN RAISE EXCEPTION 'no way back'; END $$;",
        "irreversible",
        ("it raises the error 'no way back' itself", "column users.x is there, and was not before"),
    ),
    Case(
        "ALTER TABLE users ADD x int;",
        "DO $$ BEGIN IF EXISTS (SELECT FROM users) THEN RAISE EXCEPTION 'no'; END IF; END $$;"
        " ALTER TABLE users DROP x;",
        "reversible",
    ),
    Case(
        "CREATE TABLE IF NOT EXISTS users (id int);",
        "DROP TABLE users;",
        "irreversible",
        ("table users is gone", "the rows of users are gone"),
    ),
    Case(
        "INSERT INTO users VALUES (1, 'a', 2);",
        "DELETE FROM users WHERE id = 1;",
        "reversible",
    ),
    Case(
        "INSERT INTO users VALUES (1, 'a', 2);",
        "DELETE FROM users;",
        "lossy",
        ("rows of users are deleted",),
    ),
    Case(
        "CREATE TABLE ages (id bigint, age int); INSERT INTO ages SELECT id, age FROM users WHERE age > 0;"
        " ALTER TABLE users DROP age;",
        "ALTER TABLE users ADD age int; UPDATE users SET age = a.age FROM ages a WHERE a.id = users.id;"
        " DROP TABLE ages;",
        "lossy",
        ("the values of users.age are copied for some rows only, or changed",),
    ),
    Case(
        "ALTER TABLE users ADD years int; UPDATE users SET years = age; ALTER TABLE users DROP age;",
        "ALTER TABLE users ADD age int; UPDATE users SET age = 0; ALTER TABLE users DROP years;",
        "lossy",
        ("the values of users.age are computed, and need not be what they were",),
    ),
    Case(
        "ALTER TABLE users RENAME TO old;"
        " CREATE TABLE users (id bigint, name text NOT NULL, age int, at date);"
        " INSERT INTO users SELECT id, name, age FROM old; DROP TABLE old;",
        "ALTER TABLE users RENAME TO old; CREATE TABLE users (id bigint, name text NOT NULL, age int);"
        " INSERT INTO users SELECT id, name, age FROM old; DROP TABLE old;",
        "reversible",
        before=USERS.replace(" PRIMARY KEY", ""),
    ),
    Case(
        "ALTER TABLE users ADD UNIQUE (name);",
        "CREATE UNIQUE INDEX j ON users (name); DROP INDEX j;"
        " ALTER TABLE users DROP CONSTRAINT users_name_key;",
        "reversible",
    ),
    Case(
        "ALTER TABLE users DROP age;",
        "ALTER TABLE users ADD age int DEFAULT 1 NOT NULL; ALTER TABLE users ADD CHECK (age > 0);"
        " ALTER TABLE users DROP CONSTRAINT users_age_check; ALTER TABLE users ALTER age DROP NOT NULL;"
        " ALTER TABLE users ALTER age DROP DEFAULT;",
        "lossy",
        ("the values of users.age are gone",),
    ),
    Case(
        "ALTER TABLE users ADD x int;",
        "ALTER TABLE users ADD FOREIGN KEY (x) REFERENCES elsewhere (id); ALTER TABLE users DROP x;",
        "conditional",
        ("rows without a row in the referenced table",),
    ),
    Case("INSERT INTO elsewhere VALUES (1);", None, "reversible"),
    Case(
        "ALTER TABLE users ADD x int; CREATE INDEX users_x ON users (x);",
        "ALTER TABLE users DROP x; DROP INDEX users_x;",
        "irreversible",
        ("users_x is not there",),
    ),
    Case(
        "CREATE INDEX i ON app.users (age);",
        "DROP INDEX i;",
        "irreversible",
        ("i is not there", "index app.i is there, and was not before"),
        before="CREATE SCHEMA app; CREATE TABLE app.users (age int);",
    ),
    Case(
        "SET search_path = app; CREATE INDEX i ON users (age);",
        "DROP INDEX i;",
        "not known",
        before="CREATE SCHEMA app; CREATE TABLE app.users (age int);",
    ),
    Case(
        "ALTER TABLE elsewhere ADD x int;",
        "ALTER TABLE elsewhere DROP x;",
        "reversible",
    ),
    Case("TRUNCATE users;", "TRUNCATE users;", "lossy", ("the rows of users are gone",)),
    Case(
        "ALTER TABLE users ADD x int;",
        "ALTER TABLE users RENAME x TO y; ALTER TABLE users DROP y;",
        "reversible",
    ),
    Case(
        "CREATE VIEW a AS SELECT id FROM users; CREATE VIEW b AS SELECT id FROM a;",
        "DROP VIEW a, b CASCADE;",
        "reversible",
    ),
    Case(
        "CREATE TYPE mood AS ENUM ('a'); ALTER TYPE mood ADD VALUE 'b';",
        None,
        "reversible",
    ),
    Case(
        "ALTER TYPE mood ADD VALUE 'b';",
        None,
        "irreversible",
        ("no statement takes the value 'b' out of mood",),
        before="CREATE TYPE mood AS ENUM ('a');",
    ),
    Case(
        "CREATE INDEX CONCURRENTLY i ON users (age);",
        "DROP INDEX CONCURRENTLY i;",
        "irreversible",
        ("DROP INDEX CONCURRENTLY cannot run in a transaction",),
    ),
    Case("ALTER TABLE users ADD x int;", "ALTER TABLE users DROP x", "reversible"),
    Case(
        "ALTER TABLE users ADD x int;",
        "ALTER TABLE users DROOP x;",
        "irreversible",
        ('syntax error at or near "DROOP"', "column users.x is there, and was not before"),
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.up} / {case.down}")
def test_a_way_back_is_judged_by_what_it_leaves_and_loses(case: Case) -> None:
    found = judged(case.up, case.down, case.before)

    assert (found.verdict, found.has_down) == (case.verdict, case.down is not None)
    words = [reason.words for reason in found.reasons if reason.kind != "unread" and reason.kind != "unknown"]
    assert words == list(case.reasons)


def test_rows_in_the_way_come_with_the_query_that_counts_them() -> None:
    found = judged(
        "ALTER TABLE users ALTER name DROP NOT NULL;", "ALTER TABLE users ALTER name SET NOT NULL;"
    )

    assert [reason.query for reason in found.in_the_way] == ["SELECT count(*) FROM users WHERE name IS NULL;"]


def test_the_point_of_no_return_is_the_first_loss_and_comes_with_the_commit() -> None:
    found = judged(
        "ALTER TABLE users ADD x int;\nALTER TABLE users DROP age;\nDELETE FROM users;",
        "ALTER TABLE users DROP x;",
    )

    assert found.no_return is not None
    file, span = found.no_return.place
    assert (file[span], found.no_return.moment) == ("DROP age", "commit")


def test_rows_that_nothing_holds_on_to_are_no_loss() -> None:
    found = judged("CREATE TABLE t (a int); INSERT INTO t VALUES (1); DROP TABLE t;", "")

    assert (found.verdict, found.no_return) == ("nothing to undo", None)
