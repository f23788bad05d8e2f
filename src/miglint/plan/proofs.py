"""Queries that are true once a database has one schema and not the other, to be run after each way."""

from collections.abc import Iterator

from miglint.model import Column, Name, Schema, Table, Update, View, quote
from miglint.plan.unit import Unit
from miglint.plan.value import Item

TRUE = "true"
_MOST = 12


def arrived(then: Schema, now: Schema) -> tuple[Item, ...]:
    """Give the queries for a database that comes from one schema to another."""
    found = list(_arrived(then, now))
    more = len(found) - _MOST
    if more > 0:
        return (
            *found[:_MOST],
            Item(f"{more} more tables, columns, constraints and indexes are not listed here."),
        )
    return tuple(found)


def _arrived(then: Schema, now: Schema) -> Iterator[Item]:
    names = dict.fromkeys((*then.relations.changed(now.relations), *now.relations.changed(then.relations)))
    tables: list[tuple[Table, Table]] = []
    for name in names:
        old, new = then.relations.get(name), now.relations.get(name)
        if isinstance(old, Table) and isinstance(new, Table):
            tables.append((old, new))
        elif isinstance(new, Table) and new.from_before:
            continue
        elif isinstance(new, (Table, View)) and old is None and not new.temporary:
            yield _true(f"{name.display} is there", f"to_regclass('{_literal(name.sql)}') IS NOT NULL")
        elif isinstance(old, Table) and old.from_before:
            continue
        elif isinstance(old, (Table, View)) and new is None and not old.temporary:
            yield _true(f"{name.display} is gone", f"to_regclass('{_literal(name.sql)}') IS NULL")
    for old, new in tables:
        yield from _columns(old, new)
        yield from _constraints(old, new)
    yield from _indexes(then, now)


def _columns(old: Table, new: Table) -> Iterator[Item]:
    before = {column.name: column for column in old.columns}
    after = {column.name: column for column in new.columns}
    for name, column in after.items():
        was, shown = before.get(name), f"{new.name.display}.{name}"
        if was is None:
            text = f"{shown} is there" if column.nullable else f"{shown} is there and NOT NULL"
            yield _of_column(text, new.name, name, "" if column.nullable else "attnotnull")
            continue
        if was.type != column.type:
            kind = f"format_type(atttypid, atttypmod) = '{_literal(_type(column))}'"
            yield _of_column(f"{shown} is {_type(column)}", new.name, name, kind)
        if was.nullable and not column.nullable:
            yield _of_column(f"{shown} is NOT NULL", new.name, name, "attnotnull")
        elif column.nullable and not was.nullable:
            yield _of_column(f"{shown} may be NULL", new.name, name, "NOT attnotnull")
    for name in before:
        if name not in after and new.complete:
            yield _of_column(f"{old.name.display}.{name} is gone", new.name, name, "", exists=False)


def _type(column: Column) -> str:
    return str(column.type)


def _constraints(old: Table, new: Table) -> Iterator[Item]:
    before = {constraint.name: constraint for constraint in old.constraints}
    for constraint in new.constraints:
        was = before.get(constraint.name)
        if constraint.kind == "not null" or (was is not None and was.valid == constraint.valid):
            continue
        valid = "convalidated" if constraint.valid else "NOT convalidated"
        state = "valid" if constraint.valid else "there, not validated yet"
        text = f"the constraint {constraint.name} is {state}"
        where = f"conrelid = '{_literal(new.name.sql)}'::regclass AND conname = '{_literal(constraint.name)}'"
        yield _true(text, f"EXISTS (SELECT FROM pg_constraint WHERE {where} AND {valid})")


def _indexes(then: Schema, now: Schema) -> Iterator[Item]:
    for name in now.relations.changed(then.relations):
        index = now.index_named(name)
        if (
            index is None
            or index.constraint
            or then.index_named(name) is not None
            or index.table not in then.relations
        ):
            continue
        where = f"indexrelid = to_regclass('{_literal(name.sql)}') AND indisvalid"
        yield _true(
            f"the index {name.display} is there and valid", f"EXISTS (SELECT FROM pg_index WHERE {where})"
        )


def _true(text: str, condition: str) -> Item:
    return Item(text, f"SELECT {condition};", "sql", TRUE)


def _of_column(text: str, table: Name, column: str, condition: str, *, exists: bool = True) -> Item:
    where = f"attrelid = '{_literal(table.sql)}'::regclass AND attname = '{_literal(column)}'"
    where += f" AND {condition}" if condition else ""
    found = f"EXISTS (SELECT FROM pg_attribute WHERE {where})"
    return _true(text, found if exists else f"NOT {found}")


def filled(unit: Unit) -> Iterator[Item]:
    """Give the queries for columns that are filled: no NULL is left, or they are like their source."""
    for record in unit.records:
        operation = record.operation
        if not isinstance(operation, Update) or operation.table not in unit.before.relations:
            continue
        yield from _of_update(operation, unit)


def _of_update(update: Update, unit: Unit) -> Iterator[Item]:
    old, new = unit.before.table(update.table), unit.after.table(update.table)
    if old is None or new is None:
        return
    for name in update.columns:
        column = new.column(name)
        if column is None or old.column(name) is not None or name in update.nulls_assigned:
            continue
        copied = [c for of, c in update.query.copies if of == update.table and new.column(c) is not None]
        sources = copied if len(update.columns) == 1 and len(copied) == 1 else []
        table, shown = update.table, f"{update.table.display}.{name}"
        if sources and update.filter.absent:
            condition = f"{quote(name)} IS DISTINCT FROM {quote(sources[0])}"
            yield _true(
                f"{shown} holds what {sources[0]} holds",
                f"NOT EXISTS (SELECT FROM {table.sql} WHERE {condition})",
            )
        elif column.nullable and (update.filter.absent or update.filter.only_of_nulls):
            condition = f"{quote(name)} IS NULL"
            yield _true(
                f"no row is without {shown}", f"NOT EXISTS (SELECT FROM {table.sql} WHERE {condition})"
            )


def _literal(text: str) -> str:
    return text.replace("'", "''")
