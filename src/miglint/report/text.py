"""For people: each finding with its code and what to do instead, then what was not analysed, then a count."""

from miglint.model import Diagnostic, NotAnalysed, Report, Severity
from miglint.report import DEFAULTS, RenderOptions
from miglint.report._frame import PRIMARY, RELATED, Mark, frame, gutter
from miglint.report._paint import BOLD, CYAN, Painter, painter
from miglint.report._place import place, primary, related_source, source_of
from miglint.report._tally import counted, suppressed, tally
from miglint.text.visible import visible, visible_lines

_MANY = 50
"""So many findings over a whole history are about what has run long ago."""
_FEW = 3
"""So many places that share a reason are listed one by one."""

COLORS = {Severity.ERROR: "1;31", Severity.WARNING: "1;33", Severity.NOTE: "1;32"}


def render(report: Report, options: RenderOptions = DEFAULTS) -> str:
    """Give the whole report; it never depends on the terminal, only on the options."""
    paint = painter(options.color)
    blocks = [_block(diagnostic, options.width, paint) for diagnostic in report.shown]
    if report.not_analysed:
        blocks.append(_gaps(report.not_analysed, paint))
    blocks.append([paint(BOLD, _summary(report)), *_advice(report)])
    return "\n\n".join("\n".join(line.rstrip() for line in block) for block in blocks) + "\n"


def _block(diagnostic: Diagnostic, width: int, paint: Painter) -> list[str]:
    finding, severity = diagnostic.finding, diagnostic.severity
    color = COLORS[severity]
    source, at = source_of(diagnostic), primary(diagnostic)
    marks = [(source, Mark(finding.span, "", PRIMARY, color))]
    marks += [
        (related_source(diagnostic, related), Mark(related.span, related.message, RELATED, CYAN))
        for related in finding.related
    ]
    pad = gutter(marks)
    lines = [
        paint(color, f"{severity}[{visible(diagnostic.rule)}]")
        + paint(BOLD, f": {visible(finding.message)}"),
        f"{pad}{paint(CYAN, '-->')} {visible(source.path)}:{at.line}:{at.column}",
    ]
    here = [mark for other, mark in marks if other.path == source.path]
    lines += frame(source, here, pad, width, paint)
    elsewhere = {other.path: other for other, _ in marks if other.path != source.path}
    for other in elsewhere.values():
        there = [mark for its, mark in marks if its.path == other.path]
        first = place(other, there[0].span)
        lines.append(f"{pad}{paint(CYAN, ':::')} {visible(other.path)}:{first.line}:{first.column}")
        lines += frame(other, there, pad, width, paint)
    help_text = finding.help or (finding.fix.title if finding.fix else "")
    if help_text:
        lines.append(f"{pad} {paint(CYAN, '|')}")
        lines += _labelled(f"{pad} ", "= help: ", help_text, paint)
    return lines


def _labelled(pad: str, label: str, text: str, paint: Painter) -> list[str]:
    """Give the lines of a text after its label, their own indentation kept."""
    first, *rest = visible_lines(text.strip("\n"))
    margin = pad + " " * len(label)
    return [pad + paint(BOLD, label) + first, *(margin + line for line in rest)]


def _gaps(gaps: tuple[NotAnalysed, ...], paint: Painter) -> list[str]:
    lines = [f"{paint(COLORS[Severity.WARNING], 'not analysed')}: {counted(len(gaps), 'place')}"]
    by_reason: dict[str, list[str]] = {}
    for gap in gaps:
        by_reason.setdefault(gap.reason, []).append(_where(gap))
    for reason, places in by_reason.items():
        listed = places if len(places) <= _FEW else [f"{places[0]} and {len(places) - 1} more"]
        lines += [f"  {visible(place)}: {visible(reason)}" for place in listed]
    return lines


def _where(gap: NotAnalysed) -> str:
    return f"{gap.path}:{gap.line}" + (f"-{gap.end_line}" if gap.end_line > gap.line else "")


def _advice(report: Report) -> list[str]:
    """Give what helps on a project with a history that nobody has put aside yet."""
    if len(report.shown) < _MANY or report.in_scope is not None or suppressed(report):
        return []
    return [
        "Of what has run already: `miglint check --since REF` reports only what a change adds, "
        "`miglint baseline` puts aside what is known."
    ]


def _summary(report: Report) -> str:
    found, hidden = tally(report), suppressed(report)
    aside = f" ({hidden} suppressed)" if hidden else ""
    where = counted(report.migrations, "migration")
    if report.in_scope is not None:
        where = f"{report.in_scope} of {where}"
    if found:
        where += f" of {counted(report.histories, 'history', 'histories')}"
        text = f"Found {found}{aside} in {where}"
    else:
        text = f"No findings{aside} in {where} ({counted(report.statements, 'statement')})"
    gaps = len(report.not_analysed)
    return f"{text}; {counted(gaps, 'place')} not analysed." if gaps else f"{text}."
