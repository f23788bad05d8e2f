"""Dropping with what goes along, the smaller objects, and partitions that come and go."""

from tests.verify.form import CHILD, DEFAULTED, LINKED, ORDERS, PARTS, Form

_OWNED = "CREATE TABLE t (id int); CREATE SEQUENCE s OWNED BY t.id; ALTER TABLE t ALTER id SET DEFAULT nextval('s');"
_CASCADING = (
    "CREATE TABLE a (id int PRIMARY KEY);"
    "CREATE TABLE b (id int PRIMARY KEY, a int REFERENCES a ON DELETE CASCADE);"
    "CREATE TABLE c (b int REFERENCES b ON DELETE SET NULL);"
)
_INDEXED = PARTS + "CREATE INDEX i ON ONLY parts (id);"
_LONE = "CREATE TABLE lone (id int, at date NOT NULL);"
_BOUND = "FOR VALUES FROM ('2050-01-01') TO ('2051-01-01')"
_ATTACH = f"ALTER TABLE parts ATTACH PARTITION lone {_BOUND}"
_FUNCTION = "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';"
_TRIGGER = "CREATE TRIGGER g BEFORE INSERT ON parts FOR EACH ROW EXECUTE FUNCTION f();"

DROPS = (
    Form("CREATE TABLE t (id serial, a int);", "ALTER TABLE t DROP COLUMN id"),
    Form("CREATE TABLE t (id serial, a int);", "DROP TABLE t"),
    Form("CREATE TABLE t (id serial, a int); ALTER SEQUENCE t_id_seq OWNED BY NONE;", "DROP TABLE t CASCADE"),
    Form("CREATE TABLE t (a int, b int); CREATE INDEX i ON t (a, b);", "ALTER TABLE t DROP COLUMN b"),
    Form(
        "CREATE TABLE p (a int); CREATE TABLE c () INHERITS (p); ALTER TABLE p ADD CONSTRAINT k CHECK (a > 0) NOT VALID;",
        "ALTER TABLE p DROP CONSTRAINT k",
    ),
    Form(
        PARTS + "ALTER TABLE parts ADD UNIQUE (id, at);", "ALTER TABLE parts DROP CONSTRAINT parts_id_at_key"
    ),
    Form(
        ORDERS + "ALTER TABLE orders ADD CONSTRAINT c CHECK (n > 0) NOT VALID;",
        "ALTER TABLE orders DROP CONSTRAINT c",
    ),
    Form(ORDERS, "ALTER TABLE orders DROP CONSTRAINT IF EXISTS nothing"),
    Form(
        LINKED + "ALTER TABLE posts ADD other int REFERENCES users;",
        "ALTER TABLE posts DROP CONSTRAINT posts_user",
    ),
    Form(_OWNED, "DROP SEQUENCE s CASCADE"),
    Form("CREATE SEQUENCE s;", "DROP SEQUENCE s"),
    Form(_OWNED, "ALTER SEQUENCE s OWNED BY NONE; DROP TABLE t"),
    Form("CREATE SEQUENCE s; CREATE TABLE t (id int);", "ALTER SEQUENCE s OWNED BY t.id; DROP TABLE t"),
    Form(
        "CREATE SEQUENCE s;",
        "ALTER SEQUENCE s INCREMENT BY 2; CREATE SEQUENCE IF NOT EXISTS s; DROP SEQUENCE IF EXISTS r",
    ),
    Form(ORDERS, "DROP VIEW IF EXISTS nothing"),
    Form(
        ORDERS
        + "CREATE MATERIALIZED VIEW m AS SELECT id FROM orders; CREATE MATERIALIZED VIEW o AS SELECT id FROM m;"
        "CREATE INDEX ON m (id);",
        "DROP MATERIALIZED VIEW m CASCADE",
    ),
    Form(ORDERS + "CREATE VIEW v AS SELECT id FROM orders;", "DROP TABLE orders CASCADE"),
    Form(ORDERS + "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';", "DROP FUNCTION f()"),
    Form("CREATE TYPE mood AS ENUM ('a');", "DROP TYPE mood"),
    Form("CREATE TABLE t (a int);", "DROP TYPE IF EXISTS nothing"),
    Form("CREATE DOMAIN d AS int; CREATE TABLE t (a d, b int);", "DROP DOMAIN d CASCADE"),
)

OBJECTS = (
    Form(
        "CREATE DOMAIN d AS int; CREATE DOMAIN e AS d; CREATE TABLE t (a e);",
        "ALTER DOMAIN d ADD CHECK (VALUE IS NULL OR VALUE IS NOT NULL)",
    ),
    Form(
        "CREATE TYPE mood AS ENUM ('a', 'c'); CREATE TABLE t (m mood);",
        "ALTER TYPE mood ADD VALUE IF NOT EXISTS 'a'",
    ),
    Form("CREATE TYPE mood AS ENUM ('a', 'c');", "ALTER TYPE mood ADD VALUE 'b' AFTER 'a'"),
    Form("CREATE DOMAIN d AS int; CREATE TABLE t (a d);", "ALTER DOMAIN d SET NOT NULL"),
    Form(
        "CREATE DOMAIN d AS int NOT NULL; CREATE TABLE t (a d);",
        "ALTER DOMAIN d DROP NOT NULL; ALTER TABLE t ADD b d",
    ),
    Form(
        "CREATE DOMAIN d AS int; CREATE TABLE t (a d);", "ALTER DOMAIN d SET DEFAULT 1; ALTER TABLE t ADD b d"
    ),
    Form("CREATE DOMAIN d AS float DEFAULT random(); CREATE TABLE t (a int);", "ALTER TABLE t ADD b d"),
    Form(
        "CREATE DOMAIN d AS float DEFAULT random(); CREATE TABLE t (a int);",
        "ALTER DOMAIN d DROP DEFAULT; ALTER TABLE t ADD b d",
    ),
    Form(
        "CREATE DOMAIN d AS int CONSTRAINT k CHECK (VALUE > 0); CREATE TABLE t (a int);",
        "ALTER DOMAIN d DROP CONSTRAINT k; ALTER TABLE t ADD b d DEFAULT 1",
    ),
    Form(
        "CREATE DOMAIN d AS int CONSTRAINT k CHECK (VALUE > 0) NOT VALID;".replace(" NOT VALID", "")
        + "CREATE TABLE t (a int);",
        "ALTER DOMAIN d ADD CONSTRAINT l CHECK (VALUE < 9) NOT VALID; ALTER DOMAIN d VALIDATE CONSTRAINT l",
    ),
    Form("CREATE TYPE pair AS (a int, b text); CREATE TABLE t OF pair;", "ALTER TABLE t ADD UNIQUE (a)"),
    Form(
        "CREATE TYPE pair AS (a int, b text);", "ALTER TYPE pair ADD ATTRIBUTE c int; CREATE TABLE t OF pair"
    ),
    Form("CREATE TYPE pair AS (a int, b text);", "ALTER TYPE pair DROP ATTRIBUTE b; CREATE TABLE t OF pair"),
    Form(
        "CREATE TYPE pair AS (a int, b text);",
        "ALTER TYPE pair ALTER ATTRIBUTE a TYPE bigint; CREATE TABLE t OF pair",
    ),
    Form("CREATE TYPE span AS RANGE (subtype = int);", "CREATE TABLE t (s span)"),
    Form("", "CREATE EXTENSION IF NOT EXISTS citext; DROP EXTENSION IF EXISTS citext"),
    Form(ORDERS, "CREATE TABLE IF NOT EXISTS orders (id int)"),
    Form(ORDERS + "CREATE VIEW v AS SELECT id FROM orders;", "CREATE TABLE copy (LIKE v)"),
    Form(
        "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, a int UNIQUE, b text CHECK (b <> ''),"
        " r int4range, EXCLUDE USING gist (r WITH &&)); CREATE INDEX ON t (lower(b)); CREATE INDEX ON t ((a + 1)) INCLUDE (b);"
        'CREATE INDEX ON t (b COLLATE "C") WHERE a > 0;',
        "CREATE TABLE copy (LIKE t INCLUDING ALL)",
    ),
    Form(
        "CREATE TABLE p (a int NOT NULL, b int DEFAULT 1);",
        "CREATE TABLE c (a int, b int DEFAULT 2, d int) INHERITS (p)",
    ),
    Form(
        "CREATE TABLE t (id int GENERATED BY DEFAULT AS IDENTITY);",
        "ALTER TABLE t ALTER id SET GENERATED ALWAYS",
    ),
    Form("CREATE TABLE t (id int GENERATED BY DEFAULT AS IDENTITY);", "ALTER TABLE t ALTER id DROP IDENTITY"),
    Form("CREATE TABLE t (id int);", "ALTER TABLE t ALTER id DROP IDENTITY IF EXISTS"),
    Form(
        "CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a) STORED);",
        "ALTER TABLE t ALTER b DROP EXPRESSION",
    ),
    Form(
        "CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a) STORED);",
        "ALTER TABLE t ALTER b SET EXPRESSION AS (a * 2)",
        since=18,
    ),
    Form(
        "CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a) VIRTUAL);",
        "ALTER TABLE t ALTER b SET EXPRESSION AS (a * 2)",
        since=18,
    ),
    Form(ORDERS, "ALTER TABLE orders ADD COLUMN a int DEFAULT 1 UNIQUE"),
    Form(
        ORDERS
        + "ALTER TABLE orders ADD CONSTRAINT c CHECK (id > 0);".replace(
            "CHECK (id > 0)", "CHECK (id IS NOT NULL)"
        ),
        "ALTER TABLE orders VALIDATE CONSTRAINT c",
    ),
    Form(ORDERS + "CREATE VIEW v AS SELECT id FROM orders;", "COMMENT ON VIEW v IS 'x'"),
    Form(ORDERS + "CREATE VIEW v AS SELECT id FROM orders;", "ALTER VIEW v SET (security_barrier = true)"),
    Form(
        ORDERS + "CREATE MATERIALIZED VIEW m AS SELECT id FROM orders;",
        "CREATE MATERIALIZED VIEW IF NOT EXISTS m AS SELECT 1",
    ),
    Form(
        ORDERS,
        "ALTER TABLE orders ADD COLUMN a interval DEFAULT interval('1 day')".replace(
            "interval('1 day')", "\"interval\"('1 day')"
        ),
    ),
    Form(
        "CREATE TYPE mood AS ENUM ('a'); CREATE TABLE t (id int);",
        "ALTER TABLE t ADD COLUMN m mood DEFAULT mood('a')",
    ),
    Form(_CASCADING, "DELETE FROM a"),
    Form(ORDERS, "BEGIN; ALTER TABLE orders ADD COLUMN a int; COMMIT"),
    Form(_CASCADING, "DELETE FROM a WHERE false"),
    Form(_CASCADING, "DELETE FROM a WHERE id = 1000000"),
    Form(_CASCADING + "CREATE INDEX ON b (a);", "DELETE FROM b WHERE a = 1000000"),
    Form(ORDERS, "UPDATE orders SET n = 1 WHERE id = 1 OR (n = 3 AND id = 4)"),
)

PARTITIONS = (
    Form(PARTS + _LONE, _ATTACH),
    Form(
        DEFAULTED + _LONE,
        "ALTER TABLE parts ATTACH PARTITION lone FOR VALUES FROM ('1922-01-01') TO ('1923-01-01')",
    ),
    Form(PARTS + _LONE + "CREATE INDEX i ON parts (id);", _ATTACH),
    Form(PARTS + _LONE + "CREATE INDEX i ON parts (id); CREATE INDEX j ON lone (id);", _ATTACH),
    Form(
        PARTS + _LONE + "CREATE INDEX i ON parts (id);",
        _ATTACH + "; ALTER TABLE parts DETACH PARTITION lone; DROP INDEX i",
    ),
    Form(
        PARTS
        + _LONE
        + "CREATE TABLE users (id int PRIMARY KEY); ALTER TABLE parts ADD FOREIGN KEY (id) REFERENCES users;",
        _ATTACH,
    ),
    Form(
        PARTS
        + _LONE
        + "CREATE TABLE users (id int PRIMARY KEY); ALTER TABLE parts ADD FOREIGN KEY (id) REFERENCES users;"
        "ALTER TABLE lone ADD FOREIGN KEY (id) REFERENCES users;",
        _ATTACH,
    ),
    Form(
        PARTS
        + "CREATE TABLE users (id int PRIMARY KEY); ALTER TABLE parts ADD FOREIGN KEY (id) REFERENCES users;",
        f"CREATE TABLE lone PARTITION OF parts {_BOUND}",
    ),
    Form(
        PARTS + "CREATE INDEX i ON parts (id); ALTER TABLE parts ADD UNIQUE (id, at);",
        f"CREATE TABLE lone PARTITION OF parts {_BOUND}",
    ),
    Form(
        _INDEXED + "CREATE INDEX i1 ON parts_1 (id); CREATE INDEX i2 ON parts_2 (id);",
        "ALTER INDEX i ATTACH PARTITION i1; ALTER INDEX i ATTACH PARTITION i2",
    ),
    Form(_INDEXED + "CREATE INDEX i1 ON parts_1 (id);", "ALTER INDEX i ATTACH PARTITION i1"),
    Form(
        PARTS + "CREATE INDEX i ON parts (id); CREATE INDEX i1 ON parts_1 (at);",
        "CREATE INDEX j ON parts (at)",
    ),
    Form(PARTS + _FUNCTION, _TRIGGER.rstrip(";")),
    Form(PARTS + _FUNCTION + _TRIGGER, "DROP TRIGGER g ON parts"),
    Form(PARTS + "CREATE INDEX i ON parts (id);", "ALTER INDEX i ATTACH PARTITION parts_1_id_idx"),
    Form(PARTS, "ALTER TABLE parts SET TABLESPACE pg_default"),
    Form(
        PARTS + "CREATE TABLE users (id int PRIMARY KEY);",
        "ALTER TABLE parts ADD FOREIGN KEY (id) REFERENCES users NOT VALID",
        since=18,
    ),
    Form("CREATE TABLE p (a int); CREATE TABLE c (a int);", "ALTER TABLE c INHERIT p"),
    Form("CREATE TABLE p (a int); CREATE TABLE c () INHERITS (p);", "ALTER TABLE c NO INHERIT p"),
    Form(
        "CREATE TABLE p (a int, b int); CREATE TABLE c () INHERITS (p);", "ALTER TABLE ONLY p DROP COLUMN a"
    ),
    Form(
        "CREATE TABLE p (a int CONSTRAINT k CHECK (a > 0)); CREATE TABLE c () INHERITS (p);",
        "ALTER TABLE ONLY p DROP CONSTRAINT k",
    ),
    Form(
        "CREATE TABLE p (a int); CREATE TABLE c () INHERITS (p);",
        "ALTER TABLE p ADD CONSTRAINT k CHECK (a > 0) NO INHERIT",
    ),
    Form(
        "CREATE TABLE p (a int); CREATE TABLE c () INHERITS (p);",
        "ALTER TABLE p ADD COLUMN b int CHECK (b > 0)",
    ),
    Form(
        PARTS + CHILD + "ALTER TABLE parts ADD FOREIGN KEY (id) REFERENCES users;",
        "ALTER TABLE parts RENAME id TO key",
    ),
)
