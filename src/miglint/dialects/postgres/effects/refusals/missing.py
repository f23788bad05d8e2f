"""What the server refuses because a part of a table that the statement names is not there."""

import re
from collections.abc import Callable, Iterable, Iterator

from miglint.dialects.postgres.effects.refusals.constraints import NOT_NULL_CONSTRAINT_VERSION
from miglint.dialects.postgres.effects.situation import Refusals, Situation
from miglint.dialects.sql.replay.naming import SYSTEM_COLUMNS
from miglint.model import (
    AddConstraint,
    AddIdentity,
    AlterColumnType,
    AlterConstraint,
    CreateIndex,
    CreateTable,
    CreateView,
    Delete,
    DropColumn,
    DropConstraint,
    DropDefault,
    DropExpression,
    DropIdentity,
    DropNotNull,
    DropTrigger,
    Expression,
    Failure,
    FailureCause,
    Insert,
    Name,
    RenameColumn,
    RenameConstraint,
    RenameTrigger,
    Select,
    SetDefault,
    SetExpression,
    SetIdentity,
    SetNotNull,
    Table,
    TableCommand,
    Update,
    ValidateConstraint,
)

_OfColumn = (
    AddIdentity
    | AlterColumnType
    | DropDefault
    | DropExpression
    | DropIdentity
    | DropNotNull
    | RenameColumn
    | SetDefault
    | SetExpression
    | SetIdentity
    | SetNotNull
)

_OF_ANOTHER_KIND = re.compile(r"_(?:fk|fkey|pk|pkey|key|check|chk|excl|idx|uq|uniq|unique)(?:_|\d*$)")
"""How constraints are called that are not NOT NULL."""


def _failure(table: Name, part: str, sqlstate: str) -> tuple[Failure, ...]:
    kind, _, name = part.partition(" ")
    reason, missing = f"{table.display} has no {part}", f"{kind} {table}.{name}"
    return (Failure(table, reason, True, FailureCause.MISSING, sqlstate, missing=missing),)


def _known(name: Name, situation: Situation) -> Table | None:
    """Give a table of which the history tells all parts."""
    table = situation.schema.table(name)
    known = table is not None and table.complete and not table.foreign and situation.schema.is_read
    return table if known else None


def _is_elsewhere(name: Name, has: Callable[[Table], bool], situation: Situation) -> bool:
    """Whether a table of that name in another schema has it: the search path decides which is meant."""
    schema = situation.schema
    others = schema.tables_among(Name(each, name.name) for each in schema.schemas if each != name.schema)
    return any(map(has, others))


def _columns(name: Name, columns: Iterable[str], situation: Situation) -> tuple[Failure, ...]:
    table = _known(name, situation)
    absent = next((column for column in columns if table is not None and not _has(table, column)), None)
    if absent is None or _is_elsewhere(name, lambda other: _has(other, absent), situation):
        return ()
    return _failure(name, f"column {absent}", "42703")


def _has(table: Table, column: str) -> bool:
    """Whether a table has a column, or may have it."""
    return table.column(column) is not None or f"column {column}" in table.unsure or column in SYSTEM_COLUMNS


def _column(operation: _OfColumn, situation: Situation) -> tuple[Failure, ...]:
    return _columns(operation.table, (operation.column,), situation)


def _dropped_column(operation: DropColumn, situation: Situation) -> tuple[Failure, ...]:
    return () if operation.if_exists else _columns(operation.table, (operation.column,), situation)


def _written(operation: Insert | Update, situation: Situation) -> tuple[Failure, ...]:
    return _columns(operation.table, operation.columns, situation) or _sought(operation, situation)


def _sought(
    operation: CreateTable | CreateView | Delete | Insert | Select | Update, situation: Situation
) -> tuple[Failure, ...]:
    """Where a query names a column that none of its relations has."""
    sought = operation.query.sought if operation.query is not None else ()
    for column, among in sought:
        if not all(_lacks(name, column, situation) for name in among):
            continue
        if len(among) == 1:
            return _failure(among[0], f"column {column}", "42703")
        if not among:
            reason = f"there is no column {column}, for it reads no table there"
            remedy = f"a text stands in single quotes: '{column}'"
            return (Failure(None, reason, True, FailureCause.MISSING, "42703", remedy=remedy),)
        *first, last = (name.display for name in among)
        both = (
            f"neither {first[0]} nor {last}" if len(among) == 2 else f"none of {', '.join(first)} and {last}"
        )
        return (Failure(None, f"{both} has a column {column}", True, FailureCause.MISSING, "42703"),)
    return ()


def _lacks(name: Name, column: str, situation: Situation) -> bool:
    """Whether a relation of which the history tells all columns has none of that name."""
    schema, view = situation.schema, situation.schema.view(name)
    if view is None:
        return bool(_columns(name, (column,), situation))
    elsewhere = (
        Name(place, name.name) in schema.relations for place in schema.schemas if place != name.schema
    )
    return schema.is_read and name not in schema.unsure and not any(elsewhere)


def _made(operation: CreateTable, situation: Situation) -> tuple[Failure, ...]:
    return () if operation.table in situation.schema.relations else _sought(operation, situation)


def _index(operation: CreateIndex, situation: Situation) -> tuple[Failure, ...]:
    keys = [element.column for element in operation.elements if element.column is not None]
    expressions = [element.expression for element in operation.elements]
    read = _read(operation.table, (operation.predicate, *expressions))
    return _columns(operation.table, (*keys, *operation.include, *read), situation)


def _read(table: Name, expressions: Iterable[Expression | None]) -> Iterator[str]:
    """The columns that expressions read: the name of the table among them is a whole row of it."""
    for expression in expressions:
        if expression is not None and not expression.has_subquery:
            yield from (column for column in expression.columns if column != table.name)


def _added_constraint(operation: AddConstraint, situation: Situation) -> tuple[Failure, ...]:
    name, new = operation.table, operation.constraint
    table = situation.schema.table(name)
    if new.kind == "foreign":
        if table is not None and new.name is not None and table.constraint(new.name) is not None:
            return ()  # The server sees first that the name is taken.
        own = _columns(name, new.columns, situation)
        if own or new.references is None:
            return own
        return _columns(new.references, new.referenced_columns, situation)
    keys = [element.column for element in new.elements if element.column is not None]
    read = _read(name, (new.expression, new.predicate, *(each.expression for each in new.elements)))
    columns = () if new.kind == "check" else new.columns
    return _columns(name, (*columns, *keys, *new.include, *read), situation)


def _constraint(
    operation: AlterConstraint | DropConstraint | RenameConstraint | ValidateConstraint, situation: Situation
) -> tuple[Failure, ...]:
    if isinstance(operation, DropConstraint) and operation.if_exists:
        return ()
    table, name = _known(operation.table, situation), operation.name
    if table is None or table.constraint(name) is not None or f"constraint {name}" in table.unsure:
        return ()
    newer = situation.version >= NOT_NULL_CONSTRAINT_VERSION or name.endswith("_not_null")
    named = newer and not _OF_ANOTHER_KIND.search(name)
    if named and any(not column.nullable for column in table.columns):
        return ()  # NOT NULL is a constraint with a name there, and the name tells of such a server.
    if _is_elsewhere(table.name, lambda other: other.constraint(name) is not None, situation):
        return ()
    return _failure(table.name, f"constraint {name}", "42704")


def _trigger(operation: DropTrigger | RenameTrigger, situation: Situation) -> tuple[Failure, ...]:
    if isinstance(operation, DropTrigger) and operation.if_exists:
        return ()
    table, name = _known(operation.table, situation), operation.trigger
    if table is None or f"trigger {name}" in table.unsure:
        return ()
    there = any(trigger.name == name for trigger in table.triggers)
    return () if there else _failure(table.name, f"trigger {name}", "42704")


def _policy(operation: TableCommand, situation: Situation) -> tuple[Failure, ...]:
    table, name = _known(operation.table, situation), operation.part
    if operation.action == "alter policy" and operation.policy is not None:
        name = operation.policy.name
    if table is None or operation.if_exists or operation.action not in _OF_POLICIES:
        return ()
    there = any(policy.name == name for policy in table.policies) or table.unsure
    return () if there else _failure(table.name, f"policy {name}", "42704")


def _command(operation: TableCommand, situation: Situation) -> tuple[Failure, ...]:
    commented = [each.part for each in operation.sets if each.kind == "column" and each.key == "the comment"]
    return _policy(operation, situation) or _columns(operation.table, commented, situation)


_OF_POLICIES = ("alter policy", "drop policy", "rename policy")

REFUSALS: Refusals = {
    AddConstraint: _added_constraint,
    AddIdentity: _column,
    AlterColumnType: _column,
    AlterConstraint: _constraint,
    CreateIndex: _index,
    CreateTable: _made,
    CreateView: _sought,
    Delete: _sought,
    DropColumn: _dropped_column,
    DropConstraint: _constraint,
    DropDefault: _column,
    DropExpression: _column,
    DropIdentity: _column,
    DropNotNull: _column,
    DropTrigger: _trigger,
    Insert: _written,
    RenameColumn: _column,
    RenameConstraint: _constraint,
    RenameTrigger: _trigger,
    Select: _sought,
    SetDefault: _column,
    SetExpression: _column,
    SetIdentity: _column,
    SetNotNull: _column,
    TableCommand: _command,
    Update: _written,
    ValidateConstraint: _constraint,
}
