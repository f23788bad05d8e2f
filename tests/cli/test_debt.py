"""`miglint debt`: what was begun and not finished is listed, and is no finding."""

import json

HISTORY = {
    "migrations/1_orders.sql": "CREATE TABLE orders (id bigint PRIMARY KEY, total int);\n",
    "migrations/2_positive.sql": "ALTER TABLE orders ADD CONSTRAINT positive CHECK (total > 0) NOT VALID;\n",
    "migrations/3_note.sql": "ALTER TABLE orders ADD COLUMN note text;\n",
}


def test_people_get_the_place_and_the_statement_that_finishes_it(miglint, write):
    write(HISTORY)

    outcome = miglint("debt")

    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out == (
        "migrations (plain-sql, 3 migrations)\n"
        "  1 begun and not finished\n\n"
        "  not validated: positive of orders was never checked on the rows from before it\n"
        "    migrations/2_positive.sql:1, 1 migration ago\n"
        "    ALTER TABLE orders VALIDATE CONSTRAINT positive;\n"
    )


def test_programs_get_json(miglint, write):
    write(HISTORY)

    (debt,) = json.loads(miglint("debt", "--output-format", "json").out)["debts"]

    assert debt == {
        "kind": "not validated",
        "table": "public.orders",
        "message": "positive of orders was never checked on the rows from before it",
        "path": "migrations/2_positive.sql",
        "line": 1,
        "end_line": 1,
        "tool": "plain-sql",
        "migration": "2_positive",
        "migrations_since": 1,
        "finish": "ALTER TABLE orders VALIDATE CONSTRAINT positive;",
    }


def test_nothing_to_be_done_is_said(miglint, write):
    write({**HISTORY, "migrations/2_positive.sql": "SELECT 1;\n"})

    assert "nothing begun and not finished" in miglint("debt").out


def test_a_folder_without_migrations_is_no_success(miglint, write):
    write({"README": ""})

    assert miglint("debt").code == 2
