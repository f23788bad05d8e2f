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
_THERE = (
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

MISSING = (
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
