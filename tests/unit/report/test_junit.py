from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st
from reports import FULL, GAP, INDEX, NOTE, diagnostic, report

from miglint.model import NotAnalysed, Report
from miglint.report.junit import render
from miglint.text.visible import visible


def tree(full: Report) -> ElementTree.Element:
    return ElementTree.fromstring(render(full).encode())


def test_a_whole_report_is_a_suite_per_file() -> None:
    assert render(FULL) == (
        """\
<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="miglint" tests="4" failures="2" errors="0">
  <testsuite name="migrations/2.sql" file="migrations/2.sql" tests="1" failures="1" errors="0" skipped="0">
    <testcase name="blocking-index-build: index build blocks writes to orders until it ends" \
classname="migrations/2">
      <failure message="index build blocks writes to orders until it ends" type="error">\
migrations/2.sql:2:1: index build blocks writes to orders until it ends
build it concurrently, in a migration of its own:
  CREATE INDEX CONCURRENTLY orders_status
    ON orders (status);</failure>
    </testcase>
  </testsuite>
  <testsuite name="migrations/3 b.sql" file="migrations/3 b.sql" \
tests="1" failures="1" errors="0" skipped="0">
    <testcase name="unbounded-update: UPDATE writes every row of orders" \
classname="migrations/3 b">
      <failure message="UPDATE writes every row of orders" type="warning">\
migrations/3 b.sql:2:1: UPDATE writes every row of orders</failure>
    </testcase>
  </testsuite>
  <testsuite name="migrations/5.sql" file="migrations/5.sql" tests="1" failures="0" errors="0" skipped="0">
    <testcase name="other: only a note" classname="migrations/5">
      <system-out>migrations/5.sql:1:1: only a note</system-out>
    </testcase>
  </testsuite>
  <testsuite name="migrations/6.sql" file="migrations/6.sql" tests="1" failures="0" errors="0" skipped="1">
    <testcase name="not-analysed: syntax error at or near &quot;foo&quot;" \
classname="migrations/6">
      <skipped message="not analysed: syntax error at or near &quot;foo&quot;" type="not-analysed">\
migrations/6.sql:9:1: not analysed: syntax error at or near &quot;foo&quot;</skipped>
    </testcase>
  </testsuite>
</testsuites>
"""
    )


def test_a_clean_report_is_one_test_that_passed() -> None:
    assert render(report()) == (
        """\
<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="miglint" tests="1" failures="0" errors="0">
  <testsuite name="miglint" tests="1" failures="0" errors="0" skipped="0">
    <testcase name="no findings" classname="miglint"/>
  </testsuite>
</testsuites>
"""
    )


def test_notes_do_not_fail() -> None:
    assert tree(report(NOTE)).attrib == {
        "name": "miglint",
        "tests": "1",
        "failures": "0",
        "errors": "0",
    }


def test_the_counts_are_those_of_the_elements() -> None:
    for counted in [tree(FULL), *tree(FULL)]:
        assert counted.get("tests") == str(len(list(counted.iter("testcase"))))
        assert counted.get("failures") == str(len(list(counted.iter("failure"))))
        if counted.tag == "testsuite":
            assert counted.get("skipped") == str(len(list(counted.iter("skipped"))))


def test_no_two_test_cases_of_a_class_have_the_same_name() -> None:
    cases = tree(report(INDEX, INDEX, not_analysed=(GAP, GAP))).iter("testcase")

    assert [(case.get("classname"), case.get("name")) for case in cases] == [
        ("migrations/2", "blocking-index-build: index build blocks writes to orders until it ends"),
        ("migrations/2", "blocking-index-build: index build blocks writes to orders until it ends #2"),
        ("migrations/6", 'not-analysed: syntax error at or near "foo"'),
        ("migrations/6", 'not-analysed: syntax error at or near "foo" #2'),
    ]


def test_paths_that_look_the_same_are_one_suite() -> None:
    found = report(diagnostic("«x»", path="a\n.sql"), diagnostic("«x»", path="a\\n.sql"))

    (suite,) = tree(found)
    assert len(suite) == 2


# Every character that Python has, also those that XML 1.0 forbids.
ANY_TEXT = st.text(st.characters() | st.sampled_from("<>&\"'\x00\x0b\x1b\r\n\t\x85\ud800\udfff\ufffe\uffff]"))


@given(message=ANY_TEXT, path=ANY_TEXT, rule=ANY_TEXT, help=ANY_TEXT, reason=ANY_TEXT)
def test_any_text_is_legal_xml(message: str, path: str, rule: str, help: str, reason: str) -> None:
    line = message.replace("\n", "") + "x"
    found = diagnostic("«x»", message=line, path=path, rule=rule, help=help)
    root = tree(report(found, not_analysed=(NotAnalysed(path, 1, 1, reason),)))

    assert len(list(root.iter("testcase"))) == 2
    (failure,) = root.iter("failure")
    assert failure.get("message") == visible(line).replace("\ufffe", r"\ufffe").replace("\uffff", r"\uffff")


# What Jenkins' xUnit plugin takes (its junit-10.xsd): attributes, those that it wants, elements inside.
JENKINS = {
    "testsuites": ({"name", "time", "tests", "failures", "errors"}, set(), {"testsuite"}),
    "testsuite": (
        {
            *("name", "tests", "failures", "errors", "group", "time", "skipped", "timestamp", "hostname"),
            *("id", "package", "file", "log", "url"),
        },
        {"name", "tests", "failures", "errors"},
        {"testsuite", "properties", "testcase", "system-out", "system-err"},
    ),
    "testcase": (
        {"name", "time", "classname", "group"},
        {"name"},
        {"skipped", "error", "failure", "system-out", "system-err"},
    ),
    "failure": ({"type", "message"}, set(), set()),
    "skipped": ({"type", "message"}, set(), set()),
    "system-out": (set(), set(), set()),
}


def test_jenkins_takes_the_report() -> None:
    for full in (FULL, report()):
        for element in tree(full).iter():
            allowed, wanted, inside = JENKINS[element.tag]
            assert wanted <= set(element.attrib) <= allowed
            assert {child.tag for child in element} <= inside


def test_jenkins_shows_a_file_as_a_class_in_its_folder() -> None:
    (case,) = tree(report(diagnostic("«x»", path="db/v1.2/3_a.up.sql"))).iter("testcase")

    assert case.get("classname") == "db/v1_2/3_a_up"
