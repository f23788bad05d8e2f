"""Blocks with branches: what the server does on its way agrees with what is known after all of them."""

from tests.verify.form import ORDERS, Form

_TABLE = "CREATE TABLE t (id int PRIMARY KEY, n int, s text);"
_YES = "current_setting('server_version_num')::int > 0"


def _either(setup: str, taken: str, left: str, afterwards: str = "") -> Form:
    return Form(
        setup, f"DO $$ BEGIN IF {_YES} THEN {taken} ELSE {left} END IF; END $$; {afterwards or 'SELECT 1'}"
    )


def _asks(setup: str, condition: str, then: str) -> tuple[Form, Form]:
    return (
        Form(setup, f"DO $$ BEGIN IF {condition} THEN {then} END IF; END $$"),
        Form(setup, f"DO $$ BEGIN IF NOT {condition} THEN PERFORM 1; ELSE {then} END IF; END $$"),
    )


_ADD = "ALTER TABLE t ADD a int;"

CODE = (
    _either(_TABLE, "PERFORM 1;", "PERFORM 2;"),
    _either(_TABLE, _ADD, _ADD),
    _either(
        _TABLE,
        _ADD,
        "ALTER TABLE t ADD a text;",
        "ALTER TABLE t DROP COLUMN s; ALTER TABLE t ADD b int; DROP TABLE t",
    ),
    _either(
        _TABLE, "ALTER TABLE t ALTER n SET NOT NULL;", "PERFORM 1;", "ALTER TABLE t ALTER n DROP NOT NULL"
    ),
    _either(_TABLE, "ALTER TABLE t ALTER n DROP DEFAULT;", "ALTER TABLE t ALTER n SET DEFAULT 1;"),
    _either(
        _TABLE,
        "ALTER TABLE t ADD CONSTRAINT k CHECK (n IS NULL OR n IS NOT NULL);",
        "ALTER TABLE t ADD CONSTRAINT k CHECK (n IS NULL OR n IS NOT NULL) NOT VALID;",
        "ALTER TABLE t DROP CONSTRAINT k",
    ),
    _either(
        _TABLE,
        "ALTER TABLE t ADD CONSTRAINT k CHECK (n > 0) NOT VALID;",
        "PERFORM 1;",
        "ALTER TABLE t DROP CONSTRAINT k; ALTER TABLE t ADD CONSTRAINT l UNIQUE (n, id)",
    ),
    _either(_TABLE, "CREATE VIEW v AS SELECT id FROM t;", "CREATE VIEW v AS SELECT n FROM t;"),
    _either(_TABLE, "CREATE SEQUENCE q;", "CREATE SEQUENCE q OWNED BY t.n;"),
    _either(_TABLE, "CREATE TABLE u (a int);", "CREATE VIEW u AS SELECT 1;", "DROP TABLE u"),
    _either(_TABLE, "CREATE DOMAIN e AS int;", "CREATE DOMAIN e AS text;", "DROP DOMAIN e"),
    _either(_TABLE, "CREATE TYPE e AS ENUM ('a', 'b');", "CREATE TYPE e AS ENUM ('a', 'c');", "DROP TYPE e"),
    _either(
        _TABLE,
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1';",
        "CREATE FUNCTION f(int) RETURNS int LANGUAGE sql AS 'SELECT 1';",
        "DROP FUNCTION f()",
    ),
    *_asks(_TABLE, "to_regclass('{schema}.t') IS NOT NULL", _ADD),
    *_asks(
        _TABLE,
        "EXISTS (SELECT 1 FROM information_schema.columns WHERE table_schema = '{schema}'"
        " AND table_name = 't' AND column_name = 'n')",
        _ADD,
    ),
    *_asks(
        _TABLE + "CREATE TYPE mood AS ENUM ('a');",
        "EXISTS (SELECT 1 FROM pg_type JOIN pg_namespace ON pg_namespace.oid = typnamespace"
        " WHERE nspname = '{schema}' AND typname = 'mood')",
        "ALTER TABLE t ADD m mood;",
    ),
    *_asks(
        _TABLE + "CREATE TYPE mood AS ENUM ('a');",
        "EXISTS (SELECT 1 FROM pg_enum WHERE enumtypid = 'mood'::regtype AND enumlabel = 'a')",
        "ALTER TABLE t ADD m mood;",
    ),
    *_asks(
        _TABLE + "CREATE FUNCTION only_{schema}() RETURNS int LANGUAGE sql AS 'SELECT 1';",
        "EXISTS (SELECT 1 FROM pg_proc WHERE proname = 'only_{schema}')",
        _ADD,
    ),
    *_asks(_TABLE, "EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = '{schema}')", _ADD),
    *_asks(_TABLE, "EXISTS (SELECT 1 FROM pg_extension WHERE extname = 'plpgsql')", _ADD),
    *_asks(
        _TABLE + "ALTER TABLE t ADD CONSTRAINT only_{schema} CHECK (n > 0) NOT VALID;",
        "EXISTS (SELECT 1 FROM pg_constraint WHERE conname = 'only_{schema}')",
        "ALTER TABLE t DROP CONSTRAINT only_{schema};",
    ),
    *_asks(
        _TABLE + "CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';"
        "CREATE TRIGGER only_{schema} BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();",
        "EXISTS (SELECT 1 FROM pg_trigger WHERE tgname = 'only_{schema}')",
        "DROP TRIGGER only_{schema} ON t;",
    ),
    Form(ORDERS, "DO $$ BEGIN LOCK TABLE orders; END $$"),
    Form("", "DO $$ BEGIN RAISE EXCEPTION 'there is no way back'; END $$", refused="P0001"),
    Form("", "DO $$ BEGIN RAISE NOTICE 'as you like'; END $$"),
    Form("", "DO $$ BEGIN RAISE SQLSTATE '22012'; EXCEPTION WHEN others THEN NULL; END $$"),
    Form("", "DO $$ BEGIN IF 1 > 0 THEN RETURN; END IF; RAISE EXCEPTION 'no'; END $$"),
    Form("", "DO $$ BEGIN IF 1 > 2 THEN RAISE EXCEPTION 'no'; END IF; END $$"),
)
