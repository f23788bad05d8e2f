"""Renames, and what a server shows afterwards: what holds another by identity names it anew, text stays."""

from typing import NamedTuple


class Rename(NamedTuple):
    """After `made` and `renamed`, a database is what `anew` makes; `untold`: that cannot be told."""

    made: str
    renamed: str
    anew: str
    untold: bool = False


_F = "CREATE FUNCTION {0}(x int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT x + 1';"
_CALLS = """
CREATE TABLE t (n int DEFAULT {0}(1) CHECK ({0}(n) > 0), g int GENERATED ALWAYS AS ({0}(n)) STORED);
ALTER TABLE t ADD CHECK (left('f', n) < 'g'), ADD CHECK ({0}(n) > abs(1)), ADD CHECK (abs(n) > 1);
CREATE INDEX i ON t ({0}(n) DESC, n) WHERE {0}(n) > 3;
CREATE POLICY p ON t USING ({0}(n) > 0) WITH CHECK (n > 0);
CREATE VIEW v AS SELECT {0}(n) AS n FROM t;
CREATE FUNCTION text_body() RETURNS int LANGUAGE sql AS 'SELECT f(1)';
CREATE FUNCTION code() RETURNS int LANGUAGE sql RETURN {0}(1);
CREATE DOMAIN d AS int DEFAULT {0}(2) CHECK ({0}(VALUE) > 0);
CREATE FUNCTION fires() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN f(1); END';
CREATE TRIGGER g AFTER UPDATE ON t FOR EACH ROW WHEN ({0}(new.n) > 1) EXECUTE FUNCTION fires();
"""
_TYPED = """
CREATE TABLE t (k {0} DEFAULT 'a'::{0} CHECK (k <> 'b'::{0}), ks {0}[]);
CREATE INDEX i ON t ((k = 'a'::{0}));
CREATE VIEW v AS SELECT k FROM t WHERE k = CAST('a' AS {0});
CREATE FUNCTION takes(k {0}, ks {0}[] DEFAULT ARRAY['a'::{0}]) RETURNS {0} LANGUAGE plpgsql
    AS 'DECLARE x mood; BEGIN RETURN x; END';
CREATE DOMAIN d AS {0} DEFAULT 'a'::{0};
CREATE TYPE pair AS (a {0}, b int);
"""
_READ = """
CREATE TABLE {0} (id int PRIMARY KEY, n int);
CREATE VIEW v AS SELECT id, n FROM {0};
CREATE TABLE o (id int);
CREATE POLICY p ON o USING (EXISTS (SELECT FROM {0} AS x WHERE x.id = o.id));
CREATE FUNCTION text_body() RETURNS bigint LANGUAGE plpgsql AS 'BEGIN RETURN (SELECT count(*) FROM t); END';
CREATE FUNCTION code() RETURNS bigint LANGUAGE sql RETURN (SELECT count(*) FROM {0});
CREATE FUNCTION takes(r {0}) RETURNS int LANGUAGE plpgsql AS 'BEGIN RETURN 1; END';
"""
_KEY = "ALTER TABLE u RENAME CONSTRAINT u_pkey TO t_pkey;"

RENAMES = {
    "function": Rename(_F.format("f") + _CALLS.format("f"), "ALTER FUNCTION f RENAME TO h;",
                       _F.format("h") + _CALLS.format("h")),
    "function to another schema": Rename(
        "CREATE SCHEMA s;" + _F.format("f") + _CALLS.format("f"),
        "ALTER FUNCTION f(int) SET SCHEMA s;",
        "CREATE SCHEMA s;" + _F.format("s.f") + _CALLS.format("s.f"),
    ),
    "one of two overloads": Rename(
        _F.format("f") + "CREATE FUNCTION f(x text) RETURNS int LANGUAGE sql AS 'SELECT 1';",
        "ALTER FUNCTION f(int) RENAME TO h;",
        _F.format("h") + "CREATE FUNCTION f(x text) RETURNS int LANGUAGE sql AS 'SELECT 1';",
        untold=True,
    ),
    "type": Rename(
        "CREATE TYPE mood AS ENUM ('a', 'b');" + _TYPED.format("mood"),
        "ALTER TYPE mood RENAME TO feeling;",
        "CREATE TYPE feeling AS ENUM ('a', 'b');" + _TYPED.format("feeling"),
    ),
    "type to another schema": Rename(
        "CREATE SCHEMA s; CREATE TYPE mood AS ENUM ('a', 'b');" + _TYPED.format("mood"),
        "ALTER TYPE mood SET SCHEMA s;",
        "CREATE SCHEMA s; CREATE TYPE s.mood AS ENUM ('a', 'b');" + _TYPED.format("s.mood"),
    ),
    "table": Rename(_READ.format("t"), "ALTER TABLE t RENAME TO u;", _READ.format("u") + _KEY),
    "schema": Rename(
        "CREATE SCHEMA s;" + _F.format("s.f") + "CREATE TYPE s.mood AS ENUM ('a', 'b');"
        + _CALLS.format("s.f") + "CREATE TABLE s.u (k s.mood DEFAULT 'a'::s.mood);",
        "ALTER SCHEMA s RENAME TO s2;",
        "CREATE SCHEMA s2;" + _F.format("s2.f") + "CREATE TYPE s2.mood AS ENUM ('a', 'b');"
        + _CALLS.format("s2.f") + "CREATE TABLE s2.u (k s2.mood DEFAULT 'a'::s2.mood);",
    ),
}  # fmt: skip
