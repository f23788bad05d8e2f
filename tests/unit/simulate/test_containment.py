"""A failure of miglint itself costs one statement, or one history; and every walk has an end."""

import pytest

import miglint.dialects.postgres
from miglint.engine import Plan, run
from miglint.model import (
    Direction,
    DropView,
    Finding,
    History,
    Migration,
    Name,
    Script,
    Source,
    Span,
    TransactionMode,
    View,
)
from miglint.registry import load_rules
from miglint.tools import find_histories
from miglint.tools import goose as goose_module
from miglint.tools._known_tools import all_tools

RULES = load_rules()
BROKEN = "miglint failed here, which is a bug"


def replayed(*texts, rules=RULES):
    migrations = tuple(
        Migration(
            str(number),
            Script(
                Source(f"{number}.sql", text), Span(0, len(text)), Direction.UP, TransactionMode.PER_STATEMENT
            ),
        )
        for number, text in enumerate(texts, 1)
    )
    return run(History("test", ".", "postgres", migrations), Plan(rules=rules))


def found(result):
    return [(d.rule, d.source.path) for d in result.diagnostics]


def assert_whole(result, statements):
    assert (result.crashes, result.not_analysed, len(result.steps)) == ((), (), statements)


@pytest.mark.parametrize(
    "text",
    [
        "CREATE TABLE a (x int) PARTITION BY LIST (x); ALTER TABLE a ATTACH PARTITION a DEFAULT;"
        "DROP TABLE a;",
        "CREATE TABLE a (x int); ALTER TABLE a INHERIT a; ALTER TABLE a RENAME x TO y; DROP TABLE a;",
        "CREATE TABLE a (x int); CREATE TABLE b () INHERITS (a); ALTER TABLE a INHERIT b; DROP TABLE a;",
        "CREATE TABLE a (x int); DROP TABLE a; CREATE TABLE a () INHERITS (a); DROP TABLE a;",
        "CREATE VIEW v AS SELECT 1 AS x; CREATE OR REPLACE VIEW v AS SELECT * FROM v; DROP VIEW v CASCADE;",
        "CREATE TABLE t (x int); CREATE VIEW v AS SELECT x FROM t; CREATE VIEW w AS SELECT x FROM v;"
        "CREATE OR REPLACE VIEW v AS SELECT x FROM w; ALTER TABLE t DROP COLUMN x CASCADE;",
        "CREATE DOMAIN d AS d; CREATE TABLE t (x d); ALTER TABLE t ALTER x TYPE text; ALTER TABLE t ADD y d;",
        "CREATE DOMAIN d AS e; CREATE DOMAIN e AS d; CREATE TABLE t (x d); ALTER TABLE t ALTER x TYPE text;",
        "CREATE TABLE t (x int); CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT g()';"
        "CREATE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT f()'; ALTER TABLE t ADD y int DEFAULT f();",
        "CREATE TABLE t (a int, b int GENERATED ALWAYS AS (c) STORED, c int GENERATED ALWAYS AS (b) STORED);"
        "ALTER TABLE t DROP COLUMN b;",
    ],
)
def test_what_leads_back_to_itself_has_an_end(text):
    assert_whole(replayed(text), text.count(";"))


def test_functions_that_call_each_other_are_volatile():
    functions = (
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT g()';"
        "CREATE FUNCTION g() RETURNS int LANGUAGE sql AS 'SELECT {}';"
    )
    column = "ALTER TABLE t ADD y int DEFAULT f();"

    for body, rewrites in (("f()", True), ("now()", False)):
        result = replayed("CREATE TABLE t (x int);" + functions.format(body), column)
        assert bool(result.steps[-1].effects.rewrites) is rewrites


CHAIN = 1200


@pytest.mark.parametrize(
    ("first", "link", "last"),
    [
        ("CREATE TABLE t0 (x int);", "CREATE VIEW t{} AS SELECT x FROM t{};", "DROP TABLE t0 CASCADE;"),
        (
            "CREATE TABLE t0 (x int);",
            "CREATE VIEW t{} AS SELECT x FROM t{};",
            "ALTER TABLE t0 DROP x CASCADE;",
        ),
        (
            "CREATE TABLE t0 (x int);",
            "CREATE TABLE t{} () INHERITS (t{});",
            "ALTER TABLE t0 RENAME x TO y; ALTER TABLE t0 ADD z int; ALTER TABLE t0 ADD CHECK (z > 0);"
            "ALTER TABLE t0 ALTER z SET NOT NULL; ALTER TABLE t0 DROP z; DROP TABLE t0 CASCADE;",
        ),
        (
            "CREATE TABLE t0 (x int) PARTITION BY LIST (x);",
            "CREATE TABLE t{} PARTITION OF t{} DEFAULT PARTITION BY LIST (x);",
            "CREATE INDEX i ON t0 (x); ALTER TABLE t0 ADD PRIMARY KEY (x); DROP TABLE t0;",
        ),
        (
            "CREATE FUNCTION t0() RETURNS int LANGUAGE sql AS 'SELECT 1';",
            "CREATE FUNCTION t{}() RETURNS int LANGUAGE sql AS 'SELECT t{}()';",
            f"CREATE TABLE t (x int); ALTER TABLE t ADD y int DEFAULT t{CHAIN}();",
        ),
        (
            "CREATE DOMAIN t0 AS int;",
            "CREATE DOMAIN t{} AS t{};",
            f"CREATE TABLE t (x t{CHAIN}); ALTER TABLE t ALTER x TYPE bigint;",
        ),
    ],
    ids=["views", "views on a column", "children", "partitions", "functions", "domains"],
)
def test_a_long_chain_has_an_end(first, link, last):
    links = "".join(link.format(number, number - 1) for number in range(1, CHAIN + 1))

    assert_whole(replayed(first + links + last, rules=()), 1 + CHAIN + last.count(";"))


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ('DROP TABLE "two\nlines";', "dropped-table"),
        ('DROP TABLE "a sentence.";', "dropped-table"),
        (
            "CREATE TABLE parent (x int); ALTER TABLE child INHERIT parent; TRUNCATE parent;",
            "truncated-table",
        ),
    ],
)
def test_odd_names_and_families_have_their_findings(text, rule):
    result = replayed("CREATE TABLE child (x int);", text)

    assert_whole(result, 1 + text.count(";"))
    assert (rule, "2.sql") in found(result)
    assert not any("\n" in d.finding.message for d in result.diagnostics)


def test_a_partitions_column_has_its_type_from_the_parent():
    result = replayed(
        "CREATE TABLE readings (day date NOT NULL, level int) PARTITION BY RANGE (day);"
        "CREATE TABLE june PARTITION OF readings (level DEFAULT 0)"
        "FOR VALUES FROM ('2031-06-01') TO ('2031-07-01');"
    )

    assert_whole(result, 2)
    level = result.schema.table(Name("public", "june")).column("level")
    assert (level.type.name, level.default.text) == ("integer", "0")


def test_a_failure_costs_one_statement(monkeypatch):
    apply = miglint.dialects.postgres.apply

    def failing(operation, schema, naming):
        if isinstance(operation, DropView):
            raise LookupError("x")
        return apply(operation, schema, naming)

    monkeypatch.setattr(miglint.dialects.postgres, "apply", failing)
    result = replayed(
        "CREATE TABLE t (x int); CREATE VIEW v AS SELECT x FROM t;", "DROP VIEW v;\nDROP TABLE t;"
    )

    assert [(n.path, n.line, n.reason) for n in result.not_analysed] == [("2.sql", 1, BROKEN)]
    assert [str(crash) for crash in result.crashes] == ["the statement failed on 2.sql:1: LookupError: x"]
    assert ("dropped-table", "2.sql") in found(result)


def test_a_finding_that_cannot_be_put_in_its_place_costs_its_rule(monkeypatch):
    rule = next(rule for rule in RULES if rule.name == "dropped-table")
    monkeypatch.setattr(
        rule, "checks", tuple((kind, lambda *_: [Finding(Span(5, 2), "x")]) for kind, _ in rule.checks)
    )

    result = replayed("CREATE TABLE t (x int);", "DROP TABLE t;\nCREATE INDEX ON u (x);")

    assert [crash.what for crash in result.crashes] == ["rule 'dropped-table'"]
    assert ("blocking-index-build", "2.sql") in found(result)


@pytest.mark.parametrize("part", ["recognise", "read"])
def test_a_failure_costs_one_history(write, monkeypatch, part):
    write(
        {
            "a/migrations/1_a.sql": "-- +goose Up\nSELECT 1;\n",
            "b/migrations/V1__b.sql": "SELECT 1;\n",
            "go.mod": "module x\n",
        }
    )

    def failing(*_):
        raise LookupError("x")

    tools = tuple(
        tool._replace(**{part: failing}) if tool is goose_module.tool else tool for tool in all_tools()
    )
    monkeypatch.setattr("miglint.tools._recognition.all_tools", lambda: tools)

    histories = find_histories(["."])

    assert ("b/migrations", ["V1__b"]) in [(h.root, [m.id for m in h.migrations]) for h in histories]
    (problem,) = (p for h in histories if h.root == "a/migrations" for p in h.problems)
    assert isinstance(problem.cause, LookupError)


def test_stars_over_stars_stay_within_what_the_server_takes():
    views = "".join(f"CREATE VIEW v{n} AS SELECT * FROM v{n - 1} a, v{n - 1} b;" for n in range(1, 41))
    result = replayed(
        f"CREATE TABLE t (x int); CREATE VIEW v0 AS SELECT * FROM t;{views}DROP TABLE t CASCADE;"
    )

    assert_whole(result, 43)
    assert not any(isinstance(relation, View) for relation in result.schema.relations.values())
