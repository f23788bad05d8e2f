"""What the text of a statement tells: its command, and how it spells names."""

import pytest

from miglint.model import KINDS
from miglint.registry import load_rules
from miglint.rule import Bad
from miglint.testing import lint

RULES = {rule.name: rule for rule in load_rules()}


def forbidden(kind: str, sql: str) -> list[str]:
    example = Bad("", sql, settings=(("forbidden_statements", frozenset({kind})),))
    return [report.finding.message for report in lint((RULES["forbidden-statement"],), example)]


@pytest.mark.parametrize(
    ("kind", "sql"),
    [
        ("create table", "CREATE TEMP TABLE a (b int);"),
        ("create table", "CREATE UNLOGGED TABLE a (b int);"),
        ("create view", "CREATE OR REPLACE TEMPORARY VIEW a AS SELECT 1;"),
        (
            "create or replace function",
            "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';",
        ),
        (
            "create trigger",
            "CREATE CONSTRAINT TRIGGER t AFTER INSERT ON a FOR EACH ROW EXECUTE FUNCTION f();",
        ),
        ("alter role", "ALTER ROLE app SET work_mem = '1GB';"),
        ("alter system", "ALTER SYSTEM SET work_mem = '1GB';"),
        ("alter default privileges", "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO app;"),
        ("alter policy", "ALTER POLICY p ON a USING (true);"),
        ("drop policy", "DROP POLICY p ON a;"),
        ("drop materialized view", "DROP MATERIALIZED VIEW a;"),
        ("alter database", "ALTER DATABASE d SET work_mem = '1GB';"),
        ("alter extension", "ALTER EXTENSION e UPDATE;"),
        ("alter function", "ALTER FUNCTION f() STABLE;"),
        ("alter view", "ALTER VIEW a SET (security_barrier);"),
        ("alter sequence", "ALTER SEQUENCE s RESTART;"),
        ("replica identity", "ALTER TABLE a REPLICA IDENTITY FULL;"),
        ("no force row level security", "ALTER TABLE a NO FORCE ROW LEVEL SECURITY;"),
        ("set default", "ALTER TABLE a ALTER b SET DEFAULT 1;"),
        ("drop index", "DROP INDEX CONCURRENTLY a;"),
        ("vacuum", "VACUUM a;"),
    ],
)
def test_a_kind_is_found_in_the_words_of_its_statement(kind, sql):
    assert kind in KINDS
    assert forbidden(kind, sql) == [f"the configuration forbids {kind.upper()} in migrations"]


@pytest.mark.parametrize(
    ("kind", "sql"),
    [
        ("create view", "CREATE MATERIALIZED VIEW a AS SELECT 1;"),
        ("create table", "CREATE INDEX ON a (b);"),
        ("drop table", "ALTER TABLE a DROP COLUMN b;"),
        ("revoke", "GRANT SELECT ON a TO b;"),
    ],
)
def test_another_kind_is_not(kind, sql):
    assert forbidden(kind, sql) == []


@pytest.mark.parametrize(
    ("sql", "line"),
    [
        ("CREATE TABLE public.a (b int);", None),
        ('CREATE TABLE "public"."a" (b int);', None),
        ("DROP TABLE public.a, b;", 1),
        ("CREATE FOREIGN TABLE a (b int) SERVER s;", 1),
        ("ALTER TABLE IF EXISTS\n  ONLY a ADD b int;", 2),
    ],
)
def test_a_table_without_a_schema(sql, line):
    found = lint((RULES["table-without-schema"],), Bad("", sql))

    assert [report.line for report in found] == ([] if line is None else [line])
