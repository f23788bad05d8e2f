"""What the server asks of an index that becomes a constraint, and of the kind of constraints."""

from miglint.dialects.postgres.effects.situation import Refusals, Situation, refused
from miglint.model import AddConstraint, AlterConstraint, Failure, Index, Name, ValidateConstraint

NOT_NULL_CONSTRAINT_VERSION = 18


def _using_index(operation: AddConstraint, situation: Situation) -> tuple[Failure, ...]:
    table, name = situation.schema.table(operation.table), operation.constraint.using_index
    if table is None or name is None or table.partition_by or not situation.is_told(table):
        return ()
    index = situation.schema.index_named(Name(table.name.schema, name))
    found = _unfit(index, operation.table) if index is not None else None
    if found is None:
        return ()
    reason, sqlstate = found
    remedy = "make a unique index of plain columns over all rows, and use that"
    return refused(table.name, f"the index {name} {reason}", sqlstate, remedy)


def _unfit(index: Index, table: Name) -> tuple[str, str] | None:
    if index.constraint is not None:
        return f"belongs to the constraint {index.constraint} already", "55000"
    if index.table != table:
        return f"is one of {index.table.display}", "55000"
    if not index.unique:
        return "is not unique", "42809"
    if index.expressions:
        return "has an expression for a key, and a constraint has columns", "42809"
    if index.predicate is not None:
        return "covers only some rows, and a constraint covers all", "42809"
    if index.descending or index.nulls:
        return "is not in the usual order, as that of a constraint is", "42809"
    return None


def _validate(operation: ValidateConstraint, situation: Situation) -> tuple[Failure, ...]:
    kinds = {"check", "foreign", *(("not null",) if situation.version >= NOT_NULL_CONSTRAINT_VERSION else ())}
    return _of_kinds(operation, kinds, "only a CHECK and a foreign key are validated", situation)


def _alter(operation: AlterConstraint, situation: Situation) -> tuple[Failure, ...]:
    return _of_kinds(operation, {"foreign", "not null"}, "only a foreign key is altered", situation)


def _of_kinds(
    operation: ValidateConstraint | AlterConstraint, kinds: set[str], rule: str, situation: Situation
) -> tuple[Failure, ...]:
    table = situation.schema.table(operation.table)
    constraint = table.constraint(operation.name) if table is not None else None
    if table is None or constraint is None or constraint.kind in kinds or not situation.is_told(table):
        return ()
    reason = f"{rule}, and {operation.name} is neither"
    return refused(table.name, reason, "42809", "remove the statement")


REFUSALS: Refusals = {AddConstraint: _using_index, AlterConstraint: _alter, ValidateConstraint: _validate}
