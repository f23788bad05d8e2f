"""What the server does for views, triggers, functions, sequences and types."""

from miglint.dialects.postgres.effects.situation import Situation, locks, on_view
from miglint.dialects.postgres.effects.tables import lost_views
from miglint.dialects.postgres.locks import (
    ACCESS_EXCLUSIVE,
    ACCESS_SHARE,
    EXCLUSIVE,
    SHARE,
    SHARE_ROW_EXCLUSIVE,
)
from miglint.dialects.sql.replay.drops import columns_of_type, defaults_of_type
from miglint.model import (
    AlterDomain,
    CreateTrigger,
    CreateView,
    DropFunction,
    DropSequence,
    DropTrigger,
    DropType,
    DropView,
    Effects,
    Lock,
    Loss,
    RefreshMaterializedView,
    RenameTrigger,
    Work,
)


def create_view(operation: CreateView, situation: Situation) -> Effects:
    """`CREATE VIEW`: it reads nothing; a materialized view reads its tables without blocking writes."""
    return Effects(locks=locks(ACCESS_SHARE, operation.query.reads))


def drop_view(operation: DropView, situation: Situation) -> Effects:
    """`DROP VIEW`; a materialized view holds data."""
    view = situation.schema.view(operation.view)
    if view is None and (operation.if_exists or not operation.materialized):
        return Effects()
    losses: tuple[Loss, ...] = ()
    if operation.materialized and situation.may_lose(operation.view):
        losses = (Loss("materialized view", operation.view),)
    if operation.cascade and view is not None:
        losses += tuple(loss for loss in lost_views(view, situation) if loss.kind == "materialized view")
    stored = locks(ACCESS_EXCLUSIVE, [loss.table for loss in losses])
    return Effects(locks=(*on_view(ACCESS_EXCLUSIVE, operation.view, situation), *stored), destroys=losses)


def refresh_view(operation: RefreshMaterializedView, situation: Situation) -> Effects:
    """`REFRESH MATERIALIZED VIEW`: readers wait; with CONCURRENTLY only writers of the view do."""
    mode = EXCLUSIVE if operation.concurrently else ACCESS_EXCLUSIVE
    view = situation.schema.view(operation.view)
    reads = locks(ACCESS_SHARE, view.reads) if view else ()
    rewrites: tuple[Work, ...] = ()
    if operation.with_data and not operation.concurrently and (view is None or view.populated):
        rewrites = situation.works_on(operation.view, "the view is computed again", "refresh")
    computed: tuple[Work, ...] = ()
    if operation.concurrently:
        reason = f"{operation.view.display} is computed again"
        computed = situation.works_on(operation.view, reason, "refresh")
    return Effects(locks=(Lock(operation.view, mode), *reads), rewrites=rewrites, reads=computed)


def create_trigger(operation: CreateTrigger, situation: Situation) -> Effects:
    family = situation.family(operation.table) if operation.row else (operation.table,)
    other = locks(SHARE_ROW_EXCLUSIVE, [operation.from_table]) if operation.from_table else ()
    if situation.is_partitioned(operation.table):
        return Effects(locks=(*locks(SHARE_ROW_EXCLUSIVE, family), *other))
    return Effects(locks=(Lock(operation.table, SHARE_ROW_EXCLUSIVE), *other))


def drop_trigger(operation: DropTrigger | RenameTrigger, situation: Situation) -> Effects:
    table = situation.schema.table(operation.table)
    gone = situation.schema.is_gone("relation", operation.table)
    known = not gone if table is None else any(t.name == operation.trigger for t in table.triggers)
    if isinstance(operation, DropTrigger) and operation.if_exists and not known:
        return Effects()
    family = situation.family(operation.table) if situation.is_partitioned(operation.table) else ()
    return Effects(locks=locks(ACCESS_EXCLUSIVE, (operation.table, *family)))


def drop_function(operation: DropFunction, situation: Situation) -> Effects:
    """`DROP FUNCTION ... CASCADE` takes the triggers that call it off their tables."""
    if not operation.cascade or operation.arguments:
        return Effects()
    tables = situation.schema.tables_calling(function=operation.function)
    called = [t.name for t in tables if any(g.function == operation.function for g in t.triggers)]
    return Effects(locks=locks(ACCESS_EXCLUSIVE, called))


def drop_type(operation: DropType, situation: Situation) -> Effects:
    """`DROP TYPE ... CASCADE` drops the columns of that type."""
    if not operation.cascade:
        return Effects()
    columns = columns_of_type(operation.type, situation.schema)
    defaults = defaults_of_type(operation.type, situation.schema)
    return Effects(
        locks=locks(ACCESS_EXCLUSIVE, [table for table, _ in (*columns, *defaults)]),
        destroys=tuple(
            Loss("column", table, column) for table, column in columns if situation.may_lose(table)
        ),
    )


def drop_sequence(operation: DropSequence, situation: Situation) -> Effects:
    """`DROP SEQUENCE ... CASCADE` takes the defaults that use it."""
    sequence = situation.schema.sequence(operation.sequence)
    if sequence is None or not operation.cascade or sequence.owner is None:
        return Effects()
    return Effects(locks=(Lock(sequence.owner[0], ACCESS_EXCLUSIVE),))


def alter_domain(operation: AlterDomain, situation: Situation) -> Effects:
    """A new condition on a domain is tested on every column of it, writes waiting."""
    adds = operation.action == "add constraint" and not (
        operation.constraint is not None and operation.constraint.not_valid
    )
    if not adds and operation.action not in ("set not null", "validate constraint"):
        return Effects()
    columns = columns_of_type(operation.domain, situation.schema)
    tables = tuple(dict.fromkeys(table for table, _ in columns))
    reason = f"the condition of the domain {operation.domain.display} is tested"
    return Effects(
        locks=locks(SHARE, tables),
        scans=tuple(w for table in tables for w in situation.works_on(table, reason, "domain")),
        failures=tuple(
            f for t in tables for f in situation.fails(t, "rows that violate the domain", certain=False)
        ),
    )
