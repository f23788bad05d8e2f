import pytest
from migration_project import Write

from miglint.model.migration import Problem
from miglint.model.source import Source
from miglint.project.decoding import MAX_BYTES, decode
from miglint.tools import find_histories

SQL = "SELECT 'é';\nSELECT 2;\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_text_is_read_without_its_byte_order_mark(encoding: str) -> None:
    read = decode(SQL.encode(encoding), "a.sql")
    assert isinstance(read, Source)
    assert (read.path, read.text) == ("a.sql", SQL)


@pytest.mark.parametrize("mark", ["utf-16-be", "utf-16-le"])
def test_utf16_is_read_in_both_byte_orders(mark: str) -> None:
    read = decode(("\ufeff" + SQL).encode(mark), "a.sql")
    assert isinstance(read, Source)
    assert read.text == SQL


def test_line_breaks_stay_as_they_are() -> None:
    read = decode(b"SELECT 1;\r\nSELECT 2;\r", "a.sql")
    assert isinstance(read, Source)
    assert read.text == "SELECT 1;\r\nSELECT 2;\r"


def test_an_empty_file_is_an_empty_text() -> None:
    read = decode(b"", "a.sql")
    assert isinstance(read, Source)
    assert read.text == ""


def test_bytes_that_are_not_utf8_are_a_problem_with_their_line() -> None:
    assert decode(b"SELECT 1;\nSELECT '\xe9';\n", "a.sql") == Problem("a.sql", "not UTF-8: byte 0xE9", 2, 2)


def test_half_a_utf16_character_is_a_problem_with_its_line() -> None:
    read = decode("\ufeffa\nb\n".encode("utf-16-le") + b"x", "a.sql")
    assert isinstance(read, Problem)
    assert read.line == 3


def test_a_nul_character_is_a_problem_with_its_line() -> None:
    read = decode(b"SELECT 1;\n\n\0DROP TABLE a;", "a.sql")
    assert isinstance(read, Problem)
    assert read.line == 3
    assert "NUL" in read.reason


def test_utf16_without_a_mark_is_a_problem() -> None:
    assert isinstance(decode("SELECT 1".encode("utf-16-le"), "a.sql"), Problem)


def test_a_file_beyond_the_limit_is_a_problem() -> None:
    assert isinstance(decode(b" " * MAX_BYTES, "a.sql"), Source)
    assert decode(b" " * (MAX_BYTES + 1), "a.sql") == Problem("a.sql", "larger than 16 MiB")


def test_one_unreadable_file_leaves_the_others_to_be_analysed(write: Write) -> None:
    write(
        {
            "migrations/1_a.up.sql": "SELECT 1;",
            "migrations/2_b.up.sql": b"\n\xff",
            "migrations/3_c.up.sql": "",
        }
    )
    (history,) = find_histories(["."])
    assert [migration.id for migration in history.migrations] == ["1_a", "3_c"]
    assert history.problems == (Problem("migrations/2_b.up.sql", "not UTF-8: byte 0xFF", 2, 2),)
