"""A history whose index says nothing is a problem that names the index: it never disappears."""

import pytest
from migration_project import Write, ids, only_history

from miglint.tools import find_histories

TABLE = "CREATE TABLE parcels (id bigint PRIMARY KEY);"
JOURNAL = '{"version": "7", "dialect": "postgresql", "entries": [%s]}'
ENTRY = '{"idx": 0, "when": 1, "tag": "0000_parcels", "breakpoints": true}'
CONFIGURATION = 'export default defineConfig({ dialect: "postgresql", out: "./src/db/sql" });\n'


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"entries": {}}', '{"version": "7", "entr'])
def test_a_journal_without_entries_is_a_problem(write: Write, text: str) -> None:
    write({"drizzle/meta/_journal.json": text, "drizzle/0000_parcels.sql": TABLE})
    history = only_history()
    assert history.tool == "drizzle"
    assert [problem.path for problem in history.problems] == ["drizzle/meta/_journal.json"]


def test_a_journal_that_lists_none_of_the_files_is_said(write: Write) -> None:
    write({"drizzle/meta/_journal.json": JOURNAL % "", "drizzle/0000_parcels.sql": TABLE})
    assert [gap.reason for gap in only_history().gaps] == ["the journal lists none of the files"]


def test_a_project_before_its_first_migration_has_no_history(write: Write) -> None:
    write({"drizzle/meta/_journal.json": JOURNAL % ""})
    assert find_histories(["."], required=False) == ()


@pytest.mark.parametrize(
    ("files", "place"),
    [
        ({"drizzle/meta/0000_snapshot.json": "{}", "drizzle/0000_parcels.sql": TABLE}, "drizzle"),
        ({"drizzle/meta/0000_snapshot.json": "{}"}, "drizzle"),
        ({"drizzle.config.ts": CONFIGURATION, "src/db/sql/0000_parcels.sql": TABLE}, "src/db/sql"),
        ({"drizzle.config.json": '{"out": "./sql"}', "sql/0000_parcels.sql": TABLE}, "sql"),
        ({"drizzle.config.js": "export default {}", "drizzle/0000_parcels.sql": TABLE}, "drizzle"),
    ],
)
def test_a_journal_that_is_not_there_is_a_problem(write: Write, files: dict[str, str], place: str) -> None:
    write(files)
    history = only_history()
    assert (history.tool, history.migrations) == ("drizzle", ())
    assert [problem.path for problem in history.problems] == [f"{place}/meta/_journal.json"]


def test_with_a_journal_there_is_no_problem(write: Write) -> None:
    write({"drizzle/meta/_journal.json": JOURNAL % ENTRY, "drizzle/0000_parcels.sql": TABLE})
    history = only_history()
    assert (ids(history), history.problems, history.gaps) == (["0000_parcels"], (), ())


def test_a_folder_that_the_configuration_does_not_name_is_not_drizzles(write: Write) -> None:
    write({"drizzle.config.ts": CONFIGURATION, "db/migrations/0000_parcels.sql": TABLE})
    assert only_history().tool != "drizzle"


@pytest.mark.parametrize(
    "name", ["db.changelog-master.xml", "changelog-master.yaml", "changelog.master.json"]
)
def test_an_empty_master_changelog_is_a_problem(write: Write, name: str) -> None:
    write({f"db/changelog/{name}": "\n"})
    history = only_history()
    assert history.tool == "liquibase"
    assert [problem.path for problem in history.problems] == [f"db/changelog/{name}"]


def test_an_empty_list_of_changes_for_people_is_no_changelog(write: Write) -> None:
    write({"CHANGELOG.json": "", "db/changelog.xml": ""})
    assert find_histories(["."], required=False) == ()
