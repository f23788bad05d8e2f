"""What the server asks of a materialized view before it refreshes it beside its readers."""

from miglint.dialects.postgres.effects.situation import Refusals, Situation, refused
from miglint.model import Failure, RefreshMaterializedView


def _refresh(operation: RefreshMaterializedView, situation: Situation) -> tuple[Failure, ...]:
    view = situation.schema.view(operation.view)
    if not operation.concurrently or view is None or not view.materialized:
        return ()
    schema = situation.schema
    if not schema.is_read or any(name.schema == view.name.schema for name in schema.unsure):
        return ()
    if not view.populated:
        reason = f"{view.name.display} has no data yet, and CONCURRENTLY needs what was there before"
        remedy = f"REFRESH MATERIALIZED VIEW {view.name.sql}; -- once, before CONCURRENTLY"
        return refused(view.name, reason, "0A000", remedy)
    indexes = schema.indexes_of(view)
    if any(i.unique and i.valid and i.predicate is None and not i.expressions for i in indexes):
        return ()
    reason = f"{view.name.display} has no unique index of plain columns and all rows, as CONCURRENTLY needs"
    remedy = f"CREATE UNIQUE INDEX ON {view.name.sql} (...); -- first"
    return refused(view.name, reason, "55000", remedy)


REFUSALS: Refusals = {RefreshMaterializedView: _refresh}
