"""Work and memory grow with a text, not with its square.

What is counted is lines executed, for clocks are noisy.
"""

import sys
import tracemalloc

import pytest

from miglint.dialects import load
from miglint.engine import Plan, run
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
from miglint.suppress import parse

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


def assert_linear(work):
    """Check that four times as much takes hardly more than four times as long; `work` is given the size."""
    work(FEW)  # What is found out once is found out here.
    few, many = (lines_executed(lambda size=size: work(size)) for size in (FEW, MANY))

    assert many < 1.25 * few * MANY / FEW


def script(name, text, mode, direction=Direction.UP):
    return Script(Source(name, text), Span(0, len(text)), direction, mode)


def lint(*migrations, irregularities=()):
    history = History("test", ".", "postgres", migrations, irregularities=irregularities)
    return run(history, load("postgres"), Plan(rules=RULES))


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
