import json
import re
from typing import Any

from reports import FULL, GAP, INDEX, UPDATE, diagnostic, report

from miglint.model import NotAnalysed, Report, Severity
from miglint.report.gitlab import render


def entries(full: Report) -> Any:
    return json.loads(render(full))


def test_a_whole_report_has_what_gitlab_reads() -> None:
    found = entries(FULL)
    gap_fingerprint = found[-1]["fingerprint"]

    assert re.fullmatch("[0-9a-f]{32}", gap_fingerprint)
    assert found == [
        {
            "description": "blocking-index-build: index build blocks writes to orders until it ends",
            "check_name": "blocking-index-build",
            "severity": "major",
            "location": {"path": "migrations/2.sql", "lines": {"begin": 2, "end": 2}},
            "fingerprint": "f00d",
        },
        {
            "description": "unbounded-update: UPDATE writes every row of orders",
            "check_name": "unbounded-update",
            "severity": "minor",
            "location": {"path": "migrations/3 b.sql", "lines": {"begin": 2, "end": 3}},
            "fingerprint": "f00d-2",
        },
        {
            "description": "other: only a note",
            "check_name": "other",
            "severity": "info",
            "location": {"path": "migrations/5.sql", "lines": {"begin": 1, "end": 1}},
            "fingerprint": "f00d-3",
        },
        {
            "description": 'not-analysed: syntax error at or near "foo"',
            "check_name": "not-analysed",
            "severity": "minor",
            "location": {"path": "migrations/6.sql", "lines": {"begin": 9, "end": 14}},
            "fingerprint": gap_fingerprint,
        },
    ]


def test_without_findings_all_earlier_ones_count_as_resolved() -> None:
    assert render(report()) == "[]\n"


def test_fingerprints_are_unique() -> None:
    found = entries(report(INDEX, UPDATE, INDEX, not_analysed=(GAP, GAP)))

    assert len({entry["fingerprint"] for entry in found}) == len(found)


def test_the_fingerprint_of_a_gap_does_not_depend_on_its_line() -> None:
    earlier, later = (
        entries(report(not_analysed=(NotAnalysed("a.sql", line, line, "too deep"),))) for line in (3, 30)
    )
    other = entries(report(not_analysed=(NotAnalysed("b.sql", 3, 3, "too deep"),)))

    assert earlier[0]["fingerprint"] == later[0]["fingerprint"] != other[0]["fingerprint"]


def test_a_gap_without_an_end_ends_where_it_begins() -> None:
    (gap,) = entries(report(not_analysed=(NotAnalysed("a.sql", 3, 0, "too deep"),)))

    assert gap["location"]["lines"] == {"begin": 3, "end": 3}


def test_what_a_strict_json_reader_refuses_is_written_out() -> None:
    found = diagnostic("«x»", path="\udcff\n.sql", message="drops \ud800it", severity=Severity.NOTE)
    (entry,) = entries(report(found))

    assert entry["location"]["path"] == "\\udcff\\n.sql"
    assert entry["description"] == "blocking-index-build: drops \\ud800it"
