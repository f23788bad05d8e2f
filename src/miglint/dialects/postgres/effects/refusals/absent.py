"""What the server refuses because a table, type, function or schema that the statement names is not there."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from miglint.dialects.postgres.effects.refusals.unknown_types import (
    no_type,
    unknown_casts,
    unknown_type,
    unknown_types,
)
from miglint.dialects.postgres.effects.situation import Refusals, Situation, gone
from miglint.dialects.postgres.types import is_built_in
from miglint.dialects.sql.replay.naming import routine_words
from miglint.model import (
    AddColumn,
    AddConstraint,
    AddEnumValue,
    AddIdentity,
    AlterColumnType,
    AlterConstraint,
    AlterDomain,
    AlterSequence,
    AttachPartition,
    ColumnDefinition,
    ConstraintDefinition,
    CreateIndex,
    CreateTable,
    CreateTrigger,
    CreateView,
    Delete,
    DetachPartition,
    DropColumn,
    DropConstraint,
    DropDefault,
    DropExpression,
    DropFunction,
    DropIdentity,
    DropIndex,
    DropNotNull,
    DropSchema,
    DropSequence,
    DropTable,
    DropTrigger,
    DropType,
    DropView,
    Failure,
    FailureCause,
    Insert,
    LockTable,
    MoveTable,
    MoveType,
    Name,
    Operation,
    RefreshMaterializedView,
    RenameColumn,
    RenameConstraint,
    RenameEnumValue,
    RenameFunction,
    RenameTable,
    RenameTrigger,
    RenameType,
    Select,
    SetDefault,
    SetExpression,
    SetIdentity,
    SetNotNull,
    TableCommand,
    Truncate,
    Update,
    ValidateConstraint,
)

Failures = tuple[Failure, ...]
_PRIVATE = ("pg_temp", "pg_catalog", "information_schema")
_UNDEFINED_TABLE = "42P01"


def _relations(
    names: Iterable[Name | None], situation: Situation, sqlstate: str = _UNDEFINED_TABLE
) -> Failures:
    for name in names:
        if name is not None and (found := _relation(name, situation, sqlstate)):
            return found
    return ()


def _relation(name: Name, situation: Situation, sqlstate: str) -> Failures:
    schema = situation.schema
    there = name in schema.relations and not schema.is_from_before(name)
    if there or name.schema in _PRIVATE or name in schema.unsure or schema.may_lack(name):
        return ()
    if found := _schema(name.schema, situation):
        return found
    if ("relation", name) not in schema.gone:
        reason = f"no migration before this one makes {name.display}"
        return (Failure(name, reason, False, FailureCause.MISSING, sqlstate),)
    # Where another schema has one of the name, the search path decides which is meant.
    there = any(Name(place, name.name) in schema.relations for place in (name.schema, *schema.schemas))
    return gone("relation", name, sqlstate) if not there and schema.is_gone("relation", name) else ()


def _of_table(operation: Any, situation: Situation) -> Failures:
    if getattr(operation, "if_table_exists", False):
        return ()
    return _relations((operation.table,), situation)


def _named_relation(field: str, sqlstate: str = _UNDEFINED_TABLE) -> Callable[[Any, Situation], Failures]:
    def find(operation: Any, situation: Situation) -> Failures:
        if getattr(operation, "if_exists", False):
            return ()
        return _relations((getattr(operation, field),), situation, sqlstate)

    return find


def _read(operation: Select | CreateView, situation: Situation) -> Failures:
    missing = tuple(f for f in _relations(operation.query.reads, situation) if f.certain)
    return missing or unknown_casts(operation.query.casts, situation)


def _add_column(operation: AddColumn, situation: Situation) -> Failures:
    column = operation.column
    return (
        _of_table(operation, situation)
        or unknown_types((column.type,), situation)
        or unknown_casts(_casts((column,)), situation)
        or _relations((c.references for c in column.constraints), situation)
    )


def _add_constraint(operation: AddConstraint, situation: Situation) -> Failures:
    found = _of_table(operation, situation)
    table, new = situation.schema.table(operation.table), operation.constraint
    if found or (table is not None and new.name is not None and table.constraint(new.name) is not None):
        return found
    return _parents(operation.table, (new,), situation)


def _parents(table: Name, constraints: Iterable[ConstraintDefinition], situation: Situation) -> Failures:
    return _relations((c.references for c in constraints if c.references != table), situation)


def _alter_type(operation: AlterColumnType, situation: Situation) -> Failures:
    return (
        _of_table(operation, situation)
        or no_type(operation.type, situation)
        or unknown_types((operation.type,), situation)
        or unknown_casts(operation.using.casts if operation.using is not None else (), situation)
    )


def _attach(operation: AttachPartition, situation: Situation) -> Failures:
    return _of_table(operation, situation) or _relations((operation.partition,), situation)


def _create_table(operation: CreateTable, situation: Situation) -> Failures:
    schema = situation.schema
    if operation.table in schema.relations and not schema.is_from_before(operation.table):
        return ()
    parents = (*operation.inherits, operation.partition_of, *(name for name, _ in operation.like))
    return (
        _schema(operation.table.schema, situation)
        or _relations(parents, situation)
        or unknown_types((column.type for column in operation.columns), situation)
        or unknown_casts(_casts(operation.columns), situation)
        or _parents(operation.table, operation.all_constraints, situation)
    )


def _casts(columns: Iterable[ColumnDefinition]) -> Iterator[str]:
    for column in columns:
        if column.default is not None:
            yield from column.default.casts


def _create_view(operation: CreateView, situation: Situation) -> Failures:
    return _schema(operation.view.schema, situation) or _read(operation, situation)


def _create_trigger(operation: CreateTrigger, situation: Situation) -> Failures:
    return _of_table(operation, situation) or _function(operation.function, situation)


def _rows(operation: Insert | Update | Delete, situation: Situation) -> Failures:
    return _relations((operation.table,), situation) or unknown_casts(operation.query.casts, situation)


def _set_default(operation: SetDefault, situation: Situation) -> Failures:
    return _of_table(operation, situation) or unknown_casts(operation.default.casts, situation)


def _tables(operation: LockTable | Truncate, situation: Situation) -> Failures:
    return _relations(operation.tables, situation)


def _named_type(field: str) -> Callable[[Any, Situation], Failures]:
    def find(operation: Any, situation: Situation) -> Failures:
        if getattr(operation, "if_exists", False):
            return ()
        return unknown_type(getattr(operation, field), situation)

    return find


def _function(name: Name | None, situation: Situation) -> Failures:
    schema = situation.schema
    if name is None or not schema.is_gone("function", name):
        return ()
    there = any(Name(place, name.name) in schema.functions for place in (name.schema, *schema.schemas))
    return () if there else gone("function", name, "42883")


def _named_function(operation: DropFunction | RenameFunction, situation: Situation) -> Failures:
    if getattr(operation, "if_exists", False):
        return ()
    found = _function(operation.function, situation)
    return found or (_overload(operation, situation) if isinstance(operation, DropFunction) else ())


def _overload(operation: DropFunction, situation: Situation) -> Failures:
    """Where all functions of the name take other arguments."""
    schema, wanted = situation.schema, operation.arguments
    known = schema.functions.get(operation.function) or ()
    words = routine_words(operation.function, wanted)
    if wanted is None or not known or not schema.is_read or ("aggregate", words) in schema.others:
        return ()
    if not all(_are_others(function.arguments, wanted) for function in known):
        return ()
    name = operation.function.display
    there = " and ".join(f"{name}({', '.join(function.arguments)})" for function in known)
    reason = f"there is no {name}({', '.join(wanted)}), only {there}"
    return (Failure(None, reason, True, FailureCause.MISSING, "42883"),)


def _are_others(one: Sequence[str], other: Sequence[str]) -> bool:
    """Whether two lists of argument types differ for sure: what is not built in may have two names."""
    return len(one) != len(other) or any(
        a != b and is_built_in(a.removesuffix("[]")) and is_built_in(b.removesuffix("[]"))
        for a, b in zip(one, other, strict=True)
    )


def _schema(name: str, situation: Situation) -> Failures:
    schema = situation.schema
    is_gone = name not in schema.schemas and schema.is_gone("schema", Name("", name))
    return gone("schema", Name("", name), "3F000") if is_gone else ()


def _drop_schema(operation: DropSchema, situation: Situation) -> Failures:
    return () if operation.if_exists else _schema(operation.schema, situation)


def _command(operation: TableCommand, situation: Situation) -> Failures:
    return () if operation.if_exists else _of_table(operation, situation)


_OF_TABLES: tuple[type[Operation], ...] = (
    AddIdentity,
    AlterConstraint,
    CreateIndex,
    DetachPartition,
    DropColumn,
    DropConstraint,
    DropDefault,
    DropExpression,
    DropIdentity,
    DropNotNull,
    RenameColumn,
    RenameConstraint,
    RenameTrigger,
    SetExpression,
    SetIdentity,
    SetNotNull,
    ValidateConstraint,
)

REFUSALS: Refusals = {
    **dict.fromkeys(_OF_TABLES, _of_table),
    AddColumn: _add_column,
    AddConstraint: _add_constraint,
    AddEnumValue: _named_type("type"),
    AlterColumnType: _alter_type,
    AlterDomain: _named_type("domain"),
    AlterSequence: _named_relation("sequence"),
    AttachPartition: _attach,
    CreateTable: _create_table,
    CreateTrigger: _create_trigger,
    CreateView: _create_view,
    Delete: _rows,
    DropFunction: _named_function,
    DropIndex: _named_relation("name", "42704"),
    DropSchema: _drop_schema,
    DropSequence: _named_relation("sequence"),
    DropTable: _named_relation("table"),
    DropTrigger: _named_relation("table"),
    DropType: _named_type("type"),
    DropView: _named_relation("view"),
    Insert: _rows,
    LockTable: _tables,
    MoveTable: _named_relation("table"),
    MoveType: _named_type("type"),
    RefreshMaterializedView: _named_relation("view"),
    RenameEnumValue: _named_type("type"),
    RenameFunction: _named_function,
    RenameTable: _named_relation("table"),
    RenameType: _named_type("type"),
    Select: _read,
    SetDefault: _set_default,
    TableCommand: _command,
    Truncate: _tables,
    Update: _rows,
}
