"""Rows below COPY and byte order marks: what psql takes out, and what the server refuses."""

import pytest
from migration_project import Write, only_history

from miglint.model.irregularity import RefusedFile
from miglint.model.migration import History

ROWS = "CREATE TABLE a (id int);\nCOPY public.a (id)\nFROM stdin;\n1\n\\.\n"
MARK = "\ufeff"


def refused(history: History) -> list[str]:
    return [
        odd.source[odd.span] or f"line {odd.source.position(odd.span.start).line}"
        for odd in history.irregularities
        if type(odd) is RefusedFile
    ]


def project(tool: str, sql: str) -> dict[str, str]:
    """Give a project of the tool with one migration."""
    package = '{"dependencies": {"postgres-migrations": "5.3.0"}}'
    return {
        "golang-migrate": {"migrations/1_a.up.sql": sql},
        "dbmate": {"migrations/1_a.sql": f"-- migrate:up\n{sql}-- migrate:down\n"},
        "goose": {"migrations/1_a.sql": f"-- +goose Up\n{sql}"},
        "prisma": {"migrations/1_a/migration.sql": sql, "migrations/migration_lock.toml": ""},
        "postgres-migrations": {"migrations/1_a.sql": sql, "package.json": package},
        "liquibase": {"migrations/1_a.sql": f"--liquibase formatted sql\n--changeset a:1\n{sql}"},
        "plain-sql": {"migrations/1_a.sql": sql},
        "flyway": {"migrations/V1__a.sql": sql},
        "sqitch": {
            "sqitch.plan": "%project=x\n\na 2024-01-01T00:00:00Z A <a@b> # n\n",
            "deploy/a.sql": sql,
        },
    }[tool]


SENDING = ["golang-migrate", "dbmate", "goose", "prisma", "postgres-migrations", "liquibase"]


@pytest.mark.parametrize("tool", SENDING)
def test_rows_below_a_copy_are_refused_where_they_are_sent(write: Write, tool: str) -> None:
    write(project(tool, ROWS))
    history = only_history()
    assert history.tool == tool
    assert "COPY public.a (id)\nFROM stdin" in refused(history)


@pytest.mark.parametrize("tool", ["plain-sql", "flyway", "sqitch"])
def test_rows_below_a_copy_are_rows_where_psql_or_the_tool_feeds_them(write: Write, tool: str) -> None:
    write(project(tool, ROWS))
    history = only_history()
    assert (history.tool, refused(history)) == (tool, [])


def test_a_changeset_that_is_left_to_psql_is_fed(write: Write) -> None:
    text = f"--liquibase formatted sql\n--changeset a:1 runWith:psql\n{ROWS}"
    write({"migrations/1_a.sql": text})
    assert refused(only_history()) == []


@pytest.mark.parametrize(
    "sql",
    [
        "-- COPY a FROM STDIN;\nSELECT 1;\n",
        "SELECT 'COPY a FROM STDIN';\n",
        "COPY a FROM '/tmp/STDIN';\n",
        "COPY a TO STDOUT; SELECT 'STDIN';\n",
    ],
)
def test_what_only_speaks_of_a_copy_is_none(write: Write, sql: str) -> None:
    write(project("golang-migrate", sql))
    assert refused(only_history()) == []


@pytest.mark.parametrize(
    ("tool", "what"),
    [("golang-migrate", ["line 1"]), ("prisma", ["line 1"]), ("flyway", []), ("plain-sql", [])],
)
def test_a_byte_order_mark_is_refused_where_it_is_sent(write: Write, tool: str, what: list[str]) -> None:
    write(project(tool, f"{MARK}SELECT 1;\n"))
    assert refused(only_history()) == what


def test_another_database_is_not_judged(write: Write) -> None:
    write({"mysql/1_a.up.sql": f"{MARK}{ROWS}", "mysql/2_b.up.sql": "SELECT 1;"})
    assert refused(only_history()) == []
