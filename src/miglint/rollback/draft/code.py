"""Views and functions: made again by the text that made them."""

import re

from miglint.model import (
    HISTORY,
    CreateFunction,
    CreateView,
    DropFunction,
    Function,
    Query,
    RefreshMaterializedView,
    Schema,
    View,
)
from miglint.model.remedy import NOWHERE
from miglint.rollback.draft.definitions import parameters
from miglint.rollback.draft.plan import Lost, Phase, Way, given, planned
from miglint.rollback.draft.settings import Holder, of_relation, settings
from miglint.rollback.draft.world import World

_CREATE = re.compile(r"(?i)\s*create\s+(or\s+replace\s+)?")
_IF_NOT_EXISTS = re.compile(r"(?i)^(materialized\s+view)\s+if\s+not\s+exists\b")
_NO_DATA = re.compile(r"(?i)\bwith\s+no\s+data\s*;?\s*$")


def view(now: View | None, then: View, world: World) -> Way:
    """Make a view by its text, in place of one where the database allows."""
    if then.temporary:
        return
    if now is None or now.definition != then.definition:
        if reason := _unwritten(then, world):
            yield Lost(of_relation(then).display, reason)
            return
        text = _text(then, replace=now is not None and not then.materialized)
        yield planned(
            Phase.VIEWS, CreateView(NOWHERE, then.name, Query(), then.materialized, definition=text)
        )
    elif now.populated != then.populated:
        yield planned(Phase.VIEWS, RefreshMaterializedView(NOWHERE, then.name, with_data=then.populated))
    current = now.properties if now is not None else ()
    if now is None or now.definition != then.definition:
        kept = tuple(each for each in current if each not in parameters(current))
        current = tuple(sorted((*kept, *_parameters_of(then))))
    yield from settings(of_relation(then), current, then.properties)
    columns = {column.name: column.properties for column in (now.columns or ()) if now} if now else {}
    for column in then.columns or ():
        holder = Holder("column", then.name, of_relation(then).word, column.name)
        yield from settings(holder, columns.get(column.name, ()), column.properties)


def _unwritten(view: View, world: World) -> str:
    """Say why the text of a view cannot make it, "" if it can; what is read may have another name now."""
    if view.definition is None or not view.definition.text:
        return "its text is not known"
    made = view.definition
    if (made.reads, made.columns_read) != (view.reads, view.columns_read):
        world.late.add(view.name)
        return "its text names what has another name since"
    if world.late.intersection(view.reads):
        world.late.add(view.name)
        return "it reads a view that cannot be made"
    return ""


def _parameters_of(made: View) -> tuple[tuple[str, str], ...]:
    """Give the parameters that the text of a view says: what else is set on it was set later."""
    text = made.definition.text.lower() if made.definition is not None else ""
    head = text.partition(" as ")[0]
    found = tuple(each for each in parameters(made.properties) if each[0].split(" ")[-1] in head)
    stored = ("the access method", "the tablespace")
    return (*found, *(each for each in made.properties if each[0] in stored and each[1] in head))


def _text(made: View, *, replace: bool) -> str:
    text = _replacing(made.definition.text if made.definition is not None else "", replace=replace)
    if made.materialized and made.populated == bool(_NO_DATA.search(text)):
        text = _NO_DATA.sub("", text) if made.populated else f"{text} WITH NO DATA"
    return text


def _replacing(text: str, *, replace: bool) -> str:
    head = _CREATE.match(text)
    if head is None:
        return text
    rest = _IF_NOT_EXISTS.sub(r"\1", text[head.end() :])
    return f"CREATE {'OR REPLACE ' if replace else ''}{rest}".rstrip().rstrip(";")


def takes_replacing(now: View, then: View) -> bool:
    """Whether CREATE OR REPLACE VIEW makes a view what it was: columns can only be added, at the end."""
    if now.materialized or then.materialized or now.columns is None or then.columns is None:
        return False
    names = [[(column.name, column.type) for column in each.columns or ()] for each in (now, then)]
    return names[1][: len(names[0])] == names[0]


def functions(now: tuple[Function, ...], then: tuple[Function, ...], has: Schema, had: Schema) -> Way:
    """Drop and make the overloads of a function."""
    ours = {function.arguments: function for function in now}
    theirs = {function.arguments: function for function in then}
    for arguments, function in ours.items():
        if arguments not in theirs:
            yield planned(Phase.NO_FUNCTIONS, DropFunction(NOWHERE, function.name, arguments))
    for arguments, function in theirs.items():
        old = ours.get(arguments)
        if old == function:
            continue
        altered = old is not None and _altered(old) != _altered(function)
        if old is None or old.definition != function.definition or altered:
            yield from _made(function, had, replace=old is not None)
        holder = Holder("function", function.name, "function", arguments=arguments)
        yield from settings(holder, _settable(old) if old is not None else (), _settable(function))


def _altered(function: Function) -> str:
    return dict(function.properties).get(HISTORY, "")


def _settable(function: Function) -> tuple[tuple[str, str], ...]:
    """Give what is set on a function, but for the options that its text says again."""
    return tuple(each for each in function.properties if each[0] != HISTORY)


def _made(function: Function, had: Schema, *, replace: bool) -> Way:
    if not function.definition:
        yield Lost(f"function {function.name.display}", "its text is not known")
        return
    text = _replacing(function.definition, replace=replace)
    phase = _phase(function, had)
    yield planned(phase, CreateFunction(NOWHERE, function.name, function.arguments, definition=text))
    if done := dict(function.properties).get(HISTORY):
        yield given(phase, f"{done.rstrip(';')};")


def _phase(function: Function, had: Schema) -> Phase:
    """A function of SQL comes after what it names, one that a default or a key calls before its table."""
    if had.holders_of_texts((function.name.name,)):
        return Phase.FIRST_FUNCTIONS
    text = function.definition
    words = set(re.findall(r"[\w$]+", text))
    if any(isinstance(relation, View) and name.name in words for name, relation in had.relations.items()):
        return Phase.LAST_FUNCTIONS
    return Phase.FUNCTIONS


def takes_new_text(now: Function, then: Function) -> bool:
    """Whether CREATE OR REPLACE makes a function what it was: result and names of arguments have to stay."""
    if now.procedure != then.procedure:
        return False
    if (now.returns or "").lower().split() != (then.returns or "").lower().split():
        return False
    if now.signature is None or then.signature is None:
        return True
    same = [
        not one or one == other
        for one, other in zip(now.signature.inputs, then.signature.inputs, strict=False)
    ]
    fewer = then.signature.defaults < now.signature.defaults
    return all(same) and not fewer and now.signature.columns == then.signature.columns
