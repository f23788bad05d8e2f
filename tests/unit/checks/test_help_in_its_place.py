"""Help looks at the rest of the migration: what comes before, what must come after, what is replaced."""

import re

import pytest

from miglint.checks.remedies.steps import outside_transaction
from miglint.model import Advice, TransactionMode
from miglint.registry import load_rules
from miglint.rule import Bad
from miglint.testing import lint

RULES = {rule.name: rule for rule in load_rules()}
TOWNS = "CREATE TABLE towns (id bigint PRIMARY KEY, name text, size int, since date);"
OTHER_WORK = "\nUPDATE towns SET size = 1;\n"


def help_of(rule, sql, history=TOWNS):
    return next(r.finding.help for r in lint((RULES[rule],), Bad("", sql, history=history)))


@pytest.mark.parametrize(
    ("before", "index", "when"),
    [
        ("ALTER TABLE towns ADD COLUMN code text;", "INDEX i ON towns (code)", "in a later migration"),
        ("ALTER TABLE towns ADD COLUMN code text;", "INDEX i ON towns (name)", "in a migration of its own"),
        ("ALTER TABLE towns ADD COLUMN code text;", "INDEX i ON towns (lower(code))", "in a later migration"),
        ("ALTER TABLE towns RENAME name TO label;", "INDEX i ON towns (label)", "in a later migration"),
        ("ALTER TABLE towns ALTER size TYPE text;", "INDEX i ON towns (size)", "in a later migration"),
        ("DELETE FROM towns WHERE size < 0;", "UNIQUE INDEX i ON towns (name)", "in a later migration"),
        ("DELETE FROM towns WHERE size < 0;", "INDEX i ON towns (name)", "in a migration of its own"),
        (
            "ALTER TABLE towns RENAME TO old; ALTER TABLE places RENAME TO towns;",
            "INDEX i ON towns (name)",
            "in a later migration",
        ),
        (
            "CREATE FUNCTION folded(text) RETURNS text IMMUTABLE LANGUAGE sql AS 'SELECT lower($1)';",
            "INDEX i ON towns (folded(name))",
            "in a later migration",
        ),
    ],
)
def test_an_index_is_built_later_if_it_needs_what_the_migration_does(before, index, when):
    history = f"{TOWNS}\n{TOWNS.replace('towns', 'places')}"
    assert help_of("blocking-index-build", f"{before}\nCREATE {index};", history).startswith(f"-- {when}")


def test_what_relies_on_a_unique_index_of_a_new_column_moves_with_it():
    sql = """
        ALTER TABLE towns ADD COLUMN code text;
        CREATE UNIQUE INDEX towns_code ON towns (code);
        CREATE TABLE mayors (town text REFERENCES towns (code));
        CREATE TABLE guests (town bigint REFERENCES towns);
    """
    advised = help_of("blocking-index-build", sql)
    _, moved = advised.split("-- and only after it, because it relies on the index:\n")
    assert moved == "CREATE TABLE mayors (town text REFERENCES towns (code));"


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("ALTER TABLE towns ADD CONSTRAINT one UNIQUE (code);", "unique-constraint-build"),
        (
            "ALTER TABLE towns DROP CONSTRAINT towns_pkey;\nALTER TABLE towns ADD PRIMARY KEY (code);",
            "primary-key-build",
        ),
    ],
)
def test_a_key_of_a_new_column_is_built_later(sql, rule):
    advised = help_of(rule, f"ALTER TABLE towns ADD COLUMN code text NOT NULL DEFAULT '';\n{sql}")
    assert advised.startswith("-- in a later migration, outside a transaction:")
    assert "-- and in a later migration" in advised


def test_a_primary_key_takes_the_place_of_the_statement_that_drops_the_old_one():
    sql = "ALTER TABLE towns DROP CONSTRAINT towns_pkey;\nALTER TABLE towns ADD PRIMARY KEY (size);"
    history = TOWNS.replace("size int", "size int NOT NULL")
    assert help_of("primary-key-build", sql, history).endswith(
        "-- and in the migration, in place of its DROP CONSTRAINT as well:\n"
        "ALTER TABLE towns DROP CONSTRAINT towns_pkey, "
        "ADD CONSTRAINT towns_pkey PRIMARY KEY USING INDEX towns_pkey_new;"
    )


def test_a_rebuilt_index_is_built_first_then_the_old_one_is_dropped_and_the_new_one_renamed():
    history = f"{TOWNS}\nCREATE UNIQUE INDEX towns_name ON towns (name);"
    sql = "DROP INDEX towns_name;\nCREATE UNIQUE INDEX towns_name ON towns (lower(name));"
    assert help_of("blocking-index-build", sql, history).splitlines()[1:] == [
        "CREATE UNIQUE INDEX CONCURRENTLY towns_name_new ON towns (lower(name));",
        "-- and in the migration, in place of its DROP and CREATE:",
        "DROP INDEX towns_name;",
        "ALTER INDEX towns_name_new RENAME TO towns_name;",
    ]
    dropped = help_of("blocking-index-drop", sql.replace("\n", OTHER_WORK), history)
    assert "after the index that replaces it is built under another name:" in dropped
    assert dropped.endswith("ALTER INDEX towns_name_new RENAME TO towns_name;")


def test_a_unique_index_with_another_name_is_built_before_the_old_one_goes():
    history = f"{TOWNS}\nCREATE UNIQUE INDEX towns_name ON towns (name);"
    sql = "DROP INDEX towns_name;\nCREATE UNIQUE INDEX towns_folded ON towns (lower(name));"
    assert ", before this one, which drops towns_name:" in help_of("blocking-index-build", sql, history)
    assert ", after the index that replaces it is built:" in help_of(
        "blocking-index-drop", sql.replace("\n", OTHER_WORK), history
    )


def test_slow_work_that_needs_the_locked_table_as_it_is_now_comes_later():
    history = f"{TOWNS}\nCREATE TABLE streets (id bigint PRIMARY KEY, town text);"
    sql = "ALTER TABLE towns ADD COLUMN code text;\n"
    needs = "CREATE MATERIALIZED VIEW codes AS SELECT code FROM towns;"
    assert "in a later migration" in help_of("slow-work-after-lock", sql + needs, history)
    free = "CREATE MATERIALIZED VIEW names AS SELECT town FROM streets;"
    assert "or before the statement" in help_of("slow-work-after-lock", sql + free, history)


@pytest.mark.parametrize(
    ("value", "cumulative"),
    [
        ("size = size + 1", True),
        ("name = name || '!'", True),
        ("size = t.size * 100", True),
        ("name = replace(name, 'a', 'aa')", True),
        ("name = since::text, since = name::date", True),
        ("name = lower(trim(name))", False),
        ("name = coalesce(name, '')", False),
        ("size = length(name)", False),
    ],
)
def test_a_change_of_the_old_value_is_made_once_for_each_range(value, cumulative):
    advised = help_of("unbatched-update", f"UPDATE towns t SET {value};")
    assert ("INSERT INTO towns_" in advised) == cumulative
    assert "BETWEEN first_key AND last_key" in advised


def test_without_a_key_a_change_of_the_old_value_is_not_cut_into_batches():
    advised = help_of("unbatched-update", "UPDATE hits SET n = n + 1;", "CREATE TABLE hits (n int);")
    assert "LOOP" not in advised
    assert "a row that is changed twice may be wrong" in advised


@pytest.mark.parametrize(
    ("default", "added"),
    [
        ("'a@b'", "ALTER TABLE towns ADD COLUMN mail text DEFAULT 'a@b';"),
        ("made()", "ALTER TABLE towns ADD COLUMN mail text;"),
    ],
)
def test_the_default_of_a_domain_goes_with_its_type(default, added):
    history = f"{TOWNS}\nCREATE DOMAIN mail AS text DEFAULT {default} CHECK (value LIKE '%@%');"
    advised = help_of("constrained-domain-column-rewrite", "ALTER TABLE towns ADD mail mail;", history)
    assert advised.startswith(added)
    assert default in advised


def test_the_view_with_the_old_name_has_the_old_columns_and_comes_last():
    sql = """
        ALTER TABLE towns RENAME TO places;
        ALTER TABLE places RENAME name TO title;
        ALTER TABLE places ALTER size TYPE bigint;
    """
    assert help_of("renamed-table", sql) == (
        "keep the old name as a view, in the same transaction, after the last statement that changes "
        "places:\n"
        "CREATE VIEW towns AS SELECT id, title AS name, size, since FROM places;"
    )


def test_a_column_that_is_renamed_before_its_table_has_its_old_name_in_the_view():
    sql = "ALTER TABLE towns RENAME name TO title;\nALTER TABLE towns RENAME TO places;"
    assert help_of("renamed-table", sql).endswith(
        "ALTER TABLE towns RENAME TO places;\n"
        "CREATE VIEW towns AS SELECT id, title AS name, size, since FROM places;"
    )


@pytest.mark.parametrize(("build", "warned"), [("CONCURRENTLY ", True), ("", False)])
def test_a_lock_timeout_is_off_for_what_is_concurrent(build, warned):
    rule = RULES["missing-lock-timeout"]
    sql = f"ALTER TABLE towns ADD COLUMN code text;\nCREATE INDEX {build}i ON towns (name);"
    settings = (("lock_timeout", "each"),)
    (report,) = lint((rule,), Bad("", sql, history=TOWNS, settings=settings))
    assert ("SET lock_timeout = 0;" in report.finding.help) == warned


def test_a_serial_column_that_is_the_new_key_becomes_the_key_when_it_is_filled():
    sql = """
        ALTER TABLE towns DROP CONSTRAINT towns_pkey;
        ALTER TABLE towns ADD COLUMN number bigserial;
        ALTER TABLE towns ADD PRIMARY KEY (number);
    """
    _, rest = help_of("serial-column-rewrite", sql).split("END $$;\n")
    assert re.findall(r"^[^-].*", rest, re.MULTILINE) == [
        "ALTER TABLE towns ADD CONSTRAINT towns_number_not_null CHECK (number IS NOT NULL) NOT VALID;",
        "ALTER TABLE towns VALIDATE CONSTRAINT towns_number_not_null;",
        "ALTER TABLE towns ALTER COLUMN number SET NOT NULL;",
        "ALTER TABLE towns DROP CONSTRAINT towns_number_not_null;",
        "CREATE UNIQUE INDEX CONCURRENTLY towns_pkey_new ON towns (number);",
        "ALTER TABLE towns DROP CONSTRAINT towns_pkey, "
        "ADD CONSTRAINT towns_pkey PRIMARY KEY USING INDEX towns_pkey_new;",
    ]


def test_a_column_with_a_volatile_default_becomes_the_key_as_well():
    sql = """
        ALTER TABLE towns DROP CONSTRAINT towns_pkey;
        ALTER TABLE towns ADD COLUMN token uuid DEFAULT gen_random_uuid() PRIMARY KEY NOT NULL;
    """
    _, rest = help_of("volatile-default-rewrite", sql).split("END $$;\n")
    assert "ALTER TABLE towns ALTER COLUMN token SET NOT NULL;" in rest
    assert rest.splitlines()[-3:] == [
        "CREATE UNIQUE INDEX CONCURRENTLY towns_pkey_new ON towns (token);",
        "-- and in a later migration, in place of the DROP CONSTRAINT of this one:",
        "ALTER TABLE towns DROP CONSTRAINT towns_pkey, "
        "ADD CONSTRAINT towns_pkey PRIMARY KEY USING INDEX towns_pkey_new;",
    ]


@pytest.mark.parametrize(
    ("more", "steps"),
    [
        ("", ()),
        ("NOT NULL", ("VALIDATE", "SET NOT NULL")),
        ("UNIQUE", ("ADD CONSTRAINT towns_token_key UNIQUE USING INDEX",)),
    ],
)
def test_a_column_with_a_volatile_default_gets_what_its_text_says(more, steps):
    sql = f"ALTER TABLE towns ADD COLUMN token uuid DEFAULT gen_random_uuid() {more};"
    _, rest = help_of("volatile-default-rewrite", sql).split("END $$;")
    assert all(step in rest for step in steps)
    assert ("NOT NULL" in rest) == ("NOT NULL" in more)
    assert ("USING INDEX" in rest) == (more == "UNIQUE")


def test_columns_of_a_key_become_not_null_before_the_key_is_made():
    history = "CREATE TABLE hits (n int);"
    advised = help_of("primary-key-build", "ALTER TABLE hits ADD PRIMARY KEY (n);", history)
    assert advised.index("SET NOT NULL") < advised.index("CREATE UNIQUE INDEX CONCURRENTLY")


def test_all_indexes_of_a_table_that_one_transaction_drops_are_in_the_help():
    history = f"{TOWNS}\nCREATE INDEX a ON towns (name);\nCREATE INDEX b ON towns (size);"
    sql = "DROP INDEX a;\nDROP INDEX b;\nUPDATE towns SET size = 1;"
    advised = help_of("blocking-index-drop", sql, history)
    assert "-- each in a migration of its own" in advised
    assert advised.endswith("DROP INDEX CONCURRENTLY a;\nDROP INDEX CONCURRENTLY b;")


def test_the_next_slow_statements_under_the_same_locks_are_named():
    sql = """ALTER TABLE towns ADD COLUMN code text;
UPDATE streets SET town = lower(town);
CREATE TABLE names AS SELECT town FROM streets;
UPDATE streets SET town = trim(town);
COMMIT;
UPDATE streets SET town = upper(town);
"""
    history = f"{TOWNS}\nCREATE TABLE streets (id bigint PRIMARY KEY, town text);"
    advised = help_of("slow-work-after-lock", sql, history)
    assert advised.startswith("-- in a later migration, outside a transaction, in batches that commit:")
    assert "\nCREATE TABLE names AS SELECT town FROM streets;\n-- the UPDATE of streets, in" in advised
    other = sql.replace("AS SELECT town", "AS SELECT id").replace(
        "UPDATE streets SET town = trim", "SELECT lower"
    )
    other = other.replace("(town);\nCOMMIT", "(town) FROM streets;\nCOMMIT")
    advised = help_of("slow-work-after-lock", other, history)
    assert advised.endswith("\n-- and likewise the CREATE in line 3, the SELECT in line 4")


def test_a_step_of_a_table_that_the_next_migration_renames_comes_before_that():
    sql = "CREATE TABLE names (town bigint REFERENCES towns);\nINSERT INTO names SELECT id FROM streets;\n{}"
    history = f"{TOWNS}\nCREATE TABLE streets (id bigint PRIMARY KEY, town text);"
    renamed = "-- migration\nALTER TABLE names RENAME TO {0}_old;\nALTER TABLE {0} RENAME TO s;"
    advised = help_of("slow-work-after-lock", sql.format(renamed.format("streets")), history)
    assert re.match(r"-- in a later migration, before \d+, which renames names, because it needs", advised)
    other = sql.format("-- migration\nALTER TABLE towns RENAME TO places;")
    assert "renames" not in help_of("slow-work-after-lock", other, history)


def test_an_index_of_a_new_table_that_moves_is_built_concurrently():
    sql = "CREATE TABLE logs AS SELECT 1 AS a FROM towns;\nALTER TABLE towns ADD code text;\n"
    assert help_of("slow-work-after-lock", f"{sql}CREATE INDEX by_a ON logs (a);") == (
        "-- in a later migration, outside a transaction:\nCREATE INDEX CONCURRENTLY by_a ON logs (a);"
    )


def test_rows_that_are_locked_for_what_follows_do_not_move():
    sql = "ALTER TABLE towns ADD COLUMN code text;\nSELECT * FROM streets FOR UPDATE;"
    history = f"{TOWNS}\nCREATE TABLE streets (id bigint PRIMARY KEY, town text);"
    assert help_of("slow-work-after-lock", sql, history).startswith(
        "put what takes the lock into a migration"
    )


def test_what_uses_a_materialized_view_moves_with_it():
    sql = """
        ALTER TABLE towns ADD COLUMN code text;
        CREATE MATERIALIZED VIEW codes AS SELECT code FROM towns;
        CREATE INDEX codes_code ON codes (code);
    """
    advised = help_of("slow-work-after-lock", sql)
    assert ", together with what uses it:" in advised
    assert advised.endswith("CREATE INDEX codes_code ON codes (code);")


def test_a_default_that_old_code_needs_goes_in_a_later_migration():
    sql = "ALTER TABLE towns ADD COLUMN code int;\nUPDATE towns SET code = 1;\n" + (
        "ALTER TABLE towns ALTER code SET NOT NULL;"
    )
    _, later = help_of("ddl-then-backfill", sql).split("-- in a later migration")
    assert later.endswith("ALTER TABLE towns ALTER COLUMN code DROP DEFAULT;")


def test_what_relies_on_the_proof_in_a_partition_moves_with_it():
    history = """
        CREATE TABLE logs (id bigint, at date, note text) PARTITION BY RANGE (at);
        CREATE TABLE logs_1 PARTITION OF logs FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
    """
    sql = "ALTER TABLE logs_1 ALTER note SET NOT NULL;\nALTER TABLE logs ALTER note SET NOT NULL;"
    assert help_of("not-null-scan", sql, history).endswith(
        "-- and only after it, because it relies on the proof:\nALTER TABLE logs ALTER note SET NOT NULL;"
    )


def test_later_migrations_know_a_table_by_its_new_name():
    advised = help_of(
        "not-null-scan", "ALTER TABLE towns ALTER size SET NOT NULL;\nALTER TABLE towns RENAME TO places;"
    )
    now, later = advised.split("-- in a later migration:\n")
    assert now.startswith("ALTER TABLE towns ADD CONSTRAINT towns_size_not_null")
    assert later.startswith("ALTER TABLE places VALIDATE CONSTRAINT towns_size_not_null;")


KEYS = """
    CREATE TABLE shops (
        id bigint PRIMARY KEY, name text NOT NULL, size int, town bigint,
        CONSTRAINT one_name UNIQUE (name), CONSTRAINT large CHECK (size > 0),
        CONSTRAINT of_town FOREIGN KEY (town) REFERENCES towns (id) ON DELETE CASCADE
    );
    CREATE INDEX shops_size ON shops (size);
"""


@pytest.mark.parametrize(
    ("rule", "old", "added"),
    [
        ("unique-constraint-build", "one_name", "UNIQUE (name)"),
        ("check-scan", "large", "CHECK (size > 0)"),
        ("foreign-key-scan", "of_town", "FOREIGN KEY (town) REFERENCES towns (id) ON DELETE CASCADE"),
        ("primary-key-build", "shops_pkey", "PRIMARY KEY (id)"),
    ],
)
def test_a_constraint_that_only_gets_another_name_is_renamed(rule, old, added):
    drop, add = (
        f"ALTER TABLE shops DROP CONSTRAINT {old};",
        f"ALTER TABLE shops ADD CONSTRAINT other {added};",
    )
    history = f"{TOWNS}\n{KEYS}"
    assert help_of(rule, drop + add, history).endswith(
        f"because only the name changes:\nALTER TABLE shops RENAME CONSTRAINT {old} TO other;"
    )
    changed = (
        "ALTER TABLE shops ALTER name TYPE varchar;" if rule.startswith("unique") else "DELETE FROM shops;"
    )
    assert "RENAME" not in help_of(rule, drop + changed + add, history)


def test_an_index_that_only_gets_another_name_is_renamed():
    sql = "DROP INDEX shops_size; CREATE INDEX shops_by_size ON shops (size);"
    advised = help_of("blocking-index-build", sql, f"{TOWNS}\n{KEYS}")
    assert advised.endswith("ALTER INDEX shops_size RENAME TO shops_by_size;")
    another = sql.replace("(size)", "(size DESC)")
    assert "RENAME TO" not in help_of("blocking-index-build", another, f"{TOWNS}\n{KEYS}")


@pytest.mark.parametrize(
    ("rule", "old", "added"),
    [
        ("check-scan", "large", "CHECK (size > 1)"),
        ("foreign-key-scan", "of_town", "FOREIGN KEY (town) REFERENCES towns (id)"),
    ],
)
def test_the_constraint_that_the_same_statement_drops_is_dropped(rule, old, added):
    sql = f"ALTER TABLE shops DROP CONSTRAINT {old}, ADD CONSTRAINT {old} {added};"
    advised = help_of(rule, sql, f"{TOWNS}\n{KEYS}")
    assert f"ALTER TABLE shops DROP CONSTRAINT {old}, ADD CONSTRAINT {old} {added} NOT VALID;" in advised


def test_a_key_that_has_gone_with_its_column_is_not_dropped_once_more_later():
    sql = """
        ALTER TABLE shops ADD COLUMN code text NOT NULL DEFAULT '';
        ALTER TABLE shops DROP COLUMN id;
        ALTER TABLE shops ADD CONSTRAINT shops_pkey PRIMARY KEY (code);
    """
    advised = help_of("primary-key-build", sql, f"{TOWNS}{KEYS}")
    assert advised.startswith("-- in a later migration, outside a transaction:")
    assert "DROP CONSTRAINT" not in advised
    assert "_new" not in advised


def test_a_check_is_not_validated_in_the_transaction_that_adds_it():
    sql = """
        ALTER TABLE towns ADD CONSTRAINT sized CHECK (size IS NOT NULL) NOT VALID;
        ALTER TABLE towns ALTER size SET NOT NULL;
        ALTER TABLE towns DROP CONSTRAINT sized;
    """
    head, *steps = help_of("not-null-scan", sql).splitlines()
    assert head == "-- in a later migration, in place of the DROP CONSTRAINT of this one:"
    assert steps[0] == "ALTER TABLE towns VALIDATE CONSTRAINT sized;"


def test_a_primary_key_moves_with_the_proof_that_its_columns_are_not_null():
    sql = "ALTER TABLE towns DROP CONSTRAINT towns_pkey; ALTER TABLE towns ALTER size SET NOT NULL;"
    key = "ALTER TABLE towns ADD PRIMARY KEY (size);"
    assert help_of("not-null-scan", f"{sql} {key}").endswith(f"because it relies on the proof:\n{key}")


def test_with_all_migrations_in_one_transaction_later_means_the_next_release():
    bad = Bad("", "ALTER TABLE towns ALTER size SET NOT NULL;", history=TOWNS, mode=TransactionMode.PER_RUN)
    assert "\n-- in a migration of a later release:\n" in lint((RULES["not-null-scan"],), bad)[0].finding.help


def test_a_block_has_the_marks_of_a_tool_that_cuts_at_semicolons():
    advice = Advice(block_marks=("-- +goose StatementBegin", "-- +goose StatementEnd"))
    lines = outside_transaction(advice, "DO $$\nBEGIN\n  COMMIT;\nEND $$;\nSELECT 1;").splitlines()
    assert lines[1:3] == ["-- +goose StatementBegin", "DO $$"]
    assert lines[-3:] == ["END $$;", "-- +goose StatementEnd", "SELECT 1;"]


def test_a_tool_with_its_own_semicolon_inside_a_block_gets_it():
    sql = "DO $$\nBEGIN\n  COMMIT;\nEND $$;"
    assert outside_transaction(Advice(inner_semicolon=";;"), sql).endswith(
        "DO $$\nBEGIN\n  COMMIT;;\nEND $$;"
    )


def test_all_constraints_of_a_statement_get_their_steps():
    checks = "ALTER TABLE towns ADD CHECK (size > 0), ADD CHECK (name <> '');"
    assert help_of("check-scan", checks).splitlines() == [
        "ALTER TABLE towns ADD CONSTRAINT towns_size_check CHECK (size > 0) NOT VALID;",
        "ALTER TABLE towns ADD CONSTRAINT towns_name_check CHECK (name <> '') NOT VALID;",
        "-- in a later migration:",
        "ALTER TABLE towns VALIDATE CONSTRAINT towns_size_check;",
        "ALTER TABLE towns VALIDATE CONSTRAINT towns_name_check;",
    ]
    keys = "ALTER TABLE towns ADD FOREIGN KEY (size) REFERENCES towns, ADD FOREIGN KEY (id) REFERENCES towns;"
    assert help_of("foreign-key-scan", keys).count("NOT VALID;") == 2
    unique = "ALTER TABLE towns ADD UNIQUE (name), ADD UNIQUE (size);"
    assert help_of("unique-constraint-build", unique).count("CREATE UNIQUE INDEX CONCURRENTLY") == 2


def test_other_actions_of_a_statement_are_mentioned():
    sql = "ALTER TABLE towns ALTER name SET NOT NULL, ADD CHECK (size > 0), ADD CHECK (size < 9);"
    advised = help_of("not-null-scan", sql)
    assert advised.endswith(
        "\n-- put this into a statement of its own, which needs other steps: ADD CHECK (size > 0)"
        "\n-- put this into a statement of its own, which needs other steps: ADD CHECK (size < 9)"
    )


def test_all_columns_are_proved_before_the_first_lock_is_taken():
    sql = "ALTER TABLE towns ALTER name SET NOT NULL, ALTER size SET NOT NULL;"
    later = help_of("not-null-scan", sql).partition("-- in a later migration:\n")[2].splitlines()
    assert [" VALIDATE " in line for line in later] == [True, True, False, False, False, False]


@pytest.mark.parametrize(
    ("old", "new", "using"),
    [
        ("text", "bigint", "kind::bigint"),
        ("integer", "numeric", "kind::numeric"),
        ("integer", "boolean", "kind::boolean"),
        ("text", "text[]", "ARRAY[kind]::text[]"),
        ("boolean", "date", "..."),
        ("uuid", "integer", "..."),
    ],
)
def test_a_column_that_is_dropped_and_added_again_changes_its_type_instead(old, new, using):
    history = f"CREATE TABLE towns (id bigint PRIMARY KEY, kind {old});"
    sql = f"ALTER TABLE towns DROP COLUMN kind; ALTER TABLE towns ADD COLUMN kind {new};"
    wanted = f"\nALTER TABLE towns ALTER COLUMN kind TYPE {new} USING {using};"
    assert help_of("dropped-column", sql, history).endswith(wanted)
    required = f"ALTER TABLE towns DROP COLUMN kind, ADD COLUMN kind {new} NOT NULL;"
    assert help_of("required-column", required, history).endswith(wanted)


def test_a_column_that_keeps_its_type_stays_and_defaults_are_dropped_and_set():
    history = "CREATE TABLE towns (id bigint PRIMARY KEY, kind text DEFAULT '1');"
    sql = "ALTER TABLE towns DROP COLUMN kind; ALTER TABLE towns ADD COLUMN kind {};"
    assert "has the type text already" in help_of("dropped-column", sql.format("text"), history)
    assert help_of("dropped-column", sql.format("int DEFAULT 2"), history).splitlines()[1:] == [
        "ALTER TABLE towns ALTER COLUMN kind DROP DEFAULT;",
        "ALTER TABLE towns ALTER COLUMN kind TYPE integer USING kind::integer;",
        "ALTER TABLE towns ALTER COLUMN kind SET DEFAULT 2;",
    ]


def test_a_new_column_is_given_what_the_old_one_has():
    history = """
        CREATE TABLE towns (
            id bigint PRIMARY KEY,
            parent bigint NOT NULL DEFAULT 1 CONSTRAINT top REFERENCES towns CHECK (parent > 0)
        );
        CREATE INDEX towns_parent ON towns (parent);
    """
    remark = (
        "what parent has: its default, NOT NULL, the foreign key top, the CHECK towns_parent_check, "
        "the index towns_parent\n"
    )
    changed = help_of("type-change-rewrite", "ALTER TABLE towns ALTER parent TYPE integer;", history)
    assert f"-- give parent_new {remark}" in changed
    renamed = help_of("renamed-column", "ALTER TABLE towns RENAME parent TO above;", history)
    assert f"-- give above {remark}" in renamed


def test_a_view_gets_what_the_table_grants():
    history = f"{TOWNS} GRANT SELECT, TRUNCATE ON towns TO web, PUBLIC; GRANT INSERT ON towns TO web;"
    history += "GRANT UPDATE ON towns TO lead WITH GRANT OPTION;"
    advised = help_of("renamed-table", "ALTER TABLE towns RENAME TO places;", history)
    assert set(advised.splitlines()[3:]) == {
        "GRANT UPDATE ON towns TO lead WITH GRANT OPTION;",
        "GRANT SELECT ON towns TO PUBLIC;",
        "GRANT INSERT, SELECT ON towns TO web;",
    }


@pytest.mark.parametrize(
    ("rule", "sql"),
    [
        ("not-null-scan", "ALTER TABLE towns ALTER size SET NOT NULL;"),
        ("check-scan", "ALTER TABLE towns ADD CHECK (size > 0);"),
        ("unique-constraint-build", "ALTER TABLE towns ADD UNIQUE (size);"),
        ("primary-key-build", "ALTER TABLE towns DROP CONSTRAINT towns_pkey, ADD PRIMARY KEY (id, size);"),
    ],
)
def test_a_table_that_is_locked_already_is_said_to_stay_locked(rule, sql):
    def message(before):
        bad = Bad("", f"{before} {sql}", history=TOWNS)
        return next(r.finding.message for r in lint((RULES[rule],), bad))

    assert " locks towns against " in message("")
    assert " keeps towns locked against " in message("ALTER TABLE towns ADD COLUMN added int;")


def test_with_all_migrations_in_one_transaction_no_migration_is_apart():
    sql = "ALTER TABLE towns ADD COLUMN code text; INSERT INTO towns (id) SELECT id + 1 FROM towns;"
    bad = Bad("", sql, history=TOWNS, mode=TransactionMode.PER_RUN)
    advised = lint((RULES["ddl-then-backfill"],), bad)[0].finding.help
    assert advised == "move it to a migration of another release"


@pytest.mark.parametrize(
    ("sql", "rule", "line"),
    [
        ("DROP INDEX by_name;\nCREATE INDEX by_name ON towns (name);", "blocking-index-build", 2),
        ("DROP INDEX by_name;\nCREATE INDEX by_name ON towns (size);", "blocking-index-build", 0),
        (
            "DROP INDEX by_name;\nUPDATE towns SET name = '';\nCREATE INDEX by_name ON towns (name);",
            "blocking-index-build",
            0,
        ),
        (
            "DROP INDEX by_name;\nALTER TABLE towns DROP name, ADD name text;\n"
            "CREATE INDEX by_name ON towns (name);",
            "blocking-index-build",
            0,
        ),
        (
            "DROP INDEX by_name;\nUPDATE logs SET town = 2;\nCREATE INDEX by_name ON towns (name);",
            "blocking-index-drop",
            3,
        ),
        (
            "ALTER TABLE towns DROP CONSTRAINT large;\n"
            "ALTER TABLE towns ADD m int, ADD CONSTRAINT large CHECK (size > 9);",
            "check-scan",
            2,
        ),
        (
            "ALTER TABLE logs DROP CONSTRAINT home;\n"
            "ALTER TABLE logs ADD CONSTRAINT home FOREIGN KEY (town) REFERENCES towns;",
            "foreign-key-scan",
            2,
        ),
        (
            "ALTER TABLE logs DROP CONSTRAINT home;\nALTER TABLE towns DROP CONSTRAINT towns_pkey;\n"
            "ALTER TABLE towns ADD PRIMARY KEY (id);\n"
            "ALTER TABLE logs ADD CONSTRAINT home FOREIGN KEY (town) REFERENCES towns;",
            "foreign-key-scan",
            0,
        ),
    ],
)
def test_what_is_made_again_as_it_was_need_not_be_dropped(sql, rule, line):
    history = f"""{TOWNS}
        ALTER TABLE towns ADD CONSTRAINT large CHECK (size > 9);
        CREATE INDEX by_name ON towns (name);
        CREATE TABLE logs (id bigint PRIMARY KEY, town bigint CONSTRAINT home REFERENCES towns);
    """
    advised = help_of(rule, sql, history)
    assert advised.startswith("remove the DROP ") == bool(line)
    assert not line or f"in line {line}: what it makes is the same as before" in advised


def test_triggers_are_off_for_each_batch_of_a_change_that_turns_them_off():
    history = f"""{TOWNS}
        CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
        CREATE TRIGGER note BEFORE UPDATE ON towns FOR EACH ROW EXECUTE FUNCTION noted();
    """
    change = "UPDATE towns SET size = 1 WHERE size = 2;"
    off, on = "ALTER TABLE towns DISABLE TRIGGER note;", "ALTER TABLE towns ENABLE TRIGGER note;"
    advised = help_of("ddl-then-backfill", f"{off}\n{change}\n{on}", history)
    assert "locks towns against writes (SHARE ROW EXCLUSIVE) until it commits" in advised
    assert f"    {off}\n    UPDATE towns SET size = 1\n" in advised
    assert f"AND size = 2;\n    {on}\n    COMMIT;" in advised
    assert "TRIGGER" not in help_of("ddl-then-backfill", f"{off}\n{change}", history)
    deleted = help_of("ddl-then-backfill", f"{off}\nDELETE FROM towns WHERE size = 2;\n{on}", history)
    assert f"    GET DIAGNOSTICS batch_rows = ROW_COUNT;\n    {on}\n    EXIT WHEN" in deleted


def test_statements_that_move_take_the_settings_of_their_migration_along():
    change = (
        "ALTER TABLE towns ADD n int;\nUPDATE towns SET n = size;\nALTER TABLE towns ALTER n SET NOT NULL;"
    )
    setting = "SET search_path = a;\nSET lock_timeout = '2s';\nSET work_mem = '1GB';\nRESET search_path;\n"
    advised = help_of("ddl-then-backfill", setting + change)
    moved = "SET lock_timeout = '2s';\nALTER TABLE towns ALTER n SET NOT NULL;"
    assert advised.endswith(f"because it relies on the change:\n{moved}")


def test_a_delete_stays_that_lets_a_required_column_be_added():
    sql = "DELETE FROM towns;\nALTER TABLE towns ADD code text NOT NULL{};"
    kept = "which keeps its DELETE for rows"
    assert kept in help_of("unbatched-delete", sql.format(""))
    assert kept not in help_of("unbatched-delete", sql.format(" DEFAULT ''"))


def test_an_index_is_built_in_its_place_where_no_transaction_is_open():
    sql = "CREATE INDEX IF NOT EXISTS towns_name ON towns (name);\nCREATE INDEX towns_size ON towns (size);"
    example = Bad("", sql, history=TOWNS, mode=TransactionMode.PER_STATEMENT)
    (both,) = (r.finding.help for r in lint((RULES["blocking-index-build"],), example))
    assert both.splitlines() == [
        "-- in the migration, because no transaction is open here:",
        "CREATE INDEX CONCURRENTLY IF NOT EXISTS towns_name ON towns (name);",
        "CREATE INDEX CONCURRENTLY towns_size ON towns (size);",
    ]


@pytest.mark.parametrize(
    ("made", "shown"),
    [
        ("CREATE INDEX i ON towns (name) WHERE size > 1", "i ON towns (name) WHERE size > 1;"),
        ("EXECUTE 'CREATE INDEX i ON towns (name)'", "... ON towns ...;"),
    ],
)
def test_an_index_of_a_block_is_shown_where_its_text_is_known(made, shown):
    sql = f"DO $$ BEGIN\n  IF now() > '2020-01-01' THEN {made}; END IF;\nEND $$;"
    assert help_of("blocking-index-build", sql).endswith(f"CREATE INDEX CONCURRENTLY {shown}")


def test_an_index_whose_column_got_another_name_needs_no_build():
    history = f"{TOWNS}CREATE UNIQUE INDEX towns_nmae ON towns (nmae, size);".replace("name", "nmae", 1)
    sql = """
        DROP INDEX towns_nmae;
        ALTER TABLE towns RENAME COLUMN nmae TO name;
        CREATE UNIQUE INDEX towns_name ON towns (name, size);
    """
    assert "ALTER INDEX towns_nmae RENAME TO towns_name;" in help_of("blocking-index-build", sql, history)
    other = sql.replace("(name, size)", "(name)")
    assert "RENAME" not in help_of("blocking-index-build", other, history)


@pytest.mark.parametrize(
    "read", ["INSERT INTO parts SELECT id FROM towns", "UPDATE parts SET n = 1 FROM towns"]
)
@pytest.mark.parametrize("change", ["DELETE FROM towns", "UPDATE towns SET size = 1"])
def test_rows_that_a_query_reads_are_there_until_it_has_run(read, change):
    history = f"{TOWNS}CREATE TABLE parts (id bigint PRIMARY KEY, n int);"
    rule = RULES[f"unbatched-{change.split()[0].lower()}"]

    def help_of_towns(sql):
        found = lint((rule,), Bad("", sql, history=history))
        return next(r.finding.help for r in found if "towns" in r.finding.message)

    assert help_of_towns(f"{read};\n{change};").startswith("-- in a later migration")
    assert help_of_towns(f"{change};\n{read};").startswith("-- in a migration of its own")


@pytest.mark.parametrize(
    ("rule", "keys", "new", "last"),
    [
        (
            "unique-constraint-build",
            "CONSTRAINT one_code UNIQUE (code)",
            "ALTER TABLE parts DROP CONSTRAINT one_code;"
            "ALTER TABLE parts ADD CONSTRAINT one UNIQUE (code, n);",
            "ALTER TABLE parts DROP CONSTRAINT one_code, ADD CONSTRAINT one UNIQUE USING INDEX one;",
        ),
        (
            "primary-key-build",
            "PRIMARY KEY (id)",
            "ALTER TABLE parts DROP CONSTRAINT parts_pkey; ALTER TABLE parts ADD PRIMARY KEY (id, n);",
            "ALTER TABLE parts DROP CONSTRAINT parts_pkey, "
            "ADD CONSTRAINT parts_pkey PRIMARY KEY USING INDEX parts_pkey_new;",
        ),
        (
            "blocking-index-build",
            "PRIMARY KEY (id)); CREATE UNIQUE INDEX one_code ON parts (code",
            "DROP INDEX one_code; CREATE UNIQUE INDEX one ON parts (code, n);",
            "DROP INDEX one_code;",
        ),
    ],
)
def test_what_keeps_rows_apart_goes_only_when_its_successor_is_there(rule, keys, new, last):
    history = f"CREATE TABLE parts (id int, code text, n int, size int NOT NULL, {keys});"
    late = f"ALTER TABLE parts DROP n;\nALTER TABLE parts ADD n int NOT NULL DEFAULT 0;\n{new}"
    advised = help_of(rule, late, history).partition("\n-- before the deploy, find the rows")[0]
    assert advised.endswith(f"-- and in a later migration, in place of its DROP in this one as well:\n{last}")
    assert "in this one as well" not in help_of(rule, new.replace(", n)", ", size)"), history)
