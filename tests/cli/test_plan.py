"""What the plan says of a statement agrees with what the check says of it."""

import json

TABLE = "CREATE TABLE orders (id bigint PRIMARY KEY, status text);\n"
INDEX = "CREATE INDEX orders_status ON orders (status);\n"
LATER = "CREATE TABLE a (id int);\nCREATE INDEX orders_status ON orders (status); SELECT 1;\n"
HISTORY = {"migrations/1_orders.sql": TABLE, "migrations/2_index.sql": LATER}
CONFIGURATION = 'ignore = ["missing-lock-timeout", "missing-down"]\n'


def findings(outcome):
    return [
        (row["line"], [(found["severity"], found["rule"]) for found in row["findings"]])
        for row in json.loads(outcome.out)["statements"]
        if row["findings"]
    ]


def test_a_statement_has_the_severity_of_its_worst_finding(miglint, write):
    write({**HISTORY, "miglint.toml": CONFIGURATION})

    outcome = miglint("plan", "--statements")

    (line,) = [line for line in outcome.out.splitlines() if "CREATE INDEX" in line]
    assert line == "    error     2  CREATE INDEX orders_status ON orders (status)"
    assert outcome.out.count("error") == 2
    assert "error[blocking-index-build]" in outcome.out


def test_programs_get_the_findings_of_each_statement(miglint, write):
    write({**HISTORY, "miglint.toml": CONFIGURATION})

    assert findings(miglint("plan", "--output-format", "json")) == [(2, [("error", "blocking-index-build")])]


def test_severities_are_those_of_the_configuration_and_what_is_hidden_is_not_there(miglint, write):
    write({**HISTORY, "miglint.toml": f"{CONFIGURATION}[severity]\nlocks = 'note'\n"})
    assert findings(miglint("plan", "--output-format", "json")) == [(2, [("note", "blocking-index-build")])]

    hidden = LATER.replace("SELECT 1;", "SELECT 1; -- miglint: ignore[blocking-index-build] small")
    write({"migrations/2_index.sql": hidden})
    assert findings(miglint("plan", "--output-format", "json")) == []


def test_a_plan_can_be_made_where_every_rule_is_off(miglint, write):
    write({**HISTORY, "miglint.toml": 'ignore = ["safety"]\n'})

    assert miglint("plan").code == 0


def test_a_plan_is_coloured_where_that_is_asked_for(miglint, write):
    write(HISTORY)

    assert "\x1b[1;31merror" in miglint("plan", "--statements", "--color", "always").out
    assert "\x1b[" not in miglint("plan", "--statements").out


def test_the_way_back_is_shown_when_asked_for(miglint, write):
    write(
        {
            "migrations/1_orders.up.sql": TABLE,
            "migrations/1_orders.down.sql": "DROP TABLE orders;",
            "migrations/2_note.up.sql": "ALTER TABLE orders ADD note text;",
            "migrations/2_note.down.sql": "ALTER TABLE orders DROP COLUMN note;",
            "miglint.toml": 'ignore = ["safety"]\n',
        }
    )

    rows = json.loads(miglint("plan", "--direction", "down", "--output-format", "json").out)["statements"]

    assert [(row["path"], row["direction"]) for row in rows] == [
        ("migrations/2_note.down.sql", "down"),
        ("migrations/1_orders.down.sql", "down"),
    ]
    assert [row["destroys"][0]["kind"] for row in rows] == ["column", "table"]
    assert "locks orders ACCESS EXCLUSIVE" in miglint("plan", "--direction", "down").out


def test_a_table_of_the_same_release_is_locked_and_nobody_waits_for_it(miglint, write):
    write(
        {
            "migrations/1.4/01_orders.sql": TABLE,
            "migrations/1.4/02_index.sql": INDEX,
            "migrations/1.5/1.sql": "",
        }
    )

    assert "locks orders SHARE (new in this release)\n" in miglint("plan", "--statements").out
    row = json.loads(miglint("plan", "--output-format", "json").out)["statements"][1]
    assert (row["locks"], row["risk"], row["findings"]) == (
        [{"table": "public.orders", "mode": "SHARE"}],
        "low",
        [],
    )
