"""What the server does for whole tables, indexes, views, sequences and types."""

from miglint.dialects.postgres.effects.columns import rewrite
from miglint.dialects.postgres.effects.situation import (
    ACCESS_EXCLUSIVE,
    ACCESS_SHARE,
    EXCLUSIVE,
    SHARE,
    SHARE_ROW_EXCLUSIVE,
    SHARE_UPDATE_EXCLUSIVE,
    Situation,
    destroyed_table,
    locks,
    on_view,
    parents_of,
    sum_of,
)
from miglint.model import (
    AlterDomain,
    AlterInheritance,
    AttachPartition,
    CreateIndex,
    CreateTable,
    CreateTrigger,
    CreateView,
    DetachPartition,
    DropFunction,
    DropIndex,
    DropSchema,
    DropSequence,
    DropTable,
    DropTrigger,
    DropType,
    DropView,
    Effects,
    Failure,
    Lock,
    LockMode,
    Loss,
    Maintenance,
    MoveTable,
    Name,
    RefreshMaterializedView,
    Reindex,
    RenameConstraint,
    RenameTable,
    RenameTrigger,
    Table,
    TableCommand,
    TableOperation,
    Truncate,
    View,
    Work,
)
from miglint.replay.constraints import not_null_columns
from miglint.replay.drops import columns_of_type, defaults_of_type

_COMMAND_LOCKS = {
    "set statistics": SHARE_UPDATE_EXCLUSIVE,
    "set column options": SHARE_UPDATE_EXCLUSIVE,
    "set storage parameter": SHARE_UPDATE_EXCLUSIVE,
    "cluster on": SHARE_UPDATE_EXCLUSIVE,
    "comment": SHARE_UPDATE_EXCLUSIVE,
    "comment on tabconstraint": SHARE_UPDATE_EXCLUSIVE,
    "comment on trigger": SHARE_UPDATE_EXCLUSIVE,
    "comment on policy": SHARE_UPDATE_EXCLUSIVE,
    "comment on rule": SHARE_UPDATE_EXCLUSIVE,
    "create statistics": SHARE_UPDATE_EXCLUSIVE,
    "enable trigger": SHARE_ROW_EXCLUSIVE,
    "disable trigger": SHARE_ROW_EXCLUSIVE,
}
_REWRITING_COMMANDS = {
    "set logged": "SET LOGGED writes the whole table to the write-ahead log",
    "set unlogged": "SET UNLOGGED copies the table",
    "set tablespace": "SET TABLESPACE copies the table",
    "set access method": "SET ACCESS METHOD copies the table",
}


def create_table(operation: CreateTable, situation: Situation) -> Effects:
    """`CREATE TABLE`: what it does to tables that are already there."""
    if operation.if_not_exists and operation.table in situation.schema.relations:
        return Effects()
    found = [
        Effects(locks=locks(ACCESS_SHARE, [source for source, _ in operation.like])),
        Effects(locks=locks(SHARE_UPDATE_EXCLUSIVE, operation.inherits)),
    ]
    if operation.query is not None:
        found.append(Effects(locks=locks(ACCESS_SHARE, operation.query.reads)))
    inline = [c for column in operation.columns for c in column.constraints]
    parents = [
        c.references
        for c in (*inline, *operation.constraints)
        if c.references and c.references != operation.table
    ]
    if operation.partition_of is not None:
        parent = situation.schema.table(operation.partition_of)
        parents += [key.references for key in (parent.foreign_keys if parent else ()) if key.references]
        found.append(_new_partition(operation.partition_of, situation))
    found += [Effects(locks=locks(SHARE_ROW_EXCLUSIVE, situation.family(name))) for name in parents]
    return sum_of(found)


def _new_partition(parent: Name, situation: Situation) -> Effects:
    table = situation.schema.table(parent)
    default = _default_partition(table, situation)
    if default is None:
        return Effects(locks=(Lock(parent, ACCESS_EXCLUSIVE),))
    return Effects(
        locks=locks(ACCESS_EXCLUSIVE, (parent, default)), scans=_scan_of_default(table, default, situation)
    )


def _scan_of_default(parent: Table | None, default: Name, situation: Situation) -> tuple[Work, ...]:
    """A new partition takes its rows from the default one, unless a valid CHECK there keeps them out.

    As with a partition's own bound, a CHECK on the partition columns is taken to be there for this purpose.
    """
    columns = set(parent.partition_columns) if parent else set()
    table = situation.schema.table(default)
    for constraint in table.constraints if table else ():
        if constraint.kind == "check" and constraint.valid and columns and columns <= set(constraint.columns):
            return ()
    return situation.works_on(default, "its rows are read to see that none belongs into the new partition")


def _default_partition(table: Table | None, situation: Situation) -> Name | None:
    for name in table.partitions if table else ():
        partition = situation.schema.table(name)
        if partition is not None and partition.partition_default:
            return name
    return None


def drop_table(operation: DropTable, situation: Situation) -> Effects:
    """`DROP TABLE`: ACCESS EXCLUSIVE, also on the tables at the other end of foreign keys."""
    if operation.if_exists and operation.table not in situation.schema.relations:
        return Effects()
    return _drop_family(operation.table, situation, cascade=operation.cascade)


def _drop_family(name: Name, situation: Situation, *, cascade: bool) -> Effects:
    family = situation.family(name)
    others: list[Name] = []
    losses: list[Loss] = []
    for member in family:
        table = situation.schema.table(member)
        losses += destroyed_table(member, situation)
        if table is None:
            continue
        others += parents_of(table)
        if table.partition_of is not None:
            others.append(table.partition_of)
        if cascade:
            others += table.referenced_by
            losses += _lost_views(table, situation)
    relation = situation.schema.table(name)
    failures: tuple[Failure, ...] = ()
    if relation is not None and not cascade:
        holders = [h for h in relation.referenced_by if h not in family]
        if holders:
            reason = f"the foreign key of {holders[0].display} points to it"
            failures = (Failure(name, reason, True),)
    if not situation.is_partitioned(name):
        losses = [loss for loss in losses if loss.table in family or loss.kind != "table"]
    return Effects(
        locks=locks(ACCESS_EXCLUSIVE, (*family, *others)), destroys=tuple(losses), failures=failures
    )


def _lost_views(relation: Table | View, situation: Situation) -> list[Loss]:
    found = []
    for name in relation.dependents:
        view = situation.schema.view(name)
        if view is not None:
            found += [Loss("materialized view" if view.materialized else "view", name)]
            found += _lost_views(view, situation)
    return found


def rename_table(operation: RenameTable | MoveTable, situation: Situation) -> Effects:
    """Renaming or moving a table or view locks it; an index or a sequence is none of our tables."""
    if operation.keyword in ("index", "sequence"):
        relation = situation.schema.relations.get(operation.table)
        if not isinstance(relation, (Table, View)):
            return Effects()
    if operation.if_exists and operation.table not in situation.schema.relations:
        return Effects()
    return Effects(locks=on_view(ACCESS_EXCLUSIVE, operation.table, situation))


def rename_constraint(operation: RenameConstraint, situation: Situation) -> Effects:
    return Effects(locks=locks(ACCESS_EXCLUSIVE, situation.family(operation.table, only=operation.only)))


def on_table(operation: TableOperation, situation: Situation) -> Effects:
    """The many actions that only change the catalog."""
    return Effects(locks=locks(ACCESS_EXCLUSIVE, situation.family(operation.table, only=operation.only)))


def on_table_alone(operation: TableOperation, situation: Situation) -> Effects:
    """Catalog changes that do not reach partitions or children."""
    return Effects(locks=(Lock(operation.table, ACCESS_EXCLUSIVE),))


def table_command(operation: TableCommand, situation: Situation) -> Effects:
    """Commands of ALTER TABLE, COMMENT, policies, rules, statistics."""
    if situation.schema.view(operation.table) is not None:
        mode = SHARE_UPDATE_EXCLUSIVE if operation.action == "comment" else ACCESS_EXCLUSIVE
        return Effects(locks=on_view(mode, operation.table, situation))
    mode = _COMMAND_LOCKS.get(operation.action, ACCESS_EXCLUSIVE)
    reach = operation.action in ("set statistics", "set storage", "enable trigger", "disable trigger")
    family = situation.family(operation.table, only=operation.only or not reach)
    total = Effects(locks=locks(mode, family))
    reason = _REWRITING_COMMANDS.get(operation.action)
    if reason is None or _is_already(operation, situation):
        return total
    return total.also(rewrite((operation.table,), reason, situation))


def _is_already(operation: TableCommand, situation: Situation) -> bool:
    table = situation.schema.table(operation.table)
    if table is None:
        return False
    if operation.action in ("set logged", "set unlogged"):
        return table.unlogged == (operation.action == "set unlogged")
    return bool(table.partition_by)


def attach_partition(operation: AttachPartition, situation: Situation) -> Effects:
    """`ATTACH PARTITION`: the child is read unless a valid CHECK implies the bound; the default always."""
    parent = situation.schema.table(operation.table)
    child = situation.schema.table(operation.partition)
    total = Effects(
        locks=(
            Lock(operation.table, SHARE_UPDATE_EXCLUSIVE),
            *locks(ACCESS_EXCLUSIVE, situation.family(operation.partition)),
        )
    )
    if child is None or not _bound_may_be_proved(parent, child):
        reason = "every row is read to see that it fits the partition bound"
        scans = tuple(
            w for name in situation.stored(operation.partition) for w in situation.works_on(name, reason)
        )
        total = total.also(Effects(scans=scans))
    default = _default_partition(parent, situation)
    if default is not None:
        scans = _scan_of_default(parent, default, situation)
        total = total.also(Effects(locks=(Lock(default, ACCESS_EXCLUSIVE),), scans=scans))
    if parent is not None:
        total = total.also(_missing_indexes(parent, operation.partition, situation))
        for key in parent.foreign_keys:
            own = child.foreign_keys if child else ()
            if key.references is not None and not any(k.columns == key.columns for k in own):
                references = situation.family(key.references)
                scans = situation.works_on(
                    operation.partition, "every row is looked up in the referenced table"
                )
                total = total.also(Effects(locks=locks(SHARE_ROW_EXCLUSIVE, references), scans=scans))
    return total


def _bound_may_be_proved(parent: Table | None, child: Table) -> bool:
    """Whether a valid CHECK speaks of the partition columns, and these cannot be null.

    The bound itself is not compared with the CHECK: one on these columns is there for this purpose.
    """
    columns = set(parent.partition_columns) if parent else set()
    checked = any(
        c.kind == "check" and c.valid and columns and columns <= set(c.columns) for c in child.constraints
    )
    return checked and columns <= not_null_columns(child)


def _missing_indexes(parent: Table, child: Name, situation: Situation) -> Effects:
    table = situation.schema.table(child)
    own = situation.schema.indexes_of(table) if table else ()
    builds: list[Work] = []
    for index in situation.schema.indexes_of(parent):
        if not any(
            (i.elements, i.unique, i.method) == (index.elements, index.unique, index.method) for i in own
        ):
            builds += situation.builds(child, index.name.name, "the partition lacks an index of its parent")
    return Effects(index_builds=tuple(builds))


def detach_partition(operation: DetachPartition, situation: Situation) -> Effects:
    """`DETACH PARTITION`."""
    mode = SHARE_UPDATE_EXCLUSIVE if operation.concurrently or operation.finalize else ACCESS_EXCLUSIVE
    parent = situation.schema.table(operation.table)
    default = _default_partition(parent, situation)
    others = (default,) if default is not None and not operation.concurrently else ()
    return Effects(
        locks=(
            Lock(operation.table, mode),
            *locks(ACCESS_EXCLUSIVE, (operation.partition, *others)),
        ),
        outside_transaction="DETACH PARTITION CONCURRENTLY" if operation.concurrently else "",
    )


def alter_inheritance(operation: AlterInheritance, situation: Situation) -> Effects:
    return Effects(
        locks=(Lock(operation.table, ACCESS_EXCLUSIVE), Lock(operation.parent, SHARE_UPDATE_EXCLUSIVE))
    )


# --- indexes --------------------------------------------------------------------------------------


def create_index(operation: CreateIndex, situation: Situation) -> Effects:
    """`CREATE INDEX`: SHARE while it builds; CONCURRENTLY lets writes go on."""
    name = operation.name or "the index"
    if operation.if_not_exists and Name(operation.table.schema, name) in situation.schema.relations:
        mode = SHARE_UPDATE_EXCLUSIVE if operation.concurrently else SHARE
        return Effects(
            locks=(Lock(operation.table, mode),), outside_transaction=_concurrently(operation.concurrently)
        )
    mode = SHARE_UPDATE_EXCLUSIVE if operation.concurrently else SHARE
    family = situation.family(operation.table, only=operation.only)
    if not situation.is_partitioned(operation.table):
        family = (operation.table,)  # Children by inheritance do not share indexes.
    builds = [
        b
        for member in family
        if not situation.is_partitioned(member)
        for b in situation.builds(member, name, "the index is built")
    ]
    failures: tuple[Failure, ...] = ()
    if operation.unique:
        columns = ", ".join(e.column or "an expression" for e in operation.elements)
        failures = situation.fails(operation.table, f"duplicates in ({columns})", certain=False)
    if operation.concurrently and situation.is_partitioned(operation.table):
        reason = "CONCURRENTLY is refused for an index of a partitioned table"
        failures = (Failure(operation.table, reason, True),)
    return Effects(
        locks=locks(mode, family),
        index_builds=tuple(builds),
        failures=failures,
        outside_transaction=_concurrently(operation.concurrently),
    )


def _concurrently(concurrently: bool, command: str = "CREATE INDEX") -> str:
    return f"{command} CONCURRENTLY" if concurrently else ""


def drop_index(operation: DropIndex, situation: Situation) -> Effects:
    """`DROP INDEX`: short, but ACCESS EXCLUSIVE on the table."""
    index = situation.schema.index_named(operation.name)
    if index is None:
        return Effects(outside_transaction=_concurrently(operation.concurrently, "DROP INDEX"))
    mode = SHARE_UPDATE_EXCLUSIVE if operation.concurrently else ACCESS_EXCLUSIVE
    family = situation.family(index.table) if situation.is_partitioned(index.table) else (index.table,)
    failures: tuple[Failure, ...] = ()
    if index.constraint is not None:
        reason = f"the index belongs to the constraint {index.constraint}"
        failures = (Failure(index.table, reason, True),)
    return Effects(
        locks=locks(mode, family),
        failures=failures,
        outside_transaction=_concurrently(operation.concurrently, "DROP INDEX"),
    )


def reindex(operation: Reindex, situation: Situation) -> Effects:
    """`REINDEX`: SHARE on the table while it builds (and readers of the index wait)."""
    outside = "REINDEX CONCURRENTLY" if operation.concurrently else ""
    if operation.kind in ("schema", "database", "system"):
        return Effects(outside_transaction=outside or f"REINDEX {operation.kind.upper()}")
    mode = SHARE_UPDATE_EXCLUSIVE if operation.concurrently else SHARE
    target = operation.target
    if target is None:
        return Effects(outside_transaction=outside)
    index = situation.schema.index_named(target)
    tables = (index.table,) if index is not None else situation.family(target)
    builds: list[Work] = []
    for name in tables:
        relation = situation.schema.relations.get(name)
        owned = situation.schema.indexes_of(relation) if isinstance(relation, (Table, View)) else ()
        for built in (index,) if index is not None else owned:
            builds += situation.builds(name, built.name.name, "the index is built again")
    return Effects(locks=locks(mode, tables), index_builds=tuple(builds), outside_transaction=outside)


# --- views ----------------------------------------------------------------------------------------


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
        losses += tuple(loss for loss in _lost_views(view, situation) if loss.kind == "materialized view")
    stored = locks(ACCESS_EXCLUSIVE, [loss.table for loss in losses])
    return Effects(locks=(*on_view(ACCESS_EXCLUSIVE, operation.view, situation), *stored), destroys=losses)


def refresh_view(operation: RefreshMaterializedView, situation: Situation) -> Effects:
    """`REFRESH MATERIALIZED VIEW`: readers wait; with CONCURRENTLY only writers of the view do."""
    mode = EXCLUSIVE if operation.concurrently else ACCESS_EXCLUSIVE
    view = situation.schema.view(operation.view)
    reads = locks(ACCESS_SHARE, view.reads) if view else ()
    rewrites: tuple[Work, ...] = ()
    if operation.with_data and not operation.concurrently and view is not None and view.populated:
        rewrites = situation.works_on(operation.view, "the view is computed again")
    return Effects(locks=(Lock(operation.view, mode), *reads), rewrites=rewrites)


# --- triggers, functions, types, schemas ----------------------------------------------------------


def create_trigger(operation: CreateTrigger, situation: Situation) -> Effects:
    family = situation.family(operation.table) if operation.row else (operation.table,)
    other = locks(SHARE_ROW_EXCLUSIVE, [operation.from_table]) if operation.from_table else ()
    if situation.is_partitioned(operation.table):
        return Effects(locks=(*locks(SHARE_ROW_EXCLUSIVE, family), *other))
    return Effects(locks=(Lock(operation.table, SHARE_ROW_EXCLUSIVE), *other))


def drop_trigger(operation: DropTrigger | RenameTrigger, situation: Situation) -> Effects:
    table = situation.schema.table(operation.table)
    known = table is None or any(t.name == operation.trigger for t in table.triggers)
    if isinstance(operation, DropTrigger) and operation.if_exists and not known:
        return Effects()
    family = situation.family(operation.table) if situation.is_partitioned(operation.table) else ()
    return Effects(locks=locks(ACCESS_EXCLUSIVE, (operation.table, *family)))


def drop_function(operation: DropFunction, situation: Situation) -> Effects:
    """`DROP FUNCTION ... CASCADE` takes the triggers that call it off their tables."""
    if not operation.cascade:
        return Effects()
    tables = [
        relation.name
        for relation in situation.schema.relations.values()
        if isinstance(relation, Table)
        and any(t.function == str(operation.function) for t in relation.triggers)
    ]
    return Effects(locks=locks(ACCESS_EXCLUSIVE, tables))


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


def drop_schema(operation: DropSchema, situation: Situation) -> Effects:
    """`DROP SCHEMA ... CASCADE` drops every table in it."""
    if not operation.cascade:
        return Effects()
    tables = [
        relation.name
        for name, relation in situation.schema.relations.items()
        if name.schema == operation.schema and isinstance(relation, Table)
    ]
    return sum_of(_drop_family(name, situation, cascade=True) for name in tables)


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
        scans=tuple(w for table in tables for w in situation.works_on(table, reason)),
        failures=tuple(
            f for t in tables for f in situation.fails(t, "rows that violate the domain", certain=False)
        ),
    )


# --- whole-table commands -------------------------------------------------------------------------


def truncate(operation: Truncate, situation: Situation) -> Effects:
    """`TRUNCATE`; with CASCADE also every table with a foreign key to it."""
    tables: list[Name] = []
    for name in operation.tables:
        tables += [t for t in situation.family(name) if t not in tables]
    failures: tuple[Failure, ...] = ()
    for name in tables:
        table = situation.schema.table(name)
        holders = [h for h in (table.referenced_by if table else ()) if h not in tables]
        if operation.cascade:
            tables += [t for h in holders for t in situation.family(h) if t not in tables]
        elif holders:
            reason = f"the foreign key of {holders[0].display} points to it"
            failures = (Failure(name, reason, True),)
    losses = tuple(
        Loss("rows", t) for t in tables if situation.session.has_rows(t) and not situation.is_partitioned(t)
    )
    return Effects(locks=locks(ACCESS_EXCLUSIVE, tables), destroys=losses, failures=failures)


def maintenance(operation: Maintenance, situation: Situation) -> Effects:
    """`VACUUM`, `ANALYZE`, `CLUSTER`."""
    if operation.command == "CLUSTER" or operation.full:
        reason = f"{operation.command}{' FULL' if operation.command == 'VACUUM' else ''} copies the table"
        total = Effects(locks=locks(ACCESS_EXCLUSIVE, operation.tables))
        if operation.command == "VACUUM":
            total = total._replace(outside_transaction="VACUUM")
        return total.also(rewrite(operation.tables, reason, situation))
    mode: LockMode = SHARE_UPDATE_EXCLUSIVE
    outside = "VACUUM" if operation.command == "VACUUM" else ""
    return Effects(locks=locks(mode, operation.tables), outside_transaction=outside)
