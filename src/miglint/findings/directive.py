"""What a comment says to miglint: `ignore[rule-a, rule-b] reason`, or something that only looks like it.

A comment that was meant to hide a finding and does not is told about, however it is written: in another
case, without the colon or the brackets, as a block comment. It hides nothing, since a comment that hid
more than it says would be worse than one that hides nothing.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from miglint.errors import did_you_mean
from miglint.model import Span

NAME = "miglint"
IGNORE = "ignore"
IGNORE_FILE = "ignore-file"


class RuleName(NamedTuple):
    """The name of a rule or of a category as a comment gives it, and where."""

    name: str
    span: Span


class Directive(NamedTuple):
    """A comment that speaks to miglint.

    `span` covers the comment; `kind` is the word after the mark, `ignore` or `ignore-file` if well-formed.
    `problem` says why it is malformed, "" if it is not; a malformed one hides nothing.
    `hint` says what to write instead.
    `line` is the line of code that it speaks of, 0 if there is none; `alone` when it stands above that line.
    """

    span: Span
    kind: str
    rules: tuple[RuleName, ...] = ()
    reason: str = ""
    problem: str = ""
    hint: str = ""
    line: int = 0
    alone: bool = False


_FORM = "write `-- miglint: ignore[rule-name] reason`"
_HEAD = r"--+\s*miglint:\s*([^\s\[\]]*)\s*(\[)?"
# Words with which linters are told to be silent; prose about miglint goes on with other words.
_NEAR_MISS = (
    r"(?im)^[-/*#@! \t]*(?P<said>miglint(?![a-z0-9])(?:[ \t:;,._@-]*"
    r"(?:ignore|disable|suppress|skip|allow|noqa|nolint|off)(?P<file>[-_ ]?file)?\b|[ \t]*:?[ \t]*(?=\[))"
    r"[^\r\n\[(]*(?:[\[(](?P<names>[^\r\n\])]*))?[^\r\n]*)"
)


def read(text: str, comment: Span, *, require_reason: bool = False) -> Iterator[Directive]:
    """Give what a comment says to miglint; a block comment may try several times."""
    said = text[comment.start : comment.end]
    if re.match(r"--+\s*miglint:", said):
        yield _directive(said, comment, require_reason)
        return
    is_block = said.startswith("/*")
    for near in re.finditer(_NEAR_MISS, said):
        if is_block and "--" in near[0].removesuffix(near["said"]):
            continue  # SQL that is commented out, with what hid its findings
        end = len(near["said"].removesuffix("*/").rstrip())
        start = comment.start + near.start("said")
        kind = IGNORE_FILE if near["file"] else IGNORE
        hint = _FORM.replace("rule-name", near["names"].strip()) if near["names"] else _FORM
        yield malformed(
            Directive(Span(start, start + end) if is_block else comment, kind),
            "only line comments are read" if is_block else f"it does not begin with `miglint: {kind}[`",
            hint.replace(IGNORE, kind, 1),
        )


def _directive(comment: str, span: Span, require_reason: bool) -> Directive:
    head = re.match(_HEAD, comment)
    kind = head[1] if head else ""
    directive = Directive(span, kind)
    if kind not in (IGNORE, IGNORE_FILE):
        hint = did_you_mean(kind, (IGNORE, IGNORE_FILE)) or _FORM
        return malformed(
            directive, f"miglint does not know {kind!r}" if kind else "the comment says nothing", hint
        )
    if head is None or not head[2]:
        return malformed(directive, f"{kind} names no rule in brackets", _FORM.replace(IGNORE, kind))
    close = comment.find("]", head.end())
    if close < 0:
        return malformed(directive, "the list of rules has no closing bracket", _FORM.replace(IGNORE, kind))
    rules: dict[str, RuleName] = {}
    at = span.start + head.end()
    for part in comment[head.end() : close].split(","):
        name = part.strip()
        if not name or " " in name:
            problem = f"{name!r} is not a rule name" if name else "the list of rules has an empty entry"
            return malformed(directive, problem, "write rule names with commas between them")
        start = at + part.index(name)
        rules.setdefault(name, RuleName(name, Span(start, start + len(name))))
        at += len(part) + 1
    reason = comment[close + 1 :].strip().lstrip(":-\u2013\u2014").strip()
    if require_reason and not reason:
        return malformed(directive, f"{kind} gives no reason", "say why after the brackets")
    return directive._replace(rules=tuple(rules.values()), reason=reason)


def malformed(directive: Directive, problem: str, hint: str) -> Directive:
    """Give a directive that hides nothing, with what is wrong and what to write."""
    return directive._replace(rules=(), problem=problem, hint=hint)
