"""For people: each finding with its code and what to do instead, then what was not analysed, then a count.

Above some number of findings, a table says first how many there are of which rule, and how to begin.
"""

from collections import Counter

from miglint.model import Diagnostic, NotAnalysed, Report, Severity
from miglint.report import DEFAULTS, RenderOptions
from miglint.report._frame import PRIMARY, RELATED, Mark, frame, gutter
from miglint.report._help import parts
from miglint.report._place import place, primary, related_source, source_of
from miglint.report._tally import counted, suppressed, tally
from miglint.text.paint import BOLD, CODE, CYAN, DIM, SEVERITIES, Painter, link, painter
from miglint.text.visible import visible
from miglint.text.wrap import NARROW, wrapped

MANY = 20
"""Above so many findings, nobody reads them in their order before knowing what they are."""
_FEW = 3
"""So many places that share a reason are listed one by one."""
_PLACES = 6
"""So many other places of one cause are shown with their lines."""


def render(report: Report, options: RenderOptions = DEFAULTS) -> str:
    """Give the whole report; it never depends on the terminal, only on the options."""
    paint = painter(options.color)
    shown = () if options.statistics else report.shown
    blocks = [_text(_block(report, found, options, paint)) for found in shown]
    if report.shown and (options.statistics or (len(report.shown) > MANY and not options.quiet)):
        blocks.insert(0, _text(_table(report, options.width, paint, is_all=options.statistics)))
        if not options.statistics:
            blocks[1:1] = map(_text, _first_steps(report, options, paint))
    if untold := _untold(report):
        blocks.append(_text(wrapped(untold, options.width)))
    if report.not_analysed:
        blocks.append(_text(_gaps(report.not_analysed, paint)))
    if not options.quiet:
        blocks.append(_text([paint(BOLD, _summary(report))]))
    return "\n".join(blocks)


def _text(lines: list[str]) -> str:
    return "".join([f"{line.rstrip()}\n" for line in lines])


# --- findings ----------------------------------------------------------------------------------------


def _block(report: Report, diagnostic: Diagnostic, options: RenderOptions, paint: Painter) -> list[str]:
    finding, severity = diagnostic.finding, diagnostic.severity
    color, width = SEVERITIES[severity], options.width
    source = source_of(diagnostic)
    at = primary(diagnostic)
    marks = [(source, (at, Mark("", PRIMARY, color)))]
    for related in finding.related[:_PLACES]:
        other = related_source(diagnostic, related)
        marks.append((other, (place(other, related.span), Mark(related.message, RELATED, CYAN))))
    pad = gutter(its for _, (its, _) in marks)
    lines = _title(report, diagnostic, options, paint)
    lines.append(f"{pad}{paint(CYAN, '-->')} {_file(source.path, options)}:{at.line}:{at.column}")
    here = [placed for other, placed in marks if other.path == source.path]
    lines += frame(source, here, pad, width, paint)
    elsewhere = {other.path: other for other, _ in marks if other.path != source.path}
    for other in elsewhere.values():
        there = [placed for its, placed in marks if its.path == other.path]
        first = there[0][0]
        lines.append(f"{pad}{paint(CYAN, ':::')} {_file(other.path, options)}:{first.line}:{first.column}")
        lines += frame(other, there, pad, width, paint)
    if len(finding.related) > _PLACES:
        lines.append(f"{pad} {paint(CYAN, '=')} and in {len(finding.related) - _PLACES} more places")
    lines.append(f"{pad} {paint(CYAN, '|')}")
    help_text = finding.advice or (finding.fix.title if finding.fix else "")
    if help_text:
        lines += _help(f"{pad} ", help_text, width, paint)
    lines.append(f"{pad} {paint(BOLD, '= more: ')}miglint explain {visible(diagnostic.rule)}")
    return lines


def _title(report: Report, diagnostic: Diagnostic, options: RenderOptions, paint: Painter) -> list[str]:
    """Give the lines of severity, rule and message."""
    rule = visible(diagnostic.rule)
    start = f"{diagnostic.severity}[{rule}]"
    first, *rest = wrapped(f"{start}: {visible(diagnostic.finding.message)}", options.width, "  ")
    address = next((r.url for r in report.rules if r.name == diagnostic.rule), "") if options.links else ""
    painted = paint(SEVERITIES[diagnostic.severity], start.replace(rule, link(rule, address)))
    return [painted + paint(BOLD, first[len(start) :]), *(paint(BOLD, line) for line in rest)]


def _file(path: str, options: RenderOptions) -> str:
    address = ""
    if options.links and options.folder:
        from os.path import join
        from urllib.parse import quote

        address = f"file://{quote(join(options.folder, path), errors='replace')}"
    return link(visible(path), address)


def _help(pad: str, text: str, width: int, paint: Painter) -> list[str]:
    """Give the lines of a help: prose after its label, SQL below it, indented and never broken."""
    label = "= help: "
    margin = pad + " " * len(label)
    room = max(width - len(margin), NARROW)
    lines: list[str] = []
    for part in parts(text):
        if part.is_sql:
            lines += [] if lines else [pad + paint(BOLD, label)]
            for line in part.flush:
                # Only comments can be broken: the rest is pasted as it is.
                pieces = wrapped(line, room - 2, "-- ") if line.startswith("--") else [line]
                lines += [f"{margin}  {paint(CODE, piece)}" for piece in pieces]
            continue
        for line in part.lines:
            indent = line[: len(line) - len(line.lstrip())]
            for piece in wrapped(line, room, indent):
                lines.append((margin if lines else pad + paint(BOLD, label)) + piece)
    return lines


# --- the whole ---------------------------------------------------------------------------------------


def _table(report: Report, width: int, paint: Painter, *, is_all: bool) -> list[str]:
    """Give the number of findings by rule, the worst and most frequent first, and what each rule is about."""
    counts = Counter((d.severity, d.rule) for d in report.shown)
    ordered = sorted(counts.items(), key=lambda item: (-item[0][0], -item[1], item[0][1]))
    summaries = {rule.name: rule.summary for rule in report.rules}
    names = max(len(rule) for _, rule in counts)
    digits = max(len(str(count)) for count in counts.values())
    lines = [] if is_all else [paint(BOLD, f"{_found(report)}, by rule:")]
    for (severity, rule), count in ordered:
        start = f"  {count:>{digits}}  {severity!s:<7}  {visible(rule):<{names}}"
        room = width - len(start) - 2
        summary = summaries.get(rule, "")
        shown = summary if len(summary) <= room else f"{summary[: room - 3]}..." if room > NARROW else ""
        lines.append(
            f"  {count:>{digits}}  {paint(SEVERITIES[severity], f'{severity!s:<7}')}"
            f"  {visible(rule):<{names}}  {paint(DIM, shown)}"
        )
    return lines


def _first_steps(report: Report, options: RenderOptions, paint: Painter) -> list[list[str]]:
    """Say how to begin on a project with a history that nobody has put aside yet."""
    if report.in_scope is not None or any(d.in_baseline for d in report.diagnostics):
        return []
    steps = {
        "miglint init": "write a configuration",
        "miglint baseline": "set these findings aside, and see only new ones",
        "miglint check --since REF": "report only what is new since a branch or commit",
        "miglint check --statistics": "show nothing but the table above",
    }
    if options.configured:
        del steps["miglint init"]
    longest = max(map(len, steps))
    lines = [paint(BOLD, "Most of it has run already. To begin:")]
    return [[*lines, *(f"  {paint(CODE, f'{step:<{longest}}')}  {what}" for step, what in steps.items())]]


def _gaps(gaps: tuple[NotAnalysed, ...], paint: Painter) -> list[str]:
    lines = [f"{paint(SEVERITIES[Severity.WARNING], 'not analysed')}: {counted(len(gaps), 'place')}"]
    by_reason: dict[str, list[str]] = {}
    for gap in gaps:
        by_reason.setdefault(gap.reason, []).append(_where(gap))
    for reason, places in by_reason.items():
        listed = places if len(places) <= _FEW else [f"{places[0]} and {len(places) - 1} more"]
        lines += [f"  {visible(place)}: {visible(reason)}" for place in listed]
    return lines


def _where(gap: NotAnalysed) -> str:
    return f"{gap.path}:{gap.line}" + (f"-{gap.end_line}" if gap.end_line > gap.line else "")


def _untold(report: Report) -> str:
    """Say once what the findings take for granted about tables that no migration makes."""
    names = sorted({name for found in report.shown for name in found.untold})
    if not names:
        return ""
    listed = [visible(name) for name in names[:_FEW]]
    more = len(names) - _FEW
    last = f"{more} more tables" if more > 1 else visible(names[-1]) if more == 1 else listed.pop()
    tables = f"{', '.join(listed)} and {last}" if listed else last
    what = "which are" if len(names) > 1 else "which is"
    return (
        f"No migration here makes {tables}, {what} taken to be in use and to have rows; "
        "what earlier migrations did there is not known."
    )


def _summary(report: Report) -> str:
    gaps = len(report.not_analysed)
    text = _found(report)
    return f"{text}; {counted(gaps, 'place')} not analysed." if gaps else f"{text}."


def _found(report: Report) -> str:
    found, hidden = tally(report), suppressed(report)
    aside = f" ({hidden} suppressed)" if hidden else ""
    where = counted(report.migrations, "migration")
    if report.in_scope is not None:
        where = f"{report.in_scope} of {where}"
    if found:
        where += f" of {counted(report.histories, 'history', 'histories')}"
        return f"Found {found}{aside} in {where}"
    if report.not_analysed and not report.statements:
        return f"Nothing analysed in {where}" if report.migrations else "Nothing analysed"
    return f"No findings{aside} in {where} ({counted(report.statements, 'statement')})"
