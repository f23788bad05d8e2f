"""What a tool fills in: messages leave it out, SQL for migrations keeps it, what runs by hand says so."""

import re

import pytest

from miglint.registry import load_rules
from miglint.rule import Bad
from miglint.testing import lint

NAMESPACE = '{{ index .Options "Namespace" }}'
UP = "db/migrations/2_late.up.sql"


def findings(sql, name=UP):
    files = {
        "db/migrations/1_early.up.sql": (
            f"CREATE TABLE {NAMESPACE}.people (id bigint PRIMARY KEY, name text, note text);"
        ),
        "db/migrations/1_early.down.sql": f"DROP TABLE {NAMESPACE}.people;",
        "db/migrations/3_other.up.fizz": "",
        name: sql,
        "db/migrations/2_late.down.sql": "SELECT 1;",
        "go.mod": "module shop\nrequire github.com/gobuffalo/pop/v6 v6.1.1\n",
    }
    return lint(load_rules(), Bad("", files=files))


def of(rule, sql):
    (found,) = (report.finding for report in findings(sql) if report.rule == rule)
    return found


def test_a_message_leaves_out_a_schema_that_is_filled_in():
    found = of("blocking-index-build", f"CREATE INDEX people_name ON {NAMESPACE}.people (name);")
    assert found.message == "index build blocks writes to people until it ends"


def test_with_quotes_around_it_the_schema_is_the_same():
    found = of("blocking-index-build", f'CREATE INDEX people_name ON "{NAMESPACE}".people (name);')
    assert found.message == "index build blocks writes to people until it ends"


def test_sql_to_run_by_hand_says_what_to_put_in_and_sql_of_a_migration_keeps_the_placeholder():
    help_text = of("blocking-index-build", f"CREATE INDEX people_name ON {NAMESPACE}.people (name);").help
    by_hand, in_migration = re.split("-- and in the migration.*\n", help_text)
    assert by_hand.splitlines()[1:] == [
        f"-- put the value of {NAMESPACE} in place of namespace",
        "CREATE INDEX CONCURRENTLY people_name ON namespace.people (name);",
    ]
    assert in_migration.startswith(f"CREATE INDEX IF NOT EXISTS people_name ON {NAMESPACE}.people (name);")


def test_a_dump_to_make_by_hand_names_no_placeholder():
    help_text = of("dropped-table", f"DROP TABLE {NAMESPACE}.people;").help
    assert "pg_dump --table=namespace.people " in help_text.replace("'", "")
    assert f"-- put the value of {NAMESPACE} in place of namespace" in help_text


def test_several_findings_as_one_leave_out_the_schema_as_well():
    sql = f"ALTER TABLE {NAMESPACE}.people RENAME name TO called;\n" + (
        f"ALTER TABLE {NAMESPACE}.people RENAME note TO remark;"
    )
    assert of("renamed-column", sql).message.startswith("renaming people.name and note breaks")


HOME = "${database.defaultSchemaName}"


def of_changesets(rule, *statements):
    changesets = "".join(
        f'<changeSet id="{number}" author="ann"><sql>{sql}</sql></changeSet>'
        for number, sql in enumerate(statements)
    )
    files = {"db/changelog-master.xml": f"<databaseChangeLog>{changesets}</databaseChangeLog>"}
    (found,) = (r.finding for r in lint(load_rules(), Bad("", files=files)) if r.rule == rule)
    return found


def test_the_schema_in_which_liquibase_begins_stays_as_the_changelogs_have_it():
    table = f"CREATE TABLE {HOME}.people (id bigint PRIMARY KEY, name text);"
    index = f"CREATE INDEX people_name ON {HOME}.people (name);"
    found = of_changesets("blocking-index-build", table, index)
    assert found.message == "index build blocks writes to people until it ends"
    assert found.help.endswith(f"CREATE INDEX CONCURRENTLY people_name ON {HOME}.people (name);")


def test_where_statements_name_that_schema_too_their_words_stay():
    table = f"CREATE TABLE {HOME}.people (id bigint PRIMARY KEY, name text);"
    found = of_changesets("blocking-index-build", table, "CREATE INDEX people_name ON public.people (name);")
    assert found.help.endswith("CREATE INDEX CONCURRENTLY people_name ON public.people (name);")


@pytest.mark.parametrize(("named", "dumped"), [("people", "'people'"), ("public.people", "'public.people'")])
def test_a_dump_names_the_schema_that_the_statement_names(named, dumped):
    (report,) = lint(
        [rule for rule in load_rules() if rule.name == "dropped-table"],
        Bad("", f"DROP TABLE {named};", history="CREATE TABLE people (id bigint PRIMARY KEY);"),
    )
    assert f"pg_dump --table={dumped} " in report.finding.help
