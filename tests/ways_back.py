"""Ways up with their ways back: what the schema is afterwards, here as on a server.

Each is an up and a down in one schema, after a setup; `left` are the differences that stay, in words.
"""

from typing import NamedTuple


class WayBack(NamedTuple):
    """`left` is what `Comparison` says; `unknown` are the objects of which it cannot tell;
    `since` is the first major version that knows the statements."""

    setup: str
    up: str
    down: str
    left: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    since: int = 0


TABLE = "CREATE TABLE t (id int PRIMARY KEY, a text NOT NULL DEFAULT 'x', n int);"
VIEW = f"{TABLE} CREATE VIEW v AS SELECT id, a FROM t WHERE n > 0;"
FUNCTION = "CREATE FUNCTION f(x int) RETURNS int LANGUAGE sql AS 'SELECT x + 1';"

TABLES = (
    WayBack("", TABLE, "DROP TABLE t;"),
    WayBack("", TABLE, "", ("table t is there, and was not before",)),
    WayBack(TABLE, "ALTER TABLE t RENAME TO u;", "ALTER TABLE u RENAME TO t;"),
    WayBack(
        TABLE,
        "DROP TABLE t;",
        "CREATE TABLE t (n int, id int PRIMARY KEY, a text DEFAULT 'x' NOT NULL);",
        ("the order of columns of table t is n, id, a, and was id, a, n",),
    ),
    WayBack(
        TABLE,
        "DROP TABLE t;",
        "CREATE TABLE t (id int, a text NOT NULL DEFAULT 'x', n int);",
        ("constraint t_pkey of table t is gone", "nullability of column t.id is NULL, and was NOT NULL"),
    ),
    WayBack(
        TABLE, "ALTER TABLE t SET UNLOGGED;", "", ("persistence of table t is UNLOGGED, and was LOGGED",)
    ),
)
COLUMNS = (
    WayBack(TABLE, "ALTER TABLE t ADD b int;", "ALTER TABLE t DROP b;"),
    WayBack(TABLE, "ALTER TABLE t DROP n;", "ALTER TABLE t ADD n integer;"),
    WayBack(
        TABLE,
        "ALTER TABLE t DROP a;",
        "ALTER TABLE t ADD a varchar(9);",
        (
            "the order of columns of table t is id, n, a, and was id, a, n",
            "nullability of column t.a is NULL, and was NOT NULL",
            "the default of column t.a is none, and was 'x'",
            "the type of column t.a is character varying(9), and was text",
        ),
    ),
    WayBack(TABLE, "ALTER TABLE t ALTER a SET DEFAULT 'y';", "ALTER TABLE t ALTER a SET DEFAULT 'x'::text;"),
    WayBack(
        TABLE,
        "ALTER TABLE t ALTER a DROP DEFAULT;",
        "ALTER TABLE t ALTER a SET DEFAULT 'X';",
        ("the default of column t.a is 'X', and was 'x'",),
    ),
    WayBack(TABLE, "ALTER TABLE t RENAME a TO b;", "ALTER TABLE t RENAME b TO a;"),
    WayBack(
        TABLE,
        "ALTER TABLE t ALTER id ADD GENERATED ALWAYS AS IDENTITY;",
        "ALTER TABLE t ALTER id DROP IDENTITY;",
    ),
    WayBack(
        "CREATE TABLE t (id serial);",
        "ALTER TABLE t ALTER id DROP DEFAULT;",
        "ALTER TABLE t ALTER id SET DEFAULT nextval('public.t_id_seq'::regclass);",
    ),
    WayBack(
        "CREATE TABLE t (a int, g int GENERATED ALWAYS AS (a + 1) STORED);",
        "ALTER TABLE t DROP g;",
        "ALTER TABLE t ADD g int GENERATED ALWAYS AS ((a + 2)) STORED;",
        ("the default of column t.g is a + 2, and was a + 1",),
    ),
    WayBack(
        "CREATE TABLE t (a timestamptz DEFAULT now());",
        "ALTER TABLE t ALTER a DROP DEFAULT;",
        "ALTER TABLE t ALTER a SET DEFAULT pg_catalog.now();",
    ),
    WayBack(
        "CREATE TABLE t (a int DEFAULT -1, b boolean DEFAULT true, c numeric(8,2) DEFAULT 0);",
        "ALTER TABLE t ALTER a DROP DEFAULT, ALTER b DROP DEFAULT, ALTER c DROP DEFAULT;",
        "ALTER TABLE t ALTER a SET DEFAULT '-1'::integer, ALTER b SET DEFAULT 'true', ALTER c SET DEFAULT 0;",
    ),
)
CHECK = f"{TABLE} ALTER TABLE t ADD CONSTRAINT c CHECK (n IN (1, 2) AND a LIKE 'x%' AND n BETWEEN 0 AND 9);"
CONSTRAINTS = (
    WayBack(
        CHECK,
        "ALTER TABLE t DROP CONSTRAINT c;",
        "ALTER TABLE t ADD CONSTRAINT c CHECK (((n = ANY (ARRAY[1, 2])) AND (a ~~ 'x%'::text) AND"
        " ((n >= 0) AND (n <= 9))));",
    ),
    WayBack(
        CHECK,
        "ALTER TABLE t DROP CONSTRAINT c;",
        "ALTER TABLE t ADD CONSTRAINT c CHECK (n IN (1, 3));",
        (
            "the condition of constraint c of table t is n IN (1, 3),"
            " and was n IN (1, 2) AND a LIKE 'x%' AND n BETWEEN 0 AND 9",
            "the list of columns of constraint c of table t is n, and was a, n",
        ),
    ),
    WayBack(
        f"{TABLE} ALTER TABLE t ADD CHECK (n > 0 OR n IS NULL);",
        "ALTER TABLE t RENAME n TO m; ALTER TABLE t DROP CONSTRAINT t_n_check;",
        "ALTER TABLE t ADD CONSTRAINT t_n_check CHECK ((m > 0) OR (m IS NULL)); ALTER TABLE t RENAME m TO n;",
    ),
    WayBack(
        f"{TABLE} CREATE TABLE c (t_id int REFERENCES t ON DELETE CASCADE);",
        "ALTER TABLE c DROP CONSTRAINT c_t_id_fkey;",
        "ALTER TABLE c ADD CONSTRAINT c_t_id_fkey FOREIGN KEY (t_id) REFERENCES t (id);",
        ("ON DELETE of constraint c_t_id_fkey of table c is no action, and was cascade",),
    ),
    WayBack(
        f"{TABLE} ALTER TABLE t ADD UNIQUE (a, n);",
        "ALTER TABLE t DROP CONSTRAINT t_a_n_key;",
        "ALTER TABLE t ADD UNIQUE (n, a);",
        (
            "constraint t_a_n_key of table t is gone",
            "constraint t_n_a_key of table t is there, and was not before",
        ),
    ),
)
INDEX = f"{TABLE} CREATE UNIQUE INDEX i ON t (lower(a), n DESC) INCLUDE (id) WHERE n > 0;"
INDEXES = (
    WayBack(
        INDEX,
        "DROP INDEX i;",
        "CREATE UNIQUE INDEX i ON t USING btree (LOWER((a)::text), n DESC) INCLUDE (id) WHERE (n > 0);",
    ),
    WayBack(
        INDEX,
        "DROP INDEX i;",
        "CREATE INDEX i ON t (lower(a), n) WHERE n > 1;",
        (
            "INCLUDE of index i is none, and was id",
            "the key of index i is lower(a), n, and was lower(a), n DESC",
            "the predicate of index i is n > 1, and was n > 0",
            "uniqueness of index i is not unique, and was UNIQUE",
        ),
    ),
    WayBack(INDEX, "ALTER TABLE t DROP n;", "ALTER TABLE t ADD n int;", ("index i is gone",)),
    WayBack(
        INDEX,
        "ALTER TABLE t RENAME a TO b; DROP INDEX i;",
        "CREATE UNIQUE INDEX i ON t (lower(b), n DESC) INCLUDE (id) WHERE n > 0;"
        " ALTER TABLE t RENAME b TO a;",
    ),
)
ORDERED = f'{TABLE} CREATE INDEX i ON t (a COLLATE "C" DESC NULLS LAST, n NULLS FIRST);'
INDEXES += (
    WayBack(
        ORDERED,
        "DROP INDEX i;",
        "CREATE INDEX i ON t (a, n);",
        ("the key of index i is a, n, and was a DESC NULLS LAST COLLATE C, n NULLS FIRST",),
    ),
    WayBack(
        ORDERED,
        "ALTER TABLE t RENAME a TO b; DROP INDEX i;",
        'CREATE INDEX i ON t (b COLLATE "C" DESC NULLS LAST, n NULLS FIRST); ALTER TABLE t RENAME b TO a;',
    ),
    WayBack(
        "CREATE FUNCTION h(n numeric) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 1';"
        " CREATE TABLE t (a int); CREATE INDEX i ON t (h(a));",
        "DROP INDEX i;",
        "CREATE INDEX i ON t (h((a)::numeric));",
    ),
)
CONSTRAINTS += (
    WayBack(
        f"{TABLE} CREATE TABLE c (t_id int REFERENCES t INITIALLY DEFERRED);",
        "ALTER TABLE c ALTER CONSTRAINT c_t_id_fkey NOT DEFERRABLE;",
        "",
        ("deferrability of constraint c_t_id_fkey of table c is NOT DEFERRABLE, and was INITIALLY DEFERRED",),
    ),
    WayBack(
        f"{TABLE} CREATE TABLE c (t_id int REFERENCES t INITIALLY DEFERRED);",
        "ALTER TABLE c ALTER CONSTRAINT c_t_id_fkey NOT DEFERRABLE;",
        "ALTER TABLE c ALTER CONSTRAINT c_t_id_fkey DEFERRABLE INITIALLY DEFERRED;",
    ),
    WayBack(
        "CREATE TABLE t (a int, EXCLUDE USING btree (a WITH =));",
        "ALTER TABLE t DROP CONSTRAINT t_a_excl;",
        "ALTER TABLE t ADD EXCLUDE USING btree (a WITH =) WHERE (a > 0);",
        (
            "the condition of constraint t_a_excl of table t is a > 0, and was none",
            "the predicate of index t_a_excl is a > 0, and was none",
        ),
    ),
)
TYPES = (
    WayBack(
        "CREATE TYPE kind AS ENUM ('a'); CREATE TABLE t (k kind DEFAULT 'a');",
        "ALTER TYPE kind RENAME VALUE 'a' TO 'b'; ALTER TABLE t ALTER k DROP DEFAULT;",
        "ALTER TABLE t ALTER k SET DEFAULT 'b'; ALTER TYPE kind RENAME VALUE 'b' TO 'a';",
    ),
)
TRIGGER = f"""{TABLE}
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE TRIGGER g BEFORE UPDATE OF a ON t FOR EACH ROW WHEN (new.n > 0) EXECUTE FUNCTION f('x');
"""
TRIGGERS = (
    WayBack(
        TRIGGER,
        "DROP TRIGGER g ON t;",
        "CREATE TRIGGER g BEFORE UPDATE OF a ON public.t FOR EACH ROW WHEN ((NEW.n > 0))"
        " EXECUTE PROCEDURE public.f('x');",
    ),
    WayBack(
        TRIGGER,
        "DROP TRIGGER g ON t;",
        "CREATE TRIGGER g AFTER UPDATE OR INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();",
        (
            "the condition of trigger g of table t is none, and was new.n > 0",
            "the event of trigger g of table t is insert or update, and was update",
            "the list of arguments of trigger g of table t is none, and was x",
            "the list of columns of trigger g of table t is none, and was a",
            "the time of trigger g of table t is after, and was before",
        ),
    ),
    WayBack(
        TRIGGER,
        "ALTER TABLE t RENAME a TO b; ALTER TABLE t RENAME n TO m; DROP TRIGGER g ON t;",
        "CREATE TRIGGER g BEFORE UPDATE OF b ON t FOR EACH ROW WHEN (new.m > 0) EXECUTE FUNCTION f('x');"
        " ALTER TABLE t RENAME b TO a; ALTER TABLE t RENAME m TO n;",
    ),
    WayBack(
        TRIGGER, "DROP FUNCTION f CASCADE;", "", ("function f() is gone", "trigger g of table t is gone")
    ),
)
VIEWS = (
    WayBack(
        VIEW,
        "CREATE OR REPLACE VIEW v AS SELECT id, a FROM t WHERE n > 1;",
        "CREATE OR REPLACE VIEW v AS select t.id, t.a from public.t where (t.n > 0);",
    ),
    WayBack(
        VIEW,
        "DROP VIEW v;",
        "CREATE VIEW v AS SELECT id, a FROM t;",
        (
            "the definition of view v is CREATE VIEW v AS SELECT id, a FROM t,"
            " and was CREATE VIEW v AS SELECT id, a FROM t WHERE n > 0",
        ),
    ),
    WayBack(
        VIEW,
        "ALTER TABLE t RENAME TO u; ALTER TABLE u RENAME a TO b; DROP VIEW v;",
        "CREATE VIEW v AS SELECT id, b AS a FROM u WHERE n > 0;"
        " ALTER TABLE u RENAME b TO a; ALTER TABLE u RENAME TO t;",
    ),
    WayBack(
        f"{TABLE} CREATE VIEW v AS SELECT * FROM t;",
        "DROP VIEW v; ALTER TABLE t ADD b int;",
        "CREATE VIEW v AS SELECT * FROM t; ALTER TABLE t DROP b CASCADE;",
        ("view v is gone",),
    ),
    WayBack(
        f"{TABLE} CREATE VIEW v AS SELECT * FROM t;",
        "DROP VIEW v;",
        "CREATE VIEW v AS SELECT id, a, n FROM t;",
    ),
    WayBack(
        f"{TABLE} CREATE VIEW v AS SELECT a FROM t;",
        "DROP VIEW v; CREATE MATERIALIZED VIEW v AS SELECT a FROM t;",
        "",
        ("view v is gone", "materialized view v is there, and was not before"),
    ),
    WayBack(
        f"{TABLE} CREATE MATERIALIZED VIEW v AS SELECT a FROM t; CREATE INDEX i ON v (a);",
        "DROP MATERIALIZED VIEW v;",
        "CREATE MATERIALIZED VIEW v AS SELECT a FROM t;",
        ("index i is gone",),
    ),
)
VIEWS += (
    WayBack(
        f"{TABLE} CREATE VIEW v AS SELECT t.*, 1 AS one FROM t;",
        "DROP VIEW v; ALTER TABLE t DROP n;",
        "ALTER TABLE t ADD m int; CREATE VIEW v AS SELECT t.*, 1 AS one FROM t;",
        (
            "column t.m is there, and was not before",
            "column t.n is gone",
            "the definition of view v is CREATE VIEW v AS SELECT t.*, 1 AS one FROM t with id, a, m, one,"
            " and was CREATE VIEW v AS SELECT t.*, 1 AS one FROM t with id, a, n, one",
        ),
    ),
)
FUNCTIONS = (
    WayBack(
        FUNCTION,
        "CREATE OR REPLACE FUNCTION f(x int) RETURNS int LANGUAGE sql AS 'SELECT x + 2';",
        "CREATE OR REPLACE FUNCTION f(x integer) RETURNS integer AS $$SELECT x + 1$$ LANGUAGE SQL VOLATILE;",
    ),
    WayBack(
        FUNCTION,
        "CREATE OR REPLACE FUNCTION f(x int) RETURNS int LANGUAGE sql AS 'SELECT x + 2';",
        "DROP FUNCTION f(int);",
        ("function f(integer) is gone",),
    ),
    WayBack(
        FUNCTION,
        "DROP FUNCTION f;",
        "CREATE FUNCTION f(x int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT x + 1';",
        (
            "the definition of function f(integer) is CREATE FUNCTION f(x int) RETURNS int IMMUTABLE"
            " LANGUAGE sql AS 'SELECT x + 1', and was CREATE FUNCTION f(x int) RETURNS int LANGUAGE sql"
            " AS 'SELECT x + 1'",
        ),
    ),
    WayBack(
        FUNCTION,
        "CREATE FUNCTION f(x text) RETURNS int LANGUAGE sql AS 'SELECT 1';",
        "DROP FUNCTION f(text);",
    ),
    WayBack(
        FUNCTION,
        "CREATE FUNCTION f(x text) RETURNS int LANGUAGE sql AS 'SELECT 1';",
        "",
        ("function f(text) is there, and was not before",),
    ),
    WayBack(FUNCTION, "ALTER FUNCTION f(int) RENAME TO g;", "ALTER FUNCTION g(int) RENAME TO f;"),
)
TYPES += (
    WayBack(
        "CREATE TYPE mood AS ENUM ('a', 'b');",
        "ALTER TYPE mood ADD VALUE 'c';",
        "",
        ("value 'c' of enum mood is there, and was not before",),
    ),
    WayBack("", "CREATE DOMAIN d AS int CHECK (VALUE > 0);", "DROP DOMAIN d;"),
    WayBack(
        "CREATE TYPE pair AS (a int, b text);",
        "ALTER TYPE pair DROP ATTRIBUTE b;",
        "ALTER TYPE pair ADD ATTRIBUTE b varchar;",
        (
            "the list of attributes of composite type pair is a integer, b character varying,"
            " and was a integer, b text",
        ),
    ),
)

COMMENT = f"{TABLE} COMMENT ON TABLE t IS 'all'; COMMENT ON COLUMN t.a IS 'one';"
POLICY = f"{TABLE} CREATE POLICY p ON t FOR UPDATE TO PUBLIC USING (n > 0) WITH CHECK (a <> '');"
GRANT = f"{TABLE} CREATE ROLE reader NOLOGIN; GRANT SELECT, UPDATE (a) ON t TO reader;"
SEQUENCE = "CREATE SEQUENCE s AS int INCREMENT 5 CACHE 2;"
PARTITION = (
    "CREATE TABLE t (n int) PARTITION BY RANGE (n); CREATE TABLE p PARTITION OF t FOR VALUES FROM (1) TO (9);"
)
PROPERTIES = (
    WayBack(
        "CREATE TABLE t (a serial, b smallint GENERATED ALWAYS AS IDENTITY);",
        "ALTER SEQUENCE t_a_seq AS bigint; ALTER TABLE t ALTER b TYPE bigint;",
        "ALTER SEQUENCE t_a_seq AS integer; ALTER TABLE t ALTER b TYPE int;",
        (
            "the option as of sequence t_b_seq is integer, and was smallint",
            "the type of column t.b is integer, and was smallint",
        ),
    ),
    WayBack(COMMENT, "COMMENT ON COLUMN t.a IS 'two';", "COMMENT ON COLUMN t.a IS 'one';"),
    WayBack(
        COMMENT,
        "ALTER TABLE t DROP n; COMMENT ON TABLE t IS NULL;",
        "ALTER TABLE t ADD n int; COMMENT ON COLUMN t.n IS 'new';",
        (
            "the comment of column t.n is new, and was none",
            "the comment of table t is none, and was all",
        ),
    ),
    WayBack(COMMENT, "ALTER TABLE t RENAME a TO b;", "ALTER TABLE t RENAME b TO a;"),
    WayBack(
        f"{FUNCTION} COMMENT ON FUNCTION f(int) IS 'x';",
        "CREATE OR REPLACE FUNCTION f(x int) RETURNS int LANGUAGE sql AS 'SELECT x + 2';",
        "CREATE OR REPLACE FUNCTION f(x int) RETURNS int LANGUAGE sql AS 'SELECT x + 1';",
    ),
    WayBack(
        f"{FUNCTION} COMMENT ON FUNCTION f(int) IS 'x';",
        "DROP FUNCTION f(int);",
        FUNCTION,
        ("the comment of function f(integer) is none, and was x",),
    ),
    WayBack(
        POLICY,
        "ALTER TABLE t RENAME n TO m; DROP POLICY p ON t;",
        "CREATE POLICY p ON t FOR UPDATE USING ((m > 0)) WITH CHECK ((a <> ''::text));"
        " ALTER TABLE t RENAME m TO n;",
    ),
    WayBack(
        POLICY,
        "ALTER POLICY p ON t USING (n > 1); ALTER POLICY p ON t RENAME TO q;",
        "ALTER POLICY q ON t RENAME TO p;",
        ("USING of policy p of table t is n > 1, and was n > 0",),
    ),
    WayBack(
        TABLE,
        "ALTER TABLE t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;",
        "ALTER TABLE t NO FORCE ROW LEVEL SECURITY;",
        ("row level security of table t is enabled, and was none",),
    ),
    WayBack(
        GRANT,
        "REVOKE ALL ON t FROM reader; REVOKE UPDATE (a) ON t FROM reader;",
        "GRANT UPDATE (a) ON t TO reader; GRANT SELECT ON TABLE t TO reader;",
    ),
    WayBack(
        GRANT,
        "DROP TABLE t;",
        TABLE,
        (
            "the privilege SELECT of reader of table t is none, and was granted",
            "the privilege UPDATE of reader of column t.a is none, and was granted",
        ),
    ),
    WayBack(
        f"{TABLE} ALTER TABLE t SET (fillfactor = 70);",
        "ALTER TABLE t RESET (fillfactor);",
        "",
        ("the parameter fillfactor of table t is none, and was 70",),
    ),
    WayBack(
        TABLE,
        "ALTER TABLE t REPLICA IDENTITY FULL; ALTER TABLE t ALTER a SET STATISTICS 100;",
        "ALTER TABLE t REPLICA IDENTITY DEFAULT; ALTER TABLE t ALTER a SET STATISTICS -1;",
    ),
    WayBack(
        TRIGGER,
        "ALTER TABLE t DISABLE TRIGGER g;",
        "",
        ("the firing of trigger g of table t is disabled, and was none",),
    ),
    WayBack(SEQUENCE, "ALTER SEQUENCE s INCREMENT 1;", "ALTER SEQUENCE s INCREMENT BY 5;"),
    WayBack(
        SEQUENCE,
        "DROP SEQUENCE s;",
        "CREATE SEQUENCE s;",
        (
            "the option as of sequence s is none, and was integer",
            "the option cache of sequence s is none, and was 2",
            "the option increment of sequence s is none, and was 5",
        ),
    ),
    WayBack(
        PARTITION,
        "ALTER TABLE t DETACH PARTITION p;",
        "ALTER TABLE t ATTACH PARTITION p FOR VALUES FROM ('1') TO (9);",
    ),
    WayBack(
        PARTITION,
        "ALTER TABLE t DETACH PARTITION p;",
        "ALTER TABLE t ATTACH PARTITION p FOR VALUES FROM (1) TO (MAXVALUE);",
        ("the bound of table p is FROM (1) TO (MAXVALUE), and was FROM (1) TO (9)",),
    ),
    WayBack(
        f"{TABLE} CREATE VIEW v WITH (security_barrier) AS SELECT a FROM t;",
        "DROP VIEW v;",
        "CREATE VIEW v AS SELECT a FROM t;",
        ("the parameter security_barrier of view v is none, and was true",),
    ),
)

WAYS_BACK = {
    "properties": PROPERTIES,
    "tables": TABLES,
    "columns": COLUMNS,
    "constraints": CONSTRAINTS,
    "indexes": INDEXES,
    "triggers": TRIGGERS,
    "views": VIEWS,
    "functions": FUNCTIONS,
    "types": TYPES,
}
