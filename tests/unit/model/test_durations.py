"""How long work takes, by how much a table holds."""

import pytest

from miglint.model import (
    Duration,
    Effects,
    Name,
    Range,
    Rates,
    RowsWritten,
    Size,
    Sizes,
    Work,
    duration,
)

ORDERS, USERS = Name("public", "orders"), Name("public", "users")
RATES = Rates(Range(10, 100), Range(1, 10), Range(100, 1000), Range(10, 100), Range(20, 200))
SIZE = Size(rows=1000, bytes=100 * 1024**2, indexes=2)


@pytest.mark.parametrize(
    ("work", "low", "high"),
    [
        ("scan", 1, 10),
        ("index build", 1 + 1, 10 + 10),
        ("rewrite", 10 + 2 * 2, 100 + 2 * 20),
        ("update", 1 + 10, 10 + 100),
        ("delete", 1 + 5, 10 + 50),
    ],
)
def test_each_work_has_its_time(work, low, high):
    assert duration(work, SIZE, RATES) == (low, high)


def test_of_rows_that_nobody_has_counted_there_are_taken_to_be_many():
    size = SIZE._replace(rows=None)

    assert duration("index build", size, RATES) == (1 + 1048.576, 10 + 10485.76)
    assert duration("update", size, RATES) is None


def test_without_bytes_nothing_is_known():
    assert duration("scan", Size(rows=10), RATES) is None


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        ((0, 0), "at most a second"),
        ((0.2, 1), "at most a second"),
        ((0.2, 1.2), "up to 2 seconds"),
        ((3.7, 9.2), "3 to 10 seconds"),
        ((4, 41), "4 to 50 seconds"),
        ((34, 131), "30 seconds to 3 minutes"),
        ((100, 3000), "1 to 50 minutes"),
        ((100, 9000), "1 minute to 3 hours"),
        ((86400 * 3, 86400 * 40), "3 to 40 days"),
        ((5, 5), "about 5 seconds"),
    ],
)
def test_a_duration_is_said_in_words_that_are_no_more_precise_than_it(seconds, words):
    assert Duration(*seconds).words == words


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (Size(rows=41_300_000, bytes=12 * 1024**3), "41 million rows (12 GB)"),
        (Size(rows=1_234_567_890, bytes=3 * 1024**4 // 2), "1.2 billion rows (1.5 TB)"),
        (Size(rows=1, bytes=8192), "1 row (8 kB)"),
        (Size(rows=412_000), "412,000 rows"),
        (Size(bytes=500), "500 bytes"),
        (Size(), ""),
    ],
)
def test_a_size_is_said_in_words(size, words):
    assert size.words == words


def test_what_is_read_in_one_pass_is_read_once_and_a_rewrite_does_it_all():
    def takes(effects):
        return Sizes(rates=RATES).duration_of(effects, {ORDERS: SIZE, USERS: SIZE}.get)

    scan = Work(ORDERS, "", ("check",))
    build = Work(ORDERS, "", ("index",), "i")
    key = Work(ORDERS, "", ("foreign",), apart=True)
    assert takes(Effects(scans=(scan, scan._replace(reason="another")))) == (1, 10)
    assert takes(Effects(scans=(scan, key))) == (2, 20)
    assert takes(Effects(scans=(scan,), index_builds=(build, build._replace(index_name="j")))) == (5, 50)
    assert takes(Effects(rewrites=(scan,), scans=(scan,), index_builds=(build,))) == (14, 140)
    assert takes(Effects(scans=(scan, scan._replace(table=USERS)))) == (2, 20)
    assert takes(Effects(scans=(scan, scan._replace(table=Name("public", "elsewhere"))))) is None
    assert takes(Effects(rows_written=(RowsWritten(ORDERS, "update", False),))) == (0, 110)
    assert takes(Effects(rows_written=(RowsWritten(ORDERS, "update", True),))) is None


def test_a_name_without_a_schema_is_looked_for_in_the_search_path_of_the_server():
    app = Size(rows=1)
    sizes = Sizes({Name("app", "orders"): app, Name("other", "users"): app}, search_path=("app", "public"))

    assert sizes.of(ORDERS) == app
    assert sizes.of(Name("billing", "orders")) is None
    assert sizes.of(USERS) is None


def test_of_two_that_it_may_be_the_larger_one_counts():
    small, large = Size(bytes=1), Size(bytes=2)
    sizes = Sizes({ORDERS: small, Name("app", "orders"): large}, search_path=("app", "public"))

    assert sizes.of(ORDERS) == large


@pytest.mark.parametrize(
    ("size", "small", "hot"),
    [
        (Size(bytes=10 * 1024**2, reads=50, writes=49), True, False),
        (Size(bytes=10 * 1024**2 + 1, reads=0, writes=0), False, False),
        (Size(bytes=0, reads=50, writes=50), False, True),
        (Size(bytes=0), False, None),
        (Size(bytes=0, reads=5), False, None),
        (Size(reads=5, writes=5), False, False),
        (Size(bytes=0, hot=False), True, False),
        (Size(bytes=0, reads=0, writes=0, hot=True), False, True),
    ],
)
def test_small_is_what_is_known_to_be_small_and_not_hot(size, small, hot):
    assert (Sizes().is_small(size), Sizes().is_hot(size)) == (small, hot)


def test_cold_is_what_is_known_to_be_hardly_ever_used():
    sizes = Sizes()
    used = (
        Size(reads=0.5, writes=0.5),
        Size(reads=1, writes=0.1),
        Size(reads=0),
        Size(hot=False),
        Size(hot=True),
    )

    assert [sizes.is_cold(size) for size in used] == [True, False, False, True, False]


def test_old_numbers_are_said_to_be_old():
    size = Size(rows=2_000_000)

    assert Sizes(date="2026-11-03").said(ORDERS, size) == "orders had 2 million rows on 2026-11-03"
    assert Sizes(date="2026-01-01", age=90).said(ORDERS, size).endswith(" on 2026-01-01")
    assert Sizes(date="2026-01-01", age=200).said(ORDERS, size).endswith(" on 2026-01-01, 200 days ago")
