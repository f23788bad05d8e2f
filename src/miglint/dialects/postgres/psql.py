"""What of a script reaches the server: psql keeps its own commands, COPY FROM STDIN the rows behind it.

Facts: psql's scanners (psqlscan.l, psqlscanslash.l), its list of commands, and its way to read rows (copy.c).
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from miglint.dialects.postgres.library import SyntaxProblem, parse
from miglint.model import Span
from miglint.text.layout import blank
from miglint.text.lazy import expression
from miglint.text.sql import blanked, code_start, parts


class Gap(NamedTuple):
    """What does work that cannot be seen here, or is never sent, and why."""

    span: Span
    reason: str


class Sent(NamedTuple):
    """A script as the server gets it, of the length that it has in its file."""

    text: str
    gaps: tuple[Gap, ...] = ()


class _Edit(NamedTuple):
    start: int
    end: int
    text: str = ""
    gap: Gap | None = None


_COPY = expression(r"COPY\b.*\bFROM\s+STDIN\b", re.IGNORECASE | re.DOTALL)
_ROWS_END = expression(r"^\\\.[ \t]*\r?$", re.MULTILINE)
_NAME = expression(r"\\([^\s\\]*)")
_ARGUMENTS = expression(r"(?:'(?:[^'\\\n]|\\.)*'?|\"[^\"\n]*\"?|`[^`\n]*`?|[^'\"`\\\n])*")
# psql leaves one that is not defined as it is: behind a word that is a slice of an array.
_VARIABLE = expression(
    r":'(?P<literal>\w+)'|(?<![\w\])'\"]):(?:\"(?P<quoted>\w+)\"|(?P<bare>[^\W\d]\w*))|:\{\?\w+\}"
)
_WHOLE_LINE = frozenset({"!", "?", "copy", "ef", "ev", "h", "help", "sf", "sv"})
_SENDING = frozenset({"crosstabview", "g", "gdesc", "gexec", "gset", "gx", "sendpipeline", "watch"})
_ELSEWHERE = frozenset({"i", "ir", "include", "include_relative", "c", "connect"})


def sent(text: str, *, psql: bool) -> Sent:
    """Give what the server gets of a script; `psql`: it goes through psql.

    Rows follow COPY whichever client sends it, for no server takes them as statements.
    """
    if "\\" not in text and not (psql and ("stdin" in text.lower() or _VARIABLE.search(text))):
        return Sent(text)
    kept: list[str] = []
    gaps: list[Gap] = []
    at = 0
    for start, end, replacement, gap in sorted(_edits(text, psql=psql), key=lambda e: (e.start, -e.end)):
        if gap is not None:
            gaps.append(gap)
        if start >= at:  # else it is in a statement that is thrown away
            kept += (text[at:start], replacement or blank(text[start:end]))
            at = end
    return Sent("".join((*kept, text[at:])), tuple(gaps))


def _edits(text: str, *, psql: bool) -> Iterator[_Edit]:
    """Give what psql changes, and the rows of COPY; each edit keeps the length."""
    at = statement = depth = branches = 0
    rows: _Edit | None = None
    may_have_rows = True
    while at < len(text):
        here, at = at, len(text)
        for part in parts(text, here, marks=";()\\:" if psql else ";()"):
            if rows is not None and part.start >= rows.start:
                if code_start(text, statement, rows.start) == rows.start:
                    statement = rows.end
                at, rows = rows.end, None
                break
            mark = text[part.start] if part.kind == "mark" else ""
            if mark in ("(", ")"):
                depth = max(depth + (1 if mark == "(" else -1), 0)
            elif mark == ";" and depth == 0:
                if may_have_rows and rows is None and _takes_rows(text, statement, part.start):
                    rows = _rows(text, part.end, psql=psql)
                    may_have_rows = rows is not None
                statement = part.end
                if rows is not None:
                    yield rows
            elif mark == ":":
                yield from _variable(text, part.start)
            elif mark == "\\" and text[part.end : part.end + 1] in (";", ":"):
                yield _Edit(part.start, part.end)
            elif mark == "\\":
                name = _NAME.match(text, part.start)[1]  # type: ignore[index]
                branches += (name == "if") - (name == "endif")
                command = _Command(text, name, part.start, code_start(text, statement, part.start))
                edits, statement = _command(command, statement, quits=branches <= 0)
                yield from edits
                at = edits[-1].end
                depth = 0 if statement == at else depth
                break


def _variable(text: str, at: int) -> Iterator[_Edit]:
    """Give what stands for a variable, of its length: a name or a string that is the same wherever it stands.

    A colon behind another, or behind a backslash, begins none.
    """
    found = _VARIABLE.match(text, at) if text[at - 1 : at] not in (":", "\\") else None
    if found is None:
        return
    if found["literal"]:
        put = f"'_{found['literal']}'"
    elif found["quoted"]:
        put = f'"_{found["quoted"].lower()}"'
    elif found["bare"]:
        put = f"_{found['bare']}"
    else:
        put = "true".ljust(len(found[0]))
    yield _Edit(*found.span(), put)


def _takes_rows(text: str, start: int, end: int) -> bool:
    code = code_start(text, start, end)
    return text[code : code + 4].lower() == "copy" and bool(_COPY.match(blanked(text[code:end])))


def _rows(text: str, at: int, *, psql: bool) -> _Edit | None:
    """Give the rows after the line of a COPY; a client other than psql has none without their end."""
    line_end = text.find("\n", at)
    start = len(text) if line_end < 0 else line_end + 1
    close = _ROWS_END.search(text, start)
    if close is not None:
        return _Edit(start, close.end())
    if not psql:
        return None
    code = code_start(text, start, len(text))
    gap = Gap(Span(code, len(text.rstrip())), "rows of COPY up to the end of the file: no `\\.` ends them")
    return _Edit(start, len(text), gap=gap if code < len(text) else None)


class _Command(NamedTuple):
    """A command of psql; what stands between `unsent` and its `start` has not been sent to the server yet."""

    text: str
    name: str
    start: int
    unsent: int

    @property
    def line_end(self) -> int:
        end = self.text.find("\n", self.start)
        return len(self.text) if end < 0 else end

    @property
    def end(self) -> int:
        """The end of its line, or where the next command begins, or behind two backslashes."""
        if self.name in _WHOLE_LINE:
            return self.line_end
        found = _ARGUMENTS.match(self.text, self.start + 1 + len(self.name), self.line_end)
        end = found.end() if found else self.line_end
        return end + 2 if self.text.startswith("\\\\", end) else end

    @property
    def span(self) -> Span:
        """Its place without the blanks behind it."""
        return Span(self.start, self.start + len(self.text[self.start : self.end].rstrip()))

    def gap(self, reason: str) -> Gap:
        return Gap(self.span, f"\\{self.name} {reason}")


def _command(command: _Command, statement: int, *, quits: bool) -> tuple[list[_Edit], int]:
    """Give what a command changes, and where the statement at hand begins after it."""
    text, name, start, unsent = command
    end = command.end
    if name in _SENDING:
        gap = command.gap("runs what the query returns: not read") if name == "gexec" else None
        sending = _Edit(start, end, ";" + blank(text[start + 1 : end]), gap)
        takes = _takes_rows(text, unsent, start)
        rows = _rows(text, start, psql=True) if takes else None
        return [sending, rows] if rows else [sending], rows.end if rows else end
    if name in ("r", "reset") and unsent < start:
        gap = Gap(Span(unsent, command.span.end), f"\\{name} discards the statement: never sent")
        return [_Edit(unsent, end, gap=gap)], end
    if name in ("q", "quit") and quits:
        rest = code_start(text, end, len(text))
        gap = Gap(Span(rest, len(text.rstrip())), f"psql stops at \\{name}: never sent")
        return [_Edit(start, len(text), gap=gap if rest < len(text) else None)], len(text)
    if name == "copy":
        edits = _copy(command)
        return edits, edits[-1].end
    gap = command.gap("continues elsewhere: not read") if name in _ELSEWHERE else None
    return [_Edit(start, end, gap=gap)], end if unsent == start else statement


def _copy(command: _Command) -> list[_Edit]:
    """The client's `copy` is a COPY with its other end at the client, and read as one where that can be."""
    text, _, start, unsent = command
    end, line_end = command.span.end, command.line_end
    sql = " " + text[start + 1 : end]
    try:
        is_readable = unsent == start and len(parse(sql.encode("utf-8", "surrogatepass"))) == 1
    except SyntaxProblem:
        is_readable = False
    if not is_readable:
        return [_Edit(start, line_end, gap=command.gap("moves rows on the client: not read"))]
    # The semicolon takes the place of the line break.
    laid_out = (sql + ";" + text[end : line_end + 1][1:])[: line_end + 1 - start]
    rows = _rows(text, end, psql=True) if _COPY.match(blanked(sql).strip()) else None
    edits = [_Edit(start, min(line_end + 1, len(text)), laid_out)]
    return [*edits, rows] if rows else edits
