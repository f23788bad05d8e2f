"""The page on what other linters report: its rules exist, and what it says of squawk's is so."""

import pytest

from miglint.config.squawk_rules import answers_to
from miglint.registry import load_rules
from miglint.rule import Bad
from miglint.testing import lint
from miglint_dev.coverage import NONE, OTHER, SQUAWK, sections

RULES = {rule.name: rule for rule in load_rules()}
ROWS = [(title, row) for title, rows in sections().items() for row in rows]
TABLES = """
    CREATE TABLE users (id bigint PRIMARY KEY, email text);
    CREATE TABLE orders (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        user_id bigint NOT NULL CONSTRAINT of_user REFERENCES users,
        total int DEFAULT 0 CONSTRAINT positive CHECK (total >= 0),
        twice int GENERATED ALWAYS AS (total * 2) STORED,
        note text,
        number int
    );
    CREATE INDEX orders_note ON orders (note);
    CREATE VIEW notes AS SELECT note FROM orders;
    CREATE SEQUENCE tickets;
    CREATE TYPE mood AS ENUM ('glad', 'sad');
    CREATE DOMAIN grade AS int;
    CREATE TABLE reports (grade grade);
    CREATE DOMAIN unused AS int;
    CREATE SCHEMA app;
    CREATE TABLE app.settings (id bigint PRIMARY KEY);
    CREATE SCHEMA archive;
    CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1';
    CREATE TABLE days (day date) PARTITION BY RANGE (day);
    CREATE TABLE days_1 PARTITION OF days FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
"""
ON_BY_DEFAULT = {
    "require-concurrent-index-creation": "CREATE INDEX orders_number ON orders (number);",
    "require-concurrent-index-deletion": ("DROP INDEX orders_note;\nUPDATE users SET email = lower(email);"),
    "constraint-missing-not-valid": "ALTER TABLE orders ADD CONSTRAINT small CHECK (number < 9);",
    "adding-field-with-default": "ALTER TABLE orders ADD COLUMN token uuid DEFAULT gen_random_uuid();",
    "adding-foreign-key-constraint": "ALTER TABLE orders ADD FOREIGN KEY (number) REFERENCES users;",
    "changing-column-type": "ALTER TABLE orders ALTER number TYPE bigint;",
    "adding-not-nullable-field": "ALTER TABLE orders ALTER note SET NOT NULL;",
    "adding-serial-primary-key-field": "ALTER TABLE reports ADD COLUMN id serial PRIMARY KEY;",
    "renaming-column": "ALTER TABLE orders RENAME note TO remark;",
    "renaming-table": "ALTER TABLE users RENAME TO people;",
    "disallowed-unique-constraint": "ALTER TABLE orders ADD CONSTRAINT one_number UNIQUE (number);",
    "ban-drop-database": "DROP DATABASE shop;",
    "prefer-bigint-over-int": "CREATE TABLE files (id int PRIMARY KEY);",
    "prefer-bigint-over-smallint": "CREATE TABLE files (parts smallint);",
    "prefer-identity": "CREATE TABLE files (id bigserial PRIMARY KEY);",
    "prefer-repack": "VACUUM FULL orders;",
    "prefer-robust-stmts": "CREATE TABLE files (id bigint PRIMARY KEY);",
    "prefer-text-field": "CREATE TABLE files (name varchar(50));",
    "prefer-timestamp-tz": "CREATE TABLE files (made timestamp);",
    "ban-char-field": "CREATE TABLE files (kind char(3));",
    "ban-drop-column": "ALTER TABLE orders DROP COLUMN number;",
    "ban-drop-table": "DROP TABLE reports;",
    "ban-drop-not-null": "ALTER TABLE orders ALTER user_id DROP NOT NULL;",
    "transaction-nesting": "BEGIN;\nBEGIN;\nSELECT 1;\nCOMMIT;",
    "adding-required-field": "ALTER TABLE orders ADD COLUMN size int NOT NULL;",
    "ban-concurrent-index-creation-in-transaction": (
        "BEGIN;\nCREATE INDEX CONCURRENTLY orders_number ON orders (number);\nCOMMIT;"
    ),
    "unused-ignore": "SELECT 1; -- miglint: ignore[dropped-table] nothing",
    "ban-create-domain-with-constraint": "CREATE DOMAIN share AS int CHECK (VALUE < 101);",
    "ban-alter-domain-with-add-constraint": "ALTER DOMAIN grade ADD CONSTRAINT small CHECK (VALUE < 6);",
    "ban-truncate-cascade": "TRUNCATE users CASCADE;",
    "ban-uncommitted-transaction": "BEGIN;\nALTER TABLE orders ADD COLUMN size int;",
    "require-enum-value-ordering": "ALTER TYPE mood ADD VALUE 'calm';",
    "identifier-too-long": f"CREATE TABLE {'long_' * 13} (id bigint PRIMARY KEY);",
    "require-concurrent-partition-detach": "ALTER TABLE days DETACH PARTITION days_1;",
    "require-concurrent-reindex": "REINDEX TABLE orders;",
    "require-lock-timeout": "ALTER TABLE orders ADD COLUMN size int;",
    "require-statement-timeout": "ALTER TABLE orders ADD COLUMN size int;",
    "ban-duplicate-column-assignments": "UPDATE orders SET note = 'a', note = 'b' WHERE id = 1;",
    "ban-drop-view": "DROP VIEW notes;",
    "ban-drop-function": "DROP FUNCTION one();",
    "ban-drop-type": "DROP TYPE mood;",
    "ban-drop-schema": "DROP SCHEMA app CASCADE;",
    "ban-drop-sequence": "DROP SEQUENCE tickets;",
    "ban-drop-domain": "DROP DOMAIN unused;",
    "ban-drop-constraint": "ALTER TABLE orders DROP CONSTRAINT positive;",
    "ban-drop-generated-expression": "ALTER TABLE orders ALTER twice DROP EXPRESSION;",
    "renaming-object": "ALTER TYPE mood RENAME TO feeling;",
    "ban-set-schema": "ALTER TABLE users SET SCHEMA archive;",
    "ban-alter-identity": "ALTER TABLE orders ALTER id DROP IDENTITY;",
    "ban-drop-extension": "DROP EXTENSION pgcrypto;",
    "ban-drop-default": "ALTER TABLE orders ALTER total DROP DEFAULT;",
    "syntax-error": "ALTER TABLE orders ADD COLUM size int;",
}
ON_DEMAND = {
    "require-table-schema": "CREATE TABLE files (id bigint PRIMARY KEY);",
    "require-timeout-settings": "ALTER TABLE orders ADD COLUMN size int;",
    "ban-alter-generated-expression": "ALTER TABLE orders ALTER twice SET EXPRESSION AS (total + 1);",
    "ban-drop-index": "DROP INDEX CONCURRENTLY orders_note;",
    "ban-set-default": "ALTER TABLE orders ALTER total SET DEFAULT 1;",
    "ban-drop-trigger": "DROP TRIGGER watch ON orders;",
    "ban-disable-trigger": "ALTER TABLE orders DISABLE TRIGGER watch;",
    "ban-replica-identity": "ALTER TABLE orders REPLICA IDENTITY FULL;",
    "ban-drop-policy": "DROP POLICY own ON orders;",
    "ban-revoke": "REVOKE SELECT ON orders FROM app;",
    "ban-replace-view-function": "CREATE OR REPLACE VIEW notes AS SELECT note FROM orders;",
    "ban-alter-policy-condition": "ALTER POLICY own ON orders USING (true);",
    "ban-alter-policy-roles": "ALTER POLICY own ON orders TO app;",
    "ban-create-policy": "CREATE POLICY own ON orders USING (true);",
    "ban-alter-function-options": "ALTER FUNCTION one() STABLE;",
    "ban-alter-view-options": "ALTER VIEW notes SET (security_barrier = true);",
    "ban-alter-role-options": "ALTER ROLE app CREATEDB;",
    "ban-alter-database-options": "ALTER DATABASE shop SET work_mem = '1GB';",
    "ban-alter-row-level-security": "ALTER TABLE orders ENABLE ROW LEVEL SECURITY;",
    "ban-new-write-restriction": "ALTER TABLE orders ADD CONSTRAINT small CHECK (number < 9) NOT VALID;",
    "ban-add-enum-value": "ALTER TYPE mood ADD VALUE 'calm' AFTER 'sad';",
    "ban-add-composite-attribute": "ALTER TYPE place ADD ATTRIBUTE z int;",
    "ban-add-column": "ALTER TABLE orders ADD COLUMN size int;",
    "ban-detach-inheritance": "ALTER TABLE orders NO INHERIT users;",
    "ban-alter-sequence-values": "ALTER SEQUENCE tickets RESTART WITH 1;",
    "ban-alter-system-options": "ALTER SYSTEM SET work_mem = '1GB';",
    "ban-alter-extension": "ALTER EXTENSION pgcrypto UPDATE;",
}
FORBIDDEN = frozenset(
    {
        "add attribute", "add column", "add constraint", "add value", "alter database", "alter extension",
        "alter function", "alter policy", "alter role", "alter sequence", "alter system", "alter view",
        "create or replace view", "create policy", "disable trigger", "drop index", "drop policy",
        "drop trigger", "enable row level security", "no inherit", "replica identity", "revoke",
        "set default", "set expression",
    }
)  # fmt: skip


def reported(sql: str, **settings: object) -> set[str]:
    example = Bad("", sql, history=TABLES, settings=tuple(settings.items()))
    return {found.rule for found in lint(tuple(RULES.values()), example)}


@pytest.mark.parametrize(("title", "row"), ROWS, ids=lambda value: getattr(value, "name", None))
def test_each_answer_is_a_rule_and_each_row_without_one_has_a_reason(title, row):
    assert set(row.rules) <= RULES.keys()
    assert row.is_answered or (len(row.answers) == 1 and row.answers[0] in (NONE, OTHER) and row.remark)


def test_no_row_stands_twice():
    for rows in sections().values():
        names = [row.name for row in rows]
        assert len(names) == len(set(names))


@pytest.mark.parametrize("rule", ON_BY_DEFAULT)
def test_what_squawk_reports_by_default_is_reported(rule):
    (row,) = [row for row in sections()[SQUAWK] if row.name == rule]
    said = reported(ON_BY_DEFAULT[rule], lock_timeout="each")

    assert not said.isdisjoint(row.rules)


@pytest.mark.parametrize("rule", ON_DEMAND)
def test_what_squawk_reports_on_demand_can_be_asked_for(rule):
    (row,) = [row for row in sections()[SQUAWK] if row.name == rule]

    assert not reported(ON_DEMAND[rule], forbidden_statements=FORBIDDEN).isdisjoint(row.rules)


def test_every_rule_of_squawk_is_tried():
    assert {row.name for row in sections()[SQUAWK] if row.off} == ON_DEMAND.keys()
    assert {row.name for row in sections()[SQUAWK] if not row.off} == ON_BY_DEFAULT.keys()


@pytest.mark.parametrize("row", sections()[SQUAWK], ids=lambda row: row.name)
def test_who_asks_for_a_rule_of_squawk_hears_the_answer_of_the_table(row):
    assert answers_to(row.name) == row.rules != ()
