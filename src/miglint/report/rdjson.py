"""reviewdog's diagnostic format: review comments, with fixes as suggestions that one click applies.

https://github.com/reviewdog/reviewdog/blob/master/proto/rdf/reviewdog.proto: lines and columns are
1-based, columns count the bytes of UTF-8, the end of a range is exclusive.
"""

import re
from bisect import bisect_left
from collections.abc import Callable
from functools import cache
from itertools import accumulate

from miglint.model import Diagnostic, Edit, NotAnalysed, Report, Severity, Source, Span
from miglint.report import DEFAULTS, RenderOptions
from miglint.report._place import exact_place, related_source, source_of, tight
from miglint.text.visible import to_json, visible, visible_lines

Json = dict[str, object]
# Gives the byte column of a character offset and its character column.
ByteColumn = Callable[[int, int], int]
Columns = Callable[[Source], ByteColumn]

_SEVERITIES = {Severity.ERROR: "ERROR", Severity.WARNING: "WARNING", Severity.NOTE: "INFO"}


def render(report: Report, options: RenderOptions = DEFAULTS) -> str:
    """Give one result: shown findings, then what was not analysed."""
    urls = {rule.name: rule.url for rule in report.rules}
    columns: Columns = cache(_byte_columns)
    found = [_finding(d, urls.get(d.rule, ""), columns) for d in report.shown]
    gaps = [_gap(gap) for gap in report.not_analysed]
    return to_json({"source": {"name": "miglint"}, "diagnostics": found + gaps})


def _finding(diagnostic: Diagnostic, url: str, columns: Columns) -> Json:
    finding, source = diagnostic.finding, source_of(diagnostic)
    found: Json = {
        "message": "\n".join([visible(finding.message), *_help(finding.advice)]),
        "location": _location(source, finding.span, columns),
        "severity": _SEVERITIES[diagnostic.severity],
        "code": {"value": visible(diagnostic.rule)} | ({"url": visible(url)} if url else {}),
    }
    if finding.fix and _is_encodable(finding.fix.edits):
        found["suggestions"] = [_suggestion(source, finding.fix.edits, columns)]
    if finding.related:
        found["related_locations"] = [
            {
                "message": visible(related.message),
                "location": _location(related_source(diagnostic, related), related.span, columns),
            }
            for related in finding.related
        ]
    return found


def _help(text: str) -> list[str]:
    return ["", *visible_lines(text.strip("\n"))] if text else []


def _gap(gap: NotAnalysed) -> Json:
    # Without columns the lines are meant as a whole.
    lines = {"start": {"line": gap.line}, "end": {"line": max(gap.line, gap.end_line)}}
    return {
        "message": f"not analysed: {visible(gap.reason)}",
        "location": {"path": visible(gap.path), "range": lines},
        "severity": _SEVERITIES[Severity.WARNING],
        "code": {"value": "not-analysed"},
    }


def _suggestion(source: Source, edits: tuple[Edit, ...], columns: Columns) -> Json:
    """Give all edits as one, for each suggestion is applied by itself."""
    ordered = sorted(edits)
    start = at = ordered[0].start
    parts = []
    for edit in ordered:
        parts += [source.text[at : edit.start], edit.text]
        at = edit.end
    return {"range": _range(source, Span(start, at), columns), "text": "".join(parts)}


def _is_encodable(edits: tuple[Edit, ...]) -> bool:
    """Whether there is a fix to suggest: the reader refuses a whole report for one lone surrogate."""
    return bool(edits) and not any("\ud800" <= char <= "\udfff" for edit in edits for char in edit.text)


# --- places ------------------------------------------------------------------------------------------


def _location(source: Source, span: Span, columns: Columns) -> Json:
    return {"path": visible(source.path), "range": _range(source, tight(source, span), columns)}


def _range(source: Source, span: Span, columns: Columns) -> Json:
    at, column = exact_place(source, span), columns(source)
    return {
        "start": {"line": at.line, "column": column(span.start, at.column)},
        "end": {"line": at.end_line, "column": column(span.end, at.end_column)},
    }


def _byte_columns(source: Source) -> ByteColumn:
    """Prepare the bytes that come on top of the characters, so that each place is one look-up."""
    if source.text.isascii():
        return lambda _, column: column
    wide = [
        (m.start(), len(m[0].encode("utf-8", "surrogatepass")) - 1)
        for m in re.finditer(r"[^\x00-\x7f]", source.text)
    ]
    offsets = [offset for offset, _ in wide]
    extra = [0, *accumulate(more for _, more in wide)]

    def column_in_bytes(offset: int, column: int) -> int:
        line_start = offset - (column - 1)
        return column + extra[bisect_left(offsets, offset)] - extra[bisect_left(offsets, line_start)]

    return column_in_bytes
