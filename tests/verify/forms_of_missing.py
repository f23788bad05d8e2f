"""What the server refuses because something that the statement names is not there."""

from tests.verify.form import ORDERS, Form

_USERS = (
    "CREATE TABLE users (id int PRIMARY KEY, name text CONSTRAINT named CHECK (name <> ''), k int);"
    "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
    "CREATE TRIGGER stamped BEFORE UPDATE ON users FOR EACH ROW EXECUTE FUNCTION f();"
)
_BOTH = _USERS + ORDERS
_TWIN = (
    "CREATE SCHEMA {schema}_x; CREATE TABLE {schema}_x.twin (n int CONSTRAINT odd CHECK (n > 0));"
    "CREATE TABLE twin (id int);"
)

_OF_COLUMNS = (
    "ALTER TABLE users DROP COLUMN nope",
    "ALTER TABLE users DROP COLUMN k, DROP COLUMN nope",
    "ALTER TABLE users RENAME nope TO never",
    "COMMENT ON COLUMN users.nope IS 'unknown'",
    "ALTER TABLE users ALTER nope TYPE bigint",
    "ALTER TABLE users ALTER nope SET NOT NULL",
    "ALTER TABLE users ALTER nope DROP NOT NULL",
    "ALTER TABLE users ALTER nope SET DEFAULT 1",
    "ALTER TABLE users ALTER nope DROP DEFAULT",
    "ALTER TABLE users ALTER nope ADD GENERATED ALWAYS AS IDENTITY",
    "ALTER TABLE users ALTER nope SET GENERATED ALWAYS",
    "ALTER TABLE users ALTER nope DROP IDENTITY IF EXISTS",
    "ALTER TABLE users ALTER nope DROP EXPRESSION IF EXISTS",
    "ALTER TABLE users ADD UNIQUE (nope)",
    "ALTER TABLE users ADD UNIQUE (k) INCLUDE (nope)",
    "ALTER TABLE users ADD PRIMARY KEY (nope)",
    "ALTER TABLE users ADD CHECK (nope > 0)",
    "ALTER TABLE users ADD EXCLUDE (nope WITH =)",
    "ALTER TABLE users ADD EXCLUDE (k WITH =) WHERE (nope > 0)",
    "ALTER TABLE users ADD FOREIGN KEY (nope) REFERENCES orders",
    "ALTER TABLE users ADD FOREIGN KEY (k) REFERENCES orders (nope)",
    "INSERT INTO users (id, nope) VALUES (1, 2)",
    "INSERT INTO users (nope) SELECT 1",
    "UPDATE users SET k = 1, nope = 2",
    "CREATE INDEX i ON users (nope)",
    "CREATE INDEX IF NOT EXISTS users_pkey ON users (nope)",
    "CREATE INDEX i ON users (lower(nope))",
    "CREATE INDEX i ON users (k) INCLUDE (nope)",
    "CREATE INDEX i ON users (k) WHERE nope",
    # As long as names can be.
    f"ALTER TABLE users DROP COLUMN {'n' * 63}",
)
_OF_PARTS = (
    "ALTER TABLE users DROP CONSTRAINT nope",
    "ALTER TABLE users VALIDATE CONSTRAINT nope",
    "ALTER TABLE users ALTER CONSTRAINT nope DEFERRABLE",
    "ALTER TABLE users RENAME CONSTRAINT nope TO never",
    "DROP TRIGGER nope ON users",
    "ALTER TRIGGER nope ON users RENAME TO never",
)
_OF_POLICIES = (
    "ALTER POLICY nope ON users USING (true)",
    "ALTER POLICY nope ON users RENAME TO never",
    "DROP POLICY nope ON users",
)
_THERE = (
    "DROP POLICY IF EXISTS nope ON users",
    "CREATE POLICY own ON users; ALTER POLICY own ON users USING (true); ALTER POLICY own ON users RENAME TO of",
    "CREATE POLICY own ON users; DROP POLICY own ON users",
    "ALTER TABLE users DROP COLUMN IF EXISTS nope",
    "ALTER TABLE users DROP CONSTRAINT IF EXISTS nope",
    "DROP TRIGGER IF EXISTS nope ON users",
    "CREATE INDEX i ON users ((users IS NULL))",
    "ALTER TABLE users ADD CHECK (tableoid IS NOT NULL)",
    "ALTER TABLE users ADD CHECK (tableoid > 0 AND id > 0)",
    "ALTER TABLE users RENAME CONSTRAINT named TO renamed",
    "ALTER TRIGGER stamped ON users RENAME TO timed",
)
_LONG = "n" * 60

_GONE = (
    "CREATE TABLE old (id int PRIMARY KEY, n int); CREATE INDEX old_n ON old (n); CREATE TABLE new (id int, n int);"
    "CREATE VIEW seen AS SELECT 1 AS n; CREATE MATERIALIZED VIEW kept AS SELECT 1 AS n; CREATE SEQUENCE counted;"
    "CREATE TYPE temper AS ENUM ('a'); CREATE DOMAIN short AS text; CREATE TABLE moved (id int);"
    "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
    "CREATE SCHEMA {schema}_x; CREATE TABLE {schema}_x.t (id int); CREATE SCHEMA {schema}_y;"
    "DROP TABLE old; DROP VIEW seen; DROP MATERIALIZED VIEW kept; DROP SEQUENCE counted; DROP TYPE temper;"
    "ALTER DOMAIN short RENAME TO brief; DROP FUNCTION f; ALTER TABLE moved SET SCHEMA {schema}_y;"
    "DROP SCHEMA {schema}_x CASCADE; ALTER SCHEMA {schema}_y RENAME TO {schema}_z;"
)
_OF_RELATIONS = (
    "ALTER TABLE old ADD COLUMN a int",
    "ALTER TABLE old DROP COLUMN n",
    "ALTER TABLE old DROP CONSTRAINT IF EXISTS c",
    "ALTER TABLE old ALTER n SET NOT NULL",
    "ALTER TABLE old ALTER n TYPE bigint",
    "ALTER TABLE old ADD PRIMARY KEY (id)",
    "ALTER TABLE old RENAME TO older",
    "ALTER TABLE old RENAME n TO m",
    "ALTER TABLE old SET SCHEMA {schema}_z",
    "ALTER TABLE old ENABLE ROW LEVEL SECURITY",
    "DROP POLICY own ON old",
    "ALTER TABLE old ATTACH PARTITION new DEFAULT",
    "ALTER TABLE new ADD FOREIGN KEY (n) REFERENCES old",
    "ALTER TABLE new ADD COLUMN a int REFERENCES old",
    "ALTER INDEX old_n RENAME TO new_n",
    "ALTER SEQUENCE counted RESTART",
    "CREATE INDEX ON old (n)",
    "CREATE TABLE t (n int REFERENCES old)",
    "CREATE TABLE t () INHERITS (old)",
    "CREATE TABLE t (LIKE old)",
    "CREATE TABLE t PARTITION OF old DEFAULT",
    "CREATE TRIGGER g BEFORE UPDATE ON old FOR EACH ROW EXECUTE FUNCTION g()",
    "DROP TABLE old",
    "DROP VIEW seen",
    "DROP MATERIALIZED VIEW kept",
    "DROP SEQUENCE counted",
    "DROP TRIGGER g ON old",
    "INSERT INTO old VALUES (1)",
    "UPDATE old SET n = 1",
    "DELETE FROM old",
    "TRUNCATE new, old",
    "SELECT n FROM old",
    "CREATE VIEW v AS SELECT n FROM seen",
    "REFRESH MATERIALIZED VIEW kept",
)
_OF_OTHERS = (
    ("DROP INDEX old_n", "42704"),
    ("ALTER TABLE new ADD COLUMN a temper", "42704"),
    ("ALTER TABLE new ADD COLUMN a temper[]", "42704"),
    ("ALTER TABLE new ALTER n TYPE temper USING NULL", "42704"),
    ("CREATE TABLE t (a temper)", "42704"),
    ("ALTER TYPE temper ADD VALUE 'b'", "42704"),
    ("ALTER TYPE temper RENAME TO humour", "42704"),
    ("ALTER TYPE temper RENAME VALUE 'a' TO 'b'", "42704"),
    ("ALTER TYPE temper SET SCHEMA {schema}_z", "42704"),
    ("DROP TYPE temper", "42704"),
    ("ALTER DOMAIN short SET NOT NULL", "42704"),
    ("DROP FUNCTION f", "42883"),
    ("ALTER FUNCTION f RENAME TO g", "42883"),
    ("CREATE TRIGGER g BEFORE UPDATE ON new FOR EACH ROW EXECUTE FUNCTION f()", "42883"),
    ("CREATE TABLE {schema}_x.t (a int)", "3F000"),
    ("CREATE VIEW {schema}_y.v AS SELECT 1 AS a", "3F000"),
    ("DROP SCHEMA {schema}_x", "3F000"),
    ("ALTER TABLE {schema}_x.t ADD COLUMN a int", "3F000"),
)
_STILL_THERE = (
    "ALTER TABLE IF EXISTS old ADD COLUMN a int",
    "ALTER TABLE IF EXISTS new ADD COLUMN a int",
    "DROP TABLE IF EXISTS old",
    "DROP INDEX IF EXISTS old_n",
    "DROP TYPE IF EXISTS temper",
    "DROP FUNCTION IF EXISTS f",
    "DROP SCHEMA IF EXISTS {schema}_x",
    "DROP TRIGGER IF EXISTS g ON old",
    "DROP POLICY IF EXISTS own ON old",
    "ALTER TABLE {schema}_z.moved ADD COLUMN a brief",
    "CREATE TABLE old (n int); ALTER TABLE old ADD COLUMN a int",
    "CREATE TYPE temper AS ENUM ('b'); ALTER TABLE new ADD COLUMN a temper",
    "CREATE SCHEMA {schema}_x; CREATE TABLE {schema}_x.t (a int)",
)

_TWICE = (
    "CREATE FUNCTION twice(n int) RETURNS int LANGUAGE sql AS 'SELECT n * 2';"
    "CREATE FUNCTION twice(n text, at timestamptz[]) RETURNS text LANGUAGE sql AS 'SELECT n';"
)
_OF_OVERLOADS = (
    "DROP FUNCTION twice(bigint)",
    "DROP FUNCTION twice()",
    "DROP FUNCTION twice(text, timestamptz)",
    "DROP FUNCTION twice(int, text)",
)
_OVERLOADS = (
    "DROP FUNCTION twice(int4)",
    "DROP FUNCTION twice(n integer)",
    "DROP FUNCTION twice(text, timestamp with time zone[])",
    "DROP FUNCTION IF EXISTS twice(bigint)",
    "CREATE AGGREGATE twice(bigint) (sfunc = int8pl, stype = bigint); DROP AGGREGATE twice(bigint)",
    "CREATE FUNCTION twice(INOUT a bigint, OUT b int) LANGUAGE sql AS 'SELECT 1, 2'; DROP FUNCTION twice(bigint)",
    "CREATE FUNCTION twice(VARIADIC a bigint[]) RETURNS int LANGUAGE sql AS 'SELECT 1';"
    "DROP FUNCTION twice(bigint[])",
)

_READ = (
    _BOTH + "CREATE VIEW named_users AS SELECT id, name AS label FROM users; CREATE TABLE tags (tag text);"
)
_SOUGHT = (
    "UPDATE users SET k = nope",
    "UPDATE users AS u SET k = 1 FROM orders WHERE u.nope = orders.id",
    "DELETE FROM users WHERE nope",
    "SELECT nope FROM users",
    "SELECT id FROM users WHERE EXISTS (SELECT FROM orders AS o WHERE o.id = users.nope)",
    "SELECT 1 FROM users JOIN orders ON nope = orders.id",
    "SELECT 1 FROM users, orders, tags WHERE nope = 1",
    "SELECT name FROM named_users",
    "SELECT u.id FROM users AS u JOIN orders USING (id) WHERE u.nope = 1",
    'INSERT INTO users (id, name) VALUES (1, "nope")',
    "INSERT INTO users (id) SELECT o.nope FROM orders AS o",
    "CREATE VIEW v AS SELECT u.nope FROM users AS u",
    "CREATE MATERIALIZED VIEW v AS WITH c AS (SELECT 1 AS n) SELECT u.nope FROM users AS u, c",
    "CREATE TABLE t AS SELECT nope FROM users",
    "CREATE TABLE IF NOT EXISTS t AS SELECT nope FROM users",
)
_FOUND = (
    "SELECT users, u, row_to_json(users), to_jsonb(u.*), u.to_jsonb, u.ctid FROM users, tags AS u",
    "SELECT length(name) AS long, count(*) FROM users GROUP BY long ORDER BY long, count",
    "SELECT DISTINCT ON (upper) upper(name) FROM users GROUP BY ROLLUP (upper)",
    "WITH c AS (SELECT 1 AS nope) SELECT c.nope, nope FROM c, users",
    "SELECT u.nope, never FROM users AS u (nope, never)",
    "SELECT nope FROM users, LATERAL (SELECT k + 1 AS nope) AS l",
    "SELECT j.id FROM users JOIN orders USING (id) AS j WHERE id = 1",
    "SELECT 1 FROM users, unnest(ARRAY[1]) AS nope WHERE nope = k",
    "SELECT id FROM users WHERE EXISTS (SELECT FROM orders AS o WHERE o.id = k AND status = name)",
    "CREATE FUNCTION first(users) RETURNS int LANGUAGE sql AS 'SELECT $1.k'; SELECT u.first FROM users AS u",
    "UPDATE users SET k = nope FROM (SELECT 1 AS nope) AS c WHERE name IS NULL",
    "INSERT INTO users (id, k) VALUES (1, 2) ON CONFLICT (id) DO UPDATE SET k = users.k + excluded.k",
    "SELECT label FROM named_users AS n WHERE n.label = ''",
    "DO $$ DECLARE nope int = 1; BEGIN UPDATE users SET k = nope; END $$",
    "CREATE FUNCTION twice(nope int) RETURNS int LANGUAGE sql AS 'SELECT k * nope FROM users'",
)

_UNTYPED = (
    "ALTER TABLE new ADD COLUMN a interger",
    "ALTER TABLE new ADD COLUMN a timestampz[]",
    "ALTER TABLE new ADD COLUMN a text DEFAULT 'a'::temper",
    "ALTER TABLE new ALTER n TYPE boolen USING NULL",
    "ALTER TABLE new ALTER n TYPE text USING n::text::temper",
    "ALTER TABLE new ALTER n SET DEFAULT 1::{schema}.short::int",
    "CREATE TABLE t (a varcha)",
    "CREATE TABLE t (a text DEFAULT 'a'::temper)",
    "CREATE VIEW v AS SELECT CAST('a' AS temper) AS a",
    "SELECT n::bigintt FROM new",
    "UPDATE new SET n = 1 WHERE 'a'::temper = 'a'",
    "INSERT INTO new SELECT 1::numerik",
)
_TYPED = (
    "CREATE DOMAIN interger AS int; ALTER TABLE new ADD COLUMN a interger",
    """SELECT 1::int4, 'a'::"char", now()::pg_catalog.timestamptz::date, n::varchar(3)::bpchar::brief FROM new""",
    "CREATE TYPE temper AS ENUM ('b'); SELECT 'b'::temper",
    "SELECT new::new FROM new",
)

MISSING = (
    *(Form(_GONE, statement, refused="42704") for statement in _UNTYPED),
    *(Form(_GONE, statement) for statement in _TYPED),
    *(Form(_READ, statement, refused="42703") for statement in _SOUGHT),
    *(Form(_READ, statement) for statement in _FOUND),
    # In another schema there is one of its name.
    Form(_TWIN, "SELECT n FROM twin", refused="42703", foretold=False),
    Form(
        "CREATE SCHEMA {schema}_x; CREATE TABLE {schema}_x.twin (n int); CREATE VIEW twin AS SELECT 1 AS id;",
        "SELECT n FROM twin",
        refused="42703",
        foretold=False,
    ),
    *(Form(_TWICE, statement, refused="42883") for statement in _OF_OVERLOADS),
    *(Form(_TWICE, statement) for statement in _OVERLOADS),
    *(
        Form(ORDERS, f"ALTER TABLE orders ALTER n TYPE {word}", refused="42704")
        for word in ("bigserial", "serial", "smallserial", "serial8")
    ),
    *(
        Form("CREATE TABLE t (n int NOT NULL);", f"ALTER TABLE t DROP CONSTRAINT {name}", refused="42704")
        for name in ("t_n_fkey", "t_n_fk_idx", "t_n_key1")
    ),
    Form("CREATE TABLE t (n int); CREATE DOMAIN serial AS int;", "ALTER TABLE t ALTER n TYPE serial"),
    *(Form(_BOTH, statement, refused="42704") for statement in _OF_POLICIES),
    *(Form(_GONE, statement, refused="42P01") for statement in _OF_RELATIONS),
    *(Form(_GONE, statement, refused=code) for statement, code in _OF_OTHERS),
    *(Form(_GONE, statement) for statement in _STILL_THERE),
    # In another schema there is one of its name.
    Form(_GONE, "ALTER TABLE moved ADD COLUMN a int", refused="42P01", foretold=False),
    *(
        Form(_GONE, f"ALTER TABLE old {action}", refused="42P01")
        for action in ("ALTER n DROP NOT NULL", "VALIDATE CONSTRAINT c", "RENAME CONSTRAINT c TO d")
    ),
    *(Form(_BOTH, statement, refused="42703") for statement in _OF_COLUMNS),
    *(Form(_USERS.replace("name text", "name text NOT NULL"), s, refused="42704") for s in _OF_PARTS[4:]),
    *(Form(_USERS.replace(" PRIMARY KEY", ""), s, refused="42704") for s in _OF_PARTS),
    Form(_BOTH, "ALTER TABLE users ALTER nope SET EXPRESSION AS (1)", since=18, refused="42703"),
    *(Form(_BOTH, statement) for statement in _THERE),
    Form(_BOTH, f"ALTER TABLE users DROP COLUMN IF EXISTS {_LONG}x, ADD COLUMN {_LONG}x int"),
    # The server finds first that the name is taken.
    Form(
        _BOTH + "ALTER TABLE users ADD CONSTRAINT c FOREIGN KEY (k) REFERENCES users;",
        "ALTER TABLE users ADD CONSTRAINT c FOREIGN KEY (nope) REFERENCES users",
        refused="42710",
    ),
    # Of keys without a name no two in a schema get the same.
    Form("CREATE TABLE a (b_c int CHECK (b_c > 0));", "CREATE TABLE a_b (c int CHECK (c > 0))"),
    Form(
        f"CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE {_LONG}a (long_id int REFERENCES t);",
        f"CREATE TABLE {_LONG}b (long_id int REFERENCES t)",
    ),
    Form(
        f"CREATE TABLE t (id int PRIMARY KEY); CREATE TABLE {_LONG}a (long_id int REFERENCES t);"
        f"DROP TABLE {_LONG}a;",
        f"CREATE TABLE {_LONG}b (long_id int REFERENCES t)",
    ),
    # Another schema has a table of that name with it: the search path of the runner decides.
    Form(_TWIN, "ALTER TABLE twin DROP COLUMN n", refused="42703", foretold=False),
    Form(_TWIN, "ALTER TABLE twin DROP CONSTRAINT odd", refused="42704", foretold=False),
    # The name is that of a server on which NOT NULL has one.
    Form(_USERS, "ALTER TABLE users DROP CONSTRAINT id_not_null", refused="42704", foretold=False),
    # The foreign key rests on the older index.
    Form(
        "CREATE TABLE t (id int CONSTRAINT k UNIQUE, CONSTRAINT p PRIMARY KEY (id));"
        "CREATE TABLE r (t_id int REFERENCES t); ALTER TABLE t ADD CONSTRAINT u UNIQUE (id);",
        "ALTER TABLE t DROP CONSTRAINT u",
    ),
)
