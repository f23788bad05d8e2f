"""What a trip says of a migration, without a server."""

import pytest

pytest.importorskip("psycopg")

from miglint.model import Severity
from miglint.verify.judgement import difference_words, judged
from miglint.verify.scratch import Tried
from miglint.verify.sending import Refusal, Sent
from miglint.verify.trip import Trip, different

UP = (Sent("ALTER TABLE a ADD b int", "1.up.sql", 1, 1),)
DOWN = (Sent("ALTER TABLE a DROP b", "1.down.sql", 3, 1),)
NULLS = Refusal("23502", 'column "b" contains null values', DOWN[0])


def said(tried: Tried) -> list[tuple[Severity, int, str]]:
    return [(found.severity, found.line, found.message) for found in judged(tried, UP, DOWN)]


def test_what_comes_back_is_not_spoken_of() -> None:
    assert said(Tried(Trip(), Trip())) == []


def test_a_way_back_that_fails_whatever_the_rows_is_an_error() -> None:
    refusal = Refusal("42703", 'column "b" does not exist', DOWN[0])
    trip = Trip(ended="down", refusal=refusal)
    words = 'the way back fails: 42703 column "b" does not exist'

    assert said(Tried(trip, trip)) == [(Severity.ERROR, 3, words)]


def test_a_way_back_that_fails_on_rows_is_told_apart_and_the_rest_is_said_too() -> None:
    found = said(Tried(Trip(ended="down", refusal=NULLS), Trip(before={"index i": "x"})))

    assert [words.partition(":")[0] for _, _, words in found] == [
        "the way back runs on empty tables only",
        "the way back leaves another schema than before",
    ]


@pytest.mark.parametrize(("times", "severity"), [(1, Severity.NOTE), (2, Severity.WARNING)])
def test_a_way_there_that_fails_on_any_row_is_worse_than_one_that_fails_on_some(
    times: int, severity: Severity
) -> None:
    on_rows = (Refusal("23502", "null values", UP[0]),) * times

    assert said(Tried(Trip(), Trip(), on_rows=on_rows)) == [
        (severity, 1, "the way there fails on the rows that were put in: 23502 null values")
    ]


def test_parts_of_what_is_gone_are_not_listed() -> None:
    before = {
        "relation public.a": "r",
        "column public.a.id": "integer",
        "index public.i": "CREATE INDEX i",
        "column public.i.1": "integer",
        "constraint a.a_pkey": "PRIMARY KEY (id)",
    }

    assert list(difference_words(before, {}, sorted(before))) == [
        "index public.i is gone",
        "relation public.a is gone",
    ]


def test_facts_have_names() -> None:
    before = {"column public.a.b": "integer | true | None"}
    after = {"column public.a.b": "bigint | false | None"}

    assert list(difference_words(before, after, ["column public.a.b"])) == [
        "type of column public.a.b is bigint, and was integer",
        "NOT NULL of column public.a.b is no, and was yes",
    ]


def test_blanks_and_the_moment_of_creation_make_no_difference() -> None:
    one = {"function f": "BEGIN\n  RETURN 1;", "view v": "a < '2020-01-01 10:00:00.123456'::timestamp"}
    other = {"function f": "BEGIN RETURN 1;", "view v": "a < '2020-01-01 10:00:07.654321'::timestamp"}

    assert different(one, other) == ()
    assert different(one, {**other, "view v": "a < '2020-01-01'::date"}) == ("view v",)
