"""Globs of settings and tools: which fit, and what their wildcards stand for."""

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from miglint.project.globs import Globs, fits, wildcards


@pytest.mark.parametrize(
    ("glob", "path", "parts"),
    [
        ("*_*.up.sql", "1_a_b.up.sql", ("1", "a_b")),
        ("*/v?*_*.sql", "x/v1_2.sql", ("x", "1", "", "2")),
        ("**/*_*.sql", "a/b/1_c.sql", ("a/b/", "1", "c")),
        ("*.sql", "a.b.sql", ("a.b",)),
        ("*_*.sql", "a.sql", None),
        ("*a*b*c", "abacabc", ("", "", "acab")),
        ("x**/*", "xa/b", ("a/", "b")),
        ("a/**", "a/b/c.sql", ("b/c.sql",)),
        ("./*.sql", "a.sql", ("a",)),
        ("[id]/*.sql", "[id]/a.sql", ("a",)),
        ("", "", ()),
    ],
)
def test_a_wildcard_stands_for(glob, path, parts):
    assert wildcards(glob, path) == parts


PIECES = ["a", "b", "ab", ".", "/", "/", "*", "*", "?", "**", "**/", "/**/", "[", "é"]
GLOBS = st.lists(st.sampled_from(PIECES), max_size=8).map("".join)
NAMES = st.text("ab.[é", min_size=1, max_size=4)
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)


def as_expression(glob):
    """Give the plain translation, which is slow for some globs and right for all."""
    glob = glob.removeprefix("./")
    plain = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    return "".join(plain.get(one) or re.escape(one) for one in re.findall(r"\*\*/|\*\*|.", glob))


@given(glob=GLOBS, path=PATHS)
@example("**a**/b", "axab")
@example("**a*b**b", "ab/ab")
def test_a_glob_fits_what_its_plain_translation_fits(glob, path):
    assert fits(glob, path) == bool(re.fullmatch(as_expression(glob), path))


@given(glob=GLOBS, path=PATHS)
def test_what_wildcards_stand_for_makes_the_path(glob, path):
    parts = wildcards(glob, path)
    if parts is not None:
        found = iter(parts)
        whole = re.sub(r"\*\*/|\*\*|\*|\?", lambda _: next(found), glob.removeprefix("./"))
        assert whole == path
        assert not list(found)


@given(globs=st.lists(GLOBS, max_size=5), path=PATHS)
def test_globs_together_fit_what_each_fits(globs, path):
    above = [match.start() for match in re.finditer("/", path)]

    def is_fit(glob):
        bare = glob.removeprefix("./").rstrip("/")
        whole = bare.removeprefix("/") if "/" in bare else f"**/{bare}"
        return any(re.fullmatch(as_expression(whole), path[:end]) for end in (*above, len(path)))

    assert Globs(globs).fitting(path) == {glob for glob in globs if is_fit(glob)}


@pytest.mark.parametrize("glob", ["*a" * 12 + "b", "**a" * 20 + "**b", "**/*/" * 20 + "x"])
def test_no_glob_takes_long(glob):
    # With every place tried in every combination, this would not end.
    assert not fits(glob, "a" * 250)
    assert not fits(glob, "a/" * 100 + "a")
    assert not Globs([glob]).fitting("a/" * 100 + "a")
