"""Work and memory grow with a text, not with its square.

What is counted is lines executed, for clocks are noisy.
"""

import sys
import tracemalloc

import pytest

from miglint.config import Override, Settings, excluded, fitting, override_for
from miglint.engine import Plan, run
from miglint.findings.suppressions import parse
from miglint.model import (
    Direction,
    DuplicateVersion,
    History,
    Migration,
    Name,
    Script,
    Source,
    Span,
    TransactionMode,
)
from miglint.model.frozen_map import FrozenMap
from miglint.registry import load_rules
from miglint.tools._releases import with_releases

RULES = load_rules()
FEW, MANY = 100, 400
AUTOCOMMIT = TransactionMode.PER_STATEMENT


def lines_executed(work):
    count = 0

    def trace(_frame, event, _argument):
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)
    return count


def assert_linear(work, few=FEW, many=MANY):
    """Check that four times as much takes hardly more than four times as long; `work` is given the size."""
    work(2)  # What is found out once is found out here.
    little, much = (lines_executed(lambda size=size: work(size)) for size in (few, many))

    assert much < 1.25 * little * many / few


def script(name, text, mode, direction=Direction.UP):
    return Script(Source(name, text), Span(0, len(text)), direction, mode)


def lint(*migrations, irregularities=()):
    history = History("test", ".", "postgres", migrations, irregularities=irregularities)
    found = run(history, Plan(rules=RULES))
    assert not found.crashes  # What fails at once costs little.
    return found


TABLES = "CREATE TABLE a (id bigint PRIMARY KEY, x int);\nCREATE TABLE b (x int);\n"


@pytest.mark.parametrize("mode", [TransactionMode.PER_MIGRATION, AUTOCOMMIT])
@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE t{0} (id bigint PRIMARY KEY, name text NOT NULL);",
        "INSERT INTO a VALUES (1, 2);",
        "INSERT INTO a SELECT * FROM b;",
        "UPDATE a SET x = 1;",
        "DO $$ BEGIN UPDATE a SET x = 1; END $$;",
        "CREATE TABLE n{0} (x int);\nINSERT INTO n{0} VALUES (1);\nCREATE INDEX i{0} ON n{0} (x);",
    ],
)
def test_a_script_of_many_statements(statement, mode):
    def work(size):
        text = "\n".join(statement.format(number) for number in range(size))
        earlier = Migration("1", script("1.sql", TABLES, mode))
        lint(earlier, Migration("2", script("2.sql", text, mode)))

    assert_linear(work)


def test_a_block_of_many_writes_is_not_read_anew_for_each(monkeypatch):
    shown, read = Source.shown, []

    def counted(source, span):
        text = shown(source, span)
        read.append(len(text))
        return text

    def work(size):
        text = "DO $$ BEGIN\n" + "UPDATE a SET x = 1;\n" * size + "END $$;"
        read.clear()
        earlier = Migration("1", script("1.sql", TABLES, AUTOCOMMIT))
        lint(earlier, Migration("2", script("2.sql", text, AUTOCOMMIT)))
        return sum(read)

    monkeypatch.setattr(Source, "shown", counted)
    assert work(200) < 5 * work(50)


NEW = "CREATE TABLE t{0} (id bigint PRIMARY KEY, x int);"
PAIR = (
    "ALTER TABLE {1} ADD CONSTRAINT k{0} CHECK (x > {0}) NOT VALID;\n"
    "ALTER TABLE {1} VALIDATE CONSTRAINT k{0};"
)

ENUM = "CREATE TYPE e{0} AS ENUM ('a'); CREATE TABLE t{0} (x e{0});"
TRIGGER = (
    "CREATE FUNCTION f{0}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';"
    "CREATE TABLE t{0} (); CREATE TRIGGER g BEFORE INSERT ON t{0} EXECUTE FUNCTION f{0}();"
)
PARENT = "CREATE TABLE p (id int) PARTITION BY LIST (id);"
ATTACHED = (
    "ALTER TABLE p ATTACH PARTITION t{0} FOR VALUES IN ({0});"
    "ALTER TABLE p DETACH PARTITION t{0}; DROP TABLE t{0};"
)
INDEXED = (
    "CREATE TABLE p{0} PARTITION OF p FOR VALUES IN ({0});"
    "CREATE INDEX i{0} ON p{0} (id); ALTER INDEX i ATTACH PARTITION i{0};"
)


def shape(name, before="", each="", start="", end="", between="\n"):
    """What stands in the text `size` times, in an earlier migration and in the one that is looked at."""
    return pytest.param(before, each, start, end, between, id=name)


def assert_shape_is_linear(before, each, start, end, between, mode):
    def work(size):
        earlier = TABLES + "\n".join(before.format(number, "a") for number in range(size))
        text = start + between.join(each.format(number, "a") for number in range(size)) + end
        lint(Migration("1", script("1.sql", earlier, mode)), Migration("2", script("2.sql", text, mode)))

    assert_linear(work, 30, 120)


@pytest.mark.parametrize(
    ("before", "each", "start", "end", "between"),
    [
        shape("tables in one DROP", NEW, "t{0}", "DROP TABLE ", " CASCADE;", ", "),
        shape("indexes in one DROP", "CREATE INDEX i{0} ON a (x);", "i{0}", "DROP INDEX ", ";", ", "),
        shape("index drops", NEW + "CREATE INDEX i{0} ON t{0} (x);", "DROP INDEX i{0};"),
        shape("concurrent index drops", "CREATE INDEX i{0} ON a (x);", "DROP INDEX CONCURRENTLY i{0};"),
        shape("view drops", "CREATE VIEW v{0} AS SELECT x FROM a;", "DROP VIEW v{0} CASCADE;"),
        shape("views on a table", "CREATE VIEW v{0} AS SELECT x FROM a;", end="DROP TABLE a CASCADE;"),
        shape("constraints validated", "", PAIR),
        shape("constraints of many tables validated", NEW, PAIR.replace("{1}", "t{0}")),
        shape(
            "constraints in one ALTER", "", "ADD CONSTRAINT k{0} CHECK (x > {0})", "ALTER TABLE b ", ";", ", "
        ),
        shape(
            "foreign keys in one ALTER",
            "",
            "ADD CONSTRAINT k{0} FOREIGN KEY (x) REFERENCES a",
            "ALTER TABLE b ",
            ";",
            ", ",
        ),
        shape("renamed columns", NEW, "ALTER TABLE t{0} RENAME COLUMN x TO y;"),
        shape("types", ENUM, "DROP TYPE e{0} CASCADE;"),
        shape("types in one DROP", ENUM, "e{0}", "DROP TYPE ", " CASCADE;", ", "),
        shape("renamed types", ENUM, "ALTER TYPE e{0} RENAME TO f{0};"),
        shape(
            "domains", "CREATE DOMAIN d{0} AS int;", "CREATE TABLE t{0} (x d{0}); DROP DOMAIN d{0} CASCADE;"
        ),
        shape("schemas", "CREATE SCHEMA s{0}; CREATE TABLE s{0}.t (x int);", "DROP SCHEMA s{0} CASCADE;"),
        shape("functions", TRIGGER, "DROP FUNCTION f{0} CASCADE;"),
        shape("unnamed indexes", "", "CREATE INDEX ON a (x);"),
        shape("unnamed keys", "", "ALTER TABLE a ADD UNIQUE (x);"),
        shape("unnamed checks", "", "ALTER TABLE a ADD CHECK (x > {0});"),
        shape("unnamed foreign keys", "", "ALTER TABLE a ADD FOREIGN KEY (x) REFERENCES a;"),
        shape("unnamed columns", "", "c{0} int UNIQUE CHECK (c{0} > 0)", "CREATE TABLE c (", ");", ", "),
        shape("partitions", "", "CREATE TABLE p{0} PARTITION OF p FOR VALUES IN ({0});", PARENT),
        shape("partitions that go", "CREATE TABLE t{0} (id int);", ATTACHED, PARENT),
        shape("indexes of partitions", "", INDEXED, f"{PARENT} CREATE INDEX i ON ONLY p (id);"),
        shape(
            "inserts after added columns",
            NEW,
            "ALTER TABLE t{0} ADD COLUMN y int; INSERT INTO t{0} VALUES (1);",
        ),
        shape(
            "enum values that are used",
            "CREATE TYPE e{0} AS ENUM ('a'); CREATE TABLE t{0} (e e{0}, n int);",
            "ALTER TYPE e{0} ADD VALUE 'b'; ALTER TABLE t{0} ALTER COLUMN e SET DEFAULT 'b';",
        ),
        shape(
            "defaults dropped",
            NEW,
            "ALTER TABLE t{0} ADD y int NOT NULL DEFAULT 0; ALTER TABLE t{0} ALTER y DROP DEFAULT;",
        ),
        shape("statements refused", "", "TRUNCATE a;", "ALTER TABLE b ADD FOREIGN KEY (x) REFERENCES a;"),
        shape("transactions", "", "BEGIN; UPDATE a SET x = 1; COMMIT;"),
        shape("backfills", NEW, "ALTER TABLE t{0} ADD COLUMN y int; UPDATE t{0} SET y = 1;"),
        shape("one block", "", "UPDATE a SET x = {0};", "DO $$ BEGIN\n", "\nEND $$;"),
        shape("one block that commits", "", "UPDATE a SET x = {0}; COMMIT;", "DO $$ BEGIN\n", "\nEND $$;"),
        shape(
            "one block, many tables", NEW, "ALTER TABLE t{0} ADD CHECK (x > 0);", "DO $$ BEGIN\n", "END $$;"
        ),
    ],
)
@pytest.mark.parametrize("mode", [TransactionMode.PER_MIGRATION, AUTOCOMMIT])
def test_a_shape(before, each, start, end, between, mode):
    assert_shape_is_linear(before, each, start, end, between, mode)


def test_many_columns_dropped_in_one_statement():
    def work(size):
        columns = [f"c{number}" for number in range(size)]
        made = f"CREATE TABLE wide ({', '.join(f'{column} int' for column in columns)});"
        drops = f"ALTER TABLE wide {', '.join(f'DROP COLUMN {column}' for column in columns)};"
        lint(
            Migration("1", script("1.sql", made, AUTOCOMMIT)),
            Migration("2", script("2.sql", drops, AUTOCOMMIT)),
        )

    assert_linear(work, 30, 120)


def test_many_columns_of_one_table_renamed():
    def work(size):
        columns = ", ".join(f"c{number} int" for number in range(size))
        renames = (f"ALTER TABLE wide RENAME COLUMN c{number} TO d{number};" for number in range(size))
        made = f"CREATE TABLE wide ({columns}, twice int GENERATED ALWAYS AS (c0 * 2) STORED);"
        found = lint(
            Migration("1", script("1.sql", made, AUTOCOMMIT)),
            Migration("2", script("2.sql", "\n".join(renames), AUTOCOMMIT)),
        )
        *renamed, twice = found.schema.table(Name("public", "wide")).columns

        assert [column.name for column in renamed] == [f"d{number}" for number in range(size)]
        assert twice.default.text == "d0 * 2"

    assert_linear(work, 60, 240)


@pytest.mark.parametrize(
    "glob",
    ["db/migrations/V{0:05}__x.sql", "V{0:05}__*.sql", "db/*/V{0:05}__*", "**/V{0:05}/**", "db/**/{0}*.sql"],
)
def test_many_globs_and_many_files(glob):
    def work(size):
        globs = tuple(glob.format(number) for number in range(size))
        settings = Settings(exclude=globs, overrides=tuple(Override((one,), None, ("a",)) for one in globs))
        for number in range(size):
            path = f"db/migrations/V{number:05}__y.sql"
            excluded(settings, path)
            override_for(settings, path)
            fitting(settings, path, globs)

    assert_linear(work)


FUNCTION = "CREATE FUNCTION {0}() RETURNS void LANGUAGE sql AS '{1}';\n"


def test_functions_that_call_each_other():
    def work(size):
        bodies = {"inner": "UPDATE a SET x = 1;", "middle": "SELECT inner();", "outer": "SELECT middle();"}
        text = "".join(FUNCTION.format(f'"{name}"', body * size) for name, body in bodies.items())
        text = text.replace("inner()", '"inner"()').replace("outer()", '"outer"()')
        migrations = (
            script("1.sql", TABLES + text, AUTOCOMMIT),
            script("2.sql", 'SELECT "outer"();', AUTOCOMMIT),
        )
        run = lint(*(Migration(str(number), one) for number, one in enumerate(migrations)))

        assert {diagnostic.rule for diagnostic in run.diagnostics} >= {"unbatched-update"}

    assert_linear(work, 30, 120)


def test_calls_beyond_measure_are_listed():
    text = TABLES + FUNCTION.format("long", "UPDATE a SET x = 1;" * 100)
    calls = script("2.sql", "SELECT long();\n" * 60, AUTOCOMMIT)
    run = lint(Migration("1", script("1.sql", text, AUTOCOMMIT)), Migration("2", calls))

    assert [(left.line, left.reason) for left in run.not_analysed] == [
        (line, "the migration calls functions with more than 5,000 statements in all")
        for line in range(51, 61)
    ]


@pytest.mark.parametrize(("depth", "followed"), [(20, True), (60, False)])
def test_calls_are_followed_as_deep_as_people_write_them_and_deeper_ones_are_listed(depth, followed):
    bodies = ["UPDATE a SET x = 1;", *(f"SELECT f{number}();" for number in range(depth - 1))]
    text = TABLES + "".join(FUNCTION.format(f"f{number}", body) for number, body in enumerate(bodies))
    call = script("2.sql", f"SELECT f{depth - 1}();", AUTOCOMMIT)
    found = lint(Migration("1", script("1.sql", text, AUTOCOMMIT)), Migration("2", call))

    assert ("unbatched-update" in {one.rule for one in found.diagnostics}) == followed
    listed = [] if followed else [(1, "functions call each other more than 30 deep")]
    assert [(left.line, left.reason) for left in found.not_analysed] == listed


def test_many_migrations_with_empty_downs():
    def work(size):
        lint(
            *(
                Migration(
                    str(number),
                    script(f"{number}.up.sql", f"CREATE TABLE t{number} (id bigint);", AUTOCOMMIT),
                    script(f"{number}.down.sql", "SELECT 1;", AUTOCOMMIT, Direction.DOWN),
                )
                for number in range(size)
            )
        )

    assert_linear(work)


@pytest.mark.parametrize("base", [None, History("test", ".", "postgres", ())], ids=["named", "brought"])
def test_many_migrations_of_one_release(base):
    def work(size):
        each = (
            "CREATE TABLE t{0} (id bigint);\nCREATE INDEX ON t{1} (id);\nALTER TABLE t{1} RENAME TO s{1};\n"
        )
        texts = ["CREATE TABLE t0 (id bigint);\n"] + [each.format(at, at - 1) for at in range(1, size)]
        ups = [script(f"{at}.sql", text, AUTOCOMMIT) for at, text in enumerate(texts)]
        migrations = tuple(Migration(str(at), up, release="1.0") for at, up in enumerate(ups))
        run(History("test", ".", "postgres", migrations, base=base), Plan(rules=RULES))

    assert_linear(work)


def test_many_names_with_times():
    migrations = [
        Migration(f"20240305{at // 3600:02}{at // 60 % 60:02}{at % 60:02}_x", None) for at in range(MANY)
    ]

    assert_linear(lambda size: with_releases(tuple(migrations[:size])))


def test_many_findings_about_the_migrations_of_one_file():
    def work(size):
        # Without a statement, for the rest of the work would hide what is counted.
        source = Source("changelog.sql", "--\n" * size)
        spans = [Span(at, at + 2) for at in range(0, 3 * size, 3)]
        scripts = [Script(source, span, Direction.UP, AUTOCOMMIT) for span in spans]
        found = lint(
            *(Migration(str(number), script) for number, script in enumerate(scripts)),
            irregularities=tuple(DuplicateVersion(source, "twice", span=script.span) for script in scripts),
        )

        assert [one.migration for one in found.diagnostics] == [str(number) for number in range(size)]

    assert_linear(work)


def test_many_suppressions_one_below_the_other():
    assert_linear(lambda size: parse(Source("a.sql", "-- miglint: ignore[a] b\n" * size + "SELECT 1;")))


def test_the_next_version_of_a_large_map_is_small():
    frozen = FrozenMap()
    for number in range(20_000):
        frozen = frozen.with_item(number, number)
    tracemalloc.start()
    try:
        versions = [frozen.with_item(number, None) for number in range(100)]
        used, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert used / len(versions) < 4096


def test_a_table_gets_no_more_columns_than_the_server_allows():
    added = ", ".join(f"ADD COLUMN c{number} int" for number in range(1601))
    schema = lint(
        Migration("1", script("1.sql", f"CREATE TABLE a (); ALTER TABLE a {added};", AUTOCOMMIT))
    ).schema

    assert len(schema.table(Name("public", "a")).columns) == 1600
