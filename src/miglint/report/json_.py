"""The stable format for programs, version 1; paths are relative, lines and columns 1-based.

`end_column` is exclusive; columns and the offsets of edits count Unicode characters.
"""

from miglint.model import Diagnostic, Fix, NotAnalysed, Related, Report, Size
from miglint.report import DEFAULTS, RenderOptions
from miglint.report._place import place, primary, related_source, source_of
from miglint.report._tally import suppressed
from miglint.text.visible import to_json

VERSION = 1


def render(report: Report, options: RenderOptions = DEFAULTS) -> str:
    """Give the shown findings, what was not analysed, and the counts."""
    shown = report.shown
    return to_json(
        {
            "version": VERSION,
            "summary": {
                "histories": report.histories,
                "migrations": report.migrations,
                "in_scope": report.migrations if report.in_scope is None else report.in_scope,
                "statements": report.statements,
                "findings": len(shown),
                "suppressed": suppressed(report),
                "not_analysed": len(report.not_analysed),
            },
            "findings": [_finding(diagnostic) for diagnostic in shown],
            "not_analysed": [_gap(gap) for gap in report.not_analysed],
        }
    )


def _finding(diagnostic: Diagnostic) -> dict[str, object]:
    finding = diagnostic.finding
    at = primary(diagnostic)
    statement = place(diagnostic.source, diagnostic.statement)
    return {
        "rule": diagnostic.rule,
        "category": diagnostic.category,
        "severity": str(diagnostic.severity),
        "confidence": str(diagnostic.confidence),
        "message": finding.message,
        "help": finding.help,
        "rows_query": finding.rows_query or None,
        "path": source_of(diagnostic).path,
        "line": at.line,
        "column": at.column,
        "end_line": at.end_line,
        "end_column": at.end_column,
        "statement": {"line": statement.line, "end_line": statement.end_line},
        "migration": diagnostic.migration,
        "direction": str(diagnostic.direction),
        "tables": [str(table) for table in finding.tables],
        "sizes": {str(name): as_known(size, date) for name, size, date in diagnostic.sizes},
        "related": [_related(diagnostic, related) for related in finding.related],
        "fix": _fix(finding.fix) if finding.fix else None,
        "fingerprint": diagnostic.fingerprint,
    }


def as_known(size: Size, date: str) -> dict[str, object]:
    """Give what is known of how much a table held."""
    return {"date": date, **{key: value for key, value in size._asdict().items() if value is not None}}


def _related(diagnostic: Diagnostic, related: Related) -> dict[str, object]:
    source = related_source(diagnostic, related)
    at = place(source, related.span)
    return {"path": source.path, "line": at.line, "end_line": at.end_line, "message": related.message}


def _fix(fix: Fix) -> dict[str, object]:
    return {
        "title": fix.title,
        "safe": fix.safe,
        "edits": [{"start": edit.start, "end": edit.end, "text": edit.text} for edit in fix.edits],
    }


def _gap(gap: NotAnalysed) -> dict[str, object]:
    return {"path": gap.path, "line": gap.line, "end_line": gap.end_line, "reason": gap.reason}
