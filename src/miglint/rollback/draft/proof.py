"""The proof of a draft: it runs in the simulation, and its end is compared with what was before."""

import re
from typing import NamedTuple

from miglint.dialects.dialect import Dialect
from miglint.model import Direction, Schema, Script, Source, Span, TransactionMode, Version, View
from miglint.rollback.aspects import words
from miglint.rollback.compare import Comparison, compare
from miglint.simulate import Machine, Start, run
from miglint.simulate.trace import Trace


class Proof(NamedTuple):
    """What a draft leaves: how the schema differs from the one before, and what a server refuses for sure."""

    comparison: Comparison
    failures: tuple[str, ...]
    trace: Trace

    def is_no_worse(self, other: "Proof") -> bool:
        """Whether no more is different than after another draft, and no more refused."""
        return self._badness() <= other._badness()

    def _badness(self) -> tuple[int, int]:
        left = (each for each in self.comparison.differences if each.weight != "information")
        return len(self.failures), len([*left, *self.comparison.unknown])

    @property
    def holds(self) -> bool:
        """Whether the schema is what it was, but for what makes no difference."""
        return not self.failures and self.comparison.is_exact


def proved(sql: str, after: Start, before: Schema, dialect: Dialect, version: Version) -> Proof:
    """Run a draft from what the way up leaves, and compare."""
    source = Source("draft.sql", sql)
    script = Script(source, Span(0, len(sql)), Direction.DOWN, TransactionMode.PER_STATEMENT)
    trace = run(script, after, Machine(dialect, version))
    failures = [
        f"{failure.reason} ({failure.sqlstate})" if failure.sqlstate else failure.reason
        for record in trace.records
        for failure in record.effects.failures
        if failure.certain and failure.cause.value != "rows"
    ]
    failures += [missing.reason for missing in trace.not_analysed]
    comparison = compare(before, trace.schema, dialect.alike)
    unknown = tuple(each for each in comparison.unknown if not _is_made_alike(each, before, trace.schema))
    return Proof(comparison._replace(unknown=unknown), tuple(dict.fromkeys(failures)), trace)


def _is_made_alike(label: str, before: Schema, after: Schema) -> bool:
    """Whether a view is made of the same text, whatever OR REPLACE says, out of the same columns."""
    for name, view in before.relations.items() if "view " in label else ():
        if isinstance(view, View) and words(view) == label:
            return _told(view) == _told(after.view(name))
    return False


def _told(view: View | None) -> object:
    if view is None or view.definition is None:
        return None
    text = _CREATE.sub("", " ".join(view.definition.text.split()))
    return text.rstrip("; "), sorted(view.columns_read), [column.name for column in view.columns or ()]


_CREATE = re.compile(r"(?i)^create (?:or replace )?")
