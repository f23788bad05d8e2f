"""Each row of the effects model as SQL: a table as it was, and the statement that meets it.

Every form runs in a schema of its own, its setup in one migration and its statement in the next; the
harness puts rows into the tables between the two.
"""

from tests.verify.form import CHILD, DEFAULTED, LINKED, ORDERS, PARTS, Form
from tests.verify.forms_of_casts import CASTS
from tests.verify.forms_of_code import CODE
from tests.verify.forms_of_dependents import DEPENDED
from tests.verify.forms_of_missing import MISSING
from tests.verify.forms_of_names import NAMES
from tests.verify.forms_of_parts import DROPS, OBJECTS, PARTITIONS
from tests.verify.forms_of_properties import PROPERTIES
from tests.verify.forms_of_refusals import REFUSED
from tests.verify.forms_of_server_rules import SERVER_RULES
from tests.verify.forms_of_taken_names import TAKEN
from tests.verify.forms_of_unseen import UNSEEN


def _typed(old: str, new: str, setup: str = "", extra: str = "") -> Form:
    return Form(
        f"CREATE TABLE t (id int PRIMARY KEY, c {old}); {setup}", f"ALTER TABLE t ALTER c TYPE {new}{extra}"
    )


# Changes of type: which of them copy the table.
TYPES = (
    _typed("varchar(50)", "varchar(100)"),
    _typed("varchar(100)", "varchar(50)"),
    _typed("varchar(50)", "varchar"),
    _typed("varchar(50)", "text"),
    _typed("text", "varchar"),
    _typed("text", "varchar(200)"),
    _typed("text", "text"),
    _typed("text", "varchar", "CREATE INDEX ON t (c);"),
    _typed("varchar(9)", "text", "CREATE INDEX ON t (c);"),
    _typed("varchar(9)", "text", "CREATE INDEX ON t (c) WHERE id > 0;"),
    _typed("varchar(9)", "text", "CREATE INDEX ON t (lower(c));"),
    _typed("varchar(9)", "text", "ALTER TABLE t ADD CHECK (c <> 'x');"),
    _typed("varchar(9)", "text", "ALTER TABLE t ADD UNIQUE (c);"),
    _typed("text", "text", "ALTER TABLE t ADD CHECK (c <> 'x');"),
    _typed("text", "text", "CREATE INDEX ON t (c) WHERE id > 0;"),
    Form(
        "CREATE TABLE p (id text PRIMARY KEY); CREATE TABLE t (c text REFERENCES p);",
        "ALTER TABLE p ALTER id TYPE text",
    ),
    _typed("char(5)", "char(9)"),
    _typed("char(5)", "text"),
    _typed("numeric(10,2)", "numeric(12,2)"),
    _typed("numeric(10,2)", "numeric(12,3)"),
    _typed("numeric(10,2)", "numeric"),
    _typed("numeric", "numeric(30,2)"),
    _typed("bit(4)", "bit(4)"),
    _typed("bit varying(4)", "bit varying(8)"),
    _typed("int", "bigint"),
    _typed("smallint", "int"),
    _typed("int", "int"),
    _typed("int", "numeric"),
    _typed("int", "oid"),
    _typed("real", "double precision"),
    _typed("timestamp(3)", "timestamp(6)"),
    _typed("timestamp(6)", "timestamp(3)"),
    _typed("timestamp(3)", "timestamp"),
    _typed("timestamp", "timestamptz"),
    _typed("timestamptz", "timestamp"),
    _typed("date", "timestamp"),
    _typed("interval(3)", "interval"),
    _typed("cidr", "inet"),
    _typed("inet", "text"),
    _typed("json", "jsonb"),
    _typed("xml", "text"),
    _typed("varchar(5)[]", "varchar(9)[]"),
    _typed("varchar(5)[]", "varchar[]"),
    _typed("text[]", "varchar[]"),
    _typed("text", "int", extra=" USING 1"),
    _typed("text", "varchar", extra=" USING c"),
    _typed("text", "varchar", extra=" USING c::varchar"),
    _typed("text", "varchar", extra=" USING upper(c)"),
    _typed("int", "d", "CREATE DOMAIN d AS int;"),
    _typed("int", "d", "CREATE DOMAIN d AS int CHECK (VALUE IS NOT NULL OR VALUE IS NULL);"),
    _typed("d", "int", "", "")._replace(
        setup="CREATE DOMAIN d AS int; CREATE TABLE t (id int PRIMARY KEY, c d);"
    ),
    _typed("text", 'text COLLATE "C"', "CREATE INDEX ON t (c);"),
    _typed("text", 'text COLLATE "C"'),
    Form(
        "CREATE TABLE t (c timestamp); CREATE INDEX ON t (c);",
        "SET timezone = 'UTC'; ALTER TABLE t ALTER c TYPE timestamptz",
    ),
    *(
        Form(f"CREATE TABLE t (c {old});", f"SET timezone = 'UTC'; ALTER TABLE t ALTER c TYPE {new}")
        for old, new in (
            ("timestamp(3)", "timestamptz"),
            ("timestamp(3)", "timestamptz(6)"),
            ("timestamp(6)", "timestamptz(6)"),
            ("timestamp(3)", "timestamptz(3)"),
            ("timestamp", "timestamptz(3)"),
            ("timestamptz(3)", "timestamp(3)"),
            ("timestamptz(3)", "timestamp"),
        )
    ),
    Form(
        "CREATE TABLE p (id varchar(9) PRIMARY KEY); CREATE TABLE t (c varchar(9) REFERENCES p);",
        "ALTER TABLE p ALTER id TYPE text",
    ),
    Form(
        "CREATE TABLE p (id varchar(9) PRIMARY KEY); CREATE TABLE t (c varchar(9) REFERENCES p);",
        "ALTER TABLE t ALTER c TYPE text",
    ),
    Form(LINKED, "ALTER TABLE users ALTER id TYPE bigint"),
    Form(LINKED, "ALTER TABLE posts ALTER user_id TYPE bigint"),
)

COLUMNS = tuple(
    Form(ORDERS, f"ALTER TABLE orders {action}")
    for action in (
        "ADD COLUMN a text",
        "ADD COLUMN a text NOT NULL DEFAULT 'x'",
        "ADD COLUMN a timestamptz DEFAULT now()",
        "ADD COLUMN a timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP",
        "ADD COLUMN a timestamptz DEFAULT now() - interval '1 day'",
        "ADD COLUMN a timestamptz DEFAULT clock_timestamp()",
        "ADD COLUMN a uuid DEFAULT gen_random_uuid()",
        "ADD COLUMN a float DEFAULT random()",
        "ADD COLUMN a text DEFAULT md5(random()::text)",
        "ADD COLUMN a text[] DEFAULT ARRAY[]::text[]",
        "ADD COLUMN a jsonb DEFAULT '{}'",
        "ADD COLUMN a text DEFAULT lower('X')",
        "ADD COLUMN a interval DEFAULT make_interval(days => 1)",
        "ADD COLUMN a text DEFAULT NULL",
        "ADD COLUMN a int NOT NULL",
        "ADD COLUMN a serial",
        "ADD COLUMN a bigserial",
        "ADD COLUMN a int GENERATED ALWAYS AS IDENTITY",
        "ADD COLUMN a int GENERATED ALWAYS AS (n * 2) STORED",
        "ADD COLUMN a int CHECK (a > 0)",
        "ADD COLUMN a int DEFAULT 1 CHECK (a > 0)",
        "ADD COLUMN a int UNIQUE",
        "ADD COLUMN IF NOT EXISTS status text",
        "ADD COLUMN a int, ADD COLUMN b int DEFAULT 1, DROP COLUMN status",
        "DROP COLUMN status",
        "DROP COLUMN IF EXISTS nothing",
        "ALTER status SET NOT NULL",
        "ALTER id SET NOT NULL",
        "ALTER status DROP NOT NULL",
        "ALTER status SET DEFAULT 'x'",
        "ALTER status DROP DEFAULT",
        "ALTER status SET STATISTICS 100",
        "ALTER status SET STORAGE EXTERNAL",
        "ALTER status SET COMPRESSION pglz",
        "ALTER status SET (n_distinct = 5)",
        "ALTER id ADD GENERATED BY DEFAULT AS IDENTITY",
        "RENAME status TO state",
        "RENAME TO purchases",
        "SET SCHEMA public",
    )
) + (
    Form(ORDERS, "ALTER TABLE orders ADD COLUMN a int GENERATED ALWAYS AS (n * 2) VIRTUAL", since=18),
    Form(ORDERS, "ALTER TABLE orders ADD COLUMN a int GENERATED ALWAYS AS (1) VIRTUAL NOT NULL", since=18),
    Form(
        ORDERS + "ALTER TABLE orders ADD COLUMN a int GENERATED ALWAYS AS (1) VIRTUAL;",
        "ALTER TABLE orders ADD CONSTRAINT k NOT NULL a NOT VALID; ALTER TABLE orders VALIDATE CONSTRAINT k",
        since=18,
    ),
    Form(ORDERS + "CREATE DOMAIN d AS int;", "ALTER TABLE orders ADD COLUMN a d"),
    Form(ORDERS + "CREATE DOMAIN d AS int DEFAULT 1;", "ALTER TABLE orders ADD COLUMN a d"),
    Form(ORDERS + "CREATE DOMAIN d AS int CHECK (VALUE > 0);", "ALTER TABLE orders ADD COLUMN a d"),
    Form(CHILD, "ALTER TABLE posts ADD COLUMN u int REFERENCES users"),
    Form(CHILD, "ALTER TABLE posts ADD COLUMN u int DEFAULT NULL REFERENCES users"),
    Form(
        ORDERS + "CREATE FUNCTION pure() RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT 1';",
        "ALTER TABLE orders ADD COLUMN a int DEFAULT pure()",
    ),
    Form(
        ORDERS + "CREATE FUNCTION lively() RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';",
        "ALTER TABLE orders ADD COLUMN a int DEFAULT lively()",
    ),
    Form(
        ORDERS + "CREATE VIEW v AS SELECT status FROM orders;",
        "ALTER TABLE orders DROP COLUMN status CASCADE",
    ),
    Form(
        ORDERS + "CREATE VIEW v AS SELECT n FROM (SELECT count(*) AS n FROM orders) AS counted;",
        "ALTER TABLE orders DROP COLUMN n CASCADE",
    ),
    Form(
        ORDERS + "CREATE VIEW v AS WITH c AS (SELECT id AS n FROM orders) SELECT c.n FROM c;",
        "ALTER TABLE orders DROP COLUMN n CASCADE",
    ),
    Form(
        ORDERS + "CREATE VIEW v AS SELECT (SELECT o.n) FROM (SELECT id FROM orders) AS s, orders AS o;",
        "ALTER TABLE orders DROP COLUMN n CASCADE",
    ),
    Form(LINKED, "ALTER TABLE posts DROP COLUMN user_id"),
    Form(LINKED, "ALTER TABLE users DROP COLUMN id CASCADE"),
    Form(
        ORDERS + "ALTER TABLE orders ADD CONSTRAINT there CHECK (status IS NOT NULL) NOT VALID;",
        "ALTER TABLE orders ALTER status SET NOT NULL",
    ),
    Form(
        "CREATE TABLE orders (id int, status text CHECK (status IS NOT NULL AND status <> 'zzz'));",
        "ALTER TABLE orders ALTER status SET NOT NULL",
    ),
    Form(
        "CREATE TABLE orders (id int, status text CHECK (NOT (status IS NULL)));",
        "ALTER TABLE orders ALTER status SET NOT NULL",
    ),
    Form(PARTS, "ALTER TABLE parts ADD COLUMN a int"),
    Form(PARTS, "ALTER TABLE parts ADD COLUMN a uuid DEFAULT gen_random_uuid()"),
    Form(PARTS, "ALTER TABLE parts ALTER id SET NOT NULL"),
    Form(PARTS, "ALTER TABLE parts ALTER id TYPE bigint"),
    Form(PARTS, "ALTER TABLE parts DROP COLUMN id"),
)

CONSTRAINTS = (
    Form(ORDERS, "ALTER TABLE orders ADD CHECK (n IS NULL OR n IS NOT NULL)"),
    Form(ORDERS, "ALTER TABLE orders ADD CONSTRAINT c CHECK (n > 0) NOT VALID"),
    Form(ORDERS, "ALTER TABLE orders ADD UNIQUE (id, n)"),
    Form("CREATE TABLE t (a int NOT NULL);", "ALTER TABLE t ADD PRIMARY KEY (a)"),
    Form("CREATE TABLE t (a int);", "ALTER TABLE t ADD PRIMARY KEY (a)"),
    Form(
        "CREATE TABLE t (a int NOT NULL); CREATE UNIQUE INDEX i ON t (a);",
        "ALTER TABLE t ADD CONSTRAINT k PRIMARY KEY USING INDEX i",
    ),
    Form(
        "CREATE TABLE t (a int); CREATE UNIQUE INDEX i ON t (a);",
        "ALTER TABLE t ADD CONSTRAINT k PRIMARY KEY USING INDEX i",
    ),
    Form(
        "CREATE TABLE t (a int); CREATE UNIQUE INDEX i ON t (a);",
        "ALTER TABLE t ADD CONSTRAINT k UNIQUE USING INDEX i",
    ),
    Form("CREATE TABLE t (r int4range);", "ALTER TABLE t ADD EXCLUDE USING gist (r WITH =)"),
    Form(CHILD, "ALTER TABLE posts ADD FOREIGN KEY (user_id) REFERENCES users"),
    Form(
        CHILD,
        "ALTER TABLE posts ADD CHECK (id IS NOT NULL), ADD FOREIGN KEY (user_id) REFERENCES users,"
        " ADD FOREIGN KEY (id) REFERENCES users",
    ),
    Form(ORDERS, "DELETE FROM orders; ALTER TABLE orders ALTER status SET NOT NULL"),
    Form(CHILD, "ALTER TABLE posts ADD FOREIGN KEY (user_id) REFERENCES users NOT VALID"),
    Form(CHILD, "ALTER TABLE posts ADD u int; ALTER TABLE posts ADD FOREIGN KEY (u) REFERENCES users"),
    Form(
        LINKED,
        "ALTER TABLE posts DROP CONSTRAINT posts_user; "
        "ALTER TABLE posts ADD FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE",
    ),
    Form(
        LINKED,
        "ALTER TABLE posts DROP CONSTRAINT posts_user, "
        "ADD CONSTRAINT posts_user FOREIGN KEY (user_id) REFERENCES users ON DELETE CASCADE",
    ),
    Form(CHILD, "ALTER TABLE posts ADD u int; ALTER TABLE posts ADD UNIQUE (u, user_id)"),
    Form(CHILD, "ALTER TABLE posts ADD u int; CREATE UNIQUE INDEX ON posts (u)"),
    Form(
        CHILD + "ALTER TABLE posts ADD CONSTRAINT k FOREIGN KEY (user_id) REFERENCES users NOT VALID;",
        "ALTER TABLE posts VALIDATE CONSTRAINT k",
    ),
    Form(
        ORDERS + "ALTER TABLE orders ADD CONSTRAINT c CHECK (id IS NOT NULL) NOT VALID;",
        "ALTER TABLE orders VALIDATE CONSTRAINT c",
    ),
    Form(LINKED, "ALTER TABLE posts DROP CONSTRAINT posts_user"),
    Form(LINKED, "ALTER TABLE users DROP CONSTRAINT users_pkey CASCADE"),
    Form(LINKED, "ALTER TABLE posts ALTER CONSTRAINT posts_user DEFERRABLE"),
    Form(LINKED, "ALTER TABLE posts RENAME CONSTRAINT posts_user TO posts_owner"),
    Form(ORDERS, "ALTER TABLE orders DROP CONSTRAINT orders_pkey"),
    Form(ORDERS, "ALTER TABLE orders ADD CONSTRAINT c NOT NULL status", since=18),
    Form(ORDERS, "ALTER TABLE orders ADD CONSTRAINT c NOT NULL status NOT VALID", since=18),
    Form(PARTS, "ALTER TABLE parts ADD CHECK (id IS NULL OR id IS NOT NULL)"),
    Form(PARTS, "ALTER TABLE parts ADD UNIQUE (id, at)"),
    Form(
        PARTS + "CREATE TABLE users (id int PRIMARY KEY);",
        "ALTER TABLE parts ADD FOREIGN KEY (id) REFERENCES users",
    ),
)

RELATIONS = (
    Form(ORDERS, "CREATE INDEX ON orders (status)"),
    Form(ORDERS, "CREATE INDEX CONCURRENTLY i ON orders (status)"),
    Form(ORDERS + "CREATE INDEX i ON orders (status);", "CREATE INDEX IF NOT EXISTS i ON orders (status)"),
    Form(ORDERS + "CREATE INDEX i ON orders (status);", "DROP INDEX i"),
    Form(ORDERS + "CREATE INDEX i ON orders (status);", "ALTER INDEX i RENAME TO j"),
    Form(ORDERS + "CREATE INDEX i ON orders (status);", "REINDEX INDEX i"),
    Form(ORDERS, "REINDEX TABLE orders"),
    Form(PARTS, "CREATE INDEX ON parts (id)"),
    Form(PARTS, "CREATE INDEX ON ONLY parts (id)"),
    Form(PARTS, "CREATE INDEX ON parts_1 (id)"),
    Form(PARTS + "CREATE INDEX i ON parts (id);", "DROP INDEX i"),
    Form(
        CHILD,
        "CREATE TABLE likes (id int PRIMARY KEY, user_id int REFERENCES users, post_id int REFERENCES posts)",
    ),
    Form(ORDERS, "CREATE TABLE copy (LIKE orders INCLUDING ALL)"),
    Form("", "CREATE TABLE t (a int PRIMARY KEY UNIQUE, b int UNIQUE, CONSTRAINT k UNIQUE (a), UNIQUE (b))"),
    Form(ORDERS, "CREATE TABLE heir (extra int) INHERITS (orders)"),
    Form(ORDERS, "CREATE TABLE copied AS SELECT * FROM orders"),
    Form(PARTS, "CREATE TABLE parts_3 PARTITION OF parts FOR VALUES FROM ('2022-01-01') TO ('2023-01-01')"),
    Form(
        DEFAULTED, "CREATE TABLE parts_3 PARTITION OF parts FOR VALUES FROM ('1922-01-01') TO ('1923-01-01')"
    ),
    Form(
        PARTS
        + "CREATE TABLE lone (id int, at date NOT NULL CHECK (at >= '2050-01-01' AND at < '2051-01-01'));",
        "ALTER TABLE parts ATTACH PARTITION lone FOR VALUES FROM ('2050-01-01') TO ('2051-01-01')",
    ),
    Form(
        DEFAULTED + "ALTER TABLE parts_d ADD CHECK (at NOT BETWEEN '1922-01-01' AND '1923-01-01');",
        "CREATE TABLE parts_3 PARTITION OF parts FOR VALUES FROM ('1922-01-01') TO ('1923-01-01')",
    ),
    Form(PARTS + "ALTER TABLE parts ALTER id SET NOT NULL;", "ALTER TABLE parts ADD PRIMARY KEY (id, at)"),
    Form(
        PARTS + "ALTER TABLE parts ALTER id SET NOT NULL;", "ALTER TABLE ONLY parts ADD PRIMARY KEY (id, at)"
    ),
    Form(
        PARTS + "CREATE TABLE users (id int PRIMARY KEY);"
        "ALTER TABLE parts_1 ADD FOREIGN KEY (id) REFERENCES users;"
        "ALTER TABLE parts_2 ADD FOREIGN KEY (id) REFERENCES users;",
        "ALTER TABLE parts ADD FOREIGN KEY (id) REFERENCES users",
    ),
    Form(ORDERS, "COMMENT ON CONSTRAINT orders_pkey ON orders IS 'x'"),
    Form(ORDERS + "CREATE SEQUENCE s;", "ALTER TABLE s OWNER TO CURRENT_USER"),
    Form(
        ORDERS + "CREATE FUNCTION calm() RETURNS timestamptz LANGUAGE sql AS 'SELECT now()';",
        "ALTER TABLE orders ADD COLUMN a timestamptz DEFAULT calm()",
    ),
    Form(PARTS, "ALTER TABLE parts DETACH PARTITION parts_1"),
    Form(DEFAULTED, "ALTER TABLE parts DETACH PARTITION parts_d"),
    Form(LINKED, "DROP TABLE posts"),
    Form(LINKED, "DROP TABLE users CASCADE"),
    Form(PARTS, "DROP TABLE parts_1"),
    Form(PARTS, "DROP TABLE parts"),
    Form(ORDERS, "DROP TABLE IF EXISTS nothing"),
    Form(LINKED, "TRUNCATE posts"),
    Form(LINKED, "TRUNCATE users CASCADE"),
    Form(
        ORDERS + CHILD,
        "WITH old AS (SELECT id FROM users), gone AS (DELETE FROM posts USING old WHERE user_id = old.id"
        " RETURNING posts.id) UPDATE orders SET n = 1 FROM gone WHERE gone.id = orders.id",
    ),
    Form(
        ORDERS + CHILD,
        "WITH gone AS (WITH old AS (SELECT id FROM users) DELETE FROM posts USING old"
        " WHERE user_id = old.id RETURNING posts.id) SELECT * FROM gone",
    ),
    Form(
        ORDERS + CHILD,
        "INSERT INTO orders (id) WITH old AS (SELECT id + 1000 AS id FROM users) SELECT id FROM old",
    ),
    Form(
        ORDERS, "CREATE TABLE gone AS WITH m AS (DELETE FROM orders RETURNING *, n + 1 AS m) SELECT * FROM m"
    ),
    Form(ORDERS, "CREATE VIEW v AS SELECT * FROM orders"),
    Form(ORDERS, "CREATE MATERIALIZED VIEW m AS SELECT * FROM orders"),
    Form(ORDERS + "CREATE MATERIALIZED VIEW m AS SELECT * FROM orders;", "REFRESH MATERIALIZED VIEW m"),
    Form(
        ORDERS + "CREATE MATERIALIZED VIEW m AS SELECT * FROM orders; CREATE UNIQUE INDEX ON m (id);",
        "REFRESH MATERIALIZED VIEW CONCURRENTLY m",
    ),
    Form(ORDERS + "CREATE MATERIALIZED VIEW m AS SELECT * FROM orders;", "DROP MATERIALIZED VIEW m"),
    Form(
        ORDERS + "CREATE VIEW v AS SELECT * FROM orders;", "CREATE OR REPLACE VIEW v AS SELECT * FROM orders"
    ),
    Form(ORDERS + "CREATE VIEW v AS SELECT * FROM orders;", "DROP VIEW v"),
    Form(ORDERS, "ALTER TABLE orders SET UNLOGGED"),
    Form(ORDERS, "ALTER TABLE orders SET TABLESPACE pg_default"),
    Form(ORDERS, "ALTER TABLE orders SET ACCESS METHOD heap"),
    Form(ORDERS, "ALTER TABLE orders SET (fillfactor = 80)"),
    Form(ORDERS, "ALTER TABLE orders SET (autovacuum_enabled = false)"),
    Form(ORDERS, "ALTER TABLE orders REPLICA IDENTITY FULL"),
    Form(ORDERS, "ALTER TABLE orders ENABLE ROW LEVEL SECURITY"),
    Form(ORDERS, "ALTER TABLE orders CLUSTER ON orders_pkey"),
    Form(ORDERS, "ALTER TABLE orders DISABLE TRIGGER ALL"),
    Form(ORDERS, "CREATE POLICY p ON orders USING (true)"),
    Form(ORDERS + "CREATE POLICY p ON orders USING (true);", "DROP POLICY p ON orders"),
    Form(ORDERS, "COMMENT ON TABLE orders IS 'x'"),
    Form(ORDERS, "COMMENT ON COLUMN orders.status IS 'x'"),
    Form(ORDERS, "CREATE STATISTICS s ON id, n FROM orders"),
    Form(ORDERS, "CREATE RULE r AS ON INSERT TO orders DO ALSO NOTHING"),
    Form(
        ORDERS + "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';",
        "CREATE TRIGGER g BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION f()",
    ),
    Form(
        ORDERS + "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';"
        "CREATE TRIGGER g BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION f();",
        "DROP TRIGGER g ON orders",
    ),
    Form(
        ORDERS + "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';"
        "CREATE TRIGGER g BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION f();",
        "DROP FUNCTION f() CASCADE",
    ),
    Form(
        ORDERS + "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';"
        "CREATE TRIGGER g BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION f();"
        "ALTER FUNCTION f() RENAME TO h; CREATE FUNCTION h(int) RETURNS int LANGUAGE sql AS 'SELECT 1';",
        "DROP FUNCTION h() CASCADE",
    ),
    Form(
        ORDERS + "CREATE SCHEMA code; CREATE FUNCTION code.f() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN RETURN new; END';"
        "CREATE TRIGGER g BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION code.f();"
        "ALTER SCHEMA code RENAME TO program;",
        "DROP SCHEMA program CASCADE",
    ),
    Form(
        'CREATE TABLE t (a text, "B" text, g text GENERATED ALWAYS AS (lower(a) || "B") STORED,'
        " CONSTRAINT k CHECK (a <> 'a' AND t.\"B\" IS NOT NULL));"
        ' CREATE INDEX i ON t (lower(a) text_pattern_ops DESC, a, (a || "B")) WHERE a IS NOT NULL;'
        ' ALTER TABLE t RENAME a TO "From";',
        'ALTER TABLE t RENAME "B" TO a',
    ),
    Form(ORDERS, "DROP TRIGGER IF EXISTS g ON orders"),
    Form(ORDERS, "CLUSTER orders USING orders_pkey"),
    Form(ORDERS, "VACUUM orders"),
    Form(ORDERS, "VACUUM (FULL) orders"),
    Form(ORDERS, "ANALYZE orders"),
    Form(ORDERS, "LOCK TABLE orders IN SHARE MODE"),
    Form(
        "CREATE DOMAIN d AS int; CREATE TABLE t (a d);",
        "ALTER DOMAIN d ADD CHECK (VALUE IS NULL OR VALUE IS NOT NULL)",
    ),
    Form(
        "CREATE DOMAIN d AS int; CREATE TABLE t (a d);",
        "ALTER DOMAIN d ADD CONSTRAINT c CHECK (VALUE > 0) NOT VALID",
    ),
    Form(
        "CREATE TYPE mood AS ENUM ('a', 'b'); CREATE TABLE t (m mood, d text DEFAULT 'a'::mood);",
        "DROP TYPE mood CASCADE",
    ),
    Form(
        "CREATE TYPE mood AS ENUM ('a'); CREATE TABLE t (m mood DEFAULT 'a');"
        " ALTER TABLE t ALTER m TYPE text;",
        "DROP TYPE mood CASCADE",
    ),
    Form("CREATE TYPE mood AS ENUM ('a', 'b'); CREATE TABLE t (m mood);", "ALTER TYPE mood ADD VALUE 'c'"),
)

DATA = (
    Form(LINKED, "UPDATE posts SET user_id = user_id"),
    Form(LINKED, "DELETE FROM posts"),
    Form(ORDERS, "INSERT INTO orders (id) VALUES (1000001)"),
    Form(ORDERS, "INSERT INTO orders (id) SELECT 2000000 + generate_series(1, 3)"),
    Form(
        ORDERS + CHILD,
        "MERGE INTO orders USING users ON orders.id = users.id WHEN MATCHED THEN UPDATE SET n = 1",
    ),
    Form(
        ORDERS + CHILD,
        "INSERT INTO orders (id) SELECT id FROM users ON CONFLICT (id) DO UPDATE SET n = excluded.n",
    ),
    Form(ORDERS, "DO $$ BEGIN ALTER TABLE orders ADD COLUMN a int; UPDATE orders SET a = 1; END $$"),
    Form(ORDERS, "DO $$ BEGIN EXECUTE 'ALTER TABLE orders DROP COLUMN status'; END $$"),
)

FORMS = (
    *TYPES,
    *COLUMNS,
    *CONSTRAINTS,
    *RELATIONS,
    *DATA,
    *NAMES,
    *DROPS,
    *OBJECTS,
    *PARTITIONS,
    *PROPERTIES,
    *CODE,
    *UNSEEN,
    *CASTS,
    *DEPENDED,
    *MISSING,
    *REFUSED,
    *TAKEN,
    *SERVER_RULES,
)
