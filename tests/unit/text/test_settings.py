"""Settings are read by their names, whatever kind of file they stand in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from miglint.text.settings import properties, settings_of

ENDINGS = ("properties", "conf", "yml", "toml", "xml", "txt")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.properties", "# a.b.c = no\na.b.c : 1, \\\n   2\n! x\n"),
        ("a.conf", "a.b.c=1, 2"),
        ("a.yml", "a:\n  b: {c: '1, 2'} # no\n"),
        ("a.yaml", "version: @project.version@\n---\na.b:\n  c: 1, 2\n"),
        ("a.toml", "[a]\nb.c = '1, 2' # no"),
        ("a.xml", "<a><!-- no --><b><c>1, 2</c></b></a>"),
    ],
)
def test_a_text_is_found_under_its_names(name, text):
    found = [one for one in settings_of(name, text) if one.path == ("a", "b", "c")]
    assert [one.values for one in found] == [("1, 2",)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.yml", "a:\n- x\n- y\n"),
        ("a.toml", 'a = ["x", "y"]'),
        ("a.xml", "<a><i>x</i><i>y</i></a>"),
    ],
)
def test_a_list_gives_its_values_in_their_order(name, text):
    assert settings_of(name, text)[0] == (("a",), ("x", "y"))


def test_entries_of_a_list_follow_each_other():
    text = "- name: a\n  kind: x\n- {name: b, kind: y, tables: !include t.yaml}\n"
    found = [one for one in settings_of("a.yaml", text) if one.path]
    assert [(one.path[-1], *one.values) for one in found][:4] == [
        ("name", "a"), ("kind", "x"), ("name", "b"), ("kind", "y"),
    ]  # fmt: skip


def test_what_is_escaped_in_properties_is_meant():
    assert properties("a\\=b\nc=filesystem\\:x\r\nd e\n") == {"a\\": "b", "c": "filesystem:x", "d": "e"}


@given(st.sampled_from(ENDINGS), st.text("abc:=.-[]{}<>/\"'&*!\\\n @#", max_size=60))
def test_any_text_can_be_asked(ending, text):
    assert all(isinstance(value, str) for one in settings_of(f"a.{ending}", text) for value in one.values)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.yml", "a: " + "[" * 3000),
        ("a.yml", "a: &a [*a]"),
        ("a.toml", "a = " + "[" * 3000 + "]" * 3000),
        ("a.xml", "<a>" * 3000),
        ("a.yml", "a: {{ helm }}"),
    ],
)
def test_what_cannot_be_read_says_nothing(name, text):
    assert all(one.values == () for one in settings_of(name, text))
