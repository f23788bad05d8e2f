"""Expressions: their text, and the facts that rules and effects need of them."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from miglint.dialects.postgres.library import Node
from miglint.dialects.postgres.scope import Scope, strings
from miglint.model import ColumnPlace, Expression
from miglint.text.tokens import Token, tokens

# A clause that can follow an expression at the same level of parentheses.
_STOP_WORDS = frozenset(
    (
        "not null constraint references check unique primary generated collate default deferrable "
        "initially where include with tablespace using exclude on alter add drop rename enable disable "
        "set owner returning from order group having limit offset fetch for union except intersect "
        "window then else end when "
    ).split()
)
_EXPRESSION_WORDS = frozenset({"case", "when", "then", "else", "end", "from", "not", "null", "collate"})


def lower_expression(node: Node, scope: Scope) -> Expression:
    """Turn an expression's node into its text and facts."""
    columns: dict[str, None] = {}
    references: list[Node] = []
    functions: dict[str, None] = {}
    casts: dict[str, None] = {}
    subquery = False
    for kind, value in walk(node):
        if kind == "ColumnRef":
            names = strings(value.get("fields"))
            if names:
                columns[names[-1]] = None
                references.append(value)
        elif kind == "FuncCall":
            functions[".".join(strings(value.get("funcname")))] = None
        elif kind == "TypeCast":
            casts[".".join(strings(value["typeName"].get("names")))] = None
        elif kind == "SubLink":
            subquery = True
    _, is_null = literal_of(node)
    start, end = _bounds(node, scope)
    return Expression(
        text=scope.text[start:end],
        columns=tuple(columns),
        functions=tuple(functions),
        is_null=is_null,
        proves_not_null=tuple(dict.fromkeys(_proved_not_null(node))),
        casts=tuple(casts),
        has_subquery=subquery,
        places=tuple(_column_places(references, start, end, scope)),
    )


def text_of(node: Node, scope: Scope) -> str:
    """Give an expression's own text."""
    start, end = _bounds(node, scope)
    return scope.text[start:end]


def _column_places(references: list[Node], start: int, end: int, scope: Scope) -> Iterator[ColumnPlace]:
    for location in sorted(scope.raw.place(reference.get("location", 0)) for reference in references):
        if not start <= location < end:
            continue
        last, dotted = None, True
        for token in tokens(scope.text, location, end):
            if token.text == "." and not dotted:
                dotted = True
            elif dotted and token.kind in ("word", "quoted"):
                last, dotted = token, False
            else:
                break
        if last is not None:
            column = last.text if last.kind == "word" else last.text[1:-1].replace('""', '"')
            yield ColumnPlace(column, last.start - start, last.end - start)


def walk(node: Any) -> Iterator[tuple[str, Node]]:
    """Give every tagged node below a node, itself included, in no particular order; never recurses."""
    stack = [node]
    while stack:
        current = stack.pop()
        if type(current) is list:
            stack += current
        elif type(current) is dict:
            for key, value in current.items():
                kind = type(value)
                if kind is dict and key < "a":  # Tags begin with a capital, fields do not.
                    yield key, value
                if kind is dict or kind is list:
                    stack.append(value)


def _locations(node: Any) -> Iterator[int]:
    stack = [node]
    while stack:
        current = stack.pop()
        if type(current) is list:
            stack += current
        elif type(current) is dict:
            at = current.get("location")
            if at is not None and at >= 0:
                yield at
            stack += [value for value in current.values() if type(value) in (dict, list)]


def _bounds(node: Node, scope: Scope) -> tuple[int, int]:
    """Give where an expression's own text starts and ends."""
    locations = tuple(_locations(node))
    if not locations:
        return 0, 0
    start, last = scope.raw.place(min(locations)), scope.raw.place(max(locations))
    end = _end_of_text(start, scope)
    field = "A_Indirection" in node
    while _is_enclosed(start, scope) and (end <= last or (field and _has_field(end, scope))):
        # The tree has no parentheses: this one opens a part of the expression, not what surrounds it.
        start = scope.text.rindex("(", 0, start)
        end = _end_of_text(start, scope)
    return start, end


def _has_field(end: int, scope: Scope) -> bool:
    """Whether a field of a row in parentheses is named after a text: `(address).city`."""
    after = islice(tokens(scope.text, end, scope.raw.span.end), 2)
    return [token.text for token in after] == [")", "."]


def _end_of_text(start: int, scope: Scope) -> int:
    end = start
    depth = 0
    case = 0
    enclosed = _is_enclosed(start, scope)
    before_not, previous = start, ""
    for token in tokens(scope.text, start, scope.raw.span.end):
        if token.kind == "mark" and token.text in "([":
            depth += 1
        elif token.kind == "mark" and token.text in ")]":
            depth -= 1
            if depth < 0:
                break
        elif depth == 0 and token.kind == "mark" and token.text in ",;":
            break
        elif depth == 0 and token.kind == "word" and not enclosed:
            case += (token.text == "case") - (token.text == "end")
            if previous == "not" and token.text == "null" and before_not > start:
                return before_not
            if token.text == "not":
                before_not = start if previous == "is" else end
            if previous and not case and _stops(token.text, previous) and not _is_zoned(token, scope):
                break
        previous = token.text
        end = token.end
    return end


def _is_enclosed(start: int, scope: Scope) -> bool:
    """Whether an opening parenthesis stands before the text: then only the closing one ends it."""
    at = start - 1
    while at >= 0 and scope.text[at].isspace():
        at -= 1
    return at >= 0 and scope.text[at] == "("


def _is_zoned(word: Token, scope: Scope) -> bool:
    """Whether a word belongs to a type: `timestamp with time zone`."""
    following = next(tokens(scope.text, word.end, scope.raw.span.end), None) if word.text == "with" else None
    return following is not None and following.text == "time"


def _stops(word: str, previous: str) -> bool:
    """Whether a word begins what follows the expression; IS NULL and DISTINCT FROM are parts of it."""
    if word == "null":
        return previous not in ("is", "not")
    if word == "from":
        return previous != "distinct"
    return word in _STOP_WORDS and word not in ("not", "end")


def literal_of(node: Node) -> tuple[str | None, bool]:
    """Give the text of a constant, and whether it is NULL; casts are looked through."""
    while "TypeCast" in node:
        node = node["TypeCast"].get("arg", {})
    constant = node.get("A_Const")
    if constant is None:
        return None, False
    if constant.get("isnull"):
        return None, True
    for kind, key in (("ival", "ival"), ("fval", "fval"), ("sval", "sval"), ("boolval", "boolval")):
        if kind in constant:
            return str(constant[kind].get(key, 0 if kind == "ival" else "")), False
    return None, False


def column_of(node: Node, variables: frozenset[str] = frozenset()) -> str | None:
    """Give the column that a node names, casts looked through; None for anything else."""
    while "TypeCast" in node:
        node = node["TypeCast"].get("arg", {})
    if "ColumnRef" not in node:
        return None
    names = strings(node["ColumnRef"].get("fields"))
    return names[-1] if names and names[0] not in variables else None


def _proved_not_null(node: Node) -> Iterator[str]:
    """Columns of which a true CHECK proves that they are not null, as far as the server looks.

    The server only takes `c IS NOT NULL` out of an AND list, and `NOT (c IS NULL)`: a comparison that
    is null lets a row pass a CHECK.
    """
    stack = [node]
    while stack:
        current = stack.pop()
        if "BoolExpr" in current:
            expression = current["BoolExpr"]
            if expression.get("boolop") == "AND_EXPR":
                stack.extend(expression.get("args", ()))
            elif expression.get("boolop") == "NOT_EXPR":
                test = expression["args"][0].get("NullTest")
                if test and test.get("nulltesttype") == "IS_NULL":
                    column = column_of(test["arg"])
                    if column:
                        yield column
        elif "NullTest" in current and current["NullTest"].get("nulltesttype") == "IS_NOT_NULL":
            column = column_of(current["NullTest"]["arg"])
            if column:
                yield column
