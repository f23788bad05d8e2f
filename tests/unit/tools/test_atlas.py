"""Atlas: its checksums beside any tool's files, its directives, checkpoints and archives."""

from base64 import b64encode
from hashlib import sha256

import pytest
from migration_project import Write, only_history

from miglint.model.irregularity import IgnoredDirective, StaleChecksum
from miglint.model.migration import History, TransactionMode


def read(write: Write, files: dict[str, str]) -> History:
    write(files)
    return only_history()


def with_sum(files: dict[str, str], *left_out: str) -> dict[str, str]:
    running = sha256()
    lines = []
    for name, text in sorted(files.items()):
        if name.endswith(left_out):
            continue
        running.update(name.encode())
        if "atlas:sum ignore" not in text:
            running.update(text.encode())
            lines.append(f"{name} h1:{b64encode(running.digest()).decode()}\n")
    return {f"db/{name}": text for name, text in (files | {"atlas.sum": "h1:x=\n" + "".join(lines)}).items()}


GOOSE = "-- +goose Up\nSELECT 1;\n"
SUMS = {
    "atlas": with_sum({"1_a.sql": "SELECT 1;", "2_b.sql": "SELECT 2;\r\n"}),
    "goose": with_sum({"1_a.sql": GOOSE, "2_b.sql": GOOSE}),
    "golang-migrate": with_sum({"1_a.up.sql": "SELECT 1;", "1_a.down.sql": "SELECT 1;"}, ".down.sql"),
}


def test_a_byte_order_mark_counts_as_a_part_of_the_file(write: Write) -> None:
    marked = with_sum({"1_a.sql": "\ufeffSELECT 1;", "2_b.sql": "SELECT 2;"})
    assert not [odd for odd in read(write, marked).irregularities if isinstance(odd, StaleChecksum)]


@pytest.mark.parametrize("tool", SUMS)
def test_checksums_fit_beside_any_tool_until_a_file_is_edited(write: Write, tool: str) -> None:
    history = read(write, SUMS[tool])
    assert (history.tool, history.irregularities) == (tool, ())
    last = max(name for name in SUMS[tool] if name.endswith(".sql"))
    (odd,) = read(write, {last: SUMS[tool][last] + "-- edited"}).irregularities
    assert (type(odd), odd.source.path) == (StaleChecksum, "db/atlas.sum")
    assert last.removeprefix("db/") in odd.message


def test_the_name_of_an_ignored_file_counts(write: Write) -> None:
    files = with_sum({"1_a.sql": "-- atlas:sum ignore\nSELECT 1;", "2_b.sql": "SELECT 2;"})
    assert read(write, files).irregularities == ()


@pytest.mark.parametrize(
    ("head", "mode", "odd"),
    [
        ("-- atlas:txmode none\n\n", TransactionMode.PER_STATEMENT, []),
        ("-- a\n-- atlas:txmode none\n\n", TransactionMode.PER_STATEMENT, []),
        ("-- atlas:txmode none\n", TransactionMode.PER_MIGRATION, [IgnoredDirective]),
        ("-- atlas:txmode file\n\n", TransactionMode.PER_MIGRATION, []),
    ],
)
def test_a_directive_needs_an_empty_line(
    write: Write, head: str, mode: TransactionMode, odd: list[type]
) -> None:
    history = read(write, with_sum({"1_a.sql": f"{head}SELECT 1;\n"}))
    up = history.migrations[0].up
    assert up is not None
    assert (up.mode, [type(one) for one in history.irregularities]) == (mode, odd)


def test_a_new_database_begins_with_the_last_checkpoint(write: Write) -> None:
    texts = {f"{n}.sql": "SELECT 1;" for n in range(1, 6)}
    texts |= {f"{n}.sql": "-- atlas:checkpoint\n\nSELECT 1;" for n in (2, 4)}
    history = read(write, with_sum(texts))
    assert [migration.id for migration in history.migrations] == ["4", "5"]


def test_a_delimiter_takes_the_place_of_the_semicolon(write: Write) -> None:
    text = "-- atlas:delimiter \\n\\n\n-- a\n\nSELECT 1\n\nSELECT 2\n\n"
    up = read(write, with_sum({"1_a.sql": text})).migrations[0].up
    assert up is not None
    assert "SELECT 1;" in up.sql.replace("\n", "")
    assert (len(up.sql), up.sql.count("\n")) == (len(text), text.count("\n") - 3)


def test_an_archive_holds_both_ways(write: Write) -> None:
    text = (
        "-- atlas:txtar\n\n-- checks.sql --\nSELECT 0;\n"
        "-- migration.sql --\nDROP TABLE a;\n-- down.sql --\nCREATE TABLE a ();\n"
    )
    (migration,) = read(write, with_sum({"1_a.sql": text})).migrations
    assert migration.up is not None
    assert migration.down is not None
    assert (migration.up.sql.strip(), migration.down.sql.strip()) == ("DROP TABLE a;", "CREATE TABLE a ();")
