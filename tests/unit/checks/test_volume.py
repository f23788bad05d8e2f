"""What the sizes of tables make of findings."""

import pytest

from miglint.model import Limits, Name, Range, Rates, Severity, Size, Sizes
from miglint.registry import load_rules
from miglint.rule import Good
from miglint.testing import lint

RULES = tuple(rule for rule in load_rules() if rule.profile == "safety")
TABLES = """
    CREATE TABLE users (id bigint PRIMARY KEY, name text);
    CREATE TABLE orders (id bigint PRIMARY KEY, status text, user_id bigint);
"""
INDEX = "SET lock_timeout = '5s';\nCREATE INDEX orders_status ON orders (status);"
MEGABYTE = 1024**2


def cold(megabytes, rows=1000, **known):
    return Size(
        **{"rows": rows, "bytes": megabytes * MEGABYTE, "indexes": 1, "reads": 0, "writes": 1, **known}
    )


def measured(**sizes):
    return Sizes({Name("public", name): size for name, size in sizes.items()}, date="2026-11-03")


def said(sql, sizes, history=TABLES, **settings):
    """Give the findings of each rule, where tables have these sizes."""
    given = {"sizes": sizes if isinstance(sizes, Sizes) else measured(**sizes), **settings}
    found = lint(RULES, Good("", sql, history=history, settings=tuple(given.items())))
    return {report.rule: report for report in found}


def words(found):
    return {rule: (report.severity, report.finding.message) for rule, report in found.items()}


def test_without_a_size_all_is_as_ever():
    found = said(INDEX, {"users": cold(1)})

    assert found.keys() == {"blocking-index-build"}
    assert (
        found["blocking-index-build"].finding.message == "index build blocks writes to orders until it ends"
    )
    assert words(found) == words(said(INDEX, {}))


def test_work_on_a_small_table_that_is_not_hot_is_silent():
    for size in (cold(10), cold(10, reads=98)):
        assert said(INDEX, {"orders": size}) == {}


def test_a_lock_on_one_is_silent_where_hardly_anybody_uses_it():
    def silent(size):
        return said("ALTER TABLE orders ADD COLUMN note text;", {"orders": size}, lock_timeout="each") == {}

    assert silent(cold(10)) and silent(cold(10, hot=False))
    assert not any(map(silent, (cold(10, reads=0.01), cold(11), cold(10, reads=None), Size())))


def test_one_that_looks_small_and_is_not_is_large():
    history = """
        CREATE TABLE countries (id int PRIMARY KEY, name text);
        INSERT INTO countries VALUES (1, 'Peru'), (2, 'Chad');
        CREATE TABLE options (id boolean PRIMARY KEY, name text);
    """
    for name in ("countries", "options"):
        sql = f"SET lock_timeout = '5s';\nCREATE INDEX i ON {name} (name);"
        assert said(sql, {}, history) == {}
        assert said(sql, {name: cold(10)}, history) == {}
        assert "blocking-index-build" in said(sql, {name: cold(500, rows=9_000_000)}, history)


def test_a_small_table_that_is_hot_or_may_be_is_not():
    for size in (cold(1, reads=99), cold(1, reads=None), cold(1, hot=True)):
        assert said(INDEX, {"orders": size})["blocking-index-build"].severity is Severity.ERROR


@pytest.mark.parametrize(
    ("size", "severity"),
    [
        (cold(50), Severity.NOTE),
        (cold(2500, rows=100_000), Severity.WARNING),
        (cold(5000, rows=5_000_000), Severity.ERROR),
        (cold(50, hot=True), Severity.ERROR),
        (cold(50, writes=None), Severity.ERROR),
    ],
)
def test_the_severity_follows_the_time(size, severity):
    assert said(INDEX, {"orders": size})["blocking-index-build"].severity is severity


def test_a_scan_that_takes_longer_is_worse():
    check = "SET lock_timeout = '5s';\nALTER TABLE orders ADD CHECK (id > 0);"

    assert said(check, {"orders": cold(50)})["check-scan"].severity is Severity.WARNING
    assert said(check, {"orders": cold(2_000)})["check-scan"].severity is Severity.WARNING
    assert said(check, {"orders": cold(5_000)})["check-scan"].severity is Severity.ERROR


def test_what_may_fail_on_rows_is_more_than_a_note_and_what_breaks_code_is_as_bad_as_ever():
    required = "SET lock_timeout = '5s';\nALTER TABLE orders ALTER status SET NOT NULL;"
    retyped = "SET lock_timeout = '5s';\nALTER TABLE orders ALTER id TYPE text;"
    wider = "SET lock_timeout = '5s';\nALTER TABLE orders ALTER user_id TYPE numeric;"

    assert said(required, {"orders": cold(50)})["not-null-scan"].severity is Severity.WARNING
    assert said(retyped, {"orders": cold(50)})["type-change-rewrite"].severity is Severity.ERROR
    assert said(wider, {"orders": cold(50)})["type-change-rewrite"].severity is not Severity.ERROR


def test_nothing_is_lowered_while_a_table_that_may_be_hot_waits():
    key = "SET lock_timeout = '5s';\nALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES users;"
    severity = said(key, {})["foreign-key-scan"].severity

    assert severity is Severity.ERROR
    assert said(key, {"orders": cold(50)})["foreign-key-scan"].severity is severity
    assert (
        said(key, {"orders": cold(50), "users": cold(50, hot=True)})["foreign-key-scan"].severity is severity
    )
    assert said(key, {"orders": cold(50), "users": cold(50)})["foreign-key-scan"].severity is Severity.WARNING


def test_nor_while_an_earlier_statement_keeps_such_a_table_locked():
    sql = "ALTER TABLE users ADD COLUMN note text;\nCREATE INDEX orders_status ON orders (status);"

    assert said(sql, {"orders": cold(50), "users": cold(1)})["blocking-index-build"].severity is Severity.NOTE
    assert said(sql, {"orders": cold(50)})["blocking-index-build"].severity is Severity.ERROR


def test_old_numbers_count_and_are_said_to_be_old():
    old = measured(orders=cold(50))._replace(date="2026-01-01", age=91)
    found = said(INDEX, old)["blocking-index-build"]

    assert found.severity is Severity.NOTE
    assert "(50 MB) on 2026-01-01, 91 days ago: " in found.finding.message
    assert "days ago" not in said(INDEX, old._replace(age=90))["blocking-index-build"].finding.message


def test_a_message_quotes_number_and_date():
    found = said(INDEX, {"orders": cold(12 * 1024, rows=41_000_000)})["blocking-index-build"]

    assert found.finding.message == (
        "index build blocks writes to orders until it ends; "
        "orders had 41 million rows (12 GB) on 2026-11-03: "
        "17 seconds to 9 minutes of work at the assumed rates"
    )


def test_the_rates_are_those_of_the_project():
    sizes = measured(orders=cold(20, rows=10))
    slow = sizes._replace(rates=Rates(index_build=Range(1, 10)))

    assert "at most a second" in said(INDEX, sizes)["blocking-index-build"].finding.message
    assert "1 to 11 seconds" in said(INDEX, slow)["blocking-index-build"].finding.message


def test_a_change_of_all_rows_is_told_its_time_too():
    update = said("UPDATE orders SET status = 'new';", {"orders": cold(12 * 1024, rows=41_000_000)})

    assert "41 million rows (12 GB) on 2026-11-03: up to " in update["unbatched-update"].finding.message


def test_so_is_work_during_which_earlier_statements_keep_a_table_locked():
    sql = """
        SET lock_timeout = '5s';
        ALTER TABLE users ADD COLUMN note text;
        UPDATE orders SET status = 'new';
    """
    large = {"orders": cold(12 * 1024, rows=41_000_000)}

    assert "; orders had 41 million rows" in said(sql, large)["slow-work-after-lock"].finding.message
    assert said(sql, large)["slow-work-after-lock"].severity is Severity.WARNING
    assert said(sql, {"orders": cold(12, rows=1000)})["slow-work-after-lock"].severity is Severity.WARNING
    both = {"orders": cold(12, rows=1000), "users": cold(1)}
    assert said(sql, both).get("slow-work-after-lock") is None
    both = {"orders": cold(12, rows=1000), "users": cold(20)}
    assert said(sql, both)["slow-work-after-lock"].severity is Severity.NOTE


def test_a_partitioned_table_holds_what_its_partitions_hold():
    history = """
        CREATE TABLE events (id bigint, at date) PARTITION BY RANGE (at);
        CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
        CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
    """
    sql = "SET lock_timeout = '5s';\nALTER TABLE events ALTER id SET NOT NULL;"
    parts = {"events_1": cold(20, rows=1000), "events_2": cold(30, rows=2000)}
    found = said(sql, parts, history)["not-null-scan"]

    assert "; events had 3,000 rows (50 MB) on 2026-11-03: at most a second" in found.finding.message
    assert found.severity is Severity.WARNING
    assert " had " not in said(sql, {"events_1": cold(5)}, history)["not-null-scan"].finding.message
    small = said(sql, {"events_1": cold(5), "events_2": cold(4)}, history)
    assert small.keys() == {"not-null-without-backfill"}
    whole = {**parts, "events": cold(50, rows=3000)}
    assert said(sql, whole, history)["not-null-scan"].finding.message == found.finding.message


def test_what_the_configuration_lists_wins():
    listed = frozenset({Name("public", "orders")})

    assert said(INDEX, {"orders": cold(12 * 1024)}, small_tables=listed) == {}
    hot = said(INDEX, {"orders": cold(1)}, hot_tables=listed)["blocking-index-build"]
    assert hot.severity is Severity.ERROR
    drop = "ALTER TABLE orders ADD COLUMN note text;"
    assert said(drop, {"orders": cold(50, hot=True)}, small_tables=listed) == {}


def test_a_hot_table_is_as_one_that_is_listed():
    history, sql = TABLES + "CREATE INDEX orders_status ON orders (status);", "DROP INDEX orders_status;"
    listed = said(sql, {}, history, hot_tables=frozenset({Name("public", "orders")}))

    assert "blocking-index-drop" in listed
    assert "blocking-index-drop" not in said(sql, {"orders": cold(50)}, history)
    assert words(said(sql, {"orders": cold(50, reads=200)}, history)) == words(listed)


def test_a_table_that_the_migration_fills_is_no_longer_small():
    filled = "INSERT INTO orders SELECT id FROM users;\n" + INDEX

    assert "blocking-index-build" in said(filled, {"orders": cold(1)})


def test_one_that_it_makes_is_another():
    made = """
        DROP TABLE orders;
        CREATE TABLE orders (id bigint);
        ALTER TABLE users ADD COLUMN note text;
        INSERT INTO orders SELECT id FROM users;
        CREATE INDEX orders_id ON orders (id);
    """

    assert words(said(made, {"orders": cold(1)})) == words(said(made, {}))


def test_a_table_keeps_its_size_under_another_name():
    renamed = (
        "SET lock_timeout = '5s';\nALTER TABLE orders RENAME TO sales;\nCREATE INDEX i ON sales (status);"
    )

    assert "blocking-index-build" in said(renamed, {})
    assert "blocking-index-build" not in said(renamed, {"orders": cold(1)})


def test_what_counts_as_small_is_a_setting():
    sizes = measured(orders=cold(50))._replace(limits=Limits(small=50 * MEGABYTE))

    assert said(INDEX, sizes) == {}
