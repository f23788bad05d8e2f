"""The page on what other linters report, and which rule here answers it, or why none does.

The table is in `coverage.txt`: a name, the rules that answer it, a remark. Instead of rules stands `-` where
there is none on purpose, `other` where it is about another database or language, and nothing at squawk's,
whose answers users can ask for. `*` behind a name marks what is taste, `+` what its own linter has off by
default.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from miglint.config.squawk_rules import answers_to
from miglint.rule import Rule

_TABLE = Path(__file__).with_name("coverage.txt")
NONE, OTHER = "-", "other"
_COMMAND = "`"
SQUAWK = "squawk 2.70"
_INTRODUCTION = """\
# What other linters report

The hazards that linters of migrations are known to name, and the rules of other linters, each with the rule
here that reports the same, or the reason why there is none.
miglint reads SQL: what others read in Ruby or Python is answered where the framework prints its SQL.
Rules marked with ° are off by default; `select` in the [configuration](configuration.md) switches them on.
"""


class Row(NamedTuple):
    """What a linter reports; `answers` are rules here, or commands in backquotes."""

    name: str
    answers: tuple[str, ...]
    remark: str
    taste: bool
    off: bool

    @property
    def is_answered(self) -> bool:
        """Whether something here reports it."""
        return self.answers[0] not in (NONE, OTHER)

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules here that report it."""
        return tuple(a for a in self.answers if a not in (NONE, OTHER) and a[0] != _COMMAND)


def sections() -> dict[str, list[Row]]:
    """Give the rows of each linter."""
    found: dict[str, list[Row]] = {}
    rows: list[Row] = []
    for line in _TABLE.read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            rows = found.setdefault(line[2:], [])
        elif line:
            name, answers, remark = (part.strip() for part in line.split("|"))
            plain = name.rstrip("*+ ")
            given = tuple(answer.strip() for answer in answers.split(","))
            rows.append(
                Row(
                    plain,
                    given if answers else answers_to(plain),
                    remark,
                    taste=name.endswith("*"),
                    off=name.endswith("+"),
                )
            )
    return found


def coverage(rules: Iterable[Rule]) -> str:
    """Give the page."""
    known = {rule.name: rule for rule in rules}
    return "\n".join((_INTRODUCTION, *_summary(), "", *_tables(known)))


def squawk_rules(rules: Iterable[Rule]) -> str:
    """Give the table for those who come from squawk."""
    known = {rule.name: rule for rule in rules}
    return "\n".join((*_table("squawk", sections()[SQUAWK], known), ""))


def _summary() -> Iterator[str]:
    yield "| | rows | answered | not, on purpose | other database or language |"
    yield "|---|---|---|---|---|"
    for title, rows in sections().items():
        answered = sum(row.is_answered for row in rows)
        other = sum(row.answers[0] == OTHER for row in rows)
        yield f"| {title} | {len(rows)} | {answered} | {len(rows) - answered - other} | {other} |"
    own = [row for row in sections()[SQUAWK] if not (row.taste or row.off)]
    yield ""
    yield (
        f"Of the {len(own)} rules that squawk has on by default and that are no matter of taste, "
        f"{sum(row.is_answered for row in own)} are answered."
    )


def _tables(known: Mapping[str, Rule]) -> Iterator[str]:
    for title, rows in sections().items():
        yield f"## {title}\n"
        yield from _table("reported", rows, known)
        yield ""


def _table(head: str, rows: Iterable[Row], known: Mapping[str, Rule]) -> Iterator[str]:
    yield f"| {head} | miglint | |"
    yield "|---|---|---|"
    for row in rows:
        answers = ", ".join(_link(answer, known) for answer in row.answers) if row.is_answered else ""
        said = ("off by default there" if row.off else "", row.remark)
        yield f"| {row.name} | {answers} | {'; '.join(filter(None, said))} |"


def _link(answer: str, known: Mapping[str, Rule]) -> str:
    if answer.startswith(_COMMAND):
        return answer
    off = "" if known[answer].profile == "safety" else "°"
    return f"[{answer}](rules/{answer}.md){off}"
