import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from reports import FULL, GAP, HELP, HIDDEN, INDEX, INDEX_RULE, UPDATE, diagnostic, report

from miglint.model import Edit, Fix, NotAnalysed, Related, Report, Source, Span
from miglint.report import RenderOptions
from miglint.report._linehash import line_hashes
from miglint.report.sarif import render

DATA = Path(__file__).parents[2] / "data"
SCHEMA = jsonschema.Draft202012Validator(json.loads((DATA / "sarif-2.1.0.json").read_text(encoding="utf-8")))

STRANGE = report(
    diagnostic("«x»", path="/etc/passwd", message="100% '{0}' [a](1) \x1b\ud800"),
    diagnostic("«»", path="ü b/c%d.sql", rule="nobody-knows-it"),
    not_analysed=(NotAnalysed("a b.sql", 1, 1, ""), NotAnalysed("c.sql", 3, 0, "no [link](1)")),
)
EVERY_KIND = [
    pytest.param(FULL, id="full"),
    pytest.param(report(), id="clean"),
    pytest.param(STRANGE, id="strange"),
    pytest.param(Report((), ()), id="no rules, no version"),
]


def run(full: Report, **options: Any) -> Any:
    log = json.loads(render(full, RenderOptions(**options)))
    assert len(log["runs"]) == 1
    return log["runs"][0]


def result(full: Report) -> Any:
    (only,) = run(full)["results"]
    return only


@pytest.mark.parametrize("full", EVERY_KIND)
def test_the_log_is_valid(full: Report) -> None:
    assert [error.message for error in SCHEMA.iter_errors(json.loads(render(full)))] == []


@pytest.mark.parametrize("full", EVERY_KIND)
def test_the_log_holds_what_neither_schema_nor_validator_demands(full: Report) -> None:
    log = run(full)
    rules = log["tool"]["driver"]["rules"]

    assert log["columnKind"] == "unicodeCodePoints"
    assert log["invocations"][0]["executionSuccessful"] is True
    assert len({rule["id"] for rule in rules}) == len(rules)
    for rule in rules:
        assert rule.get("name", "").lower() != rule["id"]
        assert rule["help"]["text"]
        assert rule["help"]["markdown"]
        assert 0 < len(rule["shortDescription"]["text"]) <= 1024
        assert 0 < len(rule["fullDescription"]["text"]) <= 1024
        assert len(rule["properties"]["tags"]) <= 10
        assert "security-severity" not in rule["properties"]
    suppressed = ["suppressions" in found for found in log["results"]]
    assert all(suppressed) or not any(suppressed)
    for found in log["results"]:
        assert rules[found["ruleIndex"]]["id"] == found["ruleId"]
        assert len(found["locations"]) == 1
        assert {"miglintFinding/v1", "primaryLocationLineHash"} == found["partialFingerprints"].keys()
        links = {
            int(number) for number in re.findall(r"(?<!\\)\[[^\]]+\]\((\d+)\)", found["message"]["text"])
        }
        assert links == {related["id"] for related in found.get("relatedLocations", [])}
        for place in found["locations"] + found.get("relatedLocations", []):
            region = place["physicalLocation"]["region"]
            assert {"startLine", "startColumn", "endLine", "endColumn"} <= region.keys()
            uri = place["physicalLocation"]["artifactLocation"]["uri"]
            assert re.fullmatch(r"[\w./~%:-]+", uri, re.ASCII)
            assert not uri.startswith(("/", "./"))


def test_rendering_twice_gives_the_same_text_without_a_byte_order_mark() -> None:
    text = render(FULL)

    assert text == render(FULL)
    assert text.startswith('{\n  "$schema": "https://json.schemastore.org/sarif-2.1.0.json",\n')
    assert text.endswith("}\n")
    assert not re.search(r"\d\d:\d\d:\d\d|file:", text)


def test_a_whole_result() -> None:
    assert result(report(INDEX)) == {
        "ruleId": "blocking-index-build",
        "ruleIndex": 0,
        "level": "error",
        "message": {
            "text": "index build blocks writes to orders until it ends. [the lock is still held here](1).\n\n"
            + HELP
        },
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "migrations/2.sql", "uriBaseId": "%SRCROOT%"},
                    "region": {
                        "startLine": 2,
                        "startColumn": 1,
                        "endLine": 2,
                        "endColumn": 46,
                        "snippet": {"text": "CREATE INDEX orders_status ON orders (status)"},
                    },
                }
            }
        ],
        "partialFingerprints": {
            "miglintFinding/v1": "f00d",
            "primaryLocationLineHash": line_hashes(INDEX.source.text)[1],
        },
        "properties": {
            "confidence": "high",
            "migration": "2",
            "direction": "up",
            "tables": ["public.orders"],
        },
        "relatedLocations": [
            {
                "id": 1,
                "message": {"text": "the lock is still held here"},
                "physicalLocation": {
                    "artifactLocation": {"uri": "migrations/2.sql", "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": 3, "startColumn": 1, "endLine": 3, "endColumn": 40},
                },
            }
        ],
        "fixes": [
            {
                "description": {"text": "Add CONCURRENTLY."},
                "artifactChanges": [
                    {
                        "artifactLocation": {"uri": "migrations/2.sql", "uriBaseId": "%SRCROOT%"},
                        "replacements": [
                            {
                                "deletedRegion": {
                                    "startLine": 2,
                                    "startColumn": 13,
                                    "endLine": 2,
                                    "endColumn": 13,
                                },
                                "insertedContent": {"text": " CONCURRENTLY"},
                            }
                        ],
                    }
                ],
            }
        ],
    }


def test_a_whole_rule() -> None:
    assert run(report())["tool"]["driver"]["rules"][0] == {
        "id": "blocking-index-build",
        "name": "BlockingIndexBuild",
        "shortDescription": {"text": "Index build that blocks writes to a live table."},
        "fullDescription": {
            "text": "Index build that blocks writes to a live table. "
            "`CREATE INDEX` holds a SHARE lock until the build ends: reads go on, writes wait."
        },
        "help": {"text": INDEX_RULE.help, "markdown": INDEX_RULE.help},
        "defaultConfiguration": {"level": "error"},
        "properties": {
            "tags": ["database", "migration", "locks"],
            "precision": "high",
            "problem.severity": "error",
        },
        "helpUri": "https://example.org/rules/blocking-index-build",
    }


def test_all_rules_are_listed_sorted_whether_they_found_something_or_not() -> None:
    assert [rule["id"] for rule in run(report())["tool"]["driver"]["rules"]] == [
        "blocking-index-build",
        "unbounded-update",
    ]


def test_a_rule_without_help_is_helped_by_its_summary() -> None:
    rule = run(report())["tool"]["driver"]["rules"][1]

    assert rule["help"]["text"] == "UPDATE of all rows in one statement."
    assert "helpUri" not in rule


def test_a_finding_of_an_unlisted_rule_brings_its_own_descriptor() -> None:
    log = run(report(diagnostic("«x»", rule="not-listed")))
    found = log["results"][0]

    assert log["tool"]["driver"]["rules"][found["ruleIndex"]]["shortDescription"]["text"] == "Not listed."


def test_a_rule_of_one_word_has_no_name_beside_its_id() -> None:
    rules = run(report(diagnostic("«x»", rule="truncate")))["tool"]["driver"]["rules"]

    assert [rule.get("name") for rule in rules] == ["BlockingIndexBuild", None, "UnboundedUpdate"]


def test_a_description_too_long_for_github_is_cut() -> None:
    full = report()._replace(rules=(INDEX_RULE._replace(help="word " * 500),))
    (rule,) = run(full)["tool"]["driver"]["rules"]

    assert len(rule["fullDescription"]["text"]) == 1024
    assert rule["fullDescription"]["text"].endswith("...")


def test_suppressed_findings_carry_their_reason_and_the_others_an_empty_list() -> None:
    results = run(report(INDEX, HIDDEN, diagnostic("«x»", path="z.sql", suppressed="")))["results"]

    assert [found["suppressions"] for found in results] == [
        [],
        [{"kind": "inSource", "justification": "nobody reads it"}],
        [{"kind": "inSource"}],
    ]


def test_no_result_speaks_of_suppressions_where_nothing_is_suppressed() -> None:
    assert "suppressions" not in result(report(INDEX))


def test_suppressed_findings_can_be_left_out() -> None:
    log = run(report(INDEX, HIDDEN), sarif_suppressed=False)

    assert [found["ruleId"] for found in log["results"]] == ["blocking-index-build"]
    assert "suppressions" not in log["results"][0]


def test_results_are_sorted_by_place() -> None:
    later = diagnostic("ok «x»", path="a.sql")
    results = run(report(UPDATE, INDEX, later, diagnostic("«x»", path="a.sql")))["results"]
    places = [found["locations"][0]["physicalLocation"] for found in results]

    assert [(at["artifactLocation"]["uri"], at["region"]["startColumn"]) for at in places] == [
        ("a.sql", 1),
        ("a.sql", 4),
        ("migrations/2.sql", 1),
        ("migrations/3%20b.sql", 1),
    ]


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("a b/ü.sql", {"uri": "a%20b/%C3%BC.sql", "uriBaseId": "%SRCROOT%"}),
        ("c:d%20.sql", {"uri": "c%3Ad%2520.sql", "uriBaseId": "%SRCROOT%"}),
        ("../x.sql", {"uri": "../x.sql", "uriBaseId": "%SRCROOT%"}),
        ("bytes\udcff.sql", {"uri": "bytes%FF.sql", "uriBaseId": "%SRCROOT%"}),
        ("/abs/x.sql", {"uri": "file:///abs/x.sql"}),
    ],
)
def test_paths_are_percent_encoded_and_relative_to_the_root(path: str, location: dict[str, str]) -> None:
    found = result(report(diagnostic("«x»", path=path)))

    assert found["locations"][0]["physicalLocation"]["artifactLocation"] == location


def test_a_region_is_as_tight_as_its_text() -> None:
    found = result(report(diagnostic("a\n  «\n x\r\n»\n")))
    region = found["locations"][0]["physicalLocation"]["region"]

    assert region == {
        "startLine": 3,
        "startColumn": 2,
        "endLine": 3,
        "endColumn": 3,
        "snippet": {"text": "x"},
    }


def test_a_tall_region_is_cut_to_its_first_line() -> None:
    found = result(report(diagnostic("«CREATE TABLE a ( \n" + "  b int,\n" * 20 + ")»")))
    region = found["locations"][0]["physicalLocation"]["region"]

    assert (region["startLine"], region["endLine"], region["endColumn"]) == (1, 1, 17)


def test_columns_count_unicode_characters() -> None:
    found = result(report(diagnostic("'🙂' «x»")))

    assert found["locations"][0]["physicalLocation"]["region"]["startColumn"] == 5


def test_a_related_place_may_stand_in_another_file() -> None:
    other = Related(Span(0, 1), "see [there]", Source("b.sql", "x"))
    found = result(report(diagnostic("«x»", related=(other,))))

    assert found["message"]["text"].endswith(" [see (there)](1).")
    assert found["relatedLocations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "b.sql"


def test_text_that_looks_like_a_link_to_a_place_is_no_link() -> None:
    found = result(report(diagnostic("«x»", message="int[](1) and [a](2)")))

    assert found["message"]["text"] == r"int\[](1) and \[a](2)."


def test_a_fix_deletes_exactly_what_its_edit_says() -> None:
    fix = Fix("Remove the line", (Edit(2, 6, ""),))
    found = result(report(diagnostic("a\nb \n\n«c»", fix=fix)))
    replacement = found["fixes"][0]["artifactChanges"][0]["replacements"][0]

    assert replacement["deletedRegion"] == {"startLine": 2, "startColumn": 1, "endLine": 4, "endColumn": 1}


def test_what_was_not_analysed_is_a_notification_of_the_invocation() -> None:
    log = run(report(not_analysed=(GAP,)))
    (notification,) = log["invocations"][0]["toolExecutionNotifications"]
    (descriptor,) = log["tool"]["driver"]["notifications"]

    assert notification == {
        "descriptor": {"id": "not-analysed", "index": 0},
        "level": "warning",
        "message": {"text": 'syntax error at or near "foo"'},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "migrations/6.sql", "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": 9, "endLine": 14},
                }
            }
        ],
    }
    assert descriptor["id"] == "not-analysed"
    assert descriptor["help"]["text"]
