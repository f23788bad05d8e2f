"""SARIF 2.1.0: code scanning on GitHub and GitLab, SonarQube, DefectDojo, editors.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html and GitHub's subset of it,
https://docs.github.com/en/code-security/reference/code-scanning/sarif-files/sarif-support.
The log holds no time, no machine and no absolute path: equal input gives equal output.
"""

import re
from typing import NamedTuple
from urllib.parse import quote

from miglint.model import Confidence, Diagnostic, Edit, NotAnalysed, Report, RuleInfo, Severity, Source, Span
from miglint.report import DEFAULTS, RenderOptions
from miglint.report._linehash import line_hashes
from miglint.report._place import Place, exact_place, place, primary, related_source, source_of, tight
from miglint.text.visible import to_json

Json = dict[str, object]

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
ROOT = "%SRCROOT%"

# GitHub rejects longer descriptions.
_LONGEST_DESCRIPTION = 1024
# GitHub annotates a pull request only where every line of the region is part of it.
_TALLEST_REGION = 10
_NOT_ANALYSED = "not-analysed"
_PROBLEM_SEVERITY = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "recommendation"}
_PRECISION = {Confidence.HIGH: "high", Confidence.MEDIUM: "medium", Confidence.LOW: "low"}
# What a viewer would take for a link to a related location.
_LINK = re.compile(r"\[(?=[^\]\[]*\]\(\d+\))")


class _Context(NamedTuple):
    """What a result needs of the whole log."""

    rule_indexes: dict[str, int]
    hashes: dict[str, list[str]]
    with_suppressions: bool


def render(report: Report, options: RenderOptions = DEFAULTS) -> str:
    """Give the report as one run."""
    diagnostics = report.diagnostics if options.sarif_suppressed else report.shown
    rules = _rules(report.rules, diagnostics)
    context = _Context(
        rule_indexes={rule.name: index for index, rule in enumerate(rules)},
        hashes=_hashes(diagnostics),
        # The specification wants `suppressions` on all results of a run or on none.
        with_suppressions=any(d.suppressed is not None for d in diagnostics),
    )
    run = {
        "tool": {"driver": _driver(report, rules)},
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {
            ROOT: {"description": {"text": "The directory in which miglint ran: the root of the repository."}}
        },
        "invocations": [
            {
                # Findings and gaps are not failures of the tool; a failure of the tool leaves no log.
                "executionSuccessful": True,
                "toolExecutionNotifications": [_notification(gap) for gap in report.not_analysed],
            }
        ],
        "results": [_result(d, context) for d in sorted(diagnostics, key=_order)],
    }
    return to_json({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _order(diagnostic: Diagnostic) -> tuple[str, Place, str, str]:
    return source_of(diagnostic).path, primary(diagnostic), diagnostic.rule, diagnostic.finding.message


def _hashes(diagnostics: tuple[Diagnostic, ...]) -> dict[str, list[str]]:
    sources = {source_of(d).path: source_of(d) for d in diagnostics}
    return {path: line_hashes(source.text) for path, source in sources.items()}


# --- the tool and its rules ------------------------------------------------------------------------


def _driver(report: Report, rules: list[RuleInfo]) -> Json:
    version: Json = {"version": report.version, "semanticVersion": report.version} if report.version else {}
    return {
        "name": "miglint",
        **version,
        **({"informationUri": report.url} if report.url else {}),
        "rules": [_rule(rule) for rule in rules],
        "notifications": [_NOTIFICATION],
    }


_NOTIFICATION: Json = {
    "id": _NOT_ANALYSED,
    "name": "NotAnalysed",
    "shortDescription": {"text": "Something could not be analysed."},
    "fullDescription": {
        "text": "A file or statement could not be read or parsed, so silence about it is not a pass."
    },
    "help": {
        "text": "Nothing is known about this place: check by hand what it does to the database, "
        "or fix what the message names and run miglint again.",
    },
    "defaultConfiguration": {"level": "warning"},
}


def _rules(rules: tuple[RuleInfo, ...], diagnostics: tuple[Diagnostic, ...]) -> list[RuleInfo]:
    """Give every rule once, sorted; a finding whose rule is not among them brings its own."""
    known = {rule.name: rule for rule in rules}
    for d in diagnostics:
        if d.rule not in known:
            summary = f"{d.rule.replace('-', ' ').capitalize()}."
            known[d.rule] = RuleInfo(d.rule, d.category, summary, "", d.severity, d.confidence)
    return [known[name] for name in sorted(known)]


def _rule(rule: RuleInfo) -> Json:
    help_text = rule.help.strip() or rule.summary
    name = "".join(part.capitalize() for part in rule.name.split("-"))
    descriptor: Json = {
        "id": rule.name,
        # A name must say more than the id: that of a one-word rule does not (SARIF1001).
        **({"name": name} if name.lower() != rule.name else {}),
        "shortDescription": {"text": _short(rule.summary)},
        "fullDescription": {"text": _description(rule)},
        "help": {"text": help_text, "markdown": help_text},
        "defaultConfiguration": {"level": str(rule.severity)},
        "properties": {
            "tags": ["database", "migration", rule.category],
            "precision": _PRECISION[rule.confidence],
            "problem.severity": _PROBLEM_SEVERITY[rule.severity],
        },
    }
    return descriptor | ({"helpUri": rule.url} if rule.url else {})


def _description(rule: RuleInfo) -> str:
    """Give the summary and the first paragraph that says more."""
    summary = rule.summary.rstrip(".")
    paragraphs = (" ".join(text.split()) for text in rule.help.split("\n\n"))
    more = next((text for text in paragraphs if text and text.rstrip(".") != summary and text[0] != "#"), "")
    return _short(f"{summary}. {more}".strip())


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_DESCRIPTION else text[: _LONGEST_DESCRIPTION - 3] + "..."


# --- results -----------------------------------------------------------------------------------------


def _result(diagnostic: Diagnostic, context: _Context) -> Json:
    finding, source = diagnostic.finding, source_of(diagnostic)
    region = _head(source, finding.span)
    result: Json = {
        "ruleId": diagnostic.rule,
        "ruleIndex": context.rule_indexes[diagnostic.rule],
        "level": str(diagnostic.severity),
        "message": {"text": _message(diagnostic)},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": _artifact(source.path),
                    "region": _region(place(source, region)) | {"snippet": {"text": source[region]}},
                }
            }
        ],
        "partialFingerprints": {
            "miglintFinding/v1": diagnostic.fingerprint,
            "primaryLocationLineHash": context.hashes[source.path][place(source, region).line - 1],
        },
        "properties": {
            "confidence": str(diagnostic.confidence),
            "migration": diagnostic.migration,
            "direction": str(diagnostic.direction),
            "tables": [str(table) for table in finding.tables],
        },
    }
    if finding.related:
        result["relatedLocations"] = [
            _related(related_source(diagnostic, related), related.span, related.message, number)
            for number, related in enumerate(finding.related, start=1)
        ]
    if finding.fix:
        result["fixes"] = [_fix(source, finding.fix.title, finding.fix.edits)]
    if context.with_suppressions:
        result["suppressions"] = _suppressions(diagnostic)
    return result


def _message(diagnostic: Diagnostic) -> str:
    """Give the message, links to the related places, and the help.

    GitHub shows a related location only where the message links to it, and shows no fix: what to do
    must be in the text.
    """
    finding = diagnostic.finding
    parts = [f"{_no_link(finding.message)}."]
    parts += [
        f"[{related.message.replace('[', '(').replace(']', ')')}]({number})."
        for number, related in enumerate(finding.related, start=1)
    ]
    text = " ".join(parts)
    return f"{text}\n\n{_no_link(finding.advice)}" if finding.advice else text


def _no_link(text: str) -> str:
    return _LINK.sub(r"\\[", text)


def _head(source: Source, span: Span) -> Span:
    """Give the span, or its first line where the span is tall."""
    whole = tight(source, span)
    at = place(source, whole)
    if at.end_line - at.line < _TALLEST_REGION:
        return whole
    return tight(source, Span(whole.start, source.text.index("\n", whole.start)))


def _related(source: Source, span: Span, message: str, number: int) -> Json:
    return {
        "id": number,
        "message": {"text": message},
        "physicalLocation": {
            "artifactLocation": _artifact(source.path),
            "region": _region(place(source, span)),
        },
    }


def _fix(source: Source, title: str, edits: tuple[Edit, ...]) -> Json:
    replacements = [
        {
            "deletedRegion": _region(exact_place(source, Span(edit.start, edit.end))),
            "insertedContent": {"text": edit.text},
        }
        for edit in edits
    ]
    change = {"artifactLocation": _artifact(source.path), "replacements": replacements}
    return {"description": {"text": f"{title}."}, "artifactChanges": [change]}


def _suppressions(diagnostic: Diagnostic) -> list[Json]:
    if diagnostic.suppressed is None:
        return []
    kind: Json = {"kind": "external" if diagnostic.in_baseline else "inSource"}
    return [kind | {"justification": diagnostic.suppressed} if diagnostic.suppressed else kind]


# --- places ------------------------------------------------------------------------------------------


def _notification(gap: NotAnalysed) -> Json:
    region = {"startLine": gap.line, "endLine": max(gap.line, gap.end_line)}
    return {
        "descriptor": {"id": _NOT_ANALYSED, "index": 0},
        "level": "warning",
        "message": {"text": _no_link(gap.reason) or "Not analysed."},
        "locations": [{"physicalLocation": {"artifactLocation": _artifact(gap.path), "region": region}}],
    }


def _region(at: Place) -> Json:
    return {
        "startLine": at.line,
        "startColumn": at.column,
        "endLine": at.end_line,
        "endColumn": at.end_column,
    }


def _artifact(path: str) -> Json:
    # surrogateescape: the bytes of a file name that is not UTF-8, as the operating system gave them.
    uri = quote(path.encode("utf-8", "surrogateescape"))
    if path.startswith("/"):
        return {"uri": f"file://{uri}"}
    return {"uri": uri, "uriBaseId": ROOT}
