"""What the server does not take in a CHECK, a default, an index or the formula of a generated column."""

import re
from collections.abc import Iterator

from miglint.dialects.postgres.effects.situation import Refusals, Situation, refused
from miglint.model import (
    AddColumn,
    AddConstraint,
    ColumnDefinition,
    CreateDomain,
    CreateIndex,
    CreateTable,
    Expression,
    Failure,
    Name,
    SetDefault,
)

Use = tuple[Expression | None, str]
"""An expression, and what it is there for."""

_CHECK, _DEFAULT, _GENERATION = "a CHECK", "a default", "a generation expression"
_KEY, _PREDICATE = "an index", "the predicate of an index"


def _constraint(operation: AddConstraint, situation: Situation) -> tuple[Failure, ...]:
    if operation.constraint.kind != "check":
        return ()
    return _first(operation.table, iter(((operation.constraint.expression, _CHECK),)), situation)


def _column(operation: AddColumn, situation: Situation) -> tuple[Failure, ...]:
    table = situation.schema.table(operation.table)
    if table is None or table.column(operation.column.name) is not None:
        return ()
    return _first(operation.table, _of_column(operation.column), situation)


def _table(operation: CreateTable, situation: Situation) -> tuple[Failure, ...]:
    if operation.table in situation.schema.relations:
        return ()
    for column in operation.columns:
        if found := _first(operation.table, _of_column(column), situation):
            return found
    checks = ((c.expression, _CHECK) for c in operation.constraints if c.kind == "check")
    return _first(operation.table, checks, situation)


def _of_column(column: ColumnDefinition) -> Iterator[Use]:
    yield column.default, _DEFAULT
    yield column.generation, _GENERATION
    for constraint in column.constraints:
        if constraint.kind == "check":
            yield constraint.expression, _CHECK


def _set_default(operation: SetDefault, situation: Situation) -> tuple[Failure, ...]:
    return _first(operation.table, iter(((operation.default, _DEFAULT),)), situation)


def _domain(operation: CreateDomain, situation: Situation) -> tuple[Failure, ...]:
    checks = ((c.expression, _CHECK) for c in operation.checks)
    return _first(None, checks, situation)


def _index(operation: CreateIndex, situation: Situation) -> tuple[Failure, ...]:
    keys = ((element.expression, _KEY) for element in operation.elements)
    found = _first(operation.table, keys, situation)
    return found or _first(operation.table, iter(((operation.predicate, _PREDICATE),)), situation)


def _first(table: Name | None, uses: Iterator[Use], situation: Situation) -> tuple[Failure, ...]:
    for expression, use in uses:
        if expression is None:
            continue
        if expression.has_subquery:
            reason = f"{use} cannot have a subquery"
            remedy = "write a trigger that looks into other tables" if use == _CHECK else "write it without"
            return refused(table, reason, "0A000", remedy)
        if use == _DEFAULT and expression.columns:
            reason = f"a default cannot name a column, and {expression.columns[0]} is one"
            remedy = "write it in single quotes if it is a text, or set the value in a BEFORE INSERT trigger"
            return refused(table, reason, "0A000", remedy)
        if use not in (_CHECK, _DEFAULT) and (called := _changing(expression, situation)):
            reason = f"{use} needs functions that are IMMUTABLE, and {called} is not"
            remedy = "write it without what depends on the time, the session or other rows"
            return refused(table, reason, "42P17", remedy)
    return ()


_NOT_IMMUTABLE = frozenset(
    {
        "clock_timestamp", "concat", "concat_ws", "current_setting", "format", "gen_random_uuid",
        "jsonb_build_object", "nextval", "now", "random", "statement_timestamp", "timeofday", "to_char",
        "to_date", "to_json", "to_jsonb", "transaction_timestamp",
    }
)  # fmt: skip
"""Functions of which the server has no version that is IMMUTABLE."""


_SESSION_VALUES = re.compile(
    r"(?i)\b(?:current_(?:date|time|timestamp|user|role|catalog|schema)|localtime|localtimestamp|session_user)\b"
)
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")


def _changing(expression: Expression, situation: Situation) -> str:
    """Give a function that is not IMMUTABLE for certain, "" if there is none.

    One in plain SQL is put in place of its call before the server looks.
    """
    for written in expression.functions:
        schema, _, name = written.rpartition(".")
        places = (schema,) if schema else situation.session.settings.search_path
        own = [f for place in places for f in situation.schema.functions.get(Name(place, name)) or ()]
        if own:
            if all(f.volatility != "immutable" and f.language == "plpgsql" for f in own):
                return written
        elif schema in ("", "pg_catalog") and name in _NOT_IMMUTABLE:
            return written
    value = _SESSION_VALUES.search(_QUOTED.sub("", expression.text))
    return value[0].upper() if value is not None and value[0].lower() not in expression.columns else ""


REFUSALS: Refusals = {
    AddColumn: _column,
    AddConstraint: _constraint,
    CreateDomain: _domain,
    CreateIndex: _index,
    CreateTable: _table,
    SetDefault: _set_default,
}
