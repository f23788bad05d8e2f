"""What waits is said of the strongest lock on a table, whichever action or statement has taken it."""

import pytest

from miglint.model import TransactionMode
from miglint.registry import load_rules
from miglint.rule import Bad
from miglint.testing import lint

RULES = {rule.name: rule for rule in load_rules()}
TABLES = """
    CREATE TABLE users (id bigint PRIMARY KEY);
    CREATE TABLE orders (id bigint PRIMARY KEY, user_id bigint);
"""


def findings(rule, sql, **more):
    reports = lint((RULES[rule],), Bad("", sql, history=TABLES, **more))
    return [report.finding for report in reports]


@pytest.mark.parametrize(
    ("sql", "uses"),
    [
        (
            "ALTER TABLE orders ADD CONSTRAINT k FOREIGN KEY (user_id) REFERENCES users;",
            "blocks writes to orders and users while",
        ),
        (
            "ALTER TABLE orders ADD COLUMN agent_id bigint DEFAULT 0 REFERENCES users;",
            "blocks reads and writes to orders, and writes to users while",
        ),
        (
            "ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES users, ADD COLUMN note text;",
            "blocks reads and writes to orders, and writes to users while",
        ),
        (
            "ALTER TABLE users ADD COLUMN note text;"
            "ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES users;",
            "blocks reads and writes to users (already locked), and writes to orders while",
        ),
    ],
)
def test_a_foreign_key_names_what_waits_for_each_table(sql, uses):
    (finding,) = findings("foreign-key-scan", sql)
    assert uses in finding.message


def test_an_index_build_after_a_stronger_lock_blocks_reads_as_well():
    sql = "ALTER TABLE orders ADD COLUMN note text;\nCREATE INDEX ON orders (note);"
    (finding,) = findings("blocking-index-build", sql)
    assert finding.message == "index build blocks reads and writes to orders (already locked) until it ends"
    assert [related.message for related in finding.related] == ["takes ACCESS EXCLUSIVE on orders"]


def test_a_lock_that_was_given_back_does_not_count():
    sql = "ALTER TABLE orders ADD COLUMN note text;\nCREATE INDEX ON orders (note);"
    (finding,) = findings("blocking-index-build", sql, mode=TransactionMode.PER_STATEMENT)
    assert finding.message == "index build blocks writes to orders until it ends"
    assert not finding.related
