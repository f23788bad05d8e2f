"""Hostile text costs what it is long, a search has an end, and `regex` is imported where it is needed."""

import subprocess
import sys
import time
from collections.abc import Callable

import pytest

from miglint.model.migration import Problem
from miglint.model.source import Source
from miglint.project.files import Files
from miglint.text import possessive as module
from miglint.text.possessive import possessive
from miglint.tools import Cut, MigrationFiles, atlas, dbmate, mybatis, read_sections
from miglint.tools.liquibase import formatted
from miglint.tools.prisma.parser import parse
from miglint.tools.prisma.tokens import tokenize

Write = Callable[[dict[str, str]], object]
LONG = 60_000
MANY = LONG // 10


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (dbmate._MARK.search, "-- migrate:up x" + " " * LONG + "y\n-- migrate:"),
        (dbmate._MARK.search, "-- migrate:up" + " \t" * LONG + "\f-- migrate:up x"),
        (mybatis._DELIMITER.search, "--" + " " * LONG + "@delimiter"),
        (mybatis._UNDO.search, "--" + " " * LONG + "@UNDO"),
        (lambda text: list(atlas._PART.finditer(text)), "-- " + "a/" * LONG + "b.sql -- " + " " * LONG + "y"),
        (atlas._script_of, "a/" * LONG + "-"),
        (formatted._CHANGESET.search, "-- changeset " + " " * LONG + "y"),
        (formatted._CHANGESET.search, '-- changeset "' + "a" * LONG + '" b'),
        (
            lambda text: formatted.changesets(Source("a.sql", text)),
            "-- changeset a:1\n" + "/* liquibase rollback\n" * MANY,
        ),
        (tokenize, '"' + "\\" * LONG + "\n" + "/*" * LONG),
        (tokenize, "model A {" + " \t" * LONG + "// " * LONG),
    ],
)  # fmt: skip
def test_long_runs_cost_no_more_than_they_are_long(read: Callable[[str], object], text: str) -> None:
    # Where a pattern looks at each blank anew for each blank before it, this takes a minute.
    started = time.process_time()
    read(text)
    assert time.process_time() - started < 5


def test_a_mark_is_found_behind_blanks_and_before_them() -> None:
    found = [mark.groups() for mark in dbmate._MARK.finditer("--  migrate:up  transaction:false  x \r\n")]
    assert found == [("up", "transaction:false  x")]
    assert [mark.groups() for mark in dbmate._MARK.finditer("-- migrate:down \t\n-- migrate:upper\n")] == [
        ("down", None)
    ]
    head = formatted._CHANGESET.search('--changeset "a b": "c:d" runAlways:true\n')
    assert head is not None
    assert (head["author"], head["id"], head["rest"]) == ('"a b"', '"c:d"', " runAlways:true")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("migration", "migration"),
        ("checks/down", "down"),
        ("migration/2-x", "migration"),
        ("two words/migration", ""),
        ("a/two words/b", "a"),
    ],
)
def test_a_part_of_an_archive_is_known_by_the_last_word_of_its_path(path: str, name: str) -> None:
    assert atlas._script_of(path) == name


def test_a_search_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SECONDS", 0.05)
    with pytest.raises(TimeoutError):
        possessive(r"^(?:(?:a|aa)+)+$").search("a" * 100 + "!")


def test_a_file_that_takes_too_long_is_named(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    def cut(unit: MigrationFiles, source: Source) -> list[Cut]:
        raise TimeoutError

    write({"1.sql": "SELECT 1;"})
    reading = read_sections(Files(), [MigrationFiles("1", "1.sql")], cut)
    assert (reading.migrations, reading.problems) == (
        (),
        (Problem("1.sql", "its directives take too long to read"),),
    )

    def slow(text: str) -> list[object]:
        raise TimeoutError

    monkeypatch.setattr("miglint.tools.prisma.parser.tokenize", slow)
    assert [note.reason for note in parse(Source("schema.prisma", "model A {}")).unread] == [
        "it takes too long to read"
    ]


@pytest.mark.parametrize(
    ("files", "needed"),
    [
        ({"migrations/1_a.sql": "CREATE TABLE a (id int);"}, False),
        ({"migrations/1_a.sql": "-- +goose Up\nCREATE TABLE a (id int);"}, False),
        ({"migrations/1_a.sql": "-- migrate:up\nCREATE TABLE a (id int);\n-- migrate:down\n"}, True),
    ],
)
def test_the_import_is_for_files_that_need_it(write: Write, files: dict[str, str], needed: bool) -> None:
    write(files)
    command = [sys.executable, "-X", "importtime", "-m", "miglint", "check", "."]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (" regex" in done.stderr) == needed, done.stderr[-2000:]
