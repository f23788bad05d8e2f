"""A query that names a column which none of its relations has fails, where names are what they look like."""

import pytest

from miglint.engine import Plan, run
from miglint.model import Direction, History, Migration, Script, Source, Span, TransactionMode

HISTORY = """
CREATE TABLE books (id bigint PRIMARY KEY, title text, pages int);
CREATE TABLE loans (id bigint PRIMARY KEY, book_id bigint, due date);
CREATE VIEW titles AS SELECT id, title AS name FROM books;
CREATE VIEW kinds AS SELECT k.* FROM pg_type k;
"""


def refused(sql: str, *, filled: str = "", before: str = HISTORY) -> list[str]:
    migrations = []
    for number, source in enumerate((Source("0.sql", before), Source("1.sql", sql).filled(filled or sql))):
        up = Script(source, Span(0, len(source.sql)), Direction.UP, TransactionMode.PER_MIGRATION)
        migrations.append(Migration(str(number), up=up))
    effects = run(History("test", ".", "postgres", tuple(migrations)), Plan()).steps[-1].effects
    return [failure.reason for failure in effects.refused]


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("UPDATE books SET title = isbn", "books has no column isbn"),
        ("SELECT b.isbn FROM books b JOIN loans USING (id)", "books has no column isbn"),
        (
            "SELECT 1 FROM books b WHERE EXISTS (SELECT FROM loans WHERE id = b.isbn)",
            "books has no column isbn",
        ),
        ("SELECT isbn FROM books, loans", "neither books nor loans has a column isbn"),
        ("SELECT isbn FROM books, loans, titles", "none of books, loans and titles has a column isbn"),
        ("SELECT title FROM titles", "titles has no column title"),
        ("SELECT isbn AS i FROM books GROUP BY i", "books has no column isbn"),
        ('INSERT INTO books (title) VALUES ("Emma")', "there is no column Emma, for it reads no table there"),
    ],
)
def test_a_column_that_none_of_the_relations_has(sql, reason):
    assert refused(sql) == [reason]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT books FROM books",
        "SELECT b.row_to_json FROM books b",
        "SELECT lower(title) AS low, count(*) FROM books GROUP BY low ORDER BY low, count",
        "SELECT length(title) FROM books GROUP BY ROLLUP (length)",
        "SELECT isbn FROM books b (id, isbn)",
        "SELECT isbn FROM books, unnest(ARRAY[1]) isbn",
        "SELECT isbn FROM books, shelves",
        "SELECT typname FROM kinds",
        "SELECT k.typname FROM kinds k",
        "SELECT s.isbn FROM books, shelves s",
        "SELECT title::geometry(Point) FROM books",
        "SELECT (books).title, ctid, books.xmin FROM books",
        "WITH isbns AS (SELECT 1 AS isbn) UPDATE books SET pages = isbn FROM isbns",
        "DO $$ DECLARE isbn int; BEGIN DELETE FROM loans WHERE id = isbn; END $$",
    ],
)
def test_a_name_that_may_be_something_else(sql):
    assert refused(sql) == []


def test_a_word_in_the_place_of_a_placeholder_is_no_column():
    sql = "UPDATE books SET pages = ${n};"
    assert refused(sql, filled=sql.replace("${n}", "__n_")) == []
    assert refused("UPDATE books SET pages = __n_;") == ["books has no column __n_"]


def test_a_column_that_a_step_out_of_sight_may_have_added():
    unread = HISTORY + "DO $$ BEGIN EXECUTE 'ALTER TABLE books ' || current_user; END $$;"
    assert refused("SELECT isbn FROM books", before=unread) == []
