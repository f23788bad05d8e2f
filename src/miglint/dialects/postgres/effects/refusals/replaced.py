"""What CREATE OR REPLACE does not change: the columns of a view, the kind and signature of a function."""

import re

from miglint.dialects.postgres.effects.situation import Refusals, Situation, refused
from miglint.model import Column, CreateFunction, CreateView, Failure, Function, Name, Signature, quote


def _view(operation: CreateView, situation: Situation) -> tuple[Failure, ...]:
    view = situation.schema.view(operation.view)
    output = operation.query.output
    known = operation.replace and _is_sure(operation.view, situation)
    if not known or view is None or view.columns is None or output is None:
        return ()
    names = (*operation.column_names, *(column.name for column in output[len(operation.column_names) :]))
    reason = _changed(view.columns, names)
    if not reason:
        return ()
    readers = " CASCADE" if view.dependents else ""
    remedy = f"DROP VIEW {view.name.sql}{readers}; -- first, and then CREATE VIEW"
    if readers:
        remedy += f", and {' and '.join(sorted(name.display for name in view.dependents))} again"
    return refused(view.name, f"{reason}, and OR REPLACE only adds columns at the end", "42P16", remedy)


def _changed(columns: tuple[Column, ...], names: tuple[str, ...]) -> str:
    for column, name in zip(columns, names, strict=False):
        if column.name != name:
            return f"the view has the column {quote(column.name)} where the new query has {quote(name)}"
    if len(names) < len(columns):
        return f"the new query has no column {quote(columns[len(names)].name)}, which the view has"
    return ""


def _function(operation: CreateFunction, situation: Situation) -> tuple[Failure, ...]:
    overloads = situation.schema.functions.get(operation.function) or ()
    old = next((each for each in overloads if each.arguments == operation.arguments), None)
    if not operation.replace or old is None or not _is_sure(operation.function, situation):
        return ()
    kind = "procedure" if old.procedure else "function"
    name = f"{operation.function.sql}({', '.join(old.arguments)})"
    remedy = f"DROP {kind.upper()} {name}; -- first, in the same migration"
    if old.procedure != operation.procedure:
        reason = f"{operation.function.display} is a {kind}, and OR REPLACE keeps it one"
        return refused(None, reason, "42809", remedy)
    reason = "" if old.procedure else _another(old, operation)
    if not reason or (old.signature is not None and _has_old_names(old.signature, situation)):
        return ()
    return refused(None, f"{reason}, which OR REPLACE does not change", "42P13", remedy)


def _another(old: Function, new: CreateFunction) -> str:
    before, after = old.signature, new.signature
    if before is None or after is None:
        return ""
    if before.result != after.result:
        return f"it would return {after.result} in the place of {before.result}"
    if before.columns != after.columns:
        return f"it would return ({', '.join(after.columns)}) in the place of ({', '.join(before.columns)})"
    for was, name in zip(before.inputs, after.inputs, strict=True):
        if was and was != name:
            return (
                f"its parameter {quote(was)} would be {f'named {quote(name)}' if name else 'without a name'}"
            )
    if after.defaults < before.defaults:
        return "one of its parameters would lose its default"
    return ""


def _has_old_names(signature: Signature, situation: Situation) -> bool:
    """Whether a type in it may have got another name since."""
    words = set(re.findall(r"\w+", " ".join((signature.result, *signature.columns))))
    return any(name.name in words for _, name in situation.schema.gone)


def _is_sure(name: Name, situation: Situation) -> bool:
    schema = situation.schema
    return schema.is_read and name not in schema.unsure and not schema.may_lack(name)


REFUSALS: Refusals = {CreateFunction: _function, CreateView: _view}
