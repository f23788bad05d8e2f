"""The loops that help writes: they keep all clauses of the statement, and touch no other row."""

import pytest
from tests.cli.conftest import command

from miglint.registry import load_rules
from miglint.rule import Bad
from miglint.testing import lint

RULES = {rule.name: rule for rule in load_rules()}
TABLES = """
    CREATE TABLE towns (id bigint PRIMARY KEY, name text, kind text);
    CREATE TABLE kinds (id bigint PRIMARY KEY, town bigint, kind text);
"""


def help_of(sql, history=TABLES):
    rules = tuple(RULES[name] for name in ("unbatched-update", "unbatched-delete", "ddl-then-backfill"))
    return lint(rules, Bad("", sql, history=history))[0].finding.help


@pytest.mark.parametrize(
    ("update", "head", "where"),
    [
        (
            "UPDATE towns t SET kind = kinds.kind  -- the old one\n FROM kinds\n WHERE kinds.town = t.id",
            "UPDATE towns AS t SET kind = kinds.kind FROM kinds",
            "WHERE t.id BETWEEN first_key AND last_key AND kinds.town = t.id;",
        ),
        (
            "UPDATE towns SET kind = k.kind FROM kinds k WHERE k.town = towns.id",
            "UPDATE towns SET kind = k.kind FROM kinds k",
            "WHERE towns.id BETWEEN first_key AND last_key AND k.town = towns.id;",
        ),
        (
            "UPDATE towns SET kind = (name IS DISTINCT FROM 'a')::text WHERE id > 3 OR name = 'b'",
            "UPDATE towns SET kind = (name IS DISTINCT FROM 'a')::text",
            "WHERE id BETWEEN first_key AND last_key AND (id > 3 OR name = 'b');",
        ),
        (
            "UPDATE towns SET kind = name IS DISTINCT FROM 'a' FROM kinds",
            "UPDATE towns SET kind = name IS DISTINCT FROM 'a' FROM kinds",
            "WHERE towns.id BETWEEN first_key AND last_key;",
        ),
        (
            "WITH k AS (SELECT * FROM kinds) UPDATE towns SET kind = k.kind FROM k WHERE k.town = towns.id",
            "WITH ... UPDATE towns SET kind = k.kind FROM k",
            "WHERE towns.id BETWEEN first_key AND last_key AND k.town = towns.id;",
        ),
        (
            "UPDATE ONLY \"towns\" SET (kind, name) = (SELECT kind, 'a' FROM kinds WHERE town = towns.id)",
            "UPDATE ONLY towns SET (kind, name) = (SELECT kind, 'a' FROM kinds WHERE town = towns.id)",
            "WHERE id BETWEEN first_key AND last_key;",
        ),
        (
            f"UPDATE towns SET kind = '{'x' * 300}' WHERE name = '$$'",
            "UPDATE towns SET kind = ...",
            "WHERE id BETWEEN first_key AND last_key AND ...;",
        ),
        (
            "DO $$ DECLARE k text = 'a'; BEGIN UPDATE towns SET kind = k WHERE name = k OR id = 1; END $$",
            "UPDATE towns SET kind = ...",
            "WHERE id BETWEEN first_key AND last_key AND (...);",
        ),
    ],
)
def test_batches_keep_all_clauses_of_an_update(update, head, where):
    assert f"    {head}\n    {where}\n" in help_of(f"{update};")


def test_batches_keep_what_a_delete_uses():
    assert (
        "    DELETE FROM towns AS t USING kinds\n"
        "    WHERE t.id IN (SELECT t.id FROM towns AS t, kinds WHERE kinds.town = t.id LIMIT 10000)\n"
        "      AND kinds.town = t.id;\n"
    ) in help_of("DELETE FROM towns t USING kinds WHERE kinds.town = t.id;")


@pytest.mark.parametrize(
    ("history", "place"),
    [
        ("CREATE TABLE towns (id int, kind text);", "ctid"),
        ("CREATE TABLE towns (id int, kind text) PARTITION BY LIST (id);", "(tableoid, ctid)"),
        ("CREATE TABLE towns (kind text); CREATE TABLE cities () INHERITS (towns);", "(tableoid, ctid)"),
        ("", "(tableoid, ctid)"),
    ],
)
def test_where_the_same_ctid_is_in_several_tables_it_picks_no_row_alone(history, place):
    help_text = help_of("UPDATE towns SET kind = NULL WHERE kind = 'a';", history)
    picked = "kind = 'a' AND kind IS NOT NULL"
    columns = place.strip("()")
    assert f"WHERE {place} IN (SELECT {columns} FROM towns WHERE {picked} LIMIT 10000)" in help_text
    assert f"\n      AND {picked};" in help_text


@pytest.mark.parametrize(
    ("update", "spared"),
    [
        ("display = name WHERE display IS NULL OR display = ''", ""),
        ("display = name WHERE display <> 'a'", ""),
        ("display = name WHERE name <> 'a'", " AND display IS NULL"),
        ("display = kinds.kind FROM kinds WHERE kinds.town = towns.id", " AND towns.display IS NULL"),
    ],
)
def test_a_condition_on_the_new_column_says_itself_what_is_to_be_changed(update, spared):
    where = update.partition("WHERE ")[2]
    where = f"({where})" if " OR " in where else where
    help_text = help_of(f"ALTER TABLE towns ADD COLUMN display text; UPDATE towns SET {update};")
    assert f"AND last_key AND {where}{spared};" in help_text


@pytest.mark.parametrize(
    ("value", "again"),
    [
        ("replace(name, 'DURPO', 'DUOS')", False),
        ("replace(name::text, 'old/', 'new-')::text", False),
        ("replace(name, 'ab', 'a')", True),
        ("replace(name, 'a', 'ab')", True),
        ("replace(name, 'xa', 'ax')", True),
        ("replace(name, 'ab', '')", True),
        ("replace(lower(name), 'a', 'B')", True),
        ("replace(name, kind, 'b')", True),
        ("(SELECT name FROM kinds LIMIT 1)", False),
        ("(SELECT kinds.kind || towns.name FROM kinds LIMIT 1)", True),
        ("name || 'x'", True),
    ],
)
def test_a_change_may_be_made_twice_if_the_second_surely_changes_nothing(value, again):
    help_text = help_of(f"UPDATE towns SET name = {value};")
    assert ("-- a row that is changed twice may be wrong" in help_text) == again
    assert ("let code write both" in help_text) == again


def test_what_runs_by_hand_takes_the_place_of_the_statement(tmp_path):
    (tmp_path / "meta").mkdir()
    (tmp_path / "meta" / "_journal.json").write_text(
        '{"version": "7", "dialect": "postgresql", "entries": ['
        '{"idx": 0, "version": "7", "when": 1700000000000, "tag": "0000_a", "breakpoints": true},'
        '{"idx": 1, "version": "7", "when": 1710000000000, "tag": "0001_b", "breakpoints": true}]}'
    )
    (tmp_path / "0000_a.sql").write_text("CREATE TABLE towns (id bigint PRIMARY KEY, name text);")
    (tmp_path / "0001_b.sql").write_text("SELECT 1;\n\nUPDATE towns SET name = 'a' WHERE name = 'b';\n")
    shown = command("check", str(tmp_path), cwd=tmp_path).out
    assert (
        "by hand with psql, before the deploy, in batches that commit, in place of the UPDATE in line 3:"
        in shown
    )
