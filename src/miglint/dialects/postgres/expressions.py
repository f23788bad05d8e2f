"""Expressions: their text, and the facts that rules and effects need of them."""

from collections.abc import Iterator
from typing import Any

from miglint.dialects.postgres.lexer import tokens
from miglint.dialects.postgres.library import Node
from miglint.dialects.postgres.scope import Scope, strings
from miglint.model import Expression, Filter

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
    functions: dict[str, None] = {}
    casts: dict[str, None] = {}
    subquery = False
    for kind, value in walk(node):
        if kind == "ColumnRef":
            names = strings(value.get("fields"))
            if names:
                columns[names[-1]] = None
        elif kind == "FuncCall":
            functions[".".join(strings(value.get("funcname")))] = None
        elif kind == "TypeCast":
            casts[".".join(strings(value["typeName"].get("names")))] = None
        elif kind == "SubLink":
            subquery = True
    _, is_null = _literal(node)
    return Expression(
        text=text_of(node, scope),
        columns=tuple(columns),
        functions=tuple(functions),
        is_null=is_null,
        proves_not_null=tuple(dict.fromkeys(_proved_not_null(node))),
        casts=tuple(casts),
        has_subquery=subquery,
    )


def walk(node: Any) -> Iterator[tuple[str, Node]]:
    """Give every tagged node below a node, itself included, in no particular order; never recurses."""
    stack = [node]
    while stack:
        current = stack.pop()
        if isinstance(current, list):
            stack.extend(current)
        elif isinstance(current, dict):
            for key, value in current.items():
                if isinstance(value, dict):
                    if key[0].isupper():
                        yield key, value
                    stack.append(value)
                elif isinstance(value, list):
                    stack.append(value)


def _locations(node: Any) -> Iterator[int]:
    stack = [node]
    while stack:
        current = stack.pop()
        if isinstance(current, list):
            stack.extend(current)
        elif isinstance(current, dict):
            at = current.get("location")
            if at is not None and at >= 0:
                yield at
            stack.extend(v for v in current.values() if isinstance(v, (dict, list)))


def text_of(node: Node, scope: Scope) -> str:
    """Give an expression's own text, as written."""
    locations = tuple(_locations(node))
    if not locations:
        return ""
    start, last = scope.raw.place(min(locations)), scope.raw.place(max(locations))
    end = _end_of_text(start, scope)
    while end <= last and _is_enclosed(start, scope):
        # The tree has no parentheses: this one opens a part of the expression, not what surrounds it.
        start = scope.text.rindex("(", 0, start)
        end = _end_of_text(start, scope)
    return scope.text[start:end]


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
            if previous and not case and _stops(token.text, previous):
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


def _stops(word: str, previous: str) -> bool:
    """Whether a word begins what follows the expression; IS NULL and DISTINCT FROM are parts of it."""
    if word == "null":
        return previous not in ("is", "not")
    if word == "from":
        return previous != "distinct"
    return word in _STOP_WORDS and word not in ("not", "end")


def _literal(node: Node) -> tuple[str | None, bool]:
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


# --- WHERE ----------------------------------------------------------------------------------------

_BOUNDED_LIST = 1000
_LOWER, _UPPER = frozenset({">", ">="}), frozenset({"<", "<="})


def lower_filter(where: Node | None, joins: bool, scope: Scope) -> Filter:
    """Turn the WHERE of an UPDATE or DELETE into what it says about the number of rows."""
    if where is None:
        return Filter(absent=True, joins=joins)
    equals: list[str] = []
    nulls: list[str] = []
    lower: set[str] = set()
    upper: set[str] = set()
    limited = subquery = contradiction = False
    tautology = True
    for part in _conjuncts(where):
        truth = _truth(part)
        tautology = tautology and truth is True
        contradiction = contradiction or truth is False
        kind, node = next(iter(part.items()))
        if kind == "NullTest" and node.get("nulltesttype") == "IS_NULL":
            column = column_of(node["arg"])
            nulls += [column] if column else []
        elif kind == "A_Expr":
            _compare(node, equals, lower, upper, scope.variables)
            limited = limited or _picks_limited_rows(node)
        elif kind == "SubLink":
            limited = limited or _is_limited(node)
        subquery = subquery or any(k == "SubLink" for k, _ in walk(part))
    reads = tuple(
        dict.fromkeys(str(scope.relation(n)) for k, n in walk(where) if k == "RangeVar" and "relname" in n)
    )
    columns = tuple(
        dict.fromkeys(
            names[-1] for k, n in walk(where) if k == "ColumnRef" and (names := strings(n.get("fields")))
        )
    )
    return Filter(
        tautology=tautology,
        contradiction=contradiction,
        equals=tuple(dict.fromkeys(equals)),
        ranges=tuple(sorted(lower & upper)),
        nulls=tuple(nulls),
        limited=limited,
        joins=joins or (subquery and not limited),
        columns=columns,
        reads=reads,
    )


def _conjuncts(where: Node) -> Iterator[Node]:
    stack = [where]
    while stack:
        node = stack.pop()
        if node.get("BoolExpr", {}).get("boolop") == "AND_EXPR":
            stack.extend(reversed(node["BoolExpr"].get("args", ())))
        else:
            yield node


def _truth(node: Node) -> bool | None:
    """Say whether a condition is always true or always false; None when rows decide."""
    if "A_Const" in node and "boolval" in node["A_Const"]:
        return bool(node["A_Const"]["boolval"].get("boolval", False))
    expression = node.get("A_Expr", {})
    if expression.get("kind") == "AEXPR_OP" and strings(expression.get("name")) in (["="], ["<>"], ["!="]):
        left, _ = _literal(expression.get("lexpr", {}))
        right, _ = _literal(expression.get("rexpr", {}))
        if left is not None and right is not None:
            return (left == right) == (strings(expression["name"]) == ["="])
    return None


def _compare(
    node: Node, equals: list[str], lower: set[str], upper: set[str], variables: frozenset[str]
) -> None:
    kind, operator = node.get("kind"), strings(node.get("name"))
    left, right = node.get("lexpr"), node.get("rexpr")
    if left is None or right is None:
        return
    if kind == "AEXPR_OP" and operator:
        column, other = _column_and_value(left, right, variables)
        if column is None:
            return
        symbol = operator[-1] if column_of(left, variables) == column else _mirror(operator[-1])
        if symbol == "=" and other:
            equals.append(column)
        elif symbol in _LOWER:
            lower.add(column)
        elif symbol in _UPPER:
            upper.add(column)
    elif kind == "AEXPR_IN" and operator == ["="]:
        column = column_of(left, variables)
        values = right.get("List", {}).get("items", ())
        if column and len(values) <= _BOUNDED_LIST:
            equals.append(column)
    elif kind == "AEXPR_BETWEEN":
        column = column_of(left, variables)
        if column:
            lower.add(column)
            upper.add(column)
    elif kind == "AEXPR_OP_ANY" and operator == ["="]:
        column = column_of(left, variables)
        if column and "A_ArrayExpr" in right:
            equals.append(column)


def _column_and_value(left: Node, right: Node, variables: frozenset[str]) -> tuple[str | None, bool]:
    """Give the column of a comparison, and whether the other side is one value (not a column)."""
    for one, other in ((left, right), (right, left)):
        column = column_of(one, variables)
        if column is not None:
            single = not any(
                kind == "ColumnRef" and (strings(value.get("fields")) or [""])[0] not in variables
                for kind, value in walk(other)
            )
            return column, single
    return None, False


def _mirror(operator: str) -> str:
    return {"<": ">", "<=": ">=", ">": "<", ">=": "<="}.get(operator, operator)


def _picks_limited_rows(node: Node) -> bool:
    """Recognise `x = ANY (ARRAY (SELECT ... LIMIT n))` and `x IN (...)` over a limited subquery."""
    right = node.get("rexpr")
    return any(kind == "SubLink" and _is_limited(inner) for kind, inner in walk(right or {}))


def _is_limited(link: Node) -> bool:
    select = link.get("subselect", {}).get("SelectStmt", {})
    return "limitCount" in select
