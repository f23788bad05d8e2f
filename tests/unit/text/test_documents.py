"""Documents in XML and YAML: each text with its place, and what is malformed in which line."""

import pytest

from miglint.model.source import Source
from miglint.text import xml, yaml
from miglint.text.go_template import rendered
from miglint.text.tree import Malformed


def shown(text, node):
    return [(text[piece.span.start : piece.span.end], piece.text) for piece in node.pieces]


@pytest.mark.parametrize(
    ("inside", "pieces"),
    [
        ("a &lt; b", [("a ", "a "), ("&lt;", "<"), (" b", " b")]),
        ("<![CDATA[&lt;]]>", [("&lt;", "&lt;")]),
        ("<![CDATA[x]]>&amp;", [("x", "x"), ("&amp;", "&")]),
        ("é&#65;", [("é", "é"), ("&#65;", "A")]),
    ],
)
def test_each_text_of_xml_is_at_its_place(inside, pieces):
    text = f"<s>{inside}</s>"
    assert shown(text, xml.parse(text)) == pieces


def test_elements_have_their_attributes_and_places_without_their_name_space():
    text = '<a xmlns:x="y"><x:b x:c="1"/><d>é</d></a>'
    first, second = xml.parse(text).children
    assert (first.name, first.attributes) == ("b", {"c": "1"})
    assert text[first.span.start : first.span.end] == '<x:b x:c="1"/>'
    assert text[second.span.start : second.span.end] == "<d>é</d>"


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("<a>\n<b></a>", "mismatched tag", 2),
        ('<!DOCTYPE a [\n<!ENTITY b "c">]><a/>', "declares entities of its own", 2),
    ],
)
def test_what_is_no_xml_is_said_with_its_line(text, message, line):
    with pytest.raises(Malformed, match=message) as raised:
        xml.parse(text)
    assert raised.value.line == line


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("a: [1", "did not find expected ',' or ']'|expected ',' or ']'", 2),
        ("a: 1\nb: *c\n", "undefined alias", 2),
        ("a: &x 1\nb: &x 2\nc: *y\n", "undefined alias", 3),
        ("a: &x 1\nb: &x [2\n", "expected ',' or ']'", 3),
    ],
)
def test_what_is_no_yaml_is_said_with_its_line(text, message, line):
    with pytest.raises(Malformed, match=message) as raised:
        yaml.texts_of(Source("a.yaml", text), "a")
    assert raised.value.line == line
    if "&x" not in text:
        with pytest.raises(Malformed):
            list(yaml.settings(text))


def test_an_anchor_that_comes_again_stands_for_what_it_was_last():
    text = "- {sql: &x SELECT 1}\n- {sql: *x}\n- {sql: &x SELECT 2}\n- {sql: *x}\n"
    found = yaml.texts_of(Source("a.yaml", text), "sql")
    assert found.sql.replace(";", " ; ").split() == "SELECT 1 ; SELECT 1 ; SELECT 2 ; SELECT 2 ;".split()


@pytest.mark.parametrize(
    "written", ["&x SELECT 1", '&x "SELECT 1"', "!!str 'SELECT 1'", "&x !!str SELECT 1", "&x |\n  SELECT 1\n"]
)
def test_an_anchor_or_a_tag_is_no_part_of_the_text(written):
    found = yaml.texts_of(Source("a.yaml", f"sql: {written}\n"), "sql")
    assert found.sql.split() == ["SELECT", "1", ";"]


def test_settings_that_are_nested_without_end_are_malformed():
    with pytest.raises(Malformed, match="nested too deeply"):
        list(yaml.settings("a: " + "{a: " * 300 + "1" + "}" * 300))


@pytest.mark.parametrize(
    ("template", "left"),
    [
        ("a {{ if .IsPostgres }}b{{ else }}c{{ end }} d", "a b d"),
        ("{{ if .IsMySQL }}b{{ else }}c{{ end }}", "c"),
        ("{{ if .IsMySQL }}b{{ else if .IsPostgres }}c{{ else }}d{{ end }}", "c"),
        ("{{ if .IsPostgres }}b{{ else if .IsPostgres }}c{{ else }}d{{ end }}", "b"),
        ("{{ if not .IsMySQL }}b{{ end }}", "b"),
        ("{{ if not .IsPostgres }}b{{ end }}", ""),
        ("{{ if or .IsMySQL .IsPostgres }}b{{ end }}", "b"),
        ("{{ if or (.IsMySQL) (.IsSQLite) }}b{{ end }}", ""),
        ("{{ if and .IsMySQL .IsPostgres }}b{{ end }}", ""),
        ("{{ if .Other }}b{{ else }}c{{ end }}", "b"),
        ("{{ range .Rows }}b{{ end }}", "b"),
        ("{{ if .IsMySQL }}{{ if .IsPostgres }}b{{ end }}{{ end }}c", "c"),
        ("{{ if .IsPostgres -}} a {{- end }}b", "a b"),
    ],
)
def test_of_a_template_stays_what_holds_for_the_database(template, left):
    found = rendered(template, ".IsPostgres")
    assert len(found) == len(template)
    assert found.split() == left.split()
