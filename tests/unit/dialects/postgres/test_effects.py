"""What a statement does to the server, in words: locks, work, losses, and why it can fail.

That the server does so is shown in `tests/verify`; these hold the reasons, which no server tells.
"""

from collections.abc import Iterator

import pytest

from miglint.engine import Plan, run
from miglint.model import (
    Direction,
    Effects,
    History,
    Migration,
    Name,
    Script,
    Server,
    Source,
    Span,
    TransactionMode,
)
from miglint.rule import Policy

T = "CREATE TABLE t (id int PRIMARY KEY, a int, b text);"
U = T + " CREATE TABLE u (id int PRIMARY KEY, t_id int CONSTRAINT u_t REFERENCES t);"
P = """
CREATE TABLE p (id int, at date) PARTITION BY RANGE (at);
CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE p2 PARTITION OF p FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
"""


def effects(sql: str, history: str, version: int | None) -> Effects:
    migrations = []
    for name, text in (("1", history), ("2", sql)):
        script = Script(Source(name, text), Span(0, len(text)), Direction.UP, TransactionMode.PER_STATEMENT)
        migrations.append(Migration(name, up=script))
    policy = Policy(servers=(Server("postgres", (version,)),)) if version else Policy()
    return run(History("test", ".", "postgres", tuple(migrations)), Plan(policy=policy)).steps[-1].effects


def words(found: Effects) -> Iterator[str]:
    yield from (f"{lock.mode} {lock.table.display}" for lock in found.locks)
    for kind, works in (
        ("rewrites", found.rewrites),
        ("scans", found.scans),
        ("builds", found.index_builds),
        ("reads", found.reads),
    ):
        for work in works:
            more = (", apart" if work.apart else "") + ("" if work.sure else ", perhaps")
            index = f".{work.index_name}" if work.index_name else ""
            yield f"{kind} {work.table.display}{index}: {work.reason}{more}"
    for loss in found.destroys:
        column = f".{loss.column}" if loss.column else ""
        yield f"loses {loss.kind} {loss.table.display}{column}" + (f": {loss.reason}" if loss.reason else "")
    for rows in found.rows_written:
        yield f"writes {rows.kind} {rows.table.display}" + (", bounded" if rows.bounded else "")
    for failure in found.failures:
        verb = "fails" if failure.certain else "can fail"
        remedy = f" {failure.sqlstate} -> {failure.remedy}" if failure.sqlstate else ""
        yield f"{verb} {shown(failure.table)}: {failure.reason}{remedy}"
    if found.outside_transaction:
        yield f"not in a transaction: {found.outside_transaction}"
    yield from (f"breaks {what.reason}" for what in found.breaks)


def shown(table: Name | None) -> str:
    return table.display if table else "-"


SAID = [
    (
        T,
        "ALTER TABLE t ADD UNIQUE (a)",
        [
            "ACCESS EXCLUSIVE t",
            "builds t.the unique index: the index of the unique constraint is built",
            "can fail t: duplicates in (a)",
        ],
        None,
    ),
    (
        T,
        "ALTER TABLE t ADD CONSTRAINT k UNIQUE NULLS NOT DISTINCT (a, b)",
        [
            "ACCESS EXCLUSIVE t",
            "builds t.k: the index of the unique constraint is built",
            "can fail t: duplicates in (a, b)",
        ],
        None,
    ),
    (
        T,
        "ALTER TABLE t ADD CONSTRAINT x EXCLUDE (a WITH =)",
        ["ACCESS EXCLUSIVE t", "builds t.x: the index of the exclusion constraint is built"],
        None,
    ),
    (
        "CREATE TABLE t (a int, b int NOT NULL);",
        "ALTER TABLE t ADD PRIMARY KEY (a, b)",
        [
            "ACCESS EXCLUSIVE t",
            "scans t: every row is read to check that a is not null",
            "builds t.the primary index: the index of the primary key is built",
            "can fail t: duplicates in (a, b)",
        ],
        None,
    ),
    (
        "CREATE TABLE t (a int); CREATE UNIQUE INDEX i ON t (a);",
        "ALTER TABLE t ADD PRIMARY KEY USING INDEX i",
        ["ACCESS EXCLUSIVE t", "scans t: every row is read to check that a is not null"],
        None,
    ),
    (
        P,
        "ALTER TABLE p ADD PRIMARY KEY (id, at)",
        [
            "ACCESS EXCLUSIVE p",
            "ACCESS EXCLUSIVE p1",
            "ACCESS EXCLUSIVE p2",
            "scans p1: every row is read to check that id is not null",
            "scans p2: every row is read to check that id is not null",
            "builds p1.the primary index: the index of the primary key is built",
            "builds p2.the primary index: the index of the primary key is built",
            "can fail p1: duplicates in (id, at)",
            "can fail p2: duplicates in (id, at)",
        ],
        16,
    ),
    (
        P,
        "ALTER TABLE p ADD UNIQUE (id, at)",
        [
            "ACCESS EXCLUSIVE p",
            "SHARE p1",
            "SHARE p2",
            "builds p1.the unique index: the index of the unique constraint is built",
            "builds p2.the unique index: the index of the unique constraint is built",
            "can fail p1: duplicates in (id, at)",
            "can fail p2: duplicates in (id, at)",
        ],
        16,
    ),
    (
        P,
        "ALTER TABLE p ADD UNIQUE (id, at)",
        [
            "ACCESS EXCLUSIVE p",
            "ACCESS EXCLUSIVE p1",
            "ACCESS EXCLUSIVE p2",
            "builds p1.the unique index: the index of the unique constraint is built",
            "builds p2.the unique index: the index of the unique constraint is built",
            "can fail p1: duplicates in (id, at)",
            "can fail p2: duplicates in (id, at)",
        ],
        18,
    ),
    (
        T,
        "ALTER TABLE t ADD CHECK (a > 0)",
        [
            "ACCESS EXCLUSIVE t",
            "scans t: every row is read to test the CHECK",
            "can fail t: rows that do not satisfy the CHECK",
        ],
        None,
    ),
    (T, "ALTER TABLE t ADD CHECK (a > 0) NOT VALID", ["ACCESS EXCLUSIVE t"], None),
    (
        T + "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID;",
        "ALTER TABLE t VALIDATE CONSTRAINT c",
        ["SHARE UPDATE EXCLUSIVE t", "scans t: constraint c is checked", "can fail t: rows that violate c"],
        None,
    ),
    (
        T + "ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0);",
        "ALTER TABLE t VALIDATE CONSTRAINT c",
        ["SHARE UPDATE EXCLUSIVE t"],
        None,
    ),
    (
        T,
        "ALTER TABLE t VALIDATE CONSTRAINT unheard_of",
        [
            "SHARE UPDATE EXCLUSIVE t",
            "scans t: constraint unheard_of is checked",
            "fails t: t has no constraint unheard_of 42704 -> ",
        ],
        None,
    ),
    (
        U,
        "ALTER TABLE u ADD FOREIGN KEY (id) REFERENCES t",
        [
            "SHARE ROW EXCLUSIVE u",
            "SHARE ROW EXCLUSIVE t",
            "scans u: the id of every row is looked up in t, apart",
            "can fail u: rows without a row in the referenced table",
        ],
        None,
    ),
    (
        U,
        "ALTER TABLE u ADD FOREIGN KEY (id) REFERENCES t NOT VALID",
        ["SHARE ROW EXCLUSIVE u", "SHARE ROW EXCLUSIVE t"],
        None,
    ),
    (
        U + "ALTER TABLE u ADD CONSTRAINT k FOREIGN KEY (id) REFERENCES t NOT VALID;",
        "ALTER TABLE u VALIDATE CONSTRAINT k",
        [
            "SHARE UPDATE EXCLUSIVE u",
            "ROW SHARE t",
            "scans u: constraint k is checked, apart",
            "can fail u: rows that violate k",
        ],
        None,
    ),
    (U, "ALTER TABLE u ALTER CONSTRAINT u_t NOT ENFORCED", ["ACCESS EXCLUSIVE u", "ACCESS EXCLUSIVE t"], 18),
    (
        T + "CREATE TABLE u (t_id int CONSTRAINT u_t REFERENCES t NOT ENFORCED);",
        "ALTER TABLE u ALTER CONSTRAINT u_t ENFORCED",
        [
            "ACCESS EXCLUSIVE u",
            "SHARE ROW EXCLUSIVE t",
            "scans u: the t_id of every row is looked up in t, apart",
            "can fail u: rows without a row in the referenced table",
        ],
        18,
    ),
    (U, "ALTER TABLE u ALTER CONSTRAINT u_t DEFERRABLE", ["ACCESS EXCLUSIVE u"], None),
    (U, "ALTER TABLE t DROP CONSTRAINT t_pkey CASCADE", ["ACCESS EXCLUSIVE t", "ACCESS EXCLUSIVE u"], None),
    (U, "ALTER TABLE u DROP CONSTRAINT u_t", ["ACCESS EXCLUSIVE u", "ACCESS EXCLUSIVE t"], None),
    (T, "ALTER TABLE t ADD COLUMN c int", ["ACCESS EXCLUSIVE t"], None),
    (
        T,
        "ALTER TABLE t ADD COLUMN c int NOT NULL",
        [
            "ACCESS EXCLUSIVE t",
            "scans t: every row is read for the NOT NULL",
            "fails t: column c is NOT NULL and has no default",
        ],
        None,
    ),
    (T, "ALTER TABLE t ADD COLUMN c int NOT NULL DEFAULT 7", ["ACCESS EXCLUSIVE t"], None),
    (
        T,
        "ALTER TABLE t ADD COLUMN c uuid DEFAULT gen_random_uuid()",
        [
            "ACCESS EXCLUSIVE t",
            "rewrites t: the default calls gen_random_uuid(), which is volatile",
            "builds t.t_pkey: the index is rebuilt with the table",
        ],
        None,
    ),
    (
        T,
        "ALTER TABLE t ADD COLUMN c float DEFAULT my.lottery()",
        [
            "ACCESS EXCLUSIVE t",
            "rewrites t: the default calls my.lottery(), which is not known from the history, perhaps",
            "builds t.t_pkey: the index is rebuilt with the table",
        ],
        None,
    ),
    (
        T,
        "ALTER TABLE t ADD COLUMN c bigserial",
        [
            "ACCESS EXCLUSIVE t",
            "rewrites t: a serial column takes a number from its sequence for every row",
            "builds t.t_pkey: the index is rebuilt with the table",
        ],
        None,
    ),
    (
        T,
        "ALTER TABLE t ADD COLUMN c int GENERATED ALWAYS AS (a * 2) STORED",
        [
            "ACCESS EXCLUSIVE t",
            "rewrites t: a stored generated column is computed for every row",
            "builds t.t_pkey: the index is rebuilt with the table",
        ],
        None,
    ),
    (
        T,
        "ALTER TABLE t ADD COLUMN c int DEFAULT 1 CHECK (c > 0)",
        [
            "ACCESS EXCLUSIVE t",
            "scans t: every row is read to test the CHECK",
            "can fail t: rows that do not satisfy the CHECK",
        ],
        None,
    ),
    (
        T,
        "ALTER TABLE t ADD COLUMN c int UNIQUE",
        ["ACCESS EXCLUSIVE t", "builds t.the unique index: the index of the unique constraint is built"],
        None,
    ),
    (
        T,
        "ALTER TABLE t ADD COLUMN c int DEFAULT 1 UNIQUE",
        [
            "ACCESS EXCLUSIVE t",
            "builds t.the unique index: the index of the unique constraint is built",
            "can fail t: every row gets the same value in the unique column c",
        ],
        None,
    ),
    (T, "ALTER TABLE t ADD COLUMN IF NOT EXISTS a int NOT NULL", ["ACCESS EXCLUSIVE t"], None),
    (
        "CREATE DOMAIN positive AS int CHECK (value > 0);" + T,
        "ALTER TABLE t ADD COLUMN c positive",
        [
            "ACCESS EXCLUSIVE t",
            "rewrites t: the domain positive has constraints, which are tested for every row",
            "builds t.t_pkey: the index is rebuilt with the table",
        ],
        None,
    ),
    (T, "ALTER TABLE t DROP COLUMN a", ["ACCESS EXCLUSIVE t", "loses column t.a"], None),
    (
        T + "CREATE VIEW v AS SELECT a FROM t;",
        "ALTER TABLE t DROP COLUMN a CASCADE",
        ["ACCESS EXCLUSIVE t", "loses column t.a"],
        None,
    ),
    (
        T + "CREATE MATERIALIZED VIEW v AS SELECT a FROM t;",
        "ALTER TABLE t DROP COLUMN a CASCADE",
        ["ACCESS EXCLUSIVE t", "ACCESS EXCLUSIVE v", "loses column t.a", "loses materialized view v"],
        None,
    ),
    (
        T,
        "ALTER TABLE t ALTER COLUMN a TYPE bigint",
        [
            "ACCESS EXCLUSIVE t",
            "rewrites t: column a changes from integer to bigint",
            "builds t.t_pkey: the index is rebuilt with the table",
            "breaks gets values of another type from some drivers (in JavaScript strings)",
        ],
        None,
    ),
    (
        T,
        "ALTER TABLE t ALTER COLUMN a TYPE smallint",
        [
            "ACCESS EXCLUSIVE t",
            "rewrites t: column a changes from integer to smallint",
            "builds t.t_pkey: the index is rebuilt with the table",
            "can fail t: values outside the range of smallint",
            "breaks can write values that no longer fit and are refused",
        ],
        None,
    ),
    (
        T,
        "ALTER TABLE t ALTER COLUMN b TYPE varchar(10)",
        [
            "ACCESS EXCLUSIVE t",
            "rewrites t: column b changes from text to character varying(10)",
            "builds t.t_pkey: the index is rebuilt with the table",
            "can fail t: values longer than 10 characters",
        ],
        None,
    ),
    (
        T,
        "ALTER TABLE t ALTER COLUMN b TYPE int USING b::int",
        [
            "ACCESS EXCLUSIVE t",
            "rewrites t: column b changes from text to integer",
            "builds t.t_pkey: the index is rebuilt with the table",
            "breaks may fail where it reads, writes or compares it",
        ],
        None,
    ),
    (
        "CREATE TABLE t (a numeric(10,2));",
        "ALTER TABLE t ALTER COLUMN a TYPE numeric(8,1)",
        [
            "ACCESS EXCLUSIVE t",
            "rewrites t: column a changes from numeric(10,2) to numeric(8,1)",
            "loses decimals t.a: values are rounded to 1 digits after the decimal point",
            "can fail t: values with more than 7 digits before the decimal point",
        ],
        None,
    ),
    (
        "CREATE TABLE t (a varchar(10) CHECK (a <> '')); CREATE INDEX i ON t (lower(a));",
        "ALTER TABLE t ALTER COLUMN a TYPE varchar(20)",
        [
            "ACCESS EXCLUSIVE t",
            "scans t: constraint t_a_check is checked again",
            "builds t.i: the index is rebuilt, as it depends on a",
        ],
        None,
    ),
    (
        T,
        "ALTER TABLE t ALTER COLUMN a SET NOT NULL",
        [
            "ACCESS EXCLUSIVE t",
            "scans t: every row is read to check that a is not null",
            "can fail t: rows with a IS NULL",
        ],
        None,
    ),
    (
        "CREATE TABLE t (a int, CHECK (a IS NOT NULL));",
        "ALTER TABLE t ALTER COLUMN a SET NOT NULL",
        ["ACCESS EXCLUSIVE t"],
        None,
    ),
    (T, "ALTER TABLE t ALTER COLUMN a SET DEFAULT 3", ["ACCESS EXCLUSIVE t"], None),
    (T, "CREATE INDEX i ON t (a)", ["SHARE t", "builds t.i: the index is built"], None),
    (
        T,
        "CREATE UNIQUE INDEX i ON t (a)",
        ["SHARE t", "builds t.i: the index is built", "can fail t: duplicates in (a)"],
        None,
    ),
    (
        T,
        "CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)",
        [
            "SHARE UPDATE EXCLUSIVE t",
            "builds t.i: the index is built",
            "can fail t: duplicates in (a)",
            "not in a transaction: CREATE INDEX CONCURRENTLY",
        ],
        None,
    ),
    (T + "CREATE INDEX i ON t (a);", "DROP INDEX i", ["ACCESS EXCLUSIVE t"], None),
    (
        T + "CREATE INDEX i ON t (a);",
        "DROP INDEX CONCURRENTLY i",
        ["SHARE UPDATE EXCLUSIVE t", "not in a transaction: DROP INDEX CONCURRENTLY"],
        None,
    ),
    (T + "CREATE INDEX i ON t (a);", "ALTER INDEX i RENAME TO j", [], None),
    (T, "ALTER INDEX t RENAME TO s", ["ACCESS EXCLUSIVE t"], None),
    (T, "REINDEX TABLE t", ["SHARE t", "builds t.t_pkey: the index is rebuilt"], None),
    (
        T,
        "REINDEX TABLE CONCURRENTLY t",
        [
            "SHARE UPDATE EXCLUSIVE t",
            "builds t.t_pkey: the index is rebuilt",
            "not in a transaction: REINDEX CONCURRENTLY",
        ],
        None,
    ),
    (T, "DROP TABLE t", ["ACCESS EXCLUSIVE t", "loses table t"], None),
    (U, "DROP TABLE t CASCADE", ["ACCESS EXCLUSIVE t", "ACCESS EXCLUSIVE u", "loses table t"], None),
    (
        T + "CREATE VIEW v AS SELECT a FROM t; CREATE MATERIALIZED VIEW m AS SELECT a FROM v;",
        "DROP TABLE t CASCADE",
        ["ACCESS EXCLUSIVE t", "loses table t", "loses view v", "loses materialized view m"],
        None,
    ),
    (
        P,
        "DROP TABLE p",
        [
            "ACCESS EXCLUSIVE p",
            "ACCESS EXCLUSIVE p1",
            "ACCESS EXCLUSIVE p2",
            "loses table p",
            "loses table p1",
            "loses table p2",
        ],
        None,
    ),
    (
        U,
        "TRUNCATE t CASCADE",
        ["ACCESS EXCLUSIVE t", "ACCESS EXCLUSIVE u", "loses rows t", "loses rows u"],
        None,
    ),
    (T, "TRUNCATE t", ["ACCESS EXCLUSIVE t", "loses rows t"], None),
    (P, "ALTER TABLE p DETACH PARTITION p1", ["ACCESS EXCLUSIVE p", "ACCESS EXCLUSIVE p1"], None),
    (
        P,
        "ALTER TABLE p DETACH PARTITION p1 CONCURRENTLY",
        [
            "SHARE UPDATE EXCLUSIVE p",
            "ACCESS EXCLUSIVE p1",
            "not in a transaction: DETACH PARTITION CONCURRENTLY",
        ],
        None,
    ),
    (
        P + "CREATE TABLE p3 (id int, at date);",
        "ALTER TABLE p ATTACH PARTITION p3 FOR VALUES FROM ('2026-01-01') TO ('2027-01-01')",
        [
            "SHARE UPDATE EXCLUSIVE p",
            "ACCESS EXCLUSIVE p3",
            "scans p3: every row is read to check that it fits the partition bound",
        ],
        None,
    ),
    (P, "CREATE TABLE p4 PARTITION OF p DEFAULT", ["ACCESS EXCLUSIVE p"], None),
    (T, "UPDATE t SET a = 1", ["ROW EXCLUSIVE t", "writes update t"], None),
    (T, "UPDATE t SET a = 1 WHERE id = 1", ["ROW EXCLUSIVE t", "writes update t, bounded"], None),
    (
        T,
        "DELETE FROM t WHERE id IN (SELECT id FROM t LIMIT 10)",
        ["ROW EXCLUSIVE t", "writes delete t, bounded"],
        None,
    ),
    (U, "DELETE FROM t", ["ROW EXCLUSIVE t", "writes delete t"], None),
    (T, "INSERT INTO t VALUES (1)", ["ROW EXCLUSIVE t", "writes insert t, bounded"], None),
    (T, "INSERT INTO t SELECT * FROM t", ["ROW EXCLUSIVE t", "writes insert t"], None),
    (
        T + "CREATE MATERIALIZED VIEW m AS SELECT a FROM t;",
        "REFRESH MATERIALIZED VIEW m",
        ["ACCESS EXCLUSIVE m", "ACCESS SHARE t", "rewrites m: the view is computed again"],
        None,
    ),
    (
        T + "CREATE MATERIALIZED VIEW m AS SELECT a FROM t; CREATE UNIQUE INDEX i ON m (a);",
        "REFRESH MATERIALIZED VIEW CONCURRENTLY m",
        ["EXCLUSIVE m", "ACCESS SHARE t", "reads m: m is computed again"],
        None,
    ),
    (
        T,
        "VACUUM FULL t",
        [
            "ACCESS EXCLUSIVE t",
            "rewrites t: VACUUM FULL copies the table",
            "builds t.t_pkey: the index is rebuilt with the table",
            "not in a transaction: VACUUM",
        ],
        None,
    ),
    (
        T,
        "CLUSTER t USING t_pkey",
        [
            "ACCESS EXCLUSIVE t",
            "rewrites t: CLUSTER copies the table",
            "builds t.t_pkey: the index is rebuilt with the table",
        ],
        None,
    ),
    (
        T,
        "ALTER TABLE t SET UNLOGGED",
        [
            "ACCESS EXCLUSIVE t",
            "rewrites t: SET UNLOGGED copies the table",
            "builds t.t_pkey: the index is rebuilt with the table",
        ],
        None,
    ),
    (T, "ALTER TABLE t SET (fillfactor = 70)", ["SHARE UPDATE EXCLUSIVE t"], None),
    (T, "ALTER TABLE t RENAME COLUMN a TO c", ["ACCESS EXCLUSIVE t"], None),
    (T, "ALTER TABLE t RENAME TO s", ["ACCESS EXCLUSIVE t"], None),
    (T, "CREATE TRIGGER g BEFORE INSERT ON t EXECUTE FUNCTION f()", ["SHARE ROW EXCLUSIVE t"], None),
    (T, "SELECT count(*) FROM t", ["ACCESS SHARE t", "reads t: t is read in full"], None),
    (
        "CREATE TYPE m AS ENUM ('a');",
        "ALTER TYPE m ADD VALUE 'b'",
        ["not in a transaction: ALTER TYPE ... ADD VALUE"],
        11,
    ),
    (
        "CREATE DOMAIN d AS int; CREATE TABLE t (a d);",
        "ALTER DOMAIN d ADD CHECK (value > 0)",
        [
            "SHARE t",
            "scans t: the condition of the domain d is tested",
            "can fail t: rows that violate the domain",
        ],
        None,
    ),
    (
        "CREATE SCHEMA s; CREATE TABLE s.t (a int);",
        "DROP SCHEMA s CASCADE",
        ["ACCESS EXCLUSIVE s.t", "loses table s.t"],
        None,
    ),
    (
        "CREATE TYPE m AS ENUM ('a'); CREATE TABLE t (a m);",
        "DROP TYPE m CASCADE",
        ["ACCESS EXCLUSIVE t", "loses column t.a"],
        None,
    ),
]


FIRED = f"{T} CREATE TRIGGER g BEFORE INSERT ON t EXECUTE FUNCTION f();"


@pytest.mark.parametrize(
    ("history", "sql", "said"),
    [
        (FIRED, "DROP TRIGGER g ON t", ["ACCESS EXCLUSIVE t"]),
        (FIRED, "DROP TRIGGER IF EXISTS h ON t", []),
        (T, "ALTER TABLE t ADD COLUMN c text DEFAULT lower('A')", ["ACCESS EXCLUSIVE t"]),
        (T, "ALTER TABLE t ADD COLUMN c timestamptz DEFAULT now()", ["ACCESS EXCLUSIVE t"]),
    ],
)
def test_what_needs_little_is_said_to_need_little(history: str, sql: str, said: list[str]) -> None:
    assert list(words(effects(f"{sql};", history, None))) == said


@pytest.mark.parametrize(("history", "sql", "said", "version"), SAID)
def test_a_statement_does_what_is_said_of_it(
    history: str, sql: str, said: list[str], version: int | None
) -> None:
    assert list(words(effects(f"{sql};", history, version))) == said
