"""One line per finding, for editors and grep: `path:line:column: level rule message`."""

from miglint.model import Report, Severity
from miglint.report import DEFAULTS, RenderOptions
from miglint.report._place import primary, source_of
from miglint.text.visible import visible


def render(report: Report, options: RenderOptions = DEFAULTS) -> str:
    """Give one line for each shown finding and for each thing that was not analysed."""
    lines = []
    for diagnostic in report.shown:
        at = primary(diagnostic)
        where = f"{source_of(diagnostic).path}:{at.line}:{at.column}"
        lines.append(f"{where}: {diagnostic.severity} {diagnostic.rule} {diagnostic.finding.message}")
    lines += [
        f"{gap.path}:{gap.line}:1: {Severity.WARNING} not-analysed {gap.reason}"
        for gap in report.not_analysed
    ]
    return "".join(visible(line) + "\n" for line in lines)
