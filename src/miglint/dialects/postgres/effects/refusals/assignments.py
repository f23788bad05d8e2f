"""What the server asks of the columns that a statement writes: each one gets one value."""

from miglint.dialects.postgres.effects.situation import Refusals, Situation, refused
from miglint.model import Failure, Insert, Update, quote


def _assigned(operation: Insert | Update, situation: Situation) -> tuple[Failure, ...]:
    if isinstance(operation, Insert) and operation.named_twice:
        reason = f"the column {quote(operation.named_twice)} stands twice in its list"
        return refused(operation.table, reason, "42701", "name each column once")
    if operation.assigned_twice:
        reason = f"it gives the column {quote(operation.assigned_twice)} two values"
        return refused(operation.table, reason, "42601", "keep one of them")
    return ()


REFUSALS: Refusals = {Insert: _assigned, Update: _assigned}
