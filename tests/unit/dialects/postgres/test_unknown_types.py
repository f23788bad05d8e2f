"""A type that is not there is refused where it is sure: it was dropped, or is a built-in one misspelled."""

import pytest

from miglint.engine import Plan, run
from miglint.model import Direction, History, Migration, Script, Source, Span, TransactionMode

HISTORY = """
CREATE TABLE books (id bigint PRIMARY KEY, title text, pages int);
CREATE TYPE genre AS ENUM ('novel');
CREATE TYPE binding AS ENUM ('cloth');
DROP TYPE genre;
"""


def refused(sql: str, before: str = HISTORY) -> list[str]:
    migrations = []
    for number, text in enumerate((before, sql)):
        source, mode = Source(f"{number}.sql", text), TransactionMode.PER_MIGRATION
        migrations.append(
            Migration(str(number), up=Script(source, Span(0, len(text)), Direction.UP, mode)),
        )
    effects = run(History("test", ".", "postgres", tuple(migrations)), Plan()).steps[-1].effects
    return [f"{failure.reason} ({failure.sqlstate})" for failure in effects.refused]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 'novel'::genre",
        "CREATE VIEW novels AS SELECT * FROM books WHERE title::genre = 'novel'::genre",
        "UPDATE books SET title = 'novel'::public.genre",
        "DELETE FROM books WHERE title = CAST('novel' AS genre)::text",
        "ALTER TABLE books ADD COLUMN kind text DEFAULT 'novel'::genre",
        "ALTER TABLE books ALTER title SET DEFAULT 'novel'::genre",
        "ALTER TABLE books ALTER pages TYPE text USING 'novel'::genre",
        "CREATE TABLE shelves (kind text DEFAULT 'novel'::genre)",
    ],
)
def test_a_cast_to_a_type_that_was_dropped(sql):
    assert refused(sql) == ["the type genre no longer exists (42704)"]


@pytest.mark.parametrize("word", ["interger", "boolen", "timestampz", "bigintt", "varchr", "decimel[]"])
def test_a_built_in_type_misspelled(word):
    name = word.removesuffix("[]")
    assert refused(f"ALTER TABLE books ADD COLUMN more {word}") == [f"there is no type {name} (42704)"]
    assert refused(f"SELECT pages::{word} FROM books") == [f"there is no type {name} (42704)"]


@pytest.mark.parametrize(
    "sql",
    [
        # These may have come with an extension, or by hand.
        "ALTER TABLE books ADD COLUMN at geography(Point, 4326)",
        "ALTER TABLE books ADD COLUMN more uint8",
        "ALTER TABLE books ADD COLUMN more nvarchar",
        "ALTER TABLE books ADD COLUMN more varchar2",
        "SELECT title::ulid FROM books",
        "SELECT 'cloth'::binding, '1'::int4, 'a'::\"char\", now()::pg_catalog.date, books::books FROM books",
        "ALTER TABLE books ADD COLUMN bound binding DEFAULT 'cloth'::binding",
    ],
)
def test_a_type_that_may_be_there(sql):
    assert refused(sql) == []


def test_a_type_that_the_history_makes_under_such_a_name():
    assert refused("SELECT 1::interger", HISTORY + "CREATE DOMAIN interger AS int;") == []


def test_a_type_that_a_step_out_of_sight_may_have_made():
    unread = HISTORY + "DO $$ BEGIN EXECUTE 'CREATE DOMAIN ' || current_user; END $$;"
    assert refused("SELECT 'novel'::genre, 1::interger", unread) == []
