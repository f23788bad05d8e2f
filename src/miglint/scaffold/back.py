"""Ways back of stages that come without one, drafted out of the schemas around them."""

from collections.abc import Iterator, Sequence

from miglint.checks.remedies.shown import shown
from miglint.model import Advice, Direction, Schema, Script, Source, Span, TransactionMode
from miglint.model.remedy import Say
from miglint.model.strategy import Stage
from miglint.rollback.draft import Draft, Gap, draft
from miglint.simulate import Machine, Start, Trace, run

_NOTHING = (Say("nothing to undo"),)
_NOT_BACK = ("rows", "schema")


def with_ways_back(
    groups: Sequence[Sequence[Stage]], schema: Schema, advice: Advice, machine: Machine
) -> Iterator[tuple[Stage, ...]]:
    """Give stages that run one after the other, beginning with a schema, each with its way back."""
    for group in groups:
        stages = []
        for stage in group:
            trace = _ran(stage, schema, advice, machine)
            stages.append(stage if stage.down else _drafted(stage, trace, schema, machine))
            schema = trace.schema
        yield tuple(stages)


def _ran(stage: Stage, schema: Schema, advice: Advice, machine: Machine) -> Trace:
    text = shown(stage.up, machine.dialect.write, advice)
    mode = TransactionMode.PER_STATEMENT if stage.outside else TransactionMode.PER_MIGRATION
    script = Script(Source(f"{stage.name}.sql", text), Span(0, len(text)), Direction.UP, mode)
    return run(script, Start(schema), machine)


def _drafted(stage: Stage, trace: Trace, schema: Schema, machine: Machine) -> Stage:
    made = draft(trace, schema, machine.dialect, outside=stage.outside, version=machine.version)
    losses = [stage.loss] if stage.loss else list(map(_sentence, _lost(made)))
    return stage._replace(down=made.steps or _NOTHING, loss=" ".join(losses))


def _lost(made: Draft) -> list[Gap]:
    return [gap for gap in made.gaps if gap.kind in _NOT_BACK]


def _sentence(gap: Gap) -> str:
    return f"{gap.what[:1].upper()}{gap.what[1:]}: {gap.why}."
