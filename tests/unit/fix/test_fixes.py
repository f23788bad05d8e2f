"""A fix is offered only where miglint has nothing against the edited migration."""

import pytest

from miglint.checks.checker import Plan
from miglint.model import TransactionMode
from miglint.registry import load_rules
from miglint.rule import Bad
from miglint.testing import lint, lint_histories
from miglint.tools import histories_of_texts

RULES = {rule.name: rule for rule in load_rules()}
TOWNS = """
    CREATE TABLE towns (id bigint PRIMARY KEY, name text, mayor bigint);
    CREATE TABLE people (id bigint PRIMARY KEY);
"""
INDEX = "CREATE INDEX towns_name ON towns (name);"
KEY = "ALTER TABLE towns ADD CONSTRAINT towns_mayor FOREIGN KEY (mayor) REFERENCES people (id);"
MODES = TransactionMode


def offered(rule: str, sql: str, mode: TransactionMode) -> list[str]:
    """Give the titles of the fixes for what one rule finds, for each edit; the others do not run."""
    found = lint((RULES[rule],), Bad("", sql, history=TOWNS, mode=mode))
    assert found
    return [
        report.finding.fix.title for report in found if report.finding.fix for _ in report.finding.fix.edits
    ]


@pytest.mark.parametrize(
    ("sql", "mode", "count"),
    [
        (INDEX, MODES.IMPLICIT_BATCH, 1),
        (INDEX, MODES.PER_STATEMENT, 1),
        (INDEX, MODES.SCRIPT, 1),
        (INDEX, MODES.PER_MIGRATION, 0),
        (INDEX, MODES.PER_RUN, 0),
        (INDEX, MODES.PIPELINE, 0),
        (f"BEGIN;\n{INDEX}\nCOMMIT;", MODES.SCRIPT, 0),
        (f"SELECT 1;\n{INDEX}", MODES.IMPLICIT_BATCH, 0),
        (f"SELECT 1;\n{INDEX}\nCREATE INDEX towns_mayor ON towns (mayor);", MODES.PER_STATEMENT, 2),
    ],
)
def test_concurrently_is_offered_where_it_can_run(sql, mode, count):
    assert offered("blocking-index-build", sql, mode) == ["Add CONCURRENTLY"] * count


def test_not_valid_is_offered_unless_the_same_transaction_validates():
    validate = "ALTER TABLE towns VALIDATE CONSTRAINT towns_mayor;"
    assert offered("foreign-key-scan", KEY, MODES.PER_MIGRATION) == ["Add NOT VALID"]
    assert offered("foreign-key-scan", f"{KEY}\n{validate}", MODES.PER_MIGRATION) == []
    assert offered("foreign-key-scan", f"{KEY}\n{validate}", MODES.PER_STATEMENT) == ["Add NOT VALID"]


def test_a_refused_fix_leaves_those_of_other_tables():
    other = "ALTER TABLE people ADD CONSTRAINT people_id CHECK (id > 0);"
    validate = "ALTER TABLE towns VALIDATE CONSTRAINT towns_mayor;"
    assert offered("check-scan", f"{KEY}\n{validate}\n{other}", MODES.PER_MIGRATION) == ["Add NOT VALID"]


CHANGELOG = """<databaseChangeLog>
  <changeSet id="1" author="me"><createTable tableName="towns"><column name="n" type="int"/></createTable>
    <createTable tableName="lakes"><column name="n" type="int"/></createTable>
  </changeSet>
  <changeSet id="2" author="me" runInTransaction="false"><addAutoIncrement tableName="towns" columnName="n"/>
    <sql>
      CREATE INDEX a ON towns (n);
      CREATE INDEX b ON lakes (n) WHERE n &gt; 1;
    </sql></changeSet>
</databaseChangeLog>
"""


def test_a_fix_edits_the_file_where_the_sql_stands_in_it_as_it_is():
    (history,) = histories_of_texts({"db/changelog.xml": CHANGELOG.encode()})
    assert history.gaps == ()
    found = lint_histories([history], Plan(rules=(RULES["blocking-index-build"],)))
    (plain, escaped) = found
    assert [d.source[d.statement].strip() for d in found] == [
        "CREATE INDEX a ON towns (n)",
        "CREATE INDEX b ON lakes (n) WHERE n &gt; 1",
    ]
    assert escaped.finding.fix is None
    assert plain.finding.fix is not None
    (edit,) = plain.finding.fix.edits
    assert plain.source.text == CHANGELOG
    assert CHANGELOG[: edit.start].endswith("\n      CREATE INDEX")
