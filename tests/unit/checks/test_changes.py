"""Of a migration that a change edits, only what the edit brings is told; a squash is one finding."""

import pytest

from miglint.registry import load_rules
from miglint.rule import Good
from miglint.testing import Report, lint

RULES = tuple(rule for rule in load_rules() if rule.profile == "safety")
USERS = "CREATE TABLE users (id bigint PRIMARY KEY, name text, nick text);\n"
ORDERS = "CREATE TABLE orders (id bigint PRIMARY KEY);\n"
INDEX = "CREATE INDEX users_by_name ON users (name);\n"
UPDATE = "UPDATE users SET nick = name;\n"
FIRST, SECOND = "migrations/1_users.up.sql", "migrations/2_index.up.sql"
GOOSE = ("migrations/00001_users.sql", "migrations/00002_index.sql")
PRISMA = {"prisma/migrations/migration_lock.toml": 'provider = "postgresql"\n'}


def reports(before: dict[str, str], files: dict[str, str]) -> list[Report]:
    return lint(RULES, Good("", before=before, files=files))


def said(before: dict[str, str], files: dict[str, str]) -> list[str]:
    """Give the names of the rules that report something, in order."""
    return sorted(report.rule for report in reports(before, files))


def goose(sql: str, options: str = "") -> str:
    return f"{options}-- +goose Up\n{sql}"


def edited(before: str, after: str) -> list[str]:
    """Give what is said of an edit of the second of two migrations."""
    return said({FIRST: USERS, SECOND: before}, {FIRST: USERS, SECOND: after})


@pytest.mark.parametrize(
    "after",
    [
        f"{INDEX}{ORDERS}",
        f"{ORDERS}{INDEX}",
        f"-- by name\n{INDEX}{ORDERS}",
        f"{INDEX.lower()}{ORDERS}",
    ],
)
def test_a_statement_that_an_edit_leaves_alone_is_not_told_again(after: str) -> None:
    assert "blocking-index-build" not in edited(INDEX, after)
    assert "edited-migration" in edited(INDEX, after)


def test_what_an_edit_brings_is_told() -> None:
    found = edited(INDEX, f"{INDEX}CREATE INDEX users_by_nick ON users (nick);\n{UPDATE}")

    assert found.count("blocking-index-build") == 1
    assert "unbatched-update" in found


def test_the_same_statement_for_the_second_time_is_told() -> None:
    assert edited(UPDATE, UPDATE * 2).count("unbatched-update") == 1


def test_a_statement_is_told_when_what_stands_around_it_makes_it_another() -> None:
    lock = "ALTER TABLE users ADD COLUMN age int;\n"
    before, after = f"BEGIN;\n{lock}COMMIT;\n{UPDATE}", f"BEGIN;\n{lock}{UPDATE}COMMIT;\n"

    assert "ddl-then-backfill" in edited(before, after)


def test_a_statement_is_told_when_it_loses_its_own_transaction() -> None:
    index = "CREATE INDEX CONCURRENTLY users_by_name ON users (name);\n"
    base = {GOOSE[0]: goose(USERS), GOOSE[1]: goose(index, "-- +goose NO TRANSACTION\n")}

    assert "concurrently-in-transaction" in said(base, {**base, GOOSE[1]: goose(index)})


def test_a_wait_without_a_limit_is_not_told_again() -> None:
    assert "missing-lock-timeout" not in edited(INDEX, f"{INDEX}SELECT 1;\n")
    assert "missing-lock-timeout" in edited(INDEX, f"ALTER TABLE users ADD age int;\n{INDEX}")


def test_a_suppression_of_an_unchanged_statement_is_in_use() -> None:
    hidden = f"-- miglint: ignore[blocking-index-build] small\n{INDEX}"

    assert "unused-suppression" not in edited(hidden, f"{hidden}SELECT 1;\n")


def test_a_migration_under_another_name_is_told_as_such_alone() -> None:
    base = {"db/migration/V1__users.sql": USERS, "db/migration/V2__index.sql": INDEX}
    files = {"db/migration/V1__users.sql": USERS, "db/migration/V3__index.sql": INDEX}

    assert said(base, files) == ["removed-migration"]


def test_what_a_repeatable_migration_runs_again_is_told() -> None:
    base = {"db/migration/V1__users.sql": USERS, "db/migration/R__fill.sql": UPDATE}

    assert "unbatched-update" in said(base, {**base, "db/migration/R__fill.sql": f"{UPDATE}SELECT 1;\n"})


def test_a_down_script_that_is_gone_says_nothing_about_the_way_up() -> None:
    down = "migrations/2_index.down.sql"
    base = {FIRST: USERS, SECOND: INDEX, down: "DROP INDEX users_by_name;\n"}

    assert said(base, {FIRST: USERS, SECOND: INDEX}) == ["missing-down"]


# --- squashes -------------------------------------------------------------------------------------


def squashed(sql: str, **more: str) -> list[Report]:
    """Give what is said where two migrations of Prisma are squashed into a new one."""
    base = {
        **PRISMA,
        "prisma/migrations/1_users/migration.sql": USERS,
        "prisma/migrations/2_orders/migration.sql": ORDERS + INDEX,
    }
    files = {**PRISMA, "prisma/migrations/3_all/migration.sql": sql, **more}
    return [report for report in reports(base, files) if report.rule != "schema-drift"]


def test_a_squash_is_one_finding_with_the_command_that_marks_it_as_applied() -> None:
    (found,) = squashed(USERS + ORDERS + INDEX)

    assert found.rule == "removed-migration"
    assert found.finding.message == (
        "2 migrations, 1_users to 2_orders, were replaced by 3_all after the merge: "
        "a database that has run them runs this as well, and it fails because its tables are there"
    )
    assert found.finding.help == (
        "on each of these databases, before the deploy, mark it as applied:\n"
        "npx prisma migrate resolve --applied 3_all"
    )


def test_the_help_says_what_a_squash_leaves_out() -> None:
    (found,) = squashed(USERS + ORDERS)

    assert "the schema is not the same: index users_by_name is gone" in found.finding.help


def test_a_squash_that_can_run_twice_is_a_note() -> None:
    (found,) = squashed(
        (USERS + ORDERS + INDEX)
        .replace(" users", " IF NOT EXISTS users", 1)
        .replace("TABLE orders", "TABLE IF NOT EXISTS orders")
        .replace("INDEX ", "INDEX IF NOT EXISTS ")
    )

    assert found.finding.message.endswith("a database that has run them runs this as well")
    assert str(found.severity) == "note"


def test_migrations_that_are_gone_beside_an_unrelated_new_one_are_no_squash() -> None:
    found = squashed("CREATE TABLE carts (id int);")

    assert [report.rule for report in found] == ["removed-migration"]
    assert "deleted" in found[0].finding.message


def test_a_squash_that_a_tool_does_not_know_as_the_last_version_leaves_databases_nowhere() -> None:
    base = {FIRST: USERS, SECOND: ORDERS}
    found = [r for r in reports(base, {FIRST: USERS + ORDERS}) if r.rule == "removed-migration"]

    assert [report.finding.message.partition(": ")[2] for report in found] == [
        "databases that have run them are at a version that does not exist"
    ]
