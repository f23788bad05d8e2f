"""Names in texts: a rename reaches into expressions and definitions, which hold what they name by identity.

Strings stay as they are, and with them the bodies of functions that are text.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from miglint.model import (
    ColumnPlace,
    Constraint,
    DomainType,
    Expression,
    Function,
    Index,
    Name,
    Schema,
    Table,
    View,
    quote,
)
from miglint.text.tokens import Token, tokens

Names = Mapping[Name, Name]
_BEFORE_RELATION = frozenset({"from", "into", "join", "only", "update", "using"})
_AFTER_TYPE = frozenset({"as", "default", "language", "begin", "return", "immutable", "stable", "volatile"})


class Renamed(NamedTuple):
    """What has another name now."""

    functions: Names = {}
    types: Names = {}
    relations: Names = {}

    def mentioned(self, text: str) -> bool:
        """Whether a text may name one of them."""
        lower = text.lower()
        return any(old.name.lower() in lower for names in self for old in names)


class _Replacement(NamedTuple):
    start: int
    end: int
    text: str


def respelled(schema: Schema, renamed: Renamed) -> Schema:
    """Give the schema in which all texts name what was renamed as it is called now."""
    names = {name for each in renamed for old in each for name in (old.name, each[old].name)}
    # Views have a list of the relations that they read.
    views = bool(renamed.functions) or not renamed.relations
    holders = schema.holders_of_texts(names, views=views, subqueries=bool(renamed.relations))
    for name in holders:
        relation = schema.relations.get(name)
        if isinstance(relation, Table):
            table = _table(relation, renamed)
            schema = schema.with_relation(table) if table != relation else schema
        elif isinstance(relation, Index) and (relation.expressions or relation.predicate):
            index = _index(relation, renamed)
            schema = schema.with_relation(index) if index != relation else schema
        elif isinstance(relation, View) and relation.definition:
            text = _text(relation.definition.text, renamed._replace(relations={}))
            if text != relation.definition.text:
                schema = schema.with_relation(
                    relation._replace(definition=relation.definition._replace(text=text))
                )
        type_ = schema.types.get(name)
        if isinstance(type_, DomainType):
            default = _expression(type_.default, renamed)
            checks = tuple(_constraint(check, renamed) for check in type_.checks)
            if (default, checks) != (type_.default, type_.checks):
                schema = schema.with_type(type_._replace(default=default, checks=checks))
    for name in list(schema.functions):
        overloads = schema.functions[name]
        changed = tuple(_function(function, renamed) for function in overloads)
        schema = schema.with_functions(name, changed) if changed != overloads else schema
    return schema


def _table(table: Table, renamed: Renamed) -> Table:
    return table._replace(
        columns=tuple(
            c._replace(default=_expression(c.default, renamed)) if c.default is not None else c
            for c in table.columns
        ),
        constraints=tuple(_constraint(c, renamed) for c in table.constraints),
        triggers=tuple(
            t._replace(condition=_expression(t.condition, renamed)) if t.condition else t
            for t in table.triggers
        ),
        policies=tuple(
            p._replace(using=_expression(p.using, renamed), check=_expression(p.check, renamed))
            for p in table.policies
        ),
    )


def _constraint(constraint: Constraint, renamed: Renamed) -> Constraint:
    if constraint.expression is None:
        return constraint
    return constraint._replace(expression=_expression(constraint.expression, renamed))


def _index(index: Index, renamed: Renamed) -> Index:
    expressions = tuple(_text_of(expression, renamed) for expression in index.expressions)
    spelled = {old.text: new.text for old, new in zip(index.expressions, expressions, strict=True)}

    def anew(facts: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
        return tuple((spelled.get(element, element), fact) for element, fact in facts)

    return index._replace(
        elements=tuple(spelled.get(element, element) for element in index.elements),
        expressions=expressions,
        predicate=_expression(index.predicate, renamed),
        descending=tuple(spelled.get(element, element) for element in index.descending),
        operator_classes=anew(index.operator_classes),
        nulls=anew(index.nulls),
        collations=anew(index.collations),
        operators=anew(index.operators),
    )


def _function(function: Function, renamed: Renamed) -> Function:
    if not renamed.mentioned(" ".join((function.definition, *function.arguments))):
        return function
    return function._replace(
        arguments=tuple(_argument(argument, renamed.types) for argument in function.arguments),
        returns=_argument(function.returns, renamed.types),
        definition=_text(function.definition, renamed, in_header=True),
    )


def _argument(written: str, types: Names) -> str:
    base, array = written.removesuffix("[]"), "[]" if written.endswith("[]") else ""
    return next((f"{new.display}{array}" for old, new in types.items() if base == old.display), written)


def _expression(expression: Expression | None, renamed: Renamed) -> Expression | None:
    return None if expression is None else _text_of(expression, renamed)


def _text_of(expression: Expression, renamed: Renamed) -> Expression:
    if not (expression.functions or expression.casts or expression.has_subquery):
        return expression
    if not renamed.mentioned(expression.text):
        return expression
    found = list(_replacements(expression.text, renamed))
    if not found:
        return expression

    def moved(place: ColumnPlace) -> ColumnPlace:
        shift = sum(len(r.text) - (r.end - r.start) for r in found if r.end <= place.start)
        return place._replace(start=place.start + shift, end=place.end + shift)

    return expression._replace(
        text=_replaced(expression.text, found),
        functions=tuple(_written(name, renamed.functions) for name in expression.functions),
        casts=tuple(_written(name, renamed.types) for name in expression.casts),
        places=tuple(map(moved, expression.places)),
    )


def _written(written: str, names: Names) -> str:
    schema, dot, name = written.rpartition(".")
    found = _found(names, name, schema if dot else None)
    if found is None:
        return written
    old, new = found
    return str(new) if dot or old.schema != new.schema else new.name


def _text(text: str, renamed: Renamed, *, in_header: bool = False) -> str:
    if not renamed.mentioned(text):
        return text
    return _replaced(text, list(_replacements(text, renamed, in_header=in_header)))


def _replaced(text: str, found: list[_Replacement]) -> str:
    parts, at = [], 0
    for start, end, written in found:
        parts += [text[at:start], written]
        at = end
    return "".join((*parts, text[at:]))


def _replacements(text: str, renamed: Renamed, *, in_header: bool = False) -> Iterator[_Replacement]:
    words = list(tokens(text))
    for place, token in enumerate(words):
        if token.kind not in ("word", "quoted"):
            continue
        schema = _name(words[place - 2]) if place > 1 and _is(words, place - 1, ".") else None
        first = place - 2 if schema is not None else place
        before, after = words[first - 1 : first], words[place + 1 : place + 2]
        names = _names(before, after, renamed, in_header=in_header)
        found = _found(names, _name(token), schema)
        if found is None:
            continue
        old, new = found
        qualified = schema is not None or old.schema != new.schema
        spelled = f"{quote(new.schema)}.{quote(new.name)}" if qualified else quote(new.name)
        yield _Replacement(words[first].start, token.end, spelled)


def _names(before: list[Token], after: list[Token], renamed: Renamed, *, in_header: bool) -> Names:
    """Give what a name at this place may be one of."""
    following, leading = "".join(t.text for t in after), "".join(t.text for t in before)
    if following == "(" and renamed.functions:
        return renamed.functions
    if leading in _BEFORE_RELATION or following == ".":
        return renamed.relations
    is_cast = leading in (":", "as") or any(t.kind == "string" for t in after)
    ends = not after or after[0].kind == "mark" or following in _AFTER_TYPE
    return renamed.types if is_cast or (in_header and ends) else {}


def _found(names: Names, name: str, schema: str | None) -> tuple[Name, Name] | None:
    return next(
        (pair for pair in names.items() if pair[0].name == name and schema in (None, pair[0].schema)), None
    )


def _is(words: list[Token], place: int, text: str) -> bool:
    return 0 <= place < len(words) and words[place].text == text


def _name(token: Token) -> str:
    return token.text if token.kind == "word" else token.text[1:-1].replace('""', '"')
