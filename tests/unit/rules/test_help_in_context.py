"""Help that depends on what else its migration does: on what goes, comes anew, or has to stay."""

import pytest

from miglint.checks.remedies.steps import tools_way
from miglint.model import TransactionMode
from miglint.registry import load_rules
from miglint.rule import Bad
from miglint.testing import lint
from miglint.tools import liquibase

RULES = {rule.name: rule for rule in load_rules()}
TOWNS = """
    CREATE TYPE size AS ENUM ('s', 'l');
    CREATE TABLE towns (id bigint PRIMARY KEY, name text, size size);
    CREATE TABLE shops (id bigint PRIMARY KEY, town bigint, name text);
"""


def help_of(rule, sql, history=TOWNS):
    return lint((RULES[rule],), Bad("", sql, history=history))[0].finding.help


@pytest.mark.parametrize(("drop", "kept"), [("DROP TYPE size;", "size::text AS size"), ("", "id, size FROM")])
def test_a_copy_does_not_keep_a_type_that_goes(drop, kept):
    assert kept in help_of("dropped-column", f"ALTER TABLE towns DROP COLUMN size; {drop}")


def test_an_enum_that_takes_the_place_of_another_gets_its_values():
    sql = (
        "CREATE TYPE extent AS ENUM ('s', 'l');"
        "ALTER TABLE towns DROP COLUMN size, ADD COLUMN size extent NOT NULL;"
    )
    assert "TYPE extent USING size::text::extent;" in help_of("required-column", sql)


@pytest.mark.parametrize(
    ("sql", "default", "end"),
    [
        (
            "ALTER TABLE logs ADD COLUMN id text PRIMARY KEY;",
            "gen_random_uuid()::text",
            "CREATE UNIQUE INDEX CONCURRENTLY logs_pkey ON logs (id);\n-- and then:\n"
            "ALTER TABLE logs ADD CONSTRAINT logs_pkey PRIMARY KEY USING INDEX logs_pkey;",
        ),
        (
            "ALTER TABLE logs ADD COLUMN id uuid NOT NULL, ADD CONSTRAINT logs_key UNIQUE (id);",
            "gen_random_uuid()",
            "CREATE UNIQUE INDEX CONCURRENTLY logs_key ON logs (id);\n-- and then:\n"
            "ALTER TABLE logs ADD CONSTRAINT logs_key UNIQUE USING INDEX logs_key;",
        ),
        ("ALTER TABLE logs ADD COLUMN id varchar(20) PRIMARY KEY;", "", "PRIMARY KEY USING INDEX logs_pkey;"),
        (
            "ALTER TABLE logs ADD COLUMN slug text NOT NULL;\nCREATE UNIQUE INDEX logs_slug ON logs (slug);",
            "",
            "\n-- and only then build the unique index logs_slug",
        ),
    ],
)
def test_a_column_that_a_key_needs_gets_no_constant(sql, default, end):
    advised = help_of("required-column", sql, "CREATE TABLE logs (at timestamptz, kind text);")
    assert advised.startswith("in steps, each in a migration of its own:\n")
    assert (f" SET DEFAULT {default};" in advised) is bool(default)
    assert "each row with a value of its own" in advised
    assert ("when all code writes" in advised) is (not default)
    assert advised.endswith(end)


@pytest.mark.parametrize(
    "later",
    [
        "CREATE UNIQUE INDEX logs_slug ON logs (kind, slug);",
        "CREATE UNIQUE INDEX logs_slug ON logs (slug) WHERE kind IS NULL;",
        "CREATE UNIQUE INDEX logs_slug ON logs (kind);",
        "CREATE INDEX logs_slug ON logs (slug);",
    ],
)
def test_a_column_that_no_key_has_alone_can_have_a_constant(later):
    sql = f"ALTER TABLE logs ADD COLUMN slug text NOT NULL;\n{later}"
    advised = help_of("required-column", sql, "CREATE TABLE logs (at timestamptz, kind text);")
    assert advised.startswith("with a default, which old code gets as well:\n")


def test_no_view_of_the_old_name_is_advised_that_lacks_columns():
    sql = "ALTER TABLE towns RENAME TO places; ALTER TABLE places DROP COLUMN size;"
    help_text = help_of("renamed-table", sql)
    assert "CREATE VIEW" not in help_text
    assert help_text.startswith("a view of the old name could not give size, which this migration drops:")


@pytest.mark.parametrize(
    ("column", "when"),
    [
        ("ALTER TABLE towns DROP COLUMN name, ADD COLUMN name text;", "-- in a later migration"),
        ("ALTER TABLE towns ADD COLUMN other text;", "-- in a migration of its own"),
    ],
)
def test_an_index_of_a_column_that_is_made_anew_comes_later(column, when):
    assert help_of("blocking-index-build", f"{column} CREATE INDEX ON towns (name);").startswith(when)


@pytest.mark.parametrize(
    ("needs", "stays"), [("ALTER TABLE towns ALTER name SET NOT NULL;", True), ("SELECT 1;", False)]
)
def test_a_delete_that_makes_rows_fit_stays_as_well(needs, stays):
    help_text = help_of("unbatched-delete", f"DELETE FROM towns WHERE name IS NULL; {needs}")
    assert ("which keeps its DELETE for rows that come in between" in help_text) == stays


@pytest.mark.parametrize(
    ("column", "needs"),
    [("code text NOT NULL", True), ("code text", False), ("code text NOT NULL DEFAULT ''", False)],
)
def test_rows_that_stay_need_a_value_for_a_required_column(column, needs):
    help_text = help_of("truncated-table", f"TRUNCATE towns; ALTER TABLE towns ADD COLUMN {column};")
    assert ("-- and give code a default, without which no row could stay" in help_text) == needs


def test_a_cast_that_the_new_values_make_possible_moves_with_them():
    change = "ALTER TABLE towns ALTER name TYPE size USING name::size;"
    default = "ALTER TABLE towns ALTER name SET DEFAULT 's'::size;"
    update = "UPDATE towns SET name = 's' WHERE name <> 'l';"
    sql = f"ALTER TABLE towns ADD COLUMN n int; {update} {change} {default} ALTER TABLE towns ADD m int;"
    assert help_of("ddl-then-backfill", sql).partition("-- and only after it, ")[2].splitlines()[1:] == [
        change,
        default,
    ]


def test_columns_of_the_same_name_in_other_tables_stay_where_they_are():
    rename = "ALTER TABLE towns RENAME name TO title;"
    view = "CREATE VIEW known AS SELECT name FROM shops;"
    sql = (
        "ALTER TABLE towns ADD COLUMN n int;"
        f"UPDATE towns SET name = s.name FROM shops s WHERE s.town = towns.id; {rename} {view}"
    )
    assert help_of("ddl-then-backfill", sql).endswith(rename)


@pytest.mark.parametrize(
    ("sql", "whole"),
    [("-- first\nCREATE TABLE a ();\nDO $$\nBEGIN\nEND $$;", True), ("CREATE TABLE a ();", False)],
)
def test_a_tool_that_cuts_a_file_at_semicolons_is_told_to_leave_a_block_whole(sql, whole):
    way = tools_way(liquibase._advice([".xml"]), sql)
    assert ('<sql splitStatements="false">' in way) == whole


@pytest.mark.parametrize(
    ("format_", "spelled"), [(".sql", "`--rollback`"), (".xml", "`<rollback>`"), (".yaml", "`rollback:`")]
)
def test_the_way_back_is_spelled_as_the_changelog_is(format_, spelled):
    assert liquibase._advice([format_]).begin_downs.startswith(
        f"end each changeset with {spelled} and the SQL"
    )


KEYS = """
    CREATE TABLE towns (id bigint PRIMARY KEY);
    CREATE TABLE shops (id bigint PRIMARY KEY, town_id bigint, area_id bigint, note text,
        CONSTRAINT shops_town_id_fkey FOREIGN KEY (town_id) REFERENCES towns (id) ON DELETE CASCADE);
"""


@pytest.mark.parametrize(
    ("between", "added", "same"),
    [
        ('RENAME town_id TO "townId"', '("townId") REFERENCES towns (id) ON DELETE CASCADE', True),
        ('RENAME town_id TO "townId"', '("townId") REFERENCES towns (id)', False),
        ("RENAME note TO remark", "(area_id) REFERENCES towns (id) ON DELETE CASCADE", False),
        ("ALTER town_id TYPE int", "(town_id) REFERENCES towns (id) ON DELETE CASCADE", False),
    ],
)
def test_a_foreign_key_of_renamed_columns_only_gets_another_name(between, added, same):
    sql = (
        "ALTER TABLE shops DROP CONSTRAINT shops_town_id_fkey;"
        f"ALTER TABLE shops {between};"
        f"ALTER TABLE shops ADD CONSTRAINT shops_town FOREIGN KEY {added};"
    )
    renamed = "ALTER TABLE shops RENAME CONSTRAINT shops_town_id_fkey TO shops_town;"
    assert (renamed in help_of("foreign-key-scan", sql, KEYS)) == same


@pytest.mark.parametrize(
    ("steps", "together"),
    [
        ("ADD CONSTRAINT c CHECK (name <> '') NOT VALID; ALTER TABLE towns VALIDATE CONSTRAINT c;", False),
        ("ADD COLUMN note text; CREATE UNIQUE INDEX CONCURRENTLY ON towns (name);", False),
        ("ADD COLUMN note text; CREATE UNIQUE INDEX ON towns (name);", True),
    ],
)
def test_only_what_can_run_in_a_transaction_is_put_into_one(steps, together):
    example = Bad("", f"ALTER TABLE towns {steps}", history=TOWNS, mode=TransactionMode.PER_STATEMENT)
    found = lint((RULES["partial-failure-not-rerunnable"],), example)[0].finding.help

    assert ("BEGIN and COMMIT" in found) == together
