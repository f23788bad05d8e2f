"""Help for an UPDATE of new columns: a default in its place, or a later one that spares newer rows."""

import pytest

from miglint.registry import load_rules
from miglint.rule import Bad
from miglint.testing import lint

RULES = {rule.name: rule for rule in load_rules()}
TABLE = "CREATE TABLE towns (id bigint PRIMARY KEY, name text);"


def help_of(rule, sql):
    return lint((RULES[rule],), Bad("", sql, history=TABLE))[0].finding.help


@pytest.mark.parametrize("where", ["", " WHERE open IS NULL", " WHERE true"])
def test_a_constant_for_all_rows_is_a_default(where):
    sql = (
        "ALTER TABLE towns ADD COLUMN open boolean;"
        f"UPDATE towns SET open = false{where};"
        "ALTER TABLE towns ALTER COLUMN open SET DEFAULT true;"
        "ALTER TABLE towns ALTER COLUMN open SET NOT NULL;"
    )
    expected = [
        "ALTER TABLE towns ADD COLUMN open boolean DEFAULT false NOT NULL;",
        "ALTER TABLE towns ALTER COLUMN open SET DEFAULT true;",
    ]
    assert help_of("ddl-then-backfill", sql).splitlines()[1:] == expected
    assert help_of("not-null-scan", sql).splitlines()[1:] == expected


def test_without_a_default_of_its_own_the_column_drops_the_constant():
    sql = "ALTER TABLE towns ADD COLUMN kind text; UPDATE towns SET kind = 'old';"
    assert help_of("ddl-then-backfill", sql).endswith(
        "ALTER TABLE towns ADD COLUMN kind text DEFAULT 'old';\n"
        "ALTER TABLE towns ALTER COLUMN kind DROP DEFAULT;"
    )


@pytest.mark.parametrize(
    "update",
    [
        "UPDATE towns SET kind = 'old' WHERE name = 'a'",
        "UPDATE towns SET kind = lower(name)",
        "UPDATE towns SET kind = 'old', name = 'a'",
        "UPDATE towns SET name = 'a'",
    ],
)
def test_other_changes_stay_an_update(update):
    help_text = help_of("ddl-then-backfill", f"ALTER TABLE towns ADD COLUMN kind text; {update};")
    assert "COMMIT;" in help_text
    assert "ADD COLUMN" not in help_text


@pytest.mark.parametrize(
    ("column", "spared"),
    [("kind text", "AND kind IS NULL;"), ("kind text DEFAULT 'new'", "AND kind = 'new';")],
)
def test_a_later_update_leaves_out_what_was_written_in_between(column, spared):
    sql = f"ALTER TABLE towns ADD COLUMN {column}; UPDATE towns SET kind = lower(name);"
    assert spared in help_of("ddl-then-backfill", sql)


def test_what_relies_on_the_new_values_moves_as_well():
    needs = "ALTER TABLE towns ALTER COLUMN kind SET NOT NULL"
    other = "ALTER TABLE towns ALTER COLUMN name SET NOT NULL"
    sql = f"ALTER TABLE towns ADD COLUMN kind text; UPDATE towns SET kind = lower(name); {needs}; {other};"
    help_text = help_of("ddl-then-backfill", sql)
    assert help_text.endswith(f"because it relies on the change:\n{needs};")


@pytest.mark.parametrize(
    "needs",
    [
        "ALTER TABLE towns ADD UNIQUE (kind)",
        "ALTER TABLE towns ADD CHECK (kind <> '')",
        "ALTER TABLE towns ADD FOREIGN KEY (kind) REFERENCES kinds (name)",
        "CREATE UNIQUE INDEX ON towns (kind)",
    ],
)
def test_constraints_rely_on_the_values(needs):
    sql = f"ALTER TABLE towns ADD COLUMN kind text; UPDATE towns SET kind = lower(name); {needs};"
    assert help_of("ddl-then-backfill", sql).endswith(f"{needs};")


@pytest.mark.parametrize(
    ("where", "quiet"), [("town = 7", True), ("town > 7", False), ("kind = 7", False), ("other = 7", False)]
)
def test_the_children_of_one_parent_are_a_bounded_number(where, quiet):
    history = f"""{TABLE}
        CREATE TABLE shops (town bigint REFERENCES towns, other bigint REFERENCES towns, kind int);
        CREATE INDEX ON shops (town);
        CREATE INDEX ON shops (kind);
    """
    found = lint((RULES["unbatched-delete"],), Bad("", f"DELETE FROM shops WHERE {where};", history=history))
    assert (not found) == quiet


def test_an_index_that_is_dropped_first_gets_a_new_name():
    sql = "DROP INDEX IF EXISTS towns_name; CREATE INDEX towns_name ON towns (name);"
    assert "INDEX CONCURRENTLY towns_name_new ON towns (name);" in help_of("blocking-index-build", sql)
