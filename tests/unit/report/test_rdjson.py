import json
from typing import Any

import pytest
from reports import FULL, INDEX_RULE, diagnostic, marked, report

from miglint.model import Edit, Fix, Report, Source
from miglint.report.rdjson import render


def diagnostics(full: Report) -> Any:
    return json.loads(render(full))["diagnostics"]


def only(full: Report) -> Any:
    (found,) = diagnostics(full)
    return found


def test_a_whole_report_has_what_reviewdog_reads() -> None:
    assert json.loads(render(FULL)) == {
        "source": {"name": "miglint"},
        "diagnostics": [
            {
                "message": "index build blocks writes to orders until it ends\n\n"
                "build it concurrently, in a migration of its own:\n"
                "  CREATE INDEX CONCURRENTLY orders_status\n    ON orders (status);",
                "location": {
                    "path": "migrations/2.sql",
                    "range": {"start": {"line": 2, "column": 1}, "end": {"line": 2, "column": 46}},
                },
                "severity": "ERROR",
                "code": {"value": "blocking-index-build", "url": INDEX_RULE.url},
                "suggestions": [
                    {
                        "range": {"start": {"line": 2, "column": 13}, "end": {"line": 2, "column": 13}},
                        "text": " CONCURRENTLY",
                    }
                ],
                "related_locations": [
                    {
                        "message": "the lock is still held here",
                        "location": {
                            "path": "migrations/2.sql",
                            "range": {"start": {"line": 3, "column": 1}, "end": {"line": 3, "column": 40}},
                        },
                    }
                ],
            },
            {
                "message": "UPDATE writes every row of orders",
                "location": {
                    "path": "migrations/3 b.sql",
                    "range": {"start": {"line": 2, "column": 1}, "end": {"line": 3, "column": 22}},
                },
                "severity": "WARNING",
                "code": {"value": "unbounded-update"},
            },
            {
                "message": "only a note",
                "location": {
                    "path": "migrations/5.sql",
                    "range": {"start": {"line": 1, "column": 1}, "end": {"line": 1, "column": 9}},
                },
                "severity": "INFO",
                "code": {"value": "other"},
            },
            {
                "message": 'not analysed: syntax error at or near "foo"',
                "location": {
                    "path": "migrations/6.sql",
                    "range": {"start": {"line": 9}, "end": {"line": 14}},
                },
                "severity": "WARNING",
                "code": {"value": "not-analysed"},
            },
        ],
    }


def test_without_findings_there_are_no_diagnostics() -> None:
    assert json.loads(render(report())) == {"source": {"name": "miglint"}, "diagnostics": []}


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        pytest.param("«a𐐀b»", (1, 1), (1, 7), id="four bytes"),
        pytest.param("a𐐀«b»", (1, 6), (1, 7), id="after four bytes"),
        pytest.param("é\né«é\n注»x", (2, 3), (3, 4), id="only bytes of the own line count"),
        pytest.param("é\r\n«é»\r\n", (2, 1), (2, 3), id="CRLF"),
        pytest.param("\ud800«x»", (1, 4), (1, 5), id="lone surrogate"),
    ],
)
def test_columns_count_the_bytes_of_utf_8(text: str, start: tuple[int, int], end: tuple[int, int]) -> None:
    assert only(report(diagnostic(text)))["location"]["range"] == {
        "start": {"line": start[0], "column": start[1]},
        "end": {"line": end[0], "column": end[1]},
    }


def applied(source: Source, suggestion: Any) -> str:
    """Put a suggestion into the text as reviewdog does: whole lines, cut at byte columns."""
    lines = source.text.encode().split(b"\n")
    start, end = suggestion["range"]["start"], suggestion["range"]["end"]
    before = lines[: start["line"] - 1] + [lines[start["line"] - 1][: start["column"] - 1]]
    after = [lines[end["line"] - 1][end["column"] - 1 :]] + lines[end["line"] :]
    return (b"\n".join(before) + suggestion["text"].encode() + b"\n".join(after)).decode()


def test_all_edits_of_a_fix_are_one_suggestion() -> None:
    text = "SELECT 'é';\nCREATE «INDEX é ON\n  é (é)»;\n"
    source, (span,) = marked(text)
    edits = (Edit(span.end - 4, span.end, " (b)"), Edit.insert(span.start + 5, " CONCURRENTLY"))
    found = only(report(diagnostic(text, fix=Fix("Mend it", edits))))

    (suggestion,) = found["suggestions"]
    assert applied(source, suggestion) == "SELECT 'é';\nCREATE INDEX CONCURRENTLY é ON\n  é (b);\n"


def test_a_fix_that_no_json_reader_takes_is_left_out() -> None:
    found = diagnostic("«x»", fix=Fix("Mend it", (Edit(0, 1, "\ud800"),)))

    assert "suggestions" not in only(report(found))


def test_no_lone_surrogate_reaches_the_reader() -> None:
    found = diagnostic("«x»", path="\udcff.sql", message="drops \ud800it", help="not \udfff")

    assert "\\ud" not in render(report(found)).replace("\\\\ud", "")
