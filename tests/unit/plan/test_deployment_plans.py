"""What a plan says follows from what the migrations do, and nothing else is in it."""

import pytest

from miglint.checks.policy import Policy
from miglint.model import Name, Size, Sizes, Thresholds

TABLES = """
CREATE TABLE teams (id bigint PRIMARY KEY);
CREATE TABLE users (id bigint PRIMARY KEY, name text, age int NOT NULL DEFAULT 0, team_id bigint);
CREATE TYPE mood AS ENUM ('sad', 'glad');
"""
FIRST = (TABLES, "DROP TABLE users;\nDROP TABLE teams;\nDROP TYPE mood;")


def texts(items):
    return [text for item in items for text in (item.text, *texts(item.notes))]


def codes(items):
    return [code for item in items for code in (item.code, *codes(item.notes)) if code]


# --- which code runs on which schema -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "word", "because"),
    [
        ("ALTER TABLE users ADD note text", "yes", ()),
        ("CREATE INDEX i ON users (name)", "yes", ()),
        ("ALTER TABLE users DROP name", "no", ("`users.name` is gone (42703)",)),
        ("ALTER TABLE users RENAME name TO title", "no", ("`users.name` is gone (42703)",)),
        ("ALTER TABLE users RENAME TO people", "no", ("`users` is gone (42P01)",)),
        ("DROP TABLE users", "no", ("`users` is gone (42P01)",)),
        (
            "ALTER TABLE users RENAME TO people;\nCREATE VIEW users AS SELECT * FROM people",
            "yes",
            (),
        ),
        (
            "ALTER TABLE users ADD kind text NOT NULL",
            "no",
            ("its INSERTs give `users.kind` no value (23502)",),
        ),
        ("ALTER TABLE users ADD kind text NOT NULL DEFAULT 'x'", "yes", ()),
        (
            "ALTER TABLE users ALTER age DROP DEFAULT",
            "yes, unless",
            ("its INSERTs leave `users.age` to the default, which is gone (23502)",),
        ),
        (
            "ALTER TABLE users ALTER name SET NOT NULL",
            "yes, unless",
            ("it writes NULL into `users.name` (23502)",),
        ),
        (
            "ALTER TABLE users ADD CONSTRAINT grown CHECK (age > 17)",
            "yes, unless",
            ("it writes rows of `users` that `grown` refuses (23514)",),
        ),
        (
            "CREATE UNIQUE INDEX one_name ON users (name)",
            "yes, unless",
            ("it writes duplicates that `one_name` refuses (23505)",),
        ),
        (
            "DO $$ BEGIN EXECUTE 'DROP TABLE ' || 'users'; END $$",
            "not known",
            ("not all of the migration is analysed",),
        ),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_old_code_on_the_new_schema(planned, statement, word, because):
    found = planned(FIRST, (f"{statement};", None)).old_code

    assert found.word == word
    assert found.because == because


@pytest.mark.parametrize(
    ("statement", "word", "because"),
    [
        ("ALTER TABLE users ADD note text", "no", ("`users.note` is new (42703)",)),
        ("CREATE TABLE notes (id int)", "no", ("`notes` is new (42P01)",)),
        ("ALTER TYPE mood ADD VALUE 'calm'", "no", ("the value 'calm' of `mood` is new (22P02)",)),
        (
            "ALTER TABLE users ALTER age DROP NOT NULL",
            "yes, unless",
            ("it writes NULL into `users.age` (23502)",),
        ),
        ("ALTER TABLE users ALTER age TYPE bigint", "yes, unless", ("it needs `users.age` as bigint",)),
        ("ALTER TABLE users DROP name", "yes", ()),
        ("CREATE INDEX i ON users (name)", "yes", ()),
    ],
    ids=lambda value: value[:40] if isinstance(value, str) else "",
)
def test_new_code_on_the_old_schema(planned, statement, word, because):
    found = planned(FIRST, (f"{statement};", None)).new_code

    assert (found.word, found.because) == (word, because)


def test_what_comes_before_the_new_version_and_what_after_the_old_one(planned):
    added = planned(FIRST, ("ALTER TABLE users ADD note text;", None))
    assert texts(added.order) == ["Before the new version: `000002_m.up.sql:1`, for it needs `users.note`."]

    dropped = planned(FIRST, ("ALTER TABLE users DROP name;", None))
    assert texts(dropped.order) == [
        "After the last instance of the old version is gone: `000002_m.up.sql:1`, for that needs "
        "`users.name`."
    ]
    assert not dropped.in_two_releases

    both = planned(FIRST, ("ALTER TABLE users DROP name;\nALTER TABLE users ADD note text;", None))
    assert both.in_two_releases
    assert texts(both.order)[-1].startswith("So it takes two releases")

    neither = planned(FIRST, ("CREATE INDEX i ON users (name);", None))
    assert texts(neither.order) == [
        "Old code runs on the new schema, and new code on the old one: either can come first."
    ]


# --- risk -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "level", "reason"),
    [
        (
            "ALTER TABLE users ADD note text",
            "low",
            "takes ACCESS EXCLUSIVE on `users`: reads and writes wait for a moment",
        ),
        ("CREATE TABLE notes (id int)", "low", "no table that was there before is touched"),
        (
            "CREATE INDEX i ON users (name)",
            "medium",
            "builds the index `i` on `users` under SHARE: writes wait",
        ),
        (
            "ALTER TABLE users ALTER age TYPE bigint",
            "high",
            "rewrites `users` and its indexes under ACCESS EXCLUSIVE",
        ),
        (
            "ALTER TABLE users DROP name",
            "high",
            "old code that names it fails with 42703 from the moment this commits",
        ),
        ("ALTER TABLE users ADD kind text NOT NULL", "high", "fails as soon as `users` has a row"),
        ("UPDATE users SET name = 'x'", "medium", "updates any number of rows of `users` in one transaction"),
        ("ALTER TABLE users DROP nothing", "high", "fails: "),
    ],
    ids=lambda value: value[:40],
)
def test_a_plan_has_a_risk_with_one_reason(planned, statement, level, reason):
    found = planned(FIRST, (f"{statement};", None))

    assert found.risk == level
    assert reason in found.risk_reason


# --- before -----------------------------------------------------------------------------------------------


def test_a_low_change_asks_for_nothing_that_does_not_apply(planned):
    found = planned(FIRST, ("CREATE TABLE notes (id int);", "DROP TABLE notes;"))

    assert (found.before, found.watch, found.no_return, found.instead) == ((), (), (), ())
    assert texts(found.checklist) == ["Applied on a copy of production.", "Way back run once on that copy."]
    assert not any("lock" in text for text in texts((*found.up, *found.triggers)))


def test_what_is_dropped_is_copied_by_its_key_and_filled_in_again(planned):
    found = planned(FIRST, ("ALTER TABLE users DROP name;", "ALTER TABLE users ADD name text;"))

    assert "CREATE TABLE copy_users_name_000002 AS\nSELECT id, name FROM users;" in codes(found.before)
    assert (
        "UPDATE users AS t SET name = k.name\nFROM copy_users_name_000002 AS k WHERE k.id = t.id;"
        in codes(found.back)
    )
    assert (
        texts(found.no_return)[-1] == "What remains then is `copy_users_name_000002`, the copy made before."
    )


def test_rows_that_are_deleted_are_copied_under_the_condition_of_the_delete(planned):
    found = planned(FIRST, ("DELETE FROM users WHERE age < 3 RETURNING id;", ""))

    assert "CREATE TABLE copy_users_000002 AS\nSELECT * FROM users\nWHERE age < 3;" in codes(found.before)
    assert any(
        code.startswith("INSERT INTO users (id, name, age, team_id)\nSELECT") for code in codes(found.back)
    )


def test_a_condition_that_needs_more_than_the_table_is_not_repeated(planned):
    found = planned(FIRST, ("DELETE FROM users USING teams WHERE team_id = teams.id;", ""))

    assert "CREATE TABLE copy_users_000002 AS\nSELECT * FROM users;" in codes(found.before)


def test_a_table_without_a_key_is_copied_and_put_back_by_hand(planned):
    found = planned(("CREATE TABLE log (a int, b int);", None), ("ALTER TABLE log DROP b;", None))

    assert "CREATE TABLE copy_log_b_000002 AS\nSELECT * FROM log;" in codes(found.before)
    assert any("by hand from `copy_log_b_000002`" in text for text in texts(found.back))


def test_a_copy_in_the_migration_is_none_to_make(planned):
    up = "CREATE TABLE kept AS SELECT id, name FROM users;\nALTER TABLE users DROP name;"
    filled = "UPDATE users SET name = kept.name FROM kept WHERE kept.id = users.id;"
    down = f"ALTER TABLE users ADD name text;\n{filled}"

    assert not any("copy_" in code for code in codes(planned(FIRST, (up, down)).before))


def test_rows_in_the_way_are_counted_with_the_error_that_they_bring(planned):
    found = planned(FIRST, ("ALTER TABLE users ALTER name SET NOT NULL;", None))

    item = found.before[1]
    assert item.text.startswith("`000002_m.up.sql:1` fails with `23502` on")
    assert (item.code, item.wants) == ("SELECT count(*) FROM users WHERE name IS NULL;", "0, or no row")


def test_durations_come_from_sizes_and_from_nothing_else(planned):
    retyped = ("ALTER TABLE users ALTER age TYPE bigint;", None)
    assert not any("minute" in text for text in texts(planned(FIRST, retyped).up))

    size = Size(rows=41_000_000, bytes=12 * 1024**3, indexes=1)
    sizes = Sizes({Name("public", "users"): size}, date="2026-11-03", file="miglint-sizes.toml")
    found = planned(FIRST, retyped, policy=Policy(sizes=sizes))
    assert texts(found.before)[1] == (
        "users had 41 million rows (12 GB) on 2026-11-03, as miglint-sizes.toml says."
    )
    assert any("minutes by the sizes in miglint-sizes.toml" in text for text in texts(found.up))


# --- the steps --------------------------------------------------------------------------------------------


def test_a_lock_is_kept_through_what_the_transaction_does_later(planned):
    up = "ALTER TABLE users ADD note text;\nUPDATE teams SET id = id + 1;"
    found = planned(FIRST, (up, None))

    assert any(
        "`000002_m.up.sql:1` takes ACCESS EXCLUSIVE on `users`: reads and writes wait for a moment, and then "
        "until the transaction commits, after `000002_m.up.sql:2`" in text
        for text in texts(found.up)
    )


def test_lock_timeout_is_set_in_the_way_of_the_tool_where_nothing_sets_it(planned):
    def asks(up, policy=None):
        found = planned(FIRST, (up, None), policy=policy)
        return any(text.startswith("Set lock_timeout: ") for text in texts(found.up))

    assert asks("ALTER TABLE users ADD note text;")
    assert not asks("SET lock_timeout = '5s';\nALTER TABLE users ADD note text;")
    assert not asks("ALTER TABLE users ADD note text;", Policy(runner_sets_lock_timeout=True))


def test_an_invalid_index_is_dropped_before_the_next_try(planned):
    found = planned(FIRST, ("CREATE INDEX CONCURRENTLY i ON users (name);", None))

    assert "DROP INDEX CONCURRENTLY IF EXISTS i;" in codes(found.up)


def test_going_back_begins_with_the_old_version_where_that_runs(planned):
    found = planned(FIRST, ("ALTER TABLE users ADD note text;", "ALTER TABLE users DROP note;"))

    assert (
        found.back[1].text == "Deploy the version before, and leave the schema as it is: old code runs on it."
    )
    assert found.back[2].text == "Only if the schema itself has to go back: undo the migration."
    assert found.back[2].code == "migrate -path . -database $DATABASE_URL down 1"


def test_going_back_ends_with_the_old_version_where_that_misses_something(planned):
    found = planned(
        FIRST, ("ALTER TABLE users RENAME name TO title;", "ALTER TABLE users RENAME title TO name;")
    )

    assert [item.text for item in found.back] == [
        "Stop the rollout.",
        "Stop the new version, or turn off what uses the change: from the next step on it misses "
        "`users.title`.",
        "Undo the migration.",
        "Deploy the version before.",
    ]


def test_a_way_back_that_is_not_written_is_drafted_with_its_place(planned):
    found = planned(FIRST, ("CREATE TABLE notes (id int);", None))

    assert (found.before[0].text, found.before[0].code) == (
        "Write the way back first: none is written. Read this draft, and put it into `000002_m.down.sql`.",
        "DROP TABLE notes;",
    )
    assert not found.has_down


def test_a_team_that_only_rolls_forward_is_told_how(planned):
    found = planned(FIRST, ("ALTER TABLE users ADD note text;", None), policy=Policy(down="off"))

    assert found.is_forward
    assert found.back[-1].text == (
        "Only if the schema itself has to go back: put this into a new migration, and run it."
    )
    assert found.back[-1].code == "ALTER TABLE users DROP COLUMN note;"
    assert not any("Way back" in text for text in texts(found.checklist))
    assert not any("down" in code for code in codes(found.back))


def test_a_way_back_that_stumbles_over_rows_says_so_with_the_query(planned):
    pair = ("ALTER TABLE users ALTER age TYPE bigint;", "ALTER TABLE users ALTER age TYPE int;")
    found = planned(FIRST, pair)

    assert found.verdict == "conditional"
    assert any(
        "It fails with `22003` on values outside the range of integer." in t for t in texts(found.back)
    )
    assert texts(found.no_return)[0] == "No line of the files."


def test_thresholds_are_those_of_the_project(planned):
    limits = Thresholds(error_rate=0.5, latency=3, minutes=2, lock_wait=10)
    found = planned(FIRST, ("ALTER TABLE users ADD note text;", None), limits=limits)

    assert texts(found.triggers) == [
        "Errors in more than 0.5 % of requests.",
        "Latency over 3 times the usual one for 2 minutes.",
        "Sessions that wait for a lock for more than 10 s: cancel the migration first.",
    ]


# --- several migrations, and checks -------------------------------------------------------------------------


def test_a_release_is_planned_as_one(planned):
    found = planned(
        FIRST,
        ("ALTER TABLE users ADD note text;", "ALTER TABLE users DROP note;"),
        ("CREATE TABLE notes (id int);", "DROP TABLE notes;"),
        last=2,
    )

    assert found.migrations == ("000002_m", "000003_m")
    assert found.back[2].code == "migrate -path . -database $DATABASE_URL down 2"
    assert set(found.new_code.because) == {"`notes` is new (42P01)", "`users.note` is new (42703)"}


def test_what_is_true_afterwards_follows_from_the_two_schemas(planned):
    up = (
        "ALTER TABLE users ADD CONSTRAINT grown CHECK (age > 17) NOT VALID;\n"
        "ALTER TABLE users ALTER age TYPE bigint;\nCREATE INDEX i ON users (name);"
    )
    found = planned(FIRST, (up, None))

    assert [item.text for item in found.after_up] == [
        "users.age is bigint",
        "the constraint grown is there, not validated yet",
        "the index i is there and valid",
    ]
    assert all(item.wants == "true" for item in found.after_up)


def test_a_column_that_is_filled_is_compared_with_its_source(planned):
    up = "ALTER TABLE users ADD title text;\nUPDATE users SET title = name;"
    found = planned(FIRST, (up, None))

    assert found.after_up[-1].text == "users.title holds what name holds"


def test_a_change_in_several_migrations_is_named_with_its_deploys(planned):
    found = planned(FIRST, ("ALTER TABLE users RENAME name TO title;", None))

    assert "Rather in" in texts(found.instead)[1]
    assert codes(found.instead)[-1] == "miglint scaffold 000002_m"


def test_nothing_is_promised(planned):
    statements = (
        "ALTER TABLE users ADD note text",
        "DROP TABLE users",
        "ALTER TABLE users ALTER age TYPE bigint",
    )
    for statement in statements:
        found = planned(FIRST, (f"{statement};", None))
        said = str(found).lower()
        assert "safe" not in said
        assert "no downtime" not in said
        assert "backup of the database" not in said


def test_a_way_back_that_leaves_the_schema_different_is_drafted_anew(planned):
    found = planned(FIRST, ("ALTER TABLE users DROP age;", "SELECT 1;"))

    assert (found.verdict, found.has_down) == ("irreversible", True)
    draft = found.before[0]
    assert draft.text.startswith(
        "Write the way back first: the one that is written does not do: column users.age is gone."
    )
    assert draft.code == "ALTER TABLE users ADD COLUMN age integer DEFAULT 0 NOT NULL;"


def test_a_draft_fills_what_has_to_have_a_value_from_the_copy(planned):
    tables = ("CREATE TABLE users (id bigint PRIMARY KEY, email text NOT NULL);", None)
    found = planned(tables, ("ALTER TABLE users DROP email;", None))

    draft = found.before[0]
    assert draft.code.splitlines() == [
        "ALTER TABLE users ADD COLUMN email text;",
        "UPDATE users AS t SET email = k.email FROM copy_users_email_000002 AS k WHERE k.id = t.id;",
        "ALTER TABLE users ALTER COLUMN email SET NOT NULL;",
    ]
    assert not any(text.startswith("Fill in") for text in texts(found.back))
    assert any("Rows that came since have no `users.email`" in text for text in texts(found.back))
    # The column is not there before the way back, so that no query can name it.
    assert not any("email IS NULL;" in code and code.startswith("SELECT") for code in codes(found.back))


def test_an_index_that_cannot_be_built_in_the_transaction_is_the_risk(planned):
    found = planned(FIRST, ("CREATE INDEX CONCURRENTLY i ON users (name);\nSELECT 1;", None))

    assert found.risk == "high"
    assert "fails with 25001" in found.risk_reason
    assert "DROP INDEX CONCURRENTLY IF EXISTS i;" not in codes(found.up)


def test_a_table_that_no_migration_makes_was_there_before(planned):
    found = planned(FIRST, ("ALTER TABLE bills ADD note text;", None))

    assert found.new_code.because == ("`bills.note` is new (42703)",)
    assert "takes ACCESS EXCLUSIVE on `bills`" in found.risk_reason
    assert not any("bills is there" in item.text for item in found.after_up)


@pytest.mark.parametrize(
    ("statement", "because"),
    [
        ("ALTER TABLE bills DROP note", "`bills.note` is gone (42703)"),
        ("ALTER TABLE bills RENAME note TO remark", "`bills.note` is gone (42703)"),
        ("DROP TABLE bills", "`bills` is gone (42P01)"),
    ],
)
def test_what_goes_of_a_table_that_no_migration_makes(planned, statement, because):
    assert planned(FIRST, (f"{statement};", None)).old_code == ("no", (because,))
