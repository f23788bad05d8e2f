"""What the server refuses because a name is taken, and what stands beside it and is not refused."""

from tests.verify.form import ORDERS, PARTS, Form

_MOOD = "CREATE TYPE mood AS ENUM ('good', 'bad');"
_PAIR = "CREATE TYPE pair AS (a int, b int);"
_DOMAIN = "CREATE DOMAIN age AS int CONSTRAINT c CHECK (VALUE > 0) CONSTRAINT d CHECK (VALUE < 200);"
_VIEW = ORDERS + "CREATE VIEW v AS SELECT id, status FROM orders;"
_CALL = "CREATE FUNCTION f(a varchar(5)) RETURNS int LANGUAGE sql AS 'SELECT 1';"
_FIRED = (
    ORDERS + "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
    "CREATE TRIGGER g BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION f();"
    "CREATE TRIGGER h BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION f();"
)
_POLICIES = ORDERS + "CREATE POLICY p ON orders; CREATE POLICY q ON orders;"
_RULE = ORDERS + "CREATE RULE r AS ON DELETE TO orders DO INSTEAD NOTHING;"
_TWO = ORDERS + "CREATE TABLE bills (id int); CREATE SEQUENCE s; CREATE INDEX i ON orders (n);"
_MOVED = ORDERS + "CREATE SCHEMA {schema}_b; CREATE TABLE {schema}_b.orders (id int);"
_LONG = "a_name_that_is_longer_than_the_sixty_three_bytes_that_the_server_keeps_of_it"

TAKEN = (
    # One name space for all that has rows, or is an index or a sequence.
    Form(_TWO, "CREATE SEQUENCE bills", refused="42P07"),
    Form(_TWO, "CREATE TABLE s (a int)", refused="42P07"),
    Form(_TWO, "CREATE VIEW i AS SELECT 1 AS a", refused="42P07"),
    Form(_VIEW, "CREATE VIEW v AS SELECT 1 AS a", refused="42P07"),
    Form(_VIEW, "CREATE MATERIALIZED VIEW v AS SELECT 1 AS a", refused="42P07"),
    Form(_VIEW, "CREATE OR REPLACE VIEW v AS SELECT id, status FROM orders"),
    Form(_VIEW, "CREATE MATERIALIZED VIEW IF NOT EXISTS v AS SELECT 1 AS a"),
    Form(_TWO, "CREATE OR REPLACE VIEW bills AS SELECT 1 AS a", refused="42809"),
    Form(_TWO, "CREATE SEQUENCE IF NOT EXISTS bills"),
    Form(_TWO, "CREATE TABLE IF NOT EXISTS i (a int)"),
    Form(_PAIR, "CREATE TABLE pair (a int)", refused="42P07"),
    Form(_PAIR, "CREATE SEQUENCE pair", refused="42P07"),
    Form(_TWO, "CREATE TYPE s AS (a int)", refused="42P07"),
    Form(_TWO, "CREATE TYPE bills AS (a int)", refused="42710"),
    Form(_TWO, "CREATE TABLE t (a int CONSTRAINT i PRIMARY KEY)", refused="42P07"),
    Form(_TWO, "CREATE TABLE t (a int, CONSTRAINT orders_pkey UNIQUE (a))", refused="42P07"),
    Form(_TWO, "CREATE TABLE t (a int CONSTRAINT i CHECK (a > 0))"),
    Form(_TWO, "ALTER TABLE bills ADD COLUMN a int CONSTRAINT i UNIQUE", refused="42P07"),
    Form(_TWO, "ALTER TABLE bills ADD COLUMN ctid int", refused="42701"),
    Form(ORDERS, f"CREATE INDEX {_LONG} ON orders (n)"),
    Form(
        ORDERS + f"CREATE INDEX {_LONG}_a ON orders (n);",
        f"CREATE INDEX {_LONG}_b ON orders (at)",
        refused="42P07",
    ),
    Form(ORDERS + "CREATE INDEX ON orders (n);", "CREATE INDEX ON orders (n)"),
    # Types, and the rows of tables.
    Form(_MOOD, "CREATE TYPE mood AS ENUM ('x')", refused="42710"),
    Form(_MOOD, "CREATE DOMAIN mood AS int", refused="42710"),
    Form(_MOOD, "CREATE TYPE mood AS (a int)", refused="42710"),
    Form(_MOOD, "CREATE TYPE mood AS RANGE (subtype = int)", refused="42710"),
    Form(_MOOD, "CREATE TABLE mood (a int)", refused="42710"),
    Form(_MOOD, "CREATE TABLE IF NOT EXISTS mood (a int)", refused="42710"),
    Form(_MOOD, "CREATE VIEW mood AS SELECT 1 AS a", refused="42710"),
    Form(_MOOD, "CREATE SEQUENCE mood", refused="42710"),
    Form(_TWO, "CREATE TYPE s AS ENUM ()"),
    Form("CREATE TEMP TABLE fleeting (a int);", "CREATE TABLE fleeting (a int)"),
    Form(ORDERS + "CREATE INDEX mood ON orders (n);", "CREATE TYPE mood AS ENUM ('x')"),
    Form(ORDERS, "CREATE TYPE orders AS ENUM ('x')", refused="42710"),
    Form("CREATE TYPE shell;", "CREATE TYPE shell", refused="42710", foretold=False),
    Form(_MOOD, "ALTER TYPE mood ADD VALUE 'good'", refused="42710"),
    Form(_MOOD, "ALTER TYPE mood ADD VALUE IF NOT EXISTS 'good'"),
    Form(_MOOD, "ALTER TYPE mood RENAME VALUE 'good' TO 'bad'", refused="42710"),
    Form(_MOOD + "CREATE TYPE other AS ENUM ();", "ALTER TYPE other RENAME TO mood", refused="42710"),
    Form(_MOOD + _PAIR, "ALTER TYPE pair RENAME TO mood", refused="42710"),
    Form(_TWO + _PAIR, "ALTER TYPE pair RENAME TO i", refused="42P07"),
    Form(_PAIR, "ALTER TYPE pair ADD ATTRIBUTE a int", refused="42701"),
    Form(_PAIR, "ALTER TYPE pair RENAME ATTRIBUTE a TO b", refused="42701"),
    Form(_DOMAIN, "ALTER DOMAIN age ADD CONSTRAINT c CHECK (VALUE > 1)", refused="42710"),
    Form(_DOMAIN, "ALTER DOMAIN age RENAME CONSTRAINT c TO d", refused="42710"),
    # New names.
    Form(_TWO, "ALTER TABLE bills RENAME TO orders", refused="42P07"),
    Form(_TWO, "ALTER TABLE bills RENAME TO bills", refused="42P07"),
    Form(_TWO + _MOOD, "ALTER TABLE bills RENAME TO mood", refused="42710"),
    Form(_TWO + _MOOD, "ALTER INDEX i RENAME TO mood"),
    Form(_TWO, "ALTER INDEX i RENAME TO s", refused="42P07"),
    Form(
        ORDERS + "ALTER TABLE orders ADD CONSTRAINT c CHECK (n > 0);",
        "ALTER INDEX orders_pkey RENAME TO c",
        refused="42710",
    ),
    Form(ORDERS, "ALTER TABLE orders RENAME COLUMN n TO status", refused="42701"),
    Form(_VIEW, "ALTER VIEW v RENAME COLUMN id TO status", refused="42701"),
    Form(_TWO, "ALTER TABLE orders RENAME CONSTRAINT orders_pkey TO i", refused="42P07"),
    Form(
        ORDERS + "ALTER TABLE orders ADD CONSTRAINT c CHECK (n > 0), ADD CONSTRAINT d CHECK (n > 1);",
        "ALTER TABLE orders RENAME CONSTRAINT c TO d",
        refused="42710",
    ),
    Form(_MOVED, "ALTER TABLE orders SET SCHEMA {schema}_b", refused="42P07"),
    Form(ORDERS, "ALTER TABLE orders SET SCHEMA {schema}"),
    Form(
        ORDERS + "CREATE SCHEMA {schema}_c; CREATE TABLE {schema}_c.orders_pkey (id int);",
        "ALTER TABLE orders SET SCHEMA {schema}_c",
        refused="42P07",
    ),
    Form(
        _MOOD + "CREATE SCHEMA {schema}_d; CREATE TYPE {schema}_d.mood AS ENUM ();",
        "ALTER TYPE mood SET SCHEMA {schema}_d",
        refused="42710",
    ),
    Form(_MOOD, "ALTER TYPE mood SET SCHEMA {schema}"),
    # What has no rows.
    Form("", "CREATE SCHEMA {schema}", refused="42P06"),
    Form("", "CREATE SCHEMA IF NOT EXISTS {schema}"),
    Form("CREATE SCHEMA {schema}_e;", "ALTER SCHEMA {schema}_e RENAME TO {schema}", refused="42P06"),
    Form("", "CREATE EXTENSION plpgsql", refused="42710"),
    Form(_CALL, "CREATE FUNCTION f(b varchar) RETURNS int LANGUAGE sql AS 'SELECT 1'", refused="42723"),
    Form(_CALL, "CREATE PROCEDURE f(b varchar) LANGUAGE sql AS 'SELECT 1'", refused="42723"),
    Form(_CALL, "CREATE FUNCTION f(b text) RETURNS int LANGUAGE sql AS 'SELECT 1'"),
    Form(_CALL, "CREATE OR REPLACE FUNCTION f(a varchar(9)) RETURNS int LANGUAGE sql AS 'SELECT 1'"),
    Form(
        _CALL + "CREATE FUNCTION g(a varchar) RETURNS int LANGUAGE sql AS 'SELECT 1';",
        "ALTER FUNCTION g RENAME TO f",
        refused="42723",
    ),
    Form(
        _CALL + "DROP FUNCTION f(varchar);",
        "CREATE FUNCTION f(a varchar) RETURNS int LANGUAGE sql AS 'SELECT 1'",
    ),
    Form(
        _FIRED, "CREATE TRIGGER g AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION f()", refused="42710"
    ),
    Form(_FIRED, "CREATE OR REPLACE TRIGGER g AFTER INSERT ON orders FOR EACH ROW EXECUTE FUNCTION f()"),
    Form(_FIRED, "ALTER TRIGGER g ON orders RENAME TO h", refused="42710"),
    Form(_POLICIES, "CREATE POLICY p ON orders", refused="42710"),
    Form(_POLICIES, "ALTER POLICY p ON orders RENAME TO q", refused="42710"),
    Form(_RULE, "CREATE RULE r AS ON DELETE TO orders DO INSTEAD NOTHING", refused="42710"),
    Form(_RULE, "CREATE OR REPLACE RULE r AS ON DELETE TO orders DO INSTEAD NOTHING"),
    # What there can be one of.
    Form(
        PARTS + "CREATE TABLE other (LIKE parts) PARTITION BY RANGE (at);",
        "ALTER TABLE other ATTACH PARTITION parts_1 FOR VALUES FROM ('2020-01-01') TO ('2021-01-01')",
        refused="42809",
    ),
    Form(
        "CREATE TABLE a (id int); CREATE TABLE b () INHERITS (a);", "ALTER TABLE b INHERIT a", refused="42P07"
    ),
    Form(
        "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY);",
        "ALTER TABLE t ALTER id ADD GENERATED ALWAYS AS IDENTITY",
        refused="55000",
    ),
    Form(
        "CREATE TABLE t (id serial);",
        "ALTER TABLE t ALTER id ADD GENERATED ALWAYS AS IDENTITY",
        refused="55000",
    ),
    Form("CREATE TABLE t (id int NOT NULL);", "ALTER TABLE t ALTER id ADD GENERATED ALWAYS AS IDENTITY"),
    # What was there is gone.
    Form(
        "CREATE TABLE a (id int, k int); CREATE UNIQUE INDEX a_id ON a (id); CREATE UNIQUE INDEX a_k ON a (k);"
        "CREATE TABLE b (id int CONSTRAINT b_id REFERENCES a (id), k int CONSTRAINT b_k REFERENCES a (k));"
        "DROP INDEX a_id CASCADE;",
        "ALTER TABLE b ADD CONSTRAINT b_id FOREIGN KEY (id) REFERENCES a (k)",
    ),
    Form(
        ORDERS + "DO $$ BEGIN DROP VIEW orders; EXCEPTION WHEN OTHERS THEN NULL; END $$;",
        "ALTER TABLE orders ADD PRIMARY KEY (n)",
        refused="42P16",
        foretold=False,
    ),
    Form(ORDERS, "DROP VIEW orders", refused="42809", foretold=False),
    Form("CREATE EXTENSION IF NOT EXISTS plpgsql; CREATE SCHEMA {schema}_f;", "DROP SCHEMA {schema}_f"),
    # The drops of a statement come first.
    Form(
        ORDERS + "ALTER TABLE orders ADD CONSTRAINT c CHECK (n > 0);",
        "ALTER TABLE orders ADD CONSTRAINT c CHECK (n > 1) NOT VALID, DROP CONSTRAINT c",
    ),
    Form(ORDERS, "ALTER TABLE orders ADD COLUMN status int, DROP COLUMN status"),
)
