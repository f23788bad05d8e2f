"""Which edits of a migration count: what the server tells apart, and what the tool's checksum covers."""

import pytest

from miglint.registry import load_rules
from miglint.rule import Good
from miglint.testing import lint

RULE = next(rule for rule in load_rules() if rule.name == "edited-migration")
SQL = "CREATE TABLE users (id bigint);\n\nINSERT INTO users VALUES (1);\n"

SQLX = "migrations/1_users.sql"
GOOSE = "migrations/00001_users.sql"
FLYWAY = "db/migration/V1__users.sql"
LIQUIBASE = "changelog.sql"
PRISMA = "prisma/migrations/1_users/migration.sql"
BESIDE = {
    SQLX: {"Cargo.toml": '[dependencies]\nsqlx = { version = "0.8", features = ["postgres"] }\n'},
    PRISMA: {"prisma/migrations/migration_lock.toml": 'provider = "postgresql"\n'},
}
HEADS = {GOOSE: "-- +goose Up\n", LIQUIBASE: "--liquibase formatted sql\n--changeset ada:1\n"}


def said(path: str, before: str, after: str) -> list[str]:
    """Give the messages about an edit of the only migration of the tool that has this path."""
    head, beside = HEADS.get(path, ""), BESIDE.get(path, {})
    example = Good("", before={**beside, path: head + before}, files={**beside, path: head + after})
    return [report.finding.message for report in lint((RULE,), example)]


NEWLINE = SQL + "\n"
WINDOWS = SQL.replace("\n", "\r\n")
TABS = SQL.replace(" ", "\t")
COMMENT = SQL + "-- who logs in\n"


@pytest.mark.parametrize(
    ("path", "noticed"),
    [
        (SQLX, {NEWLINE, WINDOWS, TABS, COMMENT}),
        (PRISMA, {NEWLINE, TABS, COMMENT}),
        (FLYWAY, {TABS, COMMENT}),
        (LIQUIBASE, {COMMENT}),
        (GOOSE, set()),
    ],
)
def test_layout_counts_as_far_as_the_checksum_of_the_tool_covers_it(path, noticed):
    assert {after for after in (NEWLINE, WINDOWS, TABS, COMMENT) if said(path, SQL, after)} == noticed


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("SELECT 'Site Admin';", "SELECT 'siteadmin';"),
        ("SELECT 'a -- b';", "SELECT 'a';"),
        ("SELECT '/* a */';", "SELECT '';"),
        ('SELECT 1 AS "Name";', 'SELECT 1 AS "name";'),
        ("SELECT E'a\\' B';", "SELECT E'a\\' b';"),
        ("SELECT $$ a  b $$;", "SELECT $$ a b $$;"),
        ("SELECT 1 a_b;", "SELECT 1 a, b;"),
        ("SELECT a b;", "SELECT ab;"),
    ],
)
def test_what_is_quoted_is_no_layout(before, after):
    assert said(GOOSE, before, after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("SELECT 1;", "select  1 ;"),
        ("SELECT /* one /* or two */ */ 1;", "SELECT 1; -- one"),
        ("SELECT 'A';", "select\n'A';"),
    ],
)
def test_layout_is_no_edit_where_there_is_no_checksum(before, after):
    assert not said(GOOSE, before, after)


def test_a_blank_in_a_string_counts_where_the_dialect_is_not_analysed():
    mysql = "CREATE TABLE t (a int) ENGINE=InnoDB; INSERT INTO `t` VALUES ('it\\'s  so');"
    assert said(GOOSE, mysql, mysql.replace("  so", " so"))
    assert not said(GOOSE, mysql, mysql.replace("; ", ";\n"))


def test_the_message_says_what_the_checksum_covers():
    (message,) = said(SQLX, SQL, NEWLINE)
    assert message == (
        "comments or layout of migration 1_users were edited after it was merged: "
        "the tool's checksum covers every byte of the file, and it refuses to run anything"
    )
