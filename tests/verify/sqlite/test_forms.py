"""Each form of a statement: what the model foretells, and what SQLite does with and without rows."""

from contextlib import closing
from pathlib import Path

import pytest
from tests.verify.sqlite.database import (
    VERSION,
    Foretold,
    connect,
    foretold,
    pages,
    real_schema,
    refusal,
    simulated_schema,
)

from miglint.model import FailureCause

SETUP = """
CREATE TABLE parents (id INTEGER PRIMARY KEY, code INTEGER UNIQUE, extra TEXT);
CREATE TABLE things (
    id INTEGER PRIMARY KEY, a INTEGER, b TEXT NOT NULL DEFAULT 'x', u TEXT UNIQUE, i INTEGER, e INTEGER,
    z TEXT, c INTEGER CHECK (c > 0), parent INTEGER REFERENCES parents (id) ON DELETE CASCADE,
    twice INTEGER GENERATED ALWAYS AS (a * 2) VIRTUAL, "Mixed Case" TEXT
);
CREATE INDEX things_i ON things (i);
CREATE INDEX things_e ON things (z) WHERE e > 1;
CREATE TABLE alone (only_one TEXT);
CREATE TABLE pairs (x INTEGER, y INTEGER, w TEXT, PRIMARY KEY (x, y), UNIQUE (w, y));
CREATE VIEW all_parents AS SELECT * FROM parents;
CREATE TRIGGER after_pairs AFTER INSERT ON pairs BEGIN
    UPDATE pairs SET w = CASE WHEN new.x > 1 THEN 'a' ELSE 'b' END WHERE x = new.x;
    SELECT 1;
END;
"""
ROWS = """
WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 900)
INSERT INTO parents SELECT n, n, hex(zeroblob(20)) FROM n;
WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 900)
INSERT INTO things SELECT n, 1, hex(zeroblob(30)), n, n, n, 'z', 1, n, 'm' FROM n;
INSERT INTO alone VALUES ('a'), ('a');
INSERT INTO pairs VALUES (1, 1, 'a'), (2, 2, 'b');
"""
FORMS = (
    "ALTER TABLE things ADD COLUMN n TEXT",
    "ALTER TABLE things ADD n",
    "alter table Things add column N text",
    "ALTER TABLE `things` ADD `n` integer DEFAULT 0 NOT NULL",
    "ALTER TABLE [things] ADD [n n] TEXT",
    "ALTER TABLE main.things ADD COLUMN n TEXT",
    "ALTER TABLE things ADD COLUMN a TEXT",
    "ALTER TABLE things ADD COLUMN A TEXT",
    "ALTER TABLE things ADD COLUMN n TEXT NOT NULL",
    "ALTER TABLE things ADD COLUMN n TEXT NOT NULL DEFAULT 'q'",
    "ALTER TABLE things ADD COLUMN n TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE things ADD COLUMN n TEXT DEFAULT 'it''s'",
    "ALTER TABLE things ADD COLUMN n TEXT NOT NULL DEFAULT NULL",
    "ALTER TABLE things ADD COLUMN n TEXT DEFAULT CURRENT_TIMESTAMP",
    "ALTER TABLE things ADD COLUMN n TEXT NOT NULL DEFAULT (datetime('now'))",
    "ALTER TABLE things ADD COLUMN n TEXT DEFAULT (lower('A'))",
    "ALTER TABLE things ADD COLUMN n INTEGER DEFAULT (1)",
    "ALTER TABLE things ADD COLUMN n INTEGER DEFAULT (-1)",
    "ALTER TABLE things ADD COLUMN n INTEGER DEFAULT (1 + 1)",
    "ALTER TABLE things ADD COLUMN n INTEGER DEFAULT ('a' || 'b')",
    "ALTER TABLE things ADD COLUMN n INTEGER DEFAULT -1",
    "ALTER TABLE things ADD COLUMN n REAL DEFAULT 1.5",
    "ALTER TABLE things ADD COLUMN n REAL DEFAULT 1e3",
    "ALTER TABLE things ADD COLUMN n BOOLEAN DEFAULT false",
    "ALTER TABLE things ADD COLUMN n BLOB DEFAULT x'00ff'",
    'ALTER TABLE things ADD COLUMN n TEXT DEFAULT "abc"',
    "ALTER TABLE things ADD COLUMN n TEXT UNIQUE",
    "ALTER TABLE things ADD COLUMN n INTEGER PRIMARY KEY",
    "ALTER TABLE things ADD COLUMN n INTEGER REFERENCES parents (id)",
    "ALTER TABLE things ADD COLUMN n INTEGER REFERENCES parents ON DELETE SET NULL",
    "ALTER TABLE things ADD COLUMN n INTEGER DEFAULT 1 CHECK (n > 0)",
    "ALTER TABLE things ADD COLUMN n INTEGER CONSTRAINT positive CHECK (n > 0)",
    "ALTER TABLE things ADD COLUMN n INTEGER GENERATED ALWAYS AS (a + 1) VIRTUAL",
    "ALTER TABLE things ADD COLUMN n INTEGER AS (a + 1)",
    "ALTER TABLE things ADD COLUMN n INTEGER GENERATED ALWAYS AS (a + 1) STORED",
    "ALTER TABLE things ADD COLUMN n TEXT COLLATE NOCASE",
    "ALTER TABLE things ADD COLUMN n VARCHAR(20) NOT NULL DEFAULT 'a'",
    "ALTER TABLE things ADD COLUMN IF NOT EXISTS n TEXT",
    "ALTER TABLE things ADD COLUMN n TEXT, ADD COLUMN m TEXT",
    "ALTER TABLE things ADD COLUMN n DECIMAL(10, 2)",
    "ALTER TABLE things ADD COLUMN n TEXT AFTER a",
    "ALTER TABLE things DROP COLUMN e",
    "ALTER TABLE things DROP COLUMN a",
    "ALTER TABLE things DROP COLUMN z",
    "ALTER TABLE things DROP c",
    "ALTER TABLE things DROP COLUMN id",
    "ALTER TABLE things DROP COLUMN u",
    "ALTER TABLE things DROP COLUMN i",
    "ALTER TABLE things DROP COLUMN b",
    "ALTER TABLE things DROP COLUMN parent",
    "ALTER TABLE things DROP COLUMN twice",
    "ALTER TABLE things DROP COLUMN missing",
    'ALTER TABLE things DROP COLUMN "mixed case"',
    "ALTER TABLE things DROP COLUMN IF EXISTS b",
    "ALTER TABLE things DROP COLUMN b, DROP COLUMN c",
    "ALTER TABLE alone DROP COLUMN only_one",
    "ALTER TABLE pairs DROP COLUMN x",
    "ALTER TABLE pairs DROP COLUMN w",
    "ALTER TABLE parents DROP COLUMN extra",
    "ALTER TABLE things RENAME TO others",
    "ALTER TABLE parents RENAME TO folks",
    "ALTER TABLE parents RENAME TO Parents",
    "ALTER TABLE parents RENAME TO things",
    "ALTER TABLE things RENAME COLUMN a TO aa",
    "ALTER TABLE things RENAME i TO ii",
    "ALTER TABLE parents RENAME COLUMN id TO key",
    "ALTER TABLE things ALTER COLUMN a TYPE TEXT",
    "ALTER TABLE things ALTER COLUMN a SET DEFAULT 1",
    "ALTER TABLE things ALTER COLUMN a SET NOT NULL",
    "ALTER TABLE things ALTER COLUMN b DROP NOT NULL",
    "ALTER TABLE things MODIFY COLUMN a TEXT",
    "ALTER TABLE things ADD CONSTRAINT k CHECK (a > 0)",
    "ALTER TABLE things ADD CHECK (a > 0)",
    "ALTER TABLE things ADD CONSTRAINT k UNIQUE (a)",
    "ALTER TABLE things ADD CONSTRAINT k FOREIGN KEY (a) REFERENCES parents (id)",
    "ALTER TABLE alone ADD PRIMARY KEY (only_one)",
    "ALTER TABLE things DROP CONSTRAINT k",
    "ALTER INDEX things_i RENAME TO j",
    "CREATE INDEX n ON things (a)",
    "CREATE INDEX n ON things (a, b DESC)",
    "CREATE INDEX n ON things (lower(b)) WHERE a IS NOT NULL",
    "CREATE UNIQUE INDEX n ON things (id, b)",
    "CREATE UNIQUE INDEX `n` ON `things` (`i`)",
    "CREATE INDEX things_i ON things (a)",
    "CREATE INDEX IF NOT EXISTS things_i ON things (a)",
    "ALTER TABLE things ADD COLUMN n REAL DEFAULT -1.5e-3",
    "ALTER TABLE things ADD COLUMN n REAL DEFAULT (+1)",
    "CREATE INDEX CONCURRENTLY n ON things (a)",
    "DROP INDEX things_i",
    "DROP INDEX IF EXISTS missing",
    "DROP INDEX sqlite_autoindex_things_1",
    "DROP TABLE things",
    "DROP TABLE IF EXISTS missing",
    "DROP TABLE parents",
    "DROP VIEW all_parents",
    "DROP TRIGGER after_pairs",
    "CREATE TABLE n (id INTEGER PRIMARY KEY AUTOINCREMENT, t TEXT NOT NULL DEFAULT (datetime('now')))",
    "CREATE TABLE IF NOT EXISTS n (id TEXT PRIMARY KEY NOT NULL, p INTEGER, FOREIGN KEY (p) REFERENCES "
    "parents (id) ON UPDATE no action ON DELETE cascade)",
    "CREATE TABLE n (a, b UNIQUE ON CONFLICT REPLACE, CONSTRAINT k CHECK (a > 1) CONSTRAINT u UNIQUE (a))",
    "CREATE TABLE n (id INTEGER PRIMARY KEY) WITHOUT ROWID",
    "CREATE TABLE n (id INTEGER PRIMARY KEY, x INT) STRICT, WITHOUT ROWID",
    "CREATE TABLE n (id INTEGER PRIMARY KEY) STRICT",
    "CREATE TABLE n (x INT, y TEXT, PRIMARY KEY (x, y)) STRICT",
    "CREATE TABLE n AS SELECT * FROM parents",
    "CREATE TABLE things (id INTEGER)",
    "CREATE TABLE IF NOT EXISTS things (id INTEGER)",
    "CREATE TEMP TABLE n (id INTEGER)",
    "CREATE VIEW n AS SELECT a, b FROM things WHERE a > 1",
    "CREATE VIEW all_parents AS SELECT 1",
    "CREATE TABLE n (id INTEGER REFERENCES later (id))",
    "INSERT INTO alone VALUES ('b'), ('c')",
    "INSERT OR REPLACE INTO pairs (x, y, w) VALUES (1, 1, 'q')",
    "INSERT INTO pairs (x, y) SELECT id + 10, code + 100 FROM parents WHERE true ON CONFLICT DO NOTHING",
    "REPLACE INTO alone SELECT 'x'",
    "UPDATE things SET z = 'y', a = a + 1 WHERE id = 1",
    "UPDATE OR IGNORE things SET z = 'y'",
    "UPDATE things SET (a, e) = (1, 2)",
    "UPDATE things SET a = p.code FROM parents AS p WHERE p.id = things.id",
    "DELETE FROM things",
    "DELETE FROM things WHERE a IS NULL",
    "WITH old AS (SELECT id FROM things) DELETE FROM things WHERE id IN (SELECT id FROM old)",
    "TRUNCATE TABLE things",
    "COMMENT ON TABLE things IS 'x'",
    "SELECT * FROM things t JOIN parents p ON p.id = t.parent",
    "VALUES (1), (2)",
    "PRAGMA foreign_key_check",
    "PRAGMA user_version = 3",
    "EXPLAIN SELECT 1",
    "ANALYZE",
    "REINDEX things_i",
    "VACUUM",
    "SET lock_timeout = '5s'",
    "GRANT SELECT ON things TO someone",
    "/* a comment that never ends",
)  # fmt: skip


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Give a database without rows and one with rows."""
    folder = tmp_path_factory.mktemp("sqlite")
    found = []
    for name, script in (("empty", SETUP), ("rows", SETUP + ROWS)):
        path = folder / name
        with closing(connect(path)) as connection:
            connection.executescript("PRAGMA page_size = 512; PRAGMA journal_mode = DELETE;" + script)
        found.append(path)
    return found[0], found[1]


def _copy(path: Path, folder: Path) -> Path:
    copy = folder / path.name
    copy.write_bytes(path.read_bytes())
    return copy


@pytest.mark.parametrize("form", FORMS)
def test_sqlite_does_what_the_model_foretells(form: str, filled: tuple[Path, Path], tmp_path: Path):
    empty, rows = (_copy(path, tmp_path) for path in filled)
    said = foretold(SETUP, form)
    before = pages(rows)
    with closing(connect(empty)) as without, closing(connect(rows)) as with_rows:
        refused = refusal(without, form), refusal(with_rows, form)
        real = real_schema(with_rows)

    assert _refusals(said) == tuple(map(bool, refused)) or _may_fail(said), refused
    assert all(un.refused for un in said.unparsed), "the model does not read this"
    if not any(refused):
        assert simulated_schema(said.schema) == real
        after = pages(rows)
        changed = sum(old != new for old, new in zip(before, after, strict=False))
        if not form.startswith(("DROP", "DELETE", "UPDATE", "VACUUM", "REINDEX", "WITH")):
            assert bool(said.effects.rewrites) == (changed > len(before) / 4), (changed, len(before))


def _refusals(said: Foretold) -> tuple[bool, bool]:
    """Give what the model says of a database without rows, and of one with rows."""
    failures = [failure for failure in said.effects.failures if failure.certain]
    always = bool(said.unparsed) or any(f.cause is FailureCause.REFUSED for f in failures)
    return always, always or bool(failures)


def _may_fail(said: Foretold) -> bool:
    return any(not failure.certain for failure in said.effects.failures)


@pytest.mark.parametrize(
    "form", [form for form in FORMS if not form.startswith(("VACUUM", "PRAGMA", "EXPLAIN", "CREATE TEMP"))]
)
def test_one_lock_holds_the_database_until_the_transaction_ends(form, filled, tmp_path):
    said = foretold(SETUP, form)
    path = _copy(filled[0], tmp_path)
    with closing(connect(path)) as one, closing(connect(path)) as other:
        one.execute("BEGIN")
        if refusal(one, form) or said.unparsed:
            return
        blocked = refusal(other, "BEGIN IMMEDIATE") == "database is locked"
        assert not refusal(other, "ROLLBACK" if not blocked else "SELECT * FROM parents")

    quiet = ("ANALYZE", "REINDEX", "DROP VIEW", "CREATE VIEW")
    if not form.startswith(quiet):
        assert bool(said.effects.locks) == blocked
        assert all(lock.mode.blocks_writes and not lock.mode.blocks_reads for lock in said.effects.locks)


def test_vacuum_is_refused_in_a_transaction(filled, tmp_path):
    with closing(connect(_copy(filled[0], tmp_path))) as connection:
        connection.execute("BEGIN")
        assert refusal(connection, "VACUUM")
    assert foretold(SETUP, "VACUUM").effects.outside_transaction == "VACUUM"


def test_the_version_at_hand_has_what_the_model_begins_with():
    assert VERSION >= (3, 35)
