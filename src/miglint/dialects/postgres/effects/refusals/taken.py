"""What the server refuses because the name is taken, before it reads a row or locks another table."""

from miglint.dialects.postgres.effects.situation import Refusals, Situation
from miglint.model import (
    AddColumn,
    AddConstraint,
    CreateEnum,
    CreateIndex,
    CreateTable,
    Failure,
    FailureCause,
    Name,
)

_INDEXED = ("primary", "unique", "exclude")


def _failure(table: Name | None, reason: str, sqlstate: str, *, sure: bool = True) -> tuple[Failure, ...]:
    return (Failure(table, f"{reason} already exists", sure, FailureCause.TAKEN, sqlstate),)


def _constraint(operation: AddConstraint, situation: Situation) -> tuple[Failure, ...]:
    table, new = situation.schema.table(operation.table), operation.constraint
    # NOT NULL is merged with the one that is there, and so is a CHECK with an inherited one; a constraint
    # that takes an index may have its name.
    if table is None or new.using_index is not None or new.kind == "not null":
        return ()
    sure = not situation.schema.may_lack(table.name)
    if new.kind == "primary" and table.primary_key is not None:
        return _failure(table.name, "a primary key", "42P16", sure=sure)
    if new.name is None or (new.kind == "check" and (table.inherits or table.partition_of)):
        return ()
    if new.kind in _INDEXED and Name(table.name.schema, new.name) in situation.schema.relations:
        return _failure(table.name, f"relation {new.name}", "42P07", sure=sure)
    if table.constraint(new.name) is None:
        return ()
    return _failure(table.name, f"constraint {new.name}", "42710", sure=sure)


def _column(operation: AddColumn, situation: Situation) -> tuple[Failure, ...]:
    table, name = situation.schema.table(operation.table), operation.column.name
    if operation.if_not_exists or table is None or table.column(name) is None:
        return ()
    sure = not situation.schema.may_lack(table.name)
    return _failure(table.name, f"column {name}", "42701", sure=sure)


def _index(operation: CreateIndex, situation: Situation) -> tuple[Failure, ...]:
    if operation.if_not_exists or operation.name is None:
        return ()
    name = Name(operation.table.schema, operation.name)
    if name not in situation.schema.relations:
        return ()
    sure = not situation.schema.may_lack(name)
    return _failure(operation.table, f"relation {operation.name}", "42P07", sure=sure)


def _table(operation: CreateTable, situation: Situation) -> tuple[Failure, ...]:
    if operation.if_not_exists or operation.table not in situation.schema.relations:
        return ()
    sure = not situation.schema.may_lack(operation.table)
    return _failure(operation.table, f"relation {operation.table.name}", "42P07", sure=sure)


def _enum(operation: CreateEnum, situation: Situation) -> tuple[Failure, ...]:
    there = operation.type in situation.schema.types
    return _failure(None, f"type {operation.type.name}", "42710") if there else ()


REFUSALS: Refusals = {
    AddColumn: _column,
    AddConstraint: _constraint,
    CreateEnum: _enum,
    CreateIndex: _index,
    CreateTable: _table,
}
