"""Comments that hide findings, `-- miglint: ignore[rule-a, rule-b] reason`, and which of them hide nothing.

Where a comment counts:

- after code, on the same line: for the findings of its rules that start on that line; if there are
  none, for the whole statement that the line belongs to;
- alone on its line, directly above code (other comments may stand between, blank lines may not): for the
  whole statement that begins on that line of code, and for findings that start on it;
- `ignore-file[...]`: above the first statement, for the whole file.

A name in the brackets is that of a rule, or of a category for all its rules.

A comment is one where the server would read one: not in a string or a quoted name, but in the body of
a DO block, a function or a procedure, which is code although it stands in dollar quotes. In XML it is
`<!-- miglint: ignore[...] reason -->` as well, in YAML `# miglint: ignore[...] reason`.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from miglint.checks.events import SuppressionProblem
from miglint.errors import did_you_mean
from miglint.findings.directive import IGNORE, IGNORE_FILE, NAME, Directive, RuleName, malformed, read
from miglint.model import Diagnostic, Source, Span
from miglint.text.sql import POSTGRES, Lexis, code_start, parts


class RuleProblem(NamedTuple):
    """One name in a directive that hides nothing, or that no rule has; `hint` may name the nearest rule."""

    path: str
    rule: RuleName
    hint: str = ""


class Applied(NamedTuple):
    """The findings in their order, the hidden ones marked; and the names that hid nothing."""

    diagnostics: tuple[Diagnostic, ...]
    unused: tuple[RuleProblem, ...]


def parse(source: Source, lexis: Lexis = POSTGRES, *, require_reason: bool = False) -> tuple[Directive, ...]:
    """Give the directives of a source in their order, malformed ones included; `lexis` is its database's."""
    if NAME not in source.text.lower():
        return ()
    text = _as_sql(source)
    tokens = list(_tokens(text, 0, len(text), lexis))
    found = [
        (token, directive)
        for token in tokens
        if token.comment
        for directive in read(text, Span(token.start, token.end), require_reason=require_reason)
    ]
    if not found:
        return ()
    first_code = min((token.start for token in tokens if not token.comment), default=len(text))
    code_lines = _lines(source, (token for token in tokens if not token.comment))
    comment_lines = _lines(source, (token for token in tokens if token.comment))
    following = _following(code_lines, comment_lines)
    directives = []
    for token, directive in found:
        if directive.kind == IGNORE_FILE and not directive.problem and token.start > first_code:
            directive = malformed(  # noqa: PLW2901
                directive, "ignore-file is below the first statement", "move it to the top"
            )
        line = source.position(token.start).line
        directives.append(directive._replace(line=following.get(line, 0), alone=line not in code_lines))
    return tuple(directives)


def _following(code_lines: set[int], comment_lines: set[int]) -> dict[int, int]:
    """Give for each line of a comment the line of code that it is on or directly above; 0 for none."""
    found: dict[int, int] = {}
    for line in sorted(comment_lines, reverse=True):
        below = line + 1 if line + 1 in code_lines else 0
        found[line] = line if line in code_lines else found.get(line + 1, below)
    return found


def _as_sql(source: Source) -> str:
    """Give a text of the same length in which comments for miglint are SQL's, and all else is code."""
    pattern = _COMMENTS.get(source.path.rpartition(".")[2].lower())
    if pattern is None:
        return source.text
    # What stands before the first changeset belongs to the file.
    head = max(source.text.find("changeSet"), 0)
    text = re.sub(r"\S", " ", source.text[:head]) + re.sub(r"\S", "x", source.text[head:])
    parts: list[str] = []
    end = 0
    for found in re.finditer(pattern, source.text, re.MULTILINE):
        opening, body, closing = found["opening"], found["body"], found["closing"]
        parts += (text[end : found.start()], "--".rjust(len(opening)), body, " " * len(closing))
        end = found.end()
    return "".join(parts) + text[end:]


# Of the files that are no SQL: strings, compiled at first use.
_BODY = r"(?P<body>[ \t]*(?i:miglint)\b[^\n]*?)"
_YAML = rf"(?P<opening>#[ \t]|--){_BODY}(?P<closing>$)"
_COMMENTS = {
    "xml": rf"(?P<opening><!--|--){_BODY}(?P<closing>-->|$)",
    "yaml": _YAML,
    "yml": _YAML,
}


def apply(
    diagnostics: Iterable[Diagnostic],
    directives: Mapping[str, tuple[Directive, ...]],
    active: Collection[str],
    lexis: Lexis = POSTGRES,
) -> Applied:
    """Mark the findings that the directives of their file hide; `directives` are by the path of their source.

    `active` are the rules that ran, and the categories of which all did: of no other can it be said that
    there was nothing to hide.
    Where several directives fit, the narrowest hides: its line, then its statement, then the file.
    """
    found = list(diagnostics)
    by_path: dict[str, list[_Candidate]] = {}
    for number, diagnostic in enumerate(found):
        path = (diagnostic.finding.source or diagnostic.source).path
        if directives.get(path) and diagnostic.suppressed is None:
            by_path.setdefault(path, []).append(_candidate(number, diagnostic, lexis))
    unused = []
    for path, written in directives.items():
        names = [
            (directive, rule) for directive in written for rule in directive.rules if not directive.problem
        ]
        reasons, used = _match(names, by_path.get(path, []))
        for number, reason in reasons.items():
            found[number] = found[number]._replace(suppressed=reason)
        unused += [RuleProblem(path, rule) for _, rule in names if rule.name in active and rule not in used]
    return Applied(tuple(found), tuple(unused))


def unknown(
    directives: Mapping[str, tuple[Directive, ...]], known: Collection[str]
) -> tuple[RuleProblem, ...]:
    """Give the names in well-formed directives that no rule and no category has."""
    names = tuple(sorted(known))
    return tuple(
        RuleProblem(path, rule, did_you_mean(rule.name, names))
        for path, written in directives.items()
        for directive in written
        for rule in directive.rules
        if not directive.problem and rule.name not in known
    )


def problems(
    sources: Iterable[Source],
    directives: Mapping[str, tuple[Directive, ...]],
    unused: Iterable[RuleProblem],
    known: Collection[str],
) -> tuple[SuppressionProblem, ...]:
    """Give everything that is wrong with the directives; `known`: the names of rules and categories."""
    by_path = {source.path: source for source in sources}
    malformed = (
        SuppressionProblem("malformed", by_path[path], d.span, d.problem, d.hint)
        for path, written in directives.items()
        for d in written
        if d.problem
    )
    named = (
        SuppressionProblem(kind, by_path[p.path], p.rule.span, p.rule.name, p.hint)
        for kind, names in (("unknown", unknown(directives, known)), ("unused", unused))
        for p in names
    )
    return (*malformed, *named)


# --- which findings a directive reaches --------------------------------------------------------------


class _Candidate(NamedTuple):
    """A finding that may be hidden: its rule and category, where it starts, the lines of its statement."""

    number: int
    names: tuple[str, str]
    line: int
    first: int
    last: int


def _candidate(number: int, diagnostic: Diagnostic, lexis: Lexis) -> _Candidate:
    source = diagnostic.finding.source or diagnostic.source
    line = source.position(diagnostic.finding.span.start).line
    names = (diagnostic.rule, diagnostic.category)
    if source.path != diagnostic.source.path:
        return _Candidate(number, names, line, line, line)
    start, end = diagnostic.statement
    # The statement's span ends before its semicolon, which may stand on a later line.
    after = code_start(source.text, end, len(source.text), lexis)
    first = source.position(code_start(source.text, start, end, lexis)).line
    last = source.position(after if source.text[after : after + 1] == ";" else end).line
    return _Candidate(number, names, line, first, last)


def _match(
    names: list[tuple[Directive, RuleName]], candidates: list[_Candidate]
) -> tuple[dict[int, str], set[RuleName]]:
    """Give the reason for each finding that is hidden, and the names that hid one."""
    reasons: dict[int, str] = {}
    used: set[RuleName] = set()
    by_line: dict[tuple[str, int], list[_Candidate]] = {}
    by_first_line: dict[tuple[str, int], list[_Candidate]] = {}
    by_name: dict[str, list[_Candidate]] = {}
    for candidate in candidates:
        for name in candidate.names:
            by_line.setdefault((name, candidate.line), []).append(candidate)
            by_first_line.setdefault((name, candidate.first), []).append(candidate)
            by_name.setdefault(name, []).append(candidate)

    def hide(directive: Directive, rule: RuleName, found: Iterable[_Candidate]) -> None:
        for candidate in found:
            if candidate.number not in reasons:
                reasons[candidate.number] = directive.reason
                used.add(rule)

    narrow = [name for name in names if name[0].kind == IGNORE]
    for directive, rule in narrow:
        hide(directive, rule, by_line.get((rule.name, directive.line), ()))
    for directive, rule in narrow:
        if directive.alone:
            hide(directive, rule, by_first_line.get((rule.name, directive.line), ()))
        elif rule not in used:
            around = (c for c in by_name.get(rule.name, ()) if c.first <= directive.line <= c.last)
            hide(directive, rule, around)
    for directive, rule in names:
        if directive.kind == IGNORE_FILE:
            hide(directive, rule, by_name.get(rule.name, ()))
    return reasons, used


# --- where comments are ------------------------------------------------------------------------------


class _Token(NamedTuple):
    """A comment, or a piece of code."""

    start: int
    end: int
    comment: bool = False


# CREATE OR REPLACE FUNCTION: the fourth word tells at the latest.
_TELLING_WORDS = 4


def _tokens(text: str, start: int, end: int, lexis: Lexis) -> Iterator[_Token]:
    words: list[str] = []
    code = re.compile(r"\w+|[^\w\s]+")
    at = start
    for part in parts(text, start, end, ";", lexis):
        for found in code.finditer(text, at, part.start):
            yield _Token(found.start(), found.end())
            if len(words) < _TELLING_WORDS:
                words.append(found[0].lower())
        at = part.end
        if part.kind in ("comment", "block"):
            yield _Token(part.start, part.end, comment=True)
        elif part.kind == "body" and _body_is_code(words):
            opening = text.index("$", part.start + 1) + 1
            closing = part.end - (opening - part.start) if part.closed else part.end
            yield _Token(part.start, opening)
            yield from _tokens(text, opening, closing, lexis)
            yield _Token(closing, part.end)
        else:
            if part.kind == "mark":
                words = []
            yield _Token(part.start, part.end)
    yield from (_Token(found.start(), found.end()) for found in code.finditer(text, at, end))


def _body_is_code(words: list[str]) -> bool:
    """Say whether a dollar-quoted text is a program, by the first words of its statement."""
    return words[:1] == ["do"] or (
        words[:1] == ["create"] and not {"function", "procedure"}.isdisjoint(words)
    )


def _lines(source: Source, tokens: Iterable[_Token]) -> set[int]:
    """Give the numbers of all lines that the tokens touch."""
    lines: set[int] = set()
    for token in tokens:
        last = max(token.start, token.end - 1)
        lines.update(range(source.position(token.start).line, source.position(last).line + 1))
    return lines
