"""What the server does for whole tables."""

from miglint.dialects.postgres.effects.columns import rewrite
from miglint.dialects.postgres.effects.partitions import new_partition
from miglint.dialects.postgres.effects.situation import Situation, destroyed_table, locks, on_view, parents_of
from miglint.dialects.postgres.locks import (
    ACCESS_EXCLUSIVE,
    ACCESS_SHARE,
    SHARE_ROW_EXCLUSIVE,
    SHARE_UPDATE_EXCLUSIVE,
)
from miglint.dialects.sql.replay.drops import columns_of_type
from miglint.model import (
    AlterInheritance,
    CreateTable,
    DropSchema,
    DropTable,
    Effects,
    Index,
    Lock,
    Loss,
    Maintenance,
    MoveTable,
    Name,
    RenameConstraint,
    RenameTable,
    Sequence,
    Table,
    TableCommand,
    TableOperation,
    Truncate,
    View,
    sum_of,
)

_COMMAND_LOCKS = {
    "set statistics": SHARE_UPDATE_EXCLUSIVE,
    "set column options": SHARE_UPDATE_EXCLUSIVE,
    "set storage parameter": SHARE_UPDATE_EXCLUSIVE,
    "cluster on": SHARE_UPDATE_EXCLUSIVE,
    "comment": SHARE_UPDATE_EXCLUSIVE,
    "comment on tabconstraint": ACCESS_SHARE,
    "comment on trigger": ACCESS_SHARE,
    "comment on policy": ACCESS_SHARE,
    "comment on rule": ACCESS_SHARE,
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


# Those of a database and a server whose settings nobody has changed.
_TABLESPACE, _ACCESS_METHOD = "pg_default", "heap"


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
    parents = [
        c.references for c in operation.all_constraints if c.references and c.references != operation.table
    ]
    if operation.partition_of is not None:
        parent = situation.schema.table(operation.partition_of)
        parents += [key.references for key in (parent.foreign_keys if parent else ()) if key.references]
        found.append(new_partition(operation.partition_of, situation))
    found += [Effects(locks=locks(SHARE_ROW_EXCLUSIVE, situation.family(name))) for name in parents]
    return sum_of(found)


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
            losses += lost_views(table, situation)
    if not situation.is_partitioned(name):
        losses = [loss for loss in losses if loss.table in family or loss.kind != "table"]
    return Effects(locks=locks(ACCESS_EXCLUSIVE, (*family, *others)), destroys=tuple(losses))


def lost_views(relation: Table | View, situation: Situation) -> list[Loss]:
    views = (situation.schema.view(name) for name in situation.schema.views_on(relation.name))
    return [Loss("materialized view" if v.materialized else "view", v.name) for v in views if v is not None]


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


def table_command(operation: TableCommand, situation: Situation) -> Effects:
    """Commands of ALTER TABLE, COMMENT, policies, rules, statistics."""
    if isinstance(situation.schema.relations.get(operation.table), (Sequence, Index)):
        return Effects()  # ALTER TABLE also takes the name of a sequence or an index.
    if operation.if_exists and _is_absent(operation, situation):
        return Effects()
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
    return total.also(rewrite((operation.table,), situation, reason, "storage", copies_dead=True))


def _is_absent(operation: TableCommand, situation: Situation) -> bool:
    """Whether the policy of a DROP POLICY IF EXISTS is not there, or its table."""
    table = situation.schema.table(operation.table)
    if table is None:
        return situation.schema.is_gone("relation", operation.table)
    named = any(policy.name == operation.part for policy in table.policies)
    return operation.action == "drop policy" and not named and situation.is_told(table)


def _is_already(operation: TableCommand, situation: Situation) -> bool:
    table = situation.schema.table(operation.table)
    if table is None:
        return False
    if operation.action in ("set logged", "set unlogged"):
        return table.unlogged == (operation.action == "set unlogged")
    if table.partition_by:
        return True
    if not table.complete:
        return False  # Where a table from before the history is stored, nobody has said.
    if operation.action == "set tablespace":
        return (operation.argument or _TABLESPACE) == (table.tablespace or _TABLESPACE)
    return (operation.argument or _ACCESS_METHOD) == (table.access_method or _ACCESS_METHOD)


def alter_inheritance(operation: AlterInheritance, situation: Situation) -> Effects:
    parent = SHARE_UPDATE_EXCLUSIVE if operation.inherit else ACCESS_SHARE
    return Effects(locks=(Lock(operation.table, ACCESS_EXCLUSIVE), Lock(operation.parent, parent)))


def drop_schema(operation: DropSchema, situation: Situation) -> Effects:
    """`DROP SCHEMA ... CASCADE` drops every table in it."""
    if not operation.cascade:
        return Effects()
    names = situation.schema.relations_in(operation.schema)
    tables = [name for name in names if situation.schema.table(name) is not None]
    callers = [
        table.name
        for table in situation.schema.tables_calling(schema=operation.schema)
        if any(t.function is not None and t.function.schema == operation.schema for t in table.triggers)
    ]
    columns = [
        (table, column)
        for type_ in situation.schema.types_in(operation.schema)
        for table, column in columns_of_type(type_, situation.schema)
        if table.schema != operation.schema
    ]
    total = Effects(
        locks=locks(ACCESS_EXCLUSIVE, (*callers, *(table for table, _ in columns))),
        destroys=tuple(
            Loss("column", table, column) for table, column in columns if situation.may_lose(table)
        ),
    )
    return sum_of([total, *(_drop_family(name, situation, cascade=True) for name in tables)])


def truncate(operation: Truncate, situation: Situation) -> Effects:
    """`TRUNCATE`; with CASCADE also every table with a foreign key to it."""
    found: dict[Name, None] = {}
    for name in operation.tables:
        found.update(dict.fromkeys(situation.family(name)))
    tables = list(found)
    for name in tables if operation.cascade else ():
        table = situation.schema.table(name)
        holders = table.referenced_by if table else ()
        reached = dict.fromkeys(t for h in holders for t in situation.family(h) if t not in found)
        tables += reached
        found.update(reached)
    losses = tuple(
        Loss("rows", t) for t in tables if situation.session.has_rows(t) and not situation.is_partitioned(t)
    )
    return Effects(locks=locks(ACCESS_EXCLUSIVE, tables), destroys=losses)


def maintenance(operation: Maintenance, situation: Situation) -> Effects:
    """`VACUUM`, `ANALYZE`, `CLUSTER`."""
    if operation.command == "CLUSTER" or operation.full:
        reason = f"{operation.command}{' FULL' if operation.command == 'VACUUM' else ''} copies the table"
        total = Effects(locks=locks(ACCESS_EXCLUSIVE, operation.tables))
        if operation.command == "VACUUM":
            total = total._replace(outside_transaction="VACUUM")
        return total.also(rewrite(operation.tables, situation, reason, "table rebuild", copies_dead=True))
    everything = situation.schema.relations.values() if not operation.tables else ()
    tables = operation.tables or tuple(r.name for r in everything if isinstance(r, Table))
    if operation.command == "VACUUM":
        return Effects(locks=locks(SHARE_UPDATE_EXCLUSIVE, tables), outside_transaction="VACUUM")
    # It samples up to 30,000 pages of each table: less than all, and yet seconds.
    read = (work for t in tables for work in situation.works_on(t, f"{t.display} is analyzed", "query"))
    return Effects(locks=locks(SHARE_UPDATE_EXCLUSIVE, tables), reads=tuple(read))
