"""Which migrations count as one release: what their names, folders and journals tell of it."""

import json
from itertools import groupby

import pytest
from migration_project import Write, only_history

from miglint.tools._releases import moment

SQL = "SELECT 1;\n"


def releases(write: Write, *names: str) -> list[int]:
    """Give the sizes of the releases of a Prisma project, in order."""
    write({f"prisma/migrations/{name}/migration.sql": SQL for name in names})
    write({"prisma/migrations/migration_lock.toml": 'provider = "postgresql"\n'})
    migrations = only_history().migrations
    return [len(list(group)) for _, group in groupby(migrations, lambda one: one.release or one.id)]


@pytest.mark.parametrize(
    ("names", "sizes"),
    [
        (["20240305101500_a", "20240305101501_b"], [2]),
        (["20240305101500_a", "20240305102500_b"], [2]),
        (["20240305101500_a", "20240305102501_b"], [1, 1]),
        (["20240305101500_a", "20240307101500_b"], [1, 1]),
        (["20240305235900_a", "20240306000100_b"], [2]),
        (["20240801000001_a", "20240801000002_b", "20240801000003_c"], [3]),
        (["20240305120000_a", "20240305120000_b"], [1, 1]),
        (["20240305120000000_a", "20240305120000001_b"], [2]),
        (["1709633700_a", "1709633720_b", "1709719100_c"], [2, 1]),
        (["1709633700123_a", "1709633701123_b"], [2]),
        (["20240305_a", "20240305_b"], [1, 1]),
        (["0001_a", "0002_b"], [1, 1]),
    ],
)
def test_migrations_that_are_written_within_minutes_are_one_release(
    write: Write, names: list[str], sizes: list[int]
) -> None:
    assert releases(write, *names) == sizes


def test_a_row_of_migrations_that_never_stops_is_not_one_release(write: Write) -> None:
    names = [f"20240305{10 + minute // 60}{minute % 60:02}00_x" for minute in range(0, 130, 10)]

    assert releases(write, *names) == [7, 6]


@pytest.mark.parametrize(
    ("first", "second", "apart"),
    [
        ("2024-03-05-101500_a", "2024-03-05-101502_b", 2),
        ("2024-03-05-101500-0000_a", "2024-03-05-101500-0001_b", 0),
        ("V2024_03_05_10_15_00__a", "V2024_03_05_10_16_00__b", 60),
        ("V2024.03.05.10.15.00__a", "V2024.03.05.10.15.07__b", 7),
        ("202403051015_a", "202403051016_b", 60),
        ("20240305101500000001_a", "20240305101500000002_b", 0),
    ],
)
def test_the_times_in_names_are_read_in_the_spellings_of_the_tools(
    first: str, second: str, apart: int
) -> None:
    before, after = moment(first), moment(second)

    assert before and after and before < after
    assert after[0] - before[0] == apart


@pytest.mark.parametrize(
    "name",
    [
        "20240305_0001_a",
        "20241301101500_a",
        "20240305256199_a",
        "2024030510_a",
        "0123456789_a",
        "a_20240305101500",
        "20240305101500" + "9" * 5000,
    ],
)
def test_a_number_that_is_no_time_says_nothing(name: str) -> None:
    assert moment(name) is None


def test_a_folder_that_is_named_after_a_release_is_one(write: Write) -> None:
    write({f"migrations/{name}.sql": SQL for name in ("1.4/01_a", "1.4/02_b", "1.5/01_c")})

    assert [migration.release for migration in only_history().migrations] == ["1.4", "1.4", "1.5"]


def test_releases_may_add_to_a_folder_with_a_plain_number(write: Write) -> None:
    write({f"migrations/{name}.sql": SQL for name in ("72/01_a", "72/02_b", "73/01_c")})

    assert [migration.release for migration in only_history().migrations] == ["", "", ""]


def test_the_journal_of_drizzle_knows_when_a_migration_was_generated(write: Write) -> None:
    times = {"0000_a": 1_709_633_700_000, "0001_b": 1_709_633_790_000, "0002_c": 1_709_733_790_000}
    entries = [{"idx": at, "when": when, "tag": tag} for at, (tag, when) in enumerate(times.items())]
    journal = {"version": "7", "dialect": "postgresql", "entries": entries}
    write({f"drizzle/{tag}.sql": SQL for tag in times})
    write({"drizzle/meta/_journal.json": json.dumps(journal)})

    assert [migration.release for migration in only_history().migrations] == ["0000_a", "0000_a", ""]
