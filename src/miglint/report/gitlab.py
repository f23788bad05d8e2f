"""GitLab Code Quality: findings in the merge request's widget and beside its lines.

https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format
GitLab compares the fingerprints of two branches to tell new findings from old ones, and of entries with
the same fingerprint it keeps one (lib/gitlab/ci/reports/codequality_reports.rb). It gives the five
severities an order and no further meaning, so one of ours is one of theirs.
"""

from hashlib import sha256

from miglint.model import Diagnostic, NotAnalysed, Report, Severity
from miglint.report import DEFAULTS, RenderOptions
from miglint.report._distinct import distinct
from miglint.report._place import primary, source_of
from miglint.text.visible import to_json, visible

_NOT_ANALYSED = "not-analysed"
_SEVERITIES = {Severity.ERROR: "major", Severity.WARNING: "minor", Severity.NOTE: "info"}


def render(report: Report, options: RenderOptions = DEFAULTS) -> str:
    """Give a JSON array: shown findings, then what was not analysed; an empty one resolves all."""
    shown, gaps = report.shown, report.not_analysed
    fingerprints = distinct([d.fingerprint for d in shown] + [_fingerprint(gap) for gap in gaps], "-")
    entries = [_finding(d) for d in shown] + [_gap(gap) for gap in gaps]
    return to_json([entry | {"fingerprint": own} for entry, own in zip(entries, fingerprints, strict=True)])


def _finding(diagnostic: Diagnostic) -> dict[str, object]:
    at = primary(diagnostic)
    return _entry(
        diagnostic.rule,
        diagnostic.finding.message,
        _SEVERITIES[diagnostic.severity],
        source_of(diagnostic).path,
        (at.line, at.end_line),
    )


def _gap(gap: NotAnalysed) -> dict[str, object]:
    lines = (gap.line, max(gap.line, gap.end_line))
    return _entry(_NOT_ANALYSED, gap.reason, _SEVERITIES[Severity.WARNING], gap.path, lines)


def _entry(rule: str, message: str, severity: str, path: str, lines: tuple[int, int]) -> dict[str, object]:
    begin, end = lines
    return {
        # The widget shows the description alone.
        "description": f"{visible(rule)}: {visible(message)}",
        "check_name": visible(rule),
        "severity": severity,
        "location": {"path": visible(path), "lines": {"begin": begin, "end": end}},
    }


def _fingerprint(gap: NotAnalysed) -> str:
    """Give what stays equal when the lines above a gap change."""
    key = "\0".join((_NOT_ANALYSED, gap.path, gap.reason))
    return sha256(key.encode("utf-8", "replace")).hexdigest()[:32]
