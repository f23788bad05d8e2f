"""The ways back of migrations that are released together: as written, and drafted where none is."""

from collections.abc import Sequence

from miglint.checks.policy import Policy
from miglint.model import Direction, History, Script, Source, Span, TransactionMode
from miglint.plan.copies import Copy, filled_from
from miglint.plan.unit import Back, Unit
from miglint.rollback.draft import draft, text_of
from miglint.rollback.release import of_release
from miglint.rollback.reversal import reversal
from miglint.simulate import Machine, Ran, Start, run
from miglint.tools import FileText, place_down

DRAFT = "draft of the way back"
_UNREAD = "it cannot be read"
_UNDONE = ("fails", "stays")


def unit_of(history: History, rans: Sequence[Ran], machine: Machine, policy: Policy) -> Unit:
    """Put migrations together with their ways back, and judge these as a whole."""
    forward = policy.down == "off"
    drafts = [ran for ran in rans if ran.up is not None and (ran.down is None or forward)]
    made = {ran.migration.id: _drafted(history, ran, machine, forward=forward) for ran in drafts}
    made.update(
        (ran.migration.id, made[ran.migration.id]._replace(written=_UNREAD))
        for ran in drafts
        if ran.migration.down_unread and not forward
    )
    judged = [_with_draft(ran, made.get(ran.migration.id)) for ran in rans]
    judgement = of_release(judged, machine)
    if not forward and any(reason.kind in _UNDONE for reason in judgement.reasons):
        for ran in rans:
            if ran.up is not None and ran.down is not None:
                better = _better(history, ran, machine)
                made.update({ran.migration.id: better} if better is not None else {})
    before = rans[0].start.schema
    after = next((ran.up.schema for ran in reversed(rans) if ran.up is not None), before)
    backs = [made.get(ran.migration.id, Back(ran.migration, ran.down)) for ran in rans if ran.up is not None]
    return Unit(history, tuple(rans), machine, policy, judgement, tuple(backs[::-1]), before, after)


def _with_draft(ran: Ran, back: Back | None) -> Ran:
    if back is None:
        return ran
    down = back.trace.script if back.trace is not None else None
    return ran._replace(down=back.trace, migration=ran.migration._replace(down=down))


def _better(history: History, ran: Ran, machine: Machine) -> Back | None:
    """Give a draft in the place of a way back that fails, or leaves another schema, where it does better."""
    found = reversal(ran, machine.dialect)
    why = next((reason.words for reason in found.reasons if reason.kind in _UNDONE), "")
    back = _drafted(history, ran, machine, forward=False) if why else None
    return back._replace(written=why) if back is not None and back.sql else None


def _drafted(history: History, ran: Ran, machine: Machine, *, forward: bool) -> Back:
    up, migration = ran.up, ran.migration
    assert up is not None
    if not up.records:
        return Back(migration)
    drafted = draft(up, ran.start.schema, machine.dialect, version=machine.version)
    sql = text_of(drafted.steps, machine.dialect.write)
    if not drafted.steps:
        return Back(migration, None, drafted)
    place = place_down(history, migration.id, sql) if not forward else None
    path = place.path if isinstance(place, FileText) else ""
    return _tried(Back(migration, None, drafted, sql, path), history, ran, machine)


def _tried(back: Back, history: History, ran: Ran, machine: Machine) -> Back:
    """Run a draft on the schema that the way up leaves."""
    up = ran.up
    assert up is not None
    place = back.path if back.path and back.path != up.script.source.path else DRAFT
    mode = TransactionMode.PER_MIGRATION if history.advice.has_downs else TransactionMode.IMPLICIT_BATCH
    script = Script(Source(place, back.sql), Span(0, len(back.sql)), Direction.DOWN, mode)
    return back._replace(trace=run(script, Start(up.schema, up.session), machine, ran.migration.id))


def with_copies(unit: Unit, copies: Sequence[Copy]) -> Unit:
    """Fill in drafts from the copies that people make before, where they leave that to people."""
    rans = {ran.migration.id: ran for ran in unit.rans}
    backs = []
    for back in unit.backs:
        sql, columns = filled_from(copies, back.sql)
        changed = back._replace(sql=sql, filled=columns)
        ran = rans[back.migration.id]
        backs.append(_tried(changed, unit.history, ran, unit.machine) if columns else back)
    return unit._replace(backs=tuple(backs))
