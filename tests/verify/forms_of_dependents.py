"""What the servers refuse because something else needs what goes or changes, and what they do not mind."""

from tests.verify.form import LINKED, ORDERS, PARTS, Form

_COMPUTED = "CREATE TABLE t (id int, a int, b int GENERATED ALWAYS AS (a * 2) STORED);"
_VIEWED = ORDERS + "CREATE VIEW v AS SELECT * FROM orders; CREATE VIEW w AS SELECT status FROM v;"
_CALLED = "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';"
_FIRED = ORDERS + _CALLED + "CREATE TRIGGER g AFTER UPDATE OF n ON orders FOR EACH ROW EXECUTE FUNCTION f();"
_FIRED_WHEN = (
    ORDERS + _CALLED + "CREATE TRIGGER g AFTER UPDATE ON orders FOR EACH ROW"
    " WHEN (old.n IS DISTINCT FROM new.n) EXECUTE FUNCTION f();"
)
_GUARDED = ORDERS + "CREATE POLICY p ON orders USING (n = 1);"
_MEMBERS = "CREATE TABLE members (id int, n int);"
_GUARDED_BY_OTHERS = (
    ORDERS
    + _MEMBERS
    + "CREATE POLICY p ON orders USING (EXISTS (SELECT FROM members m WHERE m.n = 1 AND m.id = orders.id));"
)
_KEYS = "CREATE TABLE a (id int PRIMARY KEY, b int); CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a);"
_ROUND = _KEYS + "ALTER TABLE a ADD FOREIGN KEY (b) REFERENCES b;"
_ITSELF = "CREATE TABLE a (id int PRIMARY KEY, parent int REFERENCES a);"
_UNIQUE = (
    "CREATE TABLE a (id int); CREATE UNIQUE INDEX i ON a (id); CREATE TABLE b (a int REFERENCES a (id));"
)
_INDEXED = PARTS + "CREATE INDEX i ON parts (id);"
_INHERITED = "CREATE TABLE p (a int); CREATE TABLE c () INHERITS (p);"
_MOOD = "CREATE TYPE mood AS ENUM ('a');"
_PAIR = "CREATE TYPE pair AS (a int, b int); CREATE TABLE t (p pair);"
_ONE = "CREATE FUNCTION one() RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 1';"
_ARRAYS = "CREATE DOMAIN d AS int; CREATE TABLE t (a d[]);"

DEPENDED = (
    # Columns
    Form(_COMPUTED, "ALTER TABLE t ALTER a TYPE bigint", refused="0A000"),
    Form(_COMPUTED, "ALTER TABLE t DROP COLUMN a", refused="2BP01"),
    Form(_COMPUTED, "ALTER TABLE t DROP COLUMN a, DROP COLUMN b", refused="2BP01"),
    Form(_COMPUTED, "ALTER TABLE t DROP COLUMN b, DROP COLUMN a"),
    Form(_COMPUTED, "ALTER TABLE t ALTER a TYPE bigint, DROP COLUMN b"),
    Form(_COMPUTED, "ALTER TABLE t ALTER id TYPE bigint"),
    Form(_COMPUTED + "CREATE INDEX i ON t (b);", "ALTER TABLE t ALTER a TYPE numeric", refused="0A000"),
    Form(_VIEWED, "ALTER TABLE orders ALTER n TYPE bigint", refused="0A000"),
    Form(_VIEWED, "ALTER TABLE orders DROP COLUMN n", refused="2BP01"),
    Form(ORDERS + "CREATE VIEW v AS SELECT count(*) FROM orders;", "ALTER TABLE orders DROP COLUMN n"),
    Form(
        PARTS + "CREATE VIEW v AS SELECT id FROM parts_1;",
        "ALTER TABLE parts ALTER id TYPE bigint",
        refused="0A000",
    ),
    Form(PARTS + "CREATE VIEW v AS SELECT id FROM parts_1;", "ALTER TABLE parts DROP id", refused="2BP01"),
    Form(_FIRED, "ALTER TABLE orders ALTER n TYPE bigint", refused="0A000"),
    Form(_FIRED, "ALTER TABLE orders DROP COLUMN n", refused="2BP01"),
    Form(_FIRED, "ALTER TABLE orders ALTER status TYPE varchar"),
    Form(_FIRED_WHEN, "ALTER TABLE orders ALTER n TYPE bigint", refused="0A000"),
    Form(_FIRED_WHEN, "ALTER TABLE orders DROP COLUMN n", refused="2BP01"),
    Form(_GUARDED, "ALTER TABLE orders ALTER n TYPE bigint", refused="0A000"),
    Form(_GUARDED, "ALTER TABLE orders DROP COLUMN n", refused="2BP01"),
    Form(_GUARDED_BY_OTHERS, "ALTER TABLE orders ALTER id TYPE int", refused="0A000"),
    Form(_GUARDED_BY_OTHERS, "ALTER TABLE orders ALTER n TYPE bigint"),
    Form(_KEYS, "ALTER TABLE a DROP COLUMN id", refused="2BP01"),
    Form(_KEYS, "ALTER TABLE b DROP COLUMN a"),
    Form(_ITSELF, "ALTER TABLE a DROP COLUMN id", refused="2BP01"),
    Form(_ITSELF, "ALTER TABLE a DROP COLUMN parent"),
    Form(
        "CREATE TABLE r (a int); CREATE TABLE t (r r);", "ALTER TABLE r ALTER a TYPE bigint", refused="0A000"
    ),
    # Keys
    Form(_KEYS, "ALTER TABLE a DROP CONSTRAINT a_pkey", refused="2BP01"),
    Form(_KEYS, "ALTER TABLE b DROP CONSTRAINT b_pkey"),
    Form(_ITSELF, "ALTER TABLE a DROP CONSTRAINT a_pkey", refused="2BP01"),
    Form(_KEYS + "ALTER TABLE a ADD CONSTRAINT k UNIQUE (id);", "ALTER TABLE a DROP CONSTRAINT k"),
    Form(_UNIQUE, "DROP INDEX i", refused="2BP01"),
    Form(_UNIQUE, "DROP INDEX i CASCADE"),
    Form(_INDEXED, "DROP INDEX parts_1_id_idx", refused="2BP01"),
    Form(
        PARTS
        + "CREATE INDEX i ON ONLY parts (id); CREATE INDEX j ON parts_1 (id); ALTER INDEX i ATTACH PARTITION j;",
        "DROP INDEX j",
        refused="2BP01",
    ),
    # Relations
    Form(_KEYS, "DROP TABLE a", refused="2BP01"),
    Form(_KEYS, "DROP TABLE a, b"),
    Form(_ROUND, "DROP TABLE a, b"),
    Form(_ROUND, "DROP TABLE b", refused="2BP01"),
    Form(_ITSELF, "DROP TABLE a"),
    Form(_VIEWED, "DROP TABLE orders", refused="2BP01"),
    Form(_VIEWED, "DROP TABLE IF EXISTS orders", refused="2BP01"),
    Form(_VIEWED, "DROP VIEW v", refused="2BP01"),
    Form(_VIEWED, "DROP VIEW v, w"),
    Form(_VIEWED, "DROP VIEW w"),
    Form(
        ORDERS + "CREATE MATERIALIZED VIEW m AS SELECT n FROM orders; CREATE VIEW v AS SELECT n FROM m;",
        "DROP MATERIALIZED VIEW m",
        refused="2BP01",
    ),
    Form(
        ORDERS + "CREATE MATERIALIZED VIEW m AS SELECT n FROM orders; CREATE INDEX i ON m (n);",
        "ALTER TABLE orders ALTER n TYPE bigint",
        refused="0A000",
    ),
    Form(_INHERITED, "DROP TABLE p", refused="2BP01"),
    Form(_INHERITED, "DROP TABLE p, c"),
    Form(PARTS, "DROP TABLE parts"),
    Form(PARTS + "CREATE VIEW v AS SELECT id FROM parts_1;", "DROP TABLE parts", refused="2BP01"),
    Form("CREATE TABLE r (a int); CREATE TABLE t (r r[]);", "DROP TABLE r", refused="2BP01"),
    Form(
        "CREATE TABLE given (a int); CREATE FUNCTION f() RETURNS SETOF given LANGUAGE sql AS 'SELECT * FROM given';",
        "DROP TABLE given",
        refused="2BP01",
    ),
    Form(
        "CREATE SEQUENCE s; CREATE TABLE t (a int DEFAULT nextval('s'));", "DROP SEQUENCE s", refused="2BP01"
    ),
    Form(
        "CREATE SEQUENCE s; CREATE TABLE t (a int DEFAULT nextval('{schema}.s'::regclass));",
        "DROP SEQUENCE s",
        refused="2BP01",
    ),
    Form(
        "CREATE SEQUENCE s; CREATE SEQUENCE r; CREATE TABLE t (a int DEFAULT nextval('s'), b int);",
        "DROP SEQUENCE r",
    ),
    Form("CREATE SEQUENCE s; CREATE TABLE t (a int DEFAULT nextval('s'::text));", "DROP SEQUENCE s"),
    Form("CREATE TABLE t (a serial);", "DROP SEQUENCE t_a_seq", refused="2BP01"),
    Form(
        "CREATE TABLE t (a int GENERATED ALWAYS AS IDENTITY);",
        "DROP SEQUENCE t_a_seq CASCADE",
        refused="2BP01",
    ),
    # Types
    Form(_MOOD + "CREATE TABLE t (m mood);", "DROP TYPE mood", refused="2BP01"),
    Form(_MOOD + "CREATE TABLE t (m mood[]);", "DROP TYPE mood", refused="2BP01"),
    Form(_MOOD + "CREATE TABLE t (m text DEFAULT 'a'::mood);", "DROP TYPE mood", refused="2BP01"),
    Form(_MOOD + "CREATE DOMAIN d AS mood;", "DROP TYPE mood", refused="2BP01"),
    Form(_MOOD + "CREATE DOMAIN d AS mood;", "DROP TYPE mood, d"),
    Form(_MOOD + "CREATE TYPE pair AS (a mood);", "DROP TYPE mood", refused="2BP01"),
    Form(
        "CREATE TYPE taken AS ENUM ('a'); CREATE FUNCTION f(m taken) RETURNS int LANGUAGE sql AS 'SELECT 1';",
        "DROP TYPE taken",
        refused="2BP01",
    ),
    Form(_PAIR, "ALTER TYPE pair ALTER ATTRIBUTE a TYPE bigint", refused="0A000"),
    Form(_PAIR, "ALTER TYPE pair ADD ATTRIBUTE c int"),
    Form(_ARRAYS, "ALTER DOMAIN d ADD CHECK (VALUE > 0)", refused="0A000"),
    Form(_ARRAYS, "ALTER DOMAIN d SET NOT NULL", refused="0A000"),
    Form(_ARRAYS, "ALTER DOMAIN d ADD CHECK (VALUE > 0) NOT VALID"),
    Form(
        "CREATE DOMAIN d AS int; CREATE TYPE pair AS (a d); CREATE TABLE t (p pair);",
        "ALTER DOMAIN d SET NOT NULL",
        refused="0A000",
    ),
    # Functions
    Form(_FIRED, "DROP FUNCTION f()", refused="2BP01"),
    Form(_ONE + "CREATE TABLE t (a int DEFAULT one());", "DROP FUNCTION one", refused="2BP01"),
    Form(_ONE + "CREATE TABLE t (a int CHECK (a > one()));", "DROP FUNCTION one()", refused="2BP01"),
    Form(
        _ONE + "CREATE TABLE t (a int, b int GENERATED ALWAYS AS (one()) STORED);",
        "DROP FUNCTION one()",
        refused="2BP01",
    ),
    Form(
        _ONE + "CREATE TABLE t (a int); CREATE INDEX i ON t ((a + one()));",
        "DROP FUNCTION one()",
        refused="2BP01",
    ),
    Form(
        _ONE + "CREATE TABLE t (a int); CREATE POLICY p ON t USING (one() = 1);",
        "DROP FUNCTION one()",
        refused="2BP01",
    ),
    Form(
        _CALLED
        + _ONE
        + "CREATE TABLE t (a int); CREATE TRIGGER g AFTER UPDATE ON t FOR EACH ROW WHEN (new.a = one()) EXECUTE FUNCTION f();",
        "DROP FUNCTION one()",
        refused="2BP01",
    ),
    Form(_ONE + "CREATE VIEW v AS SELECT one();", "DROP FUNCTION one()", refused="2BP01"),
    Form(
        _ONE
        + "CREATE FUNCTION one(int) RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE TABLE t (a int DEFAULT one());",
        "DROP FUNCTION one(int)",
    ),
    # Schemas
    Form(
        "CREATE SCHEMA {schema}_s; CREATE TABLE {schema}_s.t (a int);",
        "DROP SCHEMA {schema}_s",
        refused="2BP01",
    ),
    Form("CREATE SCHEMA {schema}_s;", "DROP SCHEMA {schema}_s"),
    Form(LINKED, "ALTER TABLE posts DROP CONSTRAINT posts_user; DROP TABLE users"),
)
