"""A draft without what its later steps do anyway, and with actions on one table in one statement."""

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from miglint.model import (
    AddColumn,
    AddConstraint,
    AddIdentity,
    AlterColumnType,
    CreateIndex,
    CreateTable,
    CreateTrigger,
    DropColumn,
    DropConstraint,
    DropDefault,
    DropFunction,
    DropIdentity,
    DropIndex,
    DropNotNull,
    DropSequence,
    DropTable,
    DropTrigger,
    DropType,
    Name,
    Opaque,
    Operation,
    RenameColumn,
    RenameTable,
    Schema,
    SetDefault,
    SetIdentity,
    SetNotNull,
    TableCommand,
    ValidateConstraint,
)
from miglint.model.remedy import Do, Given, RemedyStep, Say

_TOGETHER: dict[type[Any], str] = {
    AddColumn: "add",
    DropColumn: "drop",
    DropConstraint: "drop",
    DropNotNull: "drop",
    DropDefault: "set",
    SetDefault: "set",
    SetNotNull: "set",
}
"""Actions that say the same in one ALTER TABLE, whatever their order, if each is about another thing."""
_OF_COLUMN = (DropDefault, DropIdentity, DropNotNull, SetDefault, SetIdentity, SetNotNull)
_OF_TABLE = (
    *_OF_COLUMN,
    AddColumn,
    AddConstraint,
    AddIdentity,
    AlterColumnType,
    CreateIndex,
    CreateTrigger,
    DropColumn,
    DropConstraint,
    DropTrigger,
    TableCommand,
    ValidateConstraint,
)


class _Standing(NamedTuple):
    """A step, and the schema that it finds."""

    step: RemedyStep
    schema: Schema


_FREED = (DropConstraint, DropFunction, DropSequence, DropTable, DropType)
"""What cannot go while a part of something else needs it."""


def simpler(
    steps: list[RemedyStep], after: Schema, apply: Callable[[Operation, Schema], Schema]
) -> list[RemedyStep]:
    """Leave out what a later DROP does anyway; `after` is the schema that the draft begins with."""
    kept = []
    for step in steps:
        kept.append(_Standing(step, after))
        for operation in step.operations if isinstance(step, Do) else ():
            after = apply(operation, after)
    at = len(kept)
    while (at := min(at, len(kept)) - 1) >= 0:
        dropped = _only(kept[at].step)
        if isinstance(dropped, (DropTable, DropColumn)):
            kept = _without_parts(kept, at, dropped)
        elif isinstance(dropped, DropIndex):
            kept = _never_built(kept, at, dropped)
    return list(_together([each.step for each in kept]))


def _never_built(standing: list[_Standing], at: int, dropped: DropIndex) -> list[_Standing]:
    """Leave out an index that is built only to be dropped."""
    for place in range(at - 1, -1, -1):
        made = _only(standing[place].step)
        if isinstance(made, CreateIndex) and Name(made.table.schema, made.name or "") == dropped.name:
            return [each for number, each in enumerate(standing) if number not in (place, at)]
        if dropped.name.name in repr(standing[place].step):
            return standing
    return standing


def _only(step: RemedyStep) -> Operation | None:
    return step.operations[0] if isinstance(step, Do) and len(step.operations) == 1 else None


def _without_parts(standing: list[_Standing], at: int, dropped: DropTable | DropColumn) -> list[_Standing]:
    """Leave out the steps before a DROP that concern only what it drops, the making of it too."""
    steps = [each.step for each in standing]
    needless: set[int] = set()
    read = freed = False
    for place in range(at - 1, -1, -1):
        operation = _only(steps[place])
        if isinstance(operation, (RenameTable, RenameColumn)) and _mentions(steps[place], dropped.table):
            break
        if _makes(operation, dropped):
            if not read:
                needless |= {place, at, *_remarks(steps, place, at)}
            break
        if operation is not None and _is_part(operation, dropped, standing[place].schema):
            if not freed or isinstance(operation, (DropIndex, Opaque)):
                needless.add(place)
        elif not isinstance(steps[place], Say):
            read = read or _names(steps[place], dropped)
            freed = freed or isinstance(operation, _FREED)
            if read and isinstance(dropped, DropTable) and isinstance(steps[place], Given):
                break  # Rows go from one to the other.
    return [each for place, each in enumerate(standing) if place not in needless]


def _remarks(steps: list[RemedyStep], start: int, end: int) -> Iterator[int]:
    """Give the remarks right after a step."""
    for place in range(start + 1, end):
        if not isinstance(steps[place], Say):
            return
        yield place


def _makes(operation: Operation | None, dropped: DropTable | DropColumn) -> bool:
    if isinstance(dropped, DropTable):
        return isinstance(operation, CreateTable) and operation.table == dropped.table
    if not isinstance(operation, AddColumn) or operation.table != dropped.table:
        return False
    return operation.column.name == dropped.column


def _is_part(operation: Operation, dropped: DropTable | DropColumn, schema: Schema) -> bool:
    if isinstance(operation, DropIndex):
        index = schema.index_named(operation.name)
        if index is None or index.table != dropped.table:
            return False
        return isinstance(dropped, DropTable) or dropped.column in index.columns
    if isinstance(operation, Opaque):
        return bool(operation.sets) and all(_is_on(setting, dropped) for setting in operation.sets)
    if not isinstance(operation, _OF_TABLE) or getattr(operation, "table", None) != dropped.table:
        return False
    if isinstance(dropped, DropTable):
        return True
    if isinstance(operation, DropConstraint):
        table = schema.table(dropped.table)
        constraint = table.constraint(operation.name) if table is not None else None
        return constraint is not None and dropped.column in constraint.columns
    return isinstance(operation, _OF_COLUMN) and operation.column == dropped.column


def _is_on(setting: Any, dropped: DropTable | DropColumn) -> bool:
    if setting.object != dropped.table:
        return False
    return isinstance(dropped, DropTable) or (setting.kind, setting.part) == ("column", dropped.column)


def _mentions(step: RemedyStep, name: Name) -> bool:
    return repr(name) in repr(step)


def _names(step: RemedyStep, dropped: DropTable | DropColumn) -> bool:
    """Whether a step may need what is dropped later."""
    if isinstance(step, Given):
        word = dropped.column if isinstance(dropped, DropColumn) else dropped.table.name
        return re.search(rf"(?<![\w$]){re.escape(word)}(?![\w$])", step.sql) is not None
    return _mentions(step, dropped.table)


def _together(steps: list[RemedyStep]) -> Iterator[RemedyStep]:
    """Put actions on one table that follow each other into one statement."""
    waiting: tuple[Any, ...] = ()
    for step in steps:
        operation: Any = _only(step)
        joins = type(operation) in _TOGETHER
        if joins and waiting and _belongs(operation, waiting):
            waiting = (*waiting, operation)
            continue
        if waiting:
            yield Do(waiting)
        waiting = (operation,) if joins else ()
        if not joins:
            yield step
    if waiting:
        yield Do(waiting)


def _belongs(operation: Any, others: tuple[Any, ...]) -> bool:
    alike = _TOGETHER[type(operation)] == _TOGETHER[type(others[0])]
    return alike and operation.table == others[0].table and _object(operation) not in map(_object, others)


def _object(operation: Any) -> str:
    if isinstance(operation, AddColumn):
        return operation.column.name
    if isinstance(operation, DropConstraint):
        return f"constraint {operation.name}"
    return str(operation.column)
