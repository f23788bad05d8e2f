"""Where the text of an expression ends."""

import pytest
from tests.written import operations, statements

from miglint.dialects.postgres import dialect
from miglint.model import AddColumn, CreateIndex


@pytest.mark.parametrize(
    "text",
    [
        "'2020-01-01'::timestamp with time zone",
        "'12:00'::time with time zone",
        "'12:00'::timestamp without time zone",
    ],
)
def test_a_time_zone_belongs_to_the_type(text):
    sql = f"ALTER TABLE t ADD COLUMN at timestamptz DEFAULT {text} NOT NULL"
    (added,) = operations(dialect, sql, dialect.schema, ("public",))

    assert isinstance(added, AddColumn)
    assert added.column.default is not None
    assert added.column.default.text == text


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("coalesce(a, b) DESC", "coalesce(a, b)"),
        ("greatest(a, b) DESC NULLS LAST", "greatest(a, b)"),
        ("nullif(a, '') text_pattern_ops", "nullif(a, '')"),
        ("((address).city)", "(address).city"),
        ("(coalesce(a, b) || 'x') DESC", "coalesce(a, b) || 'x'"),
    ],
)
def test_the_key_of_an_index_ends_before_its_order(key, text):
    sql = f"CREATE INDEX i ON t ({key}) WITH (fillfactor = 70)"
    (index,) = operations(dialect, sql, dialect.schema, ("public",))

    assert isinstance(index, CreateIndex)
    assert [e.expression.text for e in index.elements if e.expression is not None] == [text]


def test_a_setting_of_a_column_of_an_index_is_passed_over():
    made = "CREATE TABLE t (a int); CREATE INDEX i ON t ((a + 1));"

    assert len(list(statements(dialect, f"{made} ALTER INDEX i ALTER 1 SET STATISTICS 9"))) == 3
