"""Rows of migrations in the place of a hazardous one, in the simulation."""

import pytest
from tests.drafted_rows import CHANGE, HAZARDS, USERS, Hazard, row_of

from miglint.errors import UsageError
from miglint.model import Advice, TransactionMode
from miglint.scaffold import Row


def drafted(sql: str, setup: str = USERS, line: int = 0, **values: str) -> Row:
    return row_of(Hazard(sql, (), setup, tuple(values.items())), line)


@pytest.mark.parametrize("kind", HAZARDS)
def test_a_row_has_its_stages_and_no_findings(kind: str) -> None:
    row = row_of(HAZARDS[kind])
    assert tuple(each.stage.kind for each in row.drafted) == HAZARDS[kind].kinds
    assert row.problems == ()
    assert all(each.down for each in row.drafted)


@pytest.mark.parametrize("mode", [mode for mode in TransactionMode if mode is not TransactionMode.SCRIPT])
@pytest.mark.parametrize("kind", ["renamed column", "renamed table", "changed type", "volatile default"])
def test_a_row_has_no_findings_in_the_way_of_any_tool(kind: str, mode: TransactionMode) -> None:
    assert row_of(HAZARDS[kind], mode=mode).problems == ()


def test_statements_commit_together_where_the_tool_commits_each() -> None:
    row = row_of(HAZARDS["renamed table"], mode=TransactionMode.PER_STATEMENT)
    assert "BEGIN;\n" in row.drafted[0].up
    assert row.drafted[0].up.endswith("COMMIT;")


def test_what_the_tool_cannot_run_is_said_to_be_run_by_hand() -> None:
    advice = Advice(has_downs=True, always_in_transaction="the tool opens one around every file")
    build, key = row_of(HAZARDS["unique"], mode=TransactionMode.PER_MIGRATION, advice=advice).drafted
    assert "-- miglint: ignore[duplicates-in-the-way] looked for before\n" in build.by_hand
    assert "CREATE UNIQUE INDEX CONCURRENTLY users_age_key" in build.by_hand
    assert "CREATE UNIQUE INDEX IF NOT EXISTS users_age_key" in build.up
    assert not key.by_hand
    _, fill, *_ = row_of(HAZARDS["renamed column"], mode=TransactionMode.PER_MIGRATION, advice=advice).drafted
    assert fill.by_hand.startswith("DO $$")
    assert not fill.up


def test_a_new_table_or_a_quick_statement_needs_no_row() -> None:
    assert drafted("ALTER TABLE users ADD COLUMN note text;").drafted == ()
    new = "CREATE TABLE t (id bigint PRIMARY KEY, a int);\n"
    assert (
        drafted(
            f"{new}ALTER TABLE t RENAME COLUMN a TO b;\nALTER TABLE t ALTER COLUMN b SET NOT NULL;"
        ).drafted
        == ()
    )


def test_the_other_statements_come_first() -> None:
    first, *_ = drafted(
        "CREATE TABLE notes (id bigint PRIMARY KEY);\nALTER TABLE users RENAME COLUMN age TO years;"
    ).drafted
    assert "CREATE TABLE notes" in first.up
    assert first.name.startswith("change_and_add_users_years")


def test_one_line_of_a_migration() -> None:
    row = drafted("ALTER TABLE users ADD COLUMN note text;\nCREATE INDEX ON users (note);", line=2)
    assert [each.name for each in row.drafted] == ["users_note_idx_index"]
    assert row.left == ("ALTER TABLE users ADD COLUMN note text",)
    assert row.problems == ()


def test_a_line_without_a_statement() -> None:
    with pytest.raises(UsageError, match="no statement in this line"):
        drafted("ALTER TABLE users ADD COLUMN note text;", line=9)


@pytest.mark.parametrize(
    ("setup", "reason"),
    [
        ("CREATE VIEW ages AS SELECT id, age FROM users;", "the view ages refers to it"),
        (
            "ALTER TABLE users ADD COLUMN old boolean GENERATED ALWAYS AS (age > 60) STORED;",
            "the computed column old",
        ),
        ("CREATE TABLE kids () INHERITS (users);", "is not a table by itself"),
        (
            "ALTER TABLE users ADD UNIQUE (age); CREATE TABLE a (age int REFERENCES users (age));",
            "a_age_fkey of a",
        ),
    ],
)
def test_what_hangs_on_a_column_and_cannot_go_along_is_named(setup: str, reason: str) -> None:
    row = drafted("ALTER TABLE users RENAME COLUMN age TO years;", f"{USERS}{setup}")
    assert row.drafted == ()
    assert reason in row.not_done[0].reason


def test_a_value_that_is_no_expression() -> None:
    with pytest.raises(UsageError, match="no expression in SQL"):
        drafted("ALTER TABLE users ADD COLUMN a text NOT NULL;", a="'x")


def test_a_value_for_a_column_that_is_not_there() -> None:
    with pytest.raises(UsageError, match="no column b"):
        drafted("ALTER TABLE users ADD COLUMN a text NOT NULL;", b="1")


def test_a_value_of_another_type_is_found_by_the_trial() -> None:
    row = drafted("ALTER TABLE users ADD COLUMN a boolean NOT NULL;", a="5")
    assert row.problems


def test_settings_of_the_migration_hold_in_each_of_its_parts() -> None:
    first, _, last = drafted(
        "SET lock_timeout = '2s';\nALTER TABLE users RENAME COLUMN org_id TO organisation_id;"
    ).drafted
    assert "SET LOCAL lock_timeout = '2s';" in first.up
    assert "SET LOCAL lock_timeout = '2s';" in last.down


def test_a_change_of_rows_without_batches_is_apart_from_what_locks_the_table() -> None:
    change = "UPDATE users SET note = (SELECT max(o.id)::text FROM orgs AS o, users AS u WHERE u.id = o.id);"
    row = drafted(f"ALTER TABLE users ADD COLUMN note text;\n{change}\nALTER TABLE users DROP COLUMN age;")
    assert [each.stage.kind for each in row.drafted] == ["expand", "backfill", "contract"]
    assert change in row.drafted[1].up
    assert row.not_done[0].name == "large update"
    assert ["unbatched-update" in problem for problem in row.problems] == [True]


def test_a_table_that_is_made_anew_is_not_put_aside() -> None:
    assert drafted("DROP TABLE users;\nCREATE TABLE users (id uuid PRIMARY KEY);").drafted == ()


def test_comments_that_hide_nothing_are_left_out() -> None:
    row = drafted("ALTER TABLE users ALTER COLUMN state TYPE varchar(9) USING left(state, 9);")
    switch = next(each for each in row.drafted if each.stage.kind == "switch")
    assert "-- miglint: ignore[renamed-column] code" in switch.up
    assert row.problems == ()


def test_a_table_that_may_not_be_there_keeps_its_words() -> None:
    first, *_ = drafted(
        "ALTER TABLE IF EXISTS users ADD COLUMN token uuid NOT NULL DEFAULT gen_random_uuid();"
    ).drafted
    assert "ALTER TABLE IF EXISTS users ADD COLUMN token uuid, ALTER COLUMN token SET DEFAULT" in first.up


def test_what_waits_is_said() -> None:
    add, fill, last = row_of(HAZARDS["renamed column with nothing on it"]).drafted
    assert "queues behind every open transaction on users" in " ".join(add.up.replace("--", "").split())
    assert fill.waits[0].startswith("keeps 10000 rows of users locked at a time")
    assert last.stage.deploy == "reads and writes users.organisation_id, and nowhere users.org_id"
    assert row_of(HAZARDS["check"]).place.migration == CHANGE
