"""What a message says of the case at hand, where one rule has several."""

import pytest

from miglint.model import Severity, TransactionMode
from miglint.registry import load_rules
from miglint.rule import Bad
from miglint.testing import lint

RULES = {rule.name: rule for rule in load_rules()}
USERS = "CREATE TABLE users (id bigint PRIMARY KEY, name text, email text);"
TOTALS = f"""
    {USERS}
    CREATE MATERIALIZED VIEW totals AS SELECT name, count(*) FROM users GROUP BY name;
    CREATE INDEX totals_name ON totals (name);
"""


def said(rule, sql, **settings):
    """Give the one finding of a rule."""
    (report,) = lint((RULES[rule],), Bad("", sql, **settings))
    return report.finding


@pytest.mark.parametrize(
    ("clearing", "unfilled"),
    [
        ("SELECT 1;", True),
        ("DELETE FROM users WHERE name IS NULL;", True),
        ("DELETE FROM users WHERE email IS NULL;", False),
        ("DELETE FROM users WHERE name IS NULL OR email IS NULL;", False),
        ("UPDATE users SET email = '' WHERE email IS NULL;", False),
        ("DELETE FROM users WHERE email IS NULL;\nALTER TABLE users DROP email, ADD email text;", True),
    ],
)
@pytest.mark.parametrize("between", ["", "-- migration"])
def test_a_delete_of_the_rows_with_nulls_counts_as_a_backfill(clearing, unfilled, between):
    sql = f"{clearing}\n{between}\nALTER TABLE users ALTER COLUMN email SET NOT NULL;"
    message = said("not-null-scan", sql, history=USERS).message
    assert ("no migration fills the column" in message) == unfilled


def test_only_readers_wait_for_the_index_of_a_materialized_view():
    dropped = "DROP INDEX totals_name;\nUPDATE users SET name = lower(name);"
    message = said("blocking-index-drop", dropped, history=TOTALS).message
    assert message.startswith("index drop locks totals against reads while ")
    message = said("blocking-reindex", "REINDEX TABLE totals;", history=TOTALS).message
    assert message == "REINDEX keeps most readers of totals waiting until it ends"


def test_of_a_column_of_the_key_no_copy_is_advised():
    rule = next(rule for rule in load_rules() if rule.name == "dropped-column")
    example = Bad(
        "",
        "ALTER TABLE seats DROP COLUMN hall;",
        history="CREATE TABLE seats (hall int, number int, PRIMARY KEY (hall, number));",
    )
    (report,) = lint((rule,), example)
    assert "CREATE TABLE" not in report.finding.help
    assert "pg_dump" in report.finding.help


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE posts ADD author bigint;\nALTER TABLE posts ADD FOREIGN KEY (author) REFERENCES users;",
        "ALTER TABLE posts ADD author bigint, ADD FOREIGN KEY (author) REFERENCES users;",
    ],
)
def test_the_key_of_a_new_column_belongs_where_the_column_is_added(sql):
    posts = f"{USERS}\nCREATE TABLE posts (id bigint PRIMARY KEY, editor bigint);"
    finding = said("foreign-key-scan", sql, history=posts)
    assert finding.severity is Severity.WARNING
    assert "every row of posts is read, although its new author is NULL" in finding.message
    inline = "ADD COLUMN author bigint CONSTRAINT posts_author_fkey REFERENCES users;"
    assert f"ALTER TABLE posts {inline}" in finding.help

    filled = sql.replace("author bigint", "author bigint DEFAULT 1")
    finding = said("foreign-key-scan", filled, history=posts)
    assert finding.severity is None
    assert "are looked up" in finding.message


@pytest.mark.parametrize("column", ["DEFAULT NULL REFERENCES users", "REFERENCES users DEFAULT NULL::bigint"])
def test_a_key_beside_default_null_reads_rows_for_nothing(column):
    posts = f"{USERS}\nCREATE TABLE posts (id bigint PRIMARY KEY);"
    finding = said("foreign-key-scan", f"ALTER TABLE posts ADD author bigint {column};", history=posts)
    assert finding.severity is Severity.WARNING
    assert "every row of posts is read, although its new author is NULL" in finding.message
    inline = "ADD COLUMN author bigint CONSTRAINT posts_author_fkey REFERENCES users;"
    assert f"-- without DEFAULT NULL, reads no row:\nALTER TABLE posts {inline}" in finding.help


def test_a_generated_column_is_filled_by_its_formula():
    lines = """
        CREATE TABLE lines (id bigint PRIMARY KEY, amount int);
        -- migration
        ALTER TABLE lines ADD COLUMN price int GENERATED ALWAYS AS (amount * 2) STORED;
    """
    sql = "ALTER TABLE lines ALTER COLUMN {} SET NOT NULL;"
    assert "no migration fills" not in said("not-null-scan", sql.format("price"), history=lines).message
    assert "no migration fills" in said("not-null-scan", sql.format("amount"), history=lines).message


@pytest.mark.parametrize(
    ("update", "aside"),
    [
        ("UPDATE users SET name = lower(name);", False),
        ("UPDATE users SET name = guests.name FROM guests WHERE guests.id = users.id;", False),
        ("UPDATE users SET name = (SELECT max(other.name) FROM users AS other);", True),
        (
            "UPDATE users SET name = r.n FROM (SELECT id, rank() OVER (ORDER BY name) AS n FROM users) AS r "
            "WHERE r.id = users.id;",
            True,
        ),
        (
            "UPDATE users SET name = lower(users.name) FROM (SELECT id FROM users WHERE email IS NULL) AS r "
            "WHERE r.id = users.id;",
            False,
        ),
        ("UPDATE users SET name = '' WHERE email IN (SELECT u.email FROM users AS u);", False),
        (
            "WITH r AS (SELECT id, rank() OVER (ORDER BY name) AS n FROM users) "
            "UPDATE users SET name = r.n FROM r WHERE r.id = users.id;",
            True,
        ),
    ],
)
def test_values_that_depend_on_other_rows_are_computed_before_a_batch_changes_one(update, aside):
    tables = f"{USERS}\nCREATE TABLE guests (id bigint PRIMARY KEY, name text);"
    help_ = said("unbatched-update", update, history=tables).help
    assert (
        "CREATE TABLE users_name_computed AS SELECT id AS row_key, ... AS name FROM users" in help_
    ) == aside
    assert ("SET name = computed.name FROM users_name_computed AS computed" in help_) == aside


RECREATED = "DROP MATERIALIZED VIEW totals;\nCREATE MATERIALIZED VIEW totals AS SELECT id FROM users;"


@pytest.mark.parametrize(
    ("mode", "meanwhile"),
    [(TransactionMode.PER_MIGRATION, "wait"), (TransactionMode.PER_STATEMENT, "find nothing")],
)
def test_readers_of_a_recreated_view_wait_for_a_transaction_and_find_nothing_without(mode, meanwhile):
    message = said("dropped-materialized-view", RECREATED, history=TOTALS, mode=mode).message
    assert message.endswith(f"destroys its rows, and its readers {meanwhile} until it is filled again")


def test_a_table_that_is_made_anew_is_not_said_to_be_out_of_use():
    sql = "DROP TABLE users;\nCREATE TABLE users (id uuid PRIMARY KEY);"
    finding = said("dropped-table", sql, history=USERS)
    assert finding.message == "dropping users destroys all rows, although this migration makes the table anew"
    assert finding.help.startswith("change it with ALTER TABLE, which keeps the rows, or dump them first:")


LEDGERS = "".join(f"CREATE TABLE ledger_{n} (id bigint PRIMARY KEY, total numeric);\n" for n in range(24))


def test_tables_that_a_migration_drops_one_by_one_are_one_finding():
    finding = said("dropped-table", "DROP TABLE ledger_1;\nDROP TABLE ledger_2, ledger_3;", history=LEDGERS)
    assert finding.message == (
        "dropping ledger_1, ledger_2 and ledger_3 destroys all rows, and breaks code that still uses them"
    )
    assert finding.help == (
        "drop them in a release after the one whose code no longer uses them, and dump them first:\n"
        "pg_dump --table='ledger_1' --table='ledger_2' --table='ledger_3'"
        ' --file=dropped.sql "$DATABASE_URL"'
    )


@pytest.mark.parametrize(("schema", "dumped"), [("", ""), ("public.", "--schema='public' ")])
def test_more_tables_than_one_can_name_are_dumped_with_all_others_of_their_place(schema, dumped):
    sql = "".join(f"DROP TABLE {schema}ledger_{n};\n" for n in range(24))
    finding = said("dropped-table", sql, history=LEDGERS)
    assert finding.message.startswith("dropping ledger_0, ledger_1, ledger_2 and 21 more destroys all rows")
    assert f"\npg_dump {dumped}--file=dropped.sql" in finding.help


def test_tables_that_go_in_different_ways_are_findings_of_their_own():
    sql = """
        DROP TABLE ledger_1;
        CREATE TABLE ledger_1 (id uuid PRIMARY KEY);
        DROP TABLE ledger_2;
        DROP TABLE ledger_of_another_project;
    """
    found = lint((RULES["dropped-table"],), Bad("", sql, history=LEDGERS))
    assert [report.finding.message.partition(" destroys")[0] for report in found] == [
        "dropping ledger_1",
        "dropping ledger_2",
        "dropping ledger_of_another_project",
    ]


def test_a_table_is_dumped_by_the_name_that_it_has_before_the_migration():
    drop = said("dropped-table", "ALTER TABLE users RENAME TO people;\nDROP TABLE people;", history=USERS)
    assert "pg_dump --table='users' --file" in drop.help
    column = "ALTER TABLE users RENAME TO people;\nALTER TABLE people DROP COLUMN name;"
    keyless = said("dropped-column", column, history=USERS.replace(" PRIMARY KEY", ""))
    assert "pg_dump --table='users' --file" in keyless.help
    assert "SELECT id, name FROM people" in said("dropped-column", column, history=USERS).help


@pytest.mark.parametrize(
    ("default", "unfilled"), [("DEFAULT 'free'", False), ("DEFAULT NULL", True), ("", True)]
)
def test_a_column_is_filled_by_the_default_that_it_comes_with(default, unfilled):
    sql = f"ALTER TABLE users ADD plan text {default};\nALTER TABLE users ALTER COLUMN plan SET NOT NULL;"
    finding = said("not-null-scan", sql, history=USERS)
    assert ("no migration fills the column" in finding.message) == unfilled
    if not unfilled:
        assert "ALTER TABLE users ADD COLUMN plan text DEFAULT 'free' NOT NULL;" in finding.help


CITIES = (
    "CREATE TABLE users (id bigint PRIMARY KEY, city text, city_id bigint, size int);\n"
    "CREATE TABLE cities (id bigint PRIMARY KEY, name text, size int);"
)


@pytest.mark.parametrize(
    ("update", "kept"),
    [
        ("UPDATE users SET city_id = cities.id FROM cities WHERE cities.name = users.city;", True),
        ("UPDATE users u SET city_id = c.id FROM cities c WHERE u.city = c.name AND c.size > 9;", True),
        ("UPDATE users SET city_id = (SELECT c.id FROM cities c WHERE c.name = users.city);", True),
        ("UPDATE users SET city_id = (SELECT id FROM cities WHERE name = city);", True),
        # The size of a city does not tell which one it is.
        ("UPDATE users SET size = cities.size FROM cities WHERE cities.name = users.city;", False),
        ("UPDATE users SET city_id = cities.id FROM cities WHERE cities.name > users.city;", False),
        ("UPDATE users SET city_id = cities.id FROM cities WHERE cities.size = users.size;", False),
        ("UPDATE users SET city_id = (SELECT id FROM cities WHERE name = 'Rome');", False),
        ("UPDATE users SET city_id = c.id, city = '' FROM cities c WHERE c.name = users.city;", False),
    ],
)
def test_a_column_is_kept_by_the_key_of_the_row_that_has_its_value(update, kept):
    message = said("dropped-column", f"{update}\nALTER TABLE users DROP COLUMN city;", history=CITIES).message
    assert ("destroys its data" not in message) == kept


@pytest.mark.parametrize(
    ("sql", "differences"),
    [
        (
            "CREATE UNIQUE INDEX IF NOT EXISTS users_name ON users (name, email);",
            "it is not unique, and it is on (name), not on (name, email)",
        ),
        (
            "CREATE INDEX IF NOT EXISTS users_name ON users (name) WHERE id > 0;",
            "the predicate is none, not id > 0",
        ),
        (
            "ALTER TABLE users ADD COLUMN IF NOT EXISTS name varchar(10) NOT NULL DEFAULT 'x';",
            "the type is text, not character varying(10), and it takes NULL, and the default is none, "
            "not 'x'",
        ),
        ("CREATE TABLE IF NOT EXISTS users (id bigint, age int, city text);", "it lacks age, city"),
    ],
)
def test_what_if_not_exists_keeps_is_told_by_its_differences(sql, differences):
    found = said(
        "if-not-exists-keeps-another", sql, history=f"{USERS} CREATE INDEX users_name ON users (name);"
    )
    assert found.message.endswith(f"that is there: {differences}")


@pytest.mark.parametrize(("value", "moves"), [("lost", True), ("open", False)])
def test_a_value_of_an_enum_that_is_used_below_its_commit_gets_a_migration_of_its_own(value, moves):
    sql = f"""
        BEGIN;
        ALTER TYPE phase ADD VALUE 'lost';
        COMMIT;
        INSERT INTO jobs (phase) VALUES ('{value}');
    """
    history = "CREATE TYPE phase AS ENUM ('open'); CREATE TABLE jobs (id bigserial, phase phase);"
    mode = TransactionMode.PER_MIGRATION
    rule = next(rule for rule in load_rules() if rule.name == "nested-transaction")
    helps = [r.finding.help for r in lint((rule,), Bad("", sql, history=history, mode=mode))]
    assert any("ADD VALUE of 'lost' to a migration of its own" in text for text in helps) == moves


def test_a_partitioned_table_is_dumped_with_its_partitions():
    history = (
        "CREATE TABLE events (id bigint, at date) PARTITION BY RANGE (at);"
        "CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');"
    )
    drop = said("dropped-table", "DROP TABLE events;", history=history)
    assert "pg_dump --table-and-children='events' " in drop.help
