"""A table that another migration of the same release made is as new as one of the migration itself."""

import os

import pytest

from miglint.checks.checker import Plan
from miglint.engine import Run, run
from miglint.model.change import Arrival, Arrivals
from miglint.registry import load_rules
from miglint.rule import Good
from miglint.testing import lint
from miglint.tools import histories_of_texts, with_arrivals
from miglint.tools._releases import day

RULES = tuple(rule for rule in load_rules() if rule.profile == "safety" and rule.category != "rollback")
NOTES = tuple(rule for rule in RULES if rule.name in ("foreign-key-locks-parent", "missing-lock-timeout"))
LOCK = 'provider = "postgresql"\n'

ORDERS = "CREATE TABLE orders (id bigint PRIMARY KEY, status text, user_id bigint);\n"
USERS = "CREATE TABLE users (id bigint PRIMARY KEY);\n"


def project(**scripts: str) -> dict[str, str]:
    """Give a Prisma project; `m20240305101500` is a migration of that time."""
    texts = {f"prisma/migrations/{name[1:]}_x/migration.sql": sql for name, sql in scripts.items()}
    return {"prisma/migrations/migration_lock.toml": LOCK, **texts}


def said(files: dict[str, str], before: dict[str, str] | None = None) -> set[str]:
    """Give the names of the rules that report something, but for the note about lock_timeout."""
    reports = lint(RULES, Good("", files=files, before=before))
    return {report.rule for report in reports} - {"missing-lock-timeout"}


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("CREATE INDEX ON orders (status);", "blocking-index-build"),
        ("ALTER TABLE orders ADD CHECK (status <> '');", "check-scan"),
        ("ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES users;", "foreign-key-scan"),
        ("ALTER TABLE orders ALTER COLUMN status SET NOT NULL;", "not-null-scan"),
        ("ALTER TABLE orders ALTER COLUMN user_id TYPE numeric;", "type-change-rewrite"),
        ("UPDATE orders SET status = 'open';", "unbatched-update"),
        ("ALTER TABLE orders ADD COLUMN at date NOT NULL;", "required-column"),
        ("ALTER TABLE orders RENAME COLUMN status TO state;", "renamed-column"),
        ("ALTER TABLE orders DROP COLUMN status;", "dropped-column"),
        ("DROP TABLE orders;", "dropped-table"),
    ],
)
def test_only_a_table_that_is_older_than_the_release_is_in_use(sql: str, rule: str) -> None:
    table = USERS + ORDERS

    assert said(project(m20240305101500=table, m20240305101800=sql)) == set()
    assert rule in said(project(m20240305101500=table, m20240307101500=sql))


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("ALTER TABLE orders DROP COLUMN place;", "dropped-column"),
        ("ALTER TABLE orders RENAME COLUMN place TO city;", "renamed-column"),
        ("ALTER TABLE orders RENAME TO sales;\nALTER TABLE sales DROP COLUMN place;", "dropped-column"),
    ],
)
def test_only_a_column_that_is_older_than_the_release_is_in_use(sql: str, rule: str) -> None:
    added = "ALTER TABLE orders ADD COLUMN place text;\n"
    files = project(m20230101000000=USERS + ORDERS, m20240305101500=added)

    assert rule not in said(files | project(m20240305101800=sql))
    assert rule in said(files | project(m20240307101500=sql))


def test_a_table_that_was_there_before_the_release_is_in_use_whatever_else_is_new() -> None:
    key = "ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES users;\nCREATE INDEX ON users (id);\n"

    files = project(m20230101000000=USERS, m20240305101500=ORDERS, m20240305101800=key)

    assert said(files) == {"blocking-index-build", "foreign-key-locks-parent"}


def test_rows_that_one_migration_of_a_release_copies_are_there_for_the_next() -> None:
    copy = "CREATE TABLE copies AS SELECT * FROM orders;\n"
    column = "ALTER TABLE copies ADD COLUMN at date NOT NULL;\n"

    files = project(m20230101000000=ORDERS, m20240305101500=copy, m20240305101800=column)

    assert said(files) == {"required-column"}


def test_what_a_change_brings_is_one_release_whatever_the_names_say() -> None:
    before = {"migrations/0001_users.sql": USERS}
    table = {**before, "migrations/0002_orders.sql": ORDERS}
    index = {**table, "migrations/0003_index.sql": "CREATE INDEX ON orders (status);\n"}

    assert said(index, before) == set()
    assert said(index, table) == {"blocking-index-build"}
    assert said(index) == {"blocking-index-build"}


def test_a_change_to_a_migration_that_was_there_does_not_make_its_tables_new() -> None:
    before = {"migrations/0001_orders.sql": ORDERS}
    after = {
        "migrations/0001_orders.sql": ORDERS.replace("status text", "status text, note text"),
        "migrations/0002_index.sql": "CREATE INDEX ON orders (status);\n",
    }

    assert "blocking-index-build" in said(after, before)


def test_a_migration_that_a_change_renames_was_there_before() -> None:
    before = {"migrations/0001_users.sql": USERS, "migrations/0002_orders.sql": ORDERS}
    after = {
        "migrations/0001_users.sql": USERS,
        "migrations/0003_orders.sql": ORDERS,
        "migrations/0004_index.sql": "CREATE INDEX ON orders (status);\n",
    }

    assert "blocking-index-build" in said(after, before)


def test_a_release_of_which_a_part_was_there_before_the_change_is_deployed_in_two() -> None:
    before = project(m20240305101500=ORDERS)
    after = project(m20240305101500=ORDERS, m20240305101800="CREATE INDEX ON orders (status);\n")

    assert said(after, before) == {"blocking-index-build"}
    assert said(after) == set()


PROOF = "ALTER TABLE orders ADD COLUMN at date NOT NULL;\n"
CHECK = "ALTER TABLE orders ADD CHECK (status <> '');\n"
AGAIN = "ALTER TABLE orders ADD COLUMN place text NOT NULL;\n"


def since_proof(later: str, sql: str, between: str = "") -> set[str]:
    """Give what is said after a column that no table with rows can get, at `later`, beyond that column."""
    proof = project(m20240301000000=USERS + ORDERS, m20240305101500=PROOF + between)
    return said(project(**{later: sql}) | proof) - {"required-column"}


@pytest.mark.parametrize("sql", [CHECK, "CREATE INDEX ON orders (status);\n", "DROP TABLE orders;\n"])
def test_a_table_that_could_have_no_row_has_next_to_none_on_that_day(sql: str) -> None:
    assert since_proof("m20240305101800", sql) == set()
    assert since_proof("m20240305225900", sql) == set()
    assert since_proof("m20240306101500", sql) != set()


def test_a_second_column_that_no_table_with_rows_can_get_is_not_said_again_on_that_day() -> None:
    older = project(m20240301000000=ORDERS, m20240305101500=PROOF)
    reports = lint(RULES, Good("", files=older | project(m20240305225900=AGAIN)))
    other_day = lint(RULES, Good("", files=older | project(m20240306225900=AGAIN)))

    assert [report.rule for report in reports].count("required-column") == 1
    assert [report.rule for report in other_day].count("required-column") == 2


def test_rows_that_come_after_the_proof_are_there() -> None:
    rows = "INSERT INTO orders SELECT id FROM users;\n"

    assert "check-scan" in since_proof("m20240305101800", CHECK, rows)


def test_a_table_that_is_emptied_has_no_rows_for_the_rest_of_the_release_not_of_the_day() -> None:
    index = "CREATE INDEX ON orders (status);\n"

    def after_truncate(**later: str) -> set[str]:
        return said(project(m20240301000000=ORDERS, m20240305101500="TRUNCATE orders;\n", **later))

    assert after_truncate(m20240305101800=index) == {"truncated-table"}
    assert after_truncate(m20240305225900=index) == {"truncated-table", "blocking-index-build"}


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("20240305_users", "20240305_orders", True),
        ("2024-03-05_users", "2024-03-05.2_orders", True),
        ("20240305101500_users", "20240305_orders", True),
        ("20240305_users", "20240306_orders", False),
        ("V1__users", "V2__orders", False),
    ],
)
def test_the_day_is_told_by_names_alike_with_a_time_or_without(first: str, second: str, same: bool) -> None:
    assert (day(first) is not None and day(first) == day(second)) is same


def planned(files: dict[str, str]) -> Run:
    (history,) = histories_of_texts({path: text.encode() for path, text in files.items()})
    return run(history, Plan())


def test_a_plan_lists_the_lock_on_a_table_of_the_release_and_the_risk_is_low() -> None:
    index = "ALTER TABLE orders RENAME TO sales;\nCREATE INDEX ON sales (status);\n"
    index += "CREATE TABLE lines (id bigint);\nCREATE INDEX ON lines (id);\n"

    steps = planned(project(m20240305101500=ORDERS, m20240305101800=index)).steps[1:]

    assert [[lock.table.name for lock in step.listed.locks] for step in steps] == [
        ["orders"],
        ["sales"],
        [],
        [],
    ]
    assert [step.effects.locks for step in steps] == [(), (), (), ()]
    assert {step.risk for step in steps} == {"low"}


def test_a_plan_lists_nothing_of_a_table_that_is_dropped_and_made_anew() -> None:
    again = "DROP TABLE orders;\n" + ORDERS + "CREATE INDEX ON orders (status);\n"

    steps = planned(project(m20240305101500=ORDERS, m20240305101800=again)).steps[1:]

    assert [len(step.listed.locks) for step in steps] == [1, 0, 0]


def test_a_folder_is_one_release_and_the_next_is_another() -> None:
    index = "CREATE INDEX ON orders (status);\n"

    assert (
        said({"migrations/1.4/01.sql": ORDERS, "migrations/1.4/02.sql": index, "migrations/1.5/1.sql": USERS})
        == set()
    )
    assert said({"migrations/1.4/01.sql": ORDERS, "migrations/1.5/01.sql": index}) == {"blocking-index-build"}
    assert (
        said({"migrations/4/01.sql": ORDERS, "migrations/4/02.sql": index, "migrations/5/1.sql": USERS})
        != set()
    )


def noted(*later: str) -> list[str]:
    """Give what is noted of locks in a history whose first commit brought two tables and a key."""
    first = (
        USERS,
        ORDERS,
        "ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES users;\n",
        "ALTER TABLE orders ADD COLUMN at date;\n",
        "ALTER TABLE orders ADD COLUMN till date;\n",
    )
    texts = {f"migrations/{number}_x.sql": sql.encode() for number, sql in enumerate((*first, *later), 1)}
    (history,) = histories_of_texts(texts)
    paths = tuple(os.path.abspath(path) for path in texts)
    commits = (*((path,) for path in reversed(paths[len(first) :])), paths[: len(first)])
    history = with_arrivals(history, Arrivals(tuple(map(Arrival, commits))))
    found = run(history, Plan(NOTES)).diagnostics
    return [f"{each.migration}: {each.finding.message}" for each in found]


def test_locks_on_tables_that_came_with_the_same_commit_do_not_count_where_later_ones_take_some() -> None:
    (note,) = noted()
    assert note.startswith("3_x: ")
    (note,) = noted(*(f"ALTER TABLE users ADD COLUMN c{number} int;\n" for number in range(3)))
    assert note.startswith("6_x: ")
    assert "this and 2 more statements in 3 migrations" in note
