"""The ways back of migrations that are released together: as written, and drafted where none is."""

from collections.abc import Sequence

from miglint.checks.policy import Policy
from miglint.model import Direction, History, Script, Source, Span, TransactionMode
from miglint.plan.unit import Back, Unit
from miglint.rollback.draft import draft, text_of
from miglint.rollback.release import of_release
from miglint.simulate import Machine, Ran, Start, run
from miglint.tools import FileText, place_down

DRAFT = "draft of the way back"


def unit_of(history: History, rans: Sequence[Ran], machine: Machine, policy: Policy) -> Unit:
    """Put migrations together with their ways back, and judge these as a whole."""
    backs: list[Back] = []
    judged: list[Ran] = []
    for ran in rans:
        back, with_back = _back(history, ran, machine, policy)
        judged.append(with_back)
        if back is not None:
            backs.append(back)
    before = rans[0].start.schema
    after = next((ran.up.schema for ran in reversed(rans) if ran.up is not None), before)
    reversal = of_release(judged, machine)
    return Unit(history, tuple(rans), machine, policy, reversal, tuple(backs[::-1]), before, after)


def _back(history: History, ran: Ran, machine: Machine, policy: Policy) -> tuple[Back | None, Ran]:
    up, migration = ran.up, ran.migration
    if up is None:
        return None, ran
    if ran.down is not None and policy.down != "off":
        return Back(migration, ran.down), ran
    if not up.records:
        return Back(migration), ran
    drafted = draft(up, ran.start.schema, machine.dialect, version=machine.version)
    sql = text_of(drafted.steps, machine.dialect.write)
    if not drafted.steps:
        return Back(migration, None, drafted), ran._replace(
            down=None, migration=migration._replace(down=None)
        )
    place = place_down(history, migration.id, sql) if policy.down != "off" else None
    path = place.path if isinstance(place, FileText) else ""
    is_own = path and path != up.script.source.path
    mode = TransactionMode.PER_MIGRATION if history.advice.has_downs else TransactionMode.IMPLICIT_BATCH
    script = Script(Source(path if is_own else DRAFT, sql), Span(0, len(sql)), Direction.DOWN, mode)
    trace = run(script, Start(up.schema, up.session), machine, migration.id)
    with_down = ran._replace(down=trace, migration=migration._replace(down=script))
    return Back(migration, trace, drafted, sql, path), with_down
