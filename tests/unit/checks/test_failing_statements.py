"""A statement that fails does nothing: it is no origin of anything, and only its failure is reported."""

from miglint.engine import Plan, run
from miglint.model import Direction, History, Migration, Script, Source, Span, TransactionMode
from miglint.registry import load_rules
from miglint.rule import Bad
from miglint.testing import lint

RULES = tuple(rule for rule in load_rules() if rule.profile == "safety")
NEXT = "\n-- migration\n"
BOOKS = "CREATE TABLE books (id bigint PRIMARY KEY, title text NOT NULL);"


def reports(*migrations, without=""):
    asked = [rule for rule in RULES if rule.name != without]
    return lint(asked, Bad("", NEXT.join(migrations), history=BOOKS))


def rules(*migrations, without=""):
    return {report.rule for report in reports(*migrations, without=without)}


def untold(sql):
    up = Script(Source("1.sql", sql), Span(0, len(sql)), Direction.UP, TransactionMode.PER_STATEMENT)
    history = History("test", ".", "postgres", (Migration("1", up=up),))
    found = run(history, Plan(rules=RULES)).diagnostics
    return [each.untold for each in found if each.rule == "dropped-table"]


def test_what_was_refused_has_taken_nothing_away():
    drop, index = "ALTER TABLE books DROP COLUMN isbn;", "CREATE INDEX books_isbn ON books (isbn);"
    found = [r.finding for r in reports(drop, index) if r.rule == "missing-object"]

    assert [each.message for each in found] == [
        "this statement fails: books has no column isbn (SQLSTATE 42703)"
    ] * 2
    assert not any(each.related for each in found)


def test_of_a_statement_that_comes_before_its_table_only_that_is_said():
    change = "ALTER TABLE loans ALTER COLUMN due TYPE timestamptz;"
    table = "CREATE TABLE loans (id bigint PRIMARY KEY, due date);"

    assert "type-change-rewrite" in rules(change, table, without="missing-object")
    assert rules(change, table) == {"missing-object"}
    assert rules(f"{change}\n{table}") == {"missing-object"}


def test_the_drop_of_a_table_that_no_migration_makes_is_said_once():
    found = reports("SELECT 1;", "DROP TABLE loans;")

    assert [each.rule for each in found] == ["missing-object"]
    assert "where it was made by hand, its rows go with it" in found[0].finding.help
    assert "dropped-table" in rules("SELECT 1;", "DROP TABLE books, loans;")
    assert "dropped-table" in rules("SELECT 1;", "DROP TABLE loans;", without="missing-object")


def test_no_table_is_said_not_to_be_made_that_a_later_statement_makes():
    again = "DROP TABLE loans;\nCREATE TABLE loans (id bigint PRIMARY KEY);"

    assert untold(again) == [()]
    assert untold("DROP TABLE loans;") == [("loans",)]


def test_a_new_foreign_key_that_waits_is_said_once():
    key = "ALTER TABLE loans ADD FOREIGN KEY (book) REFERENCES books NOT VALID;"
    both = {"foreign-key-locks-parent", "missing-lock-timeout"}

    assert rules(key) & both == {"missing-lock-timeout"}
    assert rules(key, without="missing-lock-timeout") & both == {"foreign-key-locks-parent"}


def test_of_an_index_that_no_migration_makes_its_table_is_locked():
    (found,) = (r.finding for r in reports("REINDEX INDEX loans_due;") if r.rule == "missing-lock-timeout")

    assert "its SHARE lock on the table of loans_due, and writes" in found.message
