"""The WHERE of an UPDATE or DELETE: what it says about the number of rows."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from miglint.dialects.postgres.expressions import column_of, literal_of, walk
from miglint.dialects.postgres.library import Node
from miglint.dialects.postgres.scope import Scope, strings
from miglint.dialects.sql.replay.indexes import column_is_unique
from miglint.model import Filter, Table, View

_BOUNDED_LIST = 1000
_LOWER, _UPPER = frozenset({">", ">="}), frozenset({"<", "<="})


class _Around(NamedTuple):
    """What a condition stands in: the statement's scope, and the table whose rows it picks (a RangeVar).

    `others` are the names of what it is joined to, `few` those of them of which only a few rows fit.
    """

    scope: Scope
    target: Node
    others: frozenset[str] = frozenset()
    few: frozenset[str] = frozenset()

    def column(self, node: Node) -> str | None:
        """Give the column of the table that a node names; None for anything else."""
        column = column_of(node, self.scope.variables)
        if column is None or not self.others:
            return column
        qualifier = _qualifier(node)
        if qualifier is not None:
            return column if qualifier == _alias(self.target) or qualifier not in self.others else None
        table = self.scope.schema.table(self.scope.relation(self.target))
        return column if table is None or table.column(column) is not None else None


def lower_filter(where: Node | None, target: Node, sources: "list[Node] | None", scope: Scope) -> Filter:
    """Turn the WHERE of an UPDATE or DELETE of a table into what it says about the number of rows.

    `sources` are what stands in its FROM or USING, None where there is none.
    """
    joins = sources is not None
    if where is None:
        return Filter(absent=True, joins=joins)
    found = _condition(where, _joined(where, target, sources or (), scope))
    nodes = list(walk(where))
    subquery = any(kind == "SubLink" for kind, _ in nodes)
    columns = tuple(
        dict.fromkeys(names[-1] for k, n in nodes if k == "ColumnRef" and (names := strings(n.get("fields"))))
    )
    return found._replace(joins=joins or (subquery and not found.limited), columns=columns)


def looked_up_by(node: Node, value: Node, scope: Scope) -> Iterator[str]:
    """Give the columns of the table of an UPDATE that the row knows whose key they get as a value.

    That is `SET city_id = cities.id FROM cities WHERE cities.name = users.city`, or the same as a subquery:
    the join gives the name back, which any other value of the row would not tell.
    """
    target, place = node["relation"], node
    link = value.get("SubLink", {})
    if link.get("subLinkType") == "EXPR_SUBLINK":
        place = link["subselect"].get("SelectStmt", {})
        outputs = place.get("targetList", ())
        value = outputs[0]["ResTarget"].get("val", {}) if len(outputs) == 1 else {}
    where, sources = place.get("whereClause"), place.get("fromClause", ())
    key = column_of(value, scope.variables)
    if where is None or key is None:
        return
    around = _joined(where, target, sources, scope)
    for kind, source in walk(list(sources)):
        table = scope.schema.table(scope.relation(source)) if kind == "RangeVar" else None
        if table is None or _qualifier(value) not in (None, _alias(source)) or table.column(key) is None:
            continue
        if not column_is_unique(table, (key,), scope.schema):
            continue
        for left, right in _equalities(where):
            for one, other in ((left, right), (right, left)):
                own, same = around.column(one), column_of(other, scope.variables)
                inner = _qualifier(one) is None and own is not None and table.column(own) is not None
                if own is None or inner or same is None or table.column(same) is None:
                    continue
                if _qualifier(other) == _alias(source) or (
                    _qualifier(other) is None and around.column(other) is None
                ):
                    yield own


def _equalities(where: Node) -> Iterator[tuple[Node, Node]]:
    for part in _conjuncts(where):
        test = part.get("A_Expr", {})
        if test.get("kind") == "AEXPR_OP" and strings(test.get("name"))[-1:] == ["="]:
            yield test.get("lexpr", {}), test.get("rexpr", {})


def _joined(where: Node, target: Node, sources: Iterable[Node], scope: Scope) -> _Around:
    """Find out of which of the joined tables the WHERE picks a few rows, by a key of theirs."""
    tables = {_alias(node): node for kind, node in walk(list(sources)) if kind == "RangeVar"}
    queries = [node for kind, node in walk(list(sources)) if kind == "RangeSubselect"]
    own = {_alias(target): target} if target else {}
    few = {_alias(node) for node in queries if _is_spelled_out(node)}
    for name, node in tables.items():
        table = scope.schema.table(scope.relation(node))
        others = frozenset({*tables, *own} - {name})
        fixed = _condition(where, _Around(scope, node, others)).equals if table is not None else ()
        if table is not None and fixed and column_is_unique(table, fixed, scope.schema):
            few.add(name)
    return _Around(scope, target, frozenset({*tables, *map(_alias, queries)}), frozenset(few))


def _is_spelled_out(query: Node) -> bool:
    values = query.get("subquery", {}).get("SelectStmt", {}).get("valuesLists", ())
    return 0 < len(values) <= _BOUNDED_LIST


def _alias(node: Node) -> str:
    name: str = node.get("alias", {}).get("aliasname", node.get("relname", ""))
    return name


def _qualifier(node: Node) -> str | None:
    while "TypeCast" in node:
        node = node["TypeCast"].get("arg", {})
    names = strings(node.get("ColumnRef", {}).get("fields"))
    return names[-2] if len(names) > 1 else None


def _condition(where: Node, around: _Around) -> Filter:
    """Read the conditions that AND joins, and each branch of an OR as a condition of its own."""
    equals: list[str] = []
    nulls: list[str] = []
    lower: set[str] = set()
    upper: set[str] = set()
    alternatives: list[tuple[Filter, ...]] = []
    limited = contradiction = False
    tautology = True
    for part in _conjuncts(where):
        truth = _truth(part)
        tautology = tautology and truth is True
        contradiction = contradiction or truth is False
        kind, node = next(iter(part.items()))
        if kind == "NullTest" and node.get("nulltesttype") == "IS_NULL":
            column = around.column(node["arg"])
            nulls += [column] if column else []
        elif kind == "A_Expr":
            _compare(node, equals, lower, upper, around)
            limited = limited or _picks_limited_rows(node, around)
        elif kind == "SubLink":
            limited = limited or _is_limited(node, around)
        elif kind == "BoolExpr" and node.get("boolop") == "OR_EXPR":
            branches = node.get("args", ())
            if len(branches) <= _BOUNDED_LIST:
                alternatives.append(tuple(_condition(branch, around) for branch in branches))
    return Filter(
        tautology=tautology,
        contradiction=contradiction,
        equals=tuple(dict.fromkeys(equals)),
        ranges=tuple(sorted(lower & upper)),
        nulls=tuple(nulls),
        limited=limited,
        alternatives=tuple(alternatives),
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
        left, _ = literal_of(expression.get("lexpr", {}))
        right, _ = literal_of(expression.get("rexpr", {}))
        if left is not None and right is not None:
            return (left == right) == (strings(expression["name"]) == ["="])
    return None


def _compare(node: Node, equals: list[str], lower: set[str], upper: set[str], around: _Around) -> None:
    kind, operator = node.get("kind"), strings(node.get("name"))
    left, right = node.get("lexpr"), node.get("rexpr")
    if left is None or right is None:
        return
    if kind == "AEXPR_OP" and operator:
        column, other = _column_and_value(left, right, around)
        if column is None:
            return
        symbol = operator[-1] if around.column(left) == column else _mirror(operator[-1])
        if symbol == "=" and other:
            equals.append(column)
        elif symbol in _LOWER:
            lower.add(column)
        elif symbol in _UPPER:
            upper.add(column)
    elif kind == "AEXPR_IN" and operator == ["="]:
        column = around.column(left)
        values = right.get("List", {}).get("items", ())
        if column and len(values) <= _BOUNDED_LIST and _is_value(right, around):
            equals.append(column)
    elif kind == "AEXPR_BETWEEN":
        column = around.column(left)
        if column:
            lower.add(column)
            upper.add(column)
    elif kind == "AEXPR_OP_ANY" and operator == ["="]:
        column = around.column(left)
        if column and _is_list(right) and _is_value(right, around):
            equals.append(column)


def _is_list(node: Node) -> bool:
    """Whether an array is spelled out: ARRAY[...], or a literal such as '{a,b}'."""
    while "TypeCast" in node:
        node = node["TypeCast"].get("arg", {})
    return "A_ArrayExpr" in node or "A_Const" in node


def _column_and_value(left: Node, right: Node, around: _Around) -> tuple[str | None, bool]:
    """Give the column of a comparison, and whether the other side is one value for all rows."""
    for one, other in ((left, right), (right, left)):
        column = around.column(one)
        if column is not None:
            return column, _is_value(other, around)
    return None, False


def _is_value(node: Any, around: _Around) -> bool:
    """Whether an expression is the same for all rows: no column of them is in it, nor in its subqueries.

    A column of a joined table of which only a few rows fit has only a few values.
    """
    stack = [node]
    while stack:
        current = stack.pop()
        if isinstance(current, list):
            stack.extend(current)
        elif isinstance(current, dict):
            for key, value in current.items():
                if key == "ColumnRef":
                    names = strings(value.get("fields")) or [""]
                    is_few = len(names) > 1 and names[-2] in around.few
                    if names[0] not in around.scope.variables and not is_few:
                        return False
                elif key == "SubLink":
                    if value.get("subLinkType") != "EXPR_SUBLINK" or _names_outer_row(value, around):
                        return False
                elif isinstance(value, (dict, list)):
                    stack.append(value)
    return True


def _mirror(operator: str) -> str:
    return {"<": ">", "<=": ">=", ">": "<", ">=": "<="}.get(operator, operator)


def _picks_limited_rows(node: Node, around: _Around) -> bool:
    """Recognise `x = ANY (ARRAY (SELECT ... LIMIT n))` and `x IN (...)` over a limited subquery."""
    right = node.get("rexpr")
    return any(kind == "SubLink" and _is_limited(inner, around) for kind, inner in walk(right or {}))


def _is_limited(link: Node, around: _Around) -> bool:
    """Whether a subquery has a LIMIT that holds for all rows: a correlated one runs anew for each."""
    select = link.get("subselect", {}).get("SelectStmt", {})
    return has_limit(select) and not _names_outer_row(link, around)


def has_limit(select: Node) -> bool:
    """Whether a SELECT has a LIMIT (or FETCH FIRST); LIMIT ALL and LIMIT NULL are none."""
    return "limitCount" in select and not literal_of(select["limitCount"])[1]


def _names_outer_row(link: Node, around: _Around) -> bool:
    """Whether a subquery names a column of the row that is being tested.

    A name without a table is the subquery's own wherever a table in it has such a column, or may have.
    """
    scope, target = around.scope, around.target
    own: set[str] = set()
    columns: set[str] = set()
    knows_all = True
    references: list[list[str]] = []
    for kind, node in walk(link.get("subselect")):
        if kind == "RangeVar":
            own.add(node.get("alias", {}).get("aliasname", node.get("relname", "")))
            relation = scope.schema.relations.get(scope.relation(node))
            if isinstance(relation, (Table, View)) and relation.columns is not None:
                columns.update(column.name for column in relation.columns)
                knows_all = knows_all and (isinstance(relation, View) or relation.complete)
            else:
                knows_all = False
        elif kind in ("RangeSubselect", "RangeFunction", "CommonTableExpr"):
            own.add(node.get("alias", {}).get("aliasname", node.get("ctename", "")))
            knows_all = False
        elif kind == "ColumnRef":
            references.append(strings(node.get("fields")))
    outer = scope.schema.table(scope.relation(target))
    name = target.get("alias", {}).get("aliasname", target.get("relname", ""))
    for names in references:
        if len(names) > 1 and names[-2] == name and name not in own:
            return True
        bare = len(names) == 1 and names[0] not in columns and names[0] not in scope.variables
        if bare and knows_all and outer is not None and outer.column(names[0]) is not None:
            return True
    return False
