"""Statements about what the history does not tell of: it was in the database before."""

from tests.verify.form import Form

_REST = (
    "CREATE TABLE orders (id bigint PRIMARY KEY, status text, n int); CREATE VIEW v AS SELECT id FROM orders;"
    "CREATE SEQUENCE s; CREATE TYPE mood AS ENUM ('a'); CREATE DOMAIN d AS int; CREATE TYPE pair AS (a int);"
    "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';"
    "CREATE FUNCTION guess() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';"
    "CREATE TRIGGER g BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION f();"
    "CREATE MATERIALIZED VIEW m AS SELECT 1 AS n; CREATE UNIQUE INDEX i ON orders (n, id);"
    "CREATE TABLE parts (id int, at date) PARTITION BY RANGE (at); CREATE TABLE dated (id int, at date NOT NULL); CREATE TABLE heir (n int) INHERITS (orders);"
    "CREATE TABLE alone (n int); CREATE TABLE referring (id bigint CONSTRAINT k REFERENCES orders); CREATE UNIQUE INDEX j ON alone (n); ALTER TABLE alone ADD CONSTRAINT c CHECK (n IS NULL OR n IS NOT NULL) NOT VALID;"
)
_STATEMENTS = (
    "ALTER TABLE ONLY {schema}.orders ALTER status SET STATISTICS 9",
    "ALTER TABLE {schema}.parts ALTER id TYPE bigint",
    "ALTER TABLE {schema}.parts ADD COLUMN a int; ALTER TABLE {schema}.parts SET TABLESPACE pg_default",
    "ALTER TABLE {schema}.alone ALTER n TYPE bigint USING n + 1",
    "ALTER TABLE {schema}.alone RENAME n TO m",
    "ALTER TABLE {schema}.heir ADD CONSTRAINT k CHECK (n IS NULL OR n IS NOT NULL)",
    "ALTER TABLE {schema}.heir ADD CONSTRAINT k UNIQUE (n, id)",
    "ALTER TABLE {schema}.alone RENAME CONSTRAINT c TO d",
    "ALTER TABLE {schema}.alone VALIDATE CONSTRAINT c",
    "ALTER TABLE {schema}.alone ADD CONSTRAINT k UNIQUE USING INDEX j",
    "ALTER TABLE {schema}.alone ADD COLUMN a int; ALTER TABLE {schema}.alone ADD UNIQUE USING INDEX j",
    "ALTER TABLE {schema}.parts ATTACH PARTITION {schema}.dated FOR VALUES FROM ('0001-01-01') TO ('9999-01-01')",
    "ALTER TABLE IF EXISTS {schema}.alone ADD a int; ALTER TABLE {schema}.alone ADD b int",
    "ALTER TABLE {schema}.heir ALTER n SET NOT NULL",
    "ALTER TABLE {schema}.heir ADD CHECK (n IS NOT NULL); ALTER TABLE {schema}.heir ALTER n SET NOT NULL",
    "ALTER TABLE {schema}.heir ALTER n SET NOT NULL; ALTER TABLE {schema}.heir ALTER n SET NOT NULL",
    "ALTER TABLE {schema}.alone ALTER n TYPE bigint; ALTER TABLE {schema}.alone ALTER n TYPE bigint",
    "ALTER TABLE {schema}.dated ADD PRIMARY KEY (at)",
    "REINDEX TABLE {schema}.alone",
    "ALTER TABLE {schema}.dated ADD CHECK (at >= '0001-01-01' AND at < '9999-01-01'), ALTER at SET NOT NULL;"
    "ALTER TABLE {schema}.parts ATTACH PARTITION {schema}.dated FOR VALUES FROM ('0001-01-01') TO ('9999-01-01')",
    "CREATE INDEX x ON {schema}.m (n); DROP MATERIALIZED VIEW {schema}.m;"
    "CREATE MATERIALIZED VIEW {schema}.m AS SELECT 1 AS n",
    "ALTER TABLE {schema}.heir RENAME TO last",
    "ALTER TABLE {schema}.heir SET UNLOGGED",
    "ALTER TABLE {schema}.heir ADD COLUMN a int; ALTER TABLE {schema}.heir SET UNLOGGED",
    "ALTER TABLE {schema}.heir NO INHERIT {schema}.orders",
    "ALTER TABLE {schema}.heir ALTER n SET DEFAULT 1",
    "ALTER TRIGGER g ON {schema}.orders RENAME TO h",
    "DROP TRIGGER g ON {schema}.orders",
    "DROP TABLE {schema}.heir",
    "DROP TABLE {schema}.parts",
    "DROP INDEX IF EXISTS {schema}.nothing",
    "DROP SEQUENCE {schema}.s",
    "DROP VIEW {schema}.v",
    "DROP TYPE {schema}.mood",
    "COMMENT ON TYPE {schema}.mood IS 'x'",
    "COMMENT ON VIEW {schema}.v IS 'x'",
    "ALTER TABLE {schema}.alone ADD COLUMN a int; COMMENT ON COLUMN {schema}.alone.n IS 'x'",
    "ALTER TABLE {schema}.referring ALTER CONSTRAINT k DEFERRABLE",
    "DROP SCHEMA IF EXISTS nothing CASCADE",
    "ALTER TYPE {schema}.mood ADD VALUE 'b'",
    "ALTER TYPE {schema}.mood RENAME VALUE 'a' TO 'b'",
    "ALTER TYPE {schema}.mood RENAME TO humour",
    "ALTER TYPE {schema}.pair ADD ATTRIBUTE b int",
    "ALTER DOMAIN {schema}.d SET NOT NULL",
    "ALTER SEQUENCE {schema}.s OWNED BY {schema}.orders.n",
    "REFRESH MATERIALIZED VIEW {schema}.m",
    "DELETE FROM {schema}.heir WHERE id = 1000000",
    "ALTER FUNCTION {schema}.f() RENAME TO h",
    "ALTER SCHEMA {schema} RENAME TO {schema}_b",
    "CREATE TRIGGER h BEFORE UPDATE ON {schema}.heir FOR EACH ROW EXECUTE FUNCTION {schema}.f()",
    "CREATE TABLE {schema}.copy (LIKE {schema}.orders INCLUDING ALL)",
    "CREATE TABLE {schema}.first PARTITION OF {schema}.parts FOR VALUES FROM ('2020-01-01') TO ('2021-01-01')",
    "CREATE TABLE {schema}.likes (id bigint REFERENCES {schema}.orders); DROP TABLE {schema}.likes",
    "CREATE TABLE {schema}.more (a int) INHERITS ({schema}.orders); DROP TABLE {schema}.more",
    "CREATE VIEW {schema}.w AS SELECT id FROM {schema}.orders; DROP VIEW {schema}.w",
    "CREATE INDEX one ON {schema}.heir (n)",
    "CREATE SEQUENCE {schema}.q OWNED BY {schema}.orders.id; ALTER SEQUENCE {schema}.q RENAME TO r",
)

UNSEEN = (
    *(Form("", statement, unseen=_REST) for statement in _STATEMENTS),
    Form(
        "ALTER TABLE {schema}.parts ATTACH PARTITION {schema}.dated FOR VALUES FROM ('0001-01-01') TO ('9999-01-01');",
        "ALTER INDEX {schema}.whole ATTACH PARTITION {schema}.part",
        unseen=_REST + "CREATE INDEX part ON dated (id); CREATE INDEX whole ON ONLY parts (id);",
    ),
    Form(
        "CREATE TABLE {schema}.t (id bigint REFERENCES {schema}.orders);",
        "ALTER TABLE {schema}.t RENAME TO u",
        unseen=_REST,
    ),
    Form(
        "CREATE TABLE {schema}.t (id int PRIMARY KEY);",
        "ALTER TABLE {schema}.t ADD COLUMN a uuid DEFAULT auth.uid()",
        unseen="CREATE SCHEMA auth; CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE AS 'SELECT gen_random_uuid()';",
    ),
    Form(
        "CREATE TABLE {schema}.t (id int PRIMARY KEY);",
        "ALTER TABLE {schema}.t ADD COLUMN a int DEFAULT {schema}.guess()",
        unseen=_REST,
    ),
)
