"""Play's evolutions: what stands where, how it runs, and where Play cuts what it should not."""

import pytest
from migration_project import Write, ids, only_history

from miglint.model.irregularity import RefusedFile, UnreachableFile
from miglint.model.migration import History, Reaction, TransactionMode

CONF = 'db.default.url = "jdbc:postgresql://localhost/a"\n'
ONE = "# --- !Ups\nSELECT 1;\n"


def read(write: Write, text: str, conf: str = CONF) -> History:
    write({"conf/application.conf": conf, "conf/evolutions/default/1.sql": text})
    return only_history()


def odd(history: History) -> list[str]:
    return [one.message for one in history.irregularities]


def test_files_are_known_by_a_number_alone_and_a_mark(write: Write) -> None:
    write({f"conf/evolutions/default/{name}.sql": ONE for name in ("10", "9", "1_a", "two")})
    history = only_history()
    assert (history.tool, ids(history)) == ("play-evolutions", ["9", "10"])
    assert history.advice.edited is Reaction.STOPS


def test_numbered_files_without_a_mark_are_not_plays(write: Write) -> None:
    write({f"db/migrations/{number}.sql": "SELECT 1;" for number in (1, 2)})
    assert only_history().tool == "plain-sql"


def test_what_stands_above_the_first_mark_is_not_run(write: Write) -> None:
    history = read(write, "DROP TABLE a;\n-- !Ups\nSELECT 1;\n-- !Downs\nSELECT 2;\n-- !Ups\nSELECT 3;\n")
    up, down = history.migrations[0].up, history.migrations[0].down
    assert up is not None
    assert down is not None
    assert up.sql.split() == ["SELECT", "1;", "SELECT", "3;"]
    assert down.sql.split() == ["SELECT", "2;"]


@pytest.mark.parametrize(
    ("ups", "conf", "mode"),
    [
        ("SELECT 1;\nSELECT 2;\n", CONF, TransactionMode.PER_STATEMENT),
        ("SELECT 1;;\n-- more\n", CONF, TransactionMode.PER_STATEMENT),
        ("SELECT 1;;\nSELECT 2;;\n", CONF, TransactionMode.PIPELINE),
        ("SELECT 1;;\nSELECT 2;\nSELECT 3;\n", CONF, TransactionMode.PER_STATEMENT),
        ("SELECT 1;\n", f"{CONF}play.evolutions.autocommit = false\n", TransactionMode.PER_RUN),
        ("SELECT 1;\n", "play {\n  evolutions {\n    autocommit=false\n  }\n}\n", TransactionMode.PER_RUN),
        ("SELECT 1;\n", f"{CONF}play.evolutions.autoCommit = false\n", TransactionMode.PER_STATEMENT),
        ("SELECT 1;\n", f"{CONF}# play.evolutions.autocommit = false\n", TransactionMode.PER_STATEMENT),
    ],
)
def test_the_semicolons_and_the_setting_say_what_is_one_transaction(
    write: Write, ups: str, conf: str, mode: TransactionMode
) -> None:
    up = read(write, f"# --- !Ups\n{ups}", conf).migrations[0].up
    assert up is not None
    assert up.mode is mode


def test_two_semicolons_are_one_for_the_server(write: Write) -> None:
    up = read(write, "# --- !Ups\nDO $$ BEGIN\n  NULL;;\nEND $$;\n").migrations[0].up
    assert up is not None
    assert ";;" not in up.sql
    assert len(up.sql) == up.span.end - up.span.start


@pytest.mark.parametrize(
    ("ups", "said"),
    [
        ("DO $$ BEGIN NULL; END $$;", "single semicolon in a body"),
        ("SELECT 'a;b';", "single semicolon in a string"),
        ("/* a; */ SELECT 1;", "single semicolon in a comment"),
        ("-- a; b\nSELECT 1;", "Play cuts the comment here"),
    ],
)
def test_a_single_semicolon_that_ends_no_statement_is_told(write: Write, ups: str, said: str) -> None:
    history = read(write, f"# --- !Ups\n{ups}\n")
    (message,) = odd(history)
    assert said in message
    assert isinstance(history.irregularities[0], RefusedFile)


@pytest.mark.parametrize(
    "ups", ["DO $$ BEGIN NULL;; END $$;", "SELECT 'a;;b';", "-- a;\nSELECT 1;", "-- a; -- b\nSELECT 1;"]
)
def test_a_semicolon_that_cuts_nothing_is_not(write: Write, ups: str) -> None:
    assert odd(read(write, f"# --- !Ups\n{ups}\n")) == []


def test_where_strings_end_in_another_database_is_not_known(write: Write) -> None:
    history = read(write, "# --- !Ups\nSELECT 'a;b';\n", CONF.replace("postgresql", "mysql"))
    assert (history.dialect, odd(history)) == ("mysql", [])


def test_a_file_behind_a_missing_number_is_never_run(write: Write) -> None:
    write({f"conf/evolutions/default/{number}.sql": ONE for number in (1, 2, 4, 6)})
    history = only_history()
    (found,) = history.irregularities
    assert isinstance(found, UnreachableFile)
    assert (found.migration, "without a file, 3" in found.message) == ("4", True)


def test_a_file_without_a_mark_runs_nothing(write: Write) -> None:
    write({"conf/evolutions/default/1.sql": ONE, "conf/evolutions/default/2.sql": "SELECT 1;\n"})
    assert odd(only_history()) == ["Play runs nothing in this file: it has no `# --- !Ups`"]


@pytest.mark.parametrize(
    ("conf", "dialect"),
    [
        ("slick.dbs.default.profile = slick.jdbc.MySQLProfile$\n", "mysql"),
        ("# jdbc:mysql:\ndb.default.url = jdbc:h2:mem\n", "h2"),
        ("db.a.url = jdbc:h2:mem\ndb.b.url = jdbc:postgresql://b\n", "postgres"),
        ("", "postgres"),
    ],
)
def test_the_settings_name_the_database(write: Write, conf: str, dialect: str) -> None:
    assert read(write, ONE, conf).dialect == dialect


def test_a_placeholder_is_a_word(write: Write) -> None:
    history = read(write, "# --- !Ups\nALTER TABLE a OWNER TO $evolutions{{{owner}}};\n")
    up = history.migrations[0].up
    assert up is not None
    assert "$" not in up.sql
