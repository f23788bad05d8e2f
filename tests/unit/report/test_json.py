import json
from typing import Any

from reports import FULL, HIDDEN, INDEX, diagnostic, report

from miglint.model import Source, Span
from miglint.report.json_ import render


def rendered(*args: Any, **options: Any) -> Any:
    return json.loads(render(report(*args, **options)))


def test_a_whole_report() -> None:
    assert render(FULL).startswith('{\n  "version": 1,\n  "summary": {\n    "histories": 1,\n')
    assert json.loads(render(FULL)) == {
        "version": 1,
        "summary": {
            "histories": 1,
            "migrations": 12,
            "in_scope": 12,
            "statements": 80,
            "findings": 3,
            "suppressed": 1,
            "not_analysed": 1,
        },
        "findings": [
            {
                "rule": "blocking-index-build",
                "category": "locks",
                "severity": "error",
                "confidence": "high",
                "message": "index build blocks writes to orders until it ends",
                "help": INDEX.finding.help,
                "rows_query": None,
                "path": "migrations/2.sql",
                "line": 2,
                "column": 1,
                "end_line": 2,
                "end_column": 46,
                "statement": {"line": 2, "end_line": 2},
                "migration": "2",
                "direction": "up",
                "tables": ["public.orders"],
                "sizes": {},
                "related": [
                    {
                        "path": "migrations/2.sql",
                        "line": 3,
                        "end_line": 3,
                        "message": "the lock is still held here",
                    }
                ],
                "fix": {
                    "title": "Add CONCURRENTLY",
                    "safe": False,
                    "edits": [{"start": 25, "end": 25, "text": " CONCURRENTLY"}],
                },
                "fingerprint": "f00d",
            },
            {
                "rule": "unbounded-update",
                "category": "locks",
                "severity": "warning",
                "confidence": "high",
                "message": "UPDATE writes every row of orders",
                "help": "",
                "rows_query": None,
                "path": "migrations/3 b.sql",
                "line": 2,
                "column": 1,
                "end_line": 3,
                "end_column": 22,
                "statement": {"line": 2, "end_line": 3},
                "migration": "2",
                "direction": "up",
                "tables": [],
                "sizes": {},
                "related": [],
                "fix": None,
                "fingerprint": "f00d",
            },
            {
                "rule": "other",
                "category": "locks",
                "severity": "note",
                "confidence": "high",
                "message": "only a note",
                "help": "",
                "rows_query": None,
                "path": "migrations/5.sql",
                "line": 1,
                "column": 1,
                "end_line": 1,
                "end_column": 9,
                "statement": {"line": 1, "end_line": 1},
                "migration": "2",
                "direction": "up",
                "tables": [],
                "sizes": {},
                "related": [],
                "fix": None,
                "fingerprint": "f00d",
            },
        ],
        "not_analysed": [
            {
                "path": "migrations/6.sql",
                "line": 9,
                "end_line": 14,
                "reason": 'syntax error at or near "foo"',
            }
        ],
    }


def test_the_edits_of_a_fix_give_the_safe_form() -> None:
    (edit,) = rendered(INDEX)["findings"][0]["fix"]["edits"]
    text = INDEX.source.text

    assert (text[: edit["start"]] + edit["text"] + text[edit["end"] :]).splitlines()[1] == (
        "CREATE INDEX CONCURRENTLY orders_status ON orders (status);"
    )


def test_columns_count_unicode_characters() -> None:
    finding = rendered(diagnostic("SELECT '🙂', «x»"))["findings"][0]

    assert (finding["column"], finding["end_column"]) == (13, 14)


def test_a_finding_may_stand_in_another_file_than_its_statement() -> None:
    found = diagnostic("«x»")
    found = found._replace(finding=found.finding._replace(span=Span(4, 5), source=Source("a.sql", "ok;\ny")))
    finding = rendered(found)["findings"][0]

    assert (finding["path"], finding["line"], finding["statement"]["line"]) == ("a.sql", 2, 1)


def test_suppressed_findings_are_only_counted() -> None:
    assert rendered(HIDDEN)["findings"] == []
    assert rendered(HIDDEN)["summary"]["suppressed"] == 1


def test_what_would_drive_a_terminal_is_escaped_and_survives() -> None:
    text = render(report(diagnostic("«x»", message="a\x1b[2J\x9b\x7f\u202e\ud800\U000e0041 é")))

    assert r"a\u001b[2J\u009b\u007f\u202e\ud800\udb40\udc41 é" in text
    assert json.loads(text)["findings"][0]["message"] == "a\x1b[2J\x9b\x7f\u202e\ud800\U000e0041 é"
