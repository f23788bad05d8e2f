from reports import FULL, diagnostic, report

from miglint.report.concise import render


def test_one_line_per_finding_and_per_gap() -> None:
    assert render(FULL) == (
        """\
migrations/2.sql:2:1: error blocking-index-build index build blocks writes to orders until it ends
migrations/3 b.sql:2:1: warning unbounded-update UPDATE writes every row of orders
migrations/5.sql:1:1: note other only a note
migrations/6.sql:9:1: warning not-analysed syntax error at or near "foo"
"""
    )


def test_no_findings_are_no_text() -> None:
    assert render(report()) == ""


def test_a_line_stays_one_line() -> None:
    found = diagnostic("«x»", path="a\nb.sql", message="drops \r\x1bit")

    assert render(report(found)) == "a\\nb.sql:1:1: error blocking-index-build drops \\r\\x1bit\n"
