"""Tables: made with all they had, and changed back."""

from miglint.model import (
    AlterInheritance,
    AttachPartition,
    Column,
    CreateTable,
    DetachPartition,
    DropTrigger,
    Name,
    Policy,
    Schema,
    Sequence,
    Table,
    TableCommand,
    quote,
)
from miglint.model.remedy import NOWHERE
from miglint.rollback.draft import columns, constraints
from miglint.rollback.draft.definitions import (
    column_definition,
    constraint_definition,
    is_serial,
    parameters,
    policy_definition,
    trigger_definition,
)
from miglint.rollback.draft.plan import Lost, Phase, Way, given, planned
from miglint.rollback.draft.settings import Holder, of_relation, settings, without_marks
from miglint.rollback.draft.types import paired
from miglint.rollback.draft.world import World


def made(table: Table, has: Schema, had: Schema, world: World) -> Way:
    """Make a table as it is, but for what comes later: see `altered`."""
    unknown = [column.name for column in table.columns if column.type.name == "unknown"]
    if table.from_before or not table.complete or unknown:
        which = (
            f"the type of {', '.join(unknown)} is not known" if unknown else "not all its columns are known"
        )
        yield Lost(of_relation(table).display, which)
        return
    if table.temporary:
        return
    said = dict(table.properties)
    parents = had.tables_among(table.inherits)
    inherited = {column.name for parent in parents for column in parent.columns}
    of_type = Name(*said["the type"].rsplit(".", 1)) if "the type" in said else None
    own = [
        column_definition(column, had, serial=comes_serial(table.name, column, has, had))
        for column in table.columns
        if column.name not in inherited and of_type is None
    ]
    if of_type is not None and table.columns and any(column.default for column in table.columns):
        yield Lost(of_relation(table).display, "the options of its columns are not written")
    held = [c for c in table.constraints if constraints.comes_with_table(c, table, has, had)]
    yield planned(
        Phase.TABLES,
        CreateTable(
            NOWHERE,
            table.name,
            tuple(own),
            tuple(constraint_definition(table, constraint, had) for constraint in held),
            unlogged=table.unlogged,
            foreign=table.foreign,
            inherits=tuple(parent for parent in table.inherits if parent != table.partition_of),
            of_type=of_type,
            partition_of=table.partition_of,
            partition_default=table.partition_default,
            partition_bound=table.partition_bound,
            partition_by=table.partition_by,
            partition_columns=table.partition_columns,
            tablespace=table.tablespace,
            access_method=table.access_method,
            options=parameters(table.properties)
            + tuple(each for each in table.properties if each[0] == "the server"),
        ),
    )
    for column in table.columns:
        yield from columns.own_name_of_sequence(table, column, has, had)
    yield from _rows_back(table, has, world)


def _rows_back(table: Table, has: Schema, world: World) -> Way:
    copy, names = world.copies.tables.get(table.name, (None, {}))
    if copy is None or has.table(copy) is None:
        return
    stored = [column.name for column in table.columns if column.name in names and not column.generated]
    into, out_of = (", ".join(map(quote, each)) for each in (stored, [names[name] for name in stored]))
    overriding = " OVERRIDING SYSTEM VALUE" if any(c.identity for c in table.columns) else ""
    sql = f"INSERT INTO {table.name.sql} ({into}){overriding} SELECT {out_of} FROM {copy.sql};"
    yield given(Phase.COLUMNS, sql)


def comes_serial(table: Name, column: Column, has: Schema, had: Schema) -> bool:
    """Whether a column that is made brings its sequence by the word serial."""
    return is_serial(table, column, had) and column.sequence not in has.relations


def brings_sequence(sequence: Sequence, has: Schema, had: Schema) -> bool:
    """Whether a sequence comes with the column that is made for it."""
    if sequence.owner is None:
        return False
    table, name = sequence.owner
    holder, before = had.table(table), has.table(table)
    column = holder.column(name) if holder is not None else None
    if column is None or sequence.identity:
        return sequence.identity
    is_new = before is None or before.column(name) is None
    return is_new and comes_serial(table, column, has, had)


def _as_made(table: Table, has: Schema, had: Schema) -> Table:
    """Give a table as the statement makes it that `made` gives."""
    parents = {c.name: c for parent in had.tables_among(table.inherits) for c in parent.columns}
    bare = tuple(parents.get(c.name, c)._replace(properties=(), identity=c.identity) for c in table.columns)
    made_of = ("the type", "the server", "the query")
    return table._replace(
        columns=bare,
        constraints=tuple(
            c._replace(properties=())
            for c in table.constraints
            if constraints.comes_with_table(c, table, has, had)
            or constraints.is_inherited(c, table, had) is not None
        ),
        triggers=(),
        policies=(),
        properties=tuple(
            each for each in table.properties if each in parameters(table.properties) or each[0] in made_of
        ),
    )


def altered(now: Table | None, then: Table, has: Schema, had: Schema, world: World) -> Way:
    """Change a table to what it was; one that is not there has just been made."""
    if now is None and (then.temporary or then.from_before or not then.complete):
        return
    is_new = now is None
    now = now or _as_made(then, has, had)
    if now == then:
        return
    yield from columns.changed(now, then, has, had, world, is_new=is_new)
    yield from constraints.changed(now, then, has, had, world, is_new=is_new)
    yield from _triggers(now, then)
    yield from _policies(now, then)
    yield from _stored(now, then)
    if not is_new:
        yield from _kin(now, then, has, had)
    yield from settings(of_relation(then), without_marks(now.properties), without_marks(then.properties))


def _triggers(now: Table, then: Table) -> Way:
    for name, fires, had in paired(now.triggers, then.triggers):
        has = fires
        holder = Holder("trigger", then.name, "trigger", name)
        if has is not None and (had is None or has._replace(properties=()) != had._replace(properties=())):
            yield planned(Phase.NO_TRIGGERS, DropTrigger(NOWHERE, name, then.name))
            has = None
        if had is None:
            continue
        if has is None:
            yield planned(Phase.TRIGGERS, trigger_definition(then.name, had))
        yield from settings(holder, has.properties if has is not None else (), had.properties)


def _policies(now: Table, then: Table) -> Way:
    for name, rules, had in paired(now.policies, then.policies):
        has = rules
        if has is not None and (had is None or not _can_alter(has, had)):
            yield planned(Phase.NO_TRIGGERS, TableCommand(NOWHERE, then.name, "drop policy", part=name))
            has = None
        if had is None:
            continue
        if has is None or has._replace(properties=()) != had._replace(properties=()):
            definition = policy_definition(had)
            action = "create policy" if has is None else "alter policy"
            if action == "alter policy":
                definition = definition._replace(roles=had.roles)
            yield planned(Phase.TRIGGERS, TableCommand(NOWHERE, then.name, action, policy=definition))
        holder = Holder("policy", then.name, "policy", name)
        yield from settings(holder, has.properties if has is not None else (), had.properties)


def _can_alter(now: Policy, then: Policy) -> bool:
    """Whether ALTER POLICY does: it takes no condition away."""
    same = (now.command, now.permissive) == (then.command, then.permissive)
    return same and not (now.using and not then.using) and not (now.check and not then.check)


def _stored(now: Table, then: Table) -> Way:
    def command(action: str, argument: str = "") -> Way:
        yield planned(Phase.COLUMNS, TableCommand(NOWHERE, then.name, action, argument=argument))

    if now.unlogged != then.unlogged:
        yield from command("set unlogged" if then.unlogged else "set logged")
    if now.tablespace != then.tablespace:
        yield from command("set tablespace", then.tablespace or "pg_default")
    if now.access_method != then.access_method:
        yield from command("set access method", then.access_method or "heap")


def _kin(now: Table, then: Table, has: Schema, had: Schema) -> Way:
    if (now.partition_of, now.partition_bound) != (then.partition_of, then.partition_bound):
        if now.partition_of is not None and now.partition_of in had.relations:
            yield planned(Phase.NO_FOREIGN_KEYS, DetachPartition(NOWHERE, now.partition_of, now.name))
        if then.partition_of is not None:
            attached = AttachPartition(
                NOWHERE,
                then.partition_of,
                then.name,
                default=then.partition_default,
                bound=then.partition_bound,
            )
            yield planned(Phase.INDEXES, attached)
    ours, theirs = ([p for p in each.inherits if p != each.partition_of] for each in (now, then))
    for parent in ours:
        if parent not in theirs and parent in had.relations:
            yield planned(Phase.NO_CONSTRAINTS, AlterInheritance(NOWHERE, then.name, parent, inherit=False))
    for parent in theirs:
        if parent not in ours:
            yield planned(Phase.CONSTRAINTS, AlterInheritance(NOWHERE, then.name, parent, inherit=True))
