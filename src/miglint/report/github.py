"""GitHub workflow commands: annotations on the lines of a pull request.

GitHub keeps 10 errors, 10 warnings and 10 notices per step and drops the rest in silence
(https://github.com/actions/toolkit/issues/734), so the rest is counted in a last notice.
Format: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from miglint.model import Diagnostic, NotAnalysed, Report, Severity
from miglint.report import DEFAULTS, RenderOptions
from miglint.report._place import primary, source_of
from miglint.report._tally import counted
from miglint.text.visible import visible, visible_lines

QUOTA = 10

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def render(report: Report, options: RenderOptions = DEFAULTS) -> str:
    """Give the commands, errors first, within GitHub's quota."""
    by_severity = {
        severity: [_finding(d) for d in report.shown if d.severity is severity]
        for severity in (Severity.ERROR, Severity.WARNING, Severity.NOTE)
    }
    by_severity[Severity.WARNING] += [_gap(gap) for gap in report.not_analysed]
    # One notice is kept free for the remainder.
    quotas = {Severity.ERROR: QUOTA, Severity.WARNING: QUOTA, Severity.NOTE: QUOTA - 1}
    lines = [line for severity, found in by_severity.items() for line in found[: quotas[severity]]]
    left = [
        counted(len(found) - quotas[severity], str(severity))
        for severity, found in by_severity.items()
        if len(found) > quotas[severity]
    ]
    if left:
        message = f"{', '.join(left)} more: GitHub shows {QUOTA} annotations of each kind per step"
        lines.append(f"::notice title=miglint::{message}")
    return "".join(line + "\n" for line in lines)


def _finding(diagnostic: Diagnostic) -> str:
    at = primary(diagnostic)
    path = source_of(diagnostic).path
    properties = {"file": path, "line": str(at.line), "endLine": str(at.end_line)}
    if at.line == at.end_line:  # the runner refuses columns on an annotation of several lines
        properties |= {"col": str(at.column), "endColumn": str(at.end_column)}
    # The log hides the properties, so the message repeats the place.
    text = f"{visible(path)}:{at.line}:{at.column}: {diagnostic.finding.message}"
    if diagnostic.finding.advice:
        text += "\n" + diagnostic.finding.advice
    return _command(_COMMANDS[diagnostic.severity], properties, diagnostic.rule, text)


def _gap(gap: NotAnalysed) -> str:
    properties = {"file": gap.path, "line": str(gap.line), "endLine": str(gap.end_line)}
    text = f"{visible(gap.path)}:{gap.line}:1: not analysed: {visible(gap.reason)}"
    return _command("warning", properties, "not-analysed", text)


def _command(name: str, properties: dict[str, str], rule: str, text: str) -> str:
    listed = properties | {"title": f"miglint ({rule})"}
    pairs = ",".join(f"{key}={_escape_property(value)}" for key, value in listed.items())
    return f"::{name} {pairs}::{_escape(text)}"


def _escape(text: str) -> str:
    return "%0A".join(line.replace("%", "%25") for line in visible_lines(text))


def _escape_property(text: str) -> str:
    return visible(text).replace("%", "%25").replace(":", "%3A").replace(",", "%2C")
