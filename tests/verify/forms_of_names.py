"""Renaming and moving: what carries the name goes along, and meets a statement that shows where it went."""

from tests.verify.form import CHILD, DEFAULTED, LINKED, ORDERS, PARTS, Form

_SERIAL = "CREATE TABLE t (id serial PRIMARY KEY, a int UNIQUE);"
_ELSEWHERE = "CREATE SCHEMA {schema}_b;"
_VIEWS = (
    ORDERS + "CREATE VIEW v AS SELECT id, status FROM orders; CREATE VIEW w AS SELECT id FROM v;"
    "CREATE MATERIALIZED VIEW m AS SELECT id FROM v; CREATE UNIQUE INDEX m_id ON m (id);"
)
_HEIRS = "CREATE TABLE p (id int, a int); CREATE TABLE c (b int) INHERITS (p);"
_TYPES = (
    "CREATE TYPE mood AS ENUM ('a'); CREATE DOMAIN d AS mood; CREATE TYPE pair AS (m mood, n int);"
    "CREATE TABLE t (m mood, n mood[], k int, d d, p pair);"
)
_TRIGGER = (
    ORDERS + "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';"
    "CREATE TRIGGER g BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION f();"
)

NAMES = (
    # Tables
    Form(_SERIAL, "ALTER TABLE t RENAME TO u; ALTER TABLE u ADD b serial, DROP COLUMN a"),
    Form(_SERIAL + "ALTER TABLE t RENAME TO u;", "DROP TABLE u"),
    Form(_SERIAL + "ALTER TABLE t RENAME id TO key;", "ALTER TABLE t DROP COLUMN key"),
    Form(_SERIAL + "ALTER SEQUENCE t_id_seq RENAME TO numbers;", "ALTER TABLE t DROP COLUMN id"),
    Form("CREATE SEQUENCE s;", "ALTER SEQUENCE s RENAME TO r; CREATE SEQUENCE s"),
    Form(_SERIAL + _ELSEWHERE, "ALTER TABLE t SET SCHEMA {schema}_b; DROP TABLE {schema}_b.t"),
    Form(LINKED + "ALTER TABLE users RENAME TO people;", "ALTER TABLE posts DROP CONSTRAINT posts_user"),
    Form(LINKED + "ALTER TABLE posts RENAME TO notes;", "DROP TABLE users CASCADE"),
    Form(LINKED, "ALTER TABLE users RENAME TO people; ALTER TABLE people RENAME id TO key"),
    Form(LINKED + "ALTER TABLE users RENAME id TO key;", "ALTER TABLE users ALTER key TYPE bigint"),
    Form(
        "CREATE TABLE t (id int PRIMARY KEY, up int REFERENCES t); ALTER TABLE t RENAME TO tree;"
        "ALTER TABLE tree RENAME id TO key;",
        "ALTER TABLE tree DROP COLUMN key CASCADE",
    ),
    Form(PARTS + "ALTER TABLE parts RENAME TO whole;", "ALTER TABLE whole ALTER id SET NOT NULL"),
    Form(PARTS + "ALTER TABLE parts_1 RENAME TO first;", "ALTER TABLE parts ALTER id SET NOT NULL"),
    Form(PARTS + "ALTER TABLE parts_1 RENAME TO first;", "DROP TABLE parts"),
    Form(
        DEFAULTED + "ALTER TABLE parts_d RENAME TO rest; ALTER TABLE parts RENAME at TO day;",
        "CREATE TABLE parts_3 PARTITION OF parts FOR VALUES FROM ('1922-01-01') TO ('1923-01-01')",
    ),
    Form(_HEIRS + "ALTER TABLE p RENAME TO q;", "ALTER TABLE q ALTER a SET NOT NULL"),
    Form(_HEIRS + "ALTER TABLE c RENAME TO e;", "ALTER TABLE p ALTER a TYPE bigint"),
    Form(_HEIRS, "ALTER TABLE p RENAME a TO x; ALTER TABLE p ALTER x SET NOT NULL"),
    # Views
    Form(_VIEWS + "ALTER TABLE orders RENAME TO sales;", "ALTER TABLE sales DROP COLUMN status CASCADE"),
    Form(_VIEWS + "ALTER TABLE orders RENAME status TO state;", "ALTER TABLE orders DROP state CASCADE"),
    Form(_VIEWS + "ALTER VIEW v RENAME TO x;", "DROP VIEW x CASCADE"),
    Form(_VIEWS + "ALTER VIEW v RENAME COLUMN id TO key;", "DROP VIEW w"),
    Form(_VIEWS + "ALTER MATERIALIZED VIEW m RENAME TO n;", "REFRESH MATERIALIZED VIEW CONCURRENTLY n"),
    Form(
        _VIEWS + _ELSEWHERE + "ALTER MATERIALIZED VIEW m SET SCHEMA {schema}_b;",
        "DROP INDEX {schema}_b.m_id",
    ),
    # Indexes and constraints
    Form(_SERIAL + "ALTER INDEX t_a_key RENAME TO one;", "ALTER TABLE t DROP CONSTRAINT one"),
    Form(_SERIAL + "ALTER TABLE t RENAME CONSTRAINT t_a_key TO one;", "ALTER TABLE t DROP CONSTRAINT one"),
    Form(
        _HEIRS + "ALTER TABLE p ADD CONSTRAINT k CHECK (a > 0) NOT VALID;"
        "ALTER TABLE p RENAME CONSTRAINT k TO l;",
        "ALTER TABLE p DROP CONSTRAINT l",
    ),
    # Types
    Form(_TYPES + "ALTER TYPE mood RENAME TO humour;", "DROP TYPE humour CASCADE"),
    Form(_TYPES + _ELSEWHERE + "ALTER TYPE mood SET SCHEMA {schema}_b;", "DROP TYPE {schema}_b.mood CASCADE"),
    Form(_TYPES + "ALTER TYPE mood RENAME VALUE 'a' TO 'b';", "ALTER TYPE mood ADD VALUE 'a' BEFORE 'b'"),
    # Triggers and functions
    Form(_TRIGGER + "ALTER TRIGGER g ON orders RENAME TO h;", "DROP TRIGGER h ON orders"),
    Form(_TRIGGER, "ALTER TRIGGER g ON orders RENAME TO h"),
    # Schemas
    Form(
        _ELSEWHERE + "CREATE TYPE {schema}_b.mood AS ENUM ('a');"
        "CREATE TABLE {schema}_b.t (id serial PRIMARY KEY, m {schema}_b.mood);"
        "CREATE VIEW {schema}_b.v AS SELECT id FROM {schema}_b.t;"
        "CREATE FUNCTION {schema}_b.f() RETURNS int LANGUAGE sql AS 'SELECT 1';"
        "ALTER SCHEMA {schema}_b RENAME TO {schema}_c;",
        "ALTER TABLE {schema}_c.t ADD COLUMN b int DEFAULT {schema}_c.f()",
    ),
    Form(
        _ELSEWHERE + "CREATE TYPE {schema}_b.mood AS ENUM ('a'); CREATE SEQUENCE {schema}_b.s;"
        "CREATE TABLE {schema}_b.t (id serial PRIMARY KEY, m {schema}_b.mood);"
        "CREATE VIEW {schema}_b.v AS SELECT id FROM {schema}_b.t;"
        "CREATE TABLE t (m {schema}_b.mood); CREATE VIEW w AS SELECT 1 AS n FROM {schema}_b.v;",
        "DROP SCHEMA {schema}_b CASCADE",
    ),
    Form(_ELSEWHERE, "DROP SCHEMA {schema}_b"),
    Form(CHILD, "ALTER TABLE IF EXISTS nothing RENAME TO something"),
    # Names that the server makes
    Form(
        "CREATE TABLE t (a int CHECK (a > 0)); CREATE TABLE t_b_idx (b int); CREATE SEQUENCE t_c_seq;",
        "ALTER TABLE t ADD CHECK (a > 1), ADD CHECK (a > 2), ADD COLUMN b int, ADD COLUMN c serial;"
        "CREATE INDEX ON t (b); CREATE INDEX ON t (a, a)",
    ),
    Form(
        f"CREATE TABLE {'t' * 40} (a int, {'c' * 50} int); CREATE TABLE {'t' * 60} (a int, b int);",
        f"CREATE INDEX ON {'t' * 40} ({'c' * 50}); ALTER TABLE {'t' * 60} ADD UNIQUE (a);"
        f"CREATE INDEX ON {'t' * 40} ({'c' * 50}, a, {'c' * 50}, a)",
    ),
    Form(
        "CREATE TABLE t (a int); ALTER TABLE t "
        + ", ".join("ADD CHECK (a IS NULL OR a IS NOT NULL)" for _ in range(12))
        + ";",
        "ALTER TABLE t DROP CONSTRAINT t_a_check11",
    ),
)
