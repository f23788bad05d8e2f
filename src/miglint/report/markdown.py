"""Markdown for a comment on a pull or merge request, or for $GITHUB_STEP_SUMMARY: one table, errors first.

The text stays below the longest comment that GitHub takes, 65,536 characters, and says what it leaves out.

Text from input stands in code blocks or has its special characters written as references, which Markdown
never reads as markup (https://spec.commonmark.org/0.31.2/#entity-and-numeric-character-references).
GitHub and GitLab look for mentions, issues and addresses in the page that comes out of that, except in
code; a zero-width space keeps them from finding any.
"""

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from miglint.model import Diagnostic, NotAnalysed, Report, Severity
from miglint.report import DEFAULTS, RenderOptions
from miglint.report._place import primary, source_of
from miglint.report._tally import counted, suppressed, tally
from miglint.text.visible import visible, visible_lines

LONGEST = 65_000
# What the lines without text from input may take.
_FRAME = 1_000

_SPECIAL = re.compile(
    # A single underscore between letters or digits is no markup, and identifiers are full of them.
    r"[\\`*~|<>&$\[\]]|(?<![^\W_])_+|_+(?![^\W_])"
    r"|(?P<mail>(?<=[\w.+-])@)|(?P<link>[@#]|:(?=//)|\bwww(?=\.))",
    re.IGNORECASE,
)
_ZERO_WIDTH_SPACE = "&#8203;"


class _Entry(NamedTuple):
    """A row of the table, and the lines that say what to do instead; no lines if there is no help."""

    severity: Severity
    row: str
    help: list[str]


def render(report: Report, options: RenderOptions = DEFAULTS) -> str:
    """Give a heading with the tally, the counts, the table, and what to do instead in a foldable part."""
    entries = [_finding(d) for d in report.shown] + [_gap(gap) for gap in report.not_analysed]
    entries.sort(key=lambda entry: -entry.severity)
    rows, room = _fitting(entries, lambda entry: len(entry.row) + 1, LONGEST - _FRAME)
    helped, _ = _fitting(
        [entry for entry in rows if entry.help], lambda entry: sum(len(line) + 1 for line in entry.help), room
    )
    lines = [f"### miglint: {_heading(report)}", "", _counts(report)]
    if rows:
        lines += ["", "| severity | place | rule | message |", "|---|---|---|---|"]
        lines += [entry.row for entry in rows]
    left_out = _left_out(len(entries) - len(rows), sum(bool(e.help) for e in entries) - len(helped))
    if left_out:
        lines += ["", left_out]
    if helped:
        lines += ["", "<details>", "<summary>What to do instead</summary>", ""]
        lines += [line for entry in helped for line in entry.help]
        lines += ["</details>"]
    return "".join(line + "\n" for line in lines)


def _fitting(entries: Iterable[_Entry], size: Callable[[_Entry], int], room: int) -> tuple[list[_Entry], int]:
    """Give the entries that there is room for, and the room that is left."""
    kept = []
    for entry in entries:
        if size(entry) <= room:
            room -= size(entry)
            kept.append(entry)
    return kept, room


# --- what the program says ---------------------------------------------------------------------------


def _heading(report: Report) -> str:
    gaps = len(report.not_analysed)
    found = tally(report) or "no findings"
    return f"{found}, {counted(gaps, 'place')} not analysed" if gaps else found


def _counts(report: Report) -> str:
    migrations = counted(report.migrations, "migration")
    if report.in_scope is not None:
        migrations += f" ({report.in_scope} in scope)"
    histories, hidden = counted(report.histories, "history", "histories"), suppressed(report)
    aside = f", {hidden} suppressed" if hidden else ""
    return f"{migrations} of {histories}, {counted(report.statements, 'statement')}{aside}"


def _left_out(rows: int, helps: int) -> str:
    parts = [counted(rows, "row")] if rows else []
    parts += [f"what to do instead for {counted(helps, 'finding')}"] if helps else []
    return f"**Too long for a comment, so left out here: {' and '.join(parts)}**" if parts else ""


# --- what the input says -----------------------------------------------------------------------------


def _finding(diagnostic: Diagnostic) -> _Entry:
    finding, source = diagnostic.finding, source_of(diagnostic)
    place = _code(f"{source.path}:{primary(diagnostic).line}")
    rule = _text(diagnostic.rule)
    help_text = finding.advice or (finding.fix.title if finding.fix else "")
    return _Entry(
        diagnostic.severity,
        _row(diagnostic.severity, place, rule, finding.message),
        [f"{place} {rule}", "", *_block(help_text), ""] if help_text else [],
    )


def _gap(gap: NotAnalysed) -> _Entry:
    place = _code(f"{gap.path}:{gap.line}")
    return _Entry(Severity.WARNING, _row(Severity.WARNING, place, "not-analysed", gap.reason), [])


def _row(severity: Severity, place: str, rule: str, message: str) -> str:
    return f"| {severity} | {place} | {rule} | {_text(message)} |"


def _text(text: str) -> str:
    def escape(match: re.Match[str]) -> str:
        return match[0] + _ZERO_WIDTH_SPACE if match["link"] or match["mail"] else _references(match)

    return _SPECIAL.sub(escape, visible(text))


def _code(text: str) -> str:
    # Not in backticks: there, a table still reads | and \. Of all links, only mail is looked for in here;
    # the other characters stay as they are, for paths are copied.
    def escape(match: re.Match[str]) -> str:
        return match[0] + _ZERO_WIDTH_SPACE if match["mail"] else _references(match)

    return f"<code>{_SPECIAL.sub(escape, visible(text))}</code>"


def _references(match: re.Match[str]) -> str:
    return "".join(f"&#{ord(char)};" for char in match[0])


def _block(text: str) -> list[str]:
    lines = visible_lines(text.strip("\n"))
    longest = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return [fence, *lines, fence]
