"""One cause is one finding: it names the first statement and counts the rest."""

import json

USERS = "CREATE TABLE users (id bigint PRIMARY KEY, name text);\n"
ALTER = "ALTER TABLE users ADD COLUMN role text;\n"
UPDATES = [f"UPDATE users SET role = '{role}' WHERE name LIKE '{role}%';\n" for role in ("a", "b", "c")]
WORDS = ("check", "--output-format", "json", "--select", "backfill,transactions,history")


def findings(outcome, rule):
    return [f for f in json.loads(outcome.out)["findings"] if f["rule"] == rule]


def places(outcome, rule="ddl-then-backfill"):
    found = findings(outcome, rule)
    return [
        (f["line"], [r["line"] for r in f.get("related", ()) if "and here" in r["message"]]) for f in found
    ]


def test_the_terminal_shows_some_of_many_places(miglint, write):
    write(migrations(USERS, ALTER + UPDATES[0] * 20))
    out = miglint("check", "--select", "backfill").out

    assert out.count("^") > 0 and out.count("and here") == 5
    assert "= and in 14 more places\n" in out


def migrations(*texts):
    return {f"migrations/{number}_m.up.sql": text for number, text in enumerate(texts, 1)}


def test_the_first_statement_stands_for_all_of_its_table_and_migration(miglint, write):
    write(migrations(USERS, ALTER + "".join(UPDATES), ALTER.replace("role", "rank") + UPDATES[0]))
    outcome = miglint(*WORDS)

    assert places(outcome) == [(2, [3, 4]), (2, [])]
    assert findings(outcome, "ddl-then-backfill")[0]["message"].endswith("(the first of 3 such statements)")


def test_the_next_one_speaks_where_a_comment_hides_the_first(miglint, write):
    first, *rest = UPDATES
    hidden = first.replace("\n", " -- miglint: ignore[ddl-then-backfill] few rows\n")
    write(migrations(USERS, ALTER + hidden + "".join(rest)))

    assert places(miglint(*WORDS)) == [(3, [4])]


def test_the_baseline_knows_all_of_them_and_only_them(miglint, write):
    folder = write(migrations(USERS, ALTER + "".join(UPDATES)))
    miglint("baseline")
    assert places(miglint(*WORDS)) == []

    write({"migrations/2_m.up.sql": ALTER + "".join(UPDATES) + "DELETE FROM users WHERE role IS NULL;\n"})
    assert places(miglint(*WORDS)) == [(5, [])]
    assert (folder / "miglint-baseline.json").read_text().count("ddl-then-backfill") == len(UPDATES)


def test_two_tables_are_two_causes(miglint, write):
    other = "ALTER TABLE orders ADD COLUMN role text;\nUPDATE orders SET role = 'a';\n"
    write(migrations(USERS + "CREATE TABLE orders (id bigint);\n", ALTER + UPDATES[0] + other))

    assert places(miglint(*WORDS)) == [(2, []), (4, [])]


def test_begin_and_commit_around_each_file_are_one_note_of_the_history(miglint, write):
    texts = [f"BEGIN;\nCREATE TABLE t{number} (id bigint);\nCOMMIT;\n" for number in range(3)]
    write({f"supabase/migrations/2024010{n}000000_m.sql": text for n, text in enumerate(texts, 1)})
    (note,) = findings(miglint(*WORDS), "nested-transaction")

    assert (note["severity"], note["path"]) == ("note", "supabase/migrations/20240101000000_m.sql")
    assert note["message"].endswith("(the first of 3 such files)")


MODEL = "model {0} {{\n  id Int @id\n  {1}\n}}\n"
SQL = 'CREATE TABLE "{0}" (id int NOT NULL, {1}, CONSTRAINT "{0}_pkey" PRIMARY KEY (id));\n'


def drift(miglint, write, *models, more=""):
    declared = "".join(MODEL.format(name, "\n  ".join(fields)) for name, fields, _ in models)
    write(
        {
            "prisma/schema.prisma": 'datasource db {\n  provider = "postgresql"\n}\n' + declared,
            "prisma/migrations/migration_lock.toml": 'provider = "postgresql"\n',
            "prisma/migrations/1_m/migration.sql": "".join(SQL.format(n, ", ".join(c)) for n, _, c in models)
            + more,
        }
    )
    found = findings(miglint(*WORDS), "schema-drift")
    return [finding["message"].partition(" (the first of ") for finding in found]


def test_the_differences_of_one_model_are_one(miglint, write):
    fields, columns = ["a Int", "b String"], ["a int", "b int NOT NULL"]
    ((first, _, count),) = drift(miglint, write, ("One", fields, columns))

    assert first == "field a of model One is required, but the migrations make One.a nullable"
    assert count == "2 such differences)"


def test_a_convention_for_foreign_keys_is_one_cause(miglint, write):
    names = ("One", "Two", "Three")
    key = 'ALTER TABLE "{0}" ADD CONSTRAINT "{0}_k{0}_fkey" FOREIGN KEY ("k{0}") REFERENCES "One" (id);\n'
    relation = '{0} One @relation("{0}", fields: [k{0}], references: [id])'
    models = [(name, [f"k{name} Int", relation.format(name)], [f'"k{name}" int NOT NULL']) for name in names]
    models[0][1].extend(f'of{name} {name}[] @relation("{name}")' for name in names)
    found = drift(miglint, write, *models, more="".join(map(key.format, names)))

    assert [count for _, _, count in found] == ["3 such differences)"]


def test_a_convention_is_one_cause_whatever_the_columns_are_called(miglint, write):
    keys = {"One": "a", "Two": "b", "Three": "c"}
    sql = 'ALTER TABLE "{0}" ADD CONSTRAINT "{0}_{1}_fkey" FOREIGN KEY ("{1}") REFERENCES "One" (id);\n'
    relation = 'r One @relation("{0}", fields: [{1}], references: [id])'
    models = [(n, [f"{c} Int", relation.format(n, c)], [f'"{c}" int NOT NULL']) for n, c in keys.items()]
    models[0][1].extend(f'of{name} {name}[] @relation("{name}")' for name in keys)
    found = drift(miglint, write, *models, more="".join(sql.format(*each) for each in keys.items()))

    assert [count for _, _, count in found] == ["3 such differences)"]


def test_the_same_difference_in_many_models_is_one(miglint, write):
    alike = [(name, ["at DateTime"], ["at timestamptz NOT NULL"]) for name in ("One", "Two", "Three")]
    other = ("Four", ["at DateTime", "n Int"], ["at timestamp(3) NOT NULL", "n int"])
    (first, _, count), (second, _, alone) = drift(miglint, write, *alike, other)

    assert (first.partition(" declares")[0], count) == ("field at of model One", "3 such differences)")
    assert (second.partition(" is")[0], alone) == ("field n of model Four", "")


ITEMS = "CREATE TABLE items (id bigint PRIMARY KEY, a int, b int, c int, d int, e int, f int, g int);\n"


def one(miglint, write, rule, sql, history=ITEMS):
    write(migrations(history, sql))
    outcome = miglint("check", "--output-format", "json", "--select", rule, "migrations/2_m.up.sql")
    (finding,) = findings(outcome, rule)
    return finding


def test_the_index_builds_of_a_table_are_one_with_the_help_of_all(miglint, write):
    sql = "".join(f"CREATE INDEX items_{c} ON items ({c});\n" for c in "abcdefg")
    found = one(miglint, write, "blocking-index-build", sql)

    assert found["message"].endswith("(the first of 7 such statements)")
    assert (
        found["help"].splitlines()[0].startswith("-- each in a migration of its own, outside a transaction")
    )
    assert found["help"].splitlines()[-2:] == [
        "CREATE INDEX CONCURRENTLY items_e ON items (e);",
        "-- and the same for 2 more",
    ]


def test_the_fixes_of_all_members_stay(miglint, write):
    keys = [f"ALTER TABLE items ADD CHECK ({c} > 0), ADD UNIQUE ({c});\n" for c in "ab"]
    found = one(miglint, write, "unique-constraint-build", "".join(keys))
    assert found["fix"] is None

    refs = [f"ALTER TABLE items ADD CONSTRAINT {c}_ref FOREIGN KEY ({c}) REFERENCES other;\n" for c in "abc"]
    other = ITEMS + "CREATE TABLE other (id int PRIMARY KEY);\n"
    found = one(miglint, write, "foreign-key-scan", "".join(refs), other)
    assert len(found["fix"]["edits"]) == len(refs)
    assert found["help"].splitlines()[2:5] == [
        "ALTER TABLE items ADD CONSTRAINT c_ref FOREIGN KEY (c) REFERENCES other NOT VALID;",
        "-- in a later migration:",
        "ALTER TABLE items VALIDATE CONSTRAINT a_ref;",
    ]


def test_the_columns_searched_for_nulls_are_named(miglint, write):
    sql = "".join(f"ALTER TABLE items ALTER COLUMN {c} SET NOT NULL;\n" for c in "abcde")
    found = one(miglint, write, "not-null-scan", sql)

    assert "while a, b, c and 2 more are searched for nulls; it fails" in found["message"]
    assert found["help"].count("VALIDATE") == len("abcde")


def test_the_renamed_columns_are_named(miglint, write):
    sql = "".join(f"ALTER TABLE items RENAME COLUMN {c} TO {c}{c};\n" for c in "abc")
    found = one(miglint, write, "renamed-column", sql)

    assert found["message"] == "renaming items.a, b and c breaks code that uses the old names"
    assert found["help"].count("ADD COLUMN") == len("abc")


def test_the_dropped_columns_of_a_table_are_named_and_copied_at_once(miglint, write):
    sql = "ALTER TABLE items " + ", ".join(f"DROP COLUMN {c}" for c in "abcde") + ";\n"
    found = one(miglint, write, "dropped-column", sql)
    words = "dropping items.a, b, c and 2 more destroys their data and breaks code that still uses them"

    assert (found["severity"], found["message"]) == ("error", words)
    assert found["help"].endswith("\nCREATE TABLE items_columns_copy AS SELECT id, a, b, c, d, e FROM items;")


def test_a_copy_has_a_key_or_is_a_dump(miglint, write):
    def help_of(history, drop="ALTER TABLE items DROP COLUMN a;\n"):
        return one(miglint, write, "dropped-column", drop, history)["help"].splitlines()[-1]

    unique = "CREATE TABLE items (a int, b int, code text NOT NULL);\nCREATE UNIQUE INDEX ON items (code);\n"
    assert help_of(unique) == "CREATE TABLE items_a_copy AS SELECT code, a FROM items;"
    assert help_of(unique.replace(" NOT NULL", "")).startswith("pg_dump --table='items' ")
    assert help_of(unique.replace("(code);", "(code) WHERE b > 0;")).startswith("pg_dump ")
    drops = "ALTER TABLE items DROP COLUMN id, DROP COLUMN a;\n"
    assert help_of(ITEMS, drops).startswith("pg_dump ")


def test_a_copy_under_prisma_is_where_prisma_does_not_look(miglint, write):
    write(
        {
            "prisma/migrations/migration_lock.toml": 'provider = "postgresql"\n',
            "prisma/migrations/1_a/migration.sql": ITEMS,
            "prisma/migrations/2_b/migration.sql": "ALTER TABLE items DROP COLUMN a;\n",
        }
    )
    outcome = miglint("check", "--output-format", "json", "--select", "dropped-column")
    (found,) = findings(outcome, "dropped-column")
    assert found["help"].endswith("CREATE TABLE copies.items_a_copy AS SELECT id, a FROM items;")


def test_a_column_out_of_which_another_was_filled_takes_nothing_with_it(miglint, write):
    def severity(before, drop="ALTER TABLE items DROP COLUMN a;\n"):
        write(migrations(ITEMS + "CREATE TABLE other (id bigint, a int);\n", before, drop))
        outcome = miglint("check", "--output-format", "json", "--select", "dropped-column")
        (found,) = findings(outcome, "dropped-column")
        return found["severity"]

    assert severity("UPDATE items SET b = a + 1;\n") == "warning"
    assert severity("INSERT INTO other (id, a) SELECT i.id, i.a FROM items AS i;\n") == "warning"
    assert severity("CREATE TABLE items_a AS SELECT id, a FROM items;\n") == "warning"
    assert severity("UPDATE other SET a = items.a FROM items WHERE items.id = other.id;\n") == "warning"
    renamed = "UPDATE items SET b = a;\nALTER TABLE items RENAME COLUMN a TO z;\n"
    assert severity(renamed, "ALTER TABLE items DROP COLUMN z;\n") == "warning"
    # Values that only picked the rows, changed in place or went into a temporary table are in no other.
    assert severity("UPDATE items SET b = 1 WHERE a > 1;\n") == "error"
    assert severity("UPDATE items SET a = a + 1;\n") == "error"
    assert severity("INSERT INTO other (id) SELECT id FROM items WHERE a > 1 ORDER BY a;\n") == "error"
    assert severity("CREATE TEMP TABLE kept AS SELECT id, a FROM items;\n") == "error"


def test_a_table_put_aside_needs_no_view(miglint, write):
    history = "CREATE TABLE items (id bigint);\n"
    for name, has_view in (("items_deprecated", False), ("items_old", False), ("goods", True)):
        found = one(miglint, write, "renamed-table", f"ALTER TABLE items RENAME TO {name};\n", history)
        assert ("CREATE VIEW" in found["help"]) is has_view
