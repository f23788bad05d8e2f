"""What of the rows of a database is gone."""

import pytest

pytest.importorskip("psycopg")

from miglint.verify.contents import Rows, lost

BEFORE = {"public.t": Rows(("id", "name"), (("1", "a"), ("2", None)))}


@pytest.mark.parametrize(
    ("after", "words"),
    [
        (BEFORE, ()),
        ({"public.t": Rows(("id", "name"), (("2", None), ("3", "c"), ("1", "a")))}, ()),
        ({}, ("all rows of public.t",)),
        ({"public.t": Rows(("id", "name"), (("1", "a"),))}, ("1 rows of public.t",)),
        ({"public.t": Rows(("id",), (("1",), ("2",)))}, ("the values of public.t.name",)),
        ({"public.t": Rows(("id", "name"), (("1", None), ("2", None)))}, ("values of public.t.name",)),
        ({"public.t": Rows(("id", "name"), (("1", "a"), ("2", "x")))}, ("values of public.t.name",)),
    ],
)
def test_what_is_gone_is_said(after, words):
    assert lost(BEFORE, after) == words


def test_a_column_without_values_has_none_to_lose():
    before = {"public.t": Rows(("id", "name"), (("1", None),))}

    assert lost(before, {"public.t": Rows(("id",), (("1",),))}) == ()
