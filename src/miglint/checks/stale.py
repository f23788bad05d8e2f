"""Functions whose bodies still name what a migration drops or renames."""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

from miglint.checks.context import Context
from miglint.dialects import load
from miglint.model import (
    BodyNames,
    DropColumn,
    DropFunction,
    DropTable,
    DropType,
    DropView,
    EnumType,
    Function,
    MoveTable,
    MoveType,
    Name,
    Operation,
    RenameColumn,
    RenameEnumValue,
    RenameFunction,
    RenameTable,
    RenameType,
    Schema,
    Table,
    Trigger,
    View,
)
from miglint.simulate.trace import Record

Taking = (
    DropColumn
    | DropFunction
    | DropTable
    | DropType
    | DropView
    | MoveTable
    | MoveType
    | RenameColumn
    | RenameEnumValue
    | RenameFunction
    | RenameTable
    | RenameType
)
"""What takes a name away that bodies can hold."""


class Stale(NamedTuple):
    """A function whose body still names `gone`; `triggers` are those that call it, with their tables."""

    function: Function
    gone: str
    triggers: tuple[tuple[Table, Trigger], ...] = ()


class _Gone(NamedTuple):
    """A name that was there when the migration began and is not when it ends."""

    word: str
    title: str
    is_named: Callable[[BodyNames], bool]
    row_of: Name | None = None


def stale_functions(taking: Taking, ctx: Context) -> Iterator[Stale]:
    """Give the functions, as they are when the migration ends, that name what this takes away for good.

    Left out are one that only triggers could call, and none does, and one of which a later migration that is
    deployed together with this one speaks. Nothing is said where code made at run time may make it again.
    """
    first, last = ctx.records[0].schema, ctx.records[-1].after
    gone = _gone(taking, ctx)
    if gone is None or len(last.doubts) > len(first.doubts):
        return
    for at, function in ctx.once(_mentioning).get(gone.word, ()):
        triggers = tuple(_triggers_calling(function.name, last, ctx))
        of_triggers = function.returns.endswith("trigger")
        names = ctx.once(_names_in, function.name, at, ctx.history.dialect)
        if names is not None and not gone.is_named(names):
            triggers = tuple(each for each in triggers if _reads_of_row(gone, function, names, each[0]))
            of_triggers = True
        if names is not None and (triggers or not of_triggers) and not _is_replaced_later(function, ctx):
            yield Stale(function, gone.title, triggers)


def _reads_of_row(gone: _Gone, function: Function, names: BodyNames, table: Table) -> bool:
    """Whether a function reads what is gone of NEW or OLD, whatever the table of its trigger."""
    asks = "tg_table_name" in _words(function.definition) or "tg_relid" in _words(function.definition)
    return table.name == gone.row_of and gone.word in names.of_rows and not asks


def _is_replaced_later(function: Function, ctx: Context) -> bool:
    """Whether a migration that is deployed together with this one names the function afterwards."""
    at = next((i for i, m in enumerate(ctx.history.migrations) if m is ctx.migration), None)
    if at is None or ctx.migration is None:
        return False
    this = ctx.migration
    return any(
        function.name.name in _words(later.up.sql)
        for later in ctx.history.migrations[at + 1 :]
        if later.up is not None
        and (
            (this.release != "" and later.release == this.release)
            or (this.arrival != "" and later.arrival == this.arrival)
            or (ctx.history.base is not None and ctx.is_selected(later.id))
        )
    )


def _gone(taking: Taking, ctx: Context) -> _Gone | None:
    first, last = ctx.records[0].schema, ctx.records[-1].after
    if isinstance(taking, (DropColumn, RenameColumn)):
        column, table = taking.column, ctx.old_name(taking.table)
        before, now = first.relations.get(table), last.relations.get(table)
        if not isinstance(before, Table) or before.column(column) is None:
            return None
        if not isinstance(now, (Table, View)) or now.columns is None or now.column(column) is not None:
            return None
        whole = (table, column)
        return _Gone(column, f"{table.display}.{column}", lambda n: whole in n.columns, table)
    if isinstance(taking, RenameEnumValue):
        value, type_ = taking.value, last.types.get(taking.type)
        there = not isinstance(type_, EnumType) or value in type_.values
        in_type = (taking.type, value)
        return None if there else _Gone(value, f"'{value}'", lambda n: in_type in n.values)
    return _gone_object(taking, ctx)


def _gone_object(taking: Taking, ctx: Context) -> _Gone | None:
    first, last = ctx.records[0].schema, ctx.records[-1].after
    if isinstance(taking, (DropFunction, RenameFunction)):
        name = taking.function
        there = name not in first.functions or name in last.functions
        return None if there else _Gone(name.name, f"{name.display}()", lambda n: name in n.functions)
    if isinstance(taking, (DropType, MoveType, RenameType)):
        type_ = taking.type
        there = type_ not in first.types or type_ in last.types
        return None if there else _Gone(type_.name, type_.display, lambda n: type_ in n.types)
    if isinstance(taking, (DropTable, DropView, MoveTable, RenameTable)):
        relation = taking.view if isinstance(taking, DropView) else taking.table
        there = relation not in first.relations or relation in last.relations
        return None if there else _Gone(relation.name, relation.display, lambda n: relation in n.relations)
    return None


def _triggers_calling(function: Name, last: Schema, ctx: Context) -> Iterator[tuple[Table, Trigger]]:
    for table in last.tables_calling(function=function):
        if not ctx.is_new(table.name):
            yield from ((table, each) for each in table.triggers if each.function == function)


def _word_of(operation: Operation) -> str:
    if isinstance(operation, (DropColumn, RenameColumn)):
        return operation.column
    if isinstance(operation, RenameEnumValue):
        return operation.value
    for field in ("table", "view", "function", "type"):
        name = getattr(operation, field, None) if isinstance(operation, Taking) else None
        if isinstance(name, Name):
            return name.name
    return ""


def _mentioning(records: tuple[Record, ...]) -> dict[str, list[tuple[int, Function]]]:
    """Give the functions at the end that hold a word which the migration may take away, by the word."""
    gone = {word for record in records if (word := _word_of(record.operation))}
    found: dict[str, list[tuple[int, Function]]] = {}
    for overloads in records[-1].after.functions.values() if gone else ():
        for at, function in enumerate(overloads):
            for word in gone & _words(function.definition):
                found.setdefault(word, []).append((at, function))
    return found


@lru_cache(maxsize=4096)
def _words(text: str) -> frozenset[str]:
    words = re.findall(r"\w+", text)
    return frozenset(words).union(map(str.lower, words))


def _names_in(records: tuple[Record, ...], name: Name, at: int, dialect: str) -> BodyNames | None:
    """Resolve a body on the schema that it was written for: that in which the migration begins."""
    first = records[0]
    function = (records[-1].after.functions.get(name) or ())[at]
    return load(dialect).names_in(function, first.schema, first.session.settings.search_path)
