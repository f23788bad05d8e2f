"""The statements of SQL text, and what of it the C scanner gets."""

import re
from collections.abc import Iterator

from miglint.dialects.postgres.library import SyntaxProblem
from miglint.model import Span
from miglint.text.lazy import expression
from miglint.text.sql import IN_WORD, LETTER, blanked, parts, without_comments


def pieces(text: str) -> Iterator[Span]:
    """Cut a text at the semicolons that end a statement, which are in none of the pieces.

    That is where psql cuts: outside parentheses (CREATE RULE), and outside the body of a function in SQL.
    """
    start = at = depth = 0
    body = _Body() if _ATOMIC.search(text) else None
    for part in parts(text, marks=";()"):
        if body is not None:
            if depth == 0:
                body.read(_WORD.findall(text, at, part.start))
            at = part.end
        if part.kind != "mark":
            continue
        mark = text[part.start]
        if mark == "(":
            depth += 1
        elif mark == ")":
            depth = max(depth - 1, 0)
        elif depth == 0 and (body is None or body.depth == 0):
            yield Span(start, part.start)
            start = part.end
            body = body and _Body()
    yield Span(start, len(text))


_ATOMIC = expression("atomic", re.IGNORECASE)
_WORD = expression(rf"{LETTER}{IN_WORD}*")
_HEADS = expression("create (?:or replace )?(?:function|procedure)")


class _Body:
    """How deep a statement stands in BEGIN ... END, if it is one that makes a function."""

    def __init__(self) -> None:
        self.depth = 0
        self._head = ""

    def read(self, words: list[str]) -> None:
        for word in map(str.lower, words):
            if self._head.count(" ") < _HEAD_WORDS:
                self._head += word + " "
            if not _HEADS.match(self._head):
                continue
            if word == "begin" or (word == "case" and self.depth):
                self.depth += 1
            elif word == "end":
                self.depth = max(self.depth - 1, 0)


_HEAD_WORDS = 4
# The C scanner reads a run of operators, or of comments in each other, once for each of its characters.
_LONG_RUN = expression(r"[-+*/<>=~!@#%^&|`?]{200}")


def scannable(text: str) -> str:
    """Give a text that the C scanner reads once: comments that it would read more often are blank.

    Raises SyntaxProblem where it is not made of comments, or of one without an end.
    """
    if not _LONG_RUN.search(text):
        return text
    for part in parts(text):
        if part.kind == "block" and not part.closed:
            raise SyntaxProblem("unterminated /* comment", _bytes(text, part.start))
    text = without_comments(text)
    if found := _LONG_RUN.search(blanked(text)):
        reason = "the run of operators is too long to analyse"
        raise SyntaxProblem(reason, _bytes(text, found.start()), refused=False)
    return text


def _bytes(text: str, at: int) -> int:
    return len(text[:at].encode("utf-8", "surrogatepass"))
