"""What the server refuses, whatever the rows: alone, or because a transaction is open."""

from tests.verify.form import LINKED, ORDERS, PARTS, Form

_VIEW = ORDERS + "CREATE VIEW v AS SELECT status FROM orders;"

_PARTED = "CREATE TABLE parted (a int, b int) PARTITION BY RANGE (b);"
_PART = "CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (1) TO (2);"
_DEFAULT = "CREATE TABLE parted_rest PARTITION OF parted DEFAULT;"
_TWO = "CREATE TABLE one (x int, y int); CREATE TABLE two (x int, y int, z text);"
_SUMS = "CREATE MATERIALIZED VIEW sums AS SELECT status, count(*) AS n FROM orders GROUP BY 1"

_OF_PARTITIONS = (
    Form(_PARTED, "ALTER TABLE parted ADD UNIQUE (a)", refused="0A000"),
    Form(_PARTED, "ALTER TABLE parted ADD UNIQUE (b, a)"),
    Form(_PARTED, "ALTER TABLE parted ADD COLUMN c int PRIMARY KEY", refused="0A000"),
    Form(_PARTED, "ALTER TABLE parted ADD COLUMN a int UNIQUE", refused="42701"),
    Form(_PARTED, "CREATE UNIQUE INDEX ON parted (a) INCLUDE (b)", refused="0A000"),
    Form(_PARTED, "CREATE UNIQUE INDEX ON parted (a, b)"),
    Form(_PARTED, "CREATE INDEX ON parted (a)"),
    Form(_PARTED, "ALTER TABLE parted ADD EXCLUDE (b WITH =)", until=16, refused="0A000"),
    Form(_PARTED, "ALTER TABLE parted ADD EXCLUDE (a WITH =)", since=18, refused="0A000"),
    Form(_PARTED, "ALTER TABLE parted ADD EXCLUDE (b WITH =)", since=18),
    Form(
        _PARTED + "CREATE UNIQUE INDEX parted_b ON parted (b);",
        "ALTER TABLE parted ADD UNIQUE USING INDEX parted_b",
        refused="0A000",
    ),
    Form("", "CREATE TABLE p (a int PRIMARY KEY, b int) PARTITION BY RANGE (b)", refused="0A000"),
    Form("", "CREATE TABLE p (a int PRIMARY KEY, b int) PARTITION BY RANGE ((a + 1))", refused="0A000"),
    Form("", "CREATE TABLE p (a int, b int, PRIMARY KEY (a, b)) PARTITION BY RANGE (b)"),
    Form(
        _PARTED + "CREATE UNIQUE INDEX ON parted (b);",
        "CREATE TABLE p PARTITION OF parted FOR VALUES FROM (1) TO (2) PARTITION BY LIST (a)",
        refused="0A000",
    ),
    Form(
        _PARTED + "CREATE UNIQUE INDEX ON parted (b, a);",
        "CREATE TABLE p PARTITION OF parted FOR VALUES FROM (1) TO (2) PARTITION BY LIST (a)",
    ),
    Form(
        _PARTED + _PART + _DEFAULT,
        "ALTER TABLE parted DETACH PARTITION parted_1 CONCURRENTLY",
        refused="55000",
    ),
    Form(_PARTED + _PART, "ALTER TABLE parted DETACH PARTITION parted_1 CONCURRENTLY", refused="25001"),
)
_KEPT = (
    "CREATE TABLE people (id int PRIMARY KEY, name varchar(50), age int);"
    "CREATE VIEW named AS SELECT id, name FROM people; CREATE VIEW on_it AS SELECT id FROM named;"
    "CREATE MATERIALIZED VIEW kept AS SELECT id FROM people; CREATE TYPE mood AS ENUM ('a');"
    "CREATE FUNCTION f(a int, b text DEFAULT 'x') RETURNS int LANGUAGE sql AS 'SELECT 1';"
    "CREATE FUNCTION pair(OUT x int, OUT y text) LANGUAGE sql AS $$SELECT 1, 'a'$$;"
    "CREATE FUNCTION rows() RETURNS TABLE (x int, y text) LANGUAGE sql AS $$SELECT 1, 'a'$$;"
    "CREATE FUNCTION plain(int) RETURNS mood LANGUAGE sql AS $$SELECT NULL::mood$$;"
    "CREATE FUNCTION old(int) RETURNS mood LANGUAGE sql AS $$SELECT NULL::mood$$;"
    "CREATE PROCEDURE p(a int) LANGUAGE sql AS 'SELECT 1';"
)
_SQL = "LANGUAGE sql AS"
_REPLACED = (
    *(
        Form(_KEPT, f"CREATE OR REPLACE VIEW named AS SELECT {columns} FROM people", refused="42P16")
        for columns in ("id", "id, age", "name, id", "id AS number, name")
    ),
    Form(_KEPT, "CREATE OR REPLACE VIEW named (id, called) AS SELECT id, name FROM people", refused="42P16"),
    Form(
        _KEPT + "ALTER TABLE people RENAME name TO full_name;",
        "CREATE OR REPLACE VIEW named AS SELECT id, full_name FROM people",
        refused="42P16",
    ),
    Form(_KEPT, "CREATE OR REPLACE VIEW named AS SELECT id, name, age FROM people"),
    Form(_KEPT, "CREATE OR REPLACE VIEW named AS SELECT age AS id, name FROM people"),
    Form(
        _KEPT,
        "CREATE OR REPLACE VIEW named AS SELECT id, name::text AS name FROM people",
        refused="42P16",
        foretold=False,
    ),
    Form(
        _KEPT + "CREATE VIEW joined AS SELECT * FROM people JOIN (SELECT 1 AS id, 2 AS n) x USING (id);",
        "CREATE OR REPLACE VIEW joined AS SELECT id, name, age, 3 AS n FROM people",
    ),
    Form(_KEPT, "CREATE OR REPLACE VIEW named (id) AS SELECT id, name FROM people"),
    *(
        Form(_KEPT, f"CREATE OR REPLACE FUNCTION {text}", refused="42P13")
        for text in (
            f"f(a int, b text DEFAULT 'x') RETURNS bigint {_SQL} 'SELECT 1::bigint'",
            f"f(a int, b text DEFAULT 'x') RETURNS SETOF int {_SQL} 'SELECT 1'",
            f"f(c int, b text DEFAULT 'x') RETURNS int {_SQL} 'SELECT 1'",
            f"f(int, b text DEFAULT 'x') RETURNS int {_SQL} 'SELECT 1'",
            f"f(a int, b text) RETURNS int {_SQL} 'SELECT 1'",
            f"pair(OUT x int, OUT z text) {_SQL} $$SELECT 1, 'a'$$",
            f"pair(OUT x int) {_SQL} 'SELECT 1'",
            f"rows() RETURNS TABLE (x int, y int) {_SQL} 'SELECT 1, 2'",
            f"rows() RETURNS TABLE (x int, y text, z int) {_SQL} $$SELECT 1, 'a', 2$$",
            f"plain(int) RETURNS text {_SQL} $$SELECT 'a'$$",
        )
    ),
    *(
        Form(_KEPT, f"CREATE OR REPLACE FUNCTION {text}")
        for text in (
            f"f(a integer, b text DEFAULT 'y') RETURNS integer {_SQL} 'SELECT 2'",
            f"f(a int DEFAULT 1, b text DEFAULT 'x') RETURNS int {_SQL} 'SELECT 1'",
            f"f(a int, b int) RETURNS text {_SQL} $$SELECT 'a'$$",
            f"plain(a int) RETURNS mood {_SQL} $$SELECT NULL::mood$$",
            f"rows() RETURNS TABLE (x int, y text) {_SQL} $$SELECT 2, 'b'$$",
            f"pair(OUT x int, OUT y text) {_SQL} $$SELECT 2, 'b'$$",
            f"typed(a people.id%TYPE) RETURNS people.id%TYPE {_SQL} 'SELECT 1'",
        )
    ),
    Form(
        _KEPT + "ALTER TYPE mood RENAME TO humour;",
        f"CREATE OR REPLACE FUNCTION old(int) RETURNS humour {_SQL} $$SELECT NULL::humour$$",
    ),
    Form(
        _KEPT + f"CREATE FUNCTION typed(a int) RETURNS people.id%TYPE {_SQL} 'SELECT 1';",
        f"CREATE OR REPLACE FUNCTION typed(a int) RETURNS int {_SQL} 'SELECT 1'",
    ),
    Form(_KEPT, f"CREATE OR REPLACE PROCEDURE f(a int, b text) {_SQL} 'SELECT 1'", refused="42809"),
    Form(_KEPT, f"CREATE OR REPLACE FUNCTION p(a int) RETURNS int {_SQL} 'SELECT 1'", refused="42809"),
    Form(_KEPT, f"CREATE OR REPLACE PROCEDURE p(a int) {_SQL} 'SELECT 2'"),
)
_BY_DAY = (
    "CREATE TABLE days (id int, at date) PARTITION BY RANGE (at);"
    "CREATE TABLE days_1 PARTITION OF days FOR VALUES FROM ('2024-01-01') TO ('2024-02-01');"
    "CREATE TABLE first PARTITION OF days FOR VALUES FROM (MINVALUE) TO ('2000-01-01');"
    "CREATE TABLE nums (n int) PARTITION BY RANGE (n); CREATE TABLE n_1 PARTITION OF nums FOR VALUES FROM (-5) TO (10);"
    "CREATE TABLE words (w text) PARTITION BY RANGE (w); CREATE TABLE w_1 PARTITION OF words FOR VALUES FROM ('1') TO ('3');"
    "CREATE TABLE kinds (k text) PARTITION BY LIST (k); CREATE TABLE k_1 PARTITION OF kinds FOR VALUES IN ('a', 'b');"
    "CREATE TABLE days_9 (id int, at date);"
)
_OVERLAPPING = (
    *(
        Form(_BY_DAY, statement, refused="42P17")
        for statement in (
            "CREATE TABLE days_2 PARTITION OF days FOR VALUES FROM ('2024-01-31') TO ('2024-03-01')",
            "CREATE TABLE days_2 PARTITION OF days FOR VALUES FROM ('1999-01-01') TO ('1999-02-01')",
            "CREATE TABLE days_2 PARTITION OF days FOR VALUES FROM ('2024-03-01') TO ('2024-02-01')",
            "ALTER TABLE days ATTACH PARTITION days_9 FOR VALUES FROM ('2023-01-01') TO (MAXVALUE)",
            "CREATE TABLE n_2 PARTITION OF nums FOR VALUES FROM (9) TO (100)",
            "CREATE TABLE n_2 PARTITION OF nums FOR VALUES FROM (-100) TO (-4)",
            "CREATE TABLE k_2 PARTITION OF kinds FOR VALUES IN ('c', 'b')",
        )
    ),
    *(
        Form(_BY_DAY, statement)
        for statement in (
            "CREATE TABLE days_2 PARTITION OF days FOR VALUES FROM ('2024-02-01') TO ('2024-03-01')",
            "CREATE TABLE n_2 PARTITION OF nums FOR VALUES FROM (10) TO (100)",
            "CREATE TABLE w_2 PARTITION OF words FOR VALUES FROM ('30') TO ('4')",
            "CREATE TABLE k_2 PARTITION OF kinds FOR VALUES IN ('c', NULL)",
            "CREATE TABLE n_2 PARTITION OF nums FOR VALUES FROM (1 + 10) TO (100)",
        )
    ),
)
_OF_KEYS = (
    Form(
        "CREATE VIEW one AS SELECT 1 AS x;",
        "ALTER TABLE one ADD CHECK (x > 0)",
        refused="42809",
        foretold=False,
    ),
    Form("", "CREATE TABLE t (x int PRIMARY KEY, y int PRIMARY KEY)", refused="42P16"),
    Form("", "CREATE TABLE t (x int, UNIQUE (x, x))", refused="42701"),
    Form(_TWO, "ALTER TABLE one ADD PRIMARY KEY (x, x)", refused="42701"),
    Form(_TWO, "CREATE UNIQUE INDEX ON one (x, x)"),
    Form("CREATE VIEW one AS SELECT 1 AS x;", "CREATE TABLE t (x int REFERENCES one (x))", refused="42809"),
    Form(
        "CREATE UNLOGGED TABLE one (x int PRIMARY KEY);",
        "CREATE TABLE t (x int REFERENCES one)",
        refused="42P16",
    ),
    Form("CREATE UNLOGGED TABLE one (x int PRIMARY KEY);", "CREATE UNLOGGED TABLE t (x int REFERENCES one)"),
    Form(
        "CREATE TABLE one (x int PRIMARY KEY);",
        "CREATE TEMPORARY TABLE brief (x int REFERENCES one)",
        refused="42P16",
    ),
    Form(
        "CREATE TABLE one (x int PRIMARY KEY);",
        "CREATE TEMPORARY TABLE short (x int PRIMARY KEY); CREATE TABLE u (x int REFERENCES pg_temp.short)",
        refused="42P16",
    ),
    Form(_TWO, "ALTER TABLE two ADD FOREIGN KEY (x) REFERENCES one", refused="42704"),
    Form(_TWO, "ALTER TABLE two ADD FOREIGN KEY (x) REFERENCES one (x)", refused="42830"),
    Form(_TWO, "ALTER TABLE two ADD FOREIGN KEY (x, y) REFERENCES one (x, x)", refused="42830"),
    Form(_TWO, "ALTER TABLE one ADD COLUMN up int REFERENCES one (x)", refused="42830"),
    Form(_TWO, "ALTER TABLE one ADD FOREIGN KEY (y) REFERENCES one (x), ADD UNIQUE (x)"),
    Form(_TWO, "ALTER TABLE one ADD FOREIGN KEY (y) REFERENCES one, ADD PRIMARY KEY (x)"),
    Form(
        _TWO + "CREATE UNIQUE INDEX ON one (x) WHERE y > 0;",
        "ALTER TABLE two ADD FOREIGN KEY (x) REFERENCES one (x)",
        refused="42830",
    ),
    Form(
        _TWO + "CREATE UNIQUE INDEX ON one (y, x);",
        "ALTER TABLE two ADD FOREIGN KEY (x) REFERENCES one (x)",
        refused="42830",
    ),
    Form(
        _TWO + "CREATE UNIQUE INDEX ON one (y, x);",
        "ALTER TABLE two ADD FOREIGN KEY (x, y) REFERENCES one (x, y)",
    ),
    Form(
        _TWO + "CREATE UNIQUE INDEX ON one (y, x);",
        "ALTER TABLE two ADD FOREIGN KEY (x) REFERENCES one (x, y)",
        refused="42830",
    ),
    Form(
        _TWO + "ALTER TABLE one ADD UNIQUE (x) DEFERRABLE;",
        "ALTER TABLE two ADD FOREIGN KEY (x) REFERENCES one (x)",
        refused="55000",
    ),
    Form("", "CREATE TABLE t (x int UNIQUE, up int REFERENCES t (x))"),
    Form("", "CREATE TABLE t (x int PRIMARY KEY, up int REFERENCES t)"),
    Form("", "CREATE TABLE t (x int, up int REFERENCES t)", refused="42704"),
    Form("", "CREATE TABLE t (x int UNIQUE DEFERRABLE, up int REFERENCES t (x))", refused="55000"),
    Form("", "CREATE TABLE t (x uuid PRIMARY KEY, up int REFERENCES t)", refused="42804"),
    Form(
        "CREATE TABLE one (x int UNIQUE, y int);",
        "CREATE TABLE t (LIKE one INCLUDING INDEXES, FOREIGN KEY (y) REFERENCES t (x))",
    ),
    Form(
        _TWO + "ALTER TABLE one ADD UNIQUE (x);",
        "ALTER TABLE two ADD FOREIGN KEY (z) REFERENCES one (x)",
        refused="42804",
    ),
    Form(
        "CREATE TYPE mood AS ENUM ('sad'); CREATE TABLE one (x mood PRIMARY KEY);",
        "CREATE TABLE t (x text REFERENCES one)",
        refused="42804",
    ),
    Form(
        "CREATE DOMAIN number AS int; CREATE TABLE one (x number PRIMARY KEY);",
        "CREATE TABLE t (x bigint REFERENCES one)",
    ),
    Form("CREATE TABLE one (x int[] PRIMARY KEY);", "CREATE TABLE t (x int[] REFERENCES one)"),
    Form("CREATE TABLE one (x int[] PRIMARY KEY);", "CREATE TABLE t (x int REFERENCES one)", refused="42804"),
    Form(_TWO, "CREATE TABLE t (x int REFERENCES one (z))", refused="42703", foretold=False),
    Form(
        "CREATE TABLE {schema}.copied AS SELECT * FROM {schema}.hidden;"
        "CREATE UNIQUE INDEX ON {schema}.copied (x);",
        "CREATE TABLE {schema}.t (x int REFERENCES {schema}.copied (x))",
        unseen="CREATE TABLE hidden (x int);",
    ),
    Form("CREATE TABLE one (x numeric PRIMARY KEY);", "CREATE TABLE t (x bigint REFERENCES one)"),
    Form(
        "CREATE TABLE one (x bigint PRIMARY KEY);",
        "CREATE TABLE t (x numeric REFERENCES one)",
        refused="42804",
    ),
)
_OF_VIEWS = (
    Form(
        f"{ORDERS}{_SUMS}; DO $$ BEGIN IF current_user <> 'nobody' THEN"
        " CREATE UNIQUE INDEX sums_status ON sums (status); END IF; END $$;",
        "REFRESH MATERIALIZED VIEW CONCURRENTLY sums",
    ),
    Form(ORDERS + _SUMS, "REFRESH MATERIALIZED VIEW CONCURRENTLY sums", refused="55000"),
    Form(
        f"{ORDERS}{_SUMS}; CREATE UNIQUE INDEX ON sums (status) WHERE n > 1;",
        "REFRESH MATERIALIZED VIEW CONCURRENTLY sums",
        refused="55000",
    ),
    Form(
        f"{ORDERS}{_SUMS} WITH NO DATA; CREATE UNIQUE INDEX ON sums (status);",
        "REFRESH MATERIALIZED VIEW CONCURRENTLY sums",
        refused="0A000",
    ),
    Form(
        f"{ORDERS}{_SUMS}; CREATE UNIQUE INDEX ON sums (status);",
        "REFRESH MATERIALIZED VIEW CONCURRENTLY sums",
    ),
)
_OF_LATER_VERSIONS = tuple(
    Form(setup, statement, until=16, refused=sqlstate)
    for setup, statement, sqlstate in (
        (
            ORDERS,
            "MERGE INTO orders o USING orders p ON o.id = p.id WHEN MATCHED THEN DELETE RETURNING o.id",
            "42601",
        ),
        ("", "SELECT * FROM JSON_TABLE('{}'::jsonb, '$' COLUMNS (a int PATH '$.a')) AS t", "42601"),
        ("", "CREATE TABLE t (a int, CONSTRAINT given NOT NULL a)", "42601"),
        (ORDERS, "ALTER TABLE orders ADD CONSTRAINT given NOT NULL n", "42601"),
        (ORDERS, "ALTER TABLE orders ADD CHECK (n > 0) NOT ENFORCED", "42601"),
        ("", "CREATE TABLE t (a int CHECK (a > 0) NOT ENFORCED)", "42601"),
        (LINKED, "ALTER TABLE posts ALTER CONSTRAINT posts_user NOT ENFORCED", "42601"),
        ("", "CREATE TABLE t (a int4range, PRIMARY KEY (a WITHOUT OVERLAPS))", "42601"),
        (ORDERS, "ALTER TABLE orders ADD COLUMN twice int GENERATED ALWAYS AS (n * 2)", "42601"),
        ("", "CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a) VIRTUAL)", "42601"),
        (ORDERS, "UPDATE orders SET n = 1 RETURNING WITH (OLD AS o) o.n", "42601"),
        (ORDERS, "GRANT MAINTAIN ON orders TO PUBLIC", "42601"),
        ("", "SELECT uuidv7()", "42883"),
        ("", "SELECT casefold('A')", "42883"),
        (
            "CREATE TABLE t (a int, b int GENERATED ALWAYS AS (a) STORED);",
            "ALTER TABLE t ALTER b SET EXPRESSION AS (a + 1)",
            "42601",
        ),
    )
)
REFUSED = (
    *_OF_LATER_VERSIONS,
    *_OF_PARTITIONS,
    *_OF_KEYS,
    *_REPLACED,
    *_OVERLAPPING,
    Form(ORDERS, "DO $$ BEGIN UPDATE orders SET n = 1; COMMIT; END $$"),
    Form(
        ORDERS,
        "BEGIN; DO $$ BEGIN UPDATE orders SET n = 1; COMMIT; END $$; COMMIT",
        refused="2D000",
        foretold=False,
    ),
    *_OF_VIEWS,
    Form(_VIEW, "ALTER TABLE orders ALTER status TYPE varchar", refused="0A000"),
    Form(_VIEW, "ALTER TABLE orders DROP COLUMN status", refused="2BP01"),
    Form(
        PARTS + "CREATE TABLE users (id int PRIMARY KEY);",
        "ALTER TABLE parts ADD FOREIGN KEY (id) REFERENCES users NOT VALID",
        until=16,
        refused="42809",
    ),
    Form(PARTS, "CREATE INDEX CONCURRENTLY i ON parts (id)", refused="0A000"),
    Form(ORDERS, "DROP INDEX orders_pkey", refused="2BP01"),
    Form(LINKED, "DROP TABLE users", refused="2BP01"),
    Form(LINKED, "TRUNCATE users", refused="0A000"),
    Form("", "SAVEPOINT s", refused="25P01"),
    Form("", "COMMIT AND CHAIN", refused="2D000".replace("2D000", "25P01")),
    Form("", "ROLLBACK AND CHAIN", refused="25P01"),
    Form(ORDERS, "LOCK TABLE orders", refused="25P01"),
    Form("", "COMMIT PREPARED 'x'", refused="25001"),
    Form("", "CREATE DATABASE other", refused="25001"),
    Form("", "REINDEX SCHEMA {schema}", refused="25001"),
    Form("", "REINDEX DATABASE", refused="25001"),
    Form(ORDERS, "VACUUM orders", refused="25001"),
    Form(ORDERS, "CREATE INDEX CONCURRENTLY i ON orders (n)", refused="25001"),
    Form(ORDERS + "CREATE INDEX i ON orders (n);", "DROP INDEX CONCURRENTLY i", refused="25001"),
    Form(
        ORDERS + "CREATE INDEX i ON orders (n); CREATE INDEX j ON orders (n);",
        "DROP INDEX CONCURRENTLY i, j",
        refused="0A000",
    ),
    Form(ORDERS + "CREATE INDEX i ON orders (n);", "DROP INDEX CONCURRENTLY i CASCADE", refused="0A000"),
    # The history goes on as if the statement were not there.
    Form(ORDERS, "ALTER TABLE orders ADD PRIMARY KEY (n)", refused="42P16"),
    Form(ORDERS, "ALTER TABLE orders ADD CONSTRAINT orders_pkey UNIQUE (n)", refused="42P07"),
    Form(
        ORDERS + "ALTER TABLE orders ADD CONSTRAINT c CHECK (n > 0) NOT VALID;",
        "ALTER TABLE orders ADD CONSTRAINT c CHECK (n > 1)",
        refused="42710",
    ),
    Form(ORDERS, "ALTER TABLE orders ADD COLUMN n int", refused="42701"),
    Form(ORDERS, "CREATE INDEX orders_pkey ON orders (n)", refused="42P07"),
    Form(ORDERS, "CREATE TABLE orders (a int)", refused="42P07"),
    # Not foretold.
    Form("", "CREATE TABLE t (a int) INHERITS (t)", refused="42P01", foretold=False),
    Form("", "CREATE DOMAIN d AS d", refused="42704", foretold=False),
    Form("CREATE TABLE t (a int);", "ALTER TABLE t INHERIT t", refused="42P07", foretold=False),
    Form(PARTS, "ALTER TABLE parts ATTACH PARTITION parts_1 DEFAULT", refused="42809"),
)
