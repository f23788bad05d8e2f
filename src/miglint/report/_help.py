"""The help of a finding in parts: prose, and SQL that a reader pastes."""

from collections.abc import Iterator
from typing import NamedTuple

from miglint.text.lazy import expression
from miglint.text.visible import visible_lines

_COMMAND = (
    r"(?:ALTER|ANALYZE|BEGIN|CALL|CLUSTER|COMMENT|COMMIT|CREATE|DELETE|DO|DROP|INSERT|LOCK|REFRESH|REINDEX"
    r"|RENAME|RESET|ROLLBACK|SELECT|SET|TRUNCATE|UPDATE|VACUUM|WITH)\b"
)
_START = expression(rf"\s*{_COMMAND}")
_AFTER_PROSE = expression(rf"(?P<prose>.*?:)\s+(?P<sql>{_COMMAND}.*;)$")
_BODY = expression(r"\$\w*\$")
_END = expression(r";\s*(?:--.*)?$")


class Part(NamedTuple):
    """Lines of prose, or lines of SQL with their own indentation."""

    is_sql: bool
    lines: tuple[str, ...]

    @property
    def flush(self) -> list[str]:
        """The lines without the indentation that all of them share."""
        indents = (len(line) - len(line.lstrip()) for line in self.lines if line.strip())
        shared = min(indents, default=0)
        return [line[shared:] if line.strip() else "" for line in self.lines]


def parts(text: str) -> tuple[Part, ...]:
    """Give the parts of a help in their order; without a semicolon, words in capitals are prose."""
    found: list[Part] = []
    for is_sql, lines in _runs(visible_lines(text.strip("\n"))):
        if found and found[-1].is_sql == is_sql:
            found[-1] = Part(is_sql, (*found[-1].lines, *lines))
        else:
            found.append(Part(is_sql, lines))
    return tuple(found)


def _runs(lines: list[str]) -> Iterator[tuple[bool, tuple[str, ...]]]:
    at = 0
    while at < len(lines):
        end = _end_of_statement(lines, at)
        if end:
            yield True, tuple(lines[at:end])
        elif inline := _AFTER_PROSE.match(lines[at]):
            yield False, (inline["prose"],)
            yield True, (inline["sql"],)
        else:
            # A comment belongs to the SQL that it stands above or below.
            yield lines[at].lstrip().startswith("--"), (lines[at],)
        at = end or at + 1


def _end_of_statement(lines: list[str], start: int) -> int:
    """Give the line after the statement that begins on a line; 0 if none does."""
    if not _START.match(lines[start]):
        return 0
    in_body = False
    for at in range(start, len(lines)):
        if lines[at].rstrip().endswith(":"):
            return 0
        in_body ^= len(_BODY.findall(lines[at])) % 2 == 1
        if not in_body and _END.search(lines[at]):
            return at + 1
    return 0
