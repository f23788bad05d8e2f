"""The loops that help writes, run on real servers: they change what the statement would have changed."""

import pytest

from miglint.registry import load_rules
from miglint.rule import Bad
from miglint.testing import lint
from miglint.verify.server import Server

RULES = tuple(rule for rule in load_rules() if rule.name in ("unbatched-update", "unbatched-delete"))
PARTITIONED = """
    CREATE TABLE towns (id int, area int, kind text) PARTITION BY LIST (area);
    CREATE TABLE towns_1 PARTITION OF towns FOR VALUES IN (1);
    CREATE TABLE towns_2 PARTITION OF towns FOR VALUES IN (2);
"""
INHERITED = """
    CREATE TABLE towns (id int PRIMARY KEY, area int, kind text);
    CREATE TABLE cities () INHERITS (towns);
"""
PLAIN = "CREATE TABLE towns (id int PRIMARY KEY, area int, kind text);"
ROWS = """
    INSERT INTO towns
    SELECT n, 1 + n % 2, CASE WHEN n % 3 = 0 THEN 'a' ELSE 'b' END FROM generate_series(1, 60) n;
    CREATE TABLE kinds AS SELECT id AS town, 'c' AS kind FROM towns WHERE id % 5 = 0;
"""
MORE = "INSERT INTO cities SELECT id, area, 'b' FROM ONLY towns WHERE kind = 'a';"
CHANGES = (
    "UPDATE towns SET kind = NULL WHERE kind = 'a'",
    "DELETE FROM towns WHERE kind = 'a' OR id = 7",
    "DELETE FROM towns t USING kinds k WHERE k.town = t.id AND t.kind = 'b'",
)


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("tables", [PARTITIONED, INHERITED, PLAIN])
def test_batches_change_the_rows_of_the_statement_alone(tables, change, server: Server):
    more = MORE if tables is INHERITED else ""
    _same_rows(server, f"{tables}{ROWS}{more}", tables, change)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE towns t SET kind = k.kind FROM kinds k WHERE k.town = t.id",
        "UPDATE towns SET kind = 'd' WHERE kind = 'a' OR id > 50",
    ],
)
def test_batches_over_a_key_change_the_rows_of_the_statement_alone(change, server: Server):
    _same_rows(server, f"{PLAIN}{ROWS}", PLAIN, change)


@pytest.mark.parametrize("change", ["UPDATE towns SET kind = 'd' WHERE kind = 'a'", "DELETE FROM towns"])
@pytest.mark.parametrize("which", ["counted", "USER"])
def test_batches_turn_triggers_off_and_leave_them_on(which, change, server: Server):
    made = f"""{PLAIN}
        CREATE TABLE seen (town int);
        CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql
            AS 'BEGIN INSERT INTO seen VALUES (OLD.id); RETURN OLD; END';
        CREATE TRIGGER counted AFTER UPDATE OR DELETE ON towns FOR EACH ROW EXECUTE FUNCTION noted();
    """
    off, on = (f"ALTER TABLE towns {verb} TRIGGER {which};" for verb in ("DISABLE", "ENABLE"))
    rules = tuple(rule for rule in load_rules() if rule.name == "ddl-then-backfill")
    help_text = lint(rules, Bad("", f"{off} {change}; {on}", history=made))[0].finding.help
    with server.database("triggers") as database, server.connect(database) as connection:
        connection.execute(f"{made}{ROWS}")
        connection.execute(help_text.replace("LIMIT 10000", "LIMIT 4"))
        assert connection.execute("SELECT count(*) FROM seen").fetchall() == [(0,)]
        assert connection.execute("SELECT tgenabled FROM pg_trigger").fetchall() == [("O",)]
        assert connection.execute("SELECT count(*) FROM towns WHERE kind = 'a'").fetchall() == [(0,)]


def _same_rows(server: Server, made: str, history: str, change: str) -> None:
    help_text = lint(RULES, Bad("", f"{change};", history=history))[0].finding.help
    found = []
    for sql in (change, help_text.replace("LIMIT 10000", "LIMIT 4")):
        with server.database("batches") as database, server.connect(database) as connection:
            connection.execute(made)
            connection.execute(sql)
            rows = connection.execute("SELECT tableoid::regclass::text, * FROM towns ORDER BY 1, 2, 3, 4")
            found.append(rows.fetchall())
    assert found[0] == found[1]
