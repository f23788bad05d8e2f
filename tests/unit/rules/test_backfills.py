"""Help for an UPDATE of new columns: a default in its place, or a later one that spares newer rows."""

import pytest

from miglint.registry import load_rules
from miglint.rule import Bad
from miglint.testing import lint

RULES = {rule.name: rule for rule in load_rules()}
TABLE = "CREATE TABLE towns (id bigint PRIMARY KEY, name text);"


def help_of(rule, sql):
    return lint((RULES[rule],), Bad("", sql, history=TABLE))[0].finding.help


@pytest.mark.parametrize("where", ["", " WHERE open IS NULL", " WHERE true"])
def test_a_constant_for_all_rows_is_a_default(where):
    sql = (
        "ALTER TABLE towns ADD COLUMN open boolean;"
        f"UPDATE towns SET open = false{where};"
        "ALTER TABLE towns ALTER COLUMN open SET DEFAULT true;"
        "ALTER TABLE towns ALTER COLUMN open SET NOT NULL;"
    )
    expected = [
        "ALTER TABLE towns ADD COLUMN open boolean DEFAULT false NOT NULL;",
        "ALTER TABLE towns ALTER COLUMN open SET DEFAULT true;",
    ]
    assert help_of("ddl-then-backfill", sql).splitlines()[1:] == expected
    assert help_of("not-null-scan", sql).splitlines()[1:] == expected


def test_without_a_default_of_its_own_the_column_drops_the_constant():
    sql = "ALTER TABLE towns ADD COLUMN kind text; UPDATE towns SET kind = 'old';"
    assert help_of("ddl-then-backfill", sql).endswith(
        "ALTER TABLE towns ADD COLUMN kind text DEFAULT 'old';\n"
        "ALTER TABLE towns ALTER COLUMN kind DROP DEFAULT;"
    )


@pytest.mark.parametrize(
    "update",
    [
        "UPDATE towns SET kind = 'old' WHERE name = 'a'",
        "UPDATE towns SET kind = lower(name)",
        "UPDATE towns SET kind = 'old', name = 'a'",
        "UPDATE towns SET name = 'a'",
    ],
)
def test_other_changes_stay_an_update(update):
    help_text = help_of("ddl-then-backfill", f"ALTER TABLE towns ADD COLUMN kind text; {update};")
    assert "COMMIT;" in help_text
    assert "ADD COLUMN" not in help_text


@pytest.mark.parametrize(
    ("column", "spared"),
    [("kind text", "AND kind IS NULL;"), ("kind text DEFAULT 'new'", "AND kind = 'new';")],
)
def test_a_later_update_leaves_out_what_was_written_in_between(column, spared):
    sql = f"ALTER TABLE towns ADD COLUMN {column}; UPDATE towns SET kind = lower(name);"
    assert spared in help_of("ddl-then-backfill", sql)


def test_what_relies_on_the_new_values_moves_as_well():
    needs = "ALTER TABLE towns ALTER COLUMN kind SET NOT NULL"
    other = "ALTER TABLE towns ALTER COLUMN name SET NOT NULL"
    sql = f"ALTER TABLE towns ADD COLUMN kind text; UPDATE towns SET kind = lower(name); {needs}; {other};"
    help_text = help_of("ddl-then-backfill", sql)
    assert help_text.endswith(f"because it relies on the change:\n{needs};")


@pytest.mark.parametrize(
    ("update", "later", "moved"),
    [
        (
            "UPDATE towns SET kind = lower(name)",
            "ALTER TABLE towns DROP COLUMN name; ALTER TABLE towns RENAME kind TO name; "
            "CREATE INDEX towns_name ON towns (name); CREATE INDEX towns_id ON towns (id);",
            "ALTER TABLE towns DROP COLUMN name;\n"
            "ALTER TABLE towns RENAME kind TO name;  -- miglint: ignore[renamed-column] no code uses it\n"
            "CREATE INDEX towns_name ON towns (name);",
        ),
        (
            "UPDATE towns SET kind = nextval('towns_n')",
            "DROP SEQUENCE towns_n; DROP SEQUENCE others;",
            "DROP SEQUENCE towns_n;",
        ),
        (
            "UPDATE towns SET kind = old.kind FROM old_towns old WHERE old.town = towns.id",
            "ALTER TABLE old_towns DROP COLUMN note; ALTER TABLE old_towns DROP COLUMN town; "
            "DROP TABLE old_towns;",
            "ALTER TABLE old_towns DROP COLUMN town;\nDROP TABLE old_towns;",
        ),
    ],
)
def test_what_takes_away_what_the_update_uses_moves_as_well(update, later, moved):
    made = "ALTER TABLE towns ADD COLUMN kind text;"
    others = (
        "CREATE TABLE old_towns (town bigint, kind text, note text); "
        "CREATE SEQUENCE towns_n; CREATE SEQUENCE others;"
    )
    bad = Bad("", f"{made} {update}; {later}", history=f"{TABLE}\n{others}")
    help_text = lint((RULES["ddl-then-backfill"],), bad)[0].finding.help
    assert help_text.endswith(f"because it takes away what the change uses:\n{moved}")


def test_in_a_block_the_statements_of_the_block_move():
    sql = """DO $$
        BEGIN
          ALTER TABLE towns ADD COLUMN kind text;
          UPDATE towns SET kind = lower(name);
          ALTER TABLE towns ALTER COLUMN kind SET NOT NULL;
        END $$;"""
    assert help_of("ddl-then-backfill", sql).endswith(
        "because it relies on the change:\nALTER TABLE towns ALTER COLUMN kind SET NOT NULL;"
    )


@pytest.mark.parametrize(
    ("update", "condition"),
    [
        ("n = 1", "n IS DISTINCT FROM 1"),
        ("n = NULL", "n IS NOT NULL"),
        ("n = 1 WHERE n IS NULL", "n IS NULL"),
        ("n = 1 WHERE n IS NULL AND city = 'a'", "n IS NULL AND city = 'a'"),
        ("n = 1, city = 'a'", "(n IS DISTINCT FROM 1 OR city IS DISTINCT FROM 'a')"),
        ("zip = city", "zip = '0' AND zip IS DISTINCT FROM ..."),
        ("zip = '7' WHERE n > 1", "n > 1 AND zip = '0' AND zip IS DISTINCT FROM '7'"),
    ],
)
def test_a_loop_without_a_key_picks_no_row_that_is_done(update, condition):
    history = "CREATE TABLE visits (n int, city text);"
    sql = f"ALTER TABLE visits ADD COLUMN zip text NOT NULL DEFAULT '0'; UPDATE visits SET {update};"
    rule = RULES["ddl-then-backfill"]
    help_text = lint((rule,), Bad("", sql, history=history))[0].finding.help
    assert f"FROM visits WHERE {condition} LIMIT" in help_text


@pytest.mark.parametrize(
    "update", ["n = floor(random() * 9)", "n = p.n FROM p WHERE p.city = visits.city", "city = lower(city)"]
)
def test_without_a_key_no_loop_is_shown_that_may_have_no_end(update):
    history = "CREATE TABLE visits (n int, city text); CREATE TABLE p (n int, city text);"
    rule = RULES["unbatched-update"]
    help_text = lint((rule,), Bad("", f"UPDATE visits SET {update};", history=history))[0].finding.help
    assert "LOOP" not in help_text
    assert "give the table one first" in help_text


def test_batches_by_key_keep_the_rest_of_a_condition():
    sql = "UPDATE towns SET name = 'x' WHERE id > 5 AND name IS NULL;"
    assert "AND last_key AND id > 5 AND name IS NULL;" in help_of("unbatched-update", sql)


@pytest.mark.parametrize(
    ("table", "value", "way"),
    [
        ("towns", "current_visitor()", "WHERE id BETWEEN first_key AND last_key AND made IS NULL"),
        ("visits", "gen_random_uuid()", "FROM visits WHERE made IS NULL LIMIT"),
        ("visits", "current_visitor()", "give the table one first"),
    ],
)
def test_old_rows_get_a_default_in_a_loop_that_ends(table, value, way):
    history = f"{TABLE} CREATE TABLE visits (n int);"
    bad = Bad("", f"ALTER TABLE {table} ADD COLUMN made uuid DEFAULT {value};", history=history)
    assert way in lint((RULES["volatile-default-rewrite"],), bad)[0].finding.help


@pytest.mark.parametrize(
    "needs",
    [
        "ALTER TABLE towns ADD UNIQUE (kind)",
        "ALTER TABLE towns ADD CHECK (kind <> '')",
        "ALTER TABLE towns ADD FOREIGN KEY (kind) REFERENCES kinds (name)",
        "CREATE UNIQUE INDEX ON towns (kind)",
    ],
)
def test_constraints_rely_on_the_values(needs):
    sql = f"ALTER TABLE towns ADD COLUMN kind text; UPDATE towns SET kind = lower(name); {needs};"
    assert help_of("ddl-then-backfill", sql).endswith(f"{needs};")


@pytest.mark.parametrize(
    ("where", "quiet"), [("town = 7", True), ("town > 7", False), ("kind = 7", False), ("other = 7", False)]
)
def test_the_children_of_one_parent_are_a_bounded_number(where, quiet):
    history = f"""{TABLE}
        CREATE TABLE shops (town bigint REFERENCES towns, other bigint REFERENCES towns, kind int);
        CREATE INDEX ON shops (town);
        CREATE INDEX ON shops (kind);
    """
    found = lint((RULES["unbatched-delete"],), Bad("", f"DELETE FROM shops WHERE {where};", history=history))
    assert (not found) == quiet


def test_an_index_that_is_dropped_first_gets_a_new_name():
    sql = "DROP INDEX IF EXISTS towns_name; CREATE INDEX towns_name ON towns (name);"
    assert "INDEX CONCURRENTLY towns_name_new ON towns (name);" in help_of("blocking-index-build", sql)


SHOPS = """
    CREATE TABLE shops (id bigint PRIMARY KEY, name text, code text);
    CREATE TABLE carts (id bigint PRIMARY KEY, shop bigint REFERENCES shops ON DELETE CASCADE, code text);
    CREATE TABLE parts (id bigint PRIMARY KEY, cart bigint REFERENCES carts, name text);
    CREATE TABLE logs (id bigint PRIMARY KEY, code text);
    CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE FUNCTION folded(text) RETURNS text RETURN lower($1);
    CREATE SEQUENCE numbers;
"""


@pytest.mark.parametrize(
    ("change", "later", "moved"),
    [
        (
            "UPDATE shops SET code = lower(name)",
            "INSERT INTO logs SELECT id, code FROM shops; INSERT INTO logs SELECT id, name FROM shops;",
            "because it relies on the change:\nINSERT INTO logs SELECT id, code FROM shops;",
        ),
        (
            "UPDATE shops SET code = lower(name)",
            "UPDATE carts SET code = shops.code FROM shops WHERE shops.id = shop; "
            "ALTER TABLE carts ALTER code SET NOT NULL;",
            "because it relies on the change:\n-- the UPDATE of carts, in batches as well\n"
            "ALTER TABLE carts ALTER code SET NOT NULL;",
        ),
        (
            "UPDATE shops SET code = lower(name)",
            "CREATE TABLE codes AS SELECT code FROM shops; CREATE INDEX ON codes (code);",
            "because it relies on the change:\nCREATE TABLE codes AS SELECT code FROM shops;\n"
            "CREATE INDEX ON codes (code);",
        ),
        (
            "UPDATE carts SET shop = 1 WHERE shop = 2 OR code = ''",
            "DELETE FROM shops WHERE id = 2; DELETE FROM logs WHERE id = 2;",
            "because it relies on the change:\nDELETE FROM shops WHERE id = 2;",
        ),
        (
            "UPDATE carts SET code = logs.code FROM logs WHERE logs.id = carts.id",
            "DELETE FROM logs WHERE id = 2; DELETE FROM parts WHERE id = 2;",
            "because it takes away what the change uses:\nDELETE FROM logs WHERE id = 2;",
        ),
        (
            "DELETE FROM parts WHERE name IS NULL",
            "DELETE FROM carts WHERE id = 2; DELETE FROM shops WHERE id = 2;",
            "because it relies on the change:\nDELETE FROM carts WHERE id = 2;\n"
            "DELETE FROM shops WHERE id = 2;",
        ),
        (
            "DELETE FROM shops WHERE name IS NULL",
            "ALTER TABLE carts ALTER shop SET NOT NULL; ALTER TABLE parts ALTER name SET NOT NULL;",
            "because it relies on the change:\nALTER TABLE carts ALTER shop SET NOT NULL;",
        ),
        (
            "UPDATE shops SET code = lower(name)",
            "INSERT INTO shops SELECT id, code FROM shops; INSERT INTO carts VALUES (1, 7); "
            "INSERT INTO carts (id, code) VALUES (2, ''); UPDATE carts SET shop = 8 WHERE id = 2;",
            "because it relies on the change:\nINSERT INTO shops SELECT id, code FROM shops;\n"
            "INSERT INTO carts VALUES (1, 7);\nUPDATE carts SET shop = 8 WHERE id = 2;",
        ),
        (
            "UPDATE shops SET code = 'logs' || nextval('numbers')",
            "DROP TABLE logs; DROP SEQUENCE numbers;",
            "because it takes away what the change uses:\nDROP SEQUENCE numbers;",
        ),
        (
            "UPDATE shops SET code = folded(name)",
            "DROP FUNCTION folded(text); CREATE FUNCTION folded(a text) RETURNS text RETURN upper(a); "
            "GRANT EXECUTE ON FUNCTION folded(text) TO app; COMMENT ON TABLE logs IS '';",
            "because it takes away what the change uses:\nDROP FUNCTION folded(text);\n"
            "CREATE FUNCTION folded(a text) RETURNS text RETURN upper(a);\n"
            "GRANT EXECUTE ON FUNCTION folded(text) TO app;",
        ),
        (
            "UPDATE shops SET code = logs.code FROM logs WHERE logs.id = shops.id",
            "DROP TABLE logs; ALTER TABLE parts RENAME TO logs; COMMENT ON TABLE logs IS 'parts';",
            "because it takes away what the change uses:\nDROP TABLE logs;\n"
            "ALTER TABLE parts RENAME TO logs;\nCOMMENT ON TABLE logs IS 'parts';",
        ),
    ],
)
def test_what_reads_or_deletes_the_rows_that_are_moved_moves_as_well(change, later, moved):
    lock = f"ALTER TABLE {change.replace('FROM ', '').split()[1]} ADD COLUMN added int;"
    bad = Bad("", f"{lock} {change}; {later}", history=SHOPS)
    help_text = lint((RULES["ddl-then-backfill"],), bad)[0].finding.help
    assert help_text.partition("-- and only after it, ")[2] == moved


@pytest.mark.parametrize(
    ("trigger", "fires"),
    [
        ("BEFORE UPDATE ON shops", True),
        ("BEFORE UPDATE OF code ON shops", True),
        ("BEFORE UPDATE OF name ON shops", False),
        ("BEFORE INSERT ON shops", False),
        ("BEFORE UPDATE ON carts", False),
    ],
)
def test_a_trigger_that_would_fire_for_the_batches_is_named(trigger, fires):
    change = "ALTER TABLE shops ADD COLUMN added int; UPDATE shops SET code = lower(name);"
    sql = f"{change} CREATE TRIGGER notes {trigger} FOR EACH ROW EXECUTE FUNCTION noted();"
    help_text = lint((RULES["ddl-then-backfill"],), Bad("", sql, history=SHOPS))[0].finding.help
    assert ("-- the trigger notes of this migration would fire for each row" in help_text) == fires


def test_batches_that_can_run_before_the_migration_leave_the_rest_in_place():
    sql = "DELETE FROM towns WHERE name = ''; ALTER TABLE towns ALTER name SET NOT NULL;"
    help_text = help_of("unbatched-delete", sql)
    assert help_text.startswith("-- in a migration of its own, outside a transaction, before this one,")
    stays = "DELETE FROM towns WHERE name = '';  -- miglint: ignore[unbatched-delete] done in batches before"
    assert help_text.endswith(f"END $$;\n-- and in the migration:\n{stays}")
    assert not lint((RULES["unbatched-delete"],), Bad("", stays, history=TABLE))


@pytest.mark.parametrize(
    ("change", "when"),
    [
        ("name = 'none' WHERE name IS NULL", "in a migration of its own"),
        ("name = lower(name)", "in a later migration"),
    ],
)
def test_an_update_stays_only_if_a_second_run_passes_over_what_the_batches_did(change, when):
    sql = f"UPDATE towns SET {change}; ALTER TABLE towns ALTER name SET NOT NULL;"
    assert help_of("unbatched-update", sql).startswith(f"-- {when}")


@pytest.mark.parametrize(
    ("table", "key"),
    [
        ("CREATE TABLE towns (id int PRIMARY KEY, name text);", "id BETWEEN first_key AND"),
        (
            "CREATE TABLE towns (id int, lang text, name text, PRIMARY KEY (id, lang));",
            "(id, lang) BETWEEN (first_key.id, first_key.lang) AND",
        ),
        (
            "CREATE TABLE towns (id int NOT NULL, name text); CREATE UNIQUE INDEX ON towns (id);",
            "id BETWEEN first_key AND",
        ),
        ("CREATE TABLE towns (id int, name text UNIQUE);", ""),
        ("CREATE TABLE towns (id int, name text, PRIMARY KEY (id, name));", ""),
    ],
)
def test_batches_go_by_a_key_that_the_change_leaves_as_it_is(table, key):
    bad = Bad("", "UPDATE towns SET name = lower(name);", history=table)
    help_text = lint((RULES["unbatched-update"],), bad)[0].finding.help
    assert (f"WHERE {key}" in help_text) if key else ("no key is known" in help_text)


@pytest.mark.parametrize(
    ("key", "where", "remark"),
    [
        ("PRIMARY KEY", "name NOT LIKE '/%'", "-- to run this again is right only if the WHERE passes over"),
        ("", "name NOT LIKE '/%'", "-- this ends only if the WHERE passes over"),
        ("PRIMARY KEY", "id > 5", "-- a row that is changed twice may be wrong: how far"),
        ("", "id > 5", "-- a row that is changed twice may be wrong, and no key"),
    ],
)
def test_a_where_that_asks_for_what_changes_may_pass_over_what_is_done(key, where, remark):
    history = f"CREATE TABLE towns (id bigint {key}, name text);"
    bad = Bad("", f"UPDATE towns SET name = '/' || name WHERE {where};", history=history)
    assert remark in lint((RULES["unbatched-update"],), bad)[0].finding.help


def test_a_delete_of_all_rows_needs_no_condition():
    assert "FROM towns LIMIT 10000);" in help_of("unbatched-delete", "DELETE FROM towns;")
