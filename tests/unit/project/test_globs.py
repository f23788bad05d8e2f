"""Globs whose wildcards can be told apart."""

import pytest

from miglint.project.globs import compiled


@pytest.mark.parametrize(
    ("glob", "path", "groups"),
    [
        ("*_*.up.sql", "1_a_b.up.sql", ("1", "a_b")),
        ("*/v?*_*.sql", "x/v1_2.sql", ("x", "1", "", "2")),
        ("**/*_*.sql", "a/b/1_c.sql", ("a/b/", "1", "c")),
        ("*.sql", "a.b.sql", ("a.b",)),
        ("*_*.sql", "a.sql", None),
        ("*a*b*c", "abacabc", ("", "", "acab")),
        ("x**/*", "xa/b", ("a/", "b")),
    ],
)
def test_a_wildcard_stands_for(glob, path, groups):
    found = compiled(glob).fullmatch(path)

    assert (found and found.groups()) == groups


def test_many_wildcards_take_no_polynomial_time():
    # With every place tried, this would not end.
    assert compiled("*a" * 12 + "b").fullmatch("a" * 250) is None
