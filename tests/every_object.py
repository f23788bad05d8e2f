"""Every kind of object that a catalog keeps: how it is made, unmade and changed.

Of each the comparison has to know, or to say that it does not: it never calls two schemas equal that a
server's catalog tells apart.
"""

from typing import NamedTuple


class Object(NamedTuple):
    """`changes` are statements after which the object is another; `since` is the first major version that
    knows them; `untold`: of a way back that is whole it cannot be told."""

    name: str
    setup: str
    make: str
    unmake: str
    changes: tuple[str, ...] = ()
    since: int = 0
    untold: bool = False


TABLE = "CREATE TABLE t (id int PRIMARY KEY, a text NOT NULL DEFAULT 'x', n int);"
ROLE = "CREATE ROLE reader NOLOGIN;"
FUNCTION = "CREATE FUNCTION f(x int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT x + 1';"
TRIGGER_FUNCTION = "CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';"
EVENT_FUNCTION = "CREATE FUNCTION e() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';"
HANDLER = "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w;"

PARTS_OF_TABLES = (
    Object(
        "rule",
        TABLE,
        "CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING;",
        "DROP RULE r ON t;",
        (
            "CREATE OR REPLACE RULE r AS ON UPDATE TO t DO INSTEAD NOTHING;",
            "ALTER TABLE t DISABLE RULE r;",
            "ALTER RULE r ON t RENAME TO q;",
            "COMMENT ON RULE r ON t IS 'x';",
            "DROP TABLE t; " + TABLE,
        ),
    ),
    Object(
        "table with a rule",
        f"CREATE SCHEMA s; {TABLE} CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING;"
        " CREATE STATISTICS st ON id, n FROM t;",
        "ALTER TABLE t RENAME TO u;",
        "ALTER TABLE u RENAME TO t;",
        ("ALTER TABLE u SET SCHEMA s;",),
    ),
    Object(
        "schema with a rule",
        f"CREATE SCHEMA s; COMMENT ON SCHEMA s IS 'x'; SET search_path = s; {TABLE}"
        " CREATE RULE r AS ON DELETE TO t DO INSTEAD NOTHING; CREATE STATISTICS st ON id, n FROM t;"
        ' CREATE COLLATION co FROM "C"; SET search_path = public;',
        "ALTER SCHEMA s RENAME TO s2;",
        "ALTER SCHEMA s2 RENAME TO s;",
    ),
    Object(
        "clustering mark of a view",
        f"{TABLE} CREATE MATERIALIZED VIEW m AS SELECT a FROM t; CREATE INDEX i ON m (a);",
        "ALTER MATERIALIZED VIEW m CLUSTER ON i;",
        "ALTER MATERIALIZED VIEW m SET WITHOUT CLUSTER;",
    ),
    Object(
        "statistics",
        TABLE,
        "CREATE STATISTICS st ON id, n FROM t;",
        "DROP STATISTICS st;",
        (
            "ALTER STATISTICS st SET STATISTICS 50;",
            "ALTER STATISTICS st RENAME TO sr;",
            "COMMENT ON STATISTICS st IS 'x';",
            "ALTER TABLE t DROP n; ALTER TABLE t ADD n int;",
        ),
    ),
    Object(
        "clustering mark",
        f"{TABLE} CREATE INDEX i ON t (n);",
        "ALTER TABLE t CLUSTER ON i;",
        "ALTER TABLE t SET WITHOUT CLUSTER;",
        ("ALTER TABLE t CLUSTER ON t_pkey;", "DROP INDEX i; CREATE INDEX i ON t (n);"),
    ),
    Object("CLUSTER", TABLE, "CLUSTER t USING t_pkey;", "ALTER TABLE t SET WITHOUT CLUSTER;"),
    Object(
        "replica identity",
        f"{TABLE} CREATE UNIQUE INDEX i ON t (id);",
        "ALTER TABLE t REPLICA IDENTITY USING INDEX i;",
        "ALTER TABLE t REPLICA IDENTITY DEFAULT;",
        (
            "ALTER TABLE t REPLICA IDENTITY FULL;",
            "ALTER TABLE t REPLICA IDENTITY USING INDEX t_pkey;",
            "DROP INDEX i; CREATE UNIQUE INDEX i ON t (id);",
        ),
    ),
    Object(
        "storage",
        TABLE,
        "ALTER TABLE t ALTER a SET STORAGE EXTERNAL;",
        "ALTER TABLE t ALTER a SET STORAGE DEFAULT;",
        ("ALTER TABLE t ALTER a TYPE varchar; ALTER TABLE t ALTER a TYPE text;",),
    ),
    Object(
        "compression",
        TABLE,
        "ALTER TABLE t ALTER a SET COMPRESSION pglz;",
        "ALTER TABLE t ALTER a SET COMPRESSION DEFAULT;",
        (
            "ALTER TABLE t ALTER a DROP DEFAULT; ALTER TABLE t ALTER a TYPE int USING 1;"
            " ALTER TABLE t ALTER a TYPE text; ALTER TABLE t ALTER a SET DEFAULT 'x';",
        ),
    ),
    Object(
        "column with storage and compression",
        TABLE,
        "ALTER TABLE t ADD s text STORAGE MAIN COMPRESSION pglz;",
        "ALTER TABLE t DROP s;",
        ("ALTER TABLE t DROP s; ALTER TABLE t ADD s text;", "ALTER TABLE t ALTER s SET STORAGE EXTENDED;"),
    ),
    Object(
        "copied column",
        TABLE + " ALTER TABLE t ALTER a SET STORAGE MAIN; COMMENT ON COLUMN t.a IS 'x';"
        " COMMENT ON CONSTRAINT t_pkey ON t IS 'k';",
        "CREATE TABLE c (LIKE t INCLUDING ALL);",
        "DROP TABLE c;",
        (
            "DROP TABLE c; CREATE TABLE c (LIKE t INCLUDING ALL EXCLUDING STORAGE);",
            "DROP TABLE c; CREATE TABLE c (LIKE t INCLUDING ALL EXCLUDING COMMENTS);",
        ),
    ),
    Object(
        "copied statistics",
        TABLE + " CREATE STATISTICS st ON id, n FROM t;",
        "CREATE TABLE c (LIKE t INCLUDING STATISTICS);",
        "DROP TABLE c;",
        ("DROP TABLE c; CREATE TABLE c (LIKE t);",),
    ),
    Object(
        "statistics target",
        TABLE,
        "ALTER TABLE t ALTER a SET STATISTICS 10;",
        "ALTER TABLE t ALTER a SET STATISTICS -1;",
        ("ALTER TABLE t ALTER a SET STATISTICS 20;",),
    ),
    Object(
        "access method",
        TABLE + " CREATE ACCESS METHOD hoard TYPE TABLE HANDLER heap_tableam_handler;",
        "CREATE TABLE c (a int) USING hoard;",
        "DROP TABLE c;",
        ("ALTER TABLE c SET ACCESS METHOD heap;", "DROP TABLE c; CREATE TABLE c (a int);"),
    ),
    Object(
        "all triggers disabled",
        f"{TABLE} {TRIGGER_FUNCTION} CREATE TRIGGER tr BEFORE INSERT ON t EXECUTE FUNCTION g();",
        "ALTER TABLE t DISABLE TRIGGER USER;",
        "ALTER TABLE t ENABLE TRIGGER USER;",
        ("ALTER TABLE t ENABLE TRIGGER ALL;",),
    ),
    Object(
        "typed table",
        "CREATE TYPE c AS (a int, b text);",
        "CREATE TABLE t OF c;",
        "DROP TABLE t;",
        ("ALTER TABLE t NOT OF;", "DROP TABLE t; CREATE TABLE t (a int, b text);"),
    ),
    Object(
        "inheritance",
        TABLE + " CREATE TABLE c (id int NOT NULL, a text NOT NULL, n int);",
        "ALTER TABLE c INHERIT t;",
        "ALTER TABLE c NO INHERIT t;",
    ),
    Object(
        "trigger on a view",
        f"{TABLE} {TRIGGER_FUNCTION} CREATE VIEW v AS SELECT a FROM t;",
        "CREATE TRIGGER tr INSTEAD OF INSERT ON v FOR EACH ROW EXECUTE FUNCTION g();",
        "DROP TRIGGER tr ON v;",
        (
            "ALTER TRIGGER tr ON v RENAME TO ts;",
            "COMMENT ON TRIGGER tr ON v IS 'x';",
            "DROP VIEW v; CREATE VIEW v AS SELECT a FROM t;",
        ),
    ),
    Object(
        "rule on a view",
        f"{TABLE} CREATE VIEW v AS SELECT a FROM t;",
        "CREATE RULE r AS ON INSERT TO v DO INSTEAD NOTHING;",
        "DROP RULE r ON v;",
        ("DROP VIEW v; CREATE VIEW v AS SELECT a FROM t;",),
    ),
    Object(
        "policy",
        TABLE,
        "CREATE POLICY p ON t USING (n > 0);",
        "DROP POLICY p ON t;",
        (
            "ALTER TABLE t DROP n CASCADE; ALTER TABLE t ADD n int;",
            "COMMENT ON POLICY p ON t IS 'x';",
        ),
    ),
    Object(
        "trigger that reads columns",
        f"{TABLE} {TRIGGER_FUNCTION}",
        "CREATE TRIGGER tr BEFORE UPDATE OF n ON t FOR EACH ROW WHEN (old.n > 1) EXECUTE FUNCTION g();",
        "DROP TRIGGER tr ON t;",
        ("ALTER TABLE t DROP n CASCADE; ALTER TABLE t ADD n int;",),
    ),
    Object(
        "query",
        TABLE,
        "CREATE TABLE c AS SELECT md5(a), a || 'x' AS b FROM t;",
        "DROP TABLE c;",
        ("DROP TABLE c; CREATE TABLE c AS SELECT n::int8 AS md5, 1.5::numeric AS b FROM t;",),
    ),
    Object(
        "partition key",
        "",
        "CREATE TABLE p (a text, b int) PARTITION BY RANGE (lower(a));",
        "DROP TABLE p;",
        (
            "DROP TABLE p; CREATE TABLE p (a text, b int) PARTITION BY RANGE (upper(a));",
            'DROP TABLE p; CREATE TABLE p (a text, b int) PARTITION BY RANGE (lower(a) COLLATE "C");',
        ),
    ),
)
SEQUENCES = (
    Object(
        "sequence of an identity",
        TABLE,
        "ALTER TABLE t ALTER id ADD GENERATED ALWAYS AS IDENTITY (INCREMENT 5 CACHE 3);",
        "ALTER TABLE t ALTER id DROP IDENTITY;",
        (
            "ALTER TABLE t ALTER id SET INCREMENT 2;",
            "ALTER TABLE t ALTER id SET CYCLE;",
            "ALTER TABLE t ALTER id DROP IDENTITY; ALTER TABLE t ALTER id ADD GENERATED ALWAYS AS IDENTITY;",
        ),
    ),
    Object(
        "column with an identity",
        "",
        "CREATE TABLE c (a int GENERATED BY DEFAULT AS IDENTITY (START 7));",
        "DROP TABLE c;",
        ("DROP TABLE c; CREATE TABLE c (a int GENERATED BY DEFAULT AS IDENTITY);",),
    ),
    Object(
        "unlogged sequence",
        "",
        "CREATE UNLOGGED SEQUENCE q;",
        "DROP SEQUENCE q;",
        ("ALTER SEQUENCE q SET LOGGED;", "DROP SEQUENCE q; CREATE SEQUENCE q;"),
    ),
)
VIEWS = (
    Object(
        "materialized view without data",
        TABLE,
        "CREATE MATERIALIZED VIEW m AS SELECT a FROM t WITH NO DATA;",
        "DROP MATERIALIZED VIEW m;",
        (
            "REFRESH MATERIALIZED VIEW m;",
            "ALTER MATERIALIZED VIEW m ALTER a SET STATISTICS 10;",
            "ALTER MATERIALIZED VIEW m ALTER a SET STORAGE MAIN;",
        ),
    ),
    Object(
        "materialized view with an access method",
        TABLE + " CREATE ACCESS METHOD hoard TYPE TABLE HANDLER heap_tableam_handler;",
        "CREATE MATERIALIZED VIEW m USING hoard AS SELECT a FROM t;",
        "DROP MATERIALIZED VIEW m;",
        (
            "ALTER MATERIALIZED VIEW m SET ACCESS METHOD heap;",
            "DROP MATERIALIZED VIEW m; CREATE MATERIALIZED VIEW m AS SELECT a FROM t;",
        ),
    ),
    Object(
        "view's column",
        TABLE,
        "CREATE VIEW v AS SELECT id, a FROM t;",
        "DROP VIEW v;",
        (
            "ALTER VIEW v ALTER a SET DEFAULT 'x';",
            "COMMENT ON COLUMN v.a IS 'x';",
            "ALTER VIEW v RENAME a TO b;",
            "ALTER VIEW v SET (security_barrier = true);",
        ),
    ),
    Object(
        "comment on a view's column",
        f"{TABLE} CREATE VIEW v AS SELECT id, a FROM t; COMMENT ON COLUMN v.a IS 'x';",
        "CREATE OR REPLACE VIEW v AS SELECT id, a FROM t WHERE n > 1;",
        "CREATE OR REPLACE VIEW v AS SELECT id, a FROM t;",
        ("COMMENT ON COLUMN v.a IS NULL;",),
    ),
)
INDEXES = (
    Object(
        "index",
        TABLE,
        "CREATE INDEX i ON t (lower(a)) WITH (fillfactor = 70);",
        "DROP INDEX i;",
        (
            "ALTER INDEX i ALTER COLUMN 1 SET STATISTICS 50;",
            "ALTER INDEX i RESET (fillfactor);",
            "COMMENT ON INDEX i IS 'x';",
            "ALTER INDEX i RENAME TO j;",
        ),
    ),
    Object(
        "options of an operator class",
        "CREATE TABLE t (v tsvector);",
        "CREATE INDEX i ON t USING gist (v tsvector_ops (siglen = 100));",
        "DROP INDEX i;",
        ("DROP INDEX i; CREATE INDEX i ON t USING gist (v);",),
    ),
    Object(
        "key with options",
        TABLE,
        "ALTER TABLE t ADD CONSTRAINT k UNIQUE (n) WITH (fillfactor = 60);",
        "ALTER TABLE t DROP CONSTRAINT k;",
        ("ALTER TABLE t DROP CONSTRAINT k; ALTER TABLE t ADD CONSTRAINT k UNIQUE (n);",),
    ),
    Object(
        "key with twice the same column",
        TABLE,
        "CREATE INDEX i ON t (a, a text_pattern_ops);",
        "DROP INDEX i;",
        ("DROP INDEX i; CREATE INDEX i ON t (a text_pattern_ops, a);",),
    ),
)
TYPES = (
    Object(
        "range type",
        "",
        "CREATE TYPE r AS RANGE (subtype = int4);",
        "DROP TYPE r;",
        (
            "DROP TYPE r; CREATE TYPE r AS RANGE (subtype = int8);",
            "COMMENT ON TYPE r IS 'x';",
            "ALTER TYPE r RENAME TO s;",
        ),
    ),
    Object(
        "domain",
        "",
        "CREATE DOMAIN d AS text COLLATE \"C\" CHECK (VALUE > 'a') CHECK (VALUE < 'z');",
        "DROP DOMAIN d;",
        (
            "ALTER DOMAIN d RENAME CONSTRAINT d_check TO c;",
            "ALTER DOMAIN d DROP CONSTRAINT d_check1;",
            "ALTER DOMAIN d ADD CONSTRAINT c CHECK (VALUE <> 'q') NOT VALID;",
            "COMMENT ON CONSTRAINT d_check ON DOMAIN d IS 'x';",
            "COMMENT ON DOMAIN d IS 'x';",
            "DROP DOMAIN d; CREATE DOMAIN d AS text CHECK (VALUE > 'a') CHECK (VALUE < 'z');",
            "ALTER DOMAIN d SET DEFAULT 'b';",
        ),
    ),
    Object(
        "validity in a domain",
        "CREATE DOMAIN d AS text CONSTRAINT c CHECK (VALUE > 'a');",
        "ALTER DOMAIN d DROP CONSTRAINT c; ALTER DOMAIN d ADD CONSTRAINT c CHECK (VALUE > 'a') NOT VALID;",
        "ALTER DOMAIN d VALIDATE CONSTRAINT c;",
    ),
    Object(
        "composite type",
        "",
        'CREATE TYPE c AS (a text COLLATE "C", b int);',
        "DROP TYPE c;",
        (
            "ALTER TYPE c RENAME ATTRIBUTE b TO d;",
            "COMMENT ON COLUMN c.a IS 'x';",
            "ALTER TYPE c ALTER ATTRIBUTE a TYPE text;",
            "DROP TYPE c; CREATE TYPE c AS (a text, b int);",
        ),
    ),
    Object(
        "shell and base type",
        "",
        "CREATE TYPE b;"
        " CREATE FUNCTION b_in(cstring) RETURNS b STRICT IMMUTABLE LANGUAGE internal AS 'textin';"
        " CREATE FUNCTION b_out(b) RETURNS cstring STRICT IMMUTABLE LANGUAGE internal AS 'textout';"
        " CREATE TYPE b (input = b_in, output = b_out, storage = extended);",
        "DROP TYPE b CASCADE;",
        ("ALTER TYPE b SET (storage = main);",),
    ),
    Object(
        "aggregate",
        "",
        "CREATE AGGREGATE total(int) (sfunc = int4pl, stype = int, initcond = '0');",
        "DROP AGGREGATE total(int);",
        (
            "COMMENT ON AGGREGATE total(int) IS 'x';",
            "ALTER AGGREGATE total(int) RENAME TO sums;",
            "DROP AGGREGATE total(int); CREATE AGGREGATE total(int) (sfunc = int4mi, stype = int);",
        ),
    ),
    Object(
        "cast",
        "CREATE TYPE mood AS ENUM ('a');",
        "CREATE CAST (mood AS int) WITH INOUT AS ASSIGNMENT;",
        "DROP CAST (mood AS int);",
        (
            "COMMENT ON CAST (mood AS int) IS 'x';",
            "DROP CAST (mood AS int); CREATE CAST (mood AS int) WITH INOUT;",
        ),
    ),
    Object(
        "operator",
        "CREATE FUNCTION af(int, int) RETURNS bool LANGUAGE sql AS 'SELECT true';",
        "CREATE OPERATOR <~~> (leftarg = int, rightarg = int, function = af);",
        "DROP OPERATOR <~~> (int, int);",
        (
            "COMMENT ON OPERATOR <~~> (int, int) IS 'x';",
            "ALTER OPERATOR <~~> (int, int) SET (RESTRICT = eqsel);",
        ),
    ),
    Object(
        "operator class",
        "",
        "CREATE OPERATOR FAMILY of USING btree;"
        " CREATE OPERATOR CLASS oc FOR TYPE int USING btree FAMILY of AS FUNCTION 1 btint4cmp(int, int);",
        "DROP OPERATOR FAMILY of USING btree CASCADE;",
        ("DROP OPERATOR CLASS oc USING btree;", "ALTER OPERATOR CLASS oc USING btree RENAME TO od;"),
        untold=True,
    ),
    Object(
        "collation",
        "",
        'CREATE COLLATION co FROM "C";',
        "DROP COLLATION co;",
        ("ALTER COLLATION co RENAME TO cp;", "COMMENT ON COLLATION co IS 'x';"),
    ),
    Object(
        "conversion",
        "",
        "CREATE CONVERSION cv FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;",
        "DROP CONVERSION cv;",
        ("ALTER CONVERSION cv RENAME TO cw;",),
    ),
    Object(
        "text search",
        "",
        "CREATE TEXT SEARCH DICTIONARY di (TEMPLATE = simple);"
        " CREATE TEXT SEARCH CONFIGURATION cf (COPY = simple);",
        "DROP TEXT SEARCH CONFIGURATION cf; DROP TEXT SEARCH DICTIONARY di;",
        (
            "ALTER TEXT SEARCH CONFIGURATION cf ALTER MAPPING FOR asciiword WITH di;",
            "ALTER TEXT SEARCH DICTIONARY di (Accept = false);",
            "ALTER TEXT SEARCH CONFIGURATION cf RENAME TO ch;",
        ),
    ),
    Object(
        "transform",
        "CREATE LANGUAGE pl HANDLER plpgsql_call_handler;"
        " CREATE FUNCTION tf(internal) RETURNS internal IMMUTABLE LANGUAGE internal"
        " AS 'array_subscript_handler';",
        "CREATE TRANSFORM FOR int LANGUAGE pl (FROM SQL WITH FUNCTION tf(internal));",
        "DROP TRANSFORM FOR int LANGUAGE pl;",
    ),
    Object("language", "", "CREATE LANGUAGE pl HANDLER plpgsql_call_handler;", "DROP LANGUAGE pl;"),
)
FUNCTIONS = (
    Object(
        "function",
        ROLE,
        FUNCTION,
        "DROP FUNCTION f;",
        (
            "ALTER FUNCTION f STABLE;",
            "ALTER FUNCTION f(int) SECURITY DEFINER;",
            "ALTER FUNCTION f(int) SET search_path = public;",
            "ALTER FUNCTION f(int) RETURNS NULL ON NULL INPUT;",
            "ALTER FUNCTION f(int) COST 7 PARALLEL SAFE;",
            "ALTER FUNCTION f(int) OWNER TO reader;",
            "GRANT EXECUTE ON FUNCTION f(int) TO reader;",
            "REVOKE ALL ON FUNCTION f(int) FROM PUBLIC;",
            "COMMENT ON FUNCTION f(int) IS 'x';",
        ),
    ),
    Object(
        "option of a function",
        FUNCTION,
        "ALTER FUNCTION f(int) VOLATILE SET work_mem = '1MB';",
        "ALTER FUNCTION f(int) IMMUTABLE RESET work_mem;",
        untold=True,
    ),
    Object(
        "option given in another way",
        "",
        "CREATE FUNCTION f(x int) RETURNS int STABLE LANGUAGE sql AS 'SELECT 1';",
        "DROP FUNCTION f;",
        (
            "CREATE OR REPLACE FUNCTION f(x int) RETURNS int LANGUAGE sql AS 'SELECT 1';"
            " ALTER FUNCTION f(int) STRICT;",
        ),
    ),
    Object(
        "procedure",
        "",
        "CREATE PROCEDURE pr() LANGUAGE sql AS 'SELECT 1';",
        "DROP PROCEDURE pr;",
        ("ALTER PROCEDURE pr() SECURITY DEFINER;",),
    ),
    Object(
        "function that expressions call",
        TABLE,
        f"{FUNCTION} CREATE INDEX i ON t (f(n));"
        " ALTER TABLE t ADD CHECK (f(n) > 0), ALTER n SET DEFAULT f(1);"
        " ALTER TABLE t ADD g int GENERATED ALWAYS AS (f(id)) STORED; CREATE TABLE u (a int);"
        " CREATE VIEW v AS SELECT f(n) FROM t; CREATE POLICY p ON t USING (f(n) > 0);",
        "DROP FUNCTION f CASCADE; DROP TABLE u;",
        (f"DROP FUNCTION f CASCADE; {FUNCTION}",),
    ),
    Object(
        "overload that expressions call",
        f"{TABLE} {FUNCTION}",
        "CREATE FUNCTION f(x text) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 1';"
        " CREATE INDEX i ON t (f(a));",
        "DROP INDEX i; DROP FUNCTION f(text);",
        ("DROP FUNCTION f(text) CASCADE;",),
    ),
    Object(
        "type that functions take",
        "",
        "CREATE TYPE mood AS ENUM ('a'); CREATE FUNCTION h(mood) RETURNS int LANGUAGE sql AS 'SELECT 1';",
        "DROP TYPE mood CASCADE;",
        ("DROP TYPE mood CASCADE; CREATE TYPE mood AS ENUM ('a');",),
    ),
    Object(
        "event trigger",
        EVENT_FUNCTION,
        "CREATE EVENT TRIGGER et ON ddl_command_start EXECUTE FUNCTION e();",
        "DROP EVENT TRIGGER et;",
        ("ALTER EVENT TRIGGER et DISABLE;", "ALTER EVENT TRIGGER et RENAME TO eu;"),
    ),
    Object(
        "text that is known at run time only",
        TABLE,
        "DO $$ BEGIN EXECUTE 'ALTER TABLE ' || quote_ident('t') || ' ADD b int'; END $$;",
        "DO $$ BEGIN EXECUTE 'ALTER TABLE ' || quote_ident('t') || ' DROP b'; END $$;",
        untold=True,
    ),
    Object(
        "code that runs in a function",
        TABLE + " CREATE FUNCTION run(text) RETURNS void LANGUAGE plpgsql AS 'BEGIN EXECUTE $1; END';",
        "SELECT run('ALTER TABLE t ADD b int');",
        "SELECT run('ALTER TABLE t DROP b');",
        untold=True,
    ),
    Object(
        "procedure that runs text",
        TABLE + " CREATE PROCEDURE run(text) LANGUAGE plpgsql AS 'BEGIN EXECUTE $1; END';",
        "CALL run('ALTER TABLE t ADD b int');",
        "CALL run('ALTER TABLE t DROP b');",
        untold=True,
    ),
    Object(
        "text at run time on a way that may not be gone",
        TABLE + " CREATE FUNCTION yes() RETURNS bool LANGUAGE sql AS 'SELECT true';",
        "DO $$ BEGIN IF yes() THEN EXECUTE 'ALTER TABLE t ADD ' || quote_ident('b') || ' int';"
        " END IF; END $$;",
        "",
    ),
    Object(
        "same on all ways",
        "CREATE FUNCTION yes() RETURNS bool LANGUAGE sql AS 'SELECT true';",
        "DO $$ BEGIN IF yes() THEN CREATE PUBLICATION pu; ELSE CREATE PUBLICATION pu; END IF; END $$;",
        "DROP PUBLICATION pu;",
    ),
    Object(
        "way that may not be gone",
        TABLE + " CREATE FUNCTION yes() RETURNS bool LANGUAGE sql AS 'SELECT true';",
        "DO $$ BEGIN IF yes() THEN ALTER TABLE t ADD b int; CREATE POLICY p ON t; COMMENT ON TABLE t IS 'x';"
        " CREATE FUNCTION h() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE SCHEMA x; CREATE PUBLICATION pu;"
        " END IF; END $$;",
        "DO $$ BEGIN IF yes() THEN ALTER TABLE t DROP b; DROP POLICY p ON t; COMMENT ON TABLE t IS NULL;"
        " DROP FUNCTION h; DROP SCHEMA x; DROP PUBLICATION pu; END IF; END $$;",
        (
            "DO $$ BEGIN IF yes() THEN COMMENT ON TABLE t IS 'z'; END IF; END $$;",
            "DO $$ BEGIN IF yes() THEN CREATE OR REPLACE FUNCTION h() RETURNS int LANGUAGE sql AS 'SELECT 2';"
            " END IF; END $$;",
        ),
        untold=True,
    ),
)
SCHEMAS = (
    Object(
        "schema",
        ROLE,
        "CREATE SCHEMA s;",
        "DROP SCHEMA s;",
        (
            "COMMENT ON SCHEMA s IS 'x';",
            "GRANT USAGE ON SCHEMA s TO reader;",
            "ALTER SCHEMA s OWNER TO reader;",
            "ALTER SCHEMA s RENAME TO s2;",
            "DROP SCHEMA s; CREATE SCHEMA s AUTHORIZATION reader;",
        ),
    ),
    Object(
        "default privileges",
        ROLE,
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON TABLES TO reader;",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE SELECT ON TABLES FROM reader;",
        ("ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;",),
    ),
    Object(
        "table under default privileges",
        f"{ROLE} ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO reader;",
        TABLE,
        "DROP TABLE t;",
        ("REVOKE SELECT ON t FROM reader;", "REVOKE ALL ON t FROM reader;"),
    ),
    Object(
        "table made anew under default privileges",
        f"{ROLE} {TABLE} ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO reader;",
        f"DROP TABLE t; {TABLE}",
        "",
    ),
    Object(
        "function under default privileges",
        f"{ROLE} ALTER DEFAULT PRIVILEGES REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;",
        FUNCTION,
        "DROP FUNCTION f;",
        ("GRANT EXECUTE ON FUNCTION f TO PUBLIC;",),
    ),
    Object(
        "type under default privileges",
        f"{ROLE} ALTER DEFAULT PRIVILEGES REVOKE USAGE ON TYPES FROM PUBLIC;",
        "CREATE TYPE m AS ENUM ('a');",
        "DROP TYPE m;",
        ("GRANT USAGE ON TYPE m TO PUBLIC;",),
    ),
    Object(
        "privileges on all tables",
        f"{ROLE} {TABLE} CREATE SEQUENCE sq; {FUNCTION} CREATE VIEW v AS SELECT 1 AS one;",
        "GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader;",
        "REVOKE SELECT ON ALL TABLES IN SCHEMA public FROM reader;",
        (
            "REVOKE SELECT ON t FROM reader;",
            "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO reader;",
            "GRANT USAGE ON SEQUENCE sq TO reader; REVOKE USAGE ON SEQUENCE sq FROM reader;"
            " GRANT SELECT ON SEQUENCE sq TO reader;",
            "REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA public FROM PUBLIC;",
        ),
    ),
    Object(
        "privileges on columns",
        f"{ROLE} {TABLE}",
        "GRANT SELECT (a, n), UPDATE (a) ON t TO reader;",
        "REVOKE ALL ON t FROM reader;",
        ("REVOKE SELECT ON t FROM reader;", "REVOKE SELECT (a) ON t FROM reader;"),
    ),
    Object(
        "all privileges",
        f"{ROLE} {TABLE}",
        "GRANT ALL ON t TO reader;",
        "",
        ("REVOKE SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER ON t FROM reader;",),
        untold=True,
    ),
    Object(
        "privileges on other things",
        f"{ROLE} {HANDLER} CREATE TYPE mood AS ENUM ('a'); CREATE VIEW v AS SELECT 1 AS one;",
        "GRANT USAGE ON FOREIGN SERVER s TO reader; GRANT USAGE ON FOREIGN DATA WRAPPER w TO reader;"
        " GRANT USAGE ON LANGUAGE sql TO reader; GRANT USAGE ON TYPE mood TO reader; GRANT SELECT (one) ON v"
        " TO reader;",
        "REVOKE USAGE ON FOREIGN SERVER s FROM reader; REVOKE USAGE ON FOREIGN DATA WRAPPER w FROM reader;"
        " REVOKE USAGE ON LANGUAGE sql FROM reader; REVOKE USAGE ON TYPE mood FROM reader;"
        " REVOKE SELECT (one) ON v FROM reader;",
    ),
    Object(
        "owner",
        f"{ROLE} {TABLE} CREATE SEQUENCE sq; CREATE VIEW v AS SELECT 1 AS one; CREATE TYPE m AS ENUM ('a');",
        "ALTER TABLE t OWNER TO reader; ALTER SEQUENCE sq OWNER TO reader; ALTER VIEW v OWNER TO reader;"
        " ALTER TYPE m OWNER TO reader;",
        "ALTER TABLE t OWNER TO current_user; ALTER SEQUENCE sq OWNER TO current_user;"
        " ALTER VIEW v OWNER TO current_user; ALTER TYPE m OWNER TO current_user;",
        ("REASSIGN OWNED BY reader TO current_user;",),
    ),
    Object(
        "extension",
        "CREATE SCHEMA x;",
        "CREATE EXTENSION vector;",
        "DROP EXTENSION vector;",
        (
            "COMMENT ON EXTENSION vector IS 'x';",
            "ALTER EXTENSION vector SET SCHEMA x;",
            "DROP EXTENSION vector; CREATE EXTENSION vector SCHEMA x;",
            "CREATE FUNCTION h() RETURNS int LANGUAGE sql AS 'SELECT 1';"
            " ALTER EXTENSION vector ADD FUNCTION h();",
        ),
    ),
    Object(
        "column of a type that an extension brings",
        "CREATE EXTENSION vector;",
        "CREATE TABLE t (a int, v vector(3));",
        "DROP TABLE t;",
        ("DROP EXTENSION vector CASCADE; CREATE EXTENSION vector;",),
    ),
    Object(
        "publication",
        TABLE,
        "CREATE PUBLICATION pu FOR TABLE t;",
        "DROP PUBLICATION pu;",
        (
            "ALTER PUBLICATION pu DROP TABLE t;",
            "ALTER PUBLICATION pu RENAME TO pv;",
            "COMMENT ON PUBLICATION pu IS 'x';",
            "ALTER PUBLICATION pu SET (publish = 'insert');",
            f"DROP TABLE t; {TABLE}",
        ),
    ),
    Object(
        "subscription",
        "",
        "CREATE SUBSCRIPTION su CONNECTION 'dbname=x' PUBLICATION pu"
        " WITH (connect = false, slot_name = NONE, create_slot = false, enabled = false);",
        "DROP SUBSCRIPTION su;",
        ("ALTER SUBSCRIPTION su SET PUBLICATION pv WITH (refresh = false);",),
    ),
    Object(
        "foreign data",
        ROLE,
        HANDLER + " CREATE USER MAPPING FOR reader SERVER s; CREATE FOREIGN TABLE ft (a int) SERVER s;",
        "DROP FOREIGN DATA WRAPPER w CASCADE;",
        (
            "ALTER FOREIGN DATA WRAPPER w OPTIONS (a 'b');",
            "ALTER SERVER s OPTIONS (a 'b');",
            "ALTER USER MAPPING FOR reader SERVER s OPTIONS (a 'b');",
            "ALTER FOREIGN TABLE ft OPTIONS (a 'b');",
            "ALTER FOREIGN TABLE ft ALTER a OPTIONS (a 'b');",
            "DROP FOREIGN TABLE ft; CREATE FOREIGN TABLE ft (a int OPTIONS (x 'y')) SERVER s;",
            "DROP FOREIGN TABLE ft;",
        ),
    ),
    Object(
        "tablespace",
        "SET allow_in_place_tablespaces = on;",
        TABLE,
        "DROP TABLE t;",
        ("DROP TABLE t; CREATE TABLE t (id int PRIMARY KEY USING INDEX TABLESPACE pg_default, a text);",),
    ),
    Object(
        "settings of a database",
        "CREATE ROLE reader NOLOGIN;",
        "ALTER ROLE reader IN DATABASE verify SET work_mem = '1MB';",
        "ALTER ROLE reader IN DATABASE verify RESET work_mem;",
        untold=True,
    ),
)
OBJECTS = {
    "parts of tables": PARTS_OF_TABLES,
    "sequences": SEQUENCES,
    "views": VIEWS,
    "indexes": INDEXES,
    "types": TYPES,
    "functions": FUNCTIONS,
    "schemas": SCHEMAS,
}
