"""What migrations have begun and not finished: a list of debts, each with the statement that settles it."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from miglint.checks.origins import Origin, Origins
from miglint.checks.remedies.shown import shown
from miglint.dialects.dialect import Dialect
from miglint.dialects.sql.session import NO_SESSION, start
from miglint.model import (
    NOWHERE,
    AlterColumnType,
    AlterDomain,
    AlterSequence,
    AttachIndex,
    Column,
    ColumnDefinition,
    Constraint,
    Do,
    DomainType,
    DropColumn,
    DropTable,
    DropView,
    FailureCause,
    History,
    Index,
    Name,
    Operation,
    Outside,
    RemedyStep,
    RenameColumn,
    RenameTable,
    Say,
    Schema,
    Setting,
    Span,
    Step,
    Table,
    TableCommand,
    TransactionMode,
    created,
    do,
    quote,
    validated,
    without_constraint,
)
from miglint.model.operations.tables import SetNotNull


class Debt(NamedTuple):
    """Something that was begun: what is still to be done, since when, and the SQL that does it.

    `age` is the number of migrations that came after the one that began it.
    """

    kind: str
    table: str
    message: str
    step: Step
    span: Span
    age: int
    finish: str


class _Found(NamedTuple):
    """`missing`: what has to be done before the steps can be, as a sentence."""

    kind: str
    table: Name
    message: str
    step: Step
    span: Span
    steps: tuple[RemedyStep, ...]
    missing: str = ""


class _End(NamedTuple):
    """The end of a history: its last schema, its statements, and what they made."""

    schema: Schema
    steps: Sequence[Step]
    origins: Origins


def debts(schema: Schema, steps: Sequence[Step], history: History, dialect: Dialect) -> tuple[Debt, ...]:
    """Give what is open at the end of a history, what was begun first in front."""
    end = _End(schema, steps, Origins(steps))
    count = len(history.migrations)
    ages = {migration.id: count - place for place, migration in enumerate(history.migrations, 1)}
    order = {id(step): place for place, step in enumerate(steps)}
    found = sorted((each for look in _LOOKS for each in look(end)), key=lambda each: order[id(each.step)])
    return tuple(
        Debt(
            kind=each.kind,
            table=str(each.table),
            message=each.message,
            step=each.step,
            span=each.span,
            age=ages.get(each.step.migration, 0),
            finish=shown(_finish(each, schema, dialect), dialect.write, history.advice),
        )
        for each in found
    )


def _finish(found: _Found, schema: Schema, dialect: Dialect) -> tuple[RemedyStep, ...]:
    """Give the steps where the server takes them and nothing gets lost, else what has to come before them."""
    session = start(NO_SESSION, dialect.session, TransactionMode.PER_STATEMENT, 1)
    missing = [found.missing] if found.missing else []
    for step in found.steps:
        together = step.operations if isinstance(step, Do) else ()
        for operation in together:
            effects = dialect.effects(operation, schema, session, dialect.assumed_version, together)
            missing += [
                f"the server refuses the DROP as long as {failure.reason}"
                for failure in effects.failures
                if failure.cause is FailureCause.DEPENDED
            ]
            schema = dialect.apply(operation, schema)
    return tuple(map(Say, missing)) or found.steps


def _tables(schema: Schema) -> Iterator[Table]:
    return (each for each in schema.relations.values() if isinstance(each, Table) and not each.temporary)


def _not_validated(end: _End) -> Iterator[_Found]:
    for made in end.origins.constraints(end.schema):
        if not made.constraint.valid and made.constraint.enforced:
            name, table = made.constraint.name, made.table.name
            message = f"{quote(name)} of {table.display} was never checked on the rows from before it"
            yield _found("not validated", table, message, made.origin, do(validated(table, name)))
    for type_ in end.schema.types.values():
        for check in type_.checks if isinstance(type_, DomainType) else ():
            origin = None if check.valid else _of_domain(type_.name, check, end)
            if origin is not None:
                finish = AlterDomain(NOWHERE, type_.name, "validate constraint", name=check.name)
                message = (
                    f"{quote(check.name)} of the domain {type_.name.display} was never checked on old values"
                )
                yield _found("not validated", type_.name, message, origin, do(finish))


def _of_domain(domain: Name, check: Constraint, end: _End) -> Origin[Operation] | None:
    for step in reversed(end.steps):
        for operation in step.statement.operations:
            added = operation.constraint if isinstance(operation, AlterDomain) else None
            is_of_domain = isinstance(operation, AlterDomain) and operation.domain == domain
            if is_of_domain and added and added.not_valid and added.name in (None, check.name):
                return Origin(step, operation.span, operation)
    return None


def _proofs(end: _End) -> Iterator[_Found]:
    """A CHECK that was there to prove that a column is NOT NULL, and still is."""
    for made in end.origins.constraints(end.schema):
        check, table = made.constraint, made.table
        column = table.column(check.columns[0]) if len(check.columns) == 1 else None
        proves = check.kind == "check" and check.expression and _NOT_NULL(check.expression.text)
        if column is None or not proves or not check.valid or not made.origin.written.not_valid:
            continue
        drop = do(without_constraint(table.name, check.name))
        called = f"{table.name.display}.{column.name}"
        if column.nullable:
            message = f"{called} is proved to have no NULL, and is not NOT NULL yet"
            set_not_null = do(SetNotNull(NOWHERE, table.name, column.name))
            yield _found("not null proved", table.name, message, made.origin, set_not_null, drop)
        else:
            message = f"{quote(check.name)} has proved that {called} is NOT NULL, and is checked for each row"
            yield _found("proof left over", table.name, message, made.origin, drop)


_NOT_NULL = re.compile(r"\(*\s*[^\s()]+\s+IS\s+NOT\s+NULL\s*\)*", re.IGNORECASE).fullmatch


def _indexes(end: _End) -> Iterator[_Found]:
    """The index of a partitioned table that not all partitions have."""
    attached: dict[Name, set[Name]] = {}
    for each in end.schema.relations.values():
        if isinstance(each, Index) and each.parent is not None:
            attached.setdefault(each.parent, set()).add(each.table)
    for table in _tables(end.schema):
        for index in end.schema.indexes_of(table) if table.partitions else ():
            made = None if index.valid else end.origins.index(index)
            if made is not None:
                missing = [each for each in table.partitions if each not in attached.get(index.name, ())]
                message = f"{quote(index.name.name)} is invalid until each partition has its index"
                yield _found("index incomplete", table.name, message, made.origin, *_for_each(index, missing))


def _for_each(index: Index, partitions: Sequence[Name]) -> Iterator[RemedyStep]:
    for partition in partitions:
        name = f"{partition.name}_{index.name.name}"
        build = created(index)._replace(name=name, table=partition, only=False, concurrently=True)
        yield Outside((do(build),))
        yield do(AttachIndex(NOWHERE, index.name, Name(partition.schema, name)))


def _triggers(end: _End) -> Iterator[_Found]:
    for setting, step, span in _set(end, "the firing"):
        table = end.schema.table(setting.object)
        trigger = next((t for t in table.triggers if t.name == setting.part), None) if table else None
        if trigger is not None and dict(trigger.properties).get("the firing") == "disabled":
            message = f"the trigger {quote(trigger.name)} of {setting.object.display} is disabled"
            enable = setting._replace(value=None)
            finish = do(TableCommand(NOWHERE, setting.object, "enable trigger", sets=(enable,)))
            yield _Found("trigger disabled", setting.object, message, step, span, (finish,))


def _deprecated(end: _End) -> Iterator[_Found]:
    """What a comment calls deprecated."""
    for setting, step, span in _set(end, "the comment"):
        name, table = setting.object, end.schema.table(setting.object)
        column = table.column(setting.part) if table is not None and setting.part else None
        holder = column if setting.part else table
        comment = dict(holder.properties).get("the comment", "") if holder is not None else ""
        if _DEPRECATED.search(comment):
            called = f"{name.display}.{setting.part}" if column else name.display
            finish = do(DropColumn(NOWHERE, name, setting.part) if column else DropTable(NOWHERE, name))
            yield _Found(
                "deprecated", name, f"the comment on {called} calls it deprecated", step, span, (finish,)
            )


_DEPRECATED = re.compile(r"\bdeprecated\b", re.IGNORECASE)


def _set(end: _End, key: str) -> Iterator[tuple[Setting, Step, Span]]:
    """Give what statements have last set on tables and their parts under a key."""
    found: dict[tuple[Name, str], tuple[Setting, Step, Span]] = {}
    for step in end.steps:
        for operation in step.statement.operations:
            for setting in operation.sets if isinstance(operation, TableCommand) else ():
                if setting.key == key:
                    found[setting.object, setting.part] = setting, step, operation.span
    yield from found.values()


def _out_of_the_way(end: _End) -> Iterator[_Found]:
    """What got a name that says that it is to go, and the view that stands in for an old name."""
    for step in end.steps:
        for operation in step.statement.operations:
            if isinstance(operation, RenameColumn) and _is_put_away(operation.column, operation.new_name):
                table = end.schema.table(operation.table)
                if table is not None and table.column(operation.new_name) is not None:
                    message = f"{operation.table.display}.{operation.new_name} was renamed out of the way"
                    finish = do(DropColumn(NOWHERE, operation.table, operation.new_name))
                    yield _Found("put away", operation.table, message, step, operation.span, (finish,))
            elif isinstance(operation, RenameTable) and operation.keyword == "table":
                yield from _renamed_table(operation, step, end)


def _renamed_table(rename: RenameTable, step: Step, end: _End) -> Iterator[_Found]:
    new = rename.becomes
    if end.schema.table(new) is None:
        return
    view = end.schema.view(rename.table)
    if view is not None and new in view.reads:
        message = f"the view {rename.table.display} stands in for the old name of {new.display}"
        yield _Found(
            "old name", rename.table, message, step, rename.span, (do(DropView(NOWHERE, rename.table)),)
        )
    elif _is_put_away(rename.table.name, rename.new_name):
        message = f"{new.display} was renamed out of the way"
        yield _Found("put away", new, message, step, rename.span, (do(DropTable(NOWHERE, new)),))


_AWAY = r"old|deprecated|obsolete|legacy|unused|backup|bak|del|deleted|to_delete|to_drop"
_PUT_AWAY = re.compile(rf"_*(?:{_AWAY})_+(.+)|(.+?)_+(?:{_AWAY})_*", re.IGNORECASE)
_MADE_NEW = re.compile(r"(?:new|tmp)_+(.+)|(.+?)_+(?:new|tmp|v2|bigint|int8)", re.IGNORECASE)


def _is_put_away(old: str, new: str) -> bool:
    found = _PUT_AWAY.fullmatch(new)
    return found is not None and old in found.groups()


def _successors(end: _End) -> Iterator[_Found]:
    """A column that was added to take the place of another one, which is still there."""
    for made in end.origins.columns(end.schema):
        found = _MADE_NEW.fullmatch(made.column.name)
        old = next((name for name in found.groups() if name), "") if found else ""
        column = made.table.column(old)
        origin = end.origins.column(made.table.name, old)
        maker = end.origins.table(made.table.name)
        came_later = maker is None or maker.step is not made.origin.step
        added = isinstance(made.origin.written, ColumnDefinition) and came_later
        if (
            column is None
            or origin is None
            or not added
            or origin.step.migration == made.origin.step.migration
        ):
            continue
        table = made.table.name
        message = f"{made.display} was added beside {quote(old)}, and has not taken its place"
        finish = (
            do(DropColumn(NOWHERE, table, old)),
            do(RenameColumn(NOWHERE, table, made.column.name, old)),
        )
        lost = ", ".join(_lost(made.table, column, made.column, end.schema))
        missing = f"{made.column.name} needs first what the DROP of {old} takes along: {lost}" if lost else ""
        yield _found("successor", table, message, made.origin, *finish)._replace(missing=missing)


def _lost(table: Table, old: Column, new: Column, schema: Schema) -> Iterator[str]:
    """Name what a DROP of a column takes along, and the column that is to take its place has not got."""
    for one in table.constraints:
        if old.name in one.columns and one.kind != "not null":
            there = _in_place(one.columns, old, new)
            if not any((other.kind, other.columns) == (one.kind, there) for other in table.constraints):
                yield f"the constraint {quote(one.name)}"
    kept = {index.elements for index in schema.indexes_of(table)}
    for index in schema.indexes_of(table):
        named = {*index.columns, *index.include, *(index.predicate.columns if index.predicate else ())}
        is_kept = old.name not in named or _in_place(index.elements, old, new) in kept - {index.elements}
        if index.constraint is None and not is_kept:
            yield f"the index {quote(index.name.name)}"
    if old.identity and not new.identity:
        yield "the identity"
    elif old.default is not None and new.default is None:
        yield "the default"
    if new.nullable and not old.nullable:
        yield "NOT NULL"


def _in_place(names: Iterable[str], old: Column, new: Column) -> tuple[str, ...]:
    return tuple(new.name if name == old.name else name for name in names)


def _sequences(end: _End) -> Iterator[_Found]:
    """A sequence that ends before the column that it counts up."""
    for made in end.origins.columns(end.schema):
        sequence = end.schema.sequence(made.column.sequence) if made.column.sequence else None
        if (
            sequence is None
            or made.column.type.name != "bigint"
            or not isinstance(made.origin.written, AlterColumnType)
        ):
            continue
        kind = dict(sequence.properties).get("the option as", "bigint")
        if kind != "bigint":
            message = f"the sequence of {made.display} is still {kind}, and the column is bigint"
            finish = do(AlterSequence(NOWHERE, sequence.name, None, options=(("the option as", "bigint"),)))
            yield _found("narrow sequence", made.table.name, message, made.origin, finish)


def _found(kind: str, table: Name, message: str, origin: Origin[Any], *steps: RemedyStep) -> _Found:
    return _Found(kind, table, message, origin.step, origin.span, steps)


_LOOKS: tuple[Callable[[_End], Iterator[_Found]], ...] = (
    _not_validated, _proofs, _indexes, _triggers, _deprecated, _out_of_the_way, _successors, _sequences,
)  # fmt: skip
