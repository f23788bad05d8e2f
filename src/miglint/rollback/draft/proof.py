"""The proof of a draft: it runs in the simulation, and its end is compared with what was before."""

from typing import NamedTuple

from miglint.dialects.dialect import Dialect
from miglint.model import Direction, Schema, Script, Source, Span, TransactionMode, Version
from miglint.rollback.compare import Comparison, compare
from miglint.simulate import Machine, Start, run
from miglint.simulate.trace import Trace


class Proof(NamedTuple):
    """What a draft leaves: how the schema differs from the one before, and what a server refuses for sure."""

    comparison: Comparison
    failures: tuple[str, ...]
    trace: Trace

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
    return Proof(compare(before, trace.schema, dialect.alike), tuple(dict.fromkeys(failures)), trace)
