from reports import FULL, GAP, diagnostic, report

from miglint.model import Diagnostic, Severity
from miglint.report.github import render


def many(number: int, severity: Severity) -> list[Diagnostic]:
    return [diagnostic("«x»", path=f"{n}.sql", severity=severity) for n in range(number)]


def test_a_whole_report_has_errors_first() -> None:
    assert render(report(*reversed(FULL.diagnostics), not_analysed=(GAP,))) == (
        "::error file=migrations/2.sql,line=2,endLine=2,col=1,endColumn=46,"
        "title=miglint (blocking-index-build)"
        "::migrations/2.sql:2:1: index build blocks writes to orders until it ends"
        "%0Abuild it concurrently, in a migration of its own:"
        "%0A  CREATE INDEX CONCURRENTLY orders_status%0A    ON orders (status);\n"
        "::warning file=migrations/3 b.sql,line=2,endLine=3,title=miglint (unbounded-update)"
        "::migrations/3 b.sql:2:1: UPDATE writes every row of orders\n"
        "::warning file=migrations/6.sql,line=9,endLine=14,title=miglint (not-analysed)"
        '::migrations/6.sql:9:1: not analysed: syntax error at or near "foo"\n'
        "::notice file=migrations/5.sql,line=1,endLine=1,col=1,endColumn=9,title=miglint (other)"
        "::migrations/5.sql:1:1: only a note\n"
    )


def test_no_findings_are_no_text() -> None:
    assert render(report()) == ""


def test_nothing_in_the_input_can_end_a_property_or_a_command() -> None:
    found = diagnostic(
        "«x»", path="a,b:c%0A\n.sql", message="100% ::error::\r\x1b", help="one\r\n::stop-commands::x"
    )

    assert render(report(found)) == (
        "::error file=a%2Cb%3Ac%250A\\n.sql,line=1,endLine=1,col=1,endColumn=2,"
        "title=miglint (blocking-index-build)"
        "::a,b:c%250A\\n.sql:1:1: 100%25 ::error::\\r\\x1b%0Aone%0A::stop-commands::x\n"
    )


def test_what_exceeds_githubs_quota_is_counted() -> None:
    found = [*many(13, Severity.ERROR), *many(10, Severity.WARNING), *many(10, Severity.NOTE)]
    lines = render(report(*found, not_analysed=(GAP,))).splitlines()

    assert [line.split(" ")[0] for line in lines] == ["::error"] * 10 + ["::warning"] * 10 + ["::notice"] * 10
    assert lines[-1] == (
        "::notice title=miglint::"
        "3 errors, 1 warning, 1 note more: GitHub shows 10 annotations of each kind per step"
    )


def test_within_the_quota_nothing_is_counted() -> None:
    lines = render(report(*many(10, Severity.ERROR), *many(9, Severity.NOTE))).splitlines()

    assert len(lines) == 19
