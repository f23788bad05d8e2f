"""What stands at the end of a history is reported where it was made, under whatever name it has by then."""

import pytest

from miglint.registry import load_rules
from miglint.rule import Bad
from miglint.testing import found, lint

RULES = {rule.name: rule for rule in load_rules()}


def reported(rule: str, sql: str, history: str = "") -> set[int | str]:
    return {line for line, _ in found(RULES[rule], Bad("", sql, history=history))}


@pytest.mark.parametrize(
    "later",
    [
        "ALTER TABLE files RENAME TO documents;",
        "ALTER TABLE files RENAME bytes TO size;",
        "CREATE SCHEMA app;\nALTER TABLE files SET SCHEMA app;",
        "ALTER TABLE files RENAME TO documents;\nALTER TABLE documents RENAME bytes TO size;",
    ],
)
def test_a_column_is_followed_through_other_names(later):
    assert reported("integer-column", f"CREATE TABLE files (\n  bytes int\n);\n{later}") == {2}


@pytest.mark.parametrize(
    "later",
    [
        "ALTER TABLE files DROP COLUMN bytes;",
        "DROP TABLE files;",
        "ALTER TABLE files ALTER bytes TYPE bigint;",
        "ALTER TABLE files RENAME bytes TO size;\nALTER TABLE files ALTER size TYPE bigint;",
    ],
)
def test_what_is_undone_later_is_not_reported(later):
    assert reported("integer-column", f"CREATE TABLE files (bytes int);\n-- migration\n{later}") == set()


def test_what_the_last_change_of_type_gives_is_reported_there():
    sql = "CREATE TABLE files (bytes text);\nALTER TABLE files ALTER bytes TYPE int USING bytes::int;"

    assert reported("integer-column", sql) == {2}


def test_a_second_create_if_not_exists_makes_nothing():
    sql = "CREATE TABLE files (bytes int);\nCREATE TABLE IF NOT EXISTS files (\n  bytes int\n);"

    assert reported("integer-column", sql) == {1}


def test_a_second_column_if_not_exists_makes_nothing():
    sql = "CREATE TABLE files (bytes int);\nALTER TABLE files ADD COLUMN IF NOT EXISTS bytes int;"

    assert reported("integer-column", sql) == {1}


def test_statements_of_a_block_count():
    sql = "DO $$ BEGIN\n  CREATE TABLE files (bytes int);\nEND $$;"

    assert reported("integer-column", sql) == {2}


def test_a_renamed_index_is_reported_where_it_was_built():
    sql = "CREATE INDEX one ON files USING hash (name);\nALTER INDEX one RENAME TO two;"

    assert reported("hash-index", sql, "CREATE TABLE files (name text);") == {1}


def test_a_key_whose_columns_and_name_are_others_by_now_is_reported_where_it_was_made():
    sql = (
        "ALTER TABLE items ADD CONSTRAINT of FOREIGN KEY (part) REFERENCES parts;\n"
        "ALTER TABLE items RENAME CONSTRAINT of TO of_part;\n"
        "ALTER TABLE items RENAME part TO part_id;"
    )
    history = "CREATE TABLE parts (id bigint PRIMARY KEY);\nCREATE TABLE items (part bigint);"

    assert reported("foreign-key-without-index", sql, history) == {1}


def test_a_renamed_type_is_reported_where_it_was_made():
    sql = "CREATE TYPE state AS ENUM ('on');\nALTER TYPE state RENAME TO mode;"

    assert reported("enum-type", sql) == {1}


def test_a_moved_type_is_reported_where_it_was_made():
    sql = "CREATE TYPE state AS ENUM ('on');\nALTER TYPE state SET SCHEMA app;"

    assert reported("enum-type", sql, "CREATE SCHEMA app;") == {1}


def test_columns_of_one_table_are_one_finding():
    (found_once,) = lint((RULES["integer-column"],), Bad("", "CREATE TABLE files (a int, b int, c bigint);"))

    assert found_once.finding.message == "files.a and b are integers that larger numbers do not fit into"
