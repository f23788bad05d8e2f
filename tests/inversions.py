"""Forms of statements whose way back is drafted, each on tables with rows."""

from typing import NamedTuple


class Form(NamedTuple):
    """An up on a setup; `fill` is what people would put into the draft where it says so.

    `stays` are beginnings of names in the catalog that a draft says it leaves as they are; `loses`: rows or
    values are gone, or have to be changed first, as it says, too; `since` is the first major version that
    knows the statements.
    """

    up: str
    setup: str = ""
    fill: str = ""
    stays: tuple[str, ...] = ()
    loses: bool = False
    since: int = 0


TOOLS = """
CREATE ROLE shop NOLOGIN;
CREATE TYPE mood AS ENUM ('ok', 'bad');
CREATE TABLE maker (id int PRIMARY KEY, name text);
CREATE TABLE tool (
  id serial PRIMARY KEY, name text NOT NULL DEFAULT 'x', price numeric(8,2), maker_id int REFERENCES maker,
  size int, note varchar(20), made timestamptz, state mood DEFAULT 'ok',
  twice int GENERATED ALWAYS AS (size * 2) STORED,
  CONSTRAINT positive CHECK (price > 0), CONSTRAINT tool_name_key UNIQUE (name)
);
INSERT INTO maker VALUES (1, 'one'), (2, NULL);
INSERT INTO tool (name, price, maker_id, size, note, made)
VALUES ('a', 1, 1, 3, 'n', '2020-01-01'), ('b', NULL, 2, NULL, NULL, NULL);
"""
RICH = f"""{TOOLS}
CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE INDEX tool_size ON tool (size DESC NULLS LAST, lower(name)) INCLUDE (price) WHERE size > 1;
CREATE INDEX tool_made ON tool USING brin (made) WITH (pages_per_range = 16);
CREATE STATISTICS tool_both ON (size + 1), lower(note) FROM tool;
CREATE TRIGGER noted BEFORE UPDATE OF size ON tool FOR EACH ROW WHEN (new.size > 0)
  EXECUTE FUNCTION noted('x');
ALTER TABLE tool DISABLE TRIGGER noted;
CREATE RULE nothing AS ON DELETE TO tool WHERE old.size > 5 DO INSTEAD NOTHING;
ALTER TABLE tool ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY small ON tool FOR UPDATE TO shop USING (size < 9) WITH CHECK (price > 0);
ALTER TABLE tool SET (fillfactor = 70), ALTER size SET STATISTICS 50, ALTER note SET STORAGE EXTERNAL;
COMMENT ON TABLE tool IS 'sold';
COMMENT ON COLUMN tool.size IS 'in mm';
COMMENT ON CONSTRAINT positive ON tool IS 'no gift';
COMMENT ON INDEX tool_size IS 'for lists';
GRANT SELECT, INSERT ON tool TO shop;
GRANT UPDATE (size) ON tool TO shop;
CREATE TABLE part (tool_id int REFERENCES tool ON DELETE CASCADE, n int);
CREATE VIEW cheap AS SELECT id, name, price FROM tool WHERE price < 9;
GRANT SELECT ON cheap TO shop;
CREATE VIEW cheapest AS SELECT * FROM cheap WHERE price < 2;
"""
MEASURED = """
CREATE TABLE m (at date NOT NULL, v int) PARTITION BY RANGE (at);
CREATE TABLE m1 PARTITION OF m FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE INDEX m_v ON m (v);
INSERT INTO m VALUES ('2020-05-05', 1);
"""
TABLES = (
    Form(
        "CREATE TABLE box (id int PRIMARY KEY, tool_id int REFERENCES tool); CREATE INDEX ON box (tool_id);",
        TOOLS,
    ),
    Form(
        "CREATE TABLE copied AS SELECT id, name FROM tool;",
        TOOLS,
    ),
    Form(
        "CREATE TABLE copied (LIKE tool INCLUDING ALL);",
        TOOLS,
    ),
    Form(
        "CREATE TABLE IF NOT EXISTS tool (id int);",
        TOOLS,
    ),
    Form(
        "CREATE TABLE IF NOT EXISTS box (id int); CREATE UNLOGGED TABLE bag (id int);",
        TOOLS,
    ),
    Form(
        "DROP TABLE part;",
        RICH,
        loses=True,
    ),
    Form(
        "DROP TABLE tool CASCADE;",
        RICH,
        loses=True,
    ),
    Form(
        "DROP TABLE part; DROP VIEW cheapest, cheap; DROP TABLE tool;",
        RICH,
        loses=True,
    ),
    Form(
        "ALTER TABLE tool RENAME TO item;",
        RICH,
    ),
    Form(
        "CREATE SCHEMA store; ALTER TABLE tool SET SCHEMA store;",
        RICH,
    ),
    Form(
        "ALTER TABLE maker SET UNLOGGED;",
        "CREATE TABLE maker (id int PRIMARY KEY); INSERT INTO maker VALUES (1);",
    ),
    Form(
        "ALTER TABLE tool SET (fillfactor = 50, autovacuum_enabled = false);",
        RICH,
    ),
    Form(
        "ALTER TABLE tool RESET (fillfactor);",
        RICH,
    ),
    Form(
        "ALTER TABLE tool OWNER TO shop;",
        TOOLS,
    ),
    Form(
        "ALTER TABLE tool NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY;",
        RICH,
    ),
    Form(
        "ALTER TABLE tool ENABLE ROW LEVEL SECURITY;",
        TOOLS,
    ),
    Form(
        "CREATE POLICY own ON tool USING (id > 1);",
        RICH,
    ),
    Form(
        "DROP POLICY small ON tool;",
        RICH,
    ),
    Form(
        "ALTER POLICY small ON tool TO PUBLIC USING (size < 2);",
        RICH,
    ),
    Form(
        "ALTER POLICY small ON tool RENAME TO little;",
        RICH,
    ),
    Form(
        "CREATE TABLE m2 PARTITION OF m FOR VALUES FROM ('2021-01-01') TO ('2022-01-01');",
        MEASURED,
    ),
    Form(
        "CREATE TABLE rest PARTITION OF m DEFAULT;",
        MEASURED,
    ),
    Form(
        "ALTER TABLE m DETACH PARTITION m1;",
        MEASURED,
    ),
    Form(
        "DROP TABLE m1;",
        MEASURED,
        loses=True,
    ),
    Form(
        "DROP TABLE m;",
        MEASURED,
        loses=True,
    ),
    Form(
        "CREATE TABLE child (extra int) INHERITS (maker);",
        TOOLS,
    ),
    Form(
        "ALTER TABLE heir INHERIT maker;",
        TOOLS + " CREATE TABLE heir (id int NOT NULL, name text);",
    ),
    Form(
        "ALTER TABLE heir NO INHERIT maker;",
        TOOLS + " CREATE TABLE heir (more int) INHERITS (maker);",
    ),
    Form(
        "ALTER TABLE tool CLUSTER ON tool_pkey;",
        TOOLS,
    ),
    Form(
        "ALTER TABLE tool SET WITHOUT CLUSTER;",
        TOOLS + " ALTER TABLE tool CLUSTER ON tool_pkey;",
    ),
    Form(
        "ALTER TABLE tool REPLICA IDENTITY FULL;",
        TOOLS,
    ),
    Form(
        "ALTER TABLE tool REPLICA IDENTITY USING INDEX tool_name_key;",
        TOOLS,
    ),
    Form(
        "TRUNCATE part;",
        RICH,
        loses=True,
    ),
    Form(
        "TRUNCATE tool CASCADE;",
        RICH,
        loses=True,
    ),
    Form(
        "DELETE FROM tool WHERE size IS NULL;",
        TOOLS,
        loses=True,
    ),
)
COLUMNS = (
    Form(
        "ALTER TABLE tool ADD COLUMN weight int;",
        RICH,
    ),
    Form(
        "ALTER TABLE tool ADD COLUMN weight int NOT NULL DEFAULT 3, ADD COLUMN hue text UNIQUE;",
        RICH,
    ),
    Form(
        "ALTER TABLE maker ADD COLUMN tool_id int REFERENCES tool;",
        TOOLS,
    ),
    Form(
        "ALTER TABLE maker ADD COLUMN no bigserial;",
        TOOLS,
    ),
    Form(
        "ALTER TABLE maker ADD COLUMN no int GENERATED ALWAYS AS IDENTITY;",
        TOOLS,
    ),
    Form(
        "ALTER TABLE tool ADD COLUMN IF NOT EXISTS size int, ADD COLUMN IF NOT EXISTS hue int;",
        RICH,
    ),
    Form(
        "ALTER TABLE tool DROP COLUMN made;",
        RICH,
        loses=True,
    ),
    Form(
        "ALTER TABLE tool DROP COLUMN size CASCADE;",
        RICH,
        loses=True,
    ),
    Form(
        "ALTER TABLE tool DROP COLUMN price CASCADE;",
        RICH,
        loses=True,
    ),
    Form(
        "ALTER TABLE tool DROP COLUMN maker_id;",
        TOOLS,
        loses=True,
    ),
    Form(
        "ALTER TABLE tool DROP COLUMN name CASCADE;",
        TOOLS,
        fill="md5(random()::text)",
        loses=True,
    ),
    Form(
        "ALTER TABLE tool DROP COLUMN twice;",
        TOOLS,
    ),
    Form(
        "ALTER TABLE tool DROP COLUMN id CASCADE;",
        RICH,
        loses=True,
    ),
    Form(
        "ALTER TABLE t DROP COLUMN a;",
        "CREATE TABLE t (a int NOT NULL, b int); INSERT INTO t VALUES (1, 2);",
        fill="7",
        loses=True,
    ),
    Form(
        "ALTER TABLE t DROP COLUMN a;",
        "CREATE TABLE t (a int GENERATED BY DEFAULT AS IDENTITY (START 5), b int);",
        loses=True,
    ),
    Form(
        "ALTER TABLE tool RENAME COLUMN size TO width;",
        RICH,
    ),
    Form(
        "ALTER TABLE tool RENAME COLUMN price TO cost; ALTER VIEW cheap RENAME COLUMN price TO cost;",
        RICH,
    ),
    Form(
        "ALTER TABLE tool ALTER maker_id TYPE bigint;",
        TOOLS,
    ),
    Form(
        "ALTER TABLE tool ALTER note TYPE text;",
        TOOLS,
    ),
    Form(
        "ALTER TABLE tool ALTER note TYPE varchar(50);",
        RICH,
    ),
    Form(
        "ALTER TABLE maker ALTER name TYPE int USING length(name);",
        TOOLS,
        loses=True,
    ),
    Form(
        "ALTER TABLE tool ALTER made TYPE timestamp;",
        TOOLS,
    ),
    Form(
        "ALTER TABLE tool ALTER made TYPE date USING made::date;",
        TOOLS,
        loses=True,
    ),
    Form(
        "ALTER TABLE t ALTER j TYPE jsonb;",
        "CREATE TABLE t (j json DEFAULT '{}'); INSERT INTO t VALUES ('{\"a\": 1}');",
        loses=True,
    ),
    Form(
        "ALTER TABLE tool ALTER state DROP DEFAULT, ALTER state TYPE text, ALTER state SET DEFAULT 'ok';",
        TOOLS,
    ),
    Form(
        "ALTER TABLE t ALTER k TYPE mood USING k::mood;",
        "CREATE TYPE mood AS ENUM ('a'); CREATE TABLE t (k text); INSERT INTO t VALUES ('a');",
    ),
    Form(
        'ALTER TABLE t ALTER k TYPE text COLLATE "C";',
        "CREATE TABLE t (k text); INSERT INTO t VALUES ('a');",
    ),
    Form(
        "ALTER TABLE tool ALTER size TYPE float8;",
        TOOLS + " ALTER TABLE tool DROP twice; CREATE INDEX i ON tool (id) WHERE size > 1;",
    ),
    Form(
        "ALTER TABLE maker ALTER name SET NOT NULL;",
        "CREATE TABLE maker (name text); INSERT INTO maker VALUES ('a');",
    ),
    Form(
        "ALTER TABLE tool ALTER name DROP NOT NULL;",
        TOOLS,
    ),
    Form(
        "ALTER TABLE tool ALTER name SET DEFAULT 'y', ALTER state DROP DEFAULT, ALTER size SET"
        " DEFAULT 1 + 1;",
        TOOLS,
    ),
    Form(
        "ALTER TABLE maker ALTER id ADD GENERATED BY DEFAULT AS IDENTITY;",
        TOOLS,
    ),
    Form(
        "ALTER TABLE t ALTER id DROP IDENTITY;",
        "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY (INCREMENT 5), b int);",
    ),
    Form(
        "ALTER TABLE t ALTER id SET GENERATED BY DEFAULT;",
        "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY, b int);",
    ),
    Form(
        "ALTER TABLE tool ALTER twice DROP EXPRESSION;",
        TOOLS,
    ),
    Form(
        "ALTER TABLE tool ALTER twice SET EXPRESSION AS (size * 3);",
        TOOLS,
        since=17,
    ),
    Form(
        "ALTER TABLE tool ALTER size SET STATISTICS 9, ALTER note SET STORAGE MAIN, ALTER price SET"
        " (n_distinct = 5);",
        RICH,
    ),
    Form(
        "ALTER TABLE tool ALTER size SET STATISTICS -1, ALTER note SET STORAGE DEFAULT;",
        RICH,
        since=16,
    ),
    Form(
        "ALTER TABLE maker ADD title text; UPDATE maker SET title = name; ALTER TABLE maker DROP name;",
        TOOLS,
    ),
    Form(
        "ALTER TABLE t ADD b bigint; UPDATE t SET b = a; ALTER TABLE t DROP a; ALTER TABLE t RENAME b TO a;",
        "CREATE TABLE t (a int NOT NULL); INSERT INTO t VALUES (1), (2);",
    ),
    Form(
        "UPDATE maker SET name = 'none' WHERE name IS NULL; ALTER TABLE maker ALTER name SET NOT NULL;",
        TOOLS,
        loses=True,
    ),
)
CONSTRAINTS = (
    Form(
        "ALTER TABLE tool ADD CHECK (size > 0);",
        TOOLS,
    ),
    Form(
        "ALTER TABLE tool ADD CONSTRAINT small CHECK (size < 99) NOT VALID; ALTER TABLE tool VALIDATE"
        " CONSTRAINT small;",
        TOOLS,
    ),
    Form(
        "ALTER TABLE maker ADD FOREIGN KEY (id) REFERENCES tool DEFERRABLE INITIALLY DEFERRED;",
        TOOLS,
    ),
    Form(
        "ALTER TABLE tool ADD UNIQUE (size, name);",
        TOOLS,
    ),
    Form(
        "ALTER TABLE t ADD PRIMARY KEY (a, b);",
        "CREATE TABLE t (a int, b int NOT NULL); INSERT INTO t VALUES (1, 1);",
    ),
    Form(
        "CREATE UNIQUE INDEX u ON maker (name); ALTER TABLE maker ADD CONSTRAINT named UNIQUE USING INDEX u;",
        TOOLS,
    ),
    Form(
        "ALTER TABLE maker ADD CONSTRAINT named UNIQUE USING INDEX u;",
        TOOLS + " CREATE UNIQUE INDEX u ON maker (name);",
    ),
    Form(
        "ALTER TABLE tool ADD EXCLUDE USING btree (size WITH =) WHERE (size > 1);",
        TOOLS,
    ),
    Form(
        "ALTER TABLE tool DROP CONSTRAINT positive;",
        RICH,
    ),
    Form(
        "ALTER TABLE tool DROP CONSTRAINT tool_maker_id_fkey;",
        RICH,
    ),
    Form(
        "ALTER TABLE part DROP CONSTRAINT part_tool_id_fkey;",
        RICH,
    ),
    Form(
        "ALTER TABLE tool DROP CONSTRAINT tool_name_key;",
        RICH,
    ),
    Form(
        "ALTER TABLE t DROP CONSTRAINT u;",
        "CREATE TABLE t (a int, b int, CONSTRAINT u UNIQUE NULLS NOT DISTINCT (a) INCLUDE (b) WITH"
        " (fillfactor = 50) DEFERRABLE);",
    ),
    Form(
        "ALTER TABLE t DROP CONSTRAINT x;",
        "CREATE TABLE t (a int, r int4range, CONSTRAINT x EXCLUDE USING gist (r WITH &&) WHERE (a >"
        " 0) DEFERRABLE);",
    ),
    Form(
        "ALTER TABLE tool DROP CONSTRAINT tool_pkey CASCADE;",
        RICH,
    ),
    Form(
        "ALTER TABLE maker DROP CONSTRAINT maker_pkey CASCADE;",
        TOOLS,
    ),
    Form(
        "ALTER TABLE t DROP CONSTRAINT c;",
        "CREATE TABLE t (a int); INSERT INTO t VALUES (0); ALTER TABLE t ADD CONSTRAINT c CHECK (a >"
        " 1) NOT VALID;",
    ),
    Form(
        "ALTER TABLE t VALIDATE CONSTRAINT c;",
        "CREATE TABLE t (a int); ALTER TABLE t ADD CONSTRAINT c CHECK (a > 1) NOT VALID;",
        stays=("constraint public.t.c",),
    ),
    Form(
        "ALTER TABLE part ALTER CONSTRAINT part_tool_id_fkey DEFERRABLE INITIALLY DEFERRED;",
        RICH,
    ),
    Form(
        "ALTER TABLE tool RENAME CONSTRAINT positive TO worth; ALTER TABLE tool RENAME CONSTRAINT"
        " tool_pkey TO tool_key;",
        RICH,
    ),
    Form(
        "ALTER TABLE t DROP CONSTRAINT f;",
        "CREATE TABLE p (a int, b int, UNIQUE (a, b)); CREATE TABLE t (a int, b int, CONSTRAINT f"
        " FOREIGN KEY (a, b) REFERENCES p (a, b) MATCH FULL ON DELETE SET NULL ON UPDATE CASCADE);",
    ),
    Form(
        "ALTER TABLE t DROP CONSTRAINT c;",
        "CREATE TABLE t (a int, CONSTRAINT c CHECK (a > 1) NO INHERIT);",
    ),
)
INDEXES = (
    Form(
        "CREATE INDEX ON tool (size); CREATE UNIQUE INDEX one ON tool (name, size DESC);",
        TOOLS,
    ),
    Form(
        "DROP INDEX tool_size;",
        RICH,
    ),
    Form(
        "DROP INDEX tool_made; DROP INDEX tool_size;",
        RICH,
    ),
    Form(
        "ALTER INDEX tool_size RENAME TO by_size;",
        RICH,
    ),
    Form(
        "ALTER INDEX tool_made SET (pages_per_range = 32);",
        RICH,
    ),
    Form(
        "CREATE INDEX m_at ON m (at DESC);",
        MEASURED,
    ),
    Form(
        "DROP INDEX m_v;",
        MEASURED,
    ),
    Form(
        "DROP INDEX i;",
        'CREATE TABLE t (a text, b int); CREATE UNIQUE INDEX i ON t USING btree (a COLLATE "C"'
        " text_pattern_ops, (b + 1) DESC) NULLS NOT DISTINCT;",
    ),
    Form(
        "DROP INDEX i;",
        "CREATE TABLE t (a jsonb); CREATE INDEX i ON t USING gin (a jsonb_path_ops) WITH (fastupdate"
        " = false);",
    ),
    Form(
        "DROP INDEX i;",
        "CREATE TABLE t (a text); CREATE INDEX i ON t ((a IS NULL), coalesce(a, 'x'), (a || 'y'))"
        " WHERE a <> '' AND a IS NOT NULL;",
    ),
)
TYPES = (
    Form(
        "CREATE TYPE hue AS ENUM ('red'); CREATE DOMAIN digit AS int CHECK (VALUE < 10); CREATE TYPE"
        " pair AS (a int, b digit); CREATE TYPE span AS RANGE (subtype = float8); ALTER TABLE maker"
        " ADD hue hue DEFAULT 'red';",
        TOOLS,
    ),
    Form(
        "ALTER TABLE tool DROP state; DROP TYPE mood;",
        TOOLS + " GRANT USAGE ON TYPE mood TO shop; COMMENT ON TYPE mood IS 'x';",
        loses=True,
    ),
    Form(
        "DROP DOMAIN digit;",
        "CREATE DOMAIN digit AS text COLLATE \"C\" DEFAULT '1' NOT NULL CONSTRAINT small CHECK (VALUE <"
        " '9');",
    ),
    Form(
        "DROP TYPE pair; DROP TYPE span;",
        'CREATE TYPE pair AS (a int, b text COLLATE "C"); CREATE TYPE span AS RANGE (subtype = float8);',
    ),
    Form(
        "ALTER TYPE mood ADD VALUE 'fine' BEFORE 'bad';",
        TOOLS,
        loses=True,
    ),
    Form(
        "ALTER TYPE mood ADD VALUE 'fine';",
        TOOLS
        + (
            " CREATE INDEX i ON tool (id) WHERE state = 'ok'; ALTER TABLE tool ADD CHECK (state <> 'bad');"
            " CREATE VIEW v AS SELECT state FROM tool; CREATE FUNCTION f(mood) RETURNS int LANGUAGE sql"
            " AS 'SELECT 1'; GRANT USAGE ON TYPE mood TO shop;"
        ),
        loses=True,
    ),
    Form(
        "ALTER TYPE mood ADD VALUE 'fine';",
        TOOLS + " CREATE DOMAIN felt AS mood;",
        stays=("type public.mood",),
    ),
    Form(
        "ALTER TYPE mood RENAME VALUE 'ok' TO 'good';",
        TOOLS,
    ),
    Form(
        "ALTER TYPE mood RENAME TO feeling;",
        TOOLS,
    ),
    Form(
        "CREATE SCHEMA x; ALTER TYPE mood SET SCHEMA x;",
        TOOLS,
    ),
    Form(
        "ALTER TYPE mood RENAME TO old; CREATE TYPE mood AS ENUM ('ok'); ALTER TABLE tool ALTER state"
        " DROP DEFAULT, ALTER state TYPE mood USING state::text::mood, ALTER state SET DEFAULT 'ok';"
        " DROP TYPE old;",
        TOOLS,
    ),
    Form(
        "ALTER TYPE pair ADD ATTRIBUTE c int; ALTER TYPE pair ALTER ATTRIBUTE a TYPE bigint; ALTER"
        " TYPE pair RENAME ATTRIBUTE b TO d;",
        "CREATE TYPE pair AS (a int, b text);",
    ),
    Form(
        "ALTER TYPE pair DROP ATTRIBUTE b;",
        "CREATE TYPE pair AS (a int, b text);",
    ),
    Form(
        "ALTER DOMAIN digit ADD CONSTRAINT positive CHECK (VALUE >= 0); ALTER DOMAIN digit DROP"
        " DEFAULT; ALTER DOMAIN digit SET NOT NULL; ALTER DOMAIN digit DROP CONSTRAINT small;",
        "CREATE DOMAIN digit AS int DEFAULT 1 CONSTRAINT small CHECK (VALUE < 10);",
    ),
)
CODE = (
    Form(
        "CREATE VIEW v AS SELECT 1 AS one; CREATE VIEW w AS SELECT * FROM v;",
        TOOLS,
    ),
    Form(
        "CREATE OR REPLACE VIEW cheap AS SELECT id, name, price FROM tool WHERE price < 99;",
        RICH,
    ),
    Form(
        "CREATE OR REPLACE VIEW cheap AS SELECT id, name, price, size FROM tool;",
        RICH,
    ),
    Form(
        "DROP VIEW cheapest; DROP VIEW cheap;",
        RICH,
    ),
    Form(
        "DROP VIEW cheap CASCADE; CREATE VIEW cheap WITH (security_barrier) AS SELECT id FROM tool;",
        RICH,
    ),
    Form(
        "DROP POLICY small ON tool; DROP VIEW cheapest, cheap; ALTER TABLE tool ALTER price TYPE"
        " numeric(12,2); CREATE VIEW cheap AS SELECT id, name, price FROM tool WHERE price < 9;"
        " CREATE VIEW cheapest AS SELECT * FROM cheap WHERE price < 2;",
        RICH,
    ),
    Form(
        "DROP VIEW v; ALTER TABLE t ADD b int; CREATE VIEW v AS SELECT * FROM t;",
        "CREATE TABLE t (a int); CREATE VIEW v AS SELECT * FROM t;",
    ),
    Form(
        "ALTER VIEW cheap RENAME TO low; ALTER VIEW low SET (security_barrier);",
        RICH,
    ),
    Form(
        "CREATE MATERIALIZED VIEW mv AS SELECT id FROM tool; CREATE UNIQUE INDEX ON mv (id);",
        TOOLS,
    ),
    Form(
        "DROP MATERIALIZED VIEW mv;",
        TOOLS
        + (
            " CREATE MATERIALIZED VIEW mv AS SELECT id, name FROM tool; CREATE UNIQUE INDEX i ON mv (id);"
            " GRANT SELECT ON mv TO shop; COMMENT ON MATERIALIZED VIEW mv IS 'x'; COMMENT ON COLUMN mv.id"
            " IS 'y';"
        ),
    ),
    Form(
        "CREATE FUNCTION f(a int, b text DEFAULT 'x') RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE"
        " PROCEDURE p() LANGUAGE sql AS 'SELECT 1';",
        TOOLS,
    ),
    Form(
        "CREATE OR REPLACE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN old; END';",
        RICH,
    ),
    Form(
        "CREATE OR REPLACE FUNCTION f(a int) RETURNS int IMMUTABLE STRICT LANGUAGE sql AS 'SELECT 2';",
        TOOLS
        + (
            " CREATE FUNCTION f(a int) RETURNS int COST 7 SET work_mem = '1MB' LANGUAGE sql AS 'SELECT 1';"
            " GRANT EXECUTE ON FUNCTION f TO shop;"
        ),
    ),
    Form(
        "DROP FUNCTION f(int); CREATE FUNCTION f(b int) RETURNS text LANGUAGE sql AS 'SELECT NULL::text';",
        "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1';",
    ),
    Form(
        "DROP FUNCTION noted CASCADE;",
        RICH,
    ),
    Form(
        "DROP FUNCTION f(int);",
        TOOLS
        + (
            " CREATE FUNCTION f(a int) RETURNS int SECURITY DEFINER LANGUAGE sql AS 'SELECT 1'; REVOKE ALL"
            " ON FUNCTION f(int) FROM PUBLIC; GRANT EXECUTE ON FUNCTION f(int) TO shop; COMMENT ON"
            " FUNCTION f IS 'x';"
        ),
    ),
    Form(
        "DROP FUNCTION h CASCADE;",
        "CREATE FUNCTION h(a int) RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT a'; CREATE TABLE t (a"
        " int DEFAULT h(1), CHECK (h(a) > 0)); CREATE INDEX i ON t (h(a)); CREATE VIEW v AS SELECT"
        " h(a) FROM t;",
    ),
    Form(
        "ALTER FUNCTION f(int) RENAME TO g;",
        "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1';",
    ),
    Form(
        "ALTER FUNCTION f(int) STABLE; ALTER FUNCTION f(int) SET search_path = public;",
        "CREATE FUNCTION f(a int) RETURNS int LANGUAGE sql AS 'SELECT 1';",
    ),
    Form(
        "CREATE TRIGGER t2 AFTER INSERT ON tool FOR EACH STATEMENT EXECUTE FUNCTION noted();",
        RICH,
    ),
    Form(
        "DROP TRIGGER noted ON tool;",
        RICH,
    ),
    Form(
        "ALTER TABLE tool ENABLE ALWAYS TRIGGER noted; ALTER TRIGGER noted ON tool RENAME TO seen;",
        RICH,
    ),
    Form(
        "DROP TRIGGER c ON tool;",
        RICH
        + (
            " CREATE CONSTRAINT TRIGGER c AFTER INSERT OR UPDATE ON tool DEFERRABLE INITIALLY DEFERRED FOR"
            " EACH ROW EXECUTE FUNCTION noted();"
        ),
    ),
    Form(
        "DROP TRIGGER r ON tool;",
        RICH
        + (
            " CREATE TRIGGER r AFTER UPDATE ON tool REFERENCING OLD TABLE AS was NEW TABLE AS state FOR"
            " EACH STATEMENT EXECUTE FUNCTION noted();"
        ),
    ),
    Form(
        "DROP RULE nothing ON tool; DROP STATISTICS tool_both;",
        RICH,
    ),
    Form(
        "CREATE RULE more AS ON UPDATE TO tool DO ALSO NOTHING; CREATE STATISTICS other ON id, size"
        " FROM tool;",
        RICH,
    ),
)
OTHERS = (
    Form(
        "CREATE SEQUENCE s; CREATE SEQUENCE q OWNED BY maker.id;",
        TOOLS,
    ),
    Form(
        "DROP SEQUENCE s;",
        TOOLS
        + (
            " CREATE SEQUENCE s AS int START 5 INCREMENT 2 MINVALUE 3 MAXVALUE 99 CACHE 4 CYCLE; GRANT"
            " USAGE ON SEQUENCE s TO shop;"
        ),
    ),
    Form(
        "ALTER SEQUENCE s INCREMENT 9 NO CYCLE MAXVALUE 50;",
        "CREATE SEQUENCE s INCREMENT 2 CYCLE;",
    ),
    Form(
        "ALTER SEQUENCE tool_id_seq OWNED BY NONE; ALTER TABLE tool ALTER id DROP DEFAULT;",
        TOOLS,
    ),
    Form(
        "ALTER TABLE tool ALTER id DROP DEFAULT; DROP SEQUENCE tool_id_seq; ALTER TABLE tool ALTER id"
        " ADD GENERATED ALWAYS AS IDENTITY;",
        TOOLS,
    ),
    Form(
        "COMMENT ON TABLE tool IS 'lent'; COMMENT ON COLUMN tool.size IS NULL; COMMENT ON TYPE mood"
        " IS 'm'; COMMENT ON SCHEMA public IS 'p';",
        RICH + " COMMENT ON SCHEMA public IS 'q';",
    ),
    Form(
        "GRANT ALL ON maker TO shop; GRANT SELECT ON maker TO PUBLIC; GRANT USAGE ON SCHEMA public TO"
        " shop WITH GRANT OPTION;",
        TOOLS,
    ),
    Form(
        "REVOKE SELECT ON tool FROM shop;",
        RICH,
    ),
    Form(
        "REVOKE ALL ON tool FROM shop;",
        RICH,
    ),
    Form(
        "GRANT EXECUTE ON FUNCTION noted() TO shop; REVOKE EXECUTE ON FUNCTION noted() FROM PUBLIC;",
        RICH,
    ),
    Form(
        "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT ON TABLES TO shop;",
        TOOLS,
    ),
    Form(
        "CREATE EXTENSION IF NOT EXISTS vector;",
        "CREATE EXTENSION vector;",
    ),
    Form(
        "CREATE EXTENSION vector; CREATE TABLE t (v vector(3));",
    ),
    Form(
        "DROP EXTENSION vector;",
        "CREATE SCHEMA x; CREATE EXTENSION vector SCHEMA x;",
    ),
    Form(
        "CREATE SCHEMA store; CREATE TABLE store.t (a int); CREATE VIEW store.v AS SELECT a FROM store.t;",
    ),
    Form(
        "DROP SCHEMA store CASCADE;",
        "CREATE SCHEMA store; CREATE TYPE store.k AS ENUM ('a'); CREATE TABLE store.t (id serial, k"
        " store.k); CREATE VIEW store.v AS SELECT k FROM store.t; CREATE FUNCTION store.f() RETURNS"
        " int LANGUAGE sql AS 'SELECT 1';",
    ),
    Form(
        "ALTER SCHEMA store RENAME TO shelf;",
        "CREATE SCHEMA store; CREATE TABLE store.t (a int);",
    ),
    Form(
        "CREATE PUBLICATION p FOR TABLE maker;",
        TOOLS,
    ),
    Form(
        "DROP PUBLICATION p;",
        TOOLS + " CREATE PUBLICATION p FOR TABLE maker;",
    ),
    Form(
        "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_type WHERE typname = 'hue') THEN CREATE TYPE hue"
        " AS ENUM ('a'); END IF; END $$;",
        TOOLS,
    ),
    Form(
        "DO $$ BEGIN CREATE TYPE mood AS ENUM ('x'); EXCEPTION WHEN duplicate_object THEN NULL; END $$;",
        TOOLS,
    ),
    Form(
        "DO $$ BEGIN ALTER TABLE tool ADD hue int; ALTER TABLE tool DROP CONSTRAINT positive; END $$;",
        TOOLS,
    ),
    Form(
        "INSERT INTO maker VALUES (7, 'seven'), (8, 'eight');",
        TOOLS,
    ),
    Form(
        "INSERT INTO maker (name, id) VALUES ('nine', 9);",
        TOOLS,
    ),
    Form(
        "CREATE TABLE tools (LIKE maker INCLUDING ALL); INSERT INTO tools SELECT * FROM maker; DROP"
        " TABLE maker CASCADE; ALTER TABLE tools RENAME TO maker;",
        TOOLS,
    ),
)
FORMS = {
    "tables": TABLES,
    "columns": COLUMNS,
    "constraints": CONSTRAINTS,
    "indexes": INDEXES,
    "types": TYPES,
    "code": CODE,
    "others": OTHERS,
}
